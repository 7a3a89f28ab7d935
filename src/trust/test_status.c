/* SPDX-License-Identifier: MIT */
#include "trust/test_status.h"

void nothing(struct world *w)
{
	(void)w;
}

void world_make(struct world *w, struct pki *pki, world_fn *prepare, bool timestamp)
{
	*w = (struct world){ .pki = pki };
	scene_begin(&w->scene, pki);
	w->root_wish = wish_root(pki, "O=Assay Test/CN=Test Root", 0);
	w->root = pki_issue(pki, &w->root_wish);
	w->ca_wish = wish_authority(pki, "O=Assay Test/CN=Test CA", 1, w->root);
	w->leaf_wish = wish_signer(pki, "O=Assay Test/CN=Test Signer", 2, NULL);
	if (timestamp)
		wish_extend(&w->leaf_wish, "extendedKeyUsage", "critical,timeStamping");
	prepare(w);
	w->ca = pki_issue(pki, &w->ca_wish);
	w->leaf_wish.issuer = w->ca;
	w->leaf = pki_issue(pki, &w->leaf_wish);
	w->crl.issuer = w->ca;
	(void)memory_store_add(w->scene.store, w->root->der, TRUST_ALL_SETS);
	scene_embed(&w->scene, w->ca->der);
}

static const char *answer_wrong(const struct status_row *row, const struct scene *s)
{
	const struct trust_answer *a = &s->answer;

	if (s->status != STATUS_OK || a->trust != row->trust)
		return "another trust";
	if (finding_has(&s->findings, "trust.revocation-unusable", -1) != row->unusable)
		return row->unusable ? "unusable data not noted" : "data thought unusable";
	if (row->because && (!a->explanation || !strstr(a->explanation, row->because)))
		return "another explanation";
	return NULL;
}

const char *status_row_wrong(struct pki *pki, const struct status_row *row)
{
	const char *wrong;
	struct world w;
	int64_t until;

	world_make(&w, pki, row->prepare, false);
	row->lay(&w);
	w.scene.policy.revocation = row->mode;
	w.scene.q.timestamped = row->signed_at != NULL;
	if (row->signed_at)
		w.scene.q.time = pki_day(row->signed_at);
	scene_judge(&w.scene, w.leaf->der);
	wrong = answer_wrong(row, &w.scene);
	until = w.scene.answer.holds_until;
	if (!wrong && until != INT64_MAX) {
		w.scene.policy.now = until;
		if (!w.scene.q.timestamped)
			w.scene.q.time = until;
		scene_judge(&w.scene, w.leaf->der);
		if (w.scene.answer.trust != row->trust || w.scene.answer.holds_until != until)
			wrong = "it does not hold as long as it says";
	}
	scene_end(&w.scene);
	return wrong;
}
