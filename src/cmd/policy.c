/* SPDX-License-Identifier: MIT */
#include "cmd/policy.h"

#include "base/json.h"
#include "evidence/standing.h"
#include "policy/subject.h"

#define PASS   OUTCOME_PASS
#define FAIL   OUTCOME_VIOLATION
#define UNSURE OUTCOME_INCOMPLETE

/* What each word alone means; refined below for `untrusted` and for integrity. */
static const struct {
	enum outcome strict, forgery, integrity;
} table[] = {
  /* clang-format off */
	[ASSAY_VERDICT_UNKNOWN]     = { UNSURE, UNSURE, UNSURE },
	[ASSAY_VERDICT_VALID]       = { PASS,   PASS,   PASS   },
	[ASSAY_VERDICT_UNTRUSTED]   = { FAIL,   PASS,   PASS   },
	[ASSAY_VERDICT_ADHOC]       = { FAIL,   PASS,   PASS   },
	[ASSAY_VERDICT_PARTIAL]     = { FAIL,   FAIL,   FAIL   },
	[ASSAY_VERDICT_TAMPERED]    = { FAIL,   FAIL,   FAIL   },
	[ASSAY_VERDICT_GRAFTED]     = { FAIL,   FAIL,   FAIL   },
	[ASSAY_VERDICT_MISMATCHED]  = { FAIL,   FAIL,   FAIL   },
	[ASSAY_VERDICT_COUNTERFEIT] = { FAIL,   FAIL,   PASS   },
	[ASSAY_VERDICT_BROKEN]      = { FAIL,   FAIL,   FAIL   },
	/* Without a signature nothing says what the bytes should be. */
	[ASSAY_VERDICT_STRIPPED]    = { FAIL,   FAIL,   UNSURE },
	[ASSAY_VERDICT_COSTUME]     = { FAIL,   FAIL,   UNSURE },
	[ASSAY_VERDICT_UNSIGNED]    = { FAIL,   PASS,   UNSURE },
	[ASSAY_VERDICT_UNSUPPORTED] = { UNSURE, UNSURE, UNSURE },
	[ASSAY_VERDICT_ERROR]       = { UNSURE, UNSURE, UNSURE },
  /* clang-format on */
};

static enum outcome outcome_strict(const struct report *r)
{
	return report_unevaluated(r) ? OUTCOME_INCOMPLETE : table[r->verdict].strict;
}

/* A key that was withdrawn is a forger's favourite: not merely unknown. */
static enum outcome outcome_forgery(const struct report *r)
{
	const struct report_signature *s = report_deciding(r);

	if (r->verdict == ASSAY_VERDICT_UNTRUSTED && s &&
	    (s->trust == ASSAY_TRUST_REVOKED || s->trust == ASSAY_TRUST_DISTRUSTED))
		return OUTCOME_VIOLATION;
	return table[r->verdict].forgery;
}

static enum outcome outcome_integrity(const struct report *r)
{
	enum outcome outcome = table[r->verdict].integrity;
	const struct report_signature *s = report_deciding(r);

	if (outcome != OUTCOME_PASS)
		return outcome;
	if (!s || s->binding == ASSAY_BINDING_UNCHECKED)
		return OUTCOME_INCOMPLETE;
	return s->binding == ASSAY_BINDING_INTACT ? OUTCOME_PASS : OUTCOME_VIOLATION;
}

/* Met in a tree, and no program at all. */
static bool is_foreign(const struct report *r, bool named)
{
	return !named && !r->format && r->verdict == ASSAY_VERDICT_UNSUPPORTED;
}

enum outcome policy_outcome(enum exit_policy policy, const struct report *r, bool named)
{
	enum outcome outcome = OUTCOME_INCOMPLETE;

	if ((unsigned)r->verdict > ASSAY_VERDICT_ERROR)
		return OUTCOME_INCOMPLETE;
	if (is_foreign(r, named))
		return OUTCOME_SKIPPED;
	switch (policy) {
	case EXIT_POLICY_NONE: break;
	case EXIT_POLICY_STRICT: outcome = outcome_strict(r); break;
	case EXIT_POLICY_FORGERY: outcome = outcome_forgery(r); break;
	case EXIT_POLICY_INTEGRITY: outcome = outcome_integrity(r); break;
	}
	if (outcome == OUTCOME_PASS && !r->complete)
		return OUTCOME_INCOMPLETE;
	return outcome;
}

/* A default says nothing about what nobody could judge; to let pass what has no anchors to be
 * checked by, as `forgery` does, it says enough. */
static bool is_open(const struct policy_decision *d, const struct report *r)
{
	if (d->incomplete || d->action == POLICY_NO_ACTION)
		return true;
	if (!d->line || !d->line->is_default || policy_report_judged(r))
		return false;
	return d->action != POLICY_ALLOW || !report_unevaluated(r);
}

static enum outcome outcome_of(const struct policy_decision *d, const struct report *r)
{
	if (is_open(d, r))
		return OUTCOME_INCOMPLETE;
	if (d->action == POLICY_DENY)
		return OUTCOME_VIOLATION;
	if (!r->complete)
		return OUTCOME_INCOMPLETE;
	return d->action == POLICY_AUDIT ? OUTCOME_RECORDED : OUTCOME_PASS;
}

static void decide(const struct policy *rules, const struct report *r, const char *path,
		   int64_t now, struct policy_decision *out)
{
	struct policy_subject subject = { .report = r };
	struct policy_facts facts = policy_subject_facts(&subject, now);

	policy_subject_set(&subject, POLICY_PATH, policy_octets(SPAN_TEXT(path)));
	policy_decide(rules, &facts, out);
}

enum outcome policy_outcome_by(const struct policy *rules, const struct report *r,
			       const char *path, bool named, int64_t now)
{
	struct policy_decision d;

	if ((unsigned)r->verdict > ASSAY_VERDICT_ERROR)
		return OUTCOME_INCOMPLETE;
	if (is_foreign(r, named))
		return OUTCOME_SKIPPED;
	decide(rules, r, path, now, &d);
	return outcome_of(&d, r);
}

void policy_reason_write(struct buffer *out, const struct policy *rules, const struct report *r,
			 const char *path, enum outcome outcome, int64_t now)
{
	static const char *const words[] = {
		[OUTCOME_RECORDED] = "recorded",
		[OUTCOME_VIOLATION] = "denied",
		[OUTCOME_INCOMPLETE] = "undecided",
	};
	struct policy_decision d;

	if (outcome >= COUNT_OF(words) || !words[outcome])
		return;
	decide(rules, r, path, now, &d);
	if (!d.line)
		return;
	buffer_printf(out, "    %s by ", words[outcome]);
	policy_line_place(out, rules, d.line);
	buffer_text(out, " ");
	json_quote(out, policy_text_at(rules, d.line->rule));
	buffer_text(out, "\n");
}
