/* SPDX-License-Identifier: MIT */
/* The entries of a PE certificate table, for tests that want signatures and no PE room. */
#pragma once
#include "base/cursor.h"

/* The table; empty when the file has none inside it. */
static inline struct span pe_table(struct span file)
{
	struct cursor c = cursor_at(file, 0x3c);
	uint32_t header = cursor_u32le(&c), off, len;

	c = cursor_at(file, (uint64_t)header + 24);
	c = cursor_at(file, (uint64_t)header + 24 + (cursor_u16le(&c) == 0x20b ? 144 : 128));
	off = cursor_u32le(&c);
	len = cursor_u32le(&c);
	return cursor_ok(&c) ? span_clip(file, off, len) : SPAN_NONE;
}

/* What the next entry holds; false: there is no other. */
static inline bool pe_entry_next(struct cursor *table, struct span *out)
{
	uint64_t len = cursor_u32le(table);

	cursor_skip(table, 4);
	if (!cursor_ok(table) || len < 8)
		return false;
	*out = cursor_take(table, len - 8);
	if (!cursor_ok(table))
		return false;
	cursor_skip(table, cursor_left(table) < (8 - len % 8) % 8 ? cursor_left(table)
								  : (8 - len % 8) % 8);
	return true;
}
