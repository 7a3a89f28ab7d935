/* SPDX-License-Identifier: MIT */
/* The verdict cache: hits, misses, damage, other programs, sudden death. */
#include "store/cache.h"
#include "tests/check.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOW      INT64_C(1795348800) /* 2026-11-22T12:00:00Z */
#define NS       INT64_C(1000000000)
#define MANY     20000
#define NOBODY   65534
#define OLD_TIME ((NOW - 86400) * NS)

static const uint8_t context_one[32] = { 1 }, context_two[32] = { 2 };
static const uint8_t generation_one[32] = { 3 }, generation_two[32] = { 4 };
static char folder[] = "/tmp/assay-test-cache-XXXXXX";
static char path[128];

static void database_remove(void)
{
	static const char *const tails[] = { "", "-wal", "-shm", "-journal" };

	for (size_t i = 0; i < COUNT_OF(tails); i++) {
		char name[160];

		(void)snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		(void)unlink(name);
	}
}

static struct cache_row row_of(uint64_t ino, const char *report)
{
	return (struct cache_row){
		.identity = {.dev = 7,
                             .ino = ino,
                             .size = 1000 + ino,
                             .mtime_ns = OLD_TIME,
                             .ctime_ns = OLD_TIME,
                             .btime_ns = OLD_TIME},
		.read_at = NOW,
		.holds_from = NOW - 100,
		.holds_until = NOW + 100,
		.report = SPAN_TEXT(report),
	};
}

static struct cache *open_ok(const uint8_t context[32])
{
	const char *problem = NULL;
	struct cache *c = cache_open(path, context, generation_one, &problem);

	if (!c)
		printf("# %s: %s\n", path, problem);
	return c;
}

static bool has(struct cache *c, const struct source_identity *id, int64_t now,
		const char *want)
{
	struct span report;

	return cache_find(c, id, now, &report) && span_equal(report, SPAN_TEXT(want));
}

static bool has_row(struct cache *c, uint64_t ino, const char *want)
{
	struct cache_row row = row_of(ino, want);

	return has(c, &row.identity, NOW, want);
}

static bool sql(const char *text)
{
	sqlite3 *db;
	bool good = sqlite3_open(path, &db) == SQLITE_OK &&
		    sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK;

	(void)sqlite3_close(db);
	return good;
}

static void test_hits(void)
{
	static const struct {
		const char *what;
		int64_t size, mtime, ctime, btime, ino, dev, now;
		bool hit;
	} rows[] = {
		{"the same file hits",          0, 0, 0, 0, 0, 0, 0,    true },
		{ "another size misses",        1, 0, 0, 0, 0, 0, 0,    false},
		{ "another mtime misses",       0, 1, 0, 0, 0, 0, 0,    false},
		{ "another ctime misses",       0, 0, 1, 0, 0, 0, 0,    false},
		{ "another btime misses",       0, 0, 0, 1, 0, 0, 0,    false},
		{ "another inode misses",       0, 0, 0, 0, 9, 0, 0,    false},
		{ "another device misses",      0, 0, 0, 0, 0, 1, 0,    false},
		{ "the last moment hits",       0, 0, 0, 0, 0, 0, 100,  true },
		{ "after the interval misses",  0, 0, 0, 0, 0, 0, 101,  false},
		{ "the first moment hits",      0, 0, 0, 0, 0, 0, -100, true },
		{ "before the interval misses", 0, 0, 0, 0, 0, 0, -101, false},
	};
	struct cache_row row = row_of(5, "the report");
	struct cache *c;

	database_remove();
	c = open_ok(context_one);
	CHECK(c && !has(c, &row.identity, NOW, "the report"), "an empty cache misses");
	if (c)
		cache_put(c, &row);
	CHECK(!cache_close(c), "a row is written");
	c = open_ok(context_one);
	for (size_t i = 0; c && i < COUNT_OF(rows); i++) {
		struct source_identity id = row.identity;

		id.size += (uint64_t)rows[i].size;
		id.mtime_ns += rows[i].mtime;
		id.ctime_ns += rows[i].ctime;
		id.btime_ns += rows[i].btime;
		id.ino += (uint64_t)rows[i].ino;
		id.dev += (uint64_t)rows[i].dev;
		CHECK(has(c, &id, NOW + rows[i].now, "the report") == rows[i].hit, "%s",
		      rows[i].what);
	}
	CHECK(c && !cache_close(c), "closed without a problem");
	c = open_ok(context_two);
	CHECK(c && !has(c, &row.identity, NOW, "the report"), "another context misses");
	(void)cache_close(c);
}

/* What depends on the donor index is another's answer when the index has grown. */
static void test_generations(void)
{
	const char *problem = NULL;
	struct cache_row rows[] = { row_of(11, "of the bytes alone"),
				    row_of(12, "of donors too") };
	struct cache *c = open_ok(context_one);
	struct span report;

	rows[1].depends = true;
	for (size_t i = 0; c && i < COUNT_OF(rows); i++)
		cache_put(c, &rows[i]);
	CHECK(cache_close(c) == NULL, "kept with one generation of donors");
	c = open_ok(context_one);
	CHECK(c && cache_find(c, &rows[0].identity, NOW, &report) &&
		      cache_find(c, &rows[1].identity, NOW, &report),
	      "both are there in the same generation");
	(void)cache_close(c);
	c = cache_open(path, context_one, generation_two, &problem);
	CHECK(c && cache_find(c, &rows[0].identity, NOW, &report),
	      "what does not depend on donors is there in another");
	CHECK(c && !cache_find(c, &rows[1].identity, NOW, &report), "what does is not");
	(void)cache_close(c);
}

static void test_kept(void)
{
	static const struct {
		const char *what;
		int64_t mtime, ctime, from, until; /* seconds against NOW */
		const char *report;
		bool kept;
	} rows[] = {
		{"a settled file is kept",            -2, -2, -9, 9,  "r", true },
		{ "mtime younger than 2 s: not kept", -1, -9, -9, 9,  "r", false},
		{ "ctime younger than 2 s: not kept", -9, -1, -9, 9,  "r", false},
		{ "mtime in the future: not kept",    99, -9, -9, 9,  "r", false},
		{ "an empty interval: not kept",      -9, -9, 9,  -9, "r", false},
		{ "an empty report: not kept",        -9, -9, -9, 9,  "",  false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cache_row row = row_of(5, rows[i].report);
		struct cache *c;

		database_remove();
		row.identity.mtime_ns = (NOW + rows[i].mtime) * NS;
		row.identity.ctime_ns = (NOW + rows[i].ctime) * NS;
		row.holds_from = NOW + rows[i].from;
		row.holds_until = NOW + rows[i].until;
		c = open_ok(context_one);
		if (c)
			cache_put(c, &row);
		(void)cache_close(c);
		c = open_ok(context_one);
		CHECK(c && has(c, &row.identity, NOW, rows[i].report) == rows[i].kept, "%s",
		      rows[i].what);
		(void)cache_close(c);
	}
}

static void test_replaced(void)
{
	struct cache_row row = row_of(5, "old");
	struct cache *c;

	database_remove();
	c = open_ok(context_one);
	if (c)
		cache_put(c, &row);
	(void)cache_close(c);
	row = row_of(5, "new");
	row.identity.size = 77;
	c = open_ok(context_one);
	if (c)
		cache_put(c, &row);
	(void)cache_close(c);
	c = open_ok(context_one);
	CHECK(c && has(c, &row.identity, NOW, "new"), "a changed file replaces its row");
	(void)cache_close(c);
}

/* Writes @text over the file at @path. */
static void overwrite(const char *text)
{
	FILE *f = fopen(path, "we");

	if (f) {
		(void)fputs(text, f);
		(void)fclose(f);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *what, *text, *sql, *problem;
	} rows[] = {
		{"a file that is no database",       "this is not a database, but it is long enough",
                 NULL,												      "the verdict cache is damaged; remove it to have a new one"},
		{ "another program's database",      NULL,
                 "PRAGMA application_id = 77; CREATE TABLE t(a);",							  "the file at the verdict cache's path is another program's"},
		{ "tables without a name",           NULL,                                            "CREATE TABLE t(a);",
                 "the file at the verdict cache's path is another program's"													   },
		{ "a newer schema",                  NULL,
                 "PRAGMA application_id = 1095979865; PRAGMA user_version = 99;",					   "the verdict cache was written by a newer version"         },
		{ "the right version, other tables", NULL,
                 "PRAGMA application_id = 1095979865; PRAGMA user_version = 2;"
		  "CREATE TABLE contexts(x);",									      "the verdict cache has other tables than it should"        },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *problem = NULL;
		struct cache *c;

		database_remove();
		if (rows[i].text)
			overwrite(rows[i].text);
		if (rows[i].sql)
			CHECK(sql(rows[i].sql), "prepared: %s", rows[i].what);
		c = cache_open(path, context_one, generation_one, &problem);
		CHECK(!c && problem && strcmp(problem, rows[i].problem) == 0, "%s: %s",
		      rows[i].what, problem ? problem : "no problem");
		(void)cache_close(c);
	}
}

static void test_older(void)
{
	struct cache_row row = row_of(5, "fresh");
	struct cache *c;

	database_remove();
	CHECK(sql("PRAGMA application_id = 1095979865; PRAGMA user_version = 1;"
		  "CREATE TABLE reports(old); INSERT INTO reports VALUES(1);"),
	      "prepared: an older schema");
	c = open_ok(context_one);
	if (c)
		cache_put(c, &row);
	CHECK(c && !cache_close(c), "an older schema is made anew");
	c = open_ok(context_one);
	CHECK(c && has(c, &row.identity, NOW, "fresh"), "and works");
	(void)cache_close(c);
}

/* A bit that flips in a row must miss; whatever flips elsewhere must not crash. */
static void test_damage(void)
{
	struct cache_row row = row_of(5, "a report that says valid, and nothing else");
	size_t wrong = 0, n = 0;
	struct cache *c;
	struct stat st;

	database_remove();
	c = open_ok(context_one);
	if (c)
		cache_put(c, &row);
	(void)cache_close(c);
	if (stat(path, &st) != 0)
		st.st_size = 0;
	for (off_t at = 0; at < st.st_size; at += 7) {
		int fd = open(path, O_RDWR | O_CLOEXEC);
		const char *problem;
		struct span report;
		uint8_t byte, other;

		if (pread(fd, &byte, 1, at) != 1)
			break;
		other = byte ^ 0x10;
		(void)!pwrite(fd, &other, 1, at);
		c = cache_open(path, context_one, generation_one, &problem);
		if (c && cache_find(c, &row.identity, NOW, &report) &&
		    !span_equal(report, row.report))
			wrong++;
		(void)cache_close(c);
		(void)!pwrite(fd, &byte, 1, at);
		(void)close(fd);
		n++;
	}
	CHECK(n > 1000 && wrong == 0, "%zu flipped bytes: %zu wrong reports", n, wrong);
}

static void test_locked(void)
{
	struct cache_row row = row_of(5, "mine");
	const char *problem;
	sqlite3 *other;
	struct cache *c;

	database_remove();
	(void)cache_close(open_ok(context_one));
	CHECK(sqlite3_open(path, &other) == SQLITE_OK &&
		      sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK,
	      "prepared: another scan is writing");
	c = open_ok(context_one);
	if (c)
		cache_put(c, &row);
	problem = cache_close(c);
	CHECK(problem && strstr(problem, "in use"), "a locked database: goes on, %s",
	      problem ? problem : "no problem");
	(void)sqlite3_close(other);
}

static void test_two_at_once(void)
{
	struct cache *a, *b;
	struct cache_row one = row_of(1, "one"), two = row_of(2, "two");

	database_remove();
	a = open_ok(context_one);
	b = open_ok(context_one);
	if (a && b) {
		cache_put(a, &one);
		cache_put(b, &two);
	}
	CHECK(a && b && !cache_close(a) && !cache_close(b), "two scans at once both write");
	a = open_ok(context_one);
	CHECK(a && has(a, &one.identity, NOW, "one") && has(a, &two.identity, NOW, "two"),
	      "and both are found");
	(void)cache_close(a);
}

/* Runs @work in a child that may not do everything; its exit code. */
static int in_child(int (*work)(void))
{
	pid_t pid;
	int state = 0;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(work());
	if (pid < 0 || waitpid(pid, &state, 0) != pid || !WIFEXITED(state))
		return -1;
	return WEXITSTATUS(state);
}

/* 0: went on without and said so. */
static int try_without_room(void)
{
	const struct rlimit small = { 16384, 16384 };
	const char *problem;
	struct cache *c;
	char text[4096];

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &small) != 0)
		return 1;
	c = cache_open(path, context_one, generation_one, &problem);
	if (!c)
		return problem ? 0 : 2;
	memset(text, 'r', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (uint64_t i = 0; i < 100; i++) {
		struct cache_row row = row_of(i, text);

		cache_put(c, &row);
	}
	return cache_close(c) ? 0 : 3;
}

static int try_read_only(void)
{
	const char *problem;

	if (geteuid() == 0 &&
	    (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0))
		return 1;
	return cache_open(path, context_one, generation_one, &problem) || !problem;
}

static int try_foreign(void)
{
	const char *problem;

	return cache_open(path, context_one, generation_one, &problem) ||
	       !strstr(problem, "this user's");
}

static void test_hostile_places(void)
{
	database_remove();
	CHECK(in_child(try_without_room) == 0, "no room on the disk: goes on, says so");
	database_remove();
	if (geteuid() == 0)
		(void)!chown(folder, NOBODY, NOBODY);
	(void)chmod(folder, 0500);
	CHECK(in_child(try_read_only) == 0, "a folder that is read-only: goes on without");
	(void)chmod(folder, 0700);
	if (geteuid() == 0)
		CHECK(in_child(try_foreign) == 0, "somebody else's folder: goes on without");
	else
		printf("# skip: somebody else's folder needs root\n");
	if (geteuid() == 0)
		(void)!chown(folder, 0, 0);
	(void)chmod(folder, 0722);
	CHECK(in_child(try_foreign) == 0, "a folder that others write: goes on without");
	(void)chmod(folder, 0700);
}

static void write_for_ever(void)
{
	struct cache *c = open_ok(context_one);

	if (!c)
		return;
	for (uint64_t i = 0;; i++) {
		struct cache_row row = row_of(i, "one of very many reports");

		cache_put(c, &row);
	}
}

static void test_sudden_death(void)
{
	size_t n_good = 0, n_rows = 0;

	database_remove();
	/* On a busy machine none of the first eight may come to write anything. */
	for (int i = 0; i < 8 || (n_rows == 0 && i < 64); i++) {
		const struct timespec while_ = { 0, 20000000L + 7000000L * i };
		struct cache *c;
		pid_t pid;

		(void)fflush(stdout);
		pid = fork();
		if (pid == 0) {
			write_for_ever();
			_exit(0);
		}
		(void)nanosleep(&while_, NULL);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		c = open_ok(context_one);
		for (uint64_t ino = 0; c && ino < 1024; ino++) {
			struct cache_row row = row_of(ino, "");
			struct span report;

			if (!cache_find(c, &row.identity, NOW, &report))
				continue;
			n_rows++;
			n_good += span_equal(report, SPAN_TEXT("one of very many reports"));
		}
		if (cache_close(c))
			n_good = 0;
	}
	CHECK(n_rows > 0 && n_good == n_rows, "killed writers: %zu rows of %zu are good",
	      n_good, n_rows);
}

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void test_many(void)
{
	char text[400];
	size_t n = 0;
	struct cache *c;
	struct stat st;
	double t;

	memset(text, 'r', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	database_remove();
	c = open_ok(context_one);
	for (uint64_t i = 0; c && i < MANY; i++) {
		struct cache_row row = row_of(i * 3, text);

		cache_put(c, &row);
	}
	CHECK(c && !cache_close(c), "%d rows written", MANY);
	c = open_ok(context_one);
	t = seconds();
	for (uint64_t i = 0; c && i < MANY; i++) {
		struct cache_row row = row_of(i * 3, text);

		n += has(c, &row.identity, NOW, text);
	}
	t = seconds() - t;
	CHECK(n == MANY, "all %zu are found again", n);
	printf("# %.2f us each\n", t * 1e6 / MANY);
	(void)cache_close(c);

	/* Another context fills the rest: the old one goes. */
	for (uint8_t k = 0; k < 6; k++) {
		const uint8_t context[32] = { 9, k };

		c = open_ok(context);
		if (c)
			cache_bound(c, UINT64_C(20) << 20);
		for (uint64_t i = 0; c && i < MANY; i++) {
			struct cache_row row = row_of(i, text);

			cache_put(c, &row);
		}
		(void)cache_close(c);
	}
	CHECK(stat(path, &st) == 0 && st.st_size < (off_t)32 << 20,
	      "the size has a bound: %lld", (long long)st.st_size);
	c = open_ok(context_one);
	CHECK(c && !has_row(c, 3, text), "the oldest context went");
	(void)cache_close(c);
	c = open_ok((const uint8_t[32]){ 9, 5 });
	CHECK(c && has_row(c, MANY - 1, text), "the newest did not");
	(void)cache_close(c);
}

int main(void)
{
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	(void)snprintf(path, sizeof(path), "%s/deep/verdicts.db", folder);
	test_hits();
	(void)snprintf(path, sizeof(path), "%s/verdicts.db", folder);
	test_generations();
	test_kept();
	test_replaced();
	test_refused();
	test_older();
	test_damage();
	test_locked();
	test_two_at_once();
	test_hostile_places();
	test_sudden_death();
	test_many();
	database_remove();
	(void)snprintf(path, sizeof(path), "%s/deep/verdicts.db", folder);
	database_remove();
	(void)snprintf(path, sizeof(path), "%s/deep", folder);
	(void)rmdir(path);
	(void)rmdir(folder);
	return CHECK_DONE();
}
