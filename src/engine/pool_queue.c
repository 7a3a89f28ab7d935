/* SPDX-License-Identifier: MIT */
/* The pool's books.  Nothing here talks to anybody; it only closes descriptors. */
#include "engine/pool_queue.h"

#include "source/source.h"
#include <unistd.h>

#define BATCH_MIN   2  /* two files are hashed side by side */
#define BATCHES_SUM 32 /* files in work at a time, all threads together */

void pool_queue_init(struct pool_queue *q, unsigned n_threads)
{
	size_t fair = BATCHES_SUM / n_threads;

	q->n_threads = n_threads;
	q->batch_max = fair > ENGINE_BATCH ? ENGINE_BATCH : fair;
	if (q->batch_max < BATCH_MIN)
		q->batch_max = BATCH_MIN;
}

static void file_close(struct pool_file *f)
{
	(void)close(f->file.fd);
	companions_close(&f->file.beside);
}

void pool_queue_free(struct pool_queue *q)
{
	for (size_t i = 0; i < q->n_waiting; i++)
		file_close(&q->waiting[i]);
	for (size_t i = 0; i < q->n_suspects; i++)
		file_close(&q->suspects[i]);
	for (size_t i = 0; i < POOL_MAX_BATCHES; i++)
		for (size_t j = 0; j < q->batches[i].n; j++)
			file_close(&q->batches[i].files[j]);
}

void pool_queue_forget(struct pool_queue *q)
{
	pool_queue_free(q);
	for (size_t i = 0; i < POOL_MAX_BATCHES; i++)
		q->batches[i].n = 0;
	q->n_waiting = q->n_suspects = q->n_batches = q->n_failed = q->n_files = 0;
}

void pool_queue_add(struct pool_queue *q, const struct pool_file *f)
{
	q->waiting[q->n_waiting++] = *f;
	q->n_files++;
}

static void fail(struct pool_queue *q, struct pool_file *f, bool timed_out)
{
	q->failed[q->n_failed++] = (struct pool_answer){
		.ticket = f->ticket,
		.died = !timed_out,
		.timed_out = timed_out,
	};
	file_close(f);
}

bool pool_queue_failed(struct pool_queue *q, struct pool_answer *out)
{
	if (q->n_failed == 0)
		return false;
	*out = q->failed[--q->n_failed];
	q->n_files--;
	return true;
}

static struct pool_batch *batch_free(struct pool_queue *q)
{
	for (size_t i = 0; i < POOL_MAX_BATCHES; i++)
		if (q->batches[i].n == 0)
			return &q->batches[i];
	return NULL;
}

static void batch_clear(struct pool_queue *q, struct pool_batch *b)
{
	b->n = 0;
	q->n_batches--;
}

static bool is_big(const struct pool_file *f)
{
	return f->size > SOURCE_WHOLE_MAX;
}

/*
 * Fills @b with at most @max files like the first that waits: big ones go in
 * pairs, so that small ones need not wait for them.
 */
static void batch_fill(struct pool_queue *q, struct pool_batch *b, size_t max)
{
	bool big = is_big(&q->waiting[0]);
	size_t kept = 0;

	if (big)
		max = BATCH_MIN;
	for (size_t i = 0; i < q->n_waiting; i++) {
		if (b->n < max && is_big(&q->waiting[i]) == big)
			b->files[b->n++] = q->waiting[i];
		else
			q->waiting[kept++] = q->waiting[i];
	}
	q->n_waiting = kept;
}

static bool apart_in_work(const struct pool_queue *q)
{
	for (size_t i = 0; i < POOL_MAX_BATCHES; i++)
		if (q->batches[i].n > 0 && q->batches[i].apart)
			return true;
	return false;
}

struct pool_batch *pool_queue_batch(struct pool_queue *q, bool all)
{
	struct pool_batch *b = batch_free(q);
	bool idle = q->n_batches < q->n_threads;
	size_t share = q->n_waiting / q->n_threads;

	if (!b || q->n_batches >= (size_t)2 * q->n_threads)
		return NULL;
	if (q->n_suspects > 0) {
		if (q->n_batches > 0)
			return NULL;
		*b = (struct pool_batch){ .files = { q->suspects[--q->n_suspects] }, .n = 1 };
		b->apart = true;
	} else {
		if (q->n_waiting == 0 || apart_in_work(q) ||
		    (q->n_waiting < q->batch_max && !(all && idle)))
			return NULL;
		if (share < BATCH_MIN)
			share = BATCH_MIN;
		*b = (struct pool_batch){ .n = 0 };
		batch_fill(q, b, share < q->batch_max ? share : q->batch_max);
	}
	b->first = b->files[0].ticket;
	b->deadline = INT64_MAX;
	q->n_batches++;
	return b;
}

/* The files of @b wait again, before all others. */
static void batch_return(struct pool_queue *q, struct pool_batch *b)
{
	for (size_t i = q->n_waiting; i > 0; i--)
		q->waiting[i - 1 + b->n] = q->waiting[i - 1];
	for (size_t i = 0; i < b->n; i++)
		q->waiting[i] = b->files[i];
	q->n_waiting += b->n;
	batch_clear(q, b);
}

static void batch_suspect(struct pool_queue *q, struct pool_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		q->suspects[q->n_suspects++] = b->files[i];
	batch_clear(q, b);
}

static void batch_fail(struct pool_queue *q, struct pool_batch *b, bool timed_out)
{
	for (size_t i = 0; i < b->n; i++)
		fail(q, &b->files[i], timed_out);
	batch_clear(q, b);
}

void pool_queue_unsend(struct pool_queue *q, struct pool_batch *b)
{
	if (b->apart)
		batch_suspect(q, b);
	else
		batch_return(q, b);
}

struct pool_batch *pool_queue_batch_of(struct pool_queue *q, uint64_t first)
{
	for (size_t i = 0; i < POOL_MAX_BATCHES; i++)
		if (q->batches[i].n > 0 && q->batches[i].first == first)
			return &q->batches[i];
	return NULL;
}

static struct pool_file *file_of(struct pool_batch *b, uint64_t ticket)
{
	for (size_t i = 0; b->taken && i < b->n; i++)
		if (b->files[i].ticket == ticket)
			return &b->files[i];
	return NULL;
}

struct pool_batch *pool_queue_holder(struct pool_queue *q, uint64_t ticket)
{
	for (size_t i = 0; i < POOL_MAX_BATCHES; i++)
		if (file_of(&q->batches[i], ticket))
			return &q->batches[i];
	return NULL;
}

bool pool_queue_answered(struct pool_queue *q, uint64_t ticket)
{
	struct pool_batch *b = pool_queue_holder(q, ticket);
	struct pool_file *f = b ? file_of(b, ticket) : NULL;

	if (!f)
		return false;
	file_close(f);
	*f = b->files[b->n - 1];
	q->n_files--;
	if (--b->n == 0)
		q->n_batches--;
	return true;
}

/* One batch of a worker that died. */
static void batch_orphaned(struct pool_queue *q, struct pool_batch *b, bool alone)
{
	if (!b->taken)
		pool_queue_unsend(q, b);
	else if (b->n == 1 && (b->expired || b->apart || alone))
		batch_fail(q, b, b->expired);
	else
		batch_suspect(q, b);
}

void pool_queue_orphaned(struct pool_queue *q, bool from_outside)
{
	bool expired = false;
	size_t n_taken = 0;

	for (size_t i = 0; i < POOL_MAX_BATCHES; i++) {
		const struct pool_batch *b = &q->batches[i];

		expired = expired || (b->n > 0 && b->expired);
		n_taken += b->taken ? b->n : 0;
	}
	for (size_t i = 0; i < POOL_MAX_BATCHES; i++) {
		struct pool_batch *b = &q->batches[i];

		if (b->n == 0)
			continue;
		/* We killed it for another batch: this one only waits again. */
		if (expired && !b->expired && !b->apart)
			batch_return(q, b);
		else
			batch_orphaned(q, b, from_outside || n_taken == 1);
	}
}

void pool_queue_give_up(struct pool_queue *q)
{
	for (size_t i = 0; i < POOL_MAX_BATCHES; i++)
		if (q->batches[i].n > 0)
			batch_fail(q, &q->batches[i], false);
	for (size_t i = 0; i < q->n_waiting; i++)
		fail(q, &q->waiting[i], false);
	for (size_t i = 0; i < q->n_suspects; i++)
		fail(q, &q->suspects[i], false);
	q->n_waiting = q->n_suspects = 0;
}
