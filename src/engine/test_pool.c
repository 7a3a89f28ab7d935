/* SPDX-License-Identifier: MIT */
/* The pool: every file is answered, whatever becomes of the worker. */
#include "engine/pool.h"

#include "base/memory.h"
#include "engine/pool_queue.h"
#include "engine/report_make.h"
#include "evidence/evidence.h"
#include "tests/check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The monotonic clock of this test: how far it is ahead, and goes ahead at each look. */
static int64_t ahead_ms, ahead_each_ms;

/* Stands in for the C library's. */
int clock_gettime(clockid_t id, struct timespec *t)
{
	int64_t ns;

	if (syscall(SYS_clock_gettime, id, t) != 0)
		return -1;
	if (id != CLOCK_MONOTONIC)
		return 0;
	ahead_ms += ahead_each_ms;
	ns = t->tv_nsec + ahead_ms % 1000 * 1000000;
	t->tv_sec += ahead_ms / 1000 + ns / 1000000000;
	t->tv_nsec = ns % 1000000000;
	return 0;
}

/* What a file tells the stand-in for the engine to do, by its first byte. */
enum deed {
	DEED_NONE = '.',
	DEED_CRASH = 'c',     /* touch no memory of ours */
	DEED_KILL = 'k',      /* SIGKILL, as the system does when memory is short */
	DEED_FORBIDDEN = 'f', /* a call that the filter does not know */
	DEED_HANG = 'h',
	DEED_EXIT = 'e',
	DEED_LIE = 'l', /* answer for somebody else */
	DEED_SLOW = 's',
	DEED_MEMORY = 'm', /* take much and give it back */
	DEED_HUGE = 'H',   /* a report larger than may be */
	DEED_BIG = 'b',    /* hang, over a file of a terabyte */
};

static void hang(void)
{
	for (;;)
		(void)nanosleep(&(struct timespec){ 1, 0 }, NULL);
}

static const char *huge_text(struct arena *a, size_t n)
{
	char *text = ARENA_NEW(a, char, n);

	if (text)
		memset(text, 'x', n - 1);
	return text;
}

/* Blocks that the C library takes from its heaps; it shrinks those when they come back. */
static void churn(void)
{
	void *blocks[64];

	for (size_t i = 0; i < COUNT_OF(blocks); i++)
		blocks[i] = memory_new(100000, 1);
	for (size_t i = COUNT_OF(blocks); i > 0; i--)
		memory_free(blocks[i - 1]);
}

static void do_deed(enum deed deed, struct arena *a, struct report *r)
{
	const char **errors = ARENA_NEW(a, const char *, 300);

	switch (deed) {
	case DEED_NONE: break;
	case DEED_CRASH: (void)raise(SIGSEGV); break;
	case DEED_KILL: (void)raise(SIGKILL); break;
	case DEED_FORBIDDEN: (void)syscall(SYS_getppid); break;
	case DEED_BIG:
	case DEED_HANG: hang(); break;
	case DEED_EXIT: _exit(0);
	case DEED_LIE:
		for (int fd = 3; fd < 64; fd++) /* frames that nobody asked for */
			(void)!write(fd, "\377\377\377\377garbagegarbagegarbage", 24);
		break;
	case DEED_SLOW: (void)nanosleep(&(struct timespec){ 0, 20000000 }, NULL); break;
	case DEED_MEMORY:
		churn();
		(void)nanosleep(&(struct timespec){ 0, 2000000 }, NULL); /* others too */
		break;
	case DEED_HUGE:
		for (size_t i = 0; errors && i < 300; i++)
			errors[i] = huge_text(a, 60000);
		r->errors = errors;
		r->n_errors = errors ? 300 : 0;
		break;
	}
}

/*
 * Judges by the first byte, and gives the rest of the file back as the variant.
 * Two files at a time, as if more of them held too much.
 */
static size_t examine(const struct engine *e, struct lanes *lanes,
		      const struct engine_file *files, size_t n, struct arena *arenas,
		      struct report *reports)
{
	(void)e;
	(void)lanes;
	n = n < 2 ? n : 2;
	for (size_t i = 0; i < n; i++) {
		char text[32] = { 0 };

		reports[i] = (struct report){ .verdict = ASSAY_VERDICT_UNSIGNED,
					      .rule = "verdict.unsigned",
					      .decisive = -1 };
		if (pread(files[i].fd, text, sizeof(text) - 1, 0) <= 0)
			continue;
		reports[i].variant = arena_printf(&arenas[i], "%s", text);
		do_deed((enum deed)text[0], &arenas[i], &reports[i]);
	}
	return n;
}

static struct engine_file file_of(char deed, unsigned number)
{
	char text[32], path[64];
	int fd = memfd_create("test", MFD_CLOEXEC), readable = -1;
	int n = snprintf(text, sizeof(text), "%c%u", deed, number);

	/* Open for reading only, as every target is. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0 && n > 0 && write(fd, text, (size_t)n) == n)
		readable = open(path, O_RDONLY | O_CLOEXEC);
	if (deed == DEED_BIG && ftruncate(fd, (off_t)1 << 40) != 0)
		readable = -1;
	(void)close(fd);
	return (struct engine_file){ .fd = readable };
}

static enum status submit_deed(struct pool *p, char deed, unsigned number)
{
	struct engine_file f = file_of(deed, number);

	return pool_submit(p, &f, number);
}

struct tally {
	unsigned good, died, timed_out, wrong;
	uint64_t died_over; /* the last ticket */
};

static void tally_add(struct tally *t, const struct pool_answer *answer, const char *deeds)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(32 << 20);
	char want[32];
	struct report r;

	if (answer->died || answer->timed_out) {
		t->died += answer->died;
		t->timed_out += answer->timed_out;
		t->died_over = answer->ticket;
		return;
	}
	(void)snprintf(want, sizeof(want), "%c%u", deeds[answer->ticket % strlen(deeds)],
		       (unsigned)answer->ticket);
	if (wire_decode(&a, answer->report, &r) == STATUS_OK &&
	    (r.verdict == ASSAY_VERDICT_ERROR || (r.variant && strcmp(r.variant, want) == 0)))
		t->good++;
	else
		t->wrong++;
}

/* Judges @n files whose deeds are @deeds, over and over. */
static struct tally run(const char *deeds, unsigned n, struct pool_settings settings)
{
	struct engine engine = { .store = NULL };
	struct tally t = { 0 };
	struct pool_answer answer;
	const char *warning;
	struct pool *p;
	unsigned given = 0;

	settings.examine = examine;
	if (pool_start(&engine, &settings, &p, &warning) != STATUS_OK)
		return (struct tally){ .wrong = n };
	while (given < n || pool_outstanding(p) > 0) {
		while (given < n && pool_has_room(p)) {
			struct engine_file f = file_of(deeds[given % strlen(deeds)], given);

			if (f.fd < 0 || pool_submit(p, &f, given) != STATUS_OK)
				t.wrong++;
			given++;
		}
		if (pool_next(p, -1, &answer))
			tally_add(&t, &answer, deeds);
	}
	pool_stop(p);
	return t;
}

static void test_deeds(void)
{
	static const struct {
		const char *what, *deeds;
		unsigned n, n_threads, timeout_s;
		unsigned good, died, timed_out;
	} rows[] = {
		{"one file",                          ".",                1,    1, 0, 1,    0,  0},
		{ "1000 files, one thread",           ".",                1000, 1, 0, 1000, 0,  0},
		{ "1000 files, four threads",         ".",                1000, 4, 0, 1000, 0,  0},
		{ "a crash alone",                    "c",                1,    1, 0, 0,    1,  0},
		{ "a crash among eight",              "...c....",         8,    1, 0, 7,    1,  0},
		{ "crashes among many, two threads",  ".......c........", 64,   2, 0, 60,   4,  0},
		{ "killed from outside, alone",       "k",                1,    1, 0, 0,    1,  0},
		{ "killed from outside, among eight", ".k......",         8,    2, 0, 7,    1,  0},
		{ "a forbidden call",                 "..f.....",         8,    2, 0, 7,    1,  0},
		{ "a worker that exits",              "..e.....",         8,    2, 0, 7,    1,  0},
		{ "a worker that lies",               "..l.....",         8,    2, 0, 7,    1,  0},
		{ "nothing but crashes",              "c",                12,   2, 0, 0,    12, 0},
		{ "a hang alone",                     "h",                1,    1, 1, 0,    0,  1},
		{ "a hang among eight",               "....h...",         8,    2, 1, 7,    0,  1},
		{ "a hang and a crash",               "c...h...",         8,    2, 1, 6,    1,  1},
		{ "a report that is too large",       "H.",               2,    1, 0, 2,    0,  0},
		{ "much memory, in every thread",     "m",                64,   4, 0, 64,   0,  0},
		{ "slow ones",                        "s",                40,   4, 0, 40,   0,  0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct tally t = run(rows[i].deeds, rows[i].n,
				     (struct pool_settings){ .n_threads = rows[i].n_threads,
							     .timeout_s = rows[i].timeout_s });

		CHECK(t.good == rows[i].good && t.died == rows[i].died &&
			      t.timed_out == rows[i].timed_out && t.wrong == 0,
		      "%s: %u good, %u died, %u timed out, %u wrong", rows[i].what, t.good,
		      t.died, t.timed_out, t.wrong);
	}
}

/* However big a file is, there is an end to it; smaller ones have less time. */
static void test_longest(void)
{
	struct tally t = run("b.", 4,
			     (struct pool_settings){
				     .n_threads = 1, .patience_ms = 200, .longest_ms = 500 });

	CHECK(t.timed_out == 2 && t.good == 2 && t.wrong == 0,
	      "a terabyte is not read for hours: %u timed out, %u good", t.timed_out, t.good);
}

/* The only child that we have. */
static pid_t worker_of_ours(void)
{
	char path[64], text[32] = { 0 };
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = '0';
	if (fd >= 0)
		(void)close(fd);
	return (pid_t)strtol(text, NULL, 10);
}

static void test_killed_idle(void)
{
	struct engine engine = { .store = NULL };
	struct pool_settings settings = { .n_threads = 2, .examine = examine };
	struct pool_answer answer;
	const char *warning;
	struct pool *p;
	unsigned n = 0;

	if (pool_start(&engine, &settings, &p, &warning) != STATUS_OK) {
		CHECK(0, "a pool starts");
		return;
	}
	for (unsigned i = 0; i < 20; i++) {
		pid_t worker = worker_of_ours();

		if (worker <= 0)
			break;
		(void)kill(worker, SIGKILL);
		if (submit_deed(p, '.', i) != STATUS_OK)
			break;
		while (pool_outstanding(p) > 0)
			if (pool_next(p, -1, &answer))
				n += !answer.died;
	}
	CHECK(n == 20 || worker_of_ours() <= 0, "killed while idle, 20 times: %u files judged",
	      n);
	CHECK(!pool_next(p, -1, &answer), "nothing outstanding: no answer, no waiting");
	pool_stop(p);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0, "no child is left");
}

/* What nobody wants any more keeps nobody waiting. */
static void test_replaced(void)
{
	struct engine engine = { .store = NULL };
	struct pool_settings settings = { .n_threads = 1,
					  .unawaited = true,
					  .examine = examine };
	struct pool_answer answer;
	const char *warning;
	struct pool *p;

	if (pool_start(&engine, &settings, &p, &warning) != STATUS_OK) {
		CHECK(0, "a pool starts, and is not waited for");
		return;
	}
	for (unsigned i = 0; i < 3; i++)
		if (submit_deed(p, 'h', i) == STATUS_OK)
			pool_push(p);
	CHECK(!pool_next(p, 100, &answer) && pool_outstanding(p) == 3, "three files hang");
	CHECK(pool_replace(p) == STATUS_OK && pool_outstanding(p) == 0 &&
		      !pool_next(p, 0, &answer),
	      "another worker knows nothing of them");
	CHECK(submit_deed(p, '.', 7) == STATUS_OK && pool_next(p, 10000, &answer) &&
		      answer.ticket == 7 && !answer.died && !answer.timed_out,
	      "and judges the next");
	pool_stop(p);
}

/* One file, judged as a run does it: look, then wait a little at a time. */
static bool judge_one(struct pool *p, uint64_t ticket, struct pool_answer *answer)
{
	if (submit_deed(p, '.', (unsigned)ticket) != STATUS_OK)
		return false;
	if (pool_next(p, 0, answer))
		return true;
	while (pool_outstanding(p) > 0)
		if (pool_next(p, 100, answer))
			return true;
	return false;
}

/* Whatever the clock does between two looks at it, nobody waits for what was not asked. */
static void test_clock(void)
{
	static const struct {
		const char *what;
		int64_t idle_ms, each_ms;
	} rows[] = {
		{"a clock that stands still",             0,       0 },
		{ "a clock that ticks at each look",      0,       1 },
		{ "a clock that jumps at each look",      0,       50},
		{ "a worker that was idle for an hour",   3600000, 0 },
		{ "an hour idle, and a clock that ticks", 3600000, 1 },
	};
	struct engine engine = { .store = NULL };
	struct pool_settings settings = { .n_threads = 2, .examine = examine };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct pool_answer answer = { 0 };
		time_t begin = time(NULL);
		const char *warning;
		struct pool *p;
		pid_t worker;
		bool good;

		if (pool_start(&engine, &settings, &p, &warning) != STATUS_OK) {
			CHECK(0, "a pool starts");
			return;
		}
		worker = worker_of_ours();
		ahead_ms += rows[i].idle_ms;
		ahead_each_ms = rows[i].each_ms;
		good = judge_one(p, 0, &answer) && !answer.died && !answer.timed_out;
		ahead_each_ms = 0;
		CHECK(good && worker == worker_of_ours() && time(NULL) - begin < 20,
		      "%s: the file is judged, at once, by the first worker", rows[i].what);
		pool_stop(p);
	}
}

static void test_bounds(void)
{
	struct engine engine = { .store = NULL };
	struct pool_settings settings = { .n_threads = 1, .examine = examine };
	struct pool_answer answer;
	const char *warning;
	struct pool *p;
	unsigned n = 0;
	struct engine_file f;
	int fd;

	if (pool_start(&engine, &settings, &p, &warning) != STATUS_OK) {
		CHECK(0, "a pool starts");
		return;
	}
	while (pool_has_room(p) && n < 1000 && submit_deed(p, 's', n) == STATUS_OK)
		n++;
	f = file_of('.', n);
	CHECK(n == POOL_MAX_FILES && pool_submit(p, &f, n) == STATUS_LIMIT,
	      "room for %u files and no more", n);
	(void)close(f.fd);
	CHECK(!pool_next(p, 0, &answer) || pool_outstanding(p) < n, "looking does not wait");
	pool_stop(p);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && fd < 16, "stopping closes what was outstanding");
	(void)close(fd);
}

/* Books alone: how files come together in batches. */
static void test_batches(void)
{
	static const struct {
		const char *what;
		unsigned n_threads, n_small, n_big;
		bool all;
		size_t n; /* of the first batch; 0: none yet */
	} rows[] = {
		{"one file waits for more",              2,  1,   0, false, 0           },
		{ "one file goes when there is no more", 2,  1,   0, true,  1           },
		{ "two go together",                     2,  2,   0, true,  2           },
		{ "a fair share",                        2,  10,  0, true,  5           },
		{ "at most a batch",                     2,  100, 0, false, ENGINE_BATCH},
		{ "less for many threads",               16, 100, 0, false, 2           },
		{ "big files go in pairs",               1,  0,   8, true,  2           },
		{ "big and small do not mix",            1,  7,   1, true,  1           },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static struct pool_queue q;
		struct pool_batch *b;

		memset(&q, 0, sizeof(q));
		pool_queue_init(&q, rows[i].n_threads);
		for (unsigned k = 0; k < rows[i].n_big + rows[i].n_small; k++)
			pool_queue_add(&q, &(struct pool_file){
						   .ticket = k,
						   .size = k < rows[i].n_big ? 1 << 30 : 1000,
						   .file = { .fd = -1 } });
		b = pool_queue_batch(&q, rows[i].all);
		CHECK((b ? b->n : 0) == rows[i].n, "%s: %zu", rows[i].what, b ? b->n : 0);
	}
}

int main(void)
{
	test_batches();
	test_bounds();
	test_killed_idle();
	test_replaced();
	test_clock();
	test_deeds();
	test_longest();
	return CHECK_DONE();
}
