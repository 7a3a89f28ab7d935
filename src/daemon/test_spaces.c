/* SPDX-License-Identifier: MIT */
/*
 * Name spaces of mounts of a plain user: what he mounts there is watched a few ms later,
 * and what ran before that is told.
 */
#include "daemon/test_scene.h"
#include "host/mounts.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY   65534
#define SOON_MS  100 /* that a newcomer may stay unwatched */
#define PROMPTLY 1000

static bool text_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	return done;
}

/* From now on we are root of a name space of our own, and nobody outside it. */
static bool user_become(void)
{
	char map[32];

	(void)snprintf(map, sizeof(map), "0 %d 1", NOBODY);
	return setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	       setresuid(NOBODY, NOBODY, NOBODY) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0 &&
	       unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       text_write("/proc/self/setgroups", "deny") &&
	       text_write("/proc/self/uid_map", map) && text_write("/proc/self/gid_map", map);
}

/* What @inside returns in a child that is such a user; -1: it cannot be. */
static int as_user(int (*inside)(void))
{
	int state = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(user_become() ? inside() : 255);
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	return WIFEXITED(state) && WEXITSTATUS(state) != 255 ? WEXITSTATUS(state) : -1;
}

static const char *place(const char *name)
{
	static char path[4][256];
	static unsigned n;
	char *to = path[n++ % 4];

	(void)snprintf(to, sizeof(path[0]), "%s/%s", scene_folder, name);
	return to;
}

/* Of a file system that was mounted just now: ms until what is forged does not run there. */
static int open_ms(void)
{
	const char *forged = program("space/forged", DEED_FORGED);
	int64_t began = ledger_now();

	while (run(forged) != DENIED && ledger_now() < began + 250)
		(void)usleep(200);
	return (int)(ledger_now() - began);
}

static int mounts_two(void)
{
	int first, second;

	must(mount(scene_folder, place("space"), "tmpfs", 0, "size=1m") != 0);
	first = open_ms();
	must(mount(scene_folder, place("space"), "tmpfs", 0, "size=1m") != 0);
	second = open_ms();
	printf("# watched %d ms after it was mounted in a new name space, %d ms in a known "
	       "one\n",
	       first, second);
	(void)fflush(stdout);
	if (run(program("space/good", DEED_GOOD)) != DEED_GOOD)
		return 254;
	return first > second ? first : second;
}

/* Layers of a user's own, as a container has them: what counts is below. */
static int over_layers(void)
{
	static const char *const folders[] = { "u", "u/lower", "u/upper", "u/work",
					       "u/merged" };
	char options[512], good[256], forged[256];
	void *bytes;
	int fd, held, after;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		must(mkdir(place(folders[i]), 0755) != 0);
	(void)program("u/lower/good", DEED_GOOD);
	(void)program("u/lower/forged", DEED_FORGED);
	(void)snprintf(good, sizeof(good), "%s/u/merged/good", scene_folder);
	(void)snprintf(forged, sizeof(forged), "%s/u/merged/forged", scene_folder);
	(void)snprintf(options, sizeof(options),
		       "lowerdir=%s/u/lower,upperdir=%s/u/upper,workdir=%s/u/work,userxattr",
		       scene_folder, scene_folder, scene_folder);
	if (mount(scene_folder, place("u/merged"), "overlay", 0, options) != 0)
		return 2;
	for (int64_t began = ledger_now();
	     run(forged) != DENIED && ledger_now() < began + PROMPTLY;)
		(void)usleep(1000);
	if (run(good) != DEED_GOOD || run(forged) != DENIED)
		return 3;
	fd = open(good, O_RDWR | O_CLOEXEC);
	bytes = mmap(NULL, 64, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(fd < 0 || bytes == MAP_FAILED);
	(void)close(fd);
	/*
	 * The kernel itself lets run what is still written to, through layers; where they are
	 * asked about themselves, a lease does not tell, which `status` says.
	 */
	held = run(good);
	(void)munmap(bytes, 64);
	after = run(good);
	return (held == DENIED || mounts_layers_hide()) && after == DEED_GOOD ? 1 : 4;
}

/* A copy of @from as @name in the open @folder. */
static void copy(const char *from, int folder, const char *name)
{
	int source = open(from, O_RDONLY | O_CLOEXEC);
	int to = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	must(source < 0 || to < 0 || sendfile(to, source, NULL, 16 << 20) <= 0);
	(void)close(source);
	(void)close(to);
}

/* @name of @folder is run with @argument; it lives when we return, or is a zombie. */
static pid_t start_at(int folder, const char *name, const char *argument)
{
	char *const words[] = { (char *)(uintptr_t)name, (char *)(uintptr_t)argument, NULL };
	char *const nothing[] = { NULL };
	pid_t pid = fork();

	if (pid == 0) {
		(void)syscall(SYS_execveat, folder, name, words, nothing, 0);
		_exit(errno);
	}
	return pid;
}

static int run_at(int folder, const char *name)
{
	int state = -1;
	pid_t pid = start_at(folder, name, NULL);

	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static void stop(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static bool unasked_grows(unsigned before)
{
	for (int64_t began = ledger_now(); ledger_now() < began + PROMPTLY; (void)usleep(5000))
		if (atomic_load(&scene_shared->n_unasked) > before)
			return true;
	return false;
}

/* A program starts before anybody can have looked; it goes on. */
static int runs_at_once(void)
{
	unsigned before = atomic_load(&scene_shared->n_unasked);
	bool told;
	pid_t pid;
	int folder;

	must(mount(scene_folder, place("space"), "tmpfs", 0, "size=8m") != 0);
	folder = open(place("space"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	copy("/bin/sleep", folder, "sleep");
	pid = start_at(folder, "sleep", "10");
	told = unasked_grows(before);
	stop(pid);
	return told;
}

/* A file system that is mounted nowhere. */
static int runs_detached(void)
{
	unsigned before = atomic_load(&scene_shared->n_unasked);
	int fs = (int)syscall(SYS_fsopen, "tmpfs", 1), folder, outcome;
	const char *sleeper = strrchr(scene_folder, '/') + 1; /* a name that is watched for */
	bool told;
	pid_t pid;

	if (fs < 0 || syscall(SYS_fsconfig, fs, 6, NULL, NULL, 0) != 0)
		return 2;
	folder = (int)syscall(SYS_fsmount, fs, 1, 0);
	must(folder < 0);
	copy("/bin/sleep", folder, sleeper);
	pid = start_at(folder, sleeper, "10");
	told = unasked_grows(before);
	copy(program("detached", DEED_FORGED), folder, "forged");
	outcome = run_at(folder, "forged");
	stop(pid);
	return told && outcome == DENIED ? 1 : told ? 3 : 0;
}

/* The guard's youngest child. */
static pid_t scout(void)
{
	char path[64];
	pid_t pid = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)scene_guard,
		       (int)scene_guard);
	f = fopen(path, "re");
	must(!f);
	while (fscanf(f, "%d", &pid) == 1)
		;
	(void)fclose(f);
	return pid;
}

static bool is_held(pid_t pid)
{
	char path[64], state = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	if (f)
		(void)fclose(f);
	return state == 'T';
}

/* It sees nothing until it is told to go on, which must be before it counts as stuck. */
static pid_t scout_hold(void)
{
	pid_t looks = scout();

	(void)kill(looks, SIGSTOP);
	for (int64_t began = ledger_now(); !is_held(looks) && ledger_now() < began + PROMPTLY;)
		(void)usleep(200);
	return looks;
}

static bool is_only_ours(size_t n)
{
	dev_t marked[16];
	struct stat host, ours;
	size_t have = scene_marked(marked, 16);
	bool found = false;

	must(stat("/", &host) != 0 || stat(scene_folder, &ours) != 0);
	for (size_t i = 0; i < have; i++) {
		found = found || marked[i] == ours.st_dev;
		if (marked[i] == host.st_dev)
			return false;
	}
	return found && have == n;
}

/* Nothing may live on because somebody looks at it. */
static bool ends_with_ours(void)
{
	for (int64_t began = ledger_now(); ledger_now() < began + PROMPTLY; (void)usleep(10000))
		if (is_only_ours(1))
			return true;
	return false;
}

/* The best of some: others may keep a guard from its processor. */
static int user_ms(void)
{
	int best = as_user(mounts_two);

	for (int i = 0; i < 3 && best > SOON_MS; i++) {
		int ms = as_user(mounts_two);

		best = ms < best ? ms : best;
	}
	return best;
}

static void test_user(void)
{
	int ms = user_ms();

	if (ms < 0) {
		CHECK(1, "name spaces of users # SKIP not to be had here");
		return;
	}
	CHECK(ms <= SOON_MS, "what a user mounts for himself is watched after %d ms", ms);
	CHECK(ends_with_ours(), "and gone when he is");
}

static void test_gap(void)
{
	pid_t looks = scout_hold(), waker;
	int told;

	waker = fork();
	if (waker == 0) {
		(void)usleep(200000);
		_exit(kill(looks, SIGCONT));
	}
	told = as_user(runs_at_once);
	(void)waitpid(waker, NULL, 0);
	CHECK(told < 0 || told == 1, "what ran before that is told (%d)", told);
	told = as_user(runs_detached);
	CHECK(told < 0 || told == 1 || told == 2,
	      "what runs from a file system that is mounted nowhere is told, and then watched "
	      "(%d)",
	      told);
}

static int over_mounts(void)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	unsigned before = atomic_load(&scene_shared->n_unasked);
	char options[64];
	bool told;
	int folder, silent;
	pid_t pid, looks;

	(void)snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0",
		       fuse);
	if (fuse < 0 || unshare(CLONE_NEWNS) != 0)
		return 2;
	/* Else it may have had it asked about already, or be on its way there. */
	looks = scout_hold();
	must(mount(scene_folder, place("space"), "tmpfs", 0, "size=8m") != 0 ||
	     mkdir(place("space/in"), 0755) != 0 ||
	     mount(scene_folder, place("space/in"), "tmpfs", 0, "size=8m") != 0);
	folder = open(place("space/in"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(folder < 0);
	silent = mount("silent", place("space"), "fuse", 0, options);
	(void)kill(looks, SIGCONT);
	if (silent != 0)
		return 2;
	copy("/bin/sleep", folder, basename(scene_folder));
	pid = start_at(folder, basename(scene_folder), "10");
	told = unasked_grows(before);
	stop(pid);
	(void)umount2(place("space"), MNT_DETACH);
	(void)close(fuse);
	return told;
}

/* Nobody's way leads through what never answers. */
static void test_silent(void)
{
	int state = 0;
	pid_t old = scout(), pid = fork();

	if (pid == 0)
		_exit(over_mounts());
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	CHECK(WIFEXITED(state) && WEXITSTATUS(state) != 0,
	      "what runs below a silent file system is told (%d)", WEXITSTATUS(state));
	CHECK(scout() == old, "and nobody waits for that");
}

static void test_stuck(void)
{
	pid_t old = scout();
	int ms;

	(void)kill(old, SIGSTOP);
	for (int64_t began = ledger_now();
	     kill(old, 0) == 0 && ledger_now() < began + 3 * PROMPTLY;)
		(void)usleep(20000);
	(void)usleep(200000);
	ms = user_ms();
	CHECK(kill(old, 0) != 0 && ms <= SOON_MS, "a scout that is stuck is replaced (%d ms)",
	      ms);
	CHECK(run(program("f", DEED_FORGED)) == DENIED, "and nobody else");
}

int main(void)
{
	int outcome, folder;
	pid_t pid;

	if (!scene_begin())
		return 0;
	must(mkdir(place("space"), 0755) != 0);
	folder = open(scene_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	copy("/bin/sleep", folder, "sleep");
	pid = start_at(folder, "sleep", "30");
	scene_start_all(GUARD_DENYLIST, NULL);
	for (int64_t began = ledger_now();
	     atomic_load(&scene_shared->n_running) == 0 && ledger_now() < began + 5 * PROMPTLY;)
		(void)usleep(5000);
	CHECK(atomic_load(&scene_shared->n_running) == 1, "what ran before is judged, too (%u)",
	      atomic_load(&scene_shared->n_running));
	scene_end_child(pid);
	CHECK(is_only_ours(1), "nothing of the host is watched");
	CHECK(run(program("forged", DEED_FORGED)) == DENIED, "and ours is");
	outcome = as_user(over_layers);
	CHECK(outcome < 3, "layers of a user's own, and a mapping that is written to (%d%s)",
	      outcome, outcome == 1 ? "" : ": not to be had here");
	test_user();
	test_gap();
	test_silent();
	test_stuck();
	CHECK(ends_with_ours(), "nothing of the host is watched still");
	(void)scene_stop(SIGTERM);
	scene_end();
	return CHECK_DONE();
}
