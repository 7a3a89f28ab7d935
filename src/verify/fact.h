/* SPDX-License-Identifier: MIT */
/*
 * Fact: what we checked about one signature.  Only src/verify makes facts.
 */
#pragma once
#include "crypto/cms.h"
#include "crypto/lanes.h"
#include "crypto/timestamp.h"
#include "trust/trust.h"

struct relation;
struct outside_key;

struct timestamp_fact {
	const struct timestamp *timestamp;
	struct trust_answer answer;
	bool counts; /* good, trusted at its time, not from the future */
};

/* What a signature lists one by one: how much of it is here, unchanged. */
enum unit_kind { UNITS_NONE, UNITS_PAGES, UNITS_ENTRIES, UNITS_STREAMS };
struct unit_match {
	enum unit_kind kind;
	uint64_t n_signed; /* that tell programs apart: not empty, not of one byte, different */
	uint64_t n_matching; /* of these, present with the digest that is signed */
};

/* First eight bytes (big-endian) of the SHA-256 of each page of 4 KiB that is here. */
struct own_pages {
	const uint64_t *code, *rest;
	size_t n_code, n_rest; /* n_code 0: not known */
};

struct fact {
	const char *scheme; /* "authenticode" */
	const struct claim *claim;
	unsigned part;         /* index of the container's part */
	int index;             /* among the facts of the file, for findings */
	unsigned entry, depth; /* which entry of the table; 0: outermost, 1: nested ... */
	struct range where;    /* of this SignedData in the file */
	enum assay_presence presence;
	enum assay_binding binding;
	enum assay_signature signature;
	enum assay_trust trust;

	struct digest signed_digest, computed_digest; /* of the image */
	const struct coverage *covered;
	struct range content;  /* octets under messageDigest that are not in the CMS; or zero */
	const struct cms *cms; /* NULL: could not be read */
	const struct signer_info *signer;      /* NULL: none */
	const struct certificate *certificate; /* the signer's; NULL: not found */
	const struct outside_key *outside;     /* whose certificate that is; NULL: neither */
	struct trust_answer answer;
	struct timestamp_fact *timestamps;
	size_t n_timestamps;
	int64_t judged_at;  /* the time at which its chain was judged */
	bool timestamped;   /* .judged_at comes from a verified timestamp */
	bool expiry_wanted; /* it asks that its certificate's end count without a timestamp too
			     */
	bool has_signed_at;
	int64_t signed_at; /* from a verified timestamp only */
	bool has_claimed_time;
	int64_t claimed_time;                 /* signingTime attribute: a claim */
	const char *program_name, *more_info; /* SpcSpOpusInfo: claims */
	const char *statement;                /* SpcStatementType: a claim */
	const char *problem;                  /* why broken or unsupported, a sentence */
	/* Who signed, where no certificate says so: a key's number, an owner; a claim. */
	const char *claimed_signer;
	const struct span *past; /* certificates that handed over to the signer's, verified */
	size_t n_past;           /* the oldest first; 0: none */
	const char *limits; /* for whom this holds: "Android API 24 to 27"; NULL: everybody */

	/* Why, as the row of the rule table; NULL: the usual one of the word. */
	const char *partial_rule;  /* with ASSAY_BINDING_PARTIAL */
	const char *tampered_rule; /* with ASSAY_BINDING_MODIFIED: proven by the signature */
	const char
		*grafted_rule; /* with ASSAY_BINDING_PARTIAL: it speaks for what never runs */
	const char *counterfeit_rule; /* with .counterfeit: whatever else is wrong */
	const char *untrusted_rule;   /* good, and still not to be believed: why */
	bool stripped;                /* it names another signature, which is gone */
	uint32_t inner; /* words of code that it seals as a whole: 1 << enum assay_verdict */
	struct unit_match units;
	struct own_pages own_pages;

	struct span code_hashes; /* of each CodeDirectory: 20 bytes; Apple's "cdhash" */
	const char *designated;  /* the requirement by which it is known; NULL: it says none */

	const char *kind;      /* of file, as signatures name kinds: "a program"; or NULL */
	const char *made_for;  /* another kind, as the signature says; NULL: this, or unknown */
	struct span data_type; /* OID of what was signed (SpcPeImageData ...); empty: unreadable
				*/
	struct span sip;       /* SpcSipInfo: the GUID of the signed file's kind; or empty */
	struct span page_table;        /* signed: {u32le offset, digest} of each page */
	size_t n_pages, n_bad_pages;   /* page hashes; 0: no table */
	const struct range *bad_pages; /* at most FACT_MAX_BAD_PAGES of them */
	size_t n_bad_pages_kept;
	enum digest_algorithm page_algorithm; /* of .page_table; DIGEST_NONE: there is none */
	bool table_inside;             /* the sections are not where the signer saw them */
	bool counterfeit;              /* a certificate rule convicts */
	bool stuffed, stuffed_payload; /* non-zero bytes hidden behind it; such that look like a
					  program */

	/* Set by src/mimicry; NULL: nothing to say. */
	const struct relation *relation;
	/* Set by src/verdict. */
	enum assay_verdict verdict;
	const char *rule;
	struct fact *next;
};

#define FACT_MAX_BAD_PAGES 64
