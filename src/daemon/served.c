/* SPDX-License-Identifier: MIT */
#include "daemon/served.h"

#include "base/memory.h"
#include "daemon/guarding.h"
#include "daemon/marks.h"
#include "daemon/others.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define READER_STUCK_MS 2000
#define MARKER_STUCK_MS 1000
#define GRACE_MS        500  /* after a deadline */
#define AGAIN_MS        1000 /* until what could not be marked is tried again */
#define REFUSED_A_ROUND 256

static struct ledger_hands *hands_of(const struct guard *g, const struct served *s)
{
	return &g->ledger->served[s->at];
}

static enum guard_mode mode_of(const struct guard *g)
{
	return (enum guard_mode)atomic_load(&g->ledger->mode);
}

static bool is_left(const struct served *s)
{
	bool left = s->reader_left != 0;

	for (size_t i = 0; i < LEDGER_WORKERS; i++)
		left = left || s->worker_left[i] >= 0;
	return left;
}

bool served_begin(struct guard *g)
{
	g->served = (struct served *)memory_new(LEDGER_MAX_SERVED, sizeof(*g->served));
	for (size_t i = 0; g->served && i < LEDGER_MAX_SERVED; i++)
		g->served[i].at = i;
	return g->served != NULL;
}

static void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void served_close_others(const struct guard *g, const struct served *own)
{
	for (size_t i = 0; g->served && i < LEDGER_MAX_SERVED; i++) {
		const struct served *s = &g->served[i];
		const int fds[] = { s->reader.orders, s->marker.orders,
				    s == own ? -1 : s->found, s == own ? -1 : s->events.group };

		for (size_t k = 0; s->used && k < COUNT_OF(fds); k++)
			if (fds[k] >= 0)
				(void)close(fds[k]);
		for (size_t k = 0; s->used && k < LEDGER_WORKERS; k++)
			if (s->worker_left[k] >= 0)
				(void)close(s->worker_left[k]);
	}
}

/* ---- whose questions go where ---- */

static void one_end(struct guard *g, struct served *s)
{
	for (size_t i = 0; i < LEDGER_WORKERS; i++)
		fd_close(&s->worker_left[i]);
	fd_close(&s->found);
	exec_events_close(&s->events);
	*hands_of(g, s) = (struct ledger_hands){ 0 };
	*s = (struct served){ .at = s->at };
}

static struct served *one_begin(struct served *s)
{
	if (exec_events_open(&s->events) != STATUS_OK)
		return NULL;
	s->used = true;
	s->place = s->found = -1;
	for (size_t i = 0; i < LEDGER_WORKERS; i++)
		s->worker_left[i] = -1;
	s->reader.orders = s->marker.orders = -1;
	return s;
}

/* Users have fewer places than there are, so that root's are never taken. */
static struct served *place_free(struct guard *g, bool of_user)
{
	size_t n = 0, most = LEDGER_MAX_SERVED - (of_user ? SERVED_PLACES_FOR_ROOT : 0);
	struct served *place = NULL;

	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++) {
		n += g->served[i].used;
		if (!place && !g->served[i].used)
			place = &g->served[i];
	}
	return n < most ? place : NULL;
}

/* The place of the plan that names it; -1: none. */
static int place_of(const struct guard *g, const struct mounts *all, const struct mount *m)
{
	for (size_t i = 0; i < g->plan->n_places; i++) {
		const struct mount *at = mounts_served(all, g->plan->places[i]);

		if (at && at->dev == m->dev &&
		    (g->lay_on[i] == 0 || g->lay_on[i] == m->dev ||
		     strcmp(at->point, g->plan->places[i]) == 0))
			return (int)i;
	}
	return -1;
}

static struct served *one_for(struct guard *g, const struct mount *m, int place)
{
	bool of_user = place < 0 && m->user != 0;
	struct served *s;

	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++) {
		s = &g->served[i];
		if (s->used &&
		    (of_user ? s->user == m->user : s->user == 0 && s->dev == m->dev))
			return s;
	}
	s = place_free(g, of_user);
	if (!s || !one_begin(s))
		return NULL;
	s->place = place;
	s->anybodys = of_user;
	s->user = of_user ? m->user : 0;
	s->dev = of_user ? 0 : m->dev;
	return s;
}

static bool is_wanted(const struct guard *g, const struct mount *m, int place)
{
	return place >= 0 || (g->plan->all && m->kind == MOUNT_SERVED &&
			      (!g->plan->may || g->plan->may(m->source)));
}

bool served_is_of(const struct guard *g, const struct served *s, const struct mounts *all,
		  const struct mount *m)
{
	int place;

	if (s->user == 0)
		return s->dev == m->dev;
	if (s->user != m->user || m->kind != MOUNT_SERVED)
		return false;
	place = place_of(g, all, m);
	return place < 0 && is_wanted(g, m, place);
}

/* Which have a mark.  One whose file systems are all gone has none, and is over. */
static void marks_look(struct guard *g, struct served *s, struct arena *a)
{
	struct exec_marks marks;

	if (exec_events_marks(&s->events, g->proc, a, &marks) != STATUS_OK)
		return;
	s->marks = marks;
	if (marks.n == 0 && !is_left(s) && s->marker.pid == 0 && s->marker_left == 0 &&
	    s->found < 0 && s->n_wanted == 0 &&
	    (s->reader.pid == 0 || guard_child_leave(g, &s->reader)))
		one_end(g, s);
}

static void mount_take(struct guard *g, const struct mounts *all, const struct mount *m)
{
	int place = place_of(g, all, m);
	struct served *s = NULL;

	if (!is_wanted(g, m, place)) {
		g->n_remote += m->kind == MOUNT_REMOTE;
		return;
	}
	if (place >= 0)
		g->lay_on[place] = m->dev;
	s = one_for(g, m, place);
	if (!s) {
		g->n_served_missing++;
		return;
	}
	s->n_wanted++;
	if (!s->given_up && exec_marks_have(&s->marks, m->dev))
		return;
	s->n_missing++;
	g->n_served_missing++;
}

static void marker_start(struct guard *g, struct served *s)
{
	int orders;

	if (s->marker.pid != 0 || s->marker_left != 0 || s->given_up ||
	    s->marker_ms > ledger_now() || child_fork(&s->marker, &orders) != STATUS_OK)
		return;
	if (orders < 0) {
		s->marker_ms = ledger_now();
		s->n_missed = s->n_missing;
		return;
	}
	guard_child_begin(g);
	served_close_others(g, s);
	exec_events_close(&g->events);
	tier_a_end(g->tier);
	_exit(served_mark(g, s));
}

void served_scan(struct guard *g, const struct mounts *m)
{
	struct arena a = ARENA_INIT(MOUNTS_ARENA);
	size_t n_marks = 0, n_others = 0;

	g->n_remote = g->n_served_missing = 0;
	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++)
		if (g->served[i].used)
			marks_look(g, &g->served[i], &a);
	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++)
		g->served[i].n_wanted = g->served[i].n_missing = 0;
	for (size_t i = 0; i < m->n; i++)
		if (mount_is_others(m->each[i].kind) &&
		    (i == 0 || m->each[i - 1].dev != m->each[i].dev)) {
			others_add(g->ledger, n_others++, m->each[i].dev);
			mount_take(g, m, &m->each[i]);
		}
	atomic_store(&g->ledger->n_others, n_others);
	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++) {
		struct served *s = &g->served[i];

		/* The last one has not brought it on: the next one has time. */
		if (s->tried && s->n_missing >= s->n_missed)
			s->marker_ms = ledger_now() + AGAIN_MS;
		s->tried = false;
		if (s->used && s->n_missing > 0)
			marker_start(g, s);
		n_marks += s->used && !s->given_up ? s->marks.n : 0;
		s->marks = (struct exec_marks){ 0 };
	}
	g->served_ms = g->n_served_missing > 0 ? ledger_now() + AGAIN_MS : INT64_MAX;
	atomic_store(&g->ledger->counts[LEDGER_REMOTE], g->n_remote);
	atomic_store(&g->ledger->counts[LEDGER_SERVED], n_marks);
	arena_free(&a);
}

bool served_marks_now(const struct guard *g)
{
	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++)
		if (g->served[i].marker.pid != 0 || g->served[i].tried)
			return true;
	return false;
}

bool served_has(struct guard *g, uint64_t dev)
{
	struct arena a = ARENA_INIT(MOUNTS_ARENA);
	bool found = false;

	for (size_t i = 0; i < LEDGER_MAX_SERVED && !found; i++) {
		struct exec_marks marks;

		found = g->served[i].used && !g->served[i].given_up &&
			exec_events_marks(&g->served[i].events, g->proc, &a, &marks) ==
				STATUS_OK &&
			exec_marks_have(&marks, dev);
	}
	arena_free(&a);
	return found;
}

bool served_find(struct guard *g, int fd, bool anybodys)
{
	struct mount m = { .kind = MOUNT_SERVED };
	struct served *s;

	if (!marks_device(fd, &m.dev))
		return false;
	if (served_has(g, m.dev))
		return true;
	s = one_for(g, &m, -1);
	if (!s || s->found >= 0)
		return false;
	s->anybodys = s->place < 0 && anybodys;
	s->found = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (s->found >= 0)
		marker_start(g, s);
	return false;
}

/* ---- who reads there ---- */

static void reader_link(struct guard *g, struct served *s)
{
	int ends[2];

	if (guard_channel_open(ends) != STATUS_OK)
		return;
	s->linked = child_tell(&s->reader, GUARD_ORDER_WATCHER, ends[0]) &&
		    child_tell(&g->decider, GUARD_ORDER_SERVED, ends[1]);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void reader_start(struct guard *g, struct served *s)
{
	struct watcher_plan plan = g->plan->watcher;

	if (child_fork(&s->reader, &plan.orders) != STATUS_OK)
		return;
	if (plan.orders < 0) {
		atomic_store(&hands_of(g, s)->beat, ledger_now());
		for (size_t i = 0; i < LEDGER_WORKERS; i++)
			atomic_store(&hands_of(g, s)->workers[i], 0);
		s->linked = false;
		s->reader.anchors = anchors_name(g->plan->watcher.engine);
		return;
	}
	guard_child_begin(g);
	served_close_others(g, s);
	exec_events_close(&g->events);
	tier_a_end(g->tier);
	plan.group = s->events.group;
	plan.pool.null = g->null;
	plan.ledger = g->ledger;
	plan.hands = hands_of(g, s);
	plan.tier = NULL;
	plan.memory = plan.libraries = plan.ignores = false;
	plan.served = true;
	plan.anybodys = s->anybodys;
	/* Its worker reads hostile files, and shall see nothing of this. */
	(void)madvise(g->ledger, sizeof(*g->ledger), MADV_DONTFORK);
	_exit(watcher_run(&plan));
}

int served_waits_on(const struct served *s)
{
	return s->used && s->reader.pid == 0 && !is_left(s) ? s->events.group : -1;
}

static bool is_asked(const struct served *s)
{
	struct pollfd group = { .fd = s->events.group, .events = POLLIN };

	return poll(&group, 1, 0) == 1;
}

static bool is_stuck(const struct ledger_hands *h)
{
	int64_t now = ledger_now(), first = ledger_first(h);

	return (first != INT64_MAX && first + GRACE_MS < now) ||
	       atomic_load(&h->beat) + READER_STUCK_MS < now;
}

/* Who read files for it dies with it, or waits for the server. */
static void workers_follow(struct guard *g, struct served *s)
{
	for (size_t i = 0; i < LEDGER_WORKERS; i++) {
		pid_t worker = atomic_exchange(&hands_of(g, s)->workers[i], 0);

		if (worker > 0)
			s->worker_left[i] = (int)syscall(SYS_pidfd_open, worker, 0);
	}
}

/* Nobody waits for who cannot die, and nobody goes where he is before he is dead. */
static void reader_leave(struct guard *g, struct served *s)
{
	workers_follow(g, s);
	s->reader_left = child_abandon(&s->reader);
	guard_pending_answer(g, &s->events, hands_of(g, s));
}

/* Whatever comes before they are dead is not read: to read it is to wait with them. */
static void left_step(struct guard *g, struct served *s)
{
	size_t n;

	if (s->reader_left != 0 && waitpid(s->reader_left, NULL, WNOHANG) != 0)
		s->reader_left = 0;
	for (size_t i = 0; i < LEDGER_WORKERS; i++) {
		struct pollfd worker = { .fd = s->worker_left[i], .events = POLLIN };

		if (poll(&worker, 1, 0) == 1)
			fd_close(&s->worker_left[i]);
	}
	/* What was being opened for him is in nobody's hands now. */
	if (!is_left(s)) {
		guard_pending_answer(g, &s->events, hands_of(g, s));
		return;
	}
	if (mode_of(g) != GUARD_ALLOWLIST)
		return;
	n = exec_events_refuse(&s->events, REFUSED_A_ROUND);
	atomic_fetch_add(&g->ledger->counts[LEDGER_REFUSED], n);
	atomic_fetch_add(&g->ledger->counts[LEDGER_DENIED], n);
}

/* What nobody can open is denied by the kernel, and in this mode nothing may be. */
static void learn_give_up(struct guard *g, struct served *s)
{
	int refused = atomic_load(&hands_of(g, s)->refused);

	if (mode_of(g) != GUARD_LEARN) {
		if (s->given_up)
			g->served_ms = 0;
		s->given_up = false;
		atomic_store(&hands_of(g, s)->refused, 0);
		return;
	}
	if (s->given_up || (refused != EACCES && refused != EPERM))
		return;
	exec_events_unmark(&s->events);
	s->given_up = true;
	g->served_ms = 0;
}

static void reader_step(struct guard *g, struct served *s)
{
	if (is_left(s)) {
		left_step(g, s);
		return;
	}
	if (s->reader.pid == 0) {
		if (is_asked(s))
			reader_start(g, s);
	} else if (child_ended(&s->reader)) {
		workers_follow(g, s);
		guard_pending_answer(g, &s->events, hands_of(g, s));
	} else if (is_stuck(hands_of(g, s))) {
		reader_leave(g, s);
	}
	if (s->reader.pid != 0 && !s->linked)
		reader_link(g, s);
}

/* Is it marked, the scout looks again at what it missed. */
static void found_end(struct guard *g, struct served *s)
{
	struct arena a = ARENA_INIT(MOUNTS_ARENA);
	struct exec_marks marks;

	fd_close(&s->found);
	if (exec_events_marks(&s->events, g->proc, &a, &marks) == STATUS_OK && marks.n > 0)
		atomic_fetch_add(&g->ledger->looks, 1);
	arena_free(&a);
}

static void marker_step(struct guard *g, struct served *s)
{
	if (s->marker_left != 0 && waitpid(s->marker_left, NULL, WNOHANG) != 0)
		s->marker_left = 0;
	if (s->marker.pid == 0)
		return;
	if (!child_ended(&s->marker)) {
		if (s->marker_ms + MARKER_STUCK_MS >= ledger_now())
			return;
		s->marker_left = child_abandon(&s->marker);
	}
	if (s->found >= 0)
		found_end(g, s);
	/* Those that it marked count now; the rest has time. */
	s->marker_ms = 0;
	s->tried = true;
	g->served_ms = 0;
}

void served_step(struct guard *g)
{
	size_t n_silent = 0;

	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++) {
		struct served *s = &g->served[i];

		if (!s->used)
			continue;
		marker_step(g, s);
		reader_step(g, s);
		learn_give_up(g, s);
		n_silent += is_left(s) || s->marker_left != 0;
	}
	atomic_store(&g->ledger->counts[LEDGER_SILENT], n_silent);
}

void served_unlink(struct guard *g)
{
	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++)
		g->served[i].linked = false;
}

void served_end(struct guard *g)
{
	for (size_t i = 0; g->served && i < LEDGER_MAX_SERVED; i++) {
		struct served *s = &g->served[i];

		if (!s->used)
			continue;
		/* Whoever cannot die holds it still. */
		exec_events_unmark(&s->events);
		if (s->reader.pid != 0)
			reader_leave(g, s);
		one_end(g, s);
	}
	memory_free(g->served);
	g->served = NULL;
}
