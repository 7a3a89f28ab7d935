/* SPDX-License-Identifier: MIT */
/*
 * Backlog: answers that wait until every file has been read, in their order, in
 * a file without a name.
 */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "cmd/run_file.h"

struct backlog {
	int fd;
	struct buffer writing; /* not yet in the file */
	uint64_t size, read;   /* of the file; where reading stands */
	uint64_t n;            /* answers that wait */
	bool full;             /* no more can be kept */
};

/* Before the process confines itself. */
void backlog_open(struct backlog *b);
void backlog_close(struct backlog *b);

/* False: it cannot be kept; those before it are not lost. */
MUST_CHECK bool backlog_add(struct backlog *b, const struct run_file *f, struct span report);

/* The next one, in the order in which they came; strings and spans lie in @a.
 * False: there is none, or with .n > 0 it cannot be read. */
MUST_CHECK bool backlog_next(struct backlog *b, struct arena *a, struct run_file *f,
			     struct span *report);
