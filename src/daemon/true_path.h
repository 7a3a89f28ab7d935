/* SPDX-License-Identifier: MIT */
/* True path: what a link of /proc says of a file, and whether it is true here. */
#pragma once
#include "source/source.h"
#include <sys/types.h>

/* Stands before a path that leads to that file in another name space of mounts, if at all. */
#define TRUE_PATH_ELSEWHERE "elsewhere:"
/* ... before that of a program that its process may have set to what it likes. */
#define TRUE_PATH_CLAIMED "claimed:"

/*
 * What stands before @text when it is told as the path of @file: nothing if it leads there,
 * else TRUE_PATH_ELSEWHERE.  Never waits for a file system.
 */
const char *true_path_mark(const char *text, const struct source_identity *file);

/*
 * Whoever is root of a name space of users may set the program of a process of it to any that
 * he may run (PR_SET_MM_EXE_FILE).  May that be of @pid, or is it not known?
 */
MUST_CHECK bool true_path_is_claimed(pid_t pid);

/* The path that @link says @file has.  Its length; 0: it says none. */
size_t true_path(const char *link, const struct source_identity *file, char *path, size_t room);
