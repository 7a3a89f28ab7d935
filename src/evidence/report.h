/* SPDX-License-Identifier: MIT */
/*
 * Report: everything that we say about one file, ready for printing.
 *
 * Made by src/engine from claims, facts and judgement; sent from the confined
 * worker to its supervisor, and kept in the cache, as src/evidence/wire.h says.
 * Strings are UTF-8 from the file with hostile characters already escaped, or
 * literals; spans are raw octets.  Everything lives in one arena.
 */
#pragma once
#include "assay.h"
#include "base/buffer.h"
#include "base/feature.h"

#define REPORT_MAX_SIGNATURES 64
#define REPORT_MAX_REGIONS    512
#define REPORT_MAX_RANGES     4096
#define REPORT_MAX_FINDINGS   512
#define REPORT_MAX_CHAIN      16
#define REPORT_MAX_TIMESTAMPS 64
#define REPORT_MAX_ERRORS     16
#define REPORT_MAX_TEXT       65536
#define REPORT_MAX_EVIDENCE   64
#define REPORT_MAX_MEMORIES   16
#define REPORT_MAX_FOREIGN    256
#define REPORT_MAX_MAP        4096
#define REPORT_MAX_MATCHES    256 /* YARA rules */

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

/* A section of the donor, beside that of the file. */
struct report_donor_section {
	const char *name;
	uint64_t raw_size;
	bool hashed, same; /* the same bytes as the file's section of this name */
};

/* Whose signature (or face) it is. */
struct report_donor {
	bool indexed;     /* its record was found; else only what the signature itself says */
	const char *name; /* of the file, when it was learnt; NULL */
	const char *version, *product, *company; /* NULL */
	const char *signer;     /* verified when it was learnt; not indexed: claimed */
	const char *known_by;   /* "digest" "page-hashes" "signature-block" "metadata"; NULL */
	const char *provenance; /* NULL */
	const char *digest_algorithm;
	struct span digest; /* that its signature signs */
	bool has_signed_at;
	int64_t signed_at;
	uint64_t size; /* up to its certificate table; 0: not known */
	const struct report_donor_section *sections;
	size_t n_sections;
};

/* How a file relates to the program whose signature it carries. */
struct report_relation {
	const char *confidence; /* "proven" "inferred"; NULL: undecided */
	struct report_donor donor;
	uint64_t n_host_pages, n_donor_pages, n_matched_pages; /* 0: not compared */
	bool sampled;      /* the donor's record holds only some of its pages: .n_matched is
			      estimated */
	bool code_differs; /* a whole section of code is known to have other bytes */
	const struct range *foreign; /* pages that are not the donor's */
	size_t n_foreign;
	const char *page_map; /* a cell for each page or several: '.' constant '=' same 'x' not
				 '?' not compared; NULL */
	int llr;              /* sum of weighed signals, thousandths; 0: none */
};

/* One piece of evidence for it. */
struct report_evidence {
	const char *id, *sentence, *note; /* note: when it lies */
	const char *expected, *observed;  /* NULL: not applicable */
	struct range where;
	unsigned genuine, n_genuine, forged, n_forged;
	int llr;       /* thousandths */
	int signature; /* -1: the file */
};

/* A YARA rule that matched. */
struct report_match {
	const char *name_space, *rule, *tags;
	const struct range *strings;
	size_t n_strings;
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
	const char *trust_reason; /* NULL when anchored */
	const char *problem;      /* NULL: none */
	const char *part;   /* the program of the file that it is for; NULL: the only one */
	const char *limits; /* for whom this holds; NULL: everybody */
	const char *claimed_signer; /* NULL: not readable */
	const char *signer;         /* only when the facts allow it: good, intact, anchored */
	const char *anchor;         /* name of the anchor; NULL */
	/* SHA-256 of their keys (SubjectPublicKeyInfo; of raw keys what they are known by),
	 * only when the facts allow it; empty: none. */
	struct span signer_spki, anchor_spki;
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
	uint64_t zero_pad; /* zero bytes hashed behind them */
	bool covers_more;  /* bytes that are not in the file as they are hashed: .covered is not
			      all */
	const struct report_certificate *chain; /* leaf first */
	size_t n_chain;
	const struct report_timestamp *timestamps;
	size_t n_timestamps;
	size_t n_pages, n_bad_pages;
	const struct range *bad_pages;
	size_t n_bad_pages_kept;
	const struct report_relation *relation; /* NULL: the signature is of this file */

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
	/* Inside the file that is named, where this is: names of members, "!" between them, in
	 * which ! is %21 and % is %25; any other bytes but zero.  Empty: the file itself. */
	struct span inside;
	uint64_t size;
	bool has_sha256;
	uint8_t sha256[32];
	const char *format;  /* NULL: no known program format */
	const char *variant; /* NULL: not known */
	const char *version; /* "10.0.19041.1", as its author says; NULL: none in numbers */
	const char *packing; /* "xz": offsets count in what comes out; NULL: not packed */
	enum assay_verdict verdict;
	const char *rule;
	enum assay_masquerade masquerade;
	int decisive;               /* index of the signature that decided; -1: none */
	const char *removed_signer; /* whom a removed signature claims; NULL: none is left */
	const struct report_relation *relation; /* of a file without signature; NULL: none */
	const struct report_evidence *evidence; /* heaviest first */
	size_t n_evidence;
	const struct feature *features; /* NULL: not asked for */
	size_t n_features, n_features_dropped;
	const struct report_match *matches; /* of YARA rules */
	size_t n_matches;
	const char *yara;            /* "done" "incomplete"; NULL: not asked for */
	const char *yara_rules;      /* SHA-256 of the rules, hex; NULL */
	const struct span *memories; /* encoded donors: what the index may learn of this file */
	size_t n_memories;
	const struct report_signature *signatures;
	size_t n_signatures;
	const struct report_finding *findings;
	size_t n_findings, n_findings_dropped;
	const struct report_region *regions;
	size_t n_regions;
	const char *const *errors;
	size_t n_errors;
	/* For whoever puts the parts of a bundle together (src/formats/bundle); empty: not
	 * asked for.  Never printed. */
	struct span print, executable;
	bool complete;
	const char *engine;              /* version */
	const char *policy;              /* digest, hex */
	const char *trust_store;         /* digest, hex */
	const char *donors;              /* generation of the donor index, hex; NULL: none */
	int64_t holds_from, holds_until; /* judged at any clock in between, the same report */
};

struct assay_report {
	struct arena arena;
	struct report report;
};
