/* SPDX-License-Identifier: MIT */
/*
 * Hash agility: signed attributes that name every CodeDirectory, so that none
 * can be exchanged or taken away.
 *
 * 1.2.840.113635.100.9.2: a SET OF { algorithm, whole digest }, in any order.
 * Both attributes also name the donor of a stolen signature.
 */
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

enum status cd_agility_judge(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	const struct signer_info *si = s->fact->signer;
	const struct cms_attribute *attr =
		cms_attribute_find(si->attrs, si->n_attrs, CD_HASHES);

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
