/* SPDX-License-Identifier: MIT */
/*
 * Cursor: reads a span from front to back, and cannot read past its end.
 *
 * A cursor remembers its first failure.  After it, every read gives zero and
 * moves nothing, so a header is read like a schema, straight down, and asked
 * about once:
 *
 *	struct cursor c = cursor_at(file, pe_offset);
 *	h->machine    = cursor_u16le(&c);
 *	h->n_sections = cursor_u16le(&c);
 *	if (!cursor_ok(&c))
 *		return STATUS_MALFORMED;
 *
 * Nothing read may be used before cursor_ok() said yes.
 */
#pragma once
#include "base/span.h"

struct cursor {
	struct span in;
	size_t pos;
	bool failed;
};

static inline struct cursor cursor_at(struct span in, uint64_t pos)
{
	bool inside = pos <= in.len;

	return (struct cursor){ in, inside ? (size_t)pos : in.len, !inside };
}

MUST_CHECK static inline bool cursor_ok(const struct cursor *c)
{
	return !c->failed;
}

/* For a caller who found that what he read makes no sense. */
static inline void cursor_fail(struct cursor *c)
{
	c->failed = true;
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : c->in.len - c->pos;
}

/* The next @len bytes, or an empty span and a failed cursor. */
static inline struct span cursor_take(struct cursor *c, uint64_t len)
{
	struct span out;

	if (c->failed || !span_part(c->in, c->pos, len, &out)) {
		c->failed = true;
		return SPAN_NONE;
	}
	c->pos += (size_t)len;
	return out;
}

static inline void cursor_skip(struct cursor *c, uint64_t len)
{
	(void)cursor_take(c, len);
}

/* Everything that is left; the cursor stands at the end. */
static inline struct span cursor_rest(struct cursor *c)
{
	return cursor_take(c, cursor_left(c));
}

/* An unsigned number of @width (at most 8) bytes, lowest byte first. */
static inline uint64_t cursor_le(struct cursor *c, size_t width)
{
	struct span s = cursor_take(c, width);
	uint64_t value = 0;

	for (size_t i = s.len; i > 0; i--)
		value = value << 8 | s.ptr[i - 1];
	return value;
}

/* The same, highest byte first. */
static inline uint64_t cursor_be(struct cursor *c, size_t width)
{
	struct span s = cursor_take(c, width);
	uint64_t value = 0;

	for (size_t i = 0; i < s.len; i++)
		value = value << 8 | s.ptr[i];
	return value;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)cursor_le(c, 1);
}

static inline uint16_t cursor_u16le(struct cursor *c)
{
	return (uint16_t)cursor_le(c, 2);
}

static inline uint32_t cursor_u32le(struct cursor *c)
{
	return (uint32_t)cursor_le(c, 4);
}

static inline uint64_t cursor_u64le(struct cursor *c)
{
	return cursor_le(c, 8);
}
