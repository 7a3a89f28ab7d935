/* SPDX-License-Identifier: MIT */
/*
 * Run facts: what the guard's lines can ask about one run, and what comes of it: the same
 * for the guard that answers the kernel, and for whoever asks what it would say.
 */
#pragma once
#include "daemon/decider.h"
#include "policy/subject.h"
#include "source/source.h"

/* All but who runs it. */
struct run {
	const struct report *report;
	struct source_identity file;
	struct span
		path; /* as the kernel has it; "/memfd:...": in memory; else it has none here */
	enum policy_event event;
};

/* One of assay's own programs? */
bool run_is_own(const struct decider_policy *p, uint64_t dev, uint64_t ino);

/* Good as long as @policy and what @run borrows are. */
struct policy_subject run_subject(const struct decider_policy *policy, const struct run *run);

/* By @lines, those of a struct decider_policy or others; @by: which decided, and why. */
struct guard_answer run_decide(const struct policy *lines, enum guard_mode mode,
			       struct policy_subject *subject, struct policy_decision *by);

/* Do its lines ask for anybody's package? */
bool decider_asks_packages(const struct policy *lines);
/* All that it holds; usable on a zeroed one. */
void decider_policy_end(struct decider_policy *p);
