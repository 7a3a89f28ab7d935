/* SPDX-License-Identifier: MIT */
/* The adapter to libraptor2; a build without it has one that is not available. */
#pragma once
#include "graph/triples.h"

struct turtle_problem {
	uint64_t line;    /* 0: of no line */
	const char *text; /* in the arena, as the library wrote it */
};

/* Loads the library; from then on turtle_read() opens no file. */
bool turtle_available(void);

/* Every triple of @bytes goes to triple_take().  STATUS_MALFORMED: @problem is set. */
MUST_CHECK enum status turtle_read(struct ontology *o, struct span bytes,
				   struct turtle_problem *problem);
