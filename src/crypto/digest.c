/* SPDX-License-Identifier: MIT */
#include "crypto/digest.h"
#include "crypto/lanes_stream.h"

#include <openssl/err.h>
#include <openssl/evp.h>

static const struct {
	const char *name;
	size_t size;
	const EVP_MD *(*evp)(void);
} algorithms[] = {
	[DIGEST_NONE] = {"none",        0,  EVP_md_null   },
	[DIGEST_MD5] = { "md5",        16, EVP_md5       },
	[DIGEST_SHA1] = { "sha1",       20, EVP_sha1      },
	[DIGEST_SHA256] = { "sha256",     32, EVP_sha256    },
	[DIGEST_SHA384] = { "sha384",     48, EVP_sha384    },
	[DIGEST_SHA512] = { "sha512",     64, EVP_sha512    },
	[DIGEST_BLAKE2B] = { "blake2b512", 64, EVP_blake2b512},
	[DIGEST_SHA224] = { "sha224",     28, EVP_sha224    },
};

/* RFC 3279 (2.1, 2.2), RFC 4055 (2.1, 5), RFC 5758 (3), FIPS 180-4, OIW SecSIG (1.3.14.3.2). */
static const struct {
	const char *oid;
	size_t len;
	enum digest_algorithm algorithm;
} oids[] = {
#define OID(bytes) bytes, sizeof(bytes) - 1
	{OID("\x60\x86\x48\x01\x65\x03\x04\x02\x01"),  DIGEST_SHA256}, /* id-sha256 */
	{ OID("\x2b\x0e\x03\x02\x1a"),                 DIGEST_SHA1  }, /* id-sha1 */
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), DIGEST_SHA384}, /* id-sha384 */
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), DIGEST_SHA512}, /* id-sha512 */
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x02\x05"),     DIGEST_MD5   }, /* md5 */
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), DIGEST_SHA256}, /* sha256WithRSA */
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), DIGEST_SHA1  }, /* sha1WithRSA */
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), DIGEST_SHA384}, /* sha384WithRSA */
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), DIGEST_SHA512}, /* sha512WithRSA */
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"), DIGEST_MD5   }, /* md5WithRSA */
	{ OID("\x2b\x0e\x03\x02\x1d"),                 DIGEST_SHA1  }, /* sha1WithRSA, OIW */
	{ OID("\x2a\x86\x48\xce\x3d\x04\x01"),         DIGEST_SHA1  }, /* ecdsa-with-SHA1 */
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"),     DIGEST_SHA256}, /* ecdsa-with-SHA256 */
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"),     DIGEST_SHA384}, /* ecdsa-with-SHA384 */
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"),     DIGEST_SHA512}, /* ecdsa-with-SHA512 */
	{ OID("\x2a\x86\x48\xce\x38\x04\x03"),         DIGEST_SHA1  }, /* dsa-with-sha1 */
	{ OID("\x2b\x0e\x03\x02\x1b"),                 DIGEST_SHA1  }, /* dsaWithSHA1, OIW */
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x03\x02"), DIGEST_SHA256}, /* dsa-with-sha256 */
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x03\x03"), DIGEST_SHA384}, /* dsa-with-sha384 */
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x03\x04"), DIGEST_SHA512}, /* dsa-with-sha512 */
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x02\x04"), DIGEST_SHA224}, /* id-sha224 */
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e"), DIGEST_SHA224}, /* sha224WithRSA */
	{ OID("\x2a\x86\x48\xce\x3d\x04\x03\x01"),     DIGEST_SHA224}, /* ecdsa-with-SHA224 */
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x03\x01"), DIGEST_SHA224}, /* dsa-with-sha224 */
};

size_t digest_size(enum digest_algorithm a)
{
	return algorithms[a].size;
}

const char *digest_name(enum digest_algorithm a)
{
	return algorithms[a].name;
}

enum digest_algorithm digest_by_oid(struct span oid)
{
	for (size_t i = 0; i < COUNT_OF(oids); i++)
		if (oid.len == oids[i].len && span_starts(oid, oids[i].oid, oids[i].len))
			return oids[i].algorithm;
	return DIGEST_NONE;
}

/* Ours: without a context, and without libcrypto's start-up of about a millisecond. */
static void digest_by_stream(enum digest_algorithm a, const struct span *parts, size_t n,
			     struct digest *out)
{
	struct stream s;
	struct span blocks;

	stream_begin(&s, a);
	for (size_t i = 0; i < n; i++)
		for (struct span part = parts[i]; stream_take(&s, &part, &blocks);)
			stream_compress(&s, blocks);
	stream_compress(&s, stream_last(&s));
	stream_result(&s, out);
}

enum status digest_refused(void)
{
	bool unsupported = false, no_memory = false;

	for (unsigned long e = ERR_get_error(); e != 0; e = ERR_get_error()) {
		unsupported |= ERR_GET_REASON(e) == ERR_R_UNSUPPORTED;
		no_memory |= ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE;
	}
	return unsupported && !no_memory ? STATUS_UNSUPPORTED : STATUS_NO_MEMORY;
}

static bool digest_by_evp(EVP_MD_CTX *context, enum digest_algorithm a,
			  const struct span *parts, size_t n, struct digest *out)
{
	if (EVP_DigestInit_ex2(context, algorithms[a].evp(), NULL) != 1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (EVP_DigestUpdate(context, parts[i].ptr, parts[i].len) != 1)
			return false;
	if (EVP_DigestFinal_ex(context, out->bytes, NULL) != 1)
		return false;
	out->algorithm = a;
	return true;
}

enum status digest_of(enum digest_algorithm a, const struct span *parts, size_t n,
		      struct digest *out)
{
	EVP_MD_CTX *context;
	bool made;

	memset(out, 0, sizeof *out);
	if (a == DIGEST_NONE)
		return STATUS_UNSUPPORTED;
	if (stream_can(a)) {
		digest_by_stream(a, parts, n, out);
		return STATUS_OK;
	}
	context = EVP_MD_CTX_new();
	if (!context)
		return STATUS_NO_MEMORY;
	made = digest_by_evp(context, a, parts, n, out);
	EVP_MD_CTX_free(context);
	return made ? STATUS_OK : digest_refused();
}
