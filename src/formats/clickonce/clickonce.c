/* SPDX-License-Identifier: MIT */
/* One reading of a manifest: where its signatures are, and what they name. */
#include "formats/clickonce/clickonce.h"

#include "structure/xml/xml_signature.h"

#define ASM_1   "urn:schemas-microsoft-com:asm.v1"
#define ASM_2   "urn:schemas-microsoft-com:asm.v2"
#define RELDATA "http://schemas.microsoft.com/windows/rel/2005/reldata"
#define RIGHTS  "urn:mpeg:mpeg21:2003:01-REL-R-NS"
#define PKI     "http://schemas.microsoft.com/windows/pki/2005/Authenticode"

static bool clickonce_sniff(struct span head)
{
	uint64_t at;

	if (span_starts(head, "\xef\xbb\xbf", 3))
		head = span_after(head, 3);
	while (xml_is_blank(span_clip(head, 0, 1)) && head.len > 0)
		head = span_after(head, 1);
	return span_at(head, 0) == '<' && span_find(head, SPAN_LITERAL(ASM_1), 0, &at);
}

static const struct xml_node *child(const struct xml_node *parent, const char *uri,
				    const char *name)
{
	return parent ? xml_child(parent, uri, name, NULL) : NULL;
}

static enum status licence_read(struct arena *a, struct clickonce_manifest *m)
{
	const struct xml_node *info = child(m->signature, XML_DSIG, "KeyInfo");
	const struct xml_node *node, *object;

	m->licence = child(child(info, RELDATA, "RelData"), RIGHTS, "license");
	node = child(child(m->licence, RIGHTS, "grant"), PKI, "ManifestInformation");
	if (node)
		m->hash = xml_attribute_value(node, "Hash");
	m->signature_of_licence =
		child(child(m->licence, RIGHTS, "issuer"), XML_DSIG, "Signature");
	object = child(m->signature_of_licence, XML_DSIG, "Object");
	node = child(object, PKI, "Timestamp");
	return node ? xml_base64(a, node, &m->stamp) : STATUS_OK;
}

static bool names_file(const struct xml_node *n)
{
	return xml_name_is(&n->name, ASM_1, "file") || xml_name_is(&n->name, ASM_2, "file") ||
	       (xml_name_is(&n->name, ASM_2, "dependentAssembly") &&
		xml_attribute_value(n, "codebase").len > 0);
}

static void files_count(struct clickonce_manifest *m)
{
	for (const struct xml_node *n = m->root; n; n = xml_element_next(m->root, n)) {
		if (!names_file(n))
			continue;
		m->n_files++;
		m->n_unhashed += !child(n, ASM_2, "hash") && !child(n, ASM_1, "hash");
	}
}

static enum status manifest_read(struct arena *a, struct clickonce_manifest *m)
{
	const struct xml_node *identity = child(m->root, ASM_1, "assemblyIdentity");
	const struct xml_node *publisher = child(m->root, ASM_2, "publisherIdentity");

	if (identity)
		m->token = xml_attribute_value(identity, "publicKeyToken");
	if (publisher)
		m->publisher = xml_attribute_value(publisher, "name");
	m->signature = child(m->root, XML_DSIG, "Signature");
	files_count(m);
	return m->signature ? licence_read(a, m) : STATUS_OK;
}

/* The rest of the file from the signature on: what stands behind it is part of the manifest. */
static enum status claim_make(struct arena *a, const struct clickonce_manifest *m,
			      struct span file, struct container *out)
{
	struct claim *claim = ARENA_NEW(a, struct claim, 1);
	struct coverage *covered = ARENA_NEW(a, struct coverage, 1);
	uint64_t off = 0;

	if (!claim || !covered)
		return STATUS_NO_MEMORY;
	claim->packed = !span_offset(file, m->signature->whole, &off);
	claim->scheme = "clickonce";
	claim->presence = ASSAY_PRESENCE_EMBEDDED;
	claim->where = (struct range){ off, file.len - off };
	claim->signature_off = off;
	claim->signature = span_after(file, off);
	claim->covered = covered;
	out->claims = claim;
	return STATUS_OK;
}

/* Side-by-side manifests of Windows have the same document element: they are no programs. */
static bool is_clickonce(const struct clickonce_manifest *m)
{
	return m->signature || child(m->root, ASM_2, "deployment") ||
	       child(m->root, ASM_2, "entryPoint") || child(m->root, ASM_2, "application");
}

static enum status clickonce_read(struct view *view, struct findings *findings,
				  struct container *out)
{
	struct arena *a = findings->arena;
	struct clickonce_manifest *m = ARENA_NEW(a, struct clickonce_manifest, 1);
	struct region *region = ARENA_NEW(a, struct region, 1);
	struct xml_node *document;
	const char *problem;
	enum status status;
	struct span file;

	if (!m || !region)
		return STATUS_NO_MEMORY;
	if (view->size > CLICKONCE_MAX)
		return STATUS_NOT_MINE;
	TRY(view_part(view, 0, view->size, &file));
	status = xml_tree_read(a, file, &document, &problem);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED ||
	    status == STATUS_LIMIT)
		return STATUS_NOT_MINE;
	TRY(status);
	m->document = document;
	m->root = xml_root(document);
	if (!xml_name_is(&m->root->name, ASM_1, "assembly"))
		return STATUS_NOT_MINE;
	TRY(manifest_read(a, m));
	if (!is_clickonce(m))
		return STATUS_NOT_MINE;
	*region = (struct region){
		"manifest", REGION_SECTION, {0, view->size}
	};
	out->regions = region;
	out->n_regions = 1;
	out->clickonce = m;
	out->format = &format_clickonce;
	out->variant = child(m->root, ASM_2, "deployment") ? "ClickOnce deployment manifest"
							   : "ClickOnce application manifest";
	return m->signature ? claim_make(a, m, file, out) : STATUS_OK;
}

const struct format format_clickonce = {
	.name = "clickonce",
	.title = "ClickOnce manifest, beta",
	.sniff = clickonce_sniff,
	.read = clickonce_read,
};
