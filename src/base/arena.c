/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include "base/arena_size.h"
#include "base/memory.h"
#include <stdalign.h>
#include <stdio.h>

#define BLOCK_BYTES (size_t)65536

struct arena_block {
	struct arena_block *older;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena_adopted {
	struct arena_adopted *older;
	void *memory;
};

static struct arena_block *block_new(struct arena *a, size_t need)
{
	size_t size = need > BLOCK_BYTES ? need : BLOCK_BYTES;
	struct arena_block *b = memory_new(1, sizeof(*b) + size);

	if (!b)
		return NULL;
	b->size = size;
	b->older = a->newest;
	a->newest = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t count, size_t size)
{
	struct arena_block *b = a->newest;
	size_t need;
	void *p;

	if (!arena_size(count, size, a->limit - a->used, &need)) {
		a->full = true;
		return NULL;
	}
	if (!b || need > b->size - b->used)
		b = block_new(a, need);
	if (!b)
		return NULL;
	p = b->bytes + b->used;
	b->used += need;
	a->used += need;
	return p;
}

struct span arena_copy(struct arena *a, struct span s)
{
	uint8_t *to = ARENA_NEW(a, uint8_t, s.len ? s.len : 1);

	if (!to)
		return SPAN_NONE;
	return (struct span){ to, span_copy(to, s.len, s) };
}

enum status arena_keep(struct arena *a, struct span s, struct span *out)
{
	*out = s.len > 0 ? arena_copy(a, s) : SPAN_NONE;
	return out->ptr || s.len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

const char *arena_string(struct arena *a, struct span s)
{
	char *to = s.len < SIZE_MAX ? ARENA_NEW(a, char, s.len + 1) : NULL;

	if (to)
		(void)span_copy(to, s.len, s);
	return to;
}

const char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	text = n < 0 ? NULL : ARENA_NEW(a, char, (size_t)n + 1);
	if (text)
		(void)vsnprintf(text, (size_t)n + 1, format, again);
	va_end(again);
	return text;
}

const char *arena_printf(struct arena *a, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = arena_vprintf(a, format, args);
	va_end(args);
	return text;
}

bool arena_adopt(struct arena *a, void *memory)
{
	struct arena_adopted *adopted = ARENA_NEW(a, struct arena_adopted, 1);

	if (!adopted)
		return false;
	*adopted = (struct arena_adopted){ a->adopted, memory };
	a->adopted = adopted;
	return true;
}

void arena_widen(struct arena *a, size_t more)
{
	if (more > SIZE_MAX - a->limit)
		return;
	a->limit += more;
	a->widened += more;
}

static void narrow(struct arena *a)
{
	a->limit -= a->widened;
	a->widened = 0;
	a->full = false;
}

static void free_adopted(struct arena *a)
{
	for (struct arena_adopted *one = a->adopted; one; one = one->older)
		memory_free(one->memory);
	a->adopted = NULL;
}

static void free_chain(struct arena_block *b)
{
	while (b) {
		struct arena_block *older = b->older;

		memory_free(b);
		b = older;
	}
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = a->newest;

	free_adopted(a);
	narrow(a);
	if (!keep)
		return;
	free_chain(keep->older);
	keep->older = NULL;
	if (keep->size > BLOCK_BYTES) {
		free_chain(keep);
		a->newest = NULL;
	} else {
		memset(keep->bytes, 0, keep->used);
		keep->used = 0;
	}
	a->used = 0;
}

void arena_free(struct arena *a)
{
	free_adopted(a);
	narrow(a);
	free_chain(a->newest);
	a->newest = NULL;
	a->used = 0;
}
