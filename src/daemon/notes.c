/* SPDX-License-Identifier: MIT */
/* Events: what is worth telling, at most so many a second, after it was answered. */
#include "daemon/deciding.h"

#include <stdio.h>
#include <time.h>

#define EVENTS_A_SECOND 100

static int64_t wall_ms(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const char *const failure_words[] = {
	[FAILURE_NONE] = NULL,
	[FAILURE_ENGINE] = "the file could not be judged",
	[FAILURE_DEADLINE] = "not judged in time",
	[FAILURE_BUSY] = "somebody has the file open for writing",
	[FAILURE_CHANGED] = "the file changed while it was read",
	[FAILURE_DECIDER] = "nobody could decide",
	[FAILURE_LOAD] = "too much was asked at once",
};

static enum event_kind kind_of(const struct note *n)
{
	if (n->failure != FAILURE_NONE)
		return EVENT_FAILED;
	if (!n->decision.allow)
		return EVENT_DENIED;
	return n->decision.would ? EVENT_WOULD_DENY : EVENT_AUDITED;
}

/* Is there room in this second? */
static bool second_has_room(struct deciding *d, int64_t now_ms)
{
	if (now_ms / 1000 != d->second) {
		d->second = now_ms / 1000;
		d->told = 0;
	}
	if (d->told++ < EVENTS_A_SECOND)
		return true;
	d->n_dropped++;
	return false;
}

static void event_keep(struct deciding *d, const struct event *event)
{
	if (!d->events || !events_add(d->events, event))
		ledger_count(d->ledger, LEDGER_UNTOLD);
}

void note_keep(struct deciding *d, const struct note *note, struct span path,
	       struct span program)
{
	const struct policy *p = &d->policy.policy;
	CLEANUP(buffer_free) struct buffer place = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer rule = BUFFER_INIT;
	struct event e = { .time_ms = wall_ms(),
			   .kind = kind_of(note),
			   .pid = note->facts.pid,
			   .path = path,
			   .waited_us = note->waited_us };
	struct caller caller;
	uint32_t line = note->decision.rule;

	if (!second_has_room(d, e.time_ms))
		return;
	caller_read(note->facts.pid, &caller);
	e.uid = caller.has_uid ? caller.uid : -1;
	e.login = caller.login;
	e.caller = program;
	e.unit = caller.unit;
	if ((size_t)note->failure < COUNT_OF(failure_words))
		e.why = failure_words[note->failure];
	if (note->decision.verdict != ASSAY_VERDICT_UNKNOWN)
		e.verdict = assay_verdict_word((enum assay_verdict)note->decision.verdict);
	if (line < p->n_lines && note->decision.epoch == d->epoch) {
		policy_line_place(&place, p, &p->lines[line]);
		buffer_add(&rule, policy_text_at(p, p->lines[line].rule));
		e.line = buffer_string(&place, 0);
		e.rule = buffer_string(&rule, 0);
	}
	event_keep(d, &e);
}

void service_keep(struct deciding *d, const char *why)
{
	struct event e = {
		.time_ms = wall_ms(), .kind = EVENT_SERVICE, .login = -1, .why = why
	};

	event_keep(d, &e);
}

void events_settle(struct deciding *d)
{
	struct event e = { .time_ms = wall_ms(),
			   .kind = EVENT_DROPPED,
			   .login = -1,
			   .count = (int64_t)d->n_dropped };
	const char *problem;

	/* The decider before us may still have had them. */
	if (!d->events && d->plan->events)
		d->events = events_open(d->plan->events, true, &problem);
	if (!d->events)
		return;
	if (d->n_dropped > 0 && e.time_ms / 1000 != d->second) {
		d->n_dropped = 0;
		event_keep(d, &e);
	}
	/* Who cannot write now tries again; the database says so in its own time. */
	if (events_flush(d->events) != STATUS_OK)
		ledger_count(d->ledger, LEDGER_UNTOLD);
}
