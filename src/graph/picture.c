/* SPDX-License-Identifier: MIT */
#include "graph/picture.h"

/* One below another: the rows of each tactic below its heading. */
static unsigned rows_plan(struct picture *p)
{
	unsigned y = TITLE_HEIGHT, place = 0;

	for (unsigned rank = 0; rank < TACTIC_COUNT; rank++) {
		if (tactic_members(p->g, rank) == 0)
			continue;
		p->group_y[rank] = y;
		y += GROUP_HEIGHT;
		for (size_t i = 0; i < p->g->n_nodes; i++) {
			if (tactic_rank(&p->g->nodes[i]) != rank)
				continue;
			p->place[i] = place++;
			p->y[i] = y + ROW_HEIGHT / 2;
			y += ROW_PITCH;
		}
	}
	return y;
}

/* Below the last of the upper rows; there is room for a line on each side of a card. */
static unsigned middle_plan(const struct picture *p)
{
	unsigned middle = TITLE_HEIGHT;

	for (size_t i = 0; i < p->g->n_nodes; i++)
		if (p->g->nodes[i].kind == GRAPH_COUNTERMEASURE &&
		    p->place[i] + 1 == p->n_upper)
			middle = p->y[i] + ROW_PITCH / 2;
	return middle;
}

static void cards_plan(struct picture *p)
{
	unsigned n[4] = { 0 };

	for (size_t i = 0; i < p->g->n_nodes; i++) {
		enum graph_node_kind kind = p->g->nodes[i].kind;

		if (kind == GRAPH_COUNTERMEASURE)
			continue;
		p->place[i] = n[kind]++;
		p->y[i] = p->middle + p->place[i] * CARD_PITCH -
			  (unsigned)(p->n_cards[kind] - 1) * CARD_PITCH / 2;
	}
}

void picture_plan(struct picture *p, const struct graph *g)
{
	size_t cards;
	unsigned half;

	*p = (struct picture){ .g = g };
	for (size_t i = 0; i < g->n_nodes; i++)
		p->n_cards[g->nodes[i].kind]++;
	p->n_upper = (p->n_cards[GRAPH_COUNTERMEASURE] + 1) / 2;
	p->bottom = rows_plan(p);
	cards = p->n_cards[GRAPH_TECHNIQUE];
	if (cards < p->n_cards[GRAPH_ARTIFACT])
		cards = p->n_cards[GRAPH_ARTIFACT];
	half = (unsigned)cards * CARD_PITCH / 2;
	p->middle = middle_plan(p);
	if (p->middle < TITLE_HEIGHT + half)
		p->middle = TITLE_HEIGHT + half;
	if (p->bottom < p->middle + half)
		p->bottom = p->middle + half;
	p->height = p->bottom + LEGEND_HEIGHT;
	cards_plan(p);
}
