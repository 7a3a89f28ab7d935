/* SPDX-License-Identifier: MIT */
/*
 * SHA-1 (FIPS 180-4, 6.1.2) with the SHA extensions of x86: one stream, two
 * interleaved, and one beside a SHA-256 (dual-signed files have both over the
 * same bytes).  A kernel: takes whole spans, and steps through them itself.
 */
#include "crypto/lanes_ni.h"

#if defined(__x86_64__)
NI_TARGET void sha1_blocks(uint32_t state[5], struct span in)
{
	const __m128i order = ni_sha1_order();
	struct ni_sha1 s = ni_sha1_in(state);

	for (size_t at = 0; at < in.len; at += SHA_BLOCK) {
		struct ni_words m = ni_load(in.ptr + at, order);
		struct ni_sha1 before = s;

		NI_UNROLL
		for (size_t i = 0; i < 20; i++)
			ni_sha1_rounds(&s, &m, i);
		s = ni_sha1_add(s, before);
	}
	ni_sha1_out(s, state);
}

NI_TARGET void sha1_blocks_2(uint32_t a[5], struct span in_a, uint32_t b[5], struct span in_b)
{
	const __m128i order = ni_sha1_order();
	struct ni_sha1 s = ni_sha1_in(a), t = ni_sha1_in(b);

	for (size_t at = 0; at < in_a.len; at += SHA_BLOCK) {
		struct ni_words m = ni_load(in_a.ptr + at, order);
		struct ni_words n = ni_load(in_b.ptr + at, order);
		struct ni_sha1 s_before = s, t_before = t;

		NI_UNROLL
		for (size_t i = 0; i < 20; i++) {
			ni_sha1_rounds(&s, &m, i);
			ni_sha1_rounds(&t, &n, i);
		}
		s = ni_sha1_add(s, s_before);
		t = ni_sha1_add(t, t_before);
	}
	ni_sha1_out(s, a);
	ni_sha1_out(t, b);
}

NI_TARGET void sha1_sha256_blocks(uint32_t one[5], struct span in_one, uint32_t two[8],
				  struct span in_two)
{
	const __m128i order_one = ni_sha1_order(), order_two = ni_sha256_order();
	struct ni_sha1 s = ni_sha1_in(one);
	struct ni_sha256 t = ni_sha256_in(two);

	for (size_t at = 0; at < in_one.len; at += SHA_BLOCK) {
		struct ni_words m = ni_load(in_one.ptr + at, order_one);
		struct ni_words n = ni_load(in_two.ptr + at, order_two);
		struct ni_sha1 s_before = s;
		struct ni_sha256 t_before = t;

		NI_UNROLL
		for (size_t i = 0; i < 20; i++) {
			ni_sha1_rounds(&s, &m, i);
			if (i < 16)
				ni_sha256_rounds(&t, &n, i);
		}
		s = ni_sha1_add(s, s_before);
		t = ni_sha256_add(t, t_before);
	}
	ni_sha1_out(s, one);
	ni_sha256_out(t, two);
}
#else
void sha1_blocks(uint32_t state[5], struct span in)
{
	(void)state, (void)in;
}

void sha1_blocks_2(uint32_t a[5], struct span in_a, uint32_t b[5], struct span in_b)
{
	(void)a, (void)in_a, (void)b, (void)in_b;
}

void sha1_sha256_blocks(uint32_t one[5], struct span in_one, uint32_t two[8],
			struct span in_two)
{
	(void)one, (void)in_one, (void)two, (void)in_two;
}
#endif
