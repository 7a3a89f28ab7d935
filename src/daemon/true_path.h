/* SPDX-License-Identifier: MIT */
/* True path: what a link of /proc says of a file, and whether it is true here. */
#pragma once
#include "source/source.h"

/* Stands before a path that leads to that file in another name space of mounts, if at all. */
#define TRUE_PATH_ELSEWHERE "elsewhere:"
/* ... before that of a program that its process may have set to what it likes. */
#define TRUE_PATH_CLAIMED "claimed:"

/* The path that @link says @file has.  Its length; 0: it says none. */
size_t true_path(const char *link, const struct source_identity *file, char *path, size_t room);
