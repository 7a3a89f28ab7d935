/* SPDX-License-Identifier: MIT */
/* Length-prefixed sequences.  Private to src/verify/apk. */
#pragma once
#include "verify/apk/state.h"

/* The next bytes after their length; fails the cursor. */
struct span apk_prefixed(struct cursor *c);

/* All records of an algorithm and a value; false: they break off, or are too many. */
MUST_CHECK bool apk_records_read(struct span in, struct apk_record *out, size_t *n);

/* The strongest built-in algorithm that one of them names; NULL: none. */
const struct apk_algorithm *apk_algorithm_best(const struct apk_record *records, size_t n);
const struct apk_record *apk_record_best(const struct apk_record *records, size_t n);

/* Verifies @signature over @data by one of the algorithms. */
MUST_CHECK enum status apk_verify(const struct apk_algorithm *algorithm,
				  const struct public_key *key, struct span data,
				  struct span signature, enum signature_result *out);

/* Equal octets; or the same RSA numbers, which some certificates write as negative ones. */
bool apk_keys_equal(const struct public_key *a, const struct public_key *b);

/* Who signed: his certificate first. */
struct apk_identity {
	const struct certificate *certificates;
	size_t n_certificates;
	enum digest_algorithm digest;
};
/* The trust in a signer whose signature is good: judge.c */
MUST_CHECK enum status apk_trust_judge(struct arena *a, struct scheme_case *c,
				       struct fact *fact, const struct apk_identity *who);

/* What one signer of the block says, unverified. */
struct apk_glance {
	struct apk_record digests[APK_MAX_ALGORITHMS];
	size_t n_digests;
	struct span certificate; /* the first one */
	uint32_t min_sdk;        /* v3, v3.1: outside the signed data */
	bool for_previews; /* v3.1: of the release behind .min_sdk, before it has a number */
};
/* For signers one after the other; @pair NULL: there are none. */
struct cursor apk_glance_begin(const struct apk_pair *pair);
/* False: it cannot be read, or there is no other. */
MUST_CHECK bool apk_glance_next(struct cursor *signers, unsigned scheme,
				struct apk_glance *out);
