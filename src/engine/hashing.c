/* SPDX-License-Identifier: MIT */
#include "engine/hashing.h"

#include "base/memory.h"
#include "crypto/lanes.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_BATCHES (HASHING_MAX_THREADS + 2)

enum batch_state { BATCH_FREE, BATCH_FILLING, BATCH_WAITING, BATCH_BUSY, BATCH_DONE };

struct batch {
	enum batch_state state; /* changed with the lock held */
	size_t n, taken;
	struct hashing_file files[HASHING_MAX_BATCH];
};

/* What one thread needs. */
struct thread_room {
	struct lanes *lanes;
	struct hash_task tasks[HASHING_MAX_BATCH];
	struct room_of_file {
		struct source source;
		struct view view;
		struct piece whole;
		struct digest_job job;
	} files[HASHING_MAX_BATCH];
};

struct hashing {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	bool ends;
	pthread_t threads[HASHING_MAX_THREADS];
	unsigned n_threads;
	struct batch batches[MAX_BATCHES];
	size_t n_batches, fill;         /* batches, and files of one */
	struct batch *filling, *taking; /* the caller's; NULL: none */
};

/* The lock is held. */
static struct batch *batch_of(struct hashing *h, enum batch_state state)
{
	for (size_t i = 0; i < h->n_batches; i++)
		if (h->batches[i].state == state)
			return &h->batches[i];
	return NULL;
}

/* ---- threads ---- */

static int size_order(const void *a, const void *b)
{
	const struct hashing_file *x = (const struct hashing_file *)a;
	const struct hashing_file *y = (const struct hashing_file *)b;

	return (x->before.size < y->before.size) - (x->before.size > y->before.size);
}

static void file_end(struct hashing_file *f, struct source *source,
		     const struct hash_task *task)
{
	enum status after = source_end(source);

	f->status = after == STATUS_OK ? task->status : after;
	f->error = errno;
	if (f->status == STATUS_OK)
		(void)span_copy(f->sha256, sizeof(f->sha256),
				digest_span(&task->jobs[0].result));
	(void)close(f->fd);
	f->fd = -1;
}

static void batch_hash(struct batch *b, struct thread_room *room)
{
	qsort(b->files, b->n, sizeof(b->files[0]), size_order);
	for (size_t i = 0; i < b->n; i++) {
		struct room_of_file *f = &room->files[i];

		source_of_known(&f->source, b->files[i].fd, &b->files[i].before);
		f->view.size = b->files[i].before.size;
		f->whole = (struct piece){ .kind = PIECE_RANGE, .range.len = f->view.size };
		f->job = (struct digest_job){
			.algorithm = DIGEST_SHA256, .covered = {&f->whole, 1}
		};
		room->tasks[i] = (struct hash_task){
			.source = &f->source, .view = &f->view, .jobs = &f->job, .n_jobs = 1
		};
	}
	lanes_run(room->lanes, room->tasks, b->n);
	for (size_t i = 0; i < b->n; i++)
		file_end(&b->files[i], &room->files[i].source, &room->tasks[i]);
}

static struct thread_room *room_new(void)
{
	struct thread_room *room = (struct thread_room *)memory_new(1, sizeof(*room));

	if (room)
		room->lanes = lanes_new(true);
	if (room && !room->lanes) {
		memory_free(room);
		return NULL;
	}
	return room;
}

static void *thread_run(void *context)
{
	struct hashing *h = (struct hashing *)context;
	struct thread_room *room = room_new();

	(void)pthread_mutex_lock(&h->lock);
	while (!h->ends) {
		struct batch *b = batch_of(h, BATCH_WAITING);

		if (!b) {
			(void)pthread_cond_wait(&h->work, &h->lock);
			continue;
		}
		b->state = BATCH_BUSY;
		(void)pthread_mutex_unlock(&h->lock);
		if (room)
			batch_hash(b, room);
		for (size_t i = 0; i < b->n && !room; i++) {
			b->files[i].status = STATUS_NO_MEMORY;
			(void)close(b->files[i].fd);
		}
		(void)pthread_mutex_lock(&h->lock);
		b->state = BATCH_DONE;
		(void)pthread_cond_signal(&h->done);
	}
	(void)pthread_mutex_unlock(&h->lock);
	if (room)
		lanes_free(room->lanes);
	memory_free(room);
	return NULL;
}

/* Signals are the caller's business. */
static bool threads_start(struct hashing *h, unsigned wanted)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (h->n_threads < wanted &&
	       pthread_create(&h->threads[h->n_threads], NULL, thread_run, h) == 0)
		h->n_threads++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return h->n_threads > 0;
}

enum status hashing_start(unsigned n_threads, struct hashing **out)
{
	long n = n_threads ? (long)n_threads : sysconf(_SC_NPROCESSORS_ONLN);
	struct hashing *h = (struct hashing *)memory_new(1, sizeof(*h));

	*out = NULL;
	if (!h)
		return STATUS_NO_MEMORY;
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_cond_init(&h->work, NULL);
	(void)pthread_cond_init(&h->done, NULL);
	n = n < 1 ? 1 : n > HASHING_MAX_THREADS ? HASHING_MAX_THREADS : n;
	h->n_batches = (size_t)n + 2;
	h->fill = HASHING_MAX_FILES / h->n_batches;
	if (h->fill > HASHING_MAX_BATCH)
		h->fill = HASHING_MAX_BATCH;
	if (!threads_start(h, (unsigned)n)) {
		hashing_stop(h);
		return STATUS_NO_MEMORY;
	}
	*out = h;
	return STATUS_OK;
}

void hashing_stop(struct hashing *h)
{
	if (!h)
		return;
	(void)pthread_mutex_lock(&h->lock);
	h->ends = true;
	(void)pthread_cond_broadcast(&h->work);
	(void)pthread_mutex_unlock(&h->lock);
	for (unsigned i = 0; i < h->n_threads; i++)
		(void)pthread_join(h->threads[i], NULL);
	for (size_t i = 0; i < h->n_batches; i++) {
		const struct batch *b = &h->batches[i];

		for (size_t k = 0; k < b->n && b->state != BATCH_DONE; k++)
			(void)close(b->files[k].fd);
	}
	(void)pthread_cond_destroy(&h->work);
	(void)pthread_cond_destroy(&h->done);
	(void)pthread_mutex_destroy(&h->lock);
	memory_free(h);
}

/* ---- the caller ---- */

static void batch_release(struct hashing *h)
{
	(void)pthread_mutex_lock(&h->lock);
	h->filling->state = BATCH_WAITING;
	h->filling = NULL;
	(void)pthread_cond_signal(&h->work);
	(void)pthread_mutex_unlock(&h->lock);
}

bool hashing_has_room(struct hashing *h)
{
	if (h->filling)
		return true;
	(void)pthread_mutex_lock(&h->lock);
	h->filling = batch_of(h, BATCH_FREE);
	if (h->filling)
		h->filling->state = BATCH_FILLING;
	(void)pthread_mutex_unlock(&h->lock);
	return h->filling != NULL;
}

void hashing_put(struct hashing *h, const struct hashing_file *file)
{
	h->filling->files[h->filling->n++] = *file;
	if (h->filling->n == h->fill)
		batch_release(h);
}

static bool is_working(struct hashing *h)
{
	return batch_of(h, BATCH_WAITING) || batch_of(h, BATCH_BUSY);
}

/* A batch that is done; NULL: none is, and with @wait none will be. */
static struct batch *batch_await(struct hashing *h, bool wait)
{
	struct batch *b;

	(void)pthread_mutex_lock(&h->lock);
	b = batch_of(h, BATCH_DONE);
	while (!b && wait && is_working(h)) {
		(void)pthread_cond_wait(&h->done, &h->lock);
		b = batch_of(h, BATCH_DONE);
	}
	(void)pthread_mutex_unlock(&h->lock);
	return b;
}

bool hashing_take(struct hashing *h, bool wait, struct hashing_file *out)
{
	if (!h->taking)
		h->taking = batch_await(h, wait);
	if (!h->taking && wait && h->filling && h->filling->n > 0) {
		batch_release(h);
		h->taking = batch_await(h, wait);
	}
	if (!h->taking)
		return false;
	*out = h->taking->files[h->taking->taken++];
	if (h->taking->taken < h->taking->n)
		return true;
	(void)pthread_mutex_lock(&h->lock);
	h->taking->n = h->taking->taken = 0;
	h->taking->state = BATCH_FREE;
	(void)pthread_mutex_unlock(&h->lock);
	h->taking = NULL;
	return true;
}
