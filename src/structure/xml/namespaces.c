/* SPDX-License-Identifier: MIT */
/* Prefixes and what they stand for: Namespaces in XML 1.0 (third edition). */
#include "structure/xml/xml_reading.h"

struct span xml_namespace(const struct xml_reader *r, struct span prefix)
{
	for (size_t i = r->n_bindings; i > 0; i--)
		if (span_equal(r->bindings[i - 1].prefix, prefix))
			return r->bindings[i - 1].uri;
	if (span_equal(prefix, SPAN_LITERAL("xml")))
		return SPAN_LITERAL(XML_NAMESPACE);
	return SPAN_NONE;
}

/* What must never be declared: 3, "Reserved Prefixes and Namespace Names". */
static const char *declaration_problem(struct span prefix, struct span uri)
{
	bool names_xml = span_equal(uri, SPAN_LITERAL(XML_NAMESPACE));

	if (span_equal(prefix, SPAN_LITERAL("xmlns")) ||
	    span_equal(uri, SPAN_LITERAL(XMLNS_NAMESPACE)))
		return "xmlns is declared";
	if (span_equal(prefix, SPAN_LITERAL("xml")) != names_xml)
		return "the prefix xml and its namespace are parted";
	if (prefix.len > 0 && uri.len == 0)
		return "a prefix is declared to stand for nothing";
	return NULL;
}

static enum status declarations_enter(struct xml_reader *r)
{
	for (size_t i = 0; i < r->n_attributes; i++) {
		struct xml_attribute *at = &r->attributes[i];
		struct span prefix = at->name.prefix.len ? at->name.local : SPAN_NONE, uri;
		const char *problem;

		at->is_declaration = span_equal(at->name.prefix, SPAN_LITERAL("xmlns")) ||
				     (at->name.prefix.len == 0 &&
				      span_equal(at->name.local, SPAN_LITERAL("xmlns")));
		if (!at->is_declaration)
			continue;
		TRY(xml_text(r->a, at->raw, XML_AS_ATTRIBUTE, &uri));
		problem = declaration_problem(prefix, uri);
		if (problem)
			return xml_wrong(r, problem);
		if (r->n_bindings == XML_MAX_BINDINGS)
			return STATUS_LIMIT;
		r->bindings[r->n_bindings++] = (struct xml_binding){ prefix, uri };
		at->name.uri = SPAN_LITERAL(XMLNS_NAMESPACE);
	}
	return STATUS_OK;
}

static bool name_bind(const struct xml_reader *r, struct xml_name *name)
{
	name->uri = xml_namespace(r, name->prefix);
	return name->prefix.len == 0 || name->uri.len > 0;
}

static bool names_equal(const struct xml_attribute *a, const struct xml_attribute *b)
{
	return span_equal(a->name.local, b->name.local) &&
	       (span_equal(a->name.prefix, b->name.prefix) ||
		(a->name.uri.len > 0 && span_equal(a->name.uri, b->name.uri)));
}

enum status xml_bind(struct xml_reader *r, struct xml_name *element)
{
	TRY(declarations_enter(r));
	if (!name_bind(r, element))
		return xml_wrong(r, "a prefix that is not declared");
	for (size_t i = 0; i < r->n_attributes; i++) {
		struct xml_attribute *at = &r->attributes[i];

		if (!at->is_declaration && at->name.prefix.len > 0 && !name_bind(r, &at->name))
			return xml_wrong(r, "a prefix that is not declared");
		for (size_t k = 0; k < i; k++)
			if (names_equal(at, &r->attributes[k]))
				return xml_wrong(r, "an attribute twice");
	}
	return STATUS_OK;
}

const struct xml_attribute *xml_attribute_find(const struct xml_attribute *list, size_t n,
					       const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (span_equal(list[i].name.whole, SPAN_TEXT(name)))
			return &list[i];
	return NULL;
}

bool xml_name_is(const struct xml_name *name, const char *uri, const char *local)
{
	return span_equal(name->local, SPAN_TEXT(local)) &&
	       span_equal(name->uri, SPAN_TEXT(uri));
}
