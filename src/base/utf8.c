/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

/*
 * RFC 3629, section 4: how a character may begin.  The second byte is narrower
 * than 80..BF where a long form, a surrogate or a too large number would begin.
 */
static const struct lead {
	uint8_t first, last, len, second_min, second_max;
} leads[] = {
	{0x00,  0x7F, 1, 0x00, 0x00},
        { 0xC2, 0xDF, 2, 0x80, 0xBF},
	{ 0xE0, 0xE0, 3, 0xA0, 0xBF},
        { 0xE1, 0xEC, 3, 0x80, 0xBF},
	{ 0xED, 0xED, 3, 0x80, 0x9F},
        { 0xEE, 0xEF, 3, 0x80, 0xBF},
	{ 0xF0, 0xF0, 4, 0x90, 0xBF},
        { 0xF1, 0xF3, 4, 0x80, 0xBF},
	{ 0xF4, 0xF4, 4, 0x80, 0x8F},
};

static const struct lead *lead_of(uint8_t byte)
{
	for (size_t i = 0; i < COUNT_OF(leads); i++)
		if (byte >= leads[i].first && byte <= leads[i].last)
			return &leads[i];
	return NULL;
}

struct utf8_char utf8_at(struct span s, uint64_t at)
{
	struct utf8_char broken = { UTF8_REPLACEMENT, 1, false };
	uint8_t first = span_at(s, at);
	const struct lead *lead = lead_of(first);
	uint32_t code;

	if (at >= s.len)
		return (struct utf8_char){ UTF8_REPLACEMENT, 0, false };
	if (!lead)
		return broken;
	if (lead->len == 1)
		return (struct utf8_char){ first, 1, true };
	code = first & (0x7FU >> lead->len);
	for (uint8_t i = 1; i < lead->len; i++) {
		uint8_t min = i == 1 ? lead->second_min : 0x80;
		uint8_t max = i == 1 ? lead->second_max : 0xBF;
		uint8_t byte = span_at(s, at + i);

		if (at + i >= s.len || byte < min || byte > max)
			return broken;
		broken.len++;
		code = code << 6 | (byte & 0x3FU);
	}
	return (struct utf8_char){ code, lead->len, true };
}

bool utf8_valid(struct span s)
{
	uint64_t at = 0;

	while (at < s.len) {
		struct utf8_char c = utf8_at(s, at);

		if (!c.valid)
			return false;
		at += c.len;
	}
	return true;
}

void utf8_add(struct buffer *out, uint32_t code)
{
	uint8_t bytes[4];
	size_t n = 0;

	if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		code = UTF8_REPLACEMENT;
	if (code < 0x80) {
		bytes[n++] = (uint8_t)code;
	} else if (code < 0x800) {
		bytes[n++] = (uint8_t)(0xC0 | code >> 6);
	} else if (code < 0x10000) {
		bytes[n++] = (uint8_t)(0xE0 | code >> 12);
		bytes[n++] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
	} else {
		bytes[n++] = (uint8_t)(0xF0 | code >> 18);
		bytes[n++] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
		bytes[n++] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
	}
	if (code >= 0x80)
		bytes[n++] = (uint8_t)(0x80 | (code & 0x3F));
	buffer_add(out, (struct span){ bytes, n });
}
