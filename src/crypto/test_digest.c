/* SPDX-License-Identifier: MIT */
/* Digests against the examples of FIPS 180 and RFC 1321, the kernels against EVP. */
#include "crypto/digest.h"
#include "crypto/lanes_stream.h"
#include "tests/check.h"

#include <openssl/evp.h>

static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

static const struct {
	enum digest_algorithm algorithm;
	const char *name;
	size_t size;
	const char *empty, *abc, *two_blocks;
} known[] = {
	{DIGEST_MD5,     "md5",    16, "d41d8cd98f00b204e9800998ecf8427e",
         "900150983cd24fb0d6963f7d28e17f72",													       "8215ef0796a20bcaaae116d3876c664a"                                         },
	{ DIGEST_SHA1,   "sha1",   20, "da39a3ee5e6b4b0d3255bfef95601890afd80709",
         "a9993e364706816aba3e25717850c26c9cd0d89d",												       "84983e441c3bd26ebaae4aa1f95129e5e54670f1"                                 },
	{ DIGEST_SHA256, "sha256", 32,
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"																			   },
	{ DIGEST_SHA384, "sha384", 48,
         "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
	  "274edebfe76f65fbd51ad2f14898b95b",				      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	  "8086072ba1e7cc2358baeca134c825a7",								 "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6"
	  "b0455a8520bc4e6f5fe95b1fe3c8452b"												},
	{ DIGEST_SHA512, "sha512", 64,
         "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f", "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c335"
	  "96fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445"},
	{ DIGEST_SHA224, "sha224", 28,
         "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",	       "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
         "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525"																				   },
};

static bool digest_is(enum digest_algorithm a, const char *text, const char *hex)
{
	struct span part = SPAN_TEXT(text);
	struct digest d;
	char out[2 * DIGEST_MAX + 1] = "";

	if (digest_of(a, &part, 1, &d) != STATUS_OK || d.algorithm != a)
		return false;
	for (size_t i = 0; i < digest_size(a); i++)
		(void)snprintf(&out[2 * i], 3, "%02x", d.bytes[i]);
	return strcmp(out, hex) == 0;
}

static void test_known(void)
{
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		enum digest_algorithm a = known[i].algorithm;

		CHECK(strcmp(digest_name(a), known[i].name) == 0 &&
			      digest_size(a) == known[i].size,
		      "%s has its name and size", known[i].name);
		CHECK(digest_is(a, "", known[i].empty) && digest_is(a, "abc", known[i].abc) &&
			      digest_is(a, two_blocks, known[i].two_blocks),
		      "%s of the standard's examples", known[i].name);
	}
}

static const struct {
	const char *dotted;
	enum digest_algorithm algorithm;
} oids[] = {
	{"1.2.840.113549.2.5",      DIGEST_MD5   },
	{ "1.3.14.3.2.26",          DIGEST_SHA1  },
	{ "2.16.840.1.101.3.4.2.1", DIGEST_SHA256},
	{ "2.16.840.1.101.3.4.2.2", DIGEST_SHA384},
	{ "2.16.840.1.101.3.4.2.3", DIGEST_SHA512},
	{ "1.2.840.113549.1.1.4",   DIGEST_MD5   },
	{ "1.2.840.113549.1.1.5",   DIGEST_SHA1  },
	{ "1.3.14.3.2.29",          DIGEST_SHA1  },
	{ "1.2.840.113549.1.1.11",  DIGEST_SHA256},
	{ "1.2.840.113549.1.1.12",  DIGEST_SHA384},
	{ "1.2.840.113549.1.1.13",  DIGEST_SHA512},
	{ "1.2.840.10045.4.1",      DIGEST_SHA1  },
	{ "1.2.840.10045.4.3.2",    DIGEST_SHA256},
	{ "1.2.840.10045.4.3.3",    DIGEST_SHA384},
	{ "1.2.840.10045.4.3.4",    DIGEST_SHA512},
	{ "1.2.840.10040.4.3",      DIGEST_SHA1  },
	{ "1.3.14.3.2.27",          DIGEST_SHA1  },
	{ "2.16.840.1.101.3.4.3.2", DIGEST_SHA256},
	{ "2.16.840.1.101.3.4.3.3", DIGEST_SHA384},
	{ "2.16.840.1.101.3.4.3.4", DIGEST_SHA512},
	{ "1.2.840.113549.1.1.1",   DIGEST_NONE  }, /* rsaEncryption */
	{ "1.2.840.113549.1.1.10",  DIGEST_NONE  }, /* RSASSA-PSS: in its parameters */
	{ "2.16.840.1.101.3.4.2.4", DIGEST_SHA224},
	{ "1.2.840.113549.1.1.14",  DIGEST_SHA224},
	{ "1.2.840.10045.4.3.1",    DIGEST_SHA224},
	{ "2.16.840.1.101.3.4.3.1", DIGEST_SHA224},
	{ "2.16.840.1.101.3.4.2",   DIGEST_NONE  },
};

static void test_oids(void)
{
	for (size_t i = 0; i < COUNT_OF(oids); i++) {
		ASN1_OBJECT *object = OBJ_txt2obj(oids[i].dotted, 1);
		struct span oid = { OBJ_get0_data(object), OBJ_length(object) };

		CHECK(digest_by_oid(oid) == oids[i].algorithm, "%s says %s", oids[i].dotted,
		      digest_name(oids[i].algorithm));
		ASN1_OBJECT_free(object);
	}
	CHECK(digest_by_oid(SPAN_NONE) == DIGEST_NONE, "no OID says nothing");
}

/* Every length around the padding's corners, whole and cut in three. */
static void test_lengths(void)
{
	uint8_t bytes[300], want[DIGEST_MAX];
	struct digest whole, cut;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 13);
	for (size_t k = 0; k < COUNT_OF(known); k++) {
		bool good = true;

		for (size_t len = 0; len <= sizeof bytes; len++) {
			struct span all = { bytes, len };
			struct span parts[] = { span_clip(all, 0, len / 3),
						span_clip(all, len / 3, len / 2),
						span_after(all, len / 3 + len / 2) };

			good &= digest_of(known[k].algorithm, &all, 1, &whole) == STATUS_OK &&
				digest_of(known[k].algorithm, parts, 3, &cut) == STATUS_OK &&
				EVP_Q_digest(NULL, known[k].name, NULL, bytes, len, want,
					     NULL) == 1 &&
				digest_equal(&whole, (struct span){ want, known[k].size }) &&
				digest_equal(&cut, digest_span(&whole));
		}
		CHECK(good, "%s of 0 to 300 bytes, whole and in parts, is EVP's",
		      known[k].name);
	}
}

static void test_none(void)
{
	struct digest d;

	CHECK(digest_of(DIGEST_NONE, NULL, 0, &d) == STATUS_UNSUPPORTED &&
		      !digest_equal(&d, SPAN_NONE),
	      "no algorithm gives no digest, equal to nothing");
	CHECK(digest_of(DIGEST_SHA256, NULL, 0, &d) == STATUS_OK &&
		      digest_equal(&d, digest_span(&d)) && !digest_equal(&d, SPAN_NONE),
	      "no parts are the empty message");
}

/* Each stream must be what it is alone: all lots of SHA-1 and SHA-256, by the bits of @kinds.
 */
static bool together_is_alone(struct span bytes, unsigned kinds, size_t n)
{
	struct stream s[SHA_TOGETHER], *streams[SHA_TOGETHER];
	struct span in[SHA_TOGETHER];
	struct digest want, got;
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		stream_begin(&s[i], kinds >> i & 1 ? DIGEST_SHA1 : DIGEST_SHA256);
		streams[i] = &s[i];
		in[i] = span_clip(bytes, 1 + 17 * i, 5 * SHA_BLOCK);
	}
	streams_compress(streams, in, n);
	for (size_t i = 0; i < n; i++) {
		s[i].len = in[i].len;
		stream_compress(&s[i], stream_last(&s[i]));
		stream_result(&s[i], &got);
		good &= digest_of(s[i].algorithm, &in[i], 1, &want) == STATUS_OK &&
			digest_equal(&got, digest_span(&want));
	}
	return good;
}

static void test_together(void)
{
	uint8_t bytes[6 * SHA_BLOCK];

	if (!kernels_available()) {
		printf("# skip: this CPU has no SHA extensions\n");
		return;
	}
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 17);
	for (size_t n = 1; n <= SHA_TOGETHER; n++) {
		bool good = true;

		for (unsigned kinds = 0; kinds < 1U << n; kinds++)
			good &= together_is_alone(SPAN_OF(bytes), kinds, n);
		CHECK(good, "%zu streams of SHA-1 and SHA-256: each as alone", n);
	}
}

/* Last: what libcrypto does not offer stays so. */
static void test_refused(void)
{
	struct digest d;

	if (EVP_set_default_properties(NULL, "provider=none-such") != 1)
		abort();
	CHECK(digest_of(DIGEST_MD5, NULL, 0, &d) == STATUS_UNSUPPORTED &&
		      !digest_equal(&d, digest_span(&d)),
	      "what libcrypto does not offer is unsupported");
}

int main(void)
{
	test_known();
	test_oids();
	test_lengths();
	test_none();
	test_together();
	test_refused();
	return CHECK_DONE();
}
