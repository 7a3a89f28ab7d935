/* SPDX-License-Identifier: MIT */
/*
 * Hashing: SHA-256 of many whole files by several threads, which look at nothing
 * else of them: no byte is parsed, so nothing has to be confined.
 *
 * Each thread has several files in work (crypto/lanes.h) and takes a further one
 * as soon as one is done, so that a large one leaves no lane idle.
 */
#pragma once
#include "base/status.h"
#include "source/source.h"

#define HASHING_MAX_THREADS 32
#define HASHING_MAX_FILES   640 /* open at a time; processes may mostly have 1024 */

struct hashing;

struct hashing_file {
	int fd;                        /* a regular file, ready to be read from its beginning */
	struct source_identity before; /* how it was when it was asked last */
	uint64_t ticket;               /* the caller's */
	/* What came of it; STATUS_CHANGED: it is not, or was not, as it was before. */
	enum status status;
	int error; /* errno, with STATUS_IO */
	uint8_t sha256[32];
};

/* @n_threads 0: one per CPU. */
MUST_CHECK enum status hashing_start(unsigned n_threads, struct hashing **out);
/* Waits for what is in work, and forgets the rest.  NULL is fine. */
void hashing_stop(struct hashing *h);

/* May another file be put?  Else something has to be taken first. */
bool hashing_has_room(struct hashing *h);
/* If there is room.  Takes over @file->fd, and closes it. */
void hashing_put(struct hashing *h, const struct hashing_file *file);
/*
 * The next file that was hashed, in any order.  False: there is none now; or, with
 * @wait, none at all.
 */
MUST_CHECK bool hashing_take(struct hashing *h, bool wait, struct hashing_file *out);
