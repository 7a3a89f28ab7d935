/* SPDX-License-Identifier: MIT */
/*
 * Protocol buffers: the fields of one message, as they stand.
 *
 * Follows "Encoding" (Protocol Buffers documentation).  Groups, which nobody
 * writes any more, end the reading.
 */
#pragma once
#include "base/cursor.h"

struct protobuf_field {
	uint32_t number;
	enum protobuf_kind { PROTOBUF_NUMBER, PROTOBUF_BYTES } kind;
	uint64_t value;    /* of a varint or a fixed number */
	struct span bytes; /* of a string, bytes, or a message */
};

/* The next field; false: no more, or the cursor failed. */
MUST_CHECK bool protobuf_next(struct cursor *c, struct protobuf_field *out);
