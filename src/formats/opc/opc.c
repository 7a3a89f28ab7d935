/* SPDX-License-Identifier: MIT */
/* One reading of a package, step by step: from relationship to relationship. */
#include "formats/opc/reading.h"

#define CONTENT_TYPES "http://schemas.openxmlformats.org/package/2006/content-types"
#define ORIGIN        OPC_RELATIONSHIPS "/digital-signature/origin"
#define SIGNATURE     OPC_RELATIONSHIPS "/digital-signature/signature"
#define CERTIFICATE   OPC_RELATIONSHIPS "/digital-signature/certificate"

enum status opc_tree(struct opc_reading *r, const struct zip_entry *e, struct xml_node **out)
{
	struct arena *a = r->findings->arena;
	const char *problem;
	enum status status;
	struct span text;

	*out = NULL;
	if (!e)
		return STATUS_OK;
	status = zip_bytes(r->view, a, e, OPC_MAX_XML, &text);
	if (status == STATUS_OK)
		status = xml_tree_read(a, text, out, &problem);
	if (status == STATUS_LIMIT)
		finding_add(r->findings, "limit.xml", e->header, NULL, NULL);
	if (status != STATUS_OK)
		*out = NULL;
	return status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED ? STATUS_OK : status;
}

const struct zip_entry *opc_part(const struct opc_reading *r, struct span name)
{
	return span_at(name, 0) == '/' ? zip_find(r->zip, span_after(name, 1)) : NULL;
}

/* Behind the last "." of the last segment. */
static struct span extension_of(struct span part)
{
	uint64_t i = part.len;

	while (i > 0 && span_at(part, i - 1) != '.' && span_at(part, i - 1) != '/')
		i--;
	return i > 0 && span_at(part, i - 1) == '.' ? span_after(part, i) : SPAN_NONE;
}

struct span opc_type(const struct opc_reading *r, struct span part)
{
	const struct xml_node *n = NULL;

	while (r->types && (n = xml_child(r->types, CONTENT_TYPES, "Override", n)))
		if (span_equal_nocase(xml_attribute_value(n, "PartName"), part))
			return xml_attribute_value(n, "ContentType");
	n = NULL;
	while (r->types && (n = xml_child(r->types, CONTENT_TYPES, "Default", n)))
		if (span_equal_nocase(xml_attribute_value(n, "Extension"), extension_of(part)))
			return xml_attribute_value(n, "ContentType");
	return SPAN_NONE;
}

static void exempt(struct opc_reading *r, const struct zip_entry *e)
{
	if (e)
		r->exempt[e->index] = true;
}

/* "a/b" -> "a/", and "a/_rels/b.rels". */
static enum status relationships_of(struct opc_reading *r, struct span part,
				    struct span *folder, const struct zip_entry **out)
{
	CLEANUP(buffer_free) struct buffer name = BUFFER_INIT;
	uint64_t i = part.len;

	while (i > 0 && span_at(part, i - 1) != '/')
		i--;
	*folder = span_clip(part, 0, i);
	buffer_add(&name, *folder);
	buffer_text(&name, "_rels/");
	buffer_add(&name, span_after(part, i));
	buffer_text(&name, ".rels");
	TRY(buffer_status(&name));
	*out = zip_find(r->zip, buffer_span(&name));
	return STATUS_OK;
}

/* Relationships that can be read; anything else of that name is a part like others. */
static enum status relationships_tree(struct opc_reading *r, struct span part,
				      struct span *folder, const struct xml_node **out)
{
	const struct zip_entry *rels;
	struct xml_node *document;

	*out = NULL;
	TRY(relationships_of(r, part, folder, &rels));
	TRY(opc_tree(r, rels, &document));
	if (!document ||
	    !xml_name_is(&xml_root(document)->name, OPC_RELATIONSHIPS, "Relationships"))
		return STATUS_OK;
	exempt(r, rels);
	*out = xml_root(document);
	return STATUS_OK;
}

static enum status certificate_take(struct opc_reading *r, const struct zip_entry *e)
{
	struct opc_package *p = r->package;
	struct opc_certificate *one = &p->certificates[p->n_certificates];
	enum status status;

	if (!e || e->size > OPC_MAX_CERTIFICATE)
		return STATUS_OK;
	if (p->n_certificates == OPC_MAX_CERTIFICATES) {
		finding_add(r->findings, "limit.nested", e->header, NULL, NULL);
		return STATUS_LIMIT;
	}
	*one = (struct opc_certificate){ .entry = e, .signature = p->n };
	status = zip_bytes(r->view, r->findings->arena, e, OPC_MAX_CERTIFICATE, &one->bytes);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED)
		return STATUS_OK;
	TRY(status);
	exempt(r, e);
	p->n_certificates++;
	return STATUS_OK;
}

/*
 * Certificates may be parts of their own.  The relationships to them are signed
 * by nobody, so that the chain has to show that they are what they are called.
 */
static enum status certificates_find(struct opc_reading *r, const struct zip_entry *signature)
{
	const struct xml_node *list, *at = NULL;
	const struct zip_entry *target;
	struct span folder;

	exempt(r, signature);
	TRY(relationships_tree(r, signature->name, &folder, &list));
	if (!list)
		return STATUS_OK;
	do {
		TRY(opc_relationship(r, list, CERTIFICATE, folder, &at, &target));
		TRY(certificate_take(r, target));
	} while (at);
	return STATUS_OK;
}

/* The signature parts to which the origin leads. */
static enum status signatures_find(struct opc_reading *r, const struct zip_entry *origin,
				   const struct zip_entry *found[OPC_MAX_SIGNATURES], size_t *n)
{
	const struct xml_node *list, *at = NULL;
	const struct zip_entry *target;
	struct span folder;

	*n = 0;
	if (origin->size == 0) /* all that it is for stands in its relationships */
		exempt(r, origin);
	TRY(relationships_tree(r, origin->name, &folder, &list));
	if (!list)
		return STATUS_OK;
	for (;;) {
		TRY(opc_relationship(r, list, SIGNATURE, folder, &at, &target));
		if (!at)
			return STATUS_OK;
		if (!target)
			continue;
		if (*n == OPC_MAX_SIGNATURES) {
			finding_add(r->findings, "limit.nested", target->header, NULL, NULL);
			return STATUS_LIMIT;
		}
		r->package->n = *n;
		TRY(certificates_find(r, target));
		found[(*n)++] = target;
	}
}

static enum status claims_make(struct opc_reading *r, const struct zip_entry *const *found,
			       size_t n)
{
	const struct claim **last = &r->out->claims;

	r->package->n = n;
	for (size_t i = 0; i < n; i++) {
		struct claim *claim = ARENA_NEW(r->findings->arena, struct claim, 1);
		struct coverage *covered = ARENA_NEW(r->findings->arena, struct coverage, 1);

		if (!claim || !covered)
			return STATUS_NO_MEMORY;
		TRY(opc_signature_read(r, found[i], &r->package->signatures[i],
				       &claim->signature));
		claim->scheme = "opc";
		claim->presence = ASSAY_PRESENCE_EMBEDDED;
		claim->where = found[i]->data;
		claim->packed = true;
		claim->covered = covered;
		*last = claim;
		last = &claim->next;
	}
	return STATUS_OK;
}

/* @named: a relationship leads to one, which may be gone.  Only one may (ECMA-376-1, 15.2.6).
 */
static enum status origin_find(struct opc_reading *r, const struct zip_entry **out, bool *named)
{
	const struct zip_entry *other = NULL;
	const struct xml_node *at = NULL;
	struct xml_node *document;

	*out = NULL;
	*named = false;
	TRY(opc_tree(r, zip_find(r->zip, SPAN_LITERAL("_rels/.rels")), &document));
	if (!document)
		return STATUS_OK;
	TRY(opc_relationship(r, xml_root(document), ORIGIN, SPAN_NONE, &at, out));
	*named = at != NULL;
	if (at)
		TRY(opc_relationship(r, xml_root(document), ORIGIN, SPAN_NONE, &at, &other));
	if (at) {
		r->out->broken = true;
		finding_add(r->findings, "opc.origin-twice",
			    other ? other->header : (struct range){ 0, 0 }, "one origin",
			    "two");
	}
	return STATUS_OK;
}

static bool is_extension(const struct zip *z)
{
	return zip_find(z, SPAN_LITERAL("extension.vsixmanifest")) != NULL;
}

static enum status opc_read(struct view *view, struct findings *findings, struct container *out)
{
	struct opc_reading r = {
		.view = view, .findings = findings, .out = out, .zip = out->zip
	};
	const struct zip_entry *types = zip_find(r.zip, SPAN_LITERAL(OPC_TYPES)), *origin;
	const struct zip_entry *found[OPC_MAX_SIGNATURES] = { NULL };
	struct xml_node *document;
	bool named;
	size_t n;

	if (!types)
		return STATUS_NOT_MINE;
	r.package = ARENA_NEW(findings->arena, struct opc_package, 1);
	r.exempt = ARENA_NEW(findings->arena, bool, r.zip->n_entries + 1);
	if (!r.package || !r.exempt)
		return STATUS_NO_MEMORY;
	TRY(origin_find(&r, &origin, &named));
	if (!named && !is_extension(r.zip))
		return STATUS_NOT_MINE;
	out->opc = r.package;
	out->variant = is_extension(r.zip) ? "Visual Studio extension" : "OPC package";
	out->broken |= zip_broken(r.zip, ZIP_PROFILE_JAVA);
	out->stripped = named && !origin;
	if (!origin)
		return STATUS_OK;
	TRY(opc_tree(&r, types, &document));
	r.types = document ? xml_root(document) : NULL;
	exempt(&r, types);
	TRY(signatures_find(&r, origin, found, &n));
	out->stripped = n == 0;
	return claims_make(&r, found, n);
}

const struct format format_opc = {
	.name = "opc",
	.title = "OPC package with signatures (VSIX)",
	.read_zip = opc_read,
};
