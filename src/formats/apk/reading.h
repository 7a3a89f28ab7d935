/* SPDX-License-Identifier: MIT */
/* One reading of an APK.  Private to src/formats/apk. */
#pragma once
#include "formats/apk/apk.h"

/* The signing block, and what lies behind it: block.c */
MUST_CHECK enum status apk_block_read(struct view *v, struct findings *findings,
				      const struct zip *z, struct apk_file *out);

/* AndroidManifest.xml; what it does not say is left as its absence means: android.c */
MUST_CHECK enum status apk_manifest_read(struct view *v, struct findings *findings,
					 const struct zip *z, struct apk_manifest *out);
