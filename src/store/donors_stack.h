/* SPDX-License-Identifier: MIT */
/* The images of which an open index consists. */
#pragma once
#include "store/donors.h"
#include "store/donors_merge.h"

/* Borrowed. */
void donors_stack(const struct donors *d, const struct image_layer **stack, size_t *n);
