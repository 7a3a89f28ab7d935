/* SPDX-License-Identifier: MIT */
/*
 * Searching and copying spans: what rests on the C library (memmem, memchr,
 * memcmp, memcpy) and on addresses as numbers, and is therefore tested, not proved.
 */
#pragma once
#include "base/span.h"

/* Copies at most @room bytes of @s to @to; says how many. */
static inline size_t span_copy(void *to, size_t room, struct span s)
{
	size_t n = s.len < room ? s.len : room;

	if (n)
		memcpy(to, s.ptr, n);
	return n;
}

/* span_equal() for many bytes: what is compared chunk by chunk. */
static inline bool span_same(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* A letter of ASCII made small; anything else as it is. */
static inline uint8_t letter_small(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* span_equal(), but for the case of letters of ASCII. */
static inline bool span_equal_nocase(struct span a, struct span b)
{
	uint64_t i = 0;

	while (i < a.len && i < b.len &&
	       letter_small(span_at(a, i)) == letter_small(span_at(b, i)))
		i++;
	return i == a.len && i == b.len;
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

	if (rest.ptr && needle.len && rest.len >= needle.len)
		hit = (const uint8_t *)memmem(rest.ptr, rest.len, needle.ptr, needle.len);
	if (!hit)
		return false;
	*at = (uint64_t)(hit - s.ptr);
	return true;
}

/* The same of one byte: much faster where it is rare. */
MUST_CHECK static inline bool span_find_byte(struct span s, uint8_t byte, uint64_t from,
					     uint64_t *at)
{
	struct span rest = span_after(s, from);
	const uint8_t *hit =
		rest.len ? (const uint8_t *)memchr(rest.ptr, byte, rest.len) : NULL;

	if (!hit)
		return false;
	*at = (uint64_t)(hit - s.ptr);
	return true;
}

/* Takes the next line off @text, without its newline; the last one need not have one.  False:
 * there is none. */
MUST_CHECK static inline bool span_line(struct span *text, struct span *line)
{
	uint64_t end;

	if (text->len == 0)
		return false;
	if (!span_find_byte(*text, '\n', 0, &end))
		end = text->len;
	*line = span_clip(*text, 0, end);
	*text = span_after(*text, end + 1);
	return true;
}

/* @s as text, when its last byte is NUL and no other is; else NULL. */
MUST_CHECK static inline const char *span_string(struct span s)
{
	if (s.len == 0 || memchr(s.ptr, 0, s.len) != s.ptr + s.len - 1)
		return NULL;
	return (const char *)s.ptr;
}

/* The string @text without its first @n bytes; "" when it is not longer. */
static inline const char *text_after(const char *text, size_t n)
{
	size_t len = strlen(text);

	return text + (n < len ? n : len);
}
