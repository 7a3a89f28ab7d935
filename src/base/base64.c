/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buffer *out, struct span bytes)
{
	for (size_t i = 0; i < bytes.len && !out->failed; i += 3) {
		struct span s = span_clip(bytes, i, 3);
		uint32_t bits = (uint32_t)span_at(s, 0) << 16 | (uint32_t)span_at(s, 1) << 8 |
				span_at(s, 2);

		buffer_char(out, alphabet[bits >> 18]);
		buffer_char(out, alphabet[bits >> 12 & 63]);
		buffer_char(out, (char)(s.len > 1 ? alphabet[bits >> 6 & 63] : '='));
		buffer_char(out, (char)(s.len > 2 ? alphabet[bits & 63] : '='));
	}
}

/* 0 to 63; 64: padding; 65: white space; 66: none of these. */
static uint32_t sextet(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26U;
	if (c >= '0' && c <= '9')
		return c - '0' + 52U;
	switch (c) {
	case '+': return 62;
	case '/': return 63;
	case '=': return 64;
	case ' ':
	case '\t':
	case '\r':
	case '\n': return 65;
	default: return 66;
	}
}

/* A full group of which @padding characters were '='.  False: bits left over. */
static bool group_decode(struct buffer *out, uint32_t bits, unsigned padding)
{
	if (padding > 2 || (bits & ((1U << (8 * padding)) - 1)) != 0)
		return false;
	for (unsigned i = 0; i < 3 - padding; i++)
		buffer_char(out, (char)(uint8_t)(bits >> (16 - 8 * i)));
	return true;
}

enum status base64_decode(struct buffer *out, struct span text)
{
	unsigned n = 0, padding = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint32_t six = sextet(span_at(text, i));

		if (six == 65)
			continue;
		/* Behind the first '=' stands nothing but a second one. */
		if (six == 66 || (padding > 0 && (six != 64 || n == 0)))
			return STATUS_MALFORMED;
		padding += six == 64;
		bits = bits << 6 | (six & 63);
		n = (n + 1) % 4;
		if (n == 0 && !group_decode(out, bits & 0xFFFFFF, padding))
			return STATUS_MALFORMED;
	}
	if (n != 0)
		return STATUS_MALFORMED;
	return buffer_status(out);
}

enum status base64_decode_span(struct arena *a, struct span text, struct span *out)
{
	struct buffer bytes CLEANUP(buffer_free) = BUFFER_INIT;

	*out = SPAN_NONE;
	TRY(base64_decode(&bytes, text));
	*out = arena_copy(a, buffer_span(&bytes));
	return out->ptr ? STATUS_OK : STATUS_NO_MEMORY;
}
