/* SPDX-License-Identifier: MIT */
/*
 * Anchors that are asked for one by one: raw keys, and the certificates of
 * signers who name one without bringing it along (RFC 5652 5.3).
 */
#include "trust/store.h"

enum status trust_key_judge(const struct trust_store *store, struct arena *a,
			    enum trust_set set, const uint8_t sha256[32], const char *name,
			    struct trust_answer *out)
{
	const struct trust_set_row *row = trust_set_row(set);
	struct stored anchor;

	*out = (struct trust_answer){ .by_key = true,
				      .holds_from = INT64_MIN,
				      .holds_until = INT64_MAX };
	(void)span_copy(out->key, sizeof(out->key), (struct span){ sha256, 32 });
	if (store_by_sha256(store, sha256, &anchor) && anchor.sets & row->anchors) {
		out->trust = ASSAY_TRUST_ANCHORED;
		out->reasons = 1U << ASSAY_TRUST_ANCHORED;
		out->path_has_anchor = true;
		out->anchor_name = anchor.name && *anchor.name ? anchor.name : name;
		return STATUS_OK;
	}
	if (store_has_anchor(store, row->anchors)) {
		out->trust = ASSAY_TRUST_UNKNOWN_KEY;
		out->explanation = arena_printf(a, "%s not known", name);
	} else {
		out->trust = ASSAY_TRUST_UNEVALUATED;
		out->explanation = arena_printf(a, "no anchors for %s", row->name);
	}
	out->reasons = 1U << out->trust;
	return out->explanation ? STATUS_OK : STATUS_NO_MEMORY;
}

bool signer_name_fits(const struct certificate *c, const struct signer_name *name)
{
	if (name->key_id.len > 0)
		return span_equal(c->subject_key_id, name->key_id);
	return name->serial.len > 0 && span_equal(c->serial, name->serial) &&
	       (span_equal(c->issuer, name->issuer) || name_equal(c->issuer, name->issuer));
}

static enum status candidate_take(struct arena *a, struct span der,
				  const struct signer_name *name,
				  const struct certificate **out)
{
	struct certificate read, *kept;
	enum status status = certificate_read(der, &read, NULL);

	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK || !signer_name_fits(&read, name))
		return STATUS_OK;
	kept = ARENA_NEW(a, struct certificate, 1);
	if (!kept)
		return STATUS_NO_MEMORY;
	*kept = read;
	*out = kept;
	return STATUS_OK;
}

enum status trust_signer_find(const struct trust_store *s, struct arena *a, enum trust_set set,
			      const struct signer_name *name, const struct certificate **out)
{
	struct stored hits[STORE_MAX_HITS];
	struct trust_place at = { 0 };
	struct trust_key key;
	size_t n;

	*out = NULL;
	if (!store_has_anchor(s, (unsigned)set))
		return STATUS_OK;
	/* Most make their certificates themselves: then the issuer is the subject. */
	n = store_by_subject(s, name->issuer, name->key_id, hits);
	for (size_t i = 0; i < n && !*out; i++)
		if (hits[i].sets & (unsigned)set && hits[i].der.len)
			TRY(candidate_take(a, hits[i].der, name, out));
	while (!*out && trust_key_next(s, &at, set, &key))
		if (key.item == TRUST_CERTIFICATE)
			TRY(candidate_take(a, key.bytes, name, out));
	return STATUS_OK;
}
