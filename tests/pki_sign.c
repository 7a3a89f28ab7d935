/* SPDX-License-Identifier: MIT */
/* Bare signatures, and parts of certificates, for what is signed with the test PKI. */
#include "tests/pki_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

static void must(int ok, const char *what)
{
	if (ok > 0)
		return;
	printf("Bail out! test PKI: %s\n", what);
	ERR_print_errors_fp(stdout);
	exit(EXIT_FAILURE);
}

/* Of what i2d_X() wrote; frees it. */
static struct span keep(struct pki *pki, unsigned char *der, int len)
{
	struct span s;

	must(len, "encoding");
	s = pki_keep(pki, der, (size_t)len);
	OPENSSL_free(der);
	return s;
}

struct span pki_issuer(struct pki *pki, const struct pki_certificate *c)
{
	unsigned char *der = NULL;
	int len = i2d_X509_NAME(X509_get_issuer_name(pki_x509(c)), &der);

	return keep(pki, der, len);
}

struct span pki_serial(struct pki *pki, const struct pki_certificate *c)
{
	unsigned char *der = NULL;
	int len = i2d_ASN1_INTEGER(X509_get0_serialNumber(pki_x509(c)), &der);

	return keep(pki, der, len);
}

uint64_t pki_serial_number(const struct pki_certificate *c)
{
	uint64_t value = 0;

	must(ASN1_INTEGER_get_uint64(&value, X509_get0_serialNumber(pki_x509(c))), "serial");
	return value;
}

struct span pki_key_id(struct pki *pki, const struct pki_certificate *c)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(pki_x509(c));

	return id ? pki_keep(pki, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id))
		  : SPAN_NONE;
}

enum pki_key_type pki_type(const struct pki_key *key)
{
	return key->type;
}

static bool has_private(const struct pki_key *key)
{
	BIGNUM *d = NULL;
	bool has = key->type == PKI_ED25519 || key->type == PKI_DSA ||
		   EVP_PKEY_get_bn_param(key->pkey,
					 EVP_PKEY_is_a(key->pkey, "RSA")
						 ? OSSL_PKEY_PARAM_RSA_D
						 : OSSL_PKEY_PARAM_PRIV_KEY,
					 &d);

	BN_clear_free(d);
	return has;
}

/* Ed25519 signs the message itself; whatever is asked for here cannot be verified anyway. */
static struct span message_sign(struct pki *pki, const struct pki_key *key, struct span message)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char out[128];
	size_t len = sizeof(out);

	must(EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL), "signing");
	must(EVP_DigestSign(ctx, out, &len, message.ptr, message.len), "signing");
	EVP_MD_CTX_free(ctx);
	return pki_keep(pki, out, len);
}

struct span pki_sign(struct pki *pki, const struct pki_key *key, const char *digest,
		     struct span block)
{
	EVP_PKEY_CTX *ctx;
	struct span out;
	unsigned char *bytes;
	size_t len = (size_t)EVP_PKEY_get_size(key->pkey);

	if (key->type == PKI_ED25519)
		return message_sign(pki, key, block);
	bytes = OPENSSL_zalloc(len);
	must(bytes != NULL, "memory");
	if (has_private(key)) {
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
		must(EVP_PKEY_sign_init(ctx), "signing");
		if (key->type == PKI_RSA_PSS)
			must(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
				     EVP_PKEY_CTX_set_signature_md(
					     ctx, EVP_get_digestbyname(digest)) > 0 &&
				     EVP_PKEY_CTX_set_rsa_pss_saltlen(
					     ctx, RSA_PSS_SALTLEN_DIGEST) > 0,
			     "PSS");
		must(EVP_PKEY_sign(ctx, bytes, &len, block.ptr, block.len), "signing");
		EVP_PKEY_CTX_free(ctx);
	}
	out = pki_keep(pki, bytes, len);
	OPENSSL_free(bytes);
	return out;
}

/* In a group of RFC 5114, 2.3, which serves DSA too: making one takes seconds. */
EVP_PKEY *pki_dsa_make(void)
{
	OSSL_PARAM group[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
								(char[]){ "dh_2048_256" }, 0),
			       OSSL_PARAM_construct_end() };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DHX", NULL);
	EVP_PKEY *dh = NULL, *params = NULL, *key = NULL;
	BIGNUM *p = NULL, *q = NULL, *g = NULL;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *numbers;

	must(EVP_PKEY_keygen_init(ctx) && EVP_PKEY_CTX_set_params(ctx, group) &&
		     EVP_PKEY_generate(ctx, &dh),
	     "group");
	EVP_PKEY_CTX_free(ctx);
	must(EVP_PKEY_get_bn_param(dh, OSSL_PKEY_PARAM_FFC_P, &p) &&
		     EVP_PKEY_get_bn_param(dh, OSSL_PKEY_PARAM_FFC_Q, &q) &&
		     EVP_PKEY_get_bn_param(dh, OSSL_PKEY_PARAM_FFC_G, &g),
	     "group");
	must(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, p) &&
		     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_Q, q) &&
		     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, g),
	     "group");
	numbers = OSSL_PARAM_BLD_to_param(build);
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
	must(EVP_PKEY_fromdata_init(ctx) &&
		     EVP_PKEY_fromdata(ctx, &params, EVP_PKEY_KEY_PARAMETERS, numbers),
	     "group");
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL);
	must(EVP_PKEY_keygen_init(ctx) && EVP_PKEY_generate(ctx, &key), "DSA key");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(params);
	EVP_PKEY_free(dh);
	OSSL_PARAM_free(numbers);
	OSSL_PARAM_BLD_free(build);
	BN_free(p);
	BN_free(q);
	BN_free(g);
	return key;
}
