/* SPDX-License-Identifier: MIT */
/*
 * Decision: what watcher and decider say to each other.
 *
 * The watcher asks with packets, a question followed by the path's bytes, those of
 * the caller's program, and a report in wire form, and tells what happened with notes.  The
 * decider answers with decisions.  Neither believes a length or a number of the other
 * unchecked.
 */
#pragma once
#include "host/interpreters.h"
#include "policy/guard_rules.h"
#include "source/source.h"
#include <sys/types.h>

#define DECISION_MAX_BYTES ((size_t)192 << 10) /* of one packet */
#define DECISION_MAX_PATH  ((size_t)4096)

/* What could not be found out, if anything. */
enum failure {
	FAILURE_NONE,
	FAILURE_ENGINE,   /* the file could not be judged, or whoever judged it died */
	FAILURE_DEADLINE, /* not in time */
	FAILURE_BUSY,     /* somebody has the file open for writing */
	FAILURE_CHANGED,  /* it changed while it was read, twice */
	FAILURE_UNVETTED, /* the kernel saw it, and nobody had been asked */
	FAILURE_UNASKED,  /* it runs, from where nobody was asked */
	FAILURE_SERVED,   /* somebody serves it, who may give other bytes to who runs it */
	FAILURE_UNREAD,   /* it could not be opened to be judged, and the kernel denied it */
	FAILURE_LATE,     /* it was let run, for this was not known in time */
	FAILURE_RUNNING,  /* it runs already, and would not be let run */
	FAILURE_STOPPED,  /* it could not be kept from being changed until it ran */
};

/* What the watcher knows of the host, and of who asks. */
struct host_facts {
	pid_t pid;
	struct source_identity file;
	enum interpreter_kind opens; /* it is only opened, by who runs it as that */
	bool raceable;               /* no lease could be had: it may be written to meanwhile */
};

/* PACKET_RUNNING: a question about what runs already; it is not answered, but kept. */
enum packet_kind { PACKET_NONE, PACKET_QUESTION, PACKET_NOTE, PACKET_RUNNING };

struct question {
	enum packet_kind kind;
	uint64_t ticket;
	struct host_facts facts;
	enum failure failure;
	bool has_program_sha256; /* of the program that asks: it has not changed since it was
				    judged */
	uint8_t program_sha256[32];
	size_t path_len, caller_len, report_len; /* what follows; report 0: none */
};

struct decision {
	uint64_t ticket;
	uint32_t epoch; /* of the policy that decided */
	bool allow;
	bool would;   /* the mode denies nothing: another one would have denied */
	bool audit;   /* somebody wants to hear of it */
	bool keep;    /* it rests on the file alone, and holds until that changes */
	bool by_path; /* ... as long as it is run by the path with this digest */
	uint8_t path_digest[32];
	bool learn;       /* the kernel need not ask again until the file is written to */
	uint16_t verdict; /* enum assay_verdict */
	bool has_sha256;
	uint8_t sha256[32]; /* of the file */
	uint32_t rule;      /* its line among the policy's */
	struct guard_why why;
};

struct note {
	enum packet_kind kind;
	struct host_facts facts;
	struct decision decision;
	enum failure failure;
	uint32_t waited_us;
	bool has_who, has_uid; /* who asked was looked at, before he was answered */
	int64_t uid, login;
	size_t path_len, caller_len, cgroup_len; /* what follows */
};
