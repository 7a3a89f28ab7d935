/* SPDX-License-Identifier: MIT */
/*
 * Unsettled: what was changed and is not yet at rest.  Many changes of one thing are
 * one; it is taken out when it was quiet for a while, or unquiet for long.
 *
 * A write that may go on (somebody keeps the file open) is waited for longer than
 * one that ended, so that a log is not read at each of its lines.
 */
#pragma once
#include "base/table.h"

#define UNSETTLED_MAX       ((size_t)1 << 18)
#define UNSETTLED_MAX_BYTES ((size_t)64 << 20)

/* What is to be looked at. */
enum unsettled_kind {
	UNSETTLED_NAME,  /* a file: .key is its path */
	UNSETTLED_TREE,  /* all that is below: .key is a path */
	UNSETTLED_INODE, /* every name of an inode: .key is "device inode" in decimal */
};

struct unsettled_row {
	struct table_row row; /* first; .row.key is a string, its NUL behind it */
	struct unsettled_row *before, *behind;
	void *memory; /* of the key */
	int64_t first_ms, due_ms;
	enum unsettled_kind kind;
	bool ended;
	uint32_t actor; /* who changed it last (host/actors.h); 0: nobody was told */
	bool several;   /* ... and others before */
	bool unnamed;   /* what lies below it came otherwise: nobody is named for any of it */
};

/* In the order in which they were last changed. */
struct unsettled_queue {
	struct unsettled_row *first, *last;
};

struct unsettled {
	struct table table;
	struct unsettled_queue ended, going; /* a write that ended; one that may go on */
	size_t bytes;
};

MUST_CHECK enum status unsettled_begin(struct unsettled *u);
void unsettled_end(struct unsettled *u);
/* Forgets all. */
void unsettled_clear(struct unsettled *u);

/* @key was changed just now, by @actor.  STATUS_LIMIT, STATUS_NO_MEMORY: it cannot be kept. */
MUST_CHECK enum status unsettled_touch(struct unsettled *u, struct span key,
				       enum unsettled_kind kind, bool ended, int64_t now_ms,
				       uint32_t actor);

/* One that has come to rest; free it with unsettled_free().  NULL: none has. */
MUST_CHECK struct unsettled_row *unsettled_take(struct unsettled *u, int64_t now_ms);
void unsettled_free(struct unsettled_row *row);
/* Milliseconds until one may have come to rest; -1: there is none. */
int unsettled_wait(const struct unsettled *u, int64_t now_ms);
