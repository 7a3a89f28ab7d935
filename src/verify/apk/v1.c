/* SPDX-License-Identifier: MIT */
/* Scheme v1: JAR signing as Android reads it, which is not as Java does. */
#include "verify/apk/state.h"

#define SDK_STRONGEST 18 /* since then the strongest digest counts, before the first one */

/* All of META-INF does without a signature; what is run from there should not. */
static bool android_exempt(struct span name)
{
	static const char *const code[] = { ".dex", ".jar", ".so", ".class", ".apk" };

	if (!span_starts(name, "META-INF/", 9) || span_starts(name, "META-INF/services/", 18))
		return false;
	for (size_t i = 0; i < COUNT_OF(code); i++) {
		struct span end = SPAN_TEXT(code[i]);

		if (name.len > end.len && span_equal(span_after(name, name.len - end.len), end))
			return false;
	}
	return true;
}

/* Only the first SignerInfo of a block: older systems look at no other. */
static enum status block_read(struct arena *a, struct scheme_case *c, struct apk_state *state,
			      const struct claim *claim, const struct meta_inf_signer *files)
{
	struct apk_v1_signer *s = ARENA_NEW(a, struct apk_v1_signer, 1);
	struct cms *cms = ARENA_NEW(a, struct cms, 1);
	enum status status;
	struct span rest;

	if (!s || !cms)
		return STATUS_NO_MEMORY;
	s->fact = fact_new(a, c, claim);
	if (!s->fact)
		return STATUS_NO_MEMORY;
	s->fact->scheme = "apk-v1";
	s->fact->limits = apk_range_text(a, state, 1);
	s->files = files;
	*state->v1_last = s;
	state->v1_last = &s->next;
	status = cms_read(a, claim->signature, claim->signature_off, c->findings, cms, &rest);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		s->fact->problem = "its SignedData cannot be read";
		return STATUS_OK;
	}
	TRY(status);
	s->fact->cms = cms;
	if (cms->n_signers == 0) {
		s->fact->problem = "nobody signed it (no SignerInfo)";
		return STATUS_OK;
	}
	s->fact->signer = &cms->signers[0];
	if (cms->n_signers > 1)
		finding_add(c->findings, "cms.signers", claim->where, "1",
			    arena_printf(a, "%zu", cms->n_signers));
	return STATUS_OK;
}

enum status apk_v1_begin(struct arena *a, struct scheme_case *c, struct apk_state *state)
{
	const struct claim *claim = scheme_claim(&scheme_apk, c->box->claims);

	state->v1_last = &state->v1;
	if (!state->uses[1])
		return STATUS_OK;
	TRY(entries_plan(a, c->findings, state->zip, state->files->manifest_bytes,
			 &state->entries));
	for (size_t i = 0; i < state->files->n_blocks; i++) {
		TRY(block_read(a, c, state, claim, &state->files->signers[i]));
		claim = scheme_claim(&scheme_apk, claim->next);
	}
	return STATUS_OK;
}

static const char *text_problem(const struct apk_state *state, const struct apk_v1_signer *s,
				const struct listing *list)
{
	if (!state->files->manifest_bytes.ptr)
		return "the package has no manifest";
	if (!s->files->list_bytes.ptr)
		return "the list that it signs is not there";
	if (state->entries.manifest.problem)
		return "its manifest can be read in two ways";
	return list->list.problem ? "its list can be read in two ways" : NULL;
}

/* X-Android-APK-Signed: "2, 3": schemes that were there when it was signed. */
static void stripping_check(struct arena *a, struct scheme_case *c,
			    const struct apk_state *state, const struct listing *list,
			    struct fact *fact)
{
	static const struct {
		uint8_t digit;
		uint32_t id, since;
	} named_by[] = {
		{'2',  APK_V2, SDK_V2},
                { '3', APK_V3, SDK_V3}
	};
	struct span named;

	if (!manifest_attribute(a, &list->list.main, SPAN_LITERAL("X-Android-APK-Signed"),
				&named))
		return;
	for (size_t i = 0; i < COUNT_OF(named_by); i++) {
		bool says = false;

		for (uint64_t at = 0; at < named.len; at++)
			says = says || (span_at(named, at) == named_by[i].digit &&
					(at == 0 || span_at(named, at - 1) == ' ' ||
					 span_at(named, at - 1) == ',') &&
					(at + 1 == named.len || span_at(named, at + 1) == ',' ||
					 span_at(named, at + 1) == ' '));
		if (!says || apk_pair_find(state->apk, named_by[i].id) ||
		    state->max_sdk < named_by[i].since)
			continue;
		fact->stripped = true;
		finding_add(c->findings, "apk.scheme-missing", fact->where,
			    arena_printf(a, "a signature of scheme v%c", named_by[i].digit),
			    NULL);
	}
}

/* Where JAR signing sees holes lie the signing block and what aligns entries: nobody runs it.
 */
static bool only_padding(const struct apk_state *state)
{
	for (size_t i = 0; i < state->zip->n_holes; i++) {
		const struct zip_hole *hole = &state->zip->holes[i];
		bool block = hole->kind == ZIP_HOLE_BLOCK && state->apk->block.len > 0;

		if (hole->like || (hole->kind != ZIP_HOLE_GAP && !block))
			return false;
	}
	return true;
}

static enum status choice_judge(struct arena *a, struct scheme_case *c,
				const struct apk_state *state, struct apk_v1_signer *s,
				enum digest_choice choice)
{
	const struct entries_rules rules = { choice, android_exempt };
	struct entries_result result;
	struct fact *fact = s->fact;
	struct listing list;

	TRY(listing_read(a, &state->entries.manifest, s->files->list_bytes, choice, &list));
	fact->problem = text_problem(state, s, &list);
	if (fact->problem)
		return STATUS_OK;
	TRY(entries_judge(a, c->findings, &state->entries, &list, &rules, &result));
	entries_bind(&state->entries, &list, &result, fact);
	if (fact->partial_rule && result.n_uncovered == 0 && only_padding(state)) {
		fact->partial_rule = NULL;
		fact->binding = ASSAY_BINDING_INTACT;
	}
	stripping_check(a, c, state, &list, fact);
	return STATUS_OK;
}

static enum status signer_judge(struct arena *a, struct scheme_case *c,
				const struct apk_state *state, struct apk_v1_signer *s)
{
	struct fact *fact = s->fact;

	fact->signature = ASSAY_SIGNATURE_BAD;
	if (fact->problem)
		return STATUS_OK;
	TRY(fact_mathematics(fact, s->files->list_bytes));
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	TRY(choice_judge(a, c, state, s, DIGESTS_STRONGEST));
	if (!fact->problem && fact->binding != ASSAY_BINDING_MODIFIED &&
	    state->min_sdk < SDK_STRONGEST)
		TRY(choice_judge(a, c, state, s, DIGESTS_FIRST));
	if (fact->problem) {
		fact->signature = ASSAY_SIGNATURE_BAD;
		return STATUS_OK;
	}
	fact->judged_at = c->policy.now;
	return fact_trust(a, c, fact, TRUST_ANDROID, fact->signer->digest);
}

enum status apk_v1_judge(struct arena *a, struct scheme_case *c, struct apk_state *state)
{
	for (struct apk_v1_signer *s = state->v1; s; s = s->next) {
		c->findings->signature = s->fact->index;
		TRY(signer_judge(a, c, state, s));
	}
	c->findings->signature = -1;
	return STATUS_OK;
}
