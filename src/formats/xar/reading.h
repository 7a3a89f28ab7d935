/* SPDX-License-Identifier: MIT */
/* What the parts of the reader share.  Private to src/formats/xar. */
#pragma once
#include "formats/xar/xar.h"

#define XAR_MAX_SHOWN 8 /* findings of one kind */

struct xar_reading {
	struct view *view;
	struct findings *findings;
	struct arena *arena;
	struct xar_image *xar;
	struct xar_extent *extents; /* as they are found; then sorted */
	uint32_t wanted;            /* the header's number of the checksum of the table */
};

void xar_break(struct xar_reading *r, const char *rule, struct range where,
	       const char *expected, const char *observed);

/* What no signature covers matters only beside one. */
static inline bool xar_is_signed(const struct xar_image *xar)
{
	return xar->signatures[XAR_CMS].where.len > 0 || xar->signatures[XAR_RSA].where.len > 0;
}

/* Fills signatures, checksum and extents with what the table says. */
MUST_CHECK enum status xar_toc_read(struct xar_reading *r, struct span xml);

/* The byte map, and what of the archive belongs to nothing; extents in order and apart. */
MUST_CHECK enum status xar_regions_make(struct xar_reading *r, struct container *out);
