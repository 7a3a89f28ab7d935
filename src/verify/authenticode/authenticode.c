/* SPDX-License-Identifier: MIT */
#include "verify/authenticode/subject.h"

static enum status authenticode_begin(struct arena *a, struct scheme_case *c,
				      struct scheme_work *out)
{
	struct authenticode *state = ARENA_NEW(a, struct authenticode, 1);

	*out = (struct scheme_work){ 0 };
	if (!state)
		return STATUS_NO_MEMORY;
	*state = (struct authenticode){
		.c = c,
		.box = c->box,
		.subject = auth_subject_of(c->box),
		.findings = c->findings,
		.set = TRUST_MS_CODE,
		.image_job = AUTH_NO_JOB,
		.by_section_job = AUTH_NO_JOB,
		.free_job = AUTH_NO_JOB,
		.zeros_job = AUTH_NO_JOB,
		.block_job = AUTH_NO_JOB,
	};
	TRY(auth_read_all(a, state));
	if (state->first)
		auth_unclaimed(c->box->unclaimed, state->first->fact);
	TRY(auth_plan(a, state));
	*out = (struct scheme_work){
		.state = state,
		.jobs = state->jobs,
		.n_jobs = state->n_jobs,
	};
	return STATUS_OK;
}

static enum status authenticode_finish(struct arena *a, struct scheme_case *c,
				       struct scheme_work *work, struct fact **out)
{
	struct authenticode *state = (struct authenticode *)work->state;

	*out = NULL;
	state->jobs = work->jobs;
	for (struct auth_signature *s = state->first; s; s = s->next) {
		c->findings->signature = s->fact->index;
		TRY(auth_judge(a, state, s));
	}
	c->findings->signature = -1;
	if (state->subject->conclude)
		TRY(state->subject->conclude(a, state));
	*out = state->first ? state->first->fact : NULL;
	return STATUS_OK;
}

const struct scheme scheme_authenticode = {
	.name = "authenticode",
	.begin = authenticode_begin,
	.finish = authenticode_finish,
};
