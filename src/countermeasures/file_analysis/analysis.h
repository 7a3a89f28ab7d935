/* SPDX-License-Identifier: MIT */
/*
 * File Analysis (D3FEND D3-FA): what can be seen in the bytes without running
 * them, as one flat list of features, and what follows from it.
 *
 * A feature is a number, a text or bytes, never an opinion; the findings that
 * follow have severities of their own and change no verdict.  In the order of
 * a file's way:
 *
 *	analysis_look()      with the format reader: bytes that nobody else wants
 *	analysis_prepare()   before the hashing pass: what it shall compute beside digests
 *	analysis_describe()  after it: the list
 *	analysis_judge()     after it: findings
 */
#pragma once
#include "base/feature.h"
#include "formats/pe/features.h"
#include "verify/fact.h"

#define ANALYSIS_MAX_SIGHTS    16 /* other formats in one file */
#define ANALYSIS_MAX_HOLES     16
#define ANALYSIS_MAX_LIBRARIES 256 /* names of imported libraries */
#define ANALYSIS_FIRST_BYTES   16

/* Another format that this file is, too, or holds where nobody looks. */
struct analysis_sight {
	const char *format; /* "zip", "jar", "ole", "elf" ... */
	struct range where;
	const char *place; /* "overlay", "certificate table", "end" */
	bool polyglot;     /* some system reads the whole file as this format */
};

struct analysis_look {
	struct range overlay; /* zero long: none */
	struct range
		symbols; /* COFF symbols and their names, which begin the overlay; zero long */
	struct span overlay_first; /* at most ANALYSIS_FIRST_BYTES */
	const char *overlay_magic; /* NULL: no known format begins there */
	struct analysis_sight sights[ANALYSIS_MAX_SIGHTS];
	size_t n_sights;
};

/*
 * STATUS_WANT: load view->want and call again; whoever cannot load goes on
 * without a look.  Spans point into the view.
 */
MUST_CHECK enum status analysis_look(struct view *view, const struct container *box,
				     struct analysis_look *out);

/* The regions of @box for the pass, and its checksum; regions beyond BULK_MAX_REGIONS are
 * counted as one. */
MUST_CHECK enum status analysis_prepare(struct arena *a, const struct container *box,
					uint64_t size, enum bulk_histogram histogram,
					struct bulk *out);

/* What is known of one file.  Everything is borrowed; NULL: not computed. */
struct analysis_parts {
	uint64_t size;
	const struct digest *sha256;
	const struct container *box;
	const struct pe_identity *identity;
	const struct pe_anatomy *anatomy;
	const struct bulk *bulk; /* of analysis_prepare(), after the pass */
	const struct analysis_look *look;
	const struct digest_job
		*sections; /* SHA-256 of raw data, in the order of pe->sections */
	size_t n_sections;
	const struct fact *facts; /* NULL also: no signature */
};

/* Adds everything in a fixed order, which README.md has.  STATUS_NO_MEMORY only. */
MUST_CHECK enum status analysis_describe(struct features *out,
					 const struct analysis_parts *parts);

/* Adds the findings that follow. */
void analysis_judge(struct arena *a, const struct analysis_parts *parts,
		    struct findings *findings);
