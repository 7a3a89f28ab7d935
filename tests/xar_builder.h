/* SPDX-License-Identifier: MIT */
/* Archives as macOS installs them, signed by the forge, and what can be wrong with them. */
#pragma once
#include "tests/forge/forge.h"

enum xar_odd {
	XAR_WITH_CMS = 1 << 0,
	XAR_WITH_RSA = 1 << 1,
	XAR_BY_SHA1 = 1 << 2,        /* checksums of the table and of the files */
	XAR_TOC_CHANGED = 1 << 3,    /* after signing, under the old checksum */
	XAR_TOC_REHASHED = 1 << 4,   /* the same, under its own */
	XAR_STORED_CHANGED = 1 << 5, /* the checksum alone */
	XAR_FILE_CHANGED = 1 << 6,   /* a bit of one file */
	XAR_FILES_CHANGED = 1 << 7,  /* all of them */
	XAR_FILE_BARE = 1 << 8,      /* one has no checksum, as it was signed */
	XAR_GAP = 1 << 9,            /* bytes between two files */
	XAR_BEHIND = 1 << 10,        /* bytes behind the archive */
	XAR_OVERLAPS = 1 << 11,      /* a file begins inside another */
	XAR_SHARES = 1 << 12,        /* two files with one place */
	XAR_OUTSIDE = 1 << 13,       /* a file outside of the heap */
	XAR_STAPLED = 1 << 14,       /* a ticket behind the archive */
	XAR_STAPLED_OPEN = 1 << 15,  /* without the trailer that ends it */
	XAR_HEADER_CONTRADICTS = 1 << 16,
	XAR_RSA_BAD = 1 << 17,
	XAR_CMS_BAD = 1 << 18,
	XAR_BEHIND_CMS = 1 << 19,     /* bytes in the room of the signature */
	XAR_CHECKSUM_TWICE = 1 << 20, /* one file has two checksums */
	XAR_PLAIN_WRONG = 1 << 21,    /* the header says another length of the table */
	XAR_NO_CHECKSUM = 1 << 22,    /* of the table */
	XAR_TWO_CMS = 1 << 23,
	XAR_DOCTYPE = 1 << 24,
};
/* Other contents of all files. */
#define XAR_NUMBER(n)  ((unsigned)(n) % 128 << 25)
#define XAR_FILES      5
#define XAR_FILE_BYTES 40

void xar_build(struct forge *f, unsigned odd, struct buffer *out);
