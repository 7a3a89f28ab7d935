/* SPDX-License-Identifier: MIT */
/*
 * What is held after its answer: the lease on a file that may run, until the process
 * runs it and the kernel itself keeps writers away.
 */
#include "daemon/watching.h"

#include "source/identity.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#define HELD_FIRST_US   500
#define HELD_LONGEST_US 20000

/* Asked before /proc is, which would make an entry for it. */
static bool is_gone(pid_t pid)
{
	return kill(pid, 0) != 0 && errno == ESRCH;
}

bool watch_has_threads(pid_t pid)
{
	char path[32];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	/* Itself, its parent, and each thread. */
	return stat(path, &st) == 0 && st.st_nlink > 3;
}

bool watch_is_dead(pid_t pid)
{
	return is_gone(pid) || (watch_program(pid).ino == 0 && !watch_has_threads(pid));
}

/* When it has to be answered, and until when a lease is held for it. */
int64_t watch_deadline(const struct watch_case *c)
{
	bool small = c->facts.file.size <= WATCHER_SMALL_FILE;

	return c->asked_us +
	       INT64_C(1000) * (small ? WATCHER_DEADLINE_MS : WATCHER_DEADLINE_BIG_MS);
}

/* Until the program runs, or will not. */
void watch_hold(struct watching *w, struct watch_case *c, bool allowed)
{
	if (!allowed || !c->leased || c->unasked) {
		watch_end(w, c);
		return;
	}
	if (c->facts.opens != INTERPRETER_NONE) {
		watch_open_hold(c);
		return;
	}
	c->stage = WATCH_HELD;
	/* What was known already has none yet. */
	c->deadline_us = watch_deadline(c);
	c->pause_us = HELD_FIRST_US;
	c->due_us = watch_now_us() + c->pause_us;
}

/* All that was held of one exec. */
static void exec_end(struct watching *w, uint64_t exec)
{
	for (size_t i = w->n_active; i-- > 0;) {
		struct watch_case *c = &w->cases[w->active[i]];

		if (c->stage == WATCH_HELD && c->exec == exec)
			watch_end(w, c);
	}
}

/*
 * An exec may ask for several files: a script, its interpreter, the loader.  It is
 * over when the process runs one of them; until then whatever it asks for is part of
 * it, and afterwards of the next one.
 */
void watch_join(struct watching *w, struct watch_case *c)
{
	struct source_identity runs = { 0 };

	for (size_t i = w->n_active; i-- > 0;) {
		struct watch_case *other = i < w->n_active ? &w->cases[w->active[i]] : c;

		if (other == c || other->stage != WATCH_HELD ||
		    other->facts.opens != INTERPRETER_NONE || other->facts.pid != c->facts.pid)
			continue;
		if (runs.ino == 0)
			runs = watch_program(c->facts.pid);
		c->exec = other->exec;
		if (same_file(&runs, &other->facts.file)) {
			exec_end(w, other->exec);
			c->exec = c->ticket;
			return;
		}
	}
}

void watch_held_step(struct watching *w, struct watch_case *c, int64_t now)
{
	struct source_identity runs;

	if (c->facts.opens != INTERPRETER_NONE) {
		watch_open_held_step(w, c, now);
		return;
	}
	if (is_gone(c->facts.pid)) {
		watch_end(w, c);
		return;
	}
	runs = watch_program(c->facts.pid);
	if (runs.ino != 0 && same_file(&runs, &c->facts.file)) {
		exec_end(w, c->exec);
		return;
	}
	if ((runs.ino == 0 && !watch_has_threads(c->facts.pid)) || now >= c->deadline_us) {
		watch_end(w, c);
		return;
	}
	c->pause_us = c->pause_us * 2 < HELD_LONGEST_US ? c->pause_us * 2 : HELD_LONGEST_US;
	c->due_us = now + c->pause_us;
}
