/* SPDX-License-Identifier: MIT */
/* Paths: folders of files, and where a user's own files lie (XDG Base Directory Specification).
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

/* The folder in which @path lies: "a" of "a/b", "/" of "/b", "." of "b".  NULL: no memory. */
const char *path_folder(struct arena *a, const char *path);

/*
 * Why a file that the system keeps for everybody cannot be read, as errno has it, and what
 * root can do when it is not everybody's.
 */
const char *path_unread(int error);

/* Is @path @folder, or below it?  Neither ends in a slash, but "/". */
MUST_CHECK bool path_lies_in(struct span path, struct span folder);

/* The last part of @path: "b" of "a/b"; @path itself when it ends in a slash. */
const char *path_name(const char *path);

/*
 * @path without links on the way to its last name, which stays as it is and need not
 * exist; a way into a folder ("a/", "..") is followed whole.  STATUS_IO: errno.
 */
MUST_CHECK enum status path_resolve(struct arena *a, const char *path, const char **out);

/* $@variable, or @fallback below the home folder, then /assay/@name; NULL: there is neither. */
const char *path_of_user(struct arena *a, const char *variable, const char *fallback,
			 const char *name);
