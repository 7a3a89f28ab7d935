/* SPDX-License-Identifier: MIT */
/* How a baseline stands in its file: shared by reader and writer. */
#pragma once
#include "store/baseline.h"

#define BASELINE_PLACE 8

/* The numbers of the foot. */
enum baseline_number { BASELINE_RECORDS, BASELINE_ORDER_AT, BASELINE_ABOUT_AT };

void baseline_about_encode(struct buffer *out, const struct baseline_about *about);
