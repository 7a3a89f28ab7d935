/* SPDX-License-Identifier: MIT */
/* Plans all digests of a file, so that one pass over it computes them. */
#include "verify/authenticode/subject.h"

#define JOBS_FIRST 8

static enum status jobs_grow(struct arena *a, struct authenticode *state)
{
	size_t room = state->room ? 2 * state->room : JOBS_FIRST;
	struct digest_job *more = ARENA_NEW(a, struct digest_job, room);

	if (!more)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < state->n_jobs; i++)
		more[i] = state->jobs[i];
	state->jobs = more;
	state->room = room;
	return STATUS_OK;
}

enum status auth_job_add(struct arena *a, struct authenticode *state,
			 enum digest_algorithm algorithm, const struct coverage *covered,
			 size_t *job)
{
	if (!state->jobs || state->n_jobs == state->room)
		TRY(jobs_grow(a, state));
	*job = state->n_jobs++;
	state->jobs[*job] = (struct digest_job){ .algorithm = algorithm, .covered = *covered };
	return STATUS_OK;
}

enum status auth_job_share(struct arena *a, struct authenticode *state,
			   enum digest_algorithm algorithm, const struct coverage *covered,
			   size_t *job)
{
	for (size_t i = 0; i < state->n_jobs; i++) {
		const struct digest_job *j = &state->jobs[i];

		if (j->algorithm == algorithm && j->covered.pieces == covered->pieces &&
		    j->covered.n == covered->n) {
			*job = i;
			return STATUS_OK;
		}
	}
	return auth_job_add(a, state, algorithm, covered, job);
}

/* One image digest for each algorithm in use, whatever the number of signatures. */
enum status auth_plan(struct arena *a, struct authenticode *state)
{
	for (struct auth_signature *s = state->first; s; s = s->next)
		if (s->spc_ok && s->spc.digest != DIGEST_NONE)
			TRY(auth_job_share(a, state, s->spc.digest, s->fact->covered,
					   &s->flat_job));
	return state->subject->plan ? state->subject->plan(a, state) : STATUS_OK;
}
