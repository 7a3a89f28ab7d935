/* SPDX-License-Identifier: MIT */
/* The supervisor's state, for guard.c and guard_marks.c. */
#pragma once
#include "daemon/children.h"
#include "daemon/guard.h"
#include "host/exec_events.h"
#include "host/tier_a.h"

#define LEAVING_MAX 64 /* killed, and not yet dead */

struct guard {
	const struct guard_plan *plan;
	struct ledger *ledger;
	struct exec_events events;
	struct tier_a *tier; /* NULL: tier B */
	struct child watcher, spare, decider, scout;
	int signals, mounts, proc, null;
	int notes;          /* what the scout tells the decider goes there */
	int64_t scouted_ms; /* when the last one was sent out */
	pid_t leaving[LEAVING_MAX];
	size_t n_shunned;
	uint64_t marked[GUARD_MAX_PLACES];    /* of the places as they are now */
	uint64_t lay_on[GUARD_MAX_PLACES];    /* each place when it was first seen; 0: never */
	size_t n_marked, n_local, n_unmarked; /* local: without being named */
	bool linked;                          /* watcher and decider can speak to each other */
	bool over;
};

/* Marks what is mounted now; the watcher forgets before a newcomer can be asked about. */
void guard_mounts_mark(struct guard *g);

/* What the scout has found since. */
void guard_scout_serve(struct guard *g);

/* Whatever is mounted elsewhere already is asked about before we say that we guard. */
void guard_scout_await(struct guard *g);
