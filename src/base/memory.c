/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_long allowed = -1; /* negative: no limit */

void memory_fail_after(long n)
{
	atomic_store(&allowed, n);
}

void *memory_new(size_t count, size_t size)
{
	if (atomic_load_explicit(&allowed, memory_order_relaxed) >= 0 &&
	    atomic_fetch_sub(&allowed, 1) <= 0) {
		atomic_store(&allowed, 0);
		return NULL;
	}
	return calloc(count, size);
}

void memory_free(void *p)
{
	free(p);
}
