/* SPDX-License-Identifier: MIT */
/*
 * Sketch: the pages of a program, to say how much of it is in another one.
 *
 * Pages of 4 KiB, cut relative to each section's raw start, so that bytes
 * inserted before a section do not move them; the last one padded with zeros.
 * Pages of one byte match everybody and are dropped.
 */
#pragma once
#include "crypto/lanes.h"
#include "formats/pe/pe.h"
#include "mimicry/donor.h"

#define SKETCH_PAGE 0x1000

struct sketch_page {
	struct range where;
	uint64_t hash; /* first 8 bytes of its SHA-256, big-endian; set by pages_collect() */
	bool executable, constant;
};

struct pages {
	struct sketch_page *pages; /* in file order */
	size_t n, n_executable;    /* n_executable: not constant */
	size_t n_rest;             /* not executable, not constant */
	struct digest_job *jobs;   /* one for each page, SHA-256 ... */
	enum digest_algorithm algorithm;
	struct digest_job *section_jobs; /* ... and one for each section's raw data */
	size_t n_sections;
};

/* Lists the pages and the digests that are wanted.  @algorithm: DIGEST_SHA256, or what a signed
 * page table uses.  STATUS_UNSUPPORTED: sections outside the file; STATUS_LIMIT. */
MUST_CHECK enum status pages_plan(struct arena *a, const struct pe_image *pe,
				  enum digest_algorithm algorithm, struct pages *out);
/* After the jobs are done. */
void pages_collect(struct pages *p);
void sketch_make(const struct pages *p, bool executable, struct sketch *out);
/* How many of the sketch's hashes are among the pages (executable ones alone, or the rest). */
size_t sketch_found(const struct sketch *s, const struct pages *p, bool executable);
