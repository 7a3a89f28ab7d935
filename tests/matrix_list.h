/* SPDX-License-Identifier: MIT */
/* The programs of a matrix of real files, as tools/eval lists them. */
#pragma once
#include "tests/forge/matrix.h"

#define MATRIX_MAX_PROGRAMS 256

struct matrix_list {
	struct matrix_program hosts[MATRIX_MAX_PROGRAMS], donors[MATRIX_MAX_PROGRAMS];
	size_t n_hosts, n_donors;
};

/*
 * Lines of TABs: "host" kind name path; "donor" known|withheld name path; "pages"
 * known|withheld name path, an unsigned program that the forge signs with page hashes.  Ends
 * the program when the list is wrong; files that are no ordinary programs are left out, and
 * said so on stderr.
 */
void matrix_list_read(struct forge *f, const char *path, struct matrix_list *out);
/* The forge's own, when there is no list. */
void matrix_list_samples(struct forge *f, struct matrix_list *out);
void matrix_list_free(struct matrix_list *l);
