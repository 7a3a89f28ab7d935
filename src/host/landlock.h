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
