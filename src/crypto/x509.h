/* SPDX-License-Identifier: MIT */
/* X.509 certificates (RFC 5280), read as they stand. */
#pragma once
#include "crypto/key.h"

#define CERTIFICATE_MAX_EXTENSIONS 64

enum key_usage {
	KEY_USAGE_DIGITAL_SIGNATURE = 0x80,
	KEY_USAGE_KEY_CERT_SIGN = 0x04,
	KEY_USAGE_CRL_SIGN = 0x02
};

struct certificate {
	struct span der, tbs;        /* whole elements */
	uint64_t version;            /* 0: v1, 2: v3 */
	struct span serial;          /* contents of the INTEGER, as it stands */
	struct span issuer, subject; /* whole Names */
	int64_t not_before, not_after;
	struct public_key key;
	struct signature_algorithm signature_algorithm;
	struct span signature;
	uint8_t sha256[32]; /* of .der */
	uint8_t spki_sha256[32];

	bool has_basic_constraints, is_ca, has_path_len;
	uint64_t path_len;
	bool has_key_usage;
	uint8_t key_usage; /* first octet, enum key_usage */
	bool has_eku, eku_critical;
	struct span eku;                              /* contents: OIDs one after the other */
	struct span subject_key_id, authority_key_id; /* octets, or empty */
	struct span name_constraints;                 /* contents of extnValue, or empty */
	struct span critical_unknown; /* OID of a critical extension that we do not know, or
					 empty */
	struct span extensions;       /* contents of the Extensions SEQUENCE, or empty */
	bool algorithms_differ; /* the signature's is not the one that the signature covers */
	bool malformed;         /* readable, but something in it is not as RFC 5280 wants */
};

/* Reads one Certificate; @der may have bytes behind it only if @rest is given. */
MUST_CHECK enum status certificate_read(struct span der, struct certificate *out,
					struct span *rest);

/* Issuer name equal to subject name, byte for byte. */
bool certificate_self_issued(const struct certificate *c);

/* Does the signature of @child verify under @key? */
enum signature_result certificate_signed_by(const struct certificate *child,
					    const struct public_key *key);

/* Is purpose @oid among its extended key usages? */
bool certificate_has_eku(const struct certificate *c, struct span oid);

/* The first critical extension that is neither known to us nor stands below @arc, an OID
 * (empty: none is let pass); empty: there is none. */
struct span certificate_critical_unknown(const struct certificate *c, struct span arc);

/* The value of an extension by OID (contents of extnValue); false: none. */
MUST_CHECK bool certificate_extension(const struct certificate *c, struct span oid,
				      struct span *value, bool *critical);

/*
 * A Name for people, UTF-8, RFC 4514 escapes, hostile characters as \xNN or
 * \u{N}: "CN=..., O=...".  And its most telling part: CN, else O, else OU, else all.
 */
const char *name_text(struct arena *a, struct span name);
const char *name_short(struct arena *a, struct span name);
/* The first value of attribute type @oid (e.g. 2.5.4.10), UTF-8, escaped; NULL: none. */
const char *name_attribute(struct arena *a, struct span name, struct span oid);

/* Equal after RFC 5280 7.1 normalisation (case, inner spaces, string types). */
bool name_equal(struct span a, struct span b);

#define EKU_CODE_SIGNING  OID("\x2b\x06\x01\x05\x05\x07\x03\x03")
#define EKU_TIME_STAMPING OID("\x2b\x06\x01\x05\x05\x07\x03\x08")
#define EKU_ANY           OID("\x55\x1d\x25\x00")
#define EKU_LIFETIME      OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x0d")
