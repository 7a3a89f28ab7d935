/* SPDX-License-Identifier: MIT */
#include "source/paths.h"

#include <errno.h>
#include <stdlib.h>

const char *path_folder(struct arena *a, const char *path)
{
	struct span whole = SPAN_TEXT(path);
	uint64_t at, end = 0;
	bool any = false;

	for (uint64_t from = 0; span_find(whole, SPAN_TEXT("/"), from, &at); from = at + 1) {
		end = at;
		any = true;
	}
	return any ? arena_string(a, span_clip(whole, 0, end ? end : 1)) : ".";
}

bool path_lies_in(struct span path, struct span folder)
{
	if (span_equal(folder, SPAN_LITERAL("/")))
		return span_at(path, 0) == '/';
	return folder.len > 0 && span_equal(span_clip(path, 0, folder.len), folder) &&
	       (path.len == folder.len || span_at(path, folder.len) == '/');
}

/* The specification: what is not absolute is ignored. */
const char *path_of_user(struct arena *a, const char *variable, const char *fallback,
			 const char *name)
{
	const char *base = secure_getenv(variable), *home = secure_getenv("HOME");

	if (base && span_at(SPAN_TEXT(base), 0) == '/')
		return arena_printf(a, "%s/assay/%s", base, name);
	if (home && span_at(SPAN_TEXT(home), 0) == '/')
		return arena_printf(a, "%s/%s/assay/%s", home, fallback, name);
	return NULL;
}

const char *path_name(const char *path)
{
	struct span text = { (const uint8_t *)path, strlen(path) + 1 }; /* with its NUL */
	size_t n = text.len - 1;

	while (n > 0 && span_at(text, n - 1) != '/')
		n--;
	return n == text.len - 1 ? path : span_string(span_after(text, n));
}

const char *path_unread(int error)
{
	return error == EACCES
		       ? "Permission denied; root can let everybody read it: chmod a+rX, "
			 "on its folder and on itself"
		       : strerrordesc_np(error);
}

/* Does @path name a folder by a way into it: "a/", "a/.", ".."? */
static bool leads_inside(const char *path)
{
	const char *last = path_name(path);

	return last == path ? strcmp(path, ".") == 0 || strcmp(path, "..") == 0 ||
				      strchr(path, '/') != NULL
			    : strcmp(last, ".") == 0 || strcmp(last, "..") == 0;
}

enum status path_resolve(struct arena *a, const char *path, const char **out)
{
	bool inside = leads_inside(path);
	const char *place = inside ? path : path_folder(a, path);
	char *resolved;

	if (!place)
		return STATUS_NO_MEMORY;
	/* No name at all is not the folder in which we are. */
	resolved = realpath(SPAN_TEXT(path).len ? place : "", NULL);
	if (!resolved)
		return STATUS_IO;
	if (inside)
		*out = arena_printf(a, "%s", resolved);
	else
		*out = arena_printf(a, "%s/%s", strcmp(resolved, "/") == 0 ? "" : resolved,
				    path_name(path));
	free(resolved);
	return *out ? STATUS_OK : STATUS_NO_MEMORY;
}
