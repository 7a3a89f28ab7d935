/* SPDX-License-Identifier: MIT */
/* Who may issue: what RFC 5280 asks of each certificate of a path, and libcrypto with it. */
#include "tests/check.h"
#include "trust/test_scene.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

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
	hierarchy_change *change;
	enum assay_trust trust;
	const char *because;
	bool differs; /* libcrypto decides otherwise, for a reason that the row names */
} rows[] = {
	{"ordinary",				 hierarchy_as_it_is,         ASSAY_TRUST_ANCHORED, NULL,                                       false},
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

int main(void)
{
	struct pki *pki = pki_new();

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(pki, i);
	pki_free(pki);
	return CHECK_DONE();
}
