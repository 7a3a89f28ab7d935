/* SPDX-License-Identifier: MIT */
/*
 * Reads every signature of a file: each certificate table entry, each nested
 * SignedData, each SignerInfo, as they stand.
 */
#include "verify/authenticode/subject.h"

static struct auth_signature *signature_new(struct arena *a, struct authenticode *state,
					    const struct claim *claim)
{
	struct auth_signature *s = ARENA_NEW(a, struct auth_signature, 1);
	struct fact *fact = fact_new(a, state->c, claim);

	if (!s || !fact)
		return NULL;
	*s = (struct auth_signature){ .fact = fact,
				      .flat_job = AUTH_NO_JOB,
				      .second_job = AUTH_NO_JOB };
	if (state->last) {
		state->last->next = s;
		state->last->fact->next = fact;
	} else {
		state->first = s;
	}
	state->last = s;
	state->n++;
	return s;
}

/* The file's own contents stand in the signature; what they are, its format has read. */
static void own_content_read(const struct authenticode *state, struct auth_signature *s)
{
	s->content_type_ok = span_equal(s->cms->content_type, state->subject->content);
	s->spc_ok = s->content_type_ok;
	if (!s->content_type_ok)
		s->fact->problem = "its content is not that of such a file";
}

/* Then the message digest binds it. */
static void own_digest_read(const struct authenticode *state, struct auth_signature *s)
{
	const struct signer_info *signer = s->fact->signer;

	if (state->subject->content.len == 0 || !s->spc_ok)
		return;
	s->spc.digest = signer->digest;
	s->spc.value = signer->message_digest;
	if (signer->message_digest.len > 0)
		return;
	s->spc_ok = false;
	s->fact->problem = "it does not say what it signs (no messageDigest)";
}

/* The octets under messageDigest, and the SpcIndirectDataContent in them. */
static void content_read(struct arena *a, struct authenticode *state, struct auth_signature *s)
{
	struct fact *fact = s->fact;
	struct span inside = s->cms->content.value;
	struct der sequence;

	s->content = inside;
	fact->kind = state->subject->what;
	if (state->subject->content.len > 0) {
		own_content_read(state, s);
		return;
	}
	s->content_type_ok = span_equal(s->cms->content_type, SPC_INDIRECT_DATA);
	if (!s->content_type_ok) {
		fact->problem = "its content is not an Authenticode digest (SpcIndirectData)";
		return;
	}
	if (s->cms->octet_content) {
		finding_add(state->findings, "cms.octet-content",
			    claim_where(fact->claim, s->cms->content.whole),
			    "SpcIndirectDataContent", "OCTET STRING around it");
		if (!der_only(inside, DER_SEQUENCE, &sequence, NULL)) {
			fact->problem = "its SpcIndirectData cannot be read";
			return;
		}
		inside = sequence.value;
	}
	s->spc_ok = spc_indirect_data_read(a, inside, &s->spc) == STATUS_OK;
	if (!s->spc_ok) {
		fact->problem = "its SpcIndirectData cannot be read";
		return;
	}
	fact->data_type = s->spc.type;
	fact->sip = s->spc.sip;
	fact->page_algorithm = s->spc.pages.algorithm;
	fact->page_table = s->spc.pages.entries;
	fact->made_for = auth_made_for(state->box, &s->spc);
	if (!auth_subject_fits(state->box, &s->spc))
		finding_add(state->findings, "spc.data-type",
			    claim_where(fact->claim, s->spc.type), state->subject->what,
			    fact->made_for ? fact->made_for : der_oid_text(a, s->spc.type));
	if (state->subject->read && !fact->made_for)
		fact->problem = state->subject->read(state, s);
	s->spc_ok = !fact->problem;
	if (s->spc_ok && s->spc.digest != DIGEST_NONE &&
	    s->spc.value.len != digest_size(s->spc.digest)) {
		finding_add(state->findings, "spc.digest-length",
			    claim_where(fact->claim, s->spc.value),
			    arena_printf(a, "%zu bytes", digest_size(s->spc.digest)),
			    arena_printf(a, "%zu bytes", s->spc.value.len));
		fact->problem = "the signed digest has the wrong length";
		s->spc_ok = false;
	}
}

struct nested_place {
	const struct claim *claim;
	unsigned entry, depth;
};

static enum status signed_data_read(struct arena *a, struct authenticode *state,
				    struct nested_place place, struct span in,
				    struct span *rest);

/* Each value of each nested-signature attribute is a ContentInfo over the same file. */
static enum status nested_read(struct arena *a, struct authenticode *state,
			       struct nested_place place, const struct signer_info *signer)
{
	for (size_t i = 0; i < signer->n_unsigned_attrs; i++) {
		const struct cms_attribute *attr = &signer->unsigned_attrs[i];

		if (!span_equal(attr->oid, SPC_NESTED))
			continue;
		for (size_t v = 0; v < attr->n_values; v++) {
			struct span rest;

			TRY(signed_data_read(a, state, place, attr->values[v], &rest));
		}
	}
	return STATUS_OK;
}

/* What the signer says of himself. */
static void claims_read(struct arena *a, struct fact *fact)
{
	const struct cms_attribute *opus = cms_attribute_find(
		fact->signer->attrs, fact->signer->n_attrs, SPC_SP_OPUS_INFO);
	const struct cms_attribute *statement =
		cms_attribute_find(fact->signer->attrs, fact->signer->n_attrs, SPC_STATEMENT);

	if (statement && statement->n_values > 0)
		fact->statement = spc_statement_read(a, statement->values[0]);
	if (opus && opus->n_values > 0)
		spc_opus_read(a, opus->values[0], &fact->program_name, &fact->more_info);
	fact->has_claimed_time = fact->signer->has_signing_time;
	fact->claimed_time = fact->signer->signing_time;
}

/* One fact for each SignerInfo; there should be exactly one. */
static enum status signers_read(struct arena *a, struct authenticode *state,
				struct nested_place place, struct auth_signature *s)
{
	const struct cms *cms = s->cms;

	if (cms->n_signers != 1)
		finding_add(state->findings, "cms.signers", s->fact->where, "1",
			    arena_printf(a, "%zu", cms->n_signers));
	if (cms->n_signers == 0)
		s->fact->problem = "nobody signed it (no SignerInfo)";
	for (size_t i = 0; i < cms->n_signers; i++) {
		struct auth_signature *one = s;

		if (i > 0) {
			one = signature_new(a, state, place.claim);
			if (!one)
				return STATUS_NO_MEMORY;
			one->cms = cms;
			one->fact->cms = cms;
			one->fact->where = s->fact->where;
			one->fact->entry = place.entry;
			one->fact->depth = place.depth;
			content_read(a, state, one);
		}
		one->fact->signer = &cms->signers[i];
		claims_read(a, one->fact);
		own_digest_read(state, one);
	}
	place.depth++;
	for (size_t i = 0; i < cms->n_signers; i++)
		TRY(nested_read(a, state, place, &cms->signers[i]));
	return STATUS_OK;
}

static enum status signed_data_read(struct arena *a, struct authenticode *state,
				    struct nested_place place, struct span in,
				    struct span *rest)
{
	struct range where = claim_where(place.claim, in);
	struct auth_signature *s;
	struct cms *cms;
	enum status status;

	*rest = SPAN_NONE;
	if (place.depth > AUTH_MAX_DEPTH || state->n >= AUTH_MAX_SIGS) {
		finding_add(state->findings, "limit.nested", where, NULL, NULL);
		return STATUS_LIMIT;
	}
	s = signature_new(a, state, place.claim);
	cms = ARENA_NEW(a, struct cms, 1);
	if (!s || !cms)
		return STATUS_NO_MEMORY;
	s->fact->entry = place.entry;
	s->fact->depth = place.depth;
	status = cms_read(a, in, where.off, state->findings, cms, rest);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		s->fact->problem = "its SignedData cannot be read";
		return STATUS_OK;
	}
	TRY(status);
	s->cms = s->fact->cms = cms;
	s->fact->where = claim_where(place.claim, cms->whole);
	if (cms->non_minimal || cms->indefinite)
		finding_add(state->findings, "cms.non-minimal", s->fact->where, "DER",
			    cms->indefinite ? "indefinite lengths" : "longer length octets");
	content_read(a, state, s);
	return signers_read(a, state, place, s);
}

enum status auth_read_all(struct arena *a, struct authenticode *state)
{
	unsigned entry = 0;

	for (const struct claim *c = scheme_claim(&scheme_authenticode, state->box->claims); c;
	     c = scheme_claim(&scheme_authenticode, c->next), entry++) {
		struct nested_place place = { .claim = c, .entry = entry, .depth = 0 };
		struct auth_signature *s;
		struct span rest;

		if (!c->unsupported) {
			struct auth_signature *before = state->last;

			TRY(signed_data_read(a, state, place, c->signature, &rest));
			s = before ? before->next : state->first;
			if (s && s->cms)
				auth_stuffing(a, state->findings, c, rest, s->fact);
			continue;
		}
		s = signature_new(a, state, c);
		if (!s)
			return STATUS_NO_MEMORY;
		s->fact->entry = entry;
		s->fact->problem = "this kind of certificate table entry is not PKCS #7";
	}
	state->findings->signature = -1;
	return STATUS_OK;
}
