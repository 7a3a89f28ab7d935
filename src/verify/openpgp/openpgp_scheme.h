/* SPDX-License-Identifier: MIT */
/*
 * OpenPGP signatures over files: in Debian and RPM packages, beside their data, around
 * their text (RFC 9580; debsigs, dpkg-sig, "RPM Package format").
 */
#pragma once
#include "crypto/openpgp.h"
#include "verify/scheme.h"

#define OPENPGP_MAX_SIGNATURES 32 /* of one file */

extern const struct scheme scheme_openpgp;

/* The key of a signature: who made it?  out->component NULL: the key is not known. */
struct openpgp_found {
	struct openpgp_signer signer;
	enum signature_result result; /* of the mathematics */
};
MUST_CHECK enum status openpgp_key_find(struct arena *a, const struct trust_store *store,
					const struct openpgp_signature *s,
					const struct digest *hash, struct openpgp_found *out);

/* Whose keys are believed, and when. */
struct openpgp_believer {
	const struct trust_store *store;
	int64_t now;
};

/* What is signed, in parts that are joined. */
#define OPENPGP_CONTENT_PARTS 3
struct openpgp_content {
	struct span parts[OPENPGP_CONTENT_PARTS];
	size_t n;
};

struct openpgp_voucher {
	uint8_t key[32]; /* SHA-256 of the fingerprint */
	const char *owner;
};

/*
 * The first anchored key that made one of the signatures in @block over @content, with
 * no objection to it.  STATUS_NOT_MINE: there is none.
 */
MUST_CHECK enum status openpgp_vouch(struct arena *a, const struct openpgp_believer *trust,
				     struct span block, const struct openpgp_content *content,
				     struct openpgp_voucher *out);
