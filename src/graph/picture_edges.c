/* SPDX-License-Identifier: MIT */
/* The lines of the picture: solid what is asserted, dotted what is inferred. */
#include "graph/picture.h"

#define CORNER   10
#define ENTRY    14 /* the least distance of a dotted line from the corner of a card */
#define BUS_NEAR 16 /* where lines to one of several techniques meet, before it */
#define BUS_STEP 6
#define BUS_MAX  14
#define BOW      60 /* how far solid lines bend */

static bool is_upper(const struct picture *p, size_t row)
{
	return p->place[row] < p->n_upper;
}

/* On which height a line leaves its row: the dotted one away from the middle. */
static unsigned lane_of(const struct picture *p, const struct graph_edge *e)
{
	bool above = is_upper(p, e->from) == (e->kind == GRAPH_INFERRED);

	return above ? p->y[e->from] - LANE : p->y[e->from] + LANE;
}

static void line_begin(struct buffer *out, const struct graph_edge *e)
{
	buffer_printf(out, "<path class=\"edge %s\" marker-end=\"url(#tip)\" d=\"",
		      e->kind == GRAPH_ASSERTED ? "solid" : "dotted");
}

/* What the line says, for those who do not see it. */
static void line_end(struct buffer *out, const struct picture *p, const struct graph_edge *e)
{
	const struct graph_class *from = &p->g->nodes[e->from].class;
	const struct graph_class *to = &p->g->nodes[e->to].class;

	buffer_text(out, "\"><title>");
	markup_text(out, SPAN_TEXT(from->label));
	buffer_char(out, ' ');
	markup_text(out, SPAN_TEXT(e->property));
	buffer_char(out, ' ');
	markup_text(out, SPAN_TEXT(to->label));
	buffer_printf(out, " (%s)</title></path>\n", graph_edge_word(e->kind));
}

/* From a row along its lane, then in a bow to the left side of an artifact. */
static void draw_solid(struct buffer *out, const struct picture *p, const struct graph_edge *e)
{
	unsigned y = lane_of(p, e), to = p->y[e->to];

	line_begin(out, e);
	buffer_printf(out, "M%d %uH%dC%d %u %d %u %d %u", ROW_X + ROW_WIDTH, y, BEND_X,
		      BEND_X + BOW, y, ARTIFACT_X - BOW, to, ARTIFACT_X - TIP, to);
	line_end(out, p, e);
}

/*
 * Where the dotted line of a row enters the only technique, from above or below:
 * the outer rows farther to the right, so that no two lines cross.
 */
static unsigned entry_of(const struct picture *p, size_t row)
{
	size_t lower = p->n_cards[GRAPH_COUNTERMEASURE] - p->n_upper;
	size_t n = is_upper(p, row) ? p->n_upper : lower;
	size_t nearer =
		is_upper(p, row) ? p->n_upper - 1 - p->place[row] : p->place[row] - p->n_upper;
	unsigned room = TECHNIQUE_WIDTH - 2 * ENTRY - 2 * CORNER;

	return TECHNIQUE_X + ENTRY + CORNER +
	       (n > 1 ? room * (unsigned)nearer / (unsigned)(n - 1) : room / 2);
}

static void draw_around(struct buffer *out, const struct picture *p, const struct graph_edge *e)
{
	bool upper = is_upper(p, e->from);
	unsigned y = lane_of(p, e), x = entry_of(p, e->from), card = p->y[e->to];
	unsigned turn = upper ? y + CORNER : y - CORNER;
	unsigned end = upper ? card - CARD_HEIGHT / 2 - TIP : card + CARD_HEIGHT / 2 + TIP;

	line_begin(out, e);
	buffer_printf(out, "M%d %uH%uQ%u %u %u %uV%u", ROW_X + ROW_WIDTH, y, x - CORNER, x, y,
		      x, turn, end);
	line_end(out, p, e);
}

/* To one of several techniques: along the lane to where all lines to it meet. */
static void draw_bus(struct buffer *out, const struct picture *p, const struct graph_edge *e)
{
	unsigned step = p->place[e->to] < BUS_MAX ? p->place[e->to] : BUS_MAX;
	unsigned x = TECHNIQUE_X - BUS_NEAR - step * BUS_STEP;

	line_begin(out, e);
	buffer_printf(out, "M%d %uH%uV%uH%d", ROW_X + ROW_WIDTH, lane_of(p, e), x, p->y[e->to],
		      TECHNIQUE_X - TIP);
	line_end(out, p, e);
}

/* What a technique does to an artifact: from right to left. */
static void draw_back(struct buffer *out, const struct picture *p, const struct graph_edge *e)
{
	unsigned from = p->y[e->from], to = p->y[e->to];
	unsigned x = ARTIFACT_X + ARTIFACT_WIDTH + TIP;

	line_begin(out, e);
	if (from == to)
		buffer_printf(out, "M%d %uH%u", TECHNIQUE_X, from, x);
	else
		buffer_printf(out, "M%d %uC%d %u %u %u %u %u", TECHNIQUE_X, from,
			      TECHNIQUE_X - BOW, from, x + BOW, to, x, to);
	line_end(out, p, e);
}

static void draw(struct buffer *out, const struct picture *p, const struct graph_edge *e)
{
	enum graph_node_kind from = p->g->nodes[e->from].kind, to = p->g->nodes[e->to].kind;

	if (from == GRAPH_TECHNIQUE && to == GRAPH_ARTIFACT)
		draw_back(out, p, e);
	else if (from == GRAPH_COUNTERMEASURE && to == GRAPH_ARTIFACT)
		draw_solid(out, p, e);
	else if (from == GRAPH_COUNTERMEASURE && to == GRAPH_TECHNIQUE &&
		 p->n_cards[GRAPH_TECHNIQUE] == 1)
		draw_around(out, p, e);
	else if (from == GRAPH_COUNTERMEASURE && to == GRAPH_TECHNIQUE)
		draw_bus(out, p, e);
}

/* The verbs of a row, above its lanes. */
static void row_verbs(struct buffer *out, const struct picture *p, size_t row)
{
	static const enum graph_edge_kind kinds[] = { GRAPH_ASSERTED, GRAPH_INFERRED };

	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		CLEANUP(buffer_free) struct buffer verbs = BUFFER_INIT;
		const struct graph_edge *e = edge_from(p->g, row, kinds[k]);

		if (!e)
			continue;
		verbs_add(&verbs, p->g, row, kinds[k]);
		if (buffer_status(&verbs) != STATUS_OK)
			out->failed = true;
		picture_words(
			out,
			(struct words){
				.x = VERB_X,
				.y = lane_of(p, e) - 4,
				.width = BEND_X - VERB_X,
				.style = kinds[k] == GRAPH_ASSERTED ? "verb" : "verb inferred",
				.how = {12, false}
                },
			buffer_span(&verbs));
	}
}

/* The verb of a technique: beside where its line begins. */
static void card_verbs(struct buffer *out, const struct picture *p, size_t card)
{
	CLEANUP(buffer_free) struct buffer verbs = BUFFER_INIT;

	verbs_add(&verbs, p->g, card, GRAPH_ASSERTED);
	if (verbs.len == 0)
		return;
	if (buffer_status(&verbs) != STATUS_OK)
		out->failed = true;
	picture_words(out,
		      (struct words){
			      .x = TECHNIQUE_X - 10,
			      .y = p->y[card] - 6,
			      .width = TECHNIQUE_X - ARTIFACT_X - ARTIFACT_WIDTH - 20,
			      .style = "verb",
			      .how = {12, false},
			      .to_the_left = true
        },
		      buffer_span(&verbs));
}

void picture_edges(struct buffer *out, const struct picture *p)
{
	buffer_text(out, "<g class=\"edges\">\n");
	for (size_t i = 0; i < p->g->n_edges; i++)
		draw(out, p, &p->g->edges[i]);
	for (size_t i = 0; i < p->g->n_nodes; i++)
		if (p->g->nodes[i].kind == GRAPH_COUNTERMEASURE)
			row_verbs(out, p, i);
		else if (p->g->nodes[i].kind == GRAPH_TECHNIQUE)
			card_verbs(out, p, i);
	buffer_text(out, "</g>\n");
}
