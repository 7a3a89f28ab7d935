/* SPDX-License-Identifier: MIT */
/* The court of the matrix: it has learnt the known donors, and knows what is true of each. */
#pragma once
#include "store/donors.h"
#include "tests/court.h"
#include "tests/matrix_list.h"

#define MATRIX_MAX_DIGESTS 8

/* What its own signatures say of a donor, before anybody stole them. */
struct matrix_truth {
	bool valid;
	const char *signer;
	struct span digests[MATRIX_MAX_DIGESTS]; /* signed */
	size_t n_digests;
	struct donor *record; /* NULL: none was made */
	bool always_signs;    /* its vendor, as far as we are told */
	uint64_t pages;       /* of code, not constant */
};

struct matrix_scene {
	struct forge *forge;
	struct matrix_list list;
	struct court court;
	struct arena arena; /* of truths and records */
	struct matrix_truth truths[MATRIX_MAX_PROGRAMS];
	uint64_t host_pages[MATRIX_MAX_PROGRAMS];
	struct vendors vendors;
	struct donors *index;
};

/* What an index may learn of a file that was judged, under @name; NULL: nothing. */
struct donor *matrix_records(struct arena *a, const struct report *r, const char *name);

/* @list_path, @database: NULL for the forge's own. */
void matrix_scene_open(struct matrix_scene *s, const char *list_path, const char *database);
void matrix_scene_close(struct matrix_scene *s);
