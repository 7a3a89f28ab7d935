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

enum status inflate_raw(struct arena *a, struct span in, size_t len, struct span *out)
{
	/* One more than must come out, so that a longer stream shows itself. */
	uint8_t *to = len < UINT_MAX ? ARENA_NEW(a, uint8_t, len + 1) : NULL;
	z_stream z = { .zalloc = memory_of_arena, .zfree = memory_stays, .opaque = a };
	int result;

	*out = SPAN_NONE;
	if (!to || in.len > UINT_MAX)
		return STATUS_NO_MEMORY;
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return STATUS_NO_MEMORY;
	z.next_in = in.ptr;
	z.avail_in = (unsigned)in.len;
	z.next_out = to;
	z.avail_out = (unsigned)len + 1;
	result = inflate(&z, Z_FINISH);
	(void)inflateEnd(&z);
	if (result == Z_MEM_ERROR)
		return STATUS_NO_MEMORY;
	if (result != Z_STREAM_END || z.avail_in != 0 || z.avail_out != 1)
		return STATUS_MALFORMED;
	*out = (struct span){ to, len };
	return STATUS_OK;
}

uint32_t inflate_crc32(struct span bytes)
{
	return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes.ptr, bytes.len);
}
