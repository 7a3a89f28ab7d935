/* SPDX-License-Identifier: MIT */
/*
 * Hash agility: signed attributes that name every CodeDirectory, so that none
 * can be exchanged or taken away.
 *
 * 1.2.840.113635.100.9.1: a property list with the first 20 bytes of each digest,
 * ordered by kind of digest.  1.2.840.113635.100.9.2: a SET OF { algorithm, whole digest }, in
 * any order. Both attributes also name the donor of a stolen signature.
 */
#include "structure/plist/plist.h"
#include "verify/code_directory/state.h"

static bool entry_read(struct span value, enum digest_algorithm *algorithm, struct span *digest)
{
	struct der sequence, oid, octets;
	struct cursor c;

	if (!der_only(value, DER_SEQUENCE, &sequence, NULL))
		return false;
	c = der_enter(&sequence);
	if (!der_expect(&c, DER_OID, &oid) || !der_expect(&c, DER_OCTET_STRING, &octets))
		return false;
	*algorithm = digest_by_oid(oid.value);
	*digest = octets.value;
	return true;
}

static void contradict(struct arena *a, struct cd_state *state, struct cd_signature *s,
		       struct span where, const char *named)
{
	s->altered = true;
	finding_add(state->c->findings, "macho.cd-not-attested",
		    claim_where(s->fact->claim, where), "the CodeDirectories that are here",
		    arena_printf(a, "the signer named %s", named));
}

static bool is_here(const struct cd_signature *s, enum digest_algorithm algorithm,
		    struct span digest)
{
	for (size_t i = 0; i < s->n_directories; i++) {
		const struct cd_directory *d = &s->directories[i];

		if (d->algorithm == algorithm && digest_equal(&d->hash, digest))
			return true;
	}
	return false;
}

/* The CodeDirectory whose kind of digest is the next one after @type. */
static const struct cd_directory *directory_after(const struct cd_signature *s, unsigned type)
{
	const struct cd_directory *best = NULL;

	for (size_t i = 0; i < s->n_directories; i++) {
		const struct cd_directory *d = &s->directories[i];

		if (d->d->hash_type > type && (!best || d->d->hash_type < best->d->hash_type))
			best = d;
	}
	return best;
}

static bool list_agrees(const struct cd_signature *s, const struct plist *list)
{
	const struct plist *p = list->first;
	unsigned type = 0;

	if (list->n != s->n_directories)
		return false;
	for (; p; p = p->next) {
		const struct cd_directory *d = directory_after(s, type);
		struct span hash;

		if (!d || p->kind != PLIST_DATA)
			return false;
		type = d->d->hash_type;
		hash = span_clip(digest_span(&d->hash), 0, CD_HASH_BYTES);
		if (d->algorithm != DIGEST_NONE && !span_equal(p->bytes, hash))
			return false;
	}
	return true;
}

static enum status list_judge(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	const struct signer_info *si = s->fact->signer;
	const struct cms_attribute *attr =
		cms_attribute_find(si->attrs, si->n_attrs, CD_HASHES_PLIST);
	const struct plist *list = NULL;
	struct plist *root = NULL;
	struct der octets;

	if (!attr)
		return STATUS_OK;
	if (attr->n_values == 1 && der_only(attr->values[0], DER_OCTET_STRING, &octets, NULL)) {
		enum status status = plist_read(a, octets.value, &root);

		if (status == STATUS_NO_MEMORY)
			return status;
		list = plist_find(root, "cdhashes", PLIST_ARRAY);
	}
	if (!list)
		contradict(a, state, s, attr->oid, "something that cannot be read");
	else if (!list_agrees(s, list))
		contradict(a, state, s, attr->oid, "others in its property list");
	return STATUS_OK;
}

enum status cd_agility_judge(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	const struct signer_info *si = s->fact->signer;
	const struct cms_attribute *attr =
		cms_attribute_find(si->attrs, si->n_attrs, CD_HASHES);

	TRY(list_judge(a, state, s));
	if (!attr)
		return STATUS_OK;
	for (size_t i = 0; i < attr->n_values; i++) {
		enum digest_algorithm algorithm;
		struct span digest;

		if (!entry_read(attr->values[i], &algorithm, &digest)) {
			contradict(a, state, s, attr->values[i],
				   "something that cannot be read");
			continue;
		}
		if (algorithm != DIGEST_NONE && !is_here(s, algorithm, digest)) {
			CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;

			buffer_hex(&hex, digest);
			TRY(buffer_status(&hex));
			contradict(a, state, s, attr->values[i],
				   arena_printf(a, "%s %.*s", digest_name(algorithm),
						(int)hex.len, hex.bytes));
		}
	}
	if (attr->n_values != s->n_directories)
		contradict(a, state, s, attr->oid,
			   arena_printf(a, "%zu of them, here are %zu", attr->n_values,
					s->n_directories));
	return STATUS_OK;
}
