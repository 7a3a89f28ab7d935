/* SPDX-License-Identifier: MIT */
/*
 * Listen: a process of its own hears what the kernel tells of changes, and nothing
 * it does is slow: it parses no file, reads none, and keeps of many changes of one
 * thing one.  Who judges asks it for what has come to rest.
 *
 * Bytes between the two: each message is a row of {kind u8, length u32, bytes}.
 */
#pragma once
#include "base/buffer.h"
#include "cmd/cmd.h"
#include "store/baseline.h"

#define FIM_MESSAGE_BYTES ((size_t)48 << 10)
#define FIM_BATCH_MAX     4096 /* things to look at, told at once */
#define FIM_BATCH_BYTES   ((size_t)64 << 20)

/* What the listener says. */
enum fim_heard {
	FIM_HEARD_NONE,
	FIM_HEARD_NAME,  /* a path, with its NUL */
	FIM_HEARD_TREE,  /* a path, with its NUL */
	FIM_HEARD_INODE, /* "device inode" in decimal, with a NUL: all its names */
	FIM_HEARD_GAP,   /* why changes were lost: a sentence, with its NUL */
	FIM_HEARD_BLIND, /* of this path no changes are told, NUL, why not, NUL */
	FIM_HEARD_END,   /* of what was asked for: two u64, struct fim_listener */
};

struct fim_listener {
	int fd;
	uint64_t n_events, n_waiting; /* told by the kernel; not yet at rest */
};

/*
 * Starts it, watching.  Call while single-threaded, before the process confines
 * itself.  @folders: those of the scopes, which it may read.  EXIT_PASS, or it has
 * complained.
 */
MUST_CHECK enum exit_code fim_listen(const struct baseline_about *about,
				     const char *const *folders, bool bounded,
				     struct fim_listener *out);

/* Asks for what comes to rest next. */
MUST_CHECK bool fim_listener_ask(const struct fim_listener *l);
/* The file at @path has several names.  What was told before the listener asks is not lost. */
MUST_CHECK bool fim_listener_link(const struct fim_listener *l, const char *path);
/* Adds one message to @batch.  False: the listener is gone.  *@ended: that was all. */
MUST_CHECK bool fim_listener_hear(struct fim_listener *l, struct buffer *batch, bool *ended);

/* The next of what was heard: from *@at on; false: no more. */
MUST_CHECK bool fim_heard_next(const struct buffer *batch, size_t *at, enum fim_heard *kind,
			       struct span *bytes);
