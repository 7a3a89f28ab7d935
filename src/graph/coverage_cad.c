/* SPDX-License-Identifier: MIT */
/*
 * A graph that D3FEND's CAD tool loads, by the JSON schema that is published with
 * it ("D3FEND CAD Graph Schema", d3fend.mitre.org/cad/docs/schema): no member but
 * those of the schema, each that it requires.
 */
#include "graph/parts.h"

#define COLUMN 620
#define ROW    170
#define WIDTH  320 /* the tool measures again when it draws */
#define HEIGHT 120

static const char *type_of(enum graph_node_kind kind)
{
	switch (kind) {
	case GRAPH_NODE_NONE: return "note-node";
	case GRAPH_TECHNIQUE: return "attack-node";
	case GRAPH_ARTIFACT: return "artifact-node";
	case GRAPH_COUNTERMEASURE: return "countermeasure-node";
	}
	return "note-node";
}

static void text_of(struct json *j, const char *key, const char *before, const char *text)
{
	CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT;

	buffer_text(&whole, before);
	buffer_text(&whole, text);
	json_span(j, key, buffer_span(&whole));
	if (buffer_status(&whole) != STATUS_OK)
		j->out->failed = true;
}

/* A property that a person may have added in the tool: name and value. */
static void pair_add(struct json *j, const char *name, const char *value)
{
	if (!value)
		return;
	json_array(j, NULL);
	json_text(j, NULL, name);
	json_text(j, NULL, value);
	json_end(j);
}

static void data_add(struct json *j, const struct graph_node *n)
{
	json_object(j, "data");
	json_text(j, "label", n->class.label);
	json_text(j, "sequence", "0");
	text_of(j, "d3f_class", "d3f:", n->class.name);
	json_array(j, "user_properties");
	if (n->kind == GRAPH_COUNTERMEASURE) {
		pair_add(j, "d3f:d3fend-id", n->id);
		pair_add(j, "assay:state", room_health_word(n->state.health));
		pair_add(j, "assay:detail", n->state.detail);
		pair_add(j, "assay:needs", n->state.needs);
		pair_add(j, "assay:last-error", n->state.last_error);
		pair_add(j, "assay:command", n->command);
	}
	json_end(j);
	json_end(j);
}

static void node_add(struct json *j, const struct graph_node *n, size_t column, size_t row)
{
	json_object(j, NULL);
	json_text(j, "id", n->id);
	json_text(j, "type", type_of(n->kind));
	json_object(j, "position");
	json_u64(j, "x", column * COLUMN);
	json_u64(j, "y", row * ROW);
	json_end(j);
	data_add(j, n);
	json_array(j, "origin");
	json_u64(j, NULL, 0);
	json_u64(j, NULL, 0);
	json_end(j);
	json_object(j, "measured");
	json_u64(j, "width", WIDTH);
	json_u64(j, "height", HEIGHT);
	json_end(j);
	json_bool(j, "selected", false);
	json_bool(j, "dragging", false);
	json_end(j);
}

/* The id says what kind of edge it is, for which the schema has no member. */
static void edge_add(struct json *j, const struct graph *g, size_t i)
{
	const struct graph_edge *e = &g->edges[i];
	CLEANUP(buffer_free) struct buffer id = BUFFER_INIT;

	buffer_printf(&id, "%s-%zu", graph_edge_word(e->kind), i);
	if (buffer_status(&id) != STATUS_OK)
		j->out->failed = true;
	json_object(j, NULL);
	json_span(j, "id", buffer_span(&id));
	json_text(j, "type", "editableEdge");
	json_text(j, "source", g->nodes[e->from].id);
	json_text(j, "sourceHandle", "source");
	json_text(j, "target", g->nodes[e->to].id);
	json_text(j, "targetHandle", "target");
	json_object(j, "data");
	/* What the ontology does not declare is a label only. */
	if (verb_is_declared(e->property)) {
		text_of(j, "label", "d3f:", e->property);
		text_of(j, "d3f_property", "d3f:", e->property);
	} else {
		json_text(j, "label", e->property);
	}
	json_end(j);
	json_object(j, "markerEnd");
	json_text(j, "type", "arrowclosed");
	json_end(j);
	json_bool(j, "selected", false);
	json_end(j);
}

static void meta_add(struct json *j, const struct graph *g)
{
	CLEANUP(buffer_free) struct buffer date = BUFFER_INIT;

	/* Of the relations: equal graphs give equal bytes, whenever. */
	buffer_printf(&date, "%sT00:00:00.000Z",
		      g->source.published ? g->source.published : "1970-01-01");
	if (buffer_status(&date) != STATUS_OK)
		j->out->failed = true;
	json_object(j, "meta");
	json_text(j, "title", g->nodes[0].class.label);
	json_array(j, "authors");
	json_text(j, NULL, "assay");
	json_end(j);
	json_array(j, "orgs");
	json_end(j);
	json_text(j, "description", "Countermeasures and their state on this host");
	json_text(j, "article", "");
	json_text(j, "d3fend_version", g->source.version ? g->source.version : "");
	json_u64(j, "cad_schema_version", 1);
	json_span(j, "published_date", buffer_span(&date));
	json_array(j, "references");
	json_text(j, NULL, g->nodes[0].page);
	json_end(j);
	json_object(j, "settings");
	json_end(j);
	json_end(j);
}

void coverage_cad(struct buffer *out, const struct graph *g)
{
	size_t rows[GRAPH_COUNTERMEASURE + 1] = { 0 };
	static const size_t columns[] = {
		[GRAPH_NODE_NONE] = 0,
		[GRAPH_TECHNIQUE] = 2,
		[GRAPH_ARTIFACT] = 1,
		[GRAPH_COUNTERMEASURE] = 0,
	};
	struct json j = json_begin(out);

	json_object(&j, NULL);
	meta_add(&j, g);
	json_array(&j, "nodes");
	for (size_t i = 0; i < g->n_nodes; i++) {
		enum graph_node_kind kind = g->nodes[i].kind;

		node_add(&j, &g->nodes[i], columns[kind], rows[kind]++);
	}
	json_end(&j);
	json_array(&j, "edges");
	for (size_t i = 0; i < g->n_edges; i++)
		edge_add(&j, g, i);
	json_end(&j);
	json_end(&j);
	buffer_char(out, '\n');
}
