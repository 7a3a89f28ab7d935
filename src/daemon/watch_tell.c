/* SPDX-License-Identifier: MIT */
/* What the watcher tells of its answers, once they are given: the decider makes events of it.
 */
#include "daemon/watching.h"

#include <sys/socket.h>
#include <sys/uio.h>

/* Who cannot listen is not waited for. */
void watch_tell(struct watching *w, const struct watch_case *c, const struct decision *d,
		const struct caller *who)
{
	char path[DECISION_MAX_PATH];
	struct note note = {
		.kind = PACKET_NOTE, .facts = c->facts, .decision = *d, .failure = c->failure
	};
	struct iovec parts[] = {
		{&note,            sizeof(note) },
		{ path,            0            },
		{ c->caller.bytes, c->caller.len},
		{ NULL,            0            }
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = COUNT_OF(parts) };

	note.path_len = watch_path(c, path, sizeof(path));
	note.caller_len = c->caller.len;
	note.waited_us = (uint32_t)(watch_now_us() - c->asked_us);
	parts[1].iov_len = note.path_len;
	if (who) {
		note.has_who = true;
		note.has_uid = who->has_uid;
		note.uid = who->uid;
		note.login = who->login;
		note.cgroup_len = who->cgroup.len;
		parts[3] =
			(struct iovec){ (void *)(uintptr_t)who->cgroup.ptr, note.cgroup_len };
	}
	if (w->decider < 0 || sendmsg(w->decider, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		ledger_count(w->plan->ledger, LEDGER_UNTOLD);
}

void watch_tell_late(struct watching *w, struct watch_case *c, const struct decision *d)
{
	struct decision ran = *d;

	if (!c->let_run || (d->allow && !d->would))
		return;
	c->let_run = false;
	ran.allow = true;
	c->failure = FAILURE_LATE;
	ledger_count(w->plan->ledger, LEDGER_WOULD);
	watch_tell(w, c, &ran, NULL);
	c->failure = FAILURE_NONE;
}

/* Nobody could be kept from writing to it.  That is told once of each file system. */
static bool is_raceable_first(struct watching *w, const struct watch_case *c)
{
	if (!c->facts.raceable)
		return false;
	ledger_count(w->plan->ledger, LEDGER_RACEABLE);
	for (size_t i = 0; i < w->n_raceable; i++)
		if (w->raceable[i] == c->facts.file.dev)
			return false;
	if (w->n_raceable == COUNT_OF(w->raceable))
		return false;
	w->raceable[w->n_raceable++] = c->facts.file.dev;
	return true;
}

bool watch_is_told(struct watching *w, const struct watch_case *c, const struct decision *d)
{
	bool first = is_raceable_first(w, c);

	return first || !d->allow || d->audit || d->would || c->failure != FAILURE_NONE;
}

void watch_refused(struct watching *w)
{
	struct watch_case c = { .fd = -1, .asked_us = watch_now_us() };

	atomic_store(&w->plan->hands->refused, w->events.error);
	c.failure = FAILURE_UNREAD;
	ledger_count(w->plan->ledger, LEDGER_REFUSED);
	watch_tell(w, &c,
		   &(struct decision){ .epoch = atomic_load(&w->plan->ledger->epoch),
				       .audit = true,
				       .rule = UINT32_MAX },
		   NULL);
}
