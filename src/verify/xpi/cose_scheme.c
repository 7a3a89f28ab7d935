/* SPDX-License-Identifier: MIT */
/* COSE: signatures over META-INF/cose.manifest, which lists every other file but the block's.
 */
#include "formats/meta_inf.h"
#include "formats/xpi/xpi.h"
#include "verify/entries.h"
#include "verify/xpi/cose.h"
#include "verify/xpi/xpi_scheme.h"

struct cose_state {
	const struct xpi_file *xpi;
	struct cose cose;
	struct entries entries;
	struct fact *facts[COSE_MAX_SIGNERS];
	size_t n;
};

/* What signs is not signed itself: neither by the block's manifest nor by this one. */
static bool cose_exempt(struct span name)
{
	return meta_inf_signs(name, META_INF_ANY_CASE) ||
	       span_equal(name, SPAN_LITERAL("META-INF/cose.manifest")) ||
	       span_equal(name, SPAN_LITERAL("META-INF/cose.sig"));
}

static enum status cose_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	const struct claim *claim = scheme_claim(&scheme_cose, c->box->claims);
	struct cose_state *state = ARENA_NEW(a, struct cose_state, 1);
	bool good;

	if (!state)
		return STATUS_NO_MEMORY;
	state->xpi = c->box->xpi;
	TRY(entries_plan(a, c->findings, c->box->zip, state->xpi->cose_manifest_bytes,
			 &state->entries));
	good = cose_read(claim->signature, &state->cose);
	if (state->cose.many) {
		finding_add(c->findings, "limit.signers", claim->where, NULL, NULL);
		return STATUS_LIMIT;
	}
	state->n = good && state->cose.n_signers > 0 ? state->cose.n_signers : 1;
	for (size_t i = 0; i < state->n; i++) {
		state->facts[i] = fact_new(a, c, claim);
		if (!state->facts[i])
			return STATUS_NO_MEMORY;
		if (!good || state->cose.n_signers == 0)
			state->facts[i]->problem = "its COSE message cannot be read";
		else if (!state->xpi->cose_manifest_bytes.ptr)
			state->facts[i]->problem = "the list that it signs is not there";
		else if (state->entries.manifest.problem)
			state->facts[i]->problem = "its manifest can be read in two ways";
	}
	*out = (struct scheme_work){
		.state = state,
		.jobs = state->entries.jobs,
		.n_jobs = state->entries.n_jobs,
	};
	c->findings->signature = -1;
	return STATUS_OK;
}

/* The signer's certificate first, then what leads to an anchor. */
static enum status certificates_read(struct arena *a, const struct cose *cose,
				     const struct cose_signer *signer, struct certificate **out,
				     size_t *n)
{
	*out = ARENA_NEW(a, struct certificate, COSE_MAX_CERTIFICATES + 1);
	*n = 0;
	if (!*out)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i <= cose->n_certificates; i++) {
		struct span der = i == 0 ? signer->certificate : cose->certificates[i - 1];
		enum status status = certificate_read(der, &(*out)[*n], NULL);

		if (status == STATUS_NO_MEMORY)
			return status;
		if (status != STATUS_OK && i == 0)
			return STATUS_MALFORMED;
		*n += status == STATUS_OK;
	}
	return STATUS_OK;
}

static enum status trust_axis_judge(struct arena *a, struct scheme_case *c, struct fact *fact,
				    const struct certificate *pool, size_t n_pool,
				    enum digest_algorithm digest)
{
	struct trust_question q = {
		.policy = &c->policy,
		.leaf = pool,
		.pool = pool,
		.n_pool = n_pool,
		.set = TRUST_MOZ_ADDON,
		.time = c->policy.now,
		.digest = digest,
		.signer_digest = digest,
		.whole = fact->claim->signature,
		.base = fact->claim->signature_off,
		.effort = &c->effort,
	};

	fact->certificate = pool;
	fact->judged_at = c->policy.now;
	TRY(trust_judge(c->store, a, &q, c->findings, &fact->answer));
	fact->trust = fact->answer.trust;
	fact->counterfeit = fact->answer.counterfeit;
	return STATUS_OK;
}

/* The manifest is signed itself: each of its sections counts. */
static enum status binding_judge(struct arena *a, struct scheme_case *c,
				 const struct cose_state *state, struct fact *fact)
{
	static const struct entries_rules rules = { DIGESTS_ALL, cose_exempt };
	struct listing all = { .whole = true };
	struct entries_result result;
	size_t n = state->entries.manifest.n_sections;

	all.covers = ARENA_NEW(a, bool, n + 1);
	if (!all.covers)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		all.covers[i] = true;
	TRY(entries_judge(a, c->findings, &state->entries, &all, &rules, &result));
	entries_bind(&state->entries, &all, &result, fact);
	return STATUS_OK;
}

static enum status signer_judge(struct arena *a, struct scheme_case *c,
				const struct cose_state *state, size_t i)
{
	CLEANUP(buffer_free) struct buffer octets = BUFFER_INIT;
	const struct cose_signer *signer = &state->cose.signers[i];
	struct fact *fact = state->facts[i];
	enum signature_result result;
	struct certificate *pool;
	enum status status;
	size_t n_pool;

	fact->signature = ASSAY_SIGNATURE_BAD;
	if (fact->problem)
		return STATUS_OK;
	status = certificates_read(a, &state->cose, signer, &pool, &n_pool);
	if (status == STATUS_MALFORMED) {
		fact->problem = "the certificate of its signer cannot be read";
		return STATUS_OK;
	}
	TRY(status);
	TRY(cose_signed_octets(&state->cose, signer, state->xpi->cose_manifest_bytes, &octets));
	TRY(cose_verify(signer, &pool[0].key, buffer_span(&octets), &result));
	if (result == SIGNATURE_NOT_SUPPORTED) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "its algorithm is not built in";
		return STATUS_OK;
	}
	if (result != SIGNATURE_OK) {
		fact->problem = "the signature value is wrong";
		return STATUS_OK;
	}
	fact->signature = ASSAY_SIGNATURE_GOOD;
	TRY(binding_judge(a, c, state, fact));
	return trust_axis_judge(a, c, fact, pool, n_pool, cose_digest(signer->algorithm));
}

static enum status cose_finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			       struct fact **out)
{
	struct cose_state *state = (struct cose_state *)work->state;

	state->entries.jobs = work->jobs;
	for (size_t i = 0; i < state->n; i++) {
		c->findings->signature = state->facts[i]->index;
		TRY(signer_judge(a, c, state, i));
		*out = state->facts[i];
		out = &state->facts[i]->next;
	}
	*out = NULL;
	c->findings->signature = -1;
	return STATUS_OK;
}

const struct scheme scheme_cose = {
	.name = "cose",
	.begin = cose_begin,
	.finish = cose_finish,
};
