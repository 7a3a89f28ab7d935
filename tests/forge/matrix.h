/* SPDX-License-Identifier: MIT */
/*
 * The forge matrix: what tools and people do with real programs and real
 * signatures (MITRE ATT&CK T1036.001), on bytes in memory.
 *
 * A cell is an operation on a host (the program that shall look signed) and a
 * donor (the signed program).  The same cell and seed give the same bytes.
 */
#pragma once
#include "tests/forge/forge.h"
#include "tests/forge/image.h"

struct matrix_program {
	const char *name, *kind; /* "mingw-x64", "dotnet", "wine" ... */
	struct buffer file;
	int64_t signed_at; /* 0: no timestamp */
	bool known;        /* a donor that the index shall know ... */
	bool digest_only;  /* ... without its pages */
	bool page_hashes;  /* one whose signature has a page table */
};

enum matrix_group {
	MATRIX_GRAFT,       /* a signature that was made for another program */
	MATRIX_TAMPER,      /* a signed program, altered */
	MATRIX_BEYOND,      /* the same, so much that no page tells whose it was */
	MATRIX_STUFF,       /* bytes hidden in a sound signature */
	MATRIX_COUNTERFEIT, /* a signature of one's own under another's name */
	MATRIX_STRIP,       /* a signed program without its signature */
	MATRIX_COSTUME,     /* the clothes without the signature */
};

struct matrix_cell {
	struct forge *forge;
	const struct matrix_program *host, *donor;
	uint64_t seed;
};

struct matrix_operation {
	const char *name;
	enum matrix_group group;
	bool adaptive; /* repairs what a look at the structure would show */
	bool seeded;   /* another seed, another file */
	/* NULL: made; else why this cell makes no sense. */
	const char *(*make)(const struct matrix_cell *cell, struct buffer *out);
};
extern const struct matrix_operation matrix_operations[];
extern const size_t n_matrix_operations;
const struct matrix_operation *matrix_operation_find(const char *name);

/* Made of the donor alone (matrix_tamper.c). */
#define MATRIX_MAKE(name)                                                                      \
	const char *matrix_##name(const struct matrix_cell *cell, struct buffer *out)
MATRIX_MAKE(byte);
MATRIX_MAKE(page);
MATRIX_MAKE(tenth);
MATRIX_MAKE(half);
MATRIX_MAKE(most);
MATRIX_MAKE(shift);
MATRIX_MAKE(entry);
MATRIX_MAKE(section);
MATRIX_MAKE(resource);
MATRIX_MAKE(insert);
MATRIX_MAKE(stuff);
MATRIX_MAKE(strip);
MATRIX_MAKE(strip_adaptive);

/*
 * Programs of the forge, where no real ones are at hand.  Unused places stay
 * empty (.name NULL).
 */
#define MATRIX_MAX_SAMPLES 8
void matrix_samples_make(struct forge *f, struct matrix_program hosts[MATRIX_MAX_SAMPLES],
			 struct matrix_program donors[MATRIX_MAX_SAMPLES]);
void matrix_programs_free(struct matrix_program *programs, size_t n);
/* Signs a donor of the forge's own: page hashes, a timestamp. */
void matrix_donor_sign(struct forge *f, struct matrix_program *p);
