/* SPDX-License-Identifier: MIT */
/*
 * Opener: opens files that the kernel's programs saw and that nobody had been asked
 * about, so that they can be vetted.  The watcher opens nothing on what it watches, and
 * waits for nobody: so this is a process of its own, which may be kept waiting.
 */
#pragma once
#include "daemon/children.h"
#include "host/tier_a.h"

MUST_CHECK enum status opener_start(struct child *opener);
/* False: it cannot hear now. */
bool opener_ask(const struct child *opener, const struct tier_a_record *r);
/*
 * The next file that it opened, ours to close; -1: none now.  One that has ended is
 * forgotten: .pid is 0.
 */
int opener_next(struct child *opener);
