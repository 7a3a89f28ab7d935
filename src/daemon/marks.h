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
#include "host/mounts.h"
#include "host/tier_a.h"

/* How something is asked about. */
enum mark_how {
	MARK_PLAIN,
	/* Devices stand there: to be asked about an open is to open it, too, and a watchdog
	 * would begin to count. */
	MARK_DEVICES,
	MARK_SERVED,   /* somebody serves it, and may let wait who touches it */
	MARK_ANYBODYS, /* ... and he is not root */
};

struct marks {
	struct tier_a *tier; /* told of what is marked; NULL: there is none */
	/* Has what @fd (O_PATH) is asked about.  False: it cannot be, or not yet. */
	bool (*mark)(void *context, int fd, enum mark_how how);
	bool served; /* also what programs of this host serve; else nothing is done to that */
	void (*alive)(void *context); /* before each step that may wait for others; NULL */
	/* It could not be reached or asked about; NULL */
	void (*missed)(void *context, uint64_t dev);
	void *context;
	/* May what is named so be asked about?  For tests, which leave the host alone; NULL:
	 * yes. */
	bool (*may)(const char *name);
	size_t n_marked, n_unmarked; /* so far */
};

/* An open folder of /proc; -1: there is none. */
int marks_proc_open(void);

/* Is something run from it that can be asked about without waiting for somebody else? */
bool marks_wants(enum mount_kind kind);

/* Which file system has what @fd (O_PATH) is?  Nobody is waited for. */
MUST_CHECK bool marks_device(int fd, uint64_t *dev);
/* What stands at the point of @m, O_PATH; -1: not that. */
int marks_point_open(const struct mount *m);

void marks_table(struct marks *k, const struct mounts *m);
