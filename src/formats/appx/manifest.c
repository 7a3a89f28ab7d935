/* SPDX-License-Identifier: MIT */
/* Who a package says that it is from, and which packages a bundle holds. */
#include "formats/appx/reading.h"
#include "structure/xml/xml_tree.h"

#define BUNDLE_NAMESPACE "http://schemas.microsoft.com/appx/2013/bundle"

/* One package of a bundle: it lies, stored, where the manifest says. */
static void inner_judge(struct appx_reading *r, const struct xml_node *node)
{
	struct span name = xml_attribute_value(node, "FileName");
	const struct zip_entry *e = zip_find(r->zip, name);
	uint64_t off, size;

	if (!e)
		return; /* split bundles leave packages out */
	r->mapped[e->index] = true;
	if (e->method != ZIP_STORED ||
	    (appx_number(xml_attribute_value(node, "Size"), &size) && size != e->size) ||
	    (appx_number(xml_attribute_value(node, "Offset"), &off) && off != e->data.off))
		appx_break(r, "appx.bundle", e->header,
			   "each package stored where the manifest says", "another place");
}

static enum status identity_read(struct appx_reading *r, const struct xml_node *root)
{
	const char *uri = arena_string(r->findings->arena, root->name.uri);
	const struct xml_node *identity, *list;

	if (!uri)
		return STATUS_NO_MEMORY;
	identity = xml_child(root, uri, "Identity", NULL);
	if (identity)
		r->package->publisher = xml_attribute_value(identity, "Publisher");
	list = xml_child(root, uri, "Packages", NULL);
	for (const struct xml_node *p = list && r->package->bundle ? list->first : NULL; p;
	     p = p->next)
		if (p->kind == XML_START && span_equal(p->name.local, SPAN_LITERAL("Package")))
			inner_judge(r, p);
	return STATUS_OK;
}

enum status appx_manifest_read(struct appx_reading *r)
{
	const char *name = r->package->bundle ? APPX_BUNDLE_MANIFEST : APPX_MANIFEST;
	struct xml_node *document;
	const char *problem;
	enum status status;
	struct span text;
	bool found;

	TRY(appx_xml(r, name, &text, &found));
	if (!found)
		return STATUS_OK;
	status = xml_tree_read(r->findings->arena, text, &document, &problem);
	if (status == STATUS_LIMIT)
		finding_add(r->findings, "limit.appx", (struct range){ 0, 0 }, NULL, NULL);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		appx_break(r, "appx.manifest", (struct range){ 0, 0 }, "a manifest in XML",
			   problem ? problem : "XML that is not read");
		return STATUS_OK;
	}
	TRY(status);
	return identity_read(r, xml_root(document));
}
