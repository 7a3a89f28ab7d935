/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic that signatures need, computed by libcrypto.
 *
 * Numbers are magnitudes, highest octet first.  Only public values pass
 * through here, so nothing needs constant time; and only big numbers and
 * points are used, no providers, so no configuration file is ever read and
 * nothing is left on libcrypto's error queue.
 */
#pragma once
#include "crypto/key.h"

/*
 * base ^ exponent mod modulus, as long as the modulus, in @out.
 * SIGNATURE_WRONG: modulus even, or base not below it.  UNKNOWN: no memory.
 */
enum signature_result libcrypto_power(struct span base, struct span exponent,
				      struct span modulus, uint8_t *out, size_t room);

/* The signature {r, s} over a hash, of a key that is a point on @curve (SEC 1, 4.1.4). */
struct signature_pair {
	struct span r, s;
};
enum signature_result libcrypto_ecdsa(enum key_curve curve, struct span point, struct span hash,
				      const struct signature_pair *signature);

/* The same for DSA (FIPS 186-4, 4.7). */
struct dsa_key {
	struct span p, q, g, y;
};
enum signature_result libcrypto_dsa(const struct dsa_key *key, struct span hash,
				    const struct signature_pair *signature);
