/* SPDX-License-Identifier: MIT */
/*
 * Mounts: which file systems programs can be run from, as one name space of
 * mounts has them (/proc/self/mountinfo, proc_pid_mountinfo(5)).
 *
 * What may be asked of a file system stands in one table of kinds.  A layered
 * one (overlayfs) is not asked about itself, unless the kernel is old: what is run
 * through it comes from the real file systems below, where each run is seen once.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include <sys/types.h>

#define MOUNTS_MAX       100000              /* as many as the kernel lets a name space have */
#define MOUNTS_MAX_BYTES ((size_t)64 << 20)  /* of the kernel's table */
#define MOUNTS_ARENA     ((size_t)192 << 20) /* is room for both */

enum mount_kind {
	MOUNT_UNKNOWN, /* asked about; what is learnt of a file is forgotten at once */
	MOUNT_DISK,    /* local, and its times tell of every change */
	MOUNT_MEMORY,  /* local, but a mapped file changes without a trace in its times */
	MOUNT_REMOTE,  /* somebody else's word: no leases, times mean nothing */
	MOUNT_SERVED,  /* the same, and a program of this host gives it: FUSE */
	MOUNT_LAYERED,
	MOUNT_SYSTEM, /* of the kernel: nothing is run from it */
};

struct mount {
	uint64_t dev;
	enum mount_kind kind;
	const char *point; /* path, unescaped */
	const char *type;
	const char *source; /* what whoever mounted it calls it */
	/* FUSE: as whom it was mounted, by the numbers of that name space of users; UINT32_MAX:
	 * nobody knows.  Else 0. */
	uint32_t user, group;
	const char *upper; /* layered: the folder that is written to, as it was called; NULL */
};

/* Does somebody else answer for it, who may let us wait for ever? */
bool mount_is_others(enum mount_kind kind);

struct mounts {
	/* By device: a file system may stand at many points, and at some below another one. */
	struct mount *each;
	size_t n;
	struct span *remote; /* points of what others serve, sorted */
	size_t n_remote;
	bool cut; /* there are more than we read */
};

/* Reads @text, the kernel's table.  STATUS_NO_MEMORY only; a line that makes no sense is none.
 */
MUST_CHECK enum status mounts_parse(struct arena *a, struct span text, struct mounts *out);

/* The same of an open table, from its beginning.  STATUS_IO: it cannot be read. */
MUST_CHECK enum status mounts_read(struct arena *a, int table, struct mounts *out);

/* Does the way to @point lead through nothing that others serve?  They may let us wait for
 * ever.
 */
bool mounts_lead_to(const struct mounts *m, const char *point);
/* The same of the way up to @point, whatever stands there. */
bool mounts_reach(const struct mounts *m, const char *point);
/* What others serve and @path lies in; NULL: in nothing of that kind. */
const struct mount *mounts_served(const struct mounts *m, const char *path);

enum mount_kind mount_kind_of(const char *type);

/*
 * Does this kernel ask nobody about the real file of what is run through a layered file
 * system?  Linux before 6.5 opens it without an event; the layered one is asked about then.
 */
bool mounts_layers_hide(void);
/* The same of a kernel with this name (uname(2)); one without numbers is taken for old: to be
 * asked twice costs time only. */
bool mounts_release_hides(struct span release);
