/* SPDX-License-Identifier: MIT */
#include "cmd/fim_asker.h"

#include "base/cursor.h"
#include "daemon/caller.h"
#include "host/confine.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)16 << 10)
#define TEXT_MAX   4096 /* of an event (store/events.h) */

struct question {
	uint32_t number;
	int32_t pid;
};

/* ---- the asker ---- */

/* The next question, and the process it is about.  False: nobody asks any more. */
static bool question_take(int from, struct question *out, int *process)
{
	ssize_t n;

	do
		n = message_take(from, out, sizeof(*out), true, process);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*out);
}

static bool is_there(int process)
{
	struct pollfd fd = { .fd = process, .events = POLLIN };

	return process >= 0 && poll(&fd, 1, 0) == 0;
}

static void text_put(struct buffer *out, struct span text)
{
	text = span_clip(text, 0, TEXT_MAX);
	buffer_u32le(out, (uint32_t)text.len);
	buffer_add(out, text);
}

/* Whatever was read while he was still there is of him. */
static void answer_put(struct buffer *out, const struct question *q, int process)
{
	struct caller who = { .login = -1 };
	char path[32], exe[PATH_MAX];
	struct span program = { (const uint8_t *)exe, 0 };
	bool knows_all;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)q->pid);
	n = readlink(path, exe, sizeof(exe));
	buffer_u32le(out, q->number);
	if (!is_there(process)) {
		buffer_char(out, (char)ACTOR_ENDED);
		return;
	}
	program.len = n > 0 ? (size_t)n : 0;
	caller_read(q->pid, &who);
	knows_all = is_there(process);
	buffer_char(out, (char)ACTOR_KNOWN);
	buffer_u64le(out, (uint64_t)(knows_all && who.has_uid ? who.uid : -1));
	buffer_u64le(out, (uint64_t)(knows_all ? who.login : -1));
	text_put(out, program);
	text_put(out, knows_all ? who.cgroup : SPAN_NONE);
}

static void asker_run(int orders)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	struct confine_result confined;
	struct question q;
	int process;

	(void)prctl(PR_SET_NAME, "assay-ask");
	if ((orders > 3 && close_range(3, (unsigned)orders - 1, 0) != 0) ||
	    close_range((unsigned)orders + 1, ~0U, 0) != 0 ||
	    confine_asker(&confined) != STATUS_OK)
		return;
	while (question_take(orders, &q, &process)) {
		buffer_clear(&out);
		answer_put(&out, &q, process);
		if (process >= 0)
			(void)close(process);
		if (buffer_status(&out) != STATUS_OK ||
		    send(orders, out.bytes, out.len, MSG_NOSIGNAL) != (ssize_t)out.len)
			return;
	}
}

enum status fim_asker_start(struct child *asker)
{
	int orders;

	TRY(child_fork(asker, &orders));
	if (orders < 0)
		return STATUS_OK;
	asker_run(orders);
	_exit(0);
}

/* ---- who wants to know ---- */

bool fim_asker_ask(const struct child *asker, uint32_t number, pid_t pid, int process)
{
	const struct question q = { number, pid };

	return message_tell(asker->orders, (struct span){ (const uint8_t *)&q, sizeof(q) },
			    process);
}

static void answer_take(struct span bytes, struct actors *a)
{
	struct cursor c = cursor_at(bytes, 0);
	uint32_t number = cursor_u32le(&c);
	uint8_t state = cursor_u8(&c);
	struct actor_facts facts;

	if (state != ACTOR_KNOWN) {
		actors_answer(a, number, ACTOR_ENDED, NULL);
		return;
	}
	facts.uid = (int64_t)cursor_u64le(&c);
	facts.login = (int64_t)cursor_u64le(&c);
	facts.exe = cursor_take(&c, cursor_u32le(&c));
	facts.cgroup = cursor_take(&c, cursor_u32le(&c));
	if (cursor_ok(&c))
		actors_answer(a, number, ACTOR_KNOWN, &facts);
}

bool fim_asker_hear(const struct child *asker, struct actors *a)
{
	uint8_t room[ANSWER_MAX];
	ssize_t n;

	while ((n = recv(asker->orders, room, sizeof(room), MSG_DONTWAIT)) > 0)
		answer_take(span_clip(SPAN_OF(room), 0, (uint64_t)n), a);
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}
