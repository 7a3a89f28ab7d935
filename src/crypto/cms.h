/* SPDX-License-Identifier: MIT */
/*
 * CMS SignedData (RFC 5652, PKCS #7 1.5), read as it stands: BER, unsorted
 * sets, odd versions; digests are taken over the original octets.
 */
#pragma once
#include "base/finding.h"
#include "crypto/x509.h"

#define CMS_MAX_BYTES   ((size_t)64 << 20) /* catalogs are long; rooms have lower limits */
#define CMS_MAX_CERTS   64
#define CMS_MAX_ATTRS   64
#define CMS_MAX_VALUES  16
#define CMS_MAX_SIGNERS 8

struct cms_attribute {
	struct span oid;
	struct span values[CMS_MAX_VALUES]; /* whole elements */
	size_t n_values;
};

struct signer_info {
	struct span whole;
	uint64_t version;
	struct span issuer,
		serial;     /* sid issuerAndSerialNumber: whole Name, INTEGER contents */
	struct span key_id; /* sid subjectKeyIdentifier */
	enum digest_algorithm digest;
	struct span digest_oid;
	struct signature_algorithm signature_algorithm;
	struct span signature;    /* encryptedDigest octets */
	struct span signed_attrs; /* whole [0] element, or empty */
	struct cms_attribute *attrs, *unsigned_attrs;
	size_t n_attrs, n_unsigned_attrs;
	struct span message_digest, content_type; /* from attrs; empty: absent */
	bool duplicate_attr;                      /* messageDigest or contentType twice */
	bool has_signing_time;
	int64_t signing_time;         /* a claim */
	bool indefinite, non_minimal; /* BER, not DER */
};

struct cms {
	struct span whole; /* the ContentInfo (the DER, without what stands behind) */
	uint64_t version;
	struct span content_type;  /* eContentType */
	struct der content;        /* the element in eContent; .whole empty: detached; .value of
				      a constructed OCTET STRING: its pieces, joined */
	bool octet_content;        /* OCTET STRING around the content (CMS style) */
	struct certificate *certs; /* those that could be read */
	size_t n_certs, n_skipped_certs; /* skipped: X.509, but not readable */
	struct span skipped; /* the longest element among the certificates that is not read */
	struct span digest_algorithms, crls; /* whole elements, or empty; not read either */
	struct signer_info *signers;
	size_t n_signers;
	bool indefinite, non_minimal; /* BER, not DER */
};

/*
 * Reads a ContentInfo with SignedData at the start of @in; *@rest is what stands
 * behind it.  STATUS_MALFORMED: a finding "cms.malformed" says where (offsets
 * count from @base); STATUS_LIMIT: a limit above, a finding "limit.cms" says which.
 */
MUST_CHECK enum status cms_read(struct arena *a, struct span in, uint64_t base,
				struct findings *findings, struct cms *out, struct span *rest);

/* Reads a lone SignerInfo (PKCS #9 countersignature): MALFORMED, LIMIT, or it is read. */
MUST_CHECK enum status signer_info_read(struct arena *a, struct span in,
					struct signer_info *out);

/* The attribute, or NULL. */
const struct cms_attribute *cms_attribute_find(const struct cms_attribute *attrs, size_t n,
					       struct span oid);

/* The certificate that @signer names, among @n certificates; NULL: not there. */
const struct certificate *signer_certificate(const struct signer_info *signer,
					     const struct certificate *certs, size_t n);

/*
 * Is the signature over the signed attributes (or, without them, over
 * @content octets) good under @key?  And does messageDigest equal H(@content)?
 * Attributes are hashed as they stand, their first octet replaced by SET.
 */
struct signer_check {
	enum signature_result signature; /* over the attributes or the content */
	bool digest_matches;          /* messageDigest = H(content); true without attributes */
	bool algorithm_contradiction; /* shaXWithRSA names another digest than digestAlgorithm
				       */
	bool raw_hash;                /* legacy form, only if allowed */
};
MUST_CHECK enum status signer_verify(const struct signer_info *signer,
				     const struct public_key *key, struct span content,
				     bool allow_raw_hash, struct signer_check *out);
/* The same for content that is somewhere else and was hashed there, with signer->digest. */
MUST_CHECK enum status signer_verify_detached(const struct signer_info *signer,
					      const struct public_key *key,
					      const struct digest *content,
					      struct signer_check *out);

/*
 * Why this signature is bad although it could be read, a literal; NULL: it is
 * good.  Algorithms that are not built in are the caller's to tell.
 */
const char *signer_problem(const struct signer_info *signer, const struct signer_check *check);

/* Does the signed attribute signingCertificate(V2) name @certificate? */
enum certificate_named {
	NAMED_NOT, /* there is no such attribute */
	NAMED_RIGHT,
	NAMED_WRONG,
	NAMED_UNREADABLE,
	NAMED_UNSUPPORTED, /* by a digest that is not built in */
};
MUST_CHECK enum status signer_names_certificate(const struct signer_info *signer,
						const struct certificate *certificate, bool v2,
						enum certificate_named *out);
