/* SPDX-License-Identifier: MIT */
/*
 * Sketch: the pages of a program, to say how much of it is in another one.
 *
 * Pages of 4 KiB, cut relative to each section's raw start, so that bytes
 * inserted before a section do not move them; the last one padded with zeros.
 * Pages of one byte match everybody and are dropped; pages that are there
 * several times count once.
 */
#pragma once
#include "crypto/lanes.h"
#include "formats/pe/pe.h"
#include "mimicry/donor.h"

#define SKETCH_PAGE 0x1000

struct sketch_page {
	struct range where; /* less than a page at the end of a section */
	uint64_t hash;      /* first 8 bytes of its digest, big-endian; by pages_collect() */
	uint32_t section;   /* index in the section table */
	bool executable, constant;
};

/* The raw data of a section, as far as it lies in the file. */
struct sketch_section {
	struct range where;
	uint64_t hash; /* as donor_section.hash; 0: empty; by pages_collect() */
	bool executable;
};

struct pages {
	struct sketch_page *pages; /* in file order */
	size_t n, n_executable;    /* n_executable: not constant, different */
	size_t n_rest;             /* not executable, not constant, different */
	struct digest_job *jobs;   /* one for each page, by .algorithm ... */
	enum digest_algorithm algorithm;
	struct digest_job *section_jobs; /* ... and behind them one for each section, SHA-256 */
	struct sketch_section *sections;
	size_t n_sections;                         /* as many as pe_image.n_sections */
	uint64_t *executable_hashes, *rest_hashes; /* n_executable, n_rest; ascending */
};

/* Lists the pages and the digests that are wanted.  @algorithm: DIGEST_SHA256, or what a signed
 * page table uses.  STATUS_LIMIT: too many, or sections that overlap so much that hashing them
 * would be an attack. */
MUST_CHECK enum status pages_plan(struct arena *a, const struct pe_image *pe,
				  enum digest_algorithm algorithm, struct pages *out);
/* How many jobs that are, one behind the other. */
size_t pages_jobs(const struct pages *p);
/* After the jobs are done; they may have been moved: @jobs. */
void pages_collect(struct pages *p, struct digest_job *jobs);
void sketch_make(const struct pages *p, bool executable, struct sketch *out);
/* The same of hashes that are ascending, each once. */
void sketch_of(const uint64_t *hashes, size_t n, struct sketch *out);
/* How many of the sketch's hashes are among them. */
size_t sketch_among(const struct sketch *s, const uint64_t *hashes, size_t n);
/* Ascending, each once; gives how many are left. */
size_t hashes_sort(uint64_t *hashes, size_t n);
/* How many of the sketch's hashes are among the pages (executable ones alone, or the rest). */
size_t sketch_found(const struct sketch *s, const struct pages *p, bool executable);
/* Is @hash among those of a sketch?  Its hashes are ascending. */
bool sketch_has(const struct sketch *s, uint64_t hash);
/* Can programs of this section run?  By its characteristics. */
bool section_executable(uint32_t characteristics);
