/* SPDX-License-Identifier: MIT */
/*
 * An open, from the kernel's question to the end of its lease.
 *
 * Nearly all are answered before anything is kept of them.  What an interpreter is going
 * to run is judged as if it were run itself, and its lease outlasts the answer: nobody
 * writes before it was read.
 */
#include "daemon/watching.h"

#include "source/identity.h"
#include <fcntl.h>
#include <unistd.h>

#define LOOK_PAUSE_US   500
#define ROOM_PAUSE_US   10000
#define WAIT_MAX_US     1000000
#define HELD_MAX        (WATCHER_MAX_CASES / 2) /* of others than root */
#define HELD_US         INT64_C(2000000)
#define HELD_FIRST_US   500
#define HELD_LONGEST_US 20000

static const struct interpreter anyone = { .kind = INTERPRETER_NONE };

static void pass(struct watching *w, const struct exec_event *event)
{
	(void)exec_events_answer(w->events.group, event->fd, true);
	(void)close(event->fd);
	ledger_count(w->plan->ledger, LEDGER_PASSED);
}

/* Looked at again after @us.  False: it has waited long enough. */
static bool wait(struct watch_case *c, int64_t us)
{
	int64_t now = watch_now_us();

	if (now - c->asked_us > WAIT_MAX_US)
		return false;
	c->stage = WATCH_LOOK;
	c->due_us = now + us;
	return true;
}

void watch_open_hold(struct watch_case *c)
{
	int64_t now = watch_now_us();

	c->stage = WATCH_HELD;
	c->deadline_us = now + HELD_US;
	c->pause_us = HELD_FIRST_US;
	c->due_us = now + c->pause_us;
}

/* Does what was said of @other hold for @c?  Nobody wrote since: the lease was kept. */
static bool holds_for(const struct watching *w, const struct watch_case *other,
		      const struct watch_case *c)
{
	const struct decision *d = &other->decision;

	return other->stage == WATCH_HELD && other->facts.opens == c->facts.opens &&
	       other->leased && d->keep && !d->by_path &&
	       d->epoch == atomic_load(&w->plan->ledger->epoch) &&
	       identity_equal(&other->facts.file, &c->facts.file) && watch_is_kept(other);
}

/* One lease is enough for all who open the same. */
static bool share(struct watching *w, struct watch_case *c)
{
	if (source_identify(c->fd, &c->facts.file) != STATUS_OK)
		return false;
	for (size_t i = 0; i < w->n_active; i++) {
		struct watch_case *other = &w->cases[w->active[i]];
		struct decision d;

		if (other == c || !holds_for(w, other, c))
			continue;
		d = other->decision;
		other->shared = true;
		other->lent = other->lent || !doer_same(&other->asker, &c->asker);
		watch_open_hold(other);
		ledger_count(w->plan->ledger, LEDGER_HITS);
		watch_conclude(w, c, &d);
		return true;
	}
	return false;
}

/*
 * May one more be held?  When all that is for others than root is used up, who has some of it
 * gives his oldest: if he keeps everybody else from his files, it is at his own cost.
 */
static bool has_room(struct watching *w, const struct watch_case *c)
{
	struct watch_case *oldest = NULL;
	size_t n = 0;

	if (doer_kind(&c->asker) == DOER_ROOT)
		return true;
	for (size_t i = 0; i < w->n_active; i++) {
		struct watch_case *other = &w->cases[w->active[i]];

		if (other->stage != WATCH_HELD || other->facts.opens == INTERPRETER_NONE ||
		    doer_kind(&other->asker) == DOER_ROOT)
			continue;
		n++;
		if (!other->lent && doer_same(&other->asker, &c->asker) &&
		    (!oldest || other->ticket < oldest->ticket))
			oldest = other;
	}
	if (n >= HELD_MAX && oldest)
		watch_end(w, oldest);
	return n < HELD_MAX || oldest || w->n_unused > WATCH_KEPT;
}

/* What it is has been seen, or not yet. */
static void go_on(struct watching *w, struct watch_case *c, enum open_look look)
{
	if (look == OPEN_PASSES) {
		watch_pass(w, c);
		return;
	}
	/* It is judged then, whatever it is. */
	if (look == OPEN_UNKNOWN && w->n_unused > WATCH_KEPT && wait(c, LOOK_PAUSE_US))
		return;
	if (share(w, c))
		return;
	if (!has_room(w, c) && wait(c, ROOM_PAUSE_US))
		return;
	watch_lease(w, c);
}

void watch_open(struct watching *w, const struct exec_event *event)
{
	const struct interpreter *by = NULL;
	enum open_look look = OPEN_PASSES;
	enum interpreter_kind kind = INTERPRETER_NONE;
	struct watch_case *c;

	if (event->pid != w->own && w->callers)
		by = caller_interpreter(w->callers, event->pid, &anyone);
	if (by)
		look = open_look(by, event->fd, &kind);
	if (look == OPEN_PASSES) {
		pass(w, event);
		return;
	}
	c = watch_begin(w, event);
	c->interpreter = by;
	c->facts.opens = kind;
	c->asker = caller_doer(event->pid);
	go_on(w, c, look);
}

void watch_open_look(struct watching *w, struct watch_case *c)
{
	go_on(w, c, open_look(c->interpreter, c->fd, &c->facts.opens));
}

/*
 * Has nobody it open any more?  The kernel gives a lease for writing only then; while
 * somebody waits to write it gives none, and then the end of who opened it is the end of it.
 */
static bool is_closed(const struct watch_case *c)
{
	if (fcntl(c->fd, F_SETLEASE, F_WRLCK) == 0)
		return true;
	return !c->shared && !watch_is_kept(c) && watch_is_dead(c->facts.pid);
}

void watch_open_held_step(struct watching *w, struct watch_case *c, int64_t now)
{
	if (now >= c->deadline_us || is_closed(c)) {
		watch_end(w, c);
		return;
	}
	c->pause_us = c->pause_us * 2 < HELD_LONGEST_US ? c->pause_us * 2 : HELD_LONGEST_US;
	c->due_us = now + c->pause_us;
}
