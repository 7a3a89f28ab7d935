/* SPDX-License-Identifier: MIT */
/* UTF-8 by RFC 3629: shortest forms only, no surrogates, nothing beyond U+10FFFF. */
#pragma once
#include "base/buffer.h"

#define UTF8_REPLACEMENT 0xFFFDU

struct utf8_char {
	uint32_t code; /* UTF8_REPLACEMENT when it is not valid */
	uint8_t len; /* bytes it takes; of a broken one, those that began well; 0 at the end */
	bool valid;
};

/* The character that begins at @at. */
struct utf8_char utf8_at(struct span s, uint64_t at);

/* Is all of it UTF-8? */
MUST_CHECK bool utf8_valid(struct span s);

/* Adds one character; what is no character becomes U+FFFD. */
void utf8_add(struct buffer *out, uint32_t code);
