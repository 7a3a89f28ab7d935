/* SPDX-License-Identifier: MIT */
#include "crypto/lanes.h"

#include "base/memory.h"
#include "crypto/lanes_reading.h"

#define N_LANES (size_t) SHA_TOGETHER /* one job each of LANES_MAX_FILES fills them */
#define N_READY ((size_t)LANES_MAX_FILES * LANES_MAX_ACTIVE)

/* A feed whose blocks are compressed next. */
struct lane {
	struct feed *feed; /* NULL: idle */
	struct span blocks;
};

struct lanes {
	struct digest_methods methods;
	struct reading readings[LANES_MAX_FILES];
	struct lane lane[N_LANES];
	struct feed *ready[N_READY]; /* a ring: who can go on, longest waiting first */
	size_t first_ready, n_ready;
	const struct hash_queue *queue;
	bool dry; /* it gave nothing, this turn */
};

struct lanes *lanes_new(bool use_cpu)
{
	return lanes_new_chunk(use_cpu, LANES_CHUNK);
}

struct lanes *lanes_new_chunk(bool use_cpu, size_t chunk)
{
	struct lanes *l = (struct lanes *)memory_new(1, sizeof *l);

	if (!l)
		return NULL;
	l->methods.use_cpu = use_cpu;
	for (size_t i = 0; i < LANES_MAX_FILES; i++) {
		l->readings[i].methods = &l->methods;
		l->readings[i].chunk = chunk;
		l->readings[i].buffer = (uint8_t *)memory_new(chunk, 1);
		if (!l->readings[i].buffer) {
			lanes_free(l);
			return NULL;
		}
	}
	return l;
}

void lanes_free(struct lanes *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < LANES_MAX_FILES; i++) {
		for (size_t k = 0; k < LANES_MAX_ACTIVE; k++)
			feed_free(&l->readings[i].feeds[k]);
		memory_free(l->readings[i].buffer);
	}
	digest_methods_free(&l->methods);
	memory_free(l);
}

static void make_ready(struct lanes *l, struct feed *f)
{
	l->ready[(l->first_ready + l->n_ready++) % N_READY] = f;
}

static struct feed *take_ready(struct lanes *l)
{
	struct feed *f = l->ready[l->first_ready];

	l->first_ready = (l->first_ready + 1) % N_READY;
	l->n_ready--;
	return f;
}

/* Gets an idle file, or one whose feeds all wait, to where something can go on. */
static bool lanes_move(struct lanes *l, struct reading *r)
{
	struct hash_task *task = r->task;

	if (r->n_busy > 0 || (!task && l->dry))
		return false;
	if (task) {
		reading_move(r);
	} else {
		task = l->queue->next(l->queue->context);
		l->dry = task == NULL;
		if (!task)
			return false;
		reading_begin(r, task);
	}
	for (size_t i = 0; r->task && i < r->n_used; i++)
		if (reading_serves(r, &r->feeds[i])) {
			r->n_busy++;
			make_ready(l, &r->feeds[i]);
		}
	if (!r->task)
		l->queue->done(l->queue->context, task);
	return true;
}

/* The next feed for an idle lane.  NULL: nothing can go on but what other lanes hold. */
static struct feed *lanes_next(struct lanes *l)
{
	bool moved = true;

	while (moved) {
		if (l->n_ready > 0)
			return take_ready(l);
		for (size_t i = 0; i < LANES_MAX_FILES; i++) {
			struct feed *f = reading_start_job(&l->readings[i]);

			if (f)
				return f;
		}
		moved = false;
		for (size_t i = 0; i < LANES_MAX_FILES; i++)
			moved |= lanes_move(l, &l->readings[i]);
	}
	return NULL;
}

/* Gives an empty lane blocks to work on. */
static bool lane_fill(struct lanes *l, struct lane *lane)
{
	while (lane->blocks.len == 0) {
		struct feed *f = lane->feed;
		enum feed_state state;

		/* More streams than lanes: they take turns, and end together. */
		if (f && l->n_ready > 0) {
			make_ready(l, f);
			f = NULL;
		}
		if (!f)
			f = lanes_next(l);
		lane->feed = f;
		if (!f)
			return false;
		state = feed_run(f, &f->reading->window, &lane->blocks);
		if (state != FEED_BLOCKS) {
			reading_put_back(f->reading, f, state);
			lane->feed = NULL;
		}
	}
	return true;
}

static struct span lane_take(struct lane *lane, size_t len)
{
	struct span blocks = span_clip(lane->blocks, 0, len);

	lane->blocks = span_after(lane->blocks, len);
	return blocks;
}

/* All that have blocks, as far as the shortest goes. */
static void lanes_compress(struct lanes *l)
{
	struct stream *streams[N_LANES];
	struct span blocks[N_LANES];
	size_t len = SIZE_MAX, n = 0;

	for (size_t i = 0; i < N_LANES; i++)
		if (l->lane[i].blocks.len > 0 && l->lane[i].blocks.len < len)
			len = l->lane[i].blocks.len;
	for (size_t i = 0; i < N_LANES; i++)
		if (l->lane[i].blocks.len > 0) {
			streams[n] = &l->lane[i].feed->stream;
			blocks[n++] = lane_take(&l->lane[i], len);
		}
	streams_compress(streams, blocks, n);
}

void lanes_serve(struct lanes *l, const struct hash_queue *queue)
{
	bool some = true;

	l->queue = queue;
	while (some) {
		some = l->dry = false;
		for (size_t i = 0; i < N_LANES; i++)
			some |= lane_fill(l, &l->lane[i]);
		if (some)
			lanes_compress(l);
	}
}

/* Tasks that are all there. */
struct task_list {
	struct hash_task *tasks;
	size_t n, next;
};

static struct hash_task *list_next(void *context)
{
	struct task_list *list = (struct task_list *)context;

	return list->next < list->n ? &list->tasks[list->next++] : NULL;
}

/* Whoever gave the list reads what became of it. */
static void list_done(void *context, struct hash_task *task)
{
	(void)context, (void)task;
}

void lanes_run(struct lanes *l, struct hash_task *tasks, size_t n)
{
	struct task_list list = { tasks, n, 0 };

	lanes_serve(l, &(struct hash_queue){ list_next, list_done, &list });
}
