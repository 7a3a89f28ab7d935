/* SPDX-License-Identifier: MIT */
/*
 * What is run without being run itself, as a guard sees it that is asked about opens:
 * leases, races, writers, pipes, layers.  test_interpreted has the interpreters.
 */
#include "daemon/test_scene.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIES       200
#define TRIES_NAIVE 1500
#define HELD_OPEN   1400 /* more than there is room for */

/* A program of this host, with a byte more behind it. */
static const char *program_copy(const char *from, const char *name, enum deed deed)
{
	static char path[256];
	uint8_t last = (uint8_t)deed;
	int in = open(from, O_RDONLY | O_CLOEXEC), out;

	(void)snprintf(path, sizeof(path), "%s/%s", scene_folder, name);
	(void)unlink(path);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	must(in < 0 || out < 0);
	while (sendfile(out, in, NULL, 1 << 20) > 0)
		;
	must(write(out, &last, 1) != 1);
	(void)close(in);
	(void)close(out);
	return path;
}

static const char *loader_find(void)
{
	static const char *const paths[] = { "/lib64/ld-linux-x86-64.so.2",
					     "/lib/ld-linux-aarch64.so.1",
					     "/lib/ld-musl-x86_64.so.1" };

	for (size_t i = 0; i < COUNT_OF(paths); i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

static void test_loader(void)
{
	const char *const loader = loader_find();
	const char *words[] = { loader, NULL, NULL };
	int outcome;

	if (!loader) {
		CHECK(1, "ld.so PROGRAM # SKIP no loader that it knows");
		return;
	}
	words[1] = program_copy("/bin/true", "true", DEED_GOOD);
	outcome = scene_words_run(words);
	CHECK(outcome == 0, "ld.so PROGRAM: what is good runs (%d)", outcome);
	(void)program_copy("/bin/true", "true", DEED_FORGED);
	outcome = scene_words_run(words);
	CHECK(outcome != 0, "ld.so PROGRAM: what is forged does not (%d)", outcome);
}

static const char script_good[] = "#!/bin/sh\nexit 103\n#g";
static const char script_forged[] = "#!/bin/sh\nexit 102\n#f";

static int sh_run(const char *path)
{
	return scene_words_run((const char *const[]){ "sh", path, NULL });
}

/* Who writes into a script is no reader of it; who is asked to run what is written to is. */
static void test_writers(void)
{
	const char *path = scene_text("written.sh", script_good, 0755);
	char append[300], rewrite[300];
	const char *const sh[] = { "sh", "-c", append, NULL };
	const char *const python[] = { "python3", "-c", rewrite, NULL };
	int fd, outcome;

	(void)snprintf(append, sizeof(append), "printf '#f' >> %s && printf '#g' >> %s", path,
		       path);
	(void)snprintf(rewrite, sizeof(rewrite), "open('%s', 'r+').close()", path);
	CHECK(scene_words_run(sh) == 0, "a shell adds to a script");
	CHECK(sh_run(path) == DEED_GOOD, "which is judged as it is then");
	outcome = scene_words_run(python);
	CHECK(outcome == 0 || outcome == 127, "Python changes one in place");
	fd = open(path, O_RDWR | O_CLOEXEC);
	outcome = sh_run(path);
	CHECK(outcome != DEED_GOOD && outcome != 0, "somebody else writes: not opened (%d)",
	      outcome);
	(void)close(fd);
	CHECK(sh_run(path) == DEED_GOOD, "and nobody does any more: opened");
}

/* What is still empty when it is opened is not written to before it was read. */
static void test_empty(void)
{
	const char *path = scene_text("empty.sh", "", 0644);
	int fd;

	CHECK(sh_run(path) == 0, "an empty script is opened");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(sh_run(path) != 0, "but not while somebody may write to it");
	(void)close(fd);
	CHECK(sh_run(scene_text("empty", "", 0755)) == 0,
	      "nor is one without an ending kept back");
}

/* In a folder whose path nobody can be told. */
static void test_deep(void)
{
	char name[241] = { 0 };
	int home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), outcome;

	memset(name, 'd', sizeof(name) - 1);
	must(home < 0 || chdir(scene_folder) != 0);
	for (int i = 0; i < 18; i++)
		must(mkdir(name, 0755) != 0 || chdir(name) != 0);
	must(rename(scene_text("deep.sh", "exit 102\n#f", 0644), "deep.sh") != 0);
	outcome = sh_run("./deep.sh");
	CHECK(outcome != DEED_FORGED && outcome != 0, "what is forged does not run there (%d)",
	      outcome);
	must(fchdir(home) != 0);
	(void)close(home);
}

/* Rewrites @path again and again, in one piece of equal length. */
static pid_t script_writer_start(const char *path, unsigned first_us)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)usleep(first_us);
	for (;;) {
		int fd = open(path, O_RDWR | O_CLOEXEC);

		if (fd >= 0) {
			(void)!pwrite(fd, script_forged, sizeof(script_forged) - 1, 0);
			(void)close(fd);
		}
		(void)usleep(200);
	}
}

struct race {
	unsigned tries, good, lost;
};

/* How long a script takes here: on slower machines writers have to come later. */
static unsigned script_us(void)
{
	int64_t began = ledger_now();

	for (int i = 0; i < 10; i++)
		(void)sh_run(scene_text("race.sh", script_good, 0755));
	return (unsigned)(ledger_now() - began) * 100 + 1000;
}

/* How many scripts that nobody vetted were run; with @first: until there is one. */
static struct race race(unsigned tries, bool first)
{
	const unsigned span = script_us();
	struct race r = { 0 };

	for (; r.tries < tries && (r.lost == 0 || !first); r.tries++) {
		const char *path = scene_text("race.sh", script_good, 0755);
		pid_t writer = script_writer_start(path, r.tries * 7919 % span);
		int outcome;

		/* Given to the shell, and run itself by way of its first line. */
		outcome = r.tries % 2 ? sh_run(path)
				      : scene_words_run((const char *const[]){ path, NULL });
		r.good += outcome == DEED_GOOD;
		r.lost += outcome == DEED_FORGED;
		scene_end_child(writer);
	}
	return r;
}

static void test_race_naive(void)
{
	pid_t naive = scene_naive_start(true);
	struct race r;

	(void)usleep(200000);
	r = race(TRIES_NAIVE, true);
	scene_end_child(naive);
	CHECK(r.lost > 0, "a naive gate loses the race for a script: %u of %u", r.lost,
	      r.tries);
}

static void test_race(void)
{
	struct race r = race(TRIES, false);

	CHECK(r.lost == 0, "ours never: %u of %u", r.lost, r.tries);
	CHECK(r.good > 0 && r.good < TRIES, "and that was one: %u ran", r.good);
}

/* How long somebody who wants to write waits. */
static int64_t write_ms(const char *path)
{
	int64_t began = ledger_now();
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd < 0);
	(void)close(fd);
	return ledger_now() - began;
}

/* As long as it is being read nobody writes, for two seconds at most; and not longer. */
static void test_lease(void)
{
	char text[300], begun[256];
	const char *path;
	int state = -1;
	int64_t ms;
	pid_t pid;

	(void)snprintf(begun, sizeof(begun), "%s/begun", scene_folder);
	(void)snprintf(text, sizeof(text), ": > %s\nsleep 0.4\nexit 103\n#g", begun);
	path = scene_text("slow.sh", text, 0644);
	pid = fork();
	if (pid == 0)
		_exit(sh_run(path));
	for (int i = 0; i < 1000 && access(begun, F_OK) != 0; i++)
		(void)usleep(5000);
	ms = write_ms(path);
	CHECK(ms > 100 && ms < 2500, "who writes waits for who reads (%d ms)", (int)ms);
	must(waitpid(pid, &state, 0) != pid);
	CHECK(WIFEXITED(state) && WEXITSTATUS(state) == DEED_GOOD,
	      "the script came to its end");
	CHECK(sh_run(path) == DEED_GOOD, "read again");
	(void)usleep(60000);
	ms = write_ms(path);
	CHECK(ms < 100, "nobody waits when nobody reads (%d ms)", (int)ms);
}

/* The kernel may ask about these, too; to look at one is to take part in it. */
static void test_pipes(void)
{
	char pipe_path[256], command[300];
	const char *const writer[] = { "sh", "-c", command, NULL };
	const char *const reader[] = { "cat", pipe_path, NULL };
	unsigned wrong = 0;

	(void)snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", scene_folder);
	(void)snprintf(command, sizeof(command), "echo something > %s", pipe_path);
	must(mkfifo(pipe_path, 0600) != 0);
	for (int i = 0; i < 30; i++) {
		int state = -1;
		pid_t pid = fork();

		if (pid == 0)
			_exit(scene_words_run(writer));
		/* Sometimes the one comes first, sometimes the other. */
		(void)usleep((unsigned)i % 3 * 1500);
		wrong += scene_words_run(reader) != 0;
		must(waitpid(pid, &state, 0) != pid);
		wrong += state != 0;
	}
	CHECK(wrong == 0, "pipes with a name work: %u of 60 did not", wrong);
}

/* Many who open one script have one answer. */
static void test_shared(void)
{
	enum { PARENTS = 8, EACH = 5 };
	const char *path = scene_text("shared.sh", "sleep 0.05\nexit 103\n#g", 0644);
	unsigned before = atomic_load(&scene_shared->n_questions), wrong = 0;
	pid_t parents[PARENTS];

	for (unsigned i = 0; i < PARENTS; i++) {
		parents[i] = fork();
		for (unsigned k = 0; parents[i] == 0 && k < EACH; k++)
			if (sh_run(path) != DEED_GOOD)
				_exit(1);
		if (parents[i] == 0)
			_exit(0);
	}
	for (unsigned i = 0; i < PARENTS; i++) {
		int state = -1;

		(void)waitpid(parents[i], &state, 0);
		wrong += state != 0;
	}
	before = atomic_load(&scene_shared->n_questions) - before;
	CHECK(wrong == 0 && before < PARENTS * EACH, "%d runs of one script, judged %u times",
	      PARENTS * EACH, before);
}

/* Only what is run is asked about: a script is data for others, and data is no script. */
static void test_data(void)
{
	const char *path = scene_text("data", "nothing\nf", 0644);
	char read_it[300];
	const char *const sh[] = { "sh", "-c", read_it, NULL };
	unsigned before = atomic_load(&scene_shared->n_questions);

	(void)snprintf(read_it, sizeof(read_it), "read line < %s; test \"$line\" = nothing",
		       path);
	CHECK(scene_words_run(sh) == 0, "a shell reads data");
	path = scene_text("data.sh", script_forged, 0755);
	CHECK(scene_words_run((const char *const[]){ "cat", path, NULL }) == 0,
	      "somebody else reads a forged script");
	CHECK(atomic_load(&scene_shared->n_questions) == before, "and nobody was asked");
}

/* Another link to an interpreter is it; one that is named is one, too; a copy is not known. */
static void test_names(void)
{
	const char *path = scene_text("named", "#!/bin/sh\nexit 102\n#f", 0644);
	char tool[256], other[256];
	const char *const words[] = { tool, path, NULL };
	const char *const linked[] = { other, path, NULL };

	(void)snprintf(tool, sizeof(tool), "%s/tool", scene_folder);
	(void)snprintf(other, sizeof(other), "%s/other-name", scene_folder);
	CHECK(scene_words_run(words) != DEED_FORGED, "an interpreter that was named");
	must(link(tool, other) != 0);
	CHECK(scene_words_run(linked) != DEED_FORGED, "by another link");
	(void)unlink(other);
	(void)program_copy("/bin/sh", "other-name", DEED_GOOD);
	CHECK(scene_words_run(linked) == DEED_FORGED,
	      "a copy that nobody named: the gap that is told");
	(void)unlink(other);
	(void)program_copy("/bin/sh", "bash", DEED_GOOD);
	(void)snprintf(other, sizeof(other), "%s/bash", scene_folder);
	CHECK(scene_words_run(linked) != DEED_FORGED, "a copy with the name of an interpreter");
}

/* Whoever opens it in a container opens what lies below. */
static void test_overlay(void)
{
	static const char *const names[] = { "lower", "merged", "upper", "work" };
	char options[512], merged[128];
	int outcome;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char folder[128];

		(void)snprintf(folder, sizeof(folder), "%s/%s", scene_folder, names[i]);
		must(mkdir(folder, 0755) != 0);
	}
	(void)snprintf(options, sizeof(options),
		       "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", scene_folder,
		       scene_folder, scene_folder);
	(void)snprintf(merged, sizeof(merged), "%s/merged", scene_folder);
	(void)scene_text("lower/script", script_forged, 0644);
	if (mount("overlay", merged, "overlay", 0, options) != 0) {
		CHECK(1, "overlayfs # SKIP cannot be mounted here: %s", strerror(errno));
		return;
	}
	(void)snprintf(options, sizeof(options), "%s/script", merged);
	outcome = sh_run(options);
	CHECK(outcome != DEED_FORGED, "a forged script through overlayfs, from below (%d)",
	      outcome);
	outcome = sh_run(scene_text("merged/above", script_forged, 0644));
	CHECK(outcome != DEED_FORGED, "and from above (%d)", outcome);
	CHECK(sh_run(scene_text("merged/good", script_good, 0644)) == DEED_GOOD,
	      "what is good runs");
	(void)umount2(merged, MNT_DETACH);
}

/* What is on its way from a disk is waited for, by who asks, not by who answers. */
static void cold_make(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd < 0 || fsync(fd) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0);
	(void)close(fd);
}

static void test_disk(void)
{
	const char *path = scene_text("disk/script", script_good, 0644);
	unsigned questions;

	(void)usleep(100000); /* too young, it is not remembered */
	cold_make(path);
	CHECK(sh_run(path) == DEED_GOOD, "on a disk: what is good runs");
	questions = atomic_load(&scene_shared->n_questions);
	CHECK(sh_run(path) == DEED_GOOD && atomic_load(&scene_shared->n_questions) == questions,
	      "and is known the second time");
	path = scene_text("disk/other", script_forged, 0644);
	cold_make(path);
	CHECK(sh_run(path) != DEED_FORGED, "what is forged does not run, read anew");
	CHECK(sh_run(path) != DEED_FORGED, "nor again");
}

/* A user who keeps very many scripts open keeps nobody else waiting. */
static void test_holders(void)
{
	static const char holding[] =
		"import os, threading, time\n"
		"os.setgroups([]); os.setgid(1000); os.setuid(1000)\n"
		"threading.stack_size(65536)\n"
		"def hold(i):\n"
		"    while True:\n"
		"        fd = os.open('%s/held-%%d.py' %% i, os.O_RDONLY)\n"
		"        time.sleep(2.2)\n"
		"        os.close(fd)\n"
		"for i in range(%d):\n"
		"    threading.Thread(target=hold, args=(i,)).start()\n";
	const char *words[] = { "python3", "-c", "", NULL };
	char code[512], path[256];
	int64_t began, longest = 0;
	const char *good;
	pid_t pid;

	if (scene_words_run(words) != 0) {
		CHECK(1, "scripts that are kept open # SKIP python3 is not installed");
		return;
	}
	(void)snprintf(code, sizeof(code), holding, scene_folder, HELD_OPEN);
	words[2] = code;
	for (int i = 0; i < HELD_OPEN; i++) {
		(void)snprintf(path, sizeof(path), "%s/held-%d.py", scene_folder, i);
		(void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	}
	good = program("unheld", DEED_GOOD);
	pid = fork();
	must(pid < 0);
	if (pid == 0) {
		(void)execvp(words[0], (char *const *)(uintptr_t)words);
		_exit(1);
	}
	for (began = ledger_now(); ledger_now() < began + 3500; (void)usleep(50000)) {
		int outcome;
		int64_t ms = run_ms(good, &outcome);

		longest = ms > longest ? ms : longest;
	}
	scene_end_child(pid);
	CHECK(longest < 1300, "who keeps scripts open keeps nobody waiting (%d ms)",
	      (int)longest);
}

/* The same on a file system of a disk, where there is one to be had. */
static void disk_try(const struct interpreters *interpreters)
{
	char place[128];

	(void)snprintf(place, sizeof(place), "%s/disk", scene_folder);
	must(mkdir(place, 0755) != 0);
	if (!scene_disk_mount(place, "256")) {
		CHECK(1, "on a disk # SKIP mkfs.ext4 and loop devices are wanted");
		return;
	}
	scene_start_strict(GUARD_DENYLIST, place, interpreters);
	test_disk();
	(void)scene_stop(SIGTERM);
	(void)umount2(place, MNT_DETACH);
}

int main(void)
{
	struct arena a = ARENA_INIT(1 << 20);
	const struct interpreters *interpreters;
	char line[300];
	const char *const more[] = { line };

	if (!scene_begin())
		return 0;
	(void)program_copy("/bin/sh", "tool", DEED_GOOD);
	(void)snprintf(line, sizeof(line), "%s/tool script", scene_folder);
	interpreters = interpreters_find(&a, more, 1);
	must(!interpreters);
	printf("# %zu interpreters are installed\n", interpreters->n_found);
	test_race_naive();
	scene_start_strict(GUARD_DENYLIST, NULL, interpreters);
	test_loader();
	test_writers();
	test_empty();
	test_deep();
	test_race();
	test_lease();
	test_pipes();
	test_shared();
	test_data();
	test_names();
	test_overlay();
	test_holders();
	(void)scene_stop(SIGTERM);
	disk_try(interpreters);
	scene_end();
	arena_free(&a);
	return CHECK_DONE();
}
