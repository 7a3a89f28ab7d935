/* SPDX-License-Identifier: MIT */
/* One member of a ZIP archive after the other, whole, in memory.  Private to src/engine. */
#pragma once
#include "base/buffer.h"
#include "source/source.h"
#include "structure/zip/zip.h"

struct zip_member {
	struct inflater *inflater;
	struct buffer out; /* the contents; the caller may take them */
	uint8_t *chunk;
	unsigned long crc;
	bool ended;
	/* May @n more bytes come out?  NULL: yes. */
	bool (*spend)(void *context, uint64_t n);
	void *context;
};

MUST_CHECK enum status zip_member_begin(struct zip_member *m);
void zip_member_end(struct zip_member *m);
/*
 * What @e holds, in .out.  STATUS_MALFORMED: its data contradicts the directory;
 * STATUS_LIMIT: more than may come out; or what source_read() said.
 */
MUST_CHECK enum status zip_member_take(struct zip_member *m, struct source *source,
				       const struct zip_entry *e);
