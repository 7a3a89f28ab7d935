/* SPDX-License-Identifier: MIT */
/* DOT, for Graphviz: text in double quotes, in which only \ and " have a meaning. */
#include "graph/parts.h"

static void quoted_add(struct buffer *out, const char *text)
{
	CLEANUP(buffer_free) struct buffer plain = BUFFER_INIT;
	struct span all;

	plain_add(&plain, text);
	if (buffer_status(&plain) != STATUS_OK)
		out->failed = true;
	all = buffer_span(&plain);
	for (uint64_t i = 0; i < all.len; i++) {
		if (span_at(all, i) == '"' || span_at(all, i) == '\\')
			buffer_char(out, '\\');
		buffer_char(out, (char)span_at(all, i));
	}
}

static const char *shape_of(enum graph_node_kind kind)
{
	switch (kind) {
	case GRAPH_NODE_NONE: return "plain";
	case GRAPH_TECHNIQUE: return "octagon";
	case GRAPH_ARTIFACT: return "note";
	case GRAPH_COUNTERMEASURE: return "box";
	}
	return "plain";
}

static const char *style_of(enum room_health health)
{
	switch (health) {
	case ROOM_UNKNOWN: return "dotted";
	case ROOM_NOT_BUILT: return "dashed";
	case ROOM_OFF: return "solid";
	case ROOM_ACTIVE: return "bold";
	case ROOM_DEGRADED: return "dashed,bold";
	case ROOM_FAILED: return "bold,diagonals";
	}
	return "dotted";
}

static void add_node(struct buffer *out, const struct graph_node *n)
{
	buffer_text(out, "  \"");
	quoted_add(out, n->id);
	buffer_printf(out, "\" [shape=%s, label=\"", shape_of(n->kind));
	quoted_add(out, n->class.label);
	buffer_text(out, "\\n");
	quoted_add(out, n->id);
	if (n->kind == GRAPH_COUNTERMEASURE)
		buffer_printf(out, "\\n%s\", style=\"%s", room_health_word(n->state.health),
			      style_of(n->state.health));
	buffer_text(out, "\", URL=\"");
	quoted_add(out, n->page);
	buffer_text(out, "\"];\n");
}

void graph_dot(struct buffer *out, const struct graph *g)
{
	buffer_text(out, "digraph \"");
	quoted_add(out, g->nodes[0].id);
	buffer_text(out, "\" {\n  rankdir=LR;\n");
	for (size_t i = 0; i < g->n_nodes; i++)
		add_node(out, &g->nodes[i]);
	for (size_t i = 0; i < g->n_edges; i++) {
		const struct graph_edge *e = &g->edges[i];

		buffer_text(out, "  \"");
		quoted_add(out, g->nodes[e->from].id);
		buffer_text(out, "\" -> \"");
		quoted_add(out, g->nodes[e->to].id);
		buffer_text(out, "\" [label=\"");
		quoted_add(out, e->property);
		buffer_printf(out, "\", style=%s];\n",
			      e->kind == GRAPH_ASSERTED ? "solid" : "dotted");
	}
	buffer_text(out, "}\n");
}
