/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4, 6.2.2) with the SHA extensions of x86, one stream and
 * two interleaved.  A kernel: takes whole spans, and steps through them itself.
 */
#include "crypto/lanes_ni.h"

#if defined(__x86_64__)
NI_TARGET void sha256_blocks(uint32_t state[8], struct span in)
{
	const __m128i order = ni_sha256_order();
	struct ni_sha256 s = ni_sha256_in(state);

	for (size_t at = 0; at < in.len; at += SHA_BLOCK) {
		struct ni_words m = ni_load(in.ptr + at, order);
		struct ni_sha256 before = s;

		NI_UNROLL
		for (size_t i = 0; i < 16; i++)
			ni_sha256_rounds(&s, &m, i);
		s = ni_sha256_add(s, before);
	}
	ni_sha256_out(s, state);
}

NI_TARGET void sha256_blocks_2(uint32_t a[8], struct span in_a, uint32_t b[8], struct span in_b)
{
	const __m128i order = ni_sha256_order();
	struct ni_sha256 s = ni_sha256_in(a), t = ni_sha256_in(b);

	for (size_t at = 0; at < in_a.len; at += SHA_BLOCK) {
		struct ni_words m = ni_load(in_a.ptr + at, order);
		struct ni_words n = ni_load(in_b.ptr + at, order);
		struct ni_sha256 s_before = s, t_before = t;

		NI_UNROLL
		for (size_t i = 0; i < 16; i++) {
			ni_sha256_rounds(&s, &m, i);
			ni_sha256_rounds(&t, &n, i);
		}
		s = ni_sha256_add(s, s_before);
		t = ni_sha256_add(t, t_before);
	}
	ni_sha256_out(s, a);
	ni_sha256_out(t, b);
}
#else
void sha256_blocks(uint32_t state[8], struct span in)
{
	(void)state, (void)in;
}

void sha256_blocks_2(uint32_t a[8], struct span in_a, uint32_t b[8], struct span in_b)
{
	(void)a, (void)in_a, (void)b, (void)in_b;
}
#endif
