/* SPDX-License-Identifier: MIT */
/* Building chains: who may issue, which path is found, and what hostile pools cost. */
#include "base/memory.h"
#include "tests/check.h"
#include "trust/test_scene.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

/* A hierarchy in which a row may change anything; root <- upper <- ca <- leaf. */
struct hierarchy {
	struct pki_wish root, upper, ca, leaf;
	const struct pki_certificate *root_made, *upper_made, *ca_made, *leaf_made;
};

typedef void change_fn(struct pki *pki, struct hierarchy *h);

static void no_change(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	(void)h;
}

static void ca_is_leaf(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "basicConstraints", "CA:FALSE");
}

static void ca_says_nothing(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "basicConstraints", NULL);
}

static void ca_version_1(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	h->ca.version_1 = true;
	wish_extend(&h->leaf, "authorityKeyIdentifier", NULL);
}

static void root_version_1(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	h->root.version_1 = true;
	wish_extend(&h->upper, "authorityKeyIdentifier", NULL);
}

static void ca_may_not_sign(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "keyUsage", "critical,cRLSign,digitalSignature");
}

static void path_of_none(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->upper, "basicConstraints", "critical,CA:TRUE,pathlen:0");
}

static void path_of_one(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->upper, "basicConstraints", "critical,CA:TRUE,pathlen:1");
	wish_extend(&h->ca, "basicConstraints", "critical,CA:TRUE,pathlen:0");
}

static void root_path_of_none(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->root, "basicConstraints", "critical,CA:TRUE,pathlen:0");
}

static void path_of_none_rollover(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	/* The same authority with a new key: self-issued, not counted. */
	wish_extend(&h->root, "basicConstraints", "critical,CA:TRUE,pathlen:1");
	h->upper.subject = h->root.subject;
}

static void ca_unknown_critical(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "1.2.3.4.5", "critical,DER:0500");
}

static void ca_unknown_harmless(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "1.2.3.4.5", "DER:0500");
}

static void leaf_unknown_critical(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->leaf, "1.2.3.4.5", "critical,DER:0500");
}

static void ca_permits_dns(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "nameConstraints", "critical,permitted;DNS:example.org");
	wish_extend(&h->leaf, "subjectAltName", "DNS:www.Example.org");
}

static void ca_permits_other_dns(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "nameConstraints", "critical,permitted;DNS:example.org");
	wish_extend(&h->leaf, "subjectAltName", "DNS:www.notexample.org");
}

static void ca_excludes_dns(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->upper, "nameConstraints", "critical,excluded;DNS:example.org");
	wish_extend(&h->leaf, "subjectAltName", "DNS:good.test,DNS:example.org");
}

static void ca_permits_directory(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->upper, "nameConstraints", "critical,permitted;dirName:base");
	h->upper.config = "[base]\nO=assay  TEST\n";
}

static void ca_permits_other_directory(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->upper, "nameConstraints", "critical,permitted;dirName:base");
	h->upper.config = "[base]\nO=Another Test\n";
}

static void ca_excludes_directory(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "nameConstraints", "critical,excluded;dirName:base");
	h->ca.config = "[base]\nO=Assay Test\nCN=Leaf\n";
}

static void ca_permits_mail(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "nameConstraints",
		    "critical,permitted;email:example.org,excluded;email:bad@example.org");
	wish_extend(&h->leaf, "subjectAltName", "email:good@EXAMPLE.org");
}

static void ca_excludes_mail(struct pki *pki, struct hierarchy *h)
{
	ca_permits_mail(pki, h);
	wish_extend(&h->leaf, "subjectAltName", "email:bad@example.org");
}

static void ca_excludes_subject_mail(struct pki *pki, struct hierarchy *h)
{
	ca_permits_mail(pki, h);
	wish_extend(&h->leaf, "subjectAltName", NULL);
	h->leaf.subject = "O=Assay Test/CN=Leaf/emailAddress=bad@example.org";
}

static void ca_permits_address(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "nameConstraints", "critical,permitted;IP:192.0.2.0/255.255.255.0");
	wish_extend(&h->leaf, "subjectAltName", "IP:192.0.2.77");
}

static void ca_permits_other_address(struct pki *pki, struct hierarchy *h)
{
	ca_permits_address(pki, h);
	wish_extend(&h->leaf, "subjectAltName", "IP:192.0.3.77");
}

static void ca_permits_uri(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "nameConstraints", "critical,permitted;URI:.example.org");
	wish_extend(&h->leaf, "subjectAltName", "URI:https://me@www.example.org:8443/x");
}

static void ca_permits_other_uri(struct pki *pki, struct hierarchy *h)
{
	ca_permits_uri(pki, h);
	wish_extend(&h->leaf, "subjectAltName", "URI:https://example.com/.example.org");
}

static void ca_constrains_unknown_form(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	/* permitted: registeredID 1.2.3 */
	wish_extend(&h->ca, "nameConstraints", "critical,DER:3008A006300488022A03");
	wish_extend(&h->leaf, "subjectAltName", "RID:1.2.3");
}

static void ca_constrains_absent_form(struct pki *pki, struct hierarchy *h)
{
	ca_constrains_unknown_form(pki, h);
	wish_extend(&h->leaf, "subjectAltName", NULL);
}

static void ca_constraints_broken(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	wish_extend(&h->ca, "nameConstraints", "critical,DER:3003A00501");
}

static void foreign_signature(struct pki *pki, struct hierarchy *h)
{
	h->leaf.signing_key = pki_key(pki, PKI_P256, 9);
}

static void names_in_utf8(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	h->leaf.utf8 = true;
	h->leaf.issuer_name = "O=ASSAY  test/CN=Lower ca";
	wish_extend(&h->leaf, "authorityKeyIdentifier", NULL);
}

static void no_key_ids(struct pki *pki, struct hierarchy *h)
{
	struct pki_wish *const all[] = { &h->root, &h->upper, &h->ca, &h->leaf };

	(void)pki;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		wish_extend(all[i], "subjectKeyIdentifier", NULL);
		wish_extend(all[i], "authorityKeyIdentifier", NULL);
	}
}

static void all_rsa(struct pki *pki, struct hierarchy *h)
{
	h->root.key = pki_key(pki, PKI_RSA_2048, 0);
	h->upper.key = pki_key(pki, PKI_RSA_PSS, 1);
	h->ca.key = pki_key(pki, PKI_RSA_2048, 2);
}

static void ca_expired(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	h->ca.not_after = pki_day("2025-01-01");
}

static void upper_of_future(struct pki *pki, struct hierarchy *h)
{
	(void)pki;
	h->upper.not_before = pki_day("2030-01-01");
}

#define BAD ASSAY_TRUST_UNTRUSTED_ROOT

static const struct {
	const char *name;
	change_fn *change;
	enum assay_trust trust;
	const char *because;
	bool differs; /* libcrypto decides otherwise, for a reason that the row names */
} rows[] = {
	{"ordinary",				 no_change,                  ASSAY_TRUST_ANCHORED, NULL,                                       false},
	{ "RSA and PSS",			     all_rsa,                    ASSAY_TRUST_ANCHORED, NULL,                                       false},
	{ "no key identifiers",                      no_key_ids,                 ASSAY_TRUST_ANCHORED, NULL,                                       false},
	{ "names equal after normalisation",         names_in_utf8,              ASSAY_TRUST_ANCHORED, NULL,                                       false},
	{ "issuer is a leaf",                        ca_is_leaf,                 BAD,                  "'Lower CA' is no certification authority",
         false																	  },
	{ "issuer without basic constraints",        ca_says_nothing,            BAD,
         "no certification authority",													     false},
	{ "issuer of version 1",                     ca_version_1,               BAD,                  "no certification authority",               false},
	{ "anchor of version 1",                     root_version_1,             ASSAY_TRUST_ANCHORED, NULL,                                       false},
	{ "issuer without keyCertSign",              ca_may_not_sign,            BAD,                  "'Lower CA' is not for signing",
         false																	  },
	{ "path length 0 above another",             path_of_none,               BAD,                  "'Upper CA' allows fewer",                  false},
	{ "path lengths 1 and 0",                    path_of_one,                ASSAY_TRUST_ANCHORED, NULL,                                       false},
	{ "path length 0 of the anchor",             root_path_of_none,          BAD,                  "'Root' allows fewer",                      false},
	{ "path length and a self-issued authority", path_of_none_rollover,
         ASSAY_TRUST_ANCHORED,									 NULL,				       false},
	{ "unknown critical extension",              ca_unknown_critical,        BAD,                  "1.2.3.4.5",                                false},
	{ "unknown extension, not critical",         ca_unknown_harmless,        ASSAY_TRUST_ANCHORED, NULL,
         false																	  },
	{ "unknown critical extension on the leaf",  leaf_unknown_critical,      BAD,                  "1.2.3.4.5",
         false																	  },
	{ "permitted DNS name",                      ca_permits_dns,             ASSAY_TRUST_ANCHORED, NULL,                                       false},
	{ "DNS name not permitted",                  ca_permits_other_dns,       BAD,                  "outside those",                            false},
	{ "excluded DNS name",                       ca_excludes_dns,            BAD,                  "'Upper CA' stands against",                false},
	{ "permitted directory name",                ca_permits_directory,       ASSAY_TRUST_ANCHORED, NULL,                                       false},
	{ "directory name not permitted",            ca_permits_other_directory, BAD,                  "outside those",
         false																	  },
	{ "excluded directory name",                 ca_excludes_directory,      BAD,                  "excludes",                                 false},
	{ "permitted mailbox",                       ca_permits_mail,            ASSAY_TRUST_ANCHORED, NULL,                                       false},
	{ "excluded mailbox",                        ca_excludes_mail,           BAD,                  "excludes",                                 false},
	{ "excluded mailbox in the subject",         ca_excludes_subject_mail,   BAD,                  "excludes",                                 false},
	{ "permitted address",                       ca_permits_address,         ASSAY_TRUST_ANCHORED, NULL,                                       false},
	{ "address not permitted",                   ca_permits_other_address,   BAD,                  "outside those",                            false},
	{ "permitted URI",			   ca_permits_uri,             ASSAY_TRUST_ANCHORED, NULL,                                       false},
	{ "URI not permitted",                       ca_permits_other_uri,       BAD,                  "outside those",                            false},
	{ "form that is not evaluated",              ca_constrains_unknown_form, BAD,                  "not evaluated",
         false																	  },
	{ "form that does not occur",                ca_constrains_absent_form,  ASSAY_TRUST_ANCHORED, NULL,
         false																	  },
	{ "broken constraints",                      ca_constraints_broken,      BAD,                  "cannot be read",                           false},
	{ "leaf signed by a stranger",               foreign_signature,          BAD,                  "no certificate at hand signed",
         false																	  },
	{ "authority expired",                       ca_expired,                 ASSAY_TRUST_EXPIRED,  "'Lower CA' expired",                       false},
	{ "authority not valid yet",                 upper_of_future,            ASSAY_TRUST_EXPIRED,  "not valid before",
         false																	  },
};

static void hierarchy_make(struct pki *pki, struct hierarchy *h, change_fn *change)
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

static X509 *x509_of(const struct pki_certificate *c)
{
	return d2i_X509(NULL, &(const unsigned char *){ c->der.ptr }, (long)c->der.len);
}

/* What libcrypto's own path validation says, at the same time, for any purpose. */
static bool libcrypto_accepts(const struct hierarchy *h)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *pool = sk_X509_new_null();
	X509 *root = x509_of(h->root_made), *leaf = x509_of(h->leaf_made);
	bool ok;

	sk_X509_push(pool, x509_of(h->upper_made));
	sk_X509_push(pool, x509_of(h->ca_made));
	X509_STORE_add_cert(store, root);
	ok = X509_STORE_CTX_init(ctx, store, leaf, pool) == 1;
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), SCENE_NOW);
	ok = ok && X509_verify_cert(ctx) == 1;
	sk_X509_pop_free(pool, X509_free);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(root);
	X509_free(leaf);
	return ok;
}

static void row_check(struct pki *pki, size_t i)
{
	struct hierarchy h;
	struct scene s;

	hierarchy_make(pki, &h, rows[i].change);
	scene_begin(&s, pki);
	(void)memory_store_add(s.store, h.root_made->der, TRUST_MS_CODE);
	scene_embed(&s, h.leaf_made->der);
	scene_embed(&s, h.upper_made->der);
	scene_embed(&s, h.ca_made->der);
	scene_judge(&s, h.leaf_made->der);
	CHECK(s.status == STATUS_OK && s.answer.trust == rows[i].trust, "%s: trust",
	      rows[i].name);
	if (s.answer.trust != rows[i].trust)
		printf("# trust %d: %s\n", s.answer.trust,
		       s.answer.explanation ? s.answer.explanation : "-");
	CHECK(!rows[i].because ||
		      (s.answer.explanation && strstr(s.answer.explanation, rows[i].because)),
	      "%s: %s", rows[i].name, s.answer.explanation ? s.answer.explanation : "-");
	CHECK(s.answer.path_has_anchor ==
		      (s.answer.n_path > 0 &&
		       span_equal(s.answer.path[s.answer.n_path - 1]->der, h.root_made->der)),
	      "%s: a path with an anchor ends in the root", rows[i].name);
	CHECK(libcrypto_accepts(&h) == (s.answer.trust == ASSAY_TRUST_ANCHORED),
	      "%s: libcrypto agrees", rows[i].name);
	scene_end(&s);
}

/* A pin is an anchor wherever it stands, and its bytes may come from the file. */
static void pins_check(struct pki *pki)
{
	struct hierarchy h;
	struct certificate read;
	struct scene s;

	hierarchy_make(pki, &h, no_change);
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
		s.q.purpose = TRUST_PURPOSE_UEFI;
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

	hierarchy_make(pki, &h, no_change);
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

	hierarchy_make(pki, &h, no_change);
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

	hierarchy_make(pki, &h, no_change);
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

	hierarchy_make(pki, &h, no_change);
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

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(pki, i);
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
