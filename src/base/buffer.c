/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include "base/arena.h"

#include "base/memory.h"
#include <stdio.h>

#define FIRST_BYTES (size_t)4096

/* Room for @more bytes and a NUL behind them; false when there is none. */
static bool buffer_room(struct buffer *b, size_t more)
{
	size_t limit = b->limit ? b->limit : BUFFER_LIMIT, size = b->size;
	char *bytes;

	if (b->failed || more >= limit || b->len >= limit - more) {
		b->failed = true;
		return false;
	}
	if (b->len + more < size)
		return true;
	while (size <= b->len + more)
		size = size ? size * 2 : FIRST_BYTES;
	bytes = memory_new(1, size);
	if (!bytes) {
		b->failed = true;
		return false;
	}
	(void)span_copy(bytes, size, buffer_span(b));
	memory_free(b->bytes);
	b->bytes = bytes;
	b->size = size;
	return true;
}

void buffer_add(struct buffer *b, struct span bytes)
{
	if (bytes.len == 0 || !buffer_room(b, bytes.len))
		return;
	memcpy(b->bytes + b->len, bytes.ptr, bytes.len);
	b->len += bytes.len;
	b->bytes[b->len] = '\0';
}

void buffer_text(struct buffer *b, const char *text)
{
	buffer_add(b, SPAN_TEXT(text));
}

void buffer_char(struct buffer *b, char c)
{
	if (!buffer_room(b, 1))
		return;
	b->bytes[b->len++] = c;
	b->bytes[b->len] = '\0';
}

void buffer_vprintf(struct buffer *b, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		b->failed = true;
	if (n <= 0 || !buffer_room(b, (size_t)n))
		return;
	(void)vsnprintf(b->bytes + b->len, (size_t)n + 1, format, args);
	b->len += (size_t)n;
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buffer_vprintf(b, format, args);
	va_end(args);
}

void buffer_u64(struct buffer *b, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	buffer_add(b, (struct span){ (const uint8_t *)digits + at, sizeof(digits) - at });
}

void buffer_hex(struct buffer *b, struct span bytes)
{
	static const char digits[] = "0123456789abcdef";

	if (bytes.len == 0 || bytes.len > BUFFER_LIMIT || !buffer_room(b, bytes.len * 2))
		return;
	for (size_t i = 0; i < bytes.len; i++) {
		b->bytes[b->len++] = digits[bytes.ptr[i] >> 4];
		b->bytes[b->len++] = digits[bytes.ptr[i] & 15];
	}
	b->bytes[b->len] = '\0';
}

static void buffer_le(struct buffer *b, uint64_t v, size_t width)
{
	uint8_t octets[8];

	for (size_t i = 0; i < width; i++)
		octets[i] = (uint8_t)(v >> (8 * i));
	buffer_add(b, (struct span){ octets, width });
}

void buffer_u16le(struct buffer *b, uint16_t v)
{
	buffer_le(b, v, 2);
}

void buffer_u32le(struct buffer *b, uint32_t v)
{
	buffer_le(b, v, 4);
}

void buffer_u64le(struct buffer *b, uint64_t v)
{
	buffer_le(b, v, 8);
}

void buffer_drop(struct buffer *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	if (n == 0)
		return;
	memmove(b->bytes, b->bytes + n, b->len - n);
	b->len -= n;
	b->bytes[b->len] = '\0';
}

void buffer_clear(struct buffer *b)
{
	b->len = 0;
	b->failed = false;
}

void buffer_cut(struct buffer *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->bytes[len] = '\0';
}

const char *buffer_string(const struct buffer *b, size_t off)
{
	return off < b->len ? b->bytes + off : "";
}

void buffer_free(struct buffer *b)
{
	memory_free(b->bytes);
	*b = (struct buffer)BUFFER_INIT;
}

enum status buffer_status(const struct buffer *b)
{
	return b->failed ? STATUS_NO_MEMORY : STATUS_OK;
}

struct span buffer_give(struct buffer *b, struct arena *a)
{
	struct span bytes = buffer_span(b);

	if (bytes.len == 0 || !arena_adopt(a, b->bytes))
		return SPAN_NONE;
	*b = (struct buffer)BUFFER_INIT;
	return bytes;
}
