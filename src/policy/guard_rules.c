/* SPDX-License-Identifier: MIT */
#include "policy/guard_rules.h"

#include "assay.h"

const char *guard_mode_word(enum guard_mode mode)
{
	switch (mode) {
	case GUARD_NO_MODE: break;
	case GUARD_LEARN: return "learn";
	case GUARD_DENYLIST: return "denylist";
	case GUARD_ALLOWLIST: return "allowlist";
	}
	return "none";
}

bool guard_mode_find(const char *word, enum guard_mode *out)
{
	for (int i = GUARD_LEARN; i <= GUARD_ALLOWLIST; i++) {
		*out = (enum guard_mode)i;
		if (strcmp(word, guard_mode_word(*out)) == 0)
			return true;
	}
	*out = GUARD_NO_MODE;
	return false;
}

/* As GUARD_FORGED_WORDS has them. */
static const enum assay_verdict forged[] = {
	ASSAY_VERDICT_GRAFTED,    ASSAY_VERDICT_COUNTERFEIT, ASSAY_VERDICT_TAMPERED,
	ASSAY_VERDICT_MISMATCHED, ASSAY_VERDICT_BROKEN,
};

/* What honest programs look like too: it never denies by itself. */
static const enum assay_verdict odd[] = {
	ASSAY_VERDICT_STRIPPED,
	ASSAY_VERDICT_COSTUME,
	ASSAY_VERDICT_PARTIAL,
};

static void word_write(struct buffer *out, enum assay_verdict word, bool *first)
{
	buffer_printf(out, "%s\"%s\"", *first ? "" : ", ", assay_verdict_word(word));
	*first = false;
}

/* The forged words that are denied, or those that are only recorded. */
static void forged_write(struct buffer *out, uint32_t audited, bool recorded, bool *first)
{
	for (size_t i = 0; i < COUNT_OF(forged); i++)
		if (((audited >> i & 1) != 0) == recorded)
			word_write(out, forged[i], first);
}

static bool any_denied(uint32_t audited)
{
	for (size_t i = 0; i < COUNT_OF(forged); i++)
		if ((audited >> i & 1) == 0)
			return true;
	return false;
}

void guard_rules_write(struct buffer *out, const struct guard_settings *settings)
{
	bool first = true;

	buffer_text(out, "allow \"assay itself\" when own\n");
	buffer_text(out,
		    "deny \"denied file\" when sha256 in deny_list or signatures.exists(s, "
		    "(has(s.image_digest) and s.image_digest in deny_list) or "
		    "(has(s.claimed.certificate) and s.claimed.certificate in deny_list))\n");
	if (any_denied(settings->audited)) {
		buffer_text(out, "deny \"forged\" when verdict in [");
		forged_write(out, settings->audited, false, &first);
		buffer_text(out, "]\n");
	}
	first = true;
	buffer_text(out, "note \"looks forged\" when verdict in [");
	forged_write(out, settings->audited, true, &first);
	for (size_t i = 0; i < COUNT_OF(odd); i++)
		word_write(out, odd[i], &first);
	buffer_text(out, "]\n");
	/* Behind what is forged: no list vouches for a lie. */
	buffer_text(out, "allow \"allowed file\" when sha256 in allow_list\n");
}

/* Each in the order of the modes: learn, denylist, allowlist. */
static const enum guard_response responses[GUARD_FAULTS][GUARD_ALLOWLIST + 1] = {
  /* clang-format off */
	[GUARD_ENGINE] = { GUARD_DENIES,
		GUARD_ALLOWS_RECORDED, GUARD_ALLOWS_RECORDED, GUARD_DENIES },
	[GUARD_LEASE_BUSY] = { GUARD_DENIES,
		GUARD_ALLOWS_RECORDED, GUARD_DENIES, GUARD_DENIES },
	[GUARD_READER_DEAD] = { GUARD_DENIES,
		GUARD_ALLOWS_RECORDED, GUARD_ALLOWS_RECORDED, GUARD_DENIES },
	[GUARD_BOTH_DEAD] = { GUARD_KERNEL, GUARD_KERNEL, GUARD_KERNEL, GUARD_KERNEL },
	[GUARD_NO_POLICY] = { GUARD_REFUSES_START,
		GUARD_LAST_POLICY, GUARD_LAST_POLICY, GUARD_LAST_POLICY },
	[GUARD_UNMARKED] = { GUARD_REFUSES_START,
		GUARD_GOES_ON, GUARD_GOES_ON, GUARD_GOES_ON },
  /* clang-format on */
};

enum guard_response guard_response(enum guard_fault fault, enum guard_mode mode, bool strict)
{
	if (fault <= GUARD_NO_FAULT || fault >= GUARD_FAULTS || mode > GUARD_ALLOWLIST)
		return GUARD_NO_RESPONSE;
	if (fault == GUARD_UNMARKED && mode == GUARD_ALLOWLIST && strict)
		return GUARD_REFUSES_START;
	return responses[fault][mode];
}

static struct guard_answer allowed(bool record)
{
	return (struct guard_answer){ .allow = true, .record = record };
}

static struct guard_answer denied(void)
{
	return (struct guard_answer){ .record = true };
}

struct guard_answer guard_fault_answer(enum guard_fault fault, enum guard_mode mode)
{
	enum guard_response response = guard_response(fault, mode, false);
	struct guard_answer answer = denied();

	if (response == GUARD_ALLOWS || response == GUARD_ALLOWS_RECORDED)
		answer = allowed(response == GUARD_ALLOWS_RECORDED);
	answer.by_fault = true;
	answer.would_deny = mode == GUARD_LEARN &&
			    guard_response(fault, GUARD_ALLOWLIST, false) == GUARD_DENIES;
	return answer;
}

/* What no line says anything about. */
static struct guard_answer unmatched(enum guard_mode mode, bool judged)
{
	struct guard_answer answer;

	if (!judged)
		return guard_fault_answer(GUARD_ENGINE, mode);
	answer = mode == GUARD_DENYLIST || mode == GUARD_LEARN ? allowed(mode == GUARD_LEARN)
							       : denied();
	answer.would_deny = mode == GUARD_LEARN;
	answer.by_default = true;
	return answer;
}

struct guard_why guard_why(const struct guard_answer *answer, const struct policy_decision *d)
{
	struct guard_why why = { .missing = d->missing };

	if (d->incomplete)
		why.ground = !d->has_missing     ? GUARD_TOO_LONG
			     : d->missing_absent ? GUARD_ABSENT
						 : GUARD_UNKNOWN;
	else if (answer->by_fault)
		why.ground = GUARD_UNJUDGED;
	else if (answer->by_default && (!answer->allow || answer->would_deny))
		why = d->has_wanted ? (struct guard_why){ GUARD_NO_LINE_YET, d->wanted }
				    : (struct guard_why){ .ground = GUARD_NO_LINE };
	return why;
}

/* In an event (what was not known stands behind it), its rule; then for explain. */
static const struct {
	const char *what, *rule, *meaning, *advice;
	bool names_missing;
} grounds[GUARD_GROUNDS] = {
  /* clang-format off */
	[GUARD_NO_LINE] = { "no line allows it: assay allow add FILE lets it run, "
		"assay guard learn proposes a line", "guard.no-line",
		"No line of the guard's policy and no list allows this file, and in the mode "
		"allowlist nothing else runs.",
		"assay allow add FILE lets this very file run; assay guard learn proposes lines "
		"for its package or signer; assay guard check FILE tries them.", false },
	[GUARD_NO_LINE_YET] = { "no line allows it; one that may asks for what could not be "
		"found out: ", "guard.unknown", NULL, NULL, true },
	[GUARD_UNJUDGED] = { "no line allows it, and it could not be judged: assay explain FILE "
		"says why", "guard.unjudged",
		"No line of the guard's policy allows this file, and what it is could not be "
		"judged: in the mode allowlist it does not run.",
		"assay explain FILE says why; a line can allow it by sha256, package or path.",
		false },
	[GUARD_UNKNOWN] = { "a line asks for what could not be found out: ", "guard.unknown",
		"A line of the guard's policy asks for something that could not be found out of "
		"this file, or of who runs it. A line that allows is passed over then; at any "
		"other the file runs in the modes learn and denylist, and not in allowlist.",
		"assay status says what the guard lacks; for package, assay trust import "
		"--packages --system makes the index anew.", true },
	[GUARD_ABSENT] = { "a line asks for what it does not have, and not for has() first: ",
		"guard.absent",
		"A line of the guard's policy asks for something that this file does not have, "
		"and nobody knows whether such files are meant: it runs in the modes learn and "
		"denylist, and not in allowlist.",
		"Write has(NAME) and ... in that line; assay policy check names such lines.",
		true },
	[GUARD_TOO_LONG] = { "a line asks for more than can be looked at", "guard.too-long",
		"A line of the guard's policy asks for more than is looked at for one file: it "
		"runs in the modes learn and denylist, and not in allowlist.",
		"Make the line simpler, or split it.", false },
  /* clang-format on */
};

void guard_why_write(struct buffer *out, const struct guard_why *why)
{
	if (why->ground <= GUARD_NO_GROUND || why->ground >= GUARD_GROUNDS)
		return;
	buffer_text(out, grounds[why->ground].what);
	if (grounds[why->ground].names_missing && why->missing < POLICY_ATTRIBUTES)
		buffer_text(out, policy_rows[why->missing].name);
	buffer_printf(out, " (%s)", grounds[why->ground].rule);
}

const char *guard_why_explain(const char *rule, const char **advice)
{
	for (size_t i = GUARD_NO_LINE; i < GUARD_GROUNDS; i++)
		if (grounds[i].meaning && strcmp(grounds[i].rule, rule) == 0) {
			*advice = grounds[i].advice;
			return grounds[i].meaning;
		}
	return NULL;
}

struct guard_answer guard_answer(enum guard_mode mode, const struct policy_decision *d,
				 bool judged)
{
	struct guard_answer answer = denied();

	if (d->incomplete)
		return guard_fault_answer(GUARD_ENGINE, mode);
	if (d->action == POLICY_NO_ACTION || (d->line && d->line->is_default && !judged)) {
		answer = unmatched(mode, judged);
	} else if (mode == GUARD_NO_MODE) {
		return answer;
	} else if (d->action == POLICY_ALLOW || d->action == POLICY_AUDIT) {
		answer = allowed(d->action == POLICY_AUDIT);
	} else if (mode == GUARD_LEARN) {
		answer = allowed(true);
		answer.would_deny = true;
	}
	answer.by_default = answer.by_default || (d->line && d->line->is_default);
	answer.record = answer.record || d->noted;
	return answer;
}
