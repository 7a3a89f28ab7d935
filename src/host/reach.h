/* SPDX-License-Identifier: MIT */
/* Reach: what stands at a path, without anybody being asked who may never answer. */
#pragma once
#include "base/attrs.h"

/*
 * What stands at @path, O_PATH, the caller's; no link is followed.  -1: nothing, or not in
 * the kernel's memory: that is not asked for.  The way to each mount and to each file that
 * somebody has open is (Linux 5.12).
 */
MUST_CHECK int reach_open(const char *path);
