/* SPDX-License-Identifier: MIT */
#include "base/units.h"

#include "base/cursor.h"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit none[] = {
	{"", 1}
};
static const struct unit bytes_units[] = {
	{"B",    1                },
	{ "KiB", UINT64_C(1) << 10},
	{ "MiB", UINT64_C(1) << 20},
	{ "GiB", UINT64_C(1) << 30},
	{ "TiB", UINT64_C(1) << 40},
};
static const struct unit time_units[] = {
	{"s",    1     },
        { "min", 60    },
        { "h",   3600  },
        { "d",   86400 },
        { "w",   604800},
};

/* The digits at the front; false: none, or more than fits. */
static bool take_number(struct cursor *c, uint64_t *value)
{
	size_t from = c->pos;

	*value = 0;
	while (cursor_left(c) > 0) {
		uint8_t digit = span_at(c->in, c->pos);

		if (digit < '0' || digit > '9')
			break;
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(digit - '0'), value))
			return false;
		cursor_skip(c, 1);
	}
	return c->pos > from;
}

static bool parse(const char *text, const struct unit *units, size_t n, uint64_t *value)
{
	struct cursor c = cursor_at(SPAN_TEXT(text), 0);
	struct span name;
	uint64_t number;

	if (!take_number(&c, &number))
		return false;
	name = cursor_rest(&c);
	for (size_t i = 0; i < n; i++)
		if (span_equal(name, SPAN_TEXT(units[i].name)))
			return !__builtin_mul_overflow(number, units[i].factor, value);
	return false;
}

bool units_number(const char *text, uint64_t *value)
{
	return parse(text, none, COUNT_OF(none), value);
}

bool units_bytes(const char *text, uint64_t *bytes)
{
	return parse(text, bytes_units, COUNT_OF(bytes_units), bytes);
}

bool units_seconds(const char *text, uint64_t *value)
{
	return parse(text, time_units, COUNT_OF(time_units), value);
}
