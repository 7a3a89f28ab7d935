/* SPDX-License-Identifier: MIT */
/*
 * Other trust anchors, while the guard runs.
 *
 * They are read by a process of its own, which may have to wait or die of it, and come to all
 * others as bytes that somebody has understood already: nobody with power opens a file.  The
 * supervisor takes them for all whom it starts from then on; watcher, spare, scout and the
 * readers of what others serve are told, and have their workers replaced.  What a worker says
 * that began before is asked for once more.  Only then is the decider told, who forgets
 * whatever was decided by the old ones.
 */
#pragma once
#include "engine/engine.h"

struct anchors_plan {
	/*
	 * In the process of its own: those that lie there now, in a file without a name; -1:
	 * they are those that it has.  *@problem, in @a: why they cannot be read.
	 */
	enum status (*read)(void *context, struct arena *a, int *out, const char **problem);
	/* In any process of the guard: its engine judges by those in @fd (borrowed) now. */
	bool (*take)(void *context, int fd);
	void *context;
};

/* Those that @e judges by; 0: none. */
uint64_t anchors_name(const struct engine *e);

/* Another order came with @fd, which is closed.  True: the engine of this process has others.
 */
bool anchors_heard(const struct anchors_plan *plan, int fd);
