/* SPDX-License-Identifier: MIT */
/*
 * Served: file systems that others serve, FUSE and what somebody named of a network.
 *
 * Whoever serves one may keep everybody waiting who touches it, even when that one is
 * killed: marking it, opening a file for a question, reading that file, closing it.  So
 * these have groups of the kernel's questions of their own, and readers of their own,
 * which are watchers like the one for all others (daemon/watcher.h).  A reader that is stuck
 * is left behind, and until it is dead no other goes there: what it had in its hands is
 * answered by the table of faults, and in the mode allowlist whatever else is asked is denied
 * unread.  Nobody but who runs something from there waits.
 *
 * One group for each user and all that he serves, one for each file system that root
 * serves or somebody named: nobody uses up the places of others.
 */
#pragma once
#include "daemon/children.h"
#include "daemon/ledger.h"
#include "host/exec_events.h"
#include "host/mounts.h"

#define SERVED_PLACES_FOR_ROOT 8 /* that users cannot take */

struct guard;

struct served {
	size_t at; /* its number */
	bool used;
	uint32_t user; /* he serves all of it; 0: .dev alone */
	uint64_t dev;
	int place; /* of the plan's, which named it; -1: none */
	struct exec_events events;
	struct child reader, marker;
	int64_t marker_ms;               /* since when it marks, or when the next one may */
	pid_t reader_left;               /* killed, and not dead yet; 0: nobody */
	pid_t marker_left;               /* the same */
	int worker_left[LEDGER_WORKERS]; /* pidfds of its workers, until they are dead; -1 */
	bool tried;                      /* a marker has ended since the table was looked at */
	bool linked;                     /* reader and decider can speak to each other */
	bool anybodys;                   /* whoever serves it is not root's to trust */
	bool given_up; /* nobody can look there, and the mode denies nothing */
	/* As the table has it: all, those not marked, and how many these were before. */
	size_t n_wanted, n_missing, n_missed;
	int found;               /* that the scout found, until it is marked; -1 */
	struct exec_marks marks; /* while the table is looked at */
};

/* Of the guard's places; false: no memory. */
MUST_CHECK bool served_begin(struct guard *g);
void served_end(struct guard *g);

/* Marks what is mounted now and is to be asked about; @m is the kernel's table. */
void served_scan(struct guard *g, const struct mounts *m);
/*
 * The file system of @fd, which another name space has.  False: it is not asked about yet; once
 * it is, the scout looks again.
 */
bool served_find(struct guard *g, int fd, bool anybodys);
/* Is somebody at it to mark some? */
bool served_marks_now(const struct guard *g);
/* Is it one of those that are asked about? */
bool served_has(struct guard *g, uint64_t dev);

/* A descriptor that can be read from when somebody has to read there, and nobody does; -1. */
int served_waits_on(const struct served *s);
/* Whatever is due; called now and then. */
void served_step(struct guard *g);
/* The decider is new. */
void served_unlink(struct guard *g);
/* In a child: none of it is its concern but @own (NULL: nothing). */
void served_close_others(const struct guard *g, const struct served *own);

/* Of served_mark.c.  In a child of its own: marks whatever belongs to @s; its exit code. */
int served_mark(const struct guard *g, const struct served *s);
/* Does @s stand for @m of the table @all? */
bool served_is_of(const struct guard *g, const struct served *s, const struct mounts *all,
		  const struct mount *m);
