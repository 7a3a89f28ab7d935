/* SPDX-License-Identifier: MIT */
/*
 * Span: a read-only view of bytes that somebody else owns.
 *
 * Offsets are 64 bit, so that no file can make them wrap.  A length always
 * becomes a child span, never a pointer.
 *
 * The contracts (ACSL) are proved by `make prove`: nothing here can leave a
 * span.  What rests on the C library stands apart, in span_search.h.
 */
#pragma once
#include "base/attrs.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *ptr;
	size_t len;
};

/* A part of a file: @len bytes from offset @off. */
struct range {
	uint64_t off, len;
};

#define SPAN_OF(array)    ((struct span){ (array), sizeof(array) })
#define SPAN_TEXT(string) ((struct span){ (const uint8_t *)(string), strlen(string) })
/* A string literal with whatever NULs it has; the first form is for tables. */
#define SPAN_INIT(literal)                                                                     \
	{                                                                                      \
		(const uint8_t *)(literal), sizeof(literal) - 1                                \
	}
#define SPAN_LITERAL(literal) ((struct span)SPAN_INIT(literal))
#define SPAN_NONE             ((struct span){ NULL, 0 })

/*@ predicate span_ok(struct span s) = \valid_read(s.ptr + (0 .. s.len - 1)); */

/*
 * The part of @s that starts at @off and is @len long.
 * False, and *@out is empty, when any of it lies outside @s.
 */
/*@ requires span_ok(s) && \valid(out) && \separated(out, s.ptr + (0 .. s.len - 1));
  @ assigns *out;
  @ ensures \result != 0 <==> off + len <= s.len;
  @ ensures \result != 0 ==> out->ptr == s.ptr + off && out->len == len;
  @ ensures \result == 0 ==> out->len == 0;
  @ ensures span_ok(*out);
  @*/
MUST_CHECK static inline bool span_part(struct span s, uint64_t off, uint64_t len,
					struct span *out)
{
	if (off > s.len || len > s.len - off) {
		*out = SPAN_NONE;
		return false;
	}
	/* Nothing may be added to NULL, not even 0 (C17, 6.5.6). */
	*out = (struct span){ off ? s.ptr + off : s.ptr, (size_t)len };
	return true;
}

/* What of @s lies inside [@off, @off + @len): shortened, possibly empty. */
/*@ requires span_ok(s);
  @ assigns \nothing;
  @ ensures span_ok(\result);
  @ ensures off >= s.len ==> \result.len == 0;
  @ ensures off < s.len ==> \result.ptr == s.ptr + off;
  @ ensures off < s.len ==> \result.len == \min(len, s.len - off);
  @*/
static inline struct span span_clip(struct span s, uint64_t off, uint64_t len)
{
	if (off >= s.len)
		return SPAN_NONE;
	if (len > s.len - off)
		len = s.len - off;
	return (struct span){ s.ptr + off, (size_t)len };
}

/* Everything behind the first @off bytes. */
/*@ requires span_ok(s);
  @ assigns \nothing;
  @ ensures span_ok(\result);
  @ ensures off >= s.len ==> \result.len == 0;
  @ ensures off < s.len ==> \result.ptr == s.ptr + off && \result.len == s.len - off;
  @*/
static inline struct span span_after(struct span s, uint64_t off)
{
	return span_clip(s, off, UINT64_MAX);
}

/* The byte at @i; zero when there is none. */
/*@ requires span_ok(s);
  @ assigns \nothing;
  @ ensures i < s.len ==> \result == s.ptr[i];
  @ ensures i >= s.len ==> \result == 0;
  @*/
static inline uint8_t span_at(struct span s, uint64_t i)
{
	return i < s.len ? s.ptr[i] : 0;
}

/*@ requires span_ok(a) && span_ok(b);
  @ assigns \nothing;
  @ ensures \result != 0 <==>
  @   (a.len == b.len && \forall integer k; 0 <= k < a.len ==> a.ptr[k] == b.ptr[k]);
  @*/
static inline bool span_equal(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	/*@ loop invariant 0 <= i <= a.len;
	  @ loop invariant \forall integer k; 0 <= k < i ==> a.ptr[k] == b.ptr[k];
	  @ loop assigns i;
	  @ loop variant a.len - i;
	  @*/
	for (size_t i = 0; i < a.len; i++)
		if (a.ptr[i] != b.ptr[i])
			return false;
	return true;
}

/* Does @s begin with the @n bytes of @magic? */
/*@ requires span_ok(s) && \valid_read(magic + (0 .. n - 1));
  @ assigns \nothing;
  @ ensures \result != 0 ==>
  @   (s.len >= n && \forall integer k; 0 <= k < n ==> s.ptr[k] == (uint8_t)magic[k]);
  @ ensures \result == 0 ==>
  @   (s.len < n || \exists integer k; 0 <= k < n && s.ptr[k] != (uint8_t)magic[k]);
  @*/
static inline bool span_starts(struct span s, const char *magic, size_t n)
{
	if (s.len < n)
		return false;
	/*@ loop invariant 0 <= i <= n;
	  @ loop invariant \forall integer k; 0 <= k < i ==> s.ptr[k] == (uint8_t)magic[k];
	  @ loop assigns i;
	  @ loop variant n - i;
	  @*/
	for (size_t i = 0; i < n; i++)
		if (s.ptr[i] != (uint8_t)magic[i])
			return false;
	return true;
}

/* Order by bytes, the shorter first when one begins the other: -1, 0 or 1. */
/*@ requires span_ok(a) && span_ok(b);
  @ assigns \nothing;
  @ ensures -1 <= \result <= 1;
  @ ensures \result == 0 ==>
  @   (a.len == b.len && \forall integer k; 0 <= k < a.len ==> a.ptr[k] == b.ptr[k]);
  @ ensures \result != 0 ==>
  @   (a.len != b.len || \exists integer k; 0 <= k < a.len && a.ptr[k] != b.ptr[k]);
  @*/
static inline int span_compare(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;

	/*@ loop invariant 0 <= i <= n;
	  @ loop invariant \forall integer k; 0 <= k < i ==> a.ptr[k] == b.ptr[k];
	  @ loop assigns i;
	  @ loop variant n - i;
	  @*/
	for (size_t i = 0; i < n; i++)
		if (a.ptr[i] != b.ptr[i])
			return a.ptr[i] < b.ptr[i] ? -1 : 1;
	return (a.len > b.len) - (a.len < b.len);
}

/* Is every byte zero? */
/*@ requires span_ok(s);
  @ assigns \nothing;
  @ ensures \result != 0 <==> \forall integer k; 0 <= k < s.len ==> s.ptr[k] == 0;
  @*/
static inline bool span_is_zero(struct span s)
{
	/*@ loop invariant 0 <= i <= s.len;
	  @ loop invariant \forall integer k; 0 <= k < i ==> s.ptr[k] == 0;
	  @ loop assigns i;
	  @ loop variant s.len - i;
	  @*/
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != 0)
			return false;
	return true;
}
