/* SPDX-License-Identifier: MIT */
/* Relationships: from part to part, and as they are signed. */
#include "formats/opc/reading.h"

#include <stdlib.h>

#define TRANSFORM "http://schemas.openxmlformats.org/package/2006/digital-signature"

/* "/a/b" or "b" beside the part that says so, as the name of an entry. */
static enum status target_resolve(struct arena *a, struct span folder, struct span target,
				  struct span *out)
{
	CLEANUP(buffer_free) struct buffer name = BUFFER_INIT;

	if (span_at(target, 0) == '/') {
		*out = span_after(target, 1);
		return STATUS_OK;
	}
	buffer_add(&name, folder);
	buffer_add(&name, target);
	TRY(buffer_status(&name));
	*out = arena_copy(a, buffer_span(&name));
	return out->ptr || out->len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status opc_relationship(struct opc_reading *r, const struct xml_node *list,
			     const char *type, struct span folder, const struct xml_node **at,
			     const struct zip_entry **target)
{
	*target = NULL;
	while ((*at = xml_child(list, OPC_RELATIONSHIPS, "Relationship", *at))) {
		struct span name, mode = xml_attribute_value(*at, "TargetMode");

		if (!span_equal(xml_attribute_value(*at, "Type"), SPAN_TEXT(type)) ||
		    span_equal(mode, SPAN_LITERAL("External")))
			continue;
		TRY(target_resolve(r->findings->arena, folder,
				   xml_attribute_value(*at, "Target"), &name));
		*target = zip_find(r->zip, name);
		return STATUS_OK;
	}
	return STATUS_OK;
}

/* Does the transform take this relationship, by its Id or its type? */
static bool selected(const struct xml_node *transform, const struct xml_node *relationship)
{
	struct span id = xml_attribute_value(relationship, "Id");
	struct span type = xml_attribute_value(relationship, "Type");

	for (const struct xml_node *n = transform->first; n; n = n->next) {
		if (n->kind != XML_START)
			continue;
		if (xml_name_is(&n->name, TRANSFORM, "RelationshipReference") &&
		    span_equal(xml_attribute_value(n, "SourceId"), id))
			return true;
		if (xml_name_is(&n->name, TRANSFORM, "RelationshipsGroupReference") &&
		    span_equal(xml_attribute_value(n, "SourceType"), type))
			return true;
	}
	return false;
}

struct taken {
	const struct xml_node *relationship;
};

static int ids_compare(const void *left, const void *right)
{
	const struct taken *a = (const struct taken *)left;
	const struct taken *b = (const struct taken *)right;

	return span_compare(xml_attribute_value(a->relationship, "Id"),
			    xml_attribute_value(b->relationship, "Id"));
}

static const struct {
	char c;
	const char *instead;
} escapes[] = {
	{'&',   "&amp;" },
        { '<',  "&lt;"  },
        { '"',  "&quot;"},
	{ '\t', "&#x9;" },
        { '\n', "&#xA;" },
        { '\r', "&#xD;" },
};

/* As Canonical XML writes attributes. */
static void attribute_write(struct buffer *out, const char *name, struct span value)
{
	buffer_printf(out, " %s=\"", name);
	for (uint64_t i = 0; i < value.len; i++) {
		const char *instead = NULL;

		for (size_t k = 0; k < COUNT_OF(escapes); k++)
			if ((uint8_t)escapes[k].c == span_at(value, i))
				instead = escapes[k].instead;
		if (instead)
			buffer_text(out, instead);
		else
			buffer_char(out, (char)span_at(value, i));
	}
	buffer_char(out, '"');
}

static void relationship_write(struct buffer *out, const struct xml_node *n)
{
	struct span mode = xml_attribute_value(n, "TargetMode");

	buffer_text(out, "<Relationship");
	attribute_write(out, "Id", xml_attribute_value(n, "Id"));
	attribute_write(out, "Target", xml_attribute_value(n, "Target"));
	attribute_write(out, "TargetMode", mode.ptr ? mode : SPAN_LITERAL("Internal"));
	attribute_write(out, "Type", xml_attribute_value(n, "Type"));
	buffer_text(out, "></Relationship>");
}

enum status opc_relationships_write(struct arena *a, const struct xml_node *list,
				    const struct xml_node *transform, struct buffer *out)
{
	struct taken *taken;
	size_t n = 0, all = 0;

	if (!xml_name_is(&list->name, OPC_RELATIONSHIPS, "Relationships") ||
	    list->name.prefix.len > 0 || list->n_attributes > 0)
		return STATUS_MALFORMED;
	for (const struct xml_node *c = list->first; c; c = c->next)
		all++;
	taken = ARENA_NEW(a, struct taken, all + 1);
	if (!taken)
		return STATUS_NO_MEMORY;
	for (const struct xml_node *c = NULL;
	     (c = xml_child(list, OPC_RELATIONSHIPS, "Relationship", c));)
		if (selected(transform, c))
			taken[n++].relationship = c;
	qsort(taken, n, sizeof *taken, ids_compare);
	buffer_text(out, "<Relationships xmlns=\"" OPC_RELATIONSHIPS "\">");
	for (size_t i = 0; i < n; i++)
		relationship_write(out, taken[i].relationship);
	buffer_text(out, "</Relationships>");
	return buffer_status(out);
}
