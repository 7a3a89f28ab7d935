/* SPDX-License-Identifier: MIT */
/* Nodes filled in: names, links, superclass chains, properties. */
#include "graph/infer.h"

#include "base/buffer.h"

#include <stdlib.h>

#define PAGES "https://d3fend.mitre.org"

/* RFC 3987, 3.1, but also what may not stand in a Turtle IRI: everything else as %XX. */
static void uri_text(struct buffer *out, const char *text)
{
	static const char refused[] = "\"<>\\^`{|}";
	struct span s = SPAN_TEXT(text);

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = span_at(s, i);

		if (c > 0x20 && c < 0x7f && !strchr(refused, c))
			buffer_char(out, (char)c);
		else
			buffer_printf(out, "%%%02X", c);
	}
}

static const char *uri_string(struct arena *a, const char *before, const char *name,
			      const char *after)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	buffer_text(&out, before);
	uri_text(&out, name);
	buffer_text(&out, after);
	return buffer_status(&out) == STATUS_OK ? arena_string(a, buffer_span(&out)) : NULL;
}

const char *index_id_of(const struct index_class *c)
{
	if (c->d3fend_id)
		return c->d3fend_id;
	return c->attack_id ? c->attack_id : c->name;
}

enum status class_describe(struct arena *a, const struct index_class *c,
			   struct graph_class *out)
{
	*out = (struct graph_class){ .name = c->name, .label = c->label ? c->label : c->name };
	out->uri = uri_string(a, c->ours ? GRAPH_NAMESPACE : "", c->name, "");
	if (c->branches & BRANCH_ATTACK)
		out->family = GRAPH_FAMILY_ATTACK;
	else if (c->branches & BRANCH_ARTIFACT)
		out->family = GRAPH_FAMILY_ARTIFACT;
	else if (c->ours)
		out->family = GRAPH_FAMILY_D3FEND;
	return out->uri ? STATUS_OK : STATUS_NO_MEMORY;
}

static const char *page_of(struct arena *a, const struct index_class *c,
			   enum graph_node_kind kind)
{
	switch (kind) {
	case GRAPH_TECHNIQUE:
		return uri_string(a, PAGES "/offensive-technique/attack/", index_id_of(c), "/");
	case GRAPH_ARTIFACT: return uri_string(a, PAGES "/dao/artifact/d3f:", c->name, "/");
	case GRAPH_COUNTERMEASURE: return uri_string(a, PAGES "/technique/d3f:", c->name, "/");
	case GRAPH_NODE_NONE: break;
	}
	return PAGES "/";
}

static enum status aliases_make(struct arena *a, const struct index_class *c,
				struct graph_node *out)
{
	const char **list;

	for (const struct index_text *t = c->aliases; t; t = t->next)
		out->n_aliases++;
	list = ARENA_NEW(a, const char *, out->n_aliases + 1);
	out->aliases = list;
	if (!list)
		return STATUS_NO_MEMORY;
	out->n_aliases = 0;
	for (const struct index_text *t = c->aliases; t; t = t->next)
		list[out->n_aliases++] = t->text;
	return STATUS_OK;
}

static bool chain_has(const struct index_class *const *chain, size_t n,
		      const struct index_class *c)
{
	for (size_t i = 0; i < n; i++)
		if (chain[i] == c)
			return true;
	return false;
}

/* The superclasses of @c: the first that is new goes on with the line. */
static enum status step_make(struct arena *a, const struct index_class *c,
			     const struct index_class *next, struct graph_step *out)
{
	struct graph_class *others;
	size_t n = 0;

	TRY(class_describe(a, c, &out->class));
	for (const struct index_link *l = c->links; l && l->kind == LINK_SUPER; l = l->next)
		n++;
	if (n > INDEX_MAX_ANCESTORS)
		return STATUS_LIMIT;
	others = ARENA_NEW(a, struct graph_class, n + 1);
	out->others = others;
	if (!others)
		return STATUS_NO_MEMORY;
	for (const struct index_link *l = c->links; l && l->kind == LINK_SUPER; l = l->next)
		if (l->to != next && l->to != c)
			TRY(class_describe(a, l->to, &others[out->n_others++]));
	return STATUS_OK;
}

static enum status chain_make(struct arena *a, const struct index_class *c,
			      struct graph_node *out)
{
	const struct index_class *chain[GRAPH_MAX_CHAIN];
	struct graph_step *steps;
	size_t n = 0;

	while (c) {
		const struct index_class *next = NULL;

		if (n == GRAPH_MAX_CHAIN)
			return STATUS_LIMIT;
		chain[n++] = c;
		for (const struct index_link *l = c->links; l && l->kind == LINK_SUPER && !next;
		     l = l->next)
			if (!chain_has(chain, n, l->to))
				next = l->to;
		c = next;
	}
	steps = ARENA_NEW(a, struct graph_step, n);
	if (!steps)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		TRY(step_make(a, chain[i], i + 1 < n ? chain[i + 1] : NULL, &steps[i]));
	out->chain = steps;
	out->n_chain = n;
	return STATUS_OK;
}

static enum status property_add(struct inference *in, struct graph_node *out,
				struct graph_property *list, enum graph_origin origin,
				const struct index_link *l)
{
	struct graph_property *p = &list[out->n_properties++];

	p->origin = origin;
	p->property = l->property ? l->property : "enables";
	TRY(class_describe(in->arena, l->from, &p->subject));
	return class_describe(in->arena, l->to, &p->object);
}

static size_t properties_count(const struct index_class *c)
{
	size_t n = 0;

	for (const struct index_link *l = c->links; l; l = l->next)
		n += l->kind == LINK_RESTRICTION;
	return n;
}

static int compare_inverse(const void *a, const void *b)
{
	const struct graph_property *x = (const struct graph_property *)a;
	const struct graph_property *y = (const struct graph_property *)b;
	int order = strcmp(x->property, y->property);

	return order == 0 ? strcmp(x->subject.name, y->subject.name) : order;
}

static enum status properties_make(struct inference *in, const struct index_class *c,
				   struct graph_node *out)
{
	struct graph_property *list;
	size_t n = 0, n_direct;

	TRY(index_walk_up(&in->walk, c));
	for (size_t i = 0; i < in->walk.n; i++)
		n += properties_count(in->walk.list[i]);
	for (const struct index_link *l = c->linked; l; l = l->next_to)
		n += l->kind == LINK_RESTRICTION;
	in->n_properties += n;
	if (in->n_properties > GRAPH_MAX_PROPERTIES)
		return STATUS_LIMIT;
	list = ARENA_NEW(in->arena, struct graph_property, n + 1);
	out->properties = list;
	if (!list)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < in->walk.n; i++)
		for (const struct index_link *l = in->walk.list[i]->links; l; l = l->next)
			if (l->kind == LINK_RESTRICTION)
				TRY(property_add(in, out, list, i ? GRAPH_INHERITED : GRAPH_OWN,
						 l));
	n_direct = out->n_properties;
	for (const struct index_link *l = c->linked; l; l = l->next_to)
		if (l->kind == LINK_RESTRICTION)
			TRY(property_add(in, out, list, GRAPH_INVERSE, l));
	qsort(&list[n_direct], out->n_properties - n_direct, sizeof(*list), compare_inverse);
	return STATUS_OK;
}

static enum status node_make(struct inference *in, size_t i, struct graph_node *out)
{
	const struct index_class *c = in->classes[i];
	const struct facts_node *ours = facts_node(in->facts, c->name);

	out->kind = in->kinds[i];
	out->id = out->kind == GRAPH_ARTIFACT ? c->name : index_id_of(c);
	out->definition = c->definition;
	out->page = page_of(in->arena, c, out->kind);
	if (!out->page)
		return STATUS_NO_MEMORY;
	if (ours) {
		out->command = ours->command;
		out->about = ours->about;
	}
	TRY(class_describe(in->arena, c, &out->class));
	TRY(aliases_make(in->arena, c, out));
	TRY(chain_make(in->arena, c, out));
	TRY(properties_make(in, c, out));
	if (out->kind == GRAPH_ARTIFACT)
		return STATUS_OK;
	return inference_tactics(in, c, out->tactics, &out->n_tactics);
}

enum status inference_graph(struct inference *in, struct graph *out)
{
	out->nodes = ARENA_NEW(in->arena, struct graph_node, in->n_nodes + 1);
	if (!out->nodes)
		return STATUS_NO_MEMORY;
	out->n_nodes = in->n_nodes;
	out->edges = in->edges;
	out->n_edges = in->n_edges;
	for (size_t i = 0; i < in->n_nodes; i++)
		TRY(node_make(in, i, &out->nodes[i]));
	return STATUS_OK;
}
