/* SPDX-License-Identifier: MIT */
/* Slot: bytes that somebody else owns and that we may fill; the writable sister of a span. */
#pragma once
#include "base/span_search.h"

struct slot {
	uint8_t *ptr;
	size_t len;
};

/*
 * The part of @s that starts at @off and is @len long.
 * False, and *@out is empty, when any of it lies outside @s.
 */
MUST_CHECK static inline bool slot_part(struct slot s, uint64_t off, uint64_t len,
					struct slot *out)
{
	if (off > s.len || len > s.len - off) {
		*out = (struct slot){ NULL, 0 };
		return false;
	}
	*out = (struct slot){ off ? s.ptr + off : s.ptr, (size_t)len };
	return true;
}

/* Everything behind the first @off bytes. */
static inline struct slot slot_after(struct slot s, uint64_t off)
{
	if (off >= s.len)
		return (struct slot){ NULL, 0 };
	return (struct slot){ s.ptr + off, s.len - (size_t)off };
}

/* Copies the whole of @bytes to @off, or nothing: false, when it does not fit. */
MUST_CHECK static inline bool slot_put(struct slot s, uint64_t off, struct span bytes)
{
	struct slot to;

	if (!slot_part(s, off, bytes.len, &to))
		return false;
	return span_copy(to.ptr, to.len, bytes) == bytes.len;
}

/* What is in it now. */
static inline struct span slot_span(struct slot s)
{
	return (struct span){ s.ptr, s.len };
}
