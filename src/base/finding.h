/* SPDX-License-Identifier: MIT */
/*
 * Finding: something about the *file* that a reader should know.
 *
 * A finding names its rule ("pe.checksum-wrong"); severity, standard and
 * sentence stand in the table of src/verdict/rules.c, once.
 */
#pragma once
#include "base/arena.h"

#define FINDINGS_MAX 256 /* per file; the rest is counted, not kept */

struct finding {
	const char *rule;     /* a literal; its row is in verdict/rules.c */
	struct range where;   /* in the file; zero long: the file as a whole */
	const char *expected; /* arena or literal; NULL: not applicable */
	const char *observed;
	int signature; /* index of the signature it belongs to; -1: the file */
	struct finding *next;
};

struct findings {
	struct arena *arena;
	struct finding *first, *last;
	size_t n, dropped;
	int signature; /* what finding_add() marks new findings with */
};

#define FINDINGS_INIT(a)                                                                       \
	{                                                                                      \
		.arena = (a), .signature = -1                                                  \
	}

/*
 * Notes a finding.  @expected and @observed must live as long as the arena
 * (literals, or arena_printf; NULL is fine).  Out of memory: counted as dropped.
 */
void finding_add(struct findings *list, const char *rule, struct range where,
		 const char *expected, const char *observed);

/* Is there a finding of this rule?  @signature -2: of any signature. */
bool finding_has(const struct findings *list, const char *rule, int signature);
