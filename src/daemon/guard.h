/* SPDX-License-Identifier: MIT */
/*
 * Guard: the process that holds everything together.  Of all that others write it
 * parses the kernel's table of mounts, and nothing else.
 *
 *   supervisor   holds the kernel's questions, marks file systems, replaces who dies
 *     watcher    answers them (daemon/watcher.h); has pools with confined workers, and
 *                where the kernel itself refuses, an opener (daemon/opener.h)
 *     spare      the next watcher, forked already: promoted in no time
 *     scout      finds what is mounted where nobody else sees it (daemon/scout.h)
 *     decider    decides by the policy, answers `assay status`; its recorder keeps the events
 *     anchors' reader   reads the trust anchors again, when somebody asks (daemon/anchors.h)
 *
 * A watcher that dies or gets stuck is replaced: whatever it had in its hands
 * is answered by the table of failures, nothing waits for ever.
 */
#pragma once
#include "daemon/watcher.h"
#include "policy/guard_rules.h"

#define GUARD_MAX_PLACES 64

struct guard_plan {
	struct watcher_plan watcher; /* .engine, .pool, .ignores */
	enum guard_mode mode;        /* until the decider says another */
	bool all; /* every local file system, in whatever name space of mounts */
	const char *const *places; /* those of these, whatever they are */
	size_t n_places;           /* at most GUARD_MAX_PLACES */
	bool all_or_none; /* in allowlist mode: not with a file system that cannot be guarded */
	/* Only file systems whose source it likes, for tests; NULL: all. */
	bool (*may)(const char *source);
	const char *tier_a; /* a folder of bpffs for programs in the kernel; NULL: without */
	/*
	 * The decider's whole life, in a child, until @orders has ended (SOCK_SEQPACKET); the
	 * watcher's socket comes as an order.  Who does not renew ledger->decider_beat several
	 * times a second is replaced.
	 */
	int (*decide)(void *context, struct ledger *ledger, int orders);
	void *context;
	void (*ready)(void *context); /* everything is watched; NULL */
	void (*alive)(void *context); /* called now and then; NULL */
};

/*
 * Guards until SIGTERM or SIGINT.  Call while single-threaded.  *@problem: what could
 * not be begun.  SIGHUP: the decider reads its policy again.
 */
MUST_CHECK enum status guard_run(const struct guard_plan *plan, const char **problem);

#define GUARD_END_MS 400

/* What the supervisor and its children tell each other. */
enum guard_order {
	GUARD_ORDER_NONE,
	GUARD_ORDER_WATCHER, /* here is a new watcher's socket */
	GUARD_ORDER_SERVED,  /* ... of one more, for a file system that others serve */
	GUARD_ORDER_RELOAD,
	GUARD_ORDER_END,     /* tell of it, and end within GUARD_END_MS */
	GUARD_ORDER_ANCHORS, /* here are other ones; of the decider: look at them, and back:
				done */
	/* Of the scout, with a file system, and the answers. */
	GUARD_ORDER_MARK,
	GUARD_ORDER_MARK_DEVICES,  /* of devices */
	GUARD_ORDER_MARK_SERVED,   /* that somebody serves who may never answer */
	GUARD_ORDER_MARK_ANYBODYS, /* ... and who is not root */
	GUARD_ORDER_MARKED,
	GUARD_ORDER_UNMARKED,
};
