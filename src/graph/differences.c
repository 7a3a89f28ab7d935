/* SPDX-License-Identifier: MIT */
/*
 * How an ontology differs from our facts: the rule over both, compared by id.
 *
 * Our facts know more than the page shows (the gaps are in them, too), so that
 * the release they were checked against does not differ at all.
 */
#include "graph/infer.h"

#include "base/buffer.h"
#include <stdlib.h>

struct side {
	struct inference in;
	struct graph graph;
};

struct differences {
	struct arena *arena;
	struct graph_difference *list;
	size_t n;
};

static enum status side_make(struct side *s, struct arena *a, const struct index *x,
			     const struct facts *f)
{
	size_t n_found;
	const struct index_class *subject = index_find(x, GRAPH_TECHNIQUE_ID, &n_found);

	s->graph = (struct graph){ 0 };
	TRY(inference_begin(&s->in, a, x, f));
	if (subject)
		TRY(inference_make(&s->in, subject));
	return inference_graph(&s->in, &s->graph);
}

/* "analyzes ExecutableFile, may-detect": what goes out from the node. */
static const char *relations_text(struct arena *a, const struct graph *g, size_t node)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	for (size_t i = 0; i < g->n_edges; i++) {
		const struct graph_edge *e = &g->edges[i];

		if (e->from != node)
			continue;
		buffer_printf(&out, "%s%s", out.len ? ", " : "", e->property);
		if (e->asserted_on)
			buffer_printf(&out, " %s", e->asserted_on);
	}
	return buffer_status(&out) == STATUS_OK ? arena_string(a, buffer_span(&out)) : NULL;
}

/* Its place in the other graph; .n_nodes: nowhere. */
static size_t same_node(const struct graph *g, const struct graph_node *node)
{
	size_t i = 0;

	while (i < g->n_nodes &&
	       (g->nodes[i].kind != node->kind || strcmp(g->nodes[i].id, node->id) != 0))
		i++;
	return i;
}

static enum status difference_add(struct differences *d, enum graph_difference_kind kind,
				  const char *id, const char *ours, const char *theirs)
{
	if (d->n == (size_t)4 * GRAPH_MAX_NODES)
		return STATUS_LIMIT;
	d->list[d->n++] = (struct graph_difference){ kind, id, ours, theirs };
	return STATUS_OK;
}

/* Nodes of @g that @other lacks. */
static enum status one_sided(struct differences *d, const struct graph *g,
			     const struct graph *other, enum graph_difference_kind kind)
{
	for (size_t i = 0; i < g->n_nodes; i++) {
		const char *text;

		if (same_node(other, &g->nodes[i]) < other->n_nodes)
			continue;
		text = relations_text(d->arena, g, i);
		if (!text)
			return STATUS_NO_MEMORY;
		TRY(difference_add(d, kind, g->nodes[i].id, kind == GRAPH_GONE ? text : NULL,
				   kind == GRAPH_NEW ? text : NULL));
	}
	return STATUS_OK;
}

static enum status both_sided(struct differences *d, const struct graph *ours,
			      const struct graph *theirs)
{
	for (size_t i = 0; i < ours->n_nodes; i++) {
		const struct graph_node *x = &ours->nodes[i], *y;
		size_t at = same_node(theirs, x);
		const char *mine, *other;

		if (at == theirs->n_nodes)
			continue;
		y = &theirs->nodes[at];
		mine = relations_text(d->arena, ours, i);
		other = relations_text(d->arena, theirs, at);
		if (!mine || !other)
			return STATUS_NO_MEMORY;
		if (strcmp(mine, other) != 0)
			TRY(difference_add(d, GRAPH_RELATION_CHANGED, x->id, mine, other));
		if (strcmp(x->class.label, y->class.label) != 0)
			TRY(difference_add(d, GRAPH_LABEL_CHANGED, x->id, x->class.label,
					   y->class.label));
	}
	return STATUS_OK;
}

static int compare_differences(const void *a, const void *b)
{
	const struct graph_difference *x = (const struct graph_difference *)a;
	const struct graph_difference *y = (const struct graph_difference *)b;
	int order = strcmp(x->id, y->id);

	return order == 0 ? (int)x->kind - (int)y->kind : order;
}

enum status graph_differences(struct arena *a, const struct ontology *o,
			      const struct graph_difference **out, size_t *n)
{
	struct differences d = { .arena = a };
	struct side ours, theirs;
	const struct facts *f;

	*out = NULL;
	*n = 0;
	d.list = ARENA_NEW(a, struct graph_difference, (size_t)4 * GRAPH_MAX_NODES);
	if (!d.list)
		return STATUS_NO_MEMORY;
	TRY(facts_default(a, &f));
	TRY(side_make(&ours, a, &f->index, f));
	TRY(side_make(&theirs, a, &o->index, f));
	TRY(one_sided(&d, &ours.graph, &theirs.graph, GRAPH_GONE));
	TRY(one_sided(&d, &theirs.graph, &ours.graph, GRAPH_NEW));
	TRY(both_sided(&d, &ours.graph, &theirs.graph));
	qsort(d.list, d.n, sizeof(*d.list), compare_differences);
	*out = d.list;
	*n = d.n;
	return STATUS_OK;
}
