/* SPDX-License-Identifier: MIT */
/*
 * Kernels: the compression functions of SHA-1 and SHA-256 (FIPS 180-4, 6.1.2
 * and 6.2.2) on the SHA extensions of x86.
 *
 * One stream leaves most of the hash unit idle, because each round waits for
 * the one before it.  The kernels for two streams fill these gaps.
 *
 * Each span is whole blocks of 64 bytes, and the two spans of a pair are
 * equally long.  Call nothing here unless kernels_available().
 */
#pragma once
#include "base/span.h"

#define SHA_BLOCK ((size_t)64)

/* Has this CPU (and this build) the SHA extensions?  Cheap: asks no CPUID. */
bool kernels_available(void);

void sha256_blocks(uint32_t state[8], struct span in);
void sha256_blocks_2(uint32_t a[8], struct span in_a, uint32_t b[8], struct span in_b);

void sha1_blocks(uint32_t state[5], struct span in);
void sha1_blocks_2(uint32_t a[5], struct span in_a, uint32_t b[5], struct span in_b);

/* SHA-1 of one stream beside SHA-256 of another, or of the same bytes. */
void sha1_sha256_blocks(uint32_t one[5], struct span in_one, uint32_t two[8],
			struct span in_two);
