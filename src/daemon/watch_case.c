/* SPDX-License-Identifier: MIT */
/*
 * One question of the kernel, from its lease to its answer.
 *
 * The lease comes first: as long as it is held, nobody has the file open or
 * mapped for writing, and who wants to waits.  It outlasts the answer, until
 * the program runs and the kernel itself keeps writers away; given back with
 * the answer, one race in twelve was lost.
 */
#include "daemon/watching.h"

#include "base/clock.h"
#include "crypto/digest.h"
#include "daemon/caller.h"
#include "daemon/writes.h"
#include "policy/guard_rules.h"
#include "source/identity.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BUSY_TRIES    3
#define BUSY_PAUSE_US 1000
#define ASK_PAUSE_US  500

struct watch_case *watch_begin_unasked(struct watching *w, const struct exec_event *event)
{
	uint16_t at = w->unused[--w->n_unused];
	struct watch_case *c = &w->cases[at];

	*c = (struct watch_case){ .fd = event->fd, .asked_us = watch_now_us() };
	c->facts.pid = event->pid;
	c->ticket = ++w->generation << 16 | at;
	c->exec = c->ticket;
	c->unasked = c->answered = true;
	w->active[w->n_active++] = at;
	return c;
}

struct watch_case *watch_begin(struct watching *w, const struct exec_event *event)
{
	struct watch_case *c = watch_begin_unasked(w, event);

	ledger_enter(w->plan->hands, event->fd, ledger_now() + WATCHER_DEADLINE_MS);
	ledger_count(w->plan->ledger, LEDGER_ASKED);
	c->unasked = c->answered = false;
	return c;
}

struct watch_case *watch_case_of(struct watching *w, uint64_t ticket)
{
	size_t at = ticket & 0xffff;
	struct watch_case *c = at < WATCHER_MAX_CASES ? &w->cases[at] : NULL;

	return c && c->stage != WATCH_FREE && c->ticket == ticket ? c : NULL;
}

void watch_end(struct watching *w, struct watch_case *c)
{
	uint16_t at = (uint16_t)(c->ticket & 0xffff);

	runner_free(&c->runner);
	buffer_free(&c->caller);
	buffer_free(&c->report);
	(void)close(c->fd); /* and with it the lease goes */
	c->stage = WATCH_FREE;
	for (size_t i = 0; i < w->n_active; i++)
		if (w->active[i] == at) {
			w->active[i] = w->active[--w->n_active];
			break;
		}
	w->unused[w->n_unused++] = at;
}

/* Is it what was read, and would its times be other ones if it were written to now? */
static bool is_settled(const struct watch_case *c)
{
	return watch_is_kept(c) && c->failure == FAILURE_NONE &&
	       identity_is_settled(&c->facts.file, clock_wall_ns());
}

/* May the kernel let it run, as long as nobody is told of a change? */
static bool is_lasting(const struct watch_case *c, const struct decision *d)
{
	return d->keep && !watch_is_anybodys(c) && is_settled(c) &&
	       identity_times_tell(identity_telling_of(c->fd), &c->facts.file);
}

/* The next question about this file may be answered from memory. */
static void remember(struct watching *w, const struct watch_case *c, const struct decision *d)
{
	if (!is_settled(c))
		return;
	known_add(w->known, c->fd, &c->facts.file, d);
	/* Who waits to write now may have had it open before that was seen. */
	if (!watch_is_kept(c))
		known_forget(w->known, &c->facts.file);
}

/* The kernel need not ask again, as long as the policy is the same. */
static void unasked(struct watching *w, const struct watch_case *c, const struct decision *d)
{
	bool lasts = w->plan->tier ? watch_kernel_learns(w, c, d) && watch_is_kept(c)
				   : w->plan->ignores && d->learn && is_lasting(c, d);

	if (lasts && d->allow && d->epoch == w->ignored_epoch && c->failure == FAILURE_NONE)
		exec_events_ignore(&w->events, c->fd);
}

/* The answer first, then whatever is told of it. */
static void answer(struct watching *w, struct watch_case *c, const struct decision *d)
{
	struct ledger *l = w->plan->ledger;
	struct caller who;
	bool told;

	/* Late is better than never: the next one is asked about by nobody. */
	watch_kernel_tell(w, c, d);
	unasked(w, c, d);
	if (c->answered) {
		watch_tell_late(w, c, d);
		return;
	}
	told = watch_is_told(w, c, d);
	/* Once he is answered he may be gone: who cannot run a program soon ends. */
	if (told) {
		watch_caller(c);
		caller_read(c->facts.pid, &who);
	}
	/* What a watcher before us took along may have the same number. */
	while (exec_events_answer(w->events.group, c->fd, d->allow) &&
	       atomic_load(&w->plan->hands->abandoned))
		;
	ledger_leave(w->plan->hands, c->fd);
	c->answered = true;
	if (!d->allow)
		ledger_count(l, LEDGER_DENIED);
	if (d->would)
		ledger_count(l, LEDGER_WOULD);
	if (c->failure != FAILURE_NONE)
		ledger_count(l, LEDGER_FAILED);
	if (told)
		watch_tell(w, c, d, &who);
}

/* What to answer when nobody knows, by the table of faults. */
static struct guard_answer failure_answer(const struct watching *w, enum failure failure)
{
	enum guard_mode mode = (enum guard_mode)atomic_load(&w->plan->ledger->mode);

	return guard_fault_answer(failure == FAILURE_BUSY ? GUARD_LEASE_BUSY : GUARD_ENGINE,
				  mode);
}

static void failure_tell(struct watching *w, struct watch_case *c, enum failure failure)
{
	struct guard_answer by = failure_answer(w, failure);

	c->failure = failure;
	answer(w, c,
	       &(struct decision){ .epoch = atomic_load(&w->plan->ledger->epoch),
				   .allow = by.allow,
				   .would = by.would_deny,
				   .audit = true,
				   .rule = UINT32_MAX });
}

/* Do others wait for what becomes of it? */
static bool is_leading(const struct watch_case *c)
{
	return c->stage >= WATCH_ROOM && c->stage <= WATCH_DECIDE && c->stage != WATCH_ALIKE;
}

void watch_alike_wake(struct watching *w, const struct source_identity *file)
{
	for (size_t i = 0; i < w->n_active; i++) {
		struct watch_case *c = &w->cases[w->active[i]];

		if (c->stage == WATCH_ALIKE && same_file(&c->facts.file, file))
			c->due_us = 0;
	}
}

void watch_fail(struct watching *w, struct watch_case *c, enum failure failure)
{
	struct source_identity file = c->facts.file;
	bool led = is_leading(c);

	failure_tell(w, c, failure);
	watch_hold(w, c, failure_answer(w, failure).allow);
	if (led)
		watch_alike_wake(w, &file);
}

void watch_conclude(struct watching *w, struct watch_case *c, const struct decision *d)
{
	c->decision = *d;
	answer(w, c, d);
	watch_hold(w, c, d->allow);
}

static bool packet_send(struct watching *w, const struct watch_case *c)
{
	char path[DECISION_MAX_PATH];
	struct question q = { .kind = PACKET_QUESTION,
			      .ticket = c->ticket,
			      .facts = c->facts,
			      .failure = c->failure,
			      .caller_len = c->caller.len,
			      .report_len = c->report.len };
	struct iovec parts[] = {
		{&q,               sizeof(q)    },
		{ path,            0            },
		{ c->caller.bytes, c->caller.len},
		{ c->report.bytes, c->report.len}
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = COUNT_OF(parts) };

	q.has_program_sha256 =
		c->program.ino != 0 && known_digest(w->known, &c->program, q.program_sha256);
	q.path_len = watch_path(c, path, sizeof(path));
	parts[1].iov_len = q.path_len;
	return w->decider >= 0 &&
	       sendmsg(w->decider, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void watch_await(struct watch_case *c, enum watch_stage stage)
{
	c->stage = stage;
	c->due_us = c->answered ? INT64_MAX : c->deadline_us;
}

static void ask(struct watching *w, struct watch_case *c)
{
	if (packet_send(w, c)) {
		watch_await(c, WATCH_DECIDE);
		return;
	}
	c->stage = WATCH_ASK;
	c->due_us = watch_now_us() + ASK_PAUSE_US;
}

/* Can no other file be as it is, by all that is known of it? */
static bool is_the_one(const struct watch_case *c)
{
	return !watch_is_anybodys(c) || !writes_numbers_return(c->fd);
}

/*
 * Is another question about the very same bytes on its way?  Only of the same doer, who
 * waits no longer for that than for his own turn.
 */
static bool is_alike(const struct watching *w, const struct watch_case *c)
{
	for (size_t i = 0; i < w->n_active; i++) {
		const struct watch_case *other = &w->cases[w->active[i]];

		if (other != c && is_leading(other) && other->leased &&
		    !(other->stage == WATCH_ROOM && other->answered) &&
		    doer_same(&other->asker, &c->asker) &&
		    identity_equal(&other->facts.file, &c->facts.file))
			return is_the_one(c);
	}
	return false;
}

/* Its bytes have to be read. */
static void vet(struct watching *w, struct watch_case *c)
{
	if (c->leased && !c->again && is_alike(w, c))
		watch_await(c, WATCH_ALIKE);
	else
		watch_queue(w, c);
}

/* Is it asked by the path for which that was decided? */
static bool path_fits(const struct watch_case *c, const struct decision *d)
{
	char path[DECISION_MAX_PATH];
	struct span text = { (uint8_t *)path, 0 };
	struct digest digest;

	if (!d->by_path)
		return true;
	text.len = watch_path(c, path, sizeof(path));
	return digest_of(DIGEST_SHA256, &text, 1, &digest) == STATUS_OK &&
	       span_equal(digest_span(&digest), SPAN_OF(d->path_digest));
}

/* Only who was asked about before can have lost it since. */
static bool is_leased(const struct watch_case *c)
{
	return c->leased && (c->deadline_us == 0 || watch_is_kept(c));
}

/* With a lease, or where there is none to be had. */
static void look_up(struct watching *w, struct watch_case *c)
{
	uint32_t epoch = atomic_load(&w->plan->ledger->epoch);
	const struct decision *d;

	if (source_identify(c->fd, &c->facts.file) != STATUS_OK) {
		watch_fail(w, c, FAILURE_ENGINE);
		return;
	}
	if (!c->joined && !c->unasked && c->facts.opens == INTERPRETER_NONE)
		watch_join(w, c);
	/* There is nothing to judge, as long as nobody writes. */
	if (c->facts.opens != INTERPRETER_NONE && c->leased && c->facts.file.size == 0) {
		c->counted = false;
		watch_conclude(w, c, &(struct decision){ .allow = true });
		return;
	}
	known_mounts(w->known, atomic_load(&w->plan->ledger->mounts));
	d = is_leased(c) ? known_find(w->known, c->fd, &c->facts.file, epoch) : NULL;
	if (d && path_fits(c, d)) {
		if (c->again)
			watch_alike_wake(w, &c->facts.file);
		ledger_count(w->plan->ledger, LEDGER_HITS);
		watch_conclude(w, c, d);
		return;
	}
	if (c->deadline_us == 0) {
		c->deadline_us = watch_deadline(c);
		if (!c->answered)
			ledger_enter(w->plan->hands, c->fd, c->deadline_us / 1000);
		watch_caller(c);
		c->asker = caller_doer(c->facts.pid);
	}
	vet(w, c);
}

void watch_pass(struct watching *w, struct watch_case *c)
{
	c->counted = false; /* nobody vetted it */
	answer(w, c, &(struct decision){ .allow = true });
	watch_end(w, c);
}

/* What it is can be told all the same. */
static void busy_fail(struct watching *w, struct watch_case *c)
{
	if (source_identify(c->fd, &c->facts.file) != STATUS_OK)
		c->facts.file = (struct source_identity){ 0 };
	watch_fail(w, c, FAILURE_BUSY);
}

/* Somebody has it open to write; the kernel has noted that before it asks us. */
static void busy(struct watching *w, struct watch_case *c)
{
	enum caller_opens opens = CALLER_READS;

	if (c->facts.opens != INTERPRETER_NONE)
		opens = caller_opens(c->facts.pid);
	if (opens == CALLER_WRITES || (opens == CALLER_CHANGES && open_is_empty(c->fd))) {
		watch_pass(w, c);
	} else if (opens == CALLER_CHANGES) {
		/* Nobody can keep it as it is: what it is now counts, for this once. */
		c->counted = false;
		c->facts.raceable = true;
		look_up(w, c);
	} else if (c->tries++ == BUSY_TRIES) {
		busy_fail(w, c);
	} else {
		c->stage = WATCH_BUSY;
		c->due_us = watch_now_us() + BUSY_PAUSE_US;
	}
}

void watch_lease(struct watching *w, struct watch_case *c)
{
	watch_kernel_count(w, c);
	/* What others serve can change in spite of any. */
	c->leased = !w->plan->served && fcntl(c->fd, F_SETLEASE, F_RDLCK) == 0;
	if (!c->leased && errno == EAGAIN && !w->plan->served) {
		busy(w, c);
		return;
	}
	c->facts.raceable = !c->leased;
	look_up(w, c);
}

void watch_event(struct watching *w, const struct exec_event *event)
{
	struct watch_case *c;

	if (event->kind == EXEC_EVENT_LOST) {
		ledger_count(w->plan->ledger, LEDGER_UNWATCHED);
		return;
	}
	if (event->kind == EXEC_EVENT_OPEN) {
		watch_open(w, event);
		return;
	}
	c = watch_begin(w, event);
	if (event->pid == w->own)
		watch_pass(w, c);
	else
		watch_lease(w, c);
}

bool watch_is_kept(const struct watch_case *c)
{
	return c->leased && fcntl(c->fd, F_GETLEASE) == F_RDLCK;
}

/*
 * Does what was read of it still hold?  While a lease is held nobody can write, so times and
 * rights alone prove nothing: else whoever owns a file could keep it from being judged.
 */
static bool is_unchanged(struct watch_case *c)
{
	struct source_identity before = c->facts.file;

	if (source_identify(c->fd, &c->facts.file) != STATUS_OK)
		return false;
	return watch_is_kept(c)
		       ? same_file(&before, &c->facts.file) && before.size == c->facts.file.size
		       : identity_equal(&before, &c->facts.file);
}

/*
 * Who waited for another's answer about the same file has it now.
 * Leases were held from the first reading until now, the one after the other: nobody wrote.
 */
static void alike_conclude(struct watching *w, const struct source_identity *file,
			   const struct decision *d)
{
	/* Backwards: a case that ends is replaced by the last one. */
	for (size_t i = w->n_active; i-- > 0;) {
		struct watch_case *c = i < w->n_active ? &w->cases[w->active[i]] : NULL;

		if (c &&
		    (c->stage == WATCH_ALIKE ||
		     (c->stage == WATCH_ROOM && c->leased && is_the_one(c))) &&
		    identity_equal(&c->facts.file, file) && path_fits(c, d))
			watch_conclude(w, c, d);
	}
}

/* By anchors that do not count any more: it is read once more.  True: so it is. */
static bool is_outdated(struct watching *w, struct watch_case *c)
{
	struct source_identity file = c->facts.file;

	if (c->anchors == w->anchors)
		return false;
	c->failure = FAILURE_NONE;
	look_up(w, c);
	watch_alike_wake(w, &file);
	return true;
}

void watch_judged(struct watching *w, const struct pool_answer *a)
{
	struct watch_case *c = watch_case_of(w, a->ticket);

	if (!c || c->stage != WATCH_READ || a->inside || is_outdated(w, c))
		return;
	if (!is_unchanged(c)) {
		if (c->again) {
			/* Under a lease only somebody who waits to write can bring that about.
			 */
			watch_fail(w, c, c->leased ? FAILURE_BUSY : FAILURE_CHANGED);
			return;
		}
		c->again = true;
		look_up(w, c);
		return;
	}
	buffer_clear(&c->report);
	buffer_add(&c->report, a->report);
	if (a->died || a->timed_out || buffer_status(&c->report) != STATUS_OK ||
	    a->report.len > DECISION_MAX_BYTES) {
		c->failure = a->timed_out ? FAILURE_DEADLINE : FAILURE_ENGINE;
		buffer_clear(&c->report);
	}
	ask(w, c);
}

/*
 * Whoever serves it gives those who run it other bytes than those that were read, if he likes:
 * what vouches for the bytes vouches for nothing.
 */
static bool is_doubted(const struct watching *w, const struct watch_case *c,
		       const struct decision *d)
{
	struct guard_answer by = failure_answer(w, FAILURE_SERVED);

	return w->plan->anybodys && !c->answered && d->allow && !d->would &&
	       (!by.allow || by.would_deny);
}

/*
 * Has who waited to write perhaps been let by the kernel, which waits for nobody for ever?  He
 * may have altered it since it was read, and kept its times.
 */
static bool is_overtaken(const struct watching *w, const struct watch_case *c)
{
	return c->leased && watch_is_anybodys(c) && !watch_is_kept(c) &&
	       watch_now_us() - c->asked_us >= w->break_us;
}

void watch_decided(struct watching *w, const struct decision *d)
{
	struct watch_case *c = watch_case_of(w, d->ticket);
	struct source_identity file;
	bool shared;

	if (!c || c->stage != WATCH_DECIDE || is_outdated(w, c))
		return;
	file = c->facts.file;
	/* Who runs it may have to be known, too. */
	if (d->keep || d->has_sha256)
		remember(w, c, d);
	if (d->allow && !c->answered && is_overtaken(w, c)) {
		watch_fail(w, c, FAILURE_BUSY);
		return;
	}
	if (is_doubted(w, c, d)) {
		watch_fail(w, c, FAILURE_SERVED);
		return;
	}
	shared = d->keep && watch_is_kept(c) && c->failure == FAILURE_NONE &&
		 d->epoch == atomic_load(&w->plan->ledger->epoch);
	watch_conclude(w, c, d);
	if (shared)
		alike_conclude(w, &file, d);
	watch_alike_wake(w, &file);
}

void watch_epoch(struct watching *w)
{
	uint32_t epoch = atomic_load(&w->plan->ledger->epoch);

	if (epoch == w->ignored_epoch)
		return;
	if (w->plan->ignores || w->plan->tier)
		watch_kernel_flush(w);
	w->ignored_epoch = epoch;
	watch_kernel_rule(w);
	if (!w->plan->served)
		atomic_store(&w->plan->ledger->followed, epoch);
}

void watch_ask_again(struct watching *w)
{
	for (size_t i = 0; i < w->n_active; i++) {
		struct watch_case *c = &w->cases[w->active[i]];

		if (c->stage == WATCH_DECIDE) {
			c->stage = WATCH_ASK;
			c->due_us = 0;
		}
	}
}

/* Not in time: answered, but what it is may be known the next time. */
static void late(struct watching *w, struct watch_case *c)
{
	bool waits = c->stage == WATCH_ROOM && !caller_ended(c->facts.pid);

	if (!waits && c->stage != WATCH_READ && c->stage != WATCH_DECIDE) {
		watch_fail(w, c, FAILURE_DEADLINE);
		return;
	}
	failure_tell(w, c, FAILURE_DEADLINE);
	c->failure = FAILURE_NONE;
	c->let_run = failure_answer(w, FAILURE_DEADLINE).allow;
	c->due_us = INT64_MAX;
	if (!waits)
		return;
	watch_wait(w, c);
	watch_alike_wake(w, &c->facts.file);
}

void watch_step(struct watching *w, struct watch_case *c, int64_t now)
{
	if (c->due_us > now)
		return;
	if (c->stage != WATCH_HELD && !c->answered && c->deadline_us != 0 &&
	    now >= c->deadline_us) {
		late(w, c);
		return;
	}
	switch (c->stage) {
	case WATCH_FREE:
	case WATCH_READ:
	case WATCH_DECIDE: return;
	case WATCH_LOOK: watch_open_look(w, c); return;
	case WATCH_BUSY: watch_lease(w, c); return;
	case WATCH_ROOM: watch_dead_step(w, c, now); return;
	case WATCH_ALIKE: look_up(w, c); return;
	case WATCH_ASK: ask(w, c); return;
	case WATCH_HELD: watch_held_step(w, c, now); return;
	}
}
