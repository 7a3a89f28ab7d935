/* SPDX-License-Identifier: MIT */
/* What each ecosystem asks, and raw keys; with a store in memory. */
#include "tests/check.h"
#include "trust/test_scene.h"
#include <stdio.h>

#define OLD   "2021-06-01" /* when the leaf of most rows expired */
#define APPLE "1.2.840.113635.100"

struct row {
	const char *name;
	enum trust_set set, anchor;
	enum trust_purpose purpose;
	const char *usage;     /* of the leaf; "": none */
	const char *extension; /* of the leaf, critical; or NULL */
	const char *expired;   /* when the leaf was; NULL: not yet */
	const char *signed_at; /* a timestamp; or NULL */
	bool expiry_wanted, leaf_is_anchor;
	enum assay_trust trust;
	const char *because;
};

#define ROW(...)                                                                               \
	{                                                                                      \
		__VA_ARGS__                                                                    \
	}
#define CODE  TRUST_PURPOSE_CODE
#define STAMP TRUST_PURPOSE_TIMESTAMP
#define GOOD  ASSAY_TRUST_ANCHORED

static const struct row rows[] = {
	ROW("Windows, expired", TRUST_MS_CODE, TRUST_MS_CODE, CODE, "codeSigning", NULL, OLD,
	    NULL, false, false, ASSAY_TRUST_EXPIRED, "expired on"),
	ROW("Windows, a mark of Apple's", TRUST_MS_CODE, TRUST_MS_CODE, CODE, "codeSigning",
	    APPLE ".6.1.13", NULL, NULL, false, false, ASSAY_TRUST_UNTRUSTED_ROOT,
	    "critical extension"),
	ROW("Apple", TRUST_APPLE, TRUST_APPLE, CODE, "codeSigning", NULL, NULL, NULL, false,
	    false, GOOD, NULL),
	ROW("Apple, its critical mark", TRUST_APPLE, TRUST_APPLE, CODE, "codeSigning",
	    APPLE ".6.1.13", NULL, NULL, false, false, GOOD, NULL),
	ROW("Apple, a mark of others", TRUST_APPLE, TRUST_APPLE, CODE, "codeSigning", "1.2.3.4",
	    NULL, NULL, false, false, ASSAY_TRUST_UNTRUSTED_ROOT, "critical extension 1.2.3.4"),
	ROW("Apple, near its marks", TRUST_APPLE, TRUST_APPLE, CODE, "codeSigning",
	    APPLE ".6.10", NULL, NULL, false, false, ASSAY_TRUST_UNTRUSTED_ROOT,
	    "critical extension"),
	ROW("Apple, for installers", TRUST_APPLE, TRUST_APPLE, CODE, APPLE ".4.13", NULL, NULL,
	    NULL, false, false, GOOD, NULL),
	ROW("Apple, for servers", TRUST_APPLE, TRUST_APPLE, CODE, "serverAuth", NULL, NULL,
	    NULL, false, false, ASSAY_TRUST_WRONG_USAGE, "is not for signing"),
	ROW("Apple, expired, no timestamp", TRUST_APPLE, TRUST_APPLE, CODE, "codeSigning", NULL,
	    OLD, NULL, false, false, GOOD, NULL),
	ROW("Apple, expired, and it says that it must not be", TRUST_APPLE, TRUST_APPLE, CODE,
	    "codeSigning", NULL, OLD, NULL, true, false, ASSAY_TRUST_EXPIRED, "expired on"),
	ROW("Apple, stamped before its end", TRUST_APPLE, TRUST_APPLE, CODE, "codeSigning",
	    NULL, OLD, "2021-01-01", false, false, GOOD, NULL),
	ROW("Apple, stamped after its end", TRUST_APPLE, TRUST_APPLE, CODE, "codeSigning", NULL,
	    OLD, "2022-01-01", false, false, ASSAY_TRUST_EXPIRED, "expired on"),
	ROW("Apple, a timestamp", TRUST_APPLE, TRUST_APPLE, STAMP, "timeStamping", NULL, NULL,
	    "2022-01-01", false, false, GOOD, NULL),
	ROW("Apple, a timestamp by a signer of code", TRUST_APPLE, TRUST_APPLE, STAMP,
	    "codeSigning", NULL, NULL, "2022-01-01", false, false, ASSAY_TRUST_WRONG_USAGE,
	    "is not for signing timestamps"),
	ROW("Apple, stamped below another root", TRUST_APPLE, TRUST_MS_TSA, STAMP,
	    "timeStamping", NULL, NULL, "2022-01-01", false, false, ASSAY_TRUST_UNEVALUATED,
	    "no anchors for apple"),
	ROW("NuGet, of Windows' anchors", TRUST_NUGET, TRUST_MS_CODE, CODE, "codeSigning", NULL,
	    NULL, NULL, false, false, GOOD, NULL),
	ROW("NuGet, of its own", TRUST_NUGET, TRUST_NUGET, CODE, "codeSigning", NULL, NULL,
	    NULL, false, false, GOOD, NULL),
	ROW("NuGet, lifetime usage, stamped", TRUST_NUGET, TRUST_NUGET, CODE,
	    "codeSigning,1.3.6.1.4.1.311.10.3.13", NULL, OLD, "2021-01-01", false, false, GOOD,
	    NULL),
	ROW("Windows, lifetime usage, stamped", TRUST_MS_CODE, TRUST_MS_CODE, CODE,
	    "codeSigning,1.3.6.1.4.1.311.10.3.13", NULL, OLD, "2021-01-01", false, false,
	    ASSAY_TRUST_EXPIRED, "expired on"),
	ROW("Windows, of NuGet's anchors", TRUST_MS_CODE, TRUST_NUGET, CODE, "codeSigning",
	    NULL, NULL, NULL, false, false, ASSAY_TRUST_UNEVALUATED, "no anchors for ms-code"),
	ROW("JAR, its timestamp", TRUST_JAR, TRUST_MS_TSA, STAMP, "timeStamping", NULL, NULL,
	    "2022-01-01", false, false, GOOD, NULL),
	ROW("a module, expired, for nothing", TRUST_KMOD, TRUST_KMOD, CODE, "", NULL, OLD, NULL,
	    false, false, GOOD, NULL),
	ROW("a module, its signer pinned", TRUST_KMOD, TRUST_KMOD, CODE, "", NULL, OLD, NULL,
	    false, true, GOOD, NULL),
	ROW("a module of another ecosystem", TRUST_KMOD, TRUST_UEFI, CODE, "", NULL, NULL, NULL,
	    false, false, ASSAY_TRUST_UNEVALUATED, "no anchors for kmod"),
	ROW("an app, its signer pinned", TRUST_ANDROID, TRUST_ANDROID, CODE, "serverAuth", NULL,
	    OLD, NULL, false, true, GOOD, NULL),
	ROW("a set that does not exist", (enum trust_set)0, TRUST_MS_CODE, CODE, "codeSigning",
	    NULL, NULL, NULL, false, false, ASSAY_TRUST_UNEVALUATED, "no anchors for none"),
};

static void row_judge(struct pki *pki, const struct row *r)
{
	const struct pki_certificate *root_made, *leaf_made;
	struct pki_wish root = wish_root(pki, "O=Assay Test/CN=Root", 0), leaf;
	struct scene s;
	char extension[64];

	scene_begin(&s, pki);
	root_made = pki_issue(pki, &root);
	leaf = wish_signer(pki, "O=Assay Test/CN=Leaf", 1, root_made);
	leaf.not_before = pki_day("2020-06-01");
	if (r->expired)
		leaf.not_after = pki_day(r->expired);
	wish_extend(&leaf, "extendedKeyUsage", *r->usage ? r->usage : NULL);
	if (r->extension) {
		(void)snprintf(extension, sizeof(extension), "critical,DER:0500");
		wish_extend(&leaf, r->extension, extension);
	}
	leaf_made = pki_issue(pki, &leaf);
	(void)memory_store_add(s.store, r->leaf_is_anchor ? leaf_made->der : root_made->der,
			       (unsigned)r->anchor);
	s.q.set = r->set;
	s.q.purpose = r->purpose;
	s.q.expiry_wanted = r->expiry_wanted;
	s.q.timestamped = r->signed_at != NULL;
	s.q.time = r->signed_at ? pki_day(r->signed_at) : SCENE_NOW;
	scene_judge(&s, leaf_made->der);
	CHECK(s.status == STATUS_OK && s.answer.trust == r->trust &&
		      (r->because ? s.answer.explanation &&
					    strstr(s.answer.explanation, r->because)
				  : !s.answer.explanation),
	      "%s: %s%s", r->name, assay_trust_word(s.answer.trust),
	      s.answer.explanation ? s.answer.explanation : "");
	scene_end(&s);
}

/* A name that a brand has: a forgery for Windows, an app like any other for Android. */
static void home_made(struct pki *pki)
{
	struct pki_wish wish =
		wish_signer(pki, "O=Microsoft Corporation/CN=Microsoft", 3, NULL);
	const struct pki_certificate *made;
	static const enum trust_set sets[] = { TRUST_MS_CODE, TRUST_ANDROID, TRUST_KMOD };

	wish_extend(&wish, "authorityKeyIdentifier", NULL);
	made = pki_issue(pki, &wish);
	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		struct scene s;

		scene_begin(&s, pki);
		s.q.set = sets[i];
		scene_judge(&s, made->der);
		CHECK(s.status == STATUS_OK && s.answer.counterfeit == (i == 0),
		      "a home-made brand convicts for %s: %d", trust_set_name(sets[i]), i == 0);
		scene_end(&s);
	}
}

static void keys(struct pki *pki)
{
	const struct pki_certificate *made =
		pki_issue(pki, &(struct pki_wish){ .subject = "O=Assay Test/CN=Module Key",
						   .key = pki_key(pki, PKI_P256, 5) });
	const struct certificate *found = NULL;
	struct certificate c;
	struct trust_answer answer;
	struct signer_name name;
	struct scene s;
	uint8_t other[32] = { 1 };

	scene_begin(&s, pki);
	if (certificate_read(made->der, &c, NULL) != STATUS_OK)
		exit(EXIT_FAILURE);
	CHECK(trust_key_judge(s.store, &s.arena, TRUST_KMOD, other, "key 01", &answer) ==
			      STATUS_OK &&
		      answer.trust == ASSAY_TRUST_UNEVALUATED &&
		      strcmp(answer.explanation, "no anchors for kmod") == 0,
	      "no set: unevaluated");
	(void)memory_store_add(s.store, made->der, TRUST_KMOD);
	CHECK(trust_key_judge(s.store, &s.arena, TRUST_KMOD, other, "key 01", &answer) ==
			      STATUS_OK &&
		      answer.trust == ASSAY_TRUST_UNKNOWN_KEY && !answer.path_has_anchor &&
		      strcmp(answer.explanation, "key 01 not known") == 0,
	      "another key: unknown");
	CHECK(trust_key_judge(s.store, &s.arena, TRUST_KMOD, c.sha256, "", &answer) ==
			      STATUS_OK &&
		      answer.trust == ASSAY_TRUST_ANCHORED && answer.path_has_anchor &&
		      !answer.explanation,
	      "the key: anchored");
	CHECK(trust_key_judge(s.store, &s.arena, TRUST_IMA, c.sha256, "x", &answer) ==
			      STATUS_OK &&
		      answer.trust == ASSAY_TRUST_UNEVALUATED,
	      "of another set: not");
	name = (struct signer_name){ .issuer = c.issuer, .serial = c.serial };
	CHECK(trust_signer_find(s.store, &s.arena, TRUST_KMOD, &name, &found) == STATUS_OK &&
		      found && span_equal(found->der, made->der),
	      "a signer is found by issuer and serial number");
	name.serial = SPAN_TEXT("\x7f");
	CHECK(trust_signer_find(s.store, &s.arena, TRUST_KMOD, &name, &found) == STATUS_OK &&
		      !found,
	      "but not by half of it");
	name = (struct signer_name){ .issuer = c.issuer, .serial = c.serial };
	CHECK(trust_signer_find(s.store, &s.arena, TRUST_UEFI, &name, &found) == STATUS_OK &&
		      !found,
	      "nor in another set");
	name = (struct signer_name){ .issuer = SPAN_NONE, .serial = SPAN_NONE };
	CHECK(trust_signer_find(s.store, &s.arena, TRUST_KMOD, &name, &found) == STATUS_OK &&
		      !found,
	      "nor by nothing");
	scene_end(&s);
}

/* The table itself: each bit once, and names that lead back. */
static void table(void)
{
	unsigned seen = 0;
	bool ok = true;

	for (size_t i = 0; i < TRUST_SETS; i++) {
		const struct trust_set_row *row = &trust_sets[i];
		enum trust_set set;

		ok = ok && !(seen & (unsigned)row->set) && row->items &&
		     row->anchors & (unsigned)row->set && row->expiry &&
		     trust_set_by_name(row->name, &set) && set == row->set &&
		     trust_set_row(row->stamps)->name && trust_set_row(set) == row;
		seen |= (unsigned)row->set;
	}
	CHECK(ok && seen == TRUST_ALL_SETS, "each set has one row");
}

int main(void)
{
	struct pki *pki = pki_new();

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_judge(pki, &rows[i]);
	home_made(pki);
	keys(pki);
	table();
	pki_free(pki);
	return CHECK_DONE();
}
