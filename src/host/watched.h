/* SPDX-License-Identifier: MIT */
/*
 * Watched: which names are meant by what the kernel tells of changes.
 *
 * A folder's handle is opened once on each mount through which it could be seen, and
 * its path is believed only if it leads back to it: a mount of a part of a file
 * system (bind) shows paths that lead elsewhere.  Folders outside the scopes cost one
 * look into a table.  When a folder moves, all paths are forgotten.
 */
#pragma once
#include "base/arena.h"
#include "host/changes.h"
#include "host/unsettled.h"

#define WATCHED_MAX_VIEWS   4096
#define WATCHED_MAX_FOLDERS ((size_t)1 << 16) /* remembered */
#define WATCHED_MAX_UPPERS  256
#define WATCHED_MAX_LINKED  ((size_t)1 << 18) /* files with several names */

struct watched_about {
	const char *const *scopes; /* absolute, in order */
	size_t n_scopes;
	const char *const *exclude; /* globs, as in source/walk.h; a NULL behind the last */
	bool one_file_system;
};

struct watched;

/* @about is borrowed. */
MUST_CHECK enum status watched_new(const struct watched_about *about, struct watched **out);
void watched_free(struct watched *w);

/* Who hears what came of reading the mounts. */
struct watched_reading {
	struct unsettled *out; /* places where something was mounted, or is not any more */
	int64_t now_ms;
	/* What stands in the way of watching the file system at @path. */
	void (*refused)(void *context, const char *path, const char *why);
	void *context;
};
/*
 * The folders behind layered file systems of the scopes, by @table, the open table of mounts:
 * what is written there is told of them, so they have to be readable for watched_mounts().
 * STATUS_IO: errno.
 */
MUST_CHECK enum status watched_uppers(const struct watched_about *about, int table,
				      struct arena *a, const char *out[WATCHED_MAX_UPPERS],
				      size_t *n);

/*
 * Reads @table, the open table of mounts, and watches what is new.  Whoever calls
 * it for the first time looks at everything anyway.  STATUS_IO: errno.
 */
MUST_CHECK enum status watched_mounts(struct watched *w, int table, const struct changes *c,
				      const struct watched_reading *r);

/* Adds to @out what @change says that is to be looked at.  STATUS_LIMIT, STATUS_NO_MEMORY: not
 * all of it could be kept. */
MUST_CHECK enum status watched_take(struct watched *w, const struct change *change,
				    struct unsettled *out, int64_t now_ms);

/* Paths are others now, or may be: changes were lost. */
void watched_forget(struct watched *w);

/* The file at @path has several names: what is done through any of them is told. */
MUST_CHECK enum status watched_link(struct watched *w, const char *path);

/* Have more files several names than can be followed?  Only their names in scopes are. */
bool watched_crowded(const struct watched *w);
