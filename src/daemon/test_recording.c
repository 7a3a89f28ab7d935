/* SPDX-License-Identifier: MIT */
/* Events are kept, or counted; who decides waits neither for a disk nor for a log. */
#include "daemon/recording.h"

#include "base/memory.h"
#include "daemon/event_page.h"
#include "tests/check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/assay-recording-XXXXXX";
static char database[80], journal[80], syslog_path[80];
static struct ledger *ledger;

static void must(int failed)
{
	if (failed) {
		perror("# cannot go on");
		abort();
	}
}

static struct event denied(int64_t pid)
{
	return (struct event){ .kind = EVENT_DENIED,
			       .time_ms = ledger_wall(),
			       .pid = pid,
			       .uid = 1000,
			       .login = -1,
			       .path = SPAN_INIT("/tmp/a\n\xff\"]\\b"),
			       .caller = SPAN_INIT("/bin/sh"),
			       .cgroup = SPAN_INIT("/system.slice/cron.service"),
			       .unit = SPAN_INIT("cron.service"),
			       .mode = "denylist",
			       .verdict = "grafted",
			       .rule = "forged",
			       .line = "built in:3",
			       .sha256 = SPAN_INIT("\1\2\3") };
}

/* Sockets of the test, which the recorder shall not have. */
static int listeners[2] = { -1, -1 };

static void listeners_close(void *context)
{
	(void)context;
	for (size_t i = 0; i < 2; i++)
		if (listeners[i] >= 0)
			(void)close(listeners[i]);
}

static struct recording *begin(const char *to_journal, const char *to_syslog)
{
	struct recording *r = (struct recording *)memory_new(1, sizeof(*r));

	must(!r);
	r->begin = listeners_close;
	r->events = database;
	r->ledger = ledger;
	sinks_open(&r->sinks, "assayd", to_journal, to_syslog);
	recording_begin(r);
	return r;
}

/* Until nothing waits, or so long. */
static bool settled(struct recording *r, int64_t ms)
{
	int64_t end = ledger_now() + ms;

	do {
		recording_step(r);
		if (r->n == 0 && atomic_load(&ledger->dropped) == 0)
			return true;
		(void)usleep(2000);
	} while (ledger_now() < end);
	return false;
}

static void end(struct recording *r)
{
	pid_t pid = r->recorder.pid;
	int state = -1;

	recording_end(r);
	must(pid > 0 && waitpid(pid, &state, 0) != pid);
	CHECK(WIFEXITED(state) && WEXITSTATUS(state) == 0, "it ends when nobody sends more");
	memory_free(r);
}

struct seen {
	size_t n;
	int64_t dropped;
	bool whole;
};

static bool look(void *context, const struct event *e)
{
	struct seen *s = (struct seen *)context;
	struct event like = denied(0);

	s->n += e->kind == EVENT_DENIED;
	s->dropped += e->kind == EVENT_DROPPED ? e->count : 0;
	if (e->kind == EVENT_DENIED)
		s->whole = span_equal(e->path, like.path) && e->mode &&
			   span_equal(e->cgroup, like.cgroup) &&
			   span_equal(e->sha256, like.sha256) &&
			   strcmp(e->rule, like.rule) == 0;
	return true;
}

static struct seen kept(void)
{
	struct events_question q = { 0 };
	struct seen s = { .whole = true };
	const char *problem;
	struct events *e = events_open(database, false, &problem);

	CHECK(e && events_each(e, &q, look, &s) == STATUS_OK, "the events can be read");
	events_close(e);
	return s;
}

static void test_kept(void)
{
	struct recording *r = begin(NULL, NULL);
	struct seen s;
	struct event e;
	bool added = true;

	for (int i = 1; i <= 200; i++) {
		e = denied(i);
		added = recording_add(r, &e) && added;
	}
	CHECK(added && settled(r, 5000) && !recording_problem(r), "events are taken and kept");
	s = kept();
	CHECK(s.n == 200 && s.whole && s.dropped == 0, "as they were (%zu)", s.n);
	e = denied(201);
	(void)recording_add(r, &e);
	end(r);
	CHECK(kept().n == 201, "and the last one, given when everything ended");
}

/* Stopped, it takes nothing; killed, it is replaced; nothing gets lost without a word. */
static void test_stopped(void)
{
	struct recording *r = begin(NULL, NULL);
	size_t before = kept().n;
	const size_t n = (size_t)RECORDING_MAX + 500;
	int64_t began, longest = 0;
	struct event e;
	struct seen s;

	must(!settled(r, 2000));
	must(kill(r->recorder.pid, SIGSTOP) != 0);
	for (size_t i = 0; i < n; i++) {
		e = denied(7);
		began = ledger_now();
		(void)recording_add(r, &e);
		recording_step(r);
		began = ledger_now() - began;
		longest = began > longest ? began : longest;
	}
	CHECK(longest < 100, "with it stopped nobody waits (%d ms)", (int)longest);
	CHECK(r->n == RECORDING_MAX && atomic_load(&ledger->dropped) == 500,
	      "what finds no room is counted");
	(void)usleep((RECORDING_SILENT_MS + 100) * 1000);
	recording_step(r);
	CHECK(recording_problem(r) != NULL, "and it is said: %s", recording_problem(r));
	must(kill(r->recorder.pid, SIGCONT) != 0);
	CHECK(settled(r, 8000) && !recording_problem(r), "it goes on, and so does everything");
	s = kept();
	CHECK(s.n == before + RECORDING_MAX && s.dropped == 500,
	      "all that was taken is kept, and an event tells of the rest (%zu, %d)",
	      s.n - before, (int)s.dropped);
	must(kill(r->recorder.pid, SIGSTOP) != 0);
	for (int i = 0; i < 10; i++)
		(void)recording_add(r, &e);
	must(kill(r->recorder.pid, SIGKILL) != 0);
	CHECK(settled(r, 5000) && atomic_load(&ledger->counts[LEDGER_RECORDERS]) > 2,
	      "killed, it is replaced");
	s = kept();
	CHECK(s.n == before + RECORDING_MAX && s.dropped == 510,
	      "and what it had in its hands is told (%d)", (int)s.dropped);
	/* As if the decider had died with some in its hands. */
	end(r);
	atomic_store(&ledger->waiting, 3);
	r = begin(NULL, NULL);
	CHECK(settled(r, 5000) && kept().dropped == 513, "so is what a decider had");
	end(r);
}

/* As a disk that is full: the database may not grow. */
static void test_full(void)
{
	struct rlimit before, none;
	struct recording *r;
	struct event e = denied(9);
	int64_t dropped = kept().dropped;
	size_t n = kept().n;

	must(getrlimit(RLIMIT_FSIZE, &before) != 0);
	none = (struct rlimit){ 0, before.rlim_max };
	r = begin(NULL, NULL);
	(void)recording_add(r, &e);
	must(!settled(r, 2000));
	must(prlimit(r->recorder.pid, RLIMIT_FSIZE, &none, NULL) != 0);
	for (int i = 0; i < 50; i++)
		(void)recording_add(r, &e);
	for (int i = 0; i < 1000 && (r->n > 0 || !recording_problem(r)); i++) {
		recording_step(r);
		(void)usleep(2000);
	}
	CHECK(r->n == 0 && recording_problem(r), "full: %s", recording_problem(r));
	CHECK(atomic_load(&ledger->dropped) == 50, "what is lost is counted");
	must(prlimit(r->recorder.pid, RLIMIT_FSIZE, &before, NULL) != 0);
	(void)recording_add(r, &e);
	CHECK(settled(r, 9000) && !recording_problem(r), "with room again, it is well again");
	CHECK(kept().n == n + 2 && kept().dropped == dropped + 50, "and the loss is told");
	end(r);
}

static int listener(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)span_copy(a.sun_path, sizeof(a.sun_path) - 1, SPAN_TEXT(path));
	must(fd < 0 || bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0);
	return fd;
}

static struct span heard(int fd, char *text, size_t room)
{
	struct pollfd from = { .fd = fd, .events = POLLIN };
	ssize_t n = poll(&from, 1, 3000) == 1 ? recv(fd, text, room, 0) : -1;

	return n > 0 ? (struct span){ (uint8_t *)text, (size_t)n } : SPAN_NONE;
}

static bool holds(struct span text, struct span part)
{
	uint64_t at;

	return span_find(text, part, 0, &at);
}

static void test_logs(void)
{
	int j = listeners[0] = listener(journal), s = listeners[1] = listener(syslog_path);
	struct recording *r = begin(journal, syslog_path);
	struct event e = denied(4711);
	char text[8192];
	struct span said;

	(void)recording_add(r, &e);
	said = heard(j, text, sizeof(text));
	CHECK(holds(said, SPAN_LITERAL("\nASSAY_VERDICT\n\7\0\0\0\0\0\0\0grafted\n")) &&
		      holds(said, SPAN_LITERAL("\nASSAY_SHA256\n\6\0\0\0\0\0\0\0"
					       "010203\n")) &&
		      holds(said, SPAN_LITERAL("\nASSAY_RULE\n\6\0\0\0\0\0\0\0"
					       "forged\n")) &&
		      holds(said, SPAN_LITERAL("\nASSAY_PATH\n\x0c\0\0\0\0\0\0\0/tmp/a\n\xff\"]"
					       "\\b\n")) &&
		      holds(said,
			    SPAN_LITERAL("MESSAGE_ID=76ff711ae734442094bf0b526d980aac\n")),
	      "the journal has it in fields of its own");
	said = heard(s, text, sizeof(text));
	CHECK(span_starts(said, "<84>1 2", 7) && holds(said, SPAN_LITERAL("Z ")) &&
		      holds(said, SPAN_LITERAL(" denied [assay@32473 kind=\"denied\" ")) &&
		      holds(said, SPAN_LITERAL("path=\"/tmp/a\\\\x0a\\\\xff\\\"\\]\\\\b\"")) &&
		      holds(said, SPAN_LITERAL("unit=\"cron.service\"] \xef\xbb\xbf"
					       "denied")) &&
		      !holds(said, SPAN_LITERAL("\n")),
	      "syslog has it as RFC 5424 wants: %.*s", (int)said.len, text);
	must(!settled(r, 2000));
	(void)close(j);
	(void)recording_add(r, &e);
	for (int i = 0; i < 1000 && !recording_problem(r); i++) {
		recording_step(r);
		(void)usleep(2000);
	}
	CHECK(recording_problem(r) && strstr(recording_problem(r), journal) &&
		      atomic_load(&ledger->counts[LEDGER_UNLOGGED]) == 1,
	      "a log that has gone is told: %s", recording_problem(r));
	(void)unlink(journal);
	j = listener(journal);
	(void)recording_add(r, &e);
	CHECK(holds(heard(j, text, sizeof(text)), SPAN_LITERAL("ASSAY_COUNT\n\1\0\0\0\0\0\0\0"
							       "1\n")),
	      "back again, it hears first of what it missed");
	CHECK(holds(heard(j, text, sizeof(text)), SPAN_LITERAL("grafted")),
	      "and then the rest");
	CHECK(settled(r, 2000) && !recording_problem(r), "and all is well");
	end(r);
	(void)close(j);
	(void)close(s);
}

/* Ten thousand events while nobody reads the log. */
static void test_deaf(void)
{
	struct sinks s;
	struct event e = denied(1);
	struct recording *r;
	int fd;
	int64_t began;
	uint64_t before = atomic_load(&ledger->counts[LEDGER_UNLOGGED]);
	CLEANUP(buffer_free) struct buffer problem = BUFFER_INIT;

	(void)unlink(syslog_path);
	fd = listener(syslog_path);
	sinks_open(&s, "assayd", NULL, syslog_path);
	began = ledger_now();
	for (int i = 0; i < 10000; i++)
		sinks_tell(&s, &e, ledger);
	began = ledger_now() - began;
	sinks_problem(&s, &problem);
	CHECK(began < 5000 && problem.len > 0 &&
		      atomic_load(&ledger->counts[LEDGER_UNLOGGED]) > before + 9000,
	      "10000 events to a log that does not read: %d ms, %s", (int)began,
	      buffer_string(&problem, 0));
	sinks_close(&s);
	r = begin(NULL, syslog_path);
	for (int i = 0; i < 100; i++)
		(void)recording_add(r, &e);
	CHECK(settled(r, 5000), "and the events are kept all the same");
	end(r);
	(void)close(fd);
}

static void test_records(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	static uint8_t lots[100000];
	struct event e = denied(5), back;
	size_t wrong = 0;

	record_encode(&b, &e);
	CHECK(record_decode(&a, buffer_span(&b), &back) == STATUS_OK && back.pid == 5 &&
		      back.login == -1 && span_equal(back.path, e.path) && !back.why &&
		      strcmp(back.line, e.line) == 0,
	      "a record comes back as it was");
	for (uint64_t n = 0; n < b.len; n++)
		wrong +=
			record_decode(&a, span_clip(buffer_span(&b), 0, n), &back) == STATUS_OK;
	CHECK(wrong == 0, "no part of one is one");
	buffer_char(&b, 0);
	CHECK(record_decode(&a, buffer_span(&b), &back) != STATUS_OK, "nor is more");
	buffer_clear(&b);
	e.path = e.caller = e.cgroup = e.unit = e.from = e.sha256 = SPAN_OF(lots);
	memset(lots, 'x', sizeof(lots) - 1);
	e.mode = e.verdict = e.rule = e.line = e.why = e.findings = e.severity = e.was =
		e.actor = (const char *)lots;
	record_encode(&b, &e);
	CHECK(buffer_status(&b) == STATUS_OK && b.len < RECORD_MAX_BYTES,
	      "the largest fits into a packet (%zu)", b.len);
}

/* Two services add to one database; neither keeps the other from it for long. */
static void test_two(void)
{
	struct recording *a = begin(NULL, NULL), *b = begin(NULL, NULL);
	size_t before = kept().n, n = 0;
	int64_t dropped = kept().dropped;
	struct event e = denied(2);

	for (int i = 0; i < 300; i++) {
		n += recording_add(a, &e) ? 1U : 0U;
		n += recording_add(b, &e) ? 1U : 0U;
		recording_step(a);
		recording_step(b);
		if (i % 50 == 0)
			(void)usleep(20000);
	}
	CHECK(settled(a, 5000) && settled(b, 5000), "two recorders write");
	CHECK(n == 600 && kept().n == before + n && kept().dropped == dropped,
	      "and neither loses any");
	end(b); /* who came later holds the other's channel */
	end(a);
}

static const struct doer nobody = { -1, -1 }, root = { 0, -1 };

static struct recording *rooms_new(void)
{
	struct recording *r = (struct recording *)memory_new(1, sizeof(*r));

	must(!r);
	r->ledger = ledger;
	/* Those of one case are all within one second. */
	while (ledger_now() % 1000 > 500)
		(void)usleep(10000);
	return r;
}

static void rooms_end(struct recording *r)
{
	atomic_fetch_sub(&ledger->dropped, r->n_lost); /* which others count */
	memory_free(r);
}

/* How many of @n find a place. */
static size_t admitted(struct recording *r, int64_t uid, int64_t login, bool grave, size_t n)
{
	const struct doer by = { uid, login };
	size_t there = 0;

	while (n-- > 0)
		there += recording_admits(r, &by, grave) ? 1U : 0U;
	return there;
}

/* At most so many a second of each room. */
static void test_rate(void)
{
	struct recording *r = rooms_new();
	uint64_t before = atomic_load(&ledger->dropped);
	size_t n = admitted(r, 1000, -1, false, 300), grave = admitted(r, 1000, -1, true, 300);

	CHECK(n == RECORDING_A_SECOND && grave == RECORDING_A_SECOND &&
		      atomic_load(&ledger->dropped) == before + 400,
	      "so many a second, and the rest is counted (%zu, %zu)", n, grave);
	r->burst = 1000;
	r->second -= 3;
	n = admitted(r, 1000, -1, false, 2000);
	CHECK(n >= 300 && n <= 500, "room comes together while there are none (%zu)", n);
	r->n = RECORDING_MAX - RECORDING_ROOTS;
	CHECK(!recording_admits(r, &nobody, true) && recording_admits(r, &root, false),
	      "what is left of the queue is root's");
	rooms_end(r);
}

/* Who makes many events, and whose are there all the same. */
static void test_rooms(void)
{
	static const struct {
		struct doer many, other;
		bool grave, apart;
		const char *what;
	} rows[] = {
		{{ 1000, 1000 },    { 1014, 1014 },   false, true,  "users fourteen apart"        },
		{ { 1000, 1000 },   { 1014, 1014 },   true,  true,  "what is grave of them"       },
		{ { 1000, 1000 },   { 0, -1 },        true,  true,  "what is grave of root"       },
		{ { 1000, 1000 },   { 0, 1000 },      true,  true,  "who became root, as that"    },
		{ { -1, -1 },       { 0, -1 },        true,  true,  "root and nobody"             },
		{ { 0, -1 },        { -1, -1 },       false, true,  "nobody and root"             },
		{ { -1, -1 },       { 1000, -1 },     false, true,  "a user and nobody"           },
		{ { 33, 1000 },     { 1000, 1000 },   true,  true,  "a user, who claims his login"},
		{ { 33, 0 },        { 0, 0 },         true,  true,  "root, who claims its login"  },
		{ { 1000, -1 },     { 1000, 1000 },   false, false, "a user, logged in or not"    },
		{ { 100000, 1000 }, { 165535, 1000 }, false, false, "numbers of one login"        },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct recording *r = rooms_new();

		(void)admitted(r, rows[i].many.uid, rows[i].many.login, rows[i].grave, 300);
		CHECK(recording_admits(r, &rows[i].other, rows[i].grave) == rows[i].apart,
		      "%s: %s", rows[i].what, rows[i].apart ? "rooms apart" : "one room");
		rooms_end(r);
	}
}

/* Who has many numbers gets no more by that, and whoever had a room keeps it. */
static void test_numbers(void)
{
	struct recording *r = rooms_new();
	const struct doer early = { 1000, 1000 }, late = { 1001, 1001 };
	size_t n = 0;

	for (int64_t uid = 100000; uid < 165536; uid++)
		n += admitted(r, uid, 1000, false, 1);
	CHECK(n == RECORDING_A_SECOND, "one login with many numbers has one room (%zu)", n);
	rooms_end(r);
	r = rooms_new();
	n = recording_admits(r, &early, false) ? 0 : 1;
	for (int64_t uid = 100000; uid < 165536; uid++)
		n += admitted(r, uid, -1, false, 1);
	CHECK(n == RECORDING_ROOMS - 2 + RECORDING_A_SECOND,
	      "without a login newcomers share one (%zu)", n);
	CHECK(recording_admits(r, &early, false) && !recording_admits(r, &late, false) &&
		      recording_admits(r, &late, true) && recording_admits(r, &root, false),
	      "who had a room keeps it, and root has its own");
	r->second--; /* as if the next had come */
	for (size_t i = 0; i < RECORDING_ROOMS; i++)
		r->rooms[DOER_OWN][i].used--;
	CHECK(recording_admits(r, &early, false) &&
		      admitted(r, 1001, 1001, false, 300) == RECORDING_A_SECOND &&
		      admitted(r, 1002, 1002, false, 300) == RECORDING_A_SECOND,
	      "in the next second newcomers have those that were not used for longest");
	rooms_end(r);
}

int main(void)
{
	char more[96];

	must(!mkdtemp(folder));
	(void)snprintf(database, sizeof(database), "%s/events.db", folder);
	(void)snprintf(journal, sizeof(journal), "%s/journal", folder);
	(void)snprintf(syslog_path, sizeof(syslog_path), "%s/log", folder);
	ledger = ledger_new();
	must(!ledger);
	test_records();
	test_kept();
	test_two();
	test_rate();
	test_rooms();
	test_numbers();
	test_stopped();
	test_full();
	test_logs();
	test_deaf();
	ledger_free(ledger);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(more, sizeof(more), "%s%s", database,
			       i == 0 ? "" : (i == 1 ? "-wal" : "-shm"));
		(void)unlink(more);
	}
	(void)unlink(journal);
	(void)unlink(syslog_path);
	(void)rmdir(folder);
	return CHECK_DONE();
}
