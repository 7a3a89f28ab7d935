/* SPDX-License-Identifier: MIT */
/*
 * Watcher: answers the kernel's questions.  It parses nothing: files are read
 * by the confined worker of a pool, decisions are made by the decider, and what
 * is known of an unchanged file is answered from memory.
 *
 * One process, one thread, one loop; it opens nothing on a file system that it
 * watches, logs nothing itself, and tells of an answer only after it was given.
 */
#pragma once
#include "daemon/anchors.h"
#include "daemon/ledger.h"
#include "engine/pool.h"
#include "host/interpreters.h"

#define WATCHER_MAX_CASES       1024
#define WATCHER_DEADLINE_MS     2000 /* for a file of at most ... */
#define WATCHER_SMALL_FILE      ((uint64_t)64 << 20)
#define WATCHER_DEADLINE_BIG_MS 10000
#define WATCHER_PATIENCE_MS     1000  /* with a file, so that others behind it are in time */
#define WATCHER_LONGEST_MS      60000 /* with a big one, of which nobody waits for the end */
/* Who waits for a server cannot be killed: who asks has his answer in time all the same. */
#define WATCHER_SERVED_PATIENCE_MS 600000
#define WATCHER_IDLE_MS            5000 /* then who reads for a file system of others ends */

struct watcher_plan {
	int group;  /* of exec events */
	int orders; /* from the supervisor (SOCK_SEQPACKET): a decider's socket; or its end */
	struct ledger *ledger;
	struct ledger_hands *hands; /* of the ledger: ours */
	/*
	 * All of it comes from one file system that somebody else serves: he may never answer,
	 * and say something else to the next who asks.  Nothing is remembered of it, no lease
	 * is believed.
	 */
	bool served;
	bool anybodys; /* ... and he may be anybody: what runs is not what was read */
	const struct engine *engine;
	const struct anchors_plan
		*anchors; /* other ones for .engine; NULL: they never change */
	struct pool_settings pool;
	/* Whose opens count as runs; NULL: nobody's, and opens are not asked about. */
	const struct interpreters *interpreters;
	bool memory;    /* ... programs in memory are its concern */
	bool libraries; /* by tier A, what nobody vetted is not mapped, even if it is root's */
	const struct tier_a *tier; /* what the kernel itself refuses; NULL: nothing */
	bool ignores; /* the kernel need not ask again about what only root can write to */
};

/*
 * In a child of its own: waits until it is given a decider's socket, then answers
 * until the supervisor is gone.  Its exit code.
 */
int watcher_run(const struct watcher_plan *plan);
