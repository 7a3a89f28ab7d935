/* SPDX-License-Identifier: MIT */
/*
 * Facts: data/d3fend-facts.tsv and data/technique-words.tsv, compiled in.
 * Both are ours, and read as strictly as if they were not.
 */
#pragma once
#include "graph/index.h"

#define FACTS_MAX_NODES   32
#define FACTS_MAX_EDGES   64
#define FACTS_MAX_GAPS    64
#define FACTS_MAX_CLASSES 1024
#define FACTS_MAX_LIST    16 /* platforms, controls, analytics; components and elements of one */

struct facts_node {
	const struct index_class *class;
	enum graph_node_kind kind;
	const char *command, *about; /* NULL */
};

struct facts_gap {
	const struct index_class *class;
	enum graph_gap_kind kind;
	const char *for_us;
};

struct facts_analytic {
	struct attack_analytic analytic;
	struct attack_component components[FACTS_MAX_LIST];
	const char *elements[FACTS_MAX_LIST];
};

struct facts {
	struct index index;
	struct graph_source source;
	struct facts_node nodes[FACTS_MAX_NODES];
	size_t n_nodes;
	struct graph_edge edges[FACTS_MAX_EDGES]; /* between .nodes */
	size_t n_edges;
	struct facts_gap gaps[FACTS_MAX_GAPS];
	size_t n_gaps;
	struct attack_facts attack;
	struct facts_analytic analytics[FACTS_MAX_LIST];
	const char *platforms[FACTS_MAX_LIST], *controls[FACTS_MAX_LIST];
};

/* STATUS_MALFORMED: *@problem, "line 12: why". */
MUST_CHECK enum status facts_read(struct arena *a, struct span relations, struct span words,
				  struct facts *out, const char **problem);

/* What is compiled in.  STATUS_MALFORMED cannot be: a test reads it. */
MUST_CHECK enum status facts_default(struct arena *a, const struct facts **out);

/* The node or gap of this class, by its name; NULL: none. */
const struct facts_node *facts_node(const struct facts *f, const char *name);
const struct facts_gap *facts_gap(const struct facts *f, const char *name);

/* "T1036.001", "D3-FA", "ExecutableBinary": by what a person calls it. */
const char *index_id_of(const struct index_class *c);
