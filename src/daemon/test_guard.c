/* SPDX-License-Identifier: MIT */
/* The guard answers, in time, whoever dies. */
#include "daemon/test_scene.h"
#include "tests/check.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The guard's children, oldest first: decider, watcher, spare. */
static size_t children(pid_t *out, size_t room)
{
	char path[64];
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)scene_guard,
		       (int)scene_guard);
	f = fopen(path, "re");
	must(!f);
	while (n < room && fscanf(f, "%d", &out[n]) == 1)
		n++;
	(void)fclose(f);
	return n;
}

/* Until all three live, and none of @gone is among them; at most @ms. */
static void lives_await(const pid_t *gone, size_t n, int64_t ms)
{
	int64_t until = ledger_now() + ms;
	bool there = false;

	while (!there && ledger_now() < until) {
		pid_t pids[8];

		(void)usleep(5000);
		there = children(pids, COUNT_OF(pids)) == 3;
		for (size_t i = 0; i < n; i++)
			there = there && kill(gone[i], 0) != 0;
	}
}

static void test_answers(const char *where)
{
	unsigned before;
	const char *path = program("good", DEED_GOOD);

	CHECK(run(path) == DEED_GOOD, "%s: what is valid runs", where);
	before = atomic_load(&scene_shared->n_questions);
	CHECK(run(path) == DEED_GOOD, "%s: again", where);
	printf("# %s: %u questions the second time\n", where,
	       atomic_load(&scene_shared->n_questions) - before);
	path = program("forged", DEED_FORGED);
	CHECK(run(path) == DENIED, "%s: what is forged does not", where);
	CHECK(run(path) == DENIED, "%s: again", where);
	path = program("good", DEED_GOOD);
	CHECK(run(path) == DEED_GOOD, "%s: it runs before it is changed", where);
	path = program("good", DEED_FORGED);
	CHECK(run(path) == DENIED, "%s: and not after", where);
	path = program("good", DEED_GOOD);
	CHECK(run(path) == DEED_GOOD, "%s: and runs when it is mended", where);
}

static void test_failures(bool allows)
{
	int outcome;
	int64_t ms = run_ms(program("crash", DEED_CRASH), &outcome);

	CHECK(outcome == (allows ? DEED_CRASH : DENIED) && ms < WATCHER_DEADLINE_MS + 600,
	      "a worker that dies costs one answer, in time (%d, %d ms)", outcome, (int)ms);
	ms = run_ms(program("hang", DEED_HANG), &outcome);
	CHECK(outcome == (allows ? DEED_HANG : DENIED) && ms < WATCHER_DEADLINE_MS + 600,
	      "a worker that hangs is not waited for (%d, %d ms)", outcome, (int)ms);
}

/* What it is was found when it ran: it is told, and the next one does not run. */
static void test_late(void)
{
	enum { BEFORE = 5 };
	const char *path = program("late", DEED_FORGED);
	unsigned before = atomic_load(&scene_shared->n_late);
	pid_t others[BEFORE];
	char name[16];

	atomic_store(&scene_shared->pause_us, WATCHER_DEADLINE_MS * 1000 / 4);
	for (unsigned i = 0; i < BEFORE; i++) {
		(void)snprintf(name, sizeof(name), "before%u", i);
		others[i] = fork();
		if (others[i] == 0)
			_exit(run(program(name, DEED_GOOD)));
	}
	(void)usleep(100000);
	CHECK(run(path) == DEED_FORGED, "what nobody knows in time is let run");
	for (unsigned i = 0; i < BEFORE; i++)
		(void)waitpid(others[i], NULL, 0);
	for (int i = 0; i < 200 && atomic_load(&scene_shared->n_late) == before; i++)
		(void)usleep(20000);
	atomic_store(&scene_shared->pause_us, 0);
	CHECK(atomic_load(&scene_shared->n_late) == before + 1,
	      "that it should not have been is told when it is known");
	CHECK(run(path) == DENIED, "and it does not run again");
}

/* A file that takes over who judges it, and is not root's, does so for itself alone. */
static void test_takers(void)
{
	const char *taker = program("taker", DEED_TAKER);

	must(chown(taker, 1000, 1000) != 0);
	for (int i = 0; i < 5; i++) {
		(void)run(taker);
		CHECK(run(program("after", DEED_FORGED)) == DENIED,
		      "a worker that was taken over judges nothing else");
	}
}

/* Who may write files may make one that would be read for hours; others are judged in time. */
static void test_big(void)
{
	const char *big = program("big", DEED_HANG), *forged = program("behind", DEED_FORGED);
	uint8_t last = DEED_HANG;
	int fd = open(big, O_WRONLY | O_CLOEXEC), outcome;
	int64_t ms;
	pid_t runner;

	must(fd < 0 || fchown(fd, 1000, 1000) != 0 ||
	     pwrite(fd, &last, 1, (off_t)1 << 40) != 1);
	(void)close(fd);
	runner = fork();
	if (runner == 0)
		_exit(run(big));
	(void)usleep(700000); /* by then it has had its time */
	ms = run_ms(forged, &outcome);
	CHECK(outcome == DENIED && ms < 1000,
	      "behind a file of a terabyte what is forged does not run (%d, %d ms)", outcome,
	      (int)ms);
	ms = run_ms(program("beside", DEED_GOOD), &outcome);
	CHECK(outcome == DEED_GOOD && ms < 1000, "and what is valid does (%d, %d ms)", outcome,
	      (int)ms);
	scene_end_child(runner);
}

/* The end of a child, or -1 after @ms. */
static int child_await(pid_t pid, int64_t ms)
{
	int64_t until = ledger_now() + ms;
	int state = -1;

	while (waitpid(pid, &state, WNOHANG) == 0) {
		if (ledger_now() > until) {
			scene_end_child(pid);
			return -1;
		}
		(void)usleep(2000);
	}
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* More who wait than there is room for, behind a file that is never judged: each in his turn.
 */
static void test_crowd(void)
{
	enum { CROWD = WATCHER_MAX_CASES + 200 };
	const char *hang = program("crowd", DEED_HANG);
	pid_t pids[CROWD];
	int64_t began = ledger_now();
	unsigned wrong = 0;

	for (size_t i = 0; i < CROWD; i++) {
		pids[i] = fork();
		must(pids[i] < 0);
		if (pids[i] == 0) {
			(void)execl(hang, hang, (char *)NULL);
			_exit(0);
		}
	}
	for (size_t i = 0; i < CROWD; i++)
		wrong += child_await(pids[i], began + 4 * WATCHER_DEADLINE_MS - ledger_now()) !=
			 DEED_HANG;
	began = ledger_now() - began;
	CHECK(wrong == 0, "%d wait at once, and each is answered (%d ms, %u were not)", CROWD,
	      (int)began, wrong);
	CHECK(run(program("after", DEED_FORGED)) == DENIED,
	      "and then what is forged is denied");
}

static void test_deaths(void)
{
	static const char *const who[] = { "decider", "watcher", "spare" };
	const char *good = program("g", DEED_GOOD);
	pid_t pids[8], now[8];
	int outcome;

	/* Who comes in the place of the dead is the youngest: all three are named now. */
	must(children(pids, COUNT_OF(pids)) != COUNT_OF(who));
	for (size_t i = 0; i < COUNT_OF(who); i++) {
		int64_t ms;

		CHECK(kill(pids[i], SIGKILL) == 0, "%s is killed", who[i]);
		ms = run_ms(good, &outcome);
		CHECK(outcome == DEED_GOOD && ms < WATCHER_DEADLINE_MS + 600,
		      "%s dead: what is valid runs (%d ms)", who[i], (int)ms);
		CHECK(run(program("b", DEED_FORGED)) == DENIED,
		      "%s dead: what is forged does not", who[i]);
		lives_await(&pids[i], 1, 3000);
	}
	CHECK(children(now, COUNT_OF(now)) == COUNT_OF(who), "all three live again");
	for (size_t i = 0; i < COUNT_OF(who); i++)
		CHECK(kill(pids[i], 0) != 0, "and %s is another one", who[i]);
}

/* Two of three at once. */
static void test_deaths_together(void)
{
	pid_t pids[8];
	int outcome;
	int64_t ms;

	must(children(pids, COUNT_OF(pids)) != 3);
	(void)kill(scene_guard, SIGSTOP); /* so that it sees both */
	(void)kill(pids[0], SIGKILL);
	(void)kill(pids[1], SIGKILL);
	(void)kill(scene_guard, SIGCONT);
	ms = run_ms(program("g", DEED_GOOD), &outcome);
	CHECK(outcome == DEED_GOOD && ms < WATCHER_DEADLINE_MS + 600,
	      "decider and watcher dead: what is valid runs (%d ms)", (int)ms);
	CHECK(run(program("b", DEED_FORGED)) == DENIED, "and what is forged does not");
	lives_await(pids, 2, 3000);
	CHECK(children(pids, COUNT_OF(pids)) == 3, "all three live again");
}

static void test_stopped(void)
{
	pid_t pids[8];
	int outcome;
	int64_t ms;

	for (size_t i = 0; i < 3; i++) {
		must(children(pids, COUNT_OF(pids)) != 3);
		(void)kill(pids[i], SIGSTOP);
		ms = run_ms(program("s", DEED_GOOD), &outcome);
		CHECK(outcome == DEED_GOOD && ms < WATCHER_DEADLINE_MS + 1000,
		      "a stopped process holds nobody for ever (%d, %d ms)", outcome, (int)ms);
		/* A spare that is stopped is not missed before it is wanted. */
		lives_await(&pids[i], 1, 1500);
		CHECK(run(program("t", DEED_FORGED)) == DENIED, "and is replaced");
	}
}

/* The first child of @pid; 0: none. */
static pid_t child_of(pid_t pid)
{
	char path[64];
	pid_t child = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%d", &child) != 1)
		child = 0;
	if (f)
		(void)fclose(f);
	return child;
}

/* How long @pid has worked, ms. */
static long worked_ms(pid_t pid)
{
	char path[64];
	unsigned long long ns = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%llu", &ns) != 1)
		ns = 0;
	if (f)
		(void)fclose(f);
	return (long)(ns / 1000000);
}

/* More than a pool starts in a row before it gives up. */
#define MANY_WORKERS 8

/* Kills each child that @pid has, until there were that many, or too few.  How many? */
static size_t workers_kill(pid_t pid)
{
	int64_t began = ledger_now();
	char path[64];
	pid_t child, last = 0;
	size_t n = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	while (n < MANY_WORKERS && ledger_now() < began + 3000) {
		FILE *f = fopen(path, "re");

		while (f && fscanf(f, "%d", &child) == 1) {
			(void)kill(child, SIGKILL);
			n += child > last;
			last = child > last ? child : last;
		}
		if (f)
			(void)fclose(f);
	}
	return n;
}

/* A worker that dies idle keeps nobody busy; workers that die one after the other are replaced.
 */
static void test_workers(void)
{
	pid_t pids[8], runner;
	int64_t ms;
	long before;
	const char *path;
	int outcome;
	size_t n;

	must(children(pids, COUNT_OF(pids)) != 3 || child_of(pids[1]) == 0);
	(void)kill(child_of(pids[1]), SIGKILL);
	before = worked_ms(pids[1]);
	(void)usleep(300000);
	before = worked_ms(pids[1]) - before;
	CHECK(before < 100, "a worker that died idle keeps nobody busy (%ld ms of 300)",
	      before);
	path = program("w", DEED_GOOD);
	runner = fork();
	while (runner == 0)
		(void)run(path);
	n = workers_kill(pids[1]);
	(void)kill(runner, SIGKILL);
	(void)waitpid(runner, NULL, 0);
	ms = run_ms(path, &outcome);
	CHECK(n >= MANY_WORKERS && outcome == DEED_GOOD && ms < WATCHER_DEADLINE_MS + 600,
	      "workers that die one after the other cost nobody an answer (%zu, %d, %d ms)", n,
	      outcome, (int)ms);
	/* The pool has given up, and until it begins again nothing can be judged. */
	path = program("v", DEED_FORGED);
	for (int i = 0; i < 150 && (outcome = run(path)) != DENIED; i++)
		(void)usleep(20000);
	CHECK(outcome == DENIED, "and are replaced: what is forged does not run");
}

/* Somebody waits already when the first @n happen, and nobody will ever judge his file. */
static void test_pending(size_t n, int wanted)
{
	static const struct {
		const char *what;
		int number;
		bool worker;
	} rows[] = {
		{"the watcher is killed",   SIGKILL, false},
		{ "the watcher is stopped", SIGSTOP, false},
		{ "its worker is killed",   SIGKILL, true },
		{ "its worker is stopped",  SIGSTOP, true },
	};

	for (size_t i = 0; i < n && i < COUNT_OF(rows); i++) {
		const char *hang = program("pending", DEED_HANG);
		uint64_t asked = scene_shared->counts[LEDGER_ASKED];
		pid_t pids[8], runner = fork();
		int64_t began;
		int outcome;

		if (runner == 0)
			_exit(run(hang));
		for (int k = 0; k < 300 && scene_shared->counts[LEDGER_ASKED] == asked; k++)
			(void)usleep(10000);
		(void)usleep(20000); /* by then his file is being read */
		must(children(pids, COUNT_OF(pids)) != 3);
		(void)kill(rows[i].worker ? child_of(pids[1]) : pids[1], rows[i].number);
		began = ledger_now();
		outcome = child_await(runner, WATCHER_DEADLINE_MS + 1500);
		CHECK(outcome == wanted, "%s while somebody waits: he is answered (%d, %d ms)",
		      rows[i].what, outcome, (int)(ledger_now() - began));
		CHECK(run(program("next", DEED_GOOD)) == DEED_GOOD,
		      "and the next one is judged");
		lives_await(NULL, 0, 3000);
	}
}

/* What @name says in a file of the supervisor's in /proc; -1: nothing. */
static long said(const char *file, const char *name)
{
	char path[64], line[256];
	long value = -1;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)scene_guard, file);
	f = fopen(path, "re");
	while (f && value == -1 && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtol(text_after(line, strlen(name)), NULL, 10);
	if (f)
		(void)fclose(f);
	return value;
}

/* Others wait for the watcher; what its worker reads shall take no time from anybody. */
static void test_first(void)
{
	pid_t pids[8], worker;

	must(children(pids, COUNT_OF(pids)) != 3);
	CHECK(run(program("first", DEED_GOOD)) == DEED_GOOD, "the watcher works");
	worker = child_of(pids[1]);
	must(worker == 0);
	if (getpriority(PRIO_PROCESS, (id_t)pids[1]) == 0)
		CHECK(1, "the first to run # SKIP this host does not let it be");
	else
		CHECK(getpriority(PRIO_PROCESS, (id_t)pids[1]) == -20,
		      "the watcher is the first to run");
	CHECK(getpriority(PRIO_PROCESS, (id_t)worker) == 0, "its worker runs like others");
	CHECK(getpriority(PRIO_PROCESS, (id_t)pids[0]) == getpriority(PRIO_PROCESS, 0),
	      "and so does the decider");
}

static void test_residence(void)
{
	struct rlimit limit = { 0, 0 };

	must(getrlimit(RLIMIT_MEMLOCK, &limit) != 0);
	if (limit.rlim_max != RLIM_INFINITY && said("status", "VmLck:") == 0)
		CHECK(1, "in memory # SKIP this host does not let it");
	else
		CHECK(said("status", "VmLck:") > 0, "it stays in memory");
	if (said("oom_score_adj", "") == 0)
		CHECK(1, "the last to be killed # SKIP this host does not let it be");
	else
		CHECK(said("oom_score_adj", "") == -1000, "it is the last to be killed");
	test_first();
}

static void test_supervisor_dead(void)
{
	int outcome, state = scene_stop(SIGKILL);
	int64_t ms = run_ms(program("k", DEED_FORGED), &outcome);

	CHECK(WIFSIGNALED(state) && outcome == DEED_FORGED && ms < 1000,
	      "the supervisor dead: the kernel allows (%d, %d ms)", outcome, (int)ms);
}

int main(void)
{
	if (!scene_begin())
		return 0;
	scene_start(GUARD_DENYLIST, NULL);
	test_residence();
	test_answers("tmpfs");
	test_failures(true);
	test_late();
	test_takers();
	test_big();
	test_crowd();
	test_workers();
	test_pending(4, DEED_HANG);
	test_deaths();
	test_deaths_together();
	test_stopped();
	test_answers("tmpfs, after all that");
	CHECK(scene_stop(SIGTERM) == 0, "it ends when it is told to");
	CHECK(run(program("f", DEED_FORGED)) == DEED_FORGED, "and then nobody is asked");
	scene_start(GUARD_ALLOWLIST, NULL);
	test_failures(false);
	test_pending(1, DENIED);
	test_supervisor_dead();
	scene_end();
	return CHECK_DONE();
}
