/* SPDX-License-Identifier: MIT */
/*
 * Ontology: a D3FEND release that the user has, in Turtle (RDF 1.1), read with
 * libraptor2 (optional); only the index that infer.c needs is kept.
 *
 * Any parse error refuses the whole file: half an ontology would be a smaller
 * graph, and nobody would see what is missing.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define ONTO_BYTES_MAX   ((size_t)64 << 20)
#define ONTO_TRIPLES_MAX 4000000U
#define ONTO_DEPTH_MAX   64                  /* superclasses on the way to a root */
#define ONTO_STRING_MAX  ((size_t)1 << 20)   /* one IRI or literal */
#define ONTO_ARENA_BYTES ((size_t)512 << 20) /* an arena that is large enough for all of it */

struct ontology;

/* Is libraptor2 built in? */
bool ontology_available(void);

/*
 * Reads the file at @path to memory; nothing is parsed.
 * *@problem: a sentence in @a, for every status but STATUS_OK.
 */
MUST_CHECK enum status ontology_take(struct arena *a, const char *path, struct span *bytes,
				     const char **problem);

/*
 * For a process of its own, which parses, prints into a pipe and ends: from here
 * on it is a worker (host/confine.h), without files, network and exec; files that
 * it writes to would not grow.  *@missing: what this kernel lacks; NULL: nothing.
 */
MUST_CHECK enum status ontology_confine(const char **missing);

/*
 * Parses @bytes, which @name names in messages; @a must outlive *@out.
 * STATUS_MALFORMED: "NAME:34618: why" in *@problem; STATUS_LIMIT, STATUS_UNSUPPORTED (not
 * built in) and STATUS_NO_MEMORY say why there, too.  Messages name things as they
 * stand in the file: whoever prints them makes them inert.
 */
MUST_CHECK enum status ontology_read(struct arena *a, const char *name, struct span bytes,
				     struct ontology **out, const char **problem);

/* What is odd, but no reason to refuse it: "NAME:12: \"A\" is below itself ..."; NULL: nothing.
 */
const char *ontology_warning(const struct ontology *o);
