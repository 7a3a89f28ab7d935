/* SPDX-License-Identifier: MIT */
/*
 * Arena: memory for everything learnt about one file, freed all at once.
 * An arena has a limit, so a hostile file cannot make us use more.
 */
#pragma once
#include "base/span_search.h"
#include "base/status.h"
#include <stdarg.h>

struct arena {
	struct arena_block *newest;
	struct arena_adopted *adopted;
	size_t used, limit;
	size_t widened; /* how much of .limit was added for what it holds now */
	bool full;      /* something did not fit into .limit */
};

#define ARENA_INIT(bytes)                                                                      \
	{                                                                                      \
		.limit = (bytes)                                                               \
	}

/* Zeroed memory for @count things of @size, or NULL: limit or no memory. */
MUST_CHECK void *arena_alloc(struct arena *a, size_t count, size_t size);
#define ARENA_NEW(a, type, count) ((type *)arena_alloc((a), (count), sizeof(type)))

/* A copy that the arena owns; its ptr is NULL only when there is no memory. */
MUST_CHECK struct span arena_copy(struct arena *a, struct span s);

/* The same, of nothing nothing, in *@out. */
MUST_CHECK enum status arena_keep(struct arena *a, struct span s, struct span *out);

/* The same with a NUL behind it, as a string; NULL: no memory. */
MUST_CHECK const char *arena_string(struct arena *a, struct span s);

/* A formatted string that the arena owns, or NULL. */
PRINTF(2, 3) MUST_CHECK const char *arena_printf(struct arena *a, const char *format, ...);
PRINTF(2, 0)
MUST_CHECK const char *arena_vprintf(struct arena *a, const char *format, va_list args);

/*
 * Takes over @memory (from memory_new(), or a buffer's bytes), which its caller has
 * bounded: it goes when the arena's own goes.  False: no memory, and it stays the caller's.
 */
MUST_CHECK bool arena_adopt(struct arena *a, void *memory);

/* Allows @more bytes, until it is reset. */
void arena_widen(struct arena *a, size_t more);

/* Forgets everything but keeps one block for the next file. */
void arena_reset(struct arena *a);

/* Frees everything; safe on a zeroed arena; usable as CLEANUP(arena_free). */
void arena_free(struct arena *a);
