/* SPDX-License-Identifier: MIT */
/* The tables of fold.c, made by tools/fold-table.  Private to src/base. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define FOLD_MOST 4 /* characters that one becomes */

struct fold_row {
	uint32_t code, to[FOLD_MOST]; /* 0 ends */
};
extern const struct fold_row fold_rows[]; /* sorted by .code */
extern const size_t n_fold_rows;

/* Characters that combine with the one before. */
struct fold_range {
	uint32_t first, last;
};
extern const struct fold_range fold_marks[]; /* sorted */
extern const size_t n_fold_marks;
