/* SPDX-License-Identifier: MIT */
/* APPX packages and bundles, signed well and badly. */
#pragma once
#include "tests/forge/forge.h"

enum appx_odd {
	APPX_WIDE = 1 << 0, /* ZIP64 end records */
	APPX_IS_BUNDLE = 1 << 1,
	APPX_MISPLACED = 1 << 2,   /* the bundle's manifest says another place */
	APPX_LONG_FILE = 1 << 3,   /* of several blocks, stored */
	APPX_CHANGED = 1 << 4,     /* a file, after signing */
	APPX_ADDED = 1 << 5,       /* an entry, after signing */
	APPX_UNMAPPED = 1 << 6,    /* an entry that the block map leaves out, signed so */
	APPX_LEFT_OVER = 1 << 7,   /* a row of the block map without a file, signed so */
	APPX_WRONG_BLOCK = 1 << 8, /* a wrong digest in the block map, signed so */
	APPX_OTHER_NAME = 1 << 9,  /* the manifest names another publisher */
	APPX_TAG_MISSING = 1 << 10,
	APPX_TAG_TWICE = 1 << 11,
	APPX_TAG_UNKNOWN = 1 << 12,
	APPX_OTHER_KIND = 1 << 13, /* a signature for an installer package */
	APPX_NO_MAGIC = 1 << 14,
	APPX_DEFLATED = 1 << 15,    /* the signature */
	APPX_MAP_CHANGED = 1 << 16, /* file and block map, after signing */
	APPX_CATALOG = 1 << 17,     /* AppxMetadata/CodeIntegrity.cat */
	APPX_NO_MAP = 1 << 18,
	APPX_CATALOG_NONE = 1 << 19,    /* some text in its place, signed so */
	APPX_CATALOG_ALTERED = 1 << 20, /* its list, before the package was signed */
	APPX_CATALOG_CHANGED = 1 << 21, /* after that */
};

/* @number: another one, other files. */
void forge_appx_make(struct forge *f, unsigned odd, unsigned number, struct buffer *out);
