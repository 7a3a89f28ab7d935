/* SPDX-License-Identifier: MIT */
/*
 * Inflater: a raw deflate stream (RFC 1951, by zlib) that comes in parts.
 *
 * It says how long what comes out must be, and gives never more: so a bomb
 * costs no more than its own claim.
 */
#pragma once
#include "base/span.h"
#include "base/status.h"

struct inflater;

/* Kept for any number of streams, one after the other. */
MUST_CHECK enum status inflater_new(struct inflater **out);
void inflater_free(struct inflater *i);

/* A stream that must give exactly @plain bytes. */
void inflater_begin(struct inflater *i, uint64_t plain);

/* Has everything come out that had to, though the stream itself goes on? */
bool inflater_full(const struct inflater *i);

enum inflated {
	INFLATED_SOME,  /* *@out holds bytes, good until the next call */
	INFLATED_WANTS, /* all of @in was taken; more is wanted */
	INFLATED_ALL,   /* the stream ended, and gave what it had to */
	INFLATED_BAD,   /* no deflate stream, or it gives more or less */
	INFLATED_NO_MEMORY,
};

/* Goes on with @in, of which *@taken bytes were used. */
enum inflated inflater_run(struct inflater *i, struct span in, size_t *taken, struct span *out);
