/* SPDX-License-Identifier: MIT */
/*
 * Policy files: which files are a policy, whose they must be, and whether the
 * places that they let pass can be believed.
 *
 * The system's: FOLDER/policy, where /etc hides /run hides /usr/lib, and the
 * drop-ins FOLDER/policy.d/NAME.policy of all three, whose lines stand before
 * the policy's default.  A signed policy that is followed (store/signed_list.h)
 * stands where the vendor's does: it hides that, and the administrator's hides it.
 */
#pragma once
#include "policy/guard_rules.h"
#include "source/believed.h"

#define POLICY_FILE   "policy"
#define POLICY_DROPS  "policy.d"
#define POLICY_SUFFIX ".policy"

struct policy_from {
	enum policy_kind kind;
	const char *file; /* this one alone; NULL: the system's */
	struct believed_folders folders;
	uid_t owner;                        /* whose they must be; .file: or the user's */
	const struct guard_settings *guard; /* what is built in stands first; NULL: nothing */
	bool look_at_places;                /* on this host */
	const char *signed_list;            /* the signed one that is followed; NULL: none */
	const char *signed_name;            /* the same for people; NULL: it does not count */
	struct span signed_text;
	const char *more_name; /* of a drop-in that is not there yet; NULL: none */
	struct span more_text;
	bool signed_alone; /* no file: they make no sense */
};
struct policy_from policy_from_system(enum policy_kind kind);

/* Is there something that nobody but root can change or replace?  As policy_subject.firm. */
bool policy_path_is_firm(struct span path);

/*
 * STATUS_USAGE: the files make no sense; either *@problem is one sentence with
 * the file, or it is NULL and @problems has lines and columns.
 */
MUST_CHECK enum status policy_load(struct arena *a, const struct policy_from *from,
				   struct policy_problems *problems, struct policy *out,
				   const char **problem);
