/* SPDX-License-Identifier: MIT */
/* Plans all digests of a file, so that one pass over it computes them. */
#include "verify/authenticode/state.h"

/* One image digest for each algorithm in use, whatever the number of signatures. */
static size_t flat_job_of(const struct authenticode *state, const struct auth_signature *s)
{
	for (const struct auth_signature *o = state->first; o != s; o = o->next)
		if (o->flat_job != AUTH_NO_JOB && o->spc.digest == s->spc.digest)
			return o->flat_job;
	return AUTH_NO_JOB;
}

/* dbx knows images by SHA-256, whatever digest their signatures use. */
static size_t image_job_of(const struct authenticode *state, size_t *n)
{
	if (!state->box->pe->is_efi)
		return AUTH_NO_JOB;
	for (const struct auth_signature *s = state->first; s; s = s->next)
		if (s->flat_job != AUTH_NO_JOB && s->spc.digest == DIGEST_SHA256)
			return s->flat_job;
	return (*n)++;
}

static enum status by_section_plan(struct arena *a, const struct authenticode *state,
				   struct coverage *covered, bool *differs)
{
	enum status status = pe_cover_by_section(a, state->box->pe, covered);

	*differs = status == STATUS_OK && !coverage_equal(covered, state->box->claims->covered);
	return status == STATUS_UNSUPPORTED ? STATUS_OK : status;
}

enum status auth_plan(struct arena *a, struct authenticode *state)
{
	const struct auth_signature *digested = NULL;
	struct coverage by_section = { 0 };
	bool differs = false;
	size_t n = 0;

	state->by_section_job = AUTH_NO_JOB;
	for (struct auth_signature *s = state->first; s; s = s->next) {
		if (!s->spc_ok || s->spc.digest == DIGEST_NONE)
			continue;
		digested = digested ? digested : s;
		s->flat_job = flat_job_of(state, s);
		if (s->flat_job == AUTH_NO_JOB)
			s->flat_job = n++;
		TRY(auth_pages_plan(a, state->box->pe, s, &n));
	}
	state->image_job = digested ? image_job_of(state, &n) : AUTH_NO_JOB;
	if (digested)
		TRY(by_section_plan(a, state, &by_section, &differs));
	if (differs)
		state->by_section_job = n++;
	state->n_jobs = n;
	state->jobs = ARENA_NEW(a, struct digest_job, n ? n : 1);
	if (!state->jobs)
		return STATUS_NO_MEMORY;
	if (state->image_job != AUTH_NO_JOB)
		state->jobs[state->image_job] = (struct digest_job){
			.algorithm = DIGEST_SHA256,
			.covered = *digested->fact->covered,
		};
	for (const struct auth_signature *s = state->first; s; s = s->next) {
		if (s->flat_job == AUTH_NO_JOB)
			continue;
		state->jobs[s->flat_job] = (struct digest_job){
			.algorithm = s->spc.digest,
			.covered = *s->fact->covered,
		};
		auth_pages_jobs(s, state->jobs);
	}
	if (differs)
		state->jobs[state->by_section_job] = (struct digest_job){
			.algorithm = digested->spc.digest,
			.covered = by_section,
		};
	return STATUS_OK;
}
