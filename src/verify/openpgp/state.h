/* SPDX-License-Identifier: MIT */
/* What the steps of the scheme share.  Private to src/verify/openpgp. */
#pragma once
#include "crypto/openpgp.h"
#include "formats/deb/deb.h"
#include "formats/rpm/rpm.h"
#include "verify/openpgp/openpgp_scheme.h"

#define LISTED_DIGESTS 2 /* MD5 and SHA-1, as dpkg-sig lists them */
#define NO_JOB         SIZE_MAX

/* One signature, or a claim that holds none that can be read. */
struct openpgp_item {
	const struct claim *claim;
	const struct openpgp_signature *signature; /* NULL: see .problem */
	const char *problem;
	bool clear;       /* what is signed is a text around which the signature stands */
	struct span text; /* that text */
	bool of_digest;   /* what is signed is the SHA-256 of the bytes, in hex */
	size_t job;       /* NO_JOB: nothing to compute */
	struct openpgp_item *next;
};

struct openpgp_state {
	struct arena *arena;
	struct openpgp_item *first, *last;
	size_t n_items;
	struct digest_job *jobs;
	size_t n_jobs;
	size_t payload_job; /* of an RPM package: what its header says of the payload */
	size_t listed_job;  /* the first of LISTED_DIGESTS for each part of a deb */
};

/* The digest that an RSA signature was made over; DIGEST_NONE: it does not say. */
MUST_CHECK enum status openpgp_recover(const struct openpgp_key *key,
				       const struct openpgp_signature *s, struct digest *out);

/* Why a signature is not worth much, whoever made it (a literal); NULL: it is. */
const char *openpgp_weakness(const struct openpgp_key *key, const struct openpgp_signature *s);

/* Trust in the signer of a signature whose mathematics hold, and his name. */
MUST_CHECK enum status openpgp_trust(struct arena *a, struct scheme_case *c,
				     const struct openpgp_signature *s,
				     struct openpgp_found *found, struct fact *fact);

/*
 * What the signed bytes say of others: an RPM header of its payload, a list of
 * dpkg-sig of the members; and what nothing is said of.  For a good signature.
 */
MUST_CHECK enum status openpgp_bind(struct scheme_case *c, const struct scheme_work *work,
				    const struct openpgp_item *item, struct fact *fact);

/* The jobs that openpgp_bind() asks for. */
MUST_CHECK enum status openpgp_bind_plan(const struct scheme_case *c,
					 struct openpgp_state *state);
MUST_CHECK enum status openpgp_job_add(struct openpgp_state *state,
				       enum digest_algorithm algorithm, struct coverage covered,
				       size_t *out);
