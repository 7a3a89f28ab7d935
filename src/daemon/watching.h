/* SPDX-License-Identifier: MIT */
/* A watcher, while it runs.  Private to src/daemon. */
#pragma once
#include "base/buffer.h"
#include "daemon/caller.h"
#include "daemon/decision.h"
#include "daemon/doer.h"
#include "daemon/known.h"
#include "daemon/opener.h"
#include "daemon/opens.h"
#include "daemon/watcher.h"
#include "host/exec_events.h"
#include "source/identity.h"
#include <sys/stat.h>

/*
 * Who reads files.  Whoever may write files can make one that takes hours to read, of one
 * block of a disk: big ones have workers apart.
 */
enum watch_lane { WATCH_LANE_SMALL, WATCH_LANE_BIG, WATCH_LANES };
#define WATCH_POOLS      LEDGER_WORKERS          /* what each is for: watch_turns.c */
#define WATCH_KEPT       (WATCHER_MAX_CASES / 8) /* cases that none but root has waiting */
#define WATCH_POOL_FIRST 0 /* small files that root asks for; of root's own many at a time */

struct watch_pool {
	struct pool *pool;  /* NULL: nobody has needed it so far */
	int64_t tainted_us; /* when its worker first read what others can write; 0: it has not
			     */
	int64_t mended_us;  /* when that was last tried in vain */
	struct doer by;     /* who asked for what it was given last */
	uint64_t ticket;    /* ... its case */
	int64_t since_us;   /* ... when */
	int64_t looked_us;  /* when was looked whether who asked ... */
	bool ended;         /* ... has ended */
};

/* Who had the last turn. */
struct watch_turn {
	enum doer_kind kind;
	int64_t users[DOER_KINDS];
};

/* What is to be done next about a question of the kernel. */
enum watch_stage {
	WATCH_FREE,
	WATCH_LOOK,   /* opened, and what it is cannot be seen yet */
	WATCH_BUSY,   /* somebody writes: tried again soon */
	WATCH_ROOM,   /* it waits for its turn to be read */
	WATCH_READ,   /* the pool has it */
	WATCH_ALIKE,  /* another case is about the same file */
	WATCH_ASK,    /* the decider has to be asked, and could not be yet */
	WATCH_DECIDE, /* ... and has been asked */
	WATCH_HELD,   /* answered; nobody may write before the program runs */
};

/* What a thread leaves only once it runs what it asked for, or has failed to. */
struct runner_traces {
	uint64_t faults, user;
};

struct runner_thread {
	pid_t thread;
	struct runner_traces traces;
};

/* Who runs a file, as he was at the first look; .start 0: there was none. */
struct runner {
	uint64_t start; /* when his process began */
	struct runner_traces traces;
	uid_t uid;
	bool several, listed;          /* threads: then any of these may be he */
	struct runner_thread *threads; /* ... that have not moved since */
	size_t n_threads;
};

struct watch_case {
	enum watch_stage stage;
	int fd;
	uint64_t ticket;
	uint64_t exec; /* ticket of the first file that the same exec(2) asked for */
	struct host_facts facts;
	struct doer asker;                     /* of what has to be read, or is opened */
	const struct interpreter *interpreter; /* that opens it; NULL: it is run itself */
	bool shared;                           /* others were answered by its lease */
	bool lent;                             /* ... and asked by somebody else */
	bool leased, answered;
	bool joined;          /* what its process had asked before was looked at */
	struct runner runner; /* of what others than root can change */
	int64_t broken_us;    /* since when somebody waits to write, at the latest; 0: nobody */
	bool let_run;         /* nobody knew in time what it is */
	bool unasked;         /* nobody waits: it is vetted for the next one */
	bool counted;         /* .seen is known */
	struct tier_a_seen seen;
	bool again;       /* it changed while it was read; this is the second time */
	uint32_t anchors; /* .anchors of all, when it was given to be read */
	unsigned tries;
	int64_t asked_us, due_us; /* when it came; when to look at it again */
	int64_t deadline_us, pause_us;
	enum failure failure;
	struct decision decision; /* once it is answered, and was not a failure */
	struct buffer caller; /* path of the program that asks; read before it is answered */
	struct source_identity program; /* the same, as it was then; .ino 0: not seen */
	struct buffer report;           /* wire form, until it is decided */
};

/* Of so many file systems it is told once that nobody can be kept from writing there. */
#define WATCHER_RACEABLE_PLACES 16

struct watching {
	const struct watcher_plan *plan;
	struct exec_events events;
	struct watch_pool pools[WATCH_POOLS];
	struct watch_turn turns[WATCH_LANES][2]; /* [1]: of what nobody waits for */
	bool waits;                              /* there may be cases in WATCH_ROOM */
	pid_t own;
	struct known *known;
	struct tier_a_records *records; /* of programs in the kernel; NULL: none */
	struct child opener;     /* of files that the kernel saw and nobody was asked about */
	int64_t opener_us;       /* when it was started */
	struct callers *callers; /* NULL: opens are not asked about */
	int decider;             /* -1: none */
	int64_t busy_ms;         /* when something was last in work; 0: never */
	uint64_t generation;
	uint32_t anchors;       /* how often there were other trust anchors */
	uint32_t ignored_epoch; /* of the policy by which the kernel need not ask */
	uint64_t raceable[WATCHER_RACEABLE_PLACES]; /* file systems of which that was told */
	size_t n_raceable;
	int64_t break_us; /* that who waits to write has to be let go for, at the most */
	struct watch_case cases[WATCHER_MAX_CASES];
	uint16_t active[WATCHER_MAX_CASES], unused[WATCHER_MAX_CASES];
	size_t n_active, n_unused;
	bool over;
};

static inline int64_t watch_now_us(void)
{
	return ledger_now_us();
}

static inline bool same_file(const struct source_identity *a, const struct source_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/* Can somebody else than root decide what its bytes are? */
static inline bool watch_is_anybodys(const struct watch_case *c)
{
	return !identity_is_roots(&c->facts.file);
}

/* Of watch_look.c.  Which program process @pid runs; .ino 0: none, UINT64_MAX: one that nobody
 * may look at. */
struct source_identity watch_program(pid_t pid);
/* Before the answer: afterwards it may be another program, or gone. */
void watch_caller(struct watch_case *c);
/* The path of the file that is asked about. */
size_t watch_path(const struct watch_case *c, char *path, size_t room);

/*
 * Of watch_runner.c.  Does the kernel keep writers away from what process @pid was let run, or
 * is there nothing to keep them from any more?  @asked_us: when it asked.
 */
bool runner_is_past(pid_t pid, int64_t asked_us, struct runner *r);
void runner_free(struct runner *r);
/*
 * While process @pid asks again, about the @same file or another.  False: the exec before is
 * over.  True: this may be a part of it, and is awaited with it.
 */
bool runner_asks_again(pid_t pid, struct runner *r, bool same);
/* It executes nothing of its own any more.  False: it may. */
bool runner_kill(pid_t pid, const struct runner *r);

/* Of watch_hold.c.  How long who waits to write lets himself be kept waiting. */
int64_t watch_break_us(void);
/* When it has to be answered, and until when a lease is held for it. */
int64_t watch_deadline(const struct watch_case *c);
/* It is answered: held until the program runs, or will not. */
void watch_hold(struct watching *w, struct watch_case *c, bool allowed);
void watch_held_step(struct watching *w, struct watch_case *c, int64_t now_us);
/* What one exec asks for belongs together. */
void watch_join(struct watching *w, struct watch_case *c);

/* Has all of process @pid ended? */
bool watch_is_dead(pid_t pid);
/* Is there another thread than the first, which has ended? */
bool watch_has_threads(pid_t pid);

/* Of watch_kernel.c.  Tier A: what the kernel is told, and what it tells. */
MUST_CHECK enum status watch_kernel_begin(struct watching *w);
/* Files that have been opened since. */
void watch_kernel_opened(struct watching *w);
/* Before the lease of @c. */
void watch_kernel_count(struct watching *w, struct watch_case *c);
/* Before it is answered. */
void watch_kernel_tell(struct watching *w, const struct watch_case *c,
		       const struct decision *d);
void watch_kernel_rule(struct watching *w);
/* May the kernel let it run from now on without asking? */
bool watch_kernel_learns(const struct watching *w, const struct watch_case *c,
			 const struct decision *d);
/* It asks again about everything. */
void watch_kernel_flush(struct watching *w);

/* Of watch_turns.c.  Whatever is to be read and can be is given to a worker. */
void watch_turns(struct watching *w);
/* @c is to be read. */
void watch_queue(struct watching *w, struct watch_case *c);
/* It waits for its turn. */
void watch_wait(struct watching *w, struct watch_case *c);
/* ... and nobody waits for it. */
void watch_dead_step(struct watching *w, struct watch_case *c, int64_t now_us);
MUST_CHECK enum status watch_pool_start(struct watching *w, struct watch_pool *p);
/*
 * A worker that has read what somebody else than root can write may be his by now, and would
 * say of the next file what he likes: when it has nothing to do, another takes its place.
 */
void watch_pool_clean(struct watching *w, struct watch_pool *p);
/* The engine has changed: nobody reads by the old one any more, or is not believed. */
void watch_pools_renew(struct watching *w);

/* Of watch_case.c.  The case of a ticket; NULL: it has ended. */
struct watch_case *watch_case_of(struct watching *w, uint64_t ticket);
/* Somebody else has it: looked at again when it is late, and never if that has been told. */
void watch_await(struct watch_case *c, enum watch_stage stage);
/* Who waited for another's answer about the same file has to ask himself. */
void watch_alike_wake(struct watching *w, const struct source_identity *file);
/* A case for what the kernel asks. */
struct watch_case *watch_begin(struct watching *w, const struct exec_event *event);
/* The same for what it does not ask. */
struct watch_case *watch_begin_unasked(struct watching *w, const struct exec_event *event);
/* The first that is done for what counts. */
void watch_lease(struct watching *w, struct watch_case *c);
/* Answered by @d, and held for as long as it has to be. */
void watch_conclude(struct watching *w, struct watch_case *c, const struct decision *d);
/* It was not found out in time, or at all. */
void watch_fail(struct watching *w, struct watch_case *c, enum failure failure);
/* Is its lease as it was, and nobody waits to write? */
bool watch_is_kept(const struct watch_case *c);
/* Of watch_tell.c.  Is it worth an event?  Asked once for each answer. */
bool watch_is_told(struct watching *w, const struct watch_case *c, const struct decision *d);
/* @who: read before he was answered; NULL: that was not done. */
void watch_tell(struct watching *w, const struct watch_case *c, const struct decision *d,
		const struct caller *who);
/* What would not have been let run, had @d been known in time. */
void watch_tell_late(struct watching *w, struct watch_case *c, const struct decision *d);
/* The kernel could not open a file for us, and has denied it. */
void watch_refused(struct watching *w);
/* It does not count: yes, and nothing is told. */
void watch_pass(struct watching *w, struct watch_case *c);
/* Nothing is left of it, its lease neither. */
void watch_end(struct watching *w, struct watch_case *c);

/* Of open_case.c: the same for what is only opened. */
void watch_open(struct watching *w, const struct exec_event *event);
void watch_open_look(struct watching *w, struct watch_case *c);
void watch_open_hold(struct watch_case *c);
void watch_open_held_step(struct watching *w, struct watch_case *c, int64_t now_us);

/* A question of the kernel becomes a case, or is answered at once. */
void watch_event(struct watching *w, const struct exec_event *event);
/* Whatever is due of @c now. */
void watch_step(struct watching *w, struct watch_case *c, int64_t now_us);
/* What the pool says of a file. */
void watch_judged(struct watching *w, const struct pool_answer *answer);
void watch_decided(struct watching *w, const struct decision *d);
/* Whenever another policy may count: the kernel asks again about what it had learnt by the old.
 */
void watch_epoch(struct watching *w);
/* The decider is new: what the old one was asked has to be asked again. */
void watch_ask_again(struct watching *w);
