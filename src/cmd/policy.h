/* SPDX-License-Identifier: MIT */
/* Exit policies: which words pass.  A pure function of the report. */
#pragma once
#include "evidence/report.h"
#include "policy/policy.h"

enum exit_policy {
	EXIT_POLICY_NONE,
	EXIT_POLICY_STRICT,    /* only what is valid passes */
	EXIT_POLICY_FORGERY,   /* only what is forged or broken fails */
	EXIT_POLICY_INTEGRITY, /* whatever is the bytes that were signed passes */
};

enum outcome {
	OUTCOME_UNKNOWN,
	OUTCOME_PASS,
	OUTCOME_RECORDED, /* passes, and is shown whatever else is not */
	OUTCOME_VIOLATION,
	OUTCOME_INCOMPLETE, /* could not be found out: never a pass */
	OUTCOME_SKIPPED,    /* no known program format, and met, not named */
};

/* @named: given on the command line to be judged, not met in a tree. */
enum outcome policy_outcome(enum exit_policy policy, const struct report *r, bool named);

/* The same by lines of the user's own; @path is how the file is called. */
enum outcome policy_outcome_by(const struct policy *rules, const struct report *r,
			       const char *path, bool named, int64_t now);

/* By which line of theirs, where that is no pass; nothing where none decided. */
void policy_reason_write(struct buffer *out, const struct policy *rules, const struct report *r,
			 const char *path, enum outcome outcome, int64_t now);
