/* SPDX-License-Identifier: MIT */
/* The guard's policy as this host has it: mode, lines, lists. */
#pragma once
#include "cmd/settings.h"
#include "daemon/decider.h"
#include "store/policy_files.h"

#define GUARD_POLICY_ARENA ((size_t)512 << 20)

struct guard_policy_from {
	const struct settings *settings; /* of the command line, laid over the files' */
	bool packages;                   /* are wanted, whatever the lines ask */
};

/* As decider_plan.load: everything is read again.  @context: a struct guard_policy_from. */
MUST_CHECK enum status guard_policy_load(void *context, struct decider_policy *out,
					 const char **problem);

/* The trust anchors that files of this host are judged by now. */
MUST_CHECK enum status guard_anchors_open(const struct guard_policy_from *from, struct arena *a,
					  struct trust_store **out, const char **problem);

/* Where the guard of this host answers, where its events are, and the signed lists. */
const char *guard_socket_path(const struct settings *s);
const char *guard_events_path(const struct settings *s);
/* May the user not read them?  Then it has complained. */
bool guard_events_refused(const char *path);
/* Beside the events, unless it is named.  NULL: no memory. */
const char *guard_lists_folder(struct arena *a, const struct settings *s);

/* Whom signed lists are believed from; @keys has room for BUNDLE_MAX_KEYS. */
MUST_CHECK enum status guard_lists_from(struct arena *a, const struct settings *s,
					struct ed25519_key *keys, struct signed_from *out,
					const char **problem);
/*
 * The signed policy that is followed, if there is one, into @out: its name, and if who signed
 * it counts, its lines.
 */
MUST_CHECK enum status guard_policy_signed(struct arena *a, const struct signed_lists *lists,
					   struct policy_from *out, const char **problem);
/* "FILE:LINE:COLUMN: why" of the first of them. */
const char *guard_policy_problem(struct arena *a, const struct policy_problems *problems);

/* The mode that holds; what nobody set is to learn. */
enum guard_mode guard_mode_of(const struct settings *s);
