/* SPDX-License-Identifier: MIT */
/*
 * Who signed: keys of the administrator's keyrings, and what is to be said of them.
 *
 * Keys are found by what the signature says and proved by the mathematics; a key
 * that travels with a file is never looked at.
 */
#include "base/escape.h"
#include "verify/openpgp/state.h"

#define SCRATCH_BYTES  ((size_t)8 << 20) /* for one certificate that may be the one */
#define CANDIDATES_MAX 16                /* keys that share an id */
#define NAME_MAX_BYTES 200
#define RSA_GOOD_BITS  2048
#define DSA_GOOD_BITS  2048

static enum status certificate_try(struct arena *a, struct span bytes,
				   const struct openpgp_signature *s,
				   struct openpgp_signer *out)
{
	struct openpgp_certificate *certificate = ARENA_NEW(a, struct openpgp_certificate, 1);
	struct cursor c = cursor_at(bytes, 0);

	*out = (struct openpgp_signer){ 0 };
	if (!certificate)
		return STATUS_NO_MEMORY;
	TRY(openpgp_certificate_next(a, &c, certificate));
	return openpgp_signer_find(certificate, s, out);
}

/* Is a key of this anchor meant?  Tried in memory of its own: most are not. */
static enum status is_meant(struct span bytes, const struct openpgp_signature *s, bool *meant)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(SCRATCH_BYTES);
	struct openpgp_signer signer;
	enum status status = certificate_try(&scratch, bytes, s, &signer);

	*meant = status == STATUS_OK && signer.component;
	/* What cannot be read is no key of anybody. */
	return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

enum status openpgp_key_find(struct arena *a, const struct trust_store *store,
			     const struct openpgp_signature *s, const struct digest *hash,
			     struct openpgp_found *out)
{
	struct trust_place at = { 0 };
	struct trust_key key;

	*out = (struct openpgp_found){ 0 };
	for (size_t n = 0;
	     n < CANDIDATES_MAX && trust_key_next(store, &at, TRUST_OPENPGP, &key);) {
		struct openpgp_found found;
		bool meant = false;

		if (key.item == TRUST_OPENPGP_KEY)
			TRY(is_meant(key.bytes, s, &meant));
		if (!meant)
			continue;
		n++;
		TRY(certificate_try(a, key.bytes, s, &found.signer));
		found.result = openpgp_verify(&found.signer.component->key, s, hash);
		if (!out->signer.component || found.result == SIGNATURE_OK)
			*out = found;
		if (found.result == SIGNATURE_OK)
			return STATUS_OK;
	}
	return STATUS_OK;
}

enum status openpgp_recover(const struct openpgp_key *key, const struct openpgp_signature *s,
			    struct digest *out)
{
	const struct signature_algorithm algorithm = { .key = KEY_RSA };
	const struct public_key public = { .type = KEY_RSA,
					   .modulus = key->numbers[0],
					   .exponent = key->numbers[1],
					   .n_bits = magnitude_bits(key->numbers[0]) };

	*out = (struct digest){ .algorithm = DIGEST_NONE };
	if (key->problem ||
	    (key->algorithm != OPENPGP_RSA && key->algorithm != OPENPGP_RSA_SIGN))
		return STATUS_OK;
	return signature_recover(&public, &algorithm, s->numbers[0], out);
}

/* Worse than what is known so far?  The explanation goes with the worst. */
static void trust_lower(struct fact *fact, enum assay_trust trust, const char *why)
{
	fact->answer.reasons |= 1U << trust;
	if (fact->answer.trust == ASSAY_TRUST_UNEVALUATED || trust >= fact->answer.trust)
		return;
	fact->answer.trust = trust;
	fact->answer.explanation = why;
}

static void objection_add(const struct openpgp_signer *signer, struct fact *fact)
{
	switch (signer->objection) {
	case OPENPGP_NO_OBJECTION: return;
	case OPENPGP_NOT_BOUND:
		trust_lower(fact, ASSAY_TRUST_UNKNOWN_KEY,
			    "nothing proves that the key belongs to its owner");
		return;
	case OPENPGP_NOT_FOR_IT:
		trust_lower(fact, ASSAY_TRUST_WRONG_USAGE,
			    "the key is not one for signing data");
		return;
	case OPENPGP_REVOKED:
		trust_lower(fact, ASSAY_TRUST_REVOKED, "the key is revoked");
		return;
	case OPENPGP_EXPIRED:
		trust_lower(fact, ASSAY_TRUST_EXPIRED, "the key has expired");
		return;
	case OPENPGP_TOO_YOUNG:
		trust_lower(fact, ASSAY_TRUST_WRONG_USAGE,
			    "the signature says to be older than its key");
		return;
	}
}

const char *openpgp_weakness(const struct openpgp_key *key, const struct openpgp_signature *s)
{
	if (s->hash == OPENPGP_MD5)
		return "the signature rests on MD5";
	if (s->hash == OPENPGP_SHA1)
		return "the signature rests on SHA-1";
	if ((key->algorithm == OPENPGP_RSA || key->algorithm == OPENPGP_RSA_SIGN) &&
	    magnitude_bits(key->numbers[0]) < RSA_GOOD_BITS)
		return "the key is an RSA key of less than 2048 bits";
	if (key->algorithm == OPENPGP_DSA && magnitude_bits(key->numbers[0]) < DSA_GOOD_BITS)
		return "the key is a DSA key of less than 2048 bits";
	return NULL;
}

/* When "now" would give another answer. */
static void interval_set(const struct openpgp_signature *s, const struct openpgp_signer *signer,
			 int64_t now, struct trust_answer *answer)
{
	int64_t ends[2] = { signer->has_end ? signer->end : INT64_MAX,
			    s->lifetime ? s->created + s->lifetime : INT64_MAX };

	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		if (ends[i] <= now && ends[i] > answer->holds_from)
			answer->holds_from = ends[i];
		if (ends[i] > now && ends[i] != INT64_MAX && ends[i] - 1 < answer->holds_until)
			answer->holds_until = ends[i] - 1;
	}
}

/* "OpenPGP key 0123...", as people compare them. */
static const char *key_name(struct arena *a, const char *what, struct span id)
{
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;

	buffer_hex(&hex, id);
	return buffer_status(&hex) == STATUS_OK
		       ? arena_printf(a, "%s %s", what, buffer_string(&hex, 0))
		       : NULL;
}

/* As the signature names a key that is not known. */
static enum status stranger(struct arena *a, struct scheme_case *c,
			    const struct openpgp_signature *s, struct fact *fact)
{
	struct span id = s->fingerprint.len > 0 ? s->fingerprint : s->issuer;
	const char *name = id.len > 0 ? key_name(a, "OpenPGP key", id)
				      : "an OpenPGP key that is not named";
	struct digest digest;

	if (!name)
		return STATUS_NO_MEMORY;
	TRY(digest_of(DIGEST_SHA256, &id, 1, &digest));
	TRY(trust_key_judge(c->store, a, TRUST_OPENPGP, digest.bytes, name, &fact->answer));
	/* Its number alone proves nothing, even if an anchor had it. */
	if (fact->answer.trust == ASSAY_TRUST_ANCHORED)
		fact->answer.trust = ASSAY_TRUST_UNKNOWN_KEY;
	fact->claimed_signer = name;
	fact->trust = fact->answer.trust;
	return STATUS_OK;
}

enum status openpgp_trust(struct arena *a, struct scheme_case *c,
			  const struct openpgp_signature *s, struct openpgp_found *found,
			  struct fact *fact)
{
	struct openpgp_signer *signer = &found->signer;
	struct span fingerprint = openpgp_fingerprint_span(&signer->primary);
	const char *weak, *name;
	struct digest digest;
	enum status status;

	if (!signer->component)
		return stranger(a, c, s, fact);
	status = openpgp_signer_judge(a, signer, s->created, c->policy.now);
	if (status == STATUS_LIMIT)
		finding_add(c->findings, "limit.openpgp", fact->where, NULL, NULL);
	TRY(status);
	name = key_name(a, "OpenPGP key", fingerprint);
	if (!name)
		return STATUS_NO_MEMORY;
	fact->claimed_signer = signer->user_id.len > 0
				       ? escape_string(a, signer->user_id, NAME_MAX_BYTES)
				       : name;
	if (!fact->claimed_signer)
		return STATUS_NO_MEMORY;
	TRY(digest_of(DIGEST_SHA256, &fingerprint, 1, &digest));
	TRY(trust_key_judge(c->store, a, TRUST_OPENPGP, digest.bytes, name, &fact->answer));
	objection_add(signer, fact);
	weak = openpgp_weakness(&signer->component->key, s);
	if (weak)
		trust_lower(fact, ASSAY_TRUST_WEAK_ALGORITHM, weak);
	if (s->lifetime != 0 && s->created + s->lifetime <= c->policy.now)
		trust_lower(fact, ASSAY_TRUST_EXPIRED, "the signature has expired");
	if (s->created > c->policy.now)
		finding_add(c->findings, "openpgp.future", fact->where, NULL, NULL);
	interval_set(s, signer, c->policy.now, &fact->answer);
	fact->trust = fact->answer.trust;
	return STATUS_OK;
}
