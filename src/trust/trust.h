/* SPDX-License-Identifier: MIT */
/*
 * Trust: does this key lead to an anchor of its ecosystem, offline?
 *
 * Follows RFC 5280 section 6 with Microsoft's Trusted Root Program terms
 * (disallow and notBefore dates, EKU limits).  An anchor is a pin, the SHA-256
 * of a certificate or of a raw key; nothing found inside a judged file ever
 * becomes one.
 */
#pragma once
#include "assay.h"
#include "base/buffer.h"
#include "base/finding.h"
#include "crypto/x509.h"
#include "trust/sets.h"

#define CHAIN_MAX_DEPTH    10
#define CHAIN_MAX_EDGES    128  /* signature checks for one leaf */
#define TRUST_MAX_EFFORT   8192 /* of all checks for one file; 1: one RSA-2048 check */
#define EDGE_CACHE_MAX     65536
#define TRUST_LIST_MAX_AGE (180 * 86400LL)

enum trust_mode {
	TRUST_REVOCATION_IF_PRESENT = 0,
	TRUST_REVOCATION_OFF,
	TRUST_REVOCATION_REQUIRE
};

/* Somebody who is expected to sign without a key of his own, and who vouches for him. */
struct trust_identity {
	const char *name, *issuer;
};

struct trust_policy {
	int64_t now;                             /* seconds since 1970 */
	const struct trust_identity *identities; /* any of them is fine; none: nobody can be */
	size_t n_identities;
	enum trust_mode revocation;
	bool sha1_reject;         /* SHA-1 is weak-algorithm after 2016-01-01 */
	bool own_roots_exempt;    /* notBefore dates do not bind Microsoft's own roots */
	bool empty_date_distrust; /* an empty disallow date means: always */
};

/* Anchors, intermediates, distrust lists, CRLs: read-only once opened, shared by threads. */
struct trust_store;

struct trust_source {
	const char *path;     /* certificates, raw keys, folder, trust.db, CRL, OCSP response */
	unsigned sets;        /* mask; 0: every set of this run */
	bool revocation_only; /* certificates in it help, but become no anchors */
};

/* All that a store is made of.  Databases are mapped; missing ones are skipped; later ones are
 * laid over earlier ones, and what is given for this run over all. */
struct trust_sources {
	const char *const *databases;
	size_t n_databases;
	const struct trust_source *given;
	size_t n_given;
};

/* On failure *@problem (static or in @a) says what is wrong with which file. */
MUST_CHECK enum status trust_open(struct arena *a, const struct trust_sources *from,
				  struct trust_store **out, const char **problem);
void trust_close(struct trust_store *store);

/*
 * All that a store is made of as one run of bytes, and a store of what lies in the file @fd
 * (borrowed), mapped: for who cannot reach what it was made of.  It has the same digest.
 */
MUST_CHECK enum status trust_pack(const struct trust_store *store, struct buffer *out);
MUST_CHECK enum status trust_unpack(int fd, struct trust_store **out);

/* SHA-256 over everything that can change an answer: for reports and cache keys. */
void trust_digest(const struct trust_store *store, uint8_t out[32]);
size_t trust_count(const struct trust_store *store, unsigned sets); /* anchors */
/* Is there any CRL or OCSP response, of whomever? */
bool trust_has_revocations(const struct trust_store *store);

/* A timestamp is judged by the set in which its signature's set wants it: see sets.h. */
enum trust_purpose { TRUST_PURPOSE_CODE, TRUST_PURPOSE_TIMESTAMP };

struct trust_question {
	const struct trust_policy *policy;
	const struct certificate *leaf;
	const struct certificate *pool; /* embedded in the file: helpers, never anchors */
	size_t n_pool;
	enum trust_set set; /* of the scheme that asks, also about its timestamps */
	enum trust_purpose purpose;
	int64_t time;       /* judge validity at this time */
	bool timestamped;   /* .time comes from a verified timestamp */
	bool expiry_wanted; /* TRUST_EXPIRY_STAMPED: honour it without a timestamp too */
	enum digest_algorithm digest;        /* of the image or imprint: weak-algorithm rule */
	enum digest_algorithm signer_digest; /* of the SignerInfo; DIGEST_NONE: as .digest */
	struct span whole; /* the signature's bytes, for the offsets of findings */
	uint64_t base;     /* where they begin in the file */
	uint64_t *effort;  /* spent by all questions about one file; NULL: by this one alone */
	struct span image_digest; /* UEFI: dbx by image digest; else empty */
};

struct trust_answer {
	enum assay_trust trust;
	unsigned reasons;        /* bit (1 << enum assay_trust) for each that applies */
	const char *explanation; /* one sentence in the arena: why not anchored */
	const struct certificate *path[CHAIN_MAX_DEPTH]; /* leaf first; best path */
	size_t n_path;
	bool path_has_anchor;    /* path[n_path - 1] is an anchor */
	const char *anchor_name; /* NULL: none */
	bool by_key;             /* no certificate: it was asked about a raw key ... */
	uint8_t key[32];         /* ... that is known by this */
	bool lifetime_signing;   /* leaf carries the lifetime EKU */
	bool counterfeit; /* a rule about forged certificates convicts; findings say which */
	int64_t holds_from, holds_until; /* "now" in between gives the same answer */
};

/* @findings takes cert.*, trust.* and limit.chain rules; @base/@whole place certificates in the
 * file. */
MUST_CHECK enum status trust_judge(struct trust_store *store, struct arena *a,
				   const struct trust_question *q, struct findings *findings,
				   struct trust_answer *out);

/*
 * Raw keys, and certificates by themselves.
 *
 * .sha256 is what a key is known by: of a certificate its SHA-256; of a public
 * key that of its SubjectPublicKeyInfo; of an Ed25519 key that of its 32 octets
 * (its number is only a hint); of an OpenPGP key that of its fingerprint.
 */
struct trust_key {
	enum trust_item item;
	uint8_t sha256[32];
	struct span
		bytes; /* certificate, SubjectPublicKeyInfo, "Ed" and so on, packets, text */
	struct span key_id; /* subject key identifier, key number, fingerprint; or empty */
	const char *name;   /* for people */
};

/*
 * Is the key that is known by @sha256 an anchor of @set?  Fills .trust
 * (anchored, unknown-key, unevaluated), .reasons, .explanation (with @name, how
 * people know the key) and .anchor_name, and leaves the rest empty.
 */
MUST_CHECK enum status trust_key_judge(const struct trust_store *store, struct arena *a,
				       enum trust_set set, const uint8_t sha256[32],
				       const char *name, struct trust_answer *out);

/* Anchors of @set whose bytes are known, each once, in no particular order: what a signature
 * without certificates can be tried with.  Start with a zeroed place. */
struct trust_place {
	size_t layer, row;
};
MUST_CHECK bool trust_key_next(const struct trust_store *s, struct trust_place *at,
			       enum trust_set set, struct trust_key *out);

struct signer_name {
	struct span issuer, serial; /* whole Name, contents of the INTEGER */
	struct span key_id;
};
bool signer_name_fits(const struct certificate *c, const struct signer_name *name);

/*
 * The anchor of @set that a signer means who names a certificate and does not
 * bring it along: by issuer and serial number, or by key identifier.
 * Read into @a; NULL: not known.
 */
MUST_CHECK enum status trust_signer_find(const struct trust_store *s, struct arena *a,
					 enum trust_set set, const struct signer_name *name,
					 const struct certificate **out);

/* Is this SHA-256 a root that public programmes know? */
bool trust_public_root(const struct trust_store *store, const uint8_t sha256[32]);
