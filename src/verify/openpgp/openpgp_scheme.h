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
