/* SPDX-License-Identifier: MIT */
#include "engine/hashing.h"

#include "base/memory.h"
#include "crypto/lanes.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define HANDFUL 32                      /* files that change hands at a time */
#define ENOUGH  (HASHING_MAX_FILES / 4) /* that are done, to wake the caller for */

/* A ring of numbers of files. */
struct line {
	uint16_t files[HASHING_MAX_FILES];
	size_t first, n;
};

/* A thread, and what it needs. */
struct worker {
	pthread_t thread;
	struct hashing *hashing;
	struct lanes *lanes;
	struct line waiting, finished; /* which it has taken, and not given back yet */
	/* Those in its lanes. */
	struct room_of_file {
		size_t file;
		struct hash_task task; /* .jobs NULL: none */
		struct source source;
		struct view view;
		struct piece whole;
		struct digest_job job;
	} rooms[LANES_MAX_FILES];
};

struct hashing {
	pthread_mutex_t lock; /* of what is up to .n_busy */
	pthread_cond_t work, done;
	bool ends;
	struct line waiting, finished;
	size_t n_busy; /* workers have them */
	struct worker *workers;
	unsigned n_workers, n_threads;     /* that are there, and that run */
	struct line idle, filling, taking; /* the caller's */
	struct hashing_file files[HASHING_MAX_FILES];
};

static void line_put(struct line *l, size_t file)
{
	l->files[(l->first + l->n++) % HASHING_MAX_FILES] = (uint16_t)file;
}

static size_t line_take(struct line *l)
{
	size_t file = l->files[l->first];

	l->first = (l->first + 1) % HASHING_MAX_FILES;
	l->n--;
	return file;
}

/* All, but no more than @most. */
static size_t line_move(struct line *to, struct line *from, size_t most)
{
	size_t n = from->n < most ? from->n : most;

	for (size_t i = 0; i < n; i++)
		line_put(to, line_take(from));
	return n;
}

/* Is it worth to wake the caller?  The lock is held. */
static bool is_enough(const struct hashing *h)
{
	return h->finished.n >= ENOUGH || (h->finished.n > 0 && h->waiting.n == 0);
}

/* ---- threads ---- */

/* Gives back what is done, and takes its share of what waits.  The lock is held. */
static void worker_exchange(struct worker *w)
{
	struct hashing *h = w->hashing;
	size_t share = h->waiting.n / h->n_workers + 1;

	h->n_busy -= line_move(&h->finished, &w->finished, SIZE_MAX);
	if (!h->ends)
		h->n_busy +=
			line_move(&w->waiting, &h->waiting, share < HANDFUL ? share : HANDFUL);
	if (is_enough(h) || h->n_busy + h->waiting.n == 0)
		(void)pthread_cond_signal(&h->done);
	/* Who put them woke one of us. */
	if (h->waiting.n > 0)
		(void)pthread_cond_signal(&h->work);
}

static struct hash_task *worker_next(void *context)
{
	struct worker *w = (struct worker *)context;
	struct room_of_file *room;
	struct hashing_file *f;
	size_t i = 0;

	if (w->waiting.n == 0) {
		(void)pthread_mutex_lock(&w->hashing->lock);
		worker_exchange(w);
		(void)pthread_mutex_unlock(&w->hashing->lock);
	}
	if (w->waiting.n == 0)
		return NULL;
	while (w->rooms[i].task.jobs)
		i++;
	room = &w->rooms[i];
	room->file = line_take(&w->waiting);
	f = &w->hashing->files[room->file];
	source_of_known(&room->source, f->fd, &f->before);
	room->view.size = f->before.size;
	room->whole = (struct piece){ .kind = PIECE_RANGE, .range.len = f->before.size };
	room->job = (struct digest_job){
		.algorithm = DIGEST_SHA256, .covered = {&room->whole, 1}
	};
	room->task = (struct hash_task){
		.source = &room->source, .view = &room->view, .jobs = &room->job, .n_jobs = 1
	};
	return &room->task;
}

static void worker_done(void *context, struct hash_task *task)
{
	struct worker *w = (struct worker *)context;
	struct room_of_file *room;
	struct hashing_file *f;
	enum status after;
	size_t i = 0;

	while (&w->rooms[i].task != task)
		i++;
	room = &w->rooms[i];
	f = &w->hashing->files[room->file];
	after = source_end(&room->source);
	f->status = after == STATUS_OK ? task->status : after;
	f->error = errno;
	if (f->status == STATUS_OK)
		(void)span_copy(f->sha256, sizeof(f->sha256), digest_span(&room->job.result));
	(void)close(f->fd);
	task->jobs = NULL;
	line_put(&w->finished, room->file);
}

static void *worker_run(void *context)
{
	struct worker *w = (struct worker *)context;
	const struct hash_queue queue = { worker_next, worker_done, w };
	struct hashing *h = w->hashing;

	(void)pthread_mutex_lock(&h->lock);
	for (;;) {
		worker_exchange(w);
		if (w->waiting.n > 0) {
			(void)pthread_mutex_unlock(&h->lock);
			lanes_serve(w->lanes, &queue);
			(void)pthread_mutex_lock(&h->lock);
			continue;
		}
		if (h->ends)
			break;
		(void)pthread_cond_wait(&h->work, &h->lock);
	}
	(void)pthread_mutex_unlock(&h->lock);
	return NULL;
}

static bool workers_new(struct hashing *h)
{
	h->workers = (struct worker *)memory_new(h->n_workers, sizeof(*h->workers));
	for (unsigned i = 0; h->workers && i < h->n_workers; i++) {
		h->workers[i].hashing = h;
		h->workers[i].lanes = lanes_new(true);
		if (!h->workers[i].lanes)
			return false;
	}
	return h->workers != NULL;
}

/* Signals are the caller's business. */
static bool threads_start(struct hashing *h)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (h->n_threads < h->n_workers &&
	       pthread_create(&h->workers[h->n_threads].thread, NULL, worker_run,
			      &h->workers[h->n_threads]) == 0)
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
	h->n_workers = n < 1 ? 1 : n > HASHING_MAX_THREADS ? HASHING_MAX_THREADS : (unsigned)n;
	for (size_t i = 0; i < HASHING_MAX_FILES; i++)
		line_put(&h->idle, i);
	if (!workers_new(h) || !threads_start(h)) {
		hashing_stop(h);
		return STATUS_NO_MEMORY;
	}
	*out = h;
	return STATUS_OK;
}

static void line_close(struct hashing *h, struct line *l)
{
	while (l->n > 0)
		(void)close(h->files[line_take(l)].fd);
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
		(void)pthread_join(h->workers[i].thread, NULL);
	line_close(h, &h->waiting);
	line_close(h, &h->filling);
	for (unsigned i = 0; h->workers && i < h->n_workers; i++)
		lanes_free(h->workers[i].lanes);
	(void)pthread_cond_destroy(&h->work);
	(void)pthread_cond_destroy(&h->done);
	(void)pthread_mutex_destroy(&h->lock);
	memory_free(h->workers);
	memory_free(h);
}

/* ---- the caller ---- */

static void release(struct hashing *h)
{
	(void)pthread_mutex_lock(&h->lock);
	(void)line_move(&h->waiting, &h->filling, SIZE_MAX);
	(void)pthread_cond_signal(&h->work);
	(void)pthread_mutex_unlock(&h->lock);
}

bool hashing_has_room(struct hashing *h)
{
	return h->idle.n > 0;
}

void hashing_put(struct hashing *h, const struct hashing_file *file)
{
	size_t i = line_take(&h->idle);

	h->files[i] = *file;
	line_put(&h->filling, i);
	if (h->filling.n == HANDFUL)
		release(h);
}

/* All that is done; with @wait, if anything ever will be, something. */
static void finished_take(struct hashing *h, bool wait)
{
	if (wait && h->filling.n > 0)
		release(h);
	(void)pthread_mutex_lock(&h->lock);
	while (wait && !is_enough(h) && h->n_busy + h->waiting.n > 0)
		(void)pthread_cond_wait(&h->done, &h->lock);
	(void)line_move(&h->taking, &h->finished, SIZE_MAX);
	(void)pthread_mutex_unlock(&h->lock);
}

bool hashing_take(struct hashing *h, bool wait, struct hashing_file *out)
{
	size_t i;

	if (h->taking.n == 0)
		finished_take(h, wait);
	if (h->taking.n == 0)
		return false;
	i = line_take(&h->taking);
	*out = h->files[i];
	line_put(&h->idle, i);
	return true;
}
