/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4, 6.2.2) with the SHA extensions of x86, one to
 * four streams interleaved.  A kernel: takes whole spans, and steps through them itself.
 */
#include "crypto/lanes_ni.h"

#if defined(__x86_64__)
/* @n is a constant wherever this goes: all loops but one are unrolled. */
NI_INLINE void blocks_together(uint32_t *const state[], const struct span in[], size_t n)
{
	const __m128i order = ni_sha256_order();
	struct ni_sha256 s[SHA_TOGETHER], before[SHA_TOGETHER];
	struct ni_words m[SHA_TOGETHER];

	NI_UNROLL
	for (size_t k = 0; k < n; k++)
		s[k] = ni_sha256_in(state[k]);
	for (size_t at = 0; at < in[0].len; at += SHA_BLOCK) {
		NI_UNROLL
		for (size_t k = 0; k < n; k++) {
			m[k] = ni_load(in[k].ptr + at, order);
			before[k] = s[k];
		}
		NI_UNROLL
		for (size_t i = 0; i < 16; i++) {
			NI_UNROLL
			for (size_t k = 0; k < n; k++)
				ni_sha256_rounds(&s[k], &m[k], i);
		}
		NI_UNROLL
		for (size_t k = 0; k < n; k++)
			s[k] = ni_sha256_add(s[k], before[k]);
	}
	NI_UNROLL
	for (size_t k = 0; k < n; k++)
		ni_sha256_out(s[k], state[k]);
}

NI_TARGET void sha256_blocks(uint32_t *const state[], const struct span in[], size_t n)
{
	switch (n) {
	case 1: blocks_together(state, in, 1); break;
	case 2: blocks_together(state, in, 2); break;
	case 3: blocks_together(state, in, 3); break;
	default: blocks_together(state, in, SHA_TOGETHER); break;
	}
}
#else
void sha256_blocks(uint32_t *const state[], const struct span in[], size_t n)
{
	(void)state, (void)in, (void)n;
}
#endif
