/* SPDX-License-Identifier: MIT */
/*
 * Builds certificates, SignerInfos, SignedData and TSTInfo for tests, the right
 * way and every wrong way that the tests ask for.  Aborts when it cannot.
 */
#pragma once
#include "crypto/digest.h"
#include "tests/der_builder.h"
#include <openssl/evp.h>

#define OID_SIGNED_DATA    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
#define OID_DATA           OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define OID_TST_INFO       OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04")
#define OID_CONTENT_TYPE   OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03")
#define OID_MESSAGE_DIGEST OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04")
#define OID_SIGNING_TIME   OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05")

EVP_PKEY *build_key(void);     /* EC P-256 */
EVP_PKEY *build_rsa_key(void); /* 2048 bit */

/* Object identifier of a digest, and of a signature with it by @key. */
struct span build_digest_oid(enum digest_algorithm a);
struct span build_signature_oid(const EVP_PKEY *key, enum digest_algorithm a);

/* Signs @bytes, or with @raw: the hash without DigestInfo (RSA alone). */
void build_signature(struct buffer *to, EVP_PKEY *key, enum digest_algorithm a,
		     struct span bytes, bool raw);
struct digest build_digest(enum digest_algorithm a, struct span bytes);

/* A Name with one common name; NULL: an empty one. */
void build_name(struct buffer *to, const char *common_name);
void build_extension(struct buffer *to, struct span oid, bool critical, struct span value);

struct certificate_plan {
	EVP_PKEY *key, *signer; /* signer NULL: the key itself */
	const char *subject, *issuer;
	uint64_t serial, version;                   /* 2: v3 */
	const char *from, *until;                   /* UTCTime; NULL: 2020 to 2040 */
	struct span extensions;                     /* one after the other */
	enum digest_algorithm digest, inner_digest; /* NONE: SHA-256; inner: the same */
	bool raw_hash;
};
void build_certificate(struct buffer *to, const struct certificate_plan *plan);

/* An Attribute with the elements in @values as its values. */
void build_attribute(struct buffer *to, struct span oid, struct span values);

struct signer_plan {
	EVP_PKEY *key;
	struct span certificate;  /* whose issuer and serial number name the signer */
	struct span key_id;       /* or this */
	struct span content;      /* octets under messageDigest */
	struct span content_type; /* of the signed attribute; empty: none */
	struct span attributes;   /* further signed ones, whole */
	struct span unsigned_attributes;
	struct span signature_oid;    /* empty: the one that fits */
	enum digest_algorithm digest; /* NONE: SHA-256 */
	bool without_attributes, without_digest, wrong_digest, indefinite_attributes;
	bool raw_hash, wrong_signature;
	const char *time; /* signingTime; NULL: none */
};
void build_signer_info(struct buffer *to, const struct signer_plan *plan);

struct signed_data_plan {
	struct span content_type;
	struct span content;               /* the whole element in eContent; empty: detached */
	struct span certificates, signers; /* elements one after the other */
	bool indefinite;                   /* every constructed element of the frame */
};
void build_signed_data(struct buffer *to, const struct signed_data_plan *plan);

void build_tst_info(struct buffer *to, enum digest_algorithm a, struct span imprint,
		    const char *time);
