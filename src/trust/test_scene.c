/* SPDX-License-Identifier: MIT */
#include "trust/test_scene.h"

#include <stdio.h>
#include <stdlib.h>

#define SCENE_ARENA_BYTES ((size_t)8 << 20)

void scene_begin(struct scene *s, struct pki *pki)
{
	*s = (struct scene){ .pki = pki,
			     .store = memory_store_new(),
			     .policy = { .now = SCENE_NOW },
			     .arena = ARENA_INIT(SCENE_ARENA_BYTES) };
	s->q = (struct trust_question){ .set = TRUST_MS_CODE,
					.time = SCENE_NOW,
					.digest = DIGEST_SHA256 };
}

void scene_end(struct scene *s)
{
	memory_store_free(s->store);
	arena_free(&s->arena);
}

void scene_embed(struct scene *s, struct span der)
{
	if (s->q.n_pool == SCENE_MAX_POOL ||
	    certificate_read(der, &s->pool[s->q.n_pool], NULL) != STATUS_OK) {
		printf("Bail out! a test certificate cannot be read\n");
		exit(EXIT_FAILURE);
	}
	s->q.n_pool++;
}

void scene_judge(struct scene *s, struct span leaf)
{
	arena_reset(&s->arena);
	s->findings = (struct findings)FINDINGS_INIT(&s->arena);
	s->status = certificate_read(leaf, &s->leaf, NULL);
	s->q.policy = &s->policy;
	s->q.leaf = &s->leaf;
	s->q.pool = s->pool;
	if (s->status == STATUS_OK)
		s->status = trust_judge(s->store, &s->arena, &s->q, &s->findings, &s->answer);
}

void wish_extend(struct pki_wish *wish, const char *name, const char *value)
{
	size_t i = 0;

	while (wish->extensions[i].name && strcmp(wish->extensions[i].name, name) != 0)
		i++;
	if (value) {
		wish->extensions[i] = (struct pki_extension){ name, value };
		return;
	}
	for (; wish->extensions[i].name; i++)
		wish->extensions[i] = wish->extensions[i + 1];
}

struct pki_wish wish_root(struct pki *pki, const char *subject, unsigned key)
{
	struct pki_wish w = { .subject = subject, .key = pki_key(pki, PKI_P256, key) };

	wish_extend(&w, "basicConstraints", "critical,CA:TRUE");
	wish_extend(&w, "keyUsage", "critical,keyCertSign,cRLSign");
	wish_extend(&w, "subjectKeyIdentifier", "hash");
	return w;
}

struct pki_wish wish_authority(struct pki *pki, const char *subject, unsigned key,
			       const struct pki_certificate *issuer)
{
	struct pki_wish w = wish_root(pki, subject, key);

	w.issuer = issuer;
	wish_extend(&w, "authorityKeyIdentifier", "keyid");
	return w;
}

struct pki_wish wish_signer(struct pki *pki, const char *subject, unsigned key,
			    const struct pki_certificate *issuer)
{
	struct pki_wish w = { .subject = subject,
			      .key = pki_key(pki, PKI_P256, key),
			      .issuer = issuer };

	wish_extend(&w, "basicConstraints", "CA:FALSE");
	wish_extend(&w, "keyUsage", "critical,digitalSignature");
	wish_extend(&w, "extendedKeyUsage", "codeSigning");
	wish_extend(&w, "subjectKeyIdentifier", "hash");
	wish_extend(&w, "authorityKeyIdentifier", "keyid");
	return w;
}

void hierarchy_as_it_is(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	(void)h;
}

void hierarchy_make(struct pki *pki, struct hierarchy *h, hierarchy_change *change)
{
	static const struct pki_certificate later; /* takes the place of what is not made yet */

	h->root = wish_root(pki, "O=Assay Test/CN=Root", 0);
	h->upper = wish_authority(pki, "O=Assay Test/CN=Upper CA", 1, &later);
	h->ca = wish_authority(pki, "O=Assay Test/CN=Lower CA", 2, &later);
	h->leaf = wish_signer(pki, "O=Assay Test/CN=Leaf", 3, &later);
	change(pki, h);
	h->root_made = pki_issue(pki, &h->root);
	h->upper.issuer = h->root_made;
	h->upper_made = pki_issue(pki, &h->upper);
	h->ca.issuer = h->upper_made;
	h->ca_made = pki_issue(pki, &h->ca);
	h->leaf.issuer = h->ca_made;
	h->leaf_made = pki_issue(pki, &h->leaf);
}
