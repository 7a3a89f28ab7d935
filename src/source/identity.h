/* SPDX-License-Identifier: MIT */
/* Identity: what statx(2) says about an inode, in the form that we compare. */
#pragma once
#include "source/source.h"
#include <sys/stat.h>

/* What is asked of statx, everywhere the same. */
#define IDENTITY_STATX_MASK (STATX_BASIC_STATS | STATX_BTIME)

/* Nanoseconds since 1970; a time that no int64_t holds is another one, but always the same. */
int64_t identity_nanoseconds(struct statx_timestamp t);

struct source_identity identity_from_statx(const struct statx *x);

/*
 * Of whose files a file system tells every change by their times.  Not of a mapping on tmpfs;
 * what others serve (NFS, FUSE) can say anything.  XFS, Btrfs and F2FS let whoever may write
 * to two files exchange what is in them, or take the number of a subvolume that is gone, with
 * the times that they please.  Ext4 lets him put zeros there, and nothing else.
 */
enum identity_telling { TELLS_OF_NONE, TELLS_OF_ROOTS, TELLS_OF_ALL };
enum identity_telling identity_telling_of(int fd);
bool identity_times_tell(enum identity_telling telling, const struct source_identity *file);

/* May nobody but root change its bytes? */
static inline bool identity_is_roots(const struct source_identity *file)
{
	return file->uid == 0 && (file->mode & (S_IWGRP | S_IWOTH)) == 0;
}

/*
 * Tells an inode from the one that had its number before.  False: its file system keeps none,
 * or @fd is not for reading.
 */
bool identity_generation(int fd, uint32_t *out);

/* ext3 and what was made like it keeps whole seconds, FAT two of them. */
#define IDENTITY_COARSEST_TICK_NS (INT64_C(2) * 1000000000)

/*
 * Would a write at @now_ns (since 1970) or later give it another time?  Not while the clock
 * by which its file system sets times still says the same: jiffies before Linux 6.13, whole
 * seconds where it keeps no more of them.
 */
bool identity_is_settled(const struct source_identity *file, int64_t now_ns);

/* Same inode, in the same state? */
bool identity_equal(const struct source_identity *a, const struct source_identity *b);
