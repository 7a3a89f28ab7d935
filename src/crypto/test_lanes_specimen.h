/* SPDX-License-Identifier: MIT */
/* Files to hash, random numbers that are the same on every run, and EVP as the oracle. */
#pragma once
#include "crypto/lanes.h"

struct specimen {
	size_t size;
	uint8_t *bytes;
	struct source source; /* begun, of the same bytes */
};

enum { SPECIMEN_BLOCK = 2, SPECIMEN_BIG = 7, SPECIMEN_LARGE, SPECIMEN_HUGE, N_SPECIMENS };

/* The smaller first. */
extern struct specimen specimens[N_SPECIMENS];

void specimens_make(void);
void specimens_free(void);
struct span specimen_span(size_t i);

/* A file in memory with these bytes; *@source is begun. */
int specimen_file(const uint8_t *bytes, size_t size, struct source *source);

/* How many bytes this process has read; 0: the kernel does not say. */
unsigned long long bytes_read(void);

uint64_t random_below(uint64_t n);
/* Many small ones, few large ones, at most @max. */
uint64_t random_len(uint64_t max);

/* Is the result of @job what EVP says about @file? */
bool job_is_right(const struct digest_job *job, struct span file);
