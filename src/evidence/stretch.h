/* SPDX-License-Identifier: MIT */
/*
 * Stretch: every byte of the file, and what answers for it.
 *
 * Regions, covered ranges and findings are laid over each other; between two
 * borders of any of them everything is the same, and that is one stretch.
 * Private to src/evidence.
 */
#pragma once
#include "evidence/report.h"

#define STRETCHES_MAX 1024 /* of one file; nobody reads more */

/* In order of what a reader must not overlook. */
enum stretch_kind {
	STRETCH_EMPTY = 0, /* a column of a picture behind the end */
	STRETCH_HOLE,      /* left out of the digest */
	STRETCH_BARE,      /* no digest at all */
	STRETCH_COVERED,
	STRETCH_SIGNATURE,
	STRETCH_TRAILING,
	STRETCH_STUFFING,
	STRETCH_CHANGED,
};
#define STRETCH_KINDS ((size_t)STRETCH_CHANGED + 1)

/* "hole", "covered" ... */
const char *stretch_word(enum stretch_kind kind);

struct stretch {
	uint64_t off, end;
	enum stretch_kind kind;
	const char *name; /* of its region; "" */
};

struct stretch_walk {
	const struct report *r;
	const struct report_signature *s; /* NULL: the file bears none */
	uint64_t at;
	size_t region, steps;
};

/* From the beginning of the file, as signature @signature (-1: none) covers it. */
struct stretch_walk stretch_begin(const struct report *r, int signature);
/* False at the end of the file, or after STRETCHES_MAX. */
bool stretch_next(struct stretch_walk *w, struct stretch *out);
/* The same, with neighbours of one kind in one region as one. */
bool stretch_next_row(struct stretch_walk *w, struct stretch *out);
