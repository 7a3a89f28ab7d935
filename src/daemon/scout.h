/* SPDX-License-Identifier: MIT */
/*
 * Scout: sees to it that nothing is mounted where nobody looks.
 *
 * Anybody may have a name space of mounts of his own, and in it file systems that no
 * other process sees.  The scout looks for new name spaces every few milliseconds,
 * waits for changes in those that it knows, and has every file system there asked
 * about.  What was run before that it finds among the processes, and tells.
 *
 * It walks paths that others have made, and may have to wait for them, even when it is
 * killed: it is a process of its own, which the supervisor replaces when it is stuck, and
 * does not hold the kernel's questions.  The place where that happened is not gone to
 * again.  What it has found is marked by the supervisor, through the open descriptor.
 */
#pragma once
#include "daemon/ledger.h"
#include "engine/pool.h"

#define SCOUT_MAX_SPACES 1024
#define SCOUT_MAX_PLACES 4096 /* file systems that are remembered of one name space */

struct scout_plan {
	int orders; /* from the supervisor: the decider's socket; or its end */
	int proc;   /* an open folder of /proc */
	struct ledger *ledger;
	const struct engine *engine;        /* judges what runs already */
	const struct anchors_plan *anchors; /* as the watcher's */
	struct pool_settings pool;
	bool (*may)(const char *name); /* as in daemon/marks.h */
};

/* In a child of its own; its exit code. */
int scout_run(const struct scout_plan *plan);
