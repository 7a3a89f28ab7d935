/* SPDX-License-Identifier: MIT */
/* Public keys and the mathematics of signatures: libcrypto computes, we decide (RFC 8017, 5480,
 * 3279). */
#pragma once
#include "crypto/digest.h"
#include "structure/der.h"

enum key_type { KEY_UNKNOWN = 0, KEY_RSA, KEY_EC, KEY_DSA };
enum key_curve { CURVE_NONE = 0, CURVE_P224, CURVE_P256, CURVE_P384, CURVE_P521, CURVE_K256 };

struct public_key {
	enum key_type type;
	struct span spki;       /* SubjectPublicKeyInfo, whole */
	struct span algorithm;  /* OID */
	struct span parameters; /* whole element, or empty */
	struct span bits;       /* content of subjectPublicKey without the unused-bits octet */
	struct span modulus, exponent; /* RSA, magnitudes */
	size_t n_bits; /* of the modulus or of the curve's field; 0: not known */
	enum key_curve curve;
	bool explicit_curve; /* ECParameters instead of a named curve (CVE-2020-0601) */
	bool implicit_curve; /* NULL parameters */
	struct span point;   /* EC: the public point, as it stands */
};

/*
 * Reads a SubjectPublicKeyInfo.  STATUS_UNSUPPORTED: a type, curve or length that
 * is not built in; MALFORMED: no such key.  Both still fill what could be read, and
 * signature_verify() then never says OK.
 */
MUST_CHECK enum status public_key_read(struct span spki, struct public_key *out);

/* Bits of a magnitude without leading zeros. */
size_t magnitude_bits(struct span magnitude);

/* AlgorithmIdentifier of a signature, and the digest it works on. */
struct signature_algorithm {
	struct span oid, parameters;
	enum key_type key; /* KEY_UNKNOWN: not supported */
	bool pss;
	enum digest_algorithm
		digest; /* DIGEST_NONE: the OID does not say (rsaEncryption, id-ecPublicKey) */
	enum digest_algorithm mgf1; /* PSS */
	size_t salt_len;            /* PSS */
};
/* STATUS_OK also for algorithms that are not supported; MALFORMED: no AlgorithmIdentifier. */
MUST_CHECK enum status signature_algorithm_read(const struct der *algorithm_identifier,
						struct signature_algorithm *out);

enum signature_result {
	SIGNATURE_UNKNOWN = 0, /* nothing was computed: no memory */
	SIGNATURE_OK,
	SIGNATURE_WRONG,
	SIGNATURE_NOT_SUPPORTED
};

/* STATUS_NO_MEMORY: SIGNATURE_UNKNOWN, which speaks neither for a signature nor against it. */
MUST_CHECK enum status signature_computed(enum signature_result result);

/*
 * Is @signature made over @hash by the owner of @key?
 * RSA PKCS #1 v1.5: the block is rebuilt and compared, DigestInfo with NULL or
 * absent parameters.  @raw_hash: also (only!) for legacy countersignatures,
 * the hash without DigestInfo; *@was_raw says that it was so.
 */
struct signature_check {
	const struct public_key *key;
	const struct signature_algorithm *algorithm;
	const struct digest *hash;
	struct span signature;
	bool raw_hash;
	bool was_raw; /* out */
};
enum signature_result signature_verify(struct signature_check *check);

/*
 * The digest that @signature was made over, which RSA PKCS #1 v1.5 gives away to
 * everybody who has the public key: what a signature that does not fit was made
 * for.  Strict to the last octet (padding, DigestInfo, an exponent of at least
 * 65537), for a sloppy reader would let anybody choose the digest.  *@out is
 * DIGEST_NONE when nothing comes out.
 */
MUST_CHECK enum status signature_recover(const struct public_key *key,
					 const struct signature_algorithm *algorithm,
					 struct span signature, struct digest *out);
