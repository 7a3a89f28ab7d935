/* SPDX-License-Identifier: MIT */
/*
 * Ledger: what the watcher has in its hands, in memory that the supervisor
 * shares, so that whoever comes after a dead watcher can answer for it.
 *
 * A question is known by the number that its descriptor has in the watcher:
 * the row of that number.  Rows are written before any work is done on them.
 */
#pragma once
#include "base/status.h"
#include "host/tier_a.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LEDGER_MAX_FDS 8192 /* the watcher opens no more */

#define LEDGER_MAX_TEXT    512
#define LEDGER_MAX_SHUNNED 64
#define LEDGER_WORKERS     7
#define LEDGER_MAX_OTHERS  2048
#define LEDGER_MAX_SERVED                                                                      \
	32 /* file systems that others serve, each with a reader of its own                    \
	    */

enum ledger_count {
	LEDGER_ASKED,     /* questions of the kernel */
	LEDGER_HITS,      /* ... that were answered from memory */
	LEDGER_PASSED,    /* opens that were answered at once: nobody runs what is opened */
	LEDGER_JUDGED,    /* ... for which a file was read */
	LEDGER_DENIED,    /* ... with no */
	LEDGER_WOULD,     /* ... with yes, because the mode denies nothing */
	LEDGER_FAILED,    /* ... without knowing: deadlines, errors, no lease */
	LEDGER_RACEABLE,  /* ... about what somebody may have written to meanwhile */
	LEDGER_RESCUED,   /* ... by the supervisor, for a watcher that was dead or stuck */
	LEDGER_UNWATCHED, /* that the kernel lost */
	LEDGER_UNTOLD,    /* events that nobody could take or keep */
	LEDGER_UNLOGGED,  /* ... that a log of the host did not take */
	LEDGER_WATCHERS,  /* that were started */
	LEDGER_DECIDERS,
	LEDGER_RECORDERS,
	LEDGER_SCOUTS,
	LEDGER_MARKED,    /* file systems */
	LEDGER_UNMARKED,  /* ... that should be, and cannot */
	LEDGER_REMOTE,    /* ... of a network, which nobody named */
	LEDGER_SERVED,    /* ... that others serve, and that are asked about */
	LEDGER_SILENT,    /* ... whose server keeps who reads there waiting, now */
	LEDGER_REFUSED,   /* questions that the kernel denied: nobody could open the file */
	LEDGER_KERNEL,    /* denied by programs in the kernel */
	LEDGER_UNVETTED,  /* ... seen there, and nobody had vetted it as it was */
	LEDGER_LEFT,      /* processes that are killed and not dead: they wait for servers */
	LEDGER_BLIND,     /* 1: so many are scouts that nobody scouts now */
	LEDGER_SPACES,    /* name spaces of mounts */
	LEDGER_ELSEWHERE, /* file systems there, as often as one is seen */
	LEDGER_ELSEWHERE_UNMARKED,
	LEDGER_STRAYS,   /* file systems that only a program that ran from them showed */
	LEDGER_FOUND,    /* programs that ran unasked */
	LEDGER_VERIFIED, /* programs that ran already, and were judged */
	LEDGER_RUNNING,  /* ... and would not have been let run */
	LEDGER_COUNTS,
};

/* What one reader of questions has in its hands: the watcher's, or that of what others serve.
 */
struct ledger_hands {
	_Atomic int64_t beat;   /* when it last went round, ms of the steady clock */
	_Atomic bool abandoned; /* one that is not dead yet had something in its hands */
	_Atomic int refused;    /* errno: the kernel could not open a file for it, and denied */
	_Atomic uint64_t anchors;              /* anchors_name() of those that it judges by */
	_Atomic pid_t workers[LEDGER_WORKERS]; /* who read files for it; 0: nobody */
	_Atomic int highest;                   /* number of a descriptor, ever */
	_Atomic int64_t deadlines[LEDGER_MAX_FDS]; /* 0: nobody waits */
};

struct ledger {
	struct tier_a_state tier; /* written before anybody else is there */
	struct ledger_hands watcher, served[LEDGER_MAX_SERVED];
	/* When each last went round, ms of the steady clock. */
	_Atomic int64_t decider_beat, scout_beat;
	_Atomic uint32_t looks;   /* how often the scout has to look at everything again */
	_Atomic bool scout_ready; /* it has seen everything once */
	/* File systems that others serve, by device; more than there is room for: all may be.
	 */
	_Atomic uint64_t others[LEDGER_MAX_OTHERS];
	_Atomic size_t n_others;
	_Atomic uint64_t scout_at; /* what it touches, and may wait for; 0: nothing */
	_Atomic uint64_t shunned[LEDGER_MAX_SHUNNED]; /* where one got stuck */
	_Atomic uint32_t epoch;                       /* of the policy that counts */
	_Atomic uint32_t followed; /* ... and that the watcher has told the kernel of */
	_Atomic uint32_t mode;     /* enum guard_mode, that counts */
	_Atomic uint32_t memory;   /* enum tier_a_memory, by the same policy */
	_Atomic uint32_t mounts;   /* how often they have changed */
	_Atomic uint64_t counts[LEDGER_COUNTS];
	_Atomic uint64_t
		dropped; /* events that are not kept, and of which no event tells yet */
	_Atomic uint64_t waiting; /* ... that the decider has in its hands */
	/* Trust anchors: how often somebody wanted them read again, and which of these times
	 * are over; why the last time was in vain (written before that); those that count. */
	_Atomic uint32_t anchors_asked, anchors_done;
	char anchors_problem[LEDGER_MAX_TEXT];
	_Atomic uint64_t anchors;
};

/* Shared with every child from now on.  NULL: no memory. */
MUST_CHECK struct ledger *ledger_new(void);
void ledger_free(struct ledger *l); /* in this process */

void ledger_enter(struct ledger_hands *h, int fd, int64_t deadline);
void ledger_leave(struct ledger_hands *h, int fd);
void ledger_count(struct ledger *l, enum ledger_count what);
uint64_t ledger_counted(const struct ledger *l, enum ledger_count what);
/* The earliest deadline of all rows; INT64_MAX: nobody waits. */
int64_t ledger_first(const struct ledger_hands *h);

/* The steady clock, in ms. */
int64_t ledger_now(void);
int64_t ledger_now_us(void);
/* The wall clock, in ms. */
int64_t ledger_wall(void);
