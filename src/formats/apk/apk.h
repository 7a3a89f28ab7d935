/* SPDX-License-Identifier: MIT */
/*
 * APK: Android packages.
 *
 * Follows the APK Signature Schemes v1 to v4 as AOSP documents and
 * implements them.  Schemes v2 and later stand in a block between the last
 * entry and the central directory, which no ZIP reader looks at.
 */
#pragma once
#include "formats/format.h"
#include "structure/zip/zip.h"

#define APK_BLOCK_MAX ((uint64_t)64 << 20)
#define APK_MAX_PAIRS 64

/* Identifiers of pairs in the block. */
#define APK_V2       0x7109871aU
#define APK_V3       0xf05368c0U
#define APK_V31      0x1b93ad61U
#define APK_PADDING  0x42726577U
#define APK_STAMP_V1 0x2b09189eU
#define APK_STAMP_V2 0x6dff800dU

struct apk_pair {
	uint32_t id;
	struct range where; /* of .value */
	struct span value;
};

/* What AndroidManifest.xml says: claims, unless a signature covers it. */
struct apk_manifest {
	bool readable;
	const char *package;          /* escaped; NULL: it has none */
	uint32_t min_sdk, target_sdk; /* 1 and min_sdk when it does not say */
	uint32_t sandbox;             /* targetSandboxVersion */
};

struct apk_file {
	struct range block;                   /* zero long: there is none */
	bool block_damaged;                   /* its frame or its pairs contradict themselves */
	struct apk_pair pairs[APK_MAX_PAIRS]; /* as they stand; of one id the first counts */
	size_t n_pairs;
	struct range central; /* the central directory, slack included */
	struct span central_bytes;
	struct span end;     /* the bytes behind it, up to the end of the file */
	uint64_t end_record; /* where in .end the end record begins */
	struct apk_manifest manifest;
	struct span stamp_certificate; /* SHA-256 that the entry stamp-cert-sha256 names; or
					  empty */
};

/* The pair of this id that counts; NULL: none. */
const struct apk_pair *apk_pair_find(const struct apk_file *apk, uint32_t id);

extern const struct format format_apk;
