/* SPDX-License-Identifier: MIT */
/*
 * Issuer: may a certificate whose key signed the one below it also issue it?
 *
 * RFC 5280 6.1.3 (a) (4) and 6.1.4: names that chain, basic constraints, path
 * length, key usage, name constraints, and no critical extension that we do not
 * know.  A certificate of version 1
 * can say none of this, so it counts as an issuer only when it is an anchor.
 */
#include "trust/inquiry.h"

static bool is_anchor(const struct inquiry *in, const struct certificate *c)
{
	struct stored stored;

	return store_by_sha256(in->store, c->sha256, &stored) && stored.sets & in->set->anchors;
}

/* RFC 5280 6.1.4 (l), (m): those that stand between, but for self-issued ones. */
static size_t count_intermediates(const struct path *path)
{
	size_t n = 0;

	for (size_t i = 1; i + 1 < path->n; i++)
		n += !certificate_self_issued(path->certs[i]);
	return n;
}

/* NULL: each critical extension of @c is known, to us or to this ecosystem. */
static const char *unknown_extension(struct inquiry *in, const struct certificate *c)
{
	struct span unknown = certificate_critical_unknown(c, in->set->extensions_arc);
	const char *oid;

	if (unknown.len == 0)
		return NULL;
	oid = der_oid_text(in->arena, unknown);
	return sentence(in, "'%s' carries the critical extension %s, which is not known",
			certificate_name(in, c), oid ? oid : "of an unreadable name");
}

const char *issuer_refused(struct inquiry *in, const struct path *path)
{
	const struct certificate *top = path->certs[path->n - 1], *leaf = path->certs[0];
	const struct certificate *below = path->certs[path->n - 2];
	const char *unknown;
	bool may_be_ca = top->has_basic_constraints ? top->is_ca : is_anchor(in, top);

	if (!names_match(below->issuer, top->subject))
		return sentence(in, "the key of '%s' signed '%s', which names another issuer",
				certificate_name(in, top), certificate_name(in, below));
	if (!may_be_ca)
		return sentence(in, "'%s' is no certification authority and cannot issue '%s'",
				certificate_name(in, top), certificate_name(in, below));
	if (top->has_key_usage && !(top->key_usage & KEY_USAGE_KEY_CERT_SIGN))
		return sentence(in, "the key of '%s' is not for signing certificates",
				certificate_name(in, top));
	if (top->has_path_len && count_intermediates(path) > top->path_len)
		return sentence(in, "'%s' allows fewer authorities below it than there are",
				certificate_name(in, top));
	unknown = unknown_extension(in, leaf);
	if (!unknown)
		unknown = unknown_extension(in, top);
	return unknown ? unknown : name_constraints_refused(in, path);
}
