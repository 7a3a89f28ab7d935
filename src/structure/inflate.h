/* SPDX-License-Identifier: MIT */
/* Inflate: compressed bytes -> bytes, never more than there is room for (RFC 1950 and 1951, by
 * zlib). */
#pragma once
#include "base/arena.h"
#include "base/status.h"

/*
 * What a zlib stream holds, at most @room bytes of it; fewer when it ends or
 * breaks before.  Bytes behind its end are left alone.  STATUS_NO_MEMORY only.
 */
MUST_CHECK enum status inflate_zlib(struct arena *a, struct span in, size_t room,
				    struct span *out);

/*
 * What a raw deflate stream holds: exactly @len bytes, which end exactly where
 * @in does.  STATUS_MALFORMED: more, fewer, or no such stream.
 */
MUST_CHECK enum status inflate_raw(struct arena *a, struct span in, size_t len,
				   struct span *out);

/* The CRC-32 of ISO 3309 (ZIP, gzip). */
uint32_t inflate_crc32(struct span bytes);
