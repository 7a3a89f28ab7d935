/* SPDX-License-Identifier: MIT */
/* One signature of a package: its manifest, and the parts that it names. */
#include "formats/opc/reading.h"

#define OBJECT_ID  SPAN_LITERAL("idPackageObject")
#define TYPE_QUERY SPAN_LITERAL("?ContentType=")

static void tell(struct opc_reading *r, const char *rule, const struct zip_entry *e,
		 const char *expected, struct span observed)
{
	finding_add(r->findings, rule, e ? e->header : (struct range){ 0, 0 }, expected,
		    arena_string(r->findings->arena, observed));
}

/* The bytes of the part as they come out. */
static enum status plain_cover(struct opc_reading *r, struct opc_reference *ref)
{
	struct piece *piece = ARENA_NEW(r->findings->arena, struct piece, 1);

	if (!piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){
		.kind = ref->entry->method == ZIP_STORED ? PIECE_RANGE : PIECE_INFLATED,
		.range = ref->entry->data,
		.plain = ref->entry->size,
	};
	ref->covered = (struct coverage){ piece, 1 };
	return STATUS_OK;
}

/* Relationships are signed as they mean: without order, blanks and those not named. */
static enum status relationships_cover(struct opc_reading *r, struct opc_reference *ref,
				       const struct xml_node *transform)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct arena *a = r->findings->arena;
	struct piece *piece = ARENA_NEW(a, struct piece, 1);
	struct xml_node *document;
	enum status status;

	if (!piece)
		return STATUS_NO_MEMORY;
	TRY(opc_tree(r, ref->entry, &document));
	if (!document)
		return STATUS_OK;
	status = opc_relationships_write(a, xml_root(document), transform, &text);
	if (status == STATUS_MALFORMED)
		return STATUS_OK;
	TRY(status);
	*piece = (struct piece){ .kind = PIECE_LITERAL, .range = ref->entry->data };
	piece->literal = arena_copy(a, buffer_span(&text));
	if (!piece->literal.ptr)
		return STATUS_NO_MEMORY;
	ref->covered = (struct coverage){ piece, 1 };
	return STATUS_OK;
}

/* Other canonical forms of whole parts are not built in: nobody writes them. */
static enum status reference_cover(struct opc_reading *r, struct opc_reference *ref)
{
	const struct xml_reference *x = ref->xml;
	bool relationships =
		x->n_transforms > 0 && x->transforms[0] == XML_TRANSFORM_RELATIONSHIPS;

	if (!ref->entry || !zip_readable(ref->entry))
		return STATUS_OK;
	for (size_t i = relationships; i < x->n_transforms; i++)
		ref->unsupported |= !relationships ||
				    x->transforms[i] != XML_TRANSFORM_CANONICAL ||
				    x->form.exclusive;
	if (ref->unsupported)
		return STATUS_OK;
	return relationships ? relationships_cover(r, ref, x->nodes[0]) : plain_cover(r, ref);
}

/* "/a/b?ContentType=c": the part, and of which type it was when it was signed. */
static enum status reference_read(struct opc_reading *r, const struct xml_reference *x,
				  struct opc_reference *out, bool *listed)
{
	struct span part = x->uri, type = SPAN_NONE;
	uint64_t at;

	*out = (struct opc_reference){ .xml = x };
	if (span_find(x->uri, TYPE_QUERY, 0, &at)) {
		part = span_clip(x->uri, 0, at);
		type = span_after(x->uri, at + TYPE_QUERY.len);
	}
	out->entry = opc_part(r, part);
	if (!out->entry) {
		tell(r, "opc.part-missing", NULL, "a part that was signed", part);
		return STATUS_OK;
	}
	listed[out->entry->index] = true;
	out->retyped = type.len > 0 && !span_equal(type, opc_type(r, part));
	if (out->retyped)
		tell(r, "opc.content-type", out->entry, arena_string(r->findings->arena, type),
		     opc_type(r, part));
	return reference_cover(r, out);
}

static enum status manifest_read(struct opc_reading *r, struct opc_signature *s)
{
	const struct xml_node *manifest = xml_child(s->object, XML_DSIG, "Manifest", NULL);
	struct arena *a = r->findings->arena;
	struct xml_reference *list;
	enum status status;
	bool *listed;
	size_t n;

	if (!manifest) {
		s->problem = "its object has no manifest";
		return STATUS_OK;
	}
	status = xml_references_read(a, manifest, &list, &n, &s->problem);
	if (status == STATUS_MALFORMED)
		return STATUS_OK;
	TRY(status);
	s->references = ARENA_NEW(a, struct opc_reference, n + 1);
	listed = ARENA_NEW(a, bool, r->zip->n_entries + 1);
	if (!s->references || !listed)
		return STATUS_NO_MEMORY;
	s->n_references = n;
	s->listed = listed;
	for (size_t i = 0; i < n; i++)
		TRY(reference_read(r, &list[i], &s->references[i], listed));
	for (size_t i = 0; i < r->zip->n_entries; i++) {
		const struct zip_entry *e = &r->zip->entries[i];

		if (listed[i] || r->exempt[i] || zip_is_directory(e))
			continue;
		if (s->n_unlisted++ < 8)
			tell(r, "opc.unlisted", e, "a part that is signed", e->name);
	}
	return STATUS_OK;
}

enum status opc_signature_read(struct opc_reading *r, const struct zip_entry *e,
			       struct opc_signature *out, struct span *xml)
{
	struct xml_node *document;
	enum status status;
	bool twice;

	*out = (struct opc_signature){ 0 };
	*xml = SPAN_NONE;
	status = zip_bytes(r->view, r->findings->arena, e, OPC_MAX_XML, xml);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		out->problem = "it does not come out of the archive";
		return STATUS_OK;
	}
	if (status == STATUS_LIMIT)
		finding_add(r->findings, "limit.xml", e->header, NULL, NULL);
	TRY(status);
	TRY(opc_tree(r, e, &document));
	if (!document || !xml_name_is(&xml_root(document)->name, XML_DSIG, "Signature")) {
		out->problem = "it is no XML signature";
		return STATUS_OK;
	}
	out->document = document;
	out->node = xml_root(document);
	out->object = xml_identified(out->node, OBJECT_ID, &twice);
	if (twice || !out->object) {
		out->problem = twice ? "two elements have the same Id"
				     : "it has no object of the package";
		return STATUS_OK;
	}
	return manifest_read(r, out);
}
