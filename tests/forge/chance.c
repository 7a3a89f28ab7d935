/* SPDX-License-Identifier: MIT */
/*
 * Chance that repeats itself: keys, nonces and salts are the same in each run,
 * so that whatever a test finds can be found again.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "tests/forge/chance.h"

#include <openssl/rand.h>
#include <stdint.h>

static uint64_t state; /* of this test program */

static int chance_bytes(unsigned char *out, int n)
{
	for (int i = 0; i < n; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		out[i] = (unsigned char)(state >> 56);
	}
	return 1;
}

static int chance_status(void)
{
	return 1;
}

void chance_begin(unsigned long long seed)
{
	static const RAND_METHOD method = {
		.bytes = chance_bytes,
		.pseudorand = chance_bytes,
		.status = chance_status,
	};

	state = seed;
	(void)RAND_set_rand_method(&method);
}
