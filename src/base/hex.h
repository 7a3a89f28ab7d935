/* SPDX-License-Identifier: MIT */
/* Hex: two digits of either case for each byte, nothing between them. */
#pragma once
#include "base/buffer.h"

/* Exactly @len bytes; false, and @to may be half filled, when @text is anything else. */
MUST_CHECK bool hex_parse(struct span text, uint8_t *to, size_t len);

/* As many bytes as @text has; STATUS_MALFORMED: an odd number of digits, or none at all. */
MUST_CHECK enum status hex_decode(struct buffer *out, struct span text);
