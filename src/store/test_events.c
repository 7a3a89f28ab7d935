/* SPDX-License-Identifier: MIT */
/* Events: what goes in comes out, in order, bounded; damage is told. */
#include "store/events.h"

#include "base/span_search.h"
#include "tests/check.h"
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/assay-events-XXXXXX";
static char path[64];

static const struct event rows[] = {
	{.kind = EVENT_DENIED,
         .time_ms = 1000,
         .pid = 7,
         .uid = 1000,
         .login = -1,
         .path = SPAN_INIT("/tmp/a\n\xff"),
         .caller = SPAN_INIT("/bin/sh"),
         .cgroup = SPAN_INIT("/user.slice"),
         .mode = "learn",
         .allowed = true,
         .verdict = "grafted",
         .rule = "forged",
         .line = "built in:3",
         .sha256 = SPAN_INIT("\1\2\3"),
         .waited_us = 12 },
	{ .kind = EVENT_FAILED,          .time_ms = 2000, .login = 5, .why = "not in time" },
	{ .kind = EVENT_DROPPED,      .time_ms = 3000,                   .count = 99          },
};

struct seen {
	size_t n, equal;
	int64_t last;
	bool ordered;
};

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same(const struct event *a, const struct event *b)
{
	return a->kind == b->kind && a->time_ms == b->time_ms && a->pid == b->pid &&
	       a->uid == b->uid && a->login == b->login && span_equal(a->path, b->path) &&
	       span_equal(a->caller, b->caller) && span_equal(a->cgroup, b->cgroup) &&
	       same_text(a->mode, b->mode) && a->allowed == b->allowed &&
	       span_equal(a->sha256, b->sha256) && same_text(a->verdict, b->verdict) &&
	       same_text(a->rule, b->rule) && same_text(a->line, b->line) &&
	       same_text(a->why, b->why) && a->waited_us == b->waited_us &&
	       a->count == b->count && same_text(a->findings, b->findings);
}

/* What became of a file. */
static const struct event changed = { .kind = EVENT_CHANGED,
				      .time_ms = 4000,
				      .login = -1,
				      .path = SPAN_INIT("/b"),
				      .from = SPAN_INIT("/a\n\xff"),
				      .findings = "moved owner-changed",
				      .severity = "medium",
				      .was = "valid",
				      .actor = "ended" };

static bool same_change(const struct event *a, const struct event *b)
{
	return span_equal(a->from, b->from) && same_text(a->findings, b->findings) &&
	       same_text(a->severity, b->severity) && same_text(a->was, b->was) &&
	       same_text(a->actor, b->actor);
}

static bool look(void *context, const struct event *e)
{
	struct seen *s = (struct seen *)context;

	s->ordered = s->ordered && e->id > s->last;
	s->last = e->id;
	if (s->n < COUNT_OF(rows))
		s->equal += same(e, &rows[s->n]);
	s->n++;
	return true;
}

static struct seen ask(struct events *e, struct events_question q)
{
	struct seen seen = { .ordered = true };

	CHECK(events_each(e, &q, look, &seen) == STATUS_OK, "they can be read");
	return seen;
}

static void test_rows(void)
{
	const char *problem;
	struct events *e = events_open(path, true, &problem);
	bool added = true;
	struct seen seen;
	struct stat st;

	CHECK(e && !problem, "made anew");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		added = events_add(e, &rows[i]) && added;
	CHECK(added && events_flush(e) == STATUS_OK, "written");
	seen = ask(e, (struct events_question){ 0 });
	CHECK(seen.n == 3 && seen.equal == 3 && seen.ordered, "all come out as they went in");
	CHECK(ask(e, (struct events_question){ .kind = EVENT_FAILED }).n == 1, "one kind");
	CHECK(ask(e, (struct events_question){ .since_ms = 1500 }).n == 2, "since a time");
	CHECK(ask(e, (struct events_question){ .last = 1 }).last == 3, "the newest");
	CHECK(ask(e, (struct events_question){ .after = 2 }).n == 1, "after one");
	CHECK(stat(path, &st) == 0 && (st.st_mode & 077) == 0, "nobody else may read them");
	events_close(e);
}

static void test_reading(void)
{
	const char *problem;
	struct events *e = events_open(path, false, &problem);
	struct events *writer = events_open(path, true, &problem);

	CHECK(e && writer && events_add(writer, &rows[0]),
	      "a reader keeps nobody from writing");
	CHECK(ask(e, (struct events_question){ 0 }).n == 3, "and sees what was flushed");
	CHECK(events_flush(writer) == STATUS_OK, "flushed");
	CHECK(ask(e, (struct events_question){ 0 }).n == 4, "then the rest");
	events_close(e);
	events_close(writer);
}

static bool look_changed(void *context, const struct event *e)
{
	*(bool *)context = same(e, &changed) && same_change(e, &changed);
	return true;
}

static void test_changed(void)
{
	const struct events_question q = { .kind = EVENT_CHANGED };
	const char *problem;
	struct events *e = events_open(path, true, &problem);
	bool found = false;

	CHECK(e && events_add(e, &changed) && events_flush(e) == STATUS_OK &&
		      events_each(e, &q, look_changed, &found) == STATUS_OK && found,
	      "what became of a file comes out as it went in");
	events_close(e);
}

static void spoil(const char *sql)
{
	sqlite3 *db = NULL;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK &&
		      sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK,
	      "spoilt: %s", sql);
	(void)sqlite3_close(db);
}

static void test_damage(void)
{
	static const uint8_t nonsense[8192] = "no database";
	const char *problem;
	struct events *e;
	int fd;

	/* As the second version had it, and the first. */
	spoil("ALTER TABLE events DROP COLUMN findings; ALTER TABLE events DROP COLUMN "
	      "severity; ALTER TABLE events DROP COLUMN was; ALTER TABLE events DROP COLUMN "
	      "place; ALTER TABLE events DROP COLUMN actor;"
	      "PRAGMA user_version = 2");
	CHECK(!events_open(path, false, &problem) && problem, "an older version: %s", problem);
	test_changed();
	spoil("ALTER TABLE events DROP COLUMN findings; ALTER TABLE events DROP COLUMN "
	      "severity; ALTER TABLE events DROP COLUMN was; ALTER TABLE events DROP COLUMN "
	      "place; ALTER TABLE events DROP COLUMN actor;"
	      "ALTER TABLE events DROP COLUMN mode; ALTER TABLE events DROP COLUMN allowed; "
	      "ALTER TABLE events DROP COLUMN cgroup;"
	      "PRAGMA user_version = 1");
	CHECK(!events_open(path, false, &problem) && problem, "an older version: %s", problem);
	e = events_open(path, true, &problem);
	CHECK(e && ask(e, (struct events_question){ 0 }).n == 5 && events_add(e, &rows[0]) &&
		      events_flush(e) == STATUS_OK,
	      "is brought up to date");
	events_close(e);
	spoil("PRAGMA user_version = 99");
	CHECK(!events_open(path, true, &problem) && problem, "a newer version: %s", problem);
	spoil("PRAGMA application_id = 1");
	CHECK(!events_open(path, true, &problem) && problem, "another program's: %s", problem);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	CHECK(write(fd, nonsense, sizeof(nonsense)) == (ssize_t)sizeof(nonsense), "nonsense");
	(void)close(fd);
	CHECK(!events_open(path, true, &problem) && problem, "is refused: %s", problem);
	(void)unlink(path);
	CHECK(!events_open(path, false, &problem) && problem, "none: %s", problem);
}

int main(void)
{
	char more[80];

	if (!mkdtemp(folder))
		abort();
	(void)snprintf(path, sizeof(path), "%s/events.db", folder);
	test_rows();
	test_reading();
	test_damage();
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(more, sizeof(more), "%s%s", path, i ? "-wal" : "-shm");
		(void)unlink(more);
	}
	(void)rmdir(folder);
	return CHECK_DONE();
}
