/* SPDX-License-Identifier: MIT */
#include "daemon/recording.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_PAUSE_MS 300  /* between two recorders */
#define TELL_PAUSE_MS  1000 /* between two events of what was lost */
#define FINISH_STEP_MS 100

static void lost_count(struct recording *r, uint64_t weight)
{
	atomic_fetch_add(&r->ledger->dropped, weight);
	ledger_count(r->ledger, LEDGER_UNTOLD);
}

static struct recording_row *row_at(struct recording *r, size_t i)
{
	return &r->rows[(r->first + i) % RECORDING_MAX];
}

static void rows_settle(struct recording *r, size_t n, bool kept)
{
	for (; n > 0 && r->n > 0; n--) {
		struct recording_row *row = row_at(r, 0);

		if (!kept)
			lost_count(r, row->weight);
		r->n_lost += !kept && !row->tells ? 1U : 0U;
		buffer_free(&row->packet);
		r->first = (r->first + 1) % RECORDING_MAX;
		r->n--;
		r->n_out -= r->n_out > 0;
	}
	atomic_store(&r->ledger->waiting, r->n);
}

/* Its socket is the only one that it needs, besides those of the logs. */
static void recorder_go(struct recording *r, int records)
{
	struct recorder_plan plan = { r->events, &r->sinks, r->ledger, records };

	for (size_t i = 0; i < RECORDING_MAX; i++)
		buffer_free(&r->rows[i].packet);
	if (r->begin)
		r->begin(r->context);
	_exit(recorder_run(&plan));
}

static void leaving_reap(struct recording *r)
{
	for (size_t i = 0; i < RECORDING_LEAVING; i++)
		if (r->leaving[i] != 0 && waitpid(r->leaving[i], NULL, WNOHANG) != 0)
			r->leaving[i] = 0;
}

static pid_t *leaving_room(struct recording *r)
{
	for (size_t i = 0; i < RECORDING_LEAVING; i++)
		if (r->leaving[i] == 0)
			return &r->leaving[i];
	return NULL;
}

static void recorder_start(struct recording *r)
{
	int64_t now = ledger_now();
	int records;

	/* With too many that do not even die, another one would not get anywhere. */
	if ((r->started_ms != 0 && now < r->started_ms + START_PAUSE_MS) || !leaving_room(r))
		return;
	r->started_ms = r->heard_ms = now;
	if (child_fork(&r->recorder, &records) != STATUS_OK)
		return;
	if (records >= 0)
		recorder_go(r, records);
	ledger_count(r->ledger, LEDGER_RECORDERS);
}

/* What it had in its hands may be kept or not: nobody will know. */
static void recorder_lost(struct recording *r)
{
	rows_settle(r, r->n_out, r->n_out == 0);
}

static void recorder_mend(struct recording *r)
{
	leaving_reap(r);
	if (child_ended(&r->recorder))
		recorder_lost(r);
	if (r->recorder.pid != 0 && r->n_out > 0 &&
	    ledger_now() > r->heard_ms + RECORDING_STUCK_MS && leaving_room(r)) {
		/* It may wait for a disk: nobody waits for its end. */
		*leaving_room(r) = child_abandon(&r->recorder);
		recorder_lost(r);
	}
	if (r->recorder.pid == 0)
		recorder_start(r);
}

static void answers_take(struct recording *r)
{
	struct record_answer a;

	while (r->recorder.pid != 0 &&
	       recv(r->recorder.orders, &a, sizeof(a), MSG_DONTWAIT) == (ssize_t)sizeof(a)) {
		a.problem[sizeof(a.problem) - 1] = 0;
		(void)snprintf(r->problem, sizeof(r->problem), "%s", a.problem);
		r->heard_ms = ledger_now();
		rows_settle(r, a.n < r->n_out ? a.n : r->n_out, a.n == 0 || a.kept);
	}
}

static void records_send(struct recording *r)
{
	if (r->n_out == 0)
		r->heard_ms = ledger_now();
	while (r->recorder.pid != 0 && r->n_out < r->n && r->n_out < RECORDING_OUT_MAX) {
		struct buffer *packet = &row_at(r, r->n_out)->packet;

		if (send(r->recorder.orders, packet->bytes, packet->len,
			 MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)packet->len)
			return;
		r->n_out++;
	}
}

static bool row_add(struct recording *r, const struct event *event, uint64_t weight)
{
	struct recording_row *row = row_at(r, r->n);

	if (r->n == RECORDING_MAX)
		return false;
	record_encode(&row->packet, event);
	if (buffer_status(&row->packet) != STATUS_OK) {
		buffer_free(&row->packet);
		return false;
	}
	row->weight = weight;
	row->tells = event->kind == EVENT_DROPPED;
	r->n++;
	atomic_store(&r->ledger->waiting, r->n);
	return true;
}

/* ---- rooms ---- */

/* His, or the one that was not used for longest, unless that was in this second. */
static struct recording_room *room_of(struct recording *r, const struct doer *by)
{
	struct recording_room *rooms = r->rooms[doer_kind(by)], *oldest = &rooms[1];
	int64_t user = doer_user(by);

	for (size_t i = 1; i < RECORDING_ROOMS; i++) {
		if (rooms[i].used != 0 && rooms[i].user == user)
			return &rooms[i];
		if (rooms[i].used < oldest->used)
			oldest = &rooms[i];
	}
	if (oldest->used == r->second)
		return &rooms[0];
	/* With what is left in it: who has many users gets no more by that. */
	oldest->user = user;
	return oldest;
}

static void room_refill(int64_t *n, int64_t more, int64_t most)
{
	*n = more > most - *n ? most : *n + more;
}

/* Of what nobody used for long, or ever, all comes together. */
static void rooms_refill(struct recording *r)
{
	int64_t second = ledger_now() / 1000, more = second - r->second,
		most = r->burst > RECORDING_A_SECOND ? r->burst : RECORDING_A_SECOND;

	if (more == 0)
		return;
	more = more > most || r->second == 0 ? most : more * RECORDING_A_SECOND;
	for (size_t kind = 0; kind < DOER_KINDS; kind++)
		for (size_t i = 0; i < RECORDING_ROOMS; i++) {
			room_refill(&r->rooms[kind][i].n_plain, more, most);
			room_refill(&r->rooms[kind][i].n_grave, more, most);
		}
	r->second = second;
}

bool recording_admits(struct recording *r, const struct doer *by, bool grave)
{
	size_t end = RECORDING_MAX - (doer_kind(by) == DOER_ROOT ? 0 : RECORDING_ROOTS);
	struct recording_room *room;
	int64_t *n;

	rooms_refill(r);
	room = room_of(r, by);
	room->used = r->second;
	n = grave ? &room->n_grave : &room->n_plain;
	if (*n > 0 && r->n < end) {
		--*n;
		return true;
	}
	atomic_fetch_add(&r->ledger->dropped, 1);
	r->n_lost++;
	return false;
}

bool recording_add(struct recording *r, const struct event *event)
{
	if (!row_add(r, event, 1)) {
		lost_count(r, 1);
		r->n_lost++;
		return false;
	}
	records_send(r);
	return true;
}

/* What was lost is an event; it is forgotten only when that one is on its way. */
static void lost_tell(struct recording *r)
{
	int64_t now = ledger_now();
	uint64_t n = atomic_load(&r->ledger->dropped);
	struct event e = {
		.kind = EVENT_DROPPED, .login = -1, .count = (int64_t)n, .why = r->of
	};

	if (n == 0 || now < r->told_ms + TELL_PAUSE_MS)
		return;
	e.time_ms = ledger_wall();
	if (!row_add(r, &e, n))
		return;
	r->told_ms = now;
	atomic_fetch_sub(&r->ledger->dropped, n);
}

void recording_step(struct recording *r)
{
	answers_take(r);
	recorder_mend(r);
	lost_tell(r);
	records_send(r);
}

void recording_begin(struct recording *r)
{
	r->recorder.orders = -1;
	atomic_fetch_add(&r->ledger->dropped, atomic_exchange(&r->ledger->waiting, 0));
	recorder_start(r);
}

bool recording_finish(struct recording *r, int ms)
{
	int64_t end = ledger_now() + ms;
	struct pollfd from = { .fd = r->recorder.orders, .events = POLLIN };
	size_t before;

	r->told_ms = 0;
	lost_tell(r);
	while (r->n > 0 && from.fd >= 0 && ledger_now() < end) {
		before = r->n;
		records_send(r);
		/* It does not wait for more, then. */
		if (r->n_out == r->n)
			(void)shutdown(from.fd, SHUT_WR);
		(void)poll(&from, 1, FINISH_STEP_MS);
		answers_take(r);
		if (r->n == before && (from.revents & POLLHUP))
			break;
	}
	return r->n == 0 && atomic_load(&r->ledger->dropped) == 0;
}

void recording_end(struct recording *r)
{
	/* It keeps what it was given, and ends by itself. */
	atomic_store(&r->ledger->waiting, r->n - r->n_out);
	if (r->recorder.orders >= 0)
		(void)close(r->recorder.orders);
	for (size_t i = 0; i < RECORDING_MAX; i++)
		buffer_free(&r->rows[i].packet);
	sinks_close(&r->sinks);
}

const char *recording_problem(const struct recording *r)
{
	if (r->recorder.pid == 0)
		return "nobody keeps the events: no process could be started for it";
	if (r->n_out > 0 && ledger_now() > r->heard_ms + RECORDING_SILENT_MS)
		return "who keeps the events does not answer";
	return r->problem[0] ? r->problem : NULL;
}
