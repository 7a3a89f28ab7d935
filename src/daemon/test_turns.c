/* SPDX-License-Identifier: MIT */
/* Whoever has many files read, or such as are never done, keeps nobody waiting but himself. */
#include "daemon/caller.h"
#include "daemon/test_scene.h"
#include "daemon/watcher.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Users, each with a login of his own. */
#define FLOODER 1000
#define ANOTHER 1001
#define OTHER   1002
#define FIRST   1010 /* of many */
#define MANY    9    /* three for each worker */
#define LATE    2000
#define CROWDED 3000 /* the first of very many */
#define CROWD   8    /* files of each */
#define STORM   (WATCHER_MAX_CASES + 100)
#define ENDLESS ((off_t)1 << 40)
#define BIG     ((off_t)65 << 20)
#define SLICE   2000 /* ms that a file is read while others wait for the worker */
#define SOON    1300 /* ms: less than any deadline, also on a busy machine */

static pid_t pids[STORM];
static size_t n_pids;

/* Whoever is logged in as somebody cannot be somebody else, unless he may set that. */
static bool login_set(uid_t uid)
{
	char text[16];
	int fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof(text), "%u", (unsigned)uid);
	bool set = fd >= 0 && write(fd, text, (size_t)len) == len;

	if (fd >= 0)
		(void)close(fd);
	return set || caller_login(getpid()) < 0;
}

static bool logins_differ(void)
{
	int state = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(login_set(FLOODER) ? 0 : 1);
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	return state == 0;
}

/* As @uid, who is waited for later. */
static pid_t begin(uid_t uid, const char *path)
{
	pid_t pid = fork();

	must(pid < 0);
	if (pid != 0)
		return pid;
	if (uid != 0)
		must(!login_set(uid) || setgroups(0, NULL) != 0 ||
		     setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0);
	(void)execl(path, path, (char *)NULL);
	_exit(errno);
}

/* A program of @uid's own; @size: with so much of nothing in it. */
static const char *program_of(uid_t uid, const char *name, enum deed deed, off_t size)
{
	const char *path = program(name, deed);
	uint8_t last = (uint8_t)deed;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd < 0 || fchown(fd, uid, uid) != 0);
	must(size > 0 && pwrite(fd, &last, 1, size) != 1);
	(void)close(fd);
	return path;
}

static void flood(uid_t uid, size_t n, off_t size)
{
	char name[32];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "flood-%u-%zu", (unsigned)uid, n_pids);
		must(n_pids == STORM);
		pids[n_pids++] = begin(uid, program_of(uid, name, DEED_HANG, size));
	}
}

static void flood_end(void)
{
	while (n_pids > 0)
		scene_end_child(pids[--n_pids]);
}

/* What is forged is not run, in time; past its deadline it would be. */
static void check_judged(const char *when, uid_t uid, off_t size, int64_t within)
{
	int state = -1;
	int64_t began;
	pid_t pid;

	(void)usleep(100000); /* others have asked by then */
	began = ledger_now();
	pid = begin(uid, program_of(uid, "judged", DEED_FORGED, size));

	must(waitpid(pid, &state, 0) != pid);
	began = ledger_now() - began;
	CHECK(WIFEXITED(state) && WEXITSTATUS(state) == DENIED &&
			      began<within, "%s, a %s file of user %u is judged (%x, %d ms)",
				    when, size> 0
		      ? "big"
		      : "small",
	      (unsigned)uid, (unsigned)state, (int)began);
}

/* Behind files of many others a user's comes too late; it is found out all the same. */
static pid_t late;

static void test_late(void)
{
	uint64_t before = scene_shared->counts[LEDGER_JUDGED];

	for (uid_t i = 0; i < MANY; i++) {
		/* Who comes after him, and has his turn before. */
		if (i == MANY / 3) {
			for (int n = 0;
			     n < 2000 && scene_shared->counts[LEDGER_JUDGED] < before + i; n++)
				(void)usleep(1000);
			late = begin(LATE, program_of(LATE, "late", DEED_FORGED, 0));
		}
		flood(FIRST + i, 1, 0);
	}
	n_pids = 0; /* these stay */
}

static void test_late_end(void)
{
	int state = -1;
	bool ran;

	must(waitpid(late, &state, 0) != late);
	ran = WIFEXITED(state) && WEXITSTATUS(state) == DEED_FORGED;
	for (int i = 0; i < 300 && ran && atomic_load(&scene_shared->n_late) == 0; i++)
		(void)usleep(10000);
	if (!ran)
		printf("# its turn came in time\n");
	CHECK(WIFEXITED(state) && (ran ? atomic_load(&scene_shared->n_late) == 1
				       : WEXITSTATUS(state) == DENIED),
	      "behind files of many others what is forged runs, and is told later (%x)",
	      (unsigned)state);
}

static void test_many_small(void)
{
	flood(FLOODER, 40, 0);
	check_judged("behind 40 that hang", ANOTHER, 0, SOON);
	check_judged("behind 40 that hang", 0, 0, SOON);
	/* Whose numbers are less than his. */
	flood(ANOTHER, 10, 0);
	flood(OTHER, 10, 0);
	flood(FIRST, 10, 0);
	check_judged("behind those of four users", LATE, 0, WATCHER_PATIENCE_MS + SOON / 2);
	flood_end();
}

static void test_many_big(void)
{
	flood(FLOODER, 8, ENDLESS);
	check_judged("behind terabytes", ANOTHER, BIG, SOON);
	check_judged("behind terabytes", 0, BIG, SOON);
	check_judged("behind terabytes", 0, 0, SOON);
	flood_end();
}

/* More than there are workers for. */
static void test_many_users(void)
{
	flood(FLOODER, 3, ENDLESS);
	flood(ANOTHER, 3, ENDLESS);
	check_judged("behind terabytes of two users", 0, BIG, SOON);
	check_judged("behind terabytes of two users", OTHER, BIG, SLICE + 2 * SOON);
	flood_end();
}

/* Workers read still what nobody waits for any more. */
static void test_gone(void)
{
	flood(FLOODER, 1, ENDLESS);
	flood(ANOTHER, 1, ENDLESS);
	(void)usleep(100000);
	flood_end();
	check_judged("behind what nobody waits for", OTHER, BIG, SOON);
}

/* More than the guard has room for. */
static void test_storm(void)
{
	flood(FLOODER, STORM, ENDLESS);
	check_judged("in a storm", ANOTHER, BIG, WATCHER_DEADLINE_MS);
	check_judged("in a storm", 0, 0, WATCHER_DEADLINE_MS);
	flood_end();
}

/* The same, of so many users that none has many. */
static void test_crowd(void)
{
	char paths[CROWD][256], name[32];

	for (size_t i = 0; i < CROWD; i++) {
		(void)snprintf(name, sizeof(name), "crowd-%zu", i);
		(void)snprintf(paths[i], sizeof(paths[i]), "%s",
			       program_of(FLOODER, name, DEED_HANG, BIG));
	}
	for (size_t i = 0; i < STORM; i++)
		pids[n_pids++] = begin(CROWDED + (uid_t)(i / CROWD), paths[i % CROWD]);
	check_judged("in a crowd", 0, 0, WATCHER_DEADLINE_MS);
	flood_end();
}

int main(void)
{
	if (!scene_begin())
		return 0;
	if (logins_differ()) {
		scene_start(GUARD_DENYLIST, NULL);
		test_late();
		test_many_big();
		test_gone();
		test_many_users();
		test_late_end();
		test_many_small();
		test_storm();
		test_crowd();
		(void)scene_stop(SIGTERM);
	} else {
		CHECK(1, "turns # SKIP this host does not let root change who logged in");
	}
	scene_end();
	return CHECK_DONE();
}
