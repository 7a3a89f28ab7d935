/* SPDX-License-Identifier: MIT */
/*
 * DER and BER as they occur in the wild (X.690): read only, never re-encoded.
 *
 * Every element is a child span over the original bytes, so that digests are
 * taken over what really stands there and findings can say at which offset.
 */
#pragma once
#include "base/arena.h"
#include "base/cursor.h"
#include "base/status.h"

/* Identifier octets of the universal types, and of context tags. */
enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_PRINTABLE_STRING = 0x13,
	DER_TELETEX_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};
#define DER_CONTEXT(n)             (0x80 | (n)) /* [n] IMPLICIT primitive */
#define DER_CONTEXT_CONSTRUCTED(n) (0xa0 | (n)) /* [n] EXPLICIT, or IMPLICIT constructed */

struct der {
	uint8_t tag; /* identifier octet; 0x1f in its low bits: a high tag number, skipped */
	bool indefinite;   /* BER: length not given, ended by end-of-contents */
	bool non_minimal;  /* BER: longer length octets than needed */
	struct span whole; /* identifier, length and contents (and end-of-contents) */
	struct span value; /* contents octets */
};

/* The next element at the cursor; false, and the cursor failed, if there is none whole. */
MUST_CHECK bool der_next(struct cursor *c, struct der *out);

/* The next element if its tag is @tag: fails the cursor otherwise. */
MUST_CHECK bool der_expect(struct cursor *c, uint8_t tag, struct der *out);

/* The next element if its tag is @tag; false, and nothing moved, otherwise. */
bool der_optional(struct cursor *c, uint8_t tag, struct der *out);

/* A cursor over the contents of @d. */
struct cursor der_enter(const struct der *d);

/* The one element that @s consists of; bytes behind it go to *@rest if not NULL, else must be
 * none. */
MUST_CHECK bool der_only(struct span s, uint8_t tag, struct der *out, struct span *rest);

/* Contents of an OCTET STRING, joined in @a if it is constructed (BER).  @tag as in @d;
 * @out may be &d->value. */
MUST_CHECK enum status der_octets(struct arena *a, const struct der *d, struct span *out);

/* Octets of a BIT STRING with no unused bits. */
MUST_CHECK bool der_bits(const struct der *d, struct span *out);

/* A non-negative INTEGER that fits; false otherwise. */
MUST_CHECK bool der_u64(const struct der *d, uint64_t *out);

/* Magnitude octets of a positive INTEGER without leading zeros; false if negative or empty. */
MUST_CHECK bool der_magnitude(const struct der *d, struct span *out);

/* UTCTime or GeneralizedTime as seconds since 1970 (RFC 5280 4.1.2.5; also fractions and
 * offsets). */
MUST_CHECK bool der_time(const struct der *d, int64_t *out);

/* "1.2.840.113549.1.7.2" in @a, or "malformed-oid(N bytes)"; NULL: no memory. */
const char *der_oid_text(struct arena *a, struct span oid);

/* Does @oid stand below @arc (both: contents)? */
bool oid_is_below(struct span oid, struct span arc);

/* An object identifier as a literal of content octets: OID("\x2a\x86\x48..."). */
#define OID(literal) ((struct span){ (const uint8_t *)(literal), sizeof(literal) - 1 })

/* The same, to initialise a table with. */
#define OID_INIT(literal)                                                                      \
	{                                                                                      \
		(const uint8_t *)(literal), sizeof(literal) - 1                                \
	}
