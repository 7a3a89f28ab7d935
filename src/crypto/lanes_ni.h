/* SPDX-License-Identifier: MIT */
/* What the kernels for x86 share: four rounds of SHA-1 and of SHA-256, in registers. */
#pragma once
#include "crypto/lanes_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define NI_TARGET __attribute__((target("sha,sse4.1,ssse3")))
#define NI_INLINE static inline __attribute__((always_inline, target("sha,sse4.1,ssse3")))
#define NI_UNROLL _Pragma("GCC unroll 20")

/* The 16 newest words of the message schedule, four to a register. */
struct ni_words {
	__m128i w[4];
};

NI_INLINE struct ni_words ni_load(const uint8_t *block, __m128i order)
{
	struct ni_words out;

	NI_UNROLL
	for (size_t i = 0; i < 4; i++)
		out.w[i] =
			_mm_shuffle_epi8(_mm_loadu_si128((const __m128i_u *)block + i), order);
	return out;
}

/* SHA-256: the state as the instructions want it. */
struct ni_sha256 {
	__m128i abef, cdgh;
};

/* Byte order for ni_load(): words turned round, in place. */
NI_INLINE __m128i ni_sha256_order(void)
{
	return _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
}

/* The constants of FIPS 180-4, 4.2.2. */
static const uint32_t ni_sha256_k[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2
};

NI_INLINE struct ni_sha256 ni_sha256_in(const uint32_t state[8])
{
	__m128i dcba = _mm_loadu_si128((const __m128i_u *)state);
	__m128i hgfe = _mm_loadu_si128((const __m128i_u *)state + 1);
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xb1);
	__m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);

	return (struct ni_sha256){ _mm_alignr_epi8(cdab, efgh, 8),
				   _mm_blend_epi16(efgh, cdab, 0xf0) };
}

NI_INLINE void ni_sha256_out(struct ni_sha256 s, uint32_t state[8])
{
	__m128i feba = _mm_shuffle_epi32(s.abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(s.cdgh, 0xb1);

	_mm_storeu_si128((__m128i_u *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i_u *)state + 1, _mm_alignr_epi8(dchg, feba, 8));
}

NI_INLINE struct ni_sha256 ni_sha256_add(struct ni_sha256 x, struct ni_sha256 y)
{
	return (struct ni_sha256){ _mm_add_epi32(x.abef, y.abef),
				   _mm_add_epi32(x.cdgh, y.cdgh) };
}

/* Rounds 4i to 4i+3, i < 16. */
NI_INLINE void ni_sha256_rounds(struct ni_sha256 *s, struct ni_words *m, size_t i)
{
	__m128i *now = &m->w[i % 4], last = m->w[(i + 3) % 4];
	__m128i wk;

	if (i >= 4) {
		__m128i mid = _mm_alignr_epi8(last, m->w[(i + 2) % 4], 4);

		*now = _mm_sha256msg1_epu32(*now, m->w[(i + 1) % 4]);
		*now = _mm_sha256msg2_epu32(_mm_add_epi32(*now, mid), last);
	}
	wk = _mm_add_epi32(*now, _mm_load_si128((const __m128i *)ni_sha256_k + i));
	s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, wk);
	s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(wk, 0x0e));
}

/* SHA-1: the state as the instructions want it. */
struct ni_sha1 {
	__m128i abcd, e;
};

/* Byte order for ni_load(): all 16 bytes turned round. */
NI_INLINE __m128i ni_sha1_order(void)
{
	return _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
}

NI_INLINE struct ni_sha1 ni_sha1_in(const uint32_t state[5])
{
	__m128i abcd = _mm_loadu_si128((const __m128i_u *)state);

	return (struct ni_sha1){ _mm_shuffle_epi32(abcd, 0x1b),
				 _mm_set_epi32((int)state[4], 0, 0, 0) };
}

NI_INLINE void ni_sha1_out(struct ni_sha1 s, uint32_t state[5])
{
	_mm_storeu_si128((__m128i_u *)state, _mm_shuffle_epi32(s.abcd, 0x1b));
	state[4] = (uint32_t)_mm_extract_epi32(s.e, 3);
}

/* The state after 80 rounds, added to the one before them. */
NI_INLINE struct ni_sha1 ni_sha1_add(struct ni_sha1 after, struct ni_sha1 before)
{
	return (struct ni_sha1){ _mm_add_epi32(after.abcd, before.abcd),
				 _mm_sha1nexte_epu32(after.e, before.e) };
}

/* Four rounds with the function and the constant of quarter @f. */
NI_INLINE __m128i ni_sha1_four(__m128i abcd, __m128i e, size_t f)
{
	switch (f) {
	case 0: return _mm_sha1rnds4_epu32(abcd, e, 0);
	case 1: return _mm_sha1rnds4_epu32(abcd, e, 1);
	case 2: return _mm_sha1rnds4_epu32(abcd, e, 2);
	default: return _mm_sha1rnds4_epu32(abcd, e, 3);
	}
}

/* Rounds 4i to 4i+3, i < 20.  Between rounds .e holds the a to e's turn. */
NI_INLINE void ni_sha1_rounds(struct ni_sha1 *s, struct ni_words *m, size_t i)
{
	__m128i *now = &m->w[i % 4], before = s->abcd, e;

	if (i >= 4) {
		*now = _mm_sha1msg1_epu32(*now, m->w[(i + 1) % 4]);
		*now = _mm_xor_si128(*now, m->w[(i + 2) % 4]);
		*now = _mm_sha1msg2_epu32(*now, m->w[(i + 3) % 4]);
	}
	e = i == 0 ? _mm_add_epi32(s->e, *now) : _mm_sha1nexte_epu32(s->e, *now);
	s->abcd = ni_sha1_four(s->abcd, e, i / 5);
	s->e = before;
}
#endif
