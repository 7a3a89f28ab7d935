/* SPDX-License-Identifier: MIT */
/* Children of the supervisor: each has a channel on which it is told things. */
#pragma once
#include "base/span_search.h"
#include "base/status.h"
#include <stdbool.h>
#include <sys/types.h>

/* One message, and a descriptor with it unless @fd is -1 (borrowed).  False: nobody can hear.
 */
MUST_CHECK bool message_tell(int to, struct span what, int fd);
/* As recv(2); in *@fd the descriptor that came with it, else -1. */
MUST_CHECK ssize_t message_take(int from, void *room, size_t len, bool waits, int *fd);

struct child {
	pid_t pid;        /* 0: none */
	int orders;       /* our end */
	uint64_t anchors; /* anchors_name() of those that it has, or was told of */
};

/*
 * Forks.  In the child it returns STATUS_OK with child->pid 0 and *@orders, its end;
 * in the parent *@orders is -1.  The child ends with its parent.
 */
MUST_CHECK enum status child_fork(struct child *c, int *orders);
/* One byte, and a descriptor with it unless @fd is -1 (borrowed).  False: it cannot hear. */
bool child_tell(const struct child *c, char order, int fd);
/* Kills and reaps it. */
void child_end(struct child *c);
/* The same, but waits at most @ms.  False: it is killed, and not yet dead. */
MUST_CHECK bool child_end_within(struct child *c, int ms);
/* Kills it, and forgets it without waiting; its number, to be reaped. */
pid_t child_abandon(struct child *c);
/* Has it ended by itself?  Then it is reaped. */
bool child_ended(struct child *c);

/*
 * In a child: the next order, and in *@fd the descriptor that came with it, else -1.
 * False: the parent has gone.  *@order 0: none now (only without @waits).
 */
MUST_CHECK bool order_take(int orders, bool waits, char *order, int *fd);
