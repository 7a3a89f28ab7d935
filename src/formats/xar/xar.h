/* SPDX-License-Identifier: MIT */
/*
 * XAR: archives as macOS uses them for installer packages (.pkg).
 *
 * Follows the XAR file format (mackyle/xar wiki, "xarformat"; Apple, xar/include/
 * xar.h.in) and notarization.cpp (Security framework) for what stands behind
 * the archive.  A header leads to a table of contents, XML packed by zlib;
 * what it names lies in the heap behind it.  A signature covers the table
 * alone; files are bound to it by the checksums of their packed bytes.
 */
#pragma once
#include "formats/format.h"

#define XAR_SCHEME           "xar"
#define XAR_HEADER           28
#define XAR_MAX_TOC          ((uint64_t)64 << 20) /* packed, and as XML */
#define XAR_MAX_EXTENTS      ((size_t)1 << 16)
#define XAR_MAX_SIGNATURE    ((uint64_t)4 << 20)
#define XAR_MAX_CERTIFICATES 16
#define XAR_MAX_TRAILERS     8

enum xar_checksum {
	XAR_CHECKSUM_NONE, /* there is none, or one of a kind that is not known */
	XAR_MD5,
	XAR_SHA1,
	XAR_SHA256,
	XAR_SHA512,
};
#define XAR_CHECKSUMS (XAR_SHA512 + 1)

/* What a file or an extended attribute has in the heap. */
struct xar_extent {
	struct range where; /* in the file; never zero long */
	enum xar_checksum kind;
	struct span checksum; /* of its packed bytes: as many as .kind has */
	const char *name;     /* printable ASCII */
};

enum xar_style { XAR_CMS, XAR_RSA };
#define XAR_STYLES (XAR_RSA + 1)

struct xar_signature {
	struct range where; /* zero long: there is none */
	struct span bytes;
	struct span certificates[XAR_MAX_CERTIFICATES]; /* DER, as X509Data has them */
	size_t n_certificates;
};

struct xar_image {
	struct range toc;           /* packed */
	enum xar_checksum checksum; /* of the packed table */
	struct range checksum_where;
	struct span stored;               /* the checksum as the heap has it */
	const struct xar_extent *extents; /* in file order, apart from each other */
	size_t n_extents;
	struct xar_signature signatures[XAR_STYLES];
	uint64_t heap,
		tail; /* where they begin; .tail: tickets behind the archive, or its end */
	struct range tickets[XAR_MAX_TRAILERS];
	size_t n_tickets, n_holes;
	bool broken;
};

extern const struct format format_xar;
