/* SPDX-License-Identifier: MIT */
#include "cmd/fim_listen.h"

#include "base/clock.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "cmd/complain.h"
#include "host/confine.h"
#include "host/watched.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Milliseconds between two looks at the kernel's queue, and two batches: what comes together
 * costs less, and of what repeats itself there is one. */
#define REST_MS   20
#define BATCH_MS  60
#define READS_MAX 64 /* of the queue, before somebody else has a turn */
#define TABLE     "/proc/self/mountinfo"
#define ROW_HEAD  5
#define MAX_ASKED ((size_t)64 << 10) /* bytes of one message to us */
#define ASK       'a'
#define LINK      'l'

/* ---- rows ---- */

static void row_put(struct buffer *out, enum fim_heard kind, struct span bytes)
{
	buffer_char(out, (char)kind);
	buffer_u32le(out, (uint32_t)bytes.len);
	buffer_add(out, bytes);
}

/* With the NUL behind it. */
static struct span text_whole(const char *text)
{
	return (struct span){ (const uint8_t *)text, strlen(text) + 1 };
}

bool fim_heard_next(const struct buffer *batch, size_t *at, enum fim_heard *kind,
		    struct span *bytes)
{
	struct cursor c = cursor_at(buffer_span(batch), *at);
	uint8_t number;

	if (cursor_left(&c) == 0)
		return false;
	number = cursor_u8(&c);
	*bytes = cursor_take(&c, cursor_u32le(&c));
	*kind = number <= FIM_HEARD_END ? (enum fim_heard)number : FIM_HEARD_NONE;
	*at = batch->len - cursor_left(&c);
	return cursor_ok(&c);
}

/* ---- the listener ---- */

struct listen {
	struct changes changes;
	struct watched *watched;
	struct unsettled unsettled;
	struct unsettled blind; /* places of which nothing is heard; they stay in it */
	int table, socket;
	bool asked, crowded;
	int64_t rest_until_ms, batch_at_ms;
	struct buffer notes, out;
};

static void gap_note(struct listen *l, const char *why)
{
	row_put(&l->notes, FIM_HEARD_GAP, text_whole(why));
}

/* A move of a folder may be among what was lost: its path is asked for anew. */
static void lost_note(struct listen *l)
{
	watched_forget(l->watched);
	gap_note(l, "the kernel had no room for all changes");
}

static void blind_put(struct listen *l, const char *path, const char *why)
{
	CLEANUP(buffer_free) struct buffer both = BUFFER_INIT;

	buffer_add(&both, text_whole(path));
	buffer_add(&both, text_whole(why));
	if (buffer_status(&both) == STATUS_OK)
		row_put(&l->notes, FIM_HEARD_BLIND, buffer_span(&both));
}

/* Once is enough, however often something is mounted elsewhere. */
static void blind_note(void *context, const char *path, const char *why)
{
	struct listen *l = (struct listen *)context;

	if (!table_find(&l->blind.table, SPAN_TEXT(path)) &&
	    unsettled_touch(&l->blind, SPAN_TEXT(path), UNSETTLED_NAME, true, 0) == STATUS_OK)
		blind_put(l, path, why);
}

/* What could not be kept is found by looking at everything. */
static void kept(struct listen *l, enum status status)
{
	if (status == STATUS_OK)
		return;
	unsettled_clear(&l->unsettled);
	gap_note(l, status == STATUS_LIMIT ? "more files changed at once than can be remembered"
					   : "there was no memory to remember changes");
}

static void mounts_look(struct listen *l)
{
	const struct watched_reading reading = { &l->unsettled, clock_steady_ms(), blind_note,
						 l };
	enum status status = watched_mounts(l->watched, l->table, &l->changes, &reading);

	if (status == STATUS_IO)
		gap_note(l, "the table of mounts could not be read");
	else
		kept(l, status);
}

static void queue_read(struct listen *l)
{
	struct change c;

	for (int i = 0; i < READS_MAX; i++) {
		changes_read(&l->changes);
		if (l->changes.len == 0)
			break;
		while (changes_next(&l->changes, &c)) {
			if (c.lost)
				lost_note(l);
			else
				kept(l, watched_take(l->watched, &c, &l->unsettled,
						     clock_steady_ms()));
		}
	}
	if (watched_crowded(l->watched) && !l->crowded) {
		l->crowded = true;
		blind_note(l, "/",
			   "more files have several names than can be followed: what is "
			   "done to them by names outside is seen later");
	}
	l->rest_until_ms = clock_steady_ms() + REST_MS;
}

static bool message_send(struct listen *l)
{
	struct span whole = buffer_span(&l->out);
	bool sent = buffer_status(&l->out) == STATUS_OK &&
		    send(l->socket, whole.ptr, whole.len, MSG_NOSIGNAL) == (ssize_t)whole.len;

	buffer_clear(&l->out);
	return sent;
}

static bool row_send(struct listen *l, enum fim_heard kind, struct span bytes)
{
	if (l->out.len > 0 && l->out.len + bytes.len + ROW_HEAD > FIM_MESSAGE_BYTES &&
	    !message_send(l))
		return false;
	row_put(&l->out, kind, bytes);
	return true;
}

static bool notes_send(struct listen *l)
{
	enum fim_heard kind;
	struct span bytes;
	size_t at = 0;

	if (buffer_status(&l->notes) != STATUS_OK)
		return false;
	while (fim_heard_next(&l->notes, &at, &kind, &bytes))
		if (!row_send(l, kind, bytes))
			return false;
	buffer_clear(&l->notes);
	return true;
}

static bool row_tell(struct listen *l, const struct unsettled_row *row)
{
	static const enum fim_heard kinds[] = {
		[UNSETTLED_NAME] = FIM_HEARD_NAME,
		[UNSETTLED_TREE] = FIM_HEARD_TREE,
		[UNSETTLED_INODE] = FIM_HEARD_INODE,
	};

	/* Its NUL stands behind it. */
	return row_send(l, kinds[row->kind],
			(struct span){ row->row.key.ptr, row->row.key.len + 1 });
}

/* All that has come to rest, if somebody wants it.  False: he is gone. */
static bool batch_send(struct listen *l)
{
	CLEANUP(buffer_free) struct buffer end = BUFFER_INIT;
	int64_t now = clock_steady_ms();
	size_t n = 0;

	if (!l->asked || now < l->batch_at_ms ||
	    (l->notes.len == 0 && unsettled_wait(&l->unsettled, now) != 0))
		return true;
	if (!notes_send(l))
		return false;
	for (; n < FIM_BATCH_MAX; n++) {
		struct unsettled_row *row = unsettled_take(&l->unsettled, now);
		bool told;

		if (!row)
			break;
		told = row_tell(l, row);
		unsettled_free(row);
		if (!told)
			return false;
	}
	buffer_u64le(&end, l->changes.n);
	buffer_u64le(&end, l->unsettled.table.n);
	l->asked = false;
	l->batch_at_ms = now + BATCH_MS;
	return buffer_status(&end) == STATUS_OK &&
	       row_send(l, FIM_HEARD_END, buffer_span(&end)) && message_send(l);
}

/* False: who asks is gone. */
static bool asked_take(struct listen *l)
{
	char text[PATH_MAX_BYTES + 2] = { 0 };
	ssize_t n;

	while ((n = recv(l->socket, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		if (text[0] == LINK)
			kept(l, watched_link(l->watched, text_after(text, 1)));
		else
			l->asked = true;
		memset(text, 0, sizeof(text));
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Milliseconds that poll(2) may take. */
static int patience(const struct listen *l)
{
	int64_t now = clock_steady_ms(), rest = l->rest_until_ms - now;
	int wait = -1;

	if (l->asked)
		wait = l->notes.len > 0 ? 0 : unsettled_wait(&l->unsettled, now);
	if (wait >= 0 && wait < l->batch_at_ms - now)
		wait = (int)(l->batch_at_ms - now);
	if (rest > 0 && (wait < 0 || rest < wait))
		wait = (int)rest;
	return wait;
}

static void listen_loop(struct listen *l)
{
	for (;;) {
		bool rests = l->rest_until_ms > clock_steady_ms();
		struct pollfd fds[] = {
			{.fd = l->socket,                      .events = POLLIN },
			{ .fd = l->table,                      .events = POLLPRI},
			{ .fd = rests ? -1 : l->changes.group, .events = POLLIN },
		};

		if (poll(fds, COUNT_OF(fds), patience(l)) < 0 && errno != EINTR)
			return;
		if (fds[0].revents != 0 && !asked_take(l))
			return;
		if (fds[1].revents != 0)
			mounts_look(l);
		if (fds[2].revents != 0)
			queue_read(l);
		if (!batch_send(l))
			return;
	}
}

/* ---- its beginning ---- */

#define ALLOWED_MAX (BASELINE_MAX_SCOPES + 1)

static enum status listen_confine(const char *const *folders, size_t n, struct arena *a)
{
	struct confine_rule *allowed = ARENA_NEW(a, struct confine_rule, ALLOWED_MAX);
	struct confine_result result;

	if (!allowed)
		return STATUS_NO_MEMORY;
	allowed[0] = (struct confine_rule){ .path = TABLE };
	for (size_t i = 0; i < n; i++)
		allowed[1 + i] = (struct confine_rule){ .path = folders[i] };
	/* What this system lacks is told by who asks. */
	return confine_listener(allowed, 1 + n, &result);
}

static enum status listen_begin(struct listen *l, const struct watched_about *where,
				const char *const *folders, bool bounded)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)1 << 20);
	const struct watched_reading reading = { &l->unsettled, clock_steady_ms(), blind_note,
						 l };

	TRY(changes_open(&l->changes, bounded));
	l->table = open(TABLE, O_RDONLY | O_CLOEXEC);
	if (l->table < 0)
		return STATUS_IO;
	TRY(listen_confine(folders, where->n_scopes, &a));
	TRY(unsettled_begin(&l->unsettled));
	TRY(unsettled_begin(&l->blind));
	TRY(watched_new(where, &l->watched));
	TRY(watched_mounts(l->watched, l->table, &l->changes, &reading));
	/* Who asks looks at everything first. */
	unsettled_clear(&l->unsettled);
	return STATUS_OK;
}

static void listen_tell(struct listen *l, enum status status)
{
	const char *why = status == STATUS_OK   ? ""
			  : status == STATUS_IO ? strerrordesc_np(errno)
						: status_text(status);

	row_put(&l->out, status == STATUS_OK ? FIM_HEARD_END : FIM_HEARD_GAP, text_whole(why));
	(void)!message_send(l);
}

/* Whoever stops the one who asks stops us; a key that is pressed is meant for him. */
static void listen_run(const struct baseline_about *about, const char *const *folders,
		       bool bounded, int fd)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	const struct watched_about where = { about->scopes, about->n_scopes, about->exclude,
					     about->one_file_system };
	struct listen l = { .socket = fd, .table = -1, .changes = { .group = -1 } };
	enum status status;

	for (size_t i = 0; i < COUNT_OF(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "assay-listen");
	status = chdir("/") == 0 ? listen_begin(&l, &where, folders, bounded) : STATUS_IO;
	listen_tell(&l, status);
	if (status == STATUS_OK)
		listen_loop(&l);
	watched_free(l.watched);
	unsettled_end(&l.unsettled);
	unsettled_end(&l.blind);
	changes_close(&l.changes);
	buffer_free(&l.notes);
	buffer_free(&l.out);
}

/* ---- who asks ---- */

static enum exit_code beginning_hear(struct fim_listener *l)
{
	CLEANUP(buffer_free) struct buffer first = BUFFER_INIT;
	enum fim_heard kind = FIM_HEARD_NONE;
	struct span why = SPAN_NONE;
	const char *text;
	size_t at = 0;
	bool ended;

	if (fim_listener_hear(l, &first, &ended) && fim_heard_next(&first, &at, &kind, &why) &&
	    kind == FIM_HEARD_END)
		return EXIT_PASS;
	text = span_string(why);
	complain("fim watch: the kernel does not tell us of changes: %s%s",
		 text ? text : "the process that listens died",
		 geteuid() == 0 ? "" : "; that needs root: assay fim check looks at once");
	return EXIT_INCOMPLETE;
}

enum exit_code fim_listen(const struct baseline_about *about, const char *const *folders,
			  bool bounded, struct fim_listener *out)
{
	int pair[2];
	pid_t pid;

	*out = (struct fim_listener){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		complain("fim watch: %s", strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	pid = fork();
	if (pid == 0) {
		(void)close(pair[0]);
		listen_run(about, folders, bounded, pair[1]);
		_exit(EXIT_PASS);
	}
	(void)close(pair[1]);
	out->fd = pair[0];
	if (pid > 0)
		return beginning_hear(out);
	complain("fim watch: %s", strerrordesc_np(errno));
	return EXIT_INCOMPLETE;
}

bool fim_listener_ask(const struct fim_listener *l)
{
	const char ask = ASK;

	return send(l->fd, &ask, 1, MSG_NOSIGNAL) == 1;
}

bool fim_listener_link(const struct fim_listener *l, const char *path)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	buffer_char(&b, LINK);
	buffer_text(&b, path);
	if (buffer_status(&b) != STATUS_OK || b.len > PATH_MAX_BYTES)
		return true;
	return send(l->fd, b.bytes, b.len, MSG_NOSIGNAL) == (ssize_t)b.len;
}

bool fim_listener_hear(struct fim_listener *l, struct buffer *batch, bool *ended)
{
	uint8_t room[FIM_MESSAGE_BYTES * 2];
	ssize_t n;
	enum fim_heard kind;
	struct span bytes;
	size_t at = batch->len;

	*ended = false;
	while ((n = recv(l->fd, room, sizeof(room), 0)) < 0 && errno == EINTR)
		;
	if (n <= 0)
		return false;
	buffer_add(batch, span_clip(SPAN_OF(room), 0, (uint64_t)n));
	if (buffer_status(batch) != STATUS_OK)
		return false;
	while (fim_heard_next(batch, &at, &kind, &bytes)) {
		struct cursor c = cursor_at(bytes, 0);

		if (kind != FIM_HEARD_END)
			continue;
		*ended = true;
		l->n_events = cursor_u64le(&c);
		l->n_waiting = cursor_u64le(&c);
	}
	return true;
}
