/* SPDX-License-Identifier: MIT */
#include "structure/cbor.h"

#define ONE_BYTE 24 /* the argument stands in one byte, in two, four or eight */

bool cbor_next(struct cursor *c, struct cbor *out)
{
	uint8_t first = cursor_u8(c), small = first & 31;

	*out = (struct cbor){ .type = (enum cbor_type)(first >> 5), .value = small };
	if (small >= ONE_BYTE && small < ONE_BYTE + 4)
		out->value = cursor_be(c, (size_t)1 << (small - ONE_BYTE));
	if (small >= ONE_BYTE + 4 || (out->type == CBOR_SIMPLE && small >= ONE_BYTE))
		cursor_fail(c);
	if (out->type == CBOR_BYTES || out->type == CBOR_TEXT)
		out->bytes = cursor_take(c, out->value);
	return cursor_ok(c);
}

bool cbor_expect(struct cursor *c, enum cbor_type type, struct cbor *out)
{
	if (cbor_next(c, out) && out->type != type)
		cursor_fail(c);
	return cursor_ok(c);
}

/* Items that are still to come, one level for each array that is open. */
bool cbor_skip(struct cursor *c)
{
	uint64_t left[CBOR_MAX_DEPTH] = { 1 };
	size_t depth = 1;
	struct cbor item;

	while (depth > 0) {
		uint64_t inside = 0;

		if (left[depth - 1] == 0) {
			depth--;
			continue;
		}
		left[depth - 1]--;
		if (!cbor_next(c, &item))
			return false;
		if (item.type == CBOR_ARRAY)
			inside = item.value;
		if (item.type == CBOR_MAP)
			inside = item.value > UINT64_MAX / 2 ? UINT64_MAX : 2 * item.value;
		if (item.type == CBOR_TAG)
			inside = 1;
		if (inside == 0)
			continue;
		/* Each item takes a byte at least, so more than are left is no array. */
		if (inside / 2 > cursor_left(c) || depth == CBOR_MAX_DEPTH) {
			cursor_fail(c);
			return false;
		}
		left[depth++] = inside;
	}
	return cursor_ok(c);
}

int64_t cbor_integer(struct cursor *c)
{
	struct cbor item;

	if (cbor_next(c, &item) &&
	    ((item.type != CBOR_UNSIGNED && item.type != CBOR_NEGATIVE) ||
	     item.value > INT32_MAX))
		cursor_fail(c);
	if (!cursor_ok(c))
		return 0;
	return item.type == CBOR_NEGATIVE ? -1 - (int64_t)item.value : (int64_t)item.value;
}

void cbor_put(struct buffer *out, enum cbor_type type, uint64_t value)
{
	unsigned step = 0; /* 0: in the first byte itself; else in 1, 2, 4 or 8 more */

	if (value >= ONE_BYTE)
		step = value <= UINT8_MAX    ? 1
		       : value <= UINT16_MAX ? 2
		       : value <= UINT32_MAX ? 3
					     : 4;
	buffer_char(out, (char)((unsigned)type << 5 |
				(step == 0 ? (unsigned)value : ONE_BYTE + step - 1)));
	for (unsigned left = step ? 1U << (step - 1) : 0; left > 0; left--)
		buffer_char(out, (char)(value >> (8 * (left - 1))));
}

void cbor_put_string(struct buffer *out, enum cbor_type type, struct span bytes)
{
	cbor_put(out, type, bytes.len);
	buffer_add(out, bytes);
}
