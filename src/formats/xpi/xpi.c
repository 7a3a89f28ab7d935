/* SPDX-License-Identifier: MIT */
#include "formats/xpi/xpi.h"

#include "formats/meta_inf.h"

#define COSE_MANIFEST  SPAN_LITERAL("META-INF/cose.manifest")
#define COSE_SIGNATURE SPAN_LITERAL("META-INF/cose.sig")

/* Files that only Mozilla's signer writes. */
static bool is_xpi(const struct zip *z)
{
	return zip_find(z, SPAN_LITERAL("META-INF/mozilla.rsa")) ||
	       zip_find(z, SPAN_LITERAL("META-INF/mozilla.sf")) || zip_find(z, COSE_MANIFEST) ||
	       zip_find(z, COSE_SIGNATURE);
}

static enum status cose_read(struct view *v, struct findings *findings, const struct zip *z,
			     struct xpi_file *xpi, struct container *out)
{
	const struct zip_entry *both[2];
	struct claim *claim;

	xpi->cose_manifest = both[0] = zip_find(z, COSE_MANIFEST);
	xpi->cose_signature = both[1] = zip_find(z, COSE_SIGNATURE);
	TRY(zip_want(v, findings->arena, both, 2));
	TRY(meta_inf_bytes(v, findings, both[0], &out->broken, &xpi->cose_manifest_bytes));
	TRY(meta_inf_bytes(v, findings, both[1], &out->broken, &xpi->cose_signature_bytes));
	if (!both[1])
		return STATUS_OK;
	claim = ARENA_NEW(findings->arena, struct claim, 1);
	if (!claim)
		return STATUS_NO_MEMORY;
	*claim = (struct claim){
		.scheme = "cose",
		.presence = ASSAY_PRESENCE_EMBEDDED,
		.where = both[1]->data,
		.signature_off = both[1]->data.off,
		.signature = xpi->cose_signature_bytes,
		.packed = both[1]->method != ZIP_STORED,
	};
	out->claims = claim;
	return STATUS_OK;
}

static enum status xpi_read(struct view *view, struct findings *findings, struct container *out)
{
	struct xpi_file *xpi = ARENA_NEW(findings->arena, struct xpi_file, 1);
	struct meta_inf *m = ARENA_NEW(findings->arena, struct meta_inf, 1);

	if (!xpi || !m)
		return STATUS_NO_MEMORY;
	if (!is_xpi(out->zip))
		return STATUS_NOT_MINE;
	TRY(meta_inf_read(view, findings, out->zip, META_INF_ANY_CASE, m));
	TRY(cose_read(view, findings, out->zip, xpi, out));
	TRY(meta_inf_claims(findings->arena, m, "xpi", &out->claims));
	out->xpi = xpi;
	out->meta_inf = m;
	out->variant = "Firefox add-on";
	out->broken = out->broken || m->unreadable || zip_broken(out->zip, ZIP_PROFILE_JAVA);
	out->stripped = !out->claims;
	return STATUS_OK;
}

const struct format format_xpi = {
	.name = "xpi",
	.title = "Firefox add-on (XPI)",
	.read_zip = xpi_read,
};
