/* SPDX-License-Identifier: MIT */
#include "verify/xar/xar_scheme.h"

#include "formats/xar/xar.h"
#include "verify/entries.h"
#include "verify/message.h"

#include <stdlib.h>

#define APPLE_MARKS "\x2a\x86\x48\x86\xf7\x63\x64\x06\x01"
#define MAX_SHOWN   8 /* files that differ, as findings */

struct xar_state {
	const struct xar_image *xar;
	struct fact *facts[XAR_STYLES];
	size_t n;
	struct digest_job *jobs; /* of the table, then of each extent that has a checksum */
	size_t n_jobs;
};

/* What the files are, as far as the table speaks for them. */
struct files_result {
	size_t n_differing, n_bare;
	struct unit_match units;
	enum digest_algorithm weakest;
};

static enum digest_algorithm algorithm_of(enum xar_checksum kind)
{
	switch (kind) {
	case XAR_CHECKSUM_NONE: return DIGEST_NONE;
	case XAR_MD5: return DIGEST_MD5;
	case XAR_SHA1: return DIGEST_SHA1;
	case XAR_SHA256: return DIGEST_SHA256;
	case XAR_SHA512: return DIGEST_SHA512;
	}
	return DIGEST_NONE;
}

static enum status message_read(struct arena *a, struct scheme_case *c, struct fact *fact)
{
	const struct claim *claim = fact->claim;
	struct cms *cms = ARENA_NEW(a, struct cms, 1);
	enum status status;
	struct span rest;

	if (!cms)
		return STATUS_NO_MEMORY;
	status = cms_read(a, claim->signature, claim_base(claim), c->findings, cms, &rest);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		fact->problem = "its SignedData cannot be read";
		return STATUS_OK;
	}
	TRY(status);
	fact->cms = cms;
	if (!span_is_zero(rest)) {
		fact->stuffed = true;
		finding_add(c->findings, "xar.slack", claim_where(claim, rest),
			    "nothing behind the signature", NULL);
	}
	if (cms->n_signers != 1) {
		finding_add(c->findings, "cms.signers", fact->where, "1",
			    arena_printf(a, "%zu", cms->n_signers));
		fact->problem = "it has not exactly one signer";
		return STATUS_OK;
	}
	fact->signer = &cms->signers[0];
	fact->has_claimed_time = fact->signer->has_signing_time;
	fact->claimed_time = fact->signer->signing_time;
	return STATUS_OK;
}

static enum status jobs_plan(struct arena *a, struct xar_state *state)
{
	const struct xar_image *xar = state->xar;
	struct piece *pieces = ARENA_NEW(a, struct piece, xar->n_extents + 1);

	state->jobs = ARENA_NEW(a, struct digest_job, xar->n_extents + 1);
	if (!pieces || !state->jobs)
		return STATUS_NO_MEMORY;
	pieces[0].range = xar->toc;
	state->jobs[state->n_jobs++].algorithm = algorithm_of(xar->checksum);
	for (size_t i = 0; i < xar->n_extents; i++) {
		if (xar->extents[i].kind == XAR_CHECKSUM_NONE)
			continue;
		pieces[state->n_jobs].range = xar->extents[i].where;
		state->jobs[state->n_jobs++].algorithm = algorithm_of(xar->extents[i].kind);
	}
	for (size_t i = 0; i < state->n_jobs; i++) {
		pieces[i].kind = PIECE_RANGE;
		state->jobs[i].covered = (struct coverage){ &pieces[i], 1 };
	}
	return STATUS_OK;
}

static enum status xar_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	struct xar_state *state = ARENA_NEW(a, struct xar_state, 1);

	if (!state)
		return STATUS_NO_MEMORY;
	state->xar = c->box->xar;
	for (const struct claim *claim = scheme_claim(&scheme_xar, c->box->claims); claim;
	     claim = scheme_claim(&scheme_xar, claim->next)) {
		struct fact *fact = fact_new(a, c, claim);

		if (!fact)
			return STATUS_NO_MEMORY;
		state->facts[state->n++] = fact;
		if (claim->type == XAR_CMS)
			TRY(message_read(a, c, fact));
	}
	c->findings->signature = -1;
	if (state->xar->checksum != XAR_CHECKSUM_NONE && !state->xar->broken)
		TRY(jobs_plan(a, state));
	*out = (struct scheme_work){
		.state = state,
		.jobs = state->jobs,
		.n_jobs = state->n_jobs,
	};
	return STATUS_OK;
}

struct unit {
	struct span checksum;
	bool here;
};

static int unit_compare(const void *a, const void *b)
{
	return span_compare(((const struct unit *)a)->checksum,
			    ((const struct unit *)b)->checksum);
}

/* Files of one byte, and copies, tell nothing apart. */
static void units_count(struct unit *units, size_t n, struct unit_match *out)
{
	if (n > 0)
		qsort(units, n, sizeof(*units), unit_compare);
	out->kind = UNITS_ENTRIES;
	for (size_t i = 0; i < n; i++) {
		bool again = i > 0 && span_equal(units[i - 1].checksum, units[i].checksum);

		if (again && units[i - 1].here)
			units[i].here = true;
		if (i + 1 < n && span_equal(units[i + 1].checksum, units[i].checksum)) {
			units[i + 1].here = units[i + 1].here || units[i].here;
			continue;
		}
		out->n_signed++;
		out->n_matching += units[i].here;
	}
}

static enum status files_judge(struct arena *a, struct scheme_case *c,
			       const struct xar_state *state, struct files_result *out)
{
	const struct xar_image *xar = state->xar;
	struct unit *units = ARENA_NEW(a, struct unit, xar->n_extents + 1);
	size_t n = 0, job = 1;

	*out = (struct files_result){ .weakest = algorithm_of(xar->checksum) };
	if (!units)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < xar->n_extents; i++) {
		const struct xar_extent *x = &xar->extents[i];
		bool same;

		if (x->kind == XAR_CHECKSUM_NONE) {
			out->n_bare++;
			continue;
		}
		same = digest_equal(&state->jobs[job++].result, x->checksum);
		out->weakest = digest_weaker(out->weakest, algorithm_of(x->kind));
		if (x->where.len > 1)
			units[n++] = (struct unit){ x->checksum, same };
		if (!same && out->n_differing++ < MAX_SHOWN)
			finding_add(c->findings, "xar.changed", x->where,
				    "the bytes that were signed", x->name);
	}
	units_count(units, n, &out->units);
	return STATUS_OK;
}

/* The binding axis of a signature over the table that is here. */
static void binding_judge(const struct xar_state *state, const struct files_result *files,
			  struct fact *fact)
{
	const struct xar_image *xar = state->xar;
	bool stored = digest_equal(&state->jobs[0].result, xar->stored);

	fact->units = files->units;
	fact->binding = ASSAY_BINDING_INTACT;
	if (files->n_differing > 0) {
		fact->binding = ASSAY_BINDING_MODIFIED;
		return;
	}
	if (files->n_bare > 0 || xar->n_holes > 0 || !stored || fact->stuffed) {
		fact->binding = ASSAY_BINDING_PARTIAL;
		fact->partial_rule = "verdict.partial-coverage";
	}
}

/*
 * The mathematics, for the table that is here; if they do not hold for it, for
 * the one that the heap's checksum is of: a changed table under its old one.
 */
static enum status message_judge(const struct xar_state *state, struct fact *fact, bool *same)
{
	const struct digest *table = &state->jobs[0].result;
	bool stored;

	TRY(fact_mathematics_apart(fact, digest_span(table), same));
	if (fact->signature == ASSAY_SIGNATURE_GOOD && *same)
		fact->signed_digest = *table;
	if ((fact->signature == ASSAY_SIGNATURE_GOOD && *same) ||
	    digest_equal(table, state->xar->stored))
		return STATUS_OK;
	*same = false;
	TRY(fact_mathematics_apart(fact, state->xar->stored, &stored));
	if (fact->signature != ASSAY_SIGNATURE_GOOD || !stored)
		return STATUS_OK;
	fact->signed_digest.algorithm = table->algorithm;
	(void)span_copy(fact->signed_digest.bytes, DIGEST_MAX, state->xar->stored);
	return STATUS_OK;
}

static enum status certificates_read(struct arena *a, const struct xar_signature *s,
				     struct certificate **out, size_t *n)
{
	*out = ARENA_NEW(a, struct certificate, XAR_MAX_CERTIFICATES);
	*n = 0;
	if (!*out)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < s->n_certificates; i++) {
		enum status status = certificate_read(s->certificates[i], &(*out)[*n], NULL);

		if (status == STATUS_NO_MEMORY)
			return status;
		if (status != STATUS_OK && i == 0)
			return STATUS_OK;
		*n += status == STATUS_OK;
	}
	return STATUS_OK;
}

/* PKCS #1 v1.5 over the checksum itself; what it was made for comes out of it. */
static enum status rsa_judge(const struct xar_state *state, struct fact *fact, bool *same)
{
	const struct signature_algorithm rsa = { .key = KEY_RSA };
	const struct digest *table = &state->jobs[0].result;
	struct signature_check check = {
		.key = &fact->certificate->key,
		.algorithm = &rsa,
		.hash = table,
		.signature = fact->claim->signature,
	};
	enum signature_result result = signature_verify(&check);

	TRY(signature_computed(result));
	*same = result == SIGNATURE_OK;
	if (result == SIGNATURE_NOT_SUPPORTED) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "its algorithm is not built in";
		return STATUS_OK;
	}
	if (*same)
		fact->signed_digest = *table;
	else
		TRY(signature_recover(check.key, &rsa, check.signature, &fact->signed_digest));
	if (fact->signed_digest.algorithm == table->algorithm)
		fact->signature = ASSAY_SIGNATURE_GOOD;
	else
		fact->problem = "the signature value is wrong";
	return STATUS_OK;
}

/* Who may sign programs may not sign packages. */
static void installer_judge(struct scheme_case *c, struct fact *fact)
{
	const struct span marks[] = {
		OID(APPLE_MARKS "\x0e"), /* Developer ID Installer */
		OID(APPLE_MARKS "\x0a"), /* Apple's own packages */
	};
	struct span value;
	bool critical;

	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (certificate_extension(fact->certificate, marks[i], &value, &critical))
			return;
	finding_add(c->findings, "xar.not-installer", fact->where, "a certificate for packages",
		    NULL);
	if (fact->trust != ASSAY_TRUST_ANCHORED)
		return;
	fact->trust = ASSAY_TRUST_WRONG_USAGE;
	fact->answer.trust = ASSAY_TRUST_WRONG_USAGE;
	fact->answer.reasons |= 1U << ASSAY_TRUST_WRONG_USAGE;
	fact->answer.explanation = "its certificate is not for installer packages";
}

static enum status rsa_trust(struct arena *a, struct scheme_case *c, struct fact *fact,
			     size_t n_pool, enum digest_algorithm weakest)
{
	struct trust_question q = {
		.policy = &c->policy,
		.leaf = fact->certificate,
		.pool = fact->certificate,
		.n_pool = n_pool,
		.set = TRUST_APPLE,
		.time = c->policy.now,
		.digest = weakest,
		.signer_digest = weakest,
		.whole = fact->claim->signature,
		.base = claim_base(fact->claim),
		.effort = &c->effort,
	};

	fact->judged_at = c->policy.now;
	TRY(trust_judge(c->store, a, &q, c->findings, &fact->answer));
	fact->trust = fact->answer.trust;
	fact->counterfeit = fact->answer.counterfeit;
	return STATUS_OK;
}

static enum status signature_judge(struct arena *a, struct scheme_case *c,
				   const struct xar_state *state, struct fact *fact,
				   const struct files_result *files)
{
	bool is_cms = fact->claim->type == XAR_CMS, same = false;
	struct certificate *pool;
	size_t n_pool = 0;

	fact->signature = ASSAY_SIGNATURE_BAD;
	if (state->n_jobs == 0 && !fact->problem)
		fact->problem = "the table that it signs has no checksum, or makes no sense";
	if (fact->problem)
		return STATUS_OK;
	fact->computed_digest = state->jobs[0].result;
	if (is_cms) {
		TRY(message_judge(state, fact, &same));
	} else {
		TRY(certificates_read(a, &state->xar->signatures[XAR_RSA], &pool, &n_pool));
		fact->problem =
			n_pool == 0 ? "the certificate of its signer cannot be read" : NULL;
		if (fact->problem)
			return STATUS_OK;
		fact->certificate = pool;
		TRY(rsa_judge(state, fact, &same));
	}
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	fact->binding = ASSAY_BINDING_MODIFIED;
	if (same)
		binding_judge(state, files, fact);
	if (!is_cms) {
		TRY(rsa_trust(a, c, fact, n_pool, files->weakest));
	} else {
		TRY(fact_times(a, c, fact, TRUST_APPLE));
		TRY(fact_trust(a, c, fact, TRUST_APPLE, files->weakest));
	}
	installer_judge(c, fact);
	return STATUS_OK;
}

static enum status xar_finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			      struct fact **out)
{
	struct xar_state *state = (struct xar_state *)work->state;
	struct files_result files = { 0 };

	state->jobs = work->jobs;
	if (state->n_jobs > 0) {
		TRY(files_judge(a, c, state, &files));
		if (!digest_equal(&state->jobs[0].result, state->xar->stored))
			finding_add(c->findings, "xar.checksum-differs",
				    state->xar->checksum_where,
				    "the checksum of the packed table", NULL);
	}
	for (size_t i = 0; i < state->n; i++) {
		c->findings->signature = state->facts[i]->index;
		TRY(signature_judge(a, c, state, state->facts[i], &files));
		*out = state->facts[i];
		out = &state->facts[i]->next;
	}
	*out = NULL;
	c->findings->signature = -1;
	return STATUS_OK;
}

const struct scheme scheme_xar = {
	.name = XAR_SCHEME,
	.begin = xar_begin,
	.finish = xar_finish,
};
