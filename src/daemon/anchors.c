/* SPDX-License-Identifier: MIT */
#include "daemon/anchors.h"

#include "base/cursor.h"
#include "daemon/guarding.h"
#include <stdio.h>
#include <unistd.h>

#define READ_MS    5000 /* that reading them may take */
#define DEATH_MS   200
#define READ_ARENA ((size_t)64 << 20)

uint64_t anchors_name(const struct engine *e)
{
	struct cursor c = cursor_at(SPAN_OF(e->trust_digest), 0);

	return cursor_u64le(&c);
}

bool anchors_heard(const struct anchors_plan *plan, int fd)
{
	bool taken = fd >= 0 && plan && plan->take(plan->context, fd);

	if (fd >= 0)
		(void)close(fd);
	return taken;
}

static void problem_tell(struct ledger *l, const char *problem)
{
	(void)snprintf(l->anchors_problem, sizeof(l->anchors_problem), "%s", problem);
}

/* The life of who reads them. */
static int reading_run(const struct anchors_plan *plan, struct ledger *l, int orders)
{
	struct arena a = ARENA_INIT(READ_ARENA);
	const char *problem = NULL;
	const char order = GUARD_ORDER_ANCHORS;
	int fd = -1;

	if (plan->read(plan->context, &a, &fd, &problem) != STATUS_OK) {
		problem_tell(l, problem ? problem : "the trust anchors cannot be read");
		return 1;
	}
	problem_tell(l, "");
	if (fd >= 0 && !message_tell(orders, (struct span){ (const uint8_t *)&order, 1 }, fd))
		problem_tell(l, "the trust anchors cannot be handed over");
	return 0;
}

static void reading_start(struct guard *g)
{
	int orders;

	g->reading_number = atomic_load(&g->ledger->anchors_asked);
	if (!g->plan->watcher.anchors)
		return;
	/* Until it says otherwise. */
	problem_tell(g->ledger, "the process that reads the trust anchors died");
	if (child_fork(&g->reading, &orders) != STATUS_OK) {
		problem_tell(g->ledger,
			     "no process could be started to read the trust anchors");
		return;
	}
	if (orders < 0) {
		g->reading_ms = ledger_now();
		return;
	}
	guard_child_begin(g);
	served_close_others(g, NULL);
	tier_a_end(g->tier);
	exec_events_close(&g->events);
	_exit(reading_run(g->plan->watcher.anchors, g->ledger, orders));
}

/* For all who are started from now on. */
static void anchors_take(struct guard *g, int fd)
{
	const struct anchors_plan *plan = g->plan->watcher.anchors;

	if (!plan->take(plan->context, fd)) {
		problem_tell(g->ledger, "the trust anchors cannot be taken over");
		(void)close(fd);
		return;
	}
	if (g->anchors >= 0)
		(void)close(g->anchors);
	g->anchors = fd;
	atomic_store(&g->ledger->anchors, anchors_name(g->plan->watcher.engine));
}

static void reading_step(struct guard *g)
{
	char order;
	int fd;
	bool goes_on;

	if (g->reading.pid == 0)
		return;
	goes_on = order_take(g->reading.orders, false, &order, &fd);
	if (fd >= 0)
		anchors_take(g, fd);
	if (goes_on && g->reading_ms + READ_MS >= ledger_now())
		return;
	if (goes_on)
		problem_tell(g->ledger, "reading the trust anchors takes too long");
	if (!child_end_within(&g->reading, DEATH_MS) && !guard_child_leave(g, &g->reading))
		child_end(&g->reading);
}

/* True: @c has them, was told of them, or is not there. */
static bool child_has(const struct guard *g, struct child *c)
{
	uint64_t name = anchors_name(g->plan->watcher.engine);

	if (c->pid != 0 && c->anchors != name && child_tell(c, GUARD_ORDER_ANCHORS, g->anchors))
		c->anchors = name;
	return c->pid == 0 || c->anchors == name;
}

/* True: nobody answers by others any more. */
static bool all_have(struct guard *g)
{
	bool all = child_has(g, &g->watcher) && g->watcher.pid != 0 &&
		   atomic_load(&g->ledger->watcher.anchors) ==
			   anchors_name(g->plan->watcher.engine);

	all = child_has(g, &g->spare) && all;
	all = child_has(g, &g->scout) && all;
	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++)
		if (g->served[i].used)
			all = child_has(g, &g->served[i].reader) && all;
	return all;
}

void guard_anchors_begin(struct guard *g)
{
	atomic_store(&g->ledger->anchors, anchors_name(g->plan->watcher.engine));
}

void guard_anchors_step(struct guard *g)
{
	reading_step(g);
	if (g->reading.pid != 0 || !all_have(g))
		return;
	if (g->reading_number != atomic_load(&g->ledger->anchors_done)) {
		atomic_store(&g->ledger->anchors_done, g->reading_number);
		(void)child_tell(&g->decider, GUARD_ORDER_ANCHORS, -1);
	}
	if (g->reading_number != atomic_load(&g->ledger->anchors_asked))
		reading_start(g);
}

bool guard_anchors_are_awaited(const struct guard *g)
{
	return g->reading.pid != 0 ||
	       g->reading_number != atomic_load(&g->ledger->anchors_done);
}

void guard_anchors_end(struct guard *g)
{
	if (g->reading.pid != 0)
		(void)child_abandon(&g->reading);
	if (g->anchors >= 0)
		(void)close(g->anchors);
	g->anchors = -1;
}
