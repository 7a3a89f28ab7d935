/* SPDX-License-Identifier: MIT */
/*
 * Known: how files are as far as somebody looked: a baseline, and laid over it what
 * was seen later.  In order of paths (baseline_path_order()), like a baseline.
 */
#pragma once
#include "store/baseline.h"

#define FIM_LATER_MAX ((size_t)1 << 15) /* records seen later, until they are written down */

/* A record that was seen later. */
struct fim_later {
	void *memory;      /* of the rest */
	struct span bytes; /* the record */
	bool gone;         /* its path leads nowhere any more */
};

struct fim_known {
	const struct baseline *baseline; /* borrowed; NULL: none */
	struct fim_later *later;
	size_t n_later;
};

/* Forgets what was seen later. */
void fim_known_clear(struct fim_known *known);

/* STATUS_NOT_MINE: there is none of this path.  Borrowed until something is set or cleared. */
MUST_CHECK enum status fim_known_find(const struct fim_known *known, struct span path,
				      struct baseline_record *out);

/* From now on it is so; @gone: only .path is read.  STATUS_LIMIT: write it down first. */
MUST_CHECK enum status fim_known_set(struct fim_known *known, const struct baseline_record *now,
				     bool gone);

/* Where a reader stands; zeros: before the first record. */
struct fim_known_place {
	uint64_t at, later;
};
/* In front of the first record that does not come before @path. */
MUST_CHECK enum status fim_known_seek(const struct fim_known *known, struct span path,
				      struct fim_known_place *place);
/* STATUS_NOT_MINE: there are no more. */
MUST_CHECK enum status fim_known_next(const struct fim_known *known,
				      struct fim_known_place *place,
				      struct baseline_record *out);

/* Writes all of it. */
MUST_CHECK enum status fim_known_write(const struct fim_known *known,
				       struct baseline_writer *writer);
