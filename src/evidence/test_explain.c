/* SPDX-License-Identifier: MIT */
/* The story, the map of the bytes, and the script that others can run. */
#include "evidence/parts.h"
#include "evidence/sample.h"
#include "mimicry/mimicry.h"
#include "tests/check.h"
#include "verdict/rules.h"

static const struct style wide = { .width = 80 };

static bool holds(const struct buffer *b, const char *text)
{
	uint64_t at;

	return span_find(buffer_span(b), SPAN_TEXT(text), 0, &at);
}

/* Octets of the longest line. */
static size_t longest_line(const struct buffer *b)
{
	size_t longest = 0, from = 0;

	for (size_t i = 0; i < b->len; i++) {
		if (span_at(buffer_span(b), i) != '\n')
			continue;
		longest = i - from > longest ? i - from : longest;
		from = i + 1;
	}
	return longest;
}

static bool is_inert(const struct buffer *b)
{
	for (size_t i = 0; i < b->len; i++) {
		uint8_t c = span_at(buffer_span(b), i);

		if ((c < 0x20 && c != '\n' && c != '\t') || c >= 0x7f)
			return false;
	}
	return true;
}

static const char *const told[] = {
	"Answer: mismatched\n",
	"Rule verdict.mismatched (ATT&CK T1036.001)\n",
	"signer       claims \"Example Corp\"\n    not verified: it was made over",
	"programme    claims \"Example Editor\"\n",
	"2025-10-09T12:00:00Z, proven by a timestamp\n    claims 2025-10-09T11:59:00Z\n",
	"image digest sha256, DIFFERENT from the signed one\n",
	"\"CN=Example Root R4, O=Example Trust\", an anchor\n",
	"      2024-01-01 to 2027-01-01, at 0x2198+500, SHA-256\n",
	"Signature 2 of 2: untrusted\n",
	"nested 1 deep\n",
	"page hashes  9 pages, 2 different\n    0x1000+4096\n",
	"  0x000000d8            4  hole       headers\n",
	"  0x00002000         1908  signature  certificate table\n",
	"  0x00002774           92  stuffing   certificate table\n",
	"  0x000027d0           48  trailing   behind the table\n",
	"stuffed.payload, medium, signature 1, at 0x2774+92\n",
	"    observed: 92 bytes\n",
	"  and 3 more, which were not kept\n",
	"  The examination is not complete.\n",
	"assay explain --reproduce",
};

static void test_story(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct sample s;

	sample_make(&s, ASSAY_VERDICT_UNKNOWN);
	explain_report(&b, &s.report, "a.exe", &wide);
	for (size_t i = 0; i < COUNT_OF(told); i++)
		CHECK(holds(&b, told[i]), "the story has line %zu", i);
	CHECK(longest_line(&b) <= 80, "no line is longer than 80 columns");
	buffer_clear(&b);
	sample_make(&s, ASSAY_VERDICT_VALID);
	explain_report(&b, &s.report, "a.exe", &wide);
	CHECK(holds(&b, "signer       \"Example Corp\", verified\n") &&
		      holds(&b, "chain        to an anchor\n") &&
		      holds(&b, "What to do\n  Nothing.\n"),
	      "a valid file");
	buffer_clear(&b);
	sample_make(&s, ASSAY_VERDICT_PARTIAL);
	explain_report(&b, &s.report, "a.exe", &wide);
	CHECK(holds(&b, "  0x00001000         4096  changed    .text\n"), "a changed page");
}

/* Only a valid signature in a valid file makes a name "verified". */
static void test_standing(void)
{
	size_t wrong = 0;

	for (int v = 1; v <= ASSAY_VERDICT_ERROR; v++)
		for (int trust = 0; trust <= ASSAY_TRUST_ANCHORED; trust++) {
			CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
			struct sample s;

			sample_make(&s, ASSAY_VERDICT_VALID);
			s.report.verdict = (enum assay_verdict)v;
			s.signatures[0].trust = (enum assay_trust)trust;
			explain_report(&b, &s.report, "a.exe", &wide);
			wrong += holds(&b, "\"Example Corp\", verified") !=
				 (v == ASSAY_VERDICT_VALID && trust == ASSAY_TRUST_ANCHORED);
		}
	CHECK(wrong == 0, "verified means verified");
}

static const char *const hostile[] = {
	"a\nvalid        b.exe  signed by \"c\"",
	"\x1b[2J\x07",
	"\xe2\x80\xaegpj.exe",
	"\xff\xc0\x80",
	"'; rm -rf / #$(id)`id`",
};

static void name_everything(struct sample *s, const char *name)
{
	s->signatures[0].claimed_signer = s->signatures[1].claimed_signer = name;
	s->signatures[0].program_name = s->signatures[0].more_info = name;
	s->signatures[1].trust_reason = s->signatures[1].problem = name;
	s->signatures[1].digest_algorithm = s->signatures[1].cms_digest = name;
	s->signatures[1].key_type = s->signatures[1].scheme = name;
	s->chain[0].subject = s->chain[1].subject = name;
	s->timestamps[0].signer = s->timestamps[0].problem = name;
	s->timestamps[0].kind = s->regions[1].name = name;
	s->findings[0].observed = s->findings[1].expected = name;
	s->errors[0] = s->report.variant = name;
}

static void test_hostile(void)
{
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, script = BUFFER_INIT;
		struct sample s;

		sample_make(&s, ASSAY_VERDICT_UNKNOWN);
		name_everything(&s, hostile[i]);
		explain_report(&b, &s.report, hostile[i], &wide);
		CHECK(is_inert(&b), "hostile name %zu is inert in the story", i);
		reproduce_report(&script, &s.report, "a.exe");
		CHECK(is_inert(&script) && !holds(&script, hostile[i]) &&
			      !holds(&script, "Example"),
		      "hostile name %zu is not in the script", i);
	}
}

/* Covered, hole, signature: together they are the file, whatever the report says. */
static void test_map(void)
{
	static const struct {
		const char *name;
		struct report_region regions[2];
		struct range covered[2];
		uint64_t size;
	} table[] = {
		{"one byte",              { { "a", "header", { 0, 1 } } },                  { { 0, 1 } },  1 },
		{ "no regions",           { { "a", "header", { 0, 0 } } },                  { { 5, 10 } }, 20},
		{ "regions that overlap",
                 { { "a", "header", { 0, 30 } }, { "b", "section", { 10, 100 } } },
                 { { 0, 50 }, { 20, 10 } },
                 100											 },
		{ "ranges that wrap",
                 { { "a", "header", { 8, UINT64_MAX } }, { "b", "x", { UINT64_MAX, 9 } } },
                 { { UINT64_MAX, UINT64_MAX }, { 2, UINT64_MAX } },
                 INT64_MAX										   },
		{ "the largest file",
                 { { "a", "header", { 0, UINT64_MAX } } },
                 { { 0, UINT64_MAX - 1 } },
                 UINT64_MAX										  },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		unsigned long long off, len, sum = 0, next = 0;
		struct sample s;
		bool dense = true;
		char *row;

		sample_make(&s, ASSAY_VERDICT_VALID);
		s.report.size = table[i].size;
		s.report.regions = table[i].regions;
		s.report.n_regions = 2;
		s.signatures[0].covered = table[i].covered;
		s.signatures[0].n_covered = 2;
		map_write(&b, &s.report, 0, &wide);
		row = strstr(b.bytes, "\n  0x");
		for (; row; row = strstr(row, "\n  0x")) {
			off = strtoull(row + strlen("\n  "), &row, 16);
			len = strtoull(row, &row, 10);
			dense &= off == next;
			next = off + len;
			sum += len;
		}
		CHECK(dense && sum == table[i].size, "%s: the rows are the file",
		      table[i].name);
	}
}

/* As many borders as a report can hold end in time, and in a line that says so. */
static void test_long_map(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)1 << 20);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct range *covered = ARENA_NEW(&a, struct range, REPORT_MAX_RANGES);
	struct sample s;

	sample_make(&s, ASSAY_VERDICT_VALID);
	for (size_t i = 0; i < REPORT_MAX_RANGES; i++)
		covered[i] = (struct range){ 2 * i, 1 };
	s.signatures[0].covered = covered;
	s.signatures[0].n_covered = REPORT_MAX_RANGES;
	map_write(&b, &s.report, 0, &wide);
	CHECK(b.len < 10000 && holds(&b, "  ... and more\n"), "a map has an end");
}

static void test_widths(void)
{
	for (unsigned width = 0; width <= 1000; width += 20) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		struct style style = { .width = width };
		struct sample s;

		sample_make(&s, ASSAY_VERDICT_UNKNOWN);
		explain_report(&b, &s.report, "a.exe", &style);
		if (longest_line(&b) > 120 || !holds(&b, "What to do"))
			CHECK(false, "width %u", width);
	}
	CHECK(true, "every width is readable");
}

static void test_script(void)
{
	static const char *const wanted[] = {
		("file=$(printf -- "
		 "'-a\\047b\\012\\044\\050id\\051\\377.exex')\nfile=${file%x}\n"),
		"\tpart 0 216\n\tpart 220 60\n\tpart 288 7904\n} | openssl dgst -sha256",
		("compare signed "
		 "1122330000000000000000000000000000000000000000000000000000000000 "
		 "|| code=1\n"),
		"\thead -c 7 /dev/zero\n",
		"printf '\\061'; part 9601 89; } >\"$work/attributes\"",
		"part 8600 500 >\"$work/certificate\"",
		"part 9400 256 >\"$work/value\"",
		"-verify \"$work/key\" -signature \"$work/value\" \"$work/attributes\"",
	};
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct sample s;

	sample_make(&s, ASSAY_VERDICT_UNKNOWN);
	reproduce_report(&b, &s.report, "-a'b\n$(id)\xff.exe");
	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		CHECK(holds(&b, wanted[i]), "the script has part %zu", i);
	buffer_clear(&b);
	s.signatures[0].signed_attrs.len = 0;
	s.signatures[1].certificate.len = 0;
	reproduce_report(&b, &s.report, "a.exe");
	CHECK(holds(&b, "part 8260 70 >\"$work/content\"\n"), "without signed attributes");
	CHECK(holds(&b, "the signer's certificate is not in the file"),
	      "without the signer's certificate");
}

static void test_rule(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	for (size_t i = 0; i < n_rules; i++)
		explain_rule(&b, &rules[i]);
	CHECK(holds(&b, "cert.curveball: a finding, severity high\n") &&
		      holds(&b, "verdict.mismatched: a reason of the word mismatched\n") &&
		      holds(&b, "  Standard: RFC 5480, 2.1.1 (CVE-2020-0601)\n"),
	      "each rule explains itself");
	CHECK(longest_line(&b) <= 80, "in 80 columns");
	buffer_clear(&b);
	rules_list(&b, false);
	CHECK(holds(&b, "\ncert.curveball                      high        A key is given"),
	      "the table as text");
}

static const struct {
	const char *id, *text;
} signs[] = {
	{"sign.gap-before-table",
         "sign.gap-before-table: a sign, group support\n  Bytes stand "            },
	{ "sign.gap-before-table",    "\n  Installers carry their content there.\n"},
	{ "sign.gap-before-table",
         "\n  Seen in 15 of 438 genuine signed programs and in 19 of 38 "          },
	{ "sign.gap-before-table",    "\n  It explains, and is never counted."     },
	{ "sign.stamp-after-signing", " Weight -4."                                },
	{ "sign.stamp-after-signing", "speaks for a forgery.\n"                    },
	{ "sign.company-is-signer",   "speaks against a forgery.\n"                },
	{ "sign.other-container",
         "was not measured.\n  It decides by rule, not by its weight.\n"           },
	{ "sign.always-signed",
         "\n  How often it is seen was not measured.\n  It decides by rule"        },
};

static void test_sign(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		buffer_clear(&b);
		explain_sign(&b, weight_find(signs[i].id));
		CHECK(holds(&b, signs[i].text) && longest_line(&b) <= 80, "%s: %zu",
		      signs[i].id, i);
	}
	buffer_clear(&b);
	rules_list(&b, false);
	CHECK(holds(&b, "\nsign.checksum-zero                  sign        There is no"),
	      "signs stand among the rules");
	buffer_clear(&b);
	rules_list(&b, true);
	CHECK(holds(&b, "\"id\":\"sign.checksum-zero\",\"kind\":\"sign\",\"severity\":null,"),
	      "and as JSON");
}

int main(void)
{
	test_story();
	test_standing();
	test_hostile();
	test_map();
	test_long_map();
	test_widths();
	test_script();
	test_rule();
	test_sign();
	return CHECK_DONE();
}
