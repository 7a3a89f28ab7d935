/* SPDX-License-Identifier: MIT */
/* What is built into the guard, what each mode makes of it, and what happens on faults. */
#include "policy/guard_rules.h"
#include "policy/subject.h"
#include "tests/check.h"

static struct policy_value listed(void *context, enum policy_set set,
				  enum policy_attribute attribute, struct span bytes)
{
	const bool *denied = context;

	/* One file is listed, and no image and no certificate. */
	if (attribute != POLICY_SHA256)
		return policy_number(0);
	return policy_number(set == POLICY_DENY_LIST && (*denied || bytes.len == 0));
}

struct scene {
	struct arena arena;
	struct report report;
	struct policy_subject subject;
	bool denied;
};

static struct guard_answer answer(struct scene *s, const struct guard_settings *settings,
				  const char *policy, enum guard_mode mode,
				  struct policy_decision *d)
{
	CLEANUP(buffer_free) struct buffer rules = BUFFER_INIT;
	struct policy_source_text sources[2] = {
		{.name = GUARD_RULES_NAME, .built_in = true         },
		{ .name = "policy",        .text = SPAN_TEXT(policy)}
	};
	struct policy_facts facts;
	struct policy_problems problems;
	struct policy p;

	guard_rules_write(&rules, settings);
	sources[0].text = buffer_span(&rules);
	arena_reset(&s->arena);
	s->subject.report = &s->report;
	s->subject.listed = listed;
	s->subject.listed_context = &s->denied;
	facts = policy_subject_facts(&s->subject, 0);
	if (policy_compile(&s->arena, sources, 2, POLICY_KIND_GUARD, &problems, &p) !=
	    STATUS_OK) {
		CHECK(false, "%s:%u:%u: %s", problems.list[0].file, problems.list[0].line,
		      problems.list[0].column, problems.list[0].what);
		*d = (struct policy_decision){ 0 };
		return (struct guard_answer){ 0 };
	}
	policy_decide(&p, &facts, d);
	return guard_answer(mode, d, policy_report_judged(&s->report));
}

static void scene_make(struct scene *s, enum assay_verdict verdict)
{
	s->report = (struct report){
		.verdict = verdict, .decisive = -1, .has_sha256 = true, .complete = true
	};
	s->denied = false;
	s->subject = (struct policy_subject){ 0 };
	policy_subject_set(&s->subject, POLICY_OWN, policy_number(0));
	policy_subject_set(&s->subject, POLICY_PATH, policy_octets(SPAN_TEXT("/usr/bin/x")));
}

/* "A" allows, "R" allows and records, "D" denies; in learn, denylist, allowlist. */
static const struct {
	const char *what;
	enum assay_verdict verdict;
	const char *policy;
	const char *answers;
} rows[] = {
  /* clang-format off */
	{ "valid", ASSAY_VERDICT_VALID, "", "RAD" },
	{ "unsigned", ASSAY_VERDICT_UNSIGNED, "", "RAD" },
	{ "grafted", ASSAY_VERDICT_GRAFTED, "", "RDD" },
	{ "counterfeit", ASSAY_VERDICT_COUNTERFEIT, "", "RDD" },
	{ "tampered", ASSAY_VERDICT_TAMPERED, "", "RDD" },
	{ "mismatched", ASSAY_VERDICT_MISMATCHED, "", "RDD" },
	{ "broken", ASSAY_VERDICT_BROKEN, "", "RDD" },
	{ "stripped", ASSAY_VERDICT_STRIPPED, "", "RRD" },
	{ "costume", ASSAY_VERDICT_COSTUME, "", "RRD" },
	{ "partial", ASSAY_VERDICT_PARTIAL, "", "RRD" },
	{ "unsupported", ASSAY_VERDICT_UNSUPPORTED, "", "RRD" },
	{ "error", ASSAY_VERDICT_ERROR, "", "RRD" },
	{ "never judged", ASSAY_VERDICT_UNKNOWN, "", "RRD" },
	{ "forged, but allowed", ASSAY_VERDICT_GRAFTED, "allow \"x\" when path == \"/usr/bin/x\"", "RDD" },
	{ "allowed by path", ASSAY_VERDICT_UNSIGNED, "allow \"x\" when path == \"/usr/bin/x\"", "AAA" },
	{ "unsupported, allowed by path", ASSAY_VERDICT_UNSUPPORTED, "allow \"x\" when path == \"/usr/bin/x\"", "AAA" },
	{ "unsupported, allowed by its word", ASSAY_VERDICT_UNSUPPORTED,
		"allow \"x\" when verdict == \"unsupported\"", "RRD" },
	{ "error, allowed by path", ASSAY_VERDICT_ERROR, "allow \"x\" when path == \"/usr/bin/x\"", "AAA" },
	{ "never judged, allowed by path", ASSAY_VERDICT_UNKNOWN, "allow \"x\" when path == \"/usr/bin/x\"", "RRD" },
	{ "costume, allowed by path", ASSAY_VERDICT_COSTUME, "allow \"x\" when path == \"/usr/bin/x\"", "RRR" },
	{ "audited", ASSAY_VERDICT_UNSIGNED, "audit \"x\" when path == \"/usr/bin/x\"", "RRR" },
	{ "denied", ASSAY_VERDICT_VALID, "deny \"x\" when path == \"/usr/bin/x\"", "RDD" },
	{ "denied by what is unknown", ASSAY_VERDICT_VALID, "deny \"x\" when package == \"y\"", "RRD" },
	{ "allowed by what is unknown", ASSAY_VERDICT_VALID, "allow \"x\" when package == \"y\"", "RAD" },
	{ "with a default", ASSAY_VERDICT_VALID, "default allow", "AAA" },
	{ "with a strict default", ASSAY_VERDICT_VALID, "default deny", "RDD" },
	{ "unsupported, with a default", ASSAY_VERDICT_UNSUPPORTED, "default allow", "RRD" },
  /* clang-format on */
};

static char letter(struct guard_answer a)
{
	return !a.allow ? 'D' : a.record ? 'R' : 'A';
}

static void test_modes(void)
{
	static const struct guard_settings settings = { 0 };
	struct scene s = { .arena = ARENA_INIT(1 << 22) };
	struct policy_decision d;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (int mode = GUARD_LEARN; mode <= GUARD_ALLOWLIST; mode++) {
			struct guard_answer a;

			scene_make(&s, rows[i].verdict);
			a = answer(&s, &settings, rows[i].policy, (enum guard_mode)mode, &d);
			CHECK(letter(a) == rows[i].answers[mode - 1], "%s, %s: %c",
			      rows[i].what, guard_mode_word((enum guard_mode)mode),
			      rows[i].answers[mode - 1]);
			CHECK(a.allow || a.record, "a denial is recorded");
			CHECK(mode != GUARD_LEARN ||
				      a.would_deny == (rows[i].answers[2] == 'D'),
			      "learning knows what allowlist would do");
		}
		scene_make(&s, rows[i].verdict);
		CHECK(!answer(&s, &settings, "", GUARD_NO_MODE, &d).allow, "no mode, no pass");
	}
	arena_free(&s.arena);
}

static void test_built_in(void)
{
	static const struct guard_settings strict = { 0 };
	static const struct guard_settings mild = { .audited = UINT32_MAX };
	static const struct guard_settings grafted = { .audited = 1 };
	struct scene s = { .arena = ARENA_INIT(1 << 22) };
	struct policy_decision d;

	scene_make(&s, ASSAY_VERDICT_VALID);
	s.denied = true;
	CHECK(letter(answer(&s, &strict, "", GUARD_DENYLIST, &d)) == 'D' && d.line &&
		      d.line->number == 2,
	      "a denied file");
	CHECK(letter(answer(&s, &strict, "allow \"x\" when path == \"/usr/bin/x\"",
			    GUARD_ALLOWLIST, &d)) == 'D',
	      "whatever else allows it");
	CHECK(letter(answer(&s, &mild, "", GUARD_DENYLIST, &d)) == 'D', "or is audited");
	policy_subject_set(&s.subject, POLICY_OWN, policy_number(1));
	CHECK(letter(answer(&s, &strict, "", GUARD_ALLOWLIST, &d)) == 'A', "our own program");
	policy_subject_set(&s.subject, POLICY_OWN, (struct policy_value){ 0 });
	s.denied = false;
	CHECK(letter(answer(&s, &strict, "", GUARD_ALLOWLIST, &d)) == 'D',
	      "perhaps our own is not our own");
	scene_make(&s, ASSAY_VERDICT_GRAFTED);
	CHECK(letter(answer(&s, &grafted, "", GUARD_DENYLIST, &d)) == 'R', "grafted, recorded");
	CHECK(d.noted, "as what it looks like");
	CHECK(letter(answer(&s, &grafted, "", GUARD_ALLOWLIST, &d)) == 'D',
	      "which vouches for nothing");
	CHECK(letter(answer(&s, &mild, "", GUARD_DENYLIST, &d)) == 'R', "nothing is denied");
	scene_make(&s, ASSAY_VERDICT_TAMPERED);
	CHECK(letter(answer(&s, &grafted, "", GUARD_DENYLIST, &d)) == 'D', "the others are");
	/* The digest was not computed, and the list has something. */
	scene_make(&s, ASSAY_VERDICT_VALID);
	s.report.has_sha256 = false;
	CHECK(letter(answer(&s, &strict, "allow \"x\" when path == \"/usr/bin/x\"",
			    GUARD_ALLOWLIST, &d)) == 'D' &&
		      d.incomplete && d.missing == POLICY_SHA256,
	      "it may be a denied file");
	arena_free(&s.arena);
}

/* Row by row, as the manual has them: learn, denylist, allowlist. */
static void test_faults(void)
{
	static const struct {
		enum guard_fault fault;
		enum guard_response responses[3];
	} faults[] = {
		{GUARD_ENGINE,
                 { GUARD_ALLOWS_RECORDED, GUARD_ALLOWS_RECORDED, GUARD_DENIES }           },
		{ GUARD_LEASE_BUSY,  { GUARD_ALLOWS_RECORDED, GUARD_DENIES, GUARD_DENIES }},
		{ GUARD_READER_DEAD,
                 { GUARD_ALLOWS_RECORDED, GUARD_ALLOWS_RECORDED, GUARD_DENIES }           },
		{ GUARD_BOTH_DEAD,   { GUARD_KERNEL, GUARD_KERNEL, GUARD_KERNEL }         },
		{ GUARD_NO_POLICY,
                 { GUARD_LAST_POLICY, GUARD_LAST_POLICY, GUARD_LAST_POLICY }              },
		{ GUARD_UNMARKED,    { GUARD_GOES_ON, GUARD_GOES_ON, GUARD_GOES_ON }      },
	};
	struct guard_answer a;

	for (size_t i = 0; i < COUNT_OF(faults); i++)
		for (int mode = GUARD_LEARN; mode <= GUARD_ALLOWLIST; mode++)
			CHECK(guard_response(faults[i].fault, (enum guard_mode)mode, false) ==
				      faults[i].responses[mode - 1],
			      "fault %d, %s", faults[i].fault,
			      guard_mode_word((enum guard_mode)mode));
	CHECK(guard_response(GUARD_UNMARKED, GUARD_ALLOWLIST, true) == GUARD_REFUSES_START &&
		      guard_response(GUARD_UNMARKED, GUARD_DENYLIST, true) == GUARD_GOES_ON,
	      "strict does not put up with what cannot be marked");
	CHECK(guard_response(GUARD_NO_FAULT, GUARD_LEARN, false) == GUARD_NO_RESPONSE,
	      "no fault, no row");
	a = guard_fault_answer(GUARD_LEASE_BUSY, GUARD_LEARN);
	CHECK(a.allow && a.record && a.would_deny && a.by_fault, "learning, somebody writes");
	a = guard_fault_answer(GUARD_LEASE_BUSY, GUARD_NO_MODE);
	CHECK(!a.allow && a.record, "no mode, no pass");
	a = guard_fault_answer(GUARD_NO_FAULT, GUARD_LEARN);
	CHECK(!a.allow, "no fault is no reason to let pass");
}

/* What is said of a run that no line speaks of, or that one cannot decide. */
static const struct {
	const char *policy;
	enum assay_verdict verdict;
	enum guard_mode mode;
	const char *says[2]; /* NULL: nothing */
} reasons[] = {
  /* clang-format off */
	{ "", ASSAY_VERDICT_UNSIGNED, GUARD_ALLOWLIST, { "no line allows it", "(guard.no-line)" } },
	{ "", ASSAY_VERDICT_UNSIGNED, GUARD_LEARN, { "no line allows it", "(guard.no-line)" } },
	{ "default deny", ASSAY_VERDICT_UNSIGNED, GUARD_DENYLIST,
		{ "allow add FILE", "guard learn" } },
	{ "", ASSAY_VERDICT_UNSIGNED, GUARD_DENYLIST, { NULL } },
	{ "allow \"x\" when size >= 0", ASSAY_VERDICT_UNSIGNED, GUARD_ALLOWLIST, { NULL } },
	{ "deny \"x\" when size >= 0", ASSAY_VERDICT_UNSIGNED, GUARD_ALLOWLIST, { NULL } },
	{ "", ASSAY_VERDICT_GRAFTED, GUARD_ALLOWLIST, { NULL } },
	{ "", ASSAY_VERDICT_UNSUPPORTED, GUARD_ALLOWLIST,
		{ "could not be judged", "(guard.unjudged)" } },
	{ "allow \"x\" when package == \"y\"", ASSAY_VERDICT_UNSIGNED, GUARD_ALLOWLIST,
		{ "out: package", "(guard.unknown)" } },
	{ "allow \"x\" when package == \"y\"\nallow \"z\" when user == 0",
		ASSAY_VERDICT_UNSIGNED, GUARD_ALLOWLIST, { "out: package", "(guard.unknown)" } },
	{ "deny \"x\" when package == \"y\"", ASSAY_VERDICT_UNSIGNED, GUARD_ALLOWLIST,
		{ "found out: package", "(guard.unknown)" } },
	{ "deny \"x\" when package == \"y\"", ASSAY_VERDICT_UNSIGNED, GUARD_DENYLIST,
		{ "found out: package", "(guard.unknown)" } },
	{ "deny \"x\" when format == \"pe\"", ASSAY_VERDICT_UNSIGNED, GUARD_ALLOWLIST,
		{ "has() first: format", "(guard.absent)" } },
  /* clang-format on */
};

static void test_reasons(void)
{
	static const struct guard_settings settings = { 0 };
	struct scene s = { .arena = ARENA_INIT(1 << 22) };

	for (size_t i = 0; i < COUNT_OF(reasons); i++) {
		CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
		struct policy_decision d;
		struct guard_answer a;
		struct guard_why why;
		bool said = true;

		scene_make(&s, reasons[i].verdict);
		a = answer(&s, &settings, reasons[i].policy, reasons[i].mode, &d);
		why = guard_why(&a, &d);
		guard_why_write(&out, &why);
		for (size_t k = 0; k < COUNT_OF(reasons[i].says); k++)
			said = said && (reasons[i].says[k] ? strstr(buffer_string(&out, 0),
								    reasons[i].says[k]) != NULL
							   : k > 0 || out.len == 0);
		CHECK(said, "reason %zu, %s, %s: %s", i, assay_verdict_word(reasons[i].verdict),
		      guard_mode_word(reasons[i].mode), buffer_string(&out, 0));
	}
	arena_free(&s.arena);
}

static void test_words(void)
{
	enum guard_mode mode;

	CHECK(guard_mode_find("learn", &mode) && mode == GUARD_LEARN, "learn");
	CHECK(guard_mode_find("allowlist", &mode) && mode == GUARD_ALLOWLIST, "allowlist");
	CHECK(!guard_mode_find("none", &mode) && mode == GUARD_NO_MODE, "none is no mode");
}

int main(void)
{
	test_modes();
	test_built_in();
	test_faults();
	test_reasons();
	test_words();
	return CHECK_DONE();
}
