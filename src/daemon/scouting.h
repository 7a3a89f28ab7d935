/* SPDX-License-Identifier: MIT */
/* A scout, while it looks.  Private to src/daemon. */
#pragma once
#include "base/arena.h"
#include "daemon/marks.h"
#include "daemon/scout.h"
#include "host/spaces.h"

#define SCOUT_TOLD 256  /* programs that were told of lately */
#define SCOUT_LEFT 1024 /* name spaces in which nobody was */

/* A file system as one name space has it. */
struct place {
	uint64_t dev;
	enum mount_kind kind;
	bool fresh;    /* nobody had it when we looked last */
	bool unmarked; /* whatever runs from it has not been asked about */
};

struct space {
	struct space_name name;
	int fd;    /* it; while that is open, it lives */
	int table; /* its mounts, and whether they change; -1: it cannot be entered */
	bool peopled, changed; /* peopled: somebody was in it when we looked */
	int64_t due_us;        /* when it may be read again */
	struct place *places;
	size_t n_places;
	size_t n_marked, n_unmarked;
};

struct program_told {
	pid_t pid;
	uint64_t dev, ino;
};

#define SCOUT_VERIFIED 4096 /* files, by device, inode and change */
#define SCOUT_AT_ONCE  16

/* What runs already is judged as if it were run now: at the start, and after each gap. */
struct verifying {
	struct pool *pool; /* NULL: nothing is to be judged now */
	uint64_t gaps;     /* after which that was begun */
	bool more;         /* some could not be taken yet */
	struct {
		uint64_t dev, ino;
		int64_t ctime_ns;
	} done[SCOUT_VERIFIED];
	size_t n_done;
	struct running {
		pid_t pid; /* 0: free */
		int fd;
		struct source_identity file;
	} work[SCOUT_AT_ONCE];
};

struct scouting {
	const struct scout_plan *plan;
	int notes;                              /* -1: nobody to tell */
	struct space *spaces[SCOUT_MAX_SPACES]; /* the first is our own */
	size_t n_spaces, n_missed; /* processes whose name space we have no room for */
	uint64_t left[SCOUT_LEFT]; /* their numbers */
	size_t n_left;
	bool told;    /* the kernel leads from one to the next */
	bool settled; /* everything that was there at first has been seen */
	bool fresh;   /* some place is */
	struct space *reading;
	uint32_t looks;  /* as the ledger has it */
	int64_t walk_us; /* when to look for name spaces again */
	int64_t look_us; /* ... at processes */
	int64_t rest_us; /* ... at processes, should something be fresh */
	struct verifying verifying;
	struct program_told programs[SCOUT_TOLD];
	size_t n_programs;
};

/* What stands in the ledger while something is touched that may never come back. */
#define SCOUT_AT_DEVICE                                                                        \
	(UINT64_C(1) << 63) /* and its number, else of a name space's inode                    \
			     */
bool scout_is_shunned(const struct scouting *s, uint64_t at);
void scout_at(struct scouting *s, uint64_t at); /* 0: nothing */

/* As struct marks has it; @scouting: a struct scouting. */
bool scout_mark(void *scouting, int fd, enum mark_how how);

/* Takes over @fd.  NULL: none, or too many, and it is closed. */
struct space *scout_space_add(struct scouting *s, int fd);
struct space *scout_space_of(const struct scouting *s, uint64_t inode);
void scout_space_read(struct scouting *s, struct space *space);
struct place *scout_place_of(const struct scouting *s, const struct space *first, uint64_t dev);

/* Of scout_verify.c.  Begins when there was a gap, and ends when everything was judged. */
void scout_verify(struct scouting *s);
bool scout_verifies(const struct scouting *s);
/* The program of process @pid, which @link names. */
void scout_verify_take(struct scouting *s, pid_t pid, const char *link);

/* For tests, which leave the host alone: is that one of theirs? */
bool scout_may(const struct scouting *s, const char *link);

/* Looks at each process: where it stands, and from where it was started. */
void scout_processes(struct scouting *s);
