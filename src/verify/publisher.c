/* SPDX-License-Identifier: MIT */
#include "verify/publisher.h"

#include "base/buffer.h"
#include "base/escape.h"

#define SHOWN_MAX 512

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void blanks_skip(struct span *s)
{
	while (is_blank(span_at(*s, 0)))
		*s = span_after(*s, 1);
}

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - ('a' - 'A')) : c;
}

/* "ST" as "S", so that both compare equal. */
static void type_take(struct span *s, struct buffer *type)
{
	while (s->len > 0 && span_at(*s, 0) != '=') {
		if (!is_blank(span_at(*s, 0)))
			buffer_char(type, (char)upper(span_at(*s, 0)));
		*s = span_after(*s, 1);
	}
	*s = span_after(*s, 1);
	if (span_equal(buffer_span(type), SPAN_LITERAL("ST")))
		buffer_cut(type, 1);
}

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind a backslash: a character, or two digits of hex. */
static void escaped_take(struct span *s, struct buffer *value)
{
	int high = digit_of(span_at(*s, 1)), low = digit_of(span_at(*s, 2));

	if (s->len > 2 && high >= 0 && low >= 0) {
		buffer_char(value, (char)(uint8_t)(high * 16 + low));
		*s = span_after(*s, 3);
		return;
	}
	buffer_char(value, (char)span_at(*s, 1));
	*s = span_after(*s, 2);
}

/* Up to the next separator; blanks at the end count for nothing. */
static void value_take(struct span *s, struct buffer *value)
{
	bool quoted = span_at(*s, 0) == '"';
	size_t last = 0;

	if (quoted)
		*s = span_after(*s, 1);
	while (s->len > 0) {
		uint8_t c = span_at(*s, 0);

		if (quoted && c == '"' && span_at(*s, 1) != '"')
			break;
		if (!quoted && (c == ',' || c == ';' || c == '+'))
			break;
		if (c == '\\') {
			escaped_take(s, value);
			last = value->len;
			continue;
		}
		buffer_char(value, (char)c);
		*s = span_after(*s, quoted && c == '"' ? 2 : 1);
		if (quoted || !is_blank(c))
			last = value->len;
	}
	buffer_cut(value, last);
	while (s->len > 0 && span_at(*s, 0) != ',' && span_at(*s, 0) != ';' &&
	       span_at(*s, 0) != '+')
		*s = span_after(*s, 1);
	*s = span_after(*s, 1);
}

static void pair_take(struct span *s, struct buffer *type, struct buffer *value)
{
	buffer_clear(type);
	buffer_clear(value);
	blanks_skip(s);
	type_take(s, type);
	blanks_skip(s);
	value_take(s, value);
}

bool publisher_is(struct span said, struct span subject)
{
	CLEANUP(buffer_free) struct buffer type = BUFFER_INIT, value = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer other_type = BUFFER_INIT, other = BUFFER_INIT;

	if (said.len == 0)
		return false;
	while (said.len > 0 && subject.len > 0) {
		pair_take(&said, &type, &value);
		pair_take(&subject, &other_type, &other);
		if (!span_equal(buffer_span(&type), buffer_span(&other_type)) ||
		    !span_equal(buffer_span(&value), buffer_span(&other)))
			return false;
	}
	return said.len == 0 && subject.len == 0;
}

const char *publisher_shown(struct arena *a, struct span said)
{
	return escape_string(a, said, SHOWN_MAX);
}
