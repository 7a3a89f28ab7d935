/* SPDX-License-Identifier: MIT */
/*
 * Bulk: what is computed over every byte of a file beside its digests, while
 * the bytes are in the cache: PE checksum, histograms, runs of one byte.
 */
#pragma once
#include "base/span.h"

#define BULK_MAX_REGIONS 64
#define BULK_RUN_MIN     ((uint64_t)4 << 10) /* shorter runs of one byte are not told */
#define BULK_FULL_BELOW  ((uint64_t)1 << 20) /* smaller files always get the full histogram */

enum bulk_histogram { BULK_HISTOGRAM_OFF, BULK_HISTOGRAM_SAMPLED, BULK_HISTOGRAM_FULL };

struct bulk_region {
	struct range where; /* ascending, not overlapping; together the whole file */
	uint64_t counts[256];
	uint64_t n_counted; /* bytes in .counts */
	uint64_t run_off,
		run_len; /* the longest run of one byte; run_len 0: none of BULK_RUN_MIN */
	uint8_t run_byte;
};

struct bulk {
	/* What is wanted. */
	bool checksum;
	uint64_t checksum_off; /* of the field, counted as zero */
	enum bulk_histogram histogram;
	struct bulk_region *regions; /* with .where set */
	size_t n_regions;

	/* What came out; good when the task is STATUS_OK. */
	uint32_t pe_checksum;
	bool sampled; /* 64 bytes of every 512 */

	/* Private to crypto/bulk.c. */
	uint64_t next, sum, size;
	size_t region;
	uint64_t run_here;
	int run_of; /* byte of the run that reaches .next; -1: none */
};

void bulk_begin(struct bulk *b, uint64_t size);
/* Bytes of the file at @off; bytes before the next wanted one are passed over, gaps are not
 * allowed. */
void bulk_take(struct bulk *b, uint64_t off, struct span bytes);
void bulk_end(struct bulk *b);

/* Shannon entropy of a region, in thousandths of a bit per byte. */
uint64_t bulk_entropy(const struct bulk_region *r);
/* How many of a thousand counted bytes are printable ASCII or white space. */
uint64_t bulk_printable(const struct bulk_region *r);
