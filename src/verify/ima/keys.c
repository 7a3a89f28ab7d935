/* SPDX-License-Identifier: MIT */
/* Who made a signature of the integrity subsystem: keys of the set `ima`. */
#include "base/buffer.h"
#include "crypto/x509.h"
#include "verify/ima/state.h"

#define CANDIDATES_MAX 16 /* keys that are tried for one signature */

/* enum hash_algo of the kernel, as far as it is built in. */
static const struct {
	uint8_t number;
	enum digest_algorithm digest;
} algorithms[] = {
	{2,  DIGEST_SHA1  },
	{ 4, DIGEST_SHA256},
	{ 5, DIGEST_SHA384},
	{ 6, DIGEST_SHA512},
};

enum digest_algorithm ima_digest(uint8_t number)
{
	for (size_t i = 0; i < COUNT_OF(algorithms); i++)
		if (algorithms[i].number == number)
			return algorithms[i].digest;
	return DIGEST_NONE;
}

void ima_header_read(struct cursor *c, struct ima_item *item)
{
	uint8_t version = cursor_u8(c);

	item->algorithm = ima_digest(cursor_u8(c));
	item->key_id = cursor_take(c, IMA_KEY_ID_BYTES);
	item->signature = cursor_take(c, cursor_be(c, 2));
	if (!cursor_ok(c) || cursor_left(c) != 0 || item->signature.len == 0) {
		item->problem = "its length is not what it says";
		return;
	}
	/* 1 is another format; 2 and 3 differ in what is signed, and EVM knows only one such.
	 */
	item->unsupported = (version != 2 && version != 3) || item->algorithm == DIGEST_NONE;
	if (item->unsupported)
		item->problem = item->algorithm == DIGEST_NONE
					? "a hash algorithm that is not built in"
					: "a version that is not built in";
}

/* The public key of an anchor, and the identifier that the kernel knows it by. */
static enum status key_read(const struct trust_key *anchor, struct public_key *key,
			    uint8_t id[IMA_KEY_ID_BYTES])
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
	if (skid.len < IMA_KEY_ID_BYTES) {
		TRY(digest_of(DIGEST_SHA1, &key->bits, 1, &digest));
		skid = digest_span(&digest);
	}
	(void)span_copy(id, IMA_KEY_ID_BYTES, span_after(skid, skid.len - IMA_KEY_ID_BYTES));
	return STATUS_OK;
}

enum status ima_key_find(const struct trust_store *store, const struct ima_item *item,
			 const struct digest *hash, struct ima_found *out)
{
	struct trust_place at = { 0 };
	struct ima_found f = { .known = true };

	*out = (struct ima_found){ .known = false };
	for (size_t n = 0;
	     n < CANDIDATES_MAX && trust_key_next(store, &at, TRUST_IMA, &f.anchor);) {
		uint8_t id[IMA_KEY_ID_BYTES];
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
		TRY(signature_computed(f.result));
		/* Without a number only the key that made it is the one. */
		if ((!out->known && item->key_id.len > 0) || f.result == SIGNATURE_OK)
			*out = f;
		if (f.result == SIGNATURE_OK)
			break;
	}
	return STATUS_OK;
}

void ima_weigh(enum digest_algorithm algorithm, struct fact *fact)
{
	if (algorithm != DIGEST_SHA1 || fact->trust != ASSAY_TRUST_ANCHORED)
		return;
	fact->trust = fact->answer.trust = ASSAY_TRUST_WEAK_ALGORITHM;
	fact->answer.explanation = "the signature rests on SHA-1";
}

static enum status trust(struct arena *a, struct scheme_case *c, const struct ima_item *item,
			 const struct ima_found *found, struct fact *fact)
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
	ima_weigh(item->algorithm, fact);
	return fact->claimed_signer ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status ima_verify(struct arena *a, struct scheme_case *c, const struct ima_item *item,
		       struct fact *fact)
{
	const struct signature_algorithm rsa = { .key = KEY_RSA };
	struct ima_found found;

	TRY(ima_key_find(c->store, item, &fact->computed_digest, &found));
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
