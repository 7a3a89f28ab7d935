/* SPDX-License-Identifier: MIT */
/*
 * Signatures: which algorithm, and does the mathematics hold?
 * RSA PKCS #1 v1.5 and PSS (RFC 8017, 4055), ECDSA (RFC 5758), DSA (RFC 3279).
 *
 * libcrypto computes powers and points; every decision about padding, length
 * and parameters stands here, because that is where signatures are forged.
 */
#include "crypto/key.h"

#include "base/limits.h"
#include "crypto/libcrypto.h"

#define KEY_MAX_BYTES              (KEY_MAX_BITS / 8)
#define EXPONENT_MAX_BITS          32 /* Windows reads no more */
#define RECOVERY_MIN_EXPONENT_BITS 17 /* of an odd number: 65537 */
#define DSA_MAX_BITS               4096
#define DSA_ORDER_MAX_BITS         256
#define PADDING_MIN_BYTES          8  /* of FF octets, RFC 8017 9.2 */
#define PSS_SALT_LEN               20 /* DEFAULT of RSASSA-PSS-params */
#define PSS_TRAILER_FIELD          1

#define OID_PSS  OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a")
#define OID_MGF1 OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08")

/*
 * What is not listed is not supported: MD2, MD4, SHA-0, GOST, Ed25519.
 * Without a digest the OID names the key alone, and the SignerInfo says which.
 */
static const struct {
	struct span oid;
	enum key_type key;
	enum digest_algorithm digest;
} algorithms[] = {
	{OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"),  KEY_RSA, DIGEST_NONE  },
	{ OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), KEY_RSA, DIGEST_SHA256},
	{ OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), KEY_RSA, DIGEST_SHA1  },
	{ OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), KEY_RSA, DIGEST_SHA384},
	{ OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), KEY_RSA, DIGEST_SHA512},
	{ OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"), KEY_RSA, DIGEST_MD5   },
	{ OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), KEY_RSA, DIGEST_NONE  }, /* PSS */
	{ OID_INIT("\x2b\x0e\x03\x02\x1d"),                 KEY_RSA, DIGEST_SHA1  }, /* OIW sha1WithRSA */
	{ OID_INIT("\x2b\x0e\x03\x02\x03"),                 KEY_RSA, DIGEST_MD5   }, /* OIW md5WithRSA */
	{ OID_INIT("\x2a\x86\x48\xce\x3d\x02\x01"),         KEY_EC,  DIGEST_NONE  },
	{ OID_INIT("\x2a\x86\x48\xce\x3d\x04\x01"),         KEY_EC,  DIGEST_SHA1  },
	{ OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x02"),     KEY_EC,  DIGEST_SHA256},
	{ OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x03"),     KEY_EC,  DIGEST_SHA384},
	{ OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x04"),     KEY_EC,  DIGEST_SHA512},
	{ OID_INIT("\x2a\x86\x48\xce\x38\x04\x01"),         KEY_DSA, DIGEST_NONE  },
	{ OID_INIT("\x2a\x86\x48\xce\x38\x04\x03"),         KEY_DSA, DIGEST_SHA1  },
	{ OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x03\x02"), KEY_DSA, DIGEST_SHA256},
	{ OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x03\x03"), KEY_DSA, DIGEST_SHA384},
	{ OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x03\x04"), KEY_DSA, DIGEST_SHA512},
	{ OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e"), KEY_RSA, DIGEST_SHA224},
	{ OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x01"),     KEY_EC,  DIGEST_SHA224},
	{ OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x03\x01"), KEY_DSA, DIGEST_SHA224},
	{ OID_INIT("\x2b\x0e\x03\x02\x1b"),                 KEY_DSA, DIGEST_SHA1  }, /* OIW dsaWithSHA1 */
};

/* AlgorithmIdentifier of a hash within PSS parameters; DIGEST_NONE: not known. */
static enum digest_algorithm hash_identifier(const struct der *d)
{
	struct cursor c = der_enter(d);
	struct der oid;

	return der_expect(&c, DER_OID, &oid) ? digest_by_oid(oid.value) : DIGEST_NONE;
}

static bool mgf_read(const struct der *d, enum digest_algorithm *out)
{
	struct cursor c = der_enter(d);
	struct der oid, hash;

	if (!der_expect(&c, DER_OID, &oid) || !der_expect(&c, DER_SEQUENCE, &hash))
		return false;
	*out = hash_identifier(&hash);
	return span_equal(oid.value, OID_MGF1) && *out != DIGEST_NONE;
}

static bool small_number(const struct der *explicit, uint64_t max, uint64_t *out)
{
	struct der number;

	return der_only(explicit->value, DER_INTEGER, &number, NULL) && der_u64(&number, out) &&
	       *out <= max;
}

/* RSASSA-PSS-params, RFC 4055 3.1.  False: nonsense, or an algorithm that is not built in. */
static bool pss_read(struct span parameters, struct signature_algorithm *out)
{
	uint64_t salt_len = PSS_SALT_LEN, trailer = PSS_TRAILER_FIELD;
	struct der sequence, field, inner;
	struct cursor c;

	out->pss = true;
	out->digest = out->mgf1 = DIGEST_SHA1;
	if (!der_only(parameters, DER_SEQUENCE, &sequence, NULL))
		return false;
	c = der_enter(&sequence);
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(0), &field)) {
		if (!der_only(field.value, DER_SEQUENCE, &inner, NULL))
			return false;
		out->digest = hash_identifier(&inner);
	}
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(1), &field) &&
	    (!der_only(field.value, DER_SEQUENCE, &inner, NULL) ||
	     !mgf_read(&inner, &out->mgf1)))
		return false;
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(2), &field) &&
	    !small_number(&field, KEY_MAX_BYTES, &salt_len))
		return false;
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(3), &field) &&
	    !small_number(&field, PSS_TRAILER_FIELD, &trailer))
		return false;
	out->salt_len = (size_t)salt_len;
	return cursor_ok(&c) && cursor_left(&c) == 0 && out->digest != DIGEST_NONE &&
	       trailer == PSS_TRAILER_FIELD;
}

enum status signature_algorithm_read(const struct der *algorithm_identifier,
				     struct signature_algorithm *out)
{
	struct cursor c = der_enter(algorithm_identifier);
	struct der oid, parameters;

	*out = (struct signature_algorithm){ .key = KEY_UNKNOWN };
	if (algorithm_identifier->tag != DER_SEQUENCE || !der_expect(&c, DER_OID, &oid))
		return STATUS_MALFORMED;
	out->oid = oid.value;
	if (cursor_left(&c) > 0 && der_next(&c, &parameters))
		out->parameters = parameters.whole;
	if (!cursor_ok(&c) || cursor_left(&c) != 0)
		return STATUS_MALFORMED;
	for (size_t i = 0; i < COUNT_OF(algorithms); i++)
		if (span_equal(algorithms[i].oid, oid.value)) {
			out->key = algorithms[i].key;
			out->digest = algorithms[i].digest;
		}
	if (span_equal(oid.value, OID_PSS) && !pss_read(out->parameters, out))
		out->key = KEY_UNKNOWN;
	return STATUS_OK;
}

/* An encoded message, at most as long as a modulus. */
struct message {
	uint8_t bytes[KEY_MAX_BYTES];
	size_t len;
};

static struct span message_span(const struct message *m)
{
	return (struct span){ m->bytes, m->len };
}

static void message_add(struct message *m, struct span s)
{
	m->len += span_copy(&m->bytes[m->len], sizeof(m->bytes) - m->len, s);
}

/* What stands in a DigestInfo (RFC 8017 A.2.4) before the hash. */
static const struct {
	enum digest_algorithm algorithm;
	struct span with_null, without;
} prefixes[] = {
	{DIGEST_SHA256,
         OID_INIT("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04"
		   "\x20"),
         OID_INIT("\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20")},
	{ DIGEST_SHA1,   OID_INIT("\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14"),
         OID_INIT("\x30\x1f\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a\x04\x14")                },
	{ DIGEST_SHA384,
         OID_INIT("\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04"
		   "\x30"),
         OID_INIT("\x30\x3f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x04\x30")},
	{ DIGEST_SHA512,
         OID_INIT("\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04"
		   "\x40"),
         OID_INIT("\x30\x4f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x04\x40")},
	{ DIGEST_SHA224,
         OID_INIT("\x30\x2d\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\x05\x00\x04"
		   "\x1c"),
         OID_INIT("\x30\x2b\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\x04\x1c")},
	{ DIGEST_MD5,
         OID_INIT("\x30\x20\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x05\x00\x04\x10"),
         OID_INIT("\x30\x1e\x30\x0a\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x04\x10")    },
};

/* 00 01 FF..FF 00 @prefix @hash, as long as @m (RFC 8017 9.2): is @m that? */
static bool padding_matches(const struct message *m, struct span prefix, struct span hash)
{
	struct message expected;
	size_t tail = prefix.len + hash.len;

	if (hash.len == 0 || m->len < tail + 3 + PADDING_MIN_BYTES)
		return false;
	expected.len = m->len - tail;
	memset(expected.bytes, 0xff, expected.len);
	expected.bytes[0] = 0;
	expected.bytes[1] = 1;
	expected.bytes[expected.len - 1] = 0;
	message_add(&expected, prefix);
	message_add(&expected, hash);
	return span_equal(message_span(&expected), message_span(m));
}

static bool pkcs1_matches(const struct message *m, struct signature_check *check)
{
	enum digest_algorithm algorithm = check->hash->algorithm;
	struct span hash = digest_span(check->hash);

	for (size_t i = 0; i < COUNT_OF(prefixes); i++)
		if (prefixes[i].algorithm == algorithm &&
		    (padding_matches(m, prefixes[i].with_null, hash) ||
		     padding_matches(m, prefixes[i].without, hash)))
			return true;
	if (check->raw_hash && (algorithm == DIGEST_MD5 || algorithm == DIGEST_SHA1))
		check->was_raw = padding_matches(m, SPAN_NONE, hash);
	return check->was_raw;
}

/* MGF1, RFC 8017 B.2.1: a mask of at least @len octets. */
static enum status mask_build(enum digest_algorithm algorithm, struct span seed, size_t len,
			      struct message *out)
{
	out->len = 0;
	for (uint32_t counter = 0; out->len < len; counter++) {
		const uint8_t octets[4] = { (uint8_t)(counter >> 24), (uint8_t)(counter >> 16),
					    (uint8_t)(counter >> 8), (uint8_t)counter };
		const struct span parts[2] = { seed, SPAN_OF(octets) };
		struct digest block;

		TRY(digest_of(algorithm, parts, COUNT_OF(parts), &block));
		message_add(out, digest_span(&block));
	}
	return STATUS_OK;
}

/* EMSA-PSS-VERIFY, RFC 8017 9.1.2; @n_bits is the length of the modulus. */
static enum signature_result pss_matches(const struct message *m, size_t n_bits,
					 const struct signature_check *check)
{
	static const uint8_t zeros[8];
	enum digest_algorithm algorithm = check->hash->algorithm;
	size_t hash_len = digest_size(algorithm), salt_len = check->algorithm->salt_len;
	size_t em_len = (n_bits + 6) / 8, unused = 8 * em_len - (n_bits - 1), db_len;
	struct span em = span_after(message_span(m), m->len - em_len), seed, padding;
	struct message db = { .len = 0 };
	struct digest again;

	if (!span_is_zero(span_clip(message_span(m), 0, m->len - em_len)) ||
	    em_len < hash_len + salt_len + 2 || span_at(em, em_len - 1) != 0xbc ||
	    span_at(em, 0) >> (8 - unused) != 0)
		return SIGNATURE_WRONG;
	db_len = em_len - hash_len - 1;
	seed = span_clip(em, db_len, hash_len);
	if (mask_build(check->algorithm->mgf1, seed, db_len, &db) != STATUS_OK)
		return SIGNATURE_UNKNOWN;
	db.len = db_len;
	for (size_t i = 0; i < db_len; i++)
		db.bytes[i] ^= span_at(em, i);
	db.bytes[0] &= (uint8_t)(0xff >> unused);
	padding = span_clip(message_span(&db), 0, db_len - salt_len);
	if (!span_is_zero(span_clip(padding, 0, padding.len - 1)) ||
	    span_at(padding, padding.len - 1) != 1)
		return SIGNATURE_WRONG;
	if (digest_of(algorithm,
		      (struct span[]){ SPAN_OF(zeros), digest_span(check->hash),
				       span_after(message_span(&db), padding.len) },
		      3, &again) != STATUS_OK)
		return SIGNATURE_UNKNOWN;
	return digest_equal(&again, seed) ? SIGNATURE_OK : SIGNATURE_WRONG;
}

/* A key that says id-RSASSA-PSS is for PSS only, and for its own parameters (RFC 4055 3.3). */
static bool key_permits(const struct public_key *key, const struct signature_algorithm *used)
{
	struct signature_algorithm own = { .key = KEY_RSA };

	if (!span_equal(key->algorithm, OID_PSS))
		return true;
	if (!used->pss || key->parameters.len == 0)
		return used->pss;
	return pss_read(key->parameters, &own) && own.digest == used->digest &&
	       own.mgf1 == used->mgf1 && own.salt_len <= used->salt_len;
}

/* The encoded message in @signature, as long as the modulus. */
static enum signature_result rsa_open(const struct public_key *key,
				      const struct signature_algorithm *algorithm,
				      struct span signature, struct message *out)
{
	size_t exponent_bits = magnitude_bits(key->exponent);

	out->len = key->modulus.len;
	if (key->n_bits > KEY_MAX_BITS || exponent_bits > EXPONENT_MAX_BITS)
		return SIGNATURE_NOT_SUPPORTED;
	if (exponent_bits < 2 || !(span_at(key->exponent, key->exponent.len - 1) & 1))
		return SIGNATURE_WRONG;
	/* Some signers strip leading zeros: the number counts, not its length. */
	if (signature.len == 0 || signature.len > out->len || !key_permits(key, algorithm))
		return SIGNATURE_WRONG;
	return libcrypto_power(signature, key->exponent, key->modulus, out->bytes,
			       sizeof(out->bytes));
}

static enum signature_result rsa_verify(struct signature_check *check)
{
	const struct public_key *key = check->key;
	struct message m;
	enum signature_result result = rsa_open(key, check->algorithm, check->signature, &m);

	if (result != SIGNATURE_OK)
		return result;
	if (check->algorithm->pss)
		return pss_matches(&m, key->n_bits, check);
	return pkcs1_matches(&m, check) ? SIGNATURE_OK : SIGNATURE_WRONG;
}

static bool pair_read(struct span signature, struct signature_pair *out)
{
	struct der sequence, r, s;
	struct cursor c;

	if (!der_only(signature, DER_SEQUENCE, &sequence, NULL))
		return false;
	c = der_enter(&sequence);
	return der_expect(&c, DER_INTEGER, &r) && der_expect(&c, DER_INTEGER, &s) &&
	       cursor_left(&c) == 0 && der_magnitude(&r, &out->r) && der_magnitude(&s, &out->s);
}

/* SEC 1 2.3.3: a point has the length of its field; compressed points are read, hybrid ones
 * not. */
static bool point_has_form(const struct public_key *key)
{
	size_t field = (key->n_bits + 7) / 8;
	uint8_t form = span_at(key->point, 0);

	if (form == 4)
		return key->point.len == 2 * field + 1;
	return (form == 2 || form == 3) && key->point.len == field + 1;
}

static enum signature_result ec_verify(const struct signature_check *check)
{
	const struct public_key *key = check->key;
	struct signature_pair pair;

	if (key->implicit_curve)
		return SIGNATURE_WRONG;
	if (key->curve == CURVE_NONE)
		return SIGNATURE_NOT_SUPPORTED;
	if (!point_has_form(key) || !pair_read(check->signature, &pair))
		return SIGNATURE_WRONG;
	return libcrypto_ecdsa(key->curve, key->point, digest_span(check->hash), &pair);
}

/* Dss-Parms and DSAPublicKey, RFC 3279 2.3.2. */
static bool dsa_read(const struct public_key *key, struct dsa_key *out)
{
	struct der parameters, p, q, g, y;
	struct cursor c;

	if (!der_only(key->parameters, DER_SEQUENCE, &parameters, NULL) ||
	    !der_only(key->bits, DER_INTEGER, &y, NULL))
		return false;
	c = der_enter(&parameters);
	return der_expect(&c, DER_INTEGER, &p) && der_expect(&c, DER_INTEGER, &q) &&
	       der_expect(&c, DER_INTEGER, &g) && cursor_left(&c) == 0 &&
	       der_magnitude(&p, &out->p) && der_magnitude(&q, &out->q) &&
	       der_magnitude(&g, &out->g) && der_magnitude(&y, &out->y);
}

static enum signature_result dsa_verify(const struct signature_check *check)
{
	struct dsa_key key;
	struct signature_pair pair;

	if (check->key->parameters.len == 0)
		return SIGNATURE_NOT_SUPPORTED;
	if (!dsa_read(check->key, &key) || !pair_read(check->signature, &pair))
		return SIGNATURE_WRONG;
	if (magnitude_bits(key.p) > DSA_MAX_BITS || magnitude_bits(key.q) > DSA_ORDER_MAX_BITS)
		return SIGNATURE_NOT_SUPPORTED;
	return libcrypto_dsa(&key, digest_span(check->hash), &pair);
}

enum status signature_computed(enum signature_result result)
{
	return result == SIGNATURE_UNKNOWN ? STATUS_NO_MEMORY : STATUS_OK;
}

enum signature_result signature_verify(struct signature_check *check)
{
	const struct signature_algorithm *algorithm = check->algorithm;

	check->was_raw = false;
	if (algorithm->key == KEY_UNKNOWN || check->key->type == KEY_UNKNOWN ||
	    check->hash->algorithm == DIGEST_NONE)
		return SIGNATURE_NOT_SUPPORTED;
	if (algorithm->key != check->key->type ||
	    (algorithm->digest != DIGEST_NONE && algorithm->digest != check->hash->algorithm))
		return SIGNATURE_WRONG;
	switch (check->key->type) {
	case KEY_RSA: return rsa_verify(check);
	case KEY_EC: return ec_verify(check);
	case KEY_DSA: return dsa_verify(check);
	case KEY_UNKNOWN: break;
	}
	return SIGNATURE_NOT_SUPPORTED;
}

/* Is @m the whole block for the digest that stands at its end?  Then that goes to @out. */
static bool digest_open(const struct message *m, size_t prefix, struct digest *out)
{
	size_t len = digest_size(prefixes[prefix].algorithm);
	struct span hash;

	if (m->len < len)
		return false;
	hash = span_after(message_span(m), m->len - len);
	if (!padding_matches(m, prefixes[prefix].with_null, hash) &&
	    !padding_matches(m, prefixes[prefix].without, hash))
		return false;
	out->algorithm = prefixes[prefix].algorithm;
	(void)span_copy(out->bytes, DIGEST_MAX, hash);
	return true;
}

enum status signature_recover(const struct public_key *key,
			      const struct signature_algorithm *algorithm,
			      struct span signature, struct digest *out)
{
	struct message m;

	*out = (struct digest){ .algorithm = DIGEST_NONE };
	if (key->type != KEY_RSA || algorithm->key != KEY_RSA || algorithm->pss ||
	    magnitude_bits(key->exponent) < RECOVERY_MIN_EXPONENT_BITS)
		return STATUS_OK;
	switch (rsa_open(key, algorithm, signature, &m)) {
	case SIGNATURE_OK: break;
	case SIGNATURE_UNKNOWN: return STATUS_NO_MEMORY;
	case SIGNATURE_WRONG:
	case SIGNATURE_NOT_SUPPORTED: return STATUS_OK;
	}
	for (size_t i = 0; i < COUNT_OF(prefixes); i++)
		if (digest_open(&m, i, out))
			break;
	if (algorithm->digest != DIGEST_NONE && algorithm->digest != out->algorithm)
		out->algorithm = DIGEST_NONE;
	return STATUS_OK;
}
