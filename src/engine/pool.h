/* SPDX-License-Identifier: MIT */
/*
 * Pool: one supervisor, one confined worker process with N threads.
 *
 * The supervisor opens files and passes descriptors; the worker judges and
 * answers with reports in wire form.  A worker that dies is replaced; of the
 * files that it had in work, the one that did it becomes `error`, the others
 * are judged again, apart, so that nobody hides a forgery beside a crash.
 */
#pragma once
#include "engine/engine.h"
#include <sys/types.h>

#define POOL_MAX_THREADS 32
#define POOL_MAX_FILES   128               /* outstanding */
#define POOL_MAX_REPORT  ((size_t)8 << 20) /* wire bytes of one report */

struct pool;

struct pool_answer {
	uint64_t ticket; /* as given to pool_submit() */
	bool died;       /* the worker died over this file */
	bool timed_out;
	/* A program inside the file, and others follow; the file's own answer is the last.
	 * .index 0: the first one, and what was answered of this file before is void. */
	bool inside;
	uint32_t index;
	struct span report; /* wire form; lives until the next pool call */
};

struct pool_settings {
	unsigned n_threads;   /* 0: one per CPU */
	unsigned timeout_s;   /* per file; 0: as long as .patience_ms + 1 s per 100 MB */
	unsigned patience_ms; /* 0: a minute */
	unsigned longest_ms;  /* ... and no longer than this, however big it is; 0: any time */
	bool unawaited;       /* the first worker is not waited for */
	int null; /* of /dev/null (borrowed), for who must not open anything; 0: it is opened */
	/* Instead of engine_examine(), for tests; NULL: that. */
	size_t (*examine)(const struct engine *e, struct lanes *lanes,
			  const struct engine_file *files, size_t n, struct arena *arenas,
			  struct report *reports);
};

/*
 * Forks the worker, which confines itself before it parses anything.  Call
 * while single-threaded.  @e is borrowed.  *@warning (a literal or NULL): what
 * the kernel could not confine.
 */
MUST_CHECK enum status pool_start(const struct engine *e, const struct pool_settings *settings,
				  struct pool **out, const char **warning);

/*
 * Another worker, which sees the engine as it is now: after the engine's settings
 * have changed.  Nothing may be outstanding.
 */
MUST_CHECK enum status pool_renew(struct pool *p);

/*
 * Another worker that knows nothing of what this one read; not waited for.  Whatever is
 * outstanding is forgotten.
 */
MUST_CHECK enum status pool_replace(struct pool *p);

/* True when pool_submit() may be called. */
bool pool_has_room(const struct pool *p);
/*
 * Takes over the descriptors of @file, a regular file and its companions.  @ticket
 * differs from every other that is outstanding.  STATUS_LIMIT: no room (and they
 * stay the caller's).
 */
MUST_CHECK enum status pool_submit(struct pool *p, const struct engine_file *file,
				   uint64_t ticket);
/*
 * The next answer, in any order; waits at most @wait_ms (-1: for ever, 0: only
 * looks).  False: none now, or none outstanding, or a signal came.
 */
MUST_CHECK bool pool_next(struct pool *p, int wait_ms, struct pool_answer *out);
size_t pool_outstanding(const struct pool *p);
/* Its process; 0: none.  For who has to see it die. */
pid_t pool_worker(const struct pool *p);
/* For who waits for other things, too: sends whatever waits, without waiting. */
void pool_push(struct pool *p);
/* Can be read from when pool_next() has something; changes when a worker is replaced. */
int pool_descriptor(const struct pool *p);
/* Kills the worker; whatever is outstanding is forgotten.  NULL is fine. */
void pool_stop(struct pool *p);
