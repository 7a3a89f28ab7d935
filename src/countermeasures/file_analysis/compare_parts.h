/* SPDX-License-Identifier: MIT */
/* What the files about comparing share.  Private to this room. */
#pragma once
#include "countermeasures/file_analysis/compare.h"

/* An image digest. */
struct compare_image {
	const char *algorithm;
	struct span value;
};

/* One of the two files. */
struct compare_side {
	const struct report *r;
	const struct report_signature *s; /* that decides; NULL: none */
	const struct donor *profile;      /* NULL: not known */
	struct compare_image images[COMPARISON_MAX_IMAGES];
	size_t n_images;
};

MUST_CHECK enum status compare_side_make(struct arena *a, const struct report *r,
					 struct compare_side *out);
/* The icons of both look alike. */
bool compare_icons(const struct donor *a, const struct donor *b);
struct comparison_pages compare_pages(const struct donor *a, const struct donor *b);

/* Everything about both, equal or not. */
MUST_CHECK enum status compare_rows(struct arena *a, const struct compare_side *sides,
				    struct comparison *out);
/* Features that differ. */
MUST_CHECK enum status compare_features(struct arena *a, const struct compare_side *sides,
					struct comparison *out);
