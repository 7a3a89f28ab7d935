/* SPDX-License-Identifier: MIT */
/*
 * Traps: every way to make a program whose signature deserves a second look,
 * with the word, the axes and the findings that a correct verifier gives.
 *
 * One table for the tests of the engine and for comparisons with other tools
 * (`forge set FOLDER`).  Without a donor index, so that a sound signature over
 * other bytes is `mismatched`.
 */
#pragma once
#include "tests/forge/forge.h"

#define FORGE_AT "2026-11-22T12:00:00Z" /* when rows are judged that say nothing else */

struct forge_trap {
	const char *name;
	struct forge_program program;
	bool unsigned_; /* the program is not signed before .change */
	struct forge_signature sign;
	/* What is done to the file afterwards; NULL: nothing. */
	void (*change)(struct forge *f, const struct forge_trap *t, struct buffer *file);
	uint64_t n; /* for .change */

	const char *at;      /* instead of FORGE_AT */
	bool padding_reject; /* judged with `--padding reject` */

	const char *verdict, *also;              /* the word; another that is right too */
	const char *binding, *signature, *trust; /* of the decisive signature; NULL: any */
	const char *findings; /* the ids of all that are worse than info, and of some that are
				 not, with spaces between them */
};

struct forge_trap_table {
	const struct forge_trap *traps;
	size_t n;
};
extern const struct forge_trap_table *const forge_trap_tables[];
extern const size_t n_forge_trap_tables;

/* The file of a trap. */
void forge_trap_make(struct forge *f, const struct forge_trap *t, struct buffer *out);

/* The tables, by theme. */
extern const struct forge_trap_table traps_honest, traps_tampered, traps_table, traps_trust,
	traps_time, traps_hostile;
