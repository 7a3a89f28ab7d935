/* SPDX-License-Identifier: MIT */
/*
 * Marks: the kernel asks about every file system from which something can be run.
 *
 * Which those are is read from a table of mounts, whose points are paths of the name
 * space of mounts that this process is in.  Whoever owns that name space may change
 * it at any time: a way is walked without following links, and a file system is
 * marked through what was found there, never through the path again.
 */
#pragma once
#include "host/exec_events.h"
#include "host/mounts.h"
#include "host/tier_a.h"

struct marks {
	const struct exec_events *events;
	int proc;            /* the folder /proc of our own, open */
	struct tier_a *tier; /* told of what is marked; NULL: there is none */
	bool opens;
	/* May what is named so be asked about?  For tests, which leave the host alone; NULL:
	 * yes. */
	bool (*may)(const char *name);
	void (*alive)(void *context); /* between two steps, each of which may wait; NULL */
	void *context;
	size_t n_marked, n_unmarked; /* so far */
};

/* An open folder of /proc; -1: there is none. */
int marks_proc_open(void);

/* Is something run from it that can be asked about without waiting for somebody else? */
bool marks_wants(enum mount_kind kind);

void marks_table(struct marks *k, const struct mounts *m);
