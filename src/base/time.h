/* SPDX-License-Identifier: MIT */
/*
 * Time: seconds since 1970-01-01T00:00:00Z, without the time zones, locales and
 * hidden state of libc.  Years 0 to 9999 of the Gregorian calendar.
 */
#pragma once
#include "base/attrs.h"
#include <stdbool.h>
#include <stdint.h>

#define TIME_MIN (-INT64_C(62167219200)) /* 0000-01-01T00:00:00Z */
#define TIME_MAX INT64_C(253402300799)   /* 9999-12-31T23:59:59Z */

/* A date as people write it. */
struct civil_time {
	int year;       /* 0 to 9999 */
	int month, day; /* from 1 */
	int hour, minute;
	int second; /* 60: a leap second; it is the first second of the next minute */
};

/* False: there is no such date, or no such time of day. */
MUST_CHECK bool time_from_civil(const struct civil_time *c, int64_t *seconds);
/* False: outside TIME_MIN..TIME_MAX. */
MUST_CHECK bool time_to_civil(int64_t seconds, struct civil_time *c);

/* "2026-11-22T12:00:00Z" */
struct time_text {
	char text[21];
};
/* False, and the text is "-": outside TIME_MIN..TIME_MAX. */
bool time_format(int64_t seconds, struct time_text *out);

/*
 * RFC 3339, section 5.6, any offset; fractions of a second are dropped.  A date
 * alone is its first second in UTC.  False: anything else.
 */
MUST_CHECK bool time_parse(const char *text, int64_t *seconds);
