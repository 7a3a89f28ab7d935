/* SPDX-License-Identifier: MIT */
/*
 * Lease: while we hold a read lease (fcntl(2), F_SETLEASE), who wants to write
 * to the file or to shorten it waits for us.
 *
 * A lease is a bonus: most files of other users refuse it.  It never costs us
 * a signal, and who waits for us waits no longer than one chunk.
 */
#pragma once
#include <stdbool.h>

/* Tries to take a lease on @fd; errno stays as it was. */
bool lease_take(int fd);
/* Is it still ours, with nobody waiting? */
bool lease_holds(int fd);
/* Gives it back, with the descriptor as it was before lease_take(). */
void lease_drop(int fd);
