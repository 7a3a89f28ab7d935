/* SPDX-License-Identifier: MIT */
/* Caller: what /proc tells everybody of a process. */
#pragma once
#include "base/span_search.h"
#include "daemon/doer.h"
#include <sys/types.h>

/* Texts live in .text. */
struct caller {
	bool has_uid, has_login, has_cgroup;
	int64_t uid, login; /* login -1: nobody logged in */
	struct span cgroup, unit;
	char text[8192];
};

/* Reads what a plain user may read of @pid. */
void caller_read(pid_t pid, struct caller *out);
/* As who logged in, and no more of it; -1: nobody. */
int64_t caller_login(pid_t pid);
/* Who that is; nobody, if it cannot be seen. */
struct doer caller_doer(pid_t pid);
/* Has all of it ended?  Whoever waits for it may not have noticed. */
bool caller_ended(pid_t pid);
/* Of a /proc/PID/cgroup, and of what that returns; nobody but root can make either lie. */
struct span caller_cgroup(struct span text);
struct span caller_unit(struct span cgroup);
