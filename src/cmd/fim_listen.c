/* SPDX-License-Identifier: MIT */
#include "cmd/fim_listen.h"

#include "base/clock.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "base/units.h"
#include "cmd/complain.h"
#include "cmd/fim_asker.h"
#include "host/confine.h"
#include "host/mounts.h"
#include "host/watched.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Milliseconds between two looks at the kernel's queue, and two batches: what comes together
 * costs less, and of what repeats itself there is one.  But while little happens nobody
 * rests, for who did it may still be there.
 */
#define BUSY_N     20 /* changes in BUSY_MS */
#define BUSY_MS    100
#define REST_MS    20
#define BATCH_MS   60
#define READS_MAX  64 /* of the queue, before somebody else has a turn */
#define TABLE      "/proc/self/mountinfo"
#define ROW_HEAD   5
#define PLACE_MORE 5 /* of a place, beside its path */
#define PID_MAX    "/proc/sys/kernel/pid_max"
#define MAX_ASKED  ((size_t)64 << 10) /* bytes of one message to us */
#define ASK        'a'
#define LINK       'l'

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

#define SEVERAL (UINT32_C(1) << 31)

void fim_heard_put(struct buffer *out, enum fim_heard kind, struct fim_by by, struct span path)
{
	buffer_char(out, (char)kind);
	buffer_u32le(out, (uint32_t)path.len + 5);
	buffer_u32le(out, by.actor | (by.several ? SEVERAL : 0));
	buffer_add(out, path);
	buffer_char(out, '\0');
}

bool fim_heard_place(struct span bytes, struct fim_by *by, const char **text)
{
	struct cursor c = cursor_at(bytes, 0);
	uint32_t actor = cursor_u32le(&c);

	*by = (struct fim_by){ actor & ~SEVERAL, (actor & SEVERAL) != 0 };
	*text = cursor_ok(&c) ? span_string(span_after(bytes, 4)) : NULL;
	return *text != NULL;
}

static void actor_put(struct buffer *out, const struct actor *a)
{
	const struct actor_facts *f = &a->facts;

	buffer_u32le(out, a->number);
	buffer_char(out, (char)a->state);
	buffer_u64le(out, (uint64_t)a->pid);
	buffer_u64le(out, (uint64_t)f->uid);
	buffer_u64le(out, (uint64_t)f->login);
	buffer_u32le(out, (uint32_t)f->exe.len);
	buffer_add(out, f->exe);
	buffer_add(out, f->cgroup);
}

bool fim_heard_actor(struct span bytes, struct actor *out)
{
	struct cursor c = cursor_at(bytes, 0);
	uint8_t state;

	*out = (struct actor){ .number = cursor_u32le(&c) };
	state = cursor_u8(&c);
	out->state = state < ACTOR_STATES ? (enum actor_state)state : ACTOR_BUSY;
	out->pid = (pid_t)cursor_u64le(&c);
	out->facts.uid = (int64_t)cursor_u64le(&c);
	out->facts.login = (int64_t)cursor_u64le(&c);
	out->facts.exe = cursor_take(&c, cursor_u32le(&c));
	out->facts.cgroup = cursor_take(&c, cursor_left(&c));
	return cursor_ok(&c);
}

/* ---- the listener ---- */

struct listen {
	struct changes changes;
	struct watched *watched;
	struct unsettled unsettled;
	struct unsettled blind; /* places of which nothing is heard; they stay in it */
	struct actors actors;
	struct child asker;
	int table, socket;
	bool asked, crowded;
	int64_t rest_until_ms, batch_at_ms;
	int64_t busy_since_ms;
	uint64_t busy_from; /* changes before */
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
	    unsettled_touch(&l->blind, SPAN_TEXT(path), UNSETTLED_NAME, true, 0, 0) ==
		    STATUS_OK)
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

/* Who did it is asked while he is there. */
static void actor_find(struct listen *l, struct change *c)
{
	bool ask;

	c->actor = actors_take(&l->actors, c->pid, c->process >= 0, clock_steady_ms(), &ask);
	if (ask && !fim_asker_ask(&l->asker, c->actor, c->pid, c->process))
		actors_answer(&l->actors, c->actor, ACTOR_BUSY, NULL);
}

static void change_take(struct listen *l, struct change *c)
{
	if (c->lost) {
		lost_note(l);
		return;
	}
	actor_find(l, c);
	kept(l, watched_take(l->watched, c, &l->unsettled, clock_steady_ms()));
}

static void queue_read(struct listen *l)
{
	int64_t now = clock_steady_ms();
	struct change c;

	if (now - l->busy_since_ms >= BUSY_MS) {
		l->busy_since_ms = now;
		l->busy_from = l->changes.n;
	}

	for (int i = 0; i < READS_MAX; i++) {
		changes_read(&l->changes);
		if (l->changes.len == 0)
			break;
		while (changes_next(&l->changes, &c))
			change_take(l, &c);
	}
	if (watched_crowded(l->watched) && !l->crowded) {
		l->crowded = true;
		blind_note(l, "/",
			   "more files have several names than can be followed: what is "
			   "done to them by names outside is seen later");
	}
	if (l->changes.n - l->busy_from >= BUSY_N)
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

/* Room for @len more bytes. */
static bool room_make(struct listen *l, size_t len)
{
	return l->out.len == 0 || l->out.len + len + ROW_HEAD <= FIM_MESSAGE_BYTES ||
	       message_send(l);
}

static bool row_send(struct listen *l, enum fim_heard kind, struct span bytes)
{
	if (!room_make(l, bytes.len))
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

/* Who he is, unless it was said already. */
static bool actor_tell(struct listen *l, uint32_t number)
{
	CLEANUP(buffer_free) struct buffer who = BUFFER_INIT;
	struct actor *actor = actors_find(&l->actors, number);

	if (!actor || actor->told)
		return true;
	actor_put(&who, actor);
	actor->told = true;
	return buffer_status(&who) == STATUS_OK &&
	       row_send(l, FIM_HEARD_ACTOR, buffer_span(&who));
}

static bool row_tell(struct listen *l, const struct unsettled_row *row)
{
	static const enum fim_heard kinds[] = {
		[UNSETTLED_NAME] = FIM_HEARD_NAME,
		[UNSETTLED_TREE] = FIM_HEARD_TREE,
		[UNSETTLED_INODE] = FIM_HEARD_INODE,
	};

	if (!actor_tell(l, row->actor) || !room_make(l, row->row.key.len + PLACE_MORE))
		return false;
	fim_heard_put(&l->out, kinds[row->kind], (struct fim_by){ row->actor, row->several },
		      row->row.key);
	return true;
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
			{ .fd = l->asker.orders,               .events = POLLIN },
		};

		if (poll(fds, COUNT_OF(fds), patience(l)) < 0 && errno != EINTR)
			return;
		if (fds[0].revents != 0 && !asked_take(l))
			return;
		if (fds[1].revents != 0)
			mounts_look(l);
		if (fds[2].revents != 0)
			queue_read(l);
		if (fds[3].revents != 0 && !fim_asker_hear(&l->asker, &l->actors))
			return;
		if (!batch_send(l))
			return;
	}
}

/* ---- its beginning ---- */

#define ALLOWED_MAX (BASELINE_MAX_SCOPES + WATCHED_MAX_UPPERS + 1)

static enum status listen_confine(struct listen *l, const struct watched_about *where,
				  const char *const *folders, struct arena *a)
{
	struct confine_rule *allowed = ARENA_NEW(a, struct confine_rule, ALLOWED_MAX);
	const char *uppers[WATCHED_MAX_UPPERS];
	struct confine_result result;
	size_t n = 1 + where->n_scopes, n_uppers;

	if (!allowed)
		return STATUS_NO_MEMORY;
	allowed[0] = (struct confine_rule){ .path = TABLE };
	for (size_t i = 0; i < where->n_scopes; i++)
		allowed[1 + i] = (struct confine_rule){ .path = folders[i] };
	/* Those of later ones may not be read. */
	TRY(watched_uppers(where, l->table, a, uppers, &n_uppers));
	for (size_t i = 0; i < n_uppers; i++)
		allowed[n++] = (struct confine_rule){ .path = uppers[i] };
	/* What this system lacks is told by who asks. */
	return confine_listener(allowed, n, &result);
}

/* How many processes can have numbers; as few as there can be, if nobody says. */
static uint64_t numbers_read(void)
{
	char text[32] = { 0 };
	int fd = open(PID_MAX, O_RDONLY | O_CLOEXEC);
	uint64_t n = 0;

	if (fd >= 0) {
		ssize_t len = read(fd, text, sizeof(text) - 1);

		if (len > 0 && text[len - 1] == '\n')
			text[len - 1] = 0;
		(void)close(fd);
	}
	return units_number(text, &n) ? n : 0;
}

static enum status listen_begin(struct listen *l, const struct watched_about *where,
				const char *const *folders, bool bounded)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(MOUNTS_ARENA);
	const struct watched_reading reading = { &l->unsettled, clock_steady_ms(), blind_note,
						 l };

	TRY(fim_asker_start(&l->asker));
	TRY(actors_begin(&l->actors, numbers_read()));
	TRY(changes_open(&l->changes, bounded));
	l->table = open(TABLE, O_RDONLY | O_CLOEXEC);
	if (l->table < 0)
		return STATUS_IO;
	TRY(listen_confine(l, where, folders, &a));
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
	struct listen l = {
		.socket = fd,
		.table = -1,
		.changes = {.group = -1, .process = -1 },
		.asker = { .orders = -1         }
	};
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
	actors_end(&l.actors);
	child_end(&l.asker);
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
