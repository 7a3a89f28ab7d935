/* SPDX-License-Identifier: MIT */
/* How a baseline stands in its file: shared by reader and writer. */
#pragma once
#include "store/baseline.h"

#define BASELINE_PLACE 8

/* The numbers of the foot. */
enum baseline_number { BASELINE_RECORDS, BASELINE_ORDER_AT, BASELINE_ABOUT_AT };

/* As BASELINE_VERSION has it. */
void baseline_about_encode(struct buffer *out, const struct baseline_about *about);
/* As @version had it; @a owns what @out leads to.  STATUS_MALFORMED, STATUS_NO_MEMORY. */
MUST_CHECK enum status baseline_about_decode(struct arena *a, struct span bytes,
					     uint32_t version, struct baseline_about *out);
