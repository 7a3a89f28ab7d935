/* SPDX-License-Identifier: MIT */
/*
 * Builds certificate trust lists as Microsoft publishes them, under a test
 * authority, the right way and every wrong way that the tests ask for.
 */
#pragma once
#include "tests/cms_builder.h"

#define LIST_USAGE_ROOTS      OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x09")
#define LIST_USAGE_DISALLOWED OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x1e")
#define LIST_USAGE_CODE       OID("\x2b\x06\x01\x05\x05\x07\x03\x03")
#define LIST_BY_SHA1          OID("\x2b\x0e\x03\x02\x1a")
#define LIST_BY_PROPERTY      OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x0b\x0f")

/* Who signs: root -> authority -> signer.  Zeroed fields take what is right. */
struct list_authority_plan {
	const char *from, *until; /* of the signer: UTCTime */
	struct span usage;        /* of the signer; empty: root lists */
	bool without_usage;
	bool authority_is_no_ca;
	bool authority_for_code; /* its usages do not allow lists */
};

struct list_authority {
	EVP_PKEY *root_key, *authority_key, *signer_key;
	struct buffer root, authority, signer; /* certificates */
};

void list_authority_make(struct list_authority *a, const struct list_authority_plan *plan);
void list_authority_free(struct list_authority *a);

struct list_property {
	unsigned number; /* 0 ends */
	struct span value;
};
#define LIST_MAX_PROPERTIES 8

struct list_entry {
	struct span tag;
	struct list_property properties[LIST_MAX_PROPERTIES];
};

struct list_plan {
	struct span usage, algorithm;
	uint64_t sequence;
	bool without_sequence;
	const char *made; /* UTCTime; NULL: 2026-04-22 */
	const struct list_entry *entries;
	size_t n;
	bool spoil_signature;
	bool without_signer; /* its certificate is not in it */
};
void list_build(struct buffer *to, const struct list_authority *a,
		const struct list_plan *plan);
