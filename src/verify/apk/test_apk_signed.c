/* SPDX-License-Identifier: MIT */
/* Android packages signed well and badly, judged from end to end. */
#include "tests/apk_builder.h"
#include "tests/check.h"
#include "tests/court.h"

#define ROW_IDSIG 5 /* of companion_rows */

enum who { NOBODY, OLD, NEW, NEWEST, OTHER, N_WHO };

struct makers {
	struct pki *pki;
	const struct pki_certificate *by[N_WHO];
};

static void makers_make(struct makers *m)
{
	static const char *const names[N_WHO] = {
		[OLD] = "CN=old", [NEW] = "CN=new", [NEWEST] = "CN=newest", [OTHER] = "CN=other"
	};

	m->pki = pki_new();
	for (unsigned i = OLD; i < N_WHO; i++)
		m->by[i] = pki_issue(m->pki,
				     &(struct pki_wish){ .subject = names[i],
							 .key = pki_key(m->pki, PKI_P256, i) });
}

/* A signer as a row of numbers: what the builder wants of it. */
struct who_signs {
	unsigned scheme;
	uint32_t min, max;
	enum who by, past[3];
	uint32_t rotation;
	bool previews;
};

#define END APK_BUILD_MAX
/* clang-format 14 breaks rows of unequal shape. */
#define V2(by)                                                                                 \
	{                                                                                      \
		2, 0, 0, (by), { NOBODY }, 0, false                                            \
	}
#define V3(min, max, by)                                                                       \
	{                                                                                      \
		3, (min), (max), (by), { NOBODY }, 0, false                                    \
	}
#define V3P(min, max, ...)                                                                     \
	{                                                                                      \
		3, (min), (max), __VA_ARGS__, 0, false                                         \
	}
#define V31(min, ...)                                                                          \
	{                                                                                      \
		31, (min), END, __VA_ARGS__, 0, false                                          \
	}
#define OLD_TO_NEW                                                                             \
	NEW,                                                                                   \
	{                                                                                      \
		OLD, NEW                                                                       \
	}
#define OLD_TO_NEWEST                                                                          \
	NEWEST,                                                                                \
	{                                                                                      \
		OLD, NEW, NEWEST                                                               \
	}

static const struct {
	const char *what;
	struct who_signs signers[APK_BUILD_SIGNERS];
	uint32_t min_sdk, asked_min, asked_max;
	const char *verdict, *finding;
} rows[] = {
	{"one signer of v3",                           { V3(28, END, OLD) },          28, 0,  0, "untrusted", NULL                },
	{ "v2 and v3",				 { V2(OLD), V3(28, END, OLD) }, 24, 0,  0, "untrusted", NULL                },
	{ "v2 and v3 by others",
         { V2(OTHER), V3(28, END, OLD) },
         24,									      0,
         0,										      "broken",
         "apk.signers-differ"												     },
	{ "two signers, one after the other",
         { V3(28, 30, OLD), V3P(31, END, OLD_TO_NEW) },
         28,									      0,
         0,										      "untrusted",
         NULL														     },
	{ "the same in another order",
         { V3P(31, END, OLD_TO_NEW), V3(28, 30, OLD) },
         28,									      0,
         0,										      "untrusted",
         NULL														     },
	{ "a gap between them",
         { V3(28, 29, OLD), V3P(31, END, OLD_TO_NEW) },
         28,									      0,
         0,										      "broken",
         "apk.sdk-ranges"													 },
	{ "a gap that nobody asked about",
         { V3(28, 29, OLD), V3P(31, END, OLD_TO_NEW) },
         28,									      31,
         0,										      "broken",
         "apk.sdk-ranges"													 },
	{ "two for one system",
         { V3(28, 31, OLD), V3P(31, END, OLD_TO_NEW) },
         28,									      0,
         0,										      "broken",
         "apk.sdk-ranges"													 },
	{ "one inside the other",
         { V3(28, END, OLD), V3P(29, 30, OLD_TO_NEW) },
         28,									      0,
         0,										      "broken",
         "apk.sdk-ranges"													 },
	{ "it begins too late",                        { V3(30, END, OLD) },          28, 0,  0, "broken",    "apk.sdk-ranges"    },
	{ "it begins in time for those asked about",
         { V3(30, END, OLD) },
         28,									      30,
         0,										      "untrusted",
         NULL														     },
	{ "it begins in time for the package",
         { V3(30, END, OLD) },
         30,									      0,
         0,										      "untrusted",
         NULL														     },
	{ "it ends too early",                         { V3(28, 32, OLD) },           28, 0,  0, "broken",    "apk.sdk-ranges"    },
	{ "it ends late enough for those asked about",
         { V3(28, 32, OLD) },
         28,									      0,
         32,										     "untrusted",
         NULL														     },
	{ "from the end to the beginning",             { V3(30, 28, OLD) },           28, 0,  0, "broken",    NULL                },
	{ "v3.1 for the newest",
         { V3(28, 32, OLD), V31(33, OLD_TO_NEW) },
         28,									      0,
         0,										      "untrusted",
         NULL														     },
	{ "v3 says so too",
         { V3(28, END, OLD), V31(33, OLD_TO_NEW) },
         28,									      0,
         0,										      "untrusted",
         NULL														     },
	{ "v3 goes on up to a later v3.1",
         { V3(28, 33, OLD), V31(34, OLD_TO_NEW) },
         28,									      0,
         0,										      "untrusted",
         NULL														     },
	{ "v3 ends before a later v3.1",
         { V3(28, 32, OLD), V31(34, OLD_TO_NEW) },
         28,									      0,
         0,										      "broken",
         "apk.sdk-ranges"													 },
	{ "v3.1 alone",				{ V31(33, OLD_TO_NEW) },       33, 0,  0, "stripped",  "apk.scheme-missing"},
	{ "v3.1 of another past",
         { V3P(28, 32, OLD_TO_NEW), V31(33, OTHER, { OLD, OTHER }) },
         28,									      0,
         0,										      "broken",
         "apk.lineages-differ"												    },
	{ "v3.1 of another maker",
         { V3(28, 32, OLD), V31(33, OTHER, { NOBODY }) },
         28,									      0,
         0,										      "broken",
         "apk.signers-differ"												     },
	{ "a past that grows",
         { V3P(28, 30, OLD_TO_NEW), V3P(31, END, OLD_TO_NEWEST) },
         28,									      0,
         0,										      "untrusted",
         NULL														     },
	{ "a past that shrinks",
         { V3P(28, 30, OLD_TO_NEWEST), V3P(31, END, OLD_TO_NEW) },
         28,									      0,
         0,										      "broken",
         "apk.lineages-differ"												    },
	{ "a key that comes again",
         { V3P(28, END, OLD, { OLD, NEW, OLD }) },
         28,									      0,
         0,										      "broken",
         NULL														     },
	{ "a past that leads to another",
         { V3P(28, END, NEWEST, { OLD, NEW }) },
         28,									      0,
         0,										      "broken",
         NULL														     },
	{ "v3 names v3.1 from there on",
         { { 3, 28, 32, OLD, { NOBODY }, 33, false }, V31(33, OLD_TO_NEW) },
         28,									      0,
         0,										      "untrusted",
         NULL														     },
	{ "v3 names v3.1 from elsewhere on",
         { { 3, 28, 33, OLD, { NOBODY }, 33, false }, V31(34, OLD_TO_NEW) },
         28,									      0,
         0,										      "broken",
         NULL														     },
	{ "v3 names v3.1, which is gone",
         { { 3, 28, 32, OLD, { NOBODY }, 33, false } },
         28,									      0,
         0,										      "stripped",
         "apk.scheme-missing"												     },
	{ "nobody who is asked looks at v3.1",
         { { 3, 28, 32, OLD, { NOBODY }, 33, false } },
         28,									      0,
         32,										     "untrusted",
         NULL														     },
	{ "v3.1 for a preview",
         { V3(28, 33, OLD), { 31, 33, END, NEW, { OLD, NEW }, 0, true } },
         28,									      0,
         0,										      "untrusted",
         NULL														     },
};

static struct apk_build plan_of(const struct makers *m, const struct who_signs *signers)
{
	struct apk_build plan = { .min_sdk = 28 };

	for (size_t i = 0; i < APK_BUILD_SIGNERS && signers[i].scheme; i++) {
		const struct who_signs *from = &signers[i];
		struct apk_build_signer *to = &plan.signers[i];

		*to = (struct apk_build_signer){ .scheme = from->scheme,
						 .by = m->by[from->by],
						 .min_sdk = from->min,
						 .max_sdk = from->max,
						 .rotation = from->rotation,
						 .for_previews = from->previews };
		for (size_t k = 0; k < COUNT_OF(from->past); k++)
			to->past[k] = m->by[from->past[k]];
	}
	return plan;
}

static void test_succession(const struct makers *m, struct court *court)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		struct apk_build plan = plan_of(m, rows[i].signers);
		const struct report *r;
		uint8_t digest[32];

		plan.min_sdk = rows[i].min_sdk;
		apk_build(&file, m->pki, &plan, digest, NULL);
		court->engine.settings.min_sdk = rows[i].asked_min;
		court->engine.settings.max_sdk = rows[i].asked_max;
		r = court_judge(court, buffer_span(&file));
		CHECK(strcmp(assay_verdict_word(r->verdict), rows[i].verdict) == 0, "%s: %s",
		      rows[i].what, assay_verdict_word(r->verdict));
		CHECK(rows[i].finding ? court_has(r, rows[i].finding)
				      : !court_has(r, "apk.sdk-ranges") &&
						!court_has(r, "apk.lineages-differ"),
		      "%s: %s", rows[i].what, rows[i].finding ? rows[i].finding : "no other");
	}
	court->engine.settings.min_sdk = court->engine.settings.max_sdk = 0;
}

/* For whom each signature holds, in words. */
static void test_limits(const struct makers *m, struct court *court)
{
	static const struct who_signs signers[APK_BUILD_SIGNERS] = { V2(OLD), V3(28, 33, OLD),
								     V31(34, OLD_TO_NEW) };
	static const char *const limits[] = { "Android API 24 to 27", "Android API 28 to 33",
					      "Android API 34 and later" };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct apk_build plan = plan_of(m, signers);
	const struct report *r;
	uint8_t digest[32];

	plan.min_sdk = 24;
	apk_build(&file, m->pki, &plan, digest, NULL);
	r = court_judge(court, buffer_span(&file));
	CHECK(r->n_signatures == 3, "three signatures");
	for (size_t i = 0; i < COUNT_OF(limits) && i < r->n_signatures; i++)
		CHECK(r->signatures[i].limits &&
			      strcmp(r->signatures[i].limits, limits[i]) == 0,
		      "%s", limits[i]);
}

static void test_stamps(const struct makers *m, struct court *court)
{
	static const struct who_signs signers[APK_BUILD_SIGNERS] = { V2(OLD),
								     V3(28, END, OLD) };
	static const struct {
		const char *what;
		enum who named, by, past[2];
		bool foreign;
		const char *finding;
	} stamps[] = {
		{"a stamp",                   OTHER,  OTHER,  { NOBODY },     false, "apk.stamp"        },
		{ "with a past",              OTHER,  OTHER,  { NEW, OTHER }, false, "apk.stamp"        },
		{ "with the past of another",
                 OTHER,			       OTHER,
                 { NEW, OLD },
                 false,							      "apk.stamp-bad"    },
		{ "by another than is named", OTHER,  NEW,    { NOBODY },     false, "apk.stamp-bad"    },
		{ "which nobody named",       NOBODY, OTHER,  { NOBODY },     false, "apk.stamp-bad"    },
		{ "of another package",       OTHER,  NOBODY, { NOBODY },     true,  "apk.stamp-bad"    },
		{ "named, and not there",
                 OTHER,			       NOBODY,
                 { NOBODY },
                 false,							      "apk.stamp-missing"},
	};
	CLEANUP(buffer_free) struct buffer donor = BUFFER_INIT;
	struct apk_build plan = plan_of(m, signers);
	struct span stamp;
	uint8_t digest[32];

	plan.stamp = plan.stamp_by = m->by[OTHER];
	plan.text = "another program";
	apk_build(&donor, m->pki, &plan, digest, &stamp);
	for (size_t i = 0; i < COUNT_OF(stamps); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		const struct report *r;

		plan = plan_of(m, signers);
		plan.min_sdk = 24;
		plan.stamp = m->by[stamps[i].named];
		plan.stamp_by = m->by[stamps[i].by];
		plan.stamp_past[0] = m->by[stamps[i].past[0]];
		plan.stamp_past[1] = m->by[stamps[i].past[1]];
		if (stamps[i].foreign)
			plan.stamp_block = stamp;
		apk_build(&file, m->pki, &plan, digest, NULL);
		r = court_judge(court, buffer_span(&file));
		CHECK(court_has(r, stamps[i].finding), "stamp %s: %s", stamps[i].what,
		      stamps[i].finding);
		CHECK(r->verdict == ASSAY_VERDICT_UNTRUSTED && r->n_signatures == 2,
		      "stamp %s: the word stays", stamps[i].what);
	}
}

static const struct {
	const char *what;
	struct idsig_build plan;
	enum who by, also;
	bool of_another, cut, v31, appended;
	const char *verdict, *finding;
} idsigs[] = {
	{"v4",				 { .by = NULL },      OLD, NOBODY, 0, 0, 0, 0, "untrusted", NULL                  },
	{ "v4 without tree",                   { .no_tree = true }, OLD, NOBODY, 0, 0, 0, 0, "untrusted", NULL                  },
	{ "v4 of another package",
         { .by = NULL },
         OLD,							    NOBODY,
         1,									 0,
         0,									       0,
         "mismatched",										    NULL		  },
	{ "v4 by another",
         { .by = NULL },
         OTHER,							  NOBODY,
         0,									 0,
         0,									       0,
         "broken",											"apk.signers-differ"  },
	{ "v4 with another digest",
         { .bad_digest = true },
         OLD,							    NOBODY,
         0,									 0,
         0,									       0,
         "broken",											NULL		  },
	{ "v4 with another root",
         { .bad_root = true },
         OLD,							    NOBODY,
         0,									 0,
         0,									       0,
         "mismatched",										    NULL		  },
	{ "v4 with another tree",
         { .bad_tree = true },
         OLD,							    NOBODY,
         0,									 0,
         0,									       0,
         "broken",											NULL		  },
	{ "v4 with salt",                      { .salted = true },  OLD, NOBODY, 0, 0, 0, 0, "broken",    NULL                  },
	{ "v4 with a wrong value",
         { .bad_signature = true },
         OLD,							    NOBODY,
         0,									 0,
         0,									       0,
         "broken",											NULL		  },
	{ "v4 cut",			    { .by = NULL },      OLD, NOBODY, 0, 1, 0, 0, "broken",    NULL                  },
	{ "v4 for v3.1 too",                   { .by = NULL },      OLD, NEW,    0, 0, 1, 0, "untrusted", NULL                  },
	{ "v4 for v3.1 by another",
         { .by = NULL },
         OLD,							    OTHER,
         0,									 0,
         1,									       0,
         "broken",											"apk.signers-differ"  },
	{ "v4 not for v3.1",
         { .by = NULL },
         OLD,							    NOBODY,
         0,									 0,
         1,									       0,
         "untrusted",										     "apk.idsig-incomplete"},
	{ "v4 for v3.1, which is not there",
         { .by = NULL },
         OLD,							    NEW,
         0,									 0,
         0,									       0,
         "broken",											NULL		  },
	{ "v4 of a package that was added to",
         { .by = NULL },
         OLD,							    NOBODY,
         0,									 0,
         0,									       1,
         "tampered",										      "apk.bytes-added"     },
};

static void test_idsigs(const struct makers *m, struct court *court)
{
	static const struct who_signs signers[APK_BUILD_SIGNERS] = { V3(28, 32, OLD),
								     V31(33, OLD_TO_NEW) };
	static const struct who_signs plain[APK_BUILD_SIGNERS] = { V3(28, END, OLD) };
	uint8_t digest[32], other_digest[32];

	for (size_t i = 0; i < COUNT_OF(idsigs); i++) {
		CLEANUP(buffer_free)
		struct buffer file = BUFFER_INIT, other = BUFFER_INIT, idsig = BUFFER_INIT;
		struct apk_build plan = plan_of(m, idsigs[i].v31 ? signers : plain);
		struct idsig_build how = idsigs[i].plan;
		const char *word = idsigs[i].verdict;
		const struct report *r;

		apk_build(&file, m->pki, &plan, digest, NULL);
		plan.text = "abc";
		apk_build(&other, m->pki, &plan, other_digest, NULL);
		how.by = m->by[idsigs[i].by];
		how.also = m->by[idsigs[i].also];
		if (idsigs[i].of_another)
			idsig_build(&idsig, m->pki, buffer_span(&other), other_digest, &how);
		else
			idsig_build(&idsig, m->pki, buffer_span(&file), digest, &how);
		if (idsigs[i].cut)
			buffer_cut(&idsig, 300);
		if (idsigs[i].appended)
			buffer_text(&file, "more");
		r = court_judge_beside(court, buffer_span(&file), ROW_IDSIG,
				       buffer_span(&idsig));
		/* Without the right size the signature is over something else altogether. */
		if (idsigs[i].of_another && file.len != other.len)
			word = "broken";
		CHECK(strcmp(assay_verdict_word(r->verdict), word) == 0, "%s: %s",
		      idsigs[i].what, assay_verdict_word(r->verdict));
		CHECK(!idsigs[i].finding || court_has(r, idsigs[i].finding), "%s: finding",
		      idsigs[i].what);
		CHECK(r->n_signatures == 2U + idsigs[i].v31 + (idsigs[i].also != NOBODY),
		      "%s: signatures", idsigs[i].what);
	}
}

/* What is no signature of scheme v4 is none, and none is looked for by old systems. */
static void test_no_idsigs(const struct makers *m, struct court *court)
{
	static const struct who_signs plain[APK_BUILD_SIGNERS] = { V3(28, END, OLD) };
	CLEANUP(buffer_free)
	struct buffer file = BUFFER_INIT, idsig = BUFFER_INIT, cut = BUFFER_INIT;
	const struct apk_build plan = plan_of(m, plain);
	const struct report *r;
	uint8_t digest[32];

	apk_build(&file, m->pki, &plan, digest, NULL);
	idsig_build(&idsig, m->pki, buffer_span(&file), digest,
		    &(struct idsig_build){ .by = m->by[OTHER] });
	r = court_judge_beside(court, buffer_span(&file), ROW_IDSIG, SPAN_LITERAL("text"));
	CHECK(r->verdict == ASSAY_VERDICT_UNTRUSTED && r->n_signatures == 1, "a text is none");
	idsig_build(&cut, m->pki, buffer_span(&file), digest,
		    &(struct idsig_build){ .by = m->by[OLD] });
	buffer_cut(&cut, cut.len - 1);
	r = court_judge_beside(court, buffer_span(&file), ROW_IDSIG, buffer_span(&cut));
	CHECK(r->verdict == ASSAY_VERDICT_BROKEN && r->n_signatures == 2, "a tree that is cut");
	court->engine.settings.max_sdk = 29;
	r = court_judge_beside(court, buffer_span(&file), ROW_IDSIG, buffer_span(&idsig));
	CHECK(r->verdict == ASSAY_VERDICT_UNTRUSTED && r->n_signatures == 1 &&
		      court_has(r, "apk.scheme-unused"),
	      "nobody before Android 11 looks at it");
	court->engine.settings.max_sdk = 0;
	r = court_judge_beside(court, SPAN_LITERAL("MZ"), ROW_IDSIG, buffer_span(&idsig));
	CHECK(r->n_signatures == 0, "beside a file of another kind it is none");
}

/* A .idsig in which any one byte was changed is not good: broken, of another, or not built in.
 */
static void test_idsig_flips(const struct makers *m, struct court *court)
{
	static const struct who_signs plain[APK_BUILD_SIGNERS] = { V3(28, END, OLD) };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT, idsig = BUFFER_INIT;
	const struct apk_build plan = plan_of(m, plain);
	uint8_t digest[32];
	size_t bad = 0;

	apk_build(&file, m->pki, &plan, digest, NULL);
	idsig_build(&idsig, m->pki, buffer_span(&file), digest,
		    &(struct idsig_build){ .by = m->by[OLD], .no_tree = true });
	for (size_t at = 12; at < idsig.len; at += 3) {
		const struct report *r;

		idsig.bytes[at] ^= 1;
		r = court_judge_beside(court, buffer_span(&file), ROW_IDSIG,
				       buffer_span(&idsig));
		bad += r->n_signatures < 2 ||
		       r->signatures[1].verdict == ASSAY_VERDICT_UNTRUSTED;
		idsig.bytes[at] ^= 1;
	}
	CHECK(bad == 0, "each byte of a .idsig counts (%zu do not)", bad);
}

int main(void)
{
	struct makers m = { 0 };
	struct court court;

	makers_make(&m);
	court_open_anchors(&court, SPAN_NONE);
	test_succession(&m, &court);
	test_limits(&m, &court);
	test_stamps(&m, &court);
	test_idsigs(&m, &court);
	test_no_idsigs(&m, &court);
	test_idsig_flips(&m, &court);
	court_close(&court);
	pki_free(m.pki);
	return CHECK_DONE();
}
