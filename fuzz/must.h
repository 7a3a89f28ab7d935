/* SPDX-License-Identifier: MIT */
/* What fuzz targets assert: meaning, not only the absence of crashes. */
#pragma once
#include "base/span_search.h"
#include <stdio.h>
#include <stdlib.h>

#define MUST(what)                                                                             \
	do {                                                                                   \
		if (!(what)) {                                                                 \
			(void)fprintf(stderr, "does not hold: %s\n", #what);                   \
			abort();                                                               \
		}                                                                              \
	} while (0)

/* Whatever was read lies in what it was read from. */
static inline void must_lie_in(struct span outer, struct span inner)
{
	uint64_t off = 0;

	MUST(inner.len == 0 || span_offset(outer, inner, &off));
}
