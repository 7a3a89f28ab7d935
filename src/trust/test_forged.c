/* SPDX-License-Identifier: MIT */
/* Forged keys and names: what convicts, and what only looks like it. */
#include "base/memory.h"
#include "tests/check.h"
#include "trust/test_scene.h"

#define MICROSOFT "C=US/O=Microsoft Corporation/CN=Microsoft Windows"

/* An anchored root and authority; a row embeds what it likes and gives the leaf. */
struct stage {
	struct scene scene;
	struct pki *pki;
	struct stored *anchor, *public_root;
	const struct pki_certificate *root, *ca;
};

typedef struct span act_fn(struct stage *t);

static struct span embed(struct stage *t, struct span der)
{
	scene_embed(&t->scene, der);
	return der;
}

static const struct pki_certificate *make(struct stage *t, const struct pki_wish *wish)
{
	return pki_issue(t->pki, wish);
}

static struct pki_wish signer(struct stage *t, const char *subject,
			      const struct pki_certificate *issuer)
{
	return wish_signer(t->pki, subject, 2, issuer);
}

static struct span honest(struct stage *t)
{
	struct pki_wish leaf = signer(t, "O=Example/CN=Signer", t->ca);

	(void)embed(t, t->ca->der);
	return embed(t, make(t, &leaf)->der);
}

/* A root under the anchor's names around the anchor's public point. */
static struct pki_wish curveball_root(struct stage *t, const char *subject)
{
	struct pki_wish root = wish_root(t->pki, subject, 0);

	root.key = pki_key_curveball(t->pki, t->root->key);
	root.serial = 1;
	wish_extend(&root, "subjectKeyIdentifier", NULL);
	return root;
}

static struct span curveball(struct stage *t)
{
	struct pki_wish root = curveball_root(t, "O=Assay Test/CN=Test Root"), leaf;

	leaf = signer(t, "O=Example/CN=Signer", make(t, &root));
	wish_extend(&leaf, "authorityKeyIdentifier", NULL);
	(void)embed(t, leaf.issuer->der);
	return embed(t, make(t, &leaf)->der);
}

static struct span curveball_of_other_name(struct stage *t)
{
	struct pki_wish root = curveball_root(t, "O=OLLYPWN"), leaf;

	leaf = signer(t, "O=Example/CN=Signer", make(t, &root));
	wish_extend(&leaf, "authorityKeyIdentifier", NULL);
	(void)embed(t, leaf.issuer->der);
	return embed(t, make(t, &leaf)->der);
}

static struct span explicit_leaf(struct stage *t)
{
	struct pki_wish leaf = signer(t, "O=Example/CN=Signer", NULL);

	leaf.key = pki_key(t->pki, PKI_P256_EXPLICIT, 0);
	wish_extend(&leaf, "authorityKeyIdentifier", NULL);
	return embed(t, make(t, &leaf)->der);
}

/* A genuine file to which somebody added such a root. */
static struct span curveball_beside(struct stage *t)
{
	struct pki_wish root = curveball_root(t, "O=Assay Test/CN=Test CA");

	(void)embed(t, make(t, &root)->der);
	return honest(t);
}

static struct span signed_by_own_key(struct stage *t)
{
	struct pki_wish leaf = signer(t, "O=Example/CN=Signer", t->ca);

	leaf.signing_key = leaf.key;
	leaf.issuer_name = "O=Somebody/CN=Code Signing PCA";
	return embed(t, make(t, &leaf)->der);
}

/* The carrier of an installer's tag; nobody uses it. */
static struct span own_key_beside(struct stage *t)
{
	struct pki_wish carrier = { .subject = "CN=Dummy certificate",
				    .key = pki_key(t->pki, PKI_P256, 8),
				    .issuer_name = "CN=Unknown issuer" };

	(void)embed(t, make(t, &carrier)->der);
	return honest(t);
}

/* Names, serial and key identifier of the genuine authority, but another key. */
static struct pki_wish false_authority(struct stage *t)
{
	struct pki_wish w = wish_authority(t->pki, "O=Assay Test/CN=Test CA", 6, t->root);

	w.signing_key = pki_key(t->pki, PKI_P256, 6);
	w.serial = 77;
	return w;
}

static struct span authority_forged(struct stage *t)
{
	struct pki_wish ca = false_authority(t), leaf;

	leaf = signer(t, "O=Example/CN=Signer", make(t, &ca));
	(void)embed(t, leaf.issuer->der);
	return embed(t, make(t, &leaf)->der);
}

static struct span authority_forged_beside(struct stage *t)
{
	struct pki_wish ca = false_authority(t);

	(void)embed(t, make(t, &ca)->der);
	return honest(t);
}

static struct span subject_edited(struct stage *t)
{
	struct pki_wish leaf = signer(t, "O=Example/CN=Signer", t->ca);

	(void)embed(t, t->ca->der);
	return embed(t, pki_replace(t->pki, make(t, &leaf)->der, SPAN_TEXT("Signer"),
				    SPAN_TEXT("Winner")));
}

static struct span signature_spoilt(struct stage *t)
{
	struct pki_wish leaf = signer(t, "O=Example/CN=Signer", t->ca);

	(void)embed(t, t->ca->der);
	return embed(t, pki_spoil(t->pki, make(t, &leaf)->der));
}

static struct span root_named_without_key_id(struct stage *t)
{
	struct pki_wish leaf = signer(t, "O=Example/CN=Signer", t->root);

	leaf.signing_key = pki_key(t->pki, PKI_P256, 6);
	wish_extend(&leaf, "authorityKeyIdentifier", NULL);
	return embed(t, make(t, &leaf)->der);
}

/* The authority was renewed under its old name; only the new key is at hand. */
static struct span authority_renewed(struct stage *t)
{
	struct pki_wish old = wish_authority(t->pki, "O=Assay Test/CN=Test CA", 6, t->root);
	struct pki_wish leaf = signer(t, "O=Example/CN=Signer", make(t, &old));

	wish_extend(&leaf, "authorityKeyIdentifier", NULL);
	(void)memory_store_add(t->scene.store, t->ca->der, 0);
	return embed(t, make(t, &leaf)->der);
}

static struct span authority_renewed_with_ids(struct stage *t)
{
	struct pki_wish old = wish_authority(t->pki, "O=Assay Test/CN=Test CA", 6, t->root);
	struct pki_wish leaf = signer(t, "O=Example/CN=Signer", make(t, &old));

	(void)embed(t, t->ca->der);
	return embed(t, make(t, &leaf)->der);
}

static struct span issuer_unknown(struct stage *t)
{
	struct pki_wish leaf = signer(t, "O=Example/CN=Signer", t->ca);

	leaf.issuer_name = "O=Nobody/CN=Knows";
	return embed(t, make(t, &leaf)->der);
}

static struct span algorithm_unknown(struct stage *t)
{
	struct pki_wish ca = wish_authority(t->pki, "O=Assay Test/CN=Odd CA", 6, t->root), leaf;

	ca.key = pki_key(t->pki, PKI_ED25519, 0);
	leaf = signer(t, "O=Example/CN=Signer", make(t, &ca));
	(void)embed(t, leaf.issuer->der);
	return embed(t, make(t, &leaf)->der);
}

static struct span brand_self_signed(struct stage *t)
{
	struct pki_wish leaf = signer(t, MICROSOFT, NULL);

	wish_extend(&leaf, "authorityKeyIdentifier", NULL);
	return embed(t, make(t, &leaf)->der);
}

/* Root and signer that somebody made at home. */
static struct span home_made(struct stage *t, const char *subject, bool with_root)
{
	struct pki_wish root = wish_root(t->pki, "O=Home/CN=Home Root", 6), leaf;

	leaf = signer(t, subject, make(t, &root));
	if (with_root)
		(void)embed(t, leaf.issuer->der);
	return embed(t, make(t, &leaf)->der);
}

static struct span brand_home_made(struct stage *t)
{
	return home_made(t, "O=google llc/CN=GOOGLE LLC", true);
}

static struct span brand_incomplete(struct stage *t)
{
	return home_made(t, "O=Google LLC/CN=Google LLC", false);
}

static struct span brand_common_name_alone(struct stage *t)
{
	return home_made(t, "CN=Mozilla Corporation", true);
}

static struct span brand_common_name_last(struct stage *t)
{
	return home_made(t, "CN=Some Program/CN=Adobe Inc.", true);
}

static struct span brand_not_quite(struct stage *t)
{
	return home_made(t, "O=Google Inc/CN=Google Inc Not", true);
}

static struct span brand_below_public_root(struct stage *t)
{
	struct span leaf = brand_home_made(t);

	memory_store_add(t->scene.store, t->scene.pool[0].der, 0)->public_root = true;
	return leaf;
}

/* A store that knows no public roots cannot tell those of a vendor that has none of its own. */
static struct span brand_without_list(struct stage *t)
{
	t->public_root->public_root = false;
	return brand_home_made(t);
}

static struct span microsoft_without_list(struct stage *t)
{
	t->public_root->public_root = false;
	return home_made(t, MICROSOFT, true);
}

static struct span brand_anchored(struct stage *t)
{
	struct pki_wish leaf = signer(t, "O=Oracle Corporation/CN=Oracle Corporation", t->ca);

	(void)embed(t, t->ca->der);
	return embed(t, make(t, &leaf)->der);
}

static struct span brand_anchored_elsewhere(struct stage *t)
{
	struct pki_wish leaf = signer(t, MICROSOFT, t->ca);

	(void)embed(t, t->ca->der);
	return embed(t, make(t, &leaf)->der);
}

static struct span canary(struct stage *t, const char *subject, const char *host)
{
	static char access[200], points[100];
	struct pki_wish root = wish_root(t->pki, "O=Thinkst/CN=Canary Root", 6), leaf;

	(void)snprintf(access, sizeof(access),
		       "caIssuers;URI:http://%s/any_path.cer,OCSP;URI:http://%s/any_path.ocsp",
		       host, host);
	(void)snprintf(points, sizeof(points), "URI:http://%s/any_path.crl", host);
	leaf = signer(t, subject, make(t, &root));
	wish_extend(&leaf, "authorityInfoAccess", access);
	wish_extend(&leaf, "crlDistributionPoints", points);
	(void)embed(t, leaf.issuer->der);
	return embed(t, make(t, &leaf)->der);
}

static struct span canary_of_brand(struct stage *t)
{
	return canary(t, MICROSOFT, "k2j4h5k6j7h8g9f0d1s2a3q4w.canary.example");
}

static struct span canary_of_nobody(struct stage *t)
{
	return canary(t, "CN=Some Program", "k2j4h5k6j7h8g9f0d1s2a3q4w.canary.example");
}

static struct span brand_with_addresses(struct stage *t)
{
	return canary(t, MICROSOFT, "www.example.org");
}

static struct span serial_reused(struct stage *t)
{
	struct pki_wish a = signer(t, "O=Example/CN=A", t->ca),
			b = signer(t, "O=Example/CN=B", t->ca);

	a.serial = b.serial = 4711;
	b.key = pki_key(t->pki, PKI_P256, 7);
	(void)embed(t, make(t, &b)->der);
	(void)embed(t, t->ca->der);
	return embed(t, make(t, &a)->der);
}

static struct span key_shared(struct stage *t)
{
	struct pki_wish a = signer(t, "O=Example/CN=A", t->ca),
			b = signer(t, "O=Example/CN=B", t->ca);

	(void)embed(t, make(t, &b)->der);
	(void)embed(t, t->ca->der);
	return embed(t, make(t, &a)->der);
}

static struct span two_signatures(struct stage *t)
{
	struct pki_wish ca = wish_authority(t->pki, "O=Assay Test/CN=Test CA", 1, t->root);

	ca.serial = 4712;
	(void)embed(t, make(t, &ca)->der);
	(void)embed(t, make(t, &ca)->der); /* ECDSA never signs the same twice */
	return honest(t);
}

#define ANCHORED  ASSAY_TRUST_ANCHORED
#define UNTRUSTED ASSAY_TRUST_UNTRUSTED_ROOT
#define SELF      ASSAY_TRUST_SELF_SIGNED

static const struct {
	const char *name;
	act_fn *act;
	enum assay_trust trust;
	bool counterfeit;
	const char *finding; /* NULL: none of the rules below */
	const char *observed;
} rows[] = {
	{"honest",				 honest,                     ANCHORED,  false, NULL,                        NULL                                     },
	{ "CurveBall",			     curveball,                  UNTRUSTED, true,  "cert.curveball",
         "around the public point of 'The Anchor'"														     },
	{ "CurveBall under another name",          curveball_of_other_name,    UNTRUSTED, true,
         "cert.curveball",												    "around the public point of 'The Anchor'"},
	{ "explicit parameters on the leaf",       explicit_leaf,              UNTRUSTED, true,  "cert.curveball",
         "explicit curve parameters"																   },
	{ "CurveBall beside a genuine path",       curveball_beside,           ANCHORED,  false, NULL,                        NULL                                     },
	{ "foreign issuer, own key",               signed_by_own_key,          UNTRUSTED, true,
         "cert.self-verifying-foreign-issuer",										NULL                                     },
	{ "the same on an unused certificate",     own_key_beside,             ANCHORED,  false, NULL,                        NULL                                     },
	{ "forged authority",                      authority_forged,           UNTRUSTED, true,  "cert.issuer-signature-bad",
         "'Test CA', signed by none of its keys"														       },
	{ "forged authority beside the genuine",   authority_forged_beside,    ANCHORED,  true,
         "cert.issuer-signature-bad",											 "'Test CA'"                              },
	{ "subject edited",                        subject_edited,             UNTRUSTED, true,  "cert.issuer-signature-bad",
         "'Winner'"																		    },
	{ "signature spoilt",                      signature_spoilt,           UNTRUSTED, true,  "cert.issuer-signature-bad",
         "'Signer'"																		    },
	{ "a root named without a key identifier", root_named_without_key_id,  UNTRUSTED, true,
         "cert.issuer-signature-bad",											 "'Signer'"                               },
	{ "renewed authority, no identifiers",     authority_renewed,          UNTRUSTED, false, NULL,
         NULL																			  },
	{ "renewed authority, identifiers",        authority_renewed_with_ids, UNTRUSTED, false, NULL,
         NULL																			  },
	{ "issuer not at hand",                    issuer_unknown,             UNTRUSTED, false, NULL,                        NULL                                     },
	{ "algorithm not known",                   algorithm_unknown,          UNTRUSTED, false, NULL,                        NULL                                     },
	{ "self-signed Microsoft",                 brand_self_signed,          SELF,      true,  "cert.brand-without-chain",
         "signed by itself"																	    },
	{ "home-made Google",                      brand_home_made,            UNTRUSTED, true,  "cert.brand-without-chain",
         "a chain to 'Home Root'"																      },
	{ "home-made Google, root missing",        brand_incomplete,           UNTRUSTED, false, NULL,                        NULL                                     },
	{ "home-made Mozilla, no organisation",    brand_common_name_alone,    UNTRUSTED, true,
         "cert.brand-without-chain",											  NULL                                     },
	{ "home-made Adobe, last of two names",    brand_common_name_last,     UNTRUSTED, true,
         "cert.brand-without-chain",											  NULL                                     },
	{ "home-made, nearly a brand",             brand_not_quite,            UNTRUSTED, false, NULL,                        NULL                                     },
	{ "brand below a public root",             brand_below_public_root,    UNTRUSTED, false, NULL,                        NULL                                     },
	{ "brand, no list of public roots",        brand_without_list,         UNTRUSTED, false, NULL,                        NULL                                     },
	{ "Microsoft, no list of public roots",    microsoft_without_list,     UNTRUSTED, true,
         "cert.brand-without-chain",											  NULL                                     },
	{ "brand, anchored",                       brand_anchored,             ANCHORED,  false, NULL,                        NULL                                     },
	{ "Microsoft, anchored elsewhere",         brand_anchored_elsewhere,   ANCHORED,  false,
         "cert.brand-other-anchor",											   "The Anchor"                             },
	{ "canary",				canary_of_brand,            UNTRUSTED, true,  "cert.possible-canary",
         "k2j4h5k6j7h8g9f0d1s2a3q4w.canary.example"														    },
	{ "canary without a brand",                canary_of_nobody,           UNTRUSTED, false, NULL,                        NULL                                     },
	{ "brand with ordinary addresses",         brand_with_addresses,       UNTRUSTED, true,
         "cert.brand-without-chain",											  NULL                                     },
	{ "one serial, two keys",                  serial_reused,              ANCHORED,  false, "cert.serial-reused",
         "'B' and 'A'"																		 },
	{ "one key, two subjects",                 key_shared,                 ANCHORED,  false, "cert.key-shared",
         "'B' and 'A'"																		 },
	{ "one content, two signatures",           two_signatures,             ANCHORED,  false, "cert.two-signatures",
         NULL																			  },
};

static const char *const watched[] = {
	"cert.curveball",
	"cert.self-verifying-foreign-issuer",
	"cert.issuer-signature-bad",
	"cert.brand-without-chain",
	"cert.brand-other-anchor",
	"cert.possible-canary",
	"cert.serial-reused",
	"cert.key-shared",
	"cert.two-signatures",
	"limit.chain",
};

/* Stands on the list of public roots. */
static const uint8_t microsoft_root_2010[32] = {
	0xdf, 0x54, 0x5b, 0xf9, 0x19, 0xa2, 0x43, 0x9c, 0x36, 0x98, 0x3b,
	0x54, 0xcd, 0xfc, 0x90, 0x3d, 0xfa, 0x4f, 0x37, 0xd3, 0x99, 0x6d,
	0x8d, 0x84, 0xb4, 0xc3, 0x1e, 0xec, 0x6f, 0x3c, 0x16, 0x3e,
};

static const struct finding *finding_of(const struct findings *list, const char *rule)
{
	for (const struct finding *f = list->first; f; f = f->next)
		if (strcmp(f->rule, rule) == 0)
			return f;
	return NULL;
}

static void stage_set(struct stage *t, struct pki *pki)
{
	struct pki_wish root = wish_root(pki, "O=Assay Test/CN=Test Root", 0), ca;

	*t = (struct stage){ .pki = pki };
	scene_begin(&t->scene, pki);
	t->root = pki_issue(pki, &root);
	ca = wish_authority(pki, "O=Assay Test/CN=Test CA", 1, t->root);
	t->ca = pki_issue(pki, &ca);
	t->anchor = memory_store_add(t->scene.store, t->root->der, TRUST_ALL_SETS);
	t->anchor->name = "The Anchor";
	t->public_root = memory_store_pin(t->scene.store, microsoft_root_2010, 0);
	t->public_root->public_root = true;
}

/* @finding and, with a canary, the rule that convicts beside it. */
static size_t count_wrong(const struct findings *list, const char *finding)
{
	bool with_brand = finding && strcmp(finding, "cert.possible-canary") == 0;
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(watched); i++) {
		bool expected = finding && strcmp(watched[i], finding) == 0;

		expected |= with_brand && strcmp(watched[i], "cert.brand-without-chain") == 0;
		n += expected != (finding_of(list, watched[i]) != NULL);
	}
	return n;
}

static void row_check(struct pki *pki, size_t i)
{
	const struct finding *f;
	struct stage t;
	struct span leaf;

	stage_set(&t, pki);
	leaf = rows[i].act(&t);
	scene_judge(&t.scene, leaf);
	CHECK(t.scene.status == STATUS_OK && t.scene.answer.trust == rows[i].trust,
	      "%s: trust %d", rows[i].name, t.scene.answer.trust);
	CHECK(t.scene.answer.counterfeit == rows[i].counterfeit, "%s: %s", rows[i].name,
	      rows[i].counterfeit ? "counterfeit" : "not counterfeit");
	CHECK(count_wrong(&t.scene.findings, rows[i].finding) == 0, "%s: %s", rows[i].name,
	      rows[i].finding ? rows[i].finding : "no finding");
	f = rows[i].observed ? finding_of(&t.scene.findings, rows[i].finding) : NULL;
	CHECK(!rows[i].observed || (f && strstr(f->observed, rows[i].observed)),
	      "%s: observed %s", rows[i].name, f ? f->observed : "-");
	scene_end(&t.scene);
}

/* Without any anchor a forgery is still one, and nothing else becomes one. */
static void without_anchors_check(struct pki *pki)
{
	static act_fn *const acts[] = { curveball_of_other_name, signed_by_own_key,
					brand_self_signed, honest };

	for (size_t i = 0; i < COUNT_OF(acts); i++) {
		struct stage t;
		struct span leaf;

		stage_set(&t, pki);
		leaf = acts[i](&t);
		memory_store_free(t.scene.store);
		t.scene.store = memory_store_new();
		scene_judge(&t.scene, leaf);
		CHECK(t.scene.answer.trust == ASSAY_TRUST_UNEVALUATED &&
			      t.scene.answer.counterfeit == (acts[i] != honest),
		      "no store at all, %zu", i);
		scene_end(&t.scene);
	}
}

/* Whatever allocation fails: no memory, or the same answer. */
static void allocation_check(struct pki *pki, size_t i)
{
	struct trust_answer whole;
	size_t n_wrong = 0;
	struct stage t;
	struct span leaf;
	long n = 0;

	stage_set(&t, pki);
	leaf = rows[i].act(&t);
	scene_judge(&t.scene, leaf);
	whole = t.scene.answer;
	do {
		arena_free(&t.scene.arena);
		memory_fail_after(++n);
		scene_judge(&t.scene, leaf);
		memory_fail_after(-1);
		n_wrong +=
			t.scene.status != STATUS_NO_MEMORY &&
			(t.scene.status != STATUS_OK || t.scene.answer.trust != whole.trust ||
			 t.scene.answer.counterfeit != whole.counterfeit);
	} while (n < 1000 && (t.scene.status != STATUS_OK || t.scene.findings.dropped > 0));
	CHECK(n_wrong == 0 && n > 1 && n < 1000, "%s: %ld allocations fail without harm",
	      rows[i].name, n - 1);
	scene_end(&t.scene);
}

/* Findings say where in the file the certificate lies. */
static void place_check(struct pki *pki)
{
	uint8_t bytes[4096] = { 0 };
	const struct finding *f;
	struct stage t;
	struct span leaf, whole;
	size_t ca_len;

	stage_set(&t, pki);
	leaf = subject_edited(&t);
	ca_len = span_copy(bytes + 16, sizeof(bytes) - 16, t.ca->der);
	(void)span_copy(bytes + 16 + ca_len, sizeof(bytes) - 16 - ca_len, leaf);
	whole = SPAN_OF(bytes);
	t.scene.q.n_pool = 0;
	scene_embed(&t.scene, span_clip(whole, 16, ca_len));
	scene_embed(&t.scene, span_clip(whole, 16 + ca_len, leaf.len));
	t.scene.q.whole = whole;
	t.scene.q.base = 1000;
	scene_judge(&t.scene, span_clip(whole, 16 + ca_len, leaf.len));
	f = finding_of(&t.scene.findings, "cert.issuer-signature-bad");
	CHECK(f && f->where.off == 1016 + ca_len && f->where.len == leaf.len,
	      "the finding lies on the certificate");
	CHECK(t.scene.findings.n == 1, "and is noted once");
	scene_end(&t.scene);
}

/* A vendor's name on a timestamp convicts nobody. */
static void timestamp_check(struct pki *pki)
{
	struct stage t;
	struct span leaf;

	stage_set(&t, pki);
	leaf = brand_self_signed(&t);
	t.scene.q.purpose = TRUST_PURPOSE_TIMESTAMP;
	scene_judge(&t.scene, leaf);
	CHECK(!t.scene.answer.counterfeit, "a brand on a timestamp");
	scene_end(&t.scene);
}

int main(void)
{
	struct pki *pki = pki_new();

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(pki, i);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		allocation_check(pki, i);
	without_anchors_check(pki);
	place_check(pki);
	timestamp_check(pki);
	pki_free(pki);
	return CHECK_DONE();
}
