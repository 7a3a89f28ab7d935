/* SPDX-License-Identifier: MIT */
/*
 * Signed JARs, judged by what they are, not by what jarsigner prints: it says
 * "jar verified" of archives to which classes were added, from which entries
 * were taken, or before which a program stands.
 */
#include "verify/jar/jar_scheme.h"

#include "formats/meta_inf.h"
#include "verify/entries.h"
#include "verify/message.h"

#define SHA1_ENDS INT64_C(1546300800) /* 2019-01-01: what was signed later is not believed */

/* One SignerInfo of one block. */
struct jar_signer {
	struct fact *fact;
	const struct meta_inf_signer *files;
	struct jar_signer *next;
};

struct jar_state {
	const struct meta_inf *files;
	struct entries entries;
	struct jar_signer *first, **last;
	size_t n;
};

static bool java_exempt(struct span name)
{
	return meta_inf_signs(name, META_INF_ANY_CASE);
}

static const struct entries_rules java_rules = { DIGESTS_ALL, java_exempt };

static enum status signer_new(struct arena *a, struct scheme_case *c, struct jar_state *state,
			      const struct claim *claim, const struct meta_inf_signer *files,
			      struct jar_signer **out)
{
	struct jar_signer *s = ARENA_NEW(a, struct jar_signer, 1);

	if (state->n++ == JAR_MAX_FACTS) {
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

static enum status block_read(struct arena *a, struct scheme_case *c, struct jar_state *state,
			      const struct claim *claim, const struct meta_inf_signer *files)
{
	struct cms *cms = ARENA_NEW(a, struct cms, 1);
	struct jar_signer *s;
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

static enum status jar_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	struct jar_state *state = ARENA_NEW(a, struct jar_state, 1);
	size_t i = 0;

	if (!state)
		return STATUS_NO_MEMORY;
	state->files = c->box->meta_inf;
	state->last = &state->first;
	TRY(entries_plan(a, c->findings, c->box->zip, state->files->manifest_bytes,
			 &state->entries));
	if (state->entries.manifest.problem)
		finding_add(c->findings, "entries.manifest-malformed",
			    state->files->manifest ? state->files->manifest->header
						   : (struct range){ 0, 0 },
			    NULL, state->entries.manifest.problem);
	for (const struct claim *claim = scheme_claim(&scheme_jar, c->box->claims); claim;
	     claim = scheme_claim(&scheme_jar, claim->next))
		TRY(block_read(a, c, state, claim, &state->files->signers[i++]));
	*out = (struct scheme_work){
		.state = state,
		.jobs = state->entries.jobs,
		.n_jobs = state->entries.n_jobs,
	};
	return STATUS_OK;
}

/* Java reads the manifest and the list differently from us, or not at all. */
static const char *text_problem(const struct jar_state *state, const struct jar_signer *s,
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

/* What Java has not believed since JDK 16: MD5 never, SHA-1 with a timestamp from before 2019.
 */
static void weakness_judge(struct fact *fact, enum digest_algorithm weakest)
{
	enum digest_algorithm a = digest_weaker(weakest, fact->signer->digest);
	bool old = fact->timestamped && fact->judged_at < SHA1_ENDS;

	if (a != DIGEST_MD5 && (a != DIGEST_SHA1 || old))
		return;
	fact->answer.reasons |= 1U << ASSAY_TRUST_WEAK_ALGORITHM;
	switch (fact->trust) {
	case ASSAY_TRUST_REVOKED:
	case ASSAY_TRUST_DISTRUSTED:
	case ASSAY_TRUST_WRONG_USAGE: return;
	case ASSAY_TRUST_UNEVALUATED:
	case ASSAY_TRUST_WEAK_ALGORITHM:
	case ASSAY_TRUST_EXPIRED:
	case ASSAY_TRUST_SELF_SIGNED:
	case ASSAY_TRUST_UNTRUSTED_ROOT:
	case ASSAY_TRUST_UNKNOWN_KEY:
	case ASSAY_TRUST_ANCHORED: fact->trust = ASSAY_TRUST_WEAK_ALGORITHM;
	}
}

static enum status signer_judge(struct arena *a, struct scheme_case *c,
				const struct jar_state *state, struct jar_signer *s)
{
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
	TRY(entries_judge(a, c->findings, &state->entries, &list, &java_rules, &result));
	entries_bind(&state->entries, &list, &result, fact);
	TRY(fact_times(a, c, fact, TRUST_JAR));
	TRY(fact_trust(a, c, fact, TRUST_JAR, result.weakest));
	weakness_judge(fact, result.weakest);
	return STATUS_OK;
}

static enum status jar_finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			      struct fact **out)
{
	struct jar_state *state = (struct jar_state *)work->state;

	state->entries.jobs = work->jobs;
	for (struct jar_signer *s = state->first; s; s = s->next) {
		c->findings->signature = s->fact->index;
		TRY(signer_judge(a, c, state, s));
		*out = s->fact;
		out = &s->fact->next;
	}
	*out = NULL;
	c->findings->signature = -1;
	return STATUS_OK;
}

const struct scheme scheme_jar = {
	.name = "jar",
	.begin = jar_begin,
	.finish = jar_finish,
};
