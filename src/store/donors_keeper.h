/* SPDX-License-Identifier: MIT */
/*
 * Keeper: whoever changes the donors of a folder, alone for that time.
 *
 * The order of steps makes it safe to die between any two: what is new is in the
 * database before it is in the tail file, in the tail file before it is in a
 * big one, and in the big one on disk before it leaves the database; a donor that is in
 * several places is one donor.
 */
#pragma once
#include "store/donors_database.h"
#include "store/donors_files.h"
#include "store/donors_merge.h"
#include "store/donors_write.h"

struct donor_keeper {
	struct arena *arena;
	const char *folder;
	const char **problem; /* a sentence in .arena */
	int lock;
	struct donor_database database;
	struct donor_files files;
};

/* Makes the folder (mode 0700), waits for its lock, opens all. */
MUST_CHECK enum status donor_keeper_begin(struct donor_keeper *k, struct arena *a,
					  const char *folder, const char **problem);
/* Usable as CLEANUP(donor_keeper_end).  What was not committed never was. */
void donor_keeper_end(struct donor_keeper *k);
/* @status; when it is none, and nobody said why, the database or the folder says so. */
MUST_CHECK enum status donor_keeper_outcome(struct donor_keeper *k, enum status status);
/* The files as they are now. */
MUST_CHECK enum status donor_keeper_reload(struct donor_keeper *k);

/* What goes into a file. */
struct donor_selection {
	const struct image_layer *stack;
	size_t n;
	bool (*keep)(const void *context, const struct donor *donor); /* NULL: all */
	const void *context;
	const char *provenance; /* of each, "" none; NULL: its own */
};
/* Into a writer that has begun, which is finished. */
MUST_CHECK enum status donor_selection_write(const struct donor_selection *s,
					     struct image_writer *w, uint64_t *n);
/* Makes the index at @path, which is removed when nothing is left for it. */
MUST_CHECK enum status donor_file_write(const char *path, const struct donor_selection *s,
					uint64_t *n);
/* The tail file, as the database says. */
MUST_CHECK enum status donor_tail_write(struct donor_keeper *k);
