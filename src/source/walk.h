/* SPDX-License-Identifier: MIT */
/*
 * Walk: a tree -> its regular files, in a fixed order (bytewise by name,
 * folders where their name stands), never following a link inside the tree.
 */
#pragma once
#include "source/source.h"

#define WALK_MAX_DEPTH 4096 /* deeper folders are WALK_ERROR, ENAMETOOLONG */
#define WALK_MAX_OPEN  32   /* folders kept open */

enum walk_kind {
	WALK_FILE,    /* a regular file */
	WALK_SPECIAL, /* FIFO, socket, device: counted, never opened */
	WALK_LINK,    /* a link inside the tree: counted, never followed */
	WALK_ERROR,   /* cannot be read; errno in .error; ENOENT: went away meanwhile */
	WALK_MOUNT,   /* another file system, with .one_file_system: not entered */
	WALK_FOLDER,  /* with .folders: what follows lies in it; .dirfd is itself, open */
};

struct walk_entry {
	enum walk_kind kind;
	const char *path; /* as the user would type it; lives until the next call */
	int dirfd;        /* open @name here with O_NOFOLLOW */
	const char *name;
	int error;
	struct source_identity identity; /* WALK_FILE, WALK_FOLDER: by statx */
	const struct statx
		*state;   /* whence .identity is, until the next call; NULL: not asked */
	bool accompanied; /* WALK_FILE: companions may stand beside it (companions.h) */
};

struct walk_options {
	bool one_file_system;
	/* Globs (fnmatch, * matches / too) on name and path, not on what was named; NULL ends.
	 */
	const char *const *exclude;
	bool folders; /* are told, too */
};

struct walk;

/*
 * @path may be a file, a folder or a link to either (a named link is followed).
 * NULL: no memory.  @options are borrowed.  What cannot be opened is an entry.
 */
MUST_CHECK struct walk *walk_new(const char *path, const struct walk_options *options);
/* False at the end. */
MUST_CHECK bool walk_next(struct walk *w, struct walk_entry *out);
void walk_free(struct walk *w);
