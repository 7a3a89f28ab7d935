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
 * Nothing read may be used before cursor_ok() said yes.  The contracts are
 * proved by `make prove`.
 */
#pragma once
#include "base/span.h"

struct cursor {
	struct span in;
	size_t pos;
	bool failed;
};

/*@ predicate cursor_inv(struct cursor c) = span_ok(c.in) && c.pos <= c.in.len;
  @ predicate cursor_apart(struct cursor *c) =
  @   \separated(c, c->in.ptr + (0 .. c->in.len - 1));
  @*/

/*@ requires span_ok(in);
  @ assigns \nothing;
  @ ensures cursor_inv(\result) && \result.in == in;
  @ ensures pos <= in.len ==> \result.pos == pos && \result.failed == 0;
  @ ensures pos > in.len ==> \result.failed != 0;
  @*/
static inline struct cursor cursor_at(struct span in, uint64_t pos)
{
	bool inside = pos <= in.len;

	return (struct cursor){ in, inside ? (size_t)pos : in.len, !inside };
}

/*@ requires \valid_read(c);
  @ assigns \nothing;
  @ ensures \result != 0 <==> c->failed == 0;
  @*/
MUST_CHECK static inline bool cursor_ok(const struct cursor *c)
{
	return !c->failed;
}

/* For a caller who found that what he read makes no sense. */
/*@ requires \valid(c);
  @ assigns c->failed;
  @ ensures c->failed != 0;
  @*/
static inline void cursor_fail(struct cursor *c)
{
	c->failed = true;
}

/*@ requires \valid_read(c) && cursor_inv(*c);
  @ assigns \nothing;
  @ ensures c->failed != 0 ==> \result == 0;
  @ ensures c->failed == 0 ==> \result == c->in.len - c->pos;
  @*/
static inline size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : c->in.len - c->pos;
}

/* The next @len bytes, or an empty span and a failed cursor. */
/*@ requires \valid(c) && cursor_inv(*c) && cursor_apart(c);
  @ assigns c->pos, c->failed;
  @ ensures cursor_inv(*c) && span_ok(\result);
  @ ensures \let good = \old(c->failed) == 0 && \old(c->pos) + len <= c->in.len;
  @   (good ==> \result.ptr == c->in.ptr + \old(c->pos) && \result.len == len &&
  @             c->pos == \old(c->pos) + len && c->failed == 0) &&
  @   (!good ==> \result.len == 0 && c->pos == \old(c->pos) && c->failed != 0);
  @*/
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

/*@ requires \valid(c) && cursor_inv(*c) && cursor_apart(c);
  @ assigns c->pos, c->failed;
  @ ensures cursor_inv(*c);
  @ ensures c->failed == 0 ==> c->pos == \old(c->pos) + len;
  @*/
static inline void cursor_skip(struct cursor *c, uint64_t len)
{
	(void)cursor_take(c, len);
}

/* Everything that is left; the cursor stands at the end. */
/*@ requires \valid(c) && cursor_inv(*c) && cursor_apart(c);
  @ assigns c->pos, c->failed;
  @ ensures cursor_inv(*c) && span_ok(\result) && c->failed == \old(c->failed);
  @ ensures c->failed == 0 ==> c->pos == c->in.len;
  @*/
static inline struct span cursor_rest(struct cursor *c)
{
	return cursor_take(c, cursor_left(c));
}

/* An unsigned number of @width (at most 8) bytes, lowest byte first. */
/*@ requires \valid(c) && cursor_inv(*c) && cursor_apart(c) && width <= 8;
  @ assigns c->pos, c->failed;
  @ ensures cursor_inv(*c);
  @ ensures c->failed == 0 ==> c->pos == \old(c->pos) + width;
  @ ensures c->failed != 0 ==> \result == 0;
  @*/
static inline uint64_t cursor_le(struct cursor *c, size_t width)
{
	struct span s = cursor_take(c, width);
	uint64_t value = 0;

	/*@ loop invariant 0 <= i <= s.len;
	  @ loop invariant s.len == 0 ==> value == 0;
	  @ loop assigns i, value;
	  @ loop variant i;
	  @*/
	for (size_t i = s.len; i > 0; i--)
		value = value << 8 | s.ptr[i - 1];
	return value;
}

/* The same, highest byte first. */
/*@ requires \valid(c) && cursor_inv(*c) && cursor_apart(c) && width <= 8;
  @ assigns c->pos, c->failed;
  @ ensures cursor_inv(*c);
  @ ensures c->failed == 0 ==> c->pos == \old(c->pos) + width;
  @ ensures c->failed != 0 ==> \result == 0;
  @*/
static inline uint64_t cursor_be(struct cursor *c, size_t width)
{
	struct span s = cursor_take(c, width);
	uint64_t value = 0;

	/*@ loop invariant 0 <= i <= s.len;
	  @ loop invariant s.len == 0 ==> value == 0;
	  @ loop assigns i, value;
	  @ loop variant s.len - i;
	  @*/
	for (size_t i = 0; i < s.len; i++)
		value = value << 8 | s.ptr[i];
	return value;
}

/*@ requires \valid(c) && cursor_inv(*c) && cursor_apart(c);
  @ assigns c->pos, c->failed;
  @ ensures cursor_inv(*c);
  @ ensures c->failed == 0 ==> c->pos == \old(c->pos) + 1;
  @ ensures c->failed != 0 ==> \result == 0;
  @*/
static inline uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)cursor_le(c, 1);
}

/*@ requires \valid(c) && cursor_inv(*c) && cursor_apart(c);
  @ assigns c->pos, c->failed;
  @ ensures cursor_inv(*c);
  @ ensures c->failed == 0 ==> c->pos == \old(c->pos) + 2;
  @ ensures c->failed != 0 ==> \result == 0;
  @*/
static inline uint16_t cursor_u16le(struct cursor *c)
{
	return (uint16_t)cursor_le(c, 2);
}

/*@ requires \valid(c) && cursor_inv(*c) && cursor_apart(c);
  @ assigns c->pos, c->failed;
  @ ensures cursor_inv(*c);
  @ ensures c->failed == 0 ==> c->pos == \old(c->pos) + 4;
  @ ensures c->failed != 0 ==> \result == 0;
  @*/
static inline uint32_t cursor_u32le(struct cursor *c)
{
	return (uint32_t)cursor_le(c, 4);
}

/*@ requires \valid(c) && cursor_inv(*c) && cursor_apart(c);
  @ assigns c->pos, c->failed;
  @ ensures cursor_inv(*c);
  @ ensures c->failed == 0 ==> c->pos == \old(c->pos) + 8;
  @ ensures c->failed != 0 ==> \result == 0;
  @*/
static inline uint64_t cursor_u64le(struct cursor *c)
{
	return cursor_le(c, 8);
}
