/* SPDX-License-Identifier: MIT */
/* Charset: The Unicode Standard, section 3.9 (UTF-16, UTF-32) and ISO 8859-1. */
#include "base/charset.h"

#include "base/cursor.h"
#include "base/utf8.h"

#define SURROGATE_HIGH 0xD800U
#define SURROGATE_LOW  0xDC00U

static bool is_surrogate(uint64_t unit, uint64_t half)
{
	return unit >= half && unit < half + 0x400;
}

static bool charset_utf16(struct buffer *out, struct span text,
			  uint64_t (*unit)(struct cursor *, size_t))
{
	struct cursor c = cursor_at(text, 0);
	bool whole = true;

	while (cursor_left(&c) >= 2) {
		uint64_t code = unit(&c, 2);
		struct cursor ahead = c;
		uint64_t low = cursor_left(&c) >= 2 ? unit(&ahead, 2) : 0;

		if (is_surrogate(code, SURROGATE_HIGH) && is_surrogate(low, SURROGATE_LOW)) {
			code = 0x10000 + ((code - SURROGATE_HIGH) << 10) + low - SURROGATE_LOW;
			c = ahead;
		}
		whole &= code < SURROGATE_HIGH || code >= SURROGATE_LOW + 0x400;
		utf8_add(out, (uint32_t)code);
	}
	if (cursor_left(&c) == 0)
		return whole;
	utf8_add(out, UTF8_REPLACEMENT);
	return false;
}

bool charset_utf16le(struct buffer *out, struct span text)
{
	return charset_utf16(out, text, cursor_le);
}

bool charset_utf16be(struct buffer *out, struct span text)
{
	return charset_utf16(out, text, cursor_be);
}

bool charset_ucs4be(struct buffer *out, struct span text)
{
	struct cursor c = cursor_at(text, 0);
	bool whole = true;

	while (cursor_left(&c) >= 4) {
		uint32_t code = (uint32_t)cursor_be(&c, 4);

		whole &= code < SURROGATE_HIGH ||
			 (code >= SURROGATE_LOW + 0x400 && code <= 0x10FFFF);
		utf8_add(out, code);
	}
	if (cursor_left(&c) == 0)
		return whole;
	utf8_add(out, UTF8_REPLACEMENT);
	return false;
}

bool charset_latin1(struct buffer *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		utf8_add(out, span_at(text, i));
	return true;
}

bool charset_utf8(struct buffer *out, struct span text)
{
	struct utf8_char c;
	bool whole = true;

	if (utf8_valid(text)) {
		buffer_add(out, text);
		return true;
	}
	for (uint64_t at = 0; at < text.len; at += c.len) {
		c = utf8_at(text, at);
		whole &= c.valid;
		utf8_add(out, c.code);
	}
	return whole;
}
