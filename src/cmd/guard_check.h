/* SPDX-License-Identifier: MIT */
/* What a person can say of a run that did not happen: the place, and himself as the caller. */
#pragma once
#include "daemon/decider.h"
#include "policy/subject.h"
#include <sys/stat.h>

void guard_place_fill(struct policy_subject *s, const struct decider_policy *policy,
		      const char *path, const struct stat *st);
