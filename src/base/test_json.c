/* SPDX-License-Identifier: MIT */
/* JSON: commas, strings, and what goes wrong. */
#include "base/json.h"
#include "base/memory.h"
#include "tests/check.h"

static void write_all(struct json *j)
{
	json_object(j, NULL);
	json_text(j, "schema", "assay.test/1");
	json_text(j, "none", NULL);
	json_object(j, "empty");
	json_end(j);
	json_array(j, "list");
	json_u64(j, NULL, UINT64_MAX);
	json_u64(j, NULL, 7);
	json_bool(j, NULL, true);
	json_bool(j, NULL, false);
	json_null(j, NULL);
	json_array(j, NULL);
	json_end(j);
	json_array(j, NULL);
	json_u64(j, NULL, 0);
	json_end(j);
	json_end(j);
	json_hex(j, "hex", SPAN_LITERAL("\x00\xAB"));
	json_base64(j, "base64", SPAN_LITERAL("\xFFoo"));
	json_time(j, "time", 0);
	json_time(j, "never", INT64_MAX);
	json_end(j);
}

static const char all[] = "{\"schema\":\"assay.test/"
			  "1\",\"none\":null,\"empty\":{},\"list\":[18446744073709551615,"
			  "7,true,false,null,[],[0]],\"hex\":\"00ab\",\"base64\":\"/29v\","
			  "\"time\":\"1970-01-01T00:00:00Z\",\"never\":null}";

static void test_all(void)
{
	struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;
	struct json j = json_begin(&out);

	write_all(&j);
	CHECK(buffer_status(&out) == STATUS_OK && strcmp(out.bytes, all) == 0, "everything");
}

static void test_strings(void)
{
	static const struct {
		struct span text;
		const char *expected;
	} rows[] = {
		{SPAN_INIT(""),                        "\"\""                      },
		{ SPAN_INIT("a\"b\\c/"),               "\"a\\\"b\\\\c/\""          },
		{ SPAN_INIT("\b\f\n\r\t"),             "\"\\b\\f\\n\\r\\t\""       },
		{ SPAN_INIT("\0\x1f\x7f"),             "\"\\u0000\\u001f\\u007f\"" },
		{ SPAN_INIT("\u00fc\u20ac\U0001f600"), "\"\u00fc\u20ac\U0001f600\""},
		{ SPAN_INIT("\xC2\x9B\u202e\u200b"),   "\"\\u009b\\u202e\\u200b\"" },
		{ SPAN_INIT("\U000e0041"),             "\"\\udb40\\udc41\""        },
		{ SPAN_INIT("a\xff\xE2\x82z"),         "\"a\uFFFD\uFFFDz\""        },
		{ SPAN_INIT("\xED\xA0\x80"),           "\"\uFFFD\uFFFD\uFFFD\""    },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;

		json_quote(&out, rows[i].text);
		CHECK(strcmp(out.bytes, rows[i].expected) == 0, "string %s", rows[i].expected);
	}
}

/* What no caller may do leaves a buffer that says so. */
static void test_misuse(void)
{
	struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;
	struct json j = json_begin(&out);

	json_end(&j);
	CHECK(out.failed, "an end without a beginning");

	buffer_clear(&out);
	j = json_begin(&out);
	json_u64(&j, NULL, 1);
	json_u64(&j, NULL, 2);
	CHECK(out.failed, "two values at the top");

	buffer_clear(&out);
	j = json_begin(&out);
	json_object(&j, NULL);
	json_u64(&j, NULL, 2);
	CHECK(out.failed, "a value without a key");

	buffer_clear(&out);
	j = json_begin(&out);
	json_array(&j, NULL);
	json_u64(&j, "key", 2);
	CHECK(out.failed, "a key in an array");

	buffer_clear(&out);
	j = json_begin(&out);
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		json_array(&j, NULL);
	CHECK(!out.failed, "as deep as may be");
	json_array(&j, NULL);
	CHECK(out.failed, "too deep");
}

static void test_no_memory(void)
{
	struct buffer small CLEANUP(buffer_free) = { .limit = sizeof(all) };
	bool done = false;
	struct json j;
	int n = 0;

	for (; !done && n < 20; n++) {
		struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;

		j = json_begin(&out);
		memory_fail_after(n);
		write_all(&j);
		done = buffer_status(&out) == STATUS_OK;
		memory_fail_after(-1);
	}
	CHECK(done, "each allocation may fail");
	j = json_begin(&small);
	write_all(&j);
	CHECK(buffer_status(&small) == STATUS_OK, "exactly fits");
	buffer_clear(&small);
	small.limit--;
	j = json_begin(&small);
	write_all(&j);
	CHECK(buffer_status(&small) == STATUS_NO_MEMORY, "one byte too long");
}

static void test_value(void)
{
	struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;
	struct buffer inner CLEANUP(buffer_free) = BUFFER_INIT;
	struct buffer lost CLEANUP(buffer_free) = { .limit = 1 };
	struct json j = json_begin(&out), k = json_begin(&inner), l = json_begin(&lost);

	json_array(&k, NULL);
	json_u64(&k, NULL, 1);
	json_end(&k);
	json_object(&j, NULL);
	json_value(&j, "a", &inner);
	json_value(&j, "b", &inner);
	json_end(&j);
	CHECK(span_equal(buffer_span(&out), SPAN_TEXT("{\"a\":[1],\"b\":[1]}")), "%s",
	      buffer_string(&out, 0));
	json_text(&l, NULL, "long");
	j = json_begin(&out);
	json_value(&j, NULL, &lost);
	CHECK(buffer_status(&out) == STATUS_NO_MEMORY, "what is half there is told");
}

int main(void)
{
	test_value();
	test_all();
	test_strings();
	test_misuse();
	test_no_memory();
	return CHECK_DONE();
}
