/* SPDX-License-Identifier: MIT */
/* What the rule, or a little less than the rule, lists and our page does not. */
#include "graph/infer.h"

#include "base/memory.h"
#include <stdlib.h>

struct gaps {
	struct inference in; /* of the default technique: what the rule lists */
	struct arena *arena;
	bool *below; /* by number: something that is listed, or stands below it */
	struct graph_gap *list;
	size_t n;
};

static enum status gap_add(struct gaps *g, enum graph_gap_kind kind,
			   const struct index_class *c, const struct index_link *says)
{
	struct graph_gap *gap = &g->list[g->n];
	const struct facts_gap *ours = facts_gap(g->in.facts, c->name);

	if (g->n == GRAPH_MAX_NODES)
		return STATUS_LIMIT;
	*gap = (struct graph_gap){ .kind = kind,
				   .id = c->d3fend_id,
				   .property = says->property };
	if (ours)
		gap->for_us = ours->for_us;
	TRY(class_describe(g->arena, c, &gap->class));
	TRY(class_describe(g->arena, says->to, &gap->object));
	TRY(class_describe(g->arena, says->from, &gap->via));
	g->n++;
	return STATUS_OK;
}

/* The place of @c among the nodes; 0, the technique: it is not listed. */
static size_t listed_at(const struct gaps *g, const struct index_class *c)
{
	for (size_t i = 1; i < g->in.n_nodes; i++)
		if (g->in.classes[i] == c && g->in.kinds[i] == GRAPH_COUNTERMEASURE)
			return i;
	return 0;
}

/* Why node @node is listed: the restriction behind its first edge. */
static const struct index_link *reason_of(const struct gaps *g, size_t node)
{
	for (size_t i = 0; i < g->in.n_edges; i++) {
		const struct graph_edge *e = &g->in.edges[i];

		if (e->from != node || e->kind != GRAPH_ASSERTED)
			continue;
		for (const struct index_link *l = g->in.classes[node]->links; l; l = l->next)
			if (link_says(l) && strcmp(l->property, e->property) == 0 &&
			    strcmp(l->to->name, e->asserted_on) == 0)
				return l;
	}
	return NULL;
}

static enum status own_gaps(struct gaps *g)
{
	for (size_t i = 1; i < g->in.n_nodes; i++) {
		const struct index_link *why = reason_of(g, i);

		if (g->in.kinds[i] != GRAPH_COUNTERMEASURE || !why ||
		    facts_node(g->in.facts, g->in.classes[i]->name))
			continue;
		TRY(gap_add(g, GRAPH_GAP_OWN, g->in.classes[i], why));
	}
	return STATUS_OK;
}

/* Marks what stands below anything that is listed, each class once. */
static enum status below_mark(struct gaps *g)
{
	size_t n = 0, size = g->in.index->n + GRAPH_MAX_NODES;
	const struct index_class **stack = memory_new(size, sizeof(struct index_class *));

	if (!stack)
		return STATUS_NO_MEMORY;
	for (size_t i = 1; i < g->in.n_nodes; i++) {
		if (g->in.kinds[i] != GRAPH_COUNTERMEASURE)
			continue;
		g->below[g->in.classes[i]->number] = true;
		stack[n++] = g->in.classes[i];
	}
	while (n > 0) {
		const struct index_class *c = stack[--n];

		for (const struct index_link *l = c->linked; l; l = l->next_to) {
			if (l->kind != LINK_SUPER || g->below[l->from->number])
				continue;
			g->below[l->from->number] = true;
			stack[n++] = l->from;
		}
	}
	memory_free((void *)stack);
	return STATUS_OK;
}

static enum status inherited_gaps(struct gaps *g)
{
	TRY(below_mark(g));
	for (const struct index_class *c = g->in.index->first; c; c = c->next) {
		size_t via = 0;

		if (!g->below[c->number] || !c->d3fend_id || listed_at(g, c))
			continue;
		TRY(index_walk_up(&g->in.walk, c));
		for (size_t i = 1; i < g->in.walk.n && !via; i++)
			via = listed_at(g, g->in.walk.list[i]);
		if (via && reason_of(g, via))
			TRY(gap_add(g, GRAPH_GAP_INHERITED, c, reason_of(g, via)));
	}
	return STATUS_OK;
}

/* Neighbours are our choice; what they do stands in the ontology. */
static enum status related_gaps(struct gaps *g)
{
	const struct facts *f = g->in.facts;

	for (size_t i = 0; i < f->n_gaps; i++) {
		const struct index_class *c;

		if (f->gaps[i].kind != GRAPH_GAP_RELATED)
			continue;
		c = index_get(g->in.index, SPAN_TEXT(f->gaps[i].class->name), true, false);
		if (!c || !c->described || !c->d3fend_id || g->below[c->number])
			continue;
		for (const struct index_link *l = c->links; l; l = l->next)
			if (link_says(l))
				TRY(gap_add(g, GRAPH_GAP_RELATED, c, l));
	}
	return STATUS_OK;
}

static int compare_gaps(const void *a, const void *b)
{
	const struct graph_gap *x = (const struct graph_gap *)a,
			       *y = (const struct graph_gap *)b;
	int order;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	order = strcmp(x->id, y->id);
	if (order == 0)
		order = strcmp(x->class.name, y->class.name);
	if (order == 0)
		order = strcmp(x->property, y->property);
	return order == 0 ? strcmp(x->object.name, y->object.name) : order;
}

enum status graph_gaps(struct arena *a, const struct ontology *o, const struct graph_gap **out,
		       size_t *n)
{
	const struct index_class *subject;
	struct gaps g = { .arena = a };
	const struct facts *f;
	size_t n_found;

	*out = NULL;
	*n = 0;
	TRY(facts_default(a, &f));
	TRY(inference_begin(&g.in, a, o ? &o->index : &f->index, f));
	g.below = ARENA_NEW(a, bool, g.in.index->n + 1);
	g.list = ARENA_NEW(a, struct graph_gap, GRAPH_MAX_NODES);
	if (!g.below || !g.list)
		return STATUS_NO_MEMORY;
	subject = index_find(g.in.index, GRAPH_TECHNIQUE_ID, &n_found);
	if (subject)
		TRY(inference_make(&g.in, subject));
	TRY(own_gaps(&g));
	TRY(inherited_gaps(&g));
	TRY(related_gaps(&g));
	qsort(g.list, g.n, sizeof(*g.list), compare_gaps);
	*out = g.list;
	*n = g.n;
	return STATUS_OK;
}
