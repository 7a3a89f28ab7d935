/* SPDX-License-Identifier: MIT */
/* JSON: one object, schema assay.graph/1; names are as the ontology has them. */
#include "graph/parts.h"

static void add_nodes(struct json *j, const struct graph *g)
{
	json_array(j, "nodes");
	for (size_t i = 0; i < g->n_nodes; i++) {
		const struct graph_node *n = &g->nodes[i];

		json_object(j, NULL);
		json_text(j, "kind", graph_node_word(n->kind));
		json_text(j, "id", n->id);
		json_text(j, "class", n->class.name);
		json_text(j, "label", n->class.label);
		json_text(j, "uri", n->class.uri);
		json_text(j, "page", n->page);
		json_array(j, "tactics");
		for (size_t k = 0; k < n->n_tactics; k++)
			json_text(j, NULL, n->tactics[k]);
		json_end(j);
		json_text(j, "command", n->command);
		json_end(j);
	}
	json_end(j);
}

static void add_edges(struct json *j, const struct graph *g)
{
	json_array(j, "edges");
	for (size_t i = 0; i < g->n_edges; i++) {
		const struct graph_edge *e = &g->edges[i];

		json_object(j, NULL);
		json_text(j, "from", g->nodes[e->from].id);
		json_text(j, "property", e->property);
		json_text(j, "to", g->nodes[e->to].id);
		json_text(j, "asserted_on", e->asserted_on);
		json_text(j, "kind", graph_edge_word(e->kind));
		json_end(j);
	}
	json_end(j);
}

/* The first of its kind; null: none. */
static void add_first(struct json *j, const char *key, const struct graph *g,
		      enum graph_node_kind kind)
{
	for (size_t i = 0; i < g->n_nodes; i++)
		if (g->nodes[i].kind == kind) {
			json_text(j, key, g->nodes[i].id);
			return;
		}
	json_null(j, key);
}

void graph_json(struct buffer *out, const struct graph *g)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.graph/1");
	json_text(&j, "asked", g->nodes[0].id);
	add_first(&j, "technique", g, GRAPH_TECHNIQUE);
	add_first(&j, "artifact", g, GRAPH_ARTIFACT);
	add_nodes(&j, g);
	add_edges(&j, g);
	json_array(&j, "states");
	for (size_t i = 0; i < g->n_nodes; i++) {
		if (g->nodes[i].kind != GRAPH_COUNTERMEASURE)
			continue;
		json_object(&j, NULL);
		json_text(&j, "id", g->nodes[i].id);
		state_json(&j, &g->nodes[i].state);
		json_end(&j);
	}
	json_end(&j);
	source_json(&j, &g->source);
	json_end(&j);
	buffer_char(out, '\n');
}

void graph_gaps_json(struct buffer *out, const struct graph *g, const struct graph_gaps *gaps)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.gaps/1");
	json_text(&j, "technique", GRAPH_TECHNIQUE_ID);
	json_array(&j, "gaps");
	for (size_t i = 0; i < gaps->n; i++) {
		const struct graph_gap *gap = &gaps->gaps[i];

		json_object(&j, NULL);
		json_text(&j, "kind", graph_gap_word(gap->kind));
		json_text(&j, "id", gap->id);
		json_text(&j, "class", gap->class.name);
		json_text(&j, "label", gap->class.label);
		json_text(&j, "property", gap->property);
		json_text(&j, "object", gap->object.name);
		json_text(&j, "via", gap->via.name);
		json_text(&j, "for_us", gap->for_us);
		json_end(&j);
	}
	json_end(&j);
	source_json(&j, &g->source);
	json_end(&j);
	buffer_char(out, '\n');
}

void graph_differences_json(struct buffer *out, const struct graph *g,
			    const struct graph_differences *d)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.differences/1");
	json_text(&j, "technique", GRAPH_TECHNIQUE_ID);
	json_array(&j, "differences");
	for (size_t i = 0; i < d->n; i++) {
		json_object(&j, NULL);
		json_text(&j, "kind", graph_difference_word(d->rows[i].kind));
		json_text(&j, "id", d->rows[i].id);
		json_text(&j, "ours", d->rows[i].ours);
		json_text(&j, "theirs", d->rows[i].theirs);
		json_end(&j);
	}
	json_end(&j);
	source_json(&j, &g->source);
	json_end(&j);
	buffer_char(out, '\n');
}
