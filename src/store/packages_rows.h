/* SPDX-License-Identifier: MIT */
/* How the index of packages stands in its file: shared by reader and writer. */
#pragma once
#include "store/packages.h"
#include "store/sealed.h"

#define PACKAGES_ROW   (32 + 32 + 8 + 8)
#define PACKAGES_ORDER 4
#define PACKAGES_ZEROS 16 /* in front of the digest of a name */

/* The numbers of the foot. */
enum packages_number { NUMBER_ROWS, NUMBER_ROWS_AT, NUMBER_ORDER_AT };

struct packages_row {
	uint8_t digest[32], place[32];
	uint64_t package, path;
};

/* Under which a package stands itself: no program has such a digest. */
MUST_CHECK enum status packages_name_digest(struct span name, uint8_t out[32]);
