/* SPDX-License-Identifier: MIT */
/* Compound files made in memory ([MS-CFB]), for tests: well-formed, laid out as asked. */
#pragma once
#include "base/buffer.h"

#define CFB_BUILD_MAX 512 /* items */

enum cfb_build_order {
	CFB_BUILD_ORDERED,
	CFB_BUILD_REVERSED, /* the last sector first */
	CFB_BUILD_WOVEN,    /* neighbours lie apart */
};

struct cfb_item {
	const char *name; /* ASCII; a byte of it becomes a UTF-16 unit */
	int parent;       /* index of an item; -1: the root */
	bool storage;
	struct span bytes; /* of a stream */
	uint8_t clsid;     /* each byte of it */
	uint8_t stamp;     /* each byte of both times */
};

struct cfb_plan {
	const struct cfb_item *items;
	size_t n;
	bool large; /* sectors of 4096 bytes, version 4 */
	enum cfb_build_order order;
	struct span root_clsid; /* 16 bytes; empty: zeros */
	uint32_t spare;         /* free sectors behind the streams, filled with 0x20 */
};

/* What tests change afterwards. */
struct cfb_built {
	uint64_t fat_off;       /* of the first FAT sector */
	uint64_t minifat_off;   /* of the first mini FAT sector */
	uint64_t directory_off; /* of entry 0; item i is entry i + 1 */
	uint32_t directory_first, minifat_first;
};

/* False: no memory, or too many items. */
bool cfb_build(struct buffer *out, const struct cfb_plan *plan, struct cfb_built *where);
/* Where entry @i lies in what was built with CFB_BUILD_ORDERED. */
static inline uint64_t cfb_built_entry(const struct cfb_built *b, uint32_t i)
{
	return b->directory_off + (uint64_t)i * 128;
}
