/* SPDX-License-Identifier: MIT */
/*
 * What the files of this room share.
 *
 * Sigstore bundle format 0.1 to 0.3 and trusted root 0.1 (protobuf-specs), Rekor
 * entries, RFC 9162 (Merkle trees), C2SP signed notes and checkpoints, RFC 6962
 * (certificate timestamps), DSSE 1.0 and in-toto statements.
 *
 * A text that says why something is not as it must be is a literal or in the
 * arena; NULL: all is well.
 */
#pragma once
#include "base/buffer.h"
#include "crypto/ed25519.h"
#include "structure/json_read.h"
#include "verify/message.h"
#include "verify/sigstore/sigstore.h"

#define SIGSTORE_MAX_ENTRIES     8  /* of a log, in one bundle */
#define SIGSTORE_MAX_HASHES      64 /* a proof in a tree of 2^64 leaves has no more */
#define SIGSTORE_MAX_TOKENS      8
#define SIGSTORE_MAX_CERTS       10
#define SIGSTORE_MAX_LOGS        64 /* and authorities of each kind, in one trusted root */
#define SIGSTORE_MAX_ROOTS       16
#define SIGSTORE_MAX_SUBJECTS    1024
#define SIGSTORE_MAX_NOTES       64 /* signatures on one checkpoint */
#define SIGSTORE_LOG_ID          32
#define SIGSTORE_MAX_TIMES       (SIGSTORE_MAX_ENTRIES + SIGSTORE_MAX_TOKENS)
#define SIGSTORE_DIGESTS         3 /* SHA-256, SHA-384, SHA-512 */
#define SIGSTORE_TOLERATED_AHEAD INT64_C(86400)

/* An entry of a transparency log, as the bundle tells it. */
struct sigstore_entry {
	uint64_t log_index; /* in all shards of the log */
	struct span log_id;
	struct span kind, version;
	bool has_time;
	int64_t integrated_time; /* a claim until .promise holds */
	struct span promise;     /* signed entry timestamp; or empty */
	bool has_proof;
	uint64_t proof_index, tree_size;
	struct span root_hash, hashes[SIGSTORE_MAX_HASHES];
	size_t n_hashes;
	struct span checkpoint;
	struct span body; /* what is a leaf of the tree */
};

struct sigstore_bundle {
	unsigned version; /* of 0.1 to 0.3 the last figure */
	struct certificate leaf;
	bool has_leaf; /* else it is signed by a key alone */
	struct sigstore_entry entries[SIGSTORE_MAX_ENTRIES];
	size_t n_entries;
	struct span tokens[SIGSTORE_MAX_TOKENS];
	size_t n_tokens;
	struct span signature;
	struct digest digest; /* messageDigest: of the file; DIGEST_NONE: there is none */
	bool is_envelope;     /* DSSE: the signature is over .encoding */
	struct span payload;  /* an in-toto statement */
	struct span encoding; /* DSSE's pre-authentication encoding of it */
	const struct json_value *statement;
};

/*
 * STATUS_OK and *@problem: it is no bundle that can be judged; *@unsupported: of
 * a kind that is not built in.  STATUS_LIMIT: one of the limits above.
 */
MUST_CHECK enum status sigstore_bundle_read(struct arena *a, struct span text,
					    struct sigstore_bundle *out, const char **problem,
					    bool *unsupported);

/* What a log says was signed. */
struct sigstore_record {
	struct span signature;
	struct span verifier; /* the signer's certificate or key, DER */
	struct digest digest;
	bool of_payload; /* .digest is that of the envelope's payload */
};
/* STATUS_OK and *@problem: it cannot be read. */
MUST_CHECK enum status sigstore_record_read(struct arena *a, const struct sigstore_entry *e,
					    struct sigstore_record *out, const char **problem,
					    bool *unsupported);

/* A key that signs whole messages. */
struct sigstore_key {
	bool is_ed25519;
	struct ed25519_key ed25519;
	struct public_key key;
	enum digest_algorithm digest;
	bool usable;
};
/* @details as sigstore names kinds of keys; empty: by the key itself. */
MUST_CHECK enum status sigstore_key_read(struct arena *a, struct span bytes,
					 struct span details, struct sigstore_key *out);
MUST_CHECK enum status sigstore_key_verify(const struct sigstore_key *key, struct span message,
					   struct span signature, enum signature_result *out);
/* The same over a digest.  Ed25519 signs no digests. */
enum signature_result sigstore_key_verify_digest(const struct sigstore_key *key,
						 const struct digest *hash,
						 struct span signature);

/* Validity is closed at both ends. */
struct sigstore_log {
	struct sigstore_key key;
	struct span id;
	struct span host; /* as it signs checkpoints */
	int64_t from, until;
};
struct sigstore_authority {
	struct certificate certs[SIGSTORE_MAX_CERTS]; /* the last one is its anchor */
	size_t n;
	int64_t from, until;
};
struct sigstore_logs {
	struct sigstore_log *each;
	size_t n;
};
struct sigstore_authorities {
	struct sigstore_authority *each;
	size_t n;
};

/* A trusted_root.json.  What in it is not valid, is not in it. */
struct sigstore_root {
	const char *name;
	struct sigstore_logs logs, ct_logs;
	struct sigstore_authorities issuers, stampers;
};
/* STATUS_MALFORMED: it is none; STATUS_LIMIT: one of the limits above. */
MUST_CHECK enum status sigstore_root_read(struct arena *a, struct span text,
					  struct sigstore_root *out);
/* The log of that id; NULL: not known. */
const struct sigstore_log *sigstore_log_find(const struct sigstore_logs *logs, struct span id);

/* Is the entry in the tree that the checkpoint speaks of?  All that needs no key. */
MUST_CHECK enum status sigstore_proof_check(struct arena *a, const struct sigstore_entry *e,
					    const char **problem);
/* Did @log sign the checkpoint and, if there is one, the promise?  STATUS_LIMIT: too many
 * lines of others stand before its own. */
MUST_CHECK enum status sigstore_log_check(struct arena *a, const struct sigstore_entry *e,
					  const struct sigstore_log *log, const char **problem);

/* A way from a certificate to the anchor of an authority. */
struct sigstore_path {
	const struct certificate *certs[SIGSTORE_MAX_CERTS + 1]; /* leaf first */
	size_t n;
};
/* *@problem: there is none.  Time is another question. */
MUST_CHECK enum status sigstore_path_find(struct arena *a, const struct certificate *leaf,
					  const struct sigstore_authority *authority,
					  struct span usage, struct sigstore_path *out,
					  const char **problem);
/* Are all of its certificates, and the authority, valid at @time? */
bool sigstore_path_valid(const struct sigstore_path *path,
			 const struct sigstore_authority *authority, int64_t time);

/* Does a log of certificates vouch for the leaf of @path?  RFC 6962, 3.2. */
MUST_CHECK enum status sigstore_sct_check(const struct sigstore_path *path,
					  const struct sigstore_logs *logs,
					  const char **problem);

/* Whom the certificate is for, and who said so; NULL: it does not say. */
struct sigstore_identity {
	const char *name, *issuer;
};
MUST_CHECK enum status sigstore_identity_read(struct arena *a, const struct certificate *c,
					      struct sigstore_identity *out);

/* What one trusted root makes of a bundle. */
struct sigstore_opinion {
	const char *broken; /* a log that is known did not sign what it should have */
	enum assay_trust trust;
	const char *why;
	struct sigstore_path path;
	int64_t times[SIGSTORE_MAX_TIMES]; /* at which the signature was there already */
	size_t n_times;
	int64_t holds_from, holds_until; /* as of a trust_answer */
	struct timestamp_fact *timestamps;
	size_t n_timestamps;
};
MUST_CHECK enum status sigstore_opinion_make(struct arena *a, const struct scheme_case *c,
					     const struct sigstore_bundle *b,
					     const struct sigstore_root *root,
					     struct sigstore_opinion *out);

/* A moment that somebody proves; false: it has not come yet, and is not taken. */
bool sigstore_time_add(const struct scheme_case *c, int64_t time, struct sigstore_opinion *out);

/* Timestamps of the bundle, as @root knows their authorities. */
MUST_CHECK enum status sigstore_tokens_judge(struct arena *a, const struct scheme_case *c,
					     const struct sigstore_bundle *b,
					     const struct sigstore_root *root,
					     struct sigstore_opinion *out);

/*
 * The digests of an in-toto statement's subjects that are known here: bit per sigstore_digests.
 * *@problem: it is no statement.  STATUS_LIMIT: it names too many files.
 */
MUST_CHECK enum status sigstore_subjects_digests(const struct json_value *statement,
						 unsigned *mask, const char **problem);
/*
 * Is one of its subjects the file with these digests (by sigstore_digests)?  All
 * that are known of a subject must hold.  *@first: one digest that is named.
 */
bool sigstore_subjects_name(const struct json_value *statement,
			    const struct digest *const file[SIGSTORE_DIGESTS],
			    struct digest *first);

/* Which of the three digests a file is known by; SIGSTORE_DIGESTS: none of them. */
size_t sigstore_digest_index(enum digest_algorithm algorithm);
extern const enum digest_algorithm sigstore_digests[SIGSTORE_DIGESTS];
/* "SHA2_256", "sha256". */
enum digest_algorithm sigstore_digest_named(struct span name);

/* A DER element. */
void sigstore_der_add(struct buffer *out, uint8_t tag, struct span value);
/* Base64 in a member of @v; empty: none, or not base64. */
MUST_CHECK enum status sigstore_octets(struct arena *a, const struct json_value *v,
				       const char *name, struct span *out);
