/* SPDX-License-Identifier: MIT */
/* Parts: what the views share.  Private to src/graph. */
#pragma once
#include "base/json.h"
#include "base/markup.h"
#include "graph/views.h"

/* Countermeasures are shown by tactic, in the order of D3FEND's matrix. */
#define TACTIC_COUNT 8
/* "Harden"; of the last: "Other". */
const char *tactic_name(unsigned rank);
/* Where a countermeasure belongs; TACTIC_COUNT: it is none. */
unsigned tactic_rank(const struct graph_node *node);
/* How many countermeasures belong there. */
size_t tactic_members(const struct graph *g, unsigned rank);

/* What there is to say beside the word of a state, the most pressing first: inert text. */
void state_note(struct buffer *out, const struct room_state *state);
/* "verdicts kept by a scan, 2026-11-22T09:20:00Z"; nothing: nothing is known.  Inert text. */
void state_event(struct buffer *out, const struct room_state *state);
/* The same as lines behind @indent blanks, without counts. */
void state_lines(struct buffer *out, const struct room_state *state, unsigned indent,
		 unsigned width);
/* What each word means, in a sentence without a full stop. */
const char *state_meaning(enum room_health health);

/* The first edge of this kind that leaves @node; NULL: none. */
const struct graph_edge *edge_from(const struct graph *g, size_t node,
				   enum graph_edge_kind kind);
/* The verbs of all edges of this kind that leave @node, each once, "a, b". */
void verbs_add(struct buffer *out, const struct graph *g, size_t node,
	       enum graph_edge_kind kind);

/* Does D3FEND declare this verb?  One that it does not is a name of ours. */
bool verb_is_declared(const char *property);

/* "D3FEND 1.2.0" or the user's file: where the relations come from. */
void source_add(struct buffer *out, const struct graph_source *source);

/* Text that was not escaped yet; in columns: cut to @width, padded, a space behind. */
void plain_add(struct buffer *out, const char *text);
void column_add(struct buffer *out, const char *text, size_t width);

/* The IRI of a name in @space, percent-escaped (RFC 3987). */
void iri_add(struct buffer *out, const char *space, const char *name);

/* Members of the object that is open. */
void source_json(struct json *j, const struct graph_source *source);
void state_json(struct json *j, const struct room_state *state);
void class_json(struct json *j, const char *key, const struct graph_class *class);
