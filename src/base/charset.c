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

/* clang-format off */
static const uint16_t cp437[128] = {
	0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7,
	0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5,
	0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
	0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192,
	0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba,
	0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
	0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556,
	0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510,
	0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
	0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567,
	0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b,
	0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
	0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
	0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229,
	0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
	0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};
/* clang-format on */

bool charset_cp437(struct buffer *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = span_at(text, i);

		utf8_add(out, c < 0x80 ? c : cp437[c - 0x80]);
	}
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
