/* SPDX-License-Identifier: MIT */
/*
 * Timestamps: PKCS #9 countersignatures (RFC 2985) and RFC 3161 tokens.
 * This says whether the mathematics holds; src/trust says whom to believe.
 */
#pragma once
#include "crypto/cms.h"

#define TIMESTAMPS_MAX 32 /* on one signature; the most that was seen is 3 */

enum timestamp_kind { TIMESTAMP_NONE = 0, TIMESTAMP_PKCS9, TIMESTAMP_RFC3161 };

struct timestamp {
	enum timestamp_kind kind;
	struct range where; /* of the attribute value, in the file */
	int64_t time;       /* signingTime or genTime; a claim until .good and trusted */
	bool has_time;
	bool good;           /* signature, messageDigest, imprint and signingCertificate hold */
	bool unsupported;    /* an algorithm that is not built in */
	bool raw_hash;       /* legacy form without DigestInfo (PKCS #9 only) */
	const char *problem; /* why not good; a literal */
	enum digest_algorithm imprint_algorithm;
	enum digest_algorithm digest;     /* of its SignerInfo */
	const struct certificate *signer; /* NULL: not found */
	const struct certificate *certs;  /* pool for its chain */
	size_t n_certs;
	const struct certificate *known; /* that it may name without bringing them along */
	size_t n_known;
};

/*
 * All timestamps in the unsigned attributes of @signer, each judged alone.
 * @parent: the CMS that holds @signer (its certificates serve PKCS #9).
 * @whole/@base: the bytes and file offset against which .where is counted.
 * STATUS_LIMIT: more than TIMESTAMPS_MAX, or a token beyond the limits of cms.h.
 */
struct timestamps {
	struct timestamp *each;
	size_t n;
};
MUST_CHECK enum status timestamps_read(struct arena *a, const struct signer_info *signer,
				       const struct cms *parent, struct span whole,
				       uint64_t base, struct timestamps *out);

/*
 * A token that came by another way (an XML signature, a file beside): does it
 * stamp @stamped, the octets of a signature value?  .where is left to the caller,
 * who may set .known of @out, and leaves the rest of it zero.
 */
MUST_CHECK enum status timestamp_token_read(struct arena *a, struct span token,
					    struct span stamped, struct timestamp *out);
