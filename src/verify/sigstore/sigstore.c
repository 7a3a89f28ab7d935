/* SPDX-License-Identifier: MIT */
/*
 * The scheme: bundles beside a file, and what they say of it.
 *
 * A bundle is believed whole or not at all: its signature, that the log's entry
 * is of this signature, that the entry is in the log, that a trusted root knows
 * the log, when that was, who certified the signer at that time, and at last
 * whether somebody expects that signer.
 */
#include "verify/sigstore/state.h"

#define NO_JOB    SIZE_MAX
#define ITEMS_MAX COMPANIONS_MAX

struct item {
	const struct claim *claim;
	struct sigstore_bundle bundle;
	struct sigstore_record records[SIGSTORE_MAX_ENTRIES];
	struct sigstore_key key; /* the signer's */
	const char *problem;     /* why it cannot be judged */
	bool unsupported;
	size_t jobs[SIGSTORE_DIGESTS];
	struct item *next;
};

struct sigstore_state {
	struct item *first;
	struct digest_job *jobs;
	size_t n_jobs;
};

static enum status records_read(struct arena *a, struct item *item)
{
	for (size_t i = 0; i < item->bundle.n_entries && !item->problem; i++)
		TRY(sigstore_record_read(a, &item->bundle.entries[i], &item->records[i],
					 &item->problem, &item->unsupported));
	return STATUS_OK;
}

/* The key that a bundle without a certificate means is the one that the log saw. */
static enum status key_read(struct arena *a, struct item *item)
{
	struct span spki =
		item->bundle.has_leaf ? item->bundle.leaf.key.spki : item->records[0].verifier;

	TRY(sigstore_key_read(a, spki, SPAN_NONE, &item->key));
	if (item->key.usable && (item->bundle.is_envelope || !item->key.is_ed25519))
		return STATUS_OK;
	item->unsupported = true;
	item->problem = "a kind of key that is not built in";
	return STATUS_OK;
}

static void job_want(struct sigstore_state *state, struct item *item,
		     enum digest_algorithm algorithm)
{
	size_t i = sigstore_digest_index(algorithm);

	if (i == SIGSTORE_DIGESTS || item->jobs[i] != NO_JOB)
		return;
	item->jobs[i] = state->n_jobs;
	state->jobs[state->n_jobs++] =
		(struct digest_job){ .algorithm = algorithm, .covered = *item->claim->covered };
}

/* Which digests of the file are spoken of. */
static enum status item_plan(struct sigstore_state *state, struct item *item)
{
	unsigned mask;

	if (item->bundle.is_envelope) {
		TRY(sigstore_subjects_digests(item->bundle.statement, &mask, &item->problem));
		for (size_t i = 0; i < SIGSTORE_DIGESTS; i++)
			if (mask & 1U << i)
				job_want(state, item, sigstore_digests[i]);
		return STATUS_OK;
	}
	if (item->bundle.digest.algorithm == DIGEST_NONE && !item->records[0].of_payload)
		item->bundle.digest = item->records[0].digest;
	if (item->bundle.digest.algorithm == DIGEST_NONE)
		item->problem = "neither it nor its log entry says which file was signed";
	job_want(state, item, item->bundle.digest.algorithm);
	return STATUS_OK;
}

static enum status item_read(struct arena *a, struct sigstore_state *state, struct item *item)
{
	TRY(sigstore_bundle_read(a, item->claim->signature, &item->bundle, &item->problem,
				 &item->unsupported));
	if (!item->problem)
		TRY(records_read(a, item));
	if (!item->problem)
		TRY(key_read(a, item));
	return item->problem ? STATUS_OK : item_plan(state, item);
}

/* A limit of ours is nothing against the file: it is told, and nothing is judged. */
static enum status limit_tell(struct scheme_case *c, const struct claim *claim,
			      enum status status)
{
	if (status == STATUS_LIMIT)
		finding_add(c->findings, "limit.sigstore", claim->where, NULL, NULL);
	return status;
}

/* More of it than is read of a companion. */
static bool was_cut(const struct scheme_case *c, const struct claim *claim)
{
	for (const struct companion *b = c->companions ? c->companions->first : NULL; b;
	     b = b->next)
		if (b->bytes.ptr == claim->signature.ptr)
			return b->size > b->bytes.len;
	return false;
}

static enum status sigstore_begin(struct arena *a, struct scheme_case *c,
				  struct scheme_work *out)
{
	struct sigstore_state *state = ARENA_NEW(a, struct sigstore_state, 1);
	struct item **last;
	size_t n = 0;

	if (!state)
		return STATUS_NO_MEMORY;
	state->jobs = ARENA_NEW(a, struct digest_job, (size_t)ITEMS_MAX * SIGSTORE_DIGESTS);
	if (!state->jobs)
		return STATUS_NO_MEMORY;
	last = &state->first;
	for (const struct claim *claim = scheme_claim(&scheme_sigstore, c->box->claims);
	     claim && n < ITEMS_MAX; claim = scheme_claim(&scheme_sigstore, claim->next), n++) {
		struct item *item = ARENA_NEW(a, struct item, 1);

		if (!item)
			return STATUS_NO_MEMORY;
		item->claim = claim;
		for (size_t i = 0; i < SIGSTORE_DIGESTS; i++)
			item->jobs[i] = NO_JOB;
		TRY(limit_tell(c, claim,
			       was_cut(c, claim) ? STATUS_LIMIT : item_read(a, state, item)));
		*last = item;
		last = &item->next;
	}
	*out = (struct scheme_work){ state, state->jobs, state->n_jobs };
	return STATUS_OK;
}

/* A signature that is not what it should be, and why. */
static enum status fact_break(struct scheme_case *c, struct fact *fact, const char *rule,
			      const char *why)
{
	fact->signature = ASSAY_SIGNATURE_BAD;
	fact->binding = ASSAY_BINDING_UNCHECKED;
	fact->problem = why;
	finding_add(c->findings, rule, fact->where, NULL, why);
	return STATUS_OK;
}

static const struct digest *computed(const struct scheme_work *work, const struct item *item,
				     size_t i)
{
	return i < SIGSTORE_DIGESTS && item->jobs[i] != NO_JOB
		       ? &work->jobs[item->jobs[i]].result
		       : NULL;
}

/* What @result means for the signature; what was signed is another question. */
static enum status result_take(struct scheme_case *c, struct fact *fact,
			       enum signature_result result, const char *why)
{
	switch (result) {
	case SIGNATURE_UNKNOWN: return STATUS_NO_MEMORY;
	case SIGNATURE_NOT_SUPPORTED:
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "the key or its algorithm is not built in";
		return STATUS_OK;
	case SIGNATURE_WRONG: return fact_break(c, fact, "sigstore.signature-wrong", why);
	case SIGNATURE_OK: break;
	}
	fact->signature = ASSAY_SIGNATURE_GOOD;
	return STATUS_OK;
}

/* A signature over the file itself: over the digest that the bundle names. */
static enum status message_check(struct scheme_case *c, const struct scheme_work *work,
				 const struct item *item, struct fact *fact)
{
	const struct sigstore_bundle *b = &item->bundle;
	const struct digest *file =
		computed(work, item, sigstore_digest_index(b->digest.algorithm));
	enum signature_result result =
		sigstore_key_verify_digest(&item->key, &b->digest, b->signature);
	const char *why = "the key did not make this signature over this file";

	if (!file)
		return STATUS_UNSUPPORTED;
	fact->signed_digest = b->digest;
	fact->computed_digest = *file;
	if (result == SIGNATURE_WRONG &&
	    sigstore_key_verify_digest(&item->key, file, b->signature) == SIGNATURE_OK)
		why = "the digest in it is not the one that was signed";
	TRY(result_take(c, fact, result, why));
	if (fact->signature == ASSAY_SIGNATURE_GOOD)
		fact->binding = digest_equal(file, digest_span(&b->digest))
					? ASSAY_BINDING_INTACT
					: ASSAY_BINDING_MODIFIED;
	return STATUS_OK;
}

/* Some sign with SHA-256 whatever their curve. */
static enum status envelope_verify(const struct item *item, enum signature_result *out)
{
	const struct sigstore_bundle *b = &item->bundle;
	struct digest hash;

	TRY(sigstore_key_verify(&item->key, b->encoding, b->signature, out));
	if (*out != SIGNATURE_WRONG || item->key.is_ed25519 ||
	    item->key.digest == DIGEST_SHA256)
		return STATUS_OK;
	TRY(digest_of(DIGEST_SHA256, &b->encoding, 1, &hash));
	*out = sigstore_key_verify_digest(&item->key, &hash, b->signature);
	return STATUS_OK;
}

static enum status envelope_check(struct scheme_case *c, const struct scheme_work *work,
				  const struct item *item, struct fact *fact)
{
	const struct digest *file[SIGSTORE_DIGESTS];
	enum signature_result result;
	size_t index;

	TRY(envelope_verify(item, &result));
	TRY(result_take(c, fact, result, "the key did not make this signature over it"));
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	for (size_t i = 0; i < SIGSTORE_DIGESTS; i++)
		file[i] = computed(work, item, i);
	fact->binding =
		sigstore_subjects_name(item->bundle.statement, file, &fact->signed_digest)
			? ASSAY_BINDING_INTACT
			: ASSAY_BINDING_MODIFIED;
	index = sigstore_digest_index(fact->signed_digest.algorithm);
	if (computed(work, item, index))
		fact->computed_digest = *computed(work, item, index);
	return STATUS_OK;
}

/* What a record's digest must be. */
static enum status record_digest(const struct item *item, const struct sigstore_record *r,
				 struct digest *out)
{
	const struct sigstore_bundle *b = &item->bundle;
	const struct span *over = r->of_payload ? &b->payload : &b->encoding;

	*out = b->digest;
	return b->is_envelope ? digest_of(r->digest.algorithm, over, 1, out) : STATUS_OK;
}

/* Are the log's entries of this signature, by this signer, over the same? */
static enum status records_check(const struct item *item, const char **problem)
{
	const struct sigstore_bundle *b = &item->bundle;
	struct span signer = b->has_leaf ? b->leaf.der : item->records[0].verifier;

	*problem = NULL;
	for (size_t i = 0; i < b->n_entries && !*problem; i++) {
		const struct sigstore_record *r = &item->records[i];
		struct digest digest;

		TRY(record_digest(item, r, &digest));
		if (!span_equal(r->signature, b->signature))
			*problem = "the log has an entry of another signature";
		else if (!span_equal(r->verifier, signer))
			*problem = "the log has an entry of another signer";
		else if ((r->of_payload && !b->is_envelope) ||
			 !digest_equal(&r->digest, digest_span(&digest)))
			*problem = "the log has an entry of another file";
	}
	return STATUS_OK;
}

static enum status log_check(struct arena *a, struct scheme_case *c, const struct item *item,
			     struct fact *fact)
{
	const char *problem;

	TRY(records_check(item, &problem));
	if (problem)
		return fact_break(c, fact, "sigstore.log-differs", problem);
	for (size_t i = 0; i < item->bundle.n_entries; i++) {
		TRY(sigstore_proof_check(a, &item->bundle.entries[i], &problem));
		if (problem)
			return fact_break(c, fact, "sigstore.log-unproven", problem);
	}
	return STATUS_OK;
}

/* How good an opinion is: one root that believes all is enough. */
static int rank(const struct sigstore_opinion *o)
{
	if (o->broken)
		return ASSAY_TRUST_ANCHORED;
	return o->trust == ASSAY_TRUST_ANCHORED ? ASSAY_TRUST_ANCHORED + 1 : (int)o->trust;
}

/* The best of what all trusted roots make of it; *@name NULL: there is none. */
static enum status opinion_find(struct arena *a, struct scheme_case *c,
				const struct sigstore_bundle *b, struct sigstore_opinion *best,
				const char **name)
{
	struct trust_place at = { 0 };
	struct trust_key key;
	size_t n = 0;

	*name = NULL;
	while (trust_key_next(c->store, &at, TRUST_SIGSTORE, &key)) {
		struct sigstore_opinion opinion;
		struct sigstore_root root;
		enum status status;

		if (key.item != TRUST_SIGSTORE_ROOT)
			continue;
		if (n++ == SIGSTORE_MAX_ROOTS)
			return STATUS_LIMIT;
		status = sigstore_root_read(a, key.bytes, &root);
		if (status == STATUS_MALFORMED)
			continue;
		TRY(status);
		TRY(sigstore_opinion_make(a, c, b, &root, &opinion));
		if (*name && rank(&opinion) <= rank(best))
			continue;
		*best = opinion;
		*name = key.name;
	}
	return STATUS_OK;
}

static void times_take(const struct sigstore_opinion *o, struct fact *fact)
{
	fact->timestamps = o->timestamps;
	fact->n_timestamps = o->n_timestamps;
	for (size_t i = 0; i < o->n_times; i++)
		if (!fact->has_signed_at || o->times[i] < fact->signed_at) {
			fact->has_signed_at = true;
			fact->signed_at = o->times[i];
		}
	fact->timestamped = fact->has_signed_at;
	fact->judged_at = fact->signed_at;
}

static void tokens_tell(struct scheme_case *c, const struct fact *fact)
{
	for (size_t i = 0; i < fact->n_timestamps; i++) {
		const struct timestamp_fact *tf = &fact->timestamps[i];

		if (!tf->counts)
			finding_add(c->findings, "ts.bad", fact->where,
				    "a good timestamp of a trusted authority",
				    tf->timestamp->good ? tf->answer.explanation
							: tf->timestamp->problem);
	}
}

static void path_take(const struct sigstore_opinion *o, const char *name,
		      struct trust_answer *answer)
{
	answer->trust = o->trust;
	answer->explanation = o->why;
	for (size_t i = 0; i < o->path.n && i < CHAIN_MAX_DEPTH; i++)
		answer->path[answer->n_path++] = o->path.certs[i];
	answer->path_has_anchor = answer->n_path > 0 && answer->n_path == o->path.n;
	answer->anchor_name = o->trust == ASSAY_TRUST_ANCHORED ? name : NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* Whoever it is, somebody has to expect him. */
static enum status identity_judge(struct arena *a, struct scheme_case *c,
				  const struct sigstore_bundle *b, struct fact *fact)
{
	struct trust_answer *answer = &fact->answer;
	struct sigstore_identity who;
	const char *text;

	TRY(sigstore_identity_read(a, &b->leaf, &who));
	text = arena_printf(a, "%s, certified on the word of %s",
			    who.name ? who.name : "nobody", who.issuer ? who.issuer : "nobody");
	if (!text)
		return STATUS_NO_MEMORY;
	fact->claimed_signer = who.name;
	finding_add(c->findings, "sigstore.identity", fact->where, NULL, text);
	if (answer->trust != ASSAY_TRUST_ANCHORED)
		return STATUS_OK;
	for (size_t i = 0; i < c->policy.n_identities; i++)
		if (same_text(c->policy.identities[i].name, who.name) &&
		    same_text(c->policy.identities[i].issuer, who.issuer))
			return STATUS_OK;
	answer->trust =
		c->policy.n_identities ? ASSAY_TRUST_UNTRUSTED_ROOT : ASSAY_TRUST_UNEVALUATED;
	answer->explanation =
		arena_printf(a, "%s: %s",
			     c->policy.n_identities ? "signed by somebody else than is expected"
						    : "nobody said whose signature is expected",
			     text);
	if (c->policy.n_identities)
		finding_add(c->findings, "sigstore.identity-other", fact->where, NULL, text);
	return answer->explanation ? STATUS_OK : STATUS_NO_MEMORY;
}

/* A key is trusted by itself, once the log is. */
static enum status key_judge(struct arena *a, struct scheme_case *c, const struct item *item,
			     struct fact *fact)
{
	struct trust_answer answer;
	struct digest sha256;
	const char *name;
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	TRY(digest_of(DIGEST_SHA256, &item->records[0].verifier, 1, &sha256));
	buffer_text(&text, "public key ");
	buffer_hex(&text, span_clip(digest_span(&sha256), 0, 8));
	name = arena_string(a, buffer_span(&text));
	if (!name)
		return STATUS_NO_MEMORY;
	fact->claimed_signer = name;
	if (fact->answer.trust != ASSAY_TRUST_ANCHORED)
		return STATUS_OK;
	TRY(trust_key_judge(c->store, a, TRUST_SIGSTORE, sha256.bytes, name, &answer));
	fact->answer.trust = answer.trust;
	fact->answer.reasons = answer.reasons;
	fact->answer.explanation = answer.explanation;
	fact->answer.anchor_name = answer.anchor_name;
	return STATUS_OK;
}

static enum status trust_judge_all(struct arena *a, struct scheme_case *c,
				   const struct item *item, struct fact *fact)
{
	struct sigstore_opinion best = { 0 };
	const char *name;

	TRY(opinion_find(a, c, &item->bundle, &best, &name));
	fact->answer = (struct trust_answer){
		.explanation = "no trusted root of sigstore (trusted_root.json) is known",
	};
	if (name) {
		path_take(&best, name, &fact->answer);
		fact->answer.holds_from = best.holds_from;
		fact->answer.holds_until = best.holds_until;
		times_take(&best, fact);
		tokens_tell(c, fact);
	}
	TRY(item->bundle.has_leaf ? identity_judge(a, c, &item->bundle, fact)
				  : key_judge(a, c, item, fact));
	if (name && best.broken)
		return fact_break(c, fact, "sigstore.log-unproven", best.broken);
	fact->trust = fact->answer.trust;
	fact->answer.reasons |= 1U << fact->trust;
	return STATUS_OK;
}

static enum status item_finish(struct arena *a, struct scheme_case *c,
			       const struct scheme_work *work, const struct item *item,
			       struct fact *fact)
{
	if (item->problem) {
		TRY(fact_break(c, fact, "sigstore.malformed", item->problem));
		if (item->unsupported)
			fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		return STATUS_OK;
	}
	TRY(item->bundle.is_envelope ? envelope_check(c, work, item, fact)
				     : message_check(c, work, item, fact));
	if (fact->signature == ASSAY_SIGNATURE_GOOD)
		TRY(log_check(a, c, item, fact));
	return fact->signature == ASSAY_SIGNATURE_GOOD ? trust_judge_all(a, c, item, fact)
						       : STATUS_OK;
}

static enum status sigstore_finish(struct arena *a, struct scheme_case *c,
				   struct scheme_work *work, struct fact **out)
{
	const struct sigstore_state *state = (const struct sigstore_state *)work->state;
	struct fact **last = out;

	*out = NULL;
	for (const struct item *item = state->first; item; item = item->next) {
		struct fact *fact = fact_new(a, c, item->claim);

		if (!fact)
			return STATUS_NO_MEMORY;
		*last = fact;
		last = &fact->next;
		TRY(limit_tell(c, item->claim, item_finish(a, c, work, item, fact)));
	}
	return STATUS_OK;
}

const struct scheme scheme_sigstore = {
	.name = "sigstore",
	.begin = sigstore_begin,
	.finish = sigstore_finish,
};
