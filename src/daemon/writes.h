/* SPDX-License-Identifier: MIT */
/*
 * Writes: has somebody had a file open to write since it was remembered (inotify(7))?
 *
 * Whatever changes what is in a file without a trace in its times needs it open for writing:
 * to exchange it for another (XFS_IOC_SWAPEXT), to move blocks (EXT4_IOC_MOVE_EXT), to store
 * through a mapping.  Who closes it is told of before the kernel counts one writer less.  So
 * under a lease, which is granted only when there is no writer, everybody who was one before
 * has been told of.
 *
 * A watch keeps the inode, so that its number is nobody else's, and does not keep its file
 * system from being unmounted.  It ends with the first that is told of it: however often
 * somebody opens a file, he fills no queue.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRITES_MAX    ((size_t)8192) /* files at a time; the oldest makes room */
#define WRITES_AGE_MS 60000

struct writes;

/* NULL: no memory, or the kernel has no room for one. */
struct writes *writes_new(void);
void writes_free(struct writes *w);

/*
 * From now on it is seen who has the file of @fd open to write; a lease is held on it.  What is
 * remembered of it stands in @row.  A number; 0: it cannot be seen.
 */
int writes_watch(struct writes *w, int fd, uint32_t row);
/* It need not be seen any more. */
void writes_unwatch(struct writes *w, int number);
/*
 * Has nobody had the file of @fd open to write since its @row was given that @number?  Only
 * under a lease.
 */
bool writes_none(struct writes *w, int fd, int number, uint32_t row);

/* Can its numbers be those of another file, while it is watched? */
bool writes_numbers_return(int fd);
/*
 * Now and then.  As long as a file of a deleted subvolume is watched, the subvolume takes room:
 * nothing there is watched for long that nobody runs.
 */
void writes_age(struct writes *w, int64_t now_ms);
