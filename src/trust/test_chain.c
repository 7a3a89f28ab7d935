/* SPDX-License-Identifier: MIT */
/* Building chains: which path is found, and what hostile pools cost. */
#include "base/memory.h"
#include "tests/check.h"
#include "trust/test_scene.h"

static void ca_expired(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	h->ca.not_after = pki_day("2025-01-01");
}

/* A pin is an anchor wherever it stands, and its bytes may come from the file. */
static void pins_check(struct pki *pki)
{
	struct hierarchy h;
	struct certificate read;
	struct scene s;

	hierarchy_make(pki, &h, hierarchy_as_it_is);
	const struct pki_certificate *const pinned[] = { h.root_made, h.upper_made, h.ca_made,
							 h.leaf_made };
	for (size_t i = 0; i < COUNT_OF(pinned); i++) {
		scene_begin(&s, pki);
		if (certificate_read(pinned[i]->der, &read, NULL) == STATUS_OK)
			(void)memory_store_pin(s.store, read.sha256, TRUST_MS_CODE);
		scene_judge(&s, h.leaf_made->der);
		CHECK((s.answer.trust == ASSAY_TRUST_ANCHORED) == (i == 3),
		      "pin %zu, nothing embedded", i);
		scene_embed(&s, h.ca_made->der);
		scene_embed(&s, h.upper_made->der);
		scene_embed(&s, h.root_made->der);
		scene_judge(&s, h.leaf_made->der);
		CHECK(s.answer.trust == ASSAY_TRUST_ANCHORED && s.answer.n_path == 4 - i &&
			      strcmp(s.answer.anchor_name, "a pin") == 0,
		      "pin %zu, embedded: the path ends there", i);
		s.q.set = TRUST_UEFI;
		scene_judge(&s, h.leaf_made->der);
		CHECK(s.answer.trust == ASSAY_TRUST_UNEVALUATED, "pin %zu: sets never mix", i);
		scene_end(&s);
	}
}

/* Nothing in the file becomes an anchor; helpers of the store do not either. */
static void helpers_check(struct pki *pki)
{
	struct hierarchy h;
	struct scene s;

	hierarchy_make(pki, &h, hierarchy_as_it_is);
	scene_begin(&s, pki);
	(void)memory_store_add(s.store, h.ca_made->der, 0);
	(void)memory_store_add(s.store, h.upper_made->der, 0);
	scene_judge(&s, h.leaf_made->der);
	CHECK(s.answer.trust == ASSAY_TRUST_UNEVALUATED, "helpers alone anchor nothing");
	(void)memory_store_add(s.store, h.root_made->der, TRUST_UEFI);
	(void)memory_store_add(s.store, pki_issue(pki, &h.root)->der, TRUST_MS_CODE);
	scene_judge(&s, h.leaf_made->der);
	CHECK(s.answer.trust == ASSAY_TRUST_ANCHORED && s.answer.n_path == 4,
	      "stored helpers complete a chain");
	scene_end(&s);

	scene_begin(&s, pki);
	(void)memory_store_add(s.store, pki_issue(pki, &h.leaf)->der, TRUST_MS_CODE);
	scene_embed(&s, h.ca_made->der);
	scene_embed(&s, h.upper_made->der);
	scene_embed(&s, h.root_made->der);
	scene_judge(&s, h.leaf_made->der);
	CHECK(s.answer.trust == ASSAY_TRUST_UNTRUSTED_ROOT && s.answer.n_path == 4 &&
		      !s.answer.path_has_anchor &&
		      strstr(s.answer.explanation, "the chain ends in 'Root'"),
	      "an embedded root is no anchor: %s", s.answer.explanation);
	h.leaf.issuer = NULL;
	wish_extend(&h.leaf, "authorityKeyIdentifier", NULL);
	scene_judge(&s, pki_issue(pki, &h.leaf)->der);
	CHECK(s.answer.trust == ASSAY_TRUST_SELF_SIGNED && s.answer.n_path == 1 &&
		      strstr(s.answer.explanation, "signed by itself"),
	      "a self-signed signer: %s", s.answer.explanation);
	scene_end(&s);
}

/* Two roots certify one authority; the milder path decides. */
static void cross_check(struct pki *pki)
{
	struct pki_wish other = wish_root(pki, "O=Assay Test/CN=Other Root", 8);
	struct hierarchy h;
	struct stored *first;
	struct scene s;

	hierarchy_make(pki, &h, hierarchy_as_it_is);
	scene_begin(&s, pki);
	first = memory_store_add(s.store, h.root_made->der, TRUST_MS_CODE);
	first->limits.has_not_before = true;
	scene_embed(&s, h.ca_made->der);
	scene_embed(&s, h.upper_made->der);
	scene_judge(&s, h.leaf_made->der);
	CHECK(s.answer.trust == ASSAY_TRUST_DISTRUSTED, "one path, distrusted");
	h.upper.issuer = pki_issue(pki, &other);
	scene_embed(&s, pki_issue(pki, &h.upper)->der);
	(void)memory_store_add(s.store, h.upper.issuer->der, TRUST_MS_CODE);
	scene_judge(&s, h.leaf_made->der);
	CHECK(s.answer.trust == ASSAY_TRUST_ANCHORED && s.answer.n_path == 4,
	      "a second path saves it");
	scene_end(&s);
}

/* A false authority repeats names, serial and key identifier of the genuine one. */
static void twin_check(struct pki *pki)
{
	struct hierarchy h;
	struct pki_wish twin;
	struct scene s;

	hierarchy_make(pki, &h, hierarchy_as_it_is);
	twin = h.ca;
	twin.key = pki_key(pki, PKI_P256, 7);
	twin.signing_key = pki_key(pki, PKI_P256, 6);
	scene_begin(&s, pki);
	(void)memory_store_add(s.store, h.root_made->der, TRUST_MS_CODE);
	scene_embed(&s, pki_issue(pki, &twin)->der);
	scene_embed(&s, h.upper_made->der);
	scene_embed(&s, h.ca_made->der);
	scene_judge(&s, h.leaf_made->der);
	CHECK(s.answer.trust == ASSAY_TRUST_ANCHORED, "names prove nothing: the genuine one is "
						      "found");
	scene_end(&s);
}

/* Work of one judgement, in signature checks that no cache answered. */
static void cost_check(struct scene *s, const char *name)
{
	CHECK(memory_store_misses(s->store) <= CHAIN_MAX_EDGES + 128 + 1,
	      "%s: %zu signature checks", name, memory_store_misses(s->store));
}

static void loop_check(struct pki *pki)
{
	struct pki_wish a = wish_root(pki, "CN=A", 1), b = wish_root(pki, "CN=B", 2), leaf;
	const struct pki_certificate *a_self = pki_issue(pki, &a), *b_self = pki_issue(pki, &b);
	struct scene s;

	scene_begin(&s, pki);
	(void)memory_store_add(
		s.store,
		pki_issue(pki, &(struct pki_wish){ .subject = "CN=X", .key = a.key })->der,
		TRUST_MS_CODE);
	a.issuer = b_self;
	b.issuer = a_self;
	scene_embed(&s, pki_issue(pki, &a)->der);
	scene_embed(&s, pki_issue(pki, &b)->der);
	leaf = wish_signer(pki, "CN=Leaf", 3, a_self);
	scene_judge(&s, pki_issue(pki, &leaf)->der);
	CHECK(s.answer.trust == ASSAY_TRUST_UNTRUSTED_ROOT && s.answer.n_path == 3 &&
		      !finding_has(&s.findings, "limit.chain", -2),
	      "A and B certify each other: %s", s.answer.explanation);
	cost_check(&s, "loop");
	scene_end(&s);
}

/* Many authorities of one name that certify each other, with the keys given by @n_keys. */
static void crowd_check(struct pki *pki, unsigned n_keys, size_t n, const char *name)
{
	const struct pki_certificate *first = NULL;
	struct pki_wish w, leaf;
	struct scene s;

	scene_begin(&s, pki);
	w = wish_root(pki, "CN=Elsewhere", 30);
	(void)memory_store_add(s.store, pki_issue(pki, &w)->der, TRUST_MS_CODE);
	w = wish_root(pki, "CN=Crowd", 0);
	wish_extend(&w, "subjectKeyIdentifier", NULL);
	first = pki_issue(pki, &w);
	w.issuer = first;
	for (size_t i = 0; i < n; i++) {
		w.key = pki_key(pki, PKI_P256, (unsigned)i % n_keys);
		w.signing_key = pki_key(pki, PKI_P256, (unsigned)(i / n_keys) % n_keys);
		scene_embed(&s, pki_issue(pki, &w)->der);
	}
	leaf = wish_signer(pki, "CN=Leaf", 31, first);
	wish_extend(&leaf, "authorityKeyIdentifier", NULL);
	scene_judge(&s, pki_issue(pki, &leaf)->der);
	CHECK(s.status == STATUS_OK && s.answer.trust != ASSAY_TRUST_ANCHORED &&
		      finding_has(&s.findings, "limit.chain", -2),
	      "%s: %s", name, s.answer.explanation);
	cost_check(&s, name);
	scene_end(&s);
}

static void deep_check(struct pki *pki, unsigned depth, bool anchored)
{
	const struct pki_certificate *issuer = NULL;
	char name[32];
	struct pki_wish w;
	struct scene s;

	scene_begin(&s, pki);
	for (unsigned i = 0; i + 1 < depth; i++) {
		(void)snprintf(name, sizeof(name), "CN=Step %u", i);
		w = i ? wish_authority(pki, name, i % 8, issuer) : wish_root(pki, name, 0);
		issuer = pki_issue(pki, &w);
		if (i == 0)
			(void)memory_store_add(s.store, issuer->der, TRUST_MS_CODE);
		else
			scene_embed(&s, issuer->der);
	}
	w = wish_signer(pki, "CN=Leaf", 9, issuer);
	scene_judge(&s, pki_issue(pki, &w)->der);
	CHECK((s.answer.trust == ASSAY_TRUST_ANCHORED) == anchored &&
		      finding_has(&s.findings, "limit.chain", -2) == !anchored,
	      "a chain of %u: %s", depth, s.answer.explanation ? s.answer.explanation : "-");
	cost_check(&s, "depth");
	scene_end(&s);
}

static void monsters_check(struct pki *pki)
{
	static char subject[480] = "CN=";
	struct pki_wish w = wish_root(pki, subject, 1), leaf;
	struct scene s;

	memset(subject + 3, 'x', sizeof(subject) - 4);
	scene_begin(&s, pki);
	(void)memory_store_add(s.store, pki_issue(pki, &w)->der, TRUST_MS_CODE);
	leaf = wish_signer(pki, "CN=Leaf", 2, pki_issue(pki, &w));
	scene_judge(&s, pki_issue(pki, &leaf)->der);
	CHECK(s.answer.trust == ASSAY_TRUST_ANCHORED, "a long name");
	scene_end(&s);

	/* An authority with a modulus of a million bits: its signature is never computed. */
	scene_begin(&s, pki);
	w = wish_root(pki, "CN=Huge", 1);
	(void)memory_store_add(s.store, pki_issue(pki, &w)->der, TRUST_MS_CODE);
	w.key = pki_key_huge(pki, 1000000);
	w.signing_key = pki_key(pki, PKI_RSA_2048, 0);
	wish_extend(&w, "subjectKeyIdentifier", NULL);
	scene_embed(&s, pki_issue(pki, &w)->der);
	leaf = wish_signer(pki, "CN=Leaf", 2, pki_issue(pki, &w));
	leaf.signing_key = w.signing_key;
	wish_extend(&leaf, "authorityKeyIdentifier", NULL);
	scene_judge(&s, pki_issue(pki, &leaf)->der);
	CHECK(s.answer.trust == ASSAY_TRUST_UNTRUSTED_ROOT && !s.answer.counterfeit,
	      "a modulus of a million bits: %s", s.answer.explanation);
	scene_end(&s);
}

/* The second file of a vendor asks for no signature of a certificate again. */
static void cache_check(struct pki *pki)
{
	struct hierarchy h;
	struct trust_answer cold;
	struct scene s;
	size_t n;

	hierarchy_make(pki, &h, hierarchy_as_it_is);
	scene_begin(&s, pki);
	(void)memory_store_add(s.store, h.root_made->der, TRUST_MS_CODE);
	scene_embed(&s, h.ca_made->der);
	scene_embed(&s, h.upper_made->der);
	scene_judge(&s, h.leaf_made->der);
	cold = s.answer;
	n = memory_store_misses(s.store);
	scene_judge(&s, h.leaf_made->der);
	CHECK(n > 0 && memory_store_misses(s.store) == n && s.answer.trust == cold.trust &&
		      s.answer.n_path == cold.n_path,
	      "%zu checks the first time, none the second", n);
	scene_end(&s);
}

/* Whatever allocation fails: no memory, or the same answer. */
static void allocation_check(struct pki *pki)
{
	struct hierarchy h;
	size_t n_failed = 0, n_wrong = 0;
	struct scene s;

	hierarchy_make(pki, &h, ca_expired);
	scene_begin(&s, pki);
	(void)memory_store_add(s.store, h.root_made->der, TRUST_MS_CODE);
	scene_embed(&s, h.ca_made->der);
	scene_embed(&s, h.upper_made->der);
	for (long n = 1; n < 4000; n++) {
		arena_free(&s.arena);
		memory_fail_after(n);
		scene_judge(&s, h.leaf_made->der);
		memory_fail_after(-1);
		if (s.status == STATUS_OK && s.findings.dropped == 0) {
			n_wrong += s.answer.trust != ASSAY_TRUST_EXPIRED;
			break;
		}
		n_failed++;
		n_wrong += s.status != STATUS_NO_MEMORY && s.status != STATUS_OK;
	}
	CHECK(n_wrong == 0 && n_failed > 0 && s.status == STATUS_OK,
	      "allocations: %zu failed without harm", n_failed);
	n_failed = 0;
	for (size_t limit = 0; limit < 65536; limit += 64) {
		arena_free(&s.arena);
		s.arena.limit = limit;
		scene_judge(&s, h.leaf_made->der);
		n_failed += s.status != STATUS_OK;
		n_wrong += s.status != STATUS_NO_MEMORY &&
			   (s.status != STATUS_OK || s.answer.trust != ASSAY_TRUST_EXPIRED);
	}
	CHECK(n_wrong == 0 && n_failed > 0, "arenas too small: %zu failed without harm",
	      n_failed);
	scene_end(&s);
}

int main(void)
{
	struct pki *pki = pki_new();

	pins_check(pki);
	helpers_check(pki);
	cross_check(pki);
	twin_check(pki);
	loop_check(pki);
	crowd_check(pki, 14, 200, "200 certificates of one name");
	crowd_check(pki, 8, 60, "60 certificates of one name");
	deep_check(pki, CHAIN_MAX_DEPTH, true);
	deep_check(pki, CHAIN_MAX_DEPTH + 1, false);
	deep_check(pki, 40, false);
	monsters_check(pki);
	cache_check(pki);
	allocation_check(pki);
	pki_free(pki);
	return CHECK_DONE();
}
