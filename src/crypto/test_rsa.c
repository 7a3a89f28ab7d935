/* SPDX-License-Identifier: MIT */
/* RSA signatures: PKCS #1 v1.5, PSS, and the forgeries that have worked elsewhere. */
#include "crypto/test_vectors.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <time.h>

static void test_rsa(EVP_PKEY *key, struct span spki, EVP_PKEY *other)
{
	static const enum digest_algorithm all[] = { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256,
						     DIGEST_SHA384, DIGEST_SHA512 };
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct span foreign = spki_of(other, &b);

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct digest hash = hash_of(all[i], "text"), no = hash_of(all[i], "Text");
		struct signature s = sign(key, &hash, RSA_PKCS1_PADDING, 0, DIGEST_NONE);
		int wrong = 0;

		CHECK(ask(spki, OID(OID_RSA), &hash, signature_span(&s)) == SIGNATURE_OK,
		      "rsa %s: good", digest_name(all[i]));
		CHECK(ask(spki, OID(OID_RSA), &no, signature_span(&s)) == SIGNATURE_WRONG,
		      "rsa %s: of another text", digest_name(all[i]));
		CHECK(ask(foreign, OID(OID_RSA), &hash, signature_span(&s)) == SIGNATURE_WRONG,
		      "rsa %s: of another key", digest_name(all[i]));
		CHECK(ask(spki, OID(OID_RSA_SHA256), &hash, signature_span(&s)) ==
			      (all[i] == DIGEST_SHA256 ? SIGNATURE_OK : SIGNATURE_WRONG),
		      "rsa %s: the algorithm must not name another digest",
		      digest_name(all[i]));
		for (size_t bit = 0; bit < s.len * 8; bit += 61) {
			s.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			wrong += ask(spki, OID(OID_RSA), &hash, signature_span(&s)) !=
				 SIGNATURE_WRONG;
			s.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		CHECK(wrong == 0, "rsa %s: one bit changed", digest_name(all[i]));
	}
}

#define SHA1_INFO      "\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14"
#define SHA1_INFO_BARE "\x30\x1f\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a\x04\x14"

/* Blocks that the owner of the key signed: which of them are a signature of SHA-1("text")? */
static const struct {
	const char *name;
	struct span front; /* what replaces the first octets */
	size_t n_ff;       /* 0: as many as fit */
	struct span separator, info;
	size_t n_hash, n_behind; /* octets of the hash, zeros behind it */
	enum signature_result strict, raw;
} blocks[] = {
	{"as RFC 8017 says",			      OID_INIT("\0\1"),     0, OID_INIT("\0"), OID_INIT(SHA1_INFO),      20, 0,
         SIGNATURE_OK,																 SIGNATURE_OK   },
	{ "parameters absent",                            OID_INIT("\0\1"),     0, OID_INIT("\0"), OID_INIT(SHA1_INFO_BARE),
         20,														     0,   SIGNATURE_OK,    SIGNATURE_OK   },
	{ "raw hash",				     OID_INIT("\0\1"),     0, OID_INIT("\0"), OID_INIT(""),             20, 0,   SIGNATURE_WRONG,
         SIGNATURE_OK																		 },
	{ "raw hash cut short",                           OID_INIT("\0\1"),     0, OID_INIT("\0"), OID_INIT(""),             19, 0,
         SIGNATURE_WRONG,															      SIGNATURE_WRONG},
	{ "raw hash, short padding",                      OID_INIT("\0\1"),     8, OID_INIT("\0"), OID_INIT(""),             20, 225,
         SIGNATURE_WRONG,															      SIGNATURE_WRONG},
	{ "Bleichenbacher 2006: garbage behind the hash", OID_INIT("\0\1"),     8, OID_INIT("\0"),
         OID_INIT(SHA1_INFO),												20, 210, SIGNATURE_WRONG, SIGNATURE_WRONG},
	{ "the same with no padding at all",              OID_INIT("\0\1\0"),   1, OID_INIT("\0"),
         OID_INIT(SHA1_INFO),												20, 216, SIGNATURE_WRONG, SIGNATURE_WRONG},
	{ "encryption block",                             OID_INIT("\0\2"),     0, OID_INIT("\0"), OID_INIT(SHA1_INFO),      20, 0,
         SIGNATURE_WRONG,															      SIGNATURE_WRONG},
	{ "block type 0",				 OID_INIT("\0\0"),     0, OID_INIT("\0"), OID_INIT(SHA1_INFO),      20, 0,
         SIGNATURE_WRONG,															      SIGNATURE_WRONG},
	{ "no separator",				 OID_INIT("\0\1"),     0, OID_INIT(""),   OID_INIT(SHA1_INFO),      20, 0,
         SIGNATURE_WRONG,															      SIGNATURE_WRONG},
	{ "a padding octet is FE",                        OID_INIT("\0\1\xfe"), 0, OID_INIT("\0"), OID_INIT(SHA1_INFO),
         20,														     0,   SIGNATURE_WRONG, SIGNATURE_WRONG},
	{ "long length octets (BER)",                     OID_INIT("\0\1"),     0, OID_INIT("\0"),
         OID_INIT("\x30\x81\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14"),                                       20, 0,
         SIGNATURE_WRONG,															      SIGNATURE_WRONG},
	{ "garbage in the parameters",                    OID_INIT("\0\1"),     0, OID_INIT("\0"),
         OID_INIT("\x30\x23\x30\x0b\x06\x05\x2b\x0e\x03\x02\x1a\x05\x02zz\x04\x14"),                                         20, 0,
         SIGNATURE_WRONG,															      SIGNATURE_WRONG},
	{ "DigestInfo of SHA-256",                        OID_INIT("\0\1"),     0, OID_INIT("\0"),
         OID_INIT("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
		   "\x04\x20"),
         20,														     0,   SIGNATURE_WRONG, SIGNATURE_WRONG},
};

static void test_padding(EVP_PKEY *key, struct span spki)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct signature_algorithm algorithm = algorithm_of(OID(OID_RSA), &b);
	struct digest hash = hash_of(DIGEST_SHA1, "text");
	struct public_key k;

	if (public_key_read(spki, &k) != STATUS_OK)
		abort();
	for (size_t i = 0; i < COUNT_OF(blocks); i++) {
		CLEANUP(buffer_free) struct buffer block = BUFFER_INIT;
		size_t n_ff = blocks[i].n_ff;
		struct signature s;
		struct signature_check check = {
			&k, &algorithm, &hash, SPAN_NONE, false, false
		};
		enum signature_result strict;
		struct digest recovered;

		if (n_ff == 0)
			n_ff = 256 - blocks[i].front.len - blocks[i].separator.len -
			       blocks[i].info.len - blocks[i].n_hash - blocks[i].n_behind;
		buffer_add(&block, blocks[i].front);
		while (n_ff-- > 0)
			buffer_char(&block, '\xff');
		buffer_add(&block, blocks[i].separator);
		buffer_add(&block, blocks[i].info);
		buffer_add(&block, span_clip(digest_span(&hash), 0, blocks[i].n_hash));
		while (block.len < 256)
			buffer_char(&block, 0);
		s = sign_block(key, buffer_span(&block));
		check.signature = signature_span(&s);
		strict = signature_verify(&check);
		CHECK(strict == blocks[i].strict && !check.was_raw, "padding: %s",
		      blocks[i].name);
		CHECK(signature_recover(&k, &algorithm, check.signature, &recovered) ==
				      STATUS_OK &&
			      (strict == SIGNATURE_OK
				       ? digest_equal(&recovered, digest_span(&hash))
				       : recovered.algorithm == DIGEST_NONE),
		      "padding: %s, recovered or not", blocks[i].name);
		check.raw_hash = true;
		CHECK(signature_verify(&check) == blocks[i].raw &&
			      check.was_raw == (blocks[i].raw != blocks[i].strict),
		      "padding: %s, in a countersignature", blocks[i].name);
	}
}

/* The raw form is for MD5 and SHA-1; a longer hash never had it. */
static void test_raw_hash(EVP_PKEY *key, struct span spki)
{
	static const enum digest_algorithm all[] = { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256,
						     DIGEST_SHA512 };
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct signature_algorithm algorithm = algorithm_of(OID(OID_RSA), &b);
	struct public_key k;

	if (public_key_read(spki, &k) != STATUS_OK)
		abort();
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		CLEANUP(buffer_free) struct buffer block = BUFFER_INIT;
		struct digest hash = hash_of(all[i], "text");
		struct signature s;
		struct signature_check check = {
			&k, &algorithm, &hash, SPAN_NONE, true, false
		};

		buffer_add(&block, OID("\0\1"));
		while (block.len < 256 - 1 - digest_size(all[i]))
			buffer_char(&block, '\xff');
		buffer_char(&block, 0);
		buffer_add(&block, digest_span(&hash));
		s = sign_block(key, buffer_span(&block));
		check.signature = signature_span(&s);
		CHECK(signature_verify(&check) == (i < 2 ? SIGNATURE_OK : SIGNATURE_WRONG) &&
			      check.was_raw == (i < 2),
		      "raw hash: %s", digest_name(all[i]));
	}
}

/* A signature that begins with a zero octet: 1 of 256 does. */
static void test_leading_zeros(EVP_PKEY *key, struct span spki)
{
	struct digest hash = { .algorithm = DIGEST_SHA256 };
	struct signature s = { .len = 0 }, longer = { .len = 0 };
	char text[16];

	/* One only: without a second zero too, it would be whole still. */
	for (int i = 0; i < 40000 && (s.len == 0 || s.bytes[0] != 0 || s.bytes[1] == 0); i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		hash = hash_of(DIGEST_SHA256, text);
		s = sign(key, &hash, RSA_PKCS1_PADDING, 0, DIGEST_NONE);
	}
	CHECK(ask(spki, OID(OID_RSA), &hash, signature_span(&s)) == SIGNATURE_OK,
	      "leading zero: kept");
	CHECK(ask(spki, OID(OID_RSA), &hash, span_after(signature_span(&s), 1)) == SIGNATURE_OK,
	      "leading zero: stripped");
	CHECK(ask(spki, OID(OID_RSA), &hash, span_after(signature_span(&s), 2)) ==
		      SIGNATURE_WRONG,
	      "leading zero: stripped, and an octet more");
	longer.len = 1 + span_copy(&longer.bytes[1], SIGNATURE_ROOM - 1, signature_span(&s));
	CHECK(ask(spki, OID(OID_RSA), &hash, signature_span(&longer)) == SIGNATURE_WRONG,
	      "leading zero: one too many");
	CHECK(ask(spki, OID(OID_RSA), &hash, SPAN_NONE) == SIGNATURE_WRONG, "empty signature");
}

/* s + n is s again, modulo n; but it is no signature. */
static void test_beyond_modulus(EVP_PKEY *key, struct span spki)
{
	BIGNUM *n = NULL, *v = BN_new();
	struct digest hash = { .algorithm = DIGEST_SHA256 };
	struct signature s = { .len = 0 };
	char text[16];

	if (!v || EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1)
		abort();
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		hash = hash_of(DIGEST_SHA256, text);
		s = sign(key, &hash, RSA_PKCS1_PADDING, 0, DIGEST_NONE);
		if (!BN_bin2bn(s.bytes, (int)s.len, v) || !BN_add(v, v, n))
			abort();
		if (BN_num_bytes(v) == (int)s.len)
			break;
	}
	CHECK(BN_bn2binpad(v, s.bytes, (int)s.len) > 0 &&
		      ask(spki, OID(OID_RSA), &hash, signature_span(&s)) == SIGNATURE_WRONG,
	      "a signature not below the modulus");
	BN_free(v);
	BN_free(n);
}

static struct span rsa_spki(struct buffer *b, struct span modulus, struct span exponent)
{
	size_t info, bits, key;

	buffer_clear(b);
	info = der_open(b, DER_SEQUENCE);
	der_add_algorithm(b, OID(OID_RSA), true);
	bits = der_open(b, DER_BIT_STRING);
	buffer_char(b, 0);
	key = der_open(b, DER_SEQUENCE);
	der_add(b, DER_INTEGER, modulus);
	der_add(b, DER_INTEGER, exponent);
	der_close(b, key);
	der_close(b, bits);
	der_close(b, info);
	return buffer_span(b);
}

static EVP_PKEY *key_of_exponent(unsigned long exponent)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *key = NULL;

	if (!context || !e || !BN_set_word(e, exponent) || EVP_PKEY_keygen_init(context) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) <= 0 ||
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e) <= 0 ||
	    EVP_PKEY_generate(context, &key) <= 0)
		abort();
	BN_free(e);
	EVP_PKEY_CTX_free(context);
	return key;
}

/* What a signature was made for, by whom it may be believed, and by whom not. */
static void test_recovery(EVP_PKEY *key, struct span spki)
{
	CLEANUP(buffer_free)
	struct buffer b = BUFFER_INIT, small = BUFFER_INIT, c = BUFFER_INIT;
	struct signature_algorithm any = algorithm_of(OID(OID_RSA), &b);
	struct signature_algorithm named = algorithm_of(OID(OID_RSA_SHA256), &c);
	static const enum digest_algorithm all[] = { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384,
						     DIGEST_SHA512 };
	EVP_PKEY *three = key_of_exponent(3);
	struct public_key k, k3;
	struct digest hash, out;
	struct signature s;

	if (public_key_read(spki, &k) != STATUS_OK ||
	    public_key_read(spki_of(three, &small), &k3) != STATUS_OK)
		abort();
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		hash = hash_of(all[i], "text");
		s = sign(key, &hash, RSA_PKCS1_PADDING, 0, DIGEST_NONE);
		CHECK(signature_recover(&k, &any, signature_span(&s), &out) == STATUS_OK &&
			      digest_equal(&out, digest_span(&hash)),
		      "recovered: %s", digest_name(all[i]));
		CHECK(signature_recover(&k, &named, signature_span(&s), &out) == STATUS_OK &&
			      (out.algorithm == DIGEST_SHA256) == (all[i] == DIGEST_SHA256),
		      "recovered: %s, when the algorithm says SHA-256", digest_name(all[i]));
	}
	s.bytes[7] ^= 1;
	CHECK(signature_recover(&k, &any, signature_span(&s), &out) == STATUS_OK &&
		      out.algorithm == DIGEST_NONE,
	      "recovered: nothing of a changed signature");
	s = sign(three, &hash, RSA_PKCS1_PADDING, 0, DIGEST_NONE);
	CHECK(signature_recover(&k3, &any, signature_span(&s), &out) == STATUS_OK &&
		      out.algorithm == DIGEST_NONE,
	      "recovered: nothing with exponent 3");
	EVP_PKEY_free(three);
}

/* Keys that would make anything a signature, or take for ever. */
static void test_rsa_keys(void)
{
	static uint8_t modulus[125001]; /* 10^6 bits, and the octet that makes it positive */
	static const struct {
		const char *name;
		size_t len; /* of the modulus */
		uint8_t last;
		struct span exponent;
		enum status status;
		enum signature_result result;
	} rows[] = {
		{"exponent 1",                   256,                  0xff, OID_INIT("\x01"),                   STATUS_OK,          SIGNATURE_WRONG        },
		{ "exponent 0",                  256,                  0xff, OID_INIT("\x00"),                   STATUS_MALFORMED,
                 SIGNATURE_WRONG															    },
		{ "exponent 2",                  256,                  0xff, OID_INIT("\x02"),                   STATUS_OK,          SIGNATURE_WRONG        },
		{ "exponent 65536",              256,                  0xff, OID_INIT("\x01\x00\x00"),           STATUS_OK,
                 SIGNATURE_WRONG															    },
		{ "exponent negative",           256,                  0xff, OID_INIT("\x81"),                   STATUS_MALFORMED,
                 SIGNATURE_WRONG															    },
		{ "exponent of 65 bits",         256,                  0xff, OID_INIT("\x01\0\0\0\0\0\0\0\x01"),
                 STATUS_OK,													  SIGNATURE_NOT_SUPPORTED},
		{ "modulus even",                256,                  0xfe, OID_INIT("\x01\x00\x01"),           STATUS_OK,
                 SIGNATURE_WRONG															    },
		{ "modulus of one octet",        1,                    0x0b, OID_INIT("\x03"),                   STATUS_OK,
                 SIGNATURE_WRONG															    },
		{ "modulus 1",                   1,                    0x01, OID_INIT("\x03"),                   STATUS_OK,          SIGNATURE_WRONG        },
		{ "modulus 0",                   1,                    0x00, OID_INIT("\x03"),                   STATUS_MALFORMED,   SIGNATURE_WRONG        },
		{ "modulus of the largest size", KEY_MAX_BITS / 8,     0xff,
                 OID_INIT("\x01\x00\x01"),								       STATUS_OK,          SIGNATURE_WRONG        },
		{ "modulus one octet too long",  KEY_MAX_BITS / 8 + 1, 0xff,
                 OID_INIT("\x01\x00\x01"),								       STATUS_UNSUPPORTED, SIGNATURE_NOT_SUPPORTED},
		{ "modulus of 10^6 bits",        125000,               0xff, OID_INIT("\x01\x00\x01"),
                 STATUS_UNSUPPORTED,												 SIGNATURE_NOT_SUPPORTED},
	};
	struct digest hash = hash_of(DIGEST_SHA1, "text");
	struct public_key key;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, s = BUFFER_INIT;
		clock_t begun = clock();
		struct span spki;

		memset(&modulus[1], 0xfd, sizeof(modulus) - 1);
		modulus[rows[i].len] = rows[i].last;
		spki = rsa_spki(&b, (struct span){ modulus, rows[i].len + 1 },
				rows[i].exponent);
		/* What exponent 1 would give back: the block itself. */
		buffer_add(&s, OID("\0\1"));
		while (s.len + 36 < rows[i].len)
			buffer_char(&s, '\xff');
		buffer_char(&s, 0);
		buffer_add(&s, OID(SHA1_INFO));
		buffer_add(&s, digest_span(&hash));
		CHECK(public_key_read(spki, &key) == rows[i].status && key.type == KEY_RSA &&
			      ask(spki, OID(OID_RSA), &hash, buffer_span(&s)) ==
				      rows[i].result &&
			      clock() - begun < CLOCKS_PER_SEC / 20,
		      "rsa key: %s", rows[i].name);
	}
}

/* AlgorithmIdentifier of PSS with everything spelled out. */
static struct span pss_identifier(struct buffer *b, enum digest_algorithm hash,
				  enum digest_algorithm mgf1, uint64_t salt, uint64_t trailer)
{
	static const struct span oids[] = {
		[DIGEST_NONE] = OID_INIT("\x2a"),
		[DIGEST_MD5] = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x02\x05"),
		[DIGEST_SHA1] = OID_INIT("\x2b\x0e\x03\x02\x1a"),
		[DIGEST_SHA256] = OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x01"),
		[DIGEST_SHA384] = OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x02"),
		[DIGEST_SHA512] = OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x03"),
	};
	size_t whole, parameters, field, mgf;

	buffer_clear(b);
	whole = der_open(b, DER_SEQUENCE);
	der_add(b, DER_OID, OID(OID_PSS));
	parameters = der_open(b, DER_SEQUENCE);
	field = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
	der_add_algorithm(b, oids[hash], true);
	der_close(b, field);
	field = der_open(b, DER_CONTEXT_CONSTRUCTED(1));
	mgf = der_open(b, DER_SEQUENCE);
	der_add(b, DER_OID, OID(OID_MGF1));
	der_add_algorithm(b, oids[mgf1], true);
	der_close(b, mgf);
	der_close(b, field);
	field = der_open(b, DER_CONTEXT_CONSTRUCTED(2));
	der_add_number(b, salt);
	der_close(b, field);
	field = der_open(b, DER_CONTEXT_CONSTRUCTED(3));
	der_add_number(b, trailer);
	der_close(b, field);
	der_close(b, parameters);
	der_close(b, whole);
	return buffer_span(b);
}

static enum signature_result ask_pss(struct span spki, struct span identifier,
				     const struct digest *hash, struct span signature)
{
	struct signature_algorithm algorithm;
	struct public_key key;
	struct signature_check check = { &key, &algorithm, hash, signature, true, false };
	struct der d;

	if (!der_only(identifier, DER_SEQUENCE, &d, NULL) ||
	    signature_algorithm_read(&d, &algorithm) != STATUS_OK)
		abort();
	(void)!public_key_read(spki, &key);
	return signature_verify(&check);
}

static void test_pss(EVP_PKEY *key, size_t bits)
{
	static const struct {
		enum digest_algorithm hash, mgf1;
		int salt;
	} rows[] = {
		{DIGEST_SHA1,    DIGEST_SHA1,   20},
                { DIGEST_SHA256, DIGEST_SHA256, 32},
		{ DIGEST_SHA256, DIGEST_SHA1,   0 },
                { DIGEST_SHA384, DIGEST_SHA512, 1 },
		{ DIGEST_SHA512, DIGEST_SHA256, 62},
	};
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, k = BUFFER_INIT;
	struct span spki = spki_of(key, &k);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum digest_algorithm h = rows[i].hash, g = rows[i].mgf1;
		size_t salt = (size_t)rows[i].salt;
		struct digest hash = hash_of(h, "text"), no = hash_of(h, "Text");
		struct signature s = sign(key, &hash, RSA_PKCS1_PSS_PADDING, rows[i].salt, g);
		int wrong = 0;

		CHECK(ask_pss(spki, pss_identifier(&b, h, g, salt, 1), &hash,
			      signature_span(&s)) == SIGNATURE_OK,
		      "pss %zu bit, row %zu: good", bits, i);
		CHECK(ask_pss(spki, buffer_span(&b), &no, signature_span(&s)) ==
			      SIGNATURE_WRONG,
		      "pss %zu bit, row %zu: of another text", bits, i);
		CHECK(ask_pss(spki, pss_identifier(&b, h, g, salt + 1, 1), &hash,
			      signature_span(&s)) == SIGNATURE_WRONG,
		      "pss %zu bit, row %zu: another salt length", bits, i);
		CHECK(ask_pss(spki, pss_identifier(&b, h, DIGEST_MD5, salt, 1), &hash,
			      signature_span(&s)) == SIGNATURE_WRONG,
		      "pss %zu bit, row %zu: another mask", bits, i);
		CHECK(ask(spki, OID(OID_RSA), &hash, signature_span(&s)) == SIGNATURE_WRONG,
		      "pss %zu bit, row %zu: is not PKCS #1 v1.5", bits, i);
		(void)pss_identifier(&b, h, g, salt, 1);
		for (size_t bit = 0; bit < s.len * 8; bit += 61) {
			s.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
			wrong += ask_pss(spki, buffer_span(&b), &hash, signature_span(&s)) !=
				 SIGNATURE_WRONG;
			s.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		CHECK(wrong == 0, "pss %zu bit, row %zu: one bit changed", bits, i);
	}
}

static void test_pss_parameters(EVP_PKEY *key, struct span spki)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct digest hash = hash_of(DIGEST_SHA256, "text");
	struct signature s = sign(key, &hash, RSA_PKCS1_PSS_PADDING, 32, DIGEST_SHA256);
	struct digest weak = hash_of(DIGEST_SHA1, "text");
	struct signature plain = sign(key, &weak, RSA_PKCS1_PSS_PADDING, 20, DIGEST_SHA1);
	struct span identifier;

	identifier = pss_identifier(&b, DIGEST_SHA256, DIGEST_SHA256, 32, 2);
	CHECK(ask_pss(spki, identifier, &hash, signature_span(&s)) == SIGNATURE_NOT_SUPPORTED,
	      "pss: another trailer");
	identifier = pss_identifier(&b, DIGEST_NONE, DIGEST_SHA256, 32, 1);
	CHECK(ask_pss(spki, identifier, &hash, signature_span(&s)) == SIGNATURE_NOT_SUPPORTED,
	      "pss: unknown hash");
	identifier = pss_identifier(&b, DIGEST_SHA256, DIGEST_NONE, 32, 1);
	CHECK(ask_pss(spki, identifier, &hash, signature_span(&s)) == SIGNATURE_NOT_SUPPORTED,
	      "pss: unknown mask");
	identifier = pss_identifier(&b, DIGEST_SHA256, DIGEST_SHA256, UINT64_MAX, 1);
	CHECK(ask_pss(spki, identifier, &hash, signature_span(&s)) == SIGNATURE_NOT_SUPPORTED,
	      "pss: salt of 2^64 octets");
	identifier = pss_identifier(&b, DIGEST_SHA256, DIGEST_SHA256, 2000, 1);
	CHECK(ask_pss(spki, identifier, &hash, signature_span(&s)) == SIGNATURE_WRONG,
	      "pss: salt longer than the key");
	identifier = pss_identifier(&b, DIGEST_SHA1, DIGEST_SHA256, 32, 1);
	CHECK(ask_pss(spki, identifier, &hash, signature_span(&s)) == SIGNATURE_WRONG,
	      "pss: parameters name another hash");
	identifier = OID("\x30\x0d\x06\x09" OID_PSS "\x30\x00");
	CHECK(ask_pss(spki, identifier, &weak, signature_span(&plain)) == SIGNATURE_OK,
	      "pss: parameters left out mean SHA-1 and 20");
}

/* A key for PSS alone, with SHA-256 and at least 32 octets of salt. */
static void test_pss_key(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, k = BUFFER_INIT;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL);
	struct digest hash = hash_of(DIGEST_SHA256, "text");
	EVP_PKEY *key = NULL;
	struct signature s;
	struct span spki, identifier;

	if (!c || EVP_PKEY_keygen_init(c) != 1 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(c, 1024) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_keygen_md(c, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(c, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(c, 32) != 1 ||
	    EVP_PKEY_keygen(c, &key) != 1)
		abort();
	spki = spki_of(key, &k);
	s = sign(key, &hash, RSA_PKCS1_PSS_PADDING, 40, DIGEST_SHA256);
	identifier = pss_identifier(&b, DIGEST_SHA256, DIGEST_SHA256, 40, 1);
	CHECK(ask_pss(spki, identifier, &hash, signature_span(&s)) == SIGNATURE_OK,
	      "pss key: more salt than it asks for");
	identifier = pss_identifier(&b, DIGEST_SHA256, DIGEST_SHA256, 20, 1);
	CHECK(ask_pss(spki, identifier, &hash, signature_span(&s)) == SIGNATURE_WRONG,
	      "pss key: less salt");
	CHECK(ask(spki, OID(OID_RSA_SHA256), &hash, signature_span(&s)) == SIGNATURE_WRONG,
	      "pss key: never PKCS #1 v1.5");
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(c);
}

int main(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	EVP_PKEY *key = EVP_RSA_gen(2048U), *other = EVP_RSA_gen(2048U);
	EVP_PKEY *small = EVP_RSA_gen(1024U), *odd = EVP_RSA_gen(1025U);
	struct span spki;

	if (!key || !other || !small || !odd)
		abort();
	spki = spki_of(key, &b);
	test_rsa(key, spki, other);
	test_recovery(key, spki);
	test_padding(key, spki);
	test_raw_hash(key, spki);
	test_beyond_modulus(key, spki);
	test_rsa_keys();
	test_pss(key, 2048);
	test_pss(odd, 1025);
	test_pss_parameters(key, spki);
	test_pss_key();
	test_leading_zeros(small, spki_of(small, &b));
	CHECK(ERR_peek_error() == 0, "nothing is left on the error queue");
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	EVP_PKEY_free(small);
	EVP_PKEY_free(odd);
	return CHECK_DONE();
}
