/* SPDX-License-Identifier: MIT */
/* Judges one signature: its mathematics, what it is bound to, and its trust. */
#include "verify/authenticode/subject.h"

/* Attributes that we read or that say nothing more than that a tool wrote them. */
bool auth_attribute_known(struct span oid)
{
	const struct span known[] = {
		SPC_NESTED,
		SPC_SEAL,
		SPC_SEAL_TIME,
		OID("\x2b\x06\x01\x04\x01\x82\x37\x03\x03\x01"),     /* RFC 3161 token */
		OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e"), /* the same, S/MIME */
		OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06"),         /* countersignature */
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (span_equal(oid, known[i]))
			return true;
	return false;
}

static void unsigned_attributes_note(struct arena *a, struct authenticode *state,
				     const struct fact *fact)
{
	for (size_t i = 0; i < fact->signer->n_unsigned_attrs; i++) {
		const struct cms_attribute *attr = &fact->signer->unsigned_attrs[i];
		size_t bytes = 0;

		if (auth_attribute_known(attr->oid))
			continue;
		for (size_t v = 0; v < attr->n_values; v++)
			bytes += attr->values[v].len;
		finding_add(
			state->findings, "auth.unsigned-attribute",
			claim_where(fact->claim, attr->oid), NULL,
			arena_printf(a, "%s, %zu bytes", der_oid_text(a, attr->oid), bytes));
	}
}

/* Sealing freezes table and unsigned attributes; what it covers is not published. */
static void sealing_note(struct authenticode *state, const struct fact *fact)
{
	const struct signer_info *si = fact->signer;
	bool seal = cms_attribute_find(si->unsigned_attrs, si->n_unsigned_attrs, SPC_SEAL);

	if (seal)
		finding_add(state->findings, "auth.seal-unchecked", fact->where, NULL, NULL);
	else if (cms_attribute_find(si->attrs, si->n_attrs, SPC_SEAL_INTENT))
		finding_add(state->findings, "auth.seal-missing", fact->where,
			    "a sealing signature", "none");
}

/* Certificates that help no chain can carry anything. */
static bool certificate_used(const struct fact *fact, const struct certificate *c)
{
	for (size_t i = 0; i < fact->answer.n_path; i++)
		if (memcmp(fact->answer.path[i]->sha256, c->sha256, sizeof(c->sha256)) == 0)
			return true;
	for (size_t t = 0; t < fact->n_timestamps; t++)
		for (size_t i = 0; i < fact->timestamps[t].answer.n_path; i++)
			if (memcmp(fact->timestamps[t].answer.path[i]->sha256, c->sha256,
				   sizeof(c->sha256)) == 0)
				return true;
	return false;
}

static void unused_certificates_note(struct arena *a, struct authenticode *state,
				     struct fact *fact)
{
	for (size_t i = 0; i < fact->cms->n_certs; i++) {
		const struct certificate *c = &fact->cms->certs[i];

		if (certificate_used(fact, c))
			continue;
		finding_add(state->findings, "cert.unused", claim_where(fact->claim, c->der),
			    NULL, name_short(a, c->subject));
		auth_carried(a, state->findings, fact, c);
	}
}

/* The signature axis. */
static enum status mathematics_judge(struct auth_signature *s)
{
	struct fact *fact = s->fact;

	if (!s->cms || !fact->signer || !s->content_type_ok || !s->spc_ok) {
		fact->signature = fact->claim->unsupported ? ASSAY_SIGNATURE_UNSUPPORTED
							   : ASSAY_SIGNATURE_BAD;
		return STATUS_OK;
	}
	TRY(fact_mathematics(fact, s->content));
	/* An image digest that we do not know is unsupported only if it was really signed. */
	if (fact->signature == ASSAY_SIGNATURE_GOOD && s->spc.digest == DIGEST_NONE) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "its algorithm is not built in";
	}
	return STATUS_OK;
}

/* The binding axis. */
static enum status binding_judge(struct arena *a, struct authenticode *state,
				 struct auth_signature *s)
{
	struct fact *fact = s->fact;

	if (s->flat_job == AUTH_NO_JOB)
		return STATUS_OK;
	fact->computed_digest = state->jobs[s->flat_job].result;
	fact->signed_digest.algorithm = s->spc.digest;
	(void)span_copy(fact->signed_digest.bytes, DIGEST_MAX, s->spc.value);
	fact->binding = digest_equal(&fact->computed_digest, s->spc.value)
				? ASSAY_BINDING_INTACT
				: ASSAY_BINDING_MODIFIED;
	if (state->subject->judge)
		TRY(state->subject->judge(a, state, s));
	if (fact->binding == ASSAY_BINDING_INTACT && fact->claim->uncovered.len > 0) {
		fact->binding = ASSAY_BINDING_PARTIAL;
		fact->partial_rule = "verdict.partial-trailing";
	}
	return STATUS_OK;
}

static struct span image_digest(const struct authenticode *state)
{
	return state->image_job == AUTH_NO_JOB
		       ? SPAN_NONE
		       : digest_span(&state->jobs[state->image_job].result);
}

static enum status trust_axis_judge(struct arena *a, struct authenticode *state,
				    struct auth_signature *s)
{
	struct fact *fact = s->fact;
	struct trust_question q = {
		.set = state->set,
		.digest = s->spc.digest,
		.image_digest = image_digest(state),
	};

	TRY(fact_times(a, state->c, fact, q.set));
	TRY(fact_trust_ask(a, state->c, fact, &q));
	unused_certificates_note(a, state, fact);
	return STATUS_OK;
}

enum status auth_judge(struct arena *a, struct authenticode *state, struct auth_signature *s)
{
	struct fact *fact = s->fact;

	TRY(mathematics_judge(s));
	TRY(binding_judge(a, state, s));
	if (!s->cms || !fact->signer)
		return STATUS_OK;
	sealing_note(state, fact);
	unsigned_attributes_note(a, state, fact);
	auth_hidden(a, state->findings, fact);
	if (!fact->certificate)
		return STATUS_OK;
	/* Nobody computes on a curve of the signer's own making, but it must not hide him. */
	if (fact->signature != ASSAY_SIGNATURE_GOOD && !fact->certificate->key.explicit_curve)
		return STATUS_OK;
	return trust_axis_judge(a, state, s);
}
