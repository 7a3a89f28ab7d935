/* SPDX-License-Identifier: MIT */
/*
 * Authenticode: PE claims -> facts.
 *
 * In two steps, because all digests of a file are computed in one pass over
 * it: begin() reads the signatures and says which digests are wanted, the
 * caller computes them, finish() compares, verifies and asks for trust.
 */
#pragma once
#include "formats/pe/pe.h"
#include "verify/fact.h"

#define AUTH_MAX_DEPTH  4
#define AUTH_MAX_SIGS   32
#define AUTH_MAX_STAMPS 64 /* of all signatures of a file; the most seen is 6 */

struct authenticode;

struct authenticode_settings {
	struct trust_store *store;
	struct trust_policy policy;
};

/* @out->jobs are to be computed; then authenticode_finish(). */
struct authenticode_work {
	struct authenticode *state;
	struct digest_job *jobs;
	size_t n_jobs;
};

MUST_CHECK enum status authenticode_begin(struct arena *a, const struct container *box,
					  struct findings *findings,
					  struct authenticode_work *out);

/* Facts in file order, outer before nested; NULL: no signature. */
MUST_CHECK enum status authenticode_finish(struct arena *a, struct authenticode_work *work,
					   const struct authenticode_settings *settings,
					   struct findings *findings, struct fact **out);
