/* SPDX-License-Identifier: MIT */
/* OpenPGP: fingerprints and the mathematics of signatures (RFC 9580 5.2.3, 5.5.4). */
#include "crypto/openpgp.h"

#include "base/slot.h"
#include "crypto/ed25519.h"
#include "crypto/ed448.h"
#include "crypto/libcrypto.h"

#define KEY_ID_BYTES   8
#define FINGERPRINT_V4 20
#define FINGERPRINT_V6 32
#define POINT_PLAIN    0x04 /* SEC 1 2.3.3 */
#define POINT_NATIVE   0x40 /* RFC 9580 11.2.2 */
#define HASH_BITS_MIN  160
#define DSA_MAX_BITS   4096

static const struct {
	uint8_t hash;
	enum digest_algorithm digest;
} hashes[] = {
	{OPENPGP_MD5,     DIGEST_MD5   },
        { OPENPGP_SHA1,   DIGEST_SHA1  },
	{ OPENPGP_SHA256, DIGEST_SHA256},
        { OPENPGP_SHA384, DIGEST_SHA384},
	{ OPENPGP_SHA512, DIGEST_SHA512},
};

/* RFC 9580 9.2. */
static const struct {
	struct span oid;
	enum key_curve curve;
	size_t n_bytes;
} curves[] = {
	{OID_INIT("\x2a\x86\x48\xce\x3d\x03\x01\x07"), CURVE_P256, 32},
	{ OID_INIT("\x2b\x81\x04\x00\x22"),            CURVE_P384, 48},
	{ OID_INIT("\x2b\x81\x04\x00\x23"),            CURVE_P521, 66},
	{ OID_INIT("\x2b\x81\x04\x00\x0a"),            CURVE_K256, 32},
};
#define OID_ED25519_LEGACY OID("\x2b\x06\x01\x04\x01\xda\x47\x0f\x01")

enum digest_algorithm openpgp_digest(uint8_t hash)
{
	for (size_t i = 0; i < COUNT_OF(hashes); i++)
		if (hashes[i].hash == hash)
			return hashes[i].digest;
	return DIGEST_NONE;
}

enum status openpgp_fingerprint_of(const struct openpgp_key *key,
				   struct openpgp_fingerprint *out)
{
	size_t n = key->body.len;
	bool new = key->version == 6;
	const uint8_t old_head[3] = { 0x99, (uint8_t)(n >> 8), (uint8_t)n };
	const uint8_t new_head[5] = { 0x9b, (uint8_t)(n >> 24), (uint8_t)(n >> 16),
				      (uint8_t)(n >> 8), (uint8_t)n };
	struct span parts[2] = { new ? SPAN_OF(new_head) : SPAN_OF(old_head), key->body };
	struct digest digest;

	TRY(digest_of(new ? DIGEST_SHA256 : DIGEST_SHA1, parts, COUNT_OF(parts), &digest));
	*out = (struct openpgp_fingerprint){ .len = new ? FINGERPRINT_V6 : FINGERPRINT_V4 };
	(void)span_copy(out->bytes, sizeof(out->bytes), digest_span(&digest));
	return STATUS_OK;
}

struct span openpgp_key_id(const struct openpgp_fingerprint *f)
{
	uint64_t from = f->len == FINGERPRINT_V4 ? FINGERPRINT_V4 - KEY_ID_BYTES : 0;

	return span_clip(SPAN_OF(f->bytes), from, KEY_ID_BYTES);
}

static enum signature_result rsa_verify(const struct openpgp_key *key,
					const struct openpgp_signature *signature,
					const struct digest *hash)
{
	const struct signature_algorithm algorithm = { .key = KEY_RSA };
	const struct public_key public = { .type = KEY_RSA,
					   .modulus = key->numbers[0],
					   .exponent = key->numbers[1],
					   .n_bits = magnitude_bits(key->numbers[0]) };
	struct signature_check check = { .key = &public,
					 .algorithm = &algorithm,
					 .hash = hash,
					 .signature = signature->numbers[0] };

	return signature_verify(&check);
}

static enum signature_result dsa_verify(const struct openpgp_key *key,
					const struct openpgp_signature *signature,
					const struct digest *hash)
{
	const struct dsa_key public = { key->numbers[0], key->numbers[1], key->numbers[2],
					key->numbers[3] };
	const struct signature_pair pair = { signature->numbers[0], signature->numbers[1] };

	if (magnitude_bits(public.p) > DSA_MAX_BITS)
		return SIGNATURE_NOT_SUPPORTED;
	/* A hash shorter than the order would leave bits to a forger (RFC 9580 5.2.3.2). */
	if (magnitude_bits(public.q) < HASH_BITS_MIN ||
	    magnitude_bits(public.q) > 8 * digest_size(hash->algorithm))
		return SIGNATURE_WRONG;
	return libcrypto_dsa(&public, digest_span(hash), &pair);
}

static enum signature_result ecdsa_verify(const struct openpgp_key *key,
					  const struct openpgp_signature *signature,
					  const struct digest *hash)
{
	const struct signature_pair pair = { signature->numbers[0], signature->numbers[1] };
	struct span point = key->numbers[0];

	for (size_t i = 0; i < COUNT_OF(curves); i++)
		if (span_equal(curves[i].oid, key->curve)) {
			if (span_at(point, 0) != POINT_PLAIN ||
			    point.len != 2 * curves[i].n_bytes + 1)
				return SIGNATURE_WRONG;
			return libcrypto_ecdsa(curves[i].curve, point, digest_span(hash),
					       &pair);
		}
	return SIGNATURE_NOT_SUPPORTED;
}

/* Numbers lost their leading zeros; octets have a fixed place. */
static bool octets_put(struct slot to, uint64_t end, struct span number)
{
	return number.len <= end && slot_put(to, end - number.len, number);
}

static enum signature_result eddsa_verify(const struct openpgp_key *key,
					  const struct openpgp_signature *signature,
					  const struct digest *hash)
{
	uint8_t open[ED25519_KEY_BYTES], octets[ED25519_SIGNATURE_BYTES] = { 0 };
	struct slot out = { octets, sizeof(octets) };
	struct span point = key->numbers[0];

	if (!span_equal(key->curve, OID_ED25519_LEGACY))
		return SIGNATURE_NOT_SUPPORTED;
	if (span_at(point, 0) != POINT_NATIVE || point.len != 1 + sizeof(open) ||
	    signature->numbers[0].len > sizeof(open) ||
	    signature->numbers[1].len > sizeof(open) ||
	    !octets_put(out, sizeof(octets) / 2, signature->numbers[0]) ||
	    !octets_put(out, sizeof(octets), signature->numbers[1]))
		return SIGNATURE_WRONG;
	(void)span_copy(open, sizeof(open), span_after(point, 1));
	return ed25519_verify(open, digest_span(hash), SPAN_OF(octets));
}

static enum signature_result ed25519_native(const struct openpgp_key *key,
					    const struct openpgp_signature *signature,
					    const struct digest *hash)
{
	uint8_t open[ED25519_KEY_BYTES];

	if (span_copy(open, sizeof(open), key->native) != sizeof(open))
		return SIGNATURE_WRONG;
	return ed25519_verify(open, digest_span(hash), signature->native);
}

static bool algorithm_matches(uint8_t key, uint8_t signature)
{
	return key == signature || (key == OPENPGP_RSA && signature == OPENPGP_RSA_SIGN) ||
	       (key == OPENPGP_RSA_SIGN && signature == OPENPGP_RSA);
}

enum signature_result openpgp_verify(const struct openpgp_key *key,
				     const struct openpgp_signature *signature,
				     const struct digest *hash)
{
	if (key->problem || signature->unsupported || hash->algorithm == DIGEST_NONE ||
	    hash->algorithm != openpgp_digest(signature->hash))
		return SIGNATURE_NOT_SUPPORTED;
	/* A version 6 key signs as version 6 and nothing else does (RFC 9580 5.2). */
	if (signature->problem || !algorithm_matches(key->algorithm, signature->algorithm) ||
	    (key->version == 6) != (signature->version == 6))
		return SIGNATURE_WRONG;
	switch ((enum openpgp_algorithm)key->algorithm) {
	case OPENPGP_RSA:
	case OPENPGP_RSA_SIGN: return rsa_verify(key, signature, hash);
	case OPENPGP_DSA: return dsa_verify(key, signature, hash);
	case OPENPGP_ECDSA: return ecdsa_verify(key, signature, hash);
	case OPENPGP_EDDSA: return eddsa_verify(key, signature, hash);
	case OPENPGP_ED25519: return ed25519_native(key, signature, hash);
	case OPENPGP_ED448:
		return ed448_verify(key->native, digest_span(hash), signature->native);
	}
	return SIGNATURE_NOT_SUPPORTED;
}
