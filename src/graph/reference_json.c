/* SPDX-License-Identifier: MIT */
/* The same page as one object, schema assay.reference/1. */
#include "graph/parts.h"

static void add_chain(struct json *j, const struct graph_node *n)
{
	json_array(j, "subclass_of");
	for (size_t i = 0; i < n->n_chain; i++) {
		json_object(j, NULL);
		class_json(j, "class", &n->chain[i].class);
		json_array(j, "other_parents");
		for (size_t k = 0; k < n->chain[i].n_others; k++)
			class_json(j, NULL, &n->chain[i].others[k]);
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

static void add_properties(struct json *j, const struct graph_node *n)
{
	json_array(j, "properties");
	for (size_t i = 0; i < n->n_properties; i++) {
		json_object(j, NULL);
		json_text(j, "origin", graph_origin_word(n->properties[i].origin));
		json_text(j, "subject", n->properties[i].subject.name);
		json_text(j, "property", n->properties[i].property);
		json_text(j, "object", n->properties[i].object.name);
		json_end(j);
	}
	json_end(j);
}

static void add_relations(struct json *j, const struct graph *g, const char *id)
{
	for (size_t i = 0; i < g->n_edges; i++) {
		const struct graph_edge *e = &g->edges[i];
		const char *from = g->nodes[e->from].id, *to = g->nodes[e->to].id;

		if (strcmp(from, id) != 0 && strcmp(to, id) != 0)
			continue;
		json_object(j, NULL);
		json_text(j, "from", from);
		json_text(j, "property", e->property);
		json_text(j, "to", to);
		json_text(j, "asserted_on", e->asserted_on);
		json_text(j, "kind", graph_edge_word(e->kind));
		json_end(j);
	}
}

void reference_json(struct buffer *out, const struct reference *r)
{
	const struct graph *g = r->g;
	const struct graph_node *n = &g->nodes[0];
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.reference/1");
	json_text(&j, "kind", graph_node_word(n->kind));
	json_text(&j, "id", n->id);
	class_json(&j, "class", &n->class);
	json_text(&j, "definition", n->about);
	json_text(&j, "ontology_definition", n->definition);
	json_array(&j, "aliases");
	for (size_t i = 0; i < n->n_aliases; i++)
		json_text(&j, NULL, n->aliases[i]);
	json_end(&j);
	json_text(&j, "uri", n->class.uri);
	json_text(&j, "page", n->page);
	add_chain(&j, n);
	add_properties(&j, n);
	json_array(&j, "relations");
	add_relations(&j, r->around, n->id);
	json_end(&j);
	json_array(&j, "tactics");
	for (size_t i = 0; i < n->n_tactics; i++)
		json_text(&j, NULL, n->tactics[i]);
	json_end(&j);
	json_text(&j, "command", n->command);
	if (n->kind == GRAPH_COUNTERMEASURE) {
		json_object(&j, "host");
		state_json(&j, &n->state);
		json_end(&j);
	}
	source_json(&j, &g->source);
	json_end(&j);
	buffer_char(out, '\n');
}
