/* SPDX-License-Identifier: MIT */
#include "base/time.h"

#include "base/cursor.h"
#include <time.h>

#define DAY_SECONDS      INT64_C(86400)
#define ERA_DAYS         INT64_C(146097) /* 400 years */
#define DAYS_BEFORE_1970 INT64_C(719528) /* since 0000-01-01 */

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 0000-01-01 to the first of January of @year. */
static int64_t days_before_year(int year)
{
	int64_t past = year - 1; /* the last full year; year 0 is a leap year */

	if (year == 0)
		return 0;
	return 365 * (int64_t)year + past / 4 - past / 100 + past / 400 + 1;
}

bool time_from_civil(const struct civil_time *c, int64_t *seconds)
{
	int64_t days;

	if (c->year < 0 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1 ||
	    c->day > days_in_month(c->year, c->month) || c->hour < 0 || c->hour > 23 ||
	    c->minute < 0 || c->minute > 59 || c->second < 0 || c->second > 60)
		return false;
	days = days_before_year(c->year) + c->day - 1 - DAYS_BEFORE_1970;
	for (int month = 1; month < c->month; month++)
		days += days_in_month(c->year, month);
	*seconds = days * DAY_SECONDS + c->hour * INT64_C(3600) + c->minute * INT64_C(60) +
		   c->second;
	return true;
}

bool time_to_civil(int64_t seconds, struct civil_time *c)
{
	int64_t since, days, rest;

	if (seconds < TIME_MIN || seconds > TIME_MAX)
		return false;
	since = seconds - TIME_MIN;
	days = since / DAY_SECONDS;
	rest = since % DAY_SECONDS;
	*c = (struct civil_time){ .month = 1,
				  .hour = (int)(rest / 3600),
				  .minute = (int)(rest / 60 % 60),
				  .second = (int)(rest % 60) };
	/* A year has at most 366 days: this year or one before the true one. */
	c->year = (int)(days * 400 / ERA_DAYS);
	while (c->year > 0 && days_before_year(c->year) > days)
		c->year--;
	while (days_before_year(c->year + 1) <= days)
		c->year++;
	days -= days_before_year(c->year);
	for (; days >= days_in_month(c->year, c->month); c->month++)
		days -= days_in_month(c->year, c->month);
	c->day = (int)days + 1;
	return true;
}

/* @value in @width digits, at the place where the cursor of the text stands. */
static size_t put_digits(char *text, size_t at, int value, size_t width)
{
	for (size_t i = width; i > 0; i--, value /= 10)
		text[at + i - 1] = (char)('0' + value % 10);
	return at + width;
}

bool time_format(int64_t seconds, struct time_text *out)
{
	struct civil_time c;
	size_t at;

	*out = (struct time_text){ "-" };
	if (!time_to_civil(seconds, &c))
		return false;
	at = put_digits(out->text, 0, c.year, 4);
	out->text[at++] = '-';
	at = put_digits(out->text, at, c.month, 2);
	out->text[at++] = '-';
	at = put_digits(out->text, at, c.day, 2);
	out->text[at++] = 'T';
	at = put_digits(out->text, at, c.hour, 2);
	out->text[at++] = ':';
	at = put_digits(out->text, at, c.minute, 2);
	out->text[at++] = ':';
	at = put_digits(out->text, at, c.second, 2);
	out->text[at] = 'Z';
	return true;
}

/* Exactly @width digits; a failed cursor otherwise. */
static int take_digits(struct cursor *c, size_t width)
{
	struct span digits = cursor_take(c, width);
	int value = 0;

	for (size_t i = 0; i < digits.len; i++) {
		uint8_t d = span_at(digits, i);

		if (d < '0' || d > '9')
			c->failed = true;
		value = value * 10 + (d - '0');
	}
	return c->failed ? 0 : value;
}

/* One character, either case; a failed cursor when it is another. */
static void take_char(struct cursor *c, char expected)
{
	uint8_t got = cursor_u8(c);

	if (got >= 'a' && got <= 'z')
		got = (uint8_t)(got - 'a' + 'A');
	if (got != (uint8_t)expected)
		c->failed = true;
}

static uint8_t peek_char(const struct cursor *c)
{
	return c->failed ? 0 : span_at(c->in, c->pos);
}

static void skip_fraction(struct cursor *c)
{
	if (peek_char(c) != '.')
		return;
	cursor_skip(c, 1);
	(void)take_digits(c, 1);
	while (peek_char(c) >= '0' && peek_char(c) <= '9')
		cursor_skip(c, 1);
}

/* "Z" or "+01:30": what to take off to come to UTC, in seconds. */
static int take_offset(struct cursor *c)
{
	uint8_t sign = peek_char(c);
	int hours, minutes, offset;

	if (sign != '+' && sign != '-') {
		take_char(c, 'Z');
		return 0;
	}
	cursor_skip(c, 1);
	hours = take_digits(c, 2);
	take_char(c, ':');
	minutes = take_digits(c, 2);
	if (hours > 23 || minutes > 59)
		c->failed = true;
	offset = hours * 3600 + minutes * 60;
	return sign == '-' ? -offset : offset;
}

bool time_parse(const char *text, int64_t *seconds)
{
	struct cursor c = cursor_at(SPAN_TEXT(text), 0);
	struct civil_time civil = { 0 };
	int64_t offset = 0, at;

	civil.year = take_digits(&c, 4);
	take_char(&c, '-');
	civil.month = take_digits(&c, 2);
	take_char(&c, '-');
	civil.day = take_digits(&c, 2);
	if (cursor_left(&c) > 0) {
		if (peek_char(&c) == ' ')
			cursor_skip(&c, 1);
		else
			take_char(&c, 'T');
		civil.hour = take_digits(&c, 2);
		take_char(&c, ':');
		civil.minute = take_digits(&c, 2);
		take_char(&c, ':');
		civil.second = take_digits(&c, 2);
		skip_fraction(&c);
		offset = take_offset(&c);
	}
	if (!cursor_ok(&c) || cursor_left(&c) > 0 || !time_from_civil(&civil, &at))
		return false;
	at -= offset;
	if (at < TIME_MIN || at > TIME_MAX)
		return false;
	*seconds = at;
	return true;
}
