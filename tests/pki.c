/* SPDX-License-Identifier: MIT */
#include "tests/pki.h"

#include "base/time.h"
#include "tests/pki_key.h"
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_OBJECTS 4096

enum kind { KIND_KEY, KIND_CERTIFICATE, KIND_BYTES };

struct object {
	enum kind kind;
	void *what;
};

struct pki {
	struct object objects[MAX_OBJECTS];
	size_t n;
	uint64_t serial;
};

static _Noreturn void fail(const char *what)
{
	printf("Bail out! test PKI: %s\n", what);
	ERR_print_errors_fp(stdout);
	exit(EXIT_FAILURE);
}

static void must(int ok, const char *what)
{
	if (ok <= 0)
		fail(what);
}

static void *have(void *p, const char *what)
{
	if (!p)
		fail(what);
	return p;
}

static void keep(struct pki *pki, enum kind kind, void *what)
{
	if (pki->n == MAX_OBJECTS)
		fail("more objects than MAX_OBJECTS");
	pki->objects[pki->n++] = (struct object){ kind, what };
}

struct pki *pki_new(void)
{
	return have(calloc(1, sizeof(struct pki)), "memory");
}

static void object_free(const struct object *o)
{
	switch (o->kind) {
	case KIND_KEY: EVP_PKEY_free(((struct pki_key *)o->what)->pkey); break;
	case KIND_CERTIFICATE: {
		union {
			const void *given;
			X509 *x509;
		} u = { .given = ((struct pki_certificate *)o->what)->x509 };

		X509_free(u.x509);
		break;
	}
	case KIND_BYTES: break;
	}
	free(o->what);
}

void pki_free(struct pki *pki)
{
	while (pki->n > 0)
		object_free(&pki->objects[--pki->n]);
	free(pki);
}

int64_t pki_day(const char *day)
{
	int64_t seconds;

	if (!time_parse(day, &seconds))
		fail(day);
	return seconds;
}

/* A copy that the infrastructure owns. */
struct span pki_keep(struct pki *pki, const void *bytes, size_t len)
{
	uint8_t *copy = have(malloc(len ? len : 1), "memory");

	memcpy(copy, bytes, len);
	keep(pki, KIND_BYTES, copy);
	return (struct span){ copy, len };
}

/* Of what i2d_X() wrote; frees it. */
static struct span encoded_keep(struct pki *pki, unsigned char *der, int len)
{
	struct span s;

	must(len, "encoding");
	s = pki_keep(pki, der, (size_t)len);
	OPENSSL_free(der);
	return s;
}

static struct pki_key *key_keep(struct pki *pki, EVP_PKEY *pkey)
{
	struct pki_key *key = have(calloc(1, sizeof(*key)), "memory");

	key->pkey = have(pkey, "key");
	keep(pki, KIND_KEY, key);
	return key;
}

static EVP_PKEY *key_make(enum pki_key_type type)
{
	EVP_PKEY *explicit;

	switch (type) {
	case PKI_P256: return EVP_EC_gen("P-256");
	case PKI_P384: return EVP_EC_gen("P-384");
	case PKI_P192: return EVP_EC_gen("P-192");
	case PKI_RSA_2048: return EVP_RSA_gen(2048);
	case PKI_RSA_PSS: return EVP_RSA_gen(2048);
	case PKI_RSA_1024: return EVP_RSA_gen(1024);
	case PKI_RSA_512: return EVP_RSA_gen(512);
	case PKI_ED25519: return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case PKI_DSA: return pki_dsa_make();
	case PKI_P256_EXPLICIT: break;
	}
	explicit = have(EVP_EC_gen("P-256"), "key");
	must(EVP_PKEY_set_utf8_string_param(explicit, OSSL_PKEY_PARAM_EC_ENCODING, "explicit"),
	     "explicit parameters");
	return explicit;
}

const struct pki_key *pki_key(struct pki *pki, enum pki_key_type type, unsigned number)
{
	struct pki_key *key;

	for (size_t i = 0; i < pki->n; i++) {
		key = pki->objects[i].what;
		if (pki->objects[i].kind == KIND_KEY && key->shared && key->type == type &&
		    key->number == number)
			return key;
	}
	key = key_keep(pki, key_make(type));
	key->type = type;
	key->number = number;
	key->shared = true;
	return key;
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *build, int selection)
{
	OSSL_PARAM *params = have(OSSL_PARAM_BLD_to_param(build), "parameters");
	EVP_PKEY_CTX *ctx = have(EVP_PKEY_CTX_new_from_name(NULL, type, NULL), "context");
	EVP_PKEY *pkey = NULL;

	must(EVP_PKEY_fromdata_init(ctx), "key from numbers");
	must(EVP_PKEY_fromdata(ctx, &pkey, selection, params), "key from numbers");
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

const struct pki_key *pki_key_curveball(struct pki *pki, const struct pki_key *victim)
{
	EC_GROUP *p256 = have(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), "curve");
	OSSL_PARAM_BLD *build = have(OSSL_PARAM_BLD_new(), "parameters");
	BIGNUM *p = BN_new(), *a = BN_new(), *b = BN_new(), *one = BN_new();
	unsigned char point[65];
	struct pki_key *key;
	size_t len;

	must(EC_GROUP_get_curve(p256, p, a, b, NULL), "curve");
	must(BN_one(one), "number");
	must(EVP_PKEY_get_octet_string_param(victim->pkey, OSSL_PKEY_PARAM_PUB_KEY, point,
					     sizeof(point), &len),
	     "public point");
	must(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_EC_FIELD_TYPE,
					     SN_X9_62_prime_field, 0) &&
		     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_EC_P, p) &&
		     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_EC_A, a) &&
		     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_EC_B, b) &&
		     OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_EC_GENERATOR,
						      point, len) &&
		     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_EC_ORDER,
					    EC_GROUP_get0_order(p256)) &&
		     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_EC_COFACTOR, one) &&
		     OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_EC_ENCODING,
						     "explicit", 0) &&
		     OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
						      len) &&
		     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, one),
	     "explicit parameters");
	key = key_keep(pki, key_from("EC", build, EVP_PKEY_KEYPAIR));
	EC_GROUP_free(p256);
	BN_free(p);
	BN_free(a);
	BN_free(b);
	BN_free(one);
	return key;
}

const struct pki_key *pki_key_huge(struct pki *pki, unsigned n_bits)
{
	OSSL_PARAM_BLD *build = have(OSSL_PARAM_BLD_new(), "parameters");
	BIGNUM *n = have(BN_new(), "number"), *e = have(BN_new(), "number");
	struct pki_key *key;

	must(BN_rand(n, (int)n_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD), "number");
	must(BN_set_word(e, 65537), "number");
	must(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
		     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e),
	     "parameters");
	key = key_keep(pki, key_from("RSA", build, EVP_PKEY_PUBLIC_KEY));
	BN_free(n);
	BN_free(e);
	return key;
}

static X509_NAME *name_make(const char *text, bool utf8)
{
	X509_NAME *name = have(X509_NAME_new(), "name");
	char copy[512];
	char *part, *rest = copy;

	if (strlen(text) >= sizeof(copy))
		fail("a name is too long");
	memcpy(copy, text, strlen(text) + 1);
	while ((part = strsep(&rest, "/"))) {
		char *value = strchr(part, '=');

		if (!value)
			fail(text);
		*value++ = '\0';
		/* A type given outright lifts the limits on length of RFC 5280 A.1. */
		must(X509_NAME_add_entry_by_txt(
			     name, part, utf8 ? V_ASN1_UTF8STRING : V_ASN1_PRINTABLESTRING,
			     (const unsigned char *)value, -1, -1, 0),
		     text);
	}
	return name;
}

/* The names of libcrypto take an X509, a CRL, or both. */
struct holder {
	X509 *issuer, *subject;
	X509_CRL *crl;
};

static X509_EXTENSION *extension_make(const struct holder *h, const struct pki_extension *e,
				      const char *config)
{
	CONF *conf = have(NCONF_new(NULL), "configuration");
	X509_EXTENSION *extension;
	X509V3_CTX ctx;
	long line;

	if (config) {
		BIO *bio = have(BIO_new_mem_buf(config, -1), "configuration");

		must(NCONF_load_bio(conf, bio, &line), config);
		BIO_free(bio);
	}
	X509V3_set_ctx(&ctx, h->issuer, h->subject, NULL, h->crl, 0);
	X509V3_set_nconf(&ctx, conf);
	extension = have(X509V3_EXT_nconf(conf, &ctx, e->name, e->value), e->value);
	NCONF_free(conf);
	return extension;
}

static void sign_context(EVP_MD_CTX *ctx, const struct pki_key *key, const char *digest)
{
	EVP_PKEY_CTX *pctx;

	must(EVP_DigestSignInit_ex(ctx, &pctx, key->type == PKI_ED25519 ? NULL : digest, NULL,
				   NULL, key->pkey, NULL),
	     "signing");
	if (key->type == PKI_RSA_PSS)
		must(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), "PSS");
}

static void certificate_sign(X509 *x, const struct pki_key *key, const char *digest)
{
	EVP_MD_CTX *ctx = have(EVP_MD_CTX_new(), "context");

	sign_context(ctx, key, digest ? digest : "SHA256");
	must(X509_sign_ctx(x, ctx), "signing");
	EVP_MD_CTX_free(ctx);
}

X509 *pki_x509(const struct pki_certificate *c)
{
	union {
		const void *given;
		X509 *x509;
	} u = { .given = c->x509 };

	return u.x509;
}

static void certificate_extend(X509 *x, const struct pki_wish *wish)
{
	struct holder h = { wish->issuer ? pki_x509(wish->issuer) : x, x, NULL };

	for (size_t i = 0; i < PKI_MAX_EXTENSIONS && wish->extensions[i].name; i++) {
		X509_EXTENSION *e = extension_make(&h, &wish->extensions[i], wish->config);

		must(X509_add_ext(x, e, -1), "extension");
		X509_EXTENSION_free(e);
	}
}

static void certificate_name_both(X509 *x, const struct pki_wish *wish)
{
	X509_NAME *subject = name_make(wish->subject, wish->utf8), *issuer = NULL;

	must(X509_set_subject_name(x, subject), "subject");
	if (wish->issuer_name)
		issuer = name_make(wish->issuer_name, wish->utf8);
	if (issuer)
		must(X509_set_issuer_name(x, issuer), "issuer");
	else if (wish->issuer)
		must(X509_set_issuer_name(x, X509_get_subject_name(pki_x509(wish->issuer))),
		     "issuer");
	else
		must(X509_set_issuer_name(x, subject), "issuer");
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
}

const struct pki_certificate *pki_issue(struct pki *pki, const struct pki_wish *wish)
{
	struct pki_certificate *c = have(calloc(1, sizeof(*c)), "memory");
	const struct pki_key *signer = wish->signing_key;
	X509 *x = have(X509_new(), "certificate");
	unsigned char *der = NULL;
	int len;

	c->key = wish->key;
	c->x509 = x;
	keep(pki, KIND_CERTIFICATE, c);
	must(X509_set_version(x, wish->version_1 ? X509_VERSION_1 : X509_VERSION_3), "version");
	must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x),
				     wish->serial ? wish->serial : ++pki->serial),
	     "serial");
	certificate_name_both(x, wish);
	have(ASN1_TIME_adj(X509_getm_notBefore(x),
			   wish->not_before ? wish->not_before : pki_day("2020-01-01"), 0, 0),
	     "time");
	have(ASN1_TIME_adj(X509_getm_notAfter(x),
			   wish->not_after ? wish->not_after : pki_day("2040-01-01"), 0, 0),
	     "time");
	must(X509_set_pubkey(x, wish->key->pkey), "key");
	if (!wish->version_1)
		certificate_extend(x, wish);
	if (!signer)
		signer = wish->issuer ? wish->issuer->key : wish->key;
	certificate_sign(x, signer, wish->digest);
	len = i2d_X509(x, &der);
	c->der = encoded_keep(pki, der, len);
	return c;
}

struct span pki_replace(struct pki *pki, struct span bytes, struct span from, struct span to)
{
	struct span copy = pki_keep(pki, bytes.ptr, bytes.len);
	uint8_t *last = pki->objects[pki->n - 1].what;
	const uint8_t *hit = memmem(copy.ptr, copy.len, from.ptr, from.len);

	if (!hit || from.len != to.len)
		fail("nothing to replace");
	memcpy(last + (hit - copy.ptr), to.ptr, to.len);
	return copy;
}

struct span pki_spoil(struct pki *pki, struct span bytes)
{
	struct span copy = pki_keep(pki, bytes.ptr, bytes.len);
	uint8_t *last = pki->objects[pki->n - 1].what;

	last[bytes.len - 1] ^= 0xff;
	return copy;
}

static ASN1_TIME *time_make(int64_t seconds)
{
	return have(ASN1_TIME_adj(NULL, seconds, 0, 0), "time");
}

static void entry_extend(X509_REVOKED *entry, const struct pki_revoked *r)
{
	if (r->reason >= 0) {
		ASN1_ENUMERATED *reason = have(ASN1_ENUMERATED_new(), "reason");

		must(ASN1_ENUMERATED_set(reason, r->reason), "reason");
		must(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0), "reason");
		ASN1_ENUMERATED_free(reason);
	}
	if (r->invalidity) {
		ASN1_GENERALIZEDTIME *time =
			have(ASN1_GENERALIZEDTIME_adj(NULL, r->invalidity, 0, 0), "time");

		must(X509_REVOKED_add1_ext_i2d(entry, NID_invalidity_date, time, 0, 0), "time");
		ASN1_GENERALIZEDTIME_free(time);
	}
	if (r->issuer_of) {
		GENERAL_NAMES *names = have(GENERAL_NAMES_new(), "names");
		GENERAL_NAME *name = have(GENERAL_NAME_new(), "name");

		GENERAL_NAME_set0_value(
			name, GEN_DIRNAME,
			X509_NAME_dup(X509_get_issuer_name(pki_x509(r->issuer_of))));
		must(sk_GENERAL_NAME_push(names, name), "names");
		must(X509_REVOKED_add1_ext_i2d(entry, NID_certificate_issuer, names, 1, 0),
		     "issuer");
		GENERAL_NAMES_free(names);
	}
}

static void crl_add(X509_CRL *crl, const struct pki_revoked *r)
{
	X509_REVOKED *entry = have(X509_REVOKED_new(), "entry");
	ASN1_TIME *when = time_make(r->when);

	must(X509_REVOKED_set_serialNumber(entry,
					   X509_get_serialNumber(pki_x509(r->certificate))),
	     "serial");
	must(X509_REVOKED_set_revocationDate(entry, when), "time");
	ASN1_TIME_free(when);
	entry_extend(entry, r);
	must(X509_CRL_add0_revoked(crl, entry), "entry");
}

struct span pki_crl(struct pki *pki, const struct pki_crl_wish *wish)
{
	X509_CRL *crl = have(X509_CRL_new(), "CRL");
	ASN1_TIME *from =
		time_make(wish->this_update ? wish->this_update : pki_day("2026-11-01"));
	ASN1_TIME *until =
		time_make(wish->next_update > 0 ? wish->next_update : pki_day("2026-12-01"));
	struct holder h = { pki_x509(wish->issuer), NULL, crl };
	unsigned char *der = NULL;
	struct span out;
	int len;

	must(X509_CRL_set_version(crl, X509_CRL_VERSION_2), "version");
	must(X509_CRL_set_issuer_name(crl, X509_get_subject_name(pki_x509(wish->issuer))),
	     "issuer");
	must(X509_CRL_set1_lastUpdate(crl, from), "time");
	if (wish->next_update >= 0)
		must(X509_CRL_set1_nextUpdate(crl, until), "time");
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	for (size_t i = 0; i < PKI_MAX_REVOKED && wish->revoked[i].certificate; i++)
		crl_add(crl, &wish->revoked[i]);
	for (size_t i = 0; i < PKI_MAX_EXTENSIONS && wish->extensions[i].name; i++) {
		X509_EXTENSION *e = extension_make(&h, &wish->extensions[i], wish->config);

		must(X509_CRL_add_ext(crl, e, -1), "extension");
		X509_EXTENSION_free(e);
	}
	must(X509_CRL_sort(crl), "CRL");
	must(X509_CRL_sign(
		     crl, wish->signing_key ? wish->signing_key->pkey : wish->issuer->key->pkey,
		     EVP_sha256()),
	     "signing");
	len = i2d_X509_CRL(crl, &der);
	out = encoded_keep(pki, der, len);
	X509_CRL_free(crl);
	return out;
}

struct span pki_ocsp(struct pki *pki, const struct pki_ocsp_wish *wish)
{
	const struct pki_certificate *responder =
		wish->responder ? wish->responder : wish->issuer;
	OCSP_BASICRESP *basic = have(OCSP_BASICRESP_new(), "OCSP");
	OCSP_CERTID *id = have(
		OCSP_cert_to_id(EVP_sha1(), pki_x509(wish->subject), pki_x509(wish->issuer)),
		"OCSP");
	ASN1_TIME *from =
		time_make(wish->this_update ? wish->this_update : pki_day("2026-11-20"));
	ASN1_TIME *until =
		time_make(wish->next_update > 0 ? wish->next_update : pki_day("2026-11-27"));
	ASN1_TIME *when = time_make(wish->when);
	OCSP_RESPONSE *response;
	unsigned char *der = NULL;
	struct span out;
	int len;

	have(OCSP_basic_add1_status(
		     basic, id,
		     wish->revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD,
		     wish->reason, when, from, wish->next_update >= 0 ? until : NULL),
	     "OCSP");
	must(OCSP_basic_sign(basic, pki_x509(responder), responder->key->pkey, EVP_sha256(),
			     NULL, 0),
	     "OCSP");
	response = have(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic), "OCSP");
	len = i2d_OCSP_RESPONSE(response, &der);
	out = encoded_keep(pki, der, len);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	ASN1_TIME_free(when);
	return out;
}
