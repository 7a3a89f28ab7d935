/* SPDX-License-Identifier: MIT */
/*
 * Memories: what a run met, so that a forgery can be told whose signature it
 * carries even when its donor stands in the same tree, and so that the donor
 * index can learn at the end.
 *
 * All of it is gathered while files are judged and used when all have been
 * read: the order of files and the number of threads never change a word.
 */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "evidence/report.h"
#include "mimicry/donor.h"

#define MEMORIES_MAX_BYTES ((size_t)128 << 20) /* of one run; later ones are not remembered */

struct memory_key {
	uint8_t bytes[16];
};

/* A sorted set, once it has been sorted. */
struct memory_keys {
	struct memory_key *keys;
	size_t n, size;
	bool failed; /* no memory */
};

struct memories {
	struct buffer records; /* paths, each with what mimicry remembers of the file */
	size_t n_records;
	struct memory_keys asked; /* keys of files that another index could judge otherwise */
	struct memory_keys
		known; /* keys of records that answer them; set by memories_match() */
	bool full;
};

/* Could a richer donor index give another report? */
bool memories_undecided(const struct report *r);

void memories_take(struct memories *m, const struct report *r, const char *path);

/* In the order of their paths, however the files came in: so that of two copies of a donor the
 * same one is named whatever the order of answers. */
MUST_CHECK enum status memories_sort(struct memories *m);

/*
 * The records that one of the undecided files asks for, in the order of
 * .records; .provenance is the path, .name its last part.  *@out NULL: none.
 */
MUST_CHECK enum status memories_match(struct memories *m, struct arena *a, struct donor **out);

/* Would one of the matched records say something about this file? */
bool memories_answer(struct memories *m, const struct report *r);

/*
 * Some records that are @wanted, in the order of .records, from
 * *@position (0 at first) on; all have been seen when it is .records.len.
 */
MUST_CHECK enum status memories_batch(const struct memories *m, size_t *position,
				      struct arena *a,
				      bool (*wanted)(void *context, const struct donor *d),
				      void *context, struct donor **out);

void memories_free(struct memories *m);
