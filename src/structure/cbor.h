/* SPDX-License-Identifier: MIT */
/*
 * CBOR (RFC 8949), as COSE (RFC 9052) needs it: definite lengths, no tags but
 * the one around a message, no floating point.
 */
#pragma once
#include "base/buffer.h"
#include "base/cursor.h"

#define CBOR_MAX_DEPTH 16

enum cbor_type {
	CBOR_UNSIGNED = 0,
	CBOR_NEGATIVE, /* -1 - .value */
	CBOR_BYTES,
	CBOR_TEXT,
	CBOR_ARRAY, /* .value items follow */
	CBOR_MAP,   /* .value pairs follow */
	CBOR_TAG,   /* one item follows */
	CBOR_SIMPLE /* .value: 20 false, 21 true, 22 null */
};
#define CBOR_NULL 22

struct cbor {
	enum cbor_type type;
	uint64_t value;
	struct span bytes; /* of CBOR_BYTES and CBOR_TEXT */
};

/* The head of the next item, and its bytes when it has any; fails the cursor. */
bool cbor_next(struct cursor *c, struct cbor *out);

/* The same, and fails when it is of another type. */
bool cbor_expect(struct cursor *c, enum cbor_type type, struct cbor *out);

/* Goes over an item with all that is in it. */
bool cbor_skip(struct cursor *c);

/* The number that an integer item stands for; fails the cursor if it is none or too large. */
int64_t cbor_integer(struct cursor *c);

/* Writing: a head in its shortest form, and byte and text strings. */
void cbor_put(struct buffer *out, enum cbor_type type, uint64_t value);
void cbor_put_string(struct buffer *out, enum cbor_type type, struct span bytes);
