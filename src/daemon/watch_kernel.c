/* SPDX-License-Identifier: MIT */
/*
 * Tier A, as the watcher sees it: what it decides of a file, it tells the kernel by the
 * descriptor of that file, and the kernel keeps it with the inode.
 */
#include "daemon/watching.h"

#include "policy/guard_rules.h"
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define OPENED_A_ROUND  16
#define OPENER_PAUSE_US INT64_C(1000000)

/* Whoever had no word was let run, or not, by the mode: either way somebody wants to know. */
static void record_send(struct watching *w, const struct tier_a_record *r)
{
	struct note note = {
		.kind = PACKET_NOTE,
		.facts = {.pid = (pid_t)r->pid, .file = { .ino = r->ino }},
		.decision = { .allow = !r->denied,
                          .would = !r->denied && r->known,
                          .audit = true,
                          .rule = UINT32_MAX },
		.failure = r->known ? FAILURE_NONE : FAILURE_UNVETTED,
	};
	struct iovec parts[] = {
		{&note,                       sizeof(note)},
                { (void *)(uintptr_t)r->path, 0           }
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = COUNT_OF(parts) };

	note.path_len = r->path_len > 0 ? strnlen(r->path, sizeof(r->path)) : 0;
	parts[1].iov_len = note.path_len;
	if (w->decider < 0 || sendmsg(w->decider, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		ledger_count(w->plan->ledger, LEDGER_UNTOLD);
}

void watch_kernel_flush(struct watching *w)
{
	uint64_t began = w->plan->tier ? tier_a_now() : 0;

	exec_events_ignore_none(&w->events);
	if (w->plan->tier)
		tier_a_flushed(w->plan->tier, began);
}

static void on_record(void *context, const struct tier_a_record *r)
{
	struct watching *w = (struct watching *)context;

	/* It may be one that the kernel need not ask about: now it has to. */
	if (r->what == TIER_A_WRITE || (!r->known && r->what <= TIER_A_LEVEL))
		watch_kernel_flush(w);
	if (r->what == TIER_A_WRITE)
		return;
	if (r->denied)
		ledger_count(w->plan->ledger, LEDGER_KERNEL);
	if (!r->known)
		ledger_count(w->plan->ledger, LEDGER_UNVETTED);
	record_send(w, r);
	/*
	 * It has run, or not, without anybody being asked: the next one is.  Nobody ever is
	 * before a library is mapped, also of one that was denied, and may be mended by now.
	 */
	if ((!r->known || r->what >= TIER_A_MAP) && (r->path_len > 0 || r->address != 0) &&
	    !opener_ask(&w->opener, r))
		ledger_count(w->plan->ledger, LEDGER_UNTOLD);
}

void watch_kernel_opened(struct watching *w)
{
	struct exec_event event = { .kind = EXEC_EVENT_EXEC };
	struct watch_case *c;

	for (int i = 0; i < OPENED_A_ROUND && w->n_unused > 0; i++) {
		event.fd = opener_next(&w->opener);
		if (event.fd < 0)
			break;
		c = watch_begin_unasked(w, &event);
		watch_lease(w, c);
	}
	/* It was killed: not more than once a second by itself. */
	if (w->opener.pid == 0 && w->opener_us + OPENER_PAUSE_US < watch_now_us()) {
		w->opener_us = watch_now_us();
		if (opener_start(&w->opener) != STATUS_OK)
			w->opener.pid = 0;
	}
}

enum status watch_kernel_begin(struct watching *w)
{
	if (!w->plan->tier)
		return STATUS_OK;
	w->records = tier_a_records_new(w->plan->tier, on_record, w);
	w->opener_us = watch_now_us();
	TRY(opener_start(&w->opener));
	watch_kernel_rule(w);
	return w->records ? STATUS_OK : STATUS_NO_MEMORY;
}

void watch_kernel_rule(struct watching *w)
{
	static const uint32_t modes[] = {
		[GUARD_NO_MODE] = TIER_A_OFF,
		[GUARD_LEARN] = TIER_A_LEARN,
		[GUARD_DENYLIST] = TIER_A_DENYLIST,
		[GUARD_ALLOWLIST] = TIER_A_ALLOWLIST,
	};
	uint32_t mode = atomic_load(&w->plan->ledger->mode);
	struct tier_a_rule rule = { .libraries = w->plan->libraries };

	if (!w->plan->tier)
		return;
	rule.mode = mode < COUNT_OF(modes) ? modes[mode] : TIER_A_OFF;
	if (w->plan->memory)
		rule.memory = atomic_load(&w->plan->ledger->memory);
	rule.epoch = tier_a_epoch(w->plan->tier, w->ignored_epoch);
	tier_a_rule(w->plan->tier, &rule);
}

void watch_kernel_count(struct watching *w, struct watch_case *c)
{
	if (w->plan->tier)
		c->counted = tier_a_look(w->plan->tier, c->fd, &c->seen);
}

void watch_kernel_tell(struct watching *w, const struct watch_case *c, const struct decision *d)
{
	struct tier_a_word word = { .verdict = TIER_A_ALLOWED, .writes = c->seen.writes };

	if (!w->plan->tier || !c->counted)
		return;
	/* Who cannot find out whether it is good has not found that it is. */
	if (d->allow && c->failure != FAILURE_NONE &&
	    tier_a_denies(w->plan->tier, c->fd, &c->seen))
		return;
	if (!d->allow) {
		/* Else it depends on who asks, or when: the next one may. */
		if (!d->keep || d->by_path || c->failure != FAILURE_NONE)
			return;
		word.verdict = TIER_A_DENIED;
	}
	word.epoch = tier_a_epoch(w->plan->tier, d->epoch);
	tier_a_tell(w->plan->tier, c->fd, &c->seen, &word);
}

/* The kernel sees whoever opens it to write, so that nothing else has to hold. */
bool watch_kernel_learns(const struct watching *w, const struct watch_case *c,
			 const struct decision *d)
{
	return w->plan->tier && c->counted && c->seen.key.dev != 0 && !c->seen.layered &&
	       d->keep && !d->by_path && !d->audit && !d->would;
}
