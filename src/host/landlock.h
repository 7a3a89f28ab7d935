/* SPDX-License-Identifier: MIT */
/* Landlock: rules about files that a process gives itself (landlock(7)). */
#pragma once
#include "host/confine.h"

/*
 * From now on only what @rules allow can be reached.  *@missing: this kernel
 * has no Landlock.  Needs "no new privileges".
 */
MUST_CHECK enum status landlock_restrict(const struct confine_rule *rules, size_t n,
					 bool *missing);

/*
 * From now on this process and its children start (execve(2)) only files among
 * @places, or below those that are folders; descriptors, O_PATH will do.  Gives away
 * "new privileges" too.  What is loaded (mmap(2)) is not started: a program that is
 * handed to the loader runs.  *@missing: this kernel has no Landlock.
 */
MUST_CHECK enum status landlock_execute_only(const int *places, size_t n, bool *missing);
