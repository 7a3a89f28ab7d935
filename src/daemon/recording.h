/* SPDX-License-Identifier: MIT */
/*
 * Recording: events on their way from who has them to a recorder: the guard's decider,
 * the watch of files.  Each has a recorder of its own; all write to one database.
 *
 * A queue with an end: what finds no room in it, and what the recorder lost or
 * took with it when it died, is counted in the ledger, which outlives the decider,
 * and becomes an event itself as soon as one can be kept.  Never waits.
 */
#pragma once
#include "daemon/children.h"
#include "daemon/doer.h"
#include "daemon/record.h"
#include "daemon/recorder.h"

#define RECORDING_MAX      2048 /* events that wait */
#define RECORDING_ROOTS    512  /* ... the last of them only if they are root's */
#define RECORDING_OUT_MAX  64   /* of those that wait, in the recorder's hands */
#define RECORDING_LEAVING  4    /* recorders that were killed, and are not dead yet */
#define RECORDING_A_SECOND 100  /* events of each room */
#define RECORDING_ROOMS    65   /* of each kind; the first is for whom no other is left */
/* Without an answer so long, the status says so; and then somebody else is to do it. */
#define RECORDING_SILENT_MS 1000
#define RECORDING_STUCK_MS  10000

/* Rooms of events, so that nobody who makes many crowds out those of others: each kind of
 * doer has its own. */
struct recording_room {
	int64_t user, used;       /* when last, in seconds of the steady clock; 0: never */
	int64_t n_plain, n_grave; /* events that may still come */
};

struct recording_row {
	struct buffer packet;
	uint64_t weight; /* events that are not there if this one is not */
	bool tells;      /* of what was lost */
};

struct recording {
	const char *events; /* NULL: nothing is kept */
	const char *of;     /* whose events; NULL: the guard's */
	struct sinks sinks;
	struct ledger *ledger;
	void (*begin)(
		void *context); /* in the recorder, when it is new: gives up what is ours */
	void *context;
	struct child recorder;
	pid_t leaving[RECORDING_LEAVING];
	struct recording_row rows[RECORDING_MAX];
	size_t first, n, n_out;
	int64_t started_ms, heard_ms; /* a recorder; from it, or it had nothing to do */
	int64_t told_ms;              /* when an event last told of what was lost */
	uint64_t n_lost;              /* events that were not kept, told or not */
	int64_t second;               /* of the steady clock */
	struct recording_room rooms[DOER_KINDS][RECORDING_ROOMS];
	int64_t burst; /* so much room comes together while there are none; 0: of a second */
	char problem[RECORD_MAX_PROBLEM];
};

/* The rest of @r is filled in.  Also counts what a decider before this one had in its hands. */
void recording_begin(struct recording *r);
void recording_end(struct recording *r);
/* Is there still place for one of @by in this second?  Else it is counted as lost. */
MUST_CHECK bool recording_admits(struct recording *r, const struct doer *by, bool grave);
/* False: there was no room, and it is counted. */
bool recording_add(struct recording *r, const struct event *event);
/* Hands on what waits, takes answers, replaces a recorder that has died. */
void recording_step(struct recording *r);
/* Nothing is added any more: waits at most @ms until all is kept.  False: not all is. */
MUST_CHECK bool recording_finish(struct recording *r, int ms);
/* What is wrong with the keeping of events; NULL: nothing. */
const char *recording_problem(const struct recording *r);
