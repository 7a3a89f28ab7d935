/* SPDX-License-Identifier: MIT */
#include "cmd/fim_asker.h"

#include "base/cursor.h"
#include "daemon/caller.h"
#include "daemon/true_path.h"
#include "host/confine.h"
#include "source/identity.h"
#include <errno.h>
#include <fcntl.h>
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

/*
 * The program of @pid: its inode, and the path that its own name space of mounts has for that.
 * Whether it leads there is seen by who hears of it: he can look without waiting.
 */
static void program_put(struct buffer *out, pid_t pid)
{
	char link[32], text[PATH_MAX];
	struct statx x;
	ssize_t n = -1;
	int fd;

	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	fd = open(link, O_PATH | O_CLOEXEC);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (fd >= 0 &&
	    statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, IDENTITY_STATX_MASK, &x) == 0)
		n = readlink(link, text, sizeof(text));
	if (fd >= 0)
		(void)close(fd);
	if (n <= 0) {
		text_put(out, SPAN_NONE);
		return;
	}
	text_put(out, (struct span){ (const uint8_t *)text, (size_t)n });
	buffer_u64le(out, identity_from_statx(&x).dev);
	buffer_u64le(out, x.stx_ino);
	buffer_char(out, true_path_is_claimed(pid) ? 1 : 0);
}

/* Whatever was read while he was still there is of him. */
static void answer_put(struct buffer *out, const struct question *q, int process)
{
	CLEANUP(buffer_free) struct buffer program = BUFFER_INIT;
	struct caller who = { .login = -1 };
	bool knows_all;

	program_put(&program, q->pid);
	buffer_u32le(out, q->number);
	if (!is_there(process)) {
		buffer_char(out, (char)ACTOR_ENDED);
		return;
	}
	caller_read(q->pid, &who);
	knows_all = is_there(process);
	buffer_char(out, (char)ACTOR_KNOWN);
	buffer_u64le(out, (uint64_t)(knows_all && who.has_uid ? who.uid : -1));
	buffer_u64le(out, (uint64_t)(knows_all ? who.login : -1));
	text_put(out, knows_all ? who.cgroup : SPAN_NONE);
	buffer_add(out, buffer_span(&program));
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

/* What the program at the cursor is called here. */
static struct span program_take(struct buffer *room, struct cursor *c)
{
	struct span text = cursor_take(c, cursor_u32le(c));
	struct source_identity file;
	bool claimed;

	if (text.len == 0)
		return SPAN_NONE;
	file = (struct source_identity){ .dev = cursor_u64le(c), .ino = cursor_u64le(c) };
	claimed = cursor_u8(c) != 0;
	buffer_add(room, text);
	buffer_char(room, '\0');
	if (!cursor_ok(c) || buffer_status(room) != STATUS_OK)
		return SPAN_NONE;
	buffer_text(room, claimed ? TRUE_PATH_CLAIMED : "");
	buffer_text(room, true_path_mark(buffer_string(room, 0), &file));
	buffer_add(room, text);
	return buffer_status(room) == STATUS_OK
		       ? span_clip(span_after(buffer_span(room), text.len + 1), 0, TEXT_MAX)
		       : SPAN_NONE;
}

static void answer_take(struct span bytes, struct actors *a)
{
	CLEANUP(buffer_free) struct buffer room = BUFFER_INIT;
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
	facts.cgroup = cursor_take(&c, cursor_u32le(&c));
	facts.exe = program_take(&room, &c);
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
