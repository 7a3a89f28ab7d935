/* SPDX-License-Identifier: MIT */
/* Signers of schemes v2, v3 and v3.1: length-prefixed sequences, all numbers little-endian. */
#include "verify/apk/sequences.h"

/* The strongest first: of the signatures that a signer gives, this one is verified. */
static const struct apk_algorithm algorithms[] = {
	{0x0102,  KEY_RSA, true,  DIGEST_SHA512, 64, CONTENT_CHUNKED_SHA512},
	{ 0x0104, KEY_RSA, false, DIGEST_SHA512, 0,  CONTENT_CHUNKED_SHA512},
	{ 0x0202, KEY_EC,  false, DIGEST_SHA512, 0,  CONTENT_CHUNKED_SHA512},
	{ 0x0421, KEY_RSA, false, DIGEST_SHA256, 0,  CONTENT_VERITY        },
	{ 0x0423, KEY_EC,  false, DIGEST_SHA256, 0,  CONTENT_VERITY        },
	{ 0x0425, KEY_DSA, false, DIGEST_SHA256, 0,  CONTENT_VERITY        },
	{ 0x0101, KEY_RSA, true,  DIGEST_SHA256, 32, CONTENT_CHUNKED_SHA256},
	{ 0x0103, KEY_RSA, false, DIGEST_SHA256, 0,  CONTENT_CHUNKED_SHA256},
	{ 0x0201, KEY_EC,  false, DIGEST_SHA256, 0,  CONTENT_CHUNKED_SHA256},
	{ 0x0301, KEY_DSA, false, DIGEST_SHA256, 0,  CONTENT_CHUNKED_SHA256},
};

const struct apk_algorithm *apk_algorithm_find(uint32_t id)
{
	for (size_t i = 0; i < COUNT_OF(algorithms); i++)
		if (algorithms[i].id == id)
			return &algorithms[i];
	return NULL;
}

const struct apk_algorithm *apk_algorithm_best(const struct apk_record *records, size_t n)
{
	for (size_t k = 0; k < COUNT_OF(algorithms); k++)
		for (size_t i = 0; i < n; i++)
			if (records[i].id == algorithms[k].id)
				return &algorithms[k];
	return NULL;
}

struct span apk_prefixed(struct cursor *c)
{
	uint32_t len = cursor_u32le(c);

	return cursor_take(c, len);
}

bool apk_records_read(struct span in, struct apk_record *out, size_t *n)
{
	struct cursor c = cursor_at(in, 0);

	*n = 0;
	while (cursor_left(&c) > 0) {
		struct cursor one = cursor_at(apk_prefixed(&c), 0);

		if (!cursor_ok(&c) || *n == APK_MAX_ALGORITHMS)
			return false;
		out[*n].id = cursor_u32le(&one);
		out[*n].value = apk_prefixed(&one);
		if (!cursor_ok(&one))
			return false;
		++*n;
	}
	return true;
}

static enum status signer_new(struct arena *a, struct scheme_case *c, struct apk_state *state,
			      const struct claim *claim, struct apk_signer **out)
{
	struct apk_signer *s = ARENA_NEW(a, struct apk_signer, 1);

	if (!s)
		return STATUS_NO_MEMORY;
	s->fact = fact_new(a, c, claim);
	if (!s->fact)
		return STATUS_NO_MEMORY;
	s->max_sdk = s->signed_max_sdk = SDK_MAX;
	*state->last = s;
	state->last = &s->next;
	*out = s;
	return STATUS_OK;
}

static enum status signer_read(struct arena *a, struct apk_signer *s, struct span in)
{
	struct cursor c = cursor_at(in, 0);
	struct span signatures;

	s->signed_data = apk_prefixed(&c);
	if (s->scheme != 2) {
		s->min_sdk = cursor_u32le(&c);
		s->max_sdk = cursor_u32le(&c);
	}
	signatures = apk_prefixed(&c);
	s->public_key = apk_prefixed(&c);
	if (!cursor_ok(&c) || !apk_records_read(signatures, s->signatures, &s->n_signatures)) {
		s->fact->problem = "its signer cannot be read";
		return STATUS_OK;
	}
	if (s->n_signatures == 0)
		s->fact->problem = "nobody signed it (no signatures)";
	s->best = apk_algorithm_best(s->signatures, s->n_signatures);
	return apk_signed_data_read(a, s);
}

static const char *scheme_name(unsigned scheme)
{
	return scheme == 2 ? "apk-v2" : scheme == 3 ? "apk-v3" : "apk-v3.1";
}

enum status apk_signers_read(struct arena *a, struct scheme_case *c, struct apk_state *state,
			     const struct claim *claim, unsigned scheme)
{
	struct cursor outer = cursor_at(claim->signature, 0);
	struct cursor in = cursor_at(apk_prefixed(&outer), 0);
	struct apk_signer *s;
	size_t n = 0;

	do {
		struct span one = apk_prefixed(&in);

		if (n++ == APK_MAX_SIGNERS) {
			finding_add(c->findings, "limit.signers", claim->where, NULL, NULL);
			return STATUS_LIMIT;
		}
		TRY(signer_new(a, c, state, claim, &s));
		s->scheme = scheme;
		s->fact->scheme = scheme_name(scheme);
		s->fact->where = claim_where(claim, one);
		if (!cursor_ok(&outer) || !cursor_ok(&in))
			s->fact->problem = "its signers cannot be read";
		else
			TRY(signer_read(a, s, one));
	} while (cursor_left(&in) > 0);
	return STATUS_OK;
}
