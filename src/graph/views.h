/* SPDX-License-Identifier: MIT */
/*
 * Views: a graph in every form in which it leaves the program.
 *
 * All of them say the same: each node, each edge with its verb, whether it is
 * asserted or inferred, and the state of each countermeasure as its room told
 * it.  Equal graphs give equal bytes.  Labels may come from a file of the user:
 * each view makes them inert in its own way.
 */
#pragma once
#include "base/buffer.h"
#include "graph/graph.h"

#define GRAPH_MAX_SVG ((size_t)64 << 10) /* of the default graph */

/* Statements of ours, never of D3FEND; .invalid (RFC 2606) so that nobody can fetch it. */
#define GRAPH_OWN_NAMESPACE "https://assay.invalid/ns#"

/* For a terminal that is @width columns wide. */
void graph_text(struct buffer *out, const struct graph *g, unsigned width);
/* SVG 1.1: three columns, no script, nothing that is fetched; links lead to D3FEND. */
void graph_svg(struct buffer *out, const struct graph *g);
/* One page: the picture, the same as a table, sources. */
void graph_html(struct buffer *out, const struct graph *g);
void graph_mermaid(struct buffer *out, const struct graph *g);
void graph_dot(struct buffer *out, const struct graph *g);
/* RDF 1.1: asserted relations as they are, inferred ones as statements about statements. */
void graph_jsonld(struct buffer *out, const struct graph *g);
void graph_turtle(struct buffer *out, const struct graph *g);
/* One object, schema assay.graph/1. */
void graph_json(struct buffer *out, const struct graph *g);

/* What is not covered, and why. */
struct graph_gaps {
	const struct graph_gap *gaps;
	size_t n;
};
void graph_gaps_text(struct buffer *out, const struct graph *g, const struct graph_gaps *gaps,
		     unsigned width);
void graph_gaps_json(struct buffer *out, const struct graph *g, const struct graph_gaps *gaps);

/* How the user's ontology differs from our facts. */
struct graph_differences {
	const struct graph_difference *rows;
	size_t n;
};
void graph_differences_text(struct buffer *out, const struct graph_differences *d);
void graph_differences_json(struct buffer *out, const struct graph *g,
			    const struct graph_differences *d);

/*
 * The ontology's page about what was asked for, nodes[0].  Relations are those
 * that it has in @around too, the technique's graph.
 */
struct reference {
	const struct graph *g, *around;
};
void reference_text(struct buffer *out, const struct reference *r, unsigned width);
void reference_markdown(struct buffer *out, const struct reference *r);
void reference_html(struct buffer *out, const struct reference *r);
void reference_json(struct buffer *out, const struct reference *r);

/* What works of all that there is, and what that means for a script. */
enum coverage_answer {
	COVERAGE_UNKNOWN, /* something that is configured cannot be told */
	COVERAGE_WORKS,   /* all that is configured does */
	COVERAGE_LACKS,   /* something that is configured does not, or not in full */
};
enum coverage_answer coverage_judge(const struct graph *g);
void coverage_text(struct buffer *out, const struct graph *g, unsigned width);
void coverage_json(struct buffer *out, const struct graph *g);
/* A layer of the ATT&CK Navigator, format 4.5. */
void coverage_navigator(struct buffer *out, const struct graph *g);
/* A graph that D3FEND's CAD tool opens. */
void coverage_cad(struct buffer *out, const struct graph *g);
