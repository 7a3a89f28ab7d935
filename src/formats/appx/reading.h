/* SPDX-License-Identifier: MIT */
/* What the steps of one reading share.  Private to this room. */
#pragma once
#include "formats/appx/appx.h"

#define APPX_MANIFEST        "AppxManifest.xml"
#define APPX_BUNDLE_MANIFEST "AppxMetadata/AppxBundleManifest.xml"
#define APPX_MAP             "AppxBlockMap.xml"
#define APPX_TYPES           "[Content_Types].xml"
#define APPX_SIGNATURE       "AppxSignature.p7x"
#define APPX_CATALOG         "AppxMetadata/CodeIntegrity.cat"

struct appx_reading {
	struct view *view;
	struct findings *findings;
	struct container *out;
	struct appx_package *package;
	const struct zip *zip;
	const struct zip_entry *signature; /* NULL: unsigned */
	bool *mapped; /* for each entry: the block map, or nobody, has to name it */
};

void appx_break(struct appx_reading *r, const char *rule, struct range where,
		const char *expected, const char *observed);

/* What the entry holds, as something to hash. */
struct piece appx_plain(const struct zip_entry *e);

/* Decimal digits and nothing else. */
bool appx_number(struct span text, uint64_t *out);

/* An XML part whole in memory; *@found false: there is none, or none that can be read. */
MUST_CHECK enum status appx_xml(struct appx_reading *r, const char *name, struct span *out,
				bool *found);

/* Identity, and of a bundle the packages in it: manifest.c */
MUST_CHECK enum status appx_manifest_read(struct appx_reading *r);
/* Files and their blocks: block_map.c */
MUST_CHECK enum status appx_map_read(struct appx_reading *r);
/* What the five digests cover: cover.c */
MUST_CHECK enum status appx_cover(struct appx_reading *r);
