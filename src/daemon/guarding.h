/* SPDX-License-Identifier: MIT */
/* The supervisor's state, for guard.c and guard_marks.c. */
#pragma once
#include "daemon/anchors.h"
#include "daemon/children.h"
#include "daemon/guard.h"
#include "daemon/served.h"
#include "host/exec_events.h"
#include "host/tier_a.h"

#define LEAVING_MAX    64 /* killed, and not yet dead */
#define LEAVING_SCOUTS 48 /* of these, that scouts can take up */

struct guard {
	const struct guard_plan *plan;
	struct ledger *ledger;
	struct exec_events events;
	struct tier_a *tier; /* NULL: tier B */
	struct child watcher, spare, decider, scout;
	struct child reading;    /* reads the trust anchors; .pid 0: nobody does */
	int64_t reading_ms;      /* since when */
	uint32_t reading_number; /* of those times that somebody wanted it, this or the last */
	int anchors;             /* those that count since; -1: what the guard began with */
	int signals, mounts, proc, null;
	int notes;          /* what the scout tells the decider goes there */
	int64_t scouted_ms; /* when the last one was sent out */
	pid_t leaving[LEAVING_MAX];
	size_t n_shunned;
	uint64_t marked[GUARD_MAX_PLACES];    /* of the places as they are now */
	uint64_t lay_on[GUARD_MAX_PLACES];    /* each place when it was first seen; 0: never */
	size_t n_marked, n_local, n_unmarked; /* local: without being named */
	struct served *served;                /* LEDGER_MAX_SERVED */
	size_t n_remote, n_served_missing;    /* that nobody named; that should be marked */
	int64_t served_ms;                    /* when to look for those again */
	bool linked;                          /* watcher and decider can speak to each other */
	bool over;
};

/* Marks what is mounted now; the watcher forgets before a newcomer can be asked about. */
void guard_mounts_mark(struct guard *g);

/* What the scout has found since. */
void guard_scout_serve(struct guard *g);

/* Those that others serve, and that are not marked yet. */
void guard_served_mark(struct guard *g);
/* ... before we say that we guard. */
void guard_served_await(struct guard *g);

/* Of guard.c.  In a child: it needs nothing of ours but what it is for. */
void guard_child_begin(struct guard *g);
/* Who may wait for a disk, or worse: nobody waits for its end.  False: too many are at it. */
bool guard_child_leave(struct guard *g, struct child *c);
MUST_CHECK enum status guard_channel_open(int ends[2]);
/*
 * Who read there is dead: nobody but us can answer what it had read, noted or not.  All that
 * is asked of it is known by numbers of its descriptors.
 */
void guard_pending_answer(struct guard *g, const struct exec_events *events,
			  struct ledger_hands *hands);

/* Of anchors.c: at the start, in each round, and at the end. */
void guard_anchors_begin(struct guard *g);
void guard_anchors_step(struct guard *g);
bool guard_anchors_are_awaited(const struct guard *g);
void guard_anchors_end(struct guard *g);

/* Whatever is mounted elsewhere already is asked about before we say that we guard. */
void guard_scout_await(struct guard *g);
