/* SPDX-License-Identifier: MIT */
/* Reads the signatures of a package, and judges each of them. */
#include "verify/nuget/nuget.h"

#include "formats/nuget/nuget.h"
#include "verify/nuget/state.h"

#define ID_DATA           OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define COUNTER_SIGNATURE OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06")

static enum status signature_new(struct arena *a, struct scheme_case *c, struct nuget *n,
				 const struct claim *claim, struct nuget_signature **out)
{
	struct nuget_signature *s = &n->signatures[n->n];

	if (n->n == NUGET_MAX_SIGNATURES) {
		finding_add(c->findings, "limit.nested", claim->where, NULL, NULL);
		return STATUS_LIMIT;
	}
	*s = (struct nuget_signature){ .fact = fact_new(a, c, claim) };
	if (!s->fact)
		return STATUS_NO_MEMORY;
	if (n->n > 0)
		n->signatures[n->n - 1].fact->next = s->fact;
	n->n++;
	*out = s;
	return STATUS_OK;
}

/* Who signs, as what, and what he says of himself. */
static void signer_read(struct arena *a, struct scheme_case *c, struct nuget_signature *s)
{
	struct fact *fact = s->fact;
	const char *problem = NULL;

	s->role = nuget_role_read(fact->signer, &fact->problem);
	fact->has_claimed_time = fact->signer->has_signing_time;
	fact->claimed_time = fact->signer->signing_time;
	if (s->role == NUGET_AUTHOR)
		fact->statement = "author";
	if (s->role != NUGET_REPOSITORY)
		return;
	fact->statement = "repository";
	nuget_repository_read(a, fact->signer, &fact->more_info, &fact->program_name, &problem);
	if (problem)
		finding_add(c->findings, "nupkg.repository", fact->where,
			    "an address with https, and owners", problem);
	if (!fact->problem)
		fact->problem = problem;
}

/* A repository's consent to the author's signature: a signature over that signature. */
static enum status counters_read(struct arena *a, struct scheme_case *c, struct nuget *n,
				 const struct claim *claim)
{
	const struct signer_info *primary = n->signatures[0].fact->signer;
	const struct cms_attribute *attr = cms_attribute_find(
		primary->unsigned_attrs, primary->n_unsigned_attrs, COUNTER_SIGNATURE);

	for (size_t v = 0; attr && v < attr->n_values; v++) {
		struct nuget_signature *s;
		struct signer_info *signer = ARENA_NEW(a, struct signer_info, 1);
		enum status status;

		TRY(signature_new(a, c, n, claim, &s));
		if (!signer)
			return STATUS_NO_MEMORY;
		s->counter = true;
		s->content = primary->signature;
		s->fact->depth = 1;
		s->fact->where = claim_where(claim, attr->values[v]);
		status = signer_info_read(a, attr->values[v], signer);
		if (status == STATUS_MALFORMED) {
			s->fact->problem = "its SignerInfo cannot be read";
			continue;
		}
		TRY(status);
		s->fact->cms = n->cms;
		s->fact->signer = signer;
		signer_read(a, c, s);
	}
	return STATUS_OK;
}

static enum status message_read(struct arena *a, struct scheme_case *c, struct nuget *n,
				const struct claim *claim)
{
	struct nuget_signature *s;
	struct fact *fact;
	struct span rest;
	enum status status;

	TRY(signature_new(a, c, n, claim, &s));
	fact = s->fact;
	if (claim->unsupported) {
		fact->problem = "NuGet signs no archives with ZIP64 records";
		return STATUS_OK;
	}
	n->cms = ARENA_NEW(a, struct cms, 1);
	if (!n->cms)
		return STATUS_NO_MEMORY;
	status = cms_read(a, claim->signature, claim_base(claim), c->findings, n->cms, &rest);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		fact->problem = "its SignedData cannot be read";
		return STATUS_OK;
	}
	TRY(status);
	fact->cms = n->cms;
	s->content = n->cms->content.value;
	if (rest.len > 0)
		finding_add(c->findings, "nupkg.slack", claim_where(claim, rest),
			    "nothing behind the SignedData", "bytes that nobody signed");
	if (n->cms->n_signers != 1) {
		finding_add(c->findings, "cms.signers", fact->where, "1",
			    arena_printf(a, "%zu", n->cms->n_signers));
		fact->problem = "it has not exactly one signer";
		return STATUS_OK;
	}
	fact->signer = &n->cms->signers[0];
	signer_read(a, c, s);
	if (!n->cms->octet_content || !span_equal(n->cms->content_type, ID_DATA)) {
		fact->problem = "its content is not text in an OCTET STRING";
		return counters_read(a, c, n, claim);
	}
	TRY(nuget_content_read(a, s->content, &n->content, &n->content_ok));
	if (!n->content_ok)
		fact->problem = "its text is not that of a package signature, version 1";
	return counters_read(a, c, n, claim);
}

static enum status nuget_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	const struct claim *claim = scheme_claim(&scheme_nuget, c->box->claims);
	struct nuget *n = ARENA_NEW(a, struct nuget, 1);

	if (!n)
		return STATUS_NO_MEMORY;
	out->state = n;
	TRY(message_read(a, c, n, claim));
	c->findings->signature = -1;
	if (!n->content_ok || n->content.algorithm == DIGEST_NONE)
		return STATUS_OK;
	out->jobs = ARENA_NEW(a, struct digest_job, 1);
	if (!out->jobs)
		return STATUS_NO_MEMORY;
	out->n_jobs = 1;
	out->jobs[0] = (struct digest_job){ .algorithm = n->content.algorithm,
					    .covered = *claim->covered };
	return STATUS_OK;
}

/* The binding axis.  A countersignature binds the package through the signature it is over. */
static void binding_judge(struct scheme_case *c, const struct nuget *n, struct fact *fact,
			  const struct scheme_work *work)
{
	if (work->n_jobs == 0)
		return;
	fact->computed_digest = work->jobs[0].result;
	fact->signed_digest.algorithm = n->content.algorithm;
	(void)span_copy(fact->signed_digest.bytes, DIGEST_MAX, n->content.hash);
	fact->binding = digest_equal(&fact->computed_digest, n->content.hash)
				? ASSAY_BINDING_INTACT
				: ASSAY_BINDING_MODIFIED;
	if (fact->binding == ASSAY_BINDING_INTACT &&
	    (c->box->nuget->n_slack > 0 ||
	     finding_has(c->findings, "nupkg.slack", n->signatures[0].fact->index))) {
		fact->binding = ASSAY_BINDING_PARTIAL;
		fact->partial_rule = "verdict.partial-coverage";
	}
}

/* NuGet takes RSA and SHA-2 only, and wants the signer to name its certificate. */
static const char *signer_demands(const struct fact *fact)
{
	const struct public_key *key = &fact->certificate->key;
	enum digest_algorithm digest = fact->signer->digest;

	if (key->type != KEY_RSA || key->n_bits < NUGET_MIN_RSA_BITS)
		return "NuGet takes RSA keys of at least 2048 bits only";
	if (digest != DIGEST_SHA256 && digest != DIGEST_SHA384 && digest != DIGEST_SHA512)
		return "NuGet takes SHA-256, SHA-384 and SHA-512 only";
	return NULL;
}

static const char *named_problem(enum certificate_named named)
{
	switch (named) {
	case NAMED_RIGHT: return NULL;
	case NAMED_NOT: return "its signer does not name the certificate that is his";
	case NAMED_WRONG: return "its signer names another certificate than his";
	case NAMED_UNREADABLE:
	case NAMED_UNSUPPORTED: break;
	}
	return "its signing-certificate-v2 cannot be read";
}

static enum status mathematics_judge(struct nuget_signature *s)
{
	const char *problem = s->fact->problem;
	enum certificate_named named;
	struct fact *fact = s->fact;

	fact->signature =
		fact->claim->unsupported ? ASSAY_SIGNATURE_UNSUPPORTED : ASSAY_SIGNATURE_BAD;
	if (!fact->signer)
		return STATUS_OK;
	TRY(s->counter ? fact_counter_mathematics(fact, s->content)
		       : fact_mathematics(fact, s->content));
	if (fact->signature == ASSAY_SIGNATURE_GOOD && !problem) {
		TRY(signer_names_certificate(fact->signer, fact->certificate, true, &named));
		problem = named_problem(named);
	}
	if (problem) {
		fact->signature = ASSAY_SIGNATURE_BAD;
		fact->problem = problem;
	}
	if (fact->signature == ASSAY_SIGNATURE_GOOD && signer_demands(fact)) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = signer_demands(fact);
	}
	return STATUS_OK;
}

static enum status signature_judge(struct arena *a, struct scheme_case *c,
				   const struct nuget *n, struct nuget_signature *s,
				   const struct scheme_work *work)
{
	struct fact *fact = s->fact;

	c->findings->signature = fact->index;
	TRY(mathematics_judge(s));
	binding_judge(c, n, fact, work);
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	if (s->role == NUGET_ROLE_NONE)
		finding_add(c->findings, "nupkg.role", fact->where,
			    "an author's or a repository's commitment", "none");
	TRY(fact_tokens(a, c, fact, TRUST_NUGET));
	TRY(fact_trust(a, c, fact, TRUST_NUGET, n->content.algorithm));
	if (certificate_has_eku(fact->certificate, EKU_LIFETIME)) {
		finding_add(c->findings, "nupkg.lifetime", fact->where,
			    "a certificate without the lifetime purpose", "one with it");
		if (fact->trust == ASSAY_TRUST_ANCHORED)
			fact->trust = fact->answer.trust = ASSAY_TRUST_WRONG_USAGE;
	}
	return STATUS_OK;
}

/* Where the repository vouches for what the author's certificate no longer does. */
static void consent_note(struct scheme_case *c, const struct nuget *n)
{
	const struct fact *first = n->signatures[0].fact;

	for (size_t i = 1; i < n->n; i++) {
		const struct fact *fact = n->signatures[i].fact;

		if (fact->signature == ASSAY_SIGNATURE_GOOD &&
		    fact->trust == ASSAY_TRUST_ANCHORED &&
		    first->signature == ASSAY_SIGNATURE_GOOD &&
		    first->trust != ASSAY_TRUST_ANCHORED) {
			c->findings->signature = fact->index;
			finding_add(c->findings, "nupkg.by-repository", fact->where,
				    "an author who is trusted", "a repository that is");
		}
	}
}

static enum status nuget_finish(struct arena *a, struct scheme_case *c,
				struct scheme_work *work, struct fact **out)
{
	struct nuget *n = (struct nuget *)work->state;

	for (size_t i = 0; i < n->n; i++)
		TRY(signature_judge(a, c, n, &n->signatures[i], work));
	consent_note(c, n);
	c->findings->signature = -1;
	*out = n->signatures[0].fact;
	return STATUS_OK;
}

const struct scheme scheme_nuget = {
	.name = "nuget",
	.begin = nuget_begin,
	.finish = nuget_finish,
};
