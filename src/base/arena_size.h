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
/*@ requires \valid(need);
  @ assigns *need;
  @ ensures \result != 0 ==> count * size <= *need <= left;
  @ ensures \result != 0 ==> *need % 16 == 0 && *need < count * size + 16;
  @*/
MUST_CHECK static inline bool arena_size(size_t count, size_t size, size_t left, size_t *need)
{
	size_t bytes;

	if (size != 0 && count > SIZE_MAX / size)
		return false;
	/*@ assert size != 0 ==> (SIZE_MAX / size) * size <= SIZE_MAX; */
	/*@ assert size != 0 ==> count * size <= (SIZE_MAX / size) * size; */
	/*@ assert 0 <= count * size <= SIZE_MAX; */
	bytes = count * size;
	/*@ assert bytes == count * size; */
	if (bytes > left || left - bytes < ARENA_ALIGN - 1)
		return false;
	*need = (bytes + (ARENA_ALIGN - 1)) / ARENA_ALIGN * ARENA_ALIGN;
	return true;
}
