/* SPDX-License-Identifier: MIT */
/* One reading of one installer package: what the files of this room hand to each other. */
#pragma once
#include "formats/msi/msi.h"

/* Names of the streams that belong to the signature, as UTF-16LE. */
#define MSI_SIGNATURE_NAME SPAN_LITERAL("\5\0D\0i\0g\0i\0t\0a\0l\0S\0i\0g\0n\0a\0t\0u\0r\0e\0")
#define MSI_EXTENDED_NAME                                                                      \
	SPAN_LITERAL("\5\0M\0s\0i\0D\0i\0g\0i\0t\0a\0l\0S\0i\0g\0n\0a\0t\0u\0r\0e\0E\0x\0")

struct msi_reading {
	struct view *view;
	struct findings *findings;
	struct arena *arena;
	struct container *out;
	struct msi_file *file;
	const struct cfb_entry *signature, *extended; /* NULL: not there */
};

/* What the signature covers, and the metadata: cover.c */
MUST_CHECK enum status msi_cover(struct msi_reading *r, struct coverage *out);
/* The byte map: regions.c */
MUST_CHECK enum status msi_regions_make(struct msi_reading *r);
