/* SPDX-License-Identifier: MIT */
/*
 * The store behind trust.h, as chain building sees it.  Private to src/trust.
 *
 * Built-in and imported databases are mapped, sorted tables; certificates of
 * this run are added in memory.  All look-ups are binary searches; a
 * certificate is parsed only when a chain really meets it.
 */
#pragma once
#include "trust/trust.h"

/* What a root programme says about an anchor; zero: no limit. */
struct anchor_limits {
	bool has_disallowed, disallowed_empty; /* attribute 104 */
	int64_t disallowed;
	bool has_not_before, not_before_empty; /* attribute 126 */
	int64_t not_before;
	struct span eku;            /* 9: only these; OIDs, one DER element after the other */
	struct span disallowed_eku; /* 122: limits 104 to them; alone: always */
	struct span not_before_eku; /* 127: limits 126 to them */
	bool own_root;              /* one of Microsoft's own (policy: own_roots_exempt) */
};

/* An anchor, or a helper (an intermediate that may complete chains). */
struct stored {
	enum trust_item item;
	uint8_t sha256[32]; /* by which it is known: see struct trust_key */
	unsigned sets;      /* mask of enum trust_set; 0: a helper, never an anchor */
	bool public_root;   /* known to a public programme (also those in no set) */
	struct span der;    /* its bytes; empty: only the pin is known */
	const char *name;   /* for people */
	const char *origin; /* where it came from: "ca-certificates", "authroot 2026-04-22" */
	struct anchor_limits limits;
};

#define STORE_MAX_HITS 16

/* Those whose subject is @name or whose subject key identifier is @key_id (either may be
 * empty). */
size_t store_by_subject(const struct trust_store *s, struct span name, struct span key_id,
			struct stored out[STORE_MAX_HITS]);
/* By SHA-256 of the certificate: the pin. */
MUST_CHECK bool store_by_sha256(const struct trust_store *s, const uint8_t sha256[32],
				struct stored *out);
/* Anchors whose key has this public point or modulus (CurveBall: parameters may differ). */
MUST_CHECK bool store_by_key_bits(const struct trust_store *s, struct span bits,
				  struct stored *out);

/* Is there any anchor of @sets? */
bool store_has_anchor(const struct trust_store *s, unsigned sets);

/* Distrust lists: by SHA-256 of a certificate, by MD5 of the key bits, SHA-384 of TBS, image
 * digest (dbx). */
enum distrust_kind {
	DISTRUST_CERT_SHA256,
	DISTRUST_KEY_MD5,
	DISTRUST_TBS_SHA384,
	DISTRUST_IMAGE_SHA256,
	DISTRUST_TBS_SHA256
};
MUST_CHECK bool store_distrusts(const struct trust_store *s, enum distrust_kind kind,
				struct span digest);
/* False: no disallowed entry of that kind at all, so the digest need not be computed. */
bool store_has_distrust(const struct trust_store *s, enum distrust_kind kind);

/* Revocation data, whole DER, newest first: CRLs of an issuer name; OCSP responses that speak
 * of a serial number (contents of the INTEGER), whoever the issuer is. */
size_t store_crls(const struct trust_store *s, struct span issuer,
		  struct span out[STORE_MAX_HITS]);
size_t store_ocsps(const struct trust_store *s, struct span serial,
		   struct span out[STORE_MAX_HITS]);

/* thisUpdate of the installed root list; false: none. */
MUST_CHECK bool store_list_date(const struct trust_store *s, int64_t *date);

/* Edge cache: does @child (SHA-256 of DER) verify under @issuer (SHA-256 of SPKI)? Thread-safe.
 */
enum edge { EDGE_UNKNOWN = 0, EDGE_GOOD, EDGE_BAD, EDGE_UNSUPPORTED };
enum edge edge_find(struct trust_store *s, const uint8_t child[32], const uint8_t issuer[32]);
void edge_put(struct trust_store *s, const uint8_t child[32], const uint8_t issuer[32],
	      enum edge e);
