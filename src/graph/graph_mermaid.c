/* SPDX-License-Identifier: MIT */
/*
 * Mermaid, "graph LR": text that others draw.  A label stands in quotes; what has
 * a meaning there becomes an entity (Mermaid: "Entity codes to escape characters").
 */
#include "base/escape.h"
#include "base/utf8.h"
#include "graph/mermaid.h"
#include "graph/parts.h"

/* Letters and digits stay; all else is as #NN;, so that no label can be syntax. */
void mermaid_label(struct buffer *out, const char *text)
{
	CLEANUP(buffer_free) struct buffer plain = BUFFER_INIT;
	struct utf8_char c;
	struct span all;

	plain_add(&plain, text);
	if (buffer_status(&plain) != STATUS_OK)
		out->failed = true;
	all = buffer_span(&plain);
	for (uint64_t at = 0; at < all.len; at += c.len) {
		c = utf8_at(all, at);
		if (c.code >= 0x80 || (c.code < 0x80 && strchr(" .,-_()/", (int)c.code)) ||
		    (c.code >= '0' && c.code <= '9') || (c.code >= 'A' && c.code <= 'Z') ||
		    (c.code >= 'a' && c.code <= 'z'))
			buffer_add(out, span_clip(all, at, c.len));
		else
			buffer_printf(out, "#%u;", c.code);
	}
}

/*
 * A class whose name is letters and digits gives its id, and "T1036.001" gives
 * T1036001; words of Mermaid begin with a small letter, as the numbers of all
 * others do.
 */
static bool name_serves(struct span name)
{
	bool dotted = name.len > 6 && span_at(name, 0) == 'T' && span_at(name, 5) == '.';

	for (uint64_t i = 0; i < name.len; i++) {
		uint8_t c = span_at(name, i);
		bool digit = c >= '0' && c <= '9', large = c >= 'A' && c <= 'Z';

		if (dotted && i > 0 && i != 5 && !digit)
			return false;
		if (!dotted && !large && (i == 0 || (!digit && !(c >= 'a' && c <= 'z'))))
			return false;
	}
	return name.len > 1 &&
	       (dotted || !(span_at(name, 1) >= '0' && span_at(name, 1) <= '9'));
}

static void node_add(struct buffer *out, const struct graph *g, size_t node)
{
	struct span name = SPAN_TEXT(g->nodes[node].class.name);

	if (!name_serves(name)) {
		buffer_printf(out, "n%zu", node);
		return;
	}
	for (uint64_t i = 0; i < name.len; i++)
		if (span_at(name, i) != '.')
			buffer_char(out, (char)span_at(name, i));
}

static const struct {
	const char *open, *close;
} brackets[] = {
	[GRAPH_NODE_NONE] = {"[\"",   "\"]" },
	[GRAPH_TECHNIQUE] = { "{{\"", "\"}}"},
	[GRAPH_ARTIFACT] = { "[\"",  "\"]" },
	[GRAPH_COUNTERMEASURE] = { "(\"",  "\")" },
};

/* The class of a node: letters only. */
static const char *style_of(const struct graph_node *n)
{
	if (n->kind != GRAPH_COUNTERMEASURE)
		return graph_node_word(n->kind);
	return n->state.health == ROOM_NOT_BUILT ? "missing"
						 : room_health_word(n->state.health);
}

static void declare(struct buffer *out, const struct graph *g, size_t node)
{
	const struct graph_node *n = &g->nodes[node];

	buffer_text(out, "  ");
	node_add(out, g, node);
	buffer_text(out, brackets[n->kind].open);
	mermaid_label(out, n->class.label);
	buffer_text(out, "<br/>");
	mermaid_label(out, n->id);
	if (n->kind == GRAPH_COUNTERMEASURE)
		buffer_printf(out, "<br/>%s", room_health_word(n->state.health));
	buffer_printf(out, "%s:::%s\n  click ", brackets[n->kind].close, style_of(n));
	node_add(out, g, node);
	buffer_text(out, " href \"");
	markup_text(out, SPAN_TEXT(n->page));
	buffer_text(out, "\"\n");
}

void graph_mermaid(struct buffer *out, const struct graph *g)
{
	buffer_text(out, "graph LR\n");
	for (size_t i = 0; i < g->n_nodes; i++)
		declare(out, g, i);
	for (size_t i = 0; i < g->n_edges; i++) {
		const struct graph_edge *e = &g->edges[i];

		buffer_text(out, "  ");
		node_add(out, g, e->from);
		buffer_text(out, e->kind == GRAPH_ASSERTED ? " -->|\"" : " -.->|\"");
		mermaid_label(out, e->property);
		buffer_text(out, "\"| ");
		node_add(out, g, e->to);
		buffer_char(out, '\n');
	}
	buffer_text(out, "  classDef technique stroke-width:3px\n"
			 "  classDef artifact stroke-width:2px\n"
			 "  classDef active stroke-width:3px\n"
			 "  classDef degraded stroke-width:3px,stroke-dasharray:14 4\n"
			 "  classDef failed stroke-width:5px\n"
			 "  classDef off stroke-width:1px\n"
			 "  classDef missing stroke-dasharray:6 4\n"
			 "  classDef unknown stroke-dasharray:2 3\n");
}
