/* SPDX-License-Identifier: MIT */
/* Fixtures: read back from JSON, strictly, and compared with what came out. */
#include "evidence/evidence.h"
#include "policy/fixture.h"
#include "tests/check.h"

#define REPORT                                                                                 \
	"\"report\":{\"schema\":\"assay.report/1\",\"path\":\"x\",\"size\":3,\"sha256\":null," \
	"\"format\":\"pe\",\"verdict\":\"valid\",\"rule\":\"verdict.valid\","                  \
	"\"masquerade\":\"no\",\"signatures\":[],\"findings\":[],\"complete\":true}"

static const struct {
	const char *text, *problem; /* NULL: fine */
} rows[] = {
  /* clang-format off */
	{ "{" REPORT ",\"action\":\"deny\"}", NULL },
	{ "{" REPORT ",\"host\":{\"path\":\"/x\",\"user\":0,\"package\":null,\"event\":\"exec\","
	  "\"memfd\":false},\"action\":\"none\",\"line\":3,\"file\":\"p\"}", NULL },
	{ "{" REPORT ",\"deny_list\":[\"00ff\"],\"now\":\"2026-11-22\",\"action\":\"incomplete\"}", NULL },
	{ "[]", "this is no JSON object" },
	{ "{", "this is no JSON object" },
	{ "{\"action\":\"deny\"}", "there is no \"report\"" },
	{ "{" REPORT "}", "\"action\" must be" },
	{ "{" REPORT ",\"action\":\"refuse\"}", "\"action\" must be" },
	{ "{" REPORT ",\"action\":\"deny\",\"lines\":3}", "there is a member that means nothing" },
	{ "{" REPORT ",\"action\":\"deny\",\"line\":\"x\"}", "\"line\" is no number" },
	{ "{" REPORT ",\"action\":\"deny\",\"host\":{\"comm\":\"sh\"}}", "\"comm\" of \"host\"" },
	{ "{" REPORT ",\"action\":\"deny\",\"host\":{\"verdict\":\"valid\"}}", "\"verdict\" of \"host\"" },
	{ "{" REPORT ",\"action\":\"deny\",\"host\":{\"user\":\"root\"}}", "\"user\" of \"host\"" },
	{ "{" REPORT ",\"action\":\"deny\",\"deny_list\":[\"xy\"]}", "a list holds something" },
	{ "{" REPORT ",\"action\":\"deny\",\"now\":\"soon\"}", "\"now\" is no time" },
	{ "{\"report\":{\"schema\":\"x\"},\"action\":\"deny\"}", "\"schema\" makes no sense" },
	{ "{\"report\":{\"schema\":\"assay.report/1\",\"verdict\":\"fine\"},\"action\":\"deny\"}",
	  "\"verdict\" makes no sense" },
	{ "{\"report\":{\"schema\":\"assay.report/1\",\"verdict\":\"valid\",\"masquerade\":\"no\","
	  "\"sha256\":\"00\"},\"action\":\"deny\"}", "\"sha256\" makes no sense" },
  /* clang-format on */
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 22);
		struct fixture f;
		const char *problem = NULL;
		enum status status = fixture_read(&a, SPAN_TEXT(rows[i].text), &f, &problem);

		CHECK(rows[i].problem ? status == STATUS_USAGE && problem &&
						strncmp(problem, rows[i].problem,
							strlen(rows[i].problem)) == 0
				      : status == STATUS_OK && !problem,
		      "%s", rows[i].problem ? rows[i].problem : rows[i].text);
	}
}

static const uint8_t key[32] = { 7 }, sum[32] = { 9 };

/* What JSON says and what comes back are the same to every attribute. */
static void test_round(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 22);
	CLEANUP(buffer_free) struct buffer json = BUFFER_INIT;
	struct report_certificate leaf = { .subject = "CN=A",
					   .issuer = "CN=B",
					   .sha256 = { 5 } };
	struct report_signature signature = {
		.scheme = "authenticode",
		.verdict = ASSAY_VERDICT_VALID,
		.rule = "verdict.valid",
		.presence = ASSAY_PRESENCE_EMBEDDED,
		.binding = ASSAY_BINDING_INTACT,
		.signature = ASSAY_SIGNATURE_GOOD,
		.trust = ASSAY_TRUST_ANCHORED,
		.claimed_signer = "A",
		.signer = "A",
		.anchor = "Root",
		.signer_spki = SPAN_OF(key),
		.anchor_spki = SPAN_OF(key),
		.has_signed_at = true,
		.signed_at = 1760011200,
		.program_name = "Tool",
		.digest_algorithm = "sha256",
		.digest_computed = SPAN_OF(sum),
		.depth = 1,
		.chain = &leaf,
		.n_chain = 1,
	};
	struct report_finding finding = { .id = "stuffed.tag",
					  .severity = ASSAY_SEVERITY_LOW,
					  .expected = "a",
					  .observed = "b",
					  .signature = -1 };
	struct report report = { .size = 77,
				 .has_sha256 = true,
				 .sha256 = { 3 },
				 .format = "pe",
				 .variant = "PE32",
				 .verdict = ASSAY_VERDICT_VALID,
				 .rule = "verdict.valid",
				 .masquerade = ASSAY_MASQUERADE_NO,
				 .decisive = 0,
				 .signatures = &signature,
				 .n_signatures = 1,
				 .findings = &finding,
				 .n_findings = 1,
				 .complete = true };
	const char *problem = NULL;
	struct fixture f;

	buffer_text(&json, "{\"action\":\"allow\",\"report\":");
	json_report(&json, &report, "x");
	buffer_text(&json, "}");
	CHECK(fixture_read(&a, buffer_span(&json), &f, &problem) == STATUS_OK, "read back");
	for (int i = 0; i < POLICY_HOST_FIRST; i++) {
		enum policy_attribute id = (enum policy_attribute)i;
		struct policy_value v = policy_report_value(&report, id, 0),
				    w = policy_report_value(&f.report, id, 0);

		CHECK(v.state == w.state && v.number == w.number && v.words == w.words &&
			      span_equal(v.bytes, w.bytes),
		      "%s", policy_rows[i].name);
	}
}

static void test_fits(void)
{
	static const char text[] = "deny \"a\" when verdict == \"valid\"\ndefault allow\n";
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 23);
	struct policy_source_text source = { .name = "/etc/p", .text = SPAN_TEXT(text) };
	struct fixture f;
	struct policy_problems problems;
	struct policy_decision d;
	struct policy_facts facts;
	const char *why = NULL;
	struct policy p;

	CHECK(fixture_read(
		      &a,
		      SPAN_TEXT("{" REPORT ",\"action\":\"deny\",\"line\":1,\"file\":\"p\"}"),
		      &f, &why) == STATUS_OK &&
		      policy_compile(&a, &source, 1, POLICY_KIND_EXIT, &problems, &p) ==
			      STATUS_OK,
	      "a fixture and a policy");
	facts = policy_subject_facts(&f.subject, f.now);
	policy_decide(&p, &facts, &d);
	CHECK(fixture_fits(&a, &f, &p, &d, &why), "as expected");
	f.line = 2;
	CHECK(!fixture_fits(&a, &f, &p, &d, &why) && strcmp(why, "deny by /etc/p:1") == 0,
	      "by another line");
	f.line = 0;
	f.action = POLICY_ALLOW;
	CHECK(!fixture_fits(&a, &f, &p, &d, &why), "another action");
	f.action = POLICY_DENY;
	f.file = SPAN_TEXT("other");
	CHECK(!fixture_fits(&a, &f, &p, &d, &why), "of another file");
}

int main(void)
{
	test_rows();
	test_round();
	test_fits();
	return CHECK_DONE();
}
