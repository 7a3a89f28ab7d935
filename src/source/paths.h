/* SPDX-License-Identifier: MIT */
/* Paths: folders of files, and where a user's own files lie (XDG Base Directory Specification).
 */
#pragma once
#include "base/arena.h"

/* The folder in which @path lies: "a" of "a/b", "/" of "/b", "." of "b".  NULL: no memory. */
const char *path_folder(struct arena *a, const char *path);

/* The last part of @path: "b" of "a/b"; @path itself when it ends in a slash. */
const char *path_name(const char *path);

/* $@variable, or @fallback below the home folder, then /assay/@name; NULL: there is neither. */
const char *path_of_user(struct arena *a, const char *variable, const char *fallback,
			 const char *name);
