/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as text: what is shown is UTF-8 without anything hidden, what is
 * written as JSON reads back, and what was encoded decodes to the same bytes.
 */
#include "base/base64.h"
#include "base/charset.h"
#include "base/cursor.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/time.h"
#include "base/units.h"
#include "base/utf8.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static bool shows_all(struct span text)
{
	struct utf8_char c;

	for (uint64_t at = 0; at < text.len; at += c.len) {
		c = utf8_at(text, at);
		if (!c.valid || escape_hides(c.code))
			return false;
	}
	return true;
}

/* Undoes escape_text(): what it writes means one thing only. */
static void unescape(struct buffer *out, struct span text)
{
	uint64_t at = 0;

	while (at < text.len) {
		uint8_t byte, next = span_at(text, at + 1);

		if (span_at(text, at) != '\\' || (next != 'x' && next != 'u')) {
			buffer_add(out, span_clip(text, at, 1));
			at++;
		} else if (next == 'x') {
			must(hex_parse(span_clip(text, at + 2, 2), &byte, 1), "two digits");
			buffer_add(out, (struct span){ &byte, 1 });
			at += 4;
		} else {
			uint32_t code = 0;

			must(span_at(text, at + 2) == '{', "a brace");
			for (at += 3; span_at(text, at) != '}'; at++) {
				uint8_t c = span_at(text, at);

				must((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'),
				     "a digit");
				code = code << 4 |
				       (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
			}
			at++;
			utf8_add(out, code);
		}
	}
}

static void fuzz_escape(struct span text)
{
	struct buffer shown CLEANUP(buffer_free) = BUFFER_INIT;
	struct buffer back CLEANUP(buffer_free) = BUFFER_INIT;
	struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
	const char *some = escape_string(&a, text, 100);

	escape_text(&shown, text);
	must(shows_all(buffer_span(&shown)), "nothing is hidden");
	must(escape_needed(text) != span_same(text, buffer_span(&shown)), "escape_needed");
	unescape(&back, buffer_span(&shown));
	must(span_same(text, buffer_span(&back)), "escapes mean one thing only");
	must(some && strlen(some) <= 103 && shows_all(SPAN_TEXT(some)), "a shortened string");
}

/* What a reader of JSON makes of a string, except that it accepts nothing else. */
static void unquote(struct buffer *out, struct span quoted)
{
	static const char letters[] = "\"\\bfnrt", meant[] = "\"\\\b\f\n\r\t";
	struct cursor c = cursor_at(quoted, 0);
	uint32_t high = 0;

	must(cursor_u8(&c) == '"', "a quote begins");
	while (cursor_left(&c) > 1) {
		uint8_t units[2], byte = cursor_u8(&c);
		const char *letter;

		must(byte >= 0x20 && byte != '"', "no control, no quote");
		if (byte != '\\') {
			buffer_add(out, (struct span){ &byte, 1 });
			continue;
		}
		byte = cursor_u8(&c);
		letter = strchr(letters, byte);
		if (letter) {
			buffer_char(out, meant[letter - letters]);
			continue;
		}
		must(byte == 'u' && hex_parse(cursor_take(&c, 4), units, 2), "four digits");
		if ((units[0] & 0xFC) == 0xD8) {
			high = 0x10000U + ((uint32_t)(units[0] & 3) << 18) +
			       ((uint32_t)units[1] << 10);
			continue;
		}
		if ((units[0] & 0xFC) == 0xDC)
			utf8_add(out, high + ((uint32_t)(units[0] & 3) << 8) + units[1]);
		else
			utf8_add(out, (uint32_t)units[0] << 8 | units[1]);
	}
	must(cursor_u8(&c) == '"' && cursor_ok(&c), "a quote ends");
}

static void fuzz_json(struct span text)
{
	struct buffer quoted CLEANUP(buffer_free) = BUFFER_INIT;
	struct buffer back CLEANUP(buffer_free) = BUFFER_INIT;
	struct buffer valid CLEANUP(buffer_free) = BUFFER_INIT;
	bool whole = charset_utf8(&valid, text);

	must(whole == utf8_valid(text) && utf8_valid(buffer_span(&valid)), "made valid");
	json_quote(&quoted, text);
	must(shows_all(buffer_span(&quoted)), "nothing is hidden in JSON");
	unquote(&back, buffer_span(&quoted));
	must(span_same(buffer_span(&valid), buffer_span(&back)), "JSON reads back");
}

static void fuzz_codes(struct span bytes)
{
	struct buffer text CLEANUP(buffer_free) = BUFFER_INIT;
	struct buffer back CLEANUP(buffer_free) = BUFFER_INIT;

	base64_encode(&text, bytes);
	must(base64_decode(&back, buffer_span(&text)) == STATUS_OK &&
		     span_same(bytes, buffer_span(&back)),
	     "base64 and back");
	buffer_clear(&back);
	if (base64_decode(&back, bytes) == STATUS_OK) {
		buffer_clear(&text);
		base64_encode(&text, buffer_span(&back));
		must(text.len <= bytes.len, "one form only, but for white space");
	}
	buffer_clear(&back);
	if (hex_decode(&back, bytes) == STATUS_OK)
		must(back.len * 2 == bytes.len, "two digits a byte");
}

static void fuzz_charsets(struct span bytes)
{
	static bool (*const charsets[])(struct buffer *, struct span) = {
		charset_utf16le, charset_utf16be, charset_ucs4be, charset_latin1, charset_utf8
	};

	for (size_t i = 0; i < COUNT_OF(charsets); i++) {
		struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;

		(void)charsets[i](&out, bytes);
		must(utf8_valid(buffer_span(&out)), "every charset becomes UTF-8");
	}
}

static void fuzz_words(struct span bytes)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
	const char *text = arena_string(&a, bytes);
	int64_t seconds, again;
	struct time_text shown;
	uint64_t value;

	if (!text)
		return;
	if (time_parse(text, &seconds))
		must(time_format(seconds, &shown) && time_parse(shown.text, &again) &&
			     again == seconds,
		     "a time and back");
	if (units_number(text, &value))
		must(strspn(text, "0123456789") == strlen(text), "digits only");
	must(!(units_bytes(text, &value) && units_seconds(text, &value)), "one unit");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = { data, size };

	fuzz_escape(bytes);
	fuzz_json(bytes);
	fuzz_codes(bytes);
	fuzz_charsets(bytes);
	fuzz_words(bytes);
	return 0;
}
