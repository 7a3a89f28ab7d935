/* SPDX-License-Identifier: MIT */
/* Reach: a folder by its absolute path, through folders only: no link on the way. */
#pragma once
#include "base/status.h"

/* Opens the folder in which @path lies, to reach what is in it (O_PATH).
 * STATUS_IO: errno (ENOENT, ENOTDIR: it leads nowhere, or through something else). */
MUST_CHECK enum status folder_reach(const char *path, int *fd);
