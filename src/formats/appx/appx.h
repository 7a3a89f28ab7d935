/* SPDX-License-Identifier: MIT */
/*
 * APPX and MSIX packages, and bundles of them: ZIP archives with a manifest, a
 * block map and, signed, AppxSignature.p7x.
 *
 * Follows the schemas of the package manifest, the bundle manifest and the
 * block map (Microsoft), ECMA-376 part 2 for names and types of parts, and
 * signed packages for what the digests cover.
 */
#pragma once
#include "formats/format.h"
#include "structure/zip/zip.h"

#define APPX_MAX_XML       ((uint64_t)32 << 20) /* bytes of the manifest, of the block map */
#define APPX_MAX_SIGNATURE ((uint64_t)16 << 20) /* and of the catalog */
#define APPX_MAX_FILES     ((size_t)200000)
#define APPX_MAX_BLOCKS    ((size_t)1 << 18)
#define APPX_BLOCK         ((uint64_t)64 << 10) /* plain bytes of a block */
#define APPX_MAX_HASH      64

/* The digests that a signature holds, by their names in it. */
enum appx_part {
	APPX_CONTENTS,      /* AXPC: everything in front of the signature */
	APPX_DIRECTORY,     /* AXCD: the central directory without it */
	APPX_CONTENT_TYPES, /* AXCT: [Content_Types].xml */
	APPX_BLOCK_MAP,     /* AXBM: AppxBlockMap.xml */
	APPX_CODE_INTEGRITY /* AXCI: AppxMetadata/CodeIntegrity.cat */
};
#define APPX_PARTS (APPX_CODE_INTEGRITY + 1)

struct appx_block {
	struct piece piece;
	struct span hash; /* as the block map has it */
};

struct appx_file {
	const struct zip_entry *entry; /* NULL: it is not in the archive */
	size_t first, n;               /* its blocks */
	bool fits;                     /* size and number of blocks are those of the entry */
};

struct appx_package {
	bool bundle;
	unsigned hash_bits; /* of the block map: 256, 384, 512; 0: another, or there is none */
	struct coverage parts[APPX_PARTS]; /* n 0: there is no such part */
	const struct appx_file *files;
	size_t n_files;
	struct appx_block *blocks;
	size_t n_blocks;
	size_t n_unmapped, n_missing; /* entries without a row, rows without an entry */
	struct range unmapped;        /* the first of the former */
	struct span publisher;        /* as the manifest names it; empty: unreadable */
	struct span catalog;          /* AppxMetadata/CodeIntegrity.cat; empty: none */
	struct range catalog_where;
};

extern const struct format format_appx;
