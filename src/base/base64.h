/* SPDX-License-Identifier: MIT */
/* Base64 by RFC 4648, section 4, as PEM (RFC 7468) and JSON carry it. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"

/* One line, padded. */
void base64_encode(struct buffer *out, struct span bytes);

/*
 * The bytes that @text stands for; white space may stand anywhere.  Strict
 * otherwise: padded to groups of four, nothing behind the padding, no bits
 * left over.  STATUS_MALFORMED: anything else.
 */
MUST_CHECK enum status base64_decode(struct buffer *out, struct span text);
MUST_CHECK enum status base64_decode_span(struct arena *a, struct span text, struct span *out);
