/* SPDX-License-Identifier: MIT */
/*
 * Who signed a trust list?  A chain check of its own, small and strict, since
 * it decides who may say what is trusted: every certificate valid when the list
 * was made, every issuer a CA whose usages allow lists, the end a pin.
 */
#include "trust/stl.h"

#define OID_CTL             OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x01")
#define EKU_ROOT_LIST       OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x09")
#define EKU_DISALLOWED_LIST OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x1e")

/* Microsoft Root Certificate Authority 2010. */
static const uint8_t list_roots[][32] = {
	{0xdf, 0x54, 0x5b, 0xf9, 0x19, 0xa2, 0x43, 0x9c, 0x36, 0x98, 0x3b,
         0x54, 0xcd, 0xfc, 0x90, 0x3d, 0xfa, 0x4f, 0x37, 0xd3, 0x99, 0x6d,
         0x8d, 0x84, 0xb4, 0xc3, 0x1e, 0xec, 0x6f, 0x3c, 0x16, 0x3e},
};

bool stl_root_pinned(const uint8_t sha256[32])
{
	for (size_t i = 0; i < COUNT_OF(list_roots); i++)
		if (memcmp(list_roots[i], sha256, 32) == 0)
			return true;
	return false;
}

/* One search for a way from the signer to a root. */
struct ascent {
	const struct stl *list;
	const struct certificate *roots;
	size_t n_roots;
	unsigned edges_left;
};

/* Does @c name the publishing of such lists among its usages? */
static bool names_lists(const struct ascent *s, const struct certificate *c)
{
	return certificate_has_eku(c, EKU_ROOT_LIST) ||
	       (s->list->info.kind == LIST_DISALLOWED &&
		certificate_has_eku(c, EKU_DISALLOWED_LIST));
}

static bool usage_allows(const struct ascent *s, const struct certificate *c)
{
	return !c->has_eku || names_lists(s, c) || certificate_has_eku(c, EKU_ANY);
}

static bool valid_then(const struct ascent *s, const struct certificate *c)
{
	int64_t then = s->list->info.this_update;

	return then >= c->not_before && then <= c->not_after;
}

/* May @issuer have signed the certificate that stands @depth above the signer? */
static bool issuer_fits(struct ascent *s, const struct certificate *child,
			const struct certificate *issuer, unsigned depth)
{
	if (!span_equal(child->issuer, issuer->subject) || !valid_then(s, issuer) ||
	    issuer->critical_unknown.len || !usage_allows(s, issuer))
		return false;
	if (!issuer->has_basic_constraints || !issuer->is_ca ||
	    (issuer->has_path_len && issuer->path_len < depth))
		return false;
	if (issuer->has_key_usage && !(issuer->key_usage & KEY_USAGE_KEY_CERT_SIGN))
		return false;
	if (s->edges_left == 0)
		return false;
	s->edges_left--;
	return certificate_signed_by(child, &issuer->key) == SIGNATURE_OK;
}

static bool root_reached(struct ascent *s, const struct certificate *child, unsigned depth)
{
	for (size_t i = 0; i < s->n_roots; i++)
		if (issuer_fits(s, child, &s->roots[i], depth))
			return true;
	return false;
}

static bool ascend(struct ascent *s, const struct certificate *signer)
{
	const struct certificate *child = signer;

	for (unsigned depth = 0; depth < STL_MAX_DEPTH; depth++) {
		const struct certificate *next = NULL;

		if (root_reached(s, child, depth))
			return true;
		for (size_t i = 0; i < s->list->cms.n_certs && !next; i++) {
			const struct certificate *c = &s->list->cms.certs[i];

			if (c != child && issuer_fits(s, child, c, depth))
				next = c;
		}
		if (!next)
			return false;
		child = next;
	}
	return false;
}

/* Why @c may not sign lists; NULL: it may. */
static const char *publisher_problem(const struct ascent *s, const struct certificate *c)
{
	if (!c->has_eku || !names_lists(s, c))
		return "is signed by somebody whose certificate is not for trust lists";
	if (c->has_key_usage && !(c->key_usage & KEY_USAGE_DIGITAL_SIGNATURE))
		return "is signed with a key that is not for signatures";
	if (!valid_then(s, c))
		return "was made when its signer's certificate was not valid";
	return NULL;
}

static enum status signature_check_list(struct arena *a, const struct cms *cms,
					const struct certificate *signer, bool *good)
{
	const struct signer_info *info = &cms->signers[0];
	struct signer_check check = { 0 };
	struct span content = cms->content.value;

	if (cms->octet_content)
		TRY(der_octets(a, &cms->content, &content));
	TRY(signer_verify(info, &signer->key, content, false, &check));
	*good = check.signature == SIGNATURE_OK && check.digest_matches &&
		!check.algorithm_contradiction && !info->duplicate_attr &&
		info->digest != DIGEST_MD5 &&
		(info->signed_attrs.len == 0 || span_equal(info->content_type, OID_CTL));
	return STATUS_OK;
}

enum status stl_verify(struct arena *a, const struct stl *list, const struct certificate *roots,
		       size_t n_roots, const char **problem)
{
	struct ascent s = { list, roots, n_roots, STL_MAX_EDGES };
	const struct certificate *signer = NULL;
	bool good = false;

	*problem = "is not signed by exactly one signer whose certificate is in it";
	if (list->cms.n_signers == 1)
		signer = signer_certificate(&list->cms.signers[0], list->cms.certs,
					    list->cms.n_certs);
	if (!signer)
		return STATUS_USAGE;
	TRY(signature_check_list(a, &list->cms, signer, &good));
	*problem = "has a signature that does not hold: it was altered";
	if (!good)
		return STATUS_USAGE;
	*problem = publisher_problem(&s, signer);
	if (*problem)
		return STATUS_USAGE;
	*problem = n_roots ? "is not signed under the pinned root of its publisher"
			   : "cannot be checked: the certificate of the pinned root (Microsoft "
			     "Root Certificate Authority 2010) is not known; add it first";
	if (!ascend(&s, signer))
		return STATUS_USAGE;
	*problem = NULL;
	return STATUS_OK;
}
