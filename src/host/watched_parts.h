/* SPDX-License-Identifier: MIT */
/* What the parts of watched.c share. */
#pragma once
#include "base/buffer.h"
#include "host/watched.h"
#include "source/paths.h"

/* A mount through which files of the scopes are seen.  Nothing is kept open: who
 * unmounts it shall not have to wait for us. */
struct view {
	char *path; /* of a folder on it */
	/* Where a layered file system shows what lies in that folder, its upper layer, for what
	 * is written there, or through it, may be told of that alone; NULL: where it lies. */
	char *shown;
	uint64_t mount, file_system;
	bool found; /* while the table is read */
};

/* What a folder has to do with the scopes. */
enum relation {
	RELATION_NONE,
	RELATION_AROUND, /* a scope lies in it */
	RELATION_INSIDE,
};

struct watched {
	const struct watched_about *about;
	struct view views[WATCHED_MAX_VIEWS];
	size_t n_views;
	struct table folders, linked;
	struct buffer key, path; /* scratch */
	bool crowded;
};

static inline const char *view_point(const struct view *v)
{
	return v->shown ? v->shown : v->path;
}

/* A string of its own; NULL: no memory. */
char *watched_text(struct span text);

struct span watched_scope(const struct watched *w, size_t i);
/* Is it left out, by its name or its path? */
bool watched_glob_matches(const struct watched *w, const char *name, const char *path);
/* Is anything on the way from @scope to @path left out?  The walk comes by the same names. */
bool watched_is_excluded(const struct watched *w, struct span path, struct span scope);
/* Of a folder whose path has no slash at its end, but "/". */
enum relation watched_relation_of(const struct watched *w, struct span path);

/* All that is watched at @path or below it is to be looked at. */
MUST_CHECK enum status watched_touch(const struct watched *w, struct span path,
				     struct unsettled *out, int64_t now_ms);

/*
 * Opens what @handle is, as it is seen through @v (O_PATH).  STATUS_NOT_MINE: that
 * mount cannot be reached; STATUS_IO: it is gone, or is not seen.
 */
MUST_CHECK enum status watched_reach(const struct view *v, struct span handle, int *fd);
