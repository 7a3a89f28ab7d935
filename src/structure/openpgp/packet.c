/* SPDX-License-Identifier: MIT */
/* Packets: RFC 9580 4.2. */
#include "structure/openpgp/openpgp.h"

/* Header of the old form: two bits say how long the length is. */
static bool body_old(struct cursor *c, uint8_t octet, struct openpgp_packet *out)
{
	static const uint8_t widths[4] = { 1, 2, 4, 0 };
	uint8_t width = widths[octet & 3];

	out->tag = (octet >> 2) & 0x0f;
	if (width == 0)
		return false;
	out->body = cursor_take(c, cursor_be(c, width));
	return cursor_ok(c);
}

static bool body_new(struct cursor *c, uint8_t octet, struct openpgp_packet *out)
{
	uint64_t len = cursor_u8(c);

	out->tag = octet & 0x3f;
	if (len >= 224 && len < 255)
		return false;
	if (len == 255)
		len = cursor_be(c, 4);
	else if (len >= 192)
		len = ((len - 192) << 8) + cursor_u8(c) + 192;
	out->body = cursor_take(c, len);
	return cursor_ok(c);
}

bool openpgp_next(struct cursor *c, struct openpgp_packet *out)
{
	size_t from = c->pos;
	uint8_t octet = cursor_u8(c);

	*out = (struct openpgp_packet){ 0 };
	if (!(octet & 0x80) ||
	    !(octet & 0x40 ? body_new(c, octet, out) : body_old(c, octet, out)) ||
	    out->tag == 0) {
		cursor_fail(c);
		*out = (struct openpgp_packet){ 0 };
		return false;
	}
	out->whole = span_clip(c->in, from, c->pos - from);
	return true;
}

bool openpgp_binary(struct span head)
{
	uint8_t octet = span_at(head, 0);

	return (octet & 0x80) && ((octet & 0x40) ? (octet & 0x3f) : (octet & 0x3c)) != 0;
}
