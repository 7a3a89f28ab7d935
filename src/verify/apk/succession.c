/* SPDX-License-Identifier: MIT */
/*
 * Signers of schemes v3 and v3.1 follow each other: every system that looks at
 * the scheme has one of them, none has two, and each knows the past of the one
 * before (AOSP, apksig, V3SchemeVerifier).  A system that finds none or two
 * refuses the package, and one that is updated must not lose its signer.
 */
#include "verify/apk/state.h"

/* The signers of one scheme, by the last system they are for. */
struct line {
	struct apk_signer *signers[APK_MAX_SIGNERS];
	size_t n;
	bool judged; /* every signature is good */
};

static struct line line_of(const struct apk_state *state, unsigned scheme)
{
	struct line line = { .judged = true };

	for (struct apk_signer *s = state->signers; s; s = s->next) {
		size_t at = line.n;

		if (s->scheme != scheme || line.n == APK_MAX_SIGNERS)
			continue;
		line.judged = line.judged && s->fact->signature == ASSAY_SIGNATURE_GOOD;
		for (; at > 0 && line.signers[at - 1]->max_sdk > s->max_sdk; at--)
			line.signers[at] = line.signers[at - 1];
		line.signers[at] = s;
		line.n++;
	}
	return line;
}

/* Does @next begin where @before ends?  A preview is still named as the release before it. */
static bool follows(const struct apk_signer *before, const struct apk_signer *next)
{
	return (before->max_sdk < SDK_MAX && next->min_sdk == before->max_sdk + 1) ||
	       (next->for_previews && next->min_sdk == before->max_sdk);
}

/* What the ranges leave open for the systems that are asked about; NULL: nothing. */
static const char *ranges_problem(struct arena *a, const struct apk_state *state,
				  const struct line *line, unsigned scheme)
{
	const struct apk_signer *last = line->signers[line->n - 1];
	uint32_t from, to;

	for (size_t i = 1; i < line->n; i++)
		if (!follows(line->signers[i - 1], line->signers[i]))
			return arena_printf(
				a, "API %u to %u, then %u to %u", line->signers[i - 1]->min_sdk,
				line->signers[i - 1]->max_sdk, line->signers[i]->min_sdk,
				line->signers[i]->max_sdk);
	if (!apk_range_of(state, scheme, &from, &to))
		return NULL;
	if (line->signers[0]->min_sdk > from ||
	    (last->max_sdk < to && last->max_sdk < SDK_OPEN))
		return arena_printf(a, "API %u to %u", line->signers[0]->min_sdk,
				    last->max_sdk);
	return NULL;
}

/* Is the shorter past the beginning of the longer? */
static bool is_one_past(const struct apk_signer *a, const struct apk_signer *b)
{
	size_t n = a->past.n < b->past.n ? a->past.n : b->past.n;

	for (size_t i = 0; i < n; i++)
		if (!span_equal(a->past.certificates[i], b->past.certificates[i]))
			return false;
	return true;
}

/* Newer systems know more of one and the same past. */
static bool pasts_agree(const struct line *line, const struct apk_signer **longest)
{
	for (size_t i = 0; i < line->n; i++) {
		const struct apk_signer *s = line->signers[i];

		if (s->past.n == 0)
			continue;
		if (*longest && (!is_one_past(*longest, s) || s->past.n < (*longest)->past.n))
			return false;
		*longest = s;
	}
	return true;
}

static void line_refuse(struct scheme_case *c, const struct line *line, const char *problem)
{
	for (size_t i = 0; i < line->n; i++) {
		line->signers[i]->fact->signature = ASSAY_SIGNATURE_BAD;
		line->signers[i]->fact->problem = problem;
	}
	c->findings->signature = line->signers[0]->fact->index;
}

void apk_succession_check(struct arena *a, struct scheme_case *c, const struct apk_state *state)
{
	static const unsigned oldest_first[] = { 3, 31 };
	const struct apk_signer *longest = NULL;

	for (size_t i = 0; i < COUNT_OF(oldest_first); i++) {
		struct line line = line_of(state, oldest_first[i]);
		const char *seen;

		if (line.n == 0 || !line.judged)
			continue;
		seen = ranges_problem(a, state, &line, oldest_first[i]);
		if (seen) {
			line_refuse(c, &line, "some systems find no signer in it, or two");
			finding_add(c->findings, "apk.sdk-ranges", line.signers[0]->fact->where,
				    "one signer for each system that is asked about", seen);
			continue;
		}
		if (pasts_agree(&line, &longest))
			continue;
		line_refuse(c, &line, "its signers have different pasts");
		finding_add(c->findings, "apk.lineages-differ", line.signers[0]->fact->where,
			    "one past that grows from release to release", NULL);
	}
	c->findings->signature = -1;
}
