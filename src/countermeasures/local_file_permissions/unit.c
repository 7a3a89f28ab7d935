/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/unit.h"

#include "base/buffer.h"
#include "base/span_search.h"
#include <string.h>

#define BLANKS   " \t\r"
#define RUNS     "systemd starts it"
#define PREFIXES "-@:+!|" /* before a path: no part of it */

static const struct {
	struct span key;
	bool commands; /* one or more, each with its arguments */
	const char *what;
} keys[] = {
	{SPAN_INIT("ExecStart"),        true,  RUNS              },
	{ SPAN_INIT("ExecStartPre"),    true,  RUNS              },
	{ SPAN_INIT("ExecStartPost"),   true,  RUNS              },
	{ SPAN_INIT("ExecCondition"),   true,  RUNS              },
	{ SPAN_INIT("ExecReload"),      true,  RUNS              },
	{ SPAN_INIT("ExecReloadPost"),  true,  RUNS              },
	{ SPAN_INIT("ExecStop"),        true,  RUNS              },
	{ SPAN_INIT("ExecStopPre"),     true,  RUNS              },
	{ SPAN_INIT("ExecStopPost"),    true,  RUNS              },
	{ SPAN_INIT("EnvironmentFile"), false, "systemd reads it"},
};

bool unit_is_name(struct span name)
{
	static const struct span types[] = {
		SPAN_INIT(".service"), SPAN_INIT(".socket"), SPAN_INIT(".timer"),
		SPAN_INIT(".path"),    SPAN_INIT(".mount"),  SPAN_INIT(".automount"),
		SPAN_INIT(".swap"),    SPAN_INIT(".target"), SPAN_INIT(".slice"),
		SPAN_INIT(".scope"),   SPAN_INIT(".device"),
	};

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (name.len > types[i].len &&
		    span_equal(span_after(name, name.len - types[i].len), types[i]))
			return true;
	return false;
}

static bool is_one_of(struct span text, uint64_t at, const char *characters)
{
	return at < text.len && span_at(text, at) != 0 && strchr(characters, span_at(text, at));
}

static struct span strip_before(struct span line)
{
	while (is_one_of(line, 0, BLANKS))
		line = span_after(line, 1);
	return line;
}

static struct span strip(struct span line)
{
	line = strip_before(line);
	while (line.len && is_one_of(line, line.len - 1, BLANKS))
		line = span_clip(line, 0, line.len - 1);
	return line;
}

/* Two backslashes are one that stands for itself. */
static bool goes_on(struct span line)
{
	uint64_t n = 0;

	while (n < line.len && span_at(line, line.len - 1 - n) == '\\')
		n++;
	return n % 2 != 0;
}

/* systemd ends a line where anything ends one. */
static bool line_next(struct span *text, struct span *line)
{
	uint64_t end = 0;

	if (text->len == 0)
		return false;
	while (end < text->len && span_at(*text, end) != 0 && !is_one_of(*text, end, "\r\n"))
		end++;
	*line = span_clip(*text, 0, end);
	end += is_one_of(*text, end, "\r") && is_one_of(*text, end + 1, "\n") ? 2 : 1;
	*text = span_after(*text, end);
	return true;
}

/* A line that ends in a backslash goes on in the next one that is no comment. */
static bool line_whole(struct span *text, struct buffer *out)
{
	struct span line;
	bool any = false;

	buffer_clear(out);
	while (line_next(text, &line)) {
		line = strip_before(line);
		if (is_one_of(line, 0, "#;"))
			continue;
		any = true;
		if (!goes_on(line)) {
			buffer_add(out, line);
			return true;
		}
		buffer_add(out, span_clip(line, 0, line.len - 1));
		buffer_char(out, ' ');
	}
	return any;
}

/* -1: it is no digit. */
static int digit_of(struct span text, uint64_t at, int base)
{
	int c = at < text.len ? span_at(text, at) : 0, value = -1;

	if (c >= '0' && c <= '9')
		value = c - '0';
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		value = (c | 0x20) - 'a' + 10;
	return value < base ? value : -1;
}

/* "x2f", "057": a byte by its number.  How many characters it takes; 0: it is none. */
static uint64_t number_add(struct span text, struct buffer *word)
{
	bool hex = is_one_of(text, 0, "x");
	uint64_t from = hex ? 1 : 0, n = hex ? 2 : 3;
	unsigned value = 0;

	for (uint64_t i = from; i < from + n; i++) {
		int digit = digit_of(text, i, hex ? 16 : 8);

		if (digit < 0)
			return 0;
		value = value * (hex ? 16 : 8) + (unsigned)digit;
	}
	buffer_char(word, (char)(value & 0xff));
	return from + n;
}

/* What stands behind a backslash. */
static struct span escape_add(struct span text, struct buffer *word)
{
	uint64_t n = number_add(text, word);

	if (n != 0 || text.len == 0)
		return span_after(text, n);
	if (is_one_of(text, 0, "s"))
		buffer_char(word, ' ');
	else
		buffer_add(word, span_clip(text, 0, 1));
	return span_after(text, 1);
}

/* The next word of @line, without its quotes; false: there is none. */
static bool word_next(struct span *line, struct buffer *word)
{
	struct span rest = strip(*line);
	char quote = 0;

	buffer_clear(word);
	if (rest.len == 0)
		return false;
	while (rest.len != 0 && (quote || !is_one_of(rest, 0, BLANKS))) {
		char c = (char)span_at(rest, 0);

		rest = span_after(rest, 1);
		if (c == '\\')
			rest = escape_add(rest, word);
		else if (c == quote)
			quote = 0;
		else if (!quote && (c == '"' || c == '\''))
			quote = c;
		else
			buffer_char(word, c);
	}
	*line = rest;
	return true;
}

/* Behind it another command begins; quoted or escaped it is a word like others. */
static bool ends_command(struct span line)
{
	line = strip_before(line);
	return is_one_of(line, 0, ";") && (line.len == 1 || is_one_of(line, 1, BLANKS));
}

static struct span path_of(struct span word)
{
	while (is_one_of(word, 0, PREFIXES))
		word = span_after(word, 1);
	return is_one_of(word, 0, "/") ? word : SPAN_NONE;
}

static void value_read(struct span value, size_t key, struct buffer *word,
		       void (*found)(void *context, struct span path, const char *what),
		       void *context)
{
	bool first = true; /* word of a command */

	while (first || keys[key].commands) {
		bool ends = ends_command(value);
		struct span path;

		if (!word_next(&value, word))
			return;
		path = path_of(buffer_span(word));
		if (first && !ends && path.len)
			found(context, path, keys[key].what);
		first = ends;
	}
}

enum status unit_read(struct span text,
		      void (*found)(void *context, struct span path, const char *what),
		      void *context)
{
	CLEANUP(buffer_free) struct buffer line = { 0 }, word = { 0 };

	while (line_whole(&text, &line)) {
		struct span value = buffer_span(&line), key;
		uint64_t at;

		if (!span_find_byte(value, '=', 0, &at))
			continue;
		key = strip(span_clip(value, 0, at));
		for (size_t i = 0; i < COUNT_OF(keys); i++)
			if (span_equal(keys[i].key, key))
				value_read(span_after(value, at + 1), i, &word, found, context);
	}
	TRY(buffer_status(&line));
	return buffer_status(&word);
}
