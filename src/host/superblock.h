/* SPDX-License-Identifier: MIT */
/*
 * Superblock: the number by which the kernel itself knows a file system, as it stands in
 * tables of mounts.  stat(2) says another where subvolumes have numbers of their own (btrfs).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/*
 * The number of the file system of @fd, which may be O_PATH, in *@device; @proc is an open
 * folder of /proc.  False: it cannot be found out.  Opens nothing there.
 */
bool superblock_device(int proc, int fd, uint64_t *device);
