/* SPDX-License-Identifier: MIT */
/*
 * Picture: where everything lies in the SVG.  Private to src/graph.
 *
 *	countermeasures, by tactic   verbs        artifacts    techniques
 *	 24 ........................ 444 .... 570 690 .. 900   1020 .. 1260
 *
 * The rows stand around a middle line on which the artifact and the technique
 * lie; dotted lines run in a lane of their own above or below the artifact, so
 * that none of them meets a box or a text.
 */
#pragma once
#include "graph/letters.h"
#include "graph/parts.h"

#define PICTURE_WIDTH   1284
#define MARGIN          24
#define TITLE_HEIGHT    76
#define GROUP_HEIGHT    30
#define ROW_PITCH       78
#define ROW_X           MARGIN
#define ROW_WIDTH       420
#define ROW_HEIGHT      66
#define VERB_X          452 /* text on the lines */
#define BEND_X          570 /* where solid lines leave their lane */
#define ARTIFACT_X      690
#define ARTIFACT_WIDTH  210
#define TECHNIQUE_X     1020
#define TECHNIQUE_WIDTH 240
#define CARD_HEIGHT     58
#define CARD_PITCH      92
#define LANE            18 /* from the middle of a row */
#define TIP             9  /* length of an arrow head */
#define MARK            14
#define LEGEND_HEIGHT   104

struct picture {
	const struct graph *g;
	unsigned height;                 /* of all */
	unsigned middle;                 /* of the cards */
	unsigned bottom;                 /* of rows and cards */
	size_t n_cards[4];               /* by kind of node */
	size_t n_upper;                  /* rows above the middle */
	unsigned group_y[TACTIC_COUNT];  /* the top of each heading */
	unsigned y[GRAPH_MAX_NODES];     /* the middle of each row and card */
	unsigned place[GRAPH_MAX_NODES]; /* of each row, from above; of each card */
};

void picture_plan(struct picture *p, const struct graph *g);

/* The drawing of each kind of node, after the lines. */
void picture_edges(struct buffer *out, const struct picture *p);
void picture_nodes(struct buffer *out, const struct picture *p);
void picture_legend(struct buffer *out, const struct picture *p);

/* A line of text at most @width wide. */
struct words {
	unsigned x, y, width;
	const char *style; /* class */
	struct letters how;
	bool to_the_left; /* ends at .x */
};
/* @plain is inert already; the other is not. */
void picture_words(struct buffer *out, struct words place, struct span plain);
void picture_label(struct buffer *out, struct words place, const char *text);
/* The mark of a state: a shape of its own, MARK wide. */
void picture_mark(struct buffer *out, enum room_health health, unsigned x, unsigned y);

/* <svg>; title and desc come between; then style, arrow head and ground. */
void picture_begin(struct buffer *out, unsigned width, unsigned height);
void picture_style_add(struct buffer *out);
