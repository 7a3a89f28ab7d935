/* SPDX-License-Identifier: MIT */
#include "crypto/lanes.h"

#include "base/memory.h"
#include "crypto/lanes_reading.h"

/* Files in work at a time: so one job of each makes a pair. */
#define N_READINGS (size_t)2
#define N_READY    (N_READINGS * LANES_MAX_ACTIVE)

/* A feed whose blocks are compressed next. */
struct lane {
	struct feed *feed; /* NULL: idle */
	struct span blocks;
};

struct lanes {
	struct digest_methods methods;
	struct reading readings[N_READINGS];
	struct lane lane[2];
	struct feed *ready[N_READY]; /* a ring: who can go on, longest waiting first */
	size_t first_ready, n_ready;
	struct hash_task *tasks; /* not yet begun */
	size_t n_tasks, next_task;
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
	for (size_t i = 0; i < N_READINGS; i++) {
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
	for (size_t i = 0; i < N_READINGS; i++) {
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
	if (r->n_busy > 0 || (!r->task && l->next_task == l->n_tasks))
		return false;
	if (!r->task) {
		reading_begin(r, &l->tasks[l->next_task++]);
		return true;
	}
	reading_move(r);
	for (size_t i = 0; r->task && i < LANES_MAX_ACTIVE; i++)
		if (reading_serves(r, &r->feeds[i])) {
			r->n_busy++;
			make_ready(l, &r->feeds[i]);
		}
	return true;
}

/* The next feed for an idle lane.  NULL: nothing can go on but what the other lane holds. */
static struct feed *lanes_next(struct lanes *l)
{
	bool moved = true;

	while (moved) {
		if (l->n_ready > 0)
			return take_ready(l);
		for (size_t i = 0; i < N_READINGS; i++) {
			struct feed *f = reading_start_job(&l->readings[i]);

			if (f)
				return f;
		}
		moved = false;
		for (size_t i = 0; i < N_READINGS; i++)
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

		/* Three streams on two lanes: they take turns, and end together. */
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

/* Both lanes as far as the shorter goes; one alone for all that it has. */
static void lanes_compress(struct lane *a, struct lane *b)
{
	size_t len = a->blocks.len;

	if (b->blocks.len > 0 && (len == 0 || b->blocks.len < len))
		len = b->blocks.len;
	if (a->blocks.len > 0 && b->blocks.len > 0)
		stream_compress_2(&a->feed->stream, lane_take(a, len), &b->feed->stream,
				  lane_take(b, len));
	else if (a->blocks.len > 0)
		stream_compress(&a->feed->stream, lane_take(a, len));
	else
		stream_compress(&b->feed->stream, lane_take(b, len));
}

void lanes_run(struct lanes *l, struct hash_task *tasks, size_t n)
{
	l->tasks = tasks;
	l->n_tasks = n;
	l->next_task = 0;
	for (;;) {
		bool some = lane_fill(l, &l->lane[0]);

		some |= lane_fill(l, &l->lane[1]);
		if (!some)
			return;
		lanes_compress(&l->lane[0], &l->lane[1]);
	}
}
