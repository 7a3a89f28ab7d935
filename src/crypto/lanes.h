/* SPDX-License-Identifier: MIT */
/*
 * Hash lanes: many digests of one or several files, each file read once.
 *
 * On CPUs with SHA-NI two independent SHA-256 streams are interleaved on each
 * core (of one file, of two files, or two pages), and SHA-1 runs beside
 * SHA-256.  Elsewhere OpenSSL's EVP does the work; it is the oracle in tests.
 */
#pragma once
#include "crypto/digest.h"
#include "formats/claim.h"
#include "source/source.h"

struct digest_job {
	enum digest_algorithm algorithm;
	struct coverage covered;
	struct digest result; /* set when the task is STATUS_OK */
};

/*
 * One file.  Ranges must lie inside it.  PIECE_RANGEs of one job may come in
 * any order, but a job whose ranges do not ascend is computed apart.
 */
struct hash_task {
	struct source *source;
	const struct view *view;
	struct digest_job *jobs;
	size_t n_jobs;
	enum status status; /* of this file; the others go on */
};

/* What one thread needs: buffers and contexts. */
struct lanes;

/* @use_cpu false: EVP only (tests).  NULL: out of memory. */
MUST_CHECK struct lanes *lanes_new(bool use_cpu);
void lanes_free(struct lanes *l);

/*
 * Computes all jobs of all tasks; two files are in work at a time.  Every
 * task's status is set.  A file of which no job wants a byte is not read.
 */
void lanes_run(struct lanes *l, struct hash_task *tasks, size_t n);
