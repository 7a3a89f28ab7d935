/* SPDX-License-Identifier: MIT */
#include "daemon/guard.h"

#include "daemon/guarding.h"
#include "daemon/marks.h"
#include "daemon/scout.h"
#include "daemon/watching.h"
#include "host/residence.h"
#include "policy/guard_rules.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUND_MS         100
#define SOON_MS          5
#define OTHERS           4   /* of whom the supervisor hears, besides who is asked in vain */
#define GRACE_MS         500 /* after a deadline, before the watcher is given up */
#define WATCHER_STUCK_MS 2000
#define DECIDER_STUCK_MS 1000 /* less than any deadline */
#define SCOUT_STUCK_MS   1000
#define SCOUT_PAUSE_MS   500 /* between one and the next */
#define DEATH_MS         200 /* that a watcher may take to die */
#define UNREAD_A_ROUND   256
#define PACKET_BUFFER    (1 << 20)

enum status guard_channel_open(int ends[2])
{
	int bytes = PACKET_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return STATUS_IO;
	/* Beyond what the host lets others have, where we may. */
	for (int i = 0; i < 2; i++)
		if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
			(void)setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return STATUS_OK;
}

static void fds_close(const struct guard *g)
{
	const int fds[] = { g->signals, g->mounts, g->proc, g->notes, g->anchors };

	for (size_t i = 0; i < COUNT_OF(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

void guard_child_begin(struct guard *g)
{
	const int others[] = { g->watcher.orders, g->spare.orders, g->decider.orders,
			       g->scout.orders, g->reading.orders };
	sigset_t none;

	fds_close(g);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (others[i] >= 0)
			(void)close(others[i]);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A watcher that waits to be told that it is one. */
static enum status spare_start(struct guard *g)
{
	struct watcher_plan plan = g->plan->watcher;

	TRY(child_fork(&g->spare, &plan.orders));
	if (plan.orders < 0) {
		g->spare.anchors = anchors_name(g->plan->watcher.engine);
		return STATUS_OK;
	}
	guard_child_begin(g);
	served_close_others(g, NULL);
	plan.group = g->events.group;
	plan.pool.null = g->null;
	plan.ledger = g->ledger;
	plan.hands = &g->ledger->watcher;
	plan.tier = g->tier;
	/* Its worker reads hostile files, and shall see nothing of this. */
	(void)madvise(g->ledger, sizeof(*g->ledger), MADV_DONTFORK);
	_exit(watcher_run(&plan));
}

static enum status decider_start(struct guard *g)
{
	int orders;

	TRY(child_fork(&g->decider, &orders));
	if (orders < 0) {
		atomic_store(&g->ledger->decider_beat, ledger_now());
		ledger_count(g->ledger, LEDGER_DECIDERS);
		return STATUS_OK;
	}
	guard_child_begin(g);
	served_close_others(g, NULL);
	tier_a_end(g->tier);
	exec_events_close(&g->events);
	_exit(g->plan->decide(g->plan->context, g->ledger, orders));
}

static enum status scout_start(struct guard *g)
{
	struct scout_plan plan = { .ledger = g->ledger,
				   .engine = g->plan->watcher.engine,
				   .anchors = g->plan->watcher.anchors,
				   .pool = g->plan->watcher.pool,
				   .may = g->plan->may };

	TRY(child_fork(&g->scout, &plan.orders));
	if (plan.orders < 0) {
		atomic_store(&g->ledger->scout_beat, ledger_now());
		ledger_count(g->ledger, LEDGER_SCOUTS);
		g->scouted_ms = ledger_now();
		g->scout.anchors = anchors_name(g->plan->watcher.engine);
		if (g->notes >= 0)
			(void)child_tell(&g->scout, GUARD_ORDER_WATCHER, g->notes);
		return STATUS_OK;
	}
	guard_child_begin(g);
	served_close_others(g, NULL);
	exec_events_close(&g->events);
	tier_a_end(g->tier);
	plan.proc = marks_proc_open();
	plan.pool.null = g->null;
	/* As for the watcher's worker. */
	(void)madvise(g->ledger, sizeof(*g->ledger), MADV_DONTFORK);
	_exit(scout_run(&plan));
}

/* Watcher and decider get the two ends of a new channel; who cannot hear now is told later. */
static void channel_make(struct guard *g)
{
	int ends[2];

	if (guard_channel_open(ends) != STATUS_OK)
		return;
	g->linked = child_tell(&g->watcher, GUARD_ORDER_WATCHER, ends[0]) &&
		    child_tell(&g->decider, GUARD_ORDER_WATCHER, ends[1]);
	/* What the scout tells, the decider hears as from the watcher. */
	(void)child_tell(&g->scout, GUARD_ORDER_WATCHER, ends[0]);
	if (g->notes >= 0)
		(void)close(g->notes);
	g->notes = ends[0];
	(void)close(ends[1]);
}

static void spare_promote(struct guard *g)
{
	atomic_store(&g->ledger->watcher.beat, ledger_now());
	g->watcher = g->spare;
	g->spare = (struct child){ .orders = -1 };
	g->linked = false;
	ledger_count(g->ledger, LEDGER_WATCHERS);
}

static bool reader_dead_allows(const struct guard *g)
{
	return guard_fault_answer(GUARD_READER_DEAD,
				  (enum guard_mode)atomic_load(&g->ledger->mode))
		.allow;
}

void guard_pending_answer(struct guard *g, const struct exec_events *events,
			  struct ledger_hands *hands)
{
	bool allow = reader_dead_allows(g);

	for (int fd = 0; fd < LEDGER_MAX_FDS; fd++) {
		ledger_leave(hands, fd);
		if (exec_events_answer(events->group, fd, allow))
			ledger_count(g->ledger, LEDGER_RESCUED);
	}
}

/* Nobody else can read now: whatever has come is answered as the dead watcher's was. */
static void unread_answer(struct guard *g)
{
	struct exec_event event;

	for (int i = 0; i < UNREAD_A_ROUND; i++) {
		exec_events_read(&g->events);
		if (!exec_events_next(&g->events, &event))
			return;
		if (event.fd < 0)
			continue;
		if (exec_events_answer(g->events.group, event.fd, reader_dead_allows(g)))
			ledger_count(g->ledger, LEDGER_RESCUED);
		(void)close(event.fd);
	}
}

static bool is_stuck(const struct guard *g)
{
	const struct ledger_hands *hands = &g->ledger->watcher;
	int64_t now = ledger_now(), first = ledger_first(hands);

	return (first != INT64_MAX && first + GRACE_MS < now) ||
	       atomic_load(&hands->beat) + WATCHER_STUCK_MS < now;
}

bool guard_child_leave(struct guard *g, struct child *c)
{
	for (size_t i = 0; i < LEAVING_MAX; i++)
		if (g->leaving[i] == 0) {
			g->leaving[i] = child_abandon(c);
			return true;
		}
	return false;
}

/*
 * Whoever serves a file system that somebody named may let even a dead watcher wait: nobody
 * waits with it.
 */
static void watcher_end(struct guard *g)
{
	if (child_end_within(&g->watcher, DEATH_MS))
		return;
	atomic_store(&g->ledger->watcher.abandoned, true);
	if (!guard_child_leave(g, &g->watcher))
		child_end(&g->watcher);
}

/* A watcher that is dead or stuck is replaced; who cannot be now is the next time. */
static void watcher_mend(struct guard *g)
{
	if (g->watcher.pid != 0) {
		if (!child_ended(&g->watcher) && !is_stuck(g))
			return;
		watcher_end(g);
		guard_pending_answer(g, &g->events, &g->ledger->watcher);
	}
	if (g->spare.pid == 0 && spare_start(g) != STATUS_OK)
		unread_answer(g);
	else
		spare_promote(g);
}

static void signals_take(struct guard *g)
{
	struct signalfd_siginfo s;

	while (read(g->signals, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		if (s.ssi_signo == SIGTERM || s.ssi_signo == SIGINT)
			g->over = true;
		if (s.ssi_signo == SIGHUP)
			(void)child_tell(&g->decider, GUARD_ORDER_RELOAD, -1);
	}
}

/* It has been asked to have something done; what it is stands in the ledger. */
static void decider_hear(struct guard *g)
{
	char order;
	int fd;

	if (order_take(g->decider.orders, false, &order, &fd) && fd >= 0)
		(void)close(fd);
}

static size_t leaving_count(const struct guard *g)
{
	size_t n = 0;

	for (size_t i = 0; i < LEAVING_MAX; i++)
		n += g->leaving[i] != 0;
	return n;
}

/* It got stuck, or died: where that was, nobody goes again. */
static void scout_mend(struct guard *g)
{
	uint64_t at;
	bool blind = false;

	if (g->scout.pid != 0) {
		bool ended = child_ended(&g->scout);
		bool stuck = !ended && atomic_load(&g->ledger->scout_beat) + SCOUT_STUCK_MS <
					       ledger_now();

		blind = stuck && (leaving_count(g) >= LEAVING_SCOUTS ||
				  !guard_child_leave(g, &g->scout));
		atomic_store(&g->ledger->counts[LEDGER_BLIND], blind);
		if (blind || (!ended && !stuck))
			return;
		at = atomic_exchange(&g->ledger->scout_at, 0);
		if (at != 0)
			atomic_store(&g->ledger->shunned[g->n_shunned++ % LEDGER_MAX_SHUNNED],
				     at);
	}
	/* Who cannot be started now is the next time. */
	if (g->scouted_ms + SCOUT_PAUSE_MS <= ledger_now() && scout_start(g) != STATUS_OK)
		g->scouted_ms = ledger_now();
}

static void leaving_reap(struct guard *g)
{
	for (size_t i = 0; i < LEAVING_MAX; i++)
		if (g->leaving[i] != 0 && waitpid(g->leaving[i], NULL, WNOHANG) != 0)
			g->leaving[i] = 0;
	atomic_store(&g->ledger->counts[LEDGER_LEFT], leaving_count(g));
}

/* Too many processes, or no memory: whoever cannot be replaced now is the next time. */
static void children_mend(struct guard *g)
{
	leaving_reap(g);
	(void)child_ended(&g->spare);
	watcher_mend(g);
	if (g->spare.pid == 0 && spare_start(g) != STATUS_OK)
		return;
	if (!child_ended(&g->decider) && g->decider.pid != 0 &&
	    atomic_load(&g->ledger->decider_beat) + DECIDER_STUCK_MS < ledger_now())
		(void)guard_child_leave(g, &g->decider);
	if (g->decider.pid == 0) {
		g->linked = false;
		served_unlink(g);
		if (decider_start(g) != STATUS_OK)
			return;
	}
	if (g->plan->all)
		scout_mend(g);
	if (!g->linked)
		channel_make(g);
	served_step(g);
}

static void round_go(struct guard *g)
{
	struct pollfd from[OTHERS + LEDGER_MAX_SERVED] = {
		{.fd = g->signals,         .events = POLLIN },
		{ .fd = g->mounts,         .events = POLLPRI},
		{ .fd = g->scout.orders,   .events = POLLIN },
		{ .fd = g->decider.orders, .events = POLLIN }
	};

	/* Those where nobody reads: somebody has to when there is something. */
	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++)
		from[OTHERS + i] = (struct pollfd){ .fd = served_waits_on(&g->served[i]),
						    .events = POLLIN };

	if (g->tier)
		tier_a_beat(g->tier);
	(void)poll(from, COUNT_OF(from), guard_anchors_are_awaited(g) ? SOON_MS : ROUND_MS);
	signals_take(g);
	if (from[1].revents)
		guard_mounts_mark(g);
	else if (g->served_ms <= ledger_now())
		guard_served_mark(g);
	if (from[2].revents)
		guard_scout_serve(g);
	if (from[3].revents)
		decider_hear(g);
	if (g->plan->alive)
		g->plan->alive(g->plan->context);
	if (g->over)
		return;
	children_mend(g);
	guard_anchors_step(g);
}

static enum status signals_open(struct guard *g)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		(void)sigaddset(&set, numbers[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return STATUS_IO;
	g->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return g->signals < 0 ? STATUS_IO : STATUS_OK;
}

/* Is less guarded than somebody insists on? */
static bool is_short(const struct guard *g)
{
	return guard_response(GUARD_UNMARKED, g->plan->mode, g->plan->all_or_none) ==
		       GUARD_REFUSES_START &&
	       ledger_counted(g->ledger, LEDGER_UNMARKED) +
			       ledger_counted(g->ledger, LEDGER_ELSEWHERE_UNMARKED) >
		       0;
}

static enum status guard_begin(struct guard *g, const char **problem)
{
	/* A core file may be written by a program, which waits for whoever dumps it to answer.
	 */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	residence_take();
	*problem = "too many file systems are named";
	if (g->plan->n_places > GUARD_MAX_PLACES)
		return STATUS_LIMIT;
	*problem = "no memory to share";
	g->ledger = ledger_new();
	if (!g->ledger)
		return STATUS_NO_MEMORY;
	atomic_store(&g->ledger->mode, (uint32_t)g->plan->mode);
	guard_anchors_begin(g);
	g->ledger->tier.reason = "not asked for";
	if (g->plan->tier_a)
		g->tier = tier_a_begin(g->plan->tier_a, &g->ledger->tier);
	if (!served_begin(g))
		return STATUS_NO_MEMORY;
	*problem = "the kernel does not let us ask about programs: this needs root, and a "
		   "kernel with fanotify permission events";
	TRY(exec_events_open(&g->events));
	*problem = "signals cannot be waited for";
	TRY(signals_open(g));
	/* Later it would be us who is asked about that. */
	g->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	g->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	g->proc = marks_proc_open();
	*problem = "no process could be started";
	TRY(decider_start(g));
	TRY(spare_start(g));
	spare_promote(g);
	channel_make(g);
	TRY(spare_start(g));
	guard_mounts_mark(g);
	guard_served_await(g);
	/* Where only named places are guarded, others do not matter. */
	if (g->plan->all) {
		TRY(scout_start(g));
		guard_scout_await(g);
	}
	*problem = "a file system cannot be guarded, and [guard] unmarked is strict";
	if (is_short(g)) {
		errno = 0;
		return STATUS_UNSUPPORTED;
	}
	*problem = NULL;
	return STATUS_OK;
}

/* Whoever cannot die goes on holding the questions, and nobody would answer them. */
static void watcher_last(struct guard *g)
{
	if (child_end_within(&g->watcher, DEATH_MS) &&
	    !atomic_load(&g->ledger->watcher.abandoned))
		return;
	exec_events_unmark(&g->events);
	if (g->watcher.pid != 0)
		(void)child_abandon(&g->watcher);
	guard_pending_answer(g, &g->events, &g->ledger->watcher);
	unread_answer(g);
}

/* It tells of the end, and has a moment for what is not kept yet. */
static void decider_last(struct guard *g)
{
	int64_t until = ledger_now() + GUARD_END_MS;

	if (!child_tell(&g->decider, GUARD_ORDER_END, -1))
		return;
	while (!child_ended(&g->decider) && ledger_now() < until)
		(void)usleep(1000);
}

enum status guard_run(const struct guard_plan *plan, const char **problem)
{
	struct guard g = { .plan = plan,
			   .events = { .group = -1 },
			   .watcher = { .orders = -1 },
			   .spare = { .orders = -1 },
			   .decider = { .orders = -1 },
			   .scout = { .orders = -1 },
			   .reading = { .orders = -1 },
			   .anchors = -1,
			   .signals = -1,
			   .mounts = -1,
			   .proc = -1,
			   .notes = -1,
			   .null = -1 };
	enum status status = guard_begin(&g, problem);

	if (status == STATUS_OK && plan->ready)
		plan->ready(plan->context);
	while (status == STATUS_OK && !g.over)
		round_go(&g);
	/* With the last holder of the questions gone, the kernel allows what waits. */
	served_end(&g);
	if (g.ledger)
		watcher_last(&g);
	child_end(&g.spare);
	guard_anchors_end(&g);
	if (g.scout.pid != 0)
		(void)child_abandon(&g.scout);
	exec_events_close(&g.events);
	if (g.tier)
		tier_a_leave(g.tier);
	tier_a_end(g.tier);
	/* Last: nobody waits for it. */
	if (g.over)
		decider_last(&g);
	child_end(&g.decider);
	fds_close(&g);
	if (g.null >= 0)
		(void)close(g.null);
	ledger_free(g.ledger);
	return status;
}
