/* SPDX-License-Identifier: MIT */
/*
 * The exports, over random reports: nothing that a consumer tests says yes unless
 * the file is valid, and no name that was not verified stands anywhere but below
 * "claimed" or in a sentence with its standing.
 */
#include "evidence/exports.h"

#include "base/json.h"
#include "base/memory.h"
#include "evidence/mapping.h"
#include "evidence/parts.h"
#include "evidence/sample.h"
#include "evidence/uuid.h"
#include "tests/check.h"

#define N_RANDOM 1000
#define NAME     "Nomen Nescio" /* what an attacker would like to be called */

/* The same reports in every run: xorshift64. */
struct chance {
	uint64_t state;
};

static uint64_t chance_below(struct chance *c, uint64_t n)
{
	c->state ^= c->state << 13;
	c->state ^= c->state >> 7;
	c->state ^= c->state << 17;
	return c->state % n;
}

static bool holds(struct span text, const char *what)
{
	uint64_t at;

	return span_find(text, SPAN_TEXT(what), 0, &at);
}

static void test_table(void)
{
	CLEANUP(buffer_free) struct buffer words = BUFFER_INIT;
	size_t wrong = 0;

	for (size_t i = 0; i < EXPORT_COUNT; i++) {
		if (i)
			buffer_char(&words, '|');
		wrong += !exports[i].name || !exports[i].title || !exports[i].report;
		buffer_text(&words, exports[i].name);
	}
	CHECK(wrong == 0, "each format has a name, a title and something to print");
	CHECK(span_equal(buffer_span(&words), SPAN_TEXT(EXPORTS_WORDS)), "%s",
	      buffer_string(&words, 0));
}

static void export_one(struct buffer *out, size_t format, const struct report *r,
		       bool claimed_names)
{
	static const struct style style = { .verbose = true };
	struct exporting e = { .format = &exports[format],
			       .style = &style,
			       .now = 1795348800,
			       .engine = "0.1.0",
			       .claimed_names = claimed_names };
	struct summary s = { .n_files = 1 };

	s.by_verdict[r->verdict] = 1;
	if (e.format->begin)
		e.format->begin(&e, out);
	e.format->report(&e, out, r, "a.exe");
	if (e.format->end)
		e.format->end(&e, out, &s, 3);
	exporting_free(&e);
}

/* What says yes, in any of the formats. */
static const char *const yeses[] = {
	"\"trusted\":true",        "\"Signed\"",
	"\"state_id\":1,",         "\"status\":\"trusted\"",
	"\"state\":\"Valid\"",     "\"kind\":\"pass\"",
	("signed by \"" NAME),     ("signed by <bdi>&quot;" NAME),
	("signed by &quot;" NAME),
};

static bool says_yes(struct span text)
{
	for (size_t i = 0; i < COUNT_OF(yeses); i++)
		if (holds(text, yeses[i]))
			return true;
	return false;
}

static void name_all(struct sample *s)
{
	const struct report *r = &s->report;

	sample_name(s, NAME);
	s->errors[0] = "an error"; /* is ours */
	for (size_t i = 0; i < r->n_signatures; i++)
		s->signatures[i].signer = NAME;
}

static void random_make(struct sample *s, struct chance *c)
{
	enum assay_verdict second =
		(enum assay_verdict)(1 + chance_below(c, ASSAY_VERDICT_ERROR));

	sample_make(s, (enum assay_verdict)chance_below(c, ASSAY_VERDICT_ERROR + 1));
	if (chance_below(c, 4) == 0)
		sample_make_pair(s, second);
	if (chance_below(c, 2) == 0)
		s->report.verdict =
			(enum assay_verdict)chance_below(c, ASSAY_VERDICT_ERROR + 1);
	for (size_t i = 0; i < s->report.n_signatures; i++) {
		struct report_signature *g = &s->signatures[i];

		g->verdict = (enum assay_verdict)chance_below(c, ASSAY_VERDICT_ERROR + 1);
		if (chance_below(c, 2) == 0)
			g->verdict = ASSAY_VERDICT_VALID;
		if (chance_below(c, 3) == 0)
			g->binding =
				(enum assay_binding)chance_below(c, ASSAY_BINDING_PARTIAL + 1);
		if (chance_below(c, 3) == 0)
			g->signature = (enum assay_signature)chance_below(
				c, ASSAY_SIGNATURE_UNSUPPORTED + 1);
		if (chance_below(c, 3) == 0)
			g->trust = (enum assay_trust)chance_below(c, ASSAY_TRUST_ANCHORED + 1);
	}
	s->timestamps[0].counts = false;
	name_all(s);
}

static bool any_trusted(const struct report *r)
{
	for (size_t i = 0; i < r->n_signatures; i++)
		if (report_trusted(r, &r->signatures[i]))
			return true;
	return false;
}

static void test_standing(void)
{
	struct chance c = { 1 };
	size_t wrong[EXPORT_COUNT] = { 0 }, good = 0;

	for (size_t n = 0; n < N_RANDOM; n++) {
		struct sample s;
		bool trusted;

		random_make(&s, &c);
		trusted = any_trusted(&s.report);
		good += trusted;
		for (size_t f = 0; f < EXPORT_COUNT; f++) {
			CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

			export_one(&out, f, &s.report, n % 2 == 0);
			wrong[f] += says_yes(buffer_span(&out)) && !trusted;
			wrong[f] += buffer_status(&out) != STATUS_OK;
		}
	}
	for (size_t f = 0; f < EXPORT_COUNT; f++)
		CHECK(wrong[f] == 0, "%s: of %d random reports %zu say yes", exports[f].name,
		      N_RANDOM, good);
}

/* Where in a JSON text one is: only as much of it as tells "claimed" from the rest. */
struct place {
	struct span text;
	uint64_t at;
	unsigned depth, claimed; /* depth at which "claimed" began; 0: not below it */
	struct span key;
};

/* The string that begins at .at, which moves behind it. */
static struct span string_take(struct place *p)
{
	uint64_t from = ++p->at;

	for (; p->at < p->text.len && span_at(p->text, p->at) != '"'; p->at++)
		if (span_at(p->text, p->at) == '\\')
			p->at++;
	p->at++;
	return span_clip(p->text, from, p->at - 1 - from);
}

/* Members that hold a sentence, in which a name has its standing beside it. */
static bool is_sentence(struct span key)
{
	static const char *const sentences[] = { "message", "desc", "verified", "text",
						 "description" };

	for (size_t i = 0; i < COUNT_OF(sentences); i++)
		if (span_equal(key, SPAN_TEXT(sentences[i])))
			return true;
	return false;
}

/* Does NAME stand where only verified names may? */
static bool name_astray(struct span text)
{
	struct place p = { .text = text };

	while (p.at < text.len) {
		uint8_t c = span_at(text, p.at);
		struct span word;

		if (c == '{' || c == '[') {
			p.depth++;
			if (p.claimed == 0 && span_equal(p.key, SPAN_TEXT("claimed")))
				p.claimed = p.depth;
		}
		if (c == '}' || c == ']') {
			if (p.claimed == p.depth)
				p.claimed = 0;
			p.depth--;
		}
		if (c != '"') {
			p.at++;
			continue;
		}
		word = string_take(&p);
		if (span_at(text, p.at) == ':')
			p.key = word;
		else if (holds(word, NAME) && p.claimed == 0 && !is_sentence(p.key))
			return true;
	}
	return false;
}

static void test_names(void)
{
	struct chance c = { 2 };
	size_t wrong[EXPORT_COUNT] = { 0 }, shown = 0;

	for (size_t n = 0; n < N_RANDOM; n++) {
		struct sample s;

		random_make(&s, &c);
		if (any_trusted(&s.report))
			continue;
		for (size_t f = EXPORT_OCSF; f < EXPORT_COUNT; f++) {
			CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

			if (f == EXPORT_CSV || f == EXPORT_HTML)
				continue; /* are no JSON: in tests/exports-contract */
			export_one(&out, f, &s.report, false);
			wrong[f] += name_astray(buffer_span(&out));
			shown += holds(buffer_span(&out), NAME);
		}
	}
	for (size_t f = EXPORT_OCSF; f < EXPORT_COUNT; f++)
		CHECK(wrong[f] == 0, "%s: no unverified name outside \"claimed\"",
		      exports[f].name);
	CHECK(shown > N_RANDOM, "but it is told there");
}

/* The test can fail: with --claimed-names they stand in the standard's fields. */
static void test_claimed_names(void)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	struct sample s;

	sample_make(&s, ASSAY_VERDICT_GRAFTED);
	name_all(&s);
	export_one(&out, EXPORT_ECS, &s.report, true);
	CHECK(name_astray(buffer_span(&out)), "--claimed-names puts them there");
	CHECK(holds(buffer_span(&out), "\"trusted\":false,\"status\":\"errorBadDigest\"") &&
		      holds(buffer_span(&out), "\"subject_name\":\"" NAME "\""),
	      "beside the field that says no");
}

/* Where there is room for one signature. */
static const struct {
	const char *name;
	enum assay_verdict file, first, second;
	int shown;
} pairs[] = {
	{"first good, second bad",               ASSAY_VERDICT_GRAFTED,   ASSAY_VERDICT_VALID,
         ASSAY_VERDICT_GRAFTED,     1},
	{ "first bad, second good",              ASSAY_VERDICT_BROKEN,    ASSAY_VERDICT_BROKEN,
         ASSAY_VERDICT_VALID,       0},
	{ "any: the bad one all the same",       ASSAY_VERDICT_VALID,     ASSAY_VERDICT_VALID,
         ASSAY_VERDICT_TAMPERED,    1},
	{ "an old one beside a valid one",       ASSAY_VERDICT_VALID,     ASSAY_VERDICT_UNTRUSTED,
         ASSAY_VERDICT_VALID,       1},
	{ "one not built in beside a valid one", ASSAY_VERDICT_VALID,     ASSAY_VERDICT_VALID,
         ASSAY_VERDICT_UNSUPPORTED, 0},
	{ "worse of two",                        ASSAY_VERDICT_UNTRUSTED, ASSAY_VERDICT_UNTRUSTED,
         ASSAY_VERDICT_UNSUPPORTED, 1},
};

static void test_pairs(void)
{
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct sample s;

		sample_make_pair(&s, ASSAY_VERDICT_GRAFTED);
		s.report.verdict = pairs[i].file;
		s.signatures[0].verdict = pairs[i].first;
		s.signatures[1].verdict = pairs[i].second;
		s.report.decisive = pairs[i].second == ASSAY_VERDICT_VALID;
		CHECK(mapping_signature(&s.report) == pairs[i].shown, "%s", pairs[i].name);
	}
}

static size_t count_of(struct span text, const char *what)
{
	uint64_t from = 0, at;
	size_t n = 0;

	for (; span_find(text, SPAN_TEXT(what), from, &at); from = at + 1)
		n++;
	return n;
}

/* Services refuse a run with too many results: there is another one before that. */
static void test_parts(void)
{
	static const struct style style = { .verbose = false };
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	CLEANUP(exporting_free)
	struct exporting e = { .format = &exports[EXPORT_SARIF],
			       .style = &style,
			       .now = 1795348800,
			       .engine = "0.1.0" };
	struct summary s = { .n_files = 20001, .complete = true };
	struct sample sample;

	sample_make(&sample, ASSAY_VERDICT_UNSIGNED);
	e.format->begin(&e, &out);
	for (size_t i = 0; i < s.n_files; i++)
		e.format->report(&e, &out, &sample.report, "a.exe");
	e.format->end(&e, &out, &s, 0);
	CHECK(buffer_status(&out) == STATUS_OK &&
		      count_of(buffer_span(&out), "\"ruleIndex\":") == s.n_files &&
		      count_of(buffer_span(&out), "\"automationDetails\":") == 2 &&
		      holds(buffer_span(&out), "\"id\":\"assay/2/\""),
	      "SARIF: 20001 results are two runs");
	CHECK(count_of(buffer_span(&out), "\"exitCode\":") == 1, "and one end");
}

/* What the version information says is a claim until the file is valid. */
static void test_version(void)
{
	static const struct feature features[] = {
		{.key = "pe.version.strings.product_name",
                 .kind = FEATURE_TEXT,
                 .text = "Example Editor"},
	};
	enum assay_verdict verdict[] = { ASSAY_VERDICT_VALID, ASSAY_VERDICT_GRAFTED };

	for (size_t i = 0; i < COUNT_OF(verdict); i++) {
		CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
		struct sample s;

		sample_make(&s, verdict[i]);
		s.report.features = features;
		s.report.n_features = COUNT_OF(features);
		export_one(&out, EXPORT_VT, &s.report, false);
		CHECK(holds(buffer_span(&out), "\"product\":\"Example Editor\"") == (i == 0),
		      "VT: product of a file that is %s", assay_verdict_word(verdict[i]));
	}
}

/* RFC 9562, A.4. */
static void test_uuid(void)
{
	static const struct uuid dns = {
		{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f,
                 0xd4, 0x30, 0xc8}
	};
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct uuid id;

	CHECK(uuid_of_name(&dns, SPAN_TEXT("www.example.com"), &id) == STATUS_OK, "a UUID");
	uuid_write(&text, &id);
	CHECK(span_equal(buffer_span(&text), SPAN_TEXT("2ed6657d-e927-568b-95e1-2665a8aea6a2")),
	      "%s", buffer_string(&text, 0));
}

static void test_no_memory(void)
{
	size_t wrong[EXPORT_COUNT] = { 0 };
	struct sample s;

	sample_make(&s, ASSAY_VERDICT_GRAFTED);
	for (size_t f = 0; f < EXPORT_COUNT; f++) {
		for (long n = 0; n < 200; n++) {
			CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT;
			CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

			export_one(&whole, f, &s.report, true);
			memory_fail_after(n);
			export_one(&b, f, &s.report, true);
			memory_fail_after(-1);
			wrong[f] += buffer_status(&b) == STATUS_OK &&
				    !span_equal(buffer_span(&b), buffer_span(&whole));
		}
		CHECK(wrong[f] == 0, "%s: without memory nothing comes out as if it were whole",
		      exports[f].name);
	}
}

/* ATT&CK's analytics: no word of a file that is not valid sounds as if it were. */
static void test_attack(void)
{
	static const struct {
		enum assay_verdict verdict;
		enum assay_trust trust; /* of an untrusted one */
		const char *windows, *macos;
	} rows[] = {
		{ASSAY_VERDICT_VALID,        ASSAY_TRUST_ANCHORED,       "valid",          "Trusted"   },
		{ ASSAY_VERDICT_UNTRUSTED,   ASSAY_TRUST_EXPIRED,        "expired",        "NotTrusted"},
		{ ASSAY_VERDICT_UNTRUSTED,   ASSAY_TRUST_UNTRUSTED_ROOT, "untrusted root",
                 "NotTrusted"									  },
		{ ASSAY_VERDICT_UNTRUSTED,   ASSAY_TRUST_REVOKED,        "revoked",        "NotTrusted"},
		{ ASSAY_VERDICT_UNTRUSTED,   ASSAY_TRUST_UNEVALUATED,    "untrusted",      "NotTrusted"},
		{ ASSAY_VERDICT_GRAFTED,     ASSAY_TRUST_ANCHORED,       "invalid",
                 "ModifiedSinceSigning"								},
		{ ASSAY_VERDICT_COUNTERFEIT, ASSAY_TRUST_ANCHORED,       "invalid",        "NotTrusted"},
		{ ASSAY_VERDICT_UNSIGNED,    ASSAY_TRUST_ANCHORED,       "unsigned",       "Unsigned"  },
		{ ASSAY_VERDICT_UNSUPPORTED, ASSAY_TRUST_ANCHORED,       NULL,             NULL        },
		{ ASSAY_VERDICT_ERROR,       ASSAY_TRUST_ANCHORED,       NULL,             NULL        },
	};
	const struct attack_analytic_row *windows = attack_of_format("pe");
	const struct attack_analytic_row *macos = attack_of_format("macho");

	CHECK(windows && macos && windows != macos && !attack_of_format("elf") &&
		      !attack_of_format(NULL),
	      "an analytic for programs of Windows and of macOS, none for others");
	for (size_t i = 0; windows && macos && i < COUNT_OF(rows); i++) {
		const char *said[2];
		struct sample s;

		sample_make(&s, rows[i].verdict);
		if (rows[i].verdict == ASSAY_VERDICT_UNTRUSTED)
			for (size_t k = 0; k < s.report.n_signatures; k++)
				s.signatures[k].trust = rows[i].trust;
		said[0] = attack_status(windows, &s.report);
		said[1] = attack_status(macos, &s.report);
		CHECK((said[0] ? rows[i].windows && strcmp(said[0], rows[i].windows) == 0
			       : !rows[i].windows) &&
			      (said[1] ? rows[i].macos && strcmp(said[1], rows[i].macos) == 0
				       : !rows[i].macos),
		      "%s: %s, %s", assay_verdict_word(rows[i].verdict),
		      said[0] ? said[0] : "nothing", said[1] ? said[1] : "nothing");
	}
	for (int v = 0; v <= (int)ASSAY_VERDICT_ERROR; v++) {
		struct sample s;
		const char *said;

		sample_make(&s, (enum assay_verdict)v);
		said = attack_status(windows, &s.report);
		CHECK((said && strcmp(said, "valid") == 0) ==
			      (s.report.verdict == ASSAY_VERDICT_VALID),
		      "%s: valid is said of the valid", assay_verdict_word(s.report.verdict));
	}
}

int main(void)
{
	test_attack();
	test_table();
	test_standing();
	test_names();
	test_claimed_names();
	test_pairs();
	test_parts();
	test_version();
	test_uuid();
	test_no_memory();
	return CHECK_DONE();
}
