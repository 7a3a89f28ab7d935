/* SPDX-License-Identifier: MIT */
/*
 * Confine: what a process may still do, given away before the first hostile
 * byte is parsed (Landlock + seccomp).  Nothing of it can be taken back.
 *
 * Call each while the process has one thread: Landlock binds the caller and
 * its future children.  In a build with AddressSanitizer a process stays
 * dumpable and may read /proc, which its search for leaks needs.
 */
#pragma once
#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

struct confine_rule {
	const char *path; /* a folder and all below it, or a file; links are followed */
	bool write;       /* else read only */
};

/* What could not be had here, for one warning; NULL: everything holds. */
struct confine_result {
	const char *missing;
};

/*
 * Supervisor: reads only below @rules, writes only where a rule says so,
 * neither executes nor uses the network.  STATUS_OK also when the kernel
 * lacks a part: @out says which.  A path that cannot be opened allows nothing.
 *
 * It may still fork, make a socketpair(AF_UNIX), use SQLite.  Refused with
 * EPERM everywhere, also where it may write: owners, permissions, times and
 * extended attributes of files, devices and links, executable memory.
 */
MUST_CHECK enum status confine_supervisor(const struct confine_rule *rules, size_t n,
					  struct confine_result *out);

/* Service: as a supervisor, and it may accept connections on a socket that it has. */
MUST_CHECK enum status confine_service(const struct confine_rule *rules, size_t n,
				       struct confine_result *out);

/* Listener: as a supervisor, and it may open files by their handles (Landlock holds). */
MUST_CHECK enum status confine_listener(const struct confine_rule *rules, size_t n,
					struct confine_result *out);

/*
 * Asker: as a worker that may also read files and links, for it looks into /proc: Landlock
 * would be in the way of that.  Of root's powers it keeps that of asking about processes.
 */
MUST_CHECK enum status confine_asker(struct confine_result *out);

/*
 * Worker: no file system, no network, no exec, no new process: descriptors it
 * has or is given, memory, threads, clocks, random numbers.  Any other call ends
 * the process (SIGSYS), so what opens a file in a library (OpenSSL's
 * configuration, the number of processors) has to have happened.
 *
 * Its socket must be of a connected kind (SOCK_STREAM, SOCK_SEQPACKET): a
 * datagram could name another receiver.
 */
MUST_CHECK enum status confine_worker(struct confine_result *out);
