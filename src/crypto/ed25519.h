/* SPDX-License-Identifier: MIT */
/*
 * Ed25519 (RFC 8032) for lists that we sign ourselves: libcrypto computes.
 * Keys as RFC 8410 writes them: SubjectPublicKeyInfo, or PrivateKeyInfo of PKCS #8.
 */
#pragma once
#include "base/buffer.h"
#include "crypto/key.h"

#define ED25519_KEY_BYTES       32
#define ED25519_SIGNATURE_BYTES 64

struct ed25519_key {
	uint8_t open[ED25519_KEY_BYTES];
	uint8_t secret[ED25519_KEY_BYTES];
	bool has_secret;
	uint8_t id[32]; /* SHA-256 of the public key's 32 bytes: what people call it by */
};

/* STATUS_UNSUPPORTED: a key of another kind; MALFORMED: no key. */
MUST_CHECK enum status ed25519_public_read(struct span spki, struct ed25519_key *out);
/* The public key is computed from it. */
MUST_CHECK enum status ed25519_private_read(struct span pkcs8, struct ed25519_key *out);
/* A new pair.  STATUS_IO: no random numbers are to be had. */
MUST_CHECK enum status ed25519_key_new(struct ed25519_key *out);
/* What the two above read; the private one needs .has_secret. */
void ed25519_public_write(struct buffer *out, const struct ed25519_key *key);
void ed25519_private_write(struct buffer *out, const struct ed25519_key *key);
/* Overwrites it; usable as CLEANUP(ed25519_key_forget). */
void ed25519_key_forget(struct ed25519_key *key);

MUST_CHECK enum status ed25519_sign(const struct ed25519_key *key, struct span message,
				    uint8_t out[ED25519_SIGNATURE_BYTES]);
enum signature_result ed25519_verify(const uint8_t open[ED25519_KEY_BYTES], struct span message,
				     struct span signature);
