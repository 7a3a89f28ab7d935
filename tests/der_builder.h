/* SPDX-License-Identifier: MIT */
/*
 * Builds DER for tests, inside out: open an element, add to it, close it.
 *
 *	size_t name = der_open(&b, DER_SEQUENCE);
 *	der_add(&b, DER_OID, OID("\x55\x04\x03"));
 *	der_close(&b, name);
 */
#pragma once
#include "base/buffer.h"
#include "structure/der.h"
#include <string.h>

/* Begins an element; what it gives is for der_close(). */
static inline size_t der_open(struct buffer *b, uint8_t tag)
{
	buffer_add(b, (struct span){ &tag, 1 });
	return b->len;
}

static inline void der_close(struct buffer *b, size_t mark)
{
	size_t len = b->len - mark, n = 0;
	uint8_t octets[5] = { 0 };

	if (len < 0x80) {
		octets[n++] = (uint8_t)len;
	} else {
		for (size_t rest = len; rest > 0; rest >>= 8)
			n++;
		octets[0] = (uint8_t)(0x80 | n);
		for (size_t i = n; i > 0; i--)
			octets[i] = (uint8_t)(len >> 8 * (n - i));
		n++;
	}
	buffer_add(b, (struct span){ octets, n });
	if (buffer_status(b) != STATUS_OK)
		return;
	memmove(b->bytes + mark + n, b->bytes + mark, len);
	memcpy(b->bytes + mark, octets, n);
}

static inline void der_add(struct buffer *b, uint8_t tag, struct span contents)
{
	size_t mark = der_open(b, tag);

	buffer_add(b, contents);
	der_close(b, mark);
}

static inline void der_add_number(struct buffer *b, uint64_t value)
{
	uint8_t octets[9] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < 8; i++)
		octets[i + 1] = (uint8_t)(value >> (56 - 8 * i));
	while (n < 8 && octets[n] == 0 && !(octets[n + 1] & 0x80))
		n++;
	der_add(b, DER_INTEGER, span_after(SPAN_OF(octets), n));
}

/* AlgorithmIdentifier; @with_null: NULL parameters, else none. */
static inline void der_add_algorithm(struct buffer *b, struct span oid, bool with_null)
{
	size_t mark = der_open(b, DER_SEQUENCE);

	der_add(b, DER_OID, oid);
	if (with_null)
		der_add(b, DER_NULL, SPAN_NONE);
	der_close(b, mark);
}
