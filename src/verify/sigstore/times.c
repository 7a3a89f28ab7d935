/* SPDX-License-Identifier: MIT */
/* Timestamps (RFC 3161) over the signature, by authorities of the trusted root. */
#include "base/time.h"
#include "verify/sigstore/state.h"

/* What is inside of a TimeStampResp that was granted; the token itself passes as it is. */
static struct span token_of(struct span in)
{
	struct der whole, info, status, token;
	struct cursor c, inside;
	uint64_t granted;

	if (!der_only(in, DER_SEQUENCE, &whole, NULL))
		return in;
	c = der_enter(&whole);
	if (!der_optional(&c, DER_SEQUENCE, &info))
		return in;
	inside = der_enter(&info);
	if (!der_expect(&inside, DER_INTEGER, &status) || !der_u64(&status, &granted) ||
	    granted > 1 || !der_expect(&c, DER_SEQUENCE, &token))
		return SPAN_NONE;
	return token.whole;
}

/* Certificates of all stampers: a token may name one without bringing it along. */
static enum status certificates_gather(struct arena *a, const struct sigstore_root *root,
				       struct certificate **out, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < root->stampers.n; i++)
		*n += root->stampers.each[i].n;
	*out = ARENA_NEW(a, struct certificate, *n + 1);
	if (!*out)
		return STATUS_NO_MEMORY;
	*n = 0;
	for (size_t i = 0; i < root->stampers.n; i++)
		for (size_t k = 0; k < root->stampers.each[i].n; k++)
			(*out)[(*n)++] = root->stampers.each[i].certs[k];
	return STATUS_OK;
}

/* The authority that stands behind the token; *@why: none. */
static enum status stamper_find(struct arena *a, const struct timestamp *t,
				const struct sigstore_root *root, const char **why)
{
	*why = "no authority for timestamps is in the trusted root";
	for (size_t i = 0; i < root->stampers.n; i++) {
		const struct sigstore_authority *authority = &root->stampers.each[i];
		struct sigstore_path path;

		TRY(sigstore_path_find(a, t->signer, authority, EKU_TIME_STAMPING, &path, why));
		if (*why)
			continue;
		if (sigstore_path_valid(&path, authority, t->time))
			return STATUS_OK;
		*why = "a certificate of its authority was not valid at that time";
	}
	return STATUS_OK;
}

static enum status token_judge(struct arena *a, const struct scheme_case *c,
			       const struct sigstore_root *root, struct timestamp_fact *tf,
			       struct sigstore_opinion *out)
{
	const struct timestamp *t = tf->timestamp;

	tf->answer.holds_from = INT64_MIN;
	tf->answer.holds_until = INT64_MAX;
	if (!t->good || !t->has_time || !t->signer)
		return STATUS_OK;
	TRY(stamper_find(a, t, root, &tf->answer.explanation));
	if (!tf->answer.explanation && !sigstore_time_add(c, t->time, out))
		tf->answer.explanation = "its time has not come yet";
	tf->counts = !tf->answer.explanation;
	tf->answer.trust = tf->counts ? ASSAY_TRUST_ANCHORED : ASSAY_TRUST_UNTRUSTED_ROOT;
	return STATUS_OK;
}

enum status sigstore_tokens_judge(struct arena *a, const struct scheme_case *c,
				  const struct sigstore_bundle *b,
				  const struct sigstore_root *root,
				  struct sigstore_opinion *out)
{
	struct timestamp *read = ARENA_NEW(a, struct timestamp, b->n_tokens + 1);
	struct certificate *known;
	size_t n_known;

	out->timestamps = ARENA_NEW(a, struct timestamp_fact, b->n_tokens + 1);
	if (!read || !out->timestamps)
		return STATUS_NO_MEMORY;
	TRY(certificates_gather(a, root, &known, &n_known));
	for (size_t i = 0; i < b->n_tokens; i++) {
		struct timestamp_fact *tf = &out->timestamps[out->n_timestamps++];

		read[i] = (struct timestamp){ .known = known, .n_known = n_known };
		TRY(timestamp_token_read(a, token_of(b->tokens[i]), b->signature, &read[i]));
		tf->timestamp = &read[i];
		TRY(token_judge(a, c, root, tf, out));
	}
	return STATUS_OK;
}
