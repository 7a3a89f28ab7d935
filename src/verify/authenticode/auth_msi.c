/* SPDX-License-Identifier: MIT */
/*
 * What is Authenticode's in installer packages only: MsiDigitalSignatureEx, a
 * digest of names, sizes and times that is itself covered; and free sectors.
 *
 * Windows is said to prepend the stored digest without comparing it.  Here it
 * is compared: where it is not that of the package, somebody renamed, resized
 * or moved streams whose contents the signature proves.
 */
#include "base/buffer.h"
#include "formats/msi/msi.h"
#include "verify/authenticode/subject.h"

/* The stored digest says by its length how it was made. */
static enum digest_algorithm extended_algorithm(const struct msi_file *msi)
{
	static const enum digest_algorithm all[] = { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256,
						     DIGEST_SHA384, DIGEST_SHA512 };

	for (size_t i = 0; msi->has_extended && i < COUNT_OF(all); i++)
		if (digest_size(all[i]) == msi->extended.len)
			return all[i];
	return DIGEST_NONE;
}

enum status auth_msi_plan(struct arena *a, struct authenticode *state)
{
	const struct msi_file *msi = state->box->msi;
	enum digest_algorithm algorithm = extended_algorithm(msi);

	for (struct auth_signature *s = state->first; s; s = s->next)
		if (s->flat_job != AUTH_NO_JOB && algorithm != DIGEST_NONE)
			TRY(auth_job_share(a, state, algorithm, &msi->metadata,
					   &s->second_job));
	if (!state->first || msi->free.n == 0)
		return STATUS_OK;
	TRY(auth_job_add(a, state, DIGEST_SHA256, &msi->free, &state->free_job));
	return auth_job_add(a, state, DIGEST_SHA256, &msi->zeros, &state->zeros_job);
}

static const char *hex_say(struct arena *a, struct span bytes)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_hex(&text, bytes);
	return arena_string(a, buffer_span(&text));
}

enum status auth_msi_judge(struct arena *a, struct authenticode *state,
			   struct auth_signature *s)
{
	const struct msi_file *msi = state->box->msi;
	struct fact *fact = s->fact;
	const struct digest_job *job;

	if (fact->binding != ASSAY_BINDING_INTACT)
		return STATUS_OK;
	if (s->second_job == AUTH_NO_JOB) {
		finding_add(state->findings, "msi.names-uncovered", (struct range){ 0, 0 },
			    "a digest of names, sizes and times",
			    msi->has_extended ? "one of no known length" : "none");
		return STATUS_OK;
	}
	job = &state->jobs[s->second_job];
	if (digest_equal(&job->result, msi->extended))
		return STATUS_OK;
	fact->binding = ASSAY_BINDING_MODIFIED;
	fact->tampered_rule = "verdict.tampered-names";
	fact->units = (struct unit_match){ UNITS_STREAMS, msi->n_streams, msi->n_streams };
	finding_add(state->findings, "msi.dse-mismatch", (struct range){ 0, 0 },
		    hex_say(a, msi->extended), hex_say(a, digest_span(&job->result)));
	return STATUS_OK;
}

enum status auth_msi_conclude(struct arena *a, struct authenticode *state)
{
	const struct msi_file *msi = state->box->msi;

	if (state->free_job == AUTH_NO_JOB ||
	    digest_equal(&state->jobs[state->free_job].result,
			 digest_span(&state->jobs[state->zeros_job].result)))
		return STATUS_OK;
	finding_add(state->findings, "msi.free-sectors", msi->free.pieces[0].range,
		    "free sectors without contents",
		    arena_printf(a, "%llu bytes in %zu places",
				 (unsigned long long)msi->zeros.pieces[0].range.len,
				 msi->free.n));
	return STATUS_OK;
}
