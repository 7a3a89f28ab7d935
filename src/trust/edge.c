/* SPDX-License-Identifier: MIT */
/*
 * Edges: who may have issued a certificate, and whose key really signed it.
 *
 * Names and key identifiers only propose (RFC 5280 4.2.1.1 calls them an aid);
 * they are free text, and forged files repeat the genuine ones.  The
 * mathematics decides.  Every check counts against a budget, also those that
 * the cache answers, so that the result is the same with a warm cache.
 */
#include "base/limits.h"
#include "trust/inquiry.h"

#define NAME_MAX_NORMALISED 1024 /* longer names must be equal byte for byte */
#define EXPONENT_MAX_BYTES  4    /* longer ones only cost time; Windows reads no more */

/* A stored certificate that was read, so that it is read once. */
struct met {
	struct certificate certificate;
	struct met *next;
};

bool names_match(struct span a, struct span b)
{
	if (span_equal(a, b))
		return true;
	return a.len <= NAME_MAX_NORMALISED && b.len <= NAME_MAX_NORMALISED && name_equal(a, b);
}

bool key_ids_match(const struct certificate *child, const struct certificate *issuer)
{
	return child->authority_key_id.len > 0 &&
	       span_equal(child->authority_key_id, issuer->subject_key_id);
}

bool key_ids_differ(const struct certificate *child, const struct certificate *issuer)
{
	return child->authority_key_id.len > 0 && issuer->subject_key_id.len > 0 &&
	       !span_equal(child->authority_key_id, issuer->subject_key_id);
}

/* NULL in *@out: its bytes are not at hand or cannot be read. */
static enum status met_certificate(struct inquiry *in, const struct stored *stored,
				   const struct certificate **out)
{
	struct met *m;
	enum status status;

	*out = NULL;
	for (m = in->met; m; m = m->next) {
		if (span_equal(SPAN_OF(m->certificate.sha256), SPAN_OF(stored->sha256))) {
			*out = &m->certificate;
			return STATUS_OK;
		}
	}
	if (stored->der.len == 0)
		return STATUS_OK;
	m = ARENA_NEW(in->arena, struct met, 1);
	if (!m)
		return STATUS_NO_MEMORY;
	status = certificate_read(stored->der, &m->certificate, NULL);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK)
		return STATUS_OK;
	m->next = in->met;
	in->met = m;
	*out = &m->certificate;
	return STATUS_OK;
}

static bool candidates_have(const struct candidates *list, const struct certificate *c)
{
	for (size_t i = 0; i < list->n; i++)
		if (certificate_same(list->certs[i], c))
			return true;
	return false;
}

static void candidates_add(struct candidates *list, const struct certificate *c,
			   bool known_root, bool embedded)
{
	if (list->n == MAX_CANDIDATES || candidates_have(list, c))
		return;
	list->certs[list->n] = c;
	list->known_root[list->n] = known_root;
	list->embedded[list->n] = embedded;
	list->n++;
}

static enum status add_stored(struct inquiry *in, const struct stored *hits, size_t n_hits,
			      bool anchors, struct candidates *out)
{
	for (size_t i = 0; i < n_hits; i++) {
		bool is_anchor = (hits[i].sets & in->set->anchors) != 0;
		const struct certificate *c;

		if (is_anchor != anchors)
			continue;
		TRY(met_certificate(in, &hits[i], &c));
		if (c)
			candidates_add(out, c, hits[i].sets != 0 || hits[i].public_root, false);
	}
	return STATUS_OK;
}

/* @likely: those whose name and key identifier both fit; otherwise the others. */
static void add_embedded(const struct inquiry *in, const struct certificate *child, bool likely,
			 struct candidates *out)
{
	for (size_t i = 0; i < in->n_pool; i++) {
		const struct certificate *c = &in->q->pool[i];
		bool key_fits = key_ids_match(child, c);
		bool both = span_equal(child->issuer, c->subject) &&
			    (key_fits || child->authority_key_id.len == 0);

		if (both == likely &&
		    (both || key_fits || names_match(child->issuer, c->subject)))
			candidates_add(out, c, false, true);
	}
}

enum status issuer_candidates(struct inquiry *in, const struct certificate *child,
			      struct candidates *out)
{
	struct stored hits[STORE_MAX_HITS];
	size_t n = store_by_subject(in->store, child->issuer, child->authority_key_id, hits);

	out->n = 0;
	TRY(add_stored(in, hits, n, true, out));
	TRY(add_stored(in, hits, n, false, out));
	add_embedded(in, child, true, out);
	add_embedded(in, child, false, out);
	return STATUS_OK;
}

static bool key_is_usable(const struct public_key *key)
{
	return !key->explicit_curve && !key->implicit_curve &&
	       key->exponent.len <= EXPONENT_MAX_BYTES;
}

static enum status edge_of(enum signature_result result, enum edge *out)
{
	*out = EDGE_UNSUPPORTED;
	switch (result) {
	case SIGNATURE_OK: *out = EDGE_GOOD; break;
	case SIGNATURE_WRONG: *out = EDGE_BAD; break;
	case SIGNATURE_NOT_SUPPORTED: break;
	case SIGNATURE_UNKNOWN: return STATUS_NO_MEMORY;
	}
	return STATUS_OK;
}

/*
 * What one check with @key costs, as a multiple of RSA-2048 with exponent 65537:
 * the slowest keys that we read cost a hundred times as much.
 */
static uint64_t check_effort(const struct public_key *key)
{
	uint64_t kilobits = (key->n_bits + 1023) / 1024;

	if (key->n_bits > KEY_MAX_BITS) /* refused unread */
		return 1;
	switch (key->type) {
	case KEY_RSA: return kilobits * kilobits * (key->exponent.len + 1) / 16 + 1;
	case KEY_EC: return key->curve == CURVE_P256 ? 4 : 36;
	case KEY_DSA: return kilobits * kilobits * 4;
	case KEY_UNKNOWN: break;
	}
	return 1;
}

enum status edge_check(struct inquiry *in, struct edge_budget *budget,
		       const struct certificate *child, const struct certificate *issuer,
		       enum edge *out)
{
	*out = EDGE_UNKNOWN;
	if (budget->spent == budget->limit) {
		in->limited = true;
		return STATUS_OK;
	}
	budget->spent++;
	*out = EDGE_UNSUPPORTED;
	if (!key_is_usable(&issuer->key))
		return STATUS_OK;
	*in->effort += check_effort(&issuer->key);
	if (*in->effort > TRUST_MAX_EFFORT) {
		*out = EDGE_UNKNOWN;
		in->limited = true;
		return STATUS_OK;
	}
	*out = edge_find(in->store, child->sha256, issuer->spki_sha256);
	if (*out != EDGE_UNKNOWN)
		return STATUS_OK;
	TRY(edge_of(certificate_signed_by(child, &issuer->key), out));
	edge_put(in->store, child->sha256, issuer->spki_sha256, *out);
	return STATUS_OK;
}

enum status object_check(struct inquiry *in, const struct signed_object *object,
			 const struct certificate *signer, bool *good)
{
	struct signature_check check = { .key = &signer->key,
					 .algorithm = object->algorithm,
					 .signature = object->signature };
	struct digest whole, hash;
	enum edge edge;

	*good = false;
	if (!key_is_usable(&signer->key) || object->algorithm->digest == DIGEST_NONE)
		return STATUS_OK;
	TRY(digest_of(DIGEST_SHA256, &object->whole, 1, &whole));
	edge = edge_find(in->store, whole.bytes, signer->spki_sha256);
	if (edge == EDGE_UNKNOWN) {
		TRY(digest_of(object->algorithm->digest, &object->signed_bytes, 1, &hash));
		check.hash = &hash;
		TRY(edge_of(signature_verify(&check), &edge));
		edge_put(in->store, whole.bytes, signer->spki_sha256, edge);
	}
	*good = edge == EDGE_GOOD;
	return STATUS_OK;
}
