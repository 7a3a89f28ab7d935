/* SPDX-License-Identifier: MIT */
/* What the words of assay fim have in common. */
#pragma once
#include "cmd/fim_volumes.h"
#include "cmd/session.h"
#include "countermeasures/file_integrity_monitoring/compare.h"
#include "countermeasures/file_integrity_monitoring/known.h"
#include "crypto/digest.h"
#include "host/actors.h"

#define FIM_RETRY_MAX   5                  /* of a file that changes while it is read */
#define FIM_CHANGES_MAX ((size_t)1 << 22)  /* told in one look */
#define FIM_LOOK_BYTES  ((size_t)2 << 30)  /* ... with what is known of them */
#define FIM_XATTRS_MAX  ((size_t)64 << 10) /* bytes of names, and of one value */
#define FIM_XATTR_USUAL 512                /* bytes for which no memory is asked */
#define FIM_ACL_MAX     ((size_t)4 << 10)  /* kept as it is; longer ones by digest only */

struct fim_total {
	uint64_t n_files;   /* met, of which the baseline speaks or shall speak */
	uint64_t n_read;    /* their content was read */
	uint64_t n_outside; /* no programs, where only programs are wanted */
	uint64_t n_valid;   /* of those that were read */
	uint64_t n_unread;  /* could not be read, or never stood still */
	uint64_t by_severity[FIM_SEVERITY_CRITICAL + 1]; /* changes */
};

/* What is looked at: one name, or all that is below. */
struct fim_place {
	const char *path; /* absolute */
	bool tree;
	uint32_t actor; /* of who watches: who changed it last; 0: nobody was told */
	bool several;   /* ... and others before */
};
bool fim_place_has(const struct fim_place *place, struct span path);

/* One look at all files of a baseline's scopes, or at some places in them. */
struct fim_look {
	struct session *session;
	const struct baseline_about *about; /* scopes */
	struct baseline_writer *writer;     /* init: every record goes there; NULL: compared */
	const struct fim_known *known;      /* NULL with .writer */
	const struct fim_place *places;     /* in order, none in another; NULL: the scopes */
	size_t n_places;
	bool full;
	bool hasty; /* what moves is not waited for: .unread, which there is, hears of it */
	/* What was read of a file or, if it is @gone, was known of it; NULL: nobody asks. */
	enum status (*seen)(void *context, const struct baseline_record *r, bool gone);
	void (*unread)(void *context, const char *path); /* NULL: nobody asks */
	void *context;
	struct fim_change *changes; /* by path */
	size_t n_changes, room;
	struct fim_total total;
	enum status status;         /* why it ended before its time */
	struct arena arena;         /* of .changes */
	struct fim_volumes volumes; /* that were met */
};

/* Looks.  STATUS_OK: to the end, though .total.n_unread files may have been told. */
MUST_CHECK enum status fim_look(struct fim_look *look);
void fim_look_free(struct fim_look *look);

/* Adds what became of a file, if anything did; both are copied.  NULL: there was, or is, none.
 */
MUST_CHECK enum status fim_change_add(struct fim_look *look,
				      const struct baseline_record *before,
				      const struct baseline_record *after);
/* All were added: moves are found, what there is is sorted and counted. */
MUST_CHECK enum status fim_changes_end(struct fim_look *look);

/* Adds what the pool @answer-ed of the file at @fd.  *@lanes: made when they are needed.
 * STATUS_CHANGED: it moves. */
struct lanes;
MUST_CHECK enum status fim_answer_take(struct arena *a, struct lanes **lanes, int fd,
				       const struct pool_answer *answer,
				       struct baseline_record *r);
/* The digest of the file at @fd.  STATUS_CHANGED: it moves. */
MUST_CHECK enum status fim_content_digest(struct lanes **lanes, int fd,
					  enum digest_algorithm algorithm, struct digest *out);
/* The same: its SHA-256. */
MUST_CHECK enum status fim_content_hash(struct lanes **lanes, int fd, uint8_t out[32]);
/* Opens a file, no link, to be read without a trace if that is permitted; -1: errno. */
int fim_file_open(int dirfd, const char *name);
/* Now, in nanoseconds since 1970, by the clock that file systems use. */
int64_t fim_clock(void);
/*
 * The record of the inode that @x tells of, without its content.  @asked_ns:
 * fim_clock() before anything was asked or read of it.
 */
struct statx;
struct baseline_record fim_record_of(const struct statx *x, struct span path, int64_t asked_ns);
/* Adds what the extended attributes of @fd say; @a owns it.  STATUS_CHANGED, STATUS_IO. */
MUST_CHECK enum status fim_xattrs_read(struct arena *a, int fd, struct baseline_record *r);

/*
 * Adds what is known of the folder @e, of which @r is: of a @plain baseline nothing.
 * STATUS_CHANGED: it moves, or is another one by now; STATUS_IO.
 */
struct walk_entry;
MUST_CHECK enum status fim_folder_read(struct arena *a, const struct walk_entry *e, bool plain,
				       struct baseline_record *r);

/* What was watched. */
struct fim_watched {
	uint64_t n_events, n_looked, n_gaps; /* told by the kernel, looked at, lost changes */
	uint64_t n_lost; /* of what was told, and is not among the events of the host */
};

/* What was taken into the baseline. */
struct fim_accepted {
	uint64_t n_changes, n_left; /* taken; told by the next check again */
	uint64_t number;            /* of the baseline that holds them */
};

struct fim_belief;
struct fim_paper {
	struct buffer *out;
	bool json;
	const char *baseline;                /* its path */
	const struct fim_watched *watched;   /* NULL: nothing was */
	const struct fim_accepted *accepted; /* NULL: nobody wished it */
	const struct fim_belief *belief;     /* whether it is signed; NULL: nobody asks */
	const struct baseline_about *was;    /* whose volumes records of before are on; NULL */
	const struct fim_volumes *now;       /* ... and those of now; NULL */
};

/* Something about the watch itself. */
struct fim_notice {
	const char *id;
	enum fim_severity severity;
	struct span path; /* empty: it is about all */
	const char *message;
	int64_t since, until; /* 0: does not apply */
};
void fim_notice_print(const struct fim_paper *paper, const struct fim_notice *notice);
struct fim_upgrade;
void fim_upgrade_print(const struct fim_paper *paper, const struct fim_upgrade *u);
/* Who changed a file. */
struct fim_who {
	const char *word; /* "known", "several", or why not */
	int64_t pid;      /* 0: not known */
	struct actor_facts facts;
};
/* @who NULL: nobody asks. */
void fim_change_print(const struct fim_paper *paper, const struct fim_change *c,
		      const struct fim_who *who);
void fim_record_print(const struct fim_paper *paper, const struct baseline_record *r);
/* What came of "init", "check" or "accept". */
void fim_total_print(const struct fim_paper *paper, const char *word,
		     const struct fim_total *total, bool complete);
