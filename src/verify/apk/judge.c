/* SPDX-License-Identifier: MIT */
/*
 * Judges signers of schemes v2 and later, in AOSP's order: the signature over
 * the signed data, the certificate, the lists of algorithms, the contents.
 */
#include "verify/apk/sequences.h"

static struct span without_leading_zeros(struct span magnitude)
{
	while (magnitude.len > 0 && span_at(magnitude, 0) == 0)
		magnitude = span_after(magnitude, 1);
	return magnitude;
}

bool apk_keys_equal(const struct public_key *a, const struct public_key *b)
{
	if (span_same(a->spki, b->spki))
		return true;
	return a->type == KEY_RSA && b->type == KEY_RSA && a->modulus.len > 0 &&
	       span_same(without_leading_zeros(a->modulus),
			 without_leading_zeros(b->modulus)) &&
	       span_same(without_leading_zeros(a->exponent),
			 without_leading_zeros(b->exponent));
}

static bool lists_equal(const struct apk_signer *s)
{
	if (s->n_digests != s->n_signatures)
		return false;
	for (size_t i = 0; i < s->n_digests; i++)
		if (s->digests[i].id != s->signatures[i].id)
			return false;
	return true;
}

static const struct apk_record *record_find(const struct apk_record *records, size_t n,
					    uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (records[i].id == id)
			return &records[i];
	return NULL;
}

/* What is wrong although the signature is good; NULL: nothing. */
static const char *signer_contradiction(const struct apk_signer *s,
					const struct public_key *key)
{
	if (s->n_certificates == 0)
		return "the certificate of its signer is not in it";
	if (!apk_keys_equal(key, &s->certificates[0].key))
		return "the key that signed it is not that of its certificate";
	if (!lists_equal(s))
		return "its signatures and its digests are of different algorithms";
	if (s->min_sdk != s->signed_min_sdk && s->scheme != 2)
		return "it says for which systems it is in two ways";
	if (s->max_sdk != s->signed_max_sdk && s->scheme != 2)
		return "it says for which systems it is in two ways";
	if (s->min_sdk > s->max_sdk && s->scheme != 2)
		return "it is for no system at all";
	return NULL;
}

static enum status mathematics_judge(struct arena *a, struct apk_signer *s)
{
	const struct apk_record *signature;
	struct fact *fact = s->fact;
	enum signature_result result;
	struct public_key key;
	enum status status;

	fact->signature = ASSAY_SIGNATURE_BAD;
	if (fact->problem)
		return STATUS_OK;
	if (!s->best) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "its algorithm is not built in";
		return STATUS_OK;
	}
	status = public_key_read(s->public_key, &key);
	if (status == STATUS_NO_MEMORY)
		return status;
	signature = record_find(s->signatures, s->n_signatures, s->best->id);
	TRY(apk_verify(s->best, &key, s->signed_data, signature->value, &result));
	if (result == SIGNATURE_NOT_SUPPORTED) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "its algorithm is not built in";
		return STATUS_OK;
	}
	if (result != SIGNATURE_OK) {
		fact->problem = "the signature value is wrong";
		return STATUS_OK;
	}
	fact->problem = signer_contradiction(s, &key);
	if (!fact->problem)
		TRY(apk_lineage_check(a, s));
	if (fact->problem)
		return STATUS_OK;
	fact->signature = ASSAY_SIGNATURE_GOOD;
	fact->past = s->past.certificates;
	fact->n_past = s->past.n;
	return STATUS_OK;
}

static void digest_set(struct digest *out, enum digest_algorithm algorithm, struct span value)
{
	out->algorithm = algorithm;
	(void)span_copy(out->bytes, digest_size(algorithm), value);
}

static void binding_judge(struct scheme_case *c, const struct apk_state *state,
			  struct apk_signer *s)
{
	const struct apk_record *record = record_find(s->digests, s->n_digests, s->best->id);
	enum apk_content content = s->best->content;
	struct fact *fact = s->fact;

	fact->computed_digest = state->whole.result[content];
	digest_set(&fact->signed_digest, fact->computed_digest.algorithm, record->value);
	fact->binding = apk_contents_equal(&state->whole, content, record->value)
				? ASSAY_BINDING_INTACT
				: ASSAY_BINDING_MODIFIED;
	if (fact->binding == ASSAY_BINDING_INTACT)
		return;
	if (!apk_contents_equal(&state->undone, content, record->value))
		return;
	fact->tampered_rule = "verdict.tampered-undone";
	for (size_t i = 0; i < state->zip->n_holes; i++)
		if (state->zip->holes[i].kind == ZIP_HOLE_PREFIX ||
		    state->zip->holes[i].kind == ZIP_HOLE_TRAILING)
			finding_add(c->findings, "apk.bytes-added", state->zip->holes[i].where,
				    "what was signed: the file without these bytes", NULL);
}

/* A newer scheme that the signer names, and that is gone. */
static void stripping_check(struct arena *a, struct scheme_case *c,
			    const struct apk_state *state, struct apk_signer *s)
{
	bool v3 = apk_pair_find(state->apk, APK_V3), v31 = apk_pair_find(state->apk, APK_V31);
	const char *gone = NULL;

	if (s->names_v3 && !v3 && state->max_sdk >= SDK_V3)
		gone = "a signature of scheme v3";
	if (s->rotation_sdk != 0 && !v31 && state->max_sdk >= SDK_V31)
		gone = arena_printf(a, "a signature of scheme v3.1 from API %u on",
				    s->rotation_sdk);
	if (s->rotation_sdk != 0 && v31 && state->v31_min != s->rotation_sdk &&
	    state->max_sdk >= SDK_V31) {
		s->fact->signature = ASSAY_SIGNATURE_BAD;
		s->fact->problem = "it names another release for scheme v3.1 than that does";
	}
	if (s->scheme == 31 && !v3)
		gone = "a signature of scheme v3 beside that of scheme v3.1";
	if (!gone)
		return;
	s->fact->stripped = true;
	finding_add(c->findings, "apk.scheme-missing", s->fact->where, gone, NULL);
}

enum status apk_trust_judge(struct arena *a, struct scheme_case *c, struct fact *fact,
			    const struct apk_identity *who)
{
	struct trust_question q = {
		.policy = &c->policy,
		.leaf = &who->certificates[0],
		.pool = who->certificates,
		.n_pool = who->n_certificates,
		.set = TRUST_ANDROID,
		.time = c->policy.now,
		.digest = who->digest,
		.signer_digest = who->digest,
		.whole = fact->claim->signature,
		.base = claim_base(fact->claim),
		.effort = &c->effort,
	};

	fact->certificate = &who->certificates[0];
	fact->judged_at = c->policy.now;
	TRY(trust_judge(c->store, a, &q, c->findings, &fact->answer));
	fact->trust = fact->answer.trust;
	fact->counterfeit = fact->answer.counterfeit;
	return STATUS_OK;
}

static enum status signer_judge(struct arena *a, struct scheme_case *c, struct apk_state *state,
				struct apk_signer *s)
{
	struct fact *fact = s->fact;
	struct apk_identity who;

	fact->limits = apk_range_text(a, state, s->scheme);
	TRY(mathematics_judge(a, s));
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	binding_judge(c, state, s);
	stripping_check(a, c, state, s);
	who = (struct apk_identity){ s->certificates, s->n_certificates, s->best->digest };
	return apk_trust_judge(a, c, fact, &who);
}

/* Android wants every signer of a scheme: one that it cannot take makes it refuse all. */
static void together_judge(struct apk_state *state, unsigned scheme)
{
	enum assay_signature worst = ASSAY_SIGNATURE_GOOD;

	for (struct apk_signer *s = state->signers; s; s = s->next)
		if (s->scheme == scheme && s->fact->signature == ASSAY_SIGNATURE_UNSUPPORTED)
			worst = ASSAY_SIGNATURE_UNSUPPORTED;
	for (struct apk_signer *s = state->signers; s; s = s->next) {
		if (s->scheme != scheme || s->fact->signature != ASSAY_SIGNATURE_GOOD ||
		    worst == ASSAY_SIGNATURE_GOOD)
			continue;
		s->fact->signature = worst;
		s->fact->problem = "the algorithm of another signer is not built in, and "
				   "Android wants all of them";
	}
}

enum status apk_signers_judge(struct arena *a, struct scheme_case *c, struct apk_state *state)
{
	static const unsigned of_block[] = { 2, 3, 31 };

	for (struct apk_signer *s = state->signers; s; s = s->next) {
		c->findings->signature = s->fact->index;
		TRY(signer_judge(a, c, state, s));
	}
	c->findings->signature = -1;
	for (size_t i = 0; i < COUNT_OF(of_block); i++)
		together_judge(state, of_block[i]);
	return STATUS_OK;
}
