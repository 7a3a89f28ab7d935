/* SPDX-License-Identifier: MIT */
/*
 * Spaces: name spaces of mounts (mount_namespaces(7)), each known by the number of its
 * inode.  Since 6.12 the kernel leads from one to its neighbours (ioctl_nsfs(2)), in the
 * order of numbers that are never used again; before, only processes show them.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct space_name {
	uint64_t inode;
	uint64_t number; /* 0: the kernel has given it none */
};

/* False: @fd is none. */
bool space_name(int fd, struct space_name *out);

/*
 * A neighbour of @fd, the one with the next higher number or the next lower; open, and as
 * long as it is, the name space lives.  -1: there is none, or (*@told false) the kernel does
 * not say.
 */
int space_neighbour(int fd, bool higher, uint64_t *number, bool *told);

/* From now on this process stands in it, at its root.  False: it may not, errno. */
bool space_enter(int fd);
