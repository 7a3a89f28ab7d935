/* SPDX-License-Identifier: MIT */
/*
 * Inquiry: one trust_judge() call while it lasts.  Private to src/trust.
 *
 * The steps (chain, usage, strength, time, revocation, forged) share it: what
 * was asked, what the store knows, and what was found out.  A step notes the
 * reasons that speak against a path in an assessment; the worst of them is the
 * path's trust, the best path's trust is the answer.
 */
#pragma once
#include "trust/store.h"

#define CHAIN_MAX_POOL 64 /* embedded certificates that are looked at */
/* Signature checks for certificates beside the path, and for those that sign CRLs and OCSP. */
#define FORGED_MAX_EDGES CHAIN_MAX_EDGES
#define STATUS_MAX_EDGES CHAIN_MAX_EDGES

/*
 * The clock: every comparison with "now" goes through it, so that it knows
 * between which moments no comparison would come out differently.
 */
struct trust_clock {
	int64_t now;         /* of the policy */
	int64_t at;          /* when validity is judged */
	bool moving;         /* .at is .now, not a timestamp */
	int64_t from, until; /* nothing changes in between */
};

/* Is .at before @moment?  Is now before @moment? */
bool clock_before(struct trust_clock *clock, int64_t moment);
bool clock_now_before(struct trust_clock *clock, int64_t moment);

/* Signature checks that were made, and that may be made. */
struct edge_budget {
	size_t spent, limit;
};

struct path {
	const struct certificate *certs[CHAIN_MAX_DEPTH]; /* leaf first */
	size_t n;
	bool has_anchor; /* certs[n - 1] is .anchor */
	bool complete;   /* certs[n - 1] is signed by itself */
	struct stored anchor;
};

/* What speaks against a path. */
struct assessment {
	unsigned reasons;                      /* bit (1 << enum assay_trust) */
	const char *why[ASSAY_TRUST_ANCHORED]; /* the first sentence of each */
};

struct inquiry {
	struct trust_store *store;
	struct arena *arena;
	const struct trust_question *q;
	struct findings *findings;
	const struct trust_set_row *set; /* whose rules count: for a timestamp, its own */
	struct span usage, usage_arc;    /* the key purposes that are wanted; empty: any */
	size_t n_pool;
	struct trust_clock clock;
	struct met *met;              /* stored certificates that were read so far */
	uint64_t *effort, own_effort; /* what the checks cost: TRUST_MAX_EFFORT */
	struct edge_budget chain_edges, forged_edges, status_edges;
	bool limited;        /* a limit cut the search short */
	bool curveball;      /* a key with explicit parameters stood on the way */
	bool convicted;      /* another rule about forged certificates holds */
	const char *refused; /* why an issuer whose signature holds may not issue; or NULL */
	bool no_memory;      /* a sentence could not be written */
};

/* Notes that @reason speaks against a path, with a sentence. */
PRINTF(4, 5)
void assess(struct inquiry *in, struct assessment *as, enum assay_trust reason,
	    const char *format, ...);
/* The worst reason; ASSAY_TRUST_ANCHORED when there is none. */
enum assay_trust assessment_trust(const struct assessment *as);

/* A finding about bytes of the signature, once per place and signature. */
void note_bytes(struct inquiry *in, const char *rule, struct span about, const char *expected,
		const char *observed);
void note_certificate(struct inquiry *in, const char *rule, const struct certificate *about,
		      const char *expected, const char *observed);
/* Names and days for sentences; never NULL. */
const char *certificate_name(struct inquiry *in, const struct certificate *c);
const char *day_text(struct inquiry *in, int64_t when);
PRINTF(2, 3) const char *sentence(struct inquiry *in, const char *format, ...);

bool certificate_same(const struct certificate *a, const struct certificate *b);
/* Is @oid among @list, one DER element after the other? */
bool oid_list_has(struct span list, struct span oid);

/* edge.c: who signed whom. */

/*
 * Does @child verify under the key of @issuer?  EDGE_UNKNOWN: @budget is used
 * up, and in->limited is set.
 */
MUST_CHECK enum status edge_check(struct inquiry *in, struct edge_budget *budget,
				  const struct certificate *child,
				  const struct certificate *issuer, enum edge *out);
/* Is the signature over @signed_bytes good under @signer?  Cached by @whole, the signed object.
 */
struct signed_object {
	struct span whole, signed_bytes, signature;
	const struct signature_algorithm *algorithm;
};
MUST_CHECK enum status object_check(struct inquiry *in, const struct signed_object *object,
				    const struct certificate *signer, bool *good);

/* Certificates that may have issued @child by their names: anchors, stored helpers, embedded.
 */
#define MAX_CANDIDATES (STORE_MAX_HITS + CHAIN_MAX_POOL)
struct candidates {
	const struct certificate *certs[MAX_CANDIDATES];
	bool known_root[MAX_CANDIDATES]; /* an anchor of some set, or a public root */
	bool embedded[MAX_CANDIDATES];
	size_t n;
};
MUST_CHECK enum status issuer_candidates(struct inquiry *in, const struct certificate *child,
					 struct candidates *out);
/* Equal names, exactly or after normalisation. */
bool names_match(struct span a, struct span b);
/* Does the key identifier that @child names contradict that of @issuer?  And: are they equal?
 */
bool key_ids_differ(const struct certificate *child, const struct certificate *issuer);
bool key_ids_match(const struct certificate *child, const struct certificate *issuer);

/* chain.c: all paths from the leaf; the best one and what speaks against it. */
MUST_CHECK enum status chain_search(struct inquiry *in, struct path *path,
				    struct assessment *as);

/* issuer.c: may certs[n - 1] of @path issue what stands below it?  NULL: yes; else why not. */
const char *issuer_refused(struct inquiry *in, const struct path *path);

/* name_constraints.c: does certs[n - 1] allow the names below it?  NULL: yes; else why not. */
const char *name_constraints_refused(struct inquiry *in, const struct path *path);

/* usage.c, strength.c, time.c, revocation.c: what speaks against a path. */
void usage_assess(struct inquiry *in, const struct path *path, struct assessment *as);
void strength_assess(struct inquiry *in, const struct path *path, struct assessment *as);
void time_assess(struct inquiry *in, const struct path *path, struct assessment *as);
void programme_assess(struct inquiry *in, const struct path *path, struct assessment *as);
MUST_CHECK enum status distrust_assess(struct inquiry *in, const struct path *path,
				       struct assessment *as);
MUST_CHECK enum status revocation_assess(struct inquiry *in, const struct path *path,
					 struct assessment *as);

/* forged.c: keys and names that are not what they pretend to be. */
void forged_note_curve(struct inquiry *in, const struct certificate *c);
MUST_CHECK enum status forged_judge(struct inquiry *in, const struct path *path);

/* canary.c: the one host that a decoy's certificate would report to; NULL: none. */
const char *canary_host(struct inquiry *in, const struct certificate *c);
