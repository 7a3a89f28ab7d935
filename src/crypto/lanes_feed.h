/* SPDX-License-Identifier: MIT */
/*
 * Feed: one digest job under way.  It walks its pieces and hands their bytes
 * to its stream (or to EVP) as far as they are at hand.
 */
#pragma once
#include "crypto/lanes.h"
#include "crypto/lanes_stream.h"
#include <openssl/types.h>

struct inflater;

#define FEED_TURN                                                                              \
	((size_t)16 << 10)   /* handed out at a time, so that streams can take turns           \
			      */
#define FEED_NONE UINT64_MAX /* no offset */

/* How to compute each algorithm.  EVP's are fetched once: a fetch costs more than a page. */
struct digest_methods {
	bool use_cpu;
	EVP_MD *fetched[DIGEST_BLAKE2B + 1];
};
void digest_methods_free(struct digest_methods *m);

struct reading;

struct feed {
	struct reading *reading; /* the file that it belongs to */
	struct digest_job *job;  /* NULL: free */
	size_t piece;            /* under way */
	uint64_t done;           /* of this piece */
	struct span part;        /* at hand and not yet taken */
	bool streams, padded;
	struct stream stream;
	EVP_MD_CTX *context;    /* kept for the next job */
	struct inflater *plain; /* the same; NULL: none was wanted yet */
	bool inflating;         /* a stream is under way */
};

enum feed_state {
	FEED_BLOCKS, /* these blocks have to be compressed next */
	FEED_WAITS,  /* for bytes outside the window */
	FEED_DONE,   /* the job has its result */
	FEED_FAILED, /* libcrypto refused, or no memory for zlib */
};

/* STATUS_MALFORMED: a range outside a file of @size bytes; STATUS_LIMIT. */
MUST_CHECK enum status coverage_check(const struct coverage *c, uint64_t size);

/* The first byte of the file that @c covers, or FEED_NONE. */
uint64_t coverage_first(const struct coverage *c);

/*
 * How far the file is wanted without a step back, but not beyond @limit:
 * from byte @done of piece @piece on.
 */
uint64_t coverage_until(const struct coverage *c, size_t piece, uint64_t done, uint64_t limit);

MUST_CHECK enum status feed_begin(struct feed *f, struct digest_job *job,
				  struct digest_methods *m);

/* Goes on with the bytes of @window. */
enum feed_state feed_run(struct feed *f, const struct view_piece *window, struct span *blocks);

/* Where the byte lies that a feed waits for. */
uint64_t feed_wants(const struct feed *f);

void feed_free(struct feed *f);
