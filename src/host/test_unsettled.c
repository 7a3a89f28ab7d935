/* SPDX-License-Identifier: MIT */
/* What comes to rest when, by a clock of our own. */
#include "host/unsettled.h"

#include "base/memory.h"
#include "tests/check.h"

static struct unsettled u;

static void touch(const char *key, enum unsettled_kind kind, bool ended, int64_t now)
{
	if (unsettled_touch(&u, SPAN_TEXT(key), kind, ended, now, 0) != STATUS_OK)
		abort();
}

/* The next one at rest, "-" when there is none. */
static void expect(int64_t now, const char *key, const char *what)
{
	struct unsettled_row *row = unsettled_take(&u, now);
	const char *got = row ? (const char *)row->row.key.ptr : "-";

	CHECK(strcmp(got, key) == 0, "%s: %s", what, got);
	if (row)
		unsettled_free(row);
}

static void test_rest(void)
{
	touch("/a", UNSETTLED_NAME, true, 1000);
	expect(1000, "-", "just changed");
	CHECK(unsettled_wait(&u, 1000) == 50, "it may be at rest in 50 ms");
	touch("/a", UNSETTLED_NAME, true, 1040);
	expect(1050, "-", "changed again");
	CHECK(unsettled_wait(&u, 1050) == 40, "40 ms more");
	expect(1090, "/a", "quiet for long enough");
	expect(9999, "-", "it is told once");
	CHECK(unsettled_wait(&u, 9999) == -1, "nothing is waited for");
}

static void test_unquiet(void)
{
	int64_t told = 0;

	for (int64_t now = 1000; now < 9000 && told == 0; now += 10) {
		struct unsettled_row *row;

		touch("/a", UNSETTLED_NAME, true, now);
		row = unsettled_take(&u, now);
		if (row)
			told = now;
		if (row)
			unsettled_free(row);
	}
	CHECK(told == 3000, "unquiet for two seconds: %d", (int)told);
	touch("/b", UNSETTLED_NAME, false, 1000);
	expect(1999, "-", "somebody may go on to write");
	expect(2000, "/b", "he has not, for a second");
	touch("/b", UNSETTLED_NAME, false, 1000);
	touch("/b", UNSETTLED_NAME, true, 1900);
	expect(1949, "-", "he ended");
	expect(1950, "/b", "and that is enough");
	told = 0;
	for (int64_t now = 1000; now < 90000 && told == 0; now += 100) {
		struct unsettled_row *row;

		touch("/log", UNSETTLED_NAME, false, now);
		row = unsettled_take(&u, now);
		if (row)
			told = now;
		if (row)
			unsettled_free(row);
	}
	CHECK(told == 61000, "a log is looked at once a minute: %d", (int)told);
}

static struct unsettled_row *by(uint32_t first, uint32_t second, uint32_t third)
{
	if (unsettled_touch(&u, SPAN_LITERAL("/w"), UNSETTLED_NAME, true, 0, first) !=
		    STATUS_OK ||
	    unsettled_touch(&u, SPAN_LITERAL("/w"), UNSETTLED_NAME, true, 1, second) !=
		    STATUS_OK ||
	    unsettled_touch(&u, SPAN_LITERAL("/w"), UNSETTLED_NAME, true, 2, third) !=
		    STATUS_OK)
		abort();
	return unsettled_take(&u, 5000);
}

static void test_unnamed(void)
{
	static const uint32_t by[][2] = {
		{4,  0},
                { 0, 4}
	};

	for (size_t i = 0; i < 2; i++) {
		struct unsettled_row *row;

		if (unsettled_touch(&u, SPAN_LITERAL("/m"), UNSETTLED_TREE, true, 0,
				    by[i][0]) != STATUS_OK ||
		    unsettled_touch(&u, SPAN_LITERAL("/m"), UNSETTLED_TREE, true, 1,
				    by[i][1]) != STATUS_OK)
			abort();
		row = unsettled_take(&u, 5000);
		CHECK(row && row->actor == 0 && !row->several,
		      "a folder on which something was mounted: nobody, %zu", i);
		if (row)
			unsettled_free(row);
	}
}

static void test_actors(void)
{
	static const struct {
		uint32_t by[3], last;
		bool several;
		const char *what;
	} rows[] = {
		{{ 4, 4, 4 },  4, false, "one"        },
		{ { 4, 5, 4 }, 4, true,  "two"        },
		{ { 4, 0, 0 }, 4, false, "one is told"},
		{ { 0, 5, 5 }, 5, false, "told later" },
		{ { 0, 0, 0 }, 0, false, "nobody"     },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct unsettled_row *row = by(rows[i].by[0], rows[i].by[1], rows[i].by[2]);

		CHECK(row && row->actor == rows[i].last && row->several == rows[i].several,
		      "who changed it: %s", rows[i].what);
		if (row)
			unsettled_free(row);
	}
}

static void test_kinds(void)
{
	struct unsettled_row *row;

	touch("/t", UNSETTLED_NAME, true, 0);
	touch("/t", UNSETTLED_TREE, true, 0);
	touch("/t", UNSETTLED_NAME, true, 0);
	row = unsettled_take(&u, 5000);
	CHECK(row && row->kind == UNSETTLED_TREE, "what was a tree stays one");
	if (row)
		unsettled_free(row);
	touch("/1", UNSETTLED_NAME, true, 0);
	touch("/2", UNSETTLED_NAME, true, 1);
	touch("/3", UNSETTLED_NAME, false, 2);
	touch("/1", UNSETTLED_NAME, true, 3);
	expect(5000, "/2", "in the order in which they came to rest");
	expect(5000, "/1", "then the next");
	expect(5000, "/3", "what may go on comes last");
	touch("/1", UNSETTLED_NAME, true, 0);
	unsettled_clear(&u);
	expect(5000, "-", "forgotten");
}

static void test_limits(void)
{
	char key[32];
	enum status status = STATUS_OK;
	size_t n = 0;

	for (; n <= UNSETTLED_MAX && status == STATUS_OK; n++) {
		(void)snprintf(key, sizeof(key), "/%zu", n);
		status = unsettled_touch(&u, SPAN_TEXT(key), UNSETTLED_NAME, true, 0, 0);
	}
	CHECK(status == STATUS_LIMIT && n == UNSETTLED_MAX + 1,
	      "one more than there is room for");
	CHECK(unsettled_touch(&u, SPAN_LITERAL("/0"), UNSETTLED_NAME, true, 0, 0) == STATUS_OK,
	      "what is in it may change again");
	unsettled_clear(&u);
	CHECK(u.bytes == 0 && u.table.n == 0, "all of it goes");
	for (long i = 0; i < 3; i++) {
		memory_fail_after(i);
		status = unsettled_touch(&u, SPAN_LITERAL("/new"), UNSETTLED_NAME, true, 0, 0);
		memory_fail_after(-1);
		CHECK(status == STATUS_NO_MEMORY || i == 2, "no memory, the %ldth time", i);
	}
}

int main(void)
{
	if (unsettled_begin(&u) != STATUS_OK)
		abort();
	test_rest();
	test_unquiet();
	test_kinds();
	test_actors();
	test_unnamed();
	test_limits();
	unsettled_end(&u);
	return CHECK_DONE();
}
