/* SPDX-License-Identifier: MIT */
/*
 * IMA: {03, 02, hash algorithm, key id, length, signature} over the file's hash
 * (security/integrity/integrity.h, signature_v2_hdr; ima-evm-utils imaevm.h).
 *
 * The key id is the end of the key's identifier: a hint.  Neither certificate nor
 * time travels along, so only the key itself can be believed.  Type 06 signs the
 * fs-verity digest under another header and is only recognised.
 */
#include "verify/ima/ima.h"

#include "base/buffer.h"
#include "crypto/x509.h"

#define KEY_ID_BYTES   4
#define CANDIDATES_MAX 16 /* keys that are tried for one signature */
#define SIGNATURES_MAX 16 /* of one file */
#define NO_JOB         SIZE_MAX

/* enum pkey_hash_algo of imaevm.h, as far as it is built in. */
static const struct {
	uint8_t number;
	enum digest_algorithm digest;
} algorithms[] = {
	{2,  DIGEST_SHA1  },
	{ 4, DIGEST_SHA256},
	{ 5, DIGEST_SHA384},
	{ 6, DIGEST_SHA512},
};

struct item {
	const struct claim *claim;
	const char *problem;
	bool unsupported;
	enum digest_algorithm algorithm;
	struct span key_id, signature;
	size_t job;
};

struct state {
	struct item items[SIGNATURES_MAX];
	size_t n;
	struct digest_job jobs[SIGNATURES_MAX];
	size_t n_jobs;
};

static void item_read(struct item *item)
{
	struct cursor c = cursor_at(item->claim->signature, 0);
	uint8_t type = cursor_u8(&c), version = cursor_u8(&c), algorithm = cursor_u8(&c);

	item->key_id = cursor_take(&c, KEY_ID_BYTES);
	item->signature = cursor_take(&c, cursor_be(&c, 2));
	for (size_t i = 0; i < COUNT_OF(algorithms); i++)
		if (algorithms[i].number == algorithm)
			item->algorithm = algorithms[i].digest;
	item->unsupported = type != 3 || version != 2 || item->algorithm == DIGEST_NONE;
	if (!cursor_ok(&c) || cursor_left(&c) != 0 || item->signature.len == 0) {
		item->unsupported = false;
		item->problem = "its length is not what it says";
	} else if (item->unsupported) {
		item->problem = type == 3 ? "a hash algorithm that is not built in"
					  : "a signature over the fs-verity digest";
	}
}

/* Nothing but the signature, as `openssl dgst -sha256 -sign` makes it. */
static void raw_read(struct item *item)
{
	item->algorithm = DIGEST_SHA256;
	item->signature = item->claim->signature;
}

static enum status begin(struct arena *a, struct scheme_case *c, struct scheme_work *out,
			 const struct scheme *scheme)
{
	struct state *state = ARENA_NEW(a, struct state, 1);

	if (!state)
		return STATUS_NO_MEMORY;
	for (const struct claim *claim = scheme_claim(scheme, c->box->claims);
	     claim && state->n < SIGNATURES_MAX; claim = scheme_claim(scheme, claim->next)) {
		struct item *item = &state->items[state->n++];

		*item = (struct item){ .claim = claim, .job = NO_JOB };
		if (scheme == &scheme_ima)
			item_read(item);
		else
			raw_read(item);
		if (item->problem)
			continue;
		item->job = state->n_jobs;
		state->jobs[state->n_jobs++] =
			(struct digest_job){ .algorithm = item->algorithm,
					     .covered = *claim->covered };
	}
	*out = (struct scheme_work){ state, state->jobs, state->n_jobs };
	return STATUS_OK;
}

/* The public key of an anchor, and the identifier that the kernel knows it by. */
static enum status key_read(const struct trust_key *anchor, struct public_key *key,
			    uint8_t id[KEY_ID_BYTES])
{
	struct certificate certificate;
	struct span skid = SPAN_NONE;
	struct digest digest;

	if (anchor->item == TRUST_CERTIFICATE) {
		TRY(certificate_read(anchor->bytes, &certificate, NULL));
		*key = certificate.key;
		skid = certificate.subject_key_id;
	} else {
		TRY(public_key_read(anchor->bytes, key));
	}
	if (skid.len < KEY_ID_BYTES) {
		TRY(digest_of(DIGEST_SHA1, &key->bits, 1, &digest));
		skid = digest_span(&digest);
	}
	(void)span_copy(id, KEY_ID_BYTES, span_after(skid, skid.len - KEY_ID_BYTES));
	return STATUS_OK;
}

struct found {
	struct trust_key anchor;
	struct public_key key;
	bool known;
	enum signature_result result;
};

/* A key that made the signature; else one that has the id.  .known: there is one of them. */
static enum status key_find(const struct trust_store *store, const struct item *item,
			    const struct digest *hash, struct found *out)
{
	struct trust_place at = { 0 };
	struct found f = { .known = true };

	*out = (struct found){ .known = false };
	for (size_t n = 0;
	     n < CANDIDATES_MAX && trust_key_next(store, &at, TRUST_IMA, &f.anchor);) {
		uint8_t id[KEY_ID_BYTES];
		enum status status = key_read(&f.anchor, &f.key, id);
		const struct signature_algorithm algorithm = { .key = f.key.type };
		struct signature_check check = { .key = &f.key,
						 .algorithm = &algorithm,
						 .hash = hash,
						 .signature = item->signature };

		if (status == STATUS_NO_MEMORY)
			return status;
		if (status != STATUS_OK ||
		    (item->key_id.len > 0 && !span_equal(SPAN_OF(id), item->key_id)))
			continue;
		n++;
		f.result = signature_verify(&check);
		/* Without a number only the key that made it is the one. */
		if ((!out->known && item->key_id.len > 0) || f.result == SIGNATURE_OK)
			*out = f;
		if (f.result == SIGNATURE_OK)
			break;
	}
	return STATUS_OK;
}

static enum status trust(struct arena *a, struct scheme_case *c, const struct item *item,
			 const struct found *found, struct fact *fact)
{
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;
	static const uint8_t nobody[32];
	const char *number;

	buffer_hex(&hex, item->key_id);
	TRY(buffer_status(&hex));
	number = item->key_id.len > 0 ? arena_printf(a, "IMA key %s", buffer_string(&hex, 0))
				      : "a key that is not named";
	if (!number)
		return STATUS_NO_MEMORY;
	fact->claimed_signer = number;
	TRY(trust_key_judge(c->store, a, TRUST_IMA,
			    found->known ? found->anchor.sha256 : nobody, number,
			    &fact->answer));
	fact->trust = fact->answer.trust;
	/* The anchor's name is the administrator's word, not the file's. */
	if (found->known && found->anchor.name && strlen(found->anchor.name) > 0)
		fact->claimed_signer = arena_printf(a, "%s", found->anchor.name);
	if (item->algorithm == DIGEST_SHA1 && fact->trust == ASSAY_TRUST_ANCHORED) {
		fact->trust = fact->answer.trust = ASSAY_TRUST_WEAK_ALGORITHM;
		fact->answer.explanation = "the signature rests on SHA-1";
	}
	return fact->claimed_signer ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status item_finish(struct arena *a, struct scheme_case *c, const struct item *item,
			       const struct digest_job *jobs, struct fact *fact)
{
	const struct signature_algorithm rsa = { .key = KEY_RSA };
	struct found found;

	fact->signature = item->unsupported ? ASSAY_SIGNATURE_UNSUPPORTED : ASSAY_SIGNATURE_BAD;
	fact->problem = item->problem;
	if (item->problem)
		return STATUS_OK;
	fact->computed_digest = jobs[item->job].result;
	TRY(key_find(c->store, item, &fact->computed_digest, &found));
	TRY(trust(a, c, item, &found, fact));
	fact->signature = ASSAY_SIGNATURE_ABSENT;
	if (!found.known)
		return STATUS_OK;
	switch (found.result) {
	case SIGNATURE_UNKNOWN: return STATUS_NO_MEMORY;
	case SIGNATURE_NOT_SUPPORTED:
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "the key or its algorithm is not built in";
		return STATUS_OK;
	case SIGNATURE_OK:
		fact->signature = ASSAY_SIGNATURE_GOOD;
		fact->binding = ASSAY_BINDING_INTACT;
		fact->signed_digest = fact->computed_digest;
		return STATUS_OK;
	case SIGNATURE_WRONG: break;
	}
	if (found.key.type == KEY_RSA)
		TRY(signature_recover(&found.key, &rsa, item->signature, &fact->signed_digest));
	if (fact->signed_digest.algorithm != DIGEST_NONE) {
		fact->signature = ASSAY_SIGNATURE_GOOD;
		fact->binding = ASSAY_BINDING_MODIFIED;
		return STATUS_OK;
	}
	fact->signature = ASSAY_SIGNATURE_BAD;
	fact->problem = "the key did not make this signature over these bytes";
	return STATUS_OK;
}

static enum status finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			  struct fact **out)
{
	const struct state *state = (const struct state *)work->state;

	*out = NULL;
	for (size_t i = 0; i < state->n; i++) {
		struct fact *fact = fact_new(a, c, state->items[i].claim);

		if (!fact)
			return STATUS_NO_MEMORY;
		*out = fact;
		out = &fact->next;
		TRY(item_finish(a, c, &state->items[i], work->jobs, fact));
	}
	return STATUS_OK;
}

static enum status ima_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	return begin(a, c, out, &scheme_ima);
}

static enum status raw_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	return begin(a, c, out, &scheme_raw);
}

const struct scheme scheme_ima = { "ima", ima_begin, finish };
const struct scheme scheme_raw = { "raw", raw_begin, finish };
