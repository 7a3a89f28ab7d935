/* SPDX-License-Identifier: MIT */
/*
 * Actors: who did something to files, as far as that can still be known when it is
 * told (fanotify(7), FAN_REPORT_PIDFD).
 *
 * The kernel tells a process by its number, which is another one's later, and opens
 * that process for us if it is still there.  Who is there is asked about once a
 * second; who has gone is known if he was there a moment ago: shorter ago than all
 * numbers can be dealt out again.  What is not known for certain is not known.
 */
#pragma once
#include "base/buffer.h"
#include "base/status.h"
#include <sys/types.h>

#define ACTORS_MAX      2048 /* remembered; whoever comes later takes the place of the oldest */
#define ACTORS_AGAIN_MS 1000 /* a process may run another program by now */
#define ACTORS_NUMBER   INT32_MAX /* the largest; then they begin anew */

enum actor_state {
	ACTOR_UNTOLD, /* nobody told of it: it was found by looking */
	ACTOR_KNOWN,
	ACTOR_ENDED,     /* it had, before it could be asked about */
	ACTOR_ELSEWHERE, /* in another name space of processes */
	ACTOR_BUSY,      /* too many at once, or the kernel does not open them for us */
	ACTOR_STATES,
};
/* "untold" "known" "ended" "elsewhere" "busy" */
const char *actor_state_word(enum actor_state state);

/* What is known of a process. */
struct actor_facts {
	int64_t uid, login;      /* -1: not known; nobody logged in */
	struct span exe, cgroup; /* empty: not known */
};

struct actor {
	uint32_t number; /* by which others know it; 0: none */
	enum actor_state state;
	pid_t pid;
	struct actor_facts facts; /* in .texts */
	struct buffer texts;
	int64_t seen_ms, asked_ms; /* last there; last asked about */
	bool told;                 /* for who reads this */
};

struct actors {
	struct actor *each;          /* at .number % ACTORS_MAX */
	uint32_t newest[ACTORS_MAX]; /* by .pid % ACTORS_MAX */
	uint32_t last;
	int64_t moment_ms; /* as long a number is certainly the same process's */
};

/* @numbers: that the kernel has for processes (kernel.pid_max). */
MUST_CHECK enum status actors_begin(struct actors *a, uint64_t numbers);
void actors_end(struct actors *a);

/*
 * Who did what the kernel tells of @pid now; @there: it still is.  *@ask: somebody is
 * to find out about him, and to say so with actors_answer().
 */
MUST_CHECK uint32_t actors_take(struct actors *a, pid_t pid, bool there, int64_t now_ms,
				bool *ask);
/* @facts: copied; NULL with why not.  Numbers that are forgotten are none. */
void actors_answer(struct actors *a, uint32_t number, enum actor_state state,
		   const struct actor_facts *facts);
/* Knows @actor as others know him: what he is called here is what he is called there. */
void actors_learn(struct actors *a, const struct actor *actor);
/* NULL: forgotten, or 0. */
struct actor *actors_find(const struct actors *a, uint32_t number);
