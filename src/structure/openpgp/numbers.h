/* SPDX-License-Identifier: MIT */
/* Multiprecision integers: RFC 9580 3.2.  Private to src/structure/openpgp. */
#pragma once
#include "base/cursor.h"

/* The magnitude without leading zeros, as libcrypto and DER write it. */
static inline struct span openpgp_number(struct cursor *c)
{
	struct span octets = cursor_take(c, (cursor_be(c, 2) + 7) / 8);

	while (octets.len > 1 && span_at(octets, 0) == 0)
		octets = span_after(octets, 1);
	return octets;
}
