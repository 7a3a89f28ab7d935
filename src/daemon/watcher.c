/* SPDX-License-Identifier: MIT */
#include "daemon/children.h"
#include "daemon/guard.h"
#include "daemon/watching.h"

#include "base/memory.h"
#include "host/residence.h"
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUND_US          INT64_C(100000) /* the longest that it sits still */
#define EVENTS_A_ROUND    64
#define DECISIONS_A_ROUND 256
#define POOL_MEND_US      INT64_C(200000)
/*
 * What is held is looked at when something else wakes us, or a little later: a timer for
 * each would move us to another processor than that of who asks, at twice the cost.
 */
#define HELD_SLACK_US 4000

enum {
	POLL_GROUP,
	POLL_ORDERS,
	POLL_DECIDER,
	POLL_KERNEL,
	POLL_OPENER,
	POLL_POOLS,
	POLL_COUNT = POLL_POOLS + WATCH_POOLS
};

/* How long until something is due. */
static struct timespec pause_of(const struct watching *w)
{
	int64_t now = watch_now_us(), first = now + ROUND_US;

	for (size_t i = 0; i < w->n_active; i++) {
		const struct watch_case *c = &w->cases[w->active[i]];
		int64_t due = c->stage == WATCH_HELD ? c->due_us + HELD_SLACK_US : c->due_us;

		first = due < first ? due : first;
	}
	first = first < now ? 0 : first - now;
	return (struct timespec){ .tv_sec = first / 1000000,
				  .tv_nsec = first % 1000000 * 1000 };
}

static void events_take(struct watching *w)
{
	struct exec_event event;

	exec_events_read(&w->events);
	if (w->events.error != 0)
		watch_refused(w);
	for (int i = 0; i < EVENTS_A_ROUND && w->n_unused > 0; i++) {
		if (!exec_events_next(&w->events, &event))
			return;
		watch_event(w, &event);
	}
}

static void decider_drop(struct watching *w)
{
	if (w->decider >= 0)
		(void)close(w->decider);
	w->decider = -1;
}

static void decisions_take(struct watching *w)
{
	struct decision d;

	for (int i = 0; i < DECISIONS_A_ROUND && w->decider >= 0; i++) {
		ssize_t n = recv(w->decider, &d, sizeof(d), MSG_DONTWAIT);

		if (n == (ssize_t)sizeof(d)) {
			watch_decided(w, &d);
			continue;
		}
		if (n >= 0) /* its end, or nonsense */
			decider_drop(w);
		return;
	}
}

static void anchors_tell(const struct watching *w)
{
	atomic_store(&w->plan->hands->anchors, anchors_name(w->plan->engine));
}

/* The workers have the old ones.  While we are a spare there are none, and nobody asks. */
static void anchors_follow(struct watching *w, int fd)
{
	if (!anchors_heard(w->plan->anchors, fd))
		return;
	w->anchors++;
	watch_pools_renew(w);
	if (w->known)
		anchors_tell(w);
}

/* The supervisor sends a new decider's socket; when it is gone, there is nobody to rescue us.
 */
static void orders_take(struct watching *w, bool waits)
{
	char order;
	int fd;

	w->over = !order_take(w->plan->orders, waits, &order, &fd);
	if (order == GUARD_ORDER_ANCHORS) {
		anchors_follow(w, fd);
		return;
	}
	if (fd < 0)
		return;
	decider_drop(w);
	w->decider = fd;
	watch_ask_again(w);
}

static void judged_take(struct watching *w, struct watch_pool *p)
{
	struct pool_answer answer;

	pool_push(p->pool);
	while (pool_next(p->pool, 0, &answer))
		watch_judged(w, &answer);
}

/* A pool whose workers died one after the other has given up: it begins again, now and then. */
static void pool_mend(struct watch_pool *p)
{
	int64_t now = watch_now_us();

	if (pool_descriptor(p->pool) >= 0 || pool_outstanding(p->pool) > 0 ||
	    now < p->mended_us + POOL_MEND_US)
		return;
	p->mended_us = pool_renew(p->pool) == STATUS_OK ? 0 : now;
}

static void pools_take(struct watching *w)
{
	for (size_t i = 0; i < WATCH_POOLS; i++) {
		struct watch_pool *p = &w->pools[i];

		if (!p->pool)
			continue;
		if (pool_outstanding(p->pool) > 0)
			judged_take(w, p);
		pool_mend(p);
	}
}

/* Whatever can be is given to workers; the others have time to become new. */
static void pools_give(struct watching *w)
{
	watch_turns(w);
	for (size_t i = 0; i < WATCH_POOLS; i++) {
		struct watch_pool *p = &w->pools[i];

		if (p->pool && pool_outstanding(p->pool) > 0)
			pool_push(p->pool);
		else
			watch_pool_clean(w, p);
	}
}

/* Whether a worker has something to say; -1: nobody is asked. */
static int pool_awaited(const struct watch_pool *p)
{
	return p->pool && pool_outstanding(p->pool) > 0 ? pool_descriptor(p->pool) : -1;
}

static void due_take(struct watching *w)
{
	int64_t now = watch_now_us();

	/* Backwards: a case that ends is replaced by the last one. */
	for (size_t i = w->n_active; i-- > 0;)
		if (i < w->n_active)
			watch_step(w, &w->cases[w->active[i]], now);
}

/* For who has to see them die. */
static void workers_note(const struct watching *w)
{
	for (size_t i = 0; i < WATCH_POOLS; i++)
		if (w->pools[i].pool)
			atomic_store(&w->plan->hands->workers[i],
				     pool_worker(w->pools[i].pool));
}

/* Who reads for a file system from which nothing is run needs not be there. */
static void idle_end(struct watching *w)
{
	int64_t now = ledger_now();

	if (!w->plan->served)
		return;
	if (w->n_active > 0 || w->events.at < w->events.len || w->busy_ms == 0)
		w->busy_ms = now;
	w->over = w->over || now > w->busy_ms + WATCHER_IDLE_MS;
}

static void round_go(struct watching *w)
{
	struct timespec pause = pause_of(w);
	bool has_room = w->n_unused > 0;
	int records = w->records ? tier_a_records_descriptor(w->records) : -1;
	struct pollfd from[POLL_COUNT] = {
		[POLL_GROUP] = {.fd = has_room ? w->events.group : -1, .events = POLLIN},
		[POLL_ORDERS] = { .fd = w->plan->orders,                .events = POLLIN},
		[POLL_DECIDER] = { .fd = w->decider,                     .events = POLLIN},
		[POLL_KERNEL] = { .fd = records,                        .events = POLLIN},
		[POLL_OPENER] = { .fd = w->opener.orders,               .events = POLLIN},
	};

	for (size_t i = 0; i < WATCH_POOLS; i++)
		from[POLL_POOLS + i] =
			(struct pollfd){ .fd = pool_awaited(&w->pools[i]), .events = POLLIN };
	if (has_room && w->events.at < w->events.len)
		pause = (struct timespec){ 0, 0 };
	atomic_store(&w->plan->hands->beat, ledger_now());
	workers_note(w);
	(void)ppoll(from, POLL_COUNT, &pause, NULL);
	watch_epoch(w);
	if (from[POLL_ORDERS].revents)
		orders_take(w, false);
	if (from[POLL_DECIDER].revents)
		decisions_take(w);
	pools_take(w);
	if (from[POLL_OPENER].revents || (w->records && w->opener.pid == 0))
		watch_kernel_opened(w);
	if (from[POLL_KERNEL].revents)
		tier_a_records_read(w->records);
	if (from[POLL_GROUP].revents || w->events.at < w->events.len)
		events_take(w);
	due_take(w);
	known_age(w->known, ledger_now());
	pools_give(w);
	idle_end(w);
}

static enum status watching_begin(struct watching *w, const struct watcher_plan *plan)
{
	struct rlimit files = { LEDGER_MAX_FDS, LEDGER_MAX_FDS };

	/* The kernel tells a lease's holder of who waits; the lease lives for ms. */
	(void)signal(SIGIO, SIG_IGN);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	residence_take();
	if (!plan->served)
		residence_run_first();
	for (uint16_t i = 0; i < WATCHER_MAX_CASES; i++)
		w->unused[w->n_unused++] = (uint16_t)(WATCHER_MAX_CASES - 1 - i);
	w->break_us = watch_break_us();
	exec_events_adopt(&w->events, plan->group);
	w->events.single = plan->served;
	if (plan->ignores || plan->tier) /* by whatever policy the watcher before us had */
		watch_kernel_flush(w);
	w->known = known_new();
	if (plan->interpreters)
		w->callers = callers_new(plan->interpreters);
	if (!w->known || (plan->interpreters && !w->callers))
		return STATUS_NO_MEMORY;
	TRY(watch_kernel_begin(w));
	anchors_tell(w);
	TRY(watch_pool_start(w, &w->pools[WATCH_POOL_FIRST]));
	return STATUS_OK;
}

int watcher_run(const struct watcher_plan *plan)
{
	struct watching *w = (struct watching *)memory_new(1, sizeof(*w));
	enum status status = STATUS_NO_MEMORY;

	if (w) {
		w->plan = plan;
		w->own = getpid();
		w->decider = w->opener.orders = -1;
		while (w->decider < 0 && !w->over)
			orders_take(w, true);
		status = w->over ? STATUS_OK : watching_begin(w, plan);
	}
	while (status == STATUS_OK && !w->over)
		round_go(w);
	if (w) {
		for (size_t i = 0; i < WATCH_POOLS; i++) {
			pool_stop(w->pools[i].pool);
			atomic_store(&plan->hands->workers[i], 0);
		}
		child_end(&w->opener);
		tier_a_records_free(w->records);
		known_free(w->known);
		callers_free(w->callers);
	}
	memory_free(w);
	return status == STATUS_OK ? 0 : 1;
}
