/* SPDX-License-Identifier: MIT */
#include "verify/apk/state.h"

static const struct {
	uint32_t id;
	unsigned scheme;
} block_schemes[] = {
	{APK_V2,   2 },
        { APK_V3,  3 },
        { APK_V31, 31}
};

/* The claim of the pair @id. */
static const struct claim *claim_of(const struct scheme_case *c, const struct apk_pair *pair)
{
	const struct claim *claim = c->box->claims;

	while (claim && claim->signature_off != pair->where.off)
		claim = claim->next;
	return claim;
}

static enum status block_begin(struct arena *a, struct scheme_case *c, struct apk_state *state)
{
	state->last = &state->signers;
	for (size_t i = 0; i < COUNT_OF(block_schemes); i++) {
		const struct apk_pair *pair = apk_pair_find(state->apk, block_schemes[i].id);
		const struct claim *claim = pair ? claim_of(c, pair) : NULL;

		if (claim && state->uses[block_schemes[i].scheme])
			TRY(apk_signers_read(a, c, state, claim, block_schemes[i].scheme));
	}
	return STATUS_OK;
}

/* What a release wants of packages that say they are made for it. */
static void demands_note(struct arena *a, struct scheme_case *c, const struct apk_state *state)
{
	const struct apk_manifest *m = &state->apk->manifest;

	if (state->apk->block.len > 0)
		return;
	if (m->target_sdk >= 30 && state->max_sdk >= 30)
		finding_add(c->findings, "apk.target-wants-v2", (struct range){ 0, 0 },
			    "a signature of scheme v2 or later",
			    arena_printf(a, "targetSdkVersion %u", m->target_sdk));
	if (m->sandbox > 1 && state->max_sdk >= 26)
		finding_add(c->findings, "apk.target-wants-v2", (struct range){ 0, 0 },
			    "a signature of scheme v2 or later",
			    arena_printf(a, "targetSandboxVersion %u", m->sandbox));
}

static enum status apk_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	struct apk_state *state = ARENA_NEW(a, struct apk_state, 1);

	if (!state)
		return STATUS_NO_MEMORY;
	state->apk = c->box->apk;
	state->files = c->box->meta_inf;
	state->zip = c->box->zip;
	apk_range_find(a, c, state);
	demands_note(a, c, state);
	TRY(apk_v1_begin(a, c, state));
	TRY(block_begin(a, c, state));
	TRY(apk_contents_plan(a, c, state));
	if (!state->jobs)
		state->jobs = state->entries.jobs;
	for (size_t i = 0; i < state->entries.n_jobs && state->jobs != state->entries.jobs; i++)
		state->jobs[state->n_contents_jobs + i] = state->entries.jobs[i];
	*out = (struct scheme_work){
		.state = state,
		.jobs = state->jobs,
		.n_jobs = state->n_contents_jobs + state->entries.n_jobs,
	};
	c->findings->signature = -1;
	return STATUS_OK;
}

static enum status apk_finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			      struct fact **out)
{
	struct apk_state *state = (struct apk_state *)work->state;

	state->jobs = work->jobs;
	state->entries.jobs = &work->jobs[state->n_contents_jobs];
	TRY(apk_contents_join(a, state));
	TRY(apk_v1_judge(a, c, state));
	TRY(apk_signers_judge(a, c, state));
	apk_succession_check(a, c, state);
	apk_agreement_check(c, state);
	TRY(apk_stamp_check(a, c, state));
	for (struct apk_v1_signer *s = state->v1; s; s = s->next) {
		*out = s->fact;
		out = &s->fact->next;
	}
	for (struct apk_signer *s = state->signers; s; s = s->next) {
		*out = s->fact;
		out = &s->fact->next;
	}
	*out = NULL;
	return STATUS_OK;
}

const struct scheme scheme_apk = {
	.name = "apk",
	.begin = apk_begin,
	.finish = apk_finish,
};
