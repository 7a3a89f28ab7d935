/* SPDX-License-Identifier: MIT */
/*
 * Whoever owns a program can keep a process from running it between our answer and the point
 * from which on the kernel keeps writers away: its thread may run only when nothing else does,
 * on a processor that never rests.  What we vetted is to run all the same, or nothing.
 */
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
#define MAPS     32

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

/* Tries it for @ms. */
static void forge(int ms)
{
	int64_t end = ledger_now() + ms;
	int fd = -1;

	/* It has not begun to run meanwhile. */
	if (state_of(atomic_load(&runner)) == 'R')
		(void)close(open(mark_path(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
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

static size_t maps_read(void *from[MAPS], size_t len[MAPS])
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	size_t n = 0;

	must(!f);
	while (fgets(line, sizeof(line), f)) {
		unsigned long begin, end;

		if (!strstr(line, self) || sscanf(line, "%lx-%lx", &begin, &end) != 2)
			continue;
		must(n == MAPS);
		from[n] = (void *)begin;
		len[n++] = end - begin;
	}
	(void)fclose(f);
	return n;
}

/* Nothing of our program is mapped from its file any more. */
static void move_to_memory(void)
{
	void *from[MAPS];
	size_t len[MAPS], n = maps_read(from, len);

	for (size_t i = 0; i < n; i++) {
		void *to = mmap(NULL, len[i], PROT_READ | PROT_WRITE | PROT_EXEC,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		must(to == MAP_FAILED);
		/* By the kernel: to a sanitizer not all of it is ours to read. */
		must(process_vm_readv(getpid(), &(struct iovec){ to, len[i] }, 1,
				      &(struct iovec){ from[i], len[i] }, 1,
				      0) != (ssize_t)len[i]);
		must(mremap(to, len[i], len[i], MREMAP_MAYMOVE | MREMAP_FIXED, from[i]) ==
		     MAP_FAILED);
	}
}

static uint64_t own_field(int number)
{
	char text[1024] = "", *at;
	FILE *f = fopen("/proc/self/stat", "re");

	must(!f || !fgets(text, sizeof(text), f));
	(void)fclose(f);
	at = strrchr(text, ')');
	for (int i = 2; at && i < number; i++)
		at = strchr(at + 1, ' ');
	must(!at);
	return strtoull(at, NULL, 10);
}

/* As anybody may who is root of a name space of users. */
static void program_set(const char *path)
{
	struct prctl_mm_map map = {
		.start_code = own_field(26),
		.end_code = own_field(27),
		.start_data = own_field(45),
		.end_data = own_field(46),
		.start_brk = own_field(47),
		.brk = (uint64_t)(uintptr_t)sbrk(0),
		.start_stack = own_field(28),
		.arg_start = own_field(48),
		.arg_end = own_field(49),
		.env_start = own_field(50),
		.env_end = own_field(51),
		.exe_fd = (uint32_t)open(path, O_RDONLY | O_CLOEXEC),
	};

	must(prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) != 0);
	(void)close((int)map.exe_fd);
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

	move_to_memory();
	child = clone(victim_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	must(child < 0);
	starve(child);
	program_set(victim);
	(void)usleep(60000);
	program_set(self);
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

static int role_try(const char *name)
{
	int state = -1;
	pid_t pid;

	(void)program("victim", DEED_GOOD);
	must(chown(victim, OWNER, OWNER) != 0);
	(void)unlink(mark_path());
	pid = fork();
	if (pid == 0) {
		(void)execl(self, self, name, victim, (char *)NULL);
		_exit(96);
	}
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
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
