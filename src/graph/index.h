/* SPDX-License-Identifier: MIT */
/*
 * Index: classes of an ontology and what relates them, in memory.
 *
 * Filled by who reads a source (facts.c, turtle.c), finished once, then only
 * asked.  Whatever the relations are (cycles, diamonds, long chains), finishing
 * is linear and each question looks at every class at most once.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include "graph/graph.h"

#define INDEX_MAX_ANCESTORS 4096              /* of one class */
#define INDEX_MAX_STEPS     ((size_t)1 << 27) /* of all walks of one question */

enum index_link_kind { LINK_NONE, LINK_SUPER, LINK_RESTRICTION, LINK_ENABLES };

/* From @from to @to: a superclass, "(property some to)", or a plain "enables". */
struct index_link {
	enum index_link_kind kind;
	const char *property;
	struct index_class *from, *to;
	struct index_link *next;    /* of the same @from */
	struct index_link *next_to; /* of the same @to */
	uint32_t line;              /* of the source; 0: not known */
};

/* Below which of D3FEND's classes it stands. */
enum index_branch {
	BRANCH_DEFENSIVE = 1, /* DefensiveTechnique */
	BRANCH_OFFENSIVE = 2, /* OffensiveTechnique */
	BRANCH_ARTIFACT = 4,  /* Artifact */
	BRANCH_TACTIC = 8,    /* DefensiveTactic */
	BRANCH_ATTACK = 16,   /* ExternalThing */
	BRANCH_PURPOSE = 32,  /* OffensiveTactic */
};

struct index_class {
	const char *name; /* behind GRAPH_NAMESPACE, else the whole IRI */
	const char *label, *definition;
	const char *d3fend_id, *attack_id; /* NULL: none */
	unsigned label_rank;               /* of what .label is: of several the best counts */
	struct index_text *aliases;        /* sorted, each once */
	struct index_link *links, *linked; /* from it; to it */
	unsigned branches, head; /* enum index_branch: below which; of which it is the head */
	uint64_t hash;
	uint32_t number;         /* in the order of the source */
	bool ours;               /* in D3FEND's name space */
	bool described;          /* the source says something about it */
	bool blank;              /* no name of its own: half a restriction */
	const char *on_property; /* of a blank one */
	struct index_class *some;
	struct index_class *next, *next_hash;
};

struct index_text {
	const char *text;
	struct index_text *next;
};

struct index {
	struct arena *arena;
	uint64_t secret; /* nobody can write a file whose names all meet in one bucket */
	struct index_class **buckets;
	struct index_class *first, *last;
	size_t n, n_buckets;
	uint32_t line; /* that links come from, set by who reads */
};

MUST_CHECK enum status index_begin(struct index *x, struct arena *a);

/* The class with this name, made when there is none; @blank ones have names of their own. */
MUST_CHECK enum status index_take(struct index *x, struct span name, bool ours, bool blank,
				  struct index_class **out);
/* The same, or NULL. */
struct index_class *index_get(const struct index *x, struct span name, bool ours, bool blank);

MUST_CHECK enum status index_link(struct index *x, struct index_class *from,
				  enum index_link_kind kind, const char *property,
				  struct index_class *to);
MUST_CHECK enum status index_alias(struct index *x, struct index_class *c, struct span text);
/* Of several labels the lowest @rank counts, then the first by bytes. */
MUST_CHECK enum status index_label(struct index *x, struct index_class *c, struct span text,
				   unsigned rank);
/* Of several ids the first by bytes counts. */
MUST_CHECK enum status index_id(struct index *x, const char **id, struct span text);

/* Resolves blank restrictions, links backwards, marks branches. */
MUST_CHECK enum status index_finish(struct index *x);

/* A superclass link by which a class is below itself, the last of such a ring by line; *@out
 * NULL: there is none. */
MUST_CHECK enum status index_ring(const struct index *x, const struct index_link **out);

/* The class that a person calls @id: by D3FEND or ATT&CK id, else by name.  *@n_found: how many
 * answer to it; the first by name is given. */
const struct index_class *index_find(const struct index *x, const char *id, size_t *n_found);

/* A breadth-first walk to all superclasses; the memory serves many walks. */
struct index_walk {
	const struct index *index;
	uint32_t *seen; /* by number: in which walk */
	uint32_t now;
	const struct index_class **list; /* the class itself first, then by distance */
	unsigned *distance;
	size_t n, steps;
};

MUST_CHECK enum status index_walk_begin(struct index_walk *w, struct arena *a,
					const struct index *x);
/* STATUS_LIMIT: more than INDEX_MAX_ANCESTORS, farther than GRAPH_MAX_CHAIN, INDEX_MAX_STEPS.
 */
MUST_CHECK enum status index_walk_up(struct index_walk *w, const struct index_class *from);
/* Was @c met in the last walk? */
bool index_walk_met(const struct index_walk *w, const struct index_class *c);
