/* SPDX-License-Identifier: MIT */
/*
 * What is Authenticode's in cabinets only: signers do not agree on what of the
 * header a signature covers.  Either reading binds it; which one, is told.
 */
#include "formats/cab/cab.h"
#include "verify/authenticode/subject.h"

enum status auth_cab_plan(struct arena *a, struct authenticode *state)
{
	const struct coverage *other = &state->box->cab->other;

	for (struct auth_signature *s = state->first; s; s = s->next)
		if (s->flat_job != AUTH_NO_JOB && other->n > 0)
			TRY(auth_job_share(a, state, s->spc.digest, other, &s->second_job));
	return STATUS_OK;
}

enum status auth_cab_judge(struct arena *a, struct authenticode *state,
			   struct auth_signature *s)
{
	struct fact *fact = s->fact;
	const struct digest_job *job;

	(void)a;
	if (fact->binding != ASSAY_BINDING_MODIFIED || s->second_job == AUTH_NO_JOB)
		return STATUS_OK;
	job = &state->jobs[s->second_job];
	if (!digest_equal(&job->result, s->spc.value))
		return STATUS_OK;
	fact->binding = ASSAY_BINDING_INTACT;
	fact->computed_digest = job->result;
	fact->covered = &state->box->cab->other;
	finding_add(state->findings, "cab.layout", fact->claim->where,
		    "a digest with the number of the cabinet",
		    "a digest with the end of the reserve");
	return STATUS_OK;
}
