/* SPDX-License-Identifier: MIT */
/*
 * Stream: one SHA-1 or SHA-256 under way, cut into whole blocks so that any
 * kernel may work on it (FIPS 180-4, 5.1.1, 5.2.1, 5.3).
 *
 *	stream_begin(&s, DIGEST_SHA256);
 *	for each part:
 *		while (stream_take(&s, &part, &blocks))
 *			stream_compress(&s, blocks);
 *	stream_compress(&s, stream_last(&s));
 *	stream_result(&s, &digest);
 */
#pragma once
#include "crypto/digest.h"
#include "crypto/lanes_kernels.h"

struct stream {
	enum digest_algorithm algorithm;
	uint32_t state[8];
	uint64_t len; /* bytes so far */
	uint8_t partial[2 *
			SHA_BLOCK]; /* a block that is not full; at the end also the padding */
	size_t n_partial;
};

/* Can a stream compute @a here? */
bool stream_can(enum digest_algorithm a);

void stream_begin(struct stream *s, enum digest_algorithm a);

/*
 * Takes bytes off the front of *@in.  True: *@blocks must be compressed before
 * the next call; false: it is empty, and *@in is used up.
 */
MUST_CHECK bool stream_take(struct stream *s, struct span *in, struct span *blocks);

/* The last blocks, with the padding; compress them, and there is stream_result(). */
struct span stream_last(struct stream *s);
void stream_result(const struct stream *s, struct digest *out);

void stream_compress(struct stream *s, struct span blocks);
/* The same for several streams at once, at most SHA_TOGETHER; the spans are equally long. */
void streams_compress(struct stream *const streams[], const struct span blocks[], size_t n);
