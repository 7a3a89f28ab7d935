/* SPDX-License-Identifier: MIT */
/*
 * List bundle: content that one site signs and others take over, whoever carries it.
 *
 * Format of our own, version 1, numbers lowest byte first:
 *
 *	manifest	"ASSAYLST", version u32, content u32 (1: donors), kind u32
 *			(1: snapshot), length u16 and name of the list, sequence u64,
 *			SHA-256 of the manifest before, created i64, expires i64 (0: never),
 *			entries u64, bytes of the content u64, SHA-256 that stands for all
 *			of it (of donors: the root of the index)
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

enum bundle_content { BUNDLE_NOTHING, BUNDLE_DONORS };
enum bundle_kind { BUNDLE_NO_KIND, BUNDLE_SNAPSHOT };

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

/* Manifest and one signature; sets .digest. */
MUST_CHECK enum status bundle_write(struct buffer *out, struct bundle *b,
				    const struct ed25519_key *key);

/* STATUS_MALFORMED, UNSUPPORTED (newer): *@problem, a literal, says why.  Nothing is verified.
 */
MUST_CHECK enum status bundle_read(struct span bytes, struct bundle *out, const char **problem);

/* The key among @keys that signed it; STATUS_USAGE: none, *@problem says why. */
MUST_CHECK enum status bundle_verify(const struct bundle *b, const struct ed25519_key *keys,
				     size_t n, const struct ed25519_key **out,
				     const char **problem);

/* The key in the PEM file at @path: "PRIVATE KEY", or "PUBLIC KEY" if @secret is false. */
MUST_CHECK enum status bundle_key_read(struct arena *a, const char *path, bool secret,
				       struct ed25519_key *out, const char **problem);
