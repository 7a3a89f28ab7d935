/* SPDX-License-Identifier: MIT */
/*
 * One reading of one compound file: what its steps hand to each other.
 *
 *	cfb_tables_read()     header, DIFAT, FAT
 *	cfb_directory_read()  the entries, in the order in which they stand there
 *	cfb_tree_read()       which of them the tree leads to, and from where
 *	cfb_streams_read()    where the bytes of each stream lie
 *	cfb_holes_find()      what belongs to nothing
 */
#pragma once
#include "structure/cfb.h"

/* Sector numbers that are none ([MS-CFB] 2.1). */
#define CFB_MAX_SECTOR   UINT32_C(0xfffffffa)
#define CFB_END_OF_CHAIN UINT32_C(0xfffffffe)
#define CFB_FREE_SECTOR  UINT32_C(0xffffffff)

#define CFB_MINI_BYTES  64
#define CFB_MINI_CUTOFF 4096
#define CFB_ENTRY_BYTES 128

/* A set of numbers below .n. */
struct cfb_set {
	uint64_t *bits;
	uint64_t n;
};

/* Ranges of the file, in the order of what lies in them. */
struct cfb_runs {
	struct range *runs;
	size_t n, room;
};

struct cfb_reading {
	struct view *view;
	struct findings *findings;
	struct arena *arena;
	struct cfb *out;
	uint64_t sector_bytes, n_sectors; /* sectors that begin inside the file */
	bool wide;                        /* version 4: sizes have 64 bits */
	uint32_t first_directory, first_minifat, first_difat, n_fat, n_difat;
	struct span difat_head; /* of the header */
	struct span fat, minifat;
	struct cfb_set used; /* sectors that belong to something */
	struct cfb_set mini_used;
	struct cfb_runs container; /* where the root's stream of mini sectors lies */
	uint64_t *container_at;    /* how many bytes of it lie before each of its runs */
	struct cfb_runs tables;
	size_t n_runs; /* of all streams */
	struct cfb_entry *entries;
	uint32_t *left, *right, *child;
	size_t n_entries;
};

/* Notes what makes the structure contradict itself. */
void cfb_break(struct cfb_reading *r, const char *rule, struct range where,
	       const char *expected, const char *observed);

MUST_CHECK enum status cfb_set_new(struct arena *a, uint64_t n, struct cfb_set *out);
/* False: it was in it before, or is none of the numbers. */
MUST_CHECK bool cfb_set_add(struct cfb_set *s, uint64_t i);
bool cfb_set_has(const struct cfb_set *s, uint64_t i);

/* Where sector @i lies, as far as the file goes. */
struct range cfb_sector(const struct cfb_reading *r, uint64_t i);
/* What table entry @i says; CFB_FREE_SECTOR when the table is shorter. */
uint32_t cfb_next(struct span table, uint64_t i);
/* @more, as one with the last when it continues it. */
MUST_CHECK enum status cfb_runs_add(struct cfb_reading *r, struct cfb_runs *l,
				    struct range more);

/* What is wrong with a chain. */
enum cfb_chain { CFB_CHAIN_OK, CFB_CHAIN_OUTSIDE, CFB_CHAIN_SHARED, CFB_CHAIN_SHORT };

/*
 * Follows the chain of sectors from @start for @bytes bytes, or to its end
 * when @bytes is UINT64_MAX, and takes them for its own.
 */
MUST_CHECK enum status cfb_chain_follow(struct cfb_reading *r, uint32_t start, uint64_t bytes,
					struct cfb_runs *out, enum cfb_chain *problem);
const char *cfb_chain_say(enum cfb_chain problem);

MUST_CHECK enum status cfb_tables_read(struct cfb_reading *r);
MUST_CHECK enum status cfb_directory_read(struct cfb_reading *r);
MUST_CHECK enum status cfb_tree_read(struct cfb_reading *r);
MUST_CHECK enum status cfb_streams_read(struct cfb_reading *r);
MUST_CHECK enum status cfb_holes_find(struct cfb_reading *r);
