/* SPDX-License-Identifier: MIT */
/*
 * Strength: digests and keys that no longer prove anything.
 *
 * MD5 (RFC 6151) counts only in signatures that a timestamp dates before 2009,
 * when forged certificates were first shown.  SHA-1 is told, and refused from
 * 2016 on if the policy says so.  Keys: NIST SP 800-131A, 3.
 */
#include "trust/inquiry.h"

#define YEAR_2009 1230768000 /* 2009-01-01 */
#define YEAR_2016 1451606400 /* 2016-01-01 */

#define RSA_MIN_BITS  1024
#define RSA_GOOD_BITS 2048
#define EC_MIN_BITS   224

/* Weak keys and digests are told of programs; of timestamps only the trust changes. */
static void note(struct inquiry *in, const char *rule, struct span about, const char *expected,
		 const char *observed)
{
	if (in->q->purpose != TRUST_PURPOSE_TIMESTAMP)
		note_bytes(in, rule, about, expected, observed);
}

static bool is_weak(enum digest_algorithm digest)
{
	return digest == DIGEST_MD5 || digest == DIGEST_SHA1;
}

/* @what, which stands in @about, is signed with @digest. */
static void digest_assess(struct inquiry *in, enum digest_algorithm digest, struct span about,
			  const char *what, struct assessment *as)
{
	if (digest == DIGEST_MD5) {
		note(in, "weak.md5", about, "SHA-256", what);
		if (!clock_before(&in->clock, YEAR_2009 + 1))
			assess(in, as, ASSAY_TRUST_WEAK_ALGORITHM,
			       "%s rests on MD5, and no timestamp shows that it is older than "
			       "2009",
			       what);
	}
	if (digest == DIGEST_SHA1) {
		note(in, "weak.sha1", about, "SHA-256", what);
		if (in->q->policy->sha1_reject && !clock_before(&in->clock, YEAR_2016))
			assess(in, as, ASSAY_TRUST_WEAK_ALGORITHM,
			       "%s rests on SHA-1, and no timestamp shows that it is older "
			       "than "
			       "2016",
			       what);
	}
}

/* Why it is weak, a literal; NULL: it is not. */
static const char *key_weakness(const struct public_key *key)
{
	uint8_t last = key->exponent.len ? span_at(key->exponent, key->exponent.len - 1) : 1;

	switch (key->type) {
	case KEY_RSA:
		if (key->n_bits < RSA_MIN_BITS)
			return "has fewer than 1024 bits";
		if (last % 2 == 0)
			return "has an even exponent";
		if (key->exponent.len <= 1 && last < 3)
			return "has an exponent below 3";
		return NULL;
	case KEY_EC:
		return key->n_bits > 0 && key->n_bits < EC_MIN_BITS ? "has fewer than 224 bits"
								    : NULL;
	case KEY_DSA:
		return key->n_bits > 0 && key->n_bits < RSA_MIN_BITS
			       ? "has fewer than 1024 bits"
			       : NULL;
	case KEY_UNKNOWN: break;
	}
	return NULL;
}

static void key_assess(struct inquiry *in, const struct certificate *c, struct assessment *as)
{
	const char *weakness = key_weakness(&c->key);

	if (weakness) {
		note(in, "weak.key", c->der, "RSA 2048, EC 256", weakness);
		assess(in, as, ASSAY_TRUST_WEAK_ALGORITHM, "the key of '%s' %s",
		       certificate_name(in, c), weakness);
	} else if (c->key.type == KEY_RSA && c->key.n_bits < RSA_GOOD_BITS) {
		note(in, "weak.rsa-1024", c->der, "RSA 2048",
		     sentence(in, "%zu bits: '%s'", c->key.n_bits, certificate_name(in, c)));
	}
}

void strength_assess(struct inquiry *in, const struct path *path, struct assessment *as)
{
	const struct trust_question *q = in->q;

	digest_assess(in, q->digest, q->whole, "the signed digest", as);
	if (q->signer_digest != DIGEST_NONE && q->signer_digest != q->digest)
		digest_assess(in, q->signer_digest, q->whole, "the signature", as);
	for (size_t i = 0; i < path->n; i++) {
		const struct certificate *c = path->certs[i];

		/* The signature on the last one is not relied upon. */
		if (i + 1 < path->n && is_weak(c->signature_algorithm.digest))
			digest_assess(in, c->signature_algorithm.digest, c->der,
				      sentence(in, "the certificate of '%s'",
					       certificate_name(in, c)),
				      as);
		key_assess(in, c, as);
	}
}
