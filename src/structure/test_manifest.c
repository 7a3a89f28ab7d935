/* SPDX-License-Identifier: MIT */
/* Manifests: lines of every kind, sections as they stand, and those that readers read
 * differently. */
#include "structure/manifest.h"

#include "base/buffer.h"
#include "tests/check.h"
#include <time.h>

#define S(literal) SPAN_INIT(literal)

static void test_sections(void)
{
	static const struct {
		const char *name;
		struct span bytes;
		size_t main, n,
			first; /* length of the main section, sections, length of the first */
		const char *problem;
	} rows[] = {
		{"nothing",           S(""),				     0, 0, 0,  NULL                      },
		{ "main alone",       S("A: b\r\n\r\n"),                         8, 0, 0,  NULL                      },
		{ "main without end", S("A: b"),                                 4, 0, 0,  NULL                      },
		{ "CR LF",            S("A: b\r\n\r\nName: x\r\nC: d\r\n\r\n"),  8, 1, 17, NULL                      },
		{ "LF",               S("A: b\n\nName: x\nC: d\n\n"),            6, 1, 14, NULL                      },
		{ "CR",               S("A: b\r\rName: x\rC: d\r\r"),            6, 1, 14, NULL                      },
		{ "last without end", S("A: b\n\nName: x\nC: d"),                6, 1, 12, NULL                      },
		{ "more empty lines", S("A: b\n\n\n\nName: x\n\n\nName: y\n\n"), 6, 2, 9,
                 NULL												},
		{ "name goes on",     S("A: b\n\nName: long\n er\n\n"),          6, 1, 16, NULL                      },
		{ "no name",          S("A: b\n\nC: d\n\n"),                     6, 1, 6,  "a section without a name"},
		{ "name twice",       S("A: b\n\nName: x\n\nName: x\n\n"),       6, 2, 9,
                 "two sections of one name"									  },
		{ "begins going on",  S(" A: b\n\n"),                            7, 0, 0,
                 "a first line that goes on from none"							       },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 16);
		struct manifest m;

		CHECK(manifest_read(&a, rows[i].bytes, &m) == STATUS_OK &&
			      m.main.whole.len == rows[i].main && m.n_sections == rows[i].n &&
			      (m.n_sections == 0 || m.sections[0].whole.len == rows[i].first) &&
			      (m.problem ? rows[i].problem &&
						   strcmp(m.problem, rows[i].problem) == 0
					 : !rows[i].problem),
		      "sections: %s", rows[i].name);
	}
}

static void test_attributes(void)
{
	static const char text[] =
		"Manifest-Version: 1.0\r\nLong: a\r\n b\r\n  c\r\nNo-Space:x\r\n"
		"Empty: \r\nnothing\r\n\r\nName: a/b\r\nSHA-256-Digest: 0\r\n\r\n";
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 16);
	size_t at;
	struct manifest m;
	struct span value;

	CHECK(manifest_read(&a, SPAN_TEXT(text), &m) == STATUS_OK && m.n_sections == 1, "text");
	CHECK(manifest_attribute(&a, &m.main, SPAN_LITERAL("manifest-version"), &value) &&
		      span_equal(value, SPAN_LITERAL("1.0")),
	      "in any case");
	CHECK(manifest_attribute(&a, &m.main, SPAN_LITERAL("Long"), &value) &&
		      span_equal(value, SPAN_LITERAL("ab c")),
	      "a value that goes on");
	CHECK(manifest_attribute(&a, &m.main, SPAN_LITERAL("No-Space"), &value) &&
		      span_equal(value, SPAN_LITERAL("x")),
	      "no space");
	CHECK(manifest_attribute(&a, &m.main, SPAN_LITERAL("Empty"), &value) && value.len == 0,
	      "empty");
	CHECK(manifest_attribute(&a, &m.main, SPAN_LITERAL("nothing"), &value) &&
		      value.len == 0,
	      "no colon");
	CHECK(!manifest_attribute(&a, &m.main, SPAN_LITERAL("Name"), &value),
	      "not in this one");
	CHECK(manifest_find(&m, SPAN_LITERAL("a/b"), &at) &&
		      manifest_attribute(&a, &m.sections[at], SPAN_LITERAL("SHA-256-Digest"),
					 &value) &&
		      span_equal(value, SPAN_LITERAL("0")),
	      "a section by its name");
	CHECK(!manifest_find(&m, SPAN_LITERAL("a"), &at) &&
		      !manifest_find(&m, SPAN_LITERAL("a/c"), &at),
	      "no other");
}

/* Sections by the hundred thousand, and one value of a million lines. */
static void test_many(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	clock_t begun = clock();
	struct manifest m;
	struct span value;
	size_t at;

	buffer_text(&b, "Long: a\n");
	for (size_t i = 0; i < 1000000; i++)
		buffer_text(&b, " b\n");
	for (size_t i = 0; i < 100000; i++)
		buffer_printf(&b, "\nName: entry/%zu\nSHA-256-Digest: 0123\n",
			      i * 7919 % 100000);
	CHECK(manifest_read(&a, buffer_span(&b), &m) == STATUS_OK && m.n_sections == 100000 &&
		      !m.problem && manifest_find(&m, SPAN_LITERAL("entry/4711"), &at),
	      "many sections");
	CHECK(manifest_attribute(&a, &m.main, SPAN_LITERAL("Long"), &value) &&
		      value.len == 1000001,
	      "a long value");
	CHECK(clock() - begun < CLOCKS_PER_SEC, "soon");
}

static void test_too_long(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	uint8_t *bytes = calloc(1, MANIFEST_MAX_BYTES + 1);
	struct manifest m;

	if (!bytes)
		abort();
	CHECK(manifest_read(&a, (struct span){ bytes, MANIFEST_MAX_BYTES + 1 }, &m) ==
		      STATUS_LIMIT,
	      "too long");
	free(bytes);
}

int main(void)
{
	test_sections();
	test_attributes();
	test_many();
	test_too_long();
	return CHECK_DONE();
}
