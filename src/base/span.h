/* SPDX-License-Identifier: MIT */
/*
 * Span: a read-only view of bytes that somebody else owns.
 *
 * Offsets are 64 bit, so that no file can make them wrap.  A length always
 * becomes a child span, never a pointer.
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

/*
 * The part of @s that starts at @off and is @len long.
 * False, and *@out is empty, when any of it lies outside @s.
 */
MUST_CHECK static inline bool span_part(struct span s, uint64_t off, uint64_t len,
					struct span *out)
{
	if (off > s.len || len > s.len - off) {
		*out = SPAN_NONE;
		return false;
	}
	*out = (struct span){ s.ptr + off, (size_t)len };
	return true;
}

/* What of @s lies inside [@off, @off + @len): shortened, possibly empty. */
static inline struct span span_clip(struct span s, uint64_t off, uint64_t len)
{
	if (off >= s.len)
		return SPAN_NONE;
	if (len > s.len - off)
		len = s.len - off;
	return (struct span){ s.ptr + off, (size_t)len };
}

/* Everything behind the first @off bytes. */
static inline struct span span_after(struct span s, uint64_t off)
{
	return span_clip(s, off, UINT64_MAX);
}

/* The byte at @i; zero when there is none. */
static inline uint8_t span_at(struct span s, uint64_t i)
{
	return i < s.len ? s.ptr[i] : 0;
}

static inline bool span_starts(struct span s, const char *magic, size_t n)
{
	return s.len >= n && memcmp(s.ptr, magic, n) == 0;
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* memcmp order, the shorter first when one begins the other. */
static inline int span_compare(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

/* Copies at most @room bytes of @s to @to; says how many. */
static inline size_t span_copy(void *to, size_t room, struct span s)
{
	size_t n = s.len < room ? s.len : room;

	if (n)
		memcpy(to, s.ptr, n);
	return n;
}

/* Does @inner lie in @outer?  Then *@off is where. */
MUST_CHECK static inline bool span_offset(struct span outer, struct span inner, uint64_t *off)
{
	uintptr_t o = (uintptr_t)outer.ptr, i = (uintptr_t)inner.ptr;

	if (!outer.ptr || !inner.ptr || i < o || i - o > outer.len ||
	    inner.len > outer.len - (i - o))
		return false;
	*off = i - o;
	return true;
}

/* The first place of @needle in @s, from @from on. */
MUST_CHECK static inline bool span_find(struct span s, struct span needle, uint64_t from,
					uint64_t *at)
{
	struct span rest = span_after(s, from);
	const uint8_t *hit = NULL;

	if (needle.len && rest.len >= needle.len)
		hit = (const uint8_t *)memmem(rest.ptr, rest.len, needle.ptr, needle.len);
	if (!hit)
		return false;
	*at = (uint64_t)(hit - s.ptr);
	return true;
}

/* The text in @s, whose last byte must be its only NUL that counts; NULL: it has none. */
static inline const char *span_as_text(struct span s)
{
	return s.len && s.ptr[s.len - 1] == 0 ? (const char *)s.ptr : NULL;
}

/* Is every byte zero? */
static inline bool span_is_zero(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != 0)
			return false;
	return true;
}

/* @s as text, when its last byte is NUL and no other is; else NULL. */
MUST_CHECK static inline const char *span_string(struct span s)
{
	if (s.len == 0 || memchr(s.ptr, 0, s.len) != s.ptr + s.len - 1)
		return NULL;
	return (const char *)s.ptr;
}
