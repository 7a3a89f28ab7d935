/* SPDX-License-Identifier: MIT */
/*
 * OpenPGP as bytes: packets, armor, clearsigned text, signatures, keys.
 *
 * Follows RFC 9580 (versions 4 and 6), and RFC 4880 for version 3 signatures.
 * Pure reading: whoever made a signature, and whether its mathematics holds,
 * says src/crypto/openpgp.h.
 */
#pragma once
#include "base/arena.h"
#include "base/cursor.h"
#include "base/status.h"

#define PGP_MAX_PACKETS    1024 /* of one block, or of one certificate */
#define PGP_MAX_SUBPACKETS 256  /* of one signature */
#define PGP_MAX_CLEARTEXT  ((size_t)16 << 20)

/* Packet type ids, RFC 9580 5. */
enum openpgp_tag {
	OPENPGP_SIGNATURE = 2,
	OPENPGP_ONE_PASS = 4,
	OPENPGP_SECRET_KEY = 5,
	OPENPGP_PUBLIC_KEY = 6,
	OPENPGP_COMPRESSED = 8,
	OPENPGP_MARKER = 10,
	OPENPGP_LITERAL = 11,
	OPENPGP_TRUST = 12,
	OPENPGP_USER_ID = 13,
	OPENPGP_PUBLIC_SUBKEY = 14,
	OPENPGP_USER_ATTRIBUTE = 17,
	OPENPGP_PADDING = 21,
};

struct openpgp_packet {
	uint8_t tag;
	struct span whole, body;
};

/*
 * The next packet at the cursor; false, and the cursor failed, when none is
 * whole.  Lengths in parts and lengths that are not given are refused: they
 * exist for data only, and no data stands beside a signature of ours.
 */
MUST_CHECK bool openpgp_next(struct cursor *c, struct openpgp_packet *out);

/* Could an OpenPGP packet that is no text begin so? */
bool openpgp_binary(struct span head);

/* Signature types, RFC 9580 5.2.1. */
enum openpgp_signature_type {
	OPENPGP_OVER_BINARY = 0x00,
	OPENPGP_OVER_TEXT = 0x01,
	OPENPGP_CERTIFICATION = 0x10, /* to 0x13 */
	OPENPGP_CERTIFICATION_LAST = 0x13,
	OPENPGP_BINDS_SUBKEY = 0x18,
	OPENPGP_BINDS_PRIMARY = 0x19, /* by the subkey: the back-signature */
	OPENPGP_OVER_KEY = 0x1f,
	OPENPGP_REVOKES_KEY = 0x20,
	OPENPGP_REVOKES_SUBKEY = 0x28,
	OPENPGP_REVOKES_CERTIFICATION = 0x30,
};

/* Public-key algorithms, RFC 9580 9.1. */
enum openpgp_algorithm {
	OPENPGP_RSA = 1,
	OPENPGP_RSA_SIGN = 3,
	OPENPGP_DSA = 17,
	OPENPGP_ECDSA = 19,
	OPENPGP_EDDSA = 22, /* legacy: Ed25519 as numbers */
	OPENPGP_ED25519 = 27,
	OPENPGP_ED448 = 28,
};

/* Hash algorithms, RFC 9580 9.5. */
enum openpgp_hash {
	OPENPGP_MD5 = 1,
	OPENPGP_SHA1 = 2,
	OPENPGP_SHA256 = 8,
	OPENPGP_SHA384 = 9,
	OPENPGP_SHA512 = 10,
};

/* What a key may do: key flags, RFC 9580 5.2.3.29. */
#define OPENPGP_MAY_CERTIFY 0x01
#define OPENPGP_MAY_SIGN    0x02

#define OPENPGP_MAX_NUMBERS 4

struct openpgp_signature {
	uint8_t version, type, algorithm, hash;
	const char *problem; /* why it cannot be used (a literal); NULL: it can be */
	bool unsupported;    /* .problem is about us: a version that we do not read */
	struct span whole;   /* the packet */
	struct span hashed;  /* version 4, 6: from the version to the hashed subpackets */
	struct span salt;    /* version 6: hashed before everything else */
	struct span tag16;   /* left 16 bits of the hash: a hint */
	struct span numbers[OPENPGP_MAX_NUMBERS]; /* without leading zeros */
	size_t n_numbers;
	struct span native; /* Ed25519, Ed448: the signature's bytes */
	bool has_created;
	int64_t created;
	uint32_t lifetime;       /* seconds; 0: for ever */
	uint32_t key_lifetime;   /* of the key that it binds; 0: for ever */
	struct span issuer;      /* key id, 8 octets; empty: not given */
	struct span fingerprint; /* of the issuer, 20 or 32 octets; empty: not given */
	bool issuer_hashed;      /* one of the two stands among what is signed */
	bool has_flags;          /* key flags are given */
	uint8_t flags;           /* the first octet of them */
	bool primary_user;       /* subpacket 25 */
	bool has_reason;
	uint8_t reason;   /* of a revocation */
	struct span back; /* body of an embedded signature; empty: none */
	struct openpgp_signature *next;
};

/*
 * Reads the body of a signature packet.  STATUS_OK also when it cannot be
 * used: .problem says why.
 */
MUST_CHECK enum status openpgp_signature_read(const struct openpgp_packet *packet,
					      struct openpgp_signature *out);

/*
 * A block of signatures and nothing else.  STATUS_MALFORMED: it is none, and
 * *@problem says what it is; STATUS_LIMIT: more than PGP_MAX_PACKETS.
 */
MUST_CHECK enum status openpgp_signatures(struct arena *a, struct span block,
					  const struct openpgp_signature **out,
					  const char **problem);

/*
 * What is hashed behind the data (RFC 9580 5.2.4): two spans, the second in
 * the arena.  STATUS_NO_MEMORY only.
 */
struct openpgp_trailer {
	struct span parts[2];
};
MUST_CHECK enum status openpgp_trailer(struct arena *a, const struct openpgp_signature *s,
				       struct openpgp_trailer *out);

struct openpgp_key {
	uint8_t version, algorithm;
	const char *problem; /* why it cannot verify anything; NULL: it can */
	int64_t created;
	struct span body;  /* of the packet: what a fingerprint is made over */
	struct span curve; /* object identifier; ECDSA and EdDSA */
	struct span numbers[OPENPGP_MAX_NUMBERS];
	size_t n_numbers;
	struct span native; /* Ed25519, Ed448: the key's bytes */
};

/* A key or a name of a certificate, and the signatures that stand behind it. */
struct openpgp_component {
	uint8_t tag;
	struct span body;
	struct openpgp_key key; /* of a key */
	struct openpgp_signature *first, *last;
	struct openpgp_component *next;
};

/* A transferable public key (RFC 9580 10.1). */
struct openpgp_certificate {
	struct span whole;
	struct openpgp_component *primary; /* first of the list of components */
};

/* Reads the body of a public key or subkey packet; as openpgp_signature_read(). */
MUST_CHECK enum status openpgp_key_read(struct span body, struct openpgp_key *out);

/*
 * The next certificate at the cursor, which stands behind it then.  Markers
 * and trust packets are skipped.  STATUS_NOT_MINE: nothing is left;
 * STATUS_MALFORMED: no certificate begins here, or a packet is not whole.
 */
MUST_CHECK enum status openpgp_certificate_next(struct arena *a, struct cursor *c,
						struct openpgp_certificate *out);

enum openpgp_armor_kind {
	OPENPGP_ARMOR_NONE,
	OPENPGP_ARMOR_SIGNATURE,
	OPENPGP_ARMOR_PUBLIC_KEY,
	OPENPGP_ARMOR_OTHER,
};

struct openpgp_armor {
	enum openpgp_armor_kind kind;
	struct range where; /* from the dashes to the end of the last line */
	struct span bytes;  /* decoded */
};

/* Does a line of @text say that OpenPGP armor begins?  Looks at its first bytes only. */
bool openpgp_armored(struct span text);

/*
 * The armor that begins at @from in @text.  STATUS_NOT_MINE: none begins there;
 * STATUS_MALFORMED: it has no end, or is no base64.  The checksum is not
 * looked at: it is evidence of nothing (RFC 9580 6.1).
 */
MUST_CHECK enum status openpgp_armor_read(struct arena *a, struct span text, uint64_t from,
					  struct openpgp_armor *out);

/* Text that is signed where it stands (RFC 9580 7). */
struct openpgp_cleartext {
	const char *problem;   /* why it must not be believed; NULL: nothing */
	struct range text;     /* what is signed, as it stands, escaped */
	struct span canonical; /* what is hashed */
	struct openpgp_armor armor;
	struct range before, after; /* bytes outside: signed by nobody */
};

/* Does @text begin as clearsigned text does? */
bool openpgp_clearsigned(struct span text);

/*
 * STATUS_NOT_MINE: no clearsigned text begins anywhere; MALFORMED: .problem;
 * LIMIT: longer than PGP_MAX_CLEARTEXT.  Only the first one is read.
 */
MUST_CHECK enum status openpgp_cleartext_read(struct arena *a, struct span text,
					      struct openpgp_cleartext *out);

/* @text with each end of a line as CR LF, for OPENPGP_OVER_TEXT. */
MUST_CHECK enum status openpgp_text_canonical(struct arena *a, struct span text,
					      struct span *out);
