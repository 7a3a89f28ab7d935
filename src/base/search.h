/* SPDX-License-Identifier: MIT */
/*
 * Search: a place among rows that stand in order, wherever they stand: in an array, or
 * behind numbers in a file.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/*
 * The first of @n rows that does not come before what is looked for; @n: all do.
 * @comes_before is asked at most 64 times.
 */
static inline uint64_t search_first(uint64_t n,
				    bool (*comes_before)(const void *context, uint64_t row),
				    const void *context)
{
	uint64_t low = 0, high = n;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (comes_before(context, middle))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
