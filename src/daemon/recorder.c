/* SPDX-License-Identifier: MIT */
#include "daemon/recorder.h"

#include "base/memory.h"
#include "daemon/record.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLUSH_MS     200 /* how long a record may wait for others, to be written with them */
#define FLUSH_N      32
#define TRY_AGAIN_MS 1000
#define RECORD_ARENA ((size_t)FLUSH_N * RECORD_MAX_BYTES * 3)

struct recorder {
	const struct recorder_plan *plan;
	struct events *events; /* NULL: it could not be opened yet */
	int64_t tried_ms;      /* when that was */
	int64_t since_ms;      /* of the oldest that is not on the disk */
	uint32_t n_pending;    /* taken, and not answered */
	/* They are written at once: another recorder may want to write, too. */
	struct event held[FLUSH_N];
	bool over;
	char problem[RECORD_MAX_PROBLEM], told[RECORD_MAX_PROBLEM];
	struct arena arena;
	uint8_t packet[RECORD_MAX_BYTES];
};

/* Of events first: a log that does not hear is the smaller one. */
static void problem_say(const struct recorder *r, struct record_answer *a)
{
	CLEANUP(buffer_free) struct buffer logs = BUFFER_INIT;

	sinks_problem(r->plan->sinks, &logs);
	(void)snprintf(a->problem, sizeof(a->problem), "%s",
		       r->problem[0] ? r->problem : buffer_string(&logs, 0));
}

static void answer(struct recorder *r, uint32_t n, bool kept)
{
	struct record_answer a = { .n = n, .kept = kept };

	problem_say(r, &a);
	(void)snprintf(r->told, sizeof(r->told), "%s", a.problem);
	r->n_pending -= n;
	(void)send(r->plan->records, &a, sizeof(a), MSG_NOSIGNAL);
}

static void news_tell(struct recorder *r)
{
	struct record_answer now = { 0 };

	problem_say(r, &now);
	if (strcmp(now.problem, r->told) != 0)
		answer(r, 0, true);
}

static void store_open(struct recorder *r)
{
	const char *problem = NULL;
	int error;

	if (r->events || !r->plan->events ||
	    (r->tried_ms != 0 && ledger_now() < r->tried_ms + TRY_AGAIN_MS))
		return;
	r->tried_ms = ledger_now();
	r->events = events_open(r->plan->events, true, &problem);
	error = errno;
	r->problem[0] = 0;
	if (!r->events)
		(void)snprintf(r->problem, sizeof(r->problem), "%s%s%s: %s", problem,
			       error ? ": " : "", error ? strerrordesc_np(error) : "",
			       r->plan->events);
}

static void store_fail(struct recorder *r)
{
	(void)snprintf(r->problem, sizeof(r->problem), "the events cannot be written: %s: %s",
		       events_problem(r->events), r->plan->events);
}

static bool held_write(struct recorder *r)
{
	/* Without any store to be kept in, all is well when it is told. */
	if (!r->events)
		return !r->plan->events;
	for (uint32_t i = 0; i < r->n_pending; i++)
		if (!events_add(r->events, &r->held[i])) {
			store_fail(r);
			events_abandon(r->events);
			return false;
		}
	if (events_flush(r->events) != STATUS_OK) {
		store_fail(r);
		return false;
	}
	r->problem[0] = 0;
	return true;
}

/* All that was taken is on the disk, or it is lost. */
static void settle(struct recorder *r)
{
	if (r->n_pending == 0)
		return;
	answer(r, r->n_pending, held_write(r));
	arena_reset(&r->arena);
}

static void event_take(struct recorder *r, const struct event *e)
{
	sinks_tell(r->plan->sinks, e, r->plan->ledger);
	store_open(r);
	if (r->n_pending == 0)
		r->since_ms = ledger_now();
	r->held[r->n_pending++] = *e;
}

static void packet_take(struct recorder *r, struct span packet)
{
	struct span own = arena_copy(&r->arena, packet);
	struct event e;

	if (record_decode(&r->arena, own, &e) == STATUS_OK) {
		event_take(r, &e);
		return;
	}
	/* Whoever sent it waits for an answer, and those before it come first. */
	settle(r);
	r->n_pending++;
	answer(r, 1, false);
}

static void packets_take(struct recorder *r)
{
	while (!r->over && r->n_pending < FLUSH_N) {
		ssize_t n = recv(r->plan->records, r->packet, sizeof(r->packet), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		r->over = n <= 0;
		if (n > 0)
			packet_take(r, span_clip(SPAN_OF(r->packet), 0, (uint64_t)n));
	}
}

static void round_go(struct recorder *r)
{
	struct pollfd from = { .fd = r->plan->records, .events = POLLIN };

	(void)poll(&from, 1, r->n_pending > 0 ? FLUSH_MS : TRY_AGAIN_MS);
	packets_take(r);
	if (r->over || r->n_pending >= FLUSH_N || ledger_now() >= r->since_ms + FLUSH_MS)
		settle(r);
	store_open(r);
	news_tell(r);
}

int recorder_run(const struct recorder_plan *plan)
{
	struct recorder *r = (struct recorder *)memory_new(1, sizeof(*r));

	if (!r)
		return 1;
	/* What it was given before everybody else was told to end is kept all the same. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	/* A database that may not grow is one that cannot be written, no more. */
	(void)signal(SIGXFSZ, SIG_IGN);
	/* When the decider dies, who was stopped goes on, to its end. */
	(void)prctl(PR_SET_PDEATHSIG, SIGCONT);
	r->plan = plan;
	r->arena.limit = RECORD_ARENA;
	store_open(r);
	while (!r->over)
		round_go(r);
	events_close(r->events);
	arena_free(&r->arena);
	memory_free(r);
	return 0;
}
