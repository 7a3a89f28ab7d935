/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "structure/json_read.h"
#include "tests/check.h"

static const struct {
	const char *text;
	enum status status;
} texts[] = {
	{"null",		     STATUS_OK       },
	{ " {} ",		    STATUS_OK       },
	{ "[]",		      STATUS_OK       },
	{ "[1,-0,0.5,1e9,-2.25E-3]", STATUS_OK       },
	{ "{\"a\":{\"b\":[{}]}}",    STATUS_OK       },
	{ "{\"a\":1,\"b\":1}",       STATUS_OK       },
	{ "\"\\ud83d\\ude00\\n\"",   STATUS_OK       },
	{ "\"\xc3\xa9\"",            STATUS_OK       },
	{ "",			STATUS_MALFORMED},
	{ "{",		       STATUS_MALFORMED},
	{ "[1,]",		    STATUS_MALFORMED},
	{ "[,1]",		    STATUS_MALFORMED},
	{ "[1 2]",		   STATUS_MALFORMED},
	{ "{\"a\":1,}",              STATUS_MALFORMED},
	{ "{\"a\"}",                 STATUS_MALFORMED},
	{ "{a:1}",		   STATUS_MALFORMED},
	{ "[}",		      STATUS_MALFORMED},
	{ "{\"a\":1,\"a\":1}",       STATUS_MALFORMED},
	{ "{\"a\":1,\"\\u0061\":1}", STATUS_MALFORMED}, /* the same name, written otherwise */
	{ "1 1",		     STATUS_MALFORMED},
	{ "01",		      STATUS_MALFORMED},
	{ "1.",		      STATUS_MALFORMED},
	{ "+1",		      STATUS_MALFORMED},
	{ "NaN",		     STATUS_MALFORMED},
	{ "nul",		     STATUS_MALFORMED},
	{ "\"\\u0000\"",             STATUS_MALFORMED},
	{ "\"\\ud83d\"",             STATUS_MALFORMED},
	{ "\"\\ude00\"",             STATUS_MALFORMED},
	{ "\"\\ud83d\\u0041\"",      STATUS_MALFORMED},
	{ "\"\\x41\"",               STATUS_MALFORMED},
	{ "\"\t\"",                  STATUS_MALFORMED},
	{ "\"\xff\"",                STATUS_MALFORMED},
	{ "\"\xc0\x80\"",            STATUS_MALFORMED},
	{ "\"abc",		   STATUS_MALFORMED},
	{ "\"abc\\",                 STATUS_MALFORMED},
	{ "\xef\xbb\xbf{}",          STATUS_MALFORMED}, /* RFC 8259 8.1: no byte order mark */
	{ "// note\n{}",             STATUS_MALFORMED},
};

static enum status status_of(struct span text)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(64 << 20);
	const struct json_value *v;

	return json_read(&a, text, &v);
}

static void check_limits(void)
{
	CLEANUP(buffer_free) struct buffer deep = BUFFER_INIT, wide = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer many = BUFFER_INIT;

	for (int i = 0; i <= JSON_READ_MAX_DEPTH; i++)
		buffer_char(&deep, '[');
	CHECK(status_of(buffer_span(&deep)) == STATUS_LIMIT, "too deep");
	CHECK(status_of(span_after(buffer_span(&deep), 1)) == STATUS_MALFORMED,
	      "not too deep, not ended");
	buffer_char(&wide, '{');
	for (int i = 0; i <= JSON_READ_MAX_MEMBERS; i++)
		buffer_printf(&wide, "%s\"%d\":0", i ? "," : "", i);
	buffer_char(&wide, '}');
	CHECK(status_of(buffer_span(&wide)) == STATUS_LIMIT, "too many members");
	buffer_char(&many, '[');
	for (size_t i = 0; i <= JSON_READ_MAX_VALUES; i++)
		buffer_text(&many, "0,");
	CHECK(status_of(buffer_span(&many)) == STATUS_LIMIT, "too many values");
}

static void check_values(void)
{
	static const char text[] =
		"{\"a\":\"x\\\"\\u00e9\\ud83d\\ude00\",\"n\":18446744073709551615,"
		"\"s\":\"42\",\"l\":[1,[2],3],\"z\":null,"
		"\"big\":18446744073709551616,\"minus\":-1,\"lead\":\"01\"}";
	struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
	const struct json_value *v = NULL;
	uint64_t n;

	CHECK(json_read(&a, SPAN_TEXT(text), &v) == STATUS_OK, "an object is read");
	CHECK(span_equal(json_member_text(v, "a"), SPAN_TEXT("x\"\xc3\xa9\xf0\x9f\x98\x80")),
	      "escapes are what they stand for");
	CHECK(json_whole(json_member(v, "n"), &n) && n == UINT64_MAX, "the largest number");
	CHECK(json_whole(json_member(v, "s"), &n) && n == 42, "a number as a string");
	CHECK(!json_whole(json_member(v, "big"), &n), "a number that is too large");
	CHECK(!json_whole(json_member(v, "minus"), &n), "a negative number");
	CHECK(!json_whole(json_member(v, "lead"), &n), "a leading zero");
	CHECK(json_count(json_member(v, "l")) == 3, "an array has its members");
	CHECK(!json_member(v, "z") && !json_member(v, "other"), "null is nothing");
	CHECK(!json_member_of(v, "l", JSON_KIND_STRING), "another kind is nothing");
	for (size_t len = 0; len < strlen(text); len++)
		if (status_of(span_clip(SPAN_TEXT(text), 0, len)) != STATUS_MALFORMED)
			CHECK(false, "prefix of %zu bytes", len);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		CHECK(status_of(SPAN_TEXT(texts[i].text)) == texts[i].status, "%s",
		      status_text(texts[i].status));
	check_limits();
	check_values();
	return CHECK_DONE();
}
