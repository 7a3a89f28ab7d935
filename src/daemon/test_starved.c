/* SPDX-License-Identifier: MIT */
/*
 * Whoever owns a program can keep a process from running it between our answer and the point
 * from which on the kernel keeps writers away: its thread may run only when nothing else does,
 * on a processor that never rests.  What we vetted is to run all the same, or nothing.
 */
#include "daemon/test_starved.h"
#include "daemon/test_scene.h"
#include "daemon/watching.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWNER    1000 /* who is not root, and can change what he runs */
#define HOGS     24
#define PAUSE_US 100000 /* so that who waits can be seen waiting */

static const char *self, *victim;
static pid_t hogs[HOGS];
static _Atomic pid_t runner; /* whose turn does not come */

static int last_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	must(sched_getaffinity(0, sizeof(set), &set) != 0);
	for (size_t i = CPU_SETSIZE; i-- > 0;)
		if (CPU_ISSET(i, &set))
			return (int)i;
	return 0;
}

static void pin(pid_t thread, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	must(sched_setaffinity(thread, sizeof(set), &set) != 0);
}

static void hogs_start(int cpu)
{
	for (int i = 0; i < HOGS; i++) {
		hogs[i] = fork();
		if (hogs[i] != 0)
			continue;
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)setpriority(PRIO_PROCESS, 0, -10);
		pin(0, cpu);
		for (;;)
			;
	}
}

static void hogs_end(void)
{
	/* He may have gone meanwhile. */
	(void)sched_setscheduler(atomic_load(&runner), SCHED_OTHER, &(struct sched_param){ 0 });
	for (int i = 0; i < HOGS; i++)
		scene_end_child(hogs[i]);
}

/* A file that is there when a role could be played as it is meant. */
static const char *mark_path(void)
{
	static char path[300];

	(void)snprintf(path, sizeof(path), "%s.played", victim);
	return path;
}

static char state_of(pid_t thread)
{
	char path[64], text[512] = "";
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = 0;
	(void)close(fd);
	return text[0] ? strrchr(text, ')')[2] : 0;
}

/* It waits in exec(2) until it is answered; then its turn does not come. */
static void starve(pid_t thread)
{
	for (int i = 0; state_of(thread) != 'D'; i++) {
		must(i == 1000);
		(void)usleep(1000);
	}
	pin(thread, last_cpu());
	(void)setpriority(PRIO_PROCESS, 0, -20);
	must(sched_setscheduler(thread, SCHED_IDLE, &(struct sched_param){ 0 }) != 0);
	hogs_start(last_cpu());
	(void)usleep(PAUSE_US * 2);
}

/* It has not begun to run meanwhile. */
static void mark(void)
{
	if (state_of(atomic_load(&runner)) == 'R')
		(void)close(open(mark_path(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

/* Tries it for @ms. */
static void forge(int ms)
{
	int64_t end = ledger_now() + ms;
	int fd = -1;

	mark();
	while (fd < 0 && ledger_now() < end) {
		fd = open(victim, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		(void)usleep(fd < 0 ? 1000 : 0);
	}
	if (fd < 0)
		return;
	must(pwrite(fd, &(uint8_t){ DEED_FORGED }, 1, scene_last_of(fd)) != 1);
	(void)close(fd);
}

static void *victim_run(void *unused)
{
	(void)unused;
	atomic_store(&runner, (pid_t)syscall(SYS_gettid));
	(void)execl(victim, victim, (char *)NULL);
	perror("# exec");
	_exit(99);
}

static pid_t thread_start(void)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, victim_run, NULL) != 0);
	while (atomic_load(&runner) == 0)
		(void)usleep(100);
	return atomic_load(&runner);
}

/* The file is asked about, and then its words are not to be had. */
static void exec_fail(const char *path)
{
	(void)syscall(SYS_execve, path, 8, NULL);
}

/* Another thread seems to run what the process runs anyway. */
static void role_again(void)
{
	starve(thread_start());
	exec_fail(self);
	must(errno != EFAULT);
	forge(100);
	hogs_end();
	for (;;)
		(void)pause();
}

/* It is awaited how long we hold. */
static void role_late(void)
{
	starve(thread_start());
	(void)sleep(2);
	forge(2000);
	hogs_end();
	for (;;)
		(void)pause();
}

/* Nobody wants to write to it. */
static void role_held(void)
{
	starve(thread_start());
	mark();
	/* Else its turn came: its program runs, and ends all of us. */
	while (access(mark_path(), F_OK) == 0)
		(void)pause();
}

static int victim_child(void *unused)
{
	(void)victim_run(unused);
	return 99;
}

/* Whose memory it shares says that it runs it. */
static void role_program(void)
{
	static _Alignas(16) char stack[1 << 16];
	pid_t child;
	int state;

	disguise_begin(self);
	child = clone(victim_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	must(child < 0);
	starve(child);
	disguise_as(victim);
	(void)usleep(60000);
	disguise_as(self);
	forge(100);
	hogs_end();
	must(waitpid(child, &state, 0) != child);
	if (WIFSIGNALED(state))
		(void)raise(WTERMSIG(state));
	_exit(WIFEXITED(state) ? WEXITSTATUS(state) : 98);
}

static const struct {
	const char *name;
	void (*act)(void);
} roles[] = {
	{"again",    role_again  },
	{ "held",    role_held   },
	{ "late",    role_late   },
	{ "program", role_program},
};

static void role_play(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (strcmp(roles[i].name, name) == 0)
			roles[i].act();
	_exit(97);
}

static pid_t role_start(const char *name)
{
	pid_t pid;

	(void)program("victim", DEED_GOOD);
	must(chown(victim, OWNER, OWNER) != 0);
	(void)unlink(mark_path());
	pid = fork();
	if (pid == 0) {
		(void)execl(self, self, name, victim, (char *)NULL);
		_exit(96);
	}
	must(pid < 0);
	return pid;
}

static int role_try(const char *name)
{
	pid_t pid = role_start(name);
	int state = -1;

	must(waitpid(pid, &state, 0) != pid);
	return state;
}

/* How it ends (waitpid(2)); on a busy machine a turn may come all the same. */
static int role_run(const char *name)
{
	int state = -1;

	for (int i = 0; i < 5; i++) {
		state = role_try(name);
		if (access(mark_path(), F_OK) == 0)
			break;
		printf("# %s: its turn came (%x)\n", name, (unsigned)state);
	}
	return state;
}

static bool is_deed(int state, enum deed deed)
{
	return WIFEXITED(state) && WEXITSTATUS(state) == (int)deed;
}

/* On a machine that is busy otherwise, too, it may not come to its turn in time. */
static bool is_killed(int state)
{
	return WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL;
}

/* A copy of us where it is asked about. */
static const char *self_copy(void)
{
	static char path[256];
	static uint8_t bytes[1 << 16];
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/self", scene_folder);
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	must(from < 0 || to < 0);
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		must(write(to, bytes, (size_t)n) != n);
	must(write(to, &(uint8_t){ DEED_GOOD }, 1) != 1);
	(void)close(from);
	(void)close(to);
	return path;
}

static void test_roles(void)
{
	int state;

	self = self_copy();
	victim = strdup(program("victim", DEED_GOOD));
	scene_start(GUARD_DENYLIST, NULL);
	atomic_store(&scene_shared->pause_us, PAUSE_US);
	state = role_run("again");
	CHECK(is_deed(state, DEED_GOOD) || is_killed(state),
	      "another thread runs what the process runs anyway (%x)", (unsigned)state);
	state = role_run("program");
	CHECK(is_deed(state, DEED_GOOD) || is_killed(state),
	      "a process says itself what it runs (%x)", (unsigned)state);
	state = role_run("late");
	CHECK(is_killed(state),
	      "who does not begin while somebody waits to write is killed (%x)",
	      (unsigned)state);
	for (int i = 0; i < 200 && atomic_load(&scene_shared->n_stopped) == 0; i++)
		(void)usleep(10000);
	CHECK(atomic_load(&scene_shared->n_stopped) > 0, "and that is told");
	atomic_store(&scene_shared->pause_us, 0);
	(void)scene_stop(SIGTERM);
}

/* Who is starved; 0: his turn always came. */
static pid_t held_start(void)
{
	for (int i = 0; i < 5; i++) {
		pid_t pid = role_start("held");
		int state = 0;

		while (access(mark_path(), F_OK) != 0 && waitpid(pid, &state, WNOHANG) == 0)
			(void)usleep(5000);
		if (access(mark_path(), F_OK) == 0)
			return pid;
		printf("# held: its turn came (%x)\n", (unsigned)state);
	}
	return 0;
}

/* Nobody waits to write: as long as there is room he is held, and then he is killed. */
static void test_room(void)
{
	const char *hang = program("hang", DEED_HANG);
	static pid_t crowd[WATCHER_MAX_CASES];
	int state = 0;
	pid_t pid, ended = 0;

	scene_start(GUARD_DENYLIST, NULL);
	atomic_store(&scene_shared->n_stopped, 0);
	atomic_store(&scene_shared->pause_us, PAUSE_US);
	pid = held_start();
	must(pid == 0);
	atomic_store(&scene_shared->pause_us, 0);
	(void)usleep(700000);
	CHECK(waitpid(pid, &state, WNOHANG) == 0, "who does not begin is held: there is room");
	for (size_t i = 0; i < COUNT_OF(crowd); i++) {
		crowd[i] = fork();
		must(crowd[i] < 0);
		if (crowd[i] == 0) {
			(void)execl(hang, hang, (char *)NULL);
			_exit(0);
		}
	}
	for (int i = 0; i < 400 && ended == 0; i++) {
		(void)usleep(10000);
		ended = waitpid(pid, &state, WNOHANG);
	}
	if (ended == 0)
		scene_end_child(pid);
	CHECK(is_killed(state), "and killed when it gets short (%x)", (unsigned)state);
	for (size_t i = 0; i < COUNT_OF(crowd); i++)
		scene_end_child(crowd[i]);
	for (int i = 0; i < 200 && atomic_load(&scene_shared->n_stopped) == 0; i++)
		(void)usleep(10000);
	CHECK(atomic_load(&scene_shared->n_stopped) == 1, "which is told");
	(void)scene_stop(SIGTERM);
}

/* What a process of tests does with its threads. */
struct wait {
	_Atomic unsigned n_ready;
	_Atomic int go; /* who runs another program: 1 the first thread, 2 another one */
};

static void *wait_and_run(void *which)
{
	struct wait *s = (struct wait *)which;
	bool first = getpid() == (pid_t)syscall(SYS_gettid);

	/* Who waits for such a child stands still in the kernel. */
	if (vfork() == 0) {
		atomic_fetch_add(&s->n_ready, 1);
		while (atomic_load(&s->go) == 0)
			(void)usleep(1000);
		_exit(0);
	}
	while (atomic_load(&s->go) != (first ? 1 : 2))
		;
	(void)execlp("sleep", "sleep", "100", (char *)NULL);
	_exit(1);
}

static pid_t wait_start(struct wait *s, unsigned n_threads)
{
	pthread_t thread;
	pid_t pid;

	atomic_store(&s->n_ready, 0);
	atomic_store(&s->go, 0);
	pid = fork();
	if (pid == 0) {
		for (unsigned i = 1; i < n_threads; i++)
			must(pthread_create(&thread, NULL, wait_and_run, s) != 0);
		(void)wait_and_run(s);
	}
	while (atomic_load(&s->n_ready) < n_threads)
		(void)usleep(1000);
	(void)usleep(50000);
	return pid;
}

static bool is_soon_past(pid_t pid, struct runner *r)
{
	for (int i = 0; i < 500; i++) {
		if (runner_is_past(pid, ledger_now_us(), r))
			return true;
		(void)usleep(10000);
	}
	return false;
}

/* Nothing but an exec, or an end, is taken for one. */
static void test_proof(void)
{
	static const struct {
		const char *what;
		unsigned n_threads;
		int go; /* 3: it ends */
	} rows[] = {
		{"of one thread",                   1, 1},
		{ "of three threads, by the first", 3, 1},
		{ "of three threads, by another",   3, 2},
		{ "of one thread: its end",         1, 3},
	};
	struct wait *s = (struct wait *)mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
					     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(s == MAP_FAILED);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		pid_t pid = wait_start(s, rows[i].n_threads);
		struct runner r = { 0 };
		bool before, after;

		before = runner_is_past(pid, ledger_now_us(), &r);
		(void)usleep(20000);
		before = before || runner_is_past(pid, ledger_now_us(), &r);
		atomic_store(&s->go, rows[i].go);
		if (rows[i].go == 3)
			(void)kill(pid, SIGKILL);
		after = is_soon_past(pid, &r);
		CHECK(!before && after && r.start != 0, "a process %s is seen running (%d %d)",
		      rows[i].what, before, after);
		CHECK(runner_kill(pid, &(struct runner){ .start = 1 }) == false,
		      "another with its number is not killed");
		runner_free(&r);
		scene_end_child(pid);
	}
	(void)munmap(s, sizeof(*s));
}

/* Asks and fails, again and again. */
static pid_t failing_start(const char *path)
{
	pid_t pid = fork();

	while (pid == 0)
		exec_fail(path);
	return pid;
}

static void test_failing(const char *owner, const char *path)
{
	enum { FAILING = 16 };
	pid_t pids[FAILING];
	int64_t longest = 0;

	for (int i = 0; i < FAILING; i++)
		pids[i] = failing_start(path);
	for (int i = 0; i < 10; i++) {
		int outcome;
		int64_t ms = run_ms(program("other", DEED_GOOD), &outcome);

		longest = ms > longest ? ms : longest;
		must(outcome != DEED_GOOD);
		(void)usleep(20000);
	}
	for (int i = 0; i < FAILING; i++)
		scene_end_child(pids[i]);
	CHECK(longest < 1200,
	      "who fails to run what %s can change keeps nobody waiting (%d ms)", owner,
	      (int)longest);
}

int main(int argc, char **argv)
{
	char place[128];
	const char *path;

	if (argc == 3) {
		self = argv[0];
		victim = argv[2];
		role_play(argv[1]);
	}
	if (!scene_begin())
		return 0;
	test_proof();
	test_roles();
	test_room();
	(void)snprintf(place, sizeof(place), "%s/disk", scene_folder);
	must(mkdir(place, 0755) != 0);
	if (scene_disk_mount(place, "256")) {
		scene_start(GUARD_DENYLIST, place);
		path = program_settled("disk/failing", DEED_GOOD);
		(void)run(path);
		test_failing("root", path);
		path = program_settled("disk/owned", DEED_GOOD);
		must(chown(path, OWNER, OWNER) != 0);
		(void)run(path);
		test_failing("its owner", path);
		(void)scene_stop(SIGTERM);
		(void)umount2(place, MNT_DETACH);
	} else {
		CHECK(1, "many that fail # SKIP mkfs.ext4 and loop devices are wanted");
	}
	scene_end();
	return CHECK_DONE();
}
