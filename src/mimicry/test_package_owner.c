/* SPDX-License-Identifier: MIT */
/* Names of Android packages, and under which keys they are known. */
#include "base/base64.h"
#include "formats/apk/apk.h"
#include "mimicry/mimicry.h"
#include "mimicry/package_owner.h"
#include "tests/apk_builder.h"
#include "tests/check.h"
#include "tests/court.h"

enum who { NOBODY, OLD, NEW, OTHER, N_WHO };

static struct pki *pki;
static const struct pki_certificate *by[N_WHO];

/* An index of one donor: the name, under a key. */
struct known {
	const char *package;
	enum who key;
	bool damaged;
};

static enum status known_find(void *context, enum donor_key key, struct span value,
			      struct arena *a, struct donor **out)
{
	const struct known *known = context;
	uint8_t identity[16];
	struct donor *d;

	*out = NULL;
	if (known->damaged)
		return STATUS_MALFORMED;
	if (key != DONOR_BY_IDENTITY || !known->package ||
	    !package_identity(known->package, identity) ||
	    !span_equal(value, SPAN_OF(identity)))
		return STATUS_OK;
	d = ARENA_NEW(a, struct donor, 1);
	if (!d)
		return STATUS_NO_MEMORY;
	*d = (struct donor){ .kind = DONOR_VALID,
			     .format = "apk",
			     .product = known->package,
			     .company = package_key(a, by[known->key]->der) };
	*out = d;
	return STATUS_OK;
}

static const struct {
	const char *what, *package;
	enum who signer, past; /* past: whose successor the signer is */
	struct known known;
	const char *pinned_package;
	enum who pinned;
	const char *verdict, *rule;
	bool told;
} rows[] = {
	{"nothing is known",
         "a.b", OLD,
         NOBODY, { 0 },
         NULL,  0,
         "valid",       "verdict.valid",
         false},
	{ "the same key",
         "a.b", OLD,
         NOBODY, { "a.b", OLD, 0 },
         NULL,  0,
         "valid",       "verdict.valid",
         false},
	{ "another key",
         "a.b", OTHER,
         NOBODY, { "a.b", OLD, 0 },
         NULL,  0,
         "untrusted",   "verdict.package-other-key",
         true },
	{ "another name",
         "a.c", OTHER,
         NOBODY, { "a.b", OLD, 0 },
         NULL,  0,
         "untrusted",   "verdict.self-signed",
         false},
	{ "an anchored key, of another name",
         "a.b", NEW,
         NOBODY, { "a.b", OLD, 0 },
         NULL,  0,
         "untrusted",   "verdict.package-other-key",
         true },
	{ "a successor with proof",
         "a.b", NEW,
         OLD,    { "a.b", OLD, 0 },
         NULL,  0,
         "valid",       "verdict.valid",
         false},
	{ "pinned to it",
         "a.b", OLD,
         NOBODY, { 0 },
         "a.b", OLD,
         "valid",       "verdict.valid",
         false},
	{ "pinned to another",
         "a.b", OTHER,
         NOBODY, { 0 },
         "a.b", OLD,
         "counterfeit", "verdict.counterfeit-package",
         true },
	{ "pinned by pattern",
         "a.b", OTHER,
         NOBODY, { 0 },
         "a.*", OLD,
         "counterfeit", "verdict.counterfeit-package",
         true },
	{ "anchored, but the name is another's",
         "a.b", NEW,
         NOBODY, { 0 },
         "a.b", OLD,
         "counterfeit", "verdict.counterfeit-package",
         true },
	{ "pinned to it, learnt of another",
         "a.b", NEW,
         NOBODY, { "a.b", OLD, 0 },
         "a.b", NEW,
         "valid",       "verdict.valid",
         false},
	{ "another name is pinned",
         "a.c", OTHER,
         NOBODY, { 0 },
         "a.b", OLD,
         "untrusted",   "verdict.self-signed",
         false},
};

static void vendors_make(struct arena *a, size_t i, struct vendors *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	const char *problem;

	if (rows[i].pinned_package)
		buffer_printf(&text, "us\t%s\t%s\talways\ta package\n",
			      package_key(a, by[rows[i].pinned]->der), rows[i].pinned_package);
	CHECK(vendors_read(a, buffer_span(&text), NULL, out, &problem) == STATUS_OK, "%s",
	      rows[i].what);
}

static void package_make(struct buffer *out, size_t i)
{
	struct apk_build plan = {
		.package = rows[i].package,
		.min_sdk = 28,
		.signers = { { .scheme = 3,
			       .by = by[rows[i].signer],
			       .min_sdk = 28,
			       .max_sdk = APK_BUILD_MAX } },
	};
	uint8_t digest[32];

	if (rows[i].past) {
		plan.signers[0].past[0] = by[rows[i].past];
		plan.signers[0].past[1] = by[rows[i].signer];
	}
	apk_build(out, pki, &plan, digest, NULL);
}

static void test_names(struct court *court)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct known known = rows[i].known;
		const struct donor_index index = { .context = &known, .find = known_find };
		const struct report *r;
		struct vendors vendors;

		vendors_make(&a, i, &vendors);
		court->engine.settings.donors = &index;
		court->engine.settings.vendors = &vendors;
		package_make(&file, i);
		r = court_judge(court, buffer_span(&file));
		CHECK(strcmp(assay_verdict_word(r->verdict), rows[i].verdict) == 0 &&
			      strcmp(r->rule, rows[i].rule) == 0,
		      "%s: %s, %s", rows[i].what, assay_verdict_word(r->verdict), r->rule);
		CHECK(court_has(r, "apk.package-under-other-key") == rows[i].told, "%s: told",
		      rows[i].what);
		CHECK((r->n_memories > 0) == (r->verdict == ASSAY_VERDICT_VALID),
		      "%s: learnt only of a valid one", rows[i].what);
	}
}

/* What is learnt of one package is what the next one is held against. */
static void test_learnt(struct court *court)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct known known = { NULL, NOBODY, false };
	const struct donor_index index = { .context = &known, .find = known_find };
	const struct report *r;
	uint8_t identity[16];
	struct donor d;

	court->engine.settings.donors = &index;
	court->engine.settings.vendors = NULL;
	package_make(&file, 0);
	r = court_judge(court, buffer_span(&file));
	CHECK(r->n_memories == 1 && donor_decode(&a, r->memories[0], &d) == STATUS_OK &&
		      package_identity("a.b", identity) && d.product && d.company &&
		      strcmp(d.product, "a.b") == 0 &&
		      strcmp(d.company, package_key(&a, by[OLD]->der)) == 0 &&
		      span_equal(SPAN_OF(d.identity), SPAN_OF(identity)),
	      "name and key are learnt");
	known.damaged = true;
	r = court_judge(court, buffer_span(&file));
	CHECK(r->verdict == ASSAY_VERDICT_ERROR, "a damaged index is never a good word");
}

#define FACTS 4
#define PAST  30

/* However many keys vouch, the one that is known is found among them. */
static void test_many(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)4 << 20);
	struct known known = { "a.b", OLD, false };
	const struct donor_index index = { .context = &known, .find = known_find };
	const struct mimicry_settings settings = { .donors = &index };
	const struct apk_file apk = { .manifest.package = "a.b" };
	const struct container box = { .apk = &apk };
	struct findings findings = FINDINGS_INIT(&a);
	struct certificate signer = { .der = by[NEW]->der };
	struct span past[PAST];
	struct fact facts[FACTS];
	struct mimicry_case c = {
		.settings = &settings, .box = &box, .facts = facts, .findings = &findings
	};

	for (size_t i = 0; i < PAST; i++)
		past[i] = by[OTHER]->der;
	for (size_t i = 0; i < FACTS; i++)
		facts[i] = (struct fact){
			.signature = ASSAY_SIGNATURE_GOOD,
			.binding = ASSAY_BINDING_INTACT,
			.certificate = &signer,
			.past = past,
			.n_past = PAST,
			.next = i + 1 < FACTS ? &facts[i + 1] : NULL,
		};
	CHECK(package_owner_judge(&a, &c) == STATUS_OK && findings.n == FACTS,
	      "none of many keys is the known one");
	facts[FACTS - 1].past = &by[OLD]->der;
	facts[FACTS - 1].n_past = 1;
	findings.n = 0;
	CHECK(package_owner_judge(&a, &c) == STATUS_OK && findings.n == 0,
	      "the last of many keys is");
}

static void pem_put(struct buffer *out, const struct pki_certificate *c)
{
	buffer_text(out, "-----BEGIN CERTIFICATE-----\n");
	base64_encode(out, c->der);
	buffer_text(out, "\n-----END CERTIFICATE-----\n");
}

int main(void)
{
	static const char *const names[N_WHO] = {
		[OLD] = "CN=old", [NEW] = "CN=new", [OTHER] = "CN=other"
	};
	CLEANUP(buffer_free) struct buffer anchors = BUFFER_INIT;
	struct court court;

	pki = pki_new();
	for (unsigned i = OLD; i < N_WHO; i++)
		by[i] = pki_issue(pki, &(struct pki_wish){ .subject = names[i],
							   .key = pki_key(pki, PKI_P256, i) });
	pem_put(&anchors, by[OLD]);
	pem_put(&anchors, by[NEW]);
	court_open_anchors(&court, buffer_span(&anchors));
	test_names(&court);
	test_learnt(&court);
	test_many();
	court_close(&court);
	pki_free(pki);
	return CHECK_DONE();
}
