/* SPDX-License-Identifier: MIT */
/* Lists of features as JSON and as text: one list a row. */
#include "evidence/features.h"
#include "tests/check.h"

#define ROWS_MAX 6

#define NUMBER(k, n)                                                                           \
	{                                                                                      \
		.key = (k), .kind = FEATURE_NUMBER, .number = (n)                              \
	}
#define TEXT(k, t)                                                                             \
	{                                                                                      \
		.key = (k), .kind = FEATURE_TEXT, .text = (t)                                  \
	}
#define PERMILLE(k, n)                                                                         \
	{                                                                                      \
		.key = (k), .kind = FEATURE_PERMILLE, .number = (n)                            \
	}
#define NONE(k)                                                                                \
	{                                                                                      \
		.key = (k), .kind = FEATURE_ABSENT                                             \
	}
#define SKIPPED(k, t)                                                                          \
	{                                                                                      \
		.key = (k), .kind = FEATURE_SKIPPED, .text = (t)                               \
	}
#define FLAG(k, n)                                                                             \
	{                                                                                      \
		.key = (k), .kind = FEATURE_FLAG, .number = (n)                                \
	}
#define BYTES(k, s)                                                                            \
	{                                                                                      \
		.key = (k), .kind = FEATURE_BYTES, .bytes = SPAN_INIT(s)                       \
	}

/* clang-format off */
static const struct row {
	const char *name;
	struct feature list[ROWS_MAX];
	size_t n;
	const char *json; /* between {"features":{"v":1 and }} */
} rows[] = {
	{ "nothing", { NONE("x") }, 0, "" },
	{ "every kind",
	  { NUMBER("size", 18446744073709551615U), FLAG("yes", 1), TEXT("name", "a\"b"),
	    BYTES("bytes", "\x00\xff"), PERMILLE("entropy", 7001), NONE("overlay") }, 6,
	  ",\"size\":18446744073709551615,\"yes\":true,\"name\":\"a\\\"b\",\"bytes\":\"00ff\","
	  "\"entropy\":\"7.001\",\"overlay\":null" },
	{ "not computed",
	  { SKIPPED("a", "limit"), SKIPPED("b.c", "off"), FLAG("b.d", 0) }, 3,
	  ",\"a\":{\"not_computed\":\"limit\"},\"b\":{\"c\":{\"not_computed\":\"off\"},\"d\":false}" },
	{ "objects in arrays",
	  { TEXT("r.0.name", "x"), NUMBER("r.0.off", 0), TEXT("r.1.name", "y"),
	    NUMBER("r.1.run.len", 5), NUMBER("s", 1) }, 5,
	  ",\"r\":[{\"name\":\"x\",\"off\":0},{\"name\":\"y\",\"run\":{\"len\":5}}],\"s\":1" },
	{ "values in arrays",
	  { TEXT("pe.imports.names.0", "a"), TEXT("pe.imports.names.1", "b"),
	    NUMBER("pe.exports.count", 2) }, 3,
	  ",\"pe\":{\"imports\":{\"names\":[\"a\",\"b\"]},\"exports\":{\"count\":2}}" },
	{ "arrays in arrays",
	  { NUMBER("a.0.0", 1), NUMBER("a.0.1", 2), NUMBER("a.1.0", 3) }, 3,
	  ",\"a\":[[1,2],[3]]" },
	{ "a name among numbers loses it", { NUMBER("a.0", 1), NUMBER("a.b", 2) }, 2,
	  ",\"a\":[1,2]" },
	{ "a number among names is a name", { NUMBER("a.b", 1), NUMBER("a.0", 2) }, 2,
	  ",\"a\":{\"b\":1,\"0\":2}" },
	{ "deeper than any of ours", { NUMBER("1.2.3.4.5.6.7.8.9.10", 1) }, 1,
	  ",\"1\":[[[[[[{\"8.9.10\":1}]]]]]]" },
	{ "empty names", { NUMBER("", 1), NUMBER("a..b", 2), NUMBER("c.", 3) }, 3,
	  ",\"\":1,\"a\":{\"\":{\"b\":2}},\"c\":3" },
	{ "hostile names", { NUMBER("a\"\n\x80.b", 1) }, 1,
	  ",\"a\\\"\\n\xef\xbf\xbd\":{\"b\":1}" },
};
/* clang-format on */

static void test_json(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer out = BUFFER_INIT, want = BUFFER_INIT;
		struct json j = json_begin(&out);

		json_object(&j, NULL);
		features_json(&j, rows[i].list, rows[i].n);
		json_end(&j);
		buffer_printf(&want, "{\"features\":{\"v\":1%s}}", rows[i].json);
		CHECK(buffer_status(&out) == STATUS_OK &&
			      span_equal(buffer_span(&out), buffer_span(&want)),
		      "%s", rows[i].name);
		if (!span_equal(buffer_span(&out), buffer_span(&want)))
			printf("# %s\n# %s\n", buffer_string(&out, 0), buffer_string(&want, 0));
	}
}

static void test_text(void)
{
	static const struct {
		struct feature feature;
		const char *line;
	} lines[] = {
		{NUMBER("size",					    12),					      "size                                    12\n"   },
		{ FLAG("a.b",					      0),					       "a.b                                     no\n"   },
		{ PERMILLE("e",					    12),					      "e                                       0.012\n"},
		{ NONE("e"),					       "e                                       none\n"},
		{ SKIPPED("e",						  "off"),
                 "e                                       not computed (off)\n"                                                 },
		{ BYTES("e",					     "\x01\x02"), "e                                       0102\n"                                            },
		{ TEXT("a.key.that.is.longer.than.the.column.is.wide",                                                    "x"),
                 "a.key.that.is.longer.than.the.column.is.wide x\n"     },
		{ { .key = "n", .kind = FEATURE_TEXT, .text = "x", .where = { 16, 3 } },
                 "n                                       x  at 0x10+3\n"                                               },
		{ TEXT("e",   "a\x1b[31m"),
                 "e                                       a\\x1b[31m\n"												    },
	};

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

		features_text(&out, &lines[i].feature, 1, "");
		CHECK(span_equal(buffer_span(&out), SPAN_TEXT(lines[i].line)), "line %zu", i);
		if (!span_equal(buffer_span(&out), SPAN_TEXT(lines[i].line)))
			printf("# %s", buffer_string(&out, 0));
	}
}

int main(void)
{
	test_json();
	test_text();
	return CHECK_DONE();
}
