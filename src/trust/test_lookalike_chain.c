/* SPDX-License-Identifier: MIT */
/* Look-alike names on chains: who is convicted, who is only told. */
#include "tests/check.h"
#include "trust/test_scene.h"

enum chain {
	ANCHORED,  /* below an anchor */
	SELF,      /* signed by itself */
	HOME_MADE, /* whole, to a root that comes along and that nobody knows */
	NO_ROOT,   /* the root is missing */
	PUBLIC,    /* to a root that public programmes know, and that is no anchor */
};

static const char *const chain_names[] = {
	[ANCHORED] = "anchored", [SELF] = "self-signed",   [HOME_MADE] = "home-made",
	[NO_ROOT] = "no root",   [PUBLIC] = "public root",
};

#define LOOKALIKE "cert.lookalike-name"
#define SIMILAR   "cert.similar-name"

static const struct row {
	const char *subject;
	enum chain chain;
	bool counterfeit;
	const char *finding; /* NULL: neither of the two */
} rows[] = {
  /* clang-format off */
	{ "O=Micr\xd0\xbesoft Corporation", ANCHORED, false, LOOKALIKE },
	{ "O=Micr\xd0\xbesoft Corporation", SELF, true, LOOKALIKE },
	{ "O=Micr\xd0\xbesoft Corporation", HOME_MADE, true, LOOKALIKE },
	{ "O=Micr\xd0\xbesoft Corporation", NO_ROOT, false, LOOKALIKE },
	{ "O=Micr\xd0\xbesoft Corporation", PUBLIC, false, LOOKALIKE },
	{ "O=Honest/CN=G00gle LLC", SELF, true, LOOKALIKE },
	{ "CN=Google LLC\xe2\x80\x8b", HOME_MADE, true, LOOKALIKE },
	{ "O=Google LLC ", SELF, true, LOOKALIKE },
	{ "O=Adobe Inc", ANCHORED, false, NULL },
	{ "O=Adobe Inc", HOME_MADE, true, LOOKALIKE },
	{ "O=Adobe Inc", NO_ROOT, false, NULL },
	{ "O=Microsoft Corporation Ltd", SELF, true, LOOKALIKE },
	{ "O=Microsoft Corporation Ltd", ANCHORED, false, SIMILAR },
	{ "O=Google GmbH", ANCHORED, false, SIMILAR },
	{ "O=Google GmbH", PUBLIC, false, SIMILAR },
	{ "O=Google GmbH", NO_ROOT, false, SIMILAR },
	{ "O=Google GmbH", SELF, false, LOOKALIKE },
	{ "O=Google GmbH", HOME_MADE, false, LOOKALIKE },
	{ "O=Oracle Corporation UK Ltd", ANCHORED, false, SIMILAR },
	{ "O=Google LLC Updates", HOME_MADE, false, LOOKALIKE },
	{ "O=Google Ireland Limited", ANCHORED, false, NULL },
	{ "O=Example/CN=Signer", SELF, false, NULL },
	{ "O=Google LLC/CN=Google LLC", ANCHORED, false, NULL },
	{ "O=Google LLC/CN=Google LLC", HOME_MADE, true, NULL }, /* cert.brand-without-chain */
  /* clang-format on */
};

static const uint8_t microsoft_root_2010[32] = {
	0xdf, 0x54, 0x5b, 0xf9, 0x19, 0xa2, 0x43, 0x9c, 0x36, 0x98, 0x3b,
	0x54, 0xcd, 0xfc, 0x90, 0x3d, 0xfa, 0x4f, 0x37, 0xd3, 0x99, 0x6d,
	0x8d, 0x84, 0xb4, 0xc3, 0x1e, 0xec, 0x6f, 0x3c, 0x16, 0x3e,
};

static struct span leaf_make(struct scene *s, struct pki *pki, const struct row *row,
			     const struct pki_certificate *ca)
{
	struct pki_wish root = wish_root(pki, "O=Home/CN=Home Root", 6), leaf;
	const struct pki_certificate *made = ca;

	if (row->chain == SELF)
		made = NULL;
	if (row->chain > SELF)
		made = pki_issue(pki, &root);
	leaf = wish_signer(pki, row->subject, 2, made);
	if (row->chain == SELF)
		wish_extend(&leaf, "authorityKeyIdentifier", NULL);
	if (made && (row->chain == HOME_MADE || row->chain == PUBLIC))
		scene_embed(s, made->der);
	if (made && row->chain == PUBLIC)
		memory_store_add(s->store, made->der, 0)->public_root = true;
	leaf.issuer = made;
	return pki_issue(pki, &leaf)->der;
}

static void row_check(struct pki *pki, const struct row *row)
{
	struct pki_wish root = wish_root(pki, "O=Assay Test/CN=Test Root", 0);
	const struct pki_certificate *anchor = pki_issue(pki, &root);
	struct scene s;
	struct span leaf;
	bool lookalike, similar;

	scene_begin(&s, pki);
	memory_store_add(s.store, anchor->der, TRUST_MS_CODE)->name = "The Anchor";
	/* A store that knows the public roots, those of Microsoft among them. */
	memory_store_pin(s.store, microsoft_root_2010, 0)->public_root = true;
	leaf = leaf_make(&s, pki, row, anchor);
	scene_embed(&s, leaf);
	scene_judge(&s, leaf);
	lookalike = finding_has(&s.findings, LOOKALIKE, -2);
	similar = finding_has(&s.findings, SIMILAR, -2);
	CHECK(s.status == STATUS_OK && s.answer.counterfeit == row->counterfeit, "%s, %s: %s",
	      row->subject, chain_names[row->chain],
	      s.answer.counterfeit ? "convicted" : "not convicted");
	CHECK(lookalike == (row->finding && strcmp(row->finding, LOOKALIKE) == 0) &&
		      similar == (row->finding && strcmp(row->finding, SIMILAR) == 0),
	      "%s, %s: %s", row->subject, chain_names[row->chain],
	      lookalike ? LOOKALIKE
	      : similar ? SIMILAR
			: "nothing");
	scene_end(&s);
}

int main(void)
{
	struct pki *pki = pki_new();

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(pki, &rows[i]);
	pki_free(pki);
	return CHECK_DONE();
}
