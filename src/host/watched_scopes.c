/* SPDX-License-Identifier: MIT */
/* Which paths are watched. */
#include "host/watched_parts.h"

#include <fnmatch.h>
#include <limits.h>

struct span watched_scope(const struct watched *w, size_t i)
{
	return SPAN_TEXT(w->about->scopes[i]);
}

bool watched_glob_matches(const struct watched *w, const char *name, const char *path)
{
	const char *const *globs = w->about->exclude;

	for (size_t i = 0; globs[i]; i++)
		if (fnmatch(globs[i], name, 0) == 0 || fnmatch(globs[i], path, 0) == 0)
			return true;
	return false;
}

bool watched_is_excluded(const struct watched *w, struct span path, struct span scope)
{
	char whole[PATH_MAX + NAME_MAX] = { 0 }, name[NAME_MAX + 1];
	uint64_t from = scope.len == 1 ? 1 : scope.len + 1, end;

	if (!w->about->exclude[0] || path.len >= sizeof(whole))
		return false;
	for (; from < path.len; from = end + 1) {
		if (!span_find_byte(path, '/', from, &end))
			end = path.len;
		memset(whole, 0, sizeof(whole));
		memset(name, 0, sizeof(name));
		(void)span_copy(whole, sizeof(whole) - 1, span_clip(path, 0, end));
		(void)span_copy(name, sizeof(name) - 1, span_clip(path, from, end - from));
		if (watched_glob_matches(w, name, whole))
			return true;
	}
	return false;
}

enum relation watched_relation_of(const struct watched *w, struct span path)
{
	bool around = false;

	for (size_t i = 0; i < w->about->n_scopes; i++) {
		if (path_lies_in(path, watched_scope(w, i)))
			return watched_is_excluded(w, path, watched_scope(w, i))
				       ? RELATION_NONE
				       : RELATION_INSIDE;
		around |= path_lies_in(watched_scope(w, i), path);
	}
	return around ? RELATION_AROUND : RELATION_NONE;
}
