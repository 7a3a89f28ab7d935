/* SPDX-License-Identifier: MIT */
/*
 * Memory: the one way to the allocator, so that tests can make the n-th
 * allocation fail (memory_fail_after) and see that everything copes.
 */
#pragma once
#include "base/attrs.h"
#include <stddef.h>

/* Zeroed, or NULL. */
MUST_CHECK void *memory_new(size_t count, size_t size);
void memory_free(void *p);

/* For tests: the @n-th allocation from now on fails, and each after it; negative: none. */
void memory_fail_after(long n);
