/* SPDX-License-Identifier: MIT */
/* How the index of catalogs stands in its file: shared by reader and writer. */
#pragma once
#include "store/catalogs.h"
#include "store/sealed.h"

#define ROW_DIGEST  32
#define ROW_BYTES   (ROW_DIGEST + 1 + 1 + 2 + 4 + 8)
#define PLACE_BYTES 16

/* The numbers of the foot. */
enum catalogs_number {
	NUMBER_CATALOGS,
	NUMBER_ROWS,
	NUMBER_ROWS_AT,
	NUMBER_TABLE_AT,
	NUMBER_SHA1
};

struct catalogs_row {
	uint8_t digest[ROW_DIGEST];
	uint8_t algorithm, kind;
	uint32_t catalog;
	uint64_t member; /* 0: has no name */
};

struct catalogs_layer {
	const char *path;
	struct span mapping;
	struct sealed file;
};

struct catalogs {
	struct catalogs_layer layers[CATALOGS_MAX_LAYERS];
	size_t n;
	struct catalog_index index;
};

MUST_CHECK bool catalogs_row_read(const struct catalogs_layer *l, uint64_t at,
				  struct catalogs_row *out);
MUST_CHECK enum status catalogs_entry_read(const struct catalogs_layer *l, uint64_t at,
					   struct arena *a, struct catalog_entry *out);
/* The member's name; NULL, *@status: damaged or no memory; or it has none. */
const char *catalogs_member_read(const struct catalogs_layer *l, uint64_t place,
				 struct arena *a, enum status *status);
/* The catalog as it stands in the file. */
void catalogs_entry_write(struct buffer *out, const struct catalog_entry *e);
