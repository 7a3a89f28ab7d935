/* SPDX-License-Identifier: MIT */
/*
 * Signatures made by libcrypto's EVP, which the code under test does not use,
 * and one question to that code: what the tests of keys and of RSA share.
 */
#pragma once
#include "base/limits.h"
#include "crypto/key.h"
#include "tests/check.h"
#include "tests/der_builder.h"
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define OID_RSA        "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
#define OID_RSA_SHA256 "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"
#define OID_PSS        "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define OID_MGF1       "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
#define OID_EC         "\x2a\x86\x48\xce\x3d\x02\x01"
#define OID_EC_SHA256  "\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define OID_DSA        "\x2a\x86\x48\xce\x38\x04\x01"
#define OID_DSA_SHA256 "\x60\x86\x48\x01\x65\x03\x04\x03\x02"
#define SIGNATURE_ROOM (KEY_MAX_BITS / 8 + 16)

struct signature {
	uint8_t bytes[SIGNATURE_ROOM];
	size_t len;
};

static inline struct span signature_span(const struct signature *s)
{
	return (struct span){ s->bytes, s->len };
}

static inline const EVP_MD *evp_of(enum digest_algorithm a)
{
	return EVP_get_digestbyname(digest_name(a));
}

static inline struct digest hash_of(enum digest_algorithm a, const char *text)
{
	struct span part = SPAN_TEXT(text);
	struct digest d;

	if (digest_of(a, &part, 1, &d) != STATUS_OK)
		abort();
	return d;
}

/* The SubjectPublicKeyInfo of @key, owned by *@keep. */
static inline struct span spki_of(EVP_PKEY *key, struct buffer *keep)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	if (len <= 0)
		abort();
	buffer_clear(keep);
	buffer_add(keep, (struct span){ der, (size_t)len });
	OPENSSL_free(der);
	return buffer_span(keep);
}

/* Signs @hash; @padding 0: not RSA; @salt and @mgf1 for PSS. */
static inline struct signature sign(EVP_PKEY *key, const struct digest *hash, int padding,
				    int salt, enum digest_algorithm mgf1)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	struct signature s = { .len = sizeof(s.bytes) };

	if (!c || EVP_PKEY_sign_init(c) != 1)
		abort();
	if ((padding && EVP_PKEY_CTX_set_rsa_padding(c, padding) != 1) ||
	    EVP_PKEY_CTX_set_signature_md(c, evp_of(hash->algorithm)) != 1)
		abort();
	if (padding == RSA_PKCS1_PSS_PADDING &&
	    (EVP_PKEY_CTX_set_rsa_pss_saltlen(c, salt) != 1 ||
	     EVP_PKEY_CTX_set_rsa_mgf1_md(c, evp_of(mgf1)) != 1))
		abort();
	if (EVP_PKEY_sign(c, s.bytes, &s.len, hash->bytes, digest_size(hash->algorithm)) != 1)
		s.len = 0;
	EVP_PKEY_CTX_free(c);
	return s;
}

/* block ^ d mod n: what only the owner of the key can do, with any block. */
static inline struct signature sign_block(EVP_PKEY *key, struct span block)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	struct signature s = { .len = sizeof(s.bytes) };

	if (!c || EVP_PKEY_sign_init(c) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING) != 1 ||
	    EVP_PKEY_sign(c, s.bytes, &s.len, block.ptr, block.len) != 1)
		abort();
	EVP_PKEY_CTX_free(c);
	return s;
}

static inline struct signature_algorithm algorithm_of(struct span oid, struct buffer *keep)
{
	struct signature_algorithm a;
	struct der d;

	buffer_clear(keep);
	der_add_algorithm(keep, oid, true);
	if (!der_only(buffer_span(keep), DER_SEQUENCE, &d, NULL) ||
	    signature_algorithm_read(&d, &a) != STATUS_OK)
		abort();
	return a;
}

/* One question to the code under test. */
static inline enum signature_result ask(struct span spki, struct span oid,
					const struct digest *hash, struct span signature)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct signature_algorithm algorithm = algorithm_of(oid, &b);
	struct public_key key;
	struct signature_check check = { &key, &algorithm, hash, signature, false, false };

	(void)!public_key_read(spki, &key);
	return signature_verify(&check);
}
