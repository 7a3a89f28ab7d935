/* SPDX-License-Identifier: MIT */
/* What relates two files: made-up reports, one row for each relation and trap. */
#include "base/json.h"
#include "base/memory.h"
#include "countermeasures/file_analysis/compare.h"
#include "tests/check.h"

#define HOSTILE "Microsoft\x1b[2J\xe2\x80\xae<script>\n"

/* One file.  Digests are one byte each; 0: none. */
struct made {
	enum assay_verdict verdict;
	uint8_t file, image, signed_digest, block;
	enum assay_trust trust;
	const char *signer;
	unsigned page, n_pages; /* code: pages with these numbers */
	uint8_t looks;          /* of these names */
	const char *manifest;
	uint64_t icon;
};

#define OURS   ASSAY_TRUST_ANCHORED, "Ours"
#define THEIRS ASSAY_TRUST_ANCHORED, "Theirs"
#define SELF   ASSAY_TRUST_SELF_SIGNED, "Ours"
#define BARE   ASSAY_TRUST_UNEVALUATED, NULL
#define NONE   NULL, 0
#define VALID  ASSAY_VERDICT_VALID
#define FORGED ASSAY_VERDICT_MISMATCHED
#define NAKED  ASSAY_VERDICT_UNSIGNED

static const struct {
	const char *name;
	struct made a, b;
	enum comparison_kind kind;
	int side;
	const char *sentence; /* a part of it */
} rows[] = {
  /* clang-format off */
	{ "the same bytes", { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE }, { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE },
	  COMPARISON_IDENTICAL, 0, "to the byte" },
	{ "the same unsigned bytes", { NAKED, 1, 1, 0, 0, BARE, 1, 9, 0, NONE },
	  { NAKED, 1, 1, 0, 0, BARE, 1, 9, 0, NONE }, COMPARISON_IDENTICAL, 0, "to the byte" },
	{ "bytes behind the signature", { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE },
	  { VALID, 2, 1, 1, 1, OURS, 1, 9, 0, NONE }, COMPARISON_UNCOVERED, 0, "does not cover" },
	{ "signed twice by one", { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE },
	  { VALID, 2, 1, 1, 2, OURS, 1, 9, 0, NONE }, COMPARISON_SIGNED_TWICE, 0, "signed twice" },
	{ "signed by two", { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE },
	  { VALID, 2, 1, 1, 2, THEIRS, 1, 9, 0, NONE }, COMPARISON_SIGNED_TWICE, 0, "signed twice" },
	{ "signed again by nobody", { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE },
	  { ASSAY_VERDICT_UNTRUSTED, 2, 1, 1, 2, SELF, 1, 9, 0, NONE }, COMPARISON_SIGNED_TWICE, 0,
	  "signed twice; B's signature proves nothing about its signer (self-signed)" },
	{ "signed twice by nobody", { ASSAY_VERDICT_PARTIAL, 1, 1, 1, 1, OURS, 1, 9, 0, NONE },
	  { ASSAY_VERDICT_UNTRUSTED, 2, 1, 1, 2, SELF, 1, 9, 0, NONE }, COMPARISON_SIGNED_TWICE, 0,
	  "neither signature proves who signed (A: partial, B: self-signed)" },
	{ "A lost its signature", { NAKED, 1, 1, 0, 0, BARE, 1, 9, 0, NONE },
	  { VALID, 2, 1, 1, 1, OURS, 1, 9, 0, NONE }, COMPARISON_STRIPPED, 0,
	  "A is B without its signature" },
	{ "B lost its signature", { VALID, 2, 1, 1, 1, OURS, 1, 9, 0, NONE },
	  { NAKED, 1, 1, 0, 0, BARE, 1, 9, 0, NONE }, COMPARISON_STRIPPED, 1,
	  "B is A without its signature" },
	{ "A got a stolen one", { FORGED, 1, 1, 7, 7, OURS, 1, 9, 0, NONE },
	  { NAKED, 2, 1, 0, 0, BARE, 1, 9, 0, NONE }, COMPARISON_DRESSED, 0,
	  "A is B with a signature that was made for another" },
	{ "B got a stolen one", { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE },
	  { FORGED, 2, 1, 7, 7, THEIRS, 1, 9, 0, NONE }, COMPARISON_DRESSED, 1,
	  "B is A with a signature that was made for another" },
	{ "one page altered", { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE },
	  { FORGED, 2, 2, 1, 1, OURS, 2, 9, 0, NONE }, COMPARISON_ALTERED, 1,
	  "B carries A's signature, and is A, altered: 1 of 9 pages of code differs" },
	{ "altered outside its code", { FORGED, 1, 1, 2, 1, OURS, 1, 9, 0, NONE },
	  { VALID, 2, 2, 2, 1, OURS, 1, 9, 0, NONE }, COMPARISON_ALTERED, 0,
	  "A carries B's signature, and is B, altered: 0 of 9 pages of code differ; the change" },
	{ "sampled pages altered", { VALID, 1, 1, 1, 1, OURS, 1, 200, 0, NONE },
	  { FORGED, 2, 2, 1, 1, OURS, 3, 200, 0, NONE }, COMPARISON_ALTERED, 1, "about " },
	{ "B grafted", { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE },
	  { FORGED, 2, 2, 1, 1, OURS, 50, 9, 1, NONE }, COMPARISON_GRAFTED, 1,
	  "B carries A's signature, and is another program" },
	{ "A grafted", { FORGED, 2, 2, 1, 1, OURS, 50, 9, 1, NONE },
	  { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE }, COMPARISON_GRAFTED, 0,
	  "A carries B's signature, and is another program" },
	{ "carried, without code", { VALID, 1, 1, 1, 1, OURS, 0, 0, 0, NONE },
	  { FORGED, 2, 2, 1, 1, OURS, 0, 0, 1, NONE }, COMPARISON_CARRIED, 1, "cannot be told" },
	{ "carried, a little code", { VALID, 1, 1, 1, 1, OURS, 1, 20, 0, NONE },
	  { FORGED, 2, 2, 1, 1, OURS, 20, 20, 1, NONE }, COMPARISON_CARRIED, 1, "cannot be told" },
	{ "both of a third", { FORGED, 1, 1, 7, 7, OURS, 1, 9, 0, NONE },
	  { FORGED, 2, 2, 7, 7, OURS, 50, 9, 0, NONE }, COMPARISON_THIRD, 0, "third program" },
	{ "two builds", { VALID, 1, 1, 1, 1, OURS, 1, 9, 3, NONE }, { VALID, 2, 2, 2, 2, OURS, 4, 9, 3, NONE },
	  COMPARISON_VERSIONS, 0, "by one signer, \"Ours\": 3 of 9 pages" },
	{ "the same code, other signers", { VALID, 1, 1, 1, 1, OURS, 1, 9, 3, NONE },
	  { VALID, 2, 2, 2, 2, THEIRS, 4, 9, 3, NONE }, COMPARISON_VARIANTS, 0, "no common signer" },
	{ "one signer", { VALID, 1, 1, 1, 1, OURS, 1, 9, 3, NONE }, { VALID, 2, 2, 2, 2, OURS, 50, 9, 4, NONE },
	  COMPARISON_ONE_SIGNER, 0, "different programs of one signer, \"Ours\"" },
	{ "some code", { NAKED, 1, 1, 0, 0, BARE, 1, 20, 0, NONE }, { NAKED, 2, 2, 0, 0, BARE, 20, 20, 0, NONE },
	  COMPARISON_RELATED, 0, "some code in common: 19 of 20" },
	{ "a name that is only claimed", { VALID, 1, 1, 1, 1, OURS, 1, 9, 3, NONE },
	  { ASSAY_VERDICT_COUNTERFEIT, 2, 2, 2, 2, SELF, 50, 9, 4, NONE }, COMPARISON_CLAIMED, 0,
	  "name one signer, but not both" },
	{ "two that only claim it", { ASSAY_VERDICT_UNTRUSTED, 1, 1, 1, 1, SELF, 1, 9, 3, NONE },
	  { ASSAY_VERDICT_UNTRUSTED, 2, 2, 2, 2, SELF, 50, 9, 4, NONE }, COMPARISON_CLAIMED, 0, "not both" },
	{ "version information", { VALID, 1, 1, 1, 1, OURS, 1, 9, 3, NONE },
	  { NAKED, 2, 2, 0, 0, BARE, 50, 9, 3, NONE }, COMPARISON_LOOKS, 0,
	  "nothing in common but the version information" },
	{ "an icon that looks alike", { NAKED, 1, 1, 0, 0, BARE, 1, 9, 0, NULL, 0xff00 },
	  { NAKED, 2, 2, 0, 0, BARE, 50, 9, 4, NULL, 0xff0f }, COMPARISON_LOOKS, 0,
	  "nothing in common but the icon" },
	{ "another icon", { NAKED, 1, 1, 0, 0, BARE, 1, 9, 0, "a", 0xff00 },
	  { NAKED, 2, 2, 0, 0, BARE, 50, 9, 4, "b", 0xff1f }, COMPARISON_NOTHING, 0, "in common" },
	{ "everything that can be copied", { VALID, 1, 1, 1, 1, OURS, 1, 9, 3, "a", 0xff00 },
	  { NAKED, 2, 2, 0, 0, BARE, 50, 9, 3, "a", 0xff00 }, COMPARISON_LOOKS, 0,
	  "but the version information, the icon and the manifest" },
	{ "nothing", { VALID, 1, 1, 1, 1, OURS, 1, 9, 3, NONE }, { NAKED, 2, 2, 0, 0, BARE, 50, 9, 4, NONE },
	  COMPARISON_NOTHING, 0, "nothing in common" },
	{ "one page is one page", { NAKED, 1, 1, 0, 0, BARE, 1, 1, 0, NONE },
	  { NAKED, 2, 2, 0, 0, BARE, 1, 1, 0, NONE }, COMPARISON_VARIANTS, 0, "the change is elsewhere" },
	{ "an error", { ASSAY_VERDICT_ERROR, 1, 0, 0, 0, BARE, 0, 0, 0, NONE },
	  { VALID, 2, 2, 2, 2, OURS, 1, 9, 0, NONE }, COMPARISON_UNKNOWN, 0, "A could not be examined" },
	{ "two errors of the same bytes", { ASSAY_VERDICT_ERROR, 1, 0, 0, 0, BARE, 0, 0, 0, NONE },
	  { ASSAY_VERDICT_ERROR, 1, 0, 0, 0, BARE, 0, 0, 0, NONE }, COMPARISON_UNKNOWN, 0, "" },
	{ "not built in", { VALID, 2, 2, 2, 2, OURS, 1, 9, 0, NONE },
	  { ASSAY_VERDICT_UNSUPPORTED, 1, 0, 0, 0, BARE, 0, 0, 0, NONE }, COMPARISON_UNKNOWN, 1,
	  "B could not be examined" },
  /* clang-format on */
};

/* Where a report and what it points to stand. */
struct stand {
	struct report report;
	struct report_signature signature;
	struct span memory;
	struct feature features[8];
	uint8_t image[32], digest[32];
};

static void profile_make(struct arena *a, struct stand *s, const struct made *m)
{
	CLEANUP(buffer_free) struct buffer encoded = BUFFER_INIT;
	struct donor d = { .format = "pe", .sketched = m->n_pages > 0 };

	d.block[0] = m->block;
	d.identity[0] = m->looks;
	d.manifest = m->manifest;
	d.has_icon = m->icon != 0;
	d.icon = m->icon;
	if (m->image) {
		d.digest.algorithm = DIGEST_SHA256;
		d.digest.bytes[0] = m->image;
	}
	d.executable.n_pages = m->n_pages;
	d.executable.n = m->n_pages < DONOR_SKETCH ? m->n_pages : DONOR_SKETCH;
	for (uint32_t i = 0; i < d.executable.n; i++)
		d.executable.hashes[i] = (m->page + i) * UINT64_C(1000);
	donor_encode(&encoded, &d);
	s->memory = arena_copy(a, buffer_span(&encoded));
	s->report.memories = &s->memory;
	s->report.n_memories = 1;
}

static void signature_make(struct stand *s, const struct made *m)
{
	s->digest[0] = m->signed_digest;
	s->signature = (struct report_signature){
		.scheme = "authenticode",
		.verdict = m->verdict,
		.signature = ASSAY_SIGNATURE_GOOD,
		.binding = m->image == m->signed_digest ? ASSAY_BINDING_INTACT
							: ASSAY_BINDING_MODIFIED,
		.trust = m->trust,
		.claimed_signer = m->signer,
		.signer = m->signer,
		.digest_algorithm = "sha256",
		.digest_signed = SPAN_OF(s->digest),
		.digest_computed = SPAN_OF(s->image),
	};
	s->report.signatures = &s->signature;
	s->report.n_signatures = 1;
}

static void stand_make(struct arena *a, struct stand *s, const struct made *m)
{
	*s = (struct stand){
		.report = {.size = 1000,
                           .has_sha256 = true,
                           .format = "pe",
                           .verdict = m->verdict,
                           .decisive = -1,
                           .complete = true,
                           .engine = "0.1.0"}
	};
	s->report.sha256[0] = m->file;
	s->image[0] = m->image;
	if (m->signed_digest)
		signature_make(s, m);
	if (m->image)
		profile_make(a, s, m);
}

static bool holds(const struct buffer *text, const char *what)
{
	uint64_t at;

	return !*what || span_find(buffer_span(text), SPAN_TEXT(what), 0, &at);
}

static void test_relations(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(4U << 20);
		CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
		struct stand x, y;
		struct comparison_files files = {
			.reports = {&x.report, &y.report},
                          .paths = { "a",      "b"      }
		};
		struct comparison c;

		stand_make(&a, &x, &rows[i].a);
		stand_make(&a, &y, &rows[i].b);
		CHECK(comparison_make(&a, &files, &c) == STATUS_OK && c.kind == rows[i].kind &&
			      c.side == rows[i].side,
		      "%s: %s of %c", rows[i].name, comparison_word(c.kind), "AB"[c.side]);
		comparison_sentence(&text, &c);
		CHECK(holds(&text, rows[i].sentence), "%s: %s", rows[i].name,
		      buffer_string(&text, 0));
	}
}

/* Who says where both come from must be sure of it. */
static void test_origins(void)
{
	size_t wrong = 0;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool forged = rows[i].a.verdict == FORGED || rows[i].b.verdict == FORGED;
		bool failed = rows[i].a.verdict == ASSAY_VERDICT_ERROR ||
			      rows[i].b.verdict == ASSAY_VERDICT_ERROR;
		enum comparison_origin origin = comparison_origin(rows[i].kind);

		wrong += origin == ORIGIN_SAME && (forged || failed);
		wrong += origin != ORIGIN_UNKNOWN && failed;
	}
	CHECK(wrong == 0, "no forgery has the origin of what it copies");
}

/* A sample of pages says about how many are the same. */
static void test_estimate(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(4U << 20);
	static const struct made first = { NAKED, 1, 1, 0, 0, BARE, 1, 1000, 0, NONE };
	static const struct made second = { NAKED, 2, 2, 0, 0, BARE, 17, 1000, 0, NONE };
	struct stand x, y;
	struct comparison_files files = {
		.reports = {&x.report, &y.report}
	};
	struct comparison c;

	stand_make(&a, &x, &first);
	stand_make(&a, &y, &second);
	CHECK(comparison_make(&a, &files, &c) == STATUS_OK && c.pages.estimated &&
		      c.pages.sampled == 64 && c.pages.matched == 48 &&
		      c.pages.n_common == 2000 * 48 / 112,
	      "48 of the 64 smallest in both: %u of 1000", c.pages.n_common);
}

/* The smaller of two files is the beginning of the other: cut short, or something behind it? */
static void test_beginnings(void)
{
	static const struct {
		const char *name;
		struct made a, b;
		uint64_t size[2];
		bool begins;
		enum comparison_kind kind;
		int side, beginning;
		const char *sentence;
	} table[] = {
  /* clang-format off */
		{ "cut in its code", { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE },
		  { ASSAY_VERDICT_BROKEN, 2, 2, 0, 0, BARE, 1, 4, 0, NONE }, { 900, 400 }, true,
		  COMPARISON_CUT, 1, 1, "B is the beginning of A, cut short: 400 of 900 bytes" },
		{ "cut to nothing that is a program",
		  { ASSAY_VERDICT_UNSUPPORTED, 2, 0, 0, 0, BARE, 0, 0, 0, NONE },
		  { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE }, { 2, 900 }, true,
		  COMPARISON_CUT, 0, 0, "A is the beginning of B, cut short: 2 of 900 bytes" },
		{ "no bytes at all", { ASSAY_VERDICT_UNSUPPORTED, 2, 0, 0, 0, BARE, 0, 0, 0, NONE },
		  { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE }, { 0, 900 }, true,
		  COMPARISON_UNKNOWN, 0, -1, "A could not be examined as a program" },
		{ "more behind the signature", { VALID, 1, 1, 1, 1, OURS, 1, 9, 0, NONE },
		  { FORGED, 2, 2, 1, 1, OURS, 1, 9, 0, NONE }, { 900, 1000 }, true,
		  COMPARISON_ALTERED, 1, 0,
		  "altered: 0 of 9 pages of code differ; B has 100 bytes more at the end" },
		{ "one more", { NAKED, 1, 1, 0, 0, BARE, 1, 9, 0, NONE },
		  { NAKED, 2, 2, 0, 0, BARE, 1, 9, 0, NONE }, { 901, 900 }, true,
		  COMPARISON_VARIANTS, 0, 1, "0 of 9 pages of code differ; A has 1 byte more at the end" },
		{ "longer, and other bytes", { NAKED, 1, 1, 0, 0, BARE, 1, 9, 0, NONE },
		  { NAKED, 2, 2, 0, 0, BARE, 1, 9, 0, NONE }, { 901, 900 }, false,
		  COMPARISON_VARIANTS, 0, -1, "; the change is elsewhere" },
  /* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(4U << 20);
		CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
		struct stand x, y;
		struct comparison_files files = {
			.reports = {&x.report, &y.report},
                          .begins = table[i].begins
		};
		struct comparison c;

		stand_make(&a, &x, &table[i].a);
		stand_make(&a, &y, &table[i].b);
		x.report.size = table[i].size[0];
		y.report.size = table[i].size[1];
		CHECK(comparison_make(&a, &files, &c) == STATUS_OK && c.kind == table[i].kind &&
			      c.side == table[i].side && c.beginning == table[i].beginning,
		      "%s: %s of %c", table[i].name, comparison_word(c.kind), "AB"[c.side]);
		comparison_sentence(&text, &c);
		CHECK(holds(&text, table[i].sentence), "%s: %s", table[i].name,
		      buffer_string(&text, 0));
	}
}

static struct feature feature_text_of(const char *key, const char *text)
{
	return (struct feature){ .key = key, .kind = FEATURE_TEXT, .text = text };
}

/* Sections of one name are paired in order; names from the file are inert. */
static void test_rows(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(4U << 20);
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer json = BUFFER_INIT;
	struct stand x, y;
	struct comparison_files files = {
		.reports = {&x.report, &y.report},
                  .paths = { HOSTILE,  "b"      }
	};
	struct comparison c;

	stand_make(&a, &x, &rows[0].a);
	stand_make(&a, &y, &rows[0].b);
	x.features[0] = feature_text_of("pe.sections.0.name", HOSTILE);
	x.features[1] = feature_text_of("pe.sections.1.name", ".text");
	x.features[2] = feature_text_of("pe.sections.99999999999999999999.name", ".odd");
	x.features[3] = feature_text_of("pe.version.strings.company_name", HOSTILE);
	y.features[0] = feature_text_of("pe.sections.0.name", ".text");
	y.features[1] = feature_text_of("pe.sections..name", ".text");
	y.features[2] = feature_text_of("pe.sections.1.name", ".new");
	x.report.features = x.features;
	y.report.features = y.features;
	x.report.n_features = 4;
	y.report.n_features = 3;
	CHECK(comparison_make(&a, &files, &c) == STATUS_OK, "features");
	comparison_text(&text, &c, &files, false, true);
	comparison_json(&json, &c, &files);
	CHECK(holds(&text, "\n= section .text") && holds(&text, "\n> section .new") &&
		      holds(&text, "\n< section Microsoft\\x1b"),
	      "sections by name");
	CHECK(!holds(&text, "\x1b") && !holds(&text, "\xe2\x80\xae") && !holds(&json, "\x1b") &&
		      !holds(&json, "\xe2\x80\xae") && !holds(&json, "\n"),
	      "inert");
	CHECK(holds(&text, "claims Microsoft\\x1b") && holds(&json, "{\"claimed\":\"Microsoft"),
	      "what a file says of itself is a claim");
	CHECK(holds(&text, "features that differ:") && !holds(&text, ".odd\n="), "verbose");
}

/* Names stand beside their standing, whoever the files say they are. */
static void test_standing(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(4U << 20);
	size_t wrong = 0;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
		CLEANUP(buffer_free) struct buffer json = BUFFER_INIT;
		struct stand x, y;
		struct comparison_files files = {
			.reports = {&x.report, &y.report},
                          .paths = { "a",      "b"      }
		};
		struct comparison c;
		bool trusted = rows[i].a.verdict == VALID || rows[i].b.verdict == VALID;

		stand_make(&a, &x, &rows[i].a);
		stand_make(&a, &y, &rows[i].b);
		if (comparison_make(&a, &files, &c) != STATUS_OK)
			wrong++;
		comparison_text(&text, &c, &files, true, true);
		comparison_json(&json, &c, &files);
		wrong += !trusted &&
			 (holds(&text, "\", verified") || holds(&json, "\"signer\":\""));
		wrong += holds(&text, "\"Ours\", verified") &&
			 rows[i].a.trust != ASSAY_TRUST_ANCHORED &&
			 rows[i].b.trust != ASSAY_TRUST_ANCHORED;
	}
	CHECK(wrong == 0, "only verified signers are said to be");
}

static void test_no_memory(void)
{
	size_t wrong = 0;

	for (long n = 0; n < 300; n++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(4U << 20);
		struct stand x, y;
		struct comparison_files files = {
			.reports = {&x.report, &y.report}
		};
		struct comparison c;
		enum status status;

		stand_make(&a, &x, &rows[11].a);
		stand_make(&a, &y, &rows[11].b);
		memory_fail_after(n);
		status = comparison_make(&a, &files, &c);
		memory_fail_after(-1);
		wrong += status == STATUS_OK ? c.kind != COMPARISON_ALTERED
					     : status != STATUS_NO_MEMORY;
	}
	CHECK(wrong == 0, "without memory it says so");
}

int main(void)
{
	test_relations();
	test_origins();
	test_estimate();
	test_beginnings();
	test_rows();
	test_standing();
	test_no_memory();
	return CHECK_DONE();
}
