/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/base64.h"
#include "base/escape.h"
#include "base/time.h"
#include "base/utf8.h"

static uint64_t bit(unsigned depth)
{
	return (uint64_t)1 << depth;
}

/* Whatever stands before a value: comma, key. */
static void value_begin(struct json *j, const char *key)
{
	bool in_object = j->depth > 0 && !(j->arrays & bit(j->depth));

	if (in_object != (key != NULL) || (j->depth == 0 && (j->filled & 1)))
		j->out->failed = true;
	if (j->filled & bit(j->depth))
		buffer_char(j->out, ',');
	j->filled |= bit(j->depth);
	if (key) {
		json_quote(j->out, SPAN_TEXT(key));
		buffer_char(j->out, ':');
	}
}

static void level_begin(struct json *j, const char *key, bool array)
{
	value_begin(j, key);
	if (j->depth == JSON_MAX_DEPTH) {
		j->out->failed = true;
		return;
	}
	buffer_char(j->out, array ? '[' : '{');
	j->depth++;
	j->filled &= ~bit(j->depth);
	j->arrays &= ~bit(j->depth);
	if (array)
		j->arrays |= bit(j->depth);
}

void json_object(struct json *j, const char *key)
{
	level_begin(j, key, false);
}

void json_array(struct json *j, const char *key)
{
	level_begin(j, key, true);
}

void json_end(struct json *j)
{
	if (j->depth == 0) {
		j->out->failed = true;
		return;
	}
	buffer_char(j->out, (j->arrays & bit(j->depth)) ? ']' : '}');
	j->depth--;
}

void json_null(struct json *j, const char *key)
{
	value_begin(j, key);
	buffer_text(j->out, "null");
}

void json_bool(struct json *j, const char *key, bool value)
{
	value_begin(j, key);
	buffer_text(j->out, value ? "true" : "false");
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
	value_begin(j, key);
	buffer_u64(j->out, value);
}

void json_text(struct json *j, const char *key, const char *value)
{
	if (!value) {
		json_null(j, key);
		return;
	}
	json_span(j, key, SPAN_TEXT(value));
}

void json_span(struct json *j, const char *key, struct span text)
{
	value_begin(j, key);
	json_quote(j->out, text);
}

void json_hex(struct json *j, const char *key, struct span bytes)
{
	value_begin(j, key);
	buffer_char(j->out, '"');
	buffer_hex(j->out, bytes);
	buffer_char(j->out, '"');
}

void json_base64(struct json *j, const char *key, struct span bytes)
{
	value_begin(j, key);
	buffer_char(j->out, '"');
	base64_encode(j->out, bytes);
	buffer_char(j->out, '"');
}

void json_value(struct json *j, const char *key, const struct buffer *value)
{
	value_begin(j, key);
	buffer_add(j->out, buffer_span(value));
	if (buffer_status(value) != STATUS_OK)
		j->out->failed = true;
}

void json_time(struct json *j, const char *key, int64_t seconds)
{
	struct time_text text;

	json_text(j, key, time_format(seconds, &text) ? text.text : NULL);
}

/* How many bytes from @at on stand in a JSON string as they are. */
static uint64_t plain_run(struct span text, uint64_t at)
{
	uint64_t from = at;

	for (; at < text.len; at++) {
		uint8_t c = span_at(text, at);

		if (c < 0x20 || c > 0x7E || c == '"' || c == '\\')
			break;
	}
	return at - from;
}

/* RFC 8259, section 7: six short forms, else UTF-16 units. */
static void quote_escaped(struct buffer *out, uint32_t code)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *found = code && code < 0x80 ? strchr(plain, (int)code) : NULL;

	if (found) {
		buffer_char(out, '\\');
		buffer_char(out, letters[found - plain]);
	} else if (code < 0x10000) {
		buffer_printf(out, "\\u%04x", code);
	} else {
		buffer_printf(out, "\\u%04x\\u%04x", 0xD800 + ((code - 0x10000) >> 10),
			      0xDC00 + ((code - 0x10000) & 0x3FF));
	}
}

void json_quote(struct buffer *out, struct span text)
{
	uint64_t at = 0;

	buffer_char(out, '"');
	while (at < text.len && !out->failed) {
		uint64_t plain = plain_run(text, at);
		struct utf8_char c;

		buffer_add(out, span_clip(text, at, plain));
		at += plain;
		c = utf8_at(text, at);
		if (c.len == 0)
			break;
		at += c.len;
		if (c.code == '"' || c.code == '\\' || escape_hides(c.code))
			quote_escaped(out, c.code);
		else
			utf8_add(out, c.code);
	}
	buffer_char(out, '"');
}
