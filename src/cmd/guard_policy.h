/* SPDX-License-Identifier: MIT */
/* The guard's policy as this host has it: mode, lines, lists. */
#pragma once
#include "cmd/settings.h"
#include "daemon/decider.h"

#define GUARD_POLICY_ARENA ((size_t)96 << 20)

struct guard_policy_from {
	const struct settings *settings; /* of the command line, laid over the files' */
};

/* As decider_plan.load: everything is read again.  @context: a struct guard_policy_from. */
MUST_CHECK enum status guard_policy_load(void *context, struct decider_policy *out,
					 const char **problem);
