/* SPDX-License-Identifier: MIT */
/*
 * Recorder: keeps events, and tells them to the logs of this host.
 *
 * A process of its own, so that a disk which is full or slow, and a log that does
 * not read, hold up nobody who decides.  It gets records (daemon/record.h) and
 * answers each when it is on the disk, or lost; when nobody sends any more, it
 * keeps what it has and ends.
 */
#pragma once
#include "daemon/sinks.h"

struct recorder_plan {
	const char *events; /* the database; NULL: nothing is kept, all is told */
	struct sinks *sinks;
	struct ledger *ledger;
	int records; /* SOCK_SEQPACKET, the other end is the decider's */
};

/* In a child of the decider's; its exit code. */
int recorder_run(const struct recorder_plan *plan);
