/* SPDX-License-Identifier: MIT */
/*
 * What the kernel checks (crypto/asymmetric_keys/pkcs7_verify.c): a PKCS #7
 * SignedData of type data, without the data and without signed attributes, over
 * everything that stands before it.  The key is in the kernel, so most bring no
 * certificate along; expiry counts for nothing.
 */
#include "verify/kernel_module/kernel_module_scheme.h"

#include "verify/kernel_message.h"
#include "verify/message.h"

/* One SignerInfo. */
struct module_signature {
	struct fact *fact;
	size_t job;    /* of the payload by its digest; NO_JOB: none is wanted */
	size_t module; /* of the module without what stands behind it; NO_JOB: nothing does */
	struct module_signature *next;
};

#define NO_JOB SIZE_MAX

struct module_state {
	struct scheme_case *c;
	const struct claim *claim;
	const struct cms *cms; /* NULL: cannot be read */
	struct module_signature *first, *last;
	struct coverage
		module; /* of a signed file to which bytes were added; .n 0: none were */
	struct digest_job jobs[2 * CMS_MAX_SIGNERS];
	size_t n_jobs;
};

static void refuse(struct module_state *state, struct fact *fact, const char *rule,
		   const char *problem)
{
	fact->signature = ASSAY_SIGNATURE_BAD;
	fact->problem = problem;
	finding_add(state->c->findings, rule, fact->where, NULL, problem);
}

static struct module_signature *signature_add(struct arena *a, struct module_state *state)
{
	struct module_signature *s = ARENA_NEW(a, struct module_signature, 1);
	struct fact *fact = fact_new(a, state->c, state->claim);

	if (!s || !fact)
		return NULL;
	*s = (struct module_signature){ .fact = fact, .job = NO_JOB, .module = NO_JOB };
	fact->cms = state->cms;
	if (state->last) {
		state->last->next = s;
		state->last->fact->next = fact;
	} else {
		state->first = s;
	}
	state->last = s;
	return s;
}

/* One for all signers that want the same. */
static size_t job_add(struct module_state *state, const struct coverage *covered,
		      enum digest_algorithm algorithm)
{
	for (size_t i = 0; i < state->n_jobs; i++)
		if (state->jobs[i].algorithm == algorithm &&
		    state->jobs[i].covered.pieces == covered->pieces)
			return i;
	state->jobs[state->n_jobs] = (struct digest_job){
		.covered = *covered,
		.algorithm = algorithm,
	};
	return state->n_jobs++;
}

static void signer_plan(struct module_state *state, struct module_signature *s,
			const struct signer_info *signer)
{
	s->fact->signer = signer;
	s->fact->has_claimed_time = signer->has_signing_time;
	s->fact->claimed_time = signer->signing_time;
	if (signer->signed_attrs.len > 0)
		refuse(state, s->fact, "kmod.signed-attributes",
		       "it has signed attributes, which the kernel refuses");
	else if (signer->digest == DIGEST_NONE)
		s->fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
	else
		s->job = job_add(state, state->claim->covered, signer->digest);
	if (s->job != NO_JOB && state->module.n > 0)
		s->module = job_add(state, &state->module, signer->digest);
}

static enum status signers_plan(struct arena *a, struct module_state *state, struct span rest)
{
	const char *refused = kernel_message_refused(state->cms);
	struct module_signature *s = signature_add(a, state);

	if (!s)
		return STATUS_NO_MEMORY;
	if (rest.len > 0)
		finding_add(state->c->findings, "kmod.slack", claim_where(state->claim, rest),
			    NULL, arena_printf(a, "%zu octets behind the PKCS #7", rest.len));
	if (refused) {
		refuse(state, s->fact, "kmod.message", refused);
		return STATUS_OK;
	}
	for (size_t i = 0; i < state->cms->n_signers; i++) {
		if (i > 0)
			s = signature_add(a, state);
		if (!s)
			return STATUS_NO_MEMORY;
		signer_plan(state, s, &state->cms->signers[i]);
	}
	return STATUS_OK;
}

static enum status message_read(struct arena *a, struct module_state *state)
{
	struct cms *cms = ARENA_NEW(a, struct cms, 1);
	struct module_signature *s;
	struct span rest;
	enum status status;

	if (!cms)
		return STATUS_NO_MEMORY;
	status = cms_read(a, state->claim->signature, state->claim->signature_off,
			  state->c->findings, cms, &rest);
	if (status == STATUS_OK) {
		state->cms = cms;
		return signers_plan(a, state, rest);
	}
	if (status != STATUS_MALFORMED)
		return status;
	s = signature_add(a, state);
	if (!s)
		return STATUS_NO_MEMORY;
	s->fact->signature = ASSAY_SIGNATURE_BAD;
	s->fact->problem = "its PKCS #7 cannot be read";
	return STATUS_OK;
}

/* Bytes behind the module that are covered: were they when it was signed? */
static enum status module_cover(struct arena *a, struct module_state *state)
{
	const struct kernel_module *m = state->c->box->kernel_module;
	struct piece *piece;

	if (m->elf.end == 0 || m->elf.end >= m->payload.len)
		return STATUS_OK;
	piece = ARENA_NEW(a, struct piece, 1);
	if (!piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){
		.kind = PIECE_RANGE, .range = {0, m->elf.end}
	};
	state->module = (struct coverage){ piece, 1 };
	return STATUS_OK;
}

static enum status kernel_module_begin(struct arena *a, struct scheme_case *c,
				       struct scheme_work *out)
{
	struct module_state *state = ARENA_NEW(a, struct module_state, 1);

	*out = (struct scheme_work){ 0 };
	if (!state)
		return STATUS_NO_MEMORY;
	state->c = c;
	state->claim = scheme_claim(&scheme_kernel_module, c->box->claims);
	TRY(module_cover(a, state));
	TRY(message_read(a, state));
	*out = (struct scheme_work){
		.state = state,
		.jobs = state->jobs,
		.n_jobs = state->n_jobs,
	};
	return STATUS_OK;
}

/*
 * A key of a kernel image is believed as far as the image is, unless the
 * administrator says something else about it.
 */
static void outside_believe(struct fact *fact)
{
	const struct outside_key *key = fact->outside;
	struct trust_answer *answer = &fact->answer;

	if (!key || (fact->trust != ASSAY_TRUST_SELF_SIGNED &&
		     fact->trust != ASSAY_TRUST_UNTRUSTED_ROOT &&
		     fact->trust != ASSAY_TRUST_UNEVALUATED))
		return;
	answer->trust = key->anchor ? ASSAY_TRUST_ANCHORED : ASSAY_TRUST_UNTRUSTED_ROOT;
	answer->reasons = 1U << answer->trust;
	answer->explanation = key->why_not;
	answer->anchor_name = key->anchor;
	answer->path_has_anchor = key->anchor != NULL;
	fact->trust = answer->trust;
}

static enum status signature_judge(struct arena *a, struct scheme_case *c,
				   const struct scheme_work *work, struct module_signature *s)
{
	struct fact *fact = s->fact;

	if (s->job == NO_JOB)
		return STATUS_OK;
	c->findings->signature = fact->index;
	TRY(fact_mathematics_detached(a, c, fact, TRUST_KMOD, &work->jobs[s->job].result));
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	if (fact->binding == ASSAY_BINDING_MODIFIED && s->module != NO_JOB &&
	    digest_equal(&work->jobs[s->module].result, digest_span(&fact->signed_digest)))
		fact->tampered_rule = "verdict.tampered-appended";
	TRY(fact_times(a, c, fact, TRUST_KMOD));
	TRY(fact_trust(a, c, fact, TRUST_KMOD, fact->signer->digest));
	outside_believe(fact);
	return STATUS_OK;
}

static enum status kernel_module_finish(struct arena *a, struct scheme_case *c,
					struct scheme_work *work, struct fact **out)
{
	struct module_state *state = (struct module_state *)work->state;

	*out = NULL;
	for (struct module_signature *s = state->first; s; s = s->next)
		TRY(signature_judge(a, c, work, s));
	c->findings->signature = -1;
	*out = state->first ? state->first->fact : NULL;
	return STATUS_OK;
}

const struct scheme scheme_kernel_module = {
	.name = "kernel_module",
	.begin = kernel_module_begin,
	.finish = kernel_module_finish,
};
