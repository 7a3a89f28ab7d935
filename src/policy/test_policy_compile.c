/* SPDX-License-Identifier: MIT */
/* What is refused, where, and why; and what is not. */
#include "policy/policy.h"
#include "tests/check.h"

#include "base/buffer.h"
#include "base/memory.h"

#define KEY "b\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\""

static enum status compile(struct arena *a, const char *text, enum policy_kind kind,
			   struct policy_problems *problems, struct policy *out)
{
	struct policy_source_text source = { .name = "p", .text = SPAN_TEXT(text) };

	return policy_compile(a, &source, 1, kind, problems, out);
}

#define EXIT_ POLICY_KIND_EXIT
#define GUARD POLICY_KIND_GUARD
#define PLAN  POLICY_KIND_PLAN
#define SERVE POLICY_KIND_SERVE
#define WHEN  "deny \"x\" when "
#define ALLOW "allow \"x\" when "
#define THEN  "\ndefault deny\n"

static const struct {
	enum policy_kind kind;
	const char *text;
	unsigned line, column; /* 0: fine */
	const char *what;      /* begins so */
} rows[] = {
  /* clang-format off */
	{ EXIT_, "default deny\n", 0, 0, NULL },
	{ EXIT_, "# only this\n\n  default allow # why\n", 0, 0, NULL },
	{ EXIT_, "", 1, 1, "the policy has no default" },
	{ GUARD, "", 0, 0, NULL },
	{ GUARD, "deny \"a\" when verdict == \"grafted\"", 0, 0, NULL },
	{ EXIT_, WHEN "verdict in [\"grafted\", \"counterfeit\"] or sha256 in deny_list" THEN, 0, 0, NULL },
	{ EXIT_, ALLOW "verdict == \"valid\" and signer in [" KEY "] and signing_time >= "
		"timestamp(\"2025-01-01T00:00:00Z\")" THEN, 0, 0, NULL },
	{ EXIT_, "audit \"weak\" when signatures.exists(s, s.digest == \"sha1\") and not "
		"(sha256 in allow_list)" THEN, 0, 0, NULL },
	{ EXIT_, WHEN "verdict in [\n\t\"grafted\", # first\n\t\"tampered\",\n]" THEN, 0, 0, NULL },
	{ EXIT_, WHEN "!(verdict == 'valid') && has(signer) || size(signatures) > 3" THEN, 0, 0, NULL },
	{ EXIT_, WHEN "now - signing_time > duration(\"30d\")" THEN, 0, 0, NULL },
	{ EXIT_, WHEN "findings.exists(f, f.severity >= \"medium\" and f.id == \"stuffed.payload\")"
		THEN, 0, 0, NULL },
	{ EXIT_, WHEN "complete ? size > 3 : size > 4" THEN, 0, 0, NULL },
	{ EXIT_, WHEN "signatures.all(s, findings.exists(f, f.id == \"stuffed.tag\" and s.depth > 0))"
		THEN, 0, 0, NULL },
	/* Words and signs. */
	{ EXIT_, "refuse \"x\" when true" THEN, 1, 1, "a line begins with what it does" },
	{ EXIT_, "deny x when true" THEN, 1, 6, "a line has a name" },
	{ EXIT_, "deny \"\"" THEN, 1, 6, "this name cannot be shown" },
	{ EXIT_, "deny \"\\x1b[31m\"" THEN, 1, 6, "this name cannot be shown" },
	{ EXIT_, "deny \"a\\u202eb\"" THEN, 1, 6, "this name cannot be shown" },
	{ EXIT_, "deny \"x\" if true" THEN, 1, 10, "the line should end here" },
	{ EXIT_, "deny \"x" THEN, 1, 6, "this text does not end" },
	{ EXIT_, "deny \"\\q\"" THEN, 1, 6, "there is no such escape" },
	{ EXIT_, WHEN "size = 3" THEN, 1, 20, "this sign means nothing" },
	{ EXIT_, WHEN "size > 9223372036854775808" THEN, 1, 22, "this number is too large" },
	{ EXIT_, WHEN "size > 12k" THEN, 1, 22, "this is no number" },
	{ EXIT_, WHEN "sha256 == b\"abc\"" THEN, 1, 25, "these are no bytes" },
	{ EXIT_, WHEN "size > 3 4" THEN, 1, 24, "the line should end here" },
	{ EXIT_, WHEN "(size > 3" THEN, 2, 1, "\")\" is missing" },
	{ EXIT_, WHEN "size > 3)" THEN, 1, 23, "the line should end here" },
	{ EXIT_, WHEN THEN, 1, 15, "the line ends before it says something" },
	{ EXIT_, WHEN "size > 3 and\n\tsize < 9" THEN, 1, 27, "the line ends before it says something" },
	{ EXIT_, WHEN "size > )" THEN, 1, 22, "a constant is missing" },
	{ EXIT_, "deny \"x\" when size > 3 \r\n\r\n# why\r\n" WHEN "(size > 9\r\n)\r\ndefault deny\r\n",
		0, 0, NULL },
	{ EXIT_, "default deny\r", 1, 13, "a carriage return stands here alone" },
	{ EXIT_, "deny \"x\"\rdefault deny\n", 1, 9, "a carriage return stands here alone" },
	{ EXIT_, "# why\rdeny \"x\"\ndefault deny\n", 1, 6, "a carriage return stands here alone" },
	{ EXIT_, "deny \"x\r\n" THEN, 1, 6, "this text does not end" },
	{ EXIT_, "\xef\xbb\xbf" "default deny\n", 0, 0, NULL },
	{ EXIT_, "\xef\xbb\xbf" "refuse \"x\"" THEN, 1, 1, "a line begins with what it does" },
	{ EXIT_, "default deny\n\xef\xbb\xbf", 2, 1, "this sign means nothing" },
	/* Names. */
	{ EXIT_, WHEN "verdit == \"valid\"" THEN, 1, 15, "there is no attribute \"verdit\"" },
	{ EXIT_, WHEN "comm == \"sh\"" THEN, 1, 15, "there is no attribute \"comm\"" },
	{ EXIT_, WHEN "claimed == \"x\"" THEN, 1, 15, "there is no attribute \"claimed\"" },
	{ EXIT_, WHEN "user == 0" THEN, 1, 15, "nobody can answer this here" },
	{ GUARD, WHEN "user == 0" THEN, 0, 0, NULL },
	{ PLAN, WHEN "own" THEN, 1, 15, "nobody can answer this here" },
	{ EXIT_, WHEN "null" THEN, 1, 15, "there is no null" },
	{ EXIT_, WHEN "signatures" THEN, 1, 25, "a whole list is no value" },
	{ EXIT_, WHEN "signatures.exists(s, s)" THEN, 1, 36, "this is a whole signature" },
	{ EXIT_, WHEN "signatures.map(s, s.depth)" THEN, 1, 26, "a list can be asked in two ways" },
	{ EXIT_, WHEN "signatures.exists(path, true)" THEN, 1, 33, "this name means something else" },
	{ EXIT_, WHEN "signatures.exists(s, signatures.exists(s, true))" THEN, 1, 54,
		"this name means something else" },
	{ EXIT_, WHEN "signatures.exists(a, signatures.exists(b, signatures.exists(c, true)))" THEN,
		1, 57, "lists can be asked inside of each other twice" },
	{ EXIT_, WHEN "regex(path)" THEN, 1, 15, "there is no such function" },
	{ EXIT_, WHEN "path.matches(\"x\")" THEN, 1, 20, "there is no such function of a text" },
	{ EXIT_, WHEN "path.glob(path)" THEN, 1, 25, "this needs a text that is written here" },
	{ EXIT_, WHEN "deny_list" THEN, 1, 15, "a list of digests is no value" },
	{ EXIT_, WHEN "size in other" THEN, 1, 23, "something to be in is missing" },
	{ EXIT_, WHEN "[1] == [1]" THEN, 1, 15, "a list can only stand behind" },
	/* Types. */
	{ EXIT_, WHEN "size" THEN, 1, 15, "\"when\" needs a truth" },
	{ EXIT_, WHEN "size == \"3\"" THEN, 1, 20, "a number cannot be compared with a text" },
	{ EXIT_, WHEN "not sha256 in deny_list" THEN, 1, 19, "\"not\" needs a truth" },
	{ EXIT_, WHEN "path in deny_list" THEN, 1, 15, "only digests are in such a list" },
	{ EXIT_, WHEN "path < \"/x\"" THEN, 1, 20, "a text is neither smaller nor larger" },
	{ EXIT_, WHEN "verdict == \"forged\"" THEN, 1, 26, "verdict is never this word" },
	{ EXIT_, WHEN "verdict == \"unknown\"" THEN, 1, 26, "verdict is never this word" },
	{ EXIT_, WHEN "verdict in [\"valid\", \"Valid\"]" THEN, 1, 36, "verdict is never this word" },
	{ EXIT_, WHEN "verdict > \"valid\"" THEN, 1, 23, "the words of verdict have no order" },
	{ EXIT_, WHEN "\"valid\" == verdict" THEN, 1, 15, "this cannot be compared with a word" },
	{ EXIT_, WHEN "verdict == masquerade" THEN, 1, 26, "verdict can be compared with its words" },
	{ EXIT_, WHEN "format == \"PE\"" THEN, 1, 25, "there is no format of this name" },
	{ EXIT_, WHEN "format == \"pe\"" THEN, 0, 0, NULL },
	{ EXIT_, WHEN "rule == \"verdict.nonsense\"" THEN, 1, 23, "there is no rule of this name" },
	{ EXIT_, WHEN "findings.exists(f, f.id == \"cert.curvebal\")" THEN, 1, 42, "there is no id" },
	{ EXIT_, WHEN "sha256 == b\"00\"" THEN, 1, 25, "sha256 has 32 bytes, and this has 1" },
	{ EXIT_, WHEN "size in [1, \"2\"]" THEN, 1, 27, "this is a text, and what is looked for" },
	{ EXIT_, WHEN "size + path > 3" THEN, 1, 20, "a number and a text give nothing" },
	{ EXIT_, WHEN "signing_time + signing_time == now" THEN, 1, 28, "a time and a time give nothing" },
	{ EXIT_, WHEN "complete ? 1 : \"a\"" THEN, 1, 24, "this is a number on one side" },
	{ EXIT_, WHEN "size ? complete : complete" THEN, 1, 15, "\"?\" needs a truth" },
	{ EXIT_, WHEN "timestamp(\"yesterday\") < now" THEN, 1, 25, "this is no time" },
	{ EXIT_, WHEN "now - signing_time > duration(\"30\")" THEN, 1, 45, "this is no duration" },
	{ EXIT_, WHEN "1 < 2 < 3" THEN, 1, 21, "comparisons cannot follow" },
	{ EXIT_, WHEN "-path == path" THEN, 1, 15, "a text has no negative" },
	/* Lines that nobody reaches, or that never match. */
	{ EXIT_, "allow \"a\"\ndeny \"b\" when size > 3" THEN, 2, 1, "this line is never reached" },
	{ EXIT_, "allow \"a\" when 1 < 2\ndeny \"b\" when size > 3" THEN, 2, 1, "this line is never reached" },
	{ EXIT_, WHEN "false" THEN, 1, 15, "this line never matches" },
	{ EXIT_, WHEN "size(\"ab\") == 3" THEN, 1, 15, "this line never matches" },
	{ EXIT_, WHEN "9223372036854775807 + 1 > 0" THEN, 1, 15, "this line never matches" },
	{ EXIT_, "default deny\ndeny \"b\" when size > 3\n", 2, 1, "this line is never reached" },
	{ EXIT_, "default deny\ndefault allow\n", 2, 1, "this line is never reached" },
	/* Actions. */
	{ PLAN, "evict \"x\" when verdict == \"grafted\"" THEN, 0, 0, NULL },
	{ EXIT_, "evict \"x\" when verdict == \"grafted\"" THEN, 1, 1, "a line begins with" },
	{ GUARD, "note \"x\" when verdict == \"grafted\"" THEN, 1, 1, "a line begins with" },
	/* What a line that lets pass rests on. */
	{ EXIT_, ALLOW "claimed.signer == \"Example\"" THEN, 1, 16, "a line that lets pass must not rest on claimed.signer" },
	{ EXIT_, ALLOW "verdict == \"valid\" and not claimed.signer.contains(\"x\")" THEN, 1, 43, "a line that lets pass" },
	{ EXIT_, WHEN "claimed.signer == \"Example\"" THEN, 0, 0, NULL },
	{ EXIT_, "audit \"x\" when claimed.signer == \"Example\"" THEN, 0, 0, NULL },
	{ GUARD, "audit \"x\" when claimed.signer == \"Example\"" THEN, 1, 16, "a line that lets pass" },
	{ EXIT_, ALLOW "signatures.exists(s, s.claimed.program_name == \"x\")" THEN, 1, 37, "a line that lets pass" },
	{ EXIT_, ALLOW "image_digest in allow_list" THEN, 1, 16, "a line that lets pass must not rest on image_digest" },
	{ EXIT_, ALLOW "signer_name.short == \"Example\"" THEN, 1, 16, "a line that lets pass must not rest on a name" },
	{ EXIT_, ALLOW "signer_name.short == \"Example\" and anchor == " KEY THEN, 0, 0, NULL },
	{ EXIT_, ALLOW "signer_name.short == \"Example\" or anchor == " KEY THEN, 1, 16, "a line that lets pass" },
	{ EXIT_, ALLOW "signer_name.short == \"Example\" and anchor != " KEY THEN, 1, 16, "a line that lets pass" },
	{ EXIT_, ALLOW "signer_name.short == \"Example\" and not (anchor != " KEY ")" THEN, 0, 0, NULL },
	{ EXIT_, ALLOW "signer_name.short == \"Example\" and has(anchor)" THEN, 1, 16, "a line that lets pass" },
	{ EXIT_, ALLOW "signer_name.short == \"Example\" and (anchor == " KEY " or size > 3)" THEN, 1, 16, "a line that lets pass" },
	{ EXIT_, ALLOW "signer_name.short == \"a\" and signatures.all(s, s.anchor == " KEY ")" THEN, 1, 16, "a line that lets pass" },
	{ EXIT_, ALLOW "signatures.exists(s, s.signer_name.short == \"a\" and s.anchor == " KEY ")" THEN, 0, 0, NULL },
	{ EXIT_, ALLOW "(anchor == " KEY " ? signer_name.short : \"a\") == \"a\"" THEN, 1, 97, "a line that lets pass" },
	/* Paths of the guard. */
	{ GUARD, ALLOW "path == \"/usr/bin/true\"", 0, 0, NULL },
	{ GUARD, ALLOW "path == \"true\"", 1, 24, "no program lies at this path" },
	{ GUARD, ALLOW "path in [\"/usr/bin/true\", \"/usr/bin/\"]", 1, 42, "no program lies at this path" },
	{ GUARD, ALLOW "path.startsWith(\"/opt/x/\")", 0, 0, NULL },
	{ GUARD, ALLOW "path.startsWith(\"/opt/x\")", 1, 21, "a line that lets pass must say which paths" },
	{ GUARD, ALLOW "path.glob(\"/opt/*/bin/x\")", 0, 0, NULL },
	{ GUARD, ALLOW "path.glob(\"*/bin/x\")", 1, 21, "a line that lets pass must say which paths" },
	{ GUARD, ALLOW "path.endsWith(\"/x\")", 1, 21, "a line that lets pass must say which paths" },
	{ GUARD, ALLOW "path != \"/x\"", 1, 21, "a line that lets pass must say which paths" },
	{ GUARD, ALLOW "not path.startsWith(\"/home/\")", 1, 25, "a line that lets pass must say which paths" },
	{ GUARD, ALLOW "path == caller.path", 1, 21, "a line that lets pass must say which paths" },
	{ GUARD, ALLOW "not (not (path == \"/x\"))", 0, 0, NULL },
	{ GUARD, WHEN "not path.startsWith(\"/home/\")", 0, 0, NULL },
	{ SERVE, "audit \"x\" when claimed.signer == \"Example\"" THEN, 1, 16, "a line that lets pass" },
  /* clang-format on */
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 22);
		static struct policy_problems problems;
		struct policy p;
		enum status status = compile(&a, rows[i].text, rows[i].kind, &problems, &p);
		const struct policy_problem *first = &problems.list[0];
		bool fits = rows[i].what
				    ? status == STATUS_USAGE && problems.n > 0 &&
					      first->line == rows[i].line &&
					      first->column == rows[i].column &&
					      span_starts(SPAN_TEXT(first->what), rows[i].what,
							  strlen(rows[i].what))
				    : status == STATUS_OK && problems.n == 0;

		CHECK(fits, "%zu: %.60s", i, rows[i].what ? rows[i].what : "fine");
		if (!fits)
			printf("# %s\n# status %d, %zu problems: %u:%u: %s\n", rows[i].text,
			       status, problems.n, first->line, first->column,
			       problems.n ? first->what : "");
	}
}

/* Every mistake is told, each once, and what follows a long list is read. */
static void test_all_problems(void)
{
	static const char text[] =
		"deny \"a\" when verdict in [\n\t\"grafted\",\n\t\"nonsense\",\n"
		"\t\"tampered\",\n]\nalow \"b\"\ndeny \"c\" when size > \"x\"\n"
		"default deny\n";
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 22);
	struct policy_problems problems;
	struct policy p;

	CHECK(compile(&a, text, EXIT_, &problems, &p) == STATUS_USAGE && problems.n == 3,
	      "three mistakes");
	CHECK(problems.list[0].line == 3 && problems.list[1].line == 6 &&
		      problems.list[2].line == 7,
	      "where they stand");
	CHECK(strcmp(problems.list[0].file, "p") == 0, "in which file");
	CHECK(policy_compile(&a, NULL, 0, EXIT_, &problems, &p) == STATUS_USAGE &&
		      problems.n == 1 && strcmp(problems.list[0].file, "policy") == 0 &&
		      problems.list[0].line == 1,
	      "no file at all");
}

static const char *repeated(struct arena *a, const char *begin, const char *part, size_t n,
			    const char *end)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	buffer_text(&b, begin);
	for (size_t i = 0; i < n; i++)
		buffer_text(&b, part);
	buffer_text(&b, end);
	return arena_string(a, buffer_span(&b));
}

static const struct {
	const char *what, *begin, *part;
	size_t n;
	const char *end;
	bool fine;
} limits[] = {
  /* clang-format off */
	{ "31 brackets", WHEN, "(", 31, "complete)))))))))))))))))))))))))))))))" THEN, true },
	{ "33 brackets", WHEN, "(", 33, "complete)))))))))))))))))))))))))))))))))" THEN, false },
	{ "60 000 brackets", WHEN, "(", 60000, THEN, false },
	{ "40 nots", WHEN, "!", 40, "complete" THEN, false },
	{ "60 000 nots", WHEN, "!", 60000, "complete" THEN, false },
	{ "4 000 ands", WHEN "complete", " and complete", 4000, THEN, true },
	{ "40 sums", WHEN "size > 1", " + 1", 40, THEN, false },
	{ "a line of 64 KiB", WHEN "path == \"", "a", 65000, "\"" THEN, true },
	{ "more than 64 KiB", WHEN "path == \"", "a", 65536, "\"" THEN, false },
	{ "1 000 lines", "", "deny \"x\" when size > 3\n", 999, "default deny\n", true },
	{ "1 001 lines", "", "deny \"x\" when size > 3\n", 1001, "default deny\n", false },
	{ "900 digests", WHEN "sha256 in [", KEY ",\n", 900, "]" THEN, true },
	{ "30 choices", WHEN "complete", " ? complete : complete", 30, THEN, true },
	{ "40 choices", WHEN "complete", " ? complete : complete", 40, THEN, false },
  /* clang-format on */
};

static void test_limits(void)
{
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
		const char *text = repeated(&a, limits[i].begin, limits[i].part, limits[i].n,
					    limits[i].end);
		struct policy_problems problems;
		struct policy p;
		enum status status =
			text ? compile(&a, text, EXIT_, &problems, &p) : STATUS_NO_MEMORY;

		CHECK(status == (limits[i].fine ? STATUS_OK : STATUS_USAGE), "%s",
		      limits[i].what);
		if (limits[i].fine && status != STATUS_OK)
			printf("# %u:%u: %s\n", problems.list[0].line, problems.list[0].column,
			       problems.list[0].what);
	}
}

/* Built in, then the file, then drop-ins, then the default of the file. */
static void test_order(void)
{
	const struct policy_source_text sources[] = {
		{"policy",     SPAN_TEXT("deny \"file\" when size > 1\ndefault allow\n"), false,
                 false										},
		{ "10.policy", SPAN_TEXT("deny \"ten\" when size > 2\n"),                 false, true },
		{ "built in",  SPAN_TEXT("note \"ours\" when size > 3\n"),                true,  false},
		{ "20.policy", SPAN_TEXT("deny \"twenty\" when size > 4\n"),              false, true },
	};
	static const char *const names[] = { "ours", "file", "ten", "twenty", "default" };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 22);
	CLEANUP(buffer_free) struct buffer place = BUFFER_INIT;
	struct policy_problems problems;
	struct policy p;

	CHECK(policy_compile(&a, sources, COUNT_OF(sources), GUARD, &problems, &p) ==
			      STATUS_OK &&
		      p.n_lines == COUNT_OF(names),
	      "several files");
	for (size_t i = 0; i < p.n_lines; i++)
		CHECK(span_equal(policy_text_at(&p, p.lines[i].rule), SPAN_TEXT(names[i])),
		      "line %zu is \"%s\"", i, names[i]);
	policy_line_place(&place, &p, &p.lines[4]);
	CHECK(span_equal(buffer_span(&place), SPAN_TEXT("policy:2")), "where the default is");
	CHECK(span_equal(policy_line_text(&p, &p.lines[2]),
			 SPAN_TEXT("deny \"ten\" when size > 2")),
	      "the text of a line");
	CHECK(policy_reads(&p, POLICY_SIZE) && !policy_reads(&p, POLICY_SHA256) && !p.reads_now,
	      "what is asked for");
}

/* The places that somebody has to look at. */
static void test_places(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 22);
	struct policy_problems problems;
	struct policy p;

	CHECK(compile(&a,
		      "deny \"a\" when path == \"/tmp/x\"\n"
		      "allow \"b\" when path in [\"/b\", \"/c\"] or path.glob(\"/opt/*/x\")\n"
		      "audit \"c\" when caller.path.startsWith(\"/d/\")\n",
		      GUARD, &problems, &p) == STATUS_OK &&
		      p.n_places == 4,
	      "four places");
	CHECK(span_equal(p.places[0].path, SPAN_TEXT("/b")) && !p.places[0].tree &&
		      p.places[0].line == 1,
	      "a path");
	CHECK(span_equal(p.places[2].path, SPAN_TEXT("/opt/")) && p.places[2].tree,
	      "the folder of a glob");
	CHECK(span_equal(p.places[3].path, SPAN_TEXT("/d/")) && p.places[3].line == 2,
	      "of a caller, in a line that audits");
}

/* Whichever piece of memory is missing: no policy, and no other complaint. */
static void test_no_memory(void)
{
	bool clean = true;
	long n = 0;
	enum status status;

	do {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 22);
		struct policy_problems problems;
		struct policy p;

		memory_fail_after(n++);
		status =
			compile(&a,
				"deny \"a\" when sha256 in [" KEY "] or path.glob(\"\\x41*\")\n"
				"allow \"b\" when path == \"/x\"\n",
				GUARD, &problems, &p);
		memory_fail_after(-1);
		clean = clean && (status == STATUS_OK || status == STATUS_NO_MEMORY) &&
			problems.n == 0;
	} while (status != STATUS_OK && n < 1000);
	CHECK(clean && status == STATUS_OK && n > 1, "without memory, %ld times", n - 1);
}

int main(void)
{
	test_no_memory();
	test_rows();
	test_all_problems();
	test_limits();
	test_order();
	test_places();
	return CHECK_DONE();
}
