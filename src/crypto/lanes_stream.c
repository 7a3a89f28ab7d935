/* SPDX-License-Identifier: MIT */
#include "crypto/lanes_stream.h"

#include "base/span_search.h"

bool stream_can(enum digest_algorithm a)
{
	return (a == DIGEST_SHA1 || a == DIGEST_SHA256) && kernels_available();
}

void stream_begin(struct stream *s, enum digest_algorithm a)
{
	static const uint32_t sha1[8] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
					  0xc3d2e1f0 };
	static const uint32_t sha256[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	s->algorithm = a;
	s->len = 0;
	s->n_partial = 0;
	memcpy(s->state, a == DIGEST_SHA1 ? sha1 : sha256, sizeof s->state);
}

bool stream_take(struct stream *s, struct span *in, struct span *blocks)
{
	size_t n;

	*blocks = SPAN_NONE;
	if (s->n_partial == 0 && in->len >= SHA_BLOCK) {
		n = in->len / SHA_BLOCK * SHA_BLOCK;
		*blocks = span_clip(*in, 0, n);
	} else {
		n = span_copy(&s->partial[s->n_partial], SHA_BLOCK - s->n_partial, *in);
		s->n_partial += n;
	}
	s->len += n;
	*in = span_after(*in, n);
	if (s->n_partial == SHA_BLOCK) {
		*blocks = (struct span){ s->partial, SHA_BLOCK };
		s->n_partial = 0;
	}
	return blocks->len > 0;
}

struct span stream_last(struct stream *s)
{
	size_t len = s->n_partial + 1 + sizeof s->len <= SHA_BLOCK ? SHA_BLOCK : 2 * SHA_BLOCK;
	uint64_t bits = s->len * 8;

	memset(&s->partial[s->n_partial], 0, len - s->n_partial);
	s->partial[s->n_partial] = 0x80;
	for (size_t i = 1; i <= sizeof bits; i++, bits >>= 8)
		s->partial[len - i] = (uint8_t)bits;
	return (struct span){ s->partial, len };
}

void stream_result(const struct stream *s, struct digest *out)
{
	out->algorithm = s->algorithm;
	for (size_t i = 0; i < digest_size(s->algorithm); i++)
		out->bytes[i] = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
}

static void sha256_compress(struct stream *const streams[], const struct span blocks[],
			    size_t n)
{
	uint32_t *states[SHA_TOGETHER];

	for (size_t i = 0; i < n; i++)
		states[i] = streams[i]->state;
	sha256_blocks(states, blocks, n);
}

void stream_compress(struct stream *s, struct span blocks)
{
	if (s->algorithm == DIGEST_SHA1)
		sha1_blocks(s->state, blocks);
	else
		sha256_compress(&s, &blocks, 1);
}

/* The first of them is SHA-1. */
static void sha1_compress_2(struct stream *const streams[2], const struct span blocks[2])
{
	if (streams[1]->algorithm == DIGEST_SHA1)
		sha1_blocks_2(streams[0]->state, blocks[0], streams[1]->state, blocks[1]);
	else
		sha1_sha256_blocks(streams[0]->state, blocks[0], streams[1]->state, blocks[1]);
}

void streams_compress(struct stream *const streams[], const struct span blocks[], size_t n)
{
	struct stream *ordered[SHA_TOGETHER];
	struct span in[SHA_TOGETHER];
	size_t n_sha1 = 0, first = 0, rest, at = 0;

	for (size_t i = 0; i < n; i++)
		n_sha1 += streams[i]->algorithm == DIGEST_SHA1;
	rest = n_sha1;
	for (size_t i = 0; i < n; i++) {
		size_t *place = streams[i]->algorithm == DIGEST_SHA1 ? &first : &rest;

		ordered[*place] = streams[i];
		in[(*place)++] = blocks[i];
	}
	for (; at < n_sha1 && at + 2 <= n; at += 2)
		sha1_compress_2(&ordered[at], &in[at]);
	if (at < n_sha1)
		stream_compress(ordered[at], in[at]);
	else if (at < n)
		sha256_compress(&ordered[at], &in[at], n - at);
}
