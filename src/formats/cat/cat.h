/* SPDX-License-Identifier: MIT */
/*
 * CAT: catalogs, signed lists of digests of files that carry no signature.
 *
 * A SignedData (PKCS #7) around a certificate trust list ([MS-CAESO] 4.4.5.6);
 * what stands in the list is as Windows' own catalogs show it.
 */
#pragma once
#include "formats/format.h"
#include "structure/ctl.h"

#define CAT_MAX_BYTES   ((uint64_t)64 << 20)
#define CAT_MAX_MEMBERS ((size_t)1 << 20)
#define CAT_MAX_DIGEST  64
#define CAT_MAX_NAME    256 /* of what a catalog says of itself and of a file, as text */

enum cat_kind {
	CAT_KIND_ANY,   /* it does not say */
	CAT_KIND_IMAGE, /* image digest of a program (PE) */
	CAT_KIND_FLAT,  /* digest of a file as it is */
};

struct cat_member {
	struct span tag;        /* as it stands */
	struct span attributes; /* its elements */
	enum cat_kind kind;
	uint8_t digest[CAT_MAX_DIGEST];
	size_t digest_len;     /* 0: neither tag nor attributes hold one */
	struct span algorithm; /* OID; empty: as its length says */
	bool tag_differs;      /* the tag is another digest */
};

struct cat_file {
	struct ctl list;
	uint64_t list_off; /* where the list's contents begin in the file */
	unsigned version;  /* 1, 2; 0: another */
	size_t n_members;
	const char *system, *package; /* OSAttr, PackageName: claims, escaped; NULL: none */
};

extern const struct format format_cat;

/* The members, one after the other: @c is a cursor over .list.subjects. */
MUST_CHECK bool cat_member_next(struct cursor *c, struct cat_member *out);
/* The file name that the catalog gives a member, escaped; NULL: none. */
const char *cat_member_name(struct arena *a, const struct cat_member *m);
