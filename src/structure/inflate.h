/* SPDX-License-Identifier: MIT */
/* Inflate: compressed bytes -> bytes, never more than there is room for (RFC 1950, by zlib). */
#pragma once
#include "base/arena.h"
#include "base/status.h"

/*
 * What a zlib stream holds, at most @room bytes of it; fewer when it ends or
 * breaks before.  Bytes behind its end are left alone.  STATUS_NO_MEMORY only.
 */
MUST_CHECK enum status inflate_zlib(struct arena *a, struct span in, size_t room,
				    struct span *out);
