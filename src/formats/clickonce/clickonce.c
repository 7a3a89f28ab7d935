/* SPDX-License-Identifier: MIT */
/* One reading of a manifest: where its signatures are, and what they name. */
#include "formats/clickonce/clickonce.h"

#include "structure/xml/xml_signature.h"

#define ASM_1   "urn:schemas-microsoft-com:asm.v1"
#define ASM_2   "urn:schemas-microsoft-com:asm.v2"
#define RELDATA "http://schemas.microsoft.com/windows/rel/2005/reldata"
#define RIGHTS  "urn:mpeg:mpeg21:2003:01-REL-R-NS"
#define PKI     "http://schemas.microsoft.com/windows/pki/2005/Authenticode"

#define AS_IT_IS "urn:schemas-microsoft-com:HashTransforms.Identity"

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

/* Does the element hash hold a digest, and of the file as it is? */
static enum status hash_judge(struct arena *a, const struct xml_node *hash, bool *good)
{
	const struct xml_node *list = child(hash, XML_DSIG, "Transforms");
	const struct xml_node *method = child(hash, XML_DSIG, "DigestMethod");
	const struct xml_node *value = child(hash, XML_DSIG, "DigestValue");
	struct span uri = method ? xml_attribute_value(method, "Algorithm") : SPAN_NONE, octets;

	*good = false;
	for (const struct xml_node *t = list ? list->first : NULL; t; t = t->next)
		if (t->kind == XML_START &&
		    !span_equal(xml_attribute_value(t, "Algorithm"), SPAN_LITERAL(AS_IT_IS)))
			return STATUS_OK;
	if (!value)
		return STATUS_OK;
	TRY(xml_base64(a, value, &octets));
	*good = octets.len > 0 && octets.len == xml_digest_octets(uri);
	return STATUS_OK;
}

static bool is_separator(uint8_t c)
{
	return c == '/' || c == '\\';
}

/* Names are paths from the manifest's folder on; deployment may take a manifest from a site. */
static bool leads_astray(struct span name)
{
	uint64_t from = 0, at;

	if (span_find(name, SPAN_LITERAL("://"), 0, &at))
		return !span_starts(name, "http://", 7) && !span_starts(name, "https://", 8);
	if (is_separator(span_at(name, 0)) || span_find(name, SPAN_LITERAL(":"), 0, &at))
		return true;
	for (uint64_t i = 0; i <= name.len; i++) {
		if (i < name.len && !is_separator(span_at(name, i)))
			continue;
		if (span_equal(span_clip(name, from, i - from), SPAN_LITERAL("..")))
			return true;
		from = i + 1;
	}
	return false;
}

static enum status file_take(struct arena *a, const struct xml_node *n,
			     struct clickonce_manifest *m)
{
	bool assembly = span_equal(n->name.local, SPAN_LITERAL("dependentAssembly"));
	struct span name = xml_attribute_value(n, assembly ? "codebase" : "name");
	const struct xml_node *hash = child(n, ASM_2, "hash");
	bool good = false;

	hash = hash ? hash : child(n, ASM_1, "hash");
	if (hash)
		TRY(hash_judge(a, hash, &good));
	m->n_files++;
	m->n_unhashed += !good;
	if (m->astray.len == 0 && leads_astray(name))
		m->astray = name;
	return STATUS_OK;
}

static enum status files_take(struct arena *a, struct clickonce_manifest *m)
{
	for (const struct xml_node *n = m->root; n; n = xml_element_next(m->root, n))
		if (names_file(n))
			TRY(file_take(a, n, m));
	return STATUS_OK;
}

static enum status manifest_read(struct arena *a, struct clickonce_manifest *m)
{
	const struct xml_node *identity = child(m->root, ASM_1, "assemblyIdentity");
	const struct xml_node *publisher = child(m->root, ASM_2, "publisherIdentity");

	if (identity)
		m->token = xml_attribute_value(identity, "publicKeyToken");
	if (publisher) {
		m->publisher = xml_attribute_value(publisher, "name");
		m->issuer = xml_attribute_value(publisher, "issuerKeyHash");
	}
	m->signature = child(m->root, XML_DSIG, "Signature");
	TRY(files_take(a, m));
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
