/* SPDX-License-Identifier: MIT */
/* Time: dates there and back. */
#include "base/time.h"
#include "tests/check.h"

static void test_format(void)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{0,				"1970-01-01T00:00:00Z"},
		{ -1,			      "1969-12-31T23:59:59Z"},
		{ 951782400,                       "2000-02-29T00:00:00Z"},
		{ 4107542400,                      "2100-03-01T00:00:00Z"},
		{ 1795348800,                      "2026-11-22T12:00:00Z"},
		{ 2147483648,                      "2038-01-19T03:14:08Z"},
		{ TIME_MIN,                        "0000-01-01T00:00:00Z"},
		{ TIME_MIN + INT64_C(59) * 86400,  "0000-02-29T00:00:00Z"},
		{ TIME_MIN + INT64_C(366) * 86400, "0001-01-01T00:00:00Z"},
		{ TIME_MAX,                        "9999-12-31T23:59:59Z"},
	};
	struct time_text text;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t back = 1;

		CHECK(time_format(rows[i].seconds, &text) &&
			      strcmp(text.text, rows[i].text) == 0,
		      "format %s", rows[i].text);
		CHECK(time_parse(rows[i].text, &back) && back == rows[i].seconds, "and back");
	}
	CHECK(!time_format(TIME_MAX + 1, &text) && strcmp(text.text, "-") == 0, "too late");
	CHECK(!time_format(TIME_MIN - 1, &text), "too early");
	CHECK(!time_format(INT64_MIN, &text) && !time_format(INT64_MAX, &text), "far out");
}

static void test_parse(void)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t seconds;
	} rows[] = {
		{"2026-11-22",                   true,  1795305600},
		{ "2026-11-22t12:00:00z",        true,  1795348800},
		{ "2026-11-22 12:00:00Z",        true,  1795348800},
		{ "2026-11-22T12:00:00.999999Z", true,  1795348800},
		{ "2026-11-22T13:30:00+01:30",   true,  1795348800},
		{ "2026-11-22T04:00:00-08:00",   true,  1795348800},
		{ "2016-12-31T23:59:60Z",        true,  1483228800},
		{ "",			    false, 0         },
		{ "2026",                        false, 0         },
		{ "2026-11-2",                   false, 0         },
		{ "2026-11-22T",                 false, 0         },
		{ "2026-11-22T12:00Z",           false, 0         },
		{ "2026-11-22T12:00:00",         false, 0         },
		{ "2026-11-22T12:00:00Zx",       false, 0         },
		{ "2026-11-22T12:00:00.Z",       false, 0         },
		{ "2026-11-22T12:00:00+24:00",   false, 0         },
		{ "2026-11-22T12:00:00+01",      false, 0         },
		{ "2026-11-22T24:00:00Z",        false, 0         },
		{ "2026-11-22T12:60:00Z",        false, 0         },
		{ "2026-11-22T12:00:61Z",        false, 0         },
		{ "2026-13-01",                  false, 0         },
		{ "2026-00-01",                  false, 0         },
		{ "2026-02-29",                  false, 0         },
		{ "2100-02-29",                  false, 0         },
		{ "2026-04-31",                  false, 0         },
		{ "+026-04-01",                  false, 0         },
		{ " 2026-04-01",                 false, 0         },
		{ "0000-01-01T00:00:00+00:01",   false, 0         },
		{ "9999-12-31T23:59:59-00:01",   false, 0         },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t got = 0;

		CHECK(time_parse(rows[i].text, &got) == rows[i].ok && got == rows[i].seconds,
		      "parse '%s'", rows[i].text);
	}
}

/* Every day of ten thousand years follows the day before it. */
static void test_days(void)
{
	struct civil_time c, before = { 0 };
	size_t wrong = 0, days = 0;
	int64_t back;

	for (int64_t t = TIME_MIN; t <= TIME_MAX; t += 86400, days++) {
		wrong += !time_to_civil(t, &c) || !time_from_civil(&c, &back) || back != t;
		if (days > 0)
			wrong += !(c.day == before.day + 1 ||
				   (c.day == 1 && (c.month == before.month + 1 ||
						   c.year == before.year + 1)));
		before = c;
	}
	CHECK(wrong == 0 && days == 3652425, "every day of ten thousand years");
	c = (struct civil_time){ .year = 10000, .month = 1, .day = 1 };
	CHECK(!time_from_civil(&c, &back), "the year 10000");
	c.year = -1;
	CHECK(!time_from_civil(&c, &back), "the year -1");
}

int main(void)
{
	test_format();
	test_parse();
	test_days();
	return CHECK_DONE();
}
