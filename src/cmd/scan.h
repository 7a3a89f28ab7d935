/* SPDX-License-Identifier: MIT */
/* Judging trees, for every command that does. */
#pragma once
#include "cmd/session.h"

/* Judges everything below plan->targets, and what --files-from names; the exit code. */
MUST_CHECK int scan_paths(struct invocation *call, const struct session_plan *plan);
