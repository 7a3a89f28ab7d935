/* SPDX-License-Identifier: MIT */
/* Which outcome each word has under each policy: the whole table, written a second time. */
#include "base/attrs.h"
#include "cmd/policy.h"
#include "evidence/standing.h"
#include "tests/check.h"

/* p: passes, v: violates, i: incomplete, s: skipped; for strict, forgery, integrity. */
static const struct {
	enum assay_verdict verdict;
	const char *outcomes;
} words[] = {
	{ASSAY_VERDICT_UNKNOWN,      "iii"},
        { ASSAY_VERDICT_VALID,       "ppp"},
	{ ASSAY_VERDICT_UNTRUSTED,   "vpp"},
        { ASSAY_VERDICT_ADHOC,       "vpp"},
	{ ASSAY_VERDICT_PARTIAL,     "vvv"},
        { ASSAY_VERDICT_TAMPERED,    "vvv"},
	{ ASSAY_VERDICT_GRAFTED,     "vvv"},
        { ASSAY_VERDICT_MISMATCHED,  "vvv"},
	{ ASSAY_VERDICT_COUNTERFEIT, "vvp"},
        { ASSAY_VERDICT_BROKEN,      "vvv"},
	{ ASSAY_VERDICT_STRIPPED,    "vvi"},
        { ASSAY_VERDICT_COSTUME,     "vvi"},
	{ ASSAY_VERDICT_UNSIGNED,    "vpi"},
        { ASSAY_VERDICT_UNSUPPORTED, "iii"},
	{ ASSAY_VERDICT_ERROR,       "iii"},
};

static char letter(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_UNKNOWN: return '?';
	case OUTCOME_PASS: return 'p';
	case OUTCOME_RECORDED: return 'r';
	case OUTCOME_VIOLATION: return 'v';
	case OUTCOME_INCOMPLETE: return 'i';
	case OUTCOME_SKIPPED: return 's';
	}
	return '?';
}

static struct report report_of(enum assay_verdict verdict, struct report_signature *s)
{
	s->verdict = verdict;
	s->binding = ASSAY_BINDING_INTACT;
	s->trust = verdict == ASSAY_VERDICT_VALID ? ASSAY_TRUST_ANCHORED
						  : ASSAY_TRUST_UNTRUSTED_ROOT;
	return (struct report){
		.format = "pe",
		.verdict = verdict,
		.decisive = 0,
		.signatures = s,
		.n_signatures = 1,
		.complete = true,
	};
}

static void test_words(void)
{
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct report_signature s = { 0 };
		struct report r = report_of(words[i].verdict, &s);
		char got[4] = { 0 };

		for (int policy = 1; policy <= 3; policy++)
			got[policy - 1] =
				letter(policy_outcome((enum exit_policy)policy, &r, true));
		CHECK(strcmp(got, words[i].outcomes) == 0, "%s: %s",
		      assay_verdict_word(words[i].verdict), got);
		r.complete = false;
		for (int policy = 1; policy <= 3; policy++)
			CHECK(policy_outcome((enum exit_policy)policy, &r, true) !=
				      OUTCOME_PASS,
			      "%s, incomplete: never passes (%d)",
			      assay_verdict_word(words[i].verdict), policy);
	}
	CHECK(COUNT_OF(words) == ASSAY_VERDICT_ERROR + 1, "all words are here");
}

static void test_refined(void)
{
	static const struct {
		const char *what;
		enum assay_verdict verdict;
		enum assay_trust trust;
		enum assay_binding binding;
		const char *outcomes;
	} rows[] = {
		{"revoked",               ASSAY_VERDICT_UNTRUSTED, ASSAY_TRUST_REVOKED,     ASSAY_BINDING_INTACT,
                 "vvp"												 },
		{ "distrusted",           ASSAY_VERDICT_UNTRUSTED, ASSAY_TRUST_DISTRUSTED,
                 ASSAY_BINDING_INTACT,									    "vvp"},
		{ "expired",              ASSAY_VERDICT_UNTRUSTED, ASSAY_TRUST_EXPIRED,     ASSAY_BINDING_INTACT,
                 "vpp"												 },
		{ "unevaluated",          ASSAY_VERDICT_UNTRUSTED, ASSAY_TRUST_UNEVALUATED,
                 ASSAY_BINDING_INTACT,									    "ipp"},
		{ "unknown key",          ASSAY_VERDICT_UNTRUSTED, ASSAY_TRUST_UNKNOWN_KEY,
                 ASSAY_BINDING_INTACT,									    "ipp"},
		{ "valid, but modified",  ASSAY_VERDICT_VALID,     ASSAY_TRUST_ANCHORED,
                 ASSAY_BINDING_MODIFIED,									  "ppv"},
		{ "valid, but partial",   ASSAY_VERDICT_VALID,     ASSAY_TRUST_ANCHORED,
                 ASSAY_BINDING_PARTIAL,									   "ppv"},
		{ "valid, but unchecked", ASSAY_VERDICT_VALID,     ASSAY_TRUST_ANCHORED,
                 ASSAY_BINDING_UNCHECKED,									 "ppi"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct report_signature s = { 0 };
		struct report r = report_of(rows[i].verdict, &s);
		char got[4] = { 0 };

		s.trust = rows[i].trust;
		s.binding = rows[i].binding;
		for (int policy = 1; policy <= 3; policy++)
			got[policy - 1] =
				letter(policy_outcome((enum exit_policy)policy, &r, true));
		CHECK(strcmp(got, rows[i].outcomes) == 0, "%s: %s", rows[i].what, got);
		CHECK(report_unevaluated(&r) == (rows[i].outcomes[0] == 'i'),
		      "%s: counted apart or not", rows[i].what);
	}
}

static void test_no_format(void)
{
	struct report r = { .verdict = ASSAY_VERDICT_UNSUPPORTED,
			    .decisive = -1,
			    .complete = true };

	CHECK(policy_outcome(EXIT_POLICY_FORGERY, &r, false) == OUTCOME_SKIPPED,
	      "no known format, met: skipped");
	CHECK(policy_outcome(EXIT_POLICY_STRICT, &r, true) == OUTCOME_INCOMPLETE,
	      "no known format, named: incomplete");
	r.format = "pe";
	CHECK(policy_outcome(EXIT_POLICY_FORGERY, &r, false) == OUTCOME_INCOMPLETE,
	      "a program that cannot be judged: incomplete");
	r.verdict = (enum assay_verdict)99;
	CHECK(policy_outcome(EXIT_POLICY_FORGERY, &r, false) == OUTCOME_INCOMPLETE,
	      "no word at all: incomplete");
	r.verdict = ASSAY_VERDICT_UNTRUSTED;
	CHECK(policy_outcome(EXIT_POLICY_FORGERY, &r, true) == OUTCOME_PASS,
	      "untrusted without a signature to blame: passes as the word says");
	CHECK(policy_outcome(EXIT_POLICY_NONE, &r, true) == OUTCOME_INCOMPLETE,
	      "no policy: nothing passes");
}

/* The same files by lines of the user's own. */
/* All that is no pass says by which line. */
static void reason_check(const struct policy *p, const struct report *r, char outcome,
			 const char *what)
{
	CLEANUP(buffer_free) struct buffer said = BUFFER_INIT;
	const char *wanted = outcome == 'v'   ? "    denied by p:1 \"x\"\n"
			     : outcome == 'r' ? "    recorded by p:1 \"x\"\n"
			     : outcome == 'p' ? ""
					      : NULL;

	policy_reason_write(&said, p, r, "a/f", policy_outcome_by(p, r, "a/f", true, 0), 0);
	if (wanted)
		CHECK(strcmp(buffer_string(&said, 0), wanted) == 0, "%s: by which line: %s",
		      what, buffer_string(&said, 0));
}

static void test_own(void)
{
	static const struct {
		const char *what, *text;
		enum assay_verdict verdict;
		bool named, incomplete;
		char outcome;
	} rows[] = {
  /* clang-format off */
		{ "denied", "deny \"x\" when verdict == \"grafted\"\ndefault allow", ASSAY_VERDICT_GRAFTED, true, false, 'v' },
		{ "allowed", "deny \"x\" when verdict == \"grafted\"\ndefault allow", ASSAY_VERDICT_UNSIGNED, true, false, 'p' },
		{ "allowed, but cut short", "default allow", ASSAY_VERDICT_VALID, true, true, 'i' },
		{ "denied, though cut short", "deny \"x\" when not complete\ndefault allow", ASSAY_VERDICT_VALID, true, true, 'v' },
		{ "audited", "audit \"x\" when verdict == \"unsigned\"\ndefault deny", ASSAY_VERDICT_UNSIGNED, true, false, 'r' },
		{ "an unknown digest", "deny \"x\" when sha256 in deny_list\ndefault allow", ASSAY_VERDICT_VALID, true, false, 'i' },
		{ "unsupported, by default", "default allow", ASSAY_VERDICT_UNSUPPORTED, true, false, 'i' },
		{ "an error, by default", "default deny", ASSAY_VERDICT_ERROR, true, false, 'i' },
		{ "unsupported, by a line", "deny \"x\" when verdict == \"unsupported\"\ndefault allow", ASSAY_VERDICT_UNSUPPORTED, true, false, 'v' },
		{ "by path", "allow \"x\" when path.endsWith(\"/f\")\ndefault deny", ASSAY_VERDICT_UNSIGNED, true, false, 'p' },
		{ "no word at all", "default allow", (enum assay_verdict)99, true, false, 'i' },
  /* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 22);
		struct policy_source_text source = { .name = "p",
						     .text = SPAN_TEXT(rows[i].text) };
		struct report r = { .format = "pe",
				    .verdict = rows[i].verdict,
				    .decisive = -1,
				    .complete = !rows[i].incomplete };
		struct policy_problems problems;
		struct policy p;

		CHECK(policy_compile(&a, &source, 1, POLICY_KIND_EXIT, &problems, &p) ==
				      STATUS_OK &&
			      letter(policy_outcome_by(&p, &r, "a/f", rows[i].named, 0)) ==
				      rows[i].outcome,
		      "own lines: %s", rows[i].what);
		reason_check(&p, &r, rows[i].outcome, rows[i].what);
		r.format = NULL;
		r.verdict = ASSAY_VERDICT_UNSUPPORTED;
		CHECK(policy_outcome_by(&p, &r, "a/f", false, 0) == OUTCOME_SKIPPED,
		      "no known format, met: skipped");
	}
}

int main(void)
{
	test_own();
	test_words();
	test_refined();
	test_no_format();
	return CHECK_DONE();
}
