/* SPDX-License-Identifier: MIT */
/*
 * Events: what the guard refused, or would have, or was asked to tell of; who
 * asked, for what, and by which line it was decided.  And what became of files that
 * are watched, and by whom.
 *
 * One SQLite database, to which every service of the host adds.  It keeps the last
 * EVENTS_MAX_ROWS; what is damaged is told, never repaired silently.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include <stdbool.h>

#define EVENTS_MAX_ROWS 200000
#define EVENTS_MAX_TEXT 4096 /* octets of one text; more is cut */

enum event_kind {
	EVENT_NONE,
	EVENT_DENIED,
	EVENT_WOULD_DENY, /* the mode denies nothing */
	EVENT_AUDITED,    /* allowed; a line asked to be told of it */
	EVENT_FAILED,     /* decided without knowing */
	EVENT_SERVICE,    /* of a service itself: a process replaced, a policy loaded */
	EVENT_DROPPED,    /* .count of them are not here: too many, or they could not be kept */
	EVENT_CHANGED,    /* something became of a file that is watched */
	EVENT_KINDS,
};

struct event {
	int64_t id, time_ms; /* of the wall clock */
	enum event_kind kind;
	bool allowed;                      /* it was let run; of a file */
	int64_t pid, uid, login;           /* login -1: none */
	struct span path, caller;          /* octets; empty: not known */
	struct span cgroup, unit;          /* of who asked */
	const char *mode;                  /* of the guard, a word; NULL */
	const char *verdict, *rule, *line; /* a word; of the policy, its name and place; NULL */
	const char *why;                   /* a sentence; NULL */
	struct span sha256;                /* empty: not computed */
	int64_t waited_us, count;
	/* Of what became of files: ids, with blanks between; a word; the verdict before. */
	const char *findings, *severity, *was; /* NULL: does not apply */
	struct span from;                      /* where it was before; empty: there */
	const char *actor; /* how far who did it is known, a word; NULL: nobody is sought */
};

struct events;

/* @writes: makes it when there is none.  NULL and *@problem, a literal; errno 0: it says it
 * all. */
MUST_CHECK struct events *events_open(const char *path, bool writes, const char **problem);
void events_close(struct events *e);
/* The *@problem of one that is only begun. */
extern const char events_none_yet[];

/*
 * On the disk with the next events_flush(), all that were added since the last one or
 * none.  False: not this one, and perhaps none.
 */
MUST_CHECK bool events_add(struct events *e, const struct event *event);
/* On the disk now; STATUS_IO: all that were added since the last time are lost. */
MUST_CHECK enum status events_flush(struct events *e);
/* They are lost now. */
void events_abandon(struct events *e);
/* Why the last of them failed, in the database's words.  Good until the next call. */
const char *events_problem(const struct events *e);

struct events_question {
	int64_t after;        /* only those with a larger .id */
	int64_t since_ms;     /* only those not older */
	enum event_kind kind; /* EVENT_NONE: of every kind */
	size_t last;          /* only so many, the newest; 0: all */
};

/* Tells @each, the oldest first, until it says false.  STATUS_MALFORMED: it is damaged. */
MUST_CHECK enum status events_each(struct events *e, const struct events_question *q,
				   bool (*each)(void *context, const struct event *event),
				   void *context);

/* "denied", "would-deny", "audited", "failed", "service", "dropped", "changed" */
const char *event_kind_word(enum event_kind kind);
