/* SPDX-License-Identifier: MIT */
/*
 * Baseline: one immutable file that says how the files of a host were.
 *
 * A sealed file (store/sealed.h), numbers lowest byte first; a text is its length
 * u16 and its bytes:
 *
 *	records	{length u32 of what follows, the record: baseline_record_encode()}
 *	about	{length u32 of what follows, what the baseline as a whole is}
 *	order	u64 each: the places of the records by their paths
 *
 * Paths are bytes, ordered so that a folder's content follows its name: '/' comes
 * before every other byte.  A baseline of an older version is read as it is, and what it
 * does not say is not known; what takes its place is of the newest.  Whoever may write the file
 *can write another one; that it is the administrator's is asked when it is opened.
 */
#pragma once
#include "assay.h"
#include "base/arena.h"
#include "store/sealed.h"

#define BASELINE_MAGIC        "assayFIM"
#define BASELINE_VERSION      3
#define BASELINE_OLDEST       2 /* that is still read: it says less of each file */
#define BASELINE_MAX_RECORDS  ((uint64_t)1 << 24)
#define BASELINE_MAX_BYTES    ((size_t)8 << 30)
#define BASELINE_MAX_RECORD   ((size_t)64 << 10)
#define BASELINE_MAX_SCOPES   256
#define BASELINE_MAX_PACKAGES 65535
#define BASELINE_MAX_ABOUT    ((size_t)8 << 20)
#define BASELINE_MAX_TEXT     16384 /* bytes of one text */
#define BASELINE_MAX_VOLUMES  4096
#define BASELINE_MAX_FINDINGS 4096 /* bytes of their ids */
#define BASELINE_MAX_HOLES    32   /* of one file; of one that has more none is known */

/* What cannot be said in a bit of its own field. */
enum baseline_flag {
	BASELINE_OUTSIDE = 1 << 0, /* no program, and only programs are wanted: it is not told
				      of, unless it becomes one */
	BASELINE_HAS_SHA256 = 1 << 1,
	BASELINE_HAS_XATTRS = 1 << 2,
	BASELINE_IMMUTABLE = 1 << 3,
	BASELINE_APPEND_ONLY = 1 << 4,
	BASELINE_HAS_SIGNED_AT = 1 << 5,
	/* Since version 3. */
	BASELINE_HAS_GENERATION = 1 << 6,
	BASELINE_HAS_HOLES = 1 << 7, /* all of them are known, if there are any */
	BASELINE_HAS_MORE = 1 << 8,  /* of baseline_record_encode(): the later texts follow */
};

/* Bytes that no sound signature covers. */
struct baseline_hole {
	uint64_t off, len;
	uint64_t sum; /* the first bytes of their SHA-256; 0: not computed */
};

/* One file, link, device ...; texts are borrowed, and empty where there is nothing to say. */
struct baseline_record {
	struct span path; /* absolute */
	unsigned flags;   /* enum baseline_flag */
	uint64_t dev, ino, size, rdev;
	int64_t mtime_ns, ctime_ns, btime_ns; /* btime 0: not known */
	int64_t read_at_ns;                   /* when it was so, by the clock of the host */
	uint32_t mode, uid, gid, nlink;
	struct span link; /* where a link leads */
	uint8_t xattrs[32];
	struct span capability, acl; /* security.capability, system.posix_acl_access */
	uint8_t sha256[32];
	enum assay_verdict verdict;
	enum assay_presence presence;
	enum assay_binding binding;
	enum assay_signature signature;
	enum assay_trust trust;
	struct span format, rule, reason; /* reason: why its signature is not trusted */
	/* Of the signature that decided: who signed, only where facts allow it. */
	struct span signer, signer_spki, anchor_spki;
	struct span covered; /* name of a digest and, behind a colon, its bytes in hex */
	int64_t signed_at;
	uint32_t generation; /* of the inode: a number is dealt out again with another one */
	/* Since version 3; empty in what was written before. */
	struct span findings; /* ids, each once, in order, a space between two */
	struct span version;  /* "10.0.19041.1", as its author says */
	struct span holes;    /* baseline_hole_at() */
	/* Who judged it: version of the engine, first digits of the digests of policy and
	 * anchors. */
	struct span engine, policy, trust_store;
	struct span ima, label; /* security.ima, security.selinux */
};

/* A file system of which there are records, by what it is called when it comes back. */
struct baseline_volume {
	uint64_t dev;     /* as in records */
	uint64_t id;      /* f_fsid of statfs(2); 0: it has none */
	uint8_t uuid[16]; /* zeros: it has none, or the kernel does not tell */
};

struct baseline_about {
	const char *engine; /* version */
	uint8_t policy[32], trust[32];
	const char *host;
	int64_t began, ended; /* seconds since 1970 */
	uint64_t counter;     /* 1: the first one; each that follows it has one more */
	uint8_t previous[32]; /* root of the one before; zeros: there is none */
	bool all_files, one_file_system;
	bool plain;         /* inodes and digests: no verdicts, no extended attributes */
	const char *reason; /* why it took the place of the one before; "" */
	const char **scopes, **exclude; /* a NULL behind the last */
	size_t n_scopes, n_exclude;
	/* "NAME:ARCHITECTURE VERSION", in order: what dpkg said was installed. */
	const char **packages;
	size_t n_packages;
	const struct baseline_volume *volumes; /* no dev twice */
	size_t n_volumes;
};

/* Comes one path before another?  Less than, equal to or greater than 0. */
int baseline_path_order(struct span a, struct span b);

/* As BASELINE_VERSION has it. */
void baseline_record_encode(struct buffer *out, const struct baseline_record *r);
/* As @version had it.  STATUS_MALFORMED: no record.  @out borrows from @bytes. */
MUST_CHECK enum status baseline_record_decode(struct span bytes, uint32_t version,
					      struct baseline_record *out);

/* Adds a hole behind the last one. */
void baseline_hole_put(struct buffer *holes, const struct baseline_hole *hole);
size_t baseline_hole_count(const struct baseline_record *r);
/* The hole at @at, in order of places, none in another. */
struct baseline_hole baseline_hole_at(const struct baseline_record *r, size_t at);

struct baseline;

/*
 * STATUS_IO: errno (ENOENT: there is none); STATUS_MALFORMED, STATUS_UNSUPPORTED,
 * STATUS_USAGE (others may write it): *@problem, a literal.
 */
MUST_CHECK enum status baseline_open(struct arena *a, const char *path, struct baseline **out,
				     const char **problem);
/* NULL is fine. */
void baseline_close(struct baseline *b);
const struct baseline_about *baseline_about(const struct baseline *b);
uint64_t baseline_count(const struct baseline *b);
/* Stands for every byte. */
struct span baseline_root(const struct baseline *b);
/*
 * The record at @at, in order of paths; borrowed until baseline_close().
 * STATUS_MALFORMED: it is damaged, or does not follow the one before.
 */
MUST_CHECK enum status baseline_record_at(const struct baseline *b, uint64_t at,
					  struct baseline_record *out);
/* STATUS_NOT_MINE: there is none of this path. */
MUST_CHECK enum status baseline_find(const struct baseline *b, struct span path,
				     struct baseline_record *out);

/* Takes records in any order, each path once. */
struct baseline_writer;
/* @path is borrowed.  STATUS_IO: errno. */
MUST_CHECK enum status baseline_writer_new(const char *path, struct baseline_writer **out);
/* What was not committed never was.  NULL is fine. */
void baseline_writer_free(struct baseline_writer *w);
/* STATUS_LIMIT: too long a record, or too many. */
MUST_CHECK enum status baseline_writer_add(struct baseline_writer *w,
					   const struct baseline_record *r);
uint64_t baseline_writer_count(const struct baseline_writer *w);
/* Nothing is added any more; @root as baseline_root().  STATUS_USAGE: a path came twice. */
MUST_CHECK enum status baseline_writer_finish(struct baseline_writer *w,
					      const struct baseline_about *about,
					      uint8_t root[32]);
/* Takes the place of the file that was there. */
MUST_CHECK enum status baseline_writer_commit(struct baseline_writer *w);
