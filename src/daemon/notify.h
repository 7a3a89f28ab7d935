/* SPDX-License-Identifier: MIT */
/*
 * Notify: what a service tells its manager and is given by it (sd_notify(3),
 * sd_listen_fds(3)), without its library.
 */
#pragma once
#include <stdint.h>

/* "READY=1" and the like; nobody to tell: nothing happens. */
void notify_send(const char *state);
/* How often the manager wants to hear "WATCHDOG=1", in ms; 0: not at all. */
int64_t notify_watchdog_ms(void);

/* The socket at which the manager listened before us, a stream of AF_UNIX; -1: there is none.
 */
int notify_listener(void);
