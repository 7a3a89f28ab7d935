/* SPDX-License-Identifier: MIT */
/* Digest: a hash value and its algorithm (FIPS 180-4, RFC 1321). */
#pragma once
#include "base/span.h"
#include "base/status.h"

enum digest_algorithm {
	DIGEST_NONE = 0,
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
	DIGEST_BLAKE2B, /* of 512 bits, RFC 7693 */
	DIGEST_SHA224,  /* the numbers stand in files: last, because it came last */
};

#define DIGEST_MAX 64

struct digest {
	enum digest_algorithm algorithm;
	uint8_t bytes[DIGEST_MAX];
};

/* Length of its value in bytes; 0 for DIGEST_NONE. */
size_t digest_size(enum digest_algorithm a);

/* "md5", "sha1", "sha256", "sha384", "sha512", "sha224"; "none". */
const char *digest_name(enum digest_algorithm a);

/* By object identifier (DER content octets); also signature OIDs that imply one
 * (sha1WithRSAEncryption, ecdsa-with-SHA256 ...).  DIGEST_NONE: not known. */
enum digest_algorithm digest_by_oid(struct span oid);

static inline struct span digest_span(const struct digest *d)
{
	return (struct span){ d->bytes, digest_size(d->algorithm) };
}

static inline bool digest_equal(const struct digest *d, struct span value)
{
	return d->algorithm != DIGEST_NONE && span_equal(digest_span(d), value);
}

/* Why libcrypto has just refused: STATUS_UNSUPPORTED (say, MD5 under FIPS), or
 * STATUS_NO_MEMORY.  Empties its list of errors. */
MUST_CHECK enum status digest_refused(void);

/* The digest of @n spans one after the other, all in memory. */
MUST_CHECK enum status digest_of(enum digest_algorithm a, const struct span *parts, size_t n,
				 struct digest *out);
