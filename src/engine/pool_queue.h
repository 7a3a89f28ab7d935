/* SPDX-License-Identifier: MIT */
/* What the pool has in its hands: files that wait, batches at the worker, failures. */
#pragma once
#include "engine/pool.h"

#define POOL_MAX_BATCHES ((size_t)2 * POOL_MAX_THREADS)

struct pool_file {
	uint64_t ticket, size;
	struct engine_file file; /* its descriptors are owned */
};

/* What the worker was sent in one packet and has not answered. */
struct pool_batch {
	struct pool_file files[ENGINE_BATCH];
	size_t n;       /* 0: this place is free */
	uint64_t first; /* ticket of its first file: its name */
	bool taken;     /* a thread has it in work */
	bool expired;
	bool apart;       /* a suspect, alone */
	int64_t began;    /* when it was taken */
	int64_t deadline; /* once taken */
};

struct pool_queue {
	unsigned n_threads;
	size_t batch_max;
	size_t n_files; /* all of them, failures too */
	struct pool_file waiting[POOL_MAX_FILES], suspects[POOL_MAX_FILES];
	size_t n_waiting, n_suspects;
	struct pool_batch batches[POOL_MAX_BATCHES];
	size_t n_batches;
	struct pool_answer failed[POOL_MAX_FILES];
	size_t n_failed;
};

void pool_queue_init(struct pool_queue *q, unsigned n_threads);
void pool_queue_free(struct pool_queue *q);   /* closes what is left */
void pool_queue_forget(struct pool_queue *q); /* the same, and is empty */
void pool_queue_add(struct pool_queue *q, const struct pool_file *f);

/* The next batch that should be sent now; NULL: none.  @all: also one that is not full. */
struct pool_batch *pool_queue_batch(struct pool_queue *q, bool all);
/* It could not be sent: its files go back to where they were. */
void pool_queue_unsend(struct pool_queue *q, struct pool_batch *b);
/* The batch with this name; NULL: none. */
struct pool_batch *pool_queue_batch_of(struct pool_queue *q, uint64_t first);
/* The batch that holds the file with this ticket; NULL: none. */
struct pool_batch *pool_queue_holder(struct pool_queue *q, uint64_t ticket);
/* Is this an answer that we wait for?  Then the file is done. */
MUST_CHECK bool pool_queue_answered(struct pool_queue *q, uint64_t ticket);
/* Takes the next failure. */
MUST_CHECK bool pool_queue_failed(struct pool_queue *q, struct pool_answer *out);

/*
 * The worker is dead.  @from_outside: by SIGKILL, so what it had in work need
 * not have done it.
 */
void pool_queue_orphaned(struct pool_queue *q, bool from_outside);
/* No worker lives: everything has failed. */
void pool_queue_give_up(struct pool_queue *q);
