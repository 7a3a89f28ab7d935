/* SPDX-License-Identifier: MIT */
/*
 * Scheme: how one kind of signature becomes facts.
 *
 * In two steps, because all digests of a file are computed in one pass over
 * it: begin() reads the signatures and says which digests are wanted, the
 * caller computes them, finish() compares, verifies and asks for trust.
 */
#pragma once
#include "formats/format.h"
#include "source/companions.h"
#include "verify/fact.h"

/* A key that came neither with the file nor from the administrator: of a kernel image. */
struct outside_key {
	const struct certificate
		*certificate; /* NULL: not known; lives as long as the engine */
	const char *anchor; /* what vouches for it in the end; NULL: nothing that is believed */
	const char *why_not; /* then: a sentence */
};

/* Where keys are asked for that are nowhere else; a look-up that the caller passes in. */
struct key_source {
	const void *context;
	enum status (*find)(const void *context, struct arena *a,
			    const struct signer_name *name, struct outside_key *out);
};

/* One file, for all schemes that its claims name.  Everything is borrowed. */
struct scheme_case {
	const struct container *box;
	struct findings *findings;
	const struct companions *companions; /* what stands beside it; NULL: nothing */
	struct trust_store *store;           /* used by finish() only */
	struct key_source keys;              /* .find NULL: none */
	struct trust_policy policy;
	uint64_t effort;           /* of all signature checks of chains */
	size_t n_timestamps;       /* of all signatures */
	int n_facts;               /* made so far */
	uint32_t min_sdk, max_sdk; /* of Android, that are asked about; 0: as the file says */
};

/* What a scheme wants computed.  The caller may move the jobs between the steps. */
struct scheme_work {
	void *state; /* the scheme's own, in the arena */
	struct digest_job *jobs;
	size_t n_jobs;
};

struct scheme {
	const char *name; /* as claims and reports name it: "authenticode" */

	/* Of the claims of the box, the ones that name this scheme. */
	enum status (*begin)(struct arena *a, struct scheme_case *c, struct scheme_work *out);
	/* Facts in file order, outer before nested; NULL: no signature. */
	enum status (*finish)(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			      struct fact **out);
};

extern const struct scheme *const schemes[];
extern const size_t n_schemes;

/* Does a claim of @box name @scheme? */
bool scheme_wanted(const struct scheme *scheme, const struct container *box);

/* The first claim from @claim on that names @scheme; NULL: none. */
const struct claim *scheme_claim(const struct scheme *scheme, const struct claim *claim);

/*
 * A fact about @claim, with what the claim says; findings that follow are marked as its own.
 * NULL: out of memory.
 */
struct fact *fact_new(struct arena *a, struct scheme_case *c, const struct claim *claim);

/*
 * What offsets in the claim's bytes count from.  CLAIM_NOWHERE: they do not stand in the
 * file as they are, so that no place in them is one of the file.
 */
#define CLAIM_NOWHERE ((uint64_t)1 << 62)
uint64_t claim_base(const struct claim *claim);
/* @where, or if it counts from CLAIM_NOWHERE the whole of the claim. */
struct range claim_place(const struct claim *claim, struct range where);

/* Where @part lies in the file; zero long when it is not part of the claim's bytes. */
struct range claim_where(const struct claim *claim, struct span part);
