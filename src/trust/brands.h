/* SPDX-License-Identifier: MIT */
/* Vendors whose names forgers like to borrow.  Private to src/trust. */
#pragma once
#include "trust/inquiry.h"

struct brand {
	const char *name;           /* for people */
	const char *const *names;   /* organisations and common names; NULL ends */
	bool any_common_name;       /* the organisation alone tells */
	const struct span *anchors; /* its own roots, if it has any: SHA-256 */
	size_t n_anchors;
};

extern const struct brand brands[];
extern const size_t n_brands;

/* The vendor that @subject names, or NULL. */
const struct brand *brand_find(struct inquiry *in, struct span subject);

/* Is a certificate of @path one of the brand's own roots? */
bool brand_owns(const struct brand *brand, const struct path *path);

/*
 * Are the roots known that this vendor's genuine certificates may lead to?  A
 * store without the list of public roots can tell only of vendors with own ones.
 */
bool brand_roots_known(const struct brand *brand, const struct trust_store *store);
