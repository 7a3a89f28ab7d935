/* SPDX-License-Identifier: MIT */
/*
 * Names: what a hostile file calls itself, on a person's terminal.
 *
 * Names come escaped from where they were read; here they are looked at once
 * more, so that nothing that passes unescaped reaches a terminal, and a quote
 * inside a name cannot end it.
 */
#include "base/escape.h"
#include "base/time.h"
#include "base/utf8.h"
#include "evidence/parts.h"
#include <stdlib.h>

#define MILLI 1000

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* How far the octets from @at on can stay as they are. */
static uint64_t plain_end(struct span text, uint64_t at)
{
	while (at < text.len && is_plain(span_at(text, at)))
		at++;
	return at;
}

/* The character at @at, which is not plain, inside a name; says how many octets it took. */
static uint64_t add_odd(struct buffer *out, struct span text, uint64_t at, char quote)
{
	uint8_t c = span_at(text, at), next = span_at(text, at + 1);

	if (c == '\\' && (next == '\\' || next == '"')) {
		buffer_add(out, span_clip(text, at, 2));
		return 2;
	}
	if (c == '\\') {
		buffer_text(out, at + 1 < text.len ? "\\" : "\\\\");
		return 1;
	}
	if (c == '"') {
		buffer_text(out, quote ? "\\\"" : "\"");
		return 1;
	}
	c = utf8_at(text, at).len;
	escape_text(out, span_clip(text, at, c));
	return c ? c : 1;
}

static void add_shown(struct buffer *out, const char *name, char quote)
{
	struct span text = SPAN_TEXT(name);
	uint64_t at = 0;

	while (at < text.len && at < TEXT_MAX_NAME && !out->failed) {
		uint64_t end = plain_end(text, at);

		if (end > TEXT_MAX_NAME)
			end = TEXT_MAX_NAME;
		buffer_add(out, span_clip(text, at, end - at));
		at = end;
		if (at < text.len && at < TEXT_MAX_NAME)
			at += add_odd(out, text, at, quote);
	}
	if (at < text.len)
		buffer_text(out, "...");
}

void text_name(struct buffer *out, const char *name)
{
	buffer_char(out, '"');
	add_shown(out, name ? name : "?", '"');
	buffer_char(out, '"');
}

void text_value(struct buffer *out, const char *value)
{
	add_shown(out, value ? value : "?", '\0');
}

/* A path that nobody can take for a path and a sentence behind it. */
static bool path_is_plain(struct span path)
{
	uint8_t before = ' ';

	for (uint64_t i = 0; i < path.len; i++) {
		uint8_t c = span_at(path, i);

		if (!is_plain(c) || (c == ' ' && before == ' '))
			return false;
		before = c;
	}
	return before != ' ';
}

/* Characters beyond ASCII are fine, if they can be seen. */
static bool path_is_quoted(struct span path)
{
	uint64_t at = 0;

	if (path_is_plain(path))
		return false;
	if (escape_needed(path))
		return true;
	for (; at < path.len; at++) {
		uint8_t c = span_at(path, at);
		bool edge = at == 0 || at + 1 == path.len;

		if (c == '"' || (c == ' ' && (edge || span_at(path, at + 1) == ' ')))
			return true;
	}
	return path.len == 0;
}

void text_path(struct buffer *out, const char *path)
{
	struct span text = SPAN_TEXT(path);
	uint64_t at = 0;

	if (!path_is_quoted(text)) {
		buffer_add(out, text);
		return;
	}
	buffer_char(out, '"');
	while (at < text.len && !out->failed) {
		uint64_t end = plain_end(text, at);
		uint8_t c = span_at(text, end);

		buffer_add(out, span_clip(text, at, end - at));
		at = end;
		if (at == text.len)
			break;
		if (c == '"' || c == '\\') {
			buffer_char(out, '\\');
			buffer_char(out, (char)c);
			at++;
		} else {
			at += add_odd(out, text, at, '"');
		}
	}
	buffer_char(out, '"');
}

void text_time(struct buffer *out, int64_t seconds)
{
	struct time_text t;

	(void)time_format(seconds, &t);
	buffer_text(out, t.text);
}

void text_day(struct buffer *out, int64_t seconds)
{
	struct time_text t;

	(void)time_format(seconds, &t);
	buffer_add(out, span_clip(SPAN_TEXT(t.text), 0, strlen("2025-10-09")));
}

void text_hex(struct buffer *out, uint64_t v)
{
	buffer_printf(out, "0x%llx", (unsigned long long)v);
}

void text_range(struct buffer *out, struct range r)
{
	text_hex(out, r.off);
	buffer_char(out, '+');
	buffer_u64(out, r.len);
}

void text_milli(struct buffer *out, int thousandths)
{
	int of_all = abs(thousandths);

	buffer_printf(out, "%s%d.%03d", thousandths < 0 ? "-" : "", of_all / MILLI,
		      of_all % MILLI);
}

void text_pad(struct buffer *out, size_t from, size_t column)
{
	do
		buffer_char(out, ' ');
	while (out->len < from + column && !out->failed);
}

/* How many octets of @text, which begins with a word, go into @room columns: whole words. */
static uint64_t line_end(struct span text, uint64_t at, size_t room)
{
	uint64_t end = at, fits = at;

	while (end < text.len) {
		while (end < text.len && span_at(text, end) != ' ')
			end++;
		if (end - at > room && fits > at)
			break;
		fits = end;
		while (end < text.len && span_at(text, end) == ' ')
			end++;
	}
	return fits;
}

void text_wrap(struct buffer *out, const char *text, size_t indent, size_t width)
{
	struct span all = SPAN_TEXT(text);
	size_t room = width > indent + 20 ? width - indent : 20;
	uint64_t at = 0;

	while (at < all.len && !out->failed) {
		uint64_t end = line_end(all, at, room);

		for (size_t i = 0; i < indent; i++)
			buffer_char(out, ' ');
		buffer_add(out, span_clip(all, at, end - at));
		buffer_char(out, '\n');
		at = end;
		while (at < all.len && span_at(all, at) == ' ')
			at++;
	}
}
