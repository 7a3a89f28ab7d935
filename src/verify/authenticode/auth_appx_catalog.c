/* SPDX-License-Identifier: MIT */
/*
 * The catalog in an APPX package ([MS-CAESO] 4.4.5.6), by which Windows knows
 * the package's programs while they run: is it one, and is it signed well?
 *
 * The package's signature covers it as it stands, so that its faults are its
 * maker's own: they are told, and are no word against the package.
 */
#include "formats/appx/appx.h"
#include "structure/ctl.h"
#include "verify/authenticode/subject.h"

#define OID_LIST    OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x01")
#define OID_CATALOG OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x01")

/* A list of files with at least one; *@out: its SignedData. */
static enum status list_read(struct arena *a, struct span bytes, struct cms *out, bool *good)
{
	struct findings silent = FINDINGS_INIT(a);
	struct ctl_subject member;
	struct ctl list;
	struct span rest;
	struct cursor c;
	enum status status = cms_read(a, bytes, 0, &silent, out, &rest);

	*good = false;
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK || !span_equal(out->content_type, OID_LIST) ||
	    !ctl_read(out->content.value, &list) || !span_equal(ctl_usage(&list), OID_CATALOG))
		return STATUS_OK;
	c = cursor_at(list.subjects, 0);
	*good = ctl_subject_next(&c, &member);
	return STATUS_OK;
}

/* Is one of its signatures made by a key of its certificates over the list? */
static enum status signature_check(const struct cms *cms, const char **problem)
{
	*problem = "nobody has signed it";
	for (size_t i = 0; i < cms->n_signers; i++) {
		const struct signer_info *signer = &cms->signers[i];
		const struct certificate *c =
			signer_certificate(signer, cms->certs, cms->n_certs);
		struct signer_check check;

		*problem = "its signer's certificate is not in it";
		if (!c)
			continue;
		TRY(signer_verify(signer, &c->key, cms->content.value, false, &check));
		*problem = check.signature == SIGNATURE_NOT_SUPPORTED
				   ? NULL
				   : signer_problem(signer, &check);
		if (!*problem)
			return STATUS_OK;
	}
	return STATUS_OK;
}

enum status auth_appx_catalog(struct arena *a, struct authenticode *state)
{
	const struct appx_package *p = state->box->appx;
	struct cms *cms = ARENA_NEW(a, struct cms, 1);
	const char *problem = "it is no catalog";
	bool good;

	if (!cms)
		return STATUS_NO_MEMORY;
	TRY(list_read(a, p->catalog, cms, &good));
	if (good)
		TRY(signature_check(cms, &problem));
	if (problem)
		finding_add(state->findings, "appx.catalog", p->catalog_where,
			    "a signed list of the package's programs", problem);
	return STATUS_OK;
}
