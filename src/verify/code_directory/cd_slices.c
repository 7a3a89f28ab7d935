/* SPDX-License-Identifier: MIT */
/*
 * What the slices of a universal file say about each other.
 *
 * Linkers sign what must be signed to run at all, so that unsigned and ad-hoc
 * slices side by side are ordinary.  An identity on some slices only makes the
 * others pass for what they are not; when the slice with the identity can never
 * run, it is there for verifiers alone (CVE-2018-10404).
 */
#include "verify/code_directory/state.h"

/* What the slices have; counted over those that are programs. */
struct tally {
	size_t n_programs, n_identities, n_adhoc;
	bool teams_differ, hidden, lies; /* lies: a slice with an identity does */
};

static bool has_identity(const struct cd_signature *s)
{
	return s->fact->signature == ASSAY_SIGNATURE_GOOD;
}

static void slices_tally(const struct cd_state *state, struct tally *t)
{
	const struct macho_file *file = state->c->box->macho;
	const struct code_directory *first = NULL;

	for (size_t i = 0; i < file->n_slices; i++)
		t->n_programs += file->slices[i].kind != MACHO_ARCHIVE;
	t->hidden = file->hidden;
	for (const struct cd_signature *s = state->first; s; s = s->next) {
		const struct code_directory *best = code_directory_best(s->object.code);

		t->n_adhoc += s->fact->signature == ASSAY_SIGNATURE_KEYLESS;
		if (!has_identity(s) || !best)
			continue;
		t->n_identities++;
		t->lies = t->lies || s->object.slice->lies;
		if (!first)
			first = best;
		else if (!span_equal(first->team, best->team))
			t->teams_differ = true;
	}
}

void cd_slices_judge(struct cd_state *state)
{
	const struct macho_file *file = state->c->box->macho;
	struct tally t = { 0 };

	if (!file || !file->fat)
		return;
	slices_tally(state, &t);
	if (t.n_identities == 0 && t.n_adhoc > 0 && t.n_adhoc < t.n_programs)
		finding_add(state->c->findings, "macho.fat-mixed-slices",
			    (struct range){ 0, 0 }, NULL, NULL);
	if (t.n_identities == 0 || (t.n_identities == t.n_programs && !t.teams_differ))
		return;
	for (struct cd_signature *s = state->first; s; s = s->next) {
		if (!has_identity(s) || s->fact->binding == ASSAY_BINDING_MODIFIED)
			continue;
		s->fact->binding = ASSAY_BINDING_PARTIAL;
		s->fact->partial_rule = "verdict.partial-parts";
		if (t.hidden || t.lies)
			s->fact->grafted_rule = "verdict.grafted-slices";
	}
}
