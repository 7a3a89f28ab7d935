/* SPDX-License-Identifier: MIT */
/*
 * Mounts: which file systems programs can be run from, as this process sees
 * them (/proc/self/mountinfo, proc_pid_mountinfo(5)).
 *
 * What may be asked of a file system stands in one table of kinds.  A layered
 * one (overlayfs) is never asked about itself: what is run through it comes
 * from the real file systems below, where each run is seen once.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include <sys/types.h>

#define MOUNTS_MAX       4096
#define MOUNTS_MAX_BYTES ((size_t)4 << 20) /* of the kernel's table */

enum mount_kind {
	MOUNT_UNKNOWN, /* asked about; what is learnt of a file is forgotten at once */
	MOUNT_DISK,    /* local, and its times tell of every change */
	MOUNT_MEMORY,  /* local, but a mapped file changes without a trace in its times */
	MOUNT_REMOTE,  /* somebody else's word: no leases, times mean nothing */
	MOUNT_LAYERED,
	MOUNT_SYSTEM, /* of the kernel: nothing is run from it */
};

struct mount {
	uint64_t dev;
	enum mount_kind kind;
	const char *point; /* path, unescaped */
	const char *type;
};

struct mounts {
	struct mount *each; /* one for each file system, the first point at which it stands */
	size_t n;
	bool cut; /* there are more than we read */
};

/* Reads @text, the kernel's table.  STATUS_NO_MEMORY only; a line that makes no sense is none.
 */
MUST_CHECK enum status mounts_parse(struct arena *a, struct span text, struct mounts *out);

/* The same of the table of process @pid, 0: our own.  STATUS_IO: it cannot be read. */
MUST_CHECK enum status mounts_read(struct arena *a, pid_t pid, struct mounts *out);

enum mount_kind mount_kind_of(const char *type);
/* "disk", "memory", "remote", "layered", "system", "unknown" */
const char *mount_kind_word(enum mount_kind kind);
