/* SPDX-License-Identifier: MIT */
/*
 * Reading: one task under way.  A window moves over the file, from wanted
 * byte to wanted byte; the jobs that begin in it become feeds.
 *
 * Jobs begin in the order of their first byte, so that a window concerns only
 * those that are active.  When the window has passed the last wanted byte and
 * some jobs still want bytes before it, it starts again: such are jobs whose
 * ranges do not ascend, and jobs that found no free feed.  A bulk wants every
 * byte and is served by each window as soon as it is filled.
 */
#pragma once
#include "crypto/lanes_feed.h"

struct job_order {
	uint64_t first; /* byte that the job covers */
	size_t job;
};

struct reading {
	struct hash_task *task;  /* NULL: idle */
	struct job_order *order; /* NULL: the jobs are in order as they stand */
	size_t next_job;         /* in this order; those before it have begun */
	uint64_t next_first;     /* its first byte; FEED_NONE: no job is left */
	bool next_wants_none;    /* it covers no byte of the file */
	struct view_piece window;
	enum status failed;
	struct feed feeds[LANES_MAX_ACTIVE];
	size_t n_active; /* feeds with a job */
	size_t n_used;   /* ... all of them before this one */
	size_t n_busy;   /* of these, not waiting for the next window */
	struct digest_methods *methods;
	uint8_t *buffer;
	size_t chunk;
};

/* Sets @task's status at once when it cannot be done; the reading is then idle. */
void reading_begin(struct reading *r, struct hash_task *task);

/* Starts the next job that begins in the window.  NULL: none now. */
struct feed *reading_start_job(struct reading *r);

/* A busy feed gave something else than FEED_BLOCKS. */
void reading_put_back(struct reading *r, struct feed *f, enum feed_state state);

/*
 * When no feed is busy and no job can be started: moves the window, so that
 * something can go on; or ends the task, and is idle.
 */
void reading_move(struct reading *r);

/* Does @f wait for a byte that is now in the window? */
bool reading_serves(const struct reading *r, const struct feed *f);
