/* SPDX-License-Identifier: MIT */
/* A decider, while it runs.  Private to src/daemon. */
#pragma once
#include "daemon/caller.h"
#include "daemon/control.h"
#include "daemon/decider.h"
#include "daemon/decision.h"
#include "daemon/recording.h"
#include "policy/subject.h"

/* Who asked, as long as he waited for the answer: a note finds him gone, perhaps. */
#define DECIDING_ASKERS 32

/* Nothing is remembered for longer, nor what ends before. */
#define DECIDING_MEMORY_S INT64_C(86400)

struct asker {
	uint64_t ticket; /* 0: of nobody */
	pid_t pid;
	struct caller caller;
};

struct deciding {
	const struct decider_plan *plan;
	struct ledger *ledger;
	struct decider_policy policy;
	bool has_policy; /* else one could not be read, and the decider before us is gone */
	struct recording recording;
	struct control control;
	int orders, watcher;           /* -1: none */
	int served[LEDGER_MAX_SERVED]; /* who reads for what others serve; -1: none */
	uint32_t epoch;
	const char *problem; /* with the newest policy, while an older one holds; NULL */
	char problem_text[512];
	uint64_t anchors; /* anchors_name() of those that what counts was decided by */
	uint32_t anchors_asked, anchors_done;  /* as in the ledger */
	int64_t anchors_until_ms;              /* so long who wanted that waits for it */
	char anchors_problem[LEDGER_MAX_TEXT]; /* why those that lie there now do not count */
	int64_t remembered_ms;                 /* since when there is something to remember */
	int64_t packages_due_ms; /* when to ask again whether packages have changed */
	int64_t ahead_ns;        /* the wall clock, of the steady one */
	bool clock_set;          /* ... and has been set since */
	int64_t followed_ns;     /* ... this was looked at, at */
	int64_t followed_ms;
	uint64_t silent; /* file systems whose server did not answer, when we looked last */
	struct asker askers[DECIDING_ASKERS];
	size_t n_askers; /* ever */
	bool over;
	bool blind; /* nobody scouted when we looked last */
	/* A question, what it is about, who asks, and a report. */
	uint8_t packet[sizeof(struct question) + 2 * DECISION_MAX_PATH + DECISION_MAX_BYTES];
};

/* ... and programs in memory, of which nobody asks. */
enum tier_a_memory decide_memory(const struct deciding *d);

/* Decides @q, behind which path and report lie in @rest. */
struct decision decide_question(struct deciding *d, const struct question *q, struct span rest);

/* Of the file, of the program that ran it, and of who that was. */
struct note_texts {
	struct span path, program, cgroup;
};
/* What happened, as an event. */
void note_keep(struct deciding *d, const struct note *note, const struct note_texts *texts);
/* What the service has to tell of itself. */
enum service {
	SERVICE_POLICY_READ,
	SERVICE_POLICY_REFUSED,
	SERVICE_LIST_UNVOUCHED,
	SERVICE_ANCHORS_CHANGED,
	SERVICE_ANCHORS_REFUSED,
	SERVICE_CLOCK_SET,
	SERVICE_PACKAGES_CHANGED,
	SERVICE_WATCHER_REPLACED,
	SERVICE_SERVER_SILENT,
	SERVICE_SERVER_ANSWERS,
	SERVICE_SCOUTS_LACKING,
	SERVICE_SCOUTS_BACK,
	SERVICE_ENDS,
};
/* The same of the service itself: @why in words. */
void service_keep(struct deciding *d, enum service what, const char *why);
/* Whatever has changed about what it covers. */
void service_look(struct deciding *d);

/* The answer to `assay status`, a line of JSON without the newline. */
void status_write(const struct deciding *d, struct buffer *out);
