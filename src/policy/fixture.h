/* SPDX-License-Identifier: MIT */
/*
 * Fixture: a report, what else is known, and what a policy should say of it.
 *
 *	{ "report": { ... as --json prints it ... },
 *	  "host": { "path": "/usr/bin/x", "user": 1000, "package": null },
 *	  "allow_list": ["<sha256>"], "deny_list": [],
 *	  "now": "2026-11-22T12:00:00Z",
 *	  "action": "deny", "line": 3, "file": "policy" }
 *
 * Of "host", null is absent, and what is not there is unknown.  "action" is one
 * of the words of policies, "incomplete", or "none" (nothing matched); "line" is
 * the line of the file, "file" the end of its name, where it matters.
 */
#pragma once
#include "policy/subject.h"

#define FIXTURE_MAX_FILE   ((size_t)4 << 20)
#define FIXTURE_MAX_LISTED 1024

struct fixture {
	struct report report;
	struct policy_subject subject;
	struct span *listed[POLICY_SETS];
	size_t n_listed[POLICY_SETS];
	int64_t now;
	bool incomplete; /* is expected */
	enum policy_action action;
	uint64_t line; /* 0: any */
	struct span file;
};

/*
 * STATUS_USAGE: *@problem says what is wrong.  @out must stay where it is: its
 * subject points into it.
 */
MUST_CHECK enum status fixture_read(struct arena *a, struct span text, struct fixture *out,
				    const char **problem);

/* Is the decision what is expected?  *@why says what was, when not. */
MUST_CHECK bool fixture_fits(struct arena *a, const struct fixture *f, const struct policy *p,
			     const struct policy_decision *d, const char **why);
