/* SPDX-License-Identifier: MIT */
/* A graph, gaps and differences for a terminal; nothing in them that one would obey. */
#include "evidence/names.h"
#include "graph/parts.h"

#define LEAST_WIDTH 40
#define WIDE        105 /* from here on a row stands on one line */
#define ID_COLUMN   9
#define NAME_COLUMN 29
#define VERB_COLUMN 11
#define MAY_COLUMN  11

static void add_line_end(struct buffer *out)
{
	struct span all = buffer_span(out);
	size_t len = out->len;

	while (len > 0 && span_at(all, len - 1) == ' ')
		len--;
	buffer_cut(out, len);
	buffer_char(out, '\n');
}

static void add_verbs(struct buffer *out, const struct graph *g, size_t node,
		      enum graph_edge_kind kind, size_t width)
{
	CLEANUP(buffer_free) struct buffer verbs = BUFFER_INIT;

	verbs_add(&verbs, g, node, kind);
	buffer_char(&verbs, '\0');
	if (buffer_status(&verbs) != STATUS_OK)
		out->failed = true;
	column_add(out, buffer_string(&verbs, 0), width);
}

/* What else the state says, below it. */
static void add_notes(struct buffer *out, const struct graph_node *n, unsigned width)
{
	const struct room_state *s = &n->state;

	state_lines(out, s, ID_COLUMN + 3, width);
	for (size_t i = 0; i < s->n_counts; i++) {
		buffer_printf(out, "%*s", ID_COLUMN + 3, "");
		plain_add(out, s->counts[i].what);
		buffer_printf(out, ": %llu\n", (unsigned long long)s->counts[i].n);
	}
}

static void add_command(struct buffer *out, const struct graph_node *n)
{
	if (!n->command)
		return;
	buffer_text(out, n->state.health == ROOM_NOT_BUILT ? "planned: " : "assay ");
	plain_add(out, n->command);
}

/* Both columns; what has no inferred verb may fill them. */
static void add_both_verbs(struct buffer *out, const struct graph *g, size_t node)
{
	if (!edge_from(g, node, GRAPH_INFERRED)) {
		add_verbs(out, g, node, GRAPH_ASSERTED, VERB_COLUMN + 1 + MAY_COLUMN);
		return;
	}
	add_verbs(out, g, node, GRAPH_ASSERTED, VERB_COLUMN);
	add_verbs(out, g, node, GRAPH_INFERRED, MAY_COLUMN);
}

static void add_row(struct buffer *out, const struct graph *g, size_t node, unsigned width)
{
	const struct graph_node *n = &g->nodes[node];

	buffer_text(out, "  ");
	column_add(out, n->id, ID_COLUMN);
	if (width >= WIDE) {
		column_add(out, n->class.label, NAME_COLUMN);
		add_both_verbs(out, g, node);
		column_add(out, room_health_word(n->state.health), 9);
		add_command(out, n);
	} else {
		column_add(out, n->class.label, width - ID_COLUMN - 4);
		add_line_end(out);
		buffer_printf(out, "%*s", ID_COLUMN + 3, "");
		add_both_verbs(out, g, node);
		buffer_text(out, room_health_word(n->state.health));
	}
	add_line_end(out);
	if (n->state.health != ROOM_NOT_BUILT)
		add_notes(out, n, width);
}

/* The techniques and artifacts, and what the former do to the latter. */
static void add_others(struct buffer *out, const struct graph *g)
{
	for (size_t i = 0; i < g->n_nodes; i++) {
		const struct graph_node *n = &g->nodes[i];

		if (n->kind == GRAPH_COUNTERMEASURE)
			continue;
		buffer_printf(out, "%s  ",
			      n->kind == GRAPH_ARTIFACT ? "artifact " : "technique");
		plain_add(out, n->id);
		buffer_text(out, "  ");
		plain_add(out, n->class.label);
		buffer_char(out, '\n');
		for (size_t k = 0; k < g->n_edges; k++) {
			if (g->edges[k].from != i)
				continue;
			buffer_printf(out, "%*s", ID_COLUMN + 2, "");
			plain_add(out, g->edges[k].property);
			buffer_char(out, ' ');
			plain_add(out, g->nodes[g->edges[k].to].class.label);
			buffer_printf(out, " (%s)\n", graph_edge_word(g->edges[k].kind));
		}
	}
}

static const char *legend_of(const struct graph *g)
{
	for (size_t i = 0; i < g->n_nodes; i++)
		if (g->nodes[i].kind == GRAPH_COUNTERMEASURE && edge_from(g, i, GRAPH_INFERRED))
			return "The first verb is asserted by the ontology, the second follows "
			       "from it; the word is the state on this host.";
	return "The verbs are asserted by the ontology; the word is the state on this host.";
}

void graph_text(struct buffer *out, const struct graph *g, unsigned width)
{
	if (width < LEAST_WIDTH)
		width = LEAST_WIDTH;
	add_others(out, g);
	for (unsigned rank = 0; rank < TACTIC_COUNT; rank++) {
		if (tactic_members(g, rank) == 0)
			continue;
		buffer_printf(out, "\n%s\n", tactic_name(rank));
		for (size_t i = 0; i < g->n_nodes; i++)
			if (tactic_rank(&g->nodes[i]) == rank)
				add_row(out, g, i, width);
	}
	buffer_char(out, '\n');
	text_wrap(out, legend_of(g), 0, width);
	buffer_text(out, "Relations: ");
	source_add(out, &g->source);
	buffer_char(out, '\n');
}

/* ---- gaps ---- */

static const struct {
	enum graph_gap_kind kind;
	const char *title;
} gap_titles[] = {
	{GRAPH_GAP_OWN,        "By the rule, but not on D3FEND's page"},
	{ GRAPH_GAP_INHERITED, "By inheritance only"                  },
	{ GRAPH_GAP_RELATED,   "Related: act on other artifacts"      },
};

/* Text that is inert already, wrapped behind an id. */
static void add_wrapped(struct buffer *out, struct buffer *line, unsigned width)
{
	buffer_char(line, '\0');
	if (buffer_status(line) != STATUS_OK)
		out->failed = true;
	text_wrap(out, buffer_string(line, 0), ID_COLUMN + 3, width);
}

static void add_gap(struct buffer *out, const struct graph_gap *gap, unsigned width)
{
	CLEANUP(buffer_free) struct buffer line = BUFFER_INIT, what = BUFFER_INIT;
	size_t from = out->len;

	plain_add(&what, gap->class.label);
	buffer_text(&what, ": ");
	plain_add(&what, gap->property);
	buffer_char(&what, ' ');
	plain_add(&what, gap->object.label);
	if (gap->kind == GRAPH_GAP_INHERITED && gap->via.label) {
		buffer_text(&what, " (");
		plain_add(&what, gap->via.label);
		buffer_char(&what, ')');
	}
	buffer_text(out, "  ");
	column_add(out, gap->id, ID_COLUMN);
	if (out->len - from + what.len <= width) {
		buffer_add(out, buffer_span(&what));
		buffer_char(out, '\n');
	} else {
		add_line_end(out);
		add_wrapped(out, &what, width);
	}
	plain_add(&line, gap->for_us ? gap->for_us : "new to this program: not covered");
	add_wrapped(out, &line, width);
}

void graph_gaps_text(struct buffer *out, const struct graph *g, const struct graph_gaps *gaps,
		     unsigned width)
{
	if (width < LEAST_WIDTH)
		width = LEAST_WIDTH;
	for (size_t k = 0; k < COUNT_OF(gap_titles); k++) {
		size_t n = 0;

		for (size_t i = 0; i < gaps->n; i++)
			n += gaps->gaps[i].kind == gap_titles[k].kind;
		buffer_printf(out, "%s%s (%zu)\n", k ? "\n" : "", gap_titles[k].title, n);
		for (size_t i = 0; i < gaps->n; i++)
			if (gaps->gaps[i].kind == gap_titles[k].kind)
				add_gap(out, &gaps->gaps[i], width);
	}
	buffer_text(out, "\nNot covered by a countermeasure of this program.\nRelations: ");
	source_add(out, &g->source);
	buffer_char(out, '\n');
}

/* ---- differences ---- */

void graph_differences_text(struct buffer *out, const struct graph_differences *d)
{
	buffer_printf(out, "This ontology differs from what this program knows in %zu %s\n",
		      d->n, d->n == 1 ? "point" : "points");
	for (size_t i = 0; i < d->n; i++) {
		const struct graph_difference *row = &d->rows[i];

		buffer_text(out, "  ");
		column_add(out, graph_difference_word(row->kind), 17);
		plain_add(out, row->id);
		buffer_text(out, ": ");
		plain_add(out, row->ours ? row->ours : "nothing");
		buffer_text(out, " -> ");
		plain_add(out, row->theirs ? row->theirs : "nothing");
		buffer_char(out, '\n');
	}
}
