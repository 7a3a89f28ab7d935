/* SPDX-License-Identifier: MIT */
/* NuGet packages, signed well and badly by authors and repositories. */
#pragma once
#include "tests/forge/forge.h"

enum nuget_odd {
	NUGET_SIGNED_TWICE = 1 << 0,   /* two signature files */
	NUGET_DEFLATED = 1 << 1,       /* the signature is packed */
	NUGET_WITH_COMMENT = 1 << 2,   /* behind the end record, signed as well */
	NUGET_IN_FRONT = 1 << 3,       /* the signature is the first entry */
	NUGET_WIDE = 1 << 4,           /* ZIP64 records */
	NUGET_GAP = 1 << 5,            /* bytes behind the signature's data */
	NUGET_EXTRA = 1 << 6,          /* an extra field in its directory record */
	NUGET_CHANGED = 1 << 7,        /* a bit of another entry, after signing */
	NUGET_ADDED = 1 << 8,          /* an entry, after signing */
	NUGET_OTHER_NAMED = 1 << 9,    /* signing-certificate-v2 of somebody else */
	NUGET_NOT_NAMED = 1 << 10,     /* none */
	NUGET_RECEIPT = 1 << 11,       /* by a repository */
	NUGET_BOTH_ROLES = 1 << 12,    /* and by the author */
	NUGET_NO_INDEX = 1 << 13,      /* a repository without an address */
	NUGET_COUNTERSIGNED = 1 << 14, /* by "repository" */
	NUGET_COUNTER_BAD = 1 << 15,   /* badly */
	NUGET_ATTRIBUTES = 1 << 16,    /* external attributes */
	NUGET_BEHIND_DER = 1 << 17,    /* bytes behind the SignedData, inside the entry */
};

#define NUGET_TEXT "Version:1\n\n2.16.840.1.101.3.4.2.1-Hash:%s\n\n"

struct forge_nuget {
	struct forge_signature sign;
	unsigned odd;     /* enum nuget_odd */
	const char *text; /* instead of NUGET_TEXT; %s: the hash */
	unsigned number;  /* another one, other files */
};
void forge_nuget_make(struct forge *f, const struct forge_nuget *wanted, struct buffer *out);
