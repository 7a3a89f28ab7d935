/* SPDX-License-Identifier: MIT */
/*
 * Guard rules: what stands before every guard policy, what a mode makes of a
 * decision, and what happens when something fails.  Pure functions and tables.
 */
#pragma once
#include "base/buffer.h"
#include "policy/policy.h"

enum guard_mode {
	GUARD_NO_MODE = 0,
	GUARD_LEARN,     /* denies nothing, and records what allowlist would deny */
	GUARD_DENYLIST,  /* what no line denies may run */
	GUARD_ALLOWLIST, /* what no line allows may not */
};
const char *guard_mode_word(enum guard_mode mode);
MUST_CHECK bool guard_mode_find(const char *word, enum guard_mode *out);

/* The words that say that somebody lies about who signed: denied, unless they are audited. */
#define GUARD_FORGED_WORDS "grafted|counterfeit|tampered|mismatched|broken"

/* What is built in, and may be set to record only. */
struct guard_settings {
	uint32_t audited; /* bit (1 << i) for each of the forged words */
};

#define GUARD_RULES_NAME "built in"

/* The lines themselves, in the language of policies; for a source that is .built_in. */
void guard_rules_write(struct buffer *out, const struct guard_settings *settings);

/* What can fail. */
enum guard_fault {
	GUARD_NO_FAULT = 0,
	GUARD_ENGINE,      /* error, limit, deadline, unsupported */
	GUARD_LEASE_BUSY,  /* somebody has it open for writing */
	GUARD_READER_DEAD, /* and the supervisor lives */
	GUARD_BOTH_DEAD,
	GUARD_NO_POLICY, /* no valid one at start */
	GUARD_UNMARKED,  /* a file system that cannot be marked */
	GUARD_FAULTS
};

enum guard_response {
	GUARD_NO_RESPONSE = 0,
	GUARD_ALLOWS,
	GUARD_ALLOWS_RECORDED,
	GUARD_DENIES,      /* and records it, as every denial */
	GUARD_KERNEL,      /* nobody is asked: tier B lets run, pinned denials of tier A stay */
	GUARD_LAST_POLICY, /* the last valid signed one; else it does not start (exit 2) */
	GUARD_GOES_ON,     /* recorded, and shown in the status */
	GUARD_REFUSES_START
};

/* The row of @fault.  @strict: a file system that cannot be marked is not put up with. */
enum guard_response guard_response(enum guard_fault fault, enum guard_mode mode, bool strict);

struct guard_answer {
	bool allow, record;
	bool would_deny; /* in learn: allowlist would */
	bool by_fault;   /* the row for errors of the engine decided */
	bool by_default; /* no line matched */
};

/* Why a run was decided as it was, where no line says it by itself. */
enum guard_ground {
	GUARD_NO_GROUND = 0, /* a line does, or the event itself */
	GUARD_NO_LINE,       /* none allows it, and the mode runs nothing else */
	GUARD_NO_LINE_YET,   /* the same, but one asks for .missing, which was not found out */
	GUARD_UNJUDGED,      /* the same, and nobody knows what it is */
	GUARD_UNKNOWN,       /* a line asks for .missing, which was not found out */
	GUARD_ABSENT,        /* ... which it does not have */
	GUARD_TOO_LONG,      /* a line could not be reckoned to its end */
	GUARD_GROUNDS
};

struct guard_why {
	enum guard_ground ground;
	enum policy_attribute missing;
};

/* Of what was denied or would be, or was decided by the row for errors of the engine. */
struct guard_why guard_why(const struct guard_answer *answer, const struct policy_decision *d);
/* What happened and what to do, a sentence with the id of its rule; nothing without ground. */
void guard_why_write(struct buffer *out, const struct guard_why *why);
/* More about such a rule, and *@advice; NULL: there is none. */
const char *guard_why_explain(const char *rule, const char **advice);

/* @judged: it was found out what the file is (policy_report_judged()). */
struct guard_answer guard_answer(enum guard_mode mode, const struct policy_decision *d,
				 bool judged);
/* The same for a fault of one event: GUARD_ENGINE, GUARD_LEASE_BUSY, GUARD_READER_DEAD. */
struct guard_answer guard_fault_answer(enum guard_fault fault, enum guard_mode mode);
