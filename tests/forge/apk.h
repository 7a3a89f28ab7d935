/* SPDX-License-Identifier: MIT */
/* Android packages: the binary manifest, the signing block, signatures of schemes v2 and v3. */
#pragma once
#include "tests/forge/forge.h"
#include "tests/zip_builder.h"

/* A manifest whose attribute for the SDK is known by its identifier and named "lie". */
void forge_apk_manifest(struct buffer *out, uint32_t min_sdk, const char *package);
void forge_apk_pair(struct buffer *out, uint32_t id, struct span value);
/* A block of @pairs; @more is added to the size at its beginning. */
void forge_apk_block(struct buffer *out, struct span pairs, uint64_t more);

/*
 * The archive of @plan with a block that signs it by each of @ids (APK_V2, APK_V3):
 * RSA over SHA-256, by "good".
 */
#define FORGE_APK_V2 0x7109871aU
#define FORGE_APK_V3 0xf05368c0U
void forge_apk_sign(struct forge *f, const struct zip_plan *plan, const uint32_t *ids,
		    size_t n_ids, struct buffer *out);
