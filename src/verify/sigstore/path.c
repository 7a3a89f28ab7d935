/* SPDX-License-Identifier: MIT */
/*
 * Paths from a certificate to an authority of the trusted root (RFC 5280, 6.1).
 * Only what the root itself lists may stand on the way: nothing that a bundle
 * brings along issues anything.
 */
#include "verify/sigstore/state.h"

static bool purpose_allowed(const struct certificate *c, struct span usage)
{
	return certificate_has_eku(c, usage) || certificate_has_eku(c, EKU_ANY);
}

/* Why @issuer may not have issued what stands below it, @n_below certificates deep. */
static const char *issuer_problem(const struct certificate *issuer, size_t n_below,
				  struct span usage)
{
	if (!issuer->is_ca || issuer->malformed || issuer->critical_unknown.len > 0)
		return "an authority's certificate may not issue certificates";
	if (issuer->has_key_usage && !(issuer->key_usage & KEY_USAGE_KEY_CERT_SIGN))
		return "an authority's key may not sign certificates";
	if (issuer->has_path_len && n_below > 0 && n_below - 1 > issuer->path_len)
		return "an authority stands too far above the certificate";
	if (issuer->has_eku && !purpose_allowed(issuer, usage))
		return "an authority is for another purpose";
	if (issuer->name_constraints.len > 0)
		return "an authority is bound to names, which is not built in";
	return NULL;
}

static const char *leaf_problem(const struct certificate *leaf, struct span usage)
{
	if (leaf->malformed || leaf->critical_unknown.len > 0)
		return "the certificate has something that is not known";
	if (!certificate_has_eku(leaf, usage))
		return "the certificate is for another purpose";
	if (leaf->has_key_usage && !(leaf->key_usage & KEY_USAGE_DIGITAL_SIGNATURE))
		return "the certificate's key is not for signatures";
	return NULL;
}

/* The certificate of @authority that signed @child and does not stand in @path yet; or NULL. */
static enum status issuer_find(const struct certificate *child,
			       const struct sigstore_authority *authority,
			       const struct sigstore_path *path, const struct certificate **out)
{
	*out = NULL;
	for (size_t i = 0; i < authority->n; i++) {
		const struct certificate *c = &authority->certs[i];
		enum signature_result result;
		bool used = false;

		for (size_t k = 0; k < path->n; k++)
			used |= span_equal(SPAN_OF(path->certs[k]->sha256), SPAN_OF(c->sha256));
		if (used || !name_equal(child->issuer, c->subject))
			continue;
		result = certificate_signed_by(child, &c->key);
		TRY(signature_computed(result));
		if (result != SIGNATURE_OK)
			continue;
		*out = c;
		return STATUS_OK;
	}
	return STATUS_OK;
}

enum status sigstore_path_find(struct arena *a, const struct certificate *leaf,
			       const struct sigstore_authority *authority, struct span usage,
			       struct sigstore_path *out, const char **problem)
{
	const struct certificate *anchor = &authority->certs[authority->n - 1], *at = leaf;
	struct sigstore_path path = { { leaf }, 1 };

	*problem = leaf_problem(leaf, usage);
	while (!*problem && !span_equal(SPAN_OF(at->sha256), SPAN_OF(anchor->sha256))) {
		TRY(issuer_find(at, authority, &path, &at));
		if (!at || path.n == COUNT_OF(path.certs)) {
			const char *name = name_text(a, leaf->issuer);

			*problem = arena_printf(a, "its issuer (%s) is not in the trusted root",
						name ? name : "");
			return *problem ? STATUS_OK : STATUS_NO_MEMORY;
		}
		*problem = issuer_problem(at, path.n, usage);
		path.certs[path.n++] = at;
	}
	if (!*problem)
		*out = path;
	return STATUS_OK;
}

bool sigstore_path_valid(const struct sigstore_path *path,
			 const struct sigstore_authority *authority, int64_t time)
{
	if (time < authority->from || time > authority->until)
		return false;
	for (size_t i = 0; i < path->n; i++)
		if (time < path->certs[i]->not_before || time > path->certs[i]->not_after)
			return false;
	return true;
}
