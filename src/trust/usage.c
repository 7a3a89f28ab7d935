/* SPDX-License-Identifier: MIT */
/*
 * Usage: are the certificates of a path meant for what they are used for?
 *
 * Extended key usages nest: an authority that lists any must list the purpose
 * (or any).  A code signer without the extension counts when no certificate of
 * its path has one, as before 2000; a timestamp signer must have exactly that
 * one usage (RFC 3161 2.3).  Firmware and the kernel ask for no usage at all.
 */
#include "trust/inquiry.h"

#define KEY_USAGE_NON_REPUDIATION 0x40

static size_t count_usages(const struct certificate *c)
{
	struct cursor list = cursor_at(c->eku, 0);
	struct der element;
	size_t n = 0;

	while (cursor_left(&list) > 0 && der_next(&list, &element))
		n++;
	return n;
}

static bool path_has_usages(const struct path *path)
{
	for (size_t i = 0; i < path->n; i++)
		if (path->certs[i]->has_eku)
			return true;
	return false;
}

/* Is @c for what the set wants? */
static bool usage_fits(const struct inquiry *in, const struct certificate *c)
{
	struct cursor list = cursor_at(c->eku, 0);
	struct der purpose;

	if (certificate_has_eku(c, in->usage))
		return true;
	while (in->usage_arc.len > 0 && cursor_left(&list) > 0 && der_next(&list, &purpose))
		if (purpose.tag == DER_OID && oid_is_below(purpose.value, in->usage_arc))
			return true;
	return false;
}

static void leaf_assess(struct inquiry *in, const struct path *path, struct assessment *as)
{
	const struct certificate *leaf = path->certs[0];
	bool timestamp = in->q->purpose == TRUST_PURPOSE_TIMESTAMP;
	const char *purpose = timestamp ? "timestamps" : "programs";
	uint8_t key_usages = KEY_USAGE_DIGITAL_SIGNATURE;

	if (timestamp)
		key_usages |= KEY_USAGE_NON_REPUDIATION;
	if (leaf->has_key_usage && !(leaf->key_usage & key_usages))
		assess(in, as, ASSAY_TRUST_WRONG_USAGE, "the key of '%s' is not for signatures",
		       certificate_name(in, leaf));
	if (leaf->has_eku ? !usage_fits(in, leaf) : timestamp || path_has_usages(path))
		assess(in, as, ASSAY_TRUST_WRONG_USAGE, "'%s' is not for signing %s",
		       certificate_name(in, leaf), purpose);
	if (timestamp && leaf->has_eku && count_usages(leaf) != 1)
		assess(in, as, ASSAY_TRUST_WRONG_USAGE, "'%s' is not for timestamps alone",
		       certificate_name(in, leaf));
	if (timestamp && usage_fits(in, leaf) && !leaf->eku_critical)
		note_certificate(in, "cert.tsa-usage-not-critical", leaf, "critical",
				 "not critical");
}

void usage_assess(struct inquiry *in, const struct path *path, struct assessment *as)
{
	if (in->usage.len == 0)
		return;
	leaf_assess(in, path, as);
	for (size_t i = 1; i < path->n; i++) {
		const struct certificate *c = path->certs[i];

		if (c->has_eku && !usage_fits(in, c) && !certificate_has_eku(c, EKU_ANY))
			assess(in, as, ASSAY_TRUST_WRONG_USAGE,
			       "'%s' may not issue certificates for this use",
			       certificate_name(in, c));
	}
}
