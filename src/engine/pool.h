/* SPDX-License-Identifier: MIT */
/*
 * Pool: one supervisor, one confined worker process with N threads.
 *
 * The supervisor opens files and passes descriptors; the worker judges and
 * answers with reports in wire form.  A worker that dies is replaced, the
 * files it had in work become `error`.
 */
#pragma once
#include "engine/engine.h"

struct pool;

struct pool_answer {
	uint64_t ticket; /* as given to pool_submit() */
	bool died;       /* the worker died over this batch */
	bool timed_out;
	struct span report; /* wire form; lives until the next pool call */
};

struct pool_settings {
	unsigned n_threads; /* 0: one per CPU */
	unsigned timeout_s; /* per file; 0: 60 s + 1 s per 100 MB */
};

/* Forks the worker, which confines itself before it parses anything.  Call while
 * single-threaded. */
MUST_CHECK enum status pool_start(const struct engine *e, const struct pool_settings *settings,
				  struct pool **out, const char **warning);

/* True when pool_submit() would not block. */
bool pool_has_room(const struct pool *p);
/* Passes @fd to the worker and closes it here. */
MUST_CHECK enum status pool_submit(struct pool *p, int fd, uint64_t ticket);
/* The next answer, in any order; waits at most @wait_ms (-1: for ever). False: none now, or
 * none outstanding. */
MUST_CHECK bool pool_next(struct pool *p, int wait_ms, struct pool_answer *out);
size_t pool_outstanding(const struct pool *p);
void pool_stop(struct pool *p);
