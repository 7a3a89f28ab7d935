/* SPDX-License-Identifier: MIT */
#include "verify/archive.h"

#include "verify/message.h"

static enum status signer_new(struct arena *a, struct scheme_case *c, struct archive *state,
			      const struct claim *claim, const struct meta_inf_signer *files,
			      struct archive_signer **out)
{
	struct archive_signer *s = ARENA_NEW(a, struct archive_signer, 1);

	if (state->n++ == ARCHIVE_MAX_FACTS) {
		finding_add(c->findings, "limit.signers", claim->where, NULL, NULL);
		return STATUS_LIMIT;
	}
	if (!s)
		return STATUS_NO_MEMORY;
	s->fact = fact_new(a, c, claim);
	if (!s->fact)
		return STATUS_NO_MEMORY;
	s->files = files;
	*state->last = s;
	state->last = &s->next;
	*out = s;
	return STATUS_OK;
}

static enum status block_read(struct arena *a, struct scheme_case *c, struct archive *state,
			      const struct claim *claim, const struct meta_inf_signer *files)
{
	struct cms *cms = ARENA_NEW(a, struct cms, 1);
	struct archive_signer *s;
	enum status status;
	struct span rest;

	if (!cms)
		return STATUS_NO_MEMORY;
	TRY(signer_new(a, c, state, claim, files, &s));
	status = cms_read(a, claim->signature, claim_base(claim), c->findings, cms, &rest);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		s->fact->problem = "its SignedData cannot be read";
		return STATUS_OK;
	}
	TRY(status);
	s->fact->cms = cms;
	if (cms->n_signers == 0)
		s->fact->problem = "nobody signed it (no SignerInfo)";
	for (size_t i = 0; i < cms->n_signers; i++) {
		if (i > 0)
			TRY(signer_new(a, c, state, claim, files, &s));
		s->fact->cms = cms;
		s->fact->signer = &cms->signers[i];
		s->fact->has_claimed_time = s->fact->signer->has_signing_time;
		s->fact->claimed_time = s->fact->signer->signing_time;
	}
	return STATUS_OK;
}

enum status archive_begin(struct arena *a, struct scheme_case *c,
			  const struct archive_profile *profile, struct archive *out)
{
	const struct meta_inf *files = c->box->meta_inf;
	size_t i = 0;

	*out = (struct archive){ .profile = profile, .files = files };
	out->last = &out->first;
	TRY(entries_plan(a, c->findings, c->box->zip, files->manifest_bytes, &out->entries));
	if (out->entries.manifest.problem)
		finding_add(c->findings, "entries.manifest-malformed",
			    files->manifest ? files->manifest->header : (struct range){ 0, 0 },
			    NULL, out->entries.manifest.problem);
	for (const struct claim *claim = scheme_claim(profile->scheme, c->box->claims); claim;
	     claim = scheme_claim(profile->scheme, claim->next))
		TRY(block_read(a, c, out, claim, &files->signers[i++]));
	return STATUS_OK;
}

/* Java reads the manifest and the list differently from us, or not at all. */
static const char *text_problem(const struct archive *state, const struct archive_signer *s,
				const struct listing *list)
{
	if (!state->files->manifest || !state->files->manifest_bytes.ptr)
		return "the archive has no manifest";
	if (!s->files->list || !s->files->list_bytes.ptr)
		return "the list that it signs is not there";
	if (state->entries.manifest.problem)
		return "its manifest can be read in two ways";
	return list->list.problem ? "its list can be read in two ways" : NULL;
}

static enum status signer_judge(struct arena *a, struct scheme_case *c,
				const struct archive *state, struct archive_signer *s)
{
	const struct archive_profile *profile = state->profile;
	struct fact *fact = s->fact;
	struct entries_result result;
	struct listing list;

	fact->signature = ASSAY_SIGNATURE_BAD;
	if (fact->problem)
		return STATUS_OK;
	TRY(listing_read(a, &state->entries.manifest, s->files->list_bytes, DIGESTS_ALL,
			 &list));
	fact->problem = text_problem(state, s, &list);
	if (fact->problem)
		return STATUS_OK;
	TRY(fact_mathematics(fact, s->files->list_bytes));
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	TRY(entries_judge(a, c->findings, &state->entries, &list, &profile->rules, &result));
	entries_bind(&state->entries, &list, &result, fact);
	TRY(fact_times(a, c, fact, profile->set));
	TRY(fact_trust(a, c, fact, profile->set, result.weakest));
	if (profile->weakness)
		profile->weakness(fact, result.weakest);
	return STATUS_OK;
}

enum status archive_finish(struct arena *a, struct scheme_case *c, struct archive *archive,
			   struct fact ***last)
{
	for (struct archive_signer *s = archive->first; s; s = s->next) {
		c->findings->signature = s->fact->index;
		TRY(signer_judge(a, c, archive, s));
		**last = s->fact;
		*last = &s->fact->next;
	}
	**last = NULL;
	c->findings->signature = -1;
	return STATUS_OK;
}
