/* SPDX-License-Identifier: MIT */
/*
 * Subject: what `assay graph`, `reference` and `coverage` speak of: a graph, by
 * our own facts or by the ontology that the user named, with the states of the
 * rooms on this host.
 *
 * An ontology is parsed, and what comes of it is printed, in a process of its own
 * that can do nothing but write into a pipe.
 */
#pragma once
#include "cmd/cmd.h"
#include "graph/ontology.h"
#include "graph/views.h"

struct subject {
	struct graph graph;
	struct graph around;       /* of the default technique; where there is none: the same */
	struct ontology *ontology; /* NULL: our own facts */
	unsigned columns;          /* to print in */
	struct arena *arena;
};

/* Prints @s as the settings say. */
typedef enum status subject_printer(struct buffer *out, struct subject *s,
				    const struct settings *set);

/*
 * Prints what is asked for.  The exit code: EXIT_PASS, or it has complained.
 * *@answer, when not NULL: what coverage_judge() says of it.
 */
int subject_print(const struct invocation *call, subject_printer *print,
		  enum coverage_answer *answer);

/* Complains unless at most one of @allowed (enum form) is wanted; EXIT_PASS: fine. */
int subject_forms(const struct invocation *call, unsigned allowed);
