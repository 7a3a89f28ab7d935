/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a D3FEND release: refused with a reason, or an ontology whose
 * graphs hold together and are the same when it is read again.
 */
#include "fuzz/must.h"
#include "graph/graph.h"
#include "graph/ontology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The library forgets an IRI or two of a malformed file; our process that parses one ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libraptor2\n";
}

#define ARENA_BYTES ((size_t)256 << 20)

static void check_edges(const struct graph *g)
{
	for (size_t i = 0; i < g->n_edges; i++) {
		const struct graph_edge *e = &g->edges[i];

		MUST(e->from < g->n_nodes && e->to < g->n_nodes && e->property);
		MUST(e->kind == GRAPH_ASSERTED || e->kind == GRAPH_INFERRED);
		MUST((e->kind == GRAPH_ASSERTED) == (e->asserted_on != NULL));
		if (g->nodes[e->from].kind == GRAPH_COUNTERMEASURE && e->kind == GRAPH_INFERRED)
			MUST(strncmp(e->property, "may-", 4) == 0 &&
			     g->nodes[e->to].kind == GRAPH_TECHNIQUE);
	}
}

static void check_uri(const char *uri)
{
	for (size_t i = 0; i < strlen(uri); i++) {
		uint8_t c = span_at(SPAN_TEXT(uri), i);

		MUST(c > 0x20 && c < 0x7f && c != '<' && c != '>' && c != '"');
	}
}

static void check_node(const struct graph_node *n)
{
	MUST(n->kind != GRAPH_NODE_NONE && n->id && n->class.name && n->class.label && n->page);
	MUST(n->n_chain >= 1 && n->n_chain <= GRAPH_MAX_CHAIN);
	MUST(strcmp(n->chain[0].class.name, n->class.name) == 0);
	MUST(n->n_tactics <= GRAPH_MAX_TACTICS);
	check_uri(n->class.uri);
	for (size_t i = 1; i < n->n_tactics; i++)
		MUST(strcmp(n->tactics[i - 1], n->tactics[i]) < 0);
	for (size_t i = 0; i < n->n_properties; i++)
		MUST(n->properties[i].origin != GRAPH_ORIGIN_NONE &&
		     (n->properties[i].origin != GRAPH_OWN ||
		      strcmp(n->properties[i].subject.name, n->class.name) == 0));
	MUST(n->state.health == ROOM_UNKNOWN);
}

static void check_graph(const struct graph *g)
{
	MUST(g->n_nodes >= 1 && g->n_nodes <= GRAPH_MAX_NODES && g->n_edges <= GRAPH_MAX_EDGES);
	check_edges(g);
	for (size_t i = 0; i < g->n_nodes; i++)
		check_node(&g->nodes[i]);
}

static void check_same(const struct graph *a, const struct graph *b)
{
	MUST(a->n_nodes == b->n_nodes && a->n_edges == b->n_edges);
	for (size_t i = 0; i < a->n_nodes; i++)
		MUST(strcmp(a->nodes[i].class.uri, b->nodes[i].class.uri) == 0 &&
		     a->nodes[i].n_chain == b->nodes[i].n_chain &&
		     a->nodes[i].n_properties == b->nodes[i].n_properties);
	for (size_t i = 0; i < a->n_edges; i++)
		MUST(a->edges[i].from == b->edges[i].from && a->edges[i].to == b->edges[i].to &&
		     strcmp(a->edges[i].property, b->edges[i].property) == 0);
}

static struct ontology *ontology_of(struct arena *a, struct span bytes)
{
	const char *problem = NULL;
	struct ontology *o;
	enum status status = ontology_read(a, "f", bytes, &o, &problem);

	MUST((status == STATUS_OK) == (o != NULL) &&
	     (status == STATUS_OK) == (problem == NULL));
	return o;
}

static void check_lists(struct arena *a, const struct ontology *o)
{
	const struct graph_difference *differences;
	const struct graph_gap *gaps;
	size_t n;

	if (graph_gaps(a, o, &gaps, &n) == STATUS_OK)
		for (size_t i = 0; i < n; i++)
			MUST(gaps[i].kind != GRAPH_GAP_NONE && gaps[i].id && gaps[i].property &&
			     gaps[i].class.name && gaps[i].object.name && gaps[i].via.name);
	if (graph_differences(a, o, &differences, &n) == STATUS_OK)
		for (size_t i = 0; i < n; i++)
			MUST(differences[i].id &&
			     (differences[i].ours || differences[i].theirs));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
	static const char *const ids[] = { "T1036.001", "File", "D3-W", "D3-FA" };
	struct ontology *o = ontology_of(&a, (struct span){ data, size }), *again;

	if (!o)
		return 0;
	again = ontology_of(&a, (struct span){ data, size });
	MUST(again);
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		struct graph g, h;
		const char *problem = NULL;
		enum status status = graph_of(&a, o, ids[i], &g, &problem);

		MUST(graph_of(&a, again, ids[i], &h, &problem) == status);
		MUST(status == STATUS_OK || status == STATUS_NO_MEMORY || problem);
		if (status != STATUS_OK)
			continue;
		check_graph(&g);
		check_same(&g, &h);
	}
	check_lists(&a, o);
	return 0;
}
