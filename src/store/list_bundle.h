/* SPDX-License-Identifier: MIT */
/*
 * List bundle: content that one site signs and others take over, whoever carries it.
 *
 * Format of our own, version 1, numbers lowest byte first:
 *
 *	manifest	"ASSAYLST", version u32, content u32 (enum bundle_content), kind u32
 *			(enum bundle_kind), length u16 and name of the list, sequence u64,
 *			SHA-256 of the manifest before, created i64, expires i64 (0: never),
 *			entries u64, bytes of the content u64, SHA-256 that stands for all
 *			of it (of donors: the root of the index; else of the content)
 *	signatures	number u32, each {SHA-256 of the public key, Ed25519 over
 *			the manifest (RFC 8032)}
 *	content		to the end
 */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/ed25519.h"

#define BUNDLE_MAGIC          "ASSAYLST"
#define BUNDLE_VERSION        1
#define BUNDLE_MAX_SIGNATURES 16
#define BUNDLE_MAX_NAME       64
#define BUNDLE_MAX_KEYS       16
#define BUNDLE_MAX_KEY_FILE   ((size_t)64 << 10)

enum bundle_content {
	BUNDLE_NOTHING,
	BUNDLE_DONORS,   /* a donor index */
	BUNDLE_DENY,     /* files that may not run: store/list_entries.h */
	BUNDLE_ALLOW,    /* files that may */
	BUNDLE_POLICY,   /* a guard policy: store/signed_policy.h */
	BUNDLE_BASELINE, /* how files were, without the baseline: store/baseline_signature.h */
	BUNDLE_CONTENTS
};
/* All of it, or what is different since the bundle before. */
enum bundle_kind { BUNDLE_NO_KIND, BUNDLE_SNAPSHOT, BUNDLE_DELTA, BUNDLE_KINDS };

struct bundle {
	enum bundle_content content_kind;
	enum bundle_kind kind;
	struct span name; /* letters, digits, ".", "-", "_" */
	uint64_t sequence;
	uint8_t previous[32];
	int64_t created, expires;
	uint64_t n_entries;
	uint64_t n_bytes; /* of the content */
	uint8_t root[32];
	uint8_t digest[32]; /* SHA-256 of the manifest */
	/* Of one that was read: */
	struct span manifest, signatures, content;
};

/* False: no name that a list can have. */
MUST_CHECK bool bundle_name_good(struct span name);

/* Manifest and a signature by each of @n keys (0: nobody signed it yet); sets .digest. */
MUST_CHECK enum status bundle_write(struct buffer *out, struct bundle *b,
				    const struct ed25519_key *keys, size_t n);

/* One that was read, again, and signed by @key, too; STATUS_LIMIT: it has too many. */
MUST_CHECK enum status bundle_sign(struct buffer *out, const struct bundle *b,
				   const struct ed25519_key *key);

/* STATUS_MALFORMED, UNSUPPORTED (newer): *@problem, a literal, says why.  Nothing is verified.
 */
MUST_CHECK enum status bundle_read(struct span bytes, struct bundle *out, const char **problem);

/* Whom bundles are believed from. */
struct bundle_trust {
	const struct ed25519_key *keys;
	size_t n;    /* at most BUNDLE_MAX_KEYS */
	size_t need; /* so many of them must have signed; 0 is 1 */
};

/* The first of the keys that signed it; STATUS_USAGE: too few did, *@problem says why. */
MUST_CHECK enum status bundle_verify(const struct bundle *b, const struct bundle_trust *trust,
				     const struct ed25519_key **out, const char **problem);

/* Is one of these keys said to have signed it, and did not?  Then it was altered. */
MUST_CHECK bool bundle_altered(const struct bundle *b, const struct bundle_trust *trust);

/* The key in the PEM file at @path: "PRIVATE KEY", or "PUBLIC KEY" if @secret is false. */
MUST_CHECK enum status bundle_key_read(struct arena *a, const char *path, bool secret,
				       struct ed25519_key *out, const char **problem);
