/* SPDX-License-Identifier: MIT */
/*
 * Opens: which of all files that are opened are going to be run by who opens them.
 *
 * Every open on a guarded file system waits for what is said here, so nothing here
 * waits for anybody: no file is opened but of /proc, and nothing of the memory of who
 * asks is read, which may be mapped from wherever that one likes.
 */
#pragma once
#include "host/interpreters.h"
#include "source/source.h"
#include <sys/types.h>

enum open_look {
	OPEN_UNKNOWN, /* its beginning is not in memory yet: look again soon */
	OPEN_PASSES,  /* is not run, by all that can be seen */
	OPEN_COUNTS,  /* as if it were run itself */
};

struct callers;

/* NULL: no memory. */
MUST_CHECK struct callers *callers_new(const struct interpreters *known);
void callers_free(struct callers *c);

/*
 * Whose files count that process @pid, which waits in an open, is given: the interpreter
 * that it runs; NULL: none.  @anyone, when that cannot be seen: its first thread has ended, or
 * it is in a name space of its own.
 */
const struct interpreter *caller_interpreter(struct callers *c, pid_t pid,
					     const struct interpreter *anyone);

/* Does @i run what is open at @fd?  *@kind: then as what. */
enum open_look open_look(const struct interpreter *i, int fd, enum interpreter_kind *kind);

/* Is nothing in it?  Asked without waiting; false: perhaps not. */
bool open_is_empty(int fd);

/* What a process wants of what it opens. */
enum caller_opens {
	CALLER_READS,   /* as far as can be seen */
	CALLER_CHANGES, /* to read and to write, and not only to read */
	CALLER_WRITES,  /* nothing else */
};

/* What process @pid, which waits in an open, opens just now in all of its threads. */
enum caller_opens caller_opens(pid_t pid);
