/* SPDX-License-Identifier: MIT */
/*
 * Asker: a process that finds out who somebody is while he is still there (proc(5)).
 *
 * It is given the process itself (pidfd_open(2)), so that nobody who got the same
 * number later is taken for him.  The listener never waits for it.
 */
#pragma once
#include "daemon/children.h"
#include "host/actors.h"

/* Call before the caller confines itself; the asker ends with it. */
MUST_CHECK enum status fim_asker_start(struct child *asker);
/* False: it has too much to do. */
MUST_CHECK bool fim_asker_ask(const struct child *asker, uint32_t number, pid_t pid,
			      int process);
/* Takes what it has found out.  False: it is gone. */
MUST_CHECK bool fim_asker_hear(const struct child *asker, struct actors *a);
