/* SPDX-License-Identifier: MIT */
#include "graph/graph.h"

#include "graph/infer.h"

enum status graph_default(struct arena *a, struct graph *out)
{
	const struct facts *f;
	struct inference in;
	size_t node;

	*out = (struct graph){ 0 };
	TRY(facts_default(a, &f));
	TRY(inference_begin(&in, a, &f->index, f));
	for (size_t i = 0; i < f->n_nodes; i++)
		TRY(inference_node(&in, f->nodes[i].class, f->nodes[i].kind, &node));
	for (size_t i = 0; i < f->n_edges; i++)
		TRY(inference_edge(&in, &f->edges[i]));
	out->source = f->source;
	out->attack = &f->attack;
	return inference_graph(&in, out);
}

/* Is it something about which our facts are complete? */
static bool is_known(const struct facts *f, const struct index_class *c)
{
	return c && (facts_node(f, c->name) || facts_gap(f, c->name));
}

static enum status subject_find(struct arena *a, const struct ontology *o,
				const struct facts *f, const char *id,
				const struct index_class **out, const char **problem)
{
	size_t n;

	*out = index_find(o ? &o->index : &f->index, id, &n);
	if (n > 1)
		*problem = arena_printf(
			a, "\"%s\" is the id of %zu classes; give the name of one", id, n);
	else if (o && !*out)
		*problem = arena_printf(a, "%s: there is no \"%s\" in it", o->source.name, id);
	else if (!o && !is_known(f, *out))
		*problem = arena_printf(
			a,
			"\"%s\" is not among the facts of this program; a release of D3FEND "
			"may know it: --ontology FILE",
			id);
	else
		return STATUS_OK;
	return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}

/* The digest tells the release that our facts were checked against; the file itself is silent.
 */
static struct graph_source source_of(const struct ontology *o, const struct facts *f)
{
	struct graph_source source = o ? o->source : f->source;

	if (o && !source.version && strcmp(source.sha256, f->source.sha256) == 0) {
		source.version = f->source.version;
		source.published = f->source.published;
		source.commit = f->source.commit;
	}
	return source;
}

enum status graph_of(struct arena *a, const struct ontology *o, const char *id,
		     struct graph *out, const char **problem)
{
	const struct index_class *subject;
	const struct facts *f;
	struct inference in;
	enum status status;

	*out = (struct graph){ 0 };
	*problem = NULL;
	TRY(facts_default(a, &f));
	TRY(subject_find(a, o, f, id, &subject, problem));
	if (!o && strcmp(subject->name, GRAPH_TECHNIQUE_ID) == 0)
		return graph_default(a, out);
	TRY(inference_begin(&in, a, o ? &o->index : &f->index, f));
	status = inference_make(&in, subject);
	if (status == STATUS_NOT_MINE) {
		*problem = arena_printf(
			a, "\"%s\" is neither a technique nor an artifact nor a countermeasure",
			id);
		return STATUS_USAGE;
	}
	if (status == STATUS_OK)
		status = inference_graph(&in, out);
	if (status == STATUS_LIMIT)
		*problem =
			arena_printf(a, "\"%s\": more relations than this program follows", id);
	TRY(status);
	out->source = source_of(o, f);
	if (strcmp(index_id_of(subject), f->attack.technique) == 0)
		out->attack = &f->attack;
	return STATUS_OK;
}

const struct graph_node *graph_find(const struct graph *g, const char *id)
{
	for (size_t i = 0; i < g->n_nodes; i++)
		if (strcmp(g->nodes[i].id, id) == 0 || strcmp(g->nodes[i].class.name, id) == 0)
			return &g->nodes[i];
	return NULL;
}

void graph_ask_states(struct graph *g,
		      void (*ask)(const void *context, const char *class,
				  struct room_state *out),
		      const void *context)
{
	for (size_t i = 0; i < g->n_nodes; i++) {
		struct graph_node *node = &g->nodes[i];

		node->state = (struct room_state){ 0 };
		if (node->kind == GRAPH_COUNTERMEASURE)
			ask(context, node->class.name, &node->state);
	}
}

const char *graph_node_word(enum graph_node_kind kind)
{
	static const char *const words[] = { "unknown", "technique", "artifact",
					     "countermeasure" };

	return words[kind];
}

const char *graph_edge_word(enum graph_edge_kind kind)
{
	static const char *const words[] = { "unknown", "asserted", "inferred" };

	return words[kind];
}

const char *graph_family_word(enum graph_family family)
{
	static const char *const words[] = { "other", "attack", "d3fend", "artifact" };

	return words[family];
}

const char *graph_origin_word(enum graph_origin origin)
{
	static const char *const words[] = { "unknown", "own", "inherited", "inverse" };

	return words[origin];
}

const char *graph_gap_word(enum graph_gap_kind kind)
{
	static const char *const words[] = { "unknown", "own", "inherited", "related" };

	return words[kind];
}

const char *graph_difference_word(enum graph_difference_kind kind)
{
	static const char *const words[] = { "unknown", "new", "gone", "relation changed",
					     "label changed" };

	return words[kind];
}
