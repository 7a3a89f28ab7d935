/* SPDX-License-Identifier: MIT */
/* Filter: the calls that a process may still make (seccomp(2)). */
#pragma once
#include "base/status.h"
#include <stdbool.h>

/* *@missing: this kernel has no filters.  All need "no new privileges". */
MUST_CHECK enum status filter_supervisor(bool *missing);
/* The same, and may accept connections on a socket that it has. */
MUST_CHECK enum status filter_service(bool *missing);
MUST_CHECK enum status filter_listener(bool *missing);
MUST_CHECK enum status filter_worker(bool *missing);
/* As a worker, and may open files to be read, and read links. */
MUST_CHECK enum status filter_asker(bool *missing);
