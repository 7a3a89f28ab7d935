/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's own programs refuse (tier A), and beside each row what happens without
 * them (tier B): a gap that tells of itself.  Where the kernel does not take such programs,
 * only the second half is tried; tests/vm boots kernels that do.
 *
 *	test_tier_a [FOLDER]     also on the disk that is mounted at FOLDER
 */
#include "daemon/test_scene.h"
#include "tests/check.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COPY   "real"
#define MAPPED 42 /* of a child: nobody refused */
/* It is judged by its last byte, and ends with the one that was the last at first. */
#define MENDED DEED_FORGED

static char pins[64], place[64];
static bool with_disk;

static const char *tier(void)
{
	return scene_tier_a ? "tier A" : "tier B";
}

/* Changes the last byte in a mapping: no event, and on tmpfs not even a time. */
static void store(const char *path, enum deed deed)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	size_t size = (size_t)lseek(fd, 0, SEEK_END);
	uint8_t *bytes = (uint8_t *)mmap(NULL, size, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_POPULATE, fd, 0);

	must(bytes == MAP_FAILED);
	bytes[size - 1] = (uint8_t)deed;
	(void)munmap(bytes, size);
	(void)close(fd);
}

static void append(const char *path, enum deed deed)
{
	uint8_t byte = (uint8_t)deed;
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	must(fd < 0 || write(fd, &byte, 1) != 1);
	(void)close(fd);
}

/* All inodes that nobody uses are forgotten; only where no one else needs them. */
static void inodes_forget(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	sync();
	must(fd < 0 || write(fd, "3", 1) != 1);
	(void)close(fd);
}

static void guard_start(enum guard_mode mode)
{
	scene_start(mode, with_disk ? place : NULL);
}

/* What a loader does with a library: MAPPED, or errno. */
static int map_to_run(const char *path, int first, int then)
{
	int state = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		void *at = mmap(NULL, 4096, first, MAP_PRIVATE, fd, 0);

		if (at != MAP_FAILED && (!then || mprotect(at, 4096, then) == 0))
			_exit(MAPPED);
		_exit(errno);
	}
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* A file whose path contains @part, of which this process has mapped something to run. */
static bool mapped_path(const char *part, char *path, size_t room)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	bool found = false;

	must(!maps);
	while (!found && fgets(line, sizeof(line), maps)) {
		const char *start = strchr(line, '/');

		line[strcspn(line, "\n")] = 0;
		found = start && strstr(start, part) && strstr(line, "r-xp ");
		if (found)
			(void)snprintf(path, room, "%s", start);
	}
	(void)fclose(maps);
	return found;
}

/* A real file, to be judged by the byte that is added. */
static void copy_make(const char *from, const char *to, enum deed deed)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t n = 1;

	must(in < 0 || out < 0);
	while (n > 0)
		n = sendfile(out, in, NULL, 1 << 20);
	must(n < 0);
	(void)close(in);
	(void)close(out);
	append(to, deed);
}

/* Of @words, run with @preload; MAPPED: it came to its end as it should. */
static int words_run(const char *preload, const char *const *words)
{
	int state = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

		(void)dup2(quiet, STDERR_FILENO);
		if (preload)
			(void)setenv("LD_PRELOAD", preload, 1);
		(void)execv(words[0], (char *const *)(uintptr_t)words);
		_exit(errno);
	}
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static int loader_run(const char *program_path)
{
	char loader[256];

	must(!mapped_path("/ld-", loader, sizeof(loader)));
	return words_run(NULL, (const char *const[]){ loader, program_path, "--mapped", NULL });
}

static int preload_run(const char *library)
{
	return words_run(library,
			 (const char *const[]){ "/proc/self/exe", "--has", library, NULL });
}

/* A program that the loader is given, and a library that a good program is given. */
static void test_loader(bool vetted)
{
	static const struct {
		const char *name;
		int (*run)(const char *path);
	} rows[] = {
		{"ld.so PROGRAM", loader_run },
                { "LD_PRELOAD",   preload_run}
	};
	char from[2][256] = { "" }, path[128];

	must(readlink("/proc/self/exe", from[0], sizeof(from[0]) - 1) < 0 ||
	     !mapped_path("/libz.so", from[1], sizeof(from[1])));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int outcome = MAPPED;

		(void)snprintf(path, sizeof(path), "%s/" COPY, scene_folder);
		copy_make(from[i], path, DEED_GOOD);
		CHECK(!vetted || run(path) != DENIED, "%s: %s: good", tier(), rows[i].name);
		CHECK(rows[i].run(path) == MAPPED, "%s: ... is run", tier());
		(void)unlink(path);
		copy_make(from[i], path, DEED_FORGED);
		CHECK(!vetted || run(path) == DENIED, "%s: %s: forged", tier(), rows[i].name);
		/* What nobody had vetted is vetted the first time. */
		for (int k = 0; k < (vetted ? 1 : 200) && outcome == MAPPED; k++) {
			outcome = rows[i].run(path);
			(void)usleep(vetted ? 0 : 10000);
			if (!scene_tier_a)
				break;
		}
		CHECK((outcome == MAPPED) == !scene_tier_a, "%s: ... %s (%d)", tier(),
		      scene_tier_a ? "is not run" : "is, which status tells", outcome);
		(void)unlink(path);
	}
}

static void test_maps(const char *folder)
{
	char name[64];
	int refused = scene_tier_a ? EPERM : MAPPED;
	const char *path;

	(void)snprintf(name, sizeof(name), "%slibrary", folder);
	path = program(name, DEED_FORGED);
	CHECK(run(path) == DENIED, "%s: forged", tier());
	CHECK(map_to_run(path, PROT_READ | PROT_EXEC, 0) == refused,
	      "%s: what is denied is mapped to run: %s", tier(), strerror(refused));
	CHECK(map_to_run(path, PROT_READ, PROT_READ | PROT_EXEC) == refused,
	      "%s: ... or made so afterwards", tier());
	CHECK(map_to_run(path, PROT_READ, 0) == MAPPED, "%s: it can be read", tier());
	path = program(name, DEED_GOOD);
	CHECK(run(path) == DEED_GOOD && map_to_run(path, PROT_READ | PROT_EXEC, 0) == MAPPED,
	      "%s: what is allowed can be mapped", tier());
}

/* A store into what the kernel need not ask about. */
static void test_store(const char *folder)
{
	char name[64];
	const char *path;
	int outcome;

	(void)snprintf(name, sizeof(name), "%sstored", folder);
	path = program(name, DEED_GOOD);
	CHECK(run(path) == DEED_GOOD && run(path) == DEED_GOOD, "%s: good, and known", tier());
	store(path, DEED_FORGED);
	outcome = run(path);
	CHECK(outcome == DENIED || (scene_tier_a && outcome == EAGAIN),
	      "%s: a store in a mapping is not run even once (%d)", tier(), outcome);
	for (int i = 0; i < 100 && outcome == EAGAIN; i++) {
		(void)usleep(10000);
		outcome = run(path);
	}
	CHECK(outcome == DENIED, "%s: it is vetted anew (%d)", tier(), outcome);
	CHECK(run(path) == DENIED, "%s: and stays so", tier());
	append(path, DEED_FORGED);
	CHECK(run(path) == DENIED, "%s: longer, it is vetted anew", tier());
	append(path, DEED_GOOD);
	CHECK(run(path) == MENDED, "%s: mended, it runs", tier());
}

/* Changed behind the back of who asks before a run: nobody was asked, so it is refused. */
static void test_store_allowlist(void)
{
	const char *path = program("stored", DEED_GOOD);
	int outcome = DENIED;

	CHECK(run(path) == DEED_GOOD && run(path) == DEED_GOOD,
	      "%s: allowlist: good, and known", tier());
	store(path, DEED_FORGED);
	outcome = run(path);
	CHECK(outcome == DENIED || (scene_tier_a && outcome == EAGAIN),
	      "%s: a store in a mapping is not run even once (%d)", tier(), outcome);
	store(path, DEED_GOOD);
	for (int i = 0; i < 100 && outcome != DEED_GOOD; i++) {
		outcome = run(path);
		(void)usleep(10000);
	}
	CHECK(outcome == DEED_GOOD, "%s: mended, it is vetted anew and runs", tier());
}

/* What nobody vetted is not mapped either, where that is wanted. */
static void test_libraries_strict(void)
{
	const char *path = program("unseen", DEED_GOOD);
	int first, outcome;

	/* Whoever answers has begun. */
	CHECK(run(program("seen", DEED_GOOD)) == DEED_GOOD, "%s: guarded", tier());
	first = outcome = map_to_run(path, PROT_READ | PROT_EXEC, 0);
	for (int i = 0; i < 200 && outcome != MAPPED; i++) {
		(void)usleep(10000);
		outcome = map_to_run(path, PROT_READ | PROT_EXEC, 0);
	}
	CHECK(first == (scene_tier_a ? EPERM : MAPPED),
	      "%s: libraries = strict: not vetted yet (%d)", tier(), first);
	CHECK(outcome == MAPPED, "%s: vetted at once, and good", tier());
}

/* Of a program in memory: its number, or errno. */
static int memory_run(void)
{
	int fd = memfd_create("program", 0), from, state = -1;
	pid_t pid;

	from = open(program("memory", DEED_GOOD), O_RDONLY | O_CLOEXEC);
	must(fd < 0 || from < 0 || sendfile(fd, from, NULL, 1 << 20) <= 0);
	(void)close(from);
	pid = fork();
	if (pid == 0) {
		char *const none[] = { NULL };

		(void)fexecve(fd, none, none);
		_exit(errno);
	}
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	(void)close(fd);
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static void test_memory(enum guard_mode mode, enum tier_a_memory policy)
{
	int outcome, wanted = DEED_GOOD;

	if (scene_tier_a && policy == TIER_A_MEMORY_DENY)
		wanted = DENIED;
	atomic_store(&scene_shared->memory, policy);
	guard_start(mode);
	CHECK(run(program("any", DEED_FORGED)) == DENIED, "%s: guarded", tier());
	outcome = memory_run();
	CHECK(outcome == wanted, "%s: a program in memory %s (%d)", tier(),
	      wanted == DENIED ? "is refused" : "runs", outcome);
	(void)scene_stop(SIGTERM);
}

/* A good script whose interpreter was denied while somebody was there. */
static void test_level(void)
{
	char path[128], text[160];
	const char *bad = program("interpreter", DEED_FORGED);
	int fd;

	(void)snprintf(path, sizeof(path), "%s/script", scene_folder);
	(void)snprintf(text, sizeof(text), "#!%s\n%c", bad, DEED_GOOD);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	must(fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text));
	(void)close(fd);
	guard_start(GUARD_DENYLIST);
	CHECK(run(bad) == DENIED && run(path) == DENIED, "%s: a denied interpreter", tier());
	(void)scene_stop(SIGKILL);
	CHECK(run(path) == (scene_tier_a ? DENIED : DEED_FORGED),
	      "%s: ... once nobody is there", tier());
}

/* Nothing good is refused for being asked about by many at once, nothing bad let through. */
static void test_storm(void)
{
	enum { PARENTS = 8, EACH = 25 };
	const char *good = program("storm", DEED_GOOD), *bad = program("storms", DEED_FORGED);
	pid_t parents[PARENTS];
	unsigned wrong = 0;

	for (unsigned i = 0; i < PARENTS; i++) {
		parents[i] = fork();
		for (unsigned k = 0; parents[i] == 0 && k < EACH; k++)
			if (run(good) != DEED_GOOD || run(bad) != DENIED)
				_exit(1);
		if (parents[i] == 0)
			_exit(0);
	}
	for (unsigned i = 0; i < PARENTS; i++) {
		int state = -1;

		(void)waitpid(parents[i], &state, 0);
		wrong += state != 0;
	}
	CHECK(wrong == 0, "%s: a storm of %d is answered rightly", tier(), PARENTS * EACH * 2);
}

/* Nobody is there any more. */
static void test_dead(const char *folder)
{
	char name[64], path[128];
	int kept = scene_tier_a ? DENIED : DEED_FORGED;

	(void)snprintf(name, sizeof(name), "%sdead", folder);
	(void)snprintf(path, sizeof(path), "%s", program(name, DEED_FORGED));
	CHECK(run(path) == DENIED, "%s: forged", tier());
	(void)scene_stop(SIGKILL);
	CHECK(run(path) == kept, "%s: the guard killed: what was denied %s", tier(),
	      scene_tier_a ? "still is" : "runs");
	append(path, DEED_FORGED);
	CHECK(run(path) == kept, "%s: written to: the same", tier());
	if (scene_tier_a) {
		inodes_forget();
		CHECK(run(path) == kept, "%s: forgotten by the kernel: the same", tier());
	}
	CHECK(run(program("unknown", DEED_GOOD)) == DEED_GOOD, "%s: what nobody knows runs",
	      tier());
	guard_start(GUARD_DENYLIST);
	CHECK(run(path) == DENIED, "%s: a new guard denies it", tier());
	append(path, DEED_GOOD);
	CHECK(run(path) == MENDED, "%s: and vets it anew", tier());
	(void)scene_stop(SIGKILL);
	CHECK(run(path) == MENDED, "%s: which counts when it is dead, too", tier());
	guard_start(GUARD_DENYLIST);
}

/* As an administrator does it: rm -r. */
static void pins_remove(void)
{
	DIR *folder = opendir(pins);

	must(!folder);
	for (struct dirent *e = readdir(folder); e; e = readdir(folder))
		if (e->d_name[0] != '.')
			must(unlinkat(dirfd(folder), e->d_name, 0) != 0);
	(void)closedir(folder);
}

/* Programs and maps go with the files that hold them. */
static void test_rescue(void)
{
	const char *path = program("rescued", DEED_FORGED);
	int outcome = DENIED;

	CHECK(run(path) == DENIED, "%s: forged", tier());
	(void)scene_stop(SIGKILL);
	CHECK(run(path) == DENIED, "%s: and stays so", tier());
	pins_remove();
	/* The kernel lets go of them when nobody can still be inside. */
	for (int i = 0; i < 500 && outcome == DENIED; i++) {
		(void)usleep(10000);
		outcome = run(path);
	}
	CHECK(outcome == DEED_FORGED, "%s: unpinned, nothing is refused any more", tier());
}

static void test_tier(void)
{
	struct statfs fs;

	guard_start(GUARD_DENYLIST);
	test_maps("");
	test_store("");
	test_dead("");
	if (with_disk) {
		CHECK(statfs(place, &fs) == 0 && fs.f_type == EXT4_SUPER_MAGIC,
		      "the disk is ext4");
		test_maps("disk/");
		test_store("disk/");
		test_dead("disk/");
	}
	test_loader(true);
	test_loader(false);
	test_storm();
	(void)scene_stop(SIGTERM);
	guard_start(GUARD_ALLOWLIST);
	test_store_allowlist();
	test_storm();
	(void)scene_stop(SIGTERM);
	scene_libraries = true;
	guard_start(GUARD_ALLOWLIST);
	test_libraries_strict();
	(void)scene_stop(SIGTERM);
	scene_libraries = false;
	test_memory(GUARD_ALLOWLIST, TIER_A_MEMORY_DENY);
	test_memory(GUARD_DENYLIST, TIER_A_MEMORY_RECORD);
	test_level();
	if (scene_tier_a) {
		guard_start(GUARD_DENYLIST);
		test_rescue();
	}
}

static int later(const void *a, const void *b)
{
	const int64_t *x = (const int64_t *)a, *y = (const int64_t *)b;

	return (*x > *y) - (*x < *y);
}

static int64_t now_ns(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A run of @path, from vfork(2) to its end, that no tick of the clock came into. */
static int64_t run_cost(const char *path)
{
	enum { RUNS = 401 };
	static int64_t costs[RUNS];

	for (int i = 0; i < RUNS; i++) {
		int state = -1;
		int64_t began = now_ns();
		pid_t pid = vfork();

		if (pid == 0) {
			(void)execl(path, path, (char *)NULL);
			_exit(DENIED);
		}
		must(waitpid(pid, &state, 0) != pid || WEXITSTATUS(state) != DEED_GOOD);
		costs[i] = now_ns() - began;
	}
	qsort(costs, RUNS, sizeof(costs[0]), later);
	return costs[RUNS / 4];
}

/* Under a clock that counts instructions; @limit: in hundredths of a run without a guard. */
static void cost_check(const char *what, const char *path, int64_t none, int64_t limit)
{
	int64_t cost;

	guard_start(GUARD_DENYLIST);
	must(run(path) != DEED_GOOD);
	cost = run_cost(path);
	(void)scene_stop(SIGTERM);
	CHECK(limit == 0 || cost * 100 <= none * limit,
	      "%s: %lld instructions, %lld.%03lld of none", what, (long long)cost,
	      (long long)(cost / none), (long long)(cost * 1000 / none % 1000));
}

static int test_cost(void)
{
	char path[128];
	int64_t none;

	(void)snprintf(path, sizeof(path), "%s", program("disk/cost", DEED_GOOD));
	none = run_cost(path);
	CHECK(none > 0, "without a guard: %lld instructions", (long long)none);
	scene_tier_a = pins;
	cost_check("tier A", path, none, 102);
	CHECK(scene_shared->tier.on, "it was tier A");
	pins_remove();
	(void)sleep(1); /* the kernel lets go of them when nobody can still be inside */
	scene_tier_a = NULL;
	cost_check("tier B, from memory", path, none, 0);
	scene_fast = true;
	cost_check("tier B, fast = root-owned", path, none, 0);
	scene_fast = false;
	scene_end();
	return CHECK_DONE();
}

/* What children of this test are asked: have they come as far as this? */
static int child_answer(const char *question, const char *path)
{
	char found[256];

	return strcmp(question, "--mapped") == 0 || mapped_path(path, found, sizeof(found))
		       ? MAPPED
		       : EXIT_FAILURE;
}

/* False: this cannot be tested here, and the test has said so. */
static bool places_begin(const char *disk)
{
	if (!scene_begin())
		return false;
	(void)snprintf(pins, sizeof(pins), "%s/pins", scene_folder);
	(void)snprintf(place, sizeof(place), "%s/disk", scene_folder);
	must(mkdir(pins, 0700) != 0 || mkdir(place, 0755) != 0);
	must(mount("bpf", pins, "bpf", 0, NULL) != 0);
	with_disk = disk != NULL;
	must(with_disk && mount(disk, place, NULL, MS_BIND, NULL) != 0);
	return true;
}

int main(int argc, char **argv)
{
	char self[256];

	/* A copy of this program must never begin with all this. */
	if (mapped_path("/" COPY, self, sizeof(self)))
		return MAPPED;
	if (argc == 3 && strcmp(argv[1], "--cost") == 0) {
		if (!places_begin(argv[2]))
			return 0;
		return test_cost();
	}
	if (argc >= 2 && argv[1][0] == '-')
		return child_answer(argv[1], argc > 2 ? argv[2] : "");
	if (!places_begin(argc == 2 ? argv[1] : NULL))
		return 0;
	scene_tier_a = pins;
	scene_start(GUARD_LEARN, NULL);
	(void)scene_stop(SIGTERM);
	if (scene_shared->tier.on) {
		CHECK(!scene_shared->tier.lacks, "tier A has all hooks: %s",
		      scene_shared->tier.lacks ? scene_shared->tier.lacks : "yes");
		test_tier();
	} else {
		CHECK(scene_shared->tier.reason, "tier A: %s (%s) # SKIP not on this kernel",
		      scene_shared->tier.reason, strerror(scene_shared->tier.error));
		CHECK(!with_disk, "whoever boots a kernel for this wants it");
	}
	scene_tier_a = NULL;
	test_tier();
	(void)umount2(place, MNT_DETACH);
	(void)umount2(pins, MNT_DETACH);
	scene_end();
	return CHECK_DONE();
}
