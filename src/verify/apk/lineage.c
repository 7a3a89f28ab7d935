/* SPDX-License-Identifier: MIT */
/*
 * Proof of rotation (scheme v3): a chain of certificates, each signed by the
 * key of the one before, the last of which is the signer's.
 */
#include "verify/apk/sequences.h"

#define LINEAGE_VERSION 1

enum status apk_verify(const struct apk_algorithm *algorithm, const struct public_key *key,
		       struct span data, struct span signature, enum signature_result *out)
{
	const struct signature_algorithm how = {
		.key = algorithm->key,
		.pss = algorithm->pss,
		.digest = algorithm->digest,
		.mgf1 = algorithm->digest,
		.salt_len = algorithm->salt_len,
	};
	struct digest hash;
	struct signature_check check = {
		.key = key, .algorithm = &how, .hash = &hash, .signature = signature
	};

	TRY(digest_of(algorithm->digest, &data, 1, &hash));
	*out = key->type == algorithm->key ? signature_verify(&check) : SIGNATURE_WRONG;
	return signature_computed(*out);
}

struct level {
	struct span signed_data, certificate, signature;
	uint32_t signed_algorithm, algorithm;
};

static bool level_read(struct span in, struct level *out)
{
	struct cursor c = cursor_at(in, 0), inner;

	out->signed_data = apk_prefixed(&c);
	cursor_skip(&c, 4); /* what the key before may still do */
	out->algorithm = cursor_u32le(&c);
	out->signature = apk_prefixed(&c);
	inner = cursor_at(out->signed_data, 0);
	out->certificate = apk_prefixed(&inner);
	out->signed_algorithm = cursor_u32le(&inner);
	return cursor_ok(&c) && cursor_ok(&inner);
}

/* Did the key of the level before sign this one? */
static enum status level_verify(const struct level *before, const struct level *level,
				bool *good)
{
	const struct apk_algorithm *algorithm = apk_algorithm_find(before->algorithm);
	enum signature_result result;
	struct certificate signer;
	enum status status;

	*good = false;
	if (!algorithm || level->signed_algorithm != before->algorithm)
		return STATUS_OK;
	status = certificate_read(before->certificate, &signer, NULL);
	if (status != STATUS_OK)
		return status == STATUS_NO_MEMORY ? status : STATUS_OK;
	TRY(apk_verify(algorithm, &signer.key, level->signed_data, level->signature, &result));
	*good = result == SIGNATURE_OK;
	return STATUS_OK;
}

/* Keys hand over once each: one that comes again would take back what it gave. */
static bool past_add(struct apk_past *past, struct span certificate)
{
	for (size_t i = 0; i < past->n; i++)
		if (span_equal(past->certificates[i], certificate))
			return false;
	past->certificates[past->n++] = certificate;
	return true;
}

enum status apk_lineage_read(struct arena *a, struct span lineage, struct span last,
			     struct apk_past *out)
{
	struct cursor c = cursor_at(lineage, 0);
	struct level before = { 0 }, level = { 0 };
	bool good = cursor_u32le(&c) == LINEAGE_VERSION;

	*out = (struct apk_past){ ARENA_NEW(a, struct span, APK_MAX_LINEAGE), 0 };
	if (!out->certificates)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; good && cursor_left(&c) > 0; i++) {
		struct span one = apk_prefixed(&c);

		good = cursor_ok(&c) && i < APK_MAX_LINEAGE && level_read(one, &level) &&
		       past_add(out, level.certificate);
		if (good && i > 0)
			TRY(level_verify(&before, &level, &good));
		before = level;
	}
	if (!good || !span_same(before.certificate, last))
		out->n = 0;
	return STATUS_OK;
}

enum status apk_lineage_check(struct arena *a, struct apk_signer *s)
{
	if (s->lineage.len == 0)
		return STATUS_OK;
	TRY(apk_lineage_read(a, s->lineage, s->certificates[0].der, &s->past));
	if (s->past.n == 0)
		s->fact->problem = "its proof of rotation does not hold";
	return STATUS_OK;
}
