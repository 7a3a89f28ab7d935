/* SPDX-License-Identifier: MIT */
#include "structure/ar.h"

#include "base/cursor.h"

#define HEADER_BYTES 60

bool ar_number(struct span field, unsigned base, uint64_t *out)
{
	uint64_t value = 0;
	size_t n = 0;

	for (; n < field.len && span_at(field, n) != ' '; n++) {
		unsigned digit = (unsigned)span_at(field, n) - '0';

		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	*out = value;
	for (size_t i = n; i < field.len; i++)
		if (span_at(field, i) != ' ')
			return false;
	return n > 0;
}

static struct span name_trim(struct span name)
{
	while (name.len > 0 && span_at(name, name.len - 1) == ' ')
		name.len--;
	if (name.len > 1 && span_at(name, name.len - 1) == '/')
		name.len--;
	return name;
}

enum status ar_next(struct view *view, uint64_t *at, struct ar_member *out)
{
	struct span header, size, end;
	struct cursor c;
	uint64_t len;

	*out = (struct ar_member){ 0 };
	if (*at >= view->size)
		return STATUS_NOT_MINE;
	TRY(view_part(view, *at, HEADER_BYTES, &header));
	c = cursor_at(header, 0);
	out->name = name_trim(cursor_take(&c, 16));
	cursor_skip(&c, 12 + 6 + 6 + 8); /* time, owner, group, mode */
	size = cursor_take(&c, 10);
	end = cursor_take(&c, 2);
	out->header = (struct range){ *at, HEADER_BYTES };
	if (!cursor_ok(&c) || !span_equal(end, SPAN_LITERAL("`\n")) ||
	    !ar_number(size, 10, &len) || len > view->size - *at - HEADER_BYTES)
		return STATUS_MALFORMED;
	out->data = (struct range){ *at + HEADER_BYTES, len };
	*at = out->data.off + len;
	/* The last one may lack its padding. */
	if (len % 2 == 1 && *at < view->size)
		*at += 1;
	return STATUS_OK;
}
