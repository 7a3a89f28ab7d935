/* SPDX-License-Identifier: MIT */
/*
 * An open, from the kernel's question to the end of its lease.
 *
 * Nearly all are answered before anything is kept of them.  What an interpreter is going
 * to run is judged as if it were run itself, and its lease outlasts the answer: nobody
 * writes before it was read.
 */
#include "daemon/watching.h"

#include <fcntl.h>
#include <unistd.h>

#define LOOK_PAUSE_US   500
#define LOOKS_MAX       2000 /* a second; then it is judged, whatever it is */
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
	if (look == OPEN_COUNTS)
		watch_lease(w, c);
	else
		watch_open_look(w, c);
}

void watch_open_look(struct watching *w, struct watch_case *c)
{
	enum open_look look = open_look(c->interpreter, c->fd, &c->facts.opens);

	if (look == OPEN_PASSES) {
		watch_pass(w, c);
		return;
	}
	if (look == OPEN_COUNTS || c->tries++ == LOOKS_MAX) {
		c->tries = 0;
		watch_lease(w, c);
		return;
	}
	c->stage = WATCH_LOOK;
	c->due_us = watch_now_us() + LOOK_PAUSE_US;
}

void watch_open_hold(struct watch_case *c)
{
	c->stage = WATCH_HELD;
	c->deadline_us = watch_now_us() + HELD_US;
	c->pause_us = HELD_FIRST_US;
	c->due_us = watch_now_us() + c->pause_us;
}

/* The kernel gives a lease for writing only when nobody else has the file open. */
void watch_open_held_step(struct watching *w, struct watch_case *c, int64_t now)
{
	if (now >= c->deadline_us || fcntl(c->fd, F_SETLEASE, F_WRLCK) == 0) {
		watch_end(w, c);
		return;
	}
	c->pause_us = c->pause_us * 2 < HELD_LONGEST_US ? c->pause_us * 2 : HELD_LONGEST_US;
	c->due_us = now + c->pause_us;
}
