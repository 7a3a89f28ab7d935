/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include "structure/inflater.h"

#include "base/memory.h"
#include <limits.h>
#include <zlib.h>

#define INFLATER_PART ((size_t)16 << 10) /* given out at a time */

struct inflater {
	z_stream z;
	uint64_t left; /* that must come out yet */
	bool ended;
	uint8_t part[INFLATER_PART];
};

enum status inflater_new(struct inflater **out)
{
	struct inflater *i = (struct inflater *)memory_new(1, sizeof *i);

	*out = NULL;
	if (!i)
		return STATUS_NO_MEMORY;
	if (inflateInit2(&i->z, -MAX_WBITS) != Z_OK) {
		memory_free(i);
		return STATUS_NO_MEMORY;
	}
	*out = i;
	return STATUS_OK;
}

void inflater_free(struct inflater *i)
{
	if (i)
		(void)inflateEnd(&i->z);
	memory_free(i);
}

void inflater_begin(struct inflater *i, uint64_t plain)
{
	(void)inflateReset(&i->z);
	i->left = plain;
	i->ended = false;
}

bool inflater_full(const struct inflater *i)
{
	return i->left == 0 && !i->ended;
}

static enum inflated stream_ended(const struct inflater *i)
{
	return i->left == 0 ? INFLATED_ALL : INFLATED_BAD;
}

enum inflated inflater_run(struct inflater *i, struct span in, size_t *taken, struct span *out)
{
	struct span some = span_clip(in, 0, UINT_MAX);
	size_t given;
	int result;

	*taken = 0;
	*out = SPAN_NONE;
	if (i->ended)
		return stream_ended(i);
	i->z.next_in = some.ptr;
	i->z.avail_in = (unsigned)some.len;
	i->z.next_out = i->part;
	i->z.avail_out = INFLATER_PART;
	result = inflate(&i->z, Z_NO_FLUSH);
	*taken = some.len - i->z.avail_in;
	given = INFLATER_PART - i->z.avail_out;
	if (result == Z_MEM_ERROR)
		return INFLATED_NO_MEMORY;
	if ((result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) ||
	    given > i->left)
		return INFLATED_BAD;
	i->ended = result == Z_STREAM_END;
	i->left -= given;
	*out = (struct span){ i->part, given };
	if (given > 0)
		return INFLATED_SOME;
	return i->ended ? stream_ended(i) : INFLATED_WANTS;
}
