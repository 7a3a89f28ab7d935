/* SPDX-License-Identifier: MIT */
/*
 * Detached: a SignerInfo over the file itself, as on kernel modules and beside
 * files.  Its key is often somewhere else, and a signature over other bytes may
 * still say for which it was made.
 */
#include "base/buffer.h"
#include "verify/message.h"

#define SHOWN_OCTETS 32 /* of a number that is a key's name */

/* How people know a key that is not at hand. */
static const char *signer_text(struct arena *a, const struct signer_info *s)
{
	struct buffer text CLEANUP(buffer_free) = BUFFER_INIT;

	if (s->key_id.len > 0) {
		buffer_text(&text, "key ");
		buffer_hex(&text, span_clip(s->key_id, 0, SHOWN_OCTETS));
	} else {
		const char *issuer = name_short(a, s->issuer);

		buffer_printf(&text, "key of '%s', number ", issuer ? issuer : "");
		buffer_hex(&text, span_clip(s->serial, 0, SHOWN_OCTETS));
	}
	return arena_string(a, buffer_span(&text));
}

/* Nobody can say anything about the signature: the key is not there. */
static enum status key_missing(struct arena *a, struct scheme_case *c, struct fact *fact,
			       enum trust_set set)
{
	static const uint8_t none[32];
	const char *name = signer_text(a, fact->signer);

	if (!name)
		return STATUS_NO_MEMORY;
	fact->signature = ASSAY_SIGNATURE_ABSENT;
	fact->claimed_signer =
		fact->signer->issuer.len > 0 ? name_short(a, fact->signer->issuer) : name;
	TRY(trust_key_judge(c->store, a, set, none, name, &fact->answer));
	fact->trust = fact->answer.trust;
	return STATUS_OK;
}

/* Without attributes a wrong signature says only that it is wrong, but RSA says for what. */
static enum status detached_recover(struct fact *fact, struct signer_check *check)
{
	const struct signer_info *si = fact->signer;
	struct digest recovered;

	TRY(signature_recover(&fact->certificate->key, &si->signature_algorithm, si->signature,
			      &recovered));
	if (recovered.algorithm == DIGEST_NONE || recovered.algorithm != si->digest)
		return STATUS_OK;
	fact->signed_digest = recovered;
	check->signature = SIGNATURE_OK;
	return STATUS_OK;
}

/* What was signed; the file may be something else without fault of the signature. */
static enum status detached_digest(struct fact *fact, struct signer_check *check)
{
	const struct signer_info *si = fact->signer;

	if (si->signed_attrs.len > 0) {
		if (si->message_digest.len != digest_size(si->digest))
			return STATUS_OK;
		fact->signed_digest.algorithm = si->digest;
		(void)span_copy(fact->signed_digest.bytes, DIGEST_MAX, si->message_digest);
		check->digest_matches = true;
		return STATUS_OK;
	}
	if (check->signature == SIGNATURE_OK)
		fact->signed_digest = fact->computed_digest;
	return check->signature == SIGNATURE_WRONG ? detached_recover(fact, check) : STATUS_OK;
}

static enum status detached_check(struct fact *fact, const struct digest *content)
{
	struct signer_check check;

	fact->signature = ASSAY_SIGNATURE_BAD;
	fact->computed_digest = *content;
	TRY(signer_verify_detached(fact->signer, &fact->certificate->key, content, &check));
	TRY(detached_digest(fact, &check));
	if (check.signature == SIGNATURE_NOT_SUPPORTED) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "its algorithm is not built in";
		return STATUS_OK;
	}
	fact->problem = message_problem(fact, &check);
	if (fact->problem)
		return STATUS_OK;
	fact->signature = ASSAY_SIGNATURE_GOOD;
	fact->binding = digest_equal(content, digest_span(&fact->signed_digest))
				? ASSAY_BINDING_INTACT
				: ASSAY_BINDING_MODIFIED;
	return STATUS_OK;
}

/* The key of a system that the file is for. */
static enum status outside_find(struct arena *a, struct scheme_case *c, struct fact *fact,
				const struct signer_name *name)
{
	struct outside_key *outside;

	if (!c->keys.find)
		return STATUS_OK;
	outside = ARENA_NEW(a, struct outside_key, 1);
	if (!outside)
		return STATUS_NO_MEMORY;
	TRY(c->keys.find(c->keys.context, a, name, outside));
	if (!outside->certificate)
		return STATUS_OK;
	fact->outside = outside;
	fact->certificate = outside->certificate;
	return STATUS_OK;
}

enum status fact_mathematics_detached(struct arena *a, struct scheme_case *c, struct fact *fact,
				      enum trust_set set, const struct digest *content)
{
	const struct signer_info *si = fact->signer;
	const struct signer_name name = { si->issuer, si->serial, si->key_id };

	fact->certificate = signer_certificate(si, fact->cms->certs, fact->cms->n_certs);
	if (!fact->certificate)
		TRY(trust_signer_find(c->store, a, set, &name, &fact->certificate));
	if (!fact->certificate)
		TRY(outside_find(a, c, fact, &name));
	return fact->certificate ? detached_check(fact, content) : key_missing(a, c, fact, set);
}
