/* SPDX-License-Identifier: MIT */
/* The boxes of the picture, each a link, in the order in which one reads them. */
#include "graph/picture.h"

#include "base/escape.h"

#define PAD    14
#define CUT    12 /* of the corners of a technique */
#define FOLD   14 /* of the corner of an artifact */
#define ROUND  8
#define LINE_1 22 /* from the top of a row */
#define LINE_2 41
#define LINE_3 58

static const struct letters bold_text = { 15, true }, text_12 = { 12, false },
			    heading = { 13, true };

/* ---- text ---- */

void picture_words(struct buffer *out, struct words place, struct span plain)
{
	struct span shown = letters_fit(plain, place.width, place.how);
	size_t from;

	buffer_printf(out, "<text class=\"%s\" x=\"%u\" y=\"%u\"%s>", place.style, place.x,
		      place.y, place.to_the_left ? " text-anchor=\"end\"" : "");
	from = out->len;
	buffer_add(out, shown);
	if (shown.len < plain.len)
		buffer_text(out, "\xe2\x80\xa6");
	markup_escape(out, from);
	buffer_text(out, "</text>\n");
}

void picture_label(struct buffer *out, struct words place, const char *text)
{
	CLEANUP(buffer_free) struct buffer plain = BUFFER_INIT;

	plain_add(&plain, text);
	if (buffer_status(&plain) != STATUS_OK)
		out->failed = true;
	picture_words(out, place, buffer_span(&plain));
}

/* ---- marks ---- */

/* Each in a square of MARK units; what lies in a filled one has the colour of the ground. */
static const struct {
	enum room_health health;
	const char *style, *shape;
} marks[] = {
	{ROOM_UNKNOWN,    "line",
         "<path class=\"line\" d=\"M7 0L14 7L7 14L0 7z\"/>"
	  "<circle class=\"ink\" cx=\"7\" cy=\"7\" r=\"1.6\"/>"                       },
	{ ROOM_NOT_BUILT, "line",
         "<path class=\"line\" stroke-dasharray=\"2.5 2.5\" d=\"M1 1h12v12h-12z\"/>"  },
	{ ROOM_OFF,       "line", "<circle class=\"line\" cx=\"7\" cy=\"7\" r=\"6\"/>"},
	{ ROOM_ACTIVE,    "good",
         "<circle class=\"good\" cx=\"7\" cy=\"7\" r=\"7\"/>"
	  "<path class=\"cut\" d=\"M3.5 7.5L6 10L10.5 4.5\"/>"                        },
	{ ROOM_DEGRADED,  "warn",
         "<path class=\"warn\" d=\"M7 0L14 13.5H0z\"/>"
	  "<path class=\"cut\" d=\"M7 4.5V9M7 10.5V12.5\"/>"                          },
	{ ROOM_FAILED,    "bad",
         "<path class=\"bad\" d=\"M4 0h6l4 4v6l-4 4h-6l-4 -4v-6z\"/>"
	  "<path class=\"cut\" d=\"M4 4L10 10M10 4L4 10\"/>"                          },
};

void picture_mark(struct buffer *out, enum room_health health, unsigned x, unsigned y)
{
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (marks[i].health == health)
			buffer_printf(
				out,
				"<g class=\"mark\" transform=\"translate(%u %u)\">%s</g>\n", x,
				y, marks[i].shape);
}

/* ---- links ---- */

static void desc_add(struct buffer *out, const struct graph *g, size_t node,
		     enum graph_edge_kind kind)
{
	for (size_t i = 0; i < g->n_edges; i++) {
		if (g->edges[i].from != node || g->edges[i].kind != kind)
			continue;
		buffer_text(out, " It ");
		markup_text(out, SPAN_TEXT(g->edges[i].property));
		buffer_char(out, ' ');
		markup_text(out, SPAN_TEXT(g->nodes[g->edges[i].to].class.label));
		buffer_printf(out, " (%s).", graph_edge_word(kind));
	}
}

static void desc_state(struct buffer *out, const struct graph_node *n)
{
	size_t from;

	buffer_printf(out, " State: %s, %s. ", room_health_word(n->state.health),
		      state_meaning(n->state.health));
	from = out->len;
	state_note(out, &n->state);
	markup_escape(out, from);
}

static void link_begin(struct buffer *out, const struct graph *g, size_t node)
{
	const struct graph_node *n = &g->nodes[node];

	buffer_text(out, "<a class=\"node\" role=\"link\" tabindex=\"0\" href=\"");
	markup_text(out, SPAN_TEXT(n->page));
	buffer_text(out, "\"><title>");
	markup_text(out, SPAN_TEXT(n->id));
	buffer_char(out, ' ');
	markup_text(out, SPAN_TEXT(n->class.label));
	if (n->kind == GRAPH_COUNTERMEASURE)
		buffer_printf(out, ": %s", room_health_word(n->state.health));
	buffer_text(out, "</title><desc>");
	buffer_printf(out, "A %s.", graph_node_word(n->kind));
	desc_add(out, g, node, GRAPH_ASSERTED);
	desc_add(out, g, node, GRAPH_INFERRED);
	if (n->kind == GRAPH_COUNTERMEASURE)
		desc_state(out, n);
	buffer_text(out, "</desc>\n");
}

/* ---- rows ---- */

/* The word of the state, and what it says beside it as far as there is room. */
static void row_state(struct buffer *out, const struct room_state *state, unsigned y)
{
	CLEANUP(buffer_free) struct buffer note = BUFFER_INIT;
	const char *word = room_health_word(state->health);
	unsigned x = ROW_X + PAD + MARK + 8, room = ROW_X + ROW_WIDTH - PAD - x;
	unsigned width = letters_width(SPAN_TEXT(word), heading);
	struct words place = {
		.x = x, .y = y + LINE_2, .width = room, .style = "state", .how = heading
	};

	picture_mark(out, state->health, ROW_X + PAD, y + LINE_2 - 12);
	picture_words(out, place, SPAN_TEXT(word));
	state_note(&note, state);
	if (buffer_status(&note) != STATUS_OK)
		out->failed = true;
	if (note.len == 0)
		return;
	place.x += width + 10;
	place.width -= width + 10;
	place.style = "dim";
	place.how = text_12;
	picture_words(out, place, buffer_span(&note));
}

static void row_command(struct buffer *out, const struct graph_node *n, unsigned y)
{
	CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;
	bool works = n->state.health != ROOM_NOT_BUILT;

	if (!n->command)
		return;
	buffer_text(&line, works ? "assay " : "planned: ");
	plain_add(&line, n->command);
	if (buffer_status(&line) != STATUS_OK)
		out->failed = true;
	picture_words(out,
		      (struct words){ .x = ROW_X + PAD + MARK + 8,
				      .y = y + LINE_3,
				      .width = ROW_WIDTH - 2 * PAD - MARK - 8,
				      .style = "dim",
				      .how = text_12 },
		      buffer_span(&line));
}

static void row_draw(struct buffer *out, const struct picture *p, size_t node)
{
	const struct graph_node *n = &p->g->nodes[node];
	unsigned y = p->y[node] - ROW_HEIGHT / 2, id = letters_width(SPAN_TEXT(n->id), text_12);

	link_begin(out, p->g, node);
	buffer_printf(out,
		      "<rect class=\"box %s\" x=\"%d\" y=\"%u\" width=\"%d\" height=\"%d\" "
		      "rx=\"%d\"/>\n",
		      room_health_word(n->state.health), ROW_X, y, ROW_WIDTH, ROW_HEIGHT,
		      ROUND);
	if (id > ROW_WIDTH / 3)
		id = ROW_WIDTH / 3;
	picture_label(out,
		      (struct words){ .x = ROW_X + PAD,
				      .y = y + LINE_1,
				      .width = ROW_WIDTH - 3 * PAD - id,
				      .style = "name",
				      .how = bold_text },
		      n->class.label);
	picture_label(out,
		      (struct words){ .x = ROW_X + ROW_WIDTH - PAD,
				      .y = y + LINE_1,
				      .width = id,
				      .style = "dim",
				      .how = text_12,
				      .to_the_left = true },
		      n->id);
	row_state(out, &n->state, y);
	row_command(out, n, y);
	buffer_text(out, "</a>\n");
}

/* ---- cards ---- */

/* An artifact has a folded corner, a technique cut ones. */
static void card_shape(struct buffer *out, enum graph_node_kind kind, unsigned y)
{
	if (kind == GRAPH_ARTIFACT)
		buffer_printf(out,
			      "<path class=\"box\" d=\"M%d %uh%dl%d %dv%dh-%dz\"/>"
			      "<path class=\"box\" d=\"M%d %uv%dh%d\"/>\n",
			      ARTIFACT_X, y, ARTIFACT_WIDTH - FOLD, FOLD, FOLD,
			      CARD_HEIGHT - FOLD, ARTIFACT_WIDTH,
			      ARTIFACT_X + ARTIFACT_WIDTH - FOLD, y, FOLD, FOLD);
	else
		buffer_printf(
			out,
			"<path class=\"box attack\" d=\"M%d %uh%dl%d %dv%dl-%d %dh-%dl-%d "
			"-%dv-%dz\"/>\n",
			TECHNIQUE_X + CUT, y, TECHNIQUE_WIDTH - 2 * CUT, CUT, CUT,
			CARD_HEIGHT - 2 * CUT, CUT, CUT, TECHNIQUE_WIDTH - 2 * CUT, CUT, CUT,
			CARD_HEIGHT - 2 * CUT);
}

static void card_draw(struct buffer *out, const struct picture *p, size_t node)
{
	const struct graph_node *n = &p->g->nodes[node];
	bool artifact = n->kind == GRAPH_ARTIFACT;
	unsigned x = artifact ? ARTIFACT_X : TECHNIQUE_X;
	unsigned width = artifact ? ARTIFACT_WIDTH : TECHNIQUE_WIDTH;
	unsigned y = p->y[node] - CARD_HEIGHT / 2;

	link_begin(out, p->g, node);
	card_shape(out, n->kind, y);
	picture_label(out,
		      (struct words){ .x = x + PAD,
				      .y = y + 26,
				      .width = width - 2 * PAD,
				      .style = "name",
				      .how = bold_text },
		      n->class.label);
	picture_label(out,
		      (struct words){ .x = x + PAD,
				      .y = y + 44,
				      .width = width - 2 * PAD,
				      .style = "dim",
				      .how = text_12 },
		      artifact ? "digital artifact" : n->id);
	buffer_text(out, "</a>\n");
}

static void cards_draw(struct buffer *out, const struct picture *p, enum graph_node_kind kind)
{
	for (size_t i = 0; i < p->g->n_nodes; i++)
		if (p->g->nodes[i].kind == kind)
			card_draw(out, p, i);
}

void picture_nodes(struct buffer *out, const struct picture *p)
{
	for (unsigned rank = 0; rank < TACTIC_COUNT; rank++) {
		if (tactic_members(p->g, rank) == 0)
			continue;
		picture_words(out,
			      (struct words){ .x = ROW_X,
					      .y = p->group_y[rank] + 20,
					      .width = ROW_WIDTH,
					      .style = "group",
					      .how = heading },
			      SPAN_TEXT(tactic_name(rank)));
		for (size_t i = 0; i < p->g->n_nodes; i++)
			if (tactic_rank(&p->g->nodes[i]) == rank)
				row_draw(out, p, i);
	}
	cards_draw(out, p, GRAPH_ARTIFACT);
	cards_draw(out, p, GRAPH_TECHNIQUE);
}

/* ---- legend ---- */

static void legend_line(struct buffer *out, unsigned x, unsigned y, enum graph_edge_kind kind)
{
	buffer_printf(out,
		      "<path class=\"edge %s\" marker-end=\"url(#tip)\" d=\"M%u %uh44\"/>\n",
		      kind == GRAPH_ASSERTED ? "solid" : "dotted", x, y - 4);
	picture_words(
		out,
		(struct words){
			.x = x + 64, .y = y, .width = 360, .style = "dim", .how = text_12 },
		kind == GRAPH_ASSERTED ? SPAN_LITERAL("asserted: stands in the ontology")
				       : SPAN_LITERAL("inferred: follows from it"));
}

void picture_legend(struct buffer *out, const struct picture *p)
{
	unsigned y = p->bottom + 34, x = ROW_X;

	buffer_text(out, "<g class=\"legend\">\n");
	legend_line(out, ROW_X, y, GRAPH_ASSERTED);
	legend_line(out, ROW_X + 360, y, GRAPH_INFERRED);
	y += 32;
	for (size_t i = COUNT_OF(marks); i-- > 0;) {
		CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;
		unsigned width = 0;

		buffer_text(&line, room_health_word(marks[i].health));
		width = letters_width(buffer_span(&line), text_12);
		picture_mark(out, marks[i].health, x, y - 11);
		picture_words(out,
			      (struct words){ .x = x + MARK + 8,
					      .y = y,
					      .width = width,
					      .style = "dim",
					      .how = text_12 },
			      buffer_span(&line));
		x += MARK + 8 + width + 36;
	}
	buffer_text(out, "</g>\n");
}
