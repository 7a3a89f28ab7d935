/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include "structure/inflate.h"

#include <limits.h>
#include <zlib.h>

/* zlib's own memory comes out of the arena too, and goes with it. */
static void *memory_of_arena(void *arena, unsigned count, unsigned size)
{
	return arena_alloc((struct arena *)arena, count, size);
}

static void memory_stays(void *arena, void *memory)
{
	(void)arena;
	(void)memory;
}

enum status inflate_zlib(struct arena *a, struct span in, size_t room, struct span *out)
{
	uint8_t *to = ARENA_NEW(a, uint8_t, room);
	z_stream z = { .zalloc = memory_of_arena, .zfree = memory_stays, .opaque = a };
	int result;

	*out = SPAN_NONE;
	if (!to || room > UINT_MAX)
		return STATUS_NO_MEMORY;
	if (inflateInit(&z) != Z_OK)
		return STATUS_NO_MEMORY;
	in = span_clip(in, 0, UINT_MAX);
	z.next_in = in.ptr;
	z.avail_in = (unsigned)in.len;
	z.next_out = to;
	z.avail_out = (unsigned)room;
	result = inflate(&z, Z_FINISH);
	*out = (struct span){ to, room - z.avail_out };
	(void)inflateEnd(&z);
	return result == Z_MEM_ERROR ? STATUS_NO_MEMORY : STATUS_OK;
}
