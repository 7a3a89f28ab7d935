/* SPDX-License-Identifier: MIT */
/*
 * Makes OpenPGP keys, certificates and signatures for tests (RFC 9580).
 *
 *	struct pgp_maker maker = pgp_maker(OPENPGP_EDDSA, 1);
 *	pgp_certificate(&out, &maker, NULL);
 *	pgp_sign(&out, &(struct pgp_order){ .by = &maker, .data = SPAN_TEXT("x") });
 */
#pragma once
#include "base/buffer.h"
#include "structure/openpgp/openpgp.h"
#include <openssl/evp.h>

#define PGP_TEST_TIME 1700000000

struct pgp_maker {
	EVP_PKEY *pkey;
	uint8_t version, algorithm;
	uint32_t created;
	struct buffer body; /* of its public key packet */
};

/* Keys of Ed25519 and Ed448 are always the same for a @number. */
struct pgp_maker pgp_maker(uint8_t version, enum openpgp_algorithm algorithm, uint8_t number);
void pgp_maker_free(struct pgp_maker *m); /* usable as CLEANUP() */

struct pgp_order {
	const struct pgp_maker *by;
	struct span data[6]; /* one after the other */
	uint8_t type;
	uint8_t hash;                 /* 0: SHA-256 */
	uint32_t created;             /* 0: PGP_TEST_TIME */
	struct span hashed, unhashed; /* further subpackets */
	bool version3, nameless;      /* nameless: says nobody's name */
	bool bare;                    /* the packet's body alone */
};
void pgp_sign(struct buffer *out, const struct pgp_order *order);

void pgp_packet(struct buffer *out, uint8_t tag, struct span body);
void pgp_subpacket(struct buffer *out, uint8_t type, struct span data);
void pgp_subpacket_time(struct buffer *out, uint8_t type, uint32_t value);

/* Head and body of a key as they are hashed. */
void pgp_key_hashed(struct buffer *out, const struct pgp_maker *m);

/* Where a certificate differs from an ordinary one. */
struct pgp_paper {
	const char *name;  /* NULL: "Test <test@example.invalid>" */
	uint8_t flags;     /* 0: certify and sign */
	uint32_t lifetime; /* of the primary key */
	const struct pgp_maker *subkey;
	uint8_t subkey_flags; /* 0: sign */
	uint32_t subkey_lifetime;
	bool no_back, no_binding;
	uint8_t revoked; /* 0: not; else the reason + 1, by the primary key, a day later */
	bool subkey_revoked;
};
void pgp_certificate(struct buffer *out, const struct pgp_maker *m, const struct pgp_paper *p);

void pgp_armor(struct buffer *out, const char *name, struct span bytes);
/* Text as it stands between the dashes, and its signature. */
void pgp_clearsign(struct buffer *out, const struct pgp_maker *m, const char *text);
