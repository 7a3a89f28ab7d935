/* SPDX-License-Identifier: MIT */
/* The arithmetic of the arena, apart from the allocation so that it can be proved. */
#pragma once
#include "base/attrs.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_ALIGN (size_t)16

/*
 * Room for @count things of @size, rounded up to ARENA_ALIGN: *@need.
 * False when that is more than @left, or more than a size_t holds.
 */
MUST_CHECK static inline bool arena_size(size_t count, size_t size, size_t left, size_t *need)
{
	size_t bytes;

	if (size != 0 && count > SIZE_MAX / size)
		return false;
	bytes = count * size;
	if (bytes > left || left - bytes < ARENA_ALIGN - 1)
		return false;
	*need = (bytes + (ARENA_ALIGN - 1)) / ARENA_ALIGN * ARENA_ALIGN;
	return true;
}
