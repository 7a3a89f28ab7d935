/* SPDX-License-Identifier: MIT */
#include "crypto/lanes_reading.h"

#include "base/memory.h"
#include <stdlib.h>

/* Jobs looked at ahead of the window; with more in it, it is read as a whole. */
#define JOBS_AHEAD 1024

static uint64_t window_end(const struct reading *r)
{
	return r->window.off + r->window.bytes.len;
}

static struct digest_job *job_at(const struct reading *r, size_t i)
{
	return &r->task->jobs[r->order ? r->order[i].job : i];
}

/* Jobs begin in the order of this; those that want no byte could begin anywhere. */
static uint64_t job_first(const struct digest_job *job)
{
	uint64_t first = coverage_first(&job->covered);

	return first == FEED_NONE ? 0 : first;
}

static void look_at_next_job(struct reading *r)
{
	r->next_first = FEED_NONE;
	r->next_wants_none = false;
	if (r->next_job == r->task->n_jobs)
		return;
	r->next_first = coverage_first(&job_at(r, r->next_job)->covered);
	r->next_wants_none = r->next_first == FEED_NONE;
}

static int order_compare(const void *left, const void *right)
{
	const struct job_order *a = (const struct job_order *)left;
	const struct job_order *b = (const struct job_order *)right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return (a->job > b->job) - (a->job < b->job);
}

static enum status sort_jobs(struct reading *r)
{
	const struct hash_task *task = r->task;
	bool sorted = true;

	for (size_t i = 1; i < task->n_jobs && sorted; i++)
		sorted = job_first(&task->jobs[i - 1]) <= job_first(&task->jobs[i]);
	if (sorted)
		return STATUS_OK;
	r->order = (struct job_order *)memory_new(task->n_jobs, sizeof *r->order);
	if (!r->order)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < task->n_jobs; i++)
		r->order[i] = (struct job_order){ job_first(&task->jobs[i]), i };
	qsort(r->order, task->n_jobs, sizeof *r->order, order_compare);
	return STATUS_OK;
}

static enum status check_jobs(const struct hash_task *task)
{
	if (task->n_jobs > LANES_MAX_JOBS)
		return STATUS_LIMIT;
	for (size_t i = 0; i < task->n_jobs; i++) {
		const struct digest_job *job = &task->jobs[i];

		if (job->algorithm == DIGEST_NONE)
			return STATUS_UNSUPPORTED;
		TRY(coverage_check(&job->covered, task->view->size));
	}
	return STATUS_OK;
}

/* What was computed before a failure is no result. */
static void clear_results(struct hash_task *task)
{
	for (size_t i = 0; i < task->n_jobs && task->n_jobs <= LANES_MAX_JOBS; i++)
		task->jobs[i].result = (struct digest){ 0 };
}

static void reading_end(struct reading *r)
{
	r->task->status = r->failed;
	if (r->failed != STATUS_OK)
		clear_results(r->task);
	else if (r->task->bulk)
		bulk_end(r->task->bulk);
	r->task = NULL;
	memory_free(r->order);
	r->order = NULL;
	for (size_t i = 0; i < r->n_used; i++) {
		r->n_active -= r->feeds[i].job != NULL;
		r->feeds[i].job = NULL;
	}
}

void reading_begin(struct reading *r, struct hash_task *task)
{
	r->task = task;
	r->n_used = 0;
	r->next_job = 0;
	r->window = (struct view_piece){ 0 };
	r->failed = check_jobs(task);
	if (r->failed == STATUS_OK)
		r->failed = sort_jobs(r);
	if (r->failed != STATUS_OK)
		reading_end(r);
	else
		look_at_next_job(r);
	if (r->task && task->bulk)
		bulk_begin(task->bulk, task->view->size);
}

/* The first that is free: those in use stay close together. */
static struct feed *free_feed(struct reading *r)
{
	for (size_t i = 0; i < LANES_MAX_ACTIVE; i++)
		if (!r->feeds[i].job) {
			r->n_used = i < r->n_used ? r->n_used : i + 1;
			return &r->feeds[i];
		}
	return NULL;
}

struct feed *reading_start_job(struct reading *r)
{
	bool inside = r->next_first >= r->window.off && r->next_first < window_end(r);
	struct feed *f;

	if (!r->task || r->failed != STATUS_OK || !(inside || r->next_wants_none))
		return NULL;
	f = free_feed(r);
	if (!f)
		return NULL;
	r->failed = feed_begin(f, job_at(r, r->next_job), r->methods);
	if (r->failed != STATUS_OK)
		return NULL;
	f->reading = r;
	r->n_active++;
	r->n_busy++;
	r->next_job++;
	look_at_next_job(r);
	return f;
}

void reading_put_back(struct reading *r, struct feed *f, enum feed_state state)
{
	r->n_busy--;
	if (state == FEED_FAILED)
		r->failed = STATUS_NO_MEMORY;
	if (state == FEED_WAITS)
		return;
	f->job = NULL;
	r->n_active--;
}

bool reading_serves(const struct reading *r, const struct feed *f)
{
	return f->job && feed_wants(f) >= r->window.off && feed_wants(f) < window_end(r);
}

/* Where the next job begins, if a feed is free for it; else FEED_NONE. */
static uint64_t next_job_first(const struct reading *r)
{
	return r->n_active < LANES_MAX_ACTIVE ? r->next_first : FEED_NONE;
}

/* The byte that the bulk waits for, which takes all of them once; else FEED_NONE. */
static uint64_t bulk_next(const struct reading *r)
{
	const struct bulk *b = r->task->bulk;

	return b && b->next < b->size ? b->next : FEED_NONE;
}

/* The first byte from @from on that something waits for; FEED_NONE: nothing. */
static uint64_t first_wanted(const struct reading *r, uint64_t from)
{
	uint64_t first = next_job_first(r) >= from ? next_job_first(r) : FEED_NONE;

	if (bulk_next(r) >= from && bulk_next(r) < first)
		first = bulk_next(r);
	for (size_t i = 0; i < r->n_used; i++) {
		const struct feed *f = &r->feeds[i];

		if (f->job && feed_wants(f) >= from && feed_wants(f) < first)
			first = feed_wants(f);
	}
	return first;
}

/* Behind the last byte in [@from, @limit) that a job wants which begins there. */
static uint64_t last_wanted_by_jobs(const struct reading *r, uint64_t from, uint64_t limit)
{
	size_t end = r->next_job + JOBS_AHEAD;
	uint64_t last = from;

	if (next_job_first(r) < from || next_job_first(r) >= limit)
		return from;
	for (size_t i = r->next_job; i < r->task->n_jobs && last < limit; i++) {
		const struct digest_job *job = job_at(r, i);
		uint64_t until;

		if (i == end)
			return limit;
		if (job_first(job) >= limit)
			break;
		until = coverage_until(&job->covered, 0, 0, limit);
		last = until > last ? until : last;
	}
	return last;
}

/* Behind the last byte in [@from, @limit) that something waits for. */
static uint64_t last_wanted(const struct reading *r, uint64_t from, uint64_t limit)
{
	uint64_t last;

	if (bulk_next(r) >= from && bulk_next(r) < limit)
		return limit;
	last = last_wanted_by_jobs(r, from, limit);
	for (size_t i = 0; i < r->n_used && last < limit; i++) {
		const struct feed *f = &r->feeds[i];
		uint64_t until;

		if (!f->job || feed_wants(f) < from || feed_wants(f) >= limit)
			continue;
		until = coverage_until(&f->job->covered, f->piece, f->done, limit);
		last = until > last ? until : last;
	}
	return last;
}

/* Bytes that the view holds decide as they stand there; the others are read. */
static enum status window_fill(struct reading *r, uint64_t from, uint64_t end)
{
	const struct view *view = r->task->view;
	size_t len = (size_t)(end - from);

	for (size_t i = 0; i < view->n; i++) {
		struct span held = SPAN_NONE;

		if (from >= view->pieces[i].off)
			held = span_clip(view->pieces[i].bytes, from - view->pieces[i].off,
					 len);
		if (held.len > 0) {
			r->window = (struct view_piece){ from, held };
			return STATUS_OK;
		}
	}
	if (!r->task->source)
		return STATUS_USAGE;
	TRY(source_read(r->task->source, view, from, r->buffer, len));
	r->window = (struct view_piece){
		from, {r->buffer, len}
	};
	return STATUS_OK;
}

void reading_move(struct reading *r)
{
	uint64_t size = r->task->view->size, from, limit;

	from = first_wanted(r, window_end(r));
	if (from == FEED_NONE)
		from = first_wanted(r, 0);
	if (from != FEED_NONE && r->failed == STATUS_OK) {
		limit = size - from < r->chunk ? size : from + r->chunk;
		r->failed = window_fill(r, from, last_wanted(r, from, limit));
		if (r->failed == STATUS_OK && r->task->bulk)
			bulk_take(r->task->bulk, r->window.off, r->window.bytes);
	}
	if (from == FEED_NONE || r->failed != STATUS_OK)
		reading_end(r);
}
