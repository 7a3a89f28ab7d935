/* SPDX-License-Identifier: MIT */
/*
 * The technique's page: what it is, the picture, the same as a table, where all
 * of it comes from.  One document without script; nothing in it is fetched.
 */
#include "graph/parts.h"
#include "graph/sheet.h"

static void cell_add(struct buffer *out, const char *text)
{
	buffer_text(out, "<td>");
	markup_text(out, SPAN_TEXT(text));
	buffer_text(out, "</td>");
}

static void verbs_cell(struct buffer *out, const struct graph *g, size_t node,
		       enum graph_edge_kind kind)
{
	size_t from;

	buffer_text(out, "<td>");
	from = out->len;
	verbs_add(out, g, node, kind);
	markup_escape(out, from);
	buffer_text(out, "</td>");
}

static void row_add(struct buffer *out, const struct graph *g, size_t node)
{
	const struct graph_node *n = &g->nodes[node];
	size_t from;

	buffer_text(out, "<tr><th scope=\"row\"><a href=\"");
	markup_text(out, SPAN_TEXT(n->page));
	buffer_text(out, "\">");
	markup_text(out, SPAN_TEXT(n->id));
	buffer_text(out, "</a></th>");
	cell_add(out, n->class.label);
	cell_add(out, tactic_name(tactic_rank(n)));
	verbs_cell(out, g, node, GRAPH_ASSERTED);
	verbs_cell(out, g, node, GRAPH_INFERRED);
	buffer_printf(out, "<td>%s",
		      n->command && n->state.health == ROOM_NOT_BUILT ? "planned: " : "");
	markup_text(out, SPAN_TEXT(n->command ? n->command : ""));
	buffer_text(out, "</td>");
	buffer_printf(out, "<td>%s", room_health_word(n->state.health));
	buffer_text(out, n->state.health == ROOM_NOT_BUILT ? "" : ": ");
	from = out->len;
	state_note(out, &n->state);
	markup_escape(out, from);
	buffer_text(out, "</td></tr>\n");
}

static void table_add(struct buffer *out, const struct graph *g)
{
	buffer_text(out,
		    "<h2>As a table</h2>\n<table>\n<caption>Countermeasures; asserted verbs "
		    "speak of the artifact, inferred ones of the technique.</caption>\n"
		    "<thead><tr><th scope=\"col\">Id</th><th scope=\"col\">Countermeasure</th>"
		    "<th scope=\"col\">Tactic</th><th scope=\"col\">Asserted</th>"
		    "<th scope=\"col\">Inferred</th><th scope=\"col\">Command</th>"
		    "<th scope=\"col\">On this host</th></tr></thead>\n<tbody>\n");
	for (unsigned rank = 0; rank < TACTIC_COUNT; rank++)
		for (size_t i = 0; i < g->n_nodes; i++)
			if (tactic_rank(&g->nodes[i]) == rank)
				row_add(out, g, i);
	buffer_text(out, "</tbody></table>\n");
}

static void attack_add(struct buffer *out, const struct attack_facts *a)
{
	buffer_printf(out,
		      "<h2>Detection and mitigation in ATT&amp;CK</h2>\n<dl>\n"
		      "<dt>%s</dt><dd>%s</dd>\n",
		      a->strategy, a->strategy_name);
	for (size_t i = 0; i < a->n_analytics; i++)
		buffer_printf(out, "<dt>%s</dt><dd>%s: %s</dd>\n", a->analytics[i].id,
			      a->analytics[i].platform, a->analytics[i].given);
	buffer_printf(out, "<dt>%s</dt><dd>%s</dd>\n</dl>\n", a->mitigation,
		      a->mitigation_name);
}

static void sources_add(struct buffer *out, const struct graph *g)
{
	size_t from;

	buffer_text(out, "<h2>Sources</h2>\n<p>Relations: ");
	from = out->len;
	source_add(out, &g->source);
	if (g->source.sha256) {
		buffer_text(out, ", SHA-256 ");
		plain_add(out, g->source.sha256);
	}
	markup_escape(out, from);
	if (g->attack)
		buffer_printf(out, ". ATT&amp;CK %s", g->attack->version);
	buffer_text(out, ". D3FEND and ATT&amp;CK are marks of The MITRE Corporation, which "
			 "neither made nor endorses this page.</p>\n");
}

void graph_html(struct buffer *out, const struct graph *g)
{
	CLEANUP(buffer_free) struct buffer title = BUFFER_INIT;
	const struct graph_node *n = &g->nodes[0];

	buffer_printf(&title, "%s - %s", n->class.label, n->id);
	buffer_char(&title, '\0');
	if (buffer_status(&title) != STATUS_OK)
		out->failed = true;
	sheet_html_begin(out, buffer_string(&title, 0));
	buffer_printf(out, "<p>(%s)</p>\n<p>",
		      n->kind == GRAPH_TECHNIQUE ? "ATT&amp;CK Technique"
						 : graph_node_word(n->kind));
	if (n->about)
		markup_text(out, SPAN_TEXT(n->about));
	buffer_text(out, "</p>\n<h2>D3FEND Inferred Relationships</h2>\n");
	graph_svg(out, g);
	table_add(out, g);
	if (g->attack)
		attack_add(out, g->attack);
	sources_add(out, g);
	sheet_html_end(out);
}
