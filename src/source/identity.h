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
 * Does the file system of @fd set times when a mapped file is written?  tmpfs
 * does not, and what others serve (NFS, FUSE) can say anything.
 */
bool identity_times_tell(int fd);

/* Same inode, in the same state? */
bool identity_equal(const struct source_identity *a, const struct source_identity *b);
