/* SPDX-License-Identifier: MIT */
/* Rooms: the countermeasures that this program has.  What is not in the table is not built. */
#pragma once
#include "countermeasures/room.h"

struct room {
	const char *id;      /* "D3-FA" */
	const char *class;   /* "FileAnalysis" */
	const char *command; /* that applies it */
	void (*state)(const struct room_context *context, struct room_state *out);
};

extern const struct room rooms[]; /* sorted by id */
extern const size_t n_rooms;

/* The state of any class of D3FEND: of its room, or not-built.  Fits graph_ask_states(). */
void room_ask(const void *context, const char *class, struct room_state *out);
