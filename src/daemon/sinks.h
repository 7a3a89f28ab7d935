/* SPDX-License-Identifier: MIT */
/*
 * Sinks: the logs of this host that hear of each event: journald's socket, and one
 * of syslog (unix(7), datagrams).
 *
 * Nobody is waited for: what a log cannot take at once is counted, and said when it
 * can hear again.
 */
#pragma once
#include "base/buffer.h"
#include "daemon/event_page.h"
#include "daemon/ledger.h"
#include "store/events.h"
#include <sys/un.h>

#define SINKS_MAX 2

struct sink {
	const char *path;
	void (*write)(struct buffer *out, const struct event *e, const struct event_teller *by);
	int fd;
	struct sockaddr_un address;
	uint64_t n_lost;     /* and not yet said */
	const char *problem; /* NULL: it took the last one */
};

struct sinks {
	struct sink each[SINKS_MAX];
	size_t n;
	char host[65];    /* as syslog has it */
	const char *name; /* by which logs know who tells them */
};

/* Of each the socket's path, or NULL: that log does not want to hear.  While one may still
 * make sockets.  @name is borrowed. */
void sinks_open(struct sinks *s, const char *name, const char *journal, const char *syslog);
void sinks_close(struct sinks *s);
/* To all of them; what is not taken is counted in @l, too. */
void sinks_tell(struct sinks *s, const struct event *e, struct ledger *l);
/* "PATH: why" of one that does not hear; nothing: all do. */
void sinks_problem(const struct sinks *s, struct buffer *out);
