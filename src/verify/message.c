/* SPDX-License-Identifier: MIT */
#include "verify/message.h"

const char *message_problem(const struct fact *fact, const struct signer_check *check)
{
	const struct signer_info *si = fact->signer;

	if (si->signed_attrs.len && !si->duplicate_attr &&
	    !span_equal(si->content_type, fact->cms->content_type))
		return "the signed content type is not the type of the content";
	return signer_problem(si, check);
}

/*
 * @typed: a type of the content stands among the signed attributes, and must be
 * right.  @same: where to tell whether messageDigest is that of @content; NULL:
 * it must be.
 */
static enum status mathematics(struct fact *fact, struct span content, bool typed, bool *same)
{
	struct signer_check check = { 0 };

	fact->signature = ASSAY_SIGNATURE_BAD;
	fact->certificate =
		signer_certificate(fact->signer, fact->cms->certs, fact->cms->n_certs);
	if (!fact->certificate) {
		fact->problem = "the certificate of its signer is not in it";
		return STATUS_OK;
	}
	TRY(signer_verify(fact->signer, &fact->certificate->key, content, false, &check));
	if (check.signature == SIGNATURE_NOT_SUPPORTED) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "its algorithm is not built in";
		return STATUS_OK;
	}
	if (same) {
		*same = check.digest_matches;
		check.digest_matches = true;
	}
	fact->problem =
		typed ? message_problem(fact, &check) : signer_problem(fact->signer, &check);
	if (!fact->problem)
		fact->signature = ASSAY_SIGNATURE_GOOD;
	return STATUS_OK;
}

enum status fact_mathematics(struct fact *fact, struct span content)
{
	return mathematics(fact, content, true, NULL);
}

enum status fact_counter_mathematics(struct fact *fact, struct span signed_value)
{
	return mathematics(fact, signed_value, false, NULL);
}

enum status fact_mathematics_apart(struct fact *fact, struct span content, bool *same)
{
	*same = false;
	return mathematics(fact, content, true, same);
}

enum status fact_trust_ask(struct arena *a, struct scheme_case *c, struct fact *fact,
			   struct trust_question *q)
{
	q->policy = &c->policy;
	q->leaf = fact->certificate;
	q->pool = fact->cms->certs;
	q->n_pool = fact->cms->n_certs;
	q->time = fact->judged_at;
	q->timestamped = fact->timestamped;
	q->expiry_wanted = fact->expiry_wanted;
	q->signer_digest = fact->signer->digest;
	q->whole = fact->claim->signature;
	q->base = claim_base(fact->claim);
	q->effort = &c->effort;
	TRY(trust_judge(c->store, a, q, c->findings, &fact->answer));
	fact->trust = fact->answer.trust;
	fact->counterfeit = fact->answer.counterfeit;
	return STATUS_OK;
}

enum status fact_trust(struct arena *a, struct scheme_case *c, struct fact *fact,
		       enum trust_set set, enum digest_algorithm digest)
{
	struct trust_question q = { .set = set, .digest = digest };

	return fact_trust_ask(a, c, fact, &q);
}
