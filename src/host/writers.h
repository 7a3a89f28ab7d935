/* SPDX-License-Identifier: MIT */
/*
 * Writers: whether the kernel keeps who writes to a program away while it runs
 * (execve(2), ETXTBSY).  Linux 6.11 gave that up, 6.12.2 and 6.13 took it back.
 */
#pragma once
#include "base/attrs.h"
#include <stdbool.h>

/* False: it does not, or that could not be found out.  Nothing is run. */
MUST_CHECK bool writers_are_kept_away(void);

/* The same of @fd, a file without content that may be run, and that is open for writing. */
MUST_CHECK bool writers_keep_from_running(int fd);
