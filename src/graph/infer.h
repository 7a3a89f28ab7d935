/* SPDX-License-Identifier: MIT */
/*
 * The rule by which D3FEND's own page of a technique comes about:
 *
 *	given  a technique T with a restriction (V some A)
 *	listed is each C below DefensiveTechnique that has a D3FEND id and ITS OWN
 *	       restriction (P some B), where A is B or below B
 *	edges  T -V-> A, C -P-> A (asserted), C -may-X-> T (inferred)
 *
 * X is the verb of the tactic that C, or the nearest of its superclasses that
 * does so, enables; never taken from P, nor from rdf:type.  Two tactics at one
 * distance: both.  The abstract DefensiveTactic is none.
 *
 * A technique without a restriction has those of its nearest superclass that
 * has some: these edges are inferred.
 */
#pragma once
#include "graph/facts.h"

/* The parts of a graph before its nodes are filled in. */
struct inference {
	struct arena *arena;
	const struct index *index;
	const struct facts *facts;
	struct index_walk walk;
	const struct index_class **classes; /* of nodes; GRAPH_MAX_NODES */
	enum graph_node_kind *kinds;
	size_t n_nodes;
	struct graph_edge *edges; /* GRAPH_MAX_EDGES */
	size_t n_edges, n_properties;
};

MUST_CHECK enum status inference_begin(struct inference *in, struct arena *a,
				       const struct index *x, const struct facts *f);

/* Everything that relates to @subject.  STATUS_LIMIT; STATUS_NOT_MINE: it is a class, but
 * neither a technique nor an artifact nor a countermeasure. */
MUST_CHECK enum status inference_make(struct inference *in, const struct index_class *subject);

/* The node of @c, added when it is new. */
MUST_CHECK enum status inference_node(struct inference *in, const struct index_class *c,
				      enum graph_node_kind kind, size_t *out);
MUST_CHECK enum status inference_edge(struct inference *in, const struct graph_edge *edge);

/* The tactics of a countermeasure or technique; GRAPH_MAX_TACTICS of them, sorted.  Walks. */
MUST_CHECK enum status inference_tactics(struct inference *in, const struct index_class *c,
					 const char **out, size_t *n);

/* Fills in nodes: ids, labels, chains, properties. */
MUST_CHECK enum status inference_graph(struct inference *in, struct graph *out);

MUST_CHECK enum status class_describe(struct arena *a, const struct index_class *c,
				      struct graph_class *out);
bool link_says(const struct index_link *link); /* a restriction that is not about tactics */

/* struct ontology, for who fills it and who asks it. */
struct ontology {
	struct index index;
	struct graph_source source;
	const char *warning; /* NULL: none */
};
