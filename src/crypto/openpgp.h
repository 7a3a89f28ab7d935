/* SPDX-License-Identifier: MIT */
/*
 * OpenPGP: does this key make this signature, and may it?
 *
 * Follows RFC 9580 5.2.4, 5.5.4, 10.1, with the checks of a key's own
 * signatures that GnuPG makes: a key that signs must be bound to its
 * certificate, in both directions, and be neither revoked nor expired.
 */
#pragma once
#include "crypto/key.h"
#include "structure/openpgp/openpgp.h"

/* Signatures of one certificate that are verified for one question. */
#define PGP_MAX_CHECKS 64

struct openpgp_fingerprint {
	uint8_t bytes[32];
	size_t len; /* 20 or 32 */
};

MUST_CHECK enum status openpgp_fingerprint_of(const struct openpgp_key *key,
					      struct openpgp_fingerprint *out);
static inline struct span openpgp_fingerprint_span(const struct openpgp_fingerprint *f)
{
	return span_clip(SPAN_OF(f->bytes), 0, f->len);
}
/* Eight octets of it: the end (version 4) or the beginning (version 6). */
struct span openpgp_key_id(const struct openpgp_fingerprint *f);

/* DIGEST_NONE: not built in. */
enum digest_algorithm openpgp_digest(uint8_t hash);

/* Does the mathematics hold?  @hash is over salt, data and trailer. */
enum signature_result openpgp_verify(const struct openpgp_key *key,
				     const struct openpgp_signature *signature,
				     const struct digest *hash);

/* Why a key may not have made a signature. */
enum openpgp_objection {
	OPENPGP_NO_OBJECTION,
	OPENPGP_NOT_BOUND,  /* nothing proves that it belongs to its certificate */
	OPENPGP_NOT_FOR_IT, /* it is not a key for signing data */
	OPENPGP_REVOKED,
	OPENPGP_EXPIRED,
	OPENPGP_TOO_YOUNG, /* made after the signature that it is said to have made */
};

struct openpgp_signer {
	const struct openpgp_certificate *certificate; /* NULL: the key is not known */
	const struct openpgp_component *component;     /* the key, in it */
	struct openpgp_fingerprint primary, own;
	enum openpgp_objection objection;
	struct span user_id; /* the primary one; empty: none is bound */
	bool has_end;
	int64_t end; /* when it expires */
};

/*
 * Is a key of @certificate the one that @signature names?  Then out->component is
 * it, else NULL.  By fingerprint, or by key id where no fingerprint is given;
 * only the mathematics proves it.
 */
MUST_CHECK enum status openpgp_signer_find(const struct openpgp_certificate *certificate,
					   const struct openpgp_signature *signature,
					   struct openpgp_signer *out);

/*
 * May the key that was found make signatures that say to be from @made, asked at
 * @now?  Sets .objection, .user_id, .end.
 */
MUST_CHECK enum status openpgp_signer_judge(struct arena *a, struct openpgp_signer *signer,
					    int64_t made, int64_t now);
