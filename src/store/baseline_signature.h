/* SPDX-License-Identifier: MIT */
/*
 * Signature of a baseline: who says that it is the one that was written.
 *
 * A list bundle without content (store/list_bundle.h) in the file PATH.sig: its
 * name is "baseline", its sequence the baseline's number, its digest the
 * baseline's root, "before" the root of the baseline before.  Nobody need have
 * signed it yet: who keeps the key elsewhere takes this file there, and signs it
 * without the baseline.
 *
 * A new one stands in PATH.sig.next before the baseline takes its place, and
 * becomes PATH.sig afterwards: whenever the power fails, one of both fits.
 */
#pragma once
#include "store/baseline.h"
#include "store/list_bundle.h"

#define BASELINE_SIGNATURE_MAX ((size_t)16 << 10)

/* @about and the rest become the file at @path, signed by @key (NULL: by nobody yet). */
MUST_CHECK enum status baseline_commit(struct arena *a, struct baseline_writer *w,
				       const struct baseline_about *about, const char *path,
				       const struct ed25519_key *key, uint8_t root[32]);

/*
 * Is the baseline at @path signed by one of the keys, which *@by then is?
 * STATUS_NOT_MINE: nobody signed it that is known; STATUS_USAGE: it, or its
 * signature, is not what was signed; *@problem says what.
 */
MUST_CHECK enum status baseline_signature_check(struct arena *a, const char *path,
						const struct baseline *b,
						const struct bundle_trust *trust,
						const struct ed25519_key **by,
						const char **problem);

/* Reads a signature file to be signed elsewhere.  *@problem says why not. */
MUST_CHECK enum status baseline_signature_read(struct arena *a, const char *path,
					       struct bundle *out, const char **problem);
/* Adds the signature of @key to it. */
MUST_CHECK enum status baseline_signature_add(const char *path, const struct bundle *b,
					      const struct ed25519_key *key);
