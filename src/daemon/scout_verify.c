/* SPDX-License-Identifier: MIT */
/*
 * What ran before the guard came, or while nobody could ask, is judged as if it were run now.
 * Nothing is done to it; what would not be let run is told.
 *
 * The scout has a pool of its own for that, so that nobody who waits to run a program waits
 * behind it; it lives only as long as there is something to judge.
 */
#include "daemon/scouting.h"

#include "daemon/decision.h"
#include "daemon/true_path.h"
#include "source/identity.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PATIENCE_MS 10000
#define START_MS    11000 /* that a pool may take */

/* Whenever that has grown, something may have been run that nobody judged. */
static uint64_t gaps(const struct scouting *s)
{
	const struct ledger *l = s->plan->ledger;

	return 1 + ledger_counted(l, LEDGER_RESCUED) + ledger_counted(l, LEDGER_UNWATCHED);
}

/* Who cannot begin now (too many processes) does with the next look. */
static void verifying_begin(struct scouting *s)
{
	struct pool_settings settings = s->plan->pool;
	uint64_t now = gaps(s);
	const char *warning;

	settings.n_threads = 1;
	settings.patience_ms = PATIENCE_MS;
	atomic_store(&s->plan->ledger->scout_beat, ledger_now() + START_MS);
	if (pool_start(s->plan->engine, &settings, &s->verifying.pool, &warning) != STATUS_OK)
		s->verifying.pool = NULL;
	scout_at(s, 0);
	if (s->verifying.pool) {
		s->verifying.gaps = now;
		s->verifying.more = true;
	}
}

bool scout_verifies(const struct scouting *s)
{
	return s->verifying.pool != NULL;
}

static void running_end(struct running *r)
{
	(void)close(r->fd);
	*r = (struct running){ .fd = -1 };
}

/* As the watcher would ask. */
static void running_tell(struct scouting *s, struct running *r, const struct pool_answer *a)
{
	char path[DECISION_MAX_PATH], link[32];
	struct question q = {
		.kind = PACKET_RUNNING,
		.facts = {.pid = r->pid, .file = r->file},
		.report_len = a->report.len
	};
	struct iovec parts[] = {
		{&q,				sizeof(q)    },
		{ path,			     0            },
		{ (void *)(uintptr_t)a->report.ptr, a->report.len}
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = COUNT_OF(parts) };

	ledger_count(s->plan->ledger, LEDGER_VERIFIED);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", r->fd);
	q.path_len = parts[1].iov_len = true_path(link, &r->file, path, sizeof(path));
	if (a->died || a->timed_out || a->report.len > DECISION_MAX_BYTES)
		parts[2].iov_len = q.report_len = 0;
	if (q.report_len == 0)
		q.failure = a->timed_out ? FAILURE_DEADLINE : FAILURE_ENGINE;
	if (s->notes < 0 || sendmsg(s->notes, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		ledger_count(s->plan->ledger, LEDGER_UNTOLD);
}

void scout_verify(struct scouting *s)
{
	struct verifying *v = &s->verifying;
	struct pool_answer answer;

	if (!v->pool && v->gaps != gaps(s) && s->look_us <= ledger_now_us())
		verifying_begin(s);
	if (!v->pool)
		return;
	pool_push(v->pool);
	while (pool_next(v->pool, 0, &answer)) {
		struct running *r =
			answer.ticket < SCOUT_AT_ONCE ? &v->work[answer.ticket] : NULL;

		if (!r || r->pid == 0 || answer.inside)
			continue;
		running_tell(s, r, &answer);
		running_end(r);
	}
	if (pool_outstanding(v->pool) > 0)
		return;
	if (v->more) {
		s->look_us = 0;
		return;
	}
	pool_stop(v->pool);
	v->pool = NULL;
}

static bool is_done(struct verifying *v, const struct source_identity *file)
{
	size_t n = v->n_done < SCOUT_VERIFIED ? v->n_done : SCOUT_VERIFIED;

	for (size_t i = 0; i < n; i++)
		if (v->done[i].dev == file->dev && v->done[i].ino == file->ino &&
		    v->done[i].ctime_ns == file->ctime_ns)
			return true;
	return false;
}

/* SCOUT_AT_ONCE: there is none. */
static size_t work_free(const struct verifying *v)
{
	size_t i = 0;

	while (i < SCOUT_AT_ONCE && v->work[i].pid != 0)
		i++;
	return i;
}

void scout_verify_take(struct scouting *s, pid_t pid, const char *link)
{
	struct verifying *v = &s->verifying;
	size_t at = work_free(v);
	struct engine_file file = { .fd = -1 };
	struct source_identity identity;
	int fd = openat(s->plan->proc, link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (source_identify(fd, &identity) != STATUS_OK || is_done(v, &identity) ||
	    at == SCOUT_AT_ONCE) {
		v->more = v->more || at == SCOUT_AT_ONCE;
		(void)close(fd);
		return;
	}
	file.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (file.fd < 0 || pool_submit(v->pool, &file, at) != STATUS_OK) {
		if (file.fd >= 0)
			(void)close(file.fd);
		(void)close(fd);
		return;
	}
	v->work[at] = (struct running){ .pid = pid, .fd = fd, .file = identity };
	v->done[v->n_done % SCOUT_VERIFIED].dev = identity.dev;
	v->done[v->n_done % SCOUT_VERIFIED].ino = identity.ino;
	v->done[v->n_done++ % SCOUT_VERIFIED].ctime_ns = identity.ctime_ns;
}
