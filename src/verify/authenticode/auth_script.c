/* SPDX-License-Identifier: MIT */
/*
 * What is Authenticode's in scripts only: the text is signed, and signers read
 * the same bytes as different texts.  Each reading is tried; which one was
 * signed is told unless it is that of Windows.
 */
#include "formats/script/script.h"
#include "verify/authenticode/subject.h"

enum status auth_script_plan(struct arena *a, struct authenticode *state)
{
	const struct script_image *script = state->box->script;

	for (struct auth_signature *s = state->first; s; s = s->next)
		for (size_t i = 0; s->flat_job != AUTH_NO_JOB && i < script->n_candidates; i++)
			TRY(auth_job_share(a, state, s->spc.digest,
					   &script->candidates[i].covered, &s->second_job));
	return STATUS_OK;
}

/* The reading that was signed; NULL: none of them. */
static enum status reading_find(struct arena *a, struct authenticode *state,
				struct auth_signature *s, const struct script_candidate **out)
{
	const struct script_image *script = state->box->script;

	*out = NULL;
	for (size_t i = 0; i < script->n_candidates && !*out; i++) {
		const struct script_candidate *c = &script->candidates[i];

		TRY(auth_job_share(a, state, s->spc.digest, &c->covered, &s->second_job));
		if (digest_equal(&state->jobs[s->second_job].result, s->spc.value))
			*out = c;
	}
	return STATUS_OK;
}

static const char *usual_name(const struct script_image *script)
{
	for (size_t i = 0; i < script->n_candidates; i++)
		if (script->candidates[i].usual)
			return script->candidates[i].name;
	return "text that can be read";
}

enum status auth_script_judge(struct arena *a, struct authenticode *state,
			      struct auth_signature *s)
{
	const struct script_image *script = state->box->script;
	const struct script_candidate *found;
	struct fact *fact = s->fact;

	TRY(reading_find(a, state, s, &found));
	if (!found)
		return STATUS_OK;
	if (found->ends) {
		finding_add(state->findings, "script.eol", script->text, found->name,
			    "other line ends");
		fact->tampered_rule = "verdict.tampered-line-ends";
		return STATUS_OK;
	}
	fact->binding = ASSAY_BINDING_INTACT;
	fact->computed_digest = state->jobs[s->second_job].result;
	fact->covered = &found->covered;
	if (!found->usual)
		finding_add(state->findings, "script.encoding", script->text,
			    usual_name(script), found->name);
	return STATUS_OK;
}
