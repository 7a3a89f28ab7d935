/* SPDX-License-Identifier: MIT */
/*
 * Examination: one file on its way through the house.  Private to src/engine.
 *
 *	examination_begin()    read, claims, and what the first pass must compute
 *	examination_compare()  facts, donors, and what a second pass must compute
 *	examination_end()      relation, word, report
 *
 * Between the steps the caller computes .jobs (and .bulk), two files at a time.
 */
#pragma once
#include "countermeasures/file_analysis/analysis.h"
#include "engine/engine.h"
#include "formats/sidecar.h"
#include "structure/unpack.h"
#include "verify/catalog/catalog.h"
#include "verify/scheme.h"

struct examination {
	struct arena *arena;
	struct report *report;
	struct source source;
	struct source outer; /* with .packed_as: the file, of which .source is what came out */
	const char *packed_as; /* "xz", "zip"; NULL: it is judged as it stands */
	/* What loaders disagree about; a rule, or NULL; and what was seen, or NULL. */
	const char *packed_rule, *packed_rest;
	struct view view;
	struct findings findings;
	struct container box;
	const struct companions_open *beside;
	struct companions companions;
	struct pe_identity identity;
	struct pe_anatomy anatomy;
	struct scheme_case verify;
	struct scheme_work *work; /* of each scheme, in the order of the list */
	struct fact *facts;
	const struct catalog_index *catalogs; /* NULL: they are not asked about this file */
	struct catalog_work catalog;
	const struct package_index *packages; /* NULL: not asked about this file */
	struct package_work package;
	const uint8_t *path;           /* where it lies; NULL: not known */
	size_t arena_limit;            /* with .bundle: what it was before */
	struct digest_job *print_jobs; /* of a part of a bundle; NULL: not wanted */
	struct bundle *bundle;         /* whose executable it is; NULL: nobody's */
	struct span inventory;         /* of that bundle */
	struct mimicry_settings mimicry_settings;
	struct mimicry_case mimicry;
	struct analysis_look look;
	struct bulk bulk;
	struct digest_job *section_jobs; /* with full features */
	size_t n_section_jobs;
	struct digest_job *jobs; /* of the coming pass */
	size_t n_jobs;
	struct digest_job *whole_job;
	enum engine_part part;
	enum status status;
	int error;           /* errno with STATUS_IO */
	struct digest whole; /* SHA-256 of the file; algorithm DIGEST_NONE: not wanted */
	bool packed_differs; /* .packed_rule: they load different programs */
	bool wants_bulk;
	bool listed; /* of no known format, but a catalog lists it */
};

void examination_begin(struct examination *x, const struct engine *e,
		       const struct engine_file *file);
/* The same of bytes in memory. */
void examination_begin_bytes(struct examination *x, const struct engine *e,
			     const struct engine_bytes *file);
void examination_compare(struct examination *x);
void examination_end(struct examination *x, const struct engine *e);

/*
 * Is it a packed file of a format that systems take packed as well?  Then what
 * comes out is judged: .source and .view are of that, and *@format is its format.
 * STATUS_NOT_MINE: no.
 */
MUST_CHECK enum status examination_unpack(struct examination *x, const struct engine *e,
					  const struct format **format);

/* What stands beside a packed file, and speaks of it as it stands (examination_outside.c). */
MUST_CHECK enum status examination_outside(struct examination *x);

/*
 * How far the first bytes of the file are signed: up to there no hole is large enough for the
 * end of an archive.
 */
uint64_t examination_covered(const struct claim *claims);

/* A second format knows the file by its end, as @other with @findings: joins it to .box. */
MUST_CHECK enum status examination_join(struct examination *x, const struct container *other,
					const struct findings *findings);

/* Of which kinds is the archive in .box, behind @first of the list?  Joins them to it. */
MUST_CHECK enum status examination_kinds(struct examination *x, const struct format *first);

/* Reads the format and what its headers show, loading what the readers ask for. */
MUST_CHECK enum status examination_read(struct examination *x, const struct engine *e);

/* Is it the executable of a bundle, whose inventory is at hand?  Then it is judged as all of
 * that, as it stands there: nothing is unpacked (examination_bundle.c). */
bool examination_is_bundle(const struct examination *x);
MUST_CHECK enum status examination_bundle(struct examination *x);
#define BUNDLE_ARENA_BYTES ((size_t)160 << 20) /* lists of many files, instead of one */
/* An app in an archive is judged as a phone unpacks it: .source and .box are of its executable
 * then (examination_archive.c). */
MUST_CHECK enum status examination_archive(struct examination *x, const struct engine *e);
/* @other behind what is in @list. */
void findings_join(struct findings *list, const struct findings *other);
/* What is computed of a part of a bundle, and told about it in the end. */
#define EXAMINATION_PRINTS 2
MUST_CHECK enum status examination_print_plan(struct examination *x);
MUST_CHECK enum status examination_print(struct examination *x);

/* Plans what must be computed to look the file up in catalogs, and looks it up. */
MUST_CHECK enum status examination_ask_catalogs(struct examination *x, const struct engine *e);
MUST_CHECK enum status examination_hear_catalogs(struct examination *x);
/* The same among packages of signed archives. */
MUST_CHECK enum status examination_ask_packages(struct examination *x, const struct engine *e);
MUST_CHECK enum status examination_hear_packages(struct examination *x);
