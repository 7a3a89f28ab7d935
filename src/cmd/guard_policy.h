/* SPDX-License-Identifier: MIT */
/* The guard's policy as this host has it: mode, lines, lists. */
#pragma once
#include "cmd/settings.h"
#include "daemon/decider.h"

#define GUARD_POLICY_ARENA ((size_t)512 << 20)

struct guard_policy_from {
	const struct settings *settings; /* of the command line, laid over the files' */
};

/* As decider_plan.load: everything is read again.  @context: a struct guard_policy_from. */
MUST_CHECK enum status guard_policy_load(void *context, struct decider_policy *out,
					 const char **problem);

/* Where the guard of this host answers, and where its events are. */
const char *guard_socket_path(const struct settings *s);
const char *guard_events_path(const struct settings *s);
/* The mode that holds; what nobody set is to learn. */
enum guard_mode guard_mode_of(const struct settings *s);
