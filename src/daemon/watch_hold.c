/* SPDX-License-Identifier: MIT */
/*
 * What is held after its answer: the lease on a file that may run, until the process
 * runs it and the kernel itself keeps writers away.
 *
 * What others than root can change is held until that is proved (watch_runner.c), however
 * long it takes.  Who runs it can be kept from the processor, by any user, for as long as
 * that one likes: when somebody waits to write and the deadline has come, or when too much
 * is held, who has not begun to run it is killed before the lease goes.
 *
 * What only root can change is held so that nobody's update is run half: for that it is
 * enough that the process seems to run it.
 */
#include "daemon/watching.h"

#include "policy/guard_rules.h"
#include "source/identity.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELD_FIRST_US   500
#define HELD_LONGEST_US 20000
#define ROOM_SHORT      (WATCHER_MAX_CASES / 4)
/* When room is short: who has more than there is left does not keep it as long as others. */
#define CROWD_US INT64_C(500000)

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

int64_t watch_break_us(void)
{
	int fd = open("/proc/sys/fs/lease-break-time", O_RDONLY | O_CLOEXEC);
	char text[16];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	int64_t seconds;

	if (fd >= 0)
		(void)close(fd);
	text[n > 0 ? n : 0] = 0;
	seconds = strtol(text, NULL, 10);
	/* 0: for ever.  Half of it, lest the kernel be faster. */
	return seconds > 0 ? seconds * 500000 : INT64_MAX / 2;
}

/* Until the program runs, or will not. */
void watch_hold(struct watching *w, struct watch_case *c, bool allowed)
{
	if (!allowed || !c->leased || c->unasked ||
	    (!watch_is_anybodys(c) && w->n_unused < ROOM_SHORT &&
	     c->facts.opens == INTERPRETER_NONE)) {
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
	if (watch_is_anybodys(c) && !watch_is_kept(c))
		c->broken_us = c->asked_us;
}

static bool is_held_of(const struct watch_case *c, pid_t pid)
{
	return c->stage == WATCH_HELD && c->facts.opens == INTERPRETER_NONE &&
	       c->facts.pid == pid;
}

/* All that was held of one exec, and only root can change. */
static void exec_end(struct watching *w, uint64_t exec)
{
	for (size_t i = w->n_active; i-- > 0;) {
		struct watch_case *c = &w->cases[w->active[i]];

		if (c->stage == WATCH_HELD && c->exec == exec && !watch_is_anybodys(c))
			watch_end(w, c);
	}
}

/*
 * An exec may ask for several files, but for each once: a script, its interpreter, the
 * loader.  It is over when the process runs one of them; until then whatever it asks for is
 * part of it, and afterwards of the next one.
 */
static void exec_join(struct watching *w, struct watch_case *c, const struct watch_case *other,
		      const struct source_identity *runs)
{
	if (same_file(runs, &other->facts.file))
		exec_end(w, other->exec);
	else
		c->exec = other->exec;
}

void watch_join(struct watching *w, struct watch_case *c)
{
	struct source_identity runs = { 0 };

	c->joined = true;
	for (size_t i = w->n_active; i-- > 0;) {
		struct watch_case *other = i < w->n_active ? &w->cases[w->active[i]] : c;
		bool again;

		if (other == c || !is_held_of(other, c->facts.pid))
			continue;
		again = same_file(&other->facts.file, &c->facts.file);
		if (watch_is_anybodys(other)) {
			if (!runner_asks_again(c->facts.pid, &other->runner, again))
				watch_end(w, other);
		} else if (again) {
			watch_end(w, other);
		} else {
			if (runs.ino == 0)
				runs = watch_program(c->facts.pid);
			exec_join(w, c, other, &runs);
		}
	}
}

static void held_again(struct watch_case *c, int64_t now)
{
	c->pause_us = c->pause_us * 2 < HELD_LONGEST_US ? c->pause_us * 2 : HELD_LONGEST_US;
	c->due_us = now + c->pause_us;
}

/* Is room short, and this to go first? */
static bool is_crowded(const struct watching *w, const struct watch_case *c, int64_t now)
{
	size_t n = 0;

	if (w->n_unused >= ROOM_SHORT || now < c->asked_us + CROWD_US)
		return false;
	if (now >= c->deadline_us)
		return true;
	for (size_t i = 0; i < w->n_active; i++) {
		const struct watch_case *other = &w->cases[w->active[i]];

		n += other->stage == WATCH_HELD && watch_is_anybodys(other) &&
		     other->runner.uid == c->runner.uid;
	}
	return n > w->n_unused;
}

/* The lease cannot be held any longer.  False: it has to be. */
static bool runner_stop(struct watching *w, struct watch_case *c)
{
	bool learns = atomic_load(&w->plan->ledger->mode) == GUARD_LEARN;
	struct decision d = c->decision;
	struct caller who;

	d.allow = d.would = learns;
	d.rule = UINT32_MAX;
	watch_caller(c);
	caller_read(c->facts.pid, &who);
	if (!learns && !runner_kill(c->facts.pid, &c->runner))
		return false;
	c->failure = FAILURE_STOPPED;
	ledger_count(w->plan->ledger, learns ? LEDGER_WOULD : LEDGER_DENIED);
	ledger_count(w->plan->ledger, LEDGER_FAILED);
	watch_tell(w, c, &d, &who);
	return true;
}

/* What others than root can change. */
static void runner_step(struct watching *w, struct watch_case *c, int64_t now)
{
	bool late;

	/* A lease for writing is given only when nobody has it open: the exec has failed. */
	if (is_gone(c->facts.pid) || runner_is_past(c->facts.pid, c->asked_us, &c->runner) ||
	    fcntl(c->fd, F_SETLEASE, F_WRLCK) == 0) {
		watch_end(w, c);
		return;
	}
	if (c->broken_us == 0 && !watch_is_kept(c))
		c->broken_us = now;
	late = c->broken_us != 0 &&
	       (now >= c->deadline_us || now - c->broken_us >= w->break_us);
	if ((late || is_crowded(w, c, now)) && runner_stop(w, c)) {
		watch_end(w, c);
		return;
	}
	held_again(c, now);
}

void watch_held_step(struct watching *w, struct watch_case *c, int64_t now)
{
	struct source_identity runs;

	if (c->facts.opens != INTERPRETER_NONE) {
		watch_open_held_step(w, c, now);
		return;
	}
	if (watch_is_anybodys(c)) {
		runner_step(w, c, now);
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
	if ((runs.ino == 0 && !watch_has_threads(c->facts.pid)) || now >= c->deadline_us ||
	    w->n_unused < ROOM_SHORT) {
		watch_end(w, c);
		return;
	}
	held_again(c, now);
}
