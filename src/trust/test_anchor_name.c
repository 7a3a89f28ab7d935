/* SPDX-License-Identifier: MIT */
/* Roots under the name of an anchor: somebody's own, or the anchor issued anew. */
#include "tests/check.h"
#include "trust/test_scene.h"

#define RULE "cert.anchor-name-taken"

/* The anchor has key 0. */
static const struct row {
	const char *what, *root;
	unsigned key;
	bool embedded, is_public, self_signed;
	bool taken;
} rows[] = {
  /* clang-format off */
	{ "the anchor's name, another key", "O=Assay Test/CN=Test Root", 6, true, false, false, true },
	{ "the same, not at hand", "O=Assay Test/CN=Test Root", 6, false, false, false, false },
	{ "the same, known to the public", "O=Assay Test/CN=Test Root", 6, true, true, false, false },
	{ "issued anew, the same key", "O=Assay Test/CN=Test Root", 0, true, false, false, false },
	{ "another name", "O=Home/CN=Test Root", 6, true, false, false, false },
	{ "a signer of that name", "O=Assay Test/CN=Test Root", 6, true, false, true, false },
  /* clang-format on */
};

static struct span leaf_make(struct scene *s, struct pki *pki, const struct row *row)
{
	struct pki_wish root = wish_root(pki, row->root, row->key), leaf;
	const struct pki_certificate *made;

	root.serial = 77; /* another certificate than the anchor, whatever its key */
	made = pki_issue(pki, &root);
	if (row->embedded && !row->self_signed)
		scene_embed(s, made->der);
	if (row->is_public)
		memory_store_add(s->store, made->der, 0)->public_root = true;
	leaf = wish_signer(pki, row->self_signed ? row->root : "O=Example/CN=Signer", 2,
			   row->self_signed ? NULL : made);
	if (row->self_signed)
		wish_extend(&leaf, "authorityKeyIdentifier", NULL);
	return pki_issue(pki, &leaf)->der;
}

static void row_check(struct pki *pki, const struct row *row)
{
	struct pki_wish root = wish_root(pki, "O=Assay Test/CN=Test Root", 0);
	const struct pki_certificate *anchor = pki_issue(pki, &root);
	struct span leaf;
	struct scene s;

	scene_begin(&s, pki);
	memory_store_add(s.store, anchor->der, TRUST_MS_CODE)->name = "The Anchor";
	leaf = leaf_make(&s, pki, row);
	scene_embed(&s, leaf);
	scene_judge(&s, leaf);
	CHECK(s.status == STATUS_OK && finding_has(&s.findings, RULE, -2) == row->taken,
	      "%s: %s", row->what, row->taken ? "told" : "not told");
	CHECK(s.answer.counterfeit == row->taken, "%s: %s", row->what,
	      s.answer.counterfeit ? "convicted" : "not convicted");
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
