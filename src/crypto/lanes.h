/* SPDX-License-Identifier: MIT */
/*
 * Hash lanes: many digests of one or several files, each file read once.
 *
 * On CPUs with SHA-NI up to four independent SHA-256 streams are interleaved on
 * each core (of one file, of several files, or pages), and SHA-1 runs beside
 * SHA-256.  Elsewhere OpenSSL's EVP does the work; it is the oracle in tests.
 */
#pragma once
#include "crypto/bulk.h"
#include "crypto/digest.h"
#include "formats/claim.h"
#include "source/source.h"

#define LANES_MAX_ACTIVE 64                  /* jobs of one file at the same time */
#define LANES_MAX_FILES  4                   /* in work at the same time */
#define LANES_MAX_JOBS   ((size_t)1 << 22)   /* of one file */
#define LANES_MAX_ZEROS  ((uint64_t)1 << 24) /* PIECE_ZEROS of one job, together */
#define LANES_CHUNK      ((size_t)64 << 10)  /* read at a time; four fit an L2 */

struct digest_job {
	struct coverage covered;
	enum digest_algorithm algorithm;
	struct digest result; /* set when the task is STATUS_OK */
	/* A PIECE_INFLATED does not give what it says: the result is none (DIGEST_NONE). */
	bool unreadable;
};

/*
 * One file.  PIECE_RANGEs of one job may come in any order, but each step back
 * costs another reading, as do more jobs at the same place than
 * LANES_MAX_ACTIVE.  Bytes that @view holds are taken from there.
 *
 * Status: STATUS_MALFORMED: a range outside the file; STATUS_UNSUPPORTED: no
 * such algorithm; STATUS_LIMIT: a limit above; or what source_read() said.
 */
struct hash_task {
	struct source *source; /* NULL: @view holds everything that is wanted */
	const struct view *view;
	struct digest_job *jobs;
	size_t n_jobs;
	enum status status; /* of this file; the others go on */
	struct bulk *bulk;  /* NULL: nothing more; else every byte of the file is read */
};

/* What one thread needs: buffers and contexts. */
struct lanes;

/* @use_cpu false: EVP only (tests).  NULL: out of memory. */
MUST_CHECK struct lanes *lanes_new(bool use_cpu);
/* The same, reading @chunk bytes at a time (tests and measurements). */
MUST_CHECK struct lanes *lanes_new_chunk(bool use_cpu, size_t chunk);
void lanes_free(struct lanes *l);

/*
 * Computes all jobs of all tasks; four files are in work at a time.  Every
 * task's status is set.  A file of which no job wants a byte is not read,
 * unless there is a bulk: it takes the bytes on their way, from the first to
 * the last, and bytes that are read again only once.
 */
void lanes_run(struct lanes *l, struct hash_task *tasks, size_t n);

/* Tasks that come while others are in work: a long one keeps no lane of theirs idle. */
struct hash_queue {
	struct hash_task *(*next)(void *context); /* NULL: none now; asked again later */
	void (*done)(void *context, struct hash_task *task);
	void *context;
};

/* The same of all that @queue gives, until it gives none and none is in work. */
void lanes_serve(struct lanes *l, const struct hash_queue *queue);
