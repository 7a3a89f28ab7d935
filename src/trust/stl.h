/* SPDX-License-Identifier: MIT */
/*
 * Certificate trust lists: authroot.stl and disallowedcert.stl.
 *
 * [MS-CAESO] 4.4.5.6 and the 2009 paper on them: CMS SignedData around a
 * CertificateTrustList.  A list is believed only if its signature holds, its
 * signer may publish such lists and leads to a pinned root, all at the time at
 * which the list says it was made: it carries no timestamp, and its signer's
 * certificate may long have expired when the list is still the newest.
 */
#pragma once
#include "crypto/cms.h"
#include "trust/database.h"

#define STL_MAX_ENTRIES 16384
#define STL_MAX_EDGES   32 /* signature checks for one list */
#define STL_MAX_DEPTH   4

struct stl_entry {
	struct span tag;    /* SHA-1 of a certificate; or what is disallowed */
	struct span sha256; /* of the certificate (98); empty: not given */
	const char *name;   /* (11); NULL: not given */
	bool has_eku;       /* (9) present; then limits.eku are all */
	struct anchor_limits limits;
};

struct stl {
	struct cms cms;
	struct list_info info; /* .name is left to the caller */
	struct stl_entry *entries;
	size_t n;
};

/* STATUS_NOT_MINE: no trust list.  STATUS_MALFORMED and others: *@problem (a literal). */
MUST_CHECK enum status stl_read(struct arena *a, struct span file, struct stl *out,
				const char **problem);

/* Is it signed by somebody who leads to one of @roots?  STATUS_USAGE: *@problem. */
MUST_CHECK enum status stl_verify(struct arena *a, const struct stl *list,
				  const struct certificate *roots, size_t n_roots,
				  const char **problem);

/* Is @sha256 a root under which Microsoft publishes its lists? */
MUST_CHECK bool stl_root_pinned(const uint8_t sha256[32]);

/* The sets that an entry of the root list is an anchor of. */
unsigned stl_entry_sets(const struct stl_entry *entry);
