/* SPDX-License-Identifier: MIT */
/* Public keys: SubjectPublicKeyInfo (RFC 5280 4.1.2.7, RFC 3279, RFC 4055, RFC 5480). */
#include "crypto/key.h"

#include "base/limits.h"

static const struct {
	struct span oid;
	enum key_type type;
} key_types[] = {
	{OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"),  KEY_RSA}, /* rsaEncryption */
	{ OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), KEY_RSA}, /* id-RSASSA-PSS */
	{ OID_INIT("\x2a\x86\x48\xce\x3d\x02\x01"),         KEY_EC }, /* id-ecPublicKey */
	{ OID_INIT("\x2a\x86\x48\xce\x38\x04\x01"),         KEY_DSA}, /* id-dsa */
};

static const struct {
	struct span oid;
	enum key_curve curve;
	size_t n_bits;
} curves[] = {
	{OID_INIT("\x2a\x86\x48\xce\x3d\x03\x01\x07"), CURVE_P256, 256},
	{ OID_INIT("\x2b\x81\x04\x00\x22"),            CURVE_P384, 384},
	{ OID_INIT("\x2b\x81\x04\x00\x23"),            CURVE_P521, 521},
	{ OID_INIT("\x2b\x81\x04\x00\x21"),            CURVE_P224, 224},
	{ OID_INIT("\x2b\x81\x04\x00\x0a"),            CURVE_K256, 256},
};

static enum key_type type_by_oid(struct span oid)
{
	for (size_t i = 0; i < COUNT_OF(key_types); i++)
		if (span_equal(key_types[i].oid, oid))
			return key_types[i].type;
	return KEY_UNKNOWN;
}

size_t magnitude_bits(struct span magnitude)
{
	size_t bits = magnitude.len * 8;

	for (uint8_t bit = 0x80; bits > 0 && !(span_at(magnitude, 0) & bit); bit >>= 1)
		bits--;
	return bits;
}

static enum status rsa_read(struct public_key *k)
{
	struct der sequence, modulus, exponent;
	struct cursor c;

	if (!der_only(k->bits, DER_SEQUENCE, &sequence, NULL))
		return STATUS_MALFORMED;
	c = der_enter(&sequence);
	if (!der_expect(&c, DER_INTEGER, &modulus) || !der_expect(&c, DER_INTEGER, &exponent) ||
	    cursor_left(&c) != 0)
		return STATUS_MALFORMED;
	/* Some encoders forgot the zero before a modulus; nobody means a negative one. */
	if (!der_magnitude(&modulus, &k->modulus) && (span_at(modulus.value, 0) & 0x80))
		k->modulus = modulus.value;
	if (k->modulus.len == 0 || !der_magnitude(&exponent, &k->exponent)) {
		k->modulus = k->exponent = SPAN_NONE;
		return STATUS_MALFORMED;
	}
	k->n_bits = magnitude_bits(k->modulus);
	return k->n_bits <= KEY_MAX_BITS ? STATUS_OK : STATUS_UNSUPPORTED;
}

static enum status ec_read(struct public_key *k)
{
	struct der parameters;

	k->point = k->bits;
	if (k->parameters.len == 0 || span_at(k->parameters, 0) == DER_NULL) {
		k->implicit_curve = true;
		return STATUS_UNSUPPORTED;
	}
	if (span_at(k->parameters, 0) == DER_SEQUENCE) {
		k->explicit_curve = true;
		return STATUS_UNSUPPORTED;
	}
	if (!der_only(k->parameters, DER_OID, &parameters, NULL))
		return STATUS_MALFORMED;
	for (size_t i = 0; i < COUNT_OF(curves); i++)
		if (span_equal(curves[i].oid, parameters.value)) {
			k->curve = curves[i].curve;
			k->n_bits = curves[i].n_bits;
			return STATUS_OK;
		}
	return STATUS_UNSUPPORTED;
}

static enum status dsa_read(struct public_key *k)
{
	struct der parameters, prime;
	struct span magnitude;
	struct cursor c;

	if (k->parameters.len == 0) /* inherited from the issuer, RFC 3279 2.3.2 */
		return STATUS_UNSUPPORTED;
	if (!der_only(k->parameters, DER_SEQUENCE, &parameters, NULL))
		return STATUS_MALFORMED;
	c = der_enter(&parameters);
	if (!der_expect(&c, DER_INTEGER, &prime) || !der_magnitude(&prime, &magnitude))
		return STATUS_MALFORMED;
	k->n_bits = magnitude_bits(magnitude);
	return k->n_bits <= KEY_MAX_BITS ? STATUS_OK : STATUS_UNSUPPORTED;
}

static bool info_read(struct span spki, struct public_key *out)
{
	struct der info, algorithm, oid, parameters, bits;
	struct cursor c;

	if (!der_only(spki, DER_SEQUENCE, &info, NULL))
		return false;
	out->spki = info.whole;
	c = der_enter(&info);
	if (!der_expect(&c, DER_SEQUENCE, &algorithm) ||
	    !der_expect(&c, DER_BIT_STRING, &bits) || cursor_left(&c) != 0 ||
	    !der_bits(&bits, &out->bits))
		return false;
	c = der_enter(&algorithm);
	if (!der_expect(&c, DER_OID, &oid))
		return false;
	out->algorithm = oid.value;
	if (cursor_left(&c) > 0 && der_next(&c, &parameters))
		out->parameters = parameters.whole;
	return cursor_ok(&c) && cursor_left(&c) == 0;
}

enum status public_key_read(struct span spki, struct public_key *out)
{
	*out = (struct public_key){ .type = KEY_UNKNOWN };
	if (!info_read(spki, out))
		return STATUS_MALFORMED;
	out->type = type_by_oid(out->algorithm);
	switch (out->type) {
	case KEY_RSA: return rsa_read(out);
	case KEY_EC: return ec_read(out);
	case KEY_DSA: return dsa_read(out);
	case KEY_UNKNOWN: break;
	}
	return STATUS_UNSUPPORTED;
}
