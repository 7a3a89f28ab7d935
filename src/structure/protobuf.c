/* SPDX-License-Identifier: MIT */
#include "structure/protobuf.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* At most ten octets, and no bit beyond the 64th. */
static uint64_t varint(struct cursor *c)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t octet = cursor_u8(c);

		if (shift == 63 && octet > 1)
			break;
		value |= (uint64_t)(octet & 0x7f) << shift;
		if (!(octet & 0x80))
			return value;
	}
	cursor_fail(c);
	return 0;
}

bool protobuf_next(struct cursor *c, struct protobuf_field *out)
{
	uint64_t key;

	*out = (struct protobuf_field){ 0 };
	if (cursor_left(c) == 0)
		return false;
	key = varint(c);
	if (key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3)
		cursor_fail(c);
	out->number = (uint32_t)(key >> 3);
	switch (key & 7) {
	case WIRE_VARINT: out->value = varint(c); break;
	case WIRE_FIXED64: out->value = cursor_u64le(c); break;
	case WIRE_FIXED32: out->value = cursor_u32le(c); break;
	case WIRE_BYTES:
		out->kind = PROTOBUF_BYTES;
		out->bytes = cursor_take(c, varint(c));
		break;
	default: cursor_fail(c);
	}
	return cursor_ok(c);
}
