/* SPDX-License-Identifier: MIT */
/* What comes out: truth tables of three values, functions, limits, facts of a report. */
#include "policy/program.h"
#include "policy/subject.h"
#include "tests/check.h"

#define AT INT64_C(1795348800) /* 2026-11-22T12:00:00Z */

static const uint8_t key[32] = { 1, 2, 3 }, digest[32] = { 0xaa }, other[32] = { 0xbb };
#define KEY    "b\"0102030000000000000000000000000000000000000000000000000000000000\""
#define DIGEST "b\"aa00000000000000000000000000000000000000000000000000000000000000\""
#define OTHER  "b\"bb00000000000000000000000000000000000000000000000000000000000000\""

/* A file about which some things are known, others unknown, others absent. */
struct scene {
	struct report report;
	struct report_signature signatures[3];
	struct report_finding findings[3];
	struct policy_subject subject;
	size_t n_asked;
	bool empty_lists;
};

/* DIGEST is on the list of allowed, OTHER on that of denied. */
static struct policy_value listed(void *context, enum policy_set set,
				  enum policy_attribute attribute, struct span bytes)
{
	struct scene *s = context;

	(void)attribute;
	s->n_asked++;
	if (bytes.len == 0)
		return policy_number(!s->empty_lists);
	return policy_number(
		span_equal(bytes, set == POLICY_ALLOW_LIST ? SPAN_OF(digest) : SPAN_OF(other)));
}

static void scene_make(struct scene *s)
{
	*s = (struct scene){
		.report = {.size = 10,
                           .has_sha256 = true,
                           .format = "pe",
                           .verdict = ASSAY_VERDICT_VALID,
                           .rule = "verdict.valid",
                           .masquerade = ASSAY_MASQUERADE_NO,
                           .complete = true},
	};
	(void)span_copy(s->report.sha256, 32, SPAN_OF(digest));
	for (size_t i = 0; i < 2; i++)
		s->signatures[i] = (struct report_signature){
			.scheme = "authenticode",
			.depth = (unsigned)i,
			.verdict = ASSAY_VERDICT_VALID,
			.rule = "verdict.valid",
			.presence = ASSAY_PRESENCE_EMBEDDED,
			.binding = ASSAY_BINDING_INTACT,
			.signature = ASSAY_SIGNATURE_GOOD,
			.trust = ASSAY_TRUST_ANCHORED,
			.claimed_signer = "Example Corp",
			.signer = "Example Corp",
			.signer_spki = SPAN_OF(key),
			.digest_algorithm = i ? "sha1" : "sha256",
			.has_signed_at = i == 0,
			.signed_at = AT - 86400,
		};
	s->findings[0] =
		(struct report_finding){ .id = "stuffed.tag", .severity = ASSAY_SEVERITY_LOW };
	s->findings[1] = (struct report_finding){ .id = "cert.curveball",
						  .severity = ASSAY_SEVERITY_HIGH };
	s->report.signatures = s->signatures;
	s->report.n_signatures = 2;
	s->report.findings = s->findings;
	s->report.n_findings = 2;
	s->subject.report = &s->report;
	s->subject.listed = listed;
	s->subject.listed_context = s;
	policy_subject_set(&s->subject, POLICY_PATH,
			   policy_octets(SPAN_TEXT("/opt/a b/x.exe")));
	policy_subject_set(&s->subject, POLICY_USER, policy_number(1000));
	policy_subject_set(&s->subject, POLICY_PACKAGE, policy_absent());
	policy_subject_set(&s->subject, POLICY_OWN, policy_number(0));
	policy_subject_set(&s->subject, POLICY_MEMFD, policy_number(1));
	/* POLICY_UNIT, POLICY_CGROUP, POLICY_MODE: unknown. */
}

/* The decision of one line and a default. */
static struct policy_decision decide(struct scene *s, const char *action,
				     const char *expression)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 23);
	const char *text = arena_printf(&a, "%s \"x\" when %s\n", action, expression);
	struct policy_source_text source = { .name = "p", .text = SPAN_TEXT(text ? text : "") };
	struct policy_facts facts = policy_subject_facts(&s->subject, AT);
	struct policy_decision out = { 0 };
	struct policy_problems problems;
	struct policy p;

	if (policy_compile(&a, &source, 1, POLICY_KIND_GUARD, &problems, &p) != STATUS_OK) {
		printf("# %u:%u: %s\n", problems.list[0].line, problems.list[0].column,
		       problems.n ? problems.list[0].what : "?");
		out.action = POLICY_NOTE;
		return out;
	}
	policy_decide(&p, &facts, &out);
	out.line = NULL;
	return out;
}

static char letter(const struct policy_decision *d, enum policy_action action)
{
	if (d->incomplete)
		return 'U';
	return d->action == action ? 'T' : d->action == POLICY_NO_ACTION ? 'F' : '?';
}

/* T, F, U: of a line that denies. */
static const struct {
	const char *expression;
	char out;
} rows[] = {
  /* clang-format off */
	/* memfd is true, own is false, has(unit) is unknown. */
	{ "memfd and memfd", 'T' }, { "memfd and own", 'F' }, { "own and memfd", 'F' },
	{ "own and own", 'F' }, { "memfd and has(unit)", 'U' }, { "has(unit) and memfd", 'U' },
	{ "own and has(unit)", 'F' }, { "has(unit) and own", 'F' },
	{ "has(unit) and has(unit)", 'U' },
	{ "memfd or memfd", 'T' }, { "memfd or own", 'T' }, { "own or memfd", 'T' },
	{ "own or own", 'F' }, { "memfd or has(unit)", 'T' }, { "has(unit) or memfd", 'T' },
	{ "own or has(unit)", 'U' }, { "has(unit) or own", 'U' }, { "has(unit) or has(unit)", 'U' },
	{ "not memfd", 'F' }, { "not own", 'T' }, { "not has(unit)", 'U' },
	{ "has(unit) or own or memfd", 'T' }, { "has(unit) and memfd and own", 'F' },
	{ "has(unit) ? memfd : memfd", 'U' }, { "memfd ? memfd : has(unit)", 'T' },
	{ "memfd ? has(unit) : memfd", 'U' },
	{ "memfd == memfd", 'T' }, { "memfd != own", 'T' }, { "memfd == has(unit)", 'U' },
	/* Absent is not false. */
	{ "package == \"libc6\"", 'U' }, { "not (package == \"libc6\")", 'U' },
	{ "package != \"libc6\"", 'U' }, { "has(package)", 'F' },
	{ "has(package) and package == \"libc6\"", 'F' }, { "mode == 0o755", 'U' },
	{ "has(mode)", 'U' }, { "package in [\"a\", \"b\"]", 'U' },
	/* Numbers. */
	{ "size == 10", 'T' }, { "size != 10", 'F' }, { "size < 11", 'T' }, { "size < 10", 'F' },
	{ "size <= 10", 'T' }, { "size > 9", 'T' }, { "size >= 11", 'F' }, { "size == 0xa", 'T' },
	{ "size + 5 == 15", 'T' }, { "size - 11 == -1", 'T' }, { "-size == -10", 'T' },
	{ "size in [1, 10, 3]", 'T' }, { "size in [-10, 11]", 'F' },
	{ "size + 9223372036854775807 > 0", 'U' }, { "-9223372036854775807 - size < 0", 'U' },
	{ "user == 1000 and user >= 1000", 'T' },
	/* Texts. */
	{ "path == \"/opt/a b/x.exe\"", 'T' }, { "path != '/opt/a b/x.exe'", 'F' },
	{ "path.startsWith(\"/opt/\")", 'T' }, { "path.startsWith(\"opt\")", 'F' },
	{ "path.startsWith(\"/opt/a b/x.exe.\")", 'F' },
	{ "path.endsWith(\".exe\")", 'T' }, { "path.endsWith(\".EXE\")", 'F' },
	{ "path.contains(\"a b\")", 'T' }, { "path.contains(\"\")", 'T' }, { "path.contains(\"zz\")", 'F' },
	{ "path.glob(\"/opt/*\")", 'T' }, { "path.glob(\"*.exe\")", 'T' }, { "path.glob(\"/opt\")", 'F' },
	{ "path.glob(\"*a?b*\")", 'T' }, { "path.glob(\"*x.exe?\")", 'F' }, { "path.glob(\"*\")", 'T' },
	{ "path.glob(\"/opt/a\\x20b/x.exe\")", 'T' }, { "path.glob(\"**b**e\")", 'T' },
	{ "path.glob(\"/opt/a b/\\\\x.exe\")", 'T' }, { "path.glob(\"/opt/a b/\\\\?.exe\")", 'F' },
	{ "path.glob(\"*x*x*\")", 'T' }, { "path.glob(\"*x*x*x*\")", 'F' }, { "path.glob(\"\")", 'F' },
	{ "size(path) == 14", 'T' }, { "path in [\"/a\", \"/opt/a b/x.exe\"]", 'T' },
	{ "unit.startsWith(\"a\")", 'U' }, { "size(unit) == 1", 'U' },
	/* Words. */
	{ "verdict == \"valid\"", 'T' }, { "verdict != \"valid\"", 'F' },
	{ "verdict in [\"grafted\", \"valid\"]", 'T' }, { "verdict in [\"grafted\"]", 'F' },
	{ "masquerade == \"no\"", 'T' }, { "binding == \"intact\"", 'T' }, { "event == \"exec\"", 'U' },
	{ "format == \"pe\" and rule == \"verdict.valid\"", 'T' },
	/* Bytes and lists. */
	{ "sha256 == " DIGEST, 'T' }, { "sha256 in [" OTHER ", " DIGEST "]", 'T' },
	{ "sha256 in [" OTHER "]", 'F' }, { "sha256 in allow_list", 'T' }, { "sha256 in deny_list", 'F' },
	{ "signer == " KEY, 'T' }, { "anchor == " KEY, 'U' }, { "has(anchor)", 'F' },
	{ "caller.sha256 in deny_list", 'U' }, { "image_digest in deny_list", 'U' },
	/* Times. */
	{ "signing_time < now", 'T' }, { "now - signing_time == duration(\"1d\")", 'T' },
	{ "now == timestamp(\"2026-11-22T12:00:00Z\")", 'T' },
	{ "signing_time + duration(\"2d\") < now", 'F' }, { "claimed.signing_time < now", 'U' },
	/* Lists of signatures and findings. */
	{ "signatures.exists(s, s.digest == \"sha1\")", 'T' }, { "signatures.exists(s, s.depth == 7)", 'F' },
	{ "signatures.all(s, s.trust == \"anchored\")", 'T' }, { "signatures.all(s, s.depth == 0)", 'F' },
	{ "signatures.all(s, s.digest == \"sha256\" or s.depth == 1)", 'T' },
	{ "signatures.exists(s, s.signing_time < now)", 'T' }, { "signatures.all(s, s.signing_time < now)", 'U' },
	{ "signatures.all(s, s.signing_time > now)", 'F' },
	{ "signatures.all(s, has(s.signing_time))", 'F' }, { "size(signatures) == 2", 'T' },
	{ "findings.exists(f, f.severity >= \"high\")", 'T' }, { "findings.all(f, f.severity > \"low\")", 'F' },
	{ "findings.exists(f, f.severity < \"low\")", 'F' },
	{ "findings.exists(f, f.id == \"cert.curveball\" and signatures.exists(s, s.depth == 1))", 'T' },
	{ "signatures.exists(s, findings.exists(f, s.depth == 1 and f.id == \"stuffed.tag\"))", 'T' },
	{ "signatures.all(s, findings.all(f, s.depth < 2 and f.severity > \"info\"))", 'T' },
  /* clang-format on */
};

static void test_rows(void)
{
	struct scene s;

	scene_make(&s);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct policy_decision d = decide(&s, "deny", rows[i].expression);

		CHECK(letter(&d, POLICY_DENY) == rows[i].out, "%s: %c", rows[i].expression,
		      rows[i].out);
	}
}

/* Unknown never satisfies a line that allows, and never ends the evaluation there. */
static const struct {
	enum assay_verdict verdict;
	enum assay_trust trust;
	const char *expression;
	char allow, deny;
} words[] = {
  /* clang-format off */
	{ ASSAY_VERDICT_UNSUPPORTED, ASSAY_TRUST_ANCHORED, "verdict == \"unsupported\"", 'F', 'T' },
	{ ASSAY_VERDICT_UNSUPPORTED, ASSAY_TRUST_ANCHORED, "verdict != \"grafted\"", 'F', 'T' },
	{ ASSAY_VERDICT_ERROR, ASSAY_TRUST_ANCHORED, "verdict == \"error\"", 'F', 'T' },
	{ ASSAY_VERDICT_ERROR, ASSAY_TRUST_ANCHORED, "verdict != \"grafted\"", 'F', 'T' },
	{ ASSAY_VERDICT_ERROR, ASSAY_TRUST_ANCHORED, "verdict == \"grafted\"", 'F', 'F' },
	{ ASSAY_VERDICT_UNKNOWN, ASSAY_TRUST_ANCHORED, "verdict != \"grafted\"", 'F', 'U' },
	{ ASSAY_VERDICT_UNKNOWN, ASSAY_TRUST_ANCHORED, "verdict == \"grafted\"", 'F', 'U' },
	{ ASSAY_VERDICT_UNSUPPORTED, ASSAY_TRUST_ANCHORED, "sha256 in allow_list", 'T', 'T' },
	{ ASSAY_VERDICT_GRAFTED, ASSAY_TRUST_ANCHORED, "verdict != \"valid\"", 'T', 'T' },
	/* Without anchors to check by: valid or untrusted, but surely not forged. */
	{ ASSAY_VERDICT_UNTRUSTED, ASSAY_TRUST_UNEVALUATED, "verdict == \"untrusted\"", 'F', 'U' },
	{ ASSAY_VERDICT_UNTRUSTED, ASSAY_TRUST_UNEVALUATED, "verdict == \"valid\"", 'F', 'U' },
	{ ASSAY_VERDICT_UNTRUSTED, ASSAY_TRUST_UNKNOWN_KEY, "verdict in [\"grafted\", \"broken\"]", 'F', 'F' },
	{ ASSAY_VERDICT_UNTRUSTED, ASSAY_TRUST_UNTRUSTED_ROOT, "verdict == \"untrusted\"", 'T', 'T' },
	/* What could not be judged has neither a signer nor none. */
	{ ASSAY_VERDICT_ERROR, ASSAY_TRUST_ANCHORED, "has(signer)", 'F', 'U' },
	{ ASSAY_VERDICT_UNTRUSTED, ASSAY_TRUST_UNTRUSTED_ROOT, "has(signer)", 'F', 'F' },
	{ ASSAY_VERDICT_GRAFTED, ASSAY_TRUST_ANCHORED, "signer == " KEY, 'F', 'U' },
  /* clang-format on */
};

static void test_words(void)
{
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct policy_decision d;
		struct scene s;

		scene_make(&s);
		s.report.verdict = words[i].verdict;
		s.signatures[0].verdict = s.signatures[1].verdict = words[i].verdict;
		s.signatures[0].trust = s.signatures[1].trust = words[i].trust;
		d = decide(&s, "allow", words[i].expression);
		CHECK(letter(&d, POLICY_ALLOW) == words[i].allow, "%s, allow %s: %c",
		      assay_verdict_word(words[i].verdict), words[i].expression,
		      words[i].allow);
		d = decide(&s, "audit", words[i].expression);
		CHECK(words[i].allow == 'T' || letter(&d, POLICY_AUDIT) != 'T',
		      "nor lets a gate's audit pass");
		d = decide(&s, "deny", words[i].expression);
		CHECK(letter(&d, POLICY_DENY) == words[i].deny, "%s, deny %s: %c",
		      assay_verdict_word(words[i].verdict), words[i].expression, words[i].deny);
	}
}

/* A file that makes us drop findings must not hide one. */
static void test_dropped(void)
{
	struct policy_decision d;
	struct scene s;

	scene_make(&s);
	s.report.n_findings_dropped = 1;
	d = decide(&s, "deny", "findings.exists(f, f.id == \"cert.possible-canary\")");
	CHECK(letter(&d, POLICY_DENY) == 'U', "it may be among the dropped");
	d = decide(&s, "deny", "findings.exists(f, f.id == \"stuffed.tag\")");
	CHECK(letter(&d, POLICY_DENY) == 'T', "it is there");
	d = decide(&s, "deny", "findings.all(f, f.id == \"stuffed.tag\")");
	CHECK(letter(&d, POLICY_DENY) == 'F', "one is another");
	d = decide(&s, "deny", "findings.all(f, f.severity >= \"low\")");
	CHECK(letter(&d, POLICY_DENY) == 'U', "not all are known");
	d = decide(&s, "deny", "findings.exists(f, f.severity == \"medium\" and own)");
	CHECK(letter(&d, POLICY_DENY) == 'F', "whatever the dropped are");
	s.report.verdict = ASSAY_VERDICT_ERROR;
	d = decide(&s, "deny", "signatures.exists(s, s.image_digest in deny_list)");
	CHECK(letter(&d, POLICY_DENY) == 'U', "how many there are is not known");
	d = decide(&s, "deny", "signatures.all(s, s.depth == 0)");
	CHECK(letter(&d, POLICY_DENY) == 'U', "nor whether there is one");
	s.empty_lists = true;
	d = decide(&s, "deny", "signatures.exists(s, s.image_digest in deny_list)");
	CHECK(letter(&d, POLICY_DENY) == 'F', "none of them is in an empty list");
}

static void test_reasons(void)
{
	struct policy_decision d;
	struct scene s;

	scene_make(&s);
	d = decide(&s, "deny", "package == \"x\"");
	CHECK(d.has_missing && d.missing == POLICY_PACKAGE && d.missing_absent,
	      "the package is absent");
	d = decide(&s, "deny", "size == 10 and unit == \"x\"");
	CHECK(d.has_missing && d.missing == POLICY_UNIT && !d.missing_absent,
	      "the unit is unknown");
	CHECK(d.by_caller && !d.by_time, "another caller may get another answer");
	d = decide(&s, "deny", "now < signing_time");
	CHECK(!d.by_caller && d.by_time && !d.has_missing, "another time too");
	d = decide(&s, "deny", "size == 11 and user == 0");
	CHECK(!d.by_caller, "the caller was not asked");
	s.empty_lists = true;
	s.report.has_sha256 = false;
	d = decide(&s, "deny", "sha256 in deny_list");
	CHECK(letter(&d, POLICY_DENY) == 'F' && !d.has_missing,
	      "an empty list needs no digest");
	s.empty_lists = false;
	d = decide(&s, "deny", "sha256 in deny_list");
	CHECK(letter(&d, POLICY_DENY) == 'U' && d.missing == POLICY_SHA256,
	      "a digest that was not computed");
	s.subject.listed = NULL;
	d = decide(&s, "deny", "signer in deny_list");
	CHECK(letter(&d, POLICY_DENY) == 'U', "nobody knows what is listed");
}

/* Without everything that makes a signature hold, there is no signer. */
static void test_standing(void)
{
	struct policy_decision d;
	struct scene s;

	scene_make(&s);
	d = decide(&s, "allow", "signer == " KEY " and signer_name.short == \"Example Corp\"");
	CHECK(letter(&d, POLICY_ALLOW) == 'T', "by key and name");
	s.signatures[0].binding = ASSAY_BINDING_MODIFIED;
	d = decide(&s, "allow", "signer == " KEY);
	CHECK(letter(&d, POLICY_ALLOW) == 'F', "other bytes");
	d = decide(&s, "deny", "has(signer) or has(signer_name.short)");
	CHECK(letter(&d, POLICY_DENY) == 'F', "then no name either");
	scene_make(&s);
	s.signatures[0].signer_spki.len = 31;
	d = decide(&s, "allow", "signer == " KEY);
	CHECK(letter(&d, POLICY_ALLOW) == 'F', "a key of another length is none");
	s.report.verdict = ASSAY_VERDICT_PARTIAL;
	scene_make(&s);
	s.report.n_signatures = 0;
	s.report.verdict = ASSAY_VERDICT_UNSIGNED;
	d = decide(&s, "deny",
		   "presence == \"none\" and signature == \"absent\" and "
		   "not has(signer) and signatures.all(s, s.depth == 3)");
	CHECK(letter(&d, POLICY_DENY) == 'T', "without any signature");
}

/* However hostile the text: bounded, and out of steps is no answer. */
static void test_bounded(void)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct policy_decision d;
	struct scene s;

	for (size_t i = 0; i < 60000; i++)
		buffer_char(&text, 'a');
	scene_make(&s);
	policy_subject_set(&s.subject, POLICY_PATH, policy_octets(buffer_span(&text)));
	d = decide(&s, "deny", "path.glob(\"*aaaaaaaaaaaab*\")");
	CHECK(d.incomplete && d.action == POLICY_NO_ACTION && d.steps < POLICY_MAX_STEPS + 100,
	      "a glob that costs too much");
	d = decide(&s, "allow", "path.glob(\"/a/*aaaaaaaaaaaab*\") or memfd");
	CHECK(!d.incomplete && d.action == POLICY_ALLOW, "one that fits nowhere costs little");
	d = decide(&s, "deny", "path.glob(\"*a*a*a*a*a*a*a*a*b\")");
	CHECK(letter(&d, POLICY_DENY) == 'F' && d.steps < 1000, "many stars cost little");
}

static void test_glob_alone(void)
{
	static const struct {
		const char *pattern, *text;
		bool fits;
	} globs[] = {
		{"",        "",           true },
		{ "*",      "",           true },
		{ "?",      "",           false},
		{ "a*",     "a",          true },
		{ "*a",     "ba",         true },
		{ "a*b*c",  "aXbYc",      true },
		{ "a*b*c",  "acb",        false},
		{ "*ab",    "aab",        true },
		{ "*abab*", "abaabab",    true },
		{ "a*a",    "a",          false},
		{ "\\*",    "*",          true },
		{ "\\*",    "x",          false},
		{ "*\\*",   "x*",         true },
		{ "a\\",    "a\\",        true },
		{ "*.d?ll", "x.dll.dXll", true },
		{ "ab",     "abc",        false},
		{ "abc",    "ab",         false},
		{ "a?c*",   "abcabc",     true },
	};

	for (size_t i = 0; i < COUNT_OF(globs); i++) {
		uint32_t steps = 0;

		CHECK(policy_glob(SPAN_TEXT(globs[i].pattern), SPAN_TEXT(globs[i].text),
				  &steps) == globs[i].fits,
		      "%s and %s", globs[i].pattern, globs[i].text);
	}
}

/* Whoever gets it over a wire decides the same; a torn one is refused. */
static void test_handed_over(void)
{
	static const char text[] =
		"deny \"a\" when sha256 in [" OTHER ", " DIGEST "] and path.glob(\"/opt/*\")\n"
		"default deny\n";
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 23);
	CLEANUP(buffer_free) struct buffer wire = BUFFER_INIT;
	struct policy_source_text source = { .name = "p", .text = SPAN_TEXT(text) };
	struct policy_problems problems;
	struct policy_decision d, e;
	struct policy_facts facts;
	struct policy p, q;
	struct scene s;
	bool refused = true;

	scene_make(&s);
	facts = policy_subject_facts(&s.subject, AT);
	CHECK(policy_compile(&a, &source, 1, POLICY_KIND_GUARD, &problems, &p) == STATUS_OK,
	      "a policy");
	policy_write(&wire, &p);
	CHECK(buffer_status(&wire) == STATUS_OK &&
		      policy_read(&a, buffer_span(&wire), &q) == STATUS_OK,
	      "handed over");
	policy_decide(&p, &facts, &d);
	policy_decide(&q, &facts, &e);
	CHECK(d.action == POLICY_DENY && e.action == d.action && d.steps == e.steps && e.line &&
		      span_equal(policy_text_at(&q, e.line->rule), SPAN_TEXT("a")) &&
		      e.line->number == 1 && policy_line_text(&q, e.line).len == 0,
	      "the same decision");
	CHECK(policy_reads(&q, POLICY_PATH) && !policy_reads(&q, POLICY_USER),
	      "it asks the same");
	for (size_t n = 0; n < wire.len; n++)
		refused = refused &&
			  policy_read(&a, span_clip(buffer_span(&wire), 0, n), &q) != STATUS_OK;
	CHECK(refused, "every torn one");
}

static bool nothing_firm(void *context, struct span path)
{
	(void)context;
	(void)path;
	return false;
}

/* Where others can put something, no path lets pass; it still denies. */
static void test_firm(void)
{
	static const struct {
		const char *text;
		enum policy_action firm, loose;
		bool incomplete; /* when it is loose */
	} lines[] = {
		{"allow \"a\" when path.startsWith(\"/opt/\")\ndefault deny\n",  POLICY_ALLOW,
                 POLICY_DENY,      false},
		{ "audit \"a\" when path.startsWith(\"/opt/\")\ndefault deny\n", POLICY_AUDIT,
                 POLICY_NO_ACTION, true },
		{ "deny \"a\" when path.startsWith(\"/opt/\")\ndefault allow\n", POLICY_DENY,
                 POLICY_DENY,      false},
	};
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 23);
	struct policy_problems problems;
	struct policy_decision d, e;
	struct policy_facts facts;
	struct policy p;
	struct scene s;

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct policy_source_text source = { .name = "p",
						     .text = SPAN_TEXT(lines[i].text) };

		scene_make(&s);
		facts = policy_subject_facts(&s.subject, AT);
		CHECK(policy_compile(&a, &source, 1, POLICY_KIND_GUARD, &problems, &p) ==
			      STATUS_OK,
		      "%s", lines[i].text);
		policy_decide(&p, &facts, &d);
		s.subject.firm = nothing_firm;
		policy_decide(&p, &facts, &e);
		CHECK(d.action == lines[i].firm && e.action == lines[i].loose &&
			      e.incomplete == lines[i].incomplete,
		      "firm, and not");
	}
}

int main(void)
{
	test_rows();
	test_firm();
	test_words();
	test_dropped();
	test_reasons();
	test_standing();
	test_bounded();
	test_glob_alone();
	test_handed_over();
	return CHECK_DONE();
}
