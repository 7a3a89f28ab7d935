/* SPDX-License-Identifier: MIT */
/*
 * Vendors: what users and we know about who signs what (data/vendors.tsv, and a
 * file of the administrator in the same form).
 *
 * A line: vendor TAB pattern-of-company TAB pattern-of-product TAB signs (always,
 * often, never) TAB note.  '#' begins a comment, '*' is any text.  Patterns are
 * globs without regard to case.  Instead of a company a line may name a key, as
 * "sha256:" and the SHA-256 of its certificate: the product is then the name of
 * an Android package, which nobody else may sign.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define VENDORS_MAX 1024

enum vendor_signs { VENDOR_UNKNOWN, VENDOR_NEVER, VENDOR_OFTEN, VENDOR_ALWAYS };

struct vendor {
	const char *name, *company, *product; /* globs; NULL: any */
	enum vendor_signs signs;
	const char *note;
	const struct vendor *next;
};

struct vendors {
	const struct vendor *first; /* the first match wins */
};

/* Lines of @text before those in @under (NULL: none).  STATUS_MALFORMED: *@problem says where.
 */
MUST_CHECK enum status vendors_read(struct arena *a, struct span text,
				    const struct vendors *under, struct vendors *out,
				    const char **problem);
/* Those that we bring along. */
MUST_CHECK enum status vendors_default(struct arena *a, struct vendors *out);
/*
 * Does this row say whose @product is by a key ("sha256:HEX" of a certificate) instead of a
 * company?  @prefix: how keys begin.
 */
bool vendor_is_key(const struct vendor *v, const char *prefix, const char *product);
/* NULL: nobody that we know. */
const struct vendor *vendor_find(const struct vendors *v, const char *company,
				 const char *product);
