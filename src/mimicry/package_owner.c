/* SPDX-License-Identifier: MIT */
/*
 * Android packages of a known name.
 *
 * Signers of Android are home-made, so a key alone says nothing; but a name
 * stays with its key, or with keys that it handed over to.  A package whose name
 * is known under another key is somebody else's.  What is known comes from
 * packages that were found valid, or from the administrator, whose word alone
 * makes the other one a forgery.
 */
#include "mimicry/package_owner.h"

#include "base/buffer.h"
#include "formats/apk/apk.h"
#include "mimicry/state.h"
#include <strings.h>

#define KEY_PREFIX "sha256:"

/* Certificates that vouch for the package: "sha256:HEX". */
struct owners {
	const char **keys;
	size_t n;
};

const char *package_key(struct arena *a, struct span certificate)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct digest digest;

	if (digest_of(DIGEST_SHA256, &certificate, 1, &digest) != STATUS_OK)
		return NULL;
	buffer_text(&text, KEY_PREFIX);
	buffer_hex(&text, digest_span(&digest));
	return buffer_status(&text) == STATUS_OK ? arena_string(a, buffer_span(&text)) : NULL;
}

bool package_identity(const char *package, uint8_t out[16])
{
	return donor_identity("Android package", package, package, out);
}

const char *package_name(const struct mimicry_case *c)
{
	return c->box->apk ? c->box->apk->manifest.package : NULL;
}

static enum status owner_add(struct arena *a, struct owners *owners, struct span certificate)
{
	const char *key = package_key(a, certificate);

	if (!key)
		return STATUS_NO_MEMORY;
	owners->keys[owners->n++] = key;
	return STATUS_OK;
}

static bool vouches(const struct fact *f)
{
	return f->signature == ASSAY_SIGNATURE_GOOD && f->binding == ASSAY_BINDING_INTACT &&
	       f->certificate;
}

/* All that hold together: older schemes may still have the key that handed over.  How many
 * there can be, the schemes limit. */
static enum status owners_find(struct arena *a, const struct fact *facts, struct owners *out)
{
	size_t n = 0;

	for (const struct fact *f = facts; f; f = f->next)
		n += vouches(f) ? 1 + f->n_past : 0;
	*out = (struct owners){ .keys = ARENA_NEW(a, const char *, n + 1) };
	if (!out->keys)
		return STATUS_NO_MEMORY;
	for (const struct fact *f = facts; f; f = f->next) {
		if (!vouches(f))
			continue;
		TRY(owner_add(a, out, f->certificate->der));
		for (size_t i = 0; i < f->n_past; i++)
			TRY(owner_add(a, out, f->past[i]));
	}
	return STATUS_OK;
}

static bool is_owner(const struct owners *owners, const char *key)
{
	for (size_t i = 0; i < owners->n; i++)
		if (strcasecmp(owners->keys[i], key) == 0)
			return true;
	return false;
}

/* The first key under which the administrator knows the name; NULL: none, or *@same. */
static const char *pinned_key(const struct mimicry_case *c, const char *package,
			      const struct owners *owners, bool *same)
{
	const struct vendor *v = c->settings->vendors ? c->settings->vendors->first : NULL;
	const char *other = NULL;

	*same = false;
	for (; v; v = v->next) {
		if (!vendor_is_key(v, KEY_PREFIX, package))
			continue;
		*same = *same || is_owner(owners, v->company);
		other = other ? other : v->company;
	}
	return *same ? NULL : other;
}

/* The same of packages that were found valid. */
static enum status learnt_key(struct arena *a, const struct mimicry_case *c,
			      const char *package, const struct owners *owners,
			      const char **other)
{
	struct donor *hits = NULL;
	uint8_t identity[16];

	*other = NULL;
	if (c->settings->donors && package_identity(package, identity))
		TRY(c->settings->donors->find(c->settings->donors->context, DONOR_BY_IDENTITY,
					      SPAN_OF(identity), a, &hits));
	for (const struct donor *d = hits; d; d = d->next) {
		if (d->kind != DONOR_VALID || !d->company || !d->product ||
		    strcmp(d->product, package) != 0)
			continue;
		if (is_owner(owners, d->company)) {
			*other = NULL;
			return STATUS_OK;
		}
		*other = *other ? *other : d->company;
	}
	return STATUS_OK;
}

/* Nobody who has an anchor for another purpose may take a name. */
static void fact_refuse(struct fact *f, bool pinned, const char *why)
{
	f->untrusted_rule = "verdict.package-other-key";
	if (f->trust == ASSAY_TRUST_ANCHORED) {
		f->trust = f->answer.trust = ASSAY_TRUST_WRONG_USAGE;
		f->answer.reasons |= 1U << ASSAY_TRUST_WRONG_USAGE;
		f->answer.explanation = why;
	}
	if (pinned) {
		f->counterfeit = true;
		f->counterfeit_rule = "verdict.counterfeit-package";
	}
}

enum status package_owner_judge(struct arena *a, struct mimicry_case *c)
{
	const char *package = package_name(c), *other, *why;
	struct owners owners;
	bool same;
	bool pinned;

	if (!package)
		return STATUS_OK;
	TRY(owners_find(a, c->facts, &owners));
	if (owners.n == 0)
		return STATUS_OK;
	other = pinned_key(c, package, &owners, &same);
	pinned = other != NULL;
	if (!other && !same)
		TRY(learnt_key(a, c, package, &owners, &other));
	if (!other)
		return STATUS_OK;
	why = arena_printf(a, "the package %s is known under another key", package);
	for (struct fact *f = c->facts; f; f = f->next) {
		if (!vouches(f))
			continue;
		fact_refuse(f, pinned, why);
		c->findings->signature = f->index;
		finding_add(c->findings, "apk.package-under-other-key", f->where,
			    arena_printf(a, "%s signed by %s", package, other),
			    package_key(a, f->certificate->der));
	}
	return STATUS_OK;
}
