/* SPDX-License-Identifier: MIT */
/*
 * Buffer: bytes or text that grow at the end, up to a limit.
 *
 * Like a cursor it remembers its first failure, so that a page of output is
 * written straight down and asked about once.
 */
#pragma once
#include "base/span_search.h"
#include "base/status.h"
#include <stdarg.h>

struct buffer {
	char *bytes;
	size_t len, size, limit; /* limit 0: BUFFER_LIMIT */
	bool failed;
};

#define BUFFER_LIMIT ((size_t)256 << 20)
#define BUFFER_INIT                                                                            \
	{                                                                                      \
		0                                                                              \
	}

void buffer_add(struct buffer *b, struct span bytes);
void buffer_text(struct buffer *b, const char *text);
void buffer_char(struct buffer *b, char c);
PRINTF(2, 3) void buffer_printf(struct buffer *b, const char *format, ...);
PRINTF(2, 0) void buffer_vprintf(struct buffer *b, const char *format, va_list args);
void buffer_u64(struct buffer *b, uint64_t value);    /* decimal */
void buffer_hex(struct buffer *b, struct span bytes); /* lower case, no separators */
void buffer_u16le(struct buffer *b, uint16_t v);
void buffer_u32le(struct buffer *b, uint32_t v);
void buffer_u64le(struct buffer *b, uint64_t v);
void buffer_clear(struct buffer *b);           /* keeps the memory */
void buffer_cut(struct buffer *b, size_t len); /* back to the first @len bytes */
void buffer_drop(struct buffer *b, size_t n);  /* the first @n bytes go, at most all */
struct arena;
/* Its bytes, which @a has now; empty, and the buffer has them still: no memory. */
struct span buffer_give(struct buffer *b, struct arena *a);
void buffer_free(struct buffer *b); /* usable as CLEANUP(buffer_free) */

static inline struct span buffer_span(const struct buffer *b)
{
	return (struct span){ (const uint8_t *)b->bytes, b->len };
}

/* The string that begins at @off: "" when nothing does.  Good until the buffer grows. */
const char *buffer_string(const struct buffer *b, size_t off);

/* STATUS_OK, or STATUS_NO_MEMORY when something did not fit (limit or memory). */
MUST_CHECK enum status buffer_status(const struct buffer *b);
