/* SPDX-License-Identifier: MIT */
#include "graph/infer.h"

#include "base/buffer.h"

#include <ctype.h>
#include <stdlib.h>

/* C -property-> artifact, asserted on a superclass of it. */
struct candidate {
	const struct index_class *class, *on;
	size_t rank, artifact; /* place on our page; node */
	const char *property;
};

struct candidates {
	struct candidate *list; /* GRAPH_MAX_EDGES */
	size_t n;
};

enum status inference_begin(struct inference *in, struct arena *a, const struct index *x,
			    const struct facts *f)
{
	*in = (struct inference){ .arena = a, .index = x, .facts = f };
	TRY(index_walk_begin(&in->walk, a, x));
	in->classes = ARENA_NEW(a, const struct index_class *, GRAPH_MAX_NODES);
	in->kinds = ARENA_NEW(a, enum graph_node_kind, GRAPH_MAX_NODES);
	in->edges = ARENA_NEW(a, struct graph_edge, GRAPH_MAX_EDGES);
	return in->classes && in->kinds && in->edges ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status inference_node(struct inference *in, const struct index_class *c,
			   enum graph_node_kind kind, size_t *out)
{
	for (*out = 0; *out < in->n_nodes; ++*out)
		if (in->classes[*out] == c)
			return STATUS_OK;
	if (in->n_nodes == GRAPH_MAX_NODES)
		return STATUS_LIMIT;
	in->classes[in->n_nodes] = c;
	in->kinds[in->n_nodes++] = kind;
	return STATUS_OK;
}

enum status inference_edge(struct inference *in, const struct graph_edge *edge)
{
	for (size_t i = 0; i < in->n_edges; i++)
		if (in->edges[i].from == edge->from && in->edges[i].to == edge->to &&
		    strcmp(in->edges[i].property, edge->property) == 0)
			return STATUS_OK;
	if (in->n_edges == GRAPH_MAX_EDGES)
		return STATUS_LIMIT;
	in->edges[in->n_edges++] = *edge;
	return STATUS_OK;
}

static bool is_below(const struct index_class *c, enum index_branch branch)
{
	return (c->branches & (unsigned)branch) != 0 && (c->head & (unsigned)branch) == 0;
}

static bool is_countermeasure(const struct index_class *c)
{
	return is_below(c, BRANCH_DEFENSIVE) && c->d3fend_id;
}

static bool enables(const struct index_link *link)
{
	return link->kind == LINK_ENABLES ||
	       (link->kind == LINK_RESTRICTION && strcmp(link->property, "enables") == 0);
}

bool link_says(const struct index_link *link)
{
	return link->kind == LINK_RESTRICTION && !enables(link) && link->to->ours &&
	       link->to->described;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum status tactic_add(const char *name, const char **out, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(out[i], name) == 0)
			return STATUS_OK;
	if (*n == GRAPH_MAX_TACTICS)
		return STATUS_LIMIT;
	out[(*n)++] = name;
	return STATUS_OK;
}

enum status inference_tactics(struct inference *in, const struct index_class *c,
			      const char **out, size_t *n)
{
	enum index_branch branch =
		is_below(c, BRANCH_DEFENSIVE) ? BRANCH_TACTIC : BRANCH_PURPOSE;
	const struct index_walk *w = &in->walk;

	*n = 0;
	TRY(index_walk_up(&in->walk, c));
	for (size_t i = 0; i < w->n; i++) {
		if (*n > 0 && w->distance[i] > w->distance[i - 1])
			break;
		for (const struct index_link *l = w->list[i]->links; l; l = l->next)
			if (enables(l) && is_below(l->to, branch))
				TRY(tactic_add(l->to->name, out, n));
	}
	qsort((void *)out, *n, sizeof(*out), compare_names);
	return STATUS_OK;
}

/* Our page's order; what is new stands behind it. */
static size_t rank_of(const struct facts *f, const struct index_class *c)
{
	size_t i = 0;

	while (i < f->n_nodes && strcmp(f->nodes[i].class->name, c->name) != 0)
		i++;
	return i;
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = (const struct candidate *)a,
			       *y = (const struct candidate *)b;
	int order;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	order = strcmp(x->class->d3fend_id, y->class->d3fend_id);
	if (order == 0)
		order = strcmp(x->class->name, y->class->name);
	if (order == 0)
		order = (x->artifact > y->artifact) - (x->artifact < y->artifact);
	return order == 0 ? strcmp(x->property, y->property) : order;
}

/* The nearest class counts that a property is asserted on. */
static enum status candidate_add(struct candidates *list, const struct candidate *new)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct candidate *old = &list->list[i];

		if (old->class == new->class && old->artifact == new->artifact &&
		    strcmp(old->property, new->property) == 0)
			return STATUS_OK;
	}
	if (list->n == GRAPH_MAX_EDGES)
		return STATUS_LIMIT;
	list->list[list->n++] = *new;
	return STATUS_OK;
}

/* Every countermeasure with a restriction on the class of node @artifact, or on one above it.
 */
static enum status candidates_find(struct inference *in, size_t artifact,
				   struct candidates *list)
{
	TRY(index_walk_up(&in->walk, in->classes[artifact]));
	for (size_t i = 0; i < in->walk.n; i++) {
		for (const struct index_link *l = in->walk.list[i]->linked; l; l = l->next_to) {
			if (++in->walk.steps > INDEX_MAX_STEPS)
				return STATUS_LIMIT;
			if (!link_says(l) || !is_countermeasure(l->from))
				continue;
			TRY(candidate_add(
				list, &(struct candidate){ .class = l->from,
							   .on = l->to,
							   .rank = rank_of(in->facts, l->from),
							   .artifact = artifact,
							   .property = l->property }));
		}
	}
	return STATUS_OK;
}

/* "may-detect" of "Detect". */
static const char *verb_of(struct arena *a, const char *tactic)
{
	CLEANUP(buffer_free) struct buffer verb = BUFFER_INIT;
	struct span name = SPAN_TEXT(tactic);

	buffer_text(&verb, "may-");
	for (size_t i = 0; i < name.len; i++)
		buffer_char(&verb, (char)tolower(span_at(name, i)));
	return buffer_status(&verb) == STATUS_OK ? arena_string(a, buffer_span(&verb)) : NULL;
}

static enum status inferred_edges(struct inference *in, size_t node, size_t technique)
{
	const char *tactics[GRAPH_MAX_TACTICS];
	size_t n;

	TRY(inference_tactics(in, in->classes[node], tactics, &n));
	for (size_t i = 0; i < n; i++) {
		struct graph_edge edge = { .kind = GRAPH_INFERRED,
					   .from = node,
					   .to = technique };

		edge.property = verb_of(in->arena, tactics[i]);
		if (!edge.property)
			return STATUS_NO_MEMORY;
		TRY(inference_edge(in, &edge));
	}
	return STATUS_OK;
}

/* Nodes and edges of all countermeasures; @technique: also what follows for it. */
static enum status candidates_join(struct inference *in, const struct candidates *list,
				   const size_t *technique)
{
	qsort(list->list, list->n, sizeof(*list->list), compare_candidates);
	for (size_t i = 0; i < list->n; i++) {
		const struct candidate *c = &list->list[i];
		struct graph_edge edge = { .kind = GRAPH_ASSERTED,
					   .to = c->artifact,
					   .property = c->property,
					   .asserted_on = c->on->name };

		TRY(inference_node(in, c->class, GRAPH_COUNTERMEASURE, &edge.from));
		TRY(inference_edge(in, &edge));
		if (technique && (i + 1 == list->n || list->list[i + 1].class != c->class))
			TRY(inferred_edges(in, edge.from, *technique));
	}
	return STATUS_OK;
}

/* What @from says itself, as edges of node @node. */
static enum status touched(struct inference *in, const struct index_class *from, size_t node,
			   enum graph_edge_kind kind)
{
	for (const struct index_link *l = from->links; l; l = l->next) {
		struct graph_edge edge = { .kind = kind,
					   .from = node,
					   .property = l->property };

		if (!link_says(l))
			continue;
		edge.asserted_on = kind == GRAPH_ASSERTED ? l->to->name : NULL;
		TRY(inference_node(in, l->to, GRAPH_ARTIFACT, &edge.to));
		TRY(inference_edge(in, &edge));
	}
	return STATUS_OK;
}

static enum status technique_make(struct inference *in, const struct index_class *subject,
				  struct candidates *list)
{
	const size_t self = 0;
	size_t n;

	TRY(touched(in, subject, self, GRAPH_ASSERTED));
	if (in->n_edges == 0) {
		TRY(index_walk_up(&in->walk, subject));
		for (size_t i = 1; i < in->walk.n && in->n_edges == 0; i++)
			if (in->walk.list[i]->attack_id)
				TRY(touched(in, in->walk.list[i], self, GRAPH_INFERRED));
	}
	n = in->n_nodes;
	for (size_t i = 1; i < n; i++)
		TRY(candidates_find(in, i, list));
	return candidates_join(in, list, &self);
}

static int compare_techniques(const void *a, const void *b)
{
	const struct index_link *x = *(const struct index_link *const *)a;
	const struct index_link *y = *(const struct index_link *const *)b;
	int order = strcmp(x->from->attack_id, y->from->attack_id);

	if (order == 0)
		order = strcmp(x->from->name, y->from->name);
	return order == 0 ? strcmp(x->property, y->property) : order;
}

static enum status artifact_make(struct inference *in, const struct index_class *subject,
				 struct candidates *list)
{
	const struct index_link **links =
		ARENA_NEW(in->arena, const struct index_link *, GRAPH_MAX_EDGES);
	size_t n = 0;

	if (!links)
		return STATUS_NO_MEMORY;
	for (const struct index_link *l = subject->linked; l; l = l->next_to) {
		if (!link_says(l) || !is_below(l->from, BRANCH_OFFENSIVE) ||
		    !l->from->attack_id)
			continue;
		if (n == GRAPH_MAX_EDGES)
			return STATUS_LIMIT;
		links[n++] = l;
	}
	qsort((void *)links, n, sizeof(struct index_link *), compare_techniques);
	for (size_t i = 0; i < n; i++) {
		struct graph_edge edge = { .kind = GRAPH_ASSERTED,
					   .property = links[i]->property,
					   .asserted_on = subject->name };

		TRY(inference_node(in, links[i]->from, GRAPH_TECHNIQUE, &edge.from));
		TRY(inference_edge(in, &edge));
	}
	TRY(candidates_find(in, 0, list));
	return candidates_join(in, list, NULL);
}

enum status inference_make(struct inference *in, const struct index_class *subject)
{
	struct candidates list = { ARENA_NEW(in->arena, struct candidate, GRAPH_MAX_EDGES), 0 };
	size_t self;

	if (!list.list)
		return STATUS_NO_MEMORY;
	if (is_below(subject, BRANCH_DEFENSIVE)) {
		TRY(inference_node(in, subject, GRAPH_COUNTERMEASURE, &self));
		return touched(in, subject, self, GRAPH_ASSERTED);
	}
	if (is_below(subject, BRANCH_OFFENSIVE)) {
		TRY(inference_node(in, subject, GRAPH_TECHNIQUE, &self));
		return technique_make(in, subject, &list);
	}
	TRY(inference_node(in, subject, GRAPH_ARTIFACT, &self));
	TRY(artifact_make(in, subject, &list));
	/* Events and the like are touched, too; a class that nobody touches is no artifact. */
	return in->n_edges > 0 || (subject->branches & BRANCH_ARTIFACT) ? STATUS_OK
									: STATUS_NOT_MINE;
}
