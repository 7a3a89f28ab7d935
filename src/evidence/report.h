/* SPDX-License-Identifier: MIT */
/*
 * Report: everything that we say about one file, ready for printing.
 *
 * Made by src/engine from claims, facts and judgement; sent from the confined
 * worker to its supervisor, and kept in the cache, by src/evidence/wire.c.
 * Strings are UTF-8 from the file with hostile characters already escaped, or
 * literals; spans are raw octets.  Everything lives in one arena.
 */
#pragma once
#include "assay.h"
#include "base/arena.h"
#include "base/buffer.h"

#define REPORT_MAX_SIGNATURES 64
#define REPORT_MAX_REGIONS    512
#define REPORT_MAX_RANGES     4096
#define REPORT_MAX_FINDINGS   512
#define REPORT_MAX_CHAIN      16
#define REPORT_MAX_TIMESTAMPS 64
#define REPORT_MAX_ERRORS     16
#define REPORT_MAX_TEXT       65536

struct report_certificate {
	const char *subject, *issuer; /* RFC 4514 text */
	struct span serial;
	uint8_t sha256[32];
	int64_t not_before, not_after;
	bool anchor;
	struct range where; /* in the file; zero long: not embedded */
};

struct report_timestamp {
	const char *kind; /* "rfc3161", "pkcs9" */
	int64_t time;
	bool has_time, good, trusted, counts;
	const char *signer;  /* name; claimed unless .counts */
	const char *problem; /* NULL: none */
	struct range where;
};

struct report_signature {
	const char *scheme;
	unsigned entry, depth;
	enum assay_verdict verdict;
	const char *rule;
	enum assay_presence presence;
	enum assay_binding binding;
	enum assay_signature signature;
	enum assay_trust trust;
	const char *trust_reason;   /* NULL when anchored */
	const char *problem;        /* NULL: none */
	const char *claimed_signer; /* NULL: not readable */
	const char *signer;         /* only when the facts allow it: good, intact, anchored */
	const char *anchor;         /* name of the anchor; NULL */
	bool has_signed_at;
	int64_t signed_at;
	bool has_claimed_time;
	int64_t claimed_time;
	const char *program_name, *more_info, *statement; /* claims */
	struct range where;
	const char *digest_algorithm; /* NULL: unknown */
	struct span digest_signed, digest_computed;
	const struct range *covered; /* file ranges under the image digest, in hash order */
	size_t n_covered;
	uint64_t zero_pad;                      /* zero bytes hashed behind them */
	const struct report_certificate *chain; /* leaf first */
	size_t n_chain;
	const struct report_timestamp *timestamps;
	size_t n_timestamps;
	size_t n_pages, n_bad_pages;
	const struct range *bad_pages;
	size_t n_bad_pages_kept;

	/* For --reproduce: file ranges; zero long: not there. */
	struct range content;         /* octets under messageDigest */
	struct range signed_attrs;    /* whole element */
	struct range signature_value; /* encryptedDigest octets */
	struct range certificate;     /* the signer's, DER */
	const char *cms_digest;       /* digestAlgorithm of the SignerInfo: "sha256" */
	const char *key_type;         /* "rsa", "ec", "dsa" */
	const char *pss_mgf1;         /* RSASSA-PSS: the digest of its mask; NULL: not PSS */
	uint64_t pss_salt_len;
};

struct report_finding {
	const char *id;
	enum assay_severity severity;
	struct range where;
	const char *reference, *message; /* from the rule table */
	const char *expected, *observed; /* NULL: not applicable */
	int signature;                   /* -1: the file */
};

struct report_region {
	const char *name,
		*kind; /* kind: "header" "section" "gap" "overlay" "signature" "trailing" */
	struct range where;
};

struct report {
	uint64_t size;
	bool has_sha256;
	uint8_t sha256[32];
	const char *format;  /* NULL: no known program format */
	const char *variant; /* NULL: not known */
	enum assay_verdict verdict;
	const char *rule;
	enum assay_masquerade masquerade;
	int decisive;               /* index of the signature that decided; -1: none */
	const char *removed_signer; /* whom a removed signature claims; NULL: none is left */
	const struct report_signature *signatures;
	size_t n_signatures;
	const struct report_finding *findings;
	size_t n_findings, n_findings_dropped;
	const struct report_region *regions;
	size_t n_regions;
	const char *const *errors;
	size_t n_errors;
	bool complete;
	const char *engine;              /* version */
	const char *policy;              /* digest, hex */
	const char *trust_store;         /* digest, hex */
	int64_t holds_from, holds_until; /* judged at any clock in between, the same report */
};

struct assay_report {
	struct arena arena;
	struct report report;
};
