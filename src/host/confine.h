/* SPDX-License-Identifier: MIT */
/*
 * Confine: what a process may still do, given away before the first hostile
 * byte is parsed (Landlock + seccomp).
 */
#pragma once
#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

struct confine_rule {
	const char *path;
	bool write; /* else read only */
};

/* What could not be had here, for one warning; NULL: everything holds. */
struct confine_result {
	const char *missing;
};

/*
 * Supervisor: reads only below @rules, writes only where a rule says so,
 * neither executes nor uses the network.  STATUS_OK also when the kernel
 * lacks a part: @out says which.
 */
MUST_CHECK enum status confine_supervisor(const struct confine_rule *rules, size_t n,
					  struct confine_result *out);

/* Worker: no file system, no network, no exec, no new process: descriptors it has or is given.
 */
MUST_CHECK enum status confine_worker(struct confine_result *out);
