/* SPDX-License-Identifier: MIT */
/*
 * Text of any encoding -> UTF-16LE, as Windows' MultiByteToWideChar does it.
 *
 * Follows RFC 3629 (UTF-8) and the tables of Unicode for Windows-1252 ("best
 * fit": bytes that stand for nothing become the control of the same number).
 */
#include "base/utf8.h"
#include "formats/script/reading.h"

#define MARK_UTF8    "\xef\xbb\xbf"
#define MARK_UTF16LE "\xff\xfe"
#define MARK_UTF16BE "\xfe\xff"

/* 0x80 to 0x9f. */
static const uint16_t windows_1252[32] = {
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

static void code_add(struct buffer *out, uint32_t code)
{
	if (code < 0x10000) {
		buffer_u16le(out, (uint16_t)code);
		return;
	}
	code -= 0x10000;
	buffer_u16le(out, (uint16_t)(0xd800 | code >> 10));
	buffer_u16le(out, (uint16_t)(0xdc00 | (code & 0x3ff)));
}

static bool utf8_decode(struct buffer *out, struct span raw)
{
	uint64_t at = 0;

	while (at < raw.len) {
		struct utf8_char c = utf8_at(raw, at);

		if (!c.valid)
			return false;
		code_add(out, c.code);
		at += c.len;
	}
	return true;
}

static void bytes_decode(struct buffer *out, struct span raw, bool latin1)
{
	for (uint64_t i = 0; i < raw.len; i++) {
		uint8_t b = span_at(raw, i);

		buffer_u16le(out,
			     b >= 0x80 && b < 0xa0 && !latin1 ? windows_1252[b - 0x80] : b);
	}
}

static void swap_decode(struct buffer *out, struct span raw)
{
	for (uint64_t i = 0; i + 1 < raw.len; i += 2)
		buffer_u16le(out, (uint16_t)(span_at(raw, i) << 8 | span_at(raw, i + 1)));
}

bool script_decode(struct buffer *out, struct span raw, enum script_encoding encoding)
{
	switch (encoding) {
	case SCRIPT_ENCODING_NONE: return false;
	case SCRIPT_UTF8: return utf8_decode(out, raw);
	case SCRIPT_WINDOWS_1252: bytes_decode(out, raw, false); return true;
	case SCRIPT_LATIN1: bytes_decode(out, raw, true); return true;
	case SCRIPT_UTF16LE: buffer_add(out, raw); return raw.len % 2 == 0;
	case SCRIPT_UTF16BE: swap_decode(out, raw); return raw.len % 2 == 0;
	}
	return false;
}

bool script_ends_change(struct buffer *out, struct span text, bool to_crlf)
{
	uint16_t before = 0;
	bool changed = false;

	for (uint64_t i = 0; i + 1 < text.len; i += 2) {
		uint16_t c = (uint16_t)(span_at(text, i) | span_at(text, i + 1) << 8);

		if (c == '\n' && before == '\r' && !to_crlf) {
			buffer_cut(out, out->len - 2);
			changed = true;
		}
		if (c == '\n' && before != '\r' && to_crlf) {
			buffer_u16le(out, '\r');
			changed = true;
		}
		buffer_u16le(out, c);
		before = c;
	}
	return changed;
}

/*
 * Windows takes a script without a mark for UTF-8 if the first characters
 * beyond ASCII are, and for its own code page otherwise.
 */
#define LOOK_FOR_UTF8 32

static enum script_encoding encoding_guess(struct span raw)
{
	for (uint64_t i = 0; i < raw.len && i < LOOK_FOR_UTF8; i++) {
		if (span_at(raw, i) < 0x80)
			continue;
		return utf8_at(raw, i).valid ? SCRIPT_UTF8 : SCRIPT_WINDOWS_1252;
	}
	return SCRIPT_WINDOWS_1252;
}

static enum status units_make(struct arena *a, struct script_text *t)
{
	struct span text = span_after(t->raw, t->start);
	bool big = t->encoding == SCRIPT_UTF16BE;
	CLEANUP(buffer_free) struct buffer units = BUFFER_INIT;

	t->units = text;
	if (t->width == 1)
		return STATUS_OK;
	t->odd = text.len % 2 != 0;
	for (uint64_t i = 0; i + 1 < text.len; i += 2) {
		uint8_t high = span_at(text, big ? i : i + 1);
		uint8_t low = span_at(text, big ? i + 1 : i);

		buffer_char(&units, (char)(high == 0 && low < 0x80 ? low : 0xff));
	}
	TRY(buffer_status(&units));
	t->units = arena_copy(a, buffer_span(&units));
	return t->units.ptr || t->units.len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status script_text_read(struct arena *a, struct span raw, struct script_text *out)
{
	*out = (struct script_text){ .raw = raw, .width = 1 };
	if (span_starts(raw, MARK_UTF8, 3)) {
		out->encoding = SCRIPT_UTF8;
		out->start = 3;
	} else if (span_starts(raw, MARK_UTF16LE, 2)) {
		out->encoding = SCRIPT_UTF16LE;
		out->start = out->width = 2;
	} else if (span_starts(raw, MARK_UTF16BE, 2)) {
		out->encoding = SCRIPT_UTF16BE;
		out->start = out->width = 2;
	} else {
		out->encoding = encoding_guess(raw);
	}
	return units_make(a, out);
}
