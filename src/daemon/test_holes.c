/* SPDX-License-Identifier: MIT */
/*
 * Ways past a gate that others left open, each tried for real.  A race that the
 * naive gate wins, too, would prove nothing: it is run beside ours and must lose.
 */
#include "daemon/test_scene.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIES       400
#define TRIES_LONG  4000 /* with ASSAY_LONG */
#define TRIES_NAIVE 1000
#define TRIES_KNOWN 15

/* Somebody who writes into @path again and again, at any time. */
static pid_t writer_start(const char *path)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (unsigned i = 0;; i++) {
		(void)usleep(i * 37 % 900);
		scene_spoil(path, DEED_FORGED);
		(void)usleep(100);
	}
}

/* How often the forged byte ran, though a good one had to be seen; @owner: of the file. */
static unsigned race(unsigned tries, uid_t owner)
{
	unsigned lost = 0;

	for (unsigned i = 0; i < tries; i++) {
		const char *path = program("race", DEED_GOOD);
		pid_t writer;

		must(chown(path, owner, owner) != 0);
		writer = writer_start(path);
		(void)usleep(i * 13 % 400);
		lost += run(path) == DEED_FORGED;
		scene_end_child(writer);
	}
	return lost;
}

static void test_race(void)
{
	pid_t naive = scene_naive_start(false);
	unsigned lost, tries = getenv("ASSAY_LONG") ? TRIES_LONG : TRIES;

	(void)usleep(200000);
	lost = race(TRIES_NAIVE, 0);
	scene_end_child(naive);
	CHECK(lost > 0, "a naive gate loses the race: %u of %u", lost, TRIES_NAIVE);
	scene_start(GUARD_DENYLIST, NULL);
	lost = race(tries / 2, 0);
	CHECK(lost == 0, "ours never: %u of %u", lost, tries / 2);
	lost = race(tries / 2, 1000);
	CHECK(lost == 0, "nor with a file of somebody else than root: %u of %u", lost,
	      tries / 2);
}

/* A mapping that outlives its descriptor leaves no trace in any time. */
static void test_mapping(void)
{
	const char *path = program("mapped", DEED_GOOD);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t last = scene_last_of(fd);
	uint8_t *bytes = (uint8_t *)mmap(NULL, (size_t)last + 1, PROT_READ | PROT_WRITE,
					 MAP_SHARED, fd, 0);

	must(bytes == MAP_FAILED);
	(void)close(fd);
	CHECK(run(path) != DEED_GOOD, "nothing runs that somebody can still write to");
	bytes[last] = DEED_GOOD; /* the page is dirty: its times are set */
	(void)munmap(bytes, (size_t)last + 1);
	CHECK(run(path) == DEED_GOOD, "it does when nobody can any more");
	(void)usleep(100000); /* old enough to be remembered, where times tell anything */
	CHECK(run(path) == DEED_GOOD, "and does again");
	scene_store(path, DEED_FORGED); /* on tmpfs no time changes at all */
	CHECK(run(path) == DENIED, "a store that changed no time is seen");
}

static void test_overlay(void)
{
	char lower[128], merged[128], options[512];
	const char *path;

	(void)snprintf(lower, sizeof(lower), "%s/lower", scene_folder);
	(void)snprintf(merged, sizeof(merged), "%s/merged", scene_folder);
	(void)snprintf(options, sizeof(options),
		       "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", lower, scene_folder,
		       scene_folder);
	for (const char *const *name =
		     (const char *const[]){ "lower", "merged", "upper", "work", NULL };
	     *name; name++) {
		char folder[128];

		(void)snprintf(folder, sizeof(folder), "%s/%s", scene_folder, *name);
		must(mkdir(folder, 0755) != 0);
	}
	(void)program("lower/forged", DEED_FORGED);
	(void)program("lower/good", DEED_GOOD);
	if (mount("overlay", merged, "overlay", 0, options) != 0) {
		CHECK(1, "overlayfs # SKIP cannot be mounted here: %s", strerror(errno));
		return;
	}
	(void)snprintf(options, sizeof(options), "%s/forged", merged);
	CHECK(run(options) == DENIED, "through overlayfs, from below");
	path = program("merged/new", DEED_FORGED);
	CHECK(run(path) == DENIED, "and from above");
	(void)snprintf(options, sizeof(options), "%s/good", merged);
	CHECK(run(options) == DEED_GOOD, "what is good runs");
	(void)umount2(merged, MNT_DETACH);
}

/* Who answered may still have what he was asked about. */
static void unmount(const char *place)
{
	for (int i = 0; umount(place) != 0; i++) {
		must(errno != EBUSY || i == 100);
		(void)usleep(5000);
	}
}

/* A file system that comes while we guard. */
static void test_newcomer(const char *place)
{
	const char *path;
	int outcome = 0;

	must(mount("assay-new", place, "tmpfs", 0, "size=1m") != 0);
	(void)usleep(100000);
	path = program("new/forged", DEED_FORGED);
	outcome = run(path);
	CHECK(outcome == DENIED, "a new file system is watched within 100 ms (%d)", outcome);
	/* The next one is given the number of the one that goes. */
	unmount(place);
	must(mount("assay-newer", place, "tmpfs", 0, "size=1m") != 0);
	(void)usleep(100000);
	outcome = run(program("new/forged", DEED_FORGED));
	CHECK(outcome == DENIED, "and so is another one in its place (%d)", outcome);
	(void)umount2(place, MNT_DETACH);
}

/* Whoever has a name space of his own can give any file any path: nothing may rest on it. */
static void test_name_space(void)
{
	const char *path = program("spaced", DEED_FORGED);
	char trusted[256], own[256];
	pid_t pid;
	int state;

	CHECK(run(path) == DENIED && strcmp(scene_shared->path, path) == 0, "a path is known");
	(void)snprintf(trusted, sizeof(trusted), "%s/trusted", scene_folder);
	(void)snprintf(own, sizeof(own), "%s/own", scene_folder);
	must(mkdir(trusted, 0755) != 0 || mkdir(own, 0755) != 0);
	(void)program("trusted/tool", DEED_GOOD);
	(void)program("own/tool", DEED_FORGED);
	pid = fork();
	if (pid == 0) {
		must(unshare(CLONE_NEWNS) != 0 ||
		     mount(own, trusted, NULL, MS_BIND, NULL) != 0);
		must(chdir(trusted) != 0);
		_exit(run(path) == DENIED && run("tool") == DENIED ? 0 : 1);
	}
	CHECK(waitpid(pid, &state, 0) == pid && state == 0, "in a name space of its own, too");
	CHECK(scene_shared->path[0] != '/' && strstr(scene_shared->path, "/trusted/tool"),
	      "where a path says nothing: %s", scene_shared->path);
}

/* ... and who is root of a name space of users runs whatever program he says he runs. */
static void test_user_space(void)
{
	const char *path = program("user", DEED_GOOD);
	pid_t pid;
	int state;

	(void)run(path);
	CHECK(scene_shared->caller[0] == '/', "the caller's program is known: %s",
	      scene_shared->caller);
	pid = fork();
	if (pid == 0) {
		must(unshare(CLONE_NEWUSER) != 0);
		_exit(run(path) == DEED_GOOD ? 0 : 1);
	}
	CHECK(waitpid(pid, &state, 0) == pid && state == 0 &&
		      strncmp(scene_shared->caller, "claimed:/", 9) == 0,
	      "in a name space of users of its own it is a claim: %s", scene_shared->caller);
}

/* Whoever owns a file can change its rights at any time: that is no way to run it unseen. */
static void test_rights(void)
{
	const char *path = program("rights", DEED_FORGED);
	pid_t pid = fork();
	unsigned ran = 0;

	while (pid == 0) {
		(void)chmod(path, 0711);
		(void)chmod(path, 0755);
	}
	(void)usleep(20000); /* it has begun */
	for (unsigned i = 0; i < 100; i++)
		ran += run(path) != DENIED;
	scene_end_child(pid);
	CHECK(ran == 0, "while its rights are changed: %u of 100 ran", ran);
}

/* Who has a lease for writing is asked to give it back when his file is opened, by us, too. */
static void test_lease(void)
{
	const char *path = program("leased", DEED_FORGED);
	int fd = open(path, O_RDONLY | O_CLOEXEC), outcome = 0;
	int64_t ms;

	(void)signal(SIGIO, SIG_IGN);
	must(fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) != 0);
	ms = run_ms(path, &outcome);
	CHECK(outcome != DEED_FORGED && ms < 500, "under a lease for writing (%d, %d ms)",
	      outcome, (int)ms);
	(void)close(fd);
	(void)signal(SIGIO, SIG_DFL);
	ms = run_ms(program("other", DEED_GOOD), &outcome);
	CHECK(outcome == DEED_GOOD && ms < 500, "which keeps nobody else waiting (%d ms)",
	      (int)ms);
}

/* Many at once: each is answered, none wrongly. */
static void test_storm(void)
{
	enum { PARENTS = 16, EACH = 100 };

	CHECK(scene_storm(PARENTS, EACH) == 0, "a storm of %d is answered rightly",
	      PARENTS * EACH * 2);
}

/* What is known is answered in microseconds; the program starts when its turn comes. */
static void test_race_known(void)
{
	enum { BUSY = 8 };
	pid_t busy[BUSY];
	unsigned lost = 0, questions;
	const char *path = program_settled("disk/known", DEED_GOOD);

	(void)run(path);
	questions = atomic_load(&scene_shared->n_questions);
	CHECK(run(path) == DEED_GOOD && atomic_load(&scene_shared->n_questions) == questions,
	      "on a disk it is known the second time");
	for (unsigned i = 0; i < BUSY; i++) {
		busy[i] = fork();
		while (busy[i] == 0)
			;
	}
	for (unsigned i = 0; i < TRIES_KNOWN; i++) {
		pid_t writer;

		path = program_settled("disk/known", DEED_GOOD);
		(void)run(path);
		writer = writer_start(path);
		for (unsigned k = 0; k < 3; k++)
			lost += run(path) == DEED_FORGED;
		scene_end_child(writer);
	}
	for (unsigned i = 0; i < BUSY; i++)
		scene_end_child(busy[i]);
	CHECK(lost == 0, "what is known is not raced past either: %u of %u", lost, TRIES_KNOWN);
}

/* Where times are kept to the second, what was written twice in one looks like it was. */
static void test_coarse_times(void)
{
	const char *path = NULL;
	unsigned lost = 0;

	for (unsigned i = 0; i < 5; i++) {
		path = program("coarse/file", DEED_GOOD);
		lost += run(path) != DEED_GOOD;
		scene_spoil(path, DEED_FORGED);
		lost += run(path) != DENIED;
	}
	CHECK(lost == 0, "written twice within a second, it is judged twice: %u of 5", lost);
}

/* @name: a folder for it. */
static void on_disk(const char *name, const char *inode_bytes, void (*test)(void))
{
	char place[128];

	(void)snprintf(place, sizeof(place), "%s/%s", scene_folder, name);
	must(mkdir(place, 0755) != 0);
	if (!scene_disk_mount(place, inode_bytes)) {
		CHECK(1, "%s files # SKIP mkfs.ext4 and loop devices are wanted", name);
		return;
	}
	scene_start(GUARD_DENYLIST, place);
	test();
	(void)scene_stop(SIGTERM);
	(void)umount2(place, MNT_DETACH);
}

int main(void)
{
	char place[128];

	if (!scene_begin())
		return 0;
	(void)snprintf(place, sizeof(place), "%s/new", scene_folder);
	must(mkdir(place, 0755) != 0);
	test_race();
	test_mapping();
	test_overlay();
	test_name_space();
	test_user_space();
	test_rights();
	test_lease();
	test_storm();
	(void)scene_stop(SIGTERM);
	scene_start(GUARD_DENYLIST, place);
	test_newcomer(place);
	(void)scene_stop(SIGTERM);
	on_disk("disk", "256", test_race_known);
	on_disk("coarse", "128", test_coarse_times);
	scene_end();
	return CHECK_DONE();
}
