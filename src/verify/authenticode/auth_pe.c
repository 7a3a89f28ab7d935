/* SPDX-License-Identifier: MIT */
/*
 * What is Authenticode's in programs only: page hashes, the digest section by
 * section, and EFI, whose dbx lists images by SHA-256 whatever signs them.
 */
#include "verify/authenticode/subject.h"

static const struct auth_signature *digested_find(const struct authenticode *state)
{
	const struct auth_signature *s = state->first;

	while (s && s->flat_job == AUTH_NO_JOB)
		s = s->next;
	return s;
}

static enum status by_section_plan(struct arena *a, struct authenticode *state,
				   enum digest_algorithm algorithm)
{
	struct coverage covered;
	enum status status = pe_cover_by_section(a, state->box->pe, &covered);

	if (status == STATUS_UNSUPPORTED)
		return STATUS_OK;
	TRY(status);
	if (coverage_equal(&covered, state->box->claims->covered))
		return STATUS_OK;
	return auth_job_add(a, state, algorithm, &covered, &state->by_section_job);
}

enum status auth_pe_plan(struct arena *a, struct authenticode *state)
{
	const struct auth_signature *digested = digested_find(state);

	if (state->box->pe->is_efi)
		state->set = TRUST_UEFI;
	if (!digested)
		return STATUS_OK;
	for (struct auth_signature *s = state->first; s; s = s->next)
		if (s->flat_job != AUTH_NO_JOB)
			TRY(auth_pages_plan(a, state, s));
	if (state->box->pe->is_efi)
		TRY(auth_job_share(a, state, DIGEST_SHA256, digested->fact->covered,
				   &state->image_job));
	return by_section_plan(a, state, digested->spc.digest);
}

enum status auth_pe_judge(struct arena *a, struct authenticode *state, struct auth_signature *s)
{
	struct fact *fact = s->fact;

	TRY(auth_pages_compare(a, s, state->jobs, state->findings));
	fact->table_inside = state->box->pe->table_inside;
	if (fact->binding == ASSAY_BINDING_INTACT &&
	    (fact->n_bad_pages > 0 || fact->table_inside))
		fact->binding = ASSAY_BINDING_PARTIAL;
	return STATUS_OK;
}

/* Flat decides; where the specification's text gives another digest, say so. */
enum status auth_pe_conclude(struct arena *a, struct authenticode *state)
{
	const struct auth_signature *s = digested_find(state);

	(void)a;
	if (!s || state->by_section_job == AUTH_NO_JOB ||
	    digest_equal(&state->jobs[state->by_section_job].result, s->spc.value) ||
	    !digest_equal(&state->jobs[s->flat_job].result, s->spc.value))
		return STATUS_OK;
	finding_add(state->findings, "pe.digest-divergence", (struct range){ 0, 0 },
		    "one image digest", "hashing section by section gives another");
	return STATUS_OK;
}
