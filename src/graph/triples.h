/* SPDX-License-Identifier: MIT */
/* Triples: what of an RDF graph (RDF 1.1 Concepts) goes into the index. */
#pragma once
#include "graph/infer.h"

enum term_kind { TERM_NONE, TERM_IRI, TERM_BLANK, TERM_LITERAL };

struct term {
	enum term_kind kind;
	struct span text, language;
};

struct triple {
	struct term subject, predicate, object;
};

/* STATUS_LIMIT: a term is longer than ONTO_STRING_MAX. */
MUST_CHECK enum status triple_take(struct ontology *o, const struct triple *t);

/*
 * Finishes the index.  STATUS_MALFORMED: a class stands below, or is restricted
 * to, one of D3FEND's that the triples say nothing about: *@missing.  So a file that
 * ends early between two statements is no smaller ontology.
 */
MUST_CHECK enum status triples_finish(struct ontology *o, const struct index_link **missing);
