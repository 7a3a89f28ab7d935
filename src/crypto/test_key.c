/* SPDX-License-Identifier: MIT */
/* Keys of every kind, and signatures by those on curves and by DSA. */
#include "crypto/test_vectors.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>

static void test_algorithms(void)
{
	static const struct {
		const char *name;
		struct span oid;
		enum key_type key;
		enum digest_algorithm digest;
	} rows[] = {
		{"rsaEncryption",               OID_INIT(OID_RSA),                                KEY_RSA,     DIGEST_NONE  },
		{ "sha256WithRSA",              OID_INIT(OID_RSA_SHA256),                         KEY_RSA,     DIGEST_SHA256},
		{ "ecdsa-with-SHA256",          OID_INIT(OID_EC_SHA256),                          KEY_EC,      DIGEST_SHA256},
		{ "id-ecPublicKey",             OID_INIT(OID_EC),                                 KEY_EC,      DIGEST_NONE  },
		{ "id-dsa",                     OID_INIT(OID_DSA),                                KEY_DSA,     DIGEST_NONE  },
		{ "md2WithRSA",                 OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02"), KEY_UNKNOWN,
                 DIGEST_NONE												},
		{ "md4WithRSA",                 OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x03"), KEY_UNKNOWN,
                 DIGEST_NONE												},
		{ "Ed25519",                    OID_INIT("\x2b\x65\x70"),                         KEY_UNKNOWN, DIGEST_NONE  },
		{ "GOST",                       OID_INIT("\x2a\x85\x03\x02\x02\x03"),             KEY_UNKNOWN, DIGEST_NONE  },
		{ "PSS without its parameters", OID_INIT(OID_PSS),                                KEY_UNKNOWN, DIGEST_SHA1  },
	};
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct signature_algorithm a;
	struct der d = { .tag = DER_SEQUENCE };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		a = algorithm_of(rows[i].oid, &b);
		CHECK(a.key == rows[i].key && a.digest == rows[i].digest &&
			      span_equal(a.oid, rows[i].oid),
		      "algorithm: %s", rows[i].name);
	}
	CHECK(signature_algorithm_read(&d, &a) == STATUS_MALFORMED, "algorithm: empty");
	d.value = OID("\x06\x01\x2a\x05\x00\x05\x00");
	CHECK(signature_algorithm_read(&d, &a) == STATUS_MALFORMED, "algorithm: too much");
}

static void test_curve(const char *name, enum key_curve curve, size_t bits)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	static const enum digest_algorithm all[] = { DIGEST_SHA1, DIGEST_SHA256,
						     DIGEST_SHA512 };
	EVP_PKEY *key = EVP_EC_gen(name);
	struct public_key read;
	struct span spki;

	if (!key)
		abort();
	spki = spki_of(key, &b);
	CHECK(public_key_read(spki, &read) == STATUS_OK && read.type == KEY_EC &&
		      read.curve == curve && read.n_bits == bits && !read.explicit_curve,
	      "%s: is read", name);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct digest hash = hash_of(all[i], "text"), no = hash_of(all[i], "Text");
		struct signature s = sign(key, &hash, 0, 0, DIGEST_NONE);
		int accepted = 0;

		CHECK(ask(spki, OID(OID_EC), &hash, signature_span(&s)) == SIGNATURE_OK,
		      "%s %s: good", name, digest_name(all[i]));
		CHECK(ask(spki, OID(OID_EC), &no, signature_span(&s)) == SIGNATURE_WRONG,
		      "%s %s: of another text", name, digest_name(all[i]));
		CHECK(ask(spki, OID(OID_RSA), &hash, signature_span(&s)) == SIGNATURE_WRONG,
		      "%s %s: algorithm of another key", name, digest_name(all[i]));
		for (size_t bit = 0; bit < s.len * 8; bit += 97) {
			s.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			accepted += ask(spki, OID(OID_EC), &hash, signature_span(&s)) !=
				    SIGNATURE_WRONG;
			s.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		CHECK(accepted == 0, "%s %s: one bit changed", name, digest_name(all[i]));
	}
	EVP_PKEY_free(key);
}

/* Points that are none, and signatures out of range. */
static void test_ec_forgeries(void)
{
	static const struct {
		const char *name;
		struct span signature;
	} rows[] = {
		{"r and s zero",        OID_INIT("\x30\x06\x02\x01\x00\x02\x01\x00")                                 },
		{ "r and s one",        OID_INIT("\x30\x06\x02\x01\x01\x02\x01\x01")                                 },
		{ "r negative",         OID_INIT("\x30\x06\x02\x01\x81\x02\x01\x01")                                 },
		{ "three numbers",      OID_INIT("\x30\x09\x02\x01\x01\x02\x01\x01\x02\x01\x01")                     },
		{ "no sequence",        OID_INIT("\x02\x01\x01")                                                     },
		{ "empty",              OID_INIT("")								 },
		{ "r beyond the order", OID_INIT("\x30\x27\x02\x22\x01\0\0\0\0\0\0\0\0\0\0\0\0"
						 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
						 "\0\0\0\0\0\0\0\x02\x01\x01")},
	};
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, edited = BUFFER_INIT;
	struct digest hash = hash_of(DIGEST_SHA256, "text");
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct signature s;
	struct span spki;
	struct public_key read;

	if (!key)
		abort();
	spki = spki_of(key, &b);
	s = sign(key, &hash, 0, 0, DIGEST_NONE);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(ask(spki, OID(OID_EC_SHA256), &hash, rows[i].signature) ==
			      SIGNATURE_WRONG,
		      "ec signature: %s", rows[i].name);
	buffer_add(&edited, spki);
	edited.bytes[spki.len - 1] ^= 1;
	CHECK(ask(buffer_span(&edited), OID(OID_EC), &hash, signature_span(&s)) ==
		      SIGNATURE_WRONG,
	      "ec point: not on the curve");
	edited.bytes[spki.len - 1] ^= 1;
	edited.bytes[spki.len - 65] = 6;
	CHECK(ask(buffer_span(&edited), OID(OID_EC), &hash, signature_span(&s)) ==
		      SIGNATURE_WRONG,
	      "ec point: hybrid form");
	CHECK(ask(OID("\x30\x19\x30\x13\x06\x07" OID_EC
		      "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x02\x00\x00"),
		  OID(OID_EC), &hash, signature_span(&s)) == SIGNATURE_WRONG,
	      "ec point: infinity");
	CHECK(public_key_read(OID("\x30\x0f\x30\x0b\x06\x07" OID_EC "\x05\x00\x03\x02\x00\x00"),
			      &read) == STATUS_MALFORMED,
	      "ec key: length of the bits is wrong");
	CHECK(public_key_read(OID("\x30\x0f\x30\x0b\x06\x07" OID_EC "\x05\x00\x03\x00"),
			      &read) == STATUS_MALFORMED,
	      "ec key: no bits");
	EVP_PKEY_free(key);
}

static void test_ec_parameters(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct digest hash = hash_of(DIGEST_SHA256, "text");
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct public_key named, read;
	struct signature s;
	struct span spki;

	if (!key)
		abort();
	s = sign(key, &hash, 0, 0, DIGEST_NONE);
	EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
				       "compressed");
	spki = spki_of(key, &b);
	CHECK(public_key_read(spki, &read) == STATUS_OK && read.point.len == 33 &&
		      ask(spki, OID(OID_EC), &hash, signature_span(&s)) == SIGNATURE_OK,
	      "ec point: compressed");
	EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
				       "uncompressed");
	if (public_key_read(spki_of(key, &b), &named) != STATUS_OK)
		abort();
	EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit");
	spki = spki_of(key, &b);
	CHECK(public_key_read(spki, &read) == STATUS_UNSUPPORTED && read.explicit_curve &&
		      read.curve == CURVE_NONE && read.point.len == 65 &&
		      ask(spki, OID(OID_EC), &hash, signature_span(&s)) ==
			      SIGNATURE_NOT_SUPPORTED,
	      "ec key: explicit parameters are never a key, but show their point");
	spki = OID("\x30\x10\x30\x0b\x06\x07" OID_EC "\x05\x00\x03\x01\x00");
	CHECK(public_key_read(spki, &read) == STATUS_UNSUPPORTED && read.implicit_curve &&
		      ask(spki, OID(OID_EC), &hash, signature_span(&s)) == SIGNATURE_WRONG,
	      "ec key: implicit curve");
	EVP_PKEY_free(key);
	key = EVP_EC_gen("brainpoolP256r1");
	if (!key)
		abort();
	s = sign(key, &hash, 0, 0, DIGEST_NONE);
	spki = spki_of(key, &b);
	CHECK(public_key_read(spki, &read) == STATUS_UNSUPPORTED && read.type == KEY_EC &&
		      ask(spki, OID(OID_EC), &hash, signature_span(&s)) ==
			      SIGNATURE_NOT_SUPPORTED,
	      "ec key: a curve that is not built in");
	EVP_PKEY_free(key);
}

static EVP_PKEY *dsa_key(void)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, NULL);
	EVP_PKEY *parameters = NULL, *key = NULL;

	if (!c || EVP_PKEY_paramgen_init(c) != 1 ||
	    EVP_PKEY_CTX_set_dsa_paramgen_bits(c, 1024) != 1 ||
	    EVP_PKEY_paramgen(c, &parameters) != 1)
		abort();
	EVP_PKEY_CTX_free(c);
	c = EVP_PKEY_CTX_new(parameters, NULL);
	if (!c || EVP_PKEY_keygen_init(c) != 1 || EVP_PKEY_keygen(c, &key) != 1)
		abort();
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(parameters);
	return key;
}

static void test_dsa(void)
{
	static const enum digest_algorithm all[] = { DIGEST_SHA1, DIGEST_SHA256,
						     DIGEST_SHA512 };
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	EVP_PKEY *key = dsa_key();
	struct span spki = spki_of(key, &b);
	struct public_key read;

	CHECK(public_key_read(spki, &read) == STATUS_OK && read.type == KEY_DSA &&
		      read.n_bits == 1024,
	      "dsa: key");
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct digest hash = hash_of(all[i], "text"), no = hash_of(all[i], "Text");
		struct signature s = sign(key, &hash, 0, 0, DIGEST_NONE);
		int accepted = 0;

		CHECK(ask(spki, OID(OID_DSA), &hash, signature_span(&s)) == SIGNATURE_OK,
		      "dsa %s: good", digest_name(all[i]));
		CHECK(ask(spki, OID(OID_DSA), &no, signature_span(&s)) == SIGNATURE_WRONG,
		      "dsa %s: of another text", digest_name(all[i]));
		CHECK(ask(spki, OID(OID_DSA_SHA256), &hash, signature_span(&s)) ==
			      (all[i] == DIGEST_SHA256 ? SIGNATURE_OK : SIGNATURE_WRONG),
		      "dsa %s: the algorithm names a digest", digest_name(all[i]));
		for (size_t bit = 0; bit < s.len * 8; bit += 37) {
			s.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			accepted += ask(spki, OID(OID_DSA), &hash, signature_span(&s)) !=
				    SIGNATURE_WRONG;
			s.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		CHECK(accepted == 0, "dsa %s: one bit changed", digest_name(all[i]));
	}
	CHECK(ask(spki, OID(OID_DSA), &(struct digest){ .algorithm = DIGEST_SHA1 },
		  OID("\x30\x06\x02\x01\x01\x02\x01\x01")) == SIGNATURE_WRONG,
	      "dsa: r and s one");
	EVP_PKEY_free(key);
}

/* Parameters with which anything would verify: generator or key 1, order 1, even moduli. */
static void test_dsa_parameters(void)
{
	static const struct {
		const char *name;
		uint64_t p, q, g, y;
	} rows[] = {
		{"generator 1",         23, 11, 1, 4 },
		{ "key 1",              23, 11, 4, 1 },
		{ "order 1",            23, 1,  4, 3 },
		{ "order 0",            23, 0,  4, 3 },
		{ "modulus even",       22, 11, 4, 3 },
		{ "order even",         23, 10, 4, 3 },
		{ "key beyond modulus", 23, 11, 4, 24},
		{ "modulus 0",          0,  11, 4, 3 },
	};
	struct digest hash = { .algorithm = DIGEST_SHA1 };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		size_t info = der_open(&b, DER_SEQUENCE), algorithm, parameters, bits;

		algorithm = der_open(&b, DER_SEQUENCE);
		der_add(&b, DER_OID, OID(OID_DSA));
		parameters = der_open(&b, DER_SEQUENCE);
		der_add_number(&b, rows[i].p);
		der_add_number(&b, rows[i].q);
		der_add_number(&b, rows[i].g);
		der_close(&b, parameters);
		der_close(&b, algorithm);
		bits = der_open(&b, DER_BIT_STRING);
		buffer_char(&b, 0);
		der_add_number(&b, rows[i].y);
		der_close(&b, bits);
		der_close(&b, info);
		CHECK(ask(buffer_span(&b), OID(OID_DSA), &hash,
			  OID("\x30\x06\x02\x01\x01\x02\x01\x01")) == SIGNATURE_WRONG,
		      "dsa key: %s", rows[i].name);
	}
}

static void test_prefixes(struct span spki)
{
	struct public_key key;
	int bad = 0;

	for (size_t n = 0; n < spki.len; n++)
		bad += public_key_read(span_clip(spki, 0, n), &key) != STATUS_MALFORMED;
	CHECK(bad == 0, "key: every prefix is refused");
}

int main(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	EVP_PKEY *key = EVP_RSA_gen(1024U);

	if (!key)
		abort();
	test_algorithms();
	test_prefixes(spki_of(key, &b));
	test_curve("P-224", CURVE_P224, 224);
	test_curve("P-256", CURVE_P256, 256);
	test_curve("P-384", CURVE_P384, 384);
	test_curve("P-521", CURVE_P521, 521);
	test_curve("secp256k1", CURVE_K256, 256);
	test_ec_forgeries();
	test_ec_parameters();
	test_dsa();
	test_dsa_parameters();
	CHECK(ERR_peek_error() == 0, "nothing is left on the error queue");
	EVP_PKEY_free(key);
	return CHECK_DONE();
}
