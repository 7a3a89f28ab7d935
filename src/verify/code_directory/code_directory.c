/* SPDX-License-Identifier: MIT */
#include "verify/code_directory/state.h"

static enum status code_directory_begin(struct arena *a, struct scheme_case *c,
					struct scheme_work *out)
{
	struct cd_state *state = ARENA_NEW(a, struct cd_state, 1);

	*out = (struct scheme_work){ 0 };
	if (!state)
		return STATUS_NO_MEMORY;
	*state = (struct cd_state){ .c = c };
	TRY(cd_read_all(a, state));
	TRY(cd_plan(a, state));
	*out = (struct scheme_work){
		.state = state,
		.jobs = state->jobs,
		.n_jobs = state->n_jobs,
	};
	return STATUS_OK;
}

/* Nobody signed it: what it says about itself holds, or does not. */
static void keyless_judge(struct cd_signature *s)
{
	const struct code_directory *best = code_directory_best(s->object.code);
	struct fact *fact = s->fact;

	for (size_t i = 0; i < s->n_directories; i++)
		if (s->directories[i].d == best)
			fact->computed_digest = s->directories[i].hash;
	fact->signed_digest = fact->computed_digest;
	if (!s->adhoc) {
		fact->signature = ASSAY_SIGNATURE_ABSENT;
		fact->stripped = !s->object.code->cms_misplaced;
		fact->problem = "it is neither ad-hoc nor signed by anybody";
		return;
	}
	fact->signature = s->altered || s->resources_altered ? ASSAY_SIGNATURE_BAD
							     : ASSAY_SIGNATURE_KEYLESS;
	if (s->altered)
		fact->problem = "its digests are not those of this program";
	else if (s->resources_altered)
		fact->problem = "its digests are not those of the files of this bundle";
}

static void binding_judge(struct cd_signature *s)
{
	struct fact *fact = s->fact;

	fact->binding = ASSAY_BINDING_INTACT;
	if (s->object.holes || s->unsealed) {
		fact->binding = ASSAY_BINDING_PARTIAL;
		fact->partial_rule = "verdict.partial-coverage";
	}
	if (s->altered || s->resources_altered)
		fact->binding = ASSAY_BINDING_MODIFIED;
}

/*
 * A structure that contradicts itself cannot be believed.  Only where the signer's
 * own CodeDirectory stands in a program of another length, pages tell more.
 */
static void contradiction_judge(struct cd_signature *s)
{
	const struct code_object *o = &s->object;
	struct fact *fact = s->fact;

	if (fact->counterfeit || (fact->signature != ASSAY_SIGNATURE_GOOD &&
				  fact->signature != ASSAY_SIGNATURE_KEYLESS))
		return;
	if (!o->broken && (!o->limit_differs || (s->attested && s->altered)))
		return;
	fact->signature = ASSAY_SIGNATURE_BAD;
	fact->problem = o->broken ? "the file around it contradicts itself"
				  : "it covers less or more than what lies before it";
}

static enum status signature_judge(struct arena *a, struct cd_state *state,
				   struct cd_signature *s)
{
	bool has_cms = s->object.code->cms.len > 0;

	TRY(cd_pages_compare(a, state, s));
	TRY(cd_slots_compare(a, state, s));
	TRY(cd_resources_judge(a, state, s));
	cd_ticket_note(a, state, s);
	if (s->n_supported == 0) {
		s->fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		s->fact->problem = "none of its CodeDirectories can be checked";
		return STATUS_OK;
	}
	/* Bytes in the wrapper of ad-hoc code that are no signature say nothing. */
	if (!has_cms || (s->adhoc && (!s->cms || !s->fact->signer))) {
		keyless_judge(s);
		contradiction_judge(s);
		binding_judge(s);
		return STATUS_OK;
	}
	TRY(cd_cms_judge(a, state, s));
	contradiction_judge(s);
	if (s->fact->signature != ASSAY_SIGNATURE_GOOD) {
		binding_judge(s);
		return STATUS_OK;
	}
	s->altered = s->altered || !s->attested;
	TRY(cd_agility_judge(a, state, s));
	binding_judge(s);
	if (s->altered)
		TRY(cd_units_count(a, state, s));
	cd_resources_tell(state, s);
	TRY(cd_pages_tell(a, state, s));
	TRY(cd_trust_judge(a, state, s));
	return s->altered ? STATUS_OK : cd_designated_judge(a, state, s);
}

static enum status code_directory_finish(struct arena *a, struct scheme_case *c,
					 struct scheme_work *work, struct fact **out)
{
	struct cd_state *state = (struct cd_state *)work->state;

	*out = NULL;
	state->jobs = work->jobs;
	for (struct cd_signature *s = state->first; s; s = s->next) {
		c->findings->signature = s->fact->index;
		TRY(signature_judge(a, state, s));
	}
	c->findings->signature = -1;
	cd_slices_judge(state);
	*out = state->first ? state->first->fact : NULL;
	return STATUS_OK;
}

const struct scheme scheme_code_directory = {
	.name = CODE_SIGNATURE_SCHEME,
	.begin = code_directory_begin,
	.finish = code_directory_finish,
};
