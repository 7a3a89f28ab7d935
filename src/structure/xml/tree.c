/* SPDX-License-Identifier: MIT */
/* Events -> nodes, and ways through them. */
#include "structure/xml/xml_tree.h"

struct growing {
	struct arena *a;
	struct xml_node *at; /* what new nodes are put into */
	size_t n;
};

static struct xml_node *node_new(struct growing *g, const struct xml_event *e)
{
	struct xml_node *node = ARENA_NEW(g->a, struct xml_node, 1);

	if (!node)
		return NULL;
	node->kind = e->kind;
	node->name = e->name;
	node->whole = e->whole;
	node->parent = g->at;
	if (g->at->last)
		g->at->last->next = node;
	else
		g->at->first = node;
	g->at->last = node;
	return node;
}

static enum status attributes_take(struct growing *g, const struct xml_event *e,
				   struct xml_node *node)
{
	if (e->n_attributes == 0)
		return STATUS_OK;
	node->attributes = ARENA_NEW(g->a, struct xml_value, e->n_attributes);
	node->declared = ARENA_NEW(g->a, struct xml_binding, e->n_attributes);
	if (!node->attributes || !node->declared)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < e->n_attributes; i++) {
		const struct xml_attribute *at = &e->attributes[i];
		struct span value;

		TRY(xml_text(g->a, at->raw, XML_AS_ATTRIBUTE, &value));
		if (at->is_declaration)
			node->declared[node->n_declared++] = (struct xml_binding){
				at->name.prefix.len ? at->name.local : SPAN_NONE, value
			};
		else
			node->attributes[node->n_attributes++] =
				(struct xml_value){ at->name, value };
	}
	return STATUS_OK;
}

static enum status event_take(struct growing *g, const struct xml_event *e)
{
	struct xml_node *node;

	if (e->kind == XML_END) {
		g->at = g->at->parent;
		return STATUS_OK;
	}
	if (++g->n > XML_TREE_MAX_NODES)
		return STATUS_LIMIT;
	node = node_new(g, e);
	if (!node)
		return STATUS_NO_MEMORY;
	if (e->kind == XML_START) {
		g->at = node;
		return attributes_take(g, e, node);
	}
	return xml_text(g->a, e->text, e->kind == XML_TEXT ? XML_AS_TEXT : XML_AS_LINES,
			&node->text);
}

enum status xml_tree_read(struct arena *a, struct span document, struct xml_node **out,
			  const char **problem)
{
	struct growing g = { .a = a, .at = ARENA_NEW(a, struct xml_node, 1) };
	struct xml_reader *r;
	struct xml_event e;
	enum status status;

	*problem = NULL;
	*out = g.at;
	if (!g.at)
		return STATUS_NO_MEMORY;
	status = xml_open(a, document, &r);
	while (status == STATUS_OK) {
		status = xml_next(r, &e);
		if (status != STATUS_OK || e.kind == XML_NOTHING)
			break;
		status = event_take(&g, &e);
	}
	*problem = r ? r->problem : NULL;
	return status;
}

struct xml_node *xml_root(const struct xml_node *document)
{
	struct xml_node *node = document->first;

	while (node && node->kind != XML_START)
		node = node->next;
	return node;
}

struct xml_node *xml_child(const struct xml_node *parent, const char *uri, const char *local,
			   const struct xml_node *before)
{
	struct xml_node *node = before ? before->next : parent->first;

	while (node && !(node->kind == XML_START && xml_name_is(&node->name, uri, local)))
		node = node->next;
	return node;
}

static struct xml_node *node_next(const struct xml_node *top, const struct xml_node *node)
{
	if (node->first)
		return node->first;
	while (node != top && !node->next)
		node = node->parent;
	return node == top ? NULL : node->next;
}

struct xml_node *xml_element_next(const struct xml_node *top, const struct xml_node *node)
{
	struct xml_node *next = node_next(top, node);

	while (next && next->kind != XML_START)
		next = node_next(top, next);
	return next;
}

struct span xml_attribute_value(const struct xml_node *node, const char *name)
{
	for (size_t i = 0; i < node->n_attributes; i++)
		if (span_equal(node->attributes[i].name.whole, SPAN_TEXT(name)))
			return node->attributes[i].value;
	return SPAN_NONE;
}

enum status xml_content(struct arena *a, const struct xml_node *node, struct span *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	size_t n = 0;

	*out = SPAN_NONE;
	for (const struct xml_node *c = node->first; c; c = c->next) {
		if (c->kind != XML_TEXT && c->kind != XML_CDATA)
			continue;
		buffer_add(&text, c->text);
		*out = c->text;
		n++;
	}
	TRY(buffer_status(&text));
	if (n < 2)
		return STATUS_OK;
	*out = arena_copy(a, buffer_span(&text));
	return out->ptr || out->len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

struct span xml_scope(const struct xml_node *node, struct span prefix)
{
	for (; node; node = node->parent)
		for (size_t i = 0; i < node->n_declared; i++)
			if (span_equal(node->declared[i].prefix, prefix))
				return node->declared[i].uri;
	return SPAN_NONE;
}
