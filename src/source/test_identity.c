/* SPDX-License-Identifier: MIT */
/* Identity: file systems may say any time; it is compared, and nothing overflows. */
#include "source/identity.h"
#include "tests/check.h"

static const struct {
	int64_t seconds;
	uint32_t rest;
	int64_t all;
} times[] = {
	{0,		       0,         0         },
	{ 1,		      2,         1000000002},
	{ -1,		     999999999, -1        },
	{ INT64_MAX,              0,         INT64_MAX },
	{ INT64_MIN,              0,         INT64_MIN },
	{ INT64_MAX / 1000000000, 854775807, INT64_MAX },
	{ INT64_MAX,              1,         INT64_MIN },
};

static void test_telling(void)
{
	static const struct {
		enum identity_telling telling;
		uint32_t uid, mode;
		bool tells;
	} rows[] = {
		{TELLS_OF_NONE,   0,    0755, false},
                { TELLS_OF_ROOTS, 0,    0755, true },
		{ TELLS_OF_ROOTS, 1000, 0755, false},
                { TELLS_OF_ROOTS, 0,    0775, false},
		{ TELLS_OF_ROOTS, 0,    0757, false},
                { TELLS_OF_ALL,   1000, 0777, true },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct source_identity file = { .uid = rows[i].uid, .mode = rows[i].mode };

		CHECK(identity_times_tell(rows[i].telling, &file) == rows[i].tells,
		      "row %zu: its times tell or not", i);
	}
}

static void test_settled(void)
{
	static const struct {
		int64_t ctime_ns, mtime_ns, now_ns;
		bool settled;
	} rows[] = {
		{5000000001,  5000000000, 5000000002, false}, /* within a jiffy */
		{ 5000000001, 5000000000, 5030000000, true },
		{ 5000000000, 5000000001, 5030000000, true },
		{ 5000000000, 4000000000, 5030000000, false}, /* whole seconds */
		{ 5000000000, 4000000000, 6999999999, false},
		{ 5000000000, 4000000000, 7000000001, true },
		{ 9000000001, 4000000000, 5000000000, false}, /* from the future */
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct source_identity file = { .ctime_ns = rows[i].ctime_ns,
						.mtime_ns = rows[i].mtime_ns };

		CHECK(identity_is_settled(&file, rows[i].now_ns) == rows[i].settled,
		      "row %zu: settled or not", i);
	}
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		const struct statx_timestamp t = { .tv_sec = times[i].seconds,
						   .tv_nsec = times[i].rest };

		CHECK(identity_nanoseconds(t) == times[i].all, "%jd s and %u ns",
		      (intmax_t)t.tv_sec, t.tv_nsec);
	}
	test_telling();
	test_settled();
	return CHECK_DONE();
}
