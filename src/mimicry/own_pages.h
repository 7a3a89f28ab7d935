/* SPDX-License-Identifier: MIT */
/* Pages of which a scheme has the digests anyway. Private to src/mimicry. */
#pragma once
#include "mimicry/compare.h"

/* Puts the pages of @f into a donor record, if its scheme has told them. */
MUST_CHECK enum status own_pages_sketch(struct arena *a, const struct fact *f, struct donor *d);

/* The pages of the file that @f is of against the donor's. */
MUST_CHECK enum status own_pages_compare(struct arena *a, const struct fact *f,
					 const struct donor *d, struct page_match *out,
					 enum content *content);
