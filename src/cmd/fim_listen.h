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
#include "host/actors.h"
#include "store/baseline.h"

#define FIM_MESSAGE_BYTES ((size_t)48 << 10)
#define FIM_BATCH_MAX     4096 /* things to look at, told at once */
#define FIM_BATCH_BYTES   ((size_t)64 << 20)

/* What the listener says. */
enum fim_heard {
	FIM_HEARD_NONE,
	FIM_HEARD_NAME,  /* a place: who changed it, and a path */
	FIM_HEARD_TREE,  /* the same */
	FIM_HEARD_INODE, /* the same, but "device inode" in decimal: all its names */
	FIM_HEARD_ACTOR, /* who somebody is, before anything that he changed */
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

/* Who changed a place. */
struct fim_by {
	uint32_t actor; /* a number of host/actors.h; 0: nobody was told */
	bool several;   /* he was the last one */
};

/* Adds a place to @out, as if it was heard. */
void fim_heard_put(struct buffer *out, enum fim_heard kind, struct fim_by by, struct span path);
/* What @bytes of a place are.  False: nothing. */
MUST_CHECK bool fim_heard_place(struct span bytes, struct fim_by *by, const char **text);
/* What @bytes of an actor are.  False: nothing. */
MUST_CHECK bool fim_heard_actor(struct span bytes, struct actor *out);

/* The next of what was heard: from *@at on; false: no more. */
MUST_CHECK bool fim_heard_next(const struct buffer *batch, size_t *at, enum fim_heard *kind,
			       struct span *bytes);
