/* SPDX-License-Identifier: MIT */
/* Merge: several images gone through as one, in order, each donor once. */
#pragma once
#include "store/donors_image.h"

/* One of a stack of images. */
struct image_layer {
	const struct image *image;
};

struct merge_head;
struct merge {
	struct merge_head *heads;
	size_t n;
};

MUST_CHECK enum status merge_begin(struct merge *m, const struct image_layer *stack, size_t n);
/* *@out NULL: no more; good until the next call.  Of the same donor the richer record, else
 * that of the earlier image. */
MUST_CHECK enum status merge_next(struct merge *m, const struct donor **out);
/* Usable as CLEANUP(merge_end). */
void merge_end(struct merge *m);

/* Does @d tell more than @than about the same donor? */
static inline bool donor_richer(const struct donor *d, const struct donor *than)
{
	return donor_has_contents(d) && !donor_has_contents(than);
}
