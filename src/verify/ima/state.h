/* SPDX-License-Identifier: MIT */
/* What the signatures of the integrity subsystem have in common.  Private to src/verify/ima. */
#pragma once
#include "base/cursor.h"
#include "verify/ima/ima.h"

#define IMA_KEY_ID_BYTES 4
#define IMA_NO_JOB       SIZE_MAX

/* The first octet of both attributes: enum evm_ima_xattr_type of the kernel. */
enum ima_type {
	IMA_DIGEST = 1, /* SHA-1, and nothing else */
	IMA_HMAC = 2,
	IMA_SIGNATURE = 3,
	IMA_DIGEST_NAMED = 4, /* hash algorithm, digest */
	IMA_PORTABLE = 5,
};

struct ima_item {
	const struct claim *claim;
	const char *problem;
	bool unsupported;
	enum digest_algorithm algorithm;
	struct span key_id, signature; /* key_id empty: any key may have made it */
	size_t job;                    /* IMA_NO_JOB: none */
};

/* By the number that the kernel gives it; DIGEST_NONE: not built in. */
enum digest_algorithm ima_digest(uint8_t number);

/* What stands behind the type: signature_v2_hdr.  Sets .problem of @item when it is bad. */
void ima_header_read(struct cursor *c, struct ima_item *item);

struct ima_found {
	struct trust_key anchor;
	struct public_key key;
	bool known;
	enum signature_result result;
};

/* A key that made the signature; else one that has the id.  .known: there is one of them. */
MUST_CHECK enum status ima_key_find(const struct trust_store *store,
				    const struct ima_item *item, const struct digest *hash,
				    struct ima_found *out);

/* SHA-1 is not enough to be believed. */
void ima_weigh(enum digest_algorithm algorithm, struct fact *fact);

/* Who made it, over fact->computed_digest or, as RSA tells, over which other digest. */
MUST_CHECK enum status ima_verify(struct arena *a, struct scheme_case *c,
				  const struct ima_item *item, struct fact *fact);
