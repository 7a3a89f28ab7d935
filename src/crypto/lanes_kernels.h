/* SPDX-License-Identifier: MIT */
/*
 * Kernels: the compression functions of SHA-1 and SHA-256 (FIPS 180-4, 6.1.2
 * and 6.2.2) on the SHA extensions of x86.
 *
 * One stream leaves most of the hash unit idle, because each round waits for
 * the one before it.  The kernels for several streams fill these gaps: two of
 * SHA-256 nearly do, four do wholly.
 *
 * Each span is whole blocks of 64 bytes, and those of one call are equally
 * long.  Call nothing here unless kernels_available().
 */
#pragma once
#include "base/span.h"

#define SHA_BLOCK    ((size_t)64)
#define SHA_TOGETHER 4 /* streams of SHA-256, at most */

/* Has this CPU (and this build) the SHA extensions?  Cheap: asks no CPUID. */
bool kernels_available(void);

/* @n streams, 1 to SHA_TOGETHER. */
void sha256_blocks(uint32_t *const state[], const struct span in[], size_t n);

void sha1_blocks(uint32_t state[5], struct span in);
void sha1_blocks_2(uint32_t a[5], struct span in_a, uint32_t b[5], struct span in_b);

/* SHA-1 of one stream beside SHA-256 of another, or of the same bytes. */
void sha1_sha256_blocks(uint32_t one[5], struct span in_one, uint32_t two[8],
			struct span in_two);
