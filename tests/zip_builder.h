/* SPDX-License-Identifier: MIT */
/* ZIP archives for tests: right ones, and wrong in any one way. */
#pragma once
#include "base/buffer.h"

enum zip_lie {
	ZIP_LIE_NONE,
	ZIP_LIE_METHOD,     /* the local header says stored, or deflated */
	ZIP_LIE_NAME,       /* the last letter of the local name is another */
	ZIP_LIE_CRC,        /* the local CRC, or the one of the descriptor */
	ZIP_LIE_SIZE,       /* the local size */
	ZIP_LIE_NO_LOCAL,   /* the offset leads to something else */
	ZIP_LIE_FLAGS,      /* the local header says encrypted */
	ZIP_LIE_CENTRAL_CRC /* both headers agree, but the contents do not */
};

struct zip_item {
	const char *name;
	const char *text; /* contents; NULL: .data */
	struct span data;
	bool deflate, descriptor, bare_descriptor,
		wide; /* bare: without its magic; wide: ZIP64 */
	enum zip_lie lie;
	uint16_t flags, method; /* added; method 0: as .deflate says */
	uint32_t attributes;
	size_t gap;        /* zeros before its local header */
	struct span extra; /* of the central record */
	struct span local_extra;
	bool again; /* shares the local header of the item before */
};

struct zip_plan {
	const struct zip_item *items;
	size_t n;
	struct span prefix, block, slack, central_gap, trailing, comment;
	bool raw;       /* offsets do not count the prefix */
	bool wide;      /* ZIP64 end records, fields saturated */
	bool wide_bare; /* ZIP64 end records, no field saturated */
	int more;       /* added to the number of entries in the end record */
	int64_t shift;  /* added to the offset of the central directory there */
};

void zip_build(struct buffer *out, const struct zip_plan *plan);

/* Raw deflate of @data. */
void zip_deflate(struct buffer *out, struct span data);
