/* SPDX-License-Identifier: MIT */
/* Files of the administrator: read, mapped, listed, replaced whole. */
#pragma once
#include "base/arena.h"
#include "base/status.h"

/* Descriptor of the regular file @name in folder @dirfd (AT_FDCWD); -1: errno, 0: not regular.
 */
MUST_CHECK enum status file_open(int dirfd, const char *name, int *fd);

/* The whole file at @fd, in @a.  STATUS_LIMIT: more than @max bytes. */
MUST_CHECK enum status file_read(int fd, size_t max, struct arena *a, struct span *out);

/* Does the file at @path begin with the text @magic? */
bool file_starts(const char *path, const char *magic);

/* May nobody but root, this user and the owner of this program write to it? */
bool file_is_own(const char *path);

/* The file at @path, mapped read-only; STATUS_IO: errno (ENOENT: there is none). */
MUST_CHECK enum status file_map(const char *path, size_t max, struct span *out);
/* The same of what is open already (borrowed). */
MUST_CHECK enum status file_map_open(int fd, size_t max, struct span *out);
void file_unmap(struct span mapping);

/*
 * Makes @bytes the file at @path: whole or not at all, also when power fails.
 * Written beside it, synchronised, renamed; then the folder is synchronised.
 */
MUST_CHECK enum status file_replace(const char *path, struct span bytes);

/*
 * The same for a file that is not there yet, with this mode from its first byte on.
 * STATUS_IO: errno (EEXIST: it is there).
 */
MUST_CHECK enum status file_create(const char *path, struct span bytes, unsigned mode);

/* The same for what is not in memory as a whole. */
struct new_file {
	const char *path; /* borrowed */
	char *temporary;
	int fd;
};
MUST_CHECK enum status new_file_begin(const char *path, struct new_file *out);
MUST_CHECK enum status new_file_write(struct new_file *f, struct span bytes);
/* What was left out at @off, when it is known at last. */
MUST_CHECK enum status new_file_fill(struct new_file *f, uint64_t off, struct span bytes);
MUST_CHECK enum status new_file_commit(struct new_file *f);
/* Always; usable as CLEANUP(new_file_end).  What was not committed never was. */
void new_file_end(struct new_file *f);

/* The names in the folder at @fd (which is closed), sorted, without those that begin with a
 * point. */
MUST_CHECK enum status folder_read(int fd, size_t max, struct arena *a, const char ***names,
				   size_t *n);

/* Makes the folder @path, and with mode 0755 those above it, if they are not there. */
MUST_CHECK bool folders_make(const char *path, unsigned mode);

/*
 * Removes what stands beside the file @name in @folder because somebody was killed while he
 * wrote it; for whoever has locked the folder.
 */
void file_leftovers_remove(int folder, const char *name);

/*
 * Makes the folder of @path if it is not there, and locks it until *@fd is
 * closed: one change at a time.
 */
MUST_CHECK enum status file_lock_folder(const char *path, int *fd);
