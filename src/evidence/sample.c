/* SPDX-License-Identifier: MIT */
#include "evidence/sample.h"

#include "verdict/rules.h"

#define AT_2025_10_09 INT64_C(1760011200) /* 12:00:00 UTC */
#define AT_2024_01_01 INT64_C(1704067200)
#define AT_2027_01_01 INT64_C(1798761600)

static const uint8_t digest_signed[32] = { 0x11, 0x22, 0x33 };
static const uint8_t digest_computed[32] = { 0x44, 0x55, 0x66 };
static const uint8_t key_signer[32] = { 0x77, 0x88 };
static const uint8_t key_anchor[32] = { 0x99, 0xaa };
static const uint8_t serial[3] = { 0x0a, 0x0b, 0x0c };

static void add_chain(struct sample *s, struct report_signature *g, bool anchored)
{
	static const char *const names[] = { "CN=Example Corp, O=Example Corp, C=NZ",
					     "CN=Example Code CA 3, O=Example Trust",
					     "CN=Example Root R4, O=Example Trust",
					     "CN=Example Root R4, O=Example Trust" };

	for (size_t i = 0; i < 3; i++)
		s->chain[i] = (struct report_certificate){
			.subject = names[i],
			.issuer = names[i + 1],
			.serial = SPAN_OF(serial),
			.sha256 = {(uint8_t)(0xa0 + i)},
			.not_before = AT_2024_01_01,
			.not_after = AT_2027_01_01,
			.anchor = anchored && i == 2,
			.where = { i < 2 ? 8600 + 500 * i : 0,    i < 2 ? 500 : 0 }
		};
	g->chain = s->chain;
	g->n_chain = 3;
}

static void add_timestamp(struct sample *s, struct report_signature *g)
{
	s->timestamps[0] = (struct report_timestamp){
		.kind = "rfc3161",
		.time = AT_2025_10_09,
		.has_time = true,
		.good = true,
		.trusted = true,
		.counts = true,
		.signer = "Example Clock",
		.where = {9700, 300}
	};
	g->timestamps = s->timestamps;
	g->n_timestamps = 1;
	g->has_signed_at = true;
	g->signed_at = AT_2025_10_09;
}

/* A PE file of SAMPLE_SIZE bytes: headers, one section, the certificate table at 8192. */
static void add_places(struct sample *s)
{
	s->regions[0] = (struct report_region){
		"headers", "header", {0, 1024}
	};
	s->regions[1] = (struct report_region){
		".text", "section", {1024, 7168}
	};
	s->regions[2] = (struct report_region){
		"certificate table", "signature", {8192, 2000}
	};
	s->regions[3] = (struct report_region){
		"behind the table", "trailing", {10192, 48}
	};
	s->report.regions = s->regions;
	s->report.n_regions = 4;
	s->covered[0] = (struct range){ 0, 216 };
	s->covered[1] = (struct range){ 220, 60 };
	s->covered[2] = (struct range){ 288, 7904 };
}

static struct report_signature *add_signature(struct sample *s, size_t i)
{
	struct report_signature *g = &s->signatures[i];

	*g = (struct report_signature){
		.scheme = "authenticode",
		.entry = 0,
		.depth = (unsigned)i,
		.presence = ASSAY_PRESENCE_EMBEDDED,
		.binding = ASSAY_BINDING_INTACT,
		.signature = ASSAY_SIGNATURE_GOOD,
		.trust = ASSAY_TRUST_ANCHORED,
		.claimed_signer = "Example Corp",
		.program_name = "Example Editor",
		.more_info = "https://example.com/",
		.has_claimed_time = true,
		.claimed_time = AT_2025_10_09 - 60,
		.where = {8200,  1900},
		.digest_algorithm = "sha256",
		.digest_signed = SPAN_OF(digest_signed),
		.digest_computed = SPAN_OF(digest_signed),
		.covered = s->covered,
		.n_covered = 3,
		.content = { 8260, 70  },
		.signed_attrs = { 9600, 90  },
		.signature_value = { 9400, 256 },
		.certificate = { 8600, 500 },
		.cms_digest = "sha256",
		.key_type = "rsa"
	};
	s->report.signatures = s->signatures;
	s->report.n_signatures = i + 1;
	s->report.decisive = 0;
	return g;
}

static void add_finding(struct sample *s, const char *id, struct range where,
			const char *expected, const char *observed)
{
	const struct rule *r = rule_find(id);
	struct report_finding *f = &s->findings[s->report.n_findings++];

	*f = (struct report_finding){ .id = id,
				      .severity = r->severity,
				      .where = where,
				      .reference = r->reference,
				      .message = r->sentence,
				      .expected = expected,
				      .observed = observed,
				      .signature = s->report.n_signatures ? 0 : -1 };
	s->report.findings = s->findings;
}

static void add_error(struct sample *s, const char *text)
{
	s->errors[0] = text;
	s->report.errors = s->errors;
	s->report.n_errors = 1;
	s->report.complete = false;
}

/* The donor is known, and most of its pages are in the file, or none. */
static struct report_relation *add_relation(struct sample *s, bool indexed, uint64_t matched)
{
	struct report_donor *d = &s->relation.donor;

	s->foreign[0] = (struct range){ 4096, 4096 };
	s->sections[0] = (struct report_donor_section){ ".text", 7168, true, matched != 0 };
	s->sections[1] = (struct report_donor_section){ .name = ".rsrc", .raw_size = 512 };
	*d = (struct report_donor){ .indexed = indexed,
				    .name = indexed ? "editor.exe" : NULL,
				    .version = indexed ? "1.23" : NULL,
				    .product = indexed ? "Donor Editor" : NULL,
				    .company = indexed ? "Donor Corp" : NULL,
				    .signer = indexed ? "Donor Corp" : "Example Corp",
				    .known_by = indexed ? "digest" : NULL,
				    .provenance = indexed ? "/srv/donors" : NULL,
				    .digest_algorithm = "sha256",
				    .digest = SPAN_OF(digest_signed),
				    .has_signed_at = true,
				    .signed_at = AT_2025_10_09,
				    .size = indexed ? 7680 : 0,
				    .sections = s->sections,
				    .n_sections = indexed ? 2 : 0 };
	s->relation.confidence = "proven";
	s->relation.n_host_pages = indexed ? 2 : 0;
	s->relation.n_donor_pages = indexed ? 2 : 0;
	s->relation.n_matched_pages = matched;
	s->relation.foreign = s->foreign;
	s->relation.n_foreign = indexed ? 1 : 0;
	s->relation.page_map = indexed ? ".=x" : NULL;
	s->relation.llr = -9100;
	return &s->relation;
}

static void add_evidence(struct sample *s)
{
	s->evidence[0] = (struct report_evidence){
		.id = "mimicry.sample",
		.sentence = "What it means.",
		.note = "When it lies.",
		.expected = "Donor Corp",
		.observed = "Example Corp",
		.where = {1024, 16},
		.genuine = 1,
		.n_genuine = 260,
		.forged = 900,
		.n_forged = 1000,
		.llr = -4500,
		.signature = 0
	};
	s->report.evidence = s->evidence;
	s->report.n_evidence = 1;
}

static void make_valid(struct sample *s)
{
	struct report_signature *g = add_signature(s, 0);

	add_chain(s, g, true);
	add_timestamp(s, g);
	g->signer = g->claimed_signer;
	g->anchor = "Example Root R4";
	g->signer_spki = SPAN_OF(key_signer);
	g->anchor_spki = SPAN_OF(key_anchor);
	s->report.masquerade = ASSAY_MASQUERADE_NO;
}

static void make_untrusted(struct sample *s)
{
	struct report_signature *g = add_signature(s, 0);

	add_chain(s, g, false);
	g->trust = ASSAY_TRUST_UNTRUSTED_ROOT;
	g->trust_reason = "the chain ends in a root that is no anchor";
	s->report.masquerade = ASSAY_MASQUERADE_NO;
}

static void make_partial(struct sample *s)
{
	struct report_signature *g = add_signature(s, 0);

	add_chain(s, g, true);
	g->binding = ASSAY_BINDING_PARTIAL;
	g->n_pages = 3;
	g->n_bad_pages = 1;
	s->bad_pages[0] = (struct range){ 4096, 4096 };
	g->bad_pages = s->bad_pages;
	g->n_bad_pages_kept = 1;
	add_finding(s, "spc.page-hash", s->bad_pages[0], "4455", "6677");
	s->report.masquerade = ASSAY_MASQUERADE_SUSPECTED;
}

static void make_modified(struct sample *s)
{
	struct report_signature *g = add_signature(s, 0);

	add_chain(s, g, true);
	add_timestamp(s, g);
	g->binding = ASSAY_BINDING_MODIFIED;
	g->digest_computed = SPAN_OF(digest_computed);
	s->report.masquerade = ASSAY_MASQUERADE_YES;
}

static void make_tampered(struct sample *s)
{
	make_modified(s);
	s->signatures[0].relation = add_relation(s, true, 1);
	add_evidence(s);
}

static void make_grafted(struct sample *s)
{
	make_modified(s);
	s->signatures[0].relation = add_relation(s, true, 0);
	add_evidence(s);
}

static void make_mismatched(struct sample *s)
{
	make_modified(s);
	s->signatures[0].relation = add_relation(s, false, 0);
	s->relation.confidence = NULL;
}

static void make_costume(struct sample *s)
{
	s->report.relation = add_relation(s, true, 0);
	s->relation.donor.known_by = "metadata";
	add_evidence(s);
	s->evidence[0].signature = -1;
	s->report.masquerade = ASSAY_MASQUERADE_SUSPECTED;
}

static void make_counterfeit(struct sample *s)
{
	struct report_signature *g = add_signature(s, 0);

	add_chain(s, g, false);
	g->trust = ASSAY_TRUST_UNTRUSTED_ROOT;
	add_finding(s, "cert.curveball", (struct range){ 9100, 500 }, "named curve",
		    "explicit parameters");
	s->report.masquerade = ASSAY_MASQUERADE_YES;
}

static void make_broken(struct sample *s)
{
	struct report_signature *g = add_signature(s, 0);

	g->signature = ASSAY_SIGNATURE_BAD;
	g->binding = ASSAY_BINDING_UNCHECKED;
	g->trust = ASSAY_TRUST_UNEVALUATED;
	g->problem = "the signature value does not verify under the signer's key";
	s->report.masquerade = ASSAY_MASQUERADE_YES;
}

static void make_unsupported(struct sample *s)
{
	struct report_signature *g = add_signature(s, 0);

	g->signature = ASSAY_SIGNATURE_UNSUPPORTED;
	g->binding = ASSAY_BINDING_UNCHECKED;
	g->trust = ASSAY_TRUST_UNEVALUATED;
	g->claimed_signer = NULL;
	g->problem = "signature algorithm 1.2.643.7.1.1.1.1 is not built in";
}

/* Every field is set, and every text is another. */
static void make_full(struct sample *s)
{
	struct report_signature *g;

	make_modified(s);
	g = add_signature(s, 1);
	add_chain(s, g, true);
	g->trust_reason = "a reason";
	g->problem = "a problem";
	g->part = "a part";
	g->limits = "a limit";
	g->signer = "never shown";
	g->anchor = "an anchor";
	g->signer_spki = SPAN_OF(key_signer);
	g->anchor_spki = SPAN_OF(key_anchor);
	g->zero_pad = 7;
	g->n_pages = 9;
	g->n_bad_pages = 2;
	s->timestamps[0].problem = "a problem of the timestamp";
	s->bad_pages[0] = (struct range){ 4096, 4096 };
	g->bad_pages = s->bad_pages;
	g->n_bad_pages_kept = 1;
	g->verdict = ASSAY_VERDICT_UNTRUSTED;
	g->rule = "verdict.untrusted";
	add_finding(s, "stuffed.payload", (struct range){ 10100, 92 }, NULL, "92 bytes");
	add_finding(s, "ts.raw-hash", (struct range){ 0, 0 }, "expected", NULL);
	s->findings[1].signature = 1;
	add_error(s, "an error");
	s->report.n_findings_dropped = 3;
	s->report.removed_signer = "Example Ltd";
	s->report.has_sha256 = true;
	s->report.sha256[31] = 0xfe;
	s->report.verdict = ASSAY_VERDICT_MISMATCHED;
}

static void make_parts(struct sample *s, enum assay_verdict verdict)
{
	switch (verdict) {
	case ASSAY_VERDICT_UNKNOWN: make_full(s); break;
	case ASSAY_VERDICT_VALID: make_valid(s); break;
	case ASSAY_VERDICT_UNTRUSTED: make_untrusted(s); break;
	case ASSAY_VERDICT_ADHOC:
		add_signature(s, 0)->signature = ASSAY_SIGNATURE_KEYLESS;
		s->signatures[0].claimed_signer = NULL;
		s->signatures[0].trust = ASSAY_TRUST_UNEVALUATED;
		break;
	case ASSAY_VERDICT_PARTIAL: make_partial(s); break;
	case ASSAY_VERDICT_TAMPERED: make_tampered(s); break;
	case ASSAY_VERDICT_GRAFTED: make_grafted(s); break;
	case ASSAY_VERDICT_MISMATCHED: make_mismatched(s); break;
	case ASSAY_VERDICT_COUNTERFEIT: make_counterfeit(s); break;
	case ASSAY_VERDICT_BROKEN: make_broken(s); break;
	case ASSAY_VERDICT_STRIPPED:
		s->report.removed_signer = "Example Corp";
		add_finding(s, "pe.orphan-table", (struct range){ 8192, 2000 }, NULL,
			    "Example Corp");
		s->report.masquerade = ASSAY_MASQUERADE_SUSPECTED;
		break;
	case ASSAY_VERDICT_COSTUME: make_costume(s); break;
	case ASSAY_VERDICT_UNSIGNED: s->report.masquerade = ASSAY_MASQUERADE_NO; break;
	case ASSAY_VERDICT_UNSUPPORTED: make_unsupported(s); break;
	case ASSAY_VERDICT_ERROR: add_error(s, "the file changed while it was read"); break;
	}
}

void sample_make(struct sample *s, enum assay_verdict verdict)
{
	static const char *const rule_of[] = {
		"verdict.mismatched", "verdict.valid",       "verdict.untrusted",
		"verdict.adhoc",      "verdict.partial",     "verdict.tampered",
		"verdict.grafted",    "verdict.mismatched",  "verdict.counterfeit",
		"verdict.broken",     "verdict.stripped",    "verdict.costume",
		"verdict.unsigned",   "verdict.unsupported", "error.changed"
	};

	*s = (struct sample){
		.report = {.size = SAMPLE_SIZE,
                           .format = "pe",
                           .variant = "PE32+ program",
                           .version = "10.0.19041.1",
                           .verdict = verdict,
                           .rule = rule_of[verdict],
                           .decisive = -1,
                           .complete = true,
                           .engine = "0.1.0",
                           .policy = "aa11",
                           .trust_store = "bb22",
                           .holds_from = AT_2024_01_01,
                           .holds_until = AT_2027_01_01}
	};
	add_places(s);
	make_parts(s, verdict);
	if (s->report.n_signatures) {
		s->signatures[0].verdict = s->report.verdict;
		s->signatures[0].rule = s->report.rule;
	}
}

void sample_make_pair(struct sample *s, enum assay_verdict second)
{
	struct report_signature *good, bad;

	sample_make(s, second);
	bad = s->signatures[0];
	good = add_signature(s, 0);
	add_chain(s, good, true);
	good->signer = good->claimed_signer;
	good->verdict = ASSAY_VERDICT_VALID;
	good->rule = "verdict.valid";
	if (!bad.scheme) { /* a word of files without signature */
		bad = *good;
		bad.verdict = second;
	}
	bad.depth = 1;
	bad.chain = good->chain;
	bad.n_chain = good->n_chain;
	s->signatures[1] = bad;
	s->report.n_signatures = 2;
	s->report.decisive = 1;
}

void sample_name(struct sample *s, const char *name)
{
	s->signatures[0].claimed_signer = name;
	s->signatures[1].claimed_signer = name;
	s->signatures[0].program_name = name;
	s->signatures[0].more_info = name;
	s->signatures[0].statement = name;
	s->signatures[1].trust_reason = name;
	if (s->signatures[0].signer)
		s->signatures[0].signer = name;
	for (size_t i = 0; i < COUNT_OF(s->chain); i++)
		s->chain[i].subject = s->chain[i].issuer = name;
	s->timestamps[0].signer = name;
	s->findings[0].observed = name;
	s->evidence[0].observed = name;
	s->errors[0] = name;
	if (!s->relation.donor.indexed)
		s->relation.donor.signer = name;
	else
		s->relation.donor.name = "\x1b[1med\nitor.exe";
	if (s->report.removed_signer)
		s->report.removed_signer = name;
}
