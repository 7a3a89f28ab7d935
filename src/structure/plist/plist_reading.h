/* SPDX-License-Identifier: MIT */
/* One reading of one property list.  Private to src/structure/plist. */
#pragma once
#include "structure/plist/plist.h"

struct plist_reading {
	struct arena *arena;
	size_t n_nodes;
};

/* A node, counted; NULL: too many, or no memory: *@status says which. */
struct plist *plist_new(struct plist_reading *r, enum plist_kind kind, enum status *status);

#define PLIST_THOUSAND 1000
#define PLIST_REAL_MAX INT64_C(1000000000000)

MUST_CHECK enum status plist_xml_read(struct plist_reading *r, struct span in,
				      struct plist **out);
MUST_CHECK enum status plist_binary_read(struct plist_reading *r, struct span in,
					 struct plist **out);
