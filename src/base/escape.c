/* SPDX-License-Identifier: MIT */
/*
 * Escape: UAX #44, property Default_Ignorable_Code_Point (Unicode 15) and
 * general categories Cc, Zl, Zp; UTS #39 and CVE-2021-42574 say why.
 */
#include "base/escape.h"

#include "base/utf8.h"

static const struct {
	uint32_t first, last;
} hidden[] = {
	{0x0000,   0x001F }, /* C0 */
	{ 0x007F,  0x009F }, /* DEL, C1 */
	{ 0x00AD,  0x00AD }, /* soft hyphen */
	{ 0x034F,  0x034F }, /* combining grapheme joiner */
	{ 0x061C,  0x061C }, /* Arabic letter mark */
	{ 0x115F,  0x1160 }, /* Hangul fillers */
	{ 0x17B4,  0x17B5 }, /* Khmer inherent vowels */
	{ 0x180B,  0x180F }, /* Mongolian selectors */
	{ 0x200B,  0x200F }, /* zero width, direction marks */
	{ 0x2028,  0x202E }, /* line and paragraph separators, direction embeddings */
	{ 0x2060,  0x206F }, /* word joiner, direction isolates */
	{ 0x3164,  0x3164 }, /* Hangul filler */
	{ 0xFE00,  0xFE0F }, /* variation selectors */
	{ 0xFEFF,  0xFEFF }, /* byte order mark */
	{ 0xFFA0,  0xFFA0 }, /* half-width Hangul filler */
	{ 0xFFF0,  0xFFFB }, /* specials */
	{ 0x1BCA0, 0x1BCA3}, /* shorthand format controls */
	{ 0x1D173, 0x1D17A}, /* musical symbols */
	{ 0xE0000, 0xE0FFF}, /* tags, variation selectors */
};

bool escape_hides(uint32_t code)
{
	if (code >= 0x20 && code < 0x7F)
		return false;
	for (size_t i = 0; i < COUNT_OF(hidden); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return true;
	return false;
}

/* A backslash that would look like the beginning of an escape. */
static bool looks_escaped(struct span text, uint64_t at)
{
	uint8_t next = span_at(text, at + 1);

	return span_at(text, at) == '\\' && (next == 'x' || next == 'u');
}

/* How many bytes from @at on, at most @max, can stay as they are. */
static uint64_t plain_run(struct span text, uint64_t at, uint64_t max)
{
	uint64_t from = at;

	while (at < text.len && !looks_escaped(text, at)) {
		struct utf8_char c = utf8_at(text, at);

		if (!c.valid || escape_hides(c.code) || at + c.len - from > max)
			break;
		at += c.len;
	}
	return at - from;
}

bool escape_needed(struct span text)
{
	return plain_run(text, 0, text.len) < text.len;
}

/* One character that cannot stay, at @at; says how many bytes it takes. */
static uint64_t escape_one(struct buffer *out, struct span text, uint64_t at)
{
	struct utf8_char c = utf8_at(text, at);

	if (c.valid && c.code >= 0x80) {
		buffer_printf(out, "\\u{%x}", c.code);
		return c.len;
	}
	for (uint64_t i = 0; i < c.len; i++)
		buffer_printf(out, "\\x%02x", span_at(text, at + i));
	return c.len;
}

void escape_text(struct buffer *out, struct span text)
{
	uint64_t at = 0;

	while (at < text.len && !out->failed) {
		uint64_t plain = plain_run(text, at, text.len);

		buffer_add(out, span_clip(text, at, plain));
		at += plain;
		if (at < text.len)
			at += escape_one(out, text, at);
	}
}

/* As escape_text(), but at most @max bytes; "..." instead of the rest. */
static void escape_shortened(struct buffer *out, struct span text, size_t max)
{
	uint64_t at = 0;

	while (at < text.len && out->len < max && !out->failed) {
		uint64_t plain = plain_run(text, at, max - out->len);
		size_t before;

		buffer_add(out, span_clip(text, at, plain));
		at += plain;
		before = out->len;
		if (at == text.len || plain_run(text, at, text.len) > 0)
			break;
		at += escape_one(out, text, at);
		if (out->len > max) {
			out->len = before;
			break;
		}
	}
	if (at < text.len)
		buffer_text(out, "...");
}

const char *escape_string(struct arena *a, struct span text, size_t max)
{
	struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;

	if (text.len <= max && !escape_needed(text))
		return arena_string(a, text);
	escape_shortened(&out, text, max);
	return buffer_status(&out) == STATUS_OK ? arena_string(a, buffer_span(&out)) : NULL;
}
