/* SPDX-License-Identifier: MIT */
#include "daemon/deciding.h"

#include "base/clock.h"
#include "base/memory.h"
#include "daemon/children.h"
#include "daemon/guard.h"
#include "daemon/run_facts.h"
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROUND_MS        100
#define PACKETS_A_ROUND 256
#define POLICY_ARENA    ((size_t)512 << 20)
#define SPREAD_MS       200 /* that a watcher may take */
#define SPREAD_PAUSE_US 100
#define LOAD_MS         10000               /* to read a policy and its lists */
#define RENEW_S         60                  /* when that failed, and something was to end */
#define SET_NS          INT64_C(1000000000) /* by so much a clock does not go wrong by itself */
#define FOLLOW_MS       500                 /* between two times that it is set */
#define ANCHORS_MS      8000                /* until who asked for others hears how it stands */
#define PACKAGES_MS     250 /* how often it is asked whether packages have changed */

/* Root without capabilities: what root owns it may read, and nothing else of root's power. */
static enum status capabilities_drop(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		return STATUS_IO;
	return syscall(SYS_capset, &header, none) == 0 ? STATUS_OK : STATUS_IO;
}

/*
 * What the kernel decides by itself, it decided by the old one: whoever asked for this policy
 * hears that it counts when the watcher has told the kernel so, if one is there.
 */
static void policy_spread(struct deciding *d)
{
	int64_t until = ledger_now() + SPREAD_MS;

	/* About no case. */
	if (d->watcher < 0 || send(d->watcher, &(struct decision){ .epoch = d->epoch },
				   sizeof(struct decision), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
	while (atomic_load(&d->ledger->followed) != d->epoch && ledger_now() < until)
		(void)usleep(SPREAD_PAUSE_US);
}

/* Lists that were taken over, and whose signers do not count any more. */
static void unvouched_tell(struct deciding *d)
{
	const struct signed_lists *lists = &d->policy.signed_lists;

	for (size_t i = 0; i < lists->n; i++)
		if (lists->lists[i].unvouched)
			service_keep(d, SERVICE_LIST_UNVOUCHED, lists->lists[i].unvouched);
}

/* Nothing of what was decided until now counts any more. */
static void epoch_begin(struct deciding *d)
{
	d->remembered_ms = ledger_now();
	atomic_store(&d->ledger->epoch, ++d->epoch);
	policy_spread(d);
}

/* A policy that cannot be read changes nothing but what the status says. */
static void policy_load(struct deciding *d)
{
	struct decider_policy fresh = { .arena = ARENA_INIT(POLICY_ARENA),
					.first = !d->has_policy || d->policy.instead };
	const char *problem = NULL;
	char text[80];

	/* Long lists take their time, and nobody is stuck. */
	atomic_store(&d->ledger->decider_beat, ledger_now() + LOAD_MS);
	if (d->plan->load(d->plan->context, &fresh, &problem) == STATUS_OK) {
		decider_policy_end(&d->policy);
		d->policy = fresh;
		d->has_policy = true;
		d->problem = fresh.instead;
		atomic_store(&d->ledger->mode, (uint32_t)fresh.mode);
		atomic_store(&d->ledger->memory, (uint32_t)decide_memory(d));
		epoch_begin(d);
		(void)snprintf(text, sizeof(text), "the policy was read: mode %s, %zu line%s",
			       guard_mode_word(fresh.mode), fresh.policy.n_lines,
			       fresh.policy.n_lines == 1 ? "" : "s");
		service_keep(d, SERVICE_POLICY_READ, text);
		unvouched_tell(d);
		return;
	}
	(void)snprintf(d->problem_text, sizeof(d->problem_text), "%s",
		       problem ? problem : "the policy cannot be read");
	d->problem = d->problem_text;
	service_keep(d, SERVICE_POLICY_REFUSED, d->problem);
	decider_policy_end(&fresh);
}

/* The supervisor has them read by somebody who may, and tells us when that is over. */
static void anchors_ask(struct deciding *d)
{
	const char order = GUARD_ORDER_ANCHORS;

	d->anchors_asked = atomic_fetch_add(&d->ledger->anchors_asked, 1) + 1;
	d->anchors_until_ms = ledger_now() + ANCHORS_MS;
	/* Else it sees it a moment later. */
	(void)!message_tell(d->orders, (struct span){ (const uint8_t *)&order, 1 }, -1);
}

static bool anchors_are_awaited(const struct deciding *d)
{
	return d->anchors_done != d->anchors_asked && ledger_now() < d->anchors_until_ms;
}

/* Whatever was decided by others is forgotten once nobody judges by them any more. */
static void anchors_follow(struct deciding *d)
{
	uint32_t done = atomic_load(&d->ledger->anchors_done);
	uint64_t anchors = atomic_load(&d->ledger->anchors);

	if (done == d->anchors_done)
		return;
	d->anchors_done = done;
	(void)snprintf(d->anchors_problem, sizeof(d->anchors_problem), "%s",
		       d->ledger->anchors_problem);
	if (d->anchors_problem[0])
		service_keep(d, SERVICE_ANCHORS_REFUSED, d->anchors_problem);
	if (anchors == d->anchors)
		return;
	d->anchors = anchors;
	epoch_begin(d);
	service_keep(d, SERVICE_ANCHORS_CHANGED,
		     "the trust anchors have changed, and are in force");
}

/* Some of what is listed holds for a time only. */
static void policy_renew(struct deciding *d)
{
	int64_t now = clock_wall_s();

	if (d->policy.until == 0 || now < d->policy.until)
		return;
	/* Should it fail, it is tried again. */
	d->policy.until = now + RENEW_S;
	policy_load(d);
}

/*
 * When the wall clock is set, or the host has slept, what is listed for a time may have ended,
 * or hold again: whatever is remembered was decided by another day.
 */
static void clock_follow(struct deciding *d)
{
	int64_t ahead = clock_wall_ns() - clock_steady_ns();
	char why[96];

	if (ahead - d->ahead_ns >= SET_NS || d->ahead_ns - ahead >= SET_NS) {
		d->ahead_ns = ahead;
		d->clock_set = true;
	}
	if (!d->clock_set || ledger_now() < d->followed_ms + FOLLOW_MS)
		return;
	(void)snprintf(why, sizeof(why), "the clock was set by %+lld seconds",
		       (long long)((ahead - d->followed_ns) / SET_NS));
	d->clock_set = false;
	d->followed_ns = ahead;
	d->followed_ms = ledger_now();
	service_keep(d, SERVICE_CLOCK_SET, why);
	policy_load(d);
}

/* Packages come and go while the policy stays. */
static void packages_renew(struct deciding *d)
{
	int64_t now = ledger_now();
	struct installed *fresh;

	if (!d->policy.installed || now < d->packages_due_ms)
		return;
	d->packages_due_ms = now + PACKAGES_MS;
	if (!installed_changed(d->policy.installed))
		return;
	atomic_store(&d->ledger->decider_beat, now + LOAD_MS);
	fresh = installed_open(&d->policy.installed_from);
	if (!fresh) /* no memory: what is known is of yesterday, and told again in a moment */
		return;
	installed_close(d->policy.installed);
	d->policy.installed = fresh;
	epoch_begin(d);
	service_keep(d, SERVICE_PACKAGES_CHANGED, "packages have changed");
}

/* The day goes on while nothing else changes. */
static void memory_renew(struct deciding *d)
{
	if (ledger_now() > d->remembered_ms + 1000 * DECIDING_MEMORY_S)
		epoch_begin(d);
}

static void reader_drop(int *reader)
{
	if (*reader >= 0)
		(void)close(*reader);
	*reader = -1;
}

static void readers_drop(struct deciding *d)
{
	reader_drop(&d->watcher);
	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++)
		reader_drop(&d->served[i]);
}

/* Who has no place is told by the end of its channel. */
static void served_take(struct deciding *d, int fd)
{
	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++)
		if (d->served[i] < 0) {
			d->served[i] = fd;
			return;
		}
	(void)close(fd);
}

/* What would not be let run, and runs already: that is told. */
static void running_take(struct deciding *d, const struct question *q, struct span rest)
{
	struct note n = { .facts = q->facts, .failure = FAILURE_RUNNING };
	struct note_texts texts = { .path = SPAN_NONE };

	n.decision = decide_question(d, q, rest);
	if ((n.decision.allow && !n.decision.would) ||
	    !span_part(rest, 0, q->path_len, &texts.path))
		return;
	ledger_count(d->ledger, LEDGER_RUNNING);
	note_keep(d, &n, &texts);
}

static void note_take(struct deciding *d, const struct note *n, struct span rest)
{
	struct note_texts texts;

	if (span_part(rest, 0, n->path_len, &texts.path) &&
	    span_part(rest, n->path_len, n->caller_len, &texts.program) &&
	    span_part(rest, n->path_len + n->caller_len, n->cgroup_len, &texts.cgroup))
		note_keep(d, n, &texts);
}

static void packet_take(struct deciding *d, int from, struct span packet)
{
	struct question q;
	struct note n;
	enum packet_kind kind = PACKET_NONE;

	(void)span_copy(&kind, sizeof(kind), packet);
	if (kind == PACKET_QUESTION && span_copy(&q, sizeof(q), packet) == sizeof(q)) {
		struct decision out = decide_question(d, &q, span_after(packet, sizeof(q)));

		/* It never waits long: the watcher reads before it asks more. */
		(void)send(from, &out, sizeof(out), MSG_NOSIGNAL);
	} else if (kind == PACKET_RUNNING && span_copy(&q, sizeof(q), packet) == sizeof(q)) {
		running_take(d, &q, span_after(packet, sizeof(q)));
	} else if (kind == PACKET_NOTE && span_copy(&n, sizeof(n), packet) == sizeof(n)) {
		note_take(d, &n, span_after(packet, sizeof(n)));
	}
}

static void packets_take(struct deciding *d, int *from)
{
	for (int i = 0; i < PACKETS_A_ROUND && *from >= 0; i++) {
		ssize_t n = recv(*from, d->packet, sizeof(d->packet), MSG_DONTWAIT);

		if (n == 0)
			reader_drop(from);
		if (n <= 0)
			return;
		packet_take(d, *from, span_clip(SPAN_OF(d->packet), 0, (uint64_t)n));
	}
}

/* Nobody is asked any more: that is told, and all that waits to be kept. */
static void guard_ends(struct deciding *d)
{
	service_keep(d, SERVICE_ENDS,
		     "the guard ends: nobody is asked any more before a program runs");
	/* A last try: nobody counts after us what is lost now. */
	if (!recording_finish(&d->recording, GUARD_END_MS / 2))
		recording_step(&d->recording);
	d->over = true;
}

static void orders_take(struct deciding *d)
{
	char order;
	int fd;

	d->over = !order_take(d->orders, false, &order, &fd);
	if (order == GUARD_ORDER_RELOAD) {
		policy_load(d);
		anchors_ask(d);
	}
	if (order == GUARD_ORDER_END)
		guard_ends(d);
	if (fd < 0)
		return;
	if (order == GUARD_ORDER_SERVED) {
		served_take(d, fd);
		return;
	}
	if (d->watcher >= 0)
		service_keep(d, SERVICE_WATCHER_REPLACED, "the watcher was replaced");
	reader_drop(&d->watcher);
	d->watcher = fd;
}

static bool answer(void *context, enum control_word word, bool first, struct buffer *out)
{
	struct deciding *d = (struct deciding *)context;

	if (word == CONTROL_RELOAD && first) {
		policy_load(d);
		recording_step(&d->recording); /* it had time to answer */
		anchors_ask(d);
	}
	/* Questions of the kernel go on meanwhile. */
	if (word == CONTROL_RELOAD && anchors_are_awaited(d))
		return false;
	status_write(d, out);
	return true;
}

static void round_go(struct deciding *d)
{
	struct pollfd from[3 + LEDGER_MAX_SERVED] = {
		{.fd = d->orders,            .events = POLLIN},
		{ .fd = d->watcher,          .events = POLLIN},
		{ .fd = d->control.listener, .events = POLLIN}
	};

	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++)
		from[3 + i] = (struct pollfd){ .fd = d->served[i], .events = POLLIN };
	atomic_store(&d->ledger->decider_beat, ledger_now());
	(void)poll(from, COUNT_OF(from), ROUND_MS);
	/* Those first whose numbers an order could give to others. */
	for (size_t i = 0; i < LEDGER_MAX_SERVED; i++)
		if (from[3 + i].revents)
			packets_take(d, &d->served[i]);
	if (from[1].revents)
		packets_take(d, &d->watcher);
	if (from[0].revents)
		orders_take(d);
	service_look(d);
	recording_step(&d->recording);
	anchors_follow(d);
	control_serve(&d->control, answer, d);
	clock_follow(d);
	policy_renew(d);
	packages_renew(d);
	memory_renew(d);
}

/* What is ours and not its own. */
static void recorder_begin(void *context)
{
	struct deciding *d = (struct deciding *)context;

	readers_drop(d);
	(void)close(d->orders);
	control_close(&d->control);
	decider_policy_end(&d->policy);
}

/* Its sockets are made while we still may; it is confined as we are. */
static void recording_prepare(struct deciding *d)
{
	struct recording *r = &d->recording;

	r->events = d->plan->events;
	r->ledger = d->ledger;
	r->begin = recorder_begin;
	r->context = d;
	sinks_open(&r->sinks, "assayd", d->plan->journal, d->plan->syslog);
}

static enum status deciding_begin(struct deciding *d)
{
	struct confine_result confined;

	d->control.listener = d->plan->control;
	for (size_t i = 0; i < CONTROL_MAX_CLIENTS; i++)
		d->control.clients[i].fd = -1;
	recording_prepare(d);
	TRY(capabilities_drop());
	TRY(confine_service(d->plan->rules, d->plan->n_rules, &confined));
	recording_begin(&d->recording);
	d->ahead_ns = d->followed_ns = clock_wall_ns() - clock_steady_ns();
	/* What the decider before us decided by is gone: nothing of it counts any more. */
	d->anchors = atomic_load(&d->ledger->watcher.anchors);
	d->anchors_asked = d->anchors_done = atomic_load(&d->ledger->anchors_done);
	(void)snprintf(d->anchors_problem, sizeof(d->anchors_problem), "%s",
		       d->ledger->anchors_problem);
	d->epoch = atomic_load(&d->ledger->epoch) + 1;
	atomic_store(&d->ledger->epoch, d->epoch);
	d->remembered_ms = ledger_now();
	policy_load(d);
	return STATUS_OK;
}

int decider_run(void *plan, struct ledger *ledger, int orders)
{
	struct deciding *d = (struct deciding *)memory_new(1, sizeof(*d));
	enum status status = STATUS_NO_MEMORY;

	if (d) {
		d->plan = (const struct decider_plan *)plan;
		d->ledger = ledger;
		d->orders = orders;
		d->watcher = -1;
		for (size_t i = 0; i < LEDGER_MAX_SERVED; i++)
			d->served[i] = -1;
		status = deciding_begin(d);
	}
	while (status == STATUS_OK && !d->over)
		round_go(d);
	if (d) {
		recording_end(&d->recording);
		decider_policy_end(&d->policy);
	}
	memory_free(d);
	return status == STATUS_OK ? 0 : 1;
}
