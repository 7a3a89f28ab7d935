/* SPDX-License-Identifier: MIT */
/* What signatures and timestamps of the forge have in common.  Private to tests/forge. */
#pragma once
#include "tests/forge/der_write.h"
#include "tests/forge/forge.h"

#define FORGE_OID_SIGNED_DATA    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
#define FORGE_OID_DATA           OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define FORGE_OID_TST_INFO       OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04")
#define FORGE_OID_CONTENT_TYPE   OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03")
#define FORGE_OID_MESSAGE_DIGEST OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04")
#define FORGE_OID_SIGNING_TIME   OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05")
#define FORGE_OID_INDIRECT_DATA  OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04")

/* Ends the program: a forge that cannot forge has nothing to say. */
_Noreturn void forge_fail(const char *what);

/* SubjectPublicKeyInfo of a certificate; lives as long as @f. */
struct span forge_public_key(struct forge *f, const struct pki_certificate *c);

/* A digest by the name that libcrypto knows. */
struct forge_digest {
	uint8_t bytes[64];
	size_t len;
};
struct forge_digest forge_digest_of(const char *name, const struct span *parts, size_t n);
static inline struct span forge_digest_span(const struct forge_digest *d)
{
	return (struct span){ d->bytes, d->len };
}
/* Its OID; that of "x with RSA", when @with_rsa. */
struct span forge_digest_oid(const char *name, bool with_rsa);

/* An attribute { OID, SET { one value } } of an element that is already written. */
void forge_attribute(struct der_set *set, struct span oid, struct span value);

/* A SignerInfo in the making. */
struct forge_signer {
	const struct pki_certificate *certificate;
	const char *digest;
	uint64_t version;
	struct span attributes; /* contents of [0], as they will stand; empty: none */
	struct span content;    /* octets that are signed without attributes */
	bool key_id, raw_hash, no_null, rsa_with_digest, contradiction, bad;
};
/* Its signature value. */
struct span forge_signer_sign(struct forge *f, const struct forge_signer *s);
/* The whole element; @unsigned_attributes: contents of [1], or empty. */
void forge_signer_write(struct forge *f, const struct forge_signer *s, struct span signature,
			struct span unsigned_attributes, struct buffer *out);

/* A ContentInfo with SignedData. */
struct forge_signed_data {
	struct span content_type; /* OID */
	struct span content;      /* the element in eContent */
	const char *digest;
	uint64_t version;
	struct span certificates, signers; /* elements side by side */
	enum der_style style;
	bool no_null;
};
void forge_signed_data_write(const struct forge_signed_data *d, struct buffer *out);
/* One over @octets, which are not in it; @signer NULL: "good". */
void forge_detached_write(struct forge *f, const char *signer, struct span octets,
			  bool with_attributes, struct buffer *out);

/* SpcIndirectDataContent of @file: the whole SEQUENCE (spc_write.c). */
void forge_indirect_data(const struct forge_signature *wish, const struct buffer *file,
			 struct span trailing, struct buffer *out);
