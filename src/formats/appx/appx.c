/* SPDX-License-Identifier: MIT */
/* One reading of a package, step by step. */
#include "formats/appx/reading.h"

#define MAGIC "PKCX"

void appx_break(struct appx_reading *r, const char *rule, struct range where,
		const char *expected, const char *observed)
{
	r->out->broken = true;
	finding_add(r->findings, rule, where, expected, observed);
}

bool appx_number(struct span text, uint64_t *out)
{
	*out = 0;
	for (uint64_t i = 0; i < text.len; i++) {
		uint8_t c = span_at(text, i);

		if (c < '0' || c > '9' || *out > UINT64_MAX / 16)
			return false;
		*out = *out * 10 + (uint64_t)(c - '0');
	}
	return text.len > 0;
}

struct piece appx_plain(const struct zip_entry *e)
{
	return (struct piece){
		.kind = e->method == ZIP_STORED ? PIECE_RANGE : PIECE_INFLATED,
		.range = e->data,
		.plain = e->size,
	};
}

enum status appx_xml(struct appx_reading *r, const char *name, struct span *out, bool *found)
{
	const struct zip_entry *e = zip_find(r->zip, SPAN_TEXT(name));
	enum status status;

	*out = SPAN_NONE;
	*found = false;
	if (!e) {
		appx_break(r, "appx.part-missing", (struct range){ 0, 0 }, name, "nothing");
		return STATUS_OK;
	}
	status = zip_bytes(r->view, r->findings->arena, e, APPX_MAX_XML, out);
	if (status == STATUS_LIMIT)
		finding_add(r->findings, "limit.appx", e->header, NULL, NULL);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		appx_break(r, "appx.part-unreadable", e->header, name,
			   "data that does not come out");
		return STATUS_OK;
	}
	*found = status == STATUS_OK;
	return status;
}

/* Nothing may come behind the signature, in the archive or in its directory. */
static void place_judge(struct appx_reading *r)
{
	const struct zip *z = r->zip;
	const struct zip_entry *e = r->signature;
	const struct zip_entry *last = &z->entries[z->by_offset[z->n_entries - 1]];

	if (last != e || e != &z->entries[z->n_entries - 1])
		appx_break(r, "appx.signature-place", e->header,
			   "the signature as the last entry", "another behind it");
}

/* Bytes between the signature's record and the directory: no digest covers them. */
static struct range slack_of(const struct appx_reading *r)
{
	const struct zip_entry *e = r->signature;
	uint64_t end = e->data.off + e->data.len + e->descriptor.len;

	if (e->descriptor.len > 0)
		end = e->descriptor.off + e->descriptor.len;
	return (struct range){ end, r->zip->central.off > end ? r->zip->central.off - end : 0 };
}

static enum status signature_read(struct appx_reading *r, struct claim *claim)
{
	const struct zip_entry *e = r->signature;
	struct span bytes;
	enum status status =
		zip_bytes(r->view, r->findings->arena, e, APPX_MAX_SIGNATURE, &bytes);

	if (status == STATUS_LIMIT)
		finding_add(r->findings, "limit.cms", e->header, NULL, NULL);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		appx_break(r, "appx.part-unreadable", e->header, APPX_SIGNATURE,
			   "data that does not come out");
		return STATUS_OK;
	}
	TRY(status);
	if (!span_starts(bytes, MAGIC, 4)) {
		appx_break(r, "appx.signature-magic", e->header, MAGIC, "something else");
		return STATUS_OK;
	}
	claim->signature = span_after(bytes, 4);
	return STATUS_OK;
}

static enum status claim_make(struct appx_reading *r)
{
	struct claim *claim = ARENA_NEW(r->findings->arena, struct claim, 1);

	if (!claim)
		return STATUS_NO_MEMORY;
	TRY(signature_read(r, claim));
	claim->scheme = "authenticode";
	claim->presence = ASSAY_PRESENCE_EMBEDDED;
	claim->where = r->signature->data;
	claim->packed = true;
	claim->uncovered = slack_of(r);
	if (claim->uncovered.len > 0)
		finding_add(r->findings, "appx.slack", claim->uncovered,
			    "nothing between the signature and the directory", "bytes");
	claim->covered = &r->package->parts[APPX_CONTENTS];
	r->out->claims = claim;
	return STATUS_OK;
}

/* The catalog, if there is one: the signature covers it, and who judges reads it. */
static enum status catalog_read(struct appx_reading *r)
{
	const struct zip_entry *e = zip_find(r->zip, SPAN_TEXT(APPX_CATALOG));
	enum status status;

	if (!e)
		return STATUS_OK;
	r->package->catalog_where = e->data;
	status = zip_bytes(r->view, r->findings->arena, e, APPX_MAX_SIGNATURE,
			   &r->package->catalog);
	if (status == STATUS_LIMIT)
		finding_add(r->findings, "limit.appx", e->header, NULL, NULL);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		appx_break(r, "appx.part-unreadable", e->header, APPX_CATALOG,
			   "data that does not come out");
		return STATUS_OK;
	}
	return status;
}

/* Parts that no block map has to name. */
static void exempt(struct appx_reading *r)
{
	static const char *const names[] = { APPX_TYPES, APPX_MAP, APPX_SIGNATURE,
					     APPX_CATALOG };

	for (size_t i = 0; i < r->zip->n_entries; i++) {
		const struct zip_entry *e = &r->zip->entries[i];

		r->mapped[i] = zip_is_directory(e);
		for (size_t k = 0; k < COUNT_OF(names); k++)
			r->mapped[i] |= span_equal(e->name, SPAN_TEXT(names[k]));
	}
}

static enum status appx_read(struct view *view, struct findings *findings,
			     struct container *out)
{
	struct appx_reading r = {
		.view = view, .findings = findings, .out = out, .zip = out->zip
	};
	bool bundle = zip_find(r.zip, SPAN_TEXT(APPX_BUNDLE_MANIFEST)) != NULL;

	if (!bundle && !zip_find(r.zip, SPAN_TEXT(APPX_MANIFEST)) &&
	    !zip_find(r.zip, SPAN_TEXT(APPX_SIGNATURE)))
		return STATUS_NOT_MINE;
	r.package = ARENA_NEW(findings->arena, struct appx_package, 1);
	r.mapped = ARENA_NEW(findings->arena, bool, r.zip->n_entries + 1);
	if (!r.package || !r.mapped)
		return STATUS_NO_MEMORY;
	r.package->bundle = bundle;
	out->appx = r.package;
	out->variant = bundle ? "APPX bundle" : "APPX package";
	out->broken = zip_broken(r.zip, ZIP_PROFILE_STRICT);
	r.signature = zip_find(r.zip, SPAN_TEXT(APPX_SIGNATURE));
	if (!r.signature)
		return STATUS_OK;
	exempt(&r);
	TRY(appx_manifest_read(&r));
	TRY(appx_map_read(&r));
	place_judge(&r);
	TRY(appx_cover(&r));
	TRY(catalog_read(&r));
	return claim_make(&r);
}

const struct format format_appx = {
	.name = "appx",
	.title = "APPX or MSIX package, or a bundle of them",
	.read_zip = appx_read,
};
