/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's own programs refuse (tier A), and beside each row what happens without
 * them (tier B): a gap that tells of itself.  Where the kernel does not take such programs,
 * only the second half is tried; tests/vm boots kernels that do.
 *
 *	test_tier_a [FOLDER...]     also on the disk of each folder
 *	test_tier_a --cost FOLDER   what a run costs there, where instructions are the clock
 *	test_tier_a --none          on a kernel that has all that it takes but bpf among lsm=
 */
#include "daemon/marks.h"
#include "daemon/test_tier.h"
#include "host/superblock.h"
#include "tests/check.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534

char tier_pins[64], tier_place[64];
static bool with_disk;

void tier_check(bool holds, const char *format, ...)
{
	char text[256];
	va_list values;

	va_start(values, format);
	(void)vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	CHECK(holds, "%s", text);
}

const char *tier_word(void)
{
	return scene_tier_a ? "tier A" : "tier B";
}

void tier_forget(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	sync();
	must(fd < 0 || write(fd, "3", 1) != 1);
	(void)close(fd);
}

static void guard_start(enum guard_mode mode)
{
	scene_start(mode, with_disk ? tier_place : NULL);
}

int tier_map(const char *path, int first, int then)
{
	int state = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		void *at = mmap(NULL, 4096, first, MAP_PRIVATE, fd, 0);

		if (at != MAP_FAILED && (!then || mprotect(at, 4096, then) == 0)) {
			/* Where it is mapped is all that anybody can know of it. */
			(void)usleep(then ? 30000 : 0);
			_exit(MAPPED);
		}
		_exit(errno);
	}
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static void test_maps(const char *folder)
{
	char name[64];
	int refused = scene_tier_a ? EPERM : MAPPED;
	const char *path;

	(void)snprintf(name, sizeof(name), "%slibrary", folder);
	path = program(name, DEED_FORGED);
	CHECK(run(path) == DENIED, "%s: forged", tier_word());
	CHECK(tier_map(path, PROT_READ | PROT_EXEC, 0) == refused,
	      "%s: what is denied is mapped to run: %s", tier_word(), strerror(refused));
	CHECK(tier_map(path, PROT_READ, PROT_READ | PROT_EXEC) == refused,
	      "%s: ... or made so afterwards", tier_word());
	CHECK(tier_map(path, PROT_READ, 0) == MAPPED, "%s: it can be read", tier_word());
	path = program(name, DEED_GOOD);
	CHECK(run(path) == DEED_GOOD && tier_map(path, PROT_READ | PROT_EXEC, 0) == MAPPED,
	      "%s: what is allowed can be mapped", tier_word());
}

/* A store into what the kernel need not ask about. */
static void test_store(const char *folder)
{
	char name[64];
	const char *path;
	int outcome;

	(void)snprintf(name, sizeof(name), "%sstored", folder);
	path = program(name, DEED_GOOD);
	CHECK(run(path) == DEED_GOOD && run(path) == DEED_GOOD, "%s: good, and known",
	      tier_word());
	scene_store(path, DEED_FORGED);
	outcome = run(path);
	CHECK(outcome == DENIED || (scene_tier_a && outcome == EAGAIN),
	      "%s: a store in a mapping is not run even once (%d)", tier_word(), outcome);
	CHECK(run_settled(path) == DENIED, "%s: it is vetted anew", tier_word());
	CHECK(run(path) == DENIED, "%s: and stays so", tier_word());
	scene_append(path, DEED_FORGED);
	CHECK(run(path) == DENIED, "%s: longer, it is vetted anew", tier_word());
	scene_append(path, DEED_GOOD);
	CHECK(run(path) == MENDED, "%s: mended, it runs", tier_word());
}

/* Changed behind the back of who asks before a run: nobody was asked, so it is refused. */
static void test_store_allowlist(void)
{
	const char *path = program("stored", DEED_GOOD);
	int outcome = DENIED;

	CHECK(run(path) == DEED_GOOD && run(path) == DEED_GOOD,
	      "%s: allowlist: good, and known", tier_word());
	scene_store(path, DEED_FORGED);
	outcome = run(path);
	CHECK(outcome == DENIED || (scene_tier_a && outcome == EAGAIN),
	      "%s: a store in a mapping is not run even once (%d)", tier_word(), outcome);
	scene_store(path, DEED_GOOD);
	for (int i = 0; i < 100 && outcome != DEED_GOOD; i++) {
		outcome = run(path);
		(void)usleep(10000);
	}
	CHECK(outcome == DEED_GOOD, "%s: mended, it is vetted anew and runs", tier_word());
}

/* Who keeps a denied file from being judged again has not made it good. */
static void test_undecided(void)
{
	const char *path = program("undecided", DEED_FORGED);
	int outcome;

	CHECK(run(path) == DENIED, "%s: forged", tier_word());
	scene_append(path, DEED_HANG);
	outcome = run(path);
	CHECK(outcome == (scene_tier_a ? DENIED : DEED_FORGED),
	      "%s: nobody can say whether it still is (%d)", tier_word(), outcome);
}

/* What was let run once need not be asked about. */
static void test_learnt(const char *folder)
{
	char name[64];
	const char *path;
	uint64_t before;

	(void)snprintf(name, sizeof(name), "%slearnt", folder);
	path = program(name, DEED_GOOD);
	for (int i = 0; i < 3; i++)
		CHECK(run_settled(path) == DEED_GOOD, "%s: good", tier_word());
	before = scene_counted(LEDGER_ASKED);
	(void)run(path);
	CHECK((scene_counted(LEDGER_ASKED) == before) == (scene_tier_a != NULL),
	      "%s: the kernel %s", tier_word(), scene_tier_a ? "need not ask" : "asks again");
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
	CHECK(run(program("any", DEED_FORGED)) == DENIED, "%s: guarded", tier_word());
	outcome = memory_run();
	CHECK(outcome == wanted, "%s: a program in memory %s (%d)", tier_word(),
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
	CHECK(run(bad) == DENIED && run(path) == DENIED, "%s: a denied interpreter",
	      tier_word());
	(void)scene_stop(SIGKILL);
	CHECK(run(path) == (scene_tier_a ? DENIED : DEED_FORGED),
	      "%s: ... once nobody is there", tier_word());
}

/* Nothing good is refused for being asked about by many at once, nothing bad let through. */
static void test_storm(void)
{
	enum { PARENTS = 8, EACH = 25 };

	CHECK(scene_storm(PARENTS, EACH) == 0, "%s: a storm of %d is answered rightly",
	      tier_word(), PARENTS * EACH * 2);
}

/* Nobody is there any more. */
static void test_dead(const char *folder)
{
	char name[64], path[128];
	int kept = scene_tier_a ? DENIED : DEED_FORGED;

	(void)snprintf(name, sizeof(name), "%sdead", folder);
	(void)snprintf(path, sizeof(path), "%s", program(name, DEED_FORGED));
	CHECK(run(path) == DENIED, "%s: forged", tier_word());
	(void)scene_stop(SIGKILL);
	CHECK(run(path) == kept, "%s: the guard killed: what was denied %s", tier_word(),
	      scene_tier_a ? "still is" : "runs");
	scene_append(path, DEED_FORGED);
	CHECK(run(path) == kept, "%s: written to: the same", tier_word());
	if (scene_tier_a) {
		tier_forget();
		CHECK(run(path) == kept, "%s: forgotten by the kernel: the same", tier_word());
	}
	CHECK(run(program("unknown", DEED_GOOD)) == DEED_GOOD, "%s: what nobody knows runs",
	      tier_word());
	guard_start(GUARD_DENYLIST);
	CHECK(run(path) == DENIED, "%s: a new guard denies it", tier_word());
	scene_append(path, DEED_GOOD);
	CHECK(run(path) == MENDED, "%s: and vets it anew", tier_word());
	(void)scene_stop(SIGKILL);
	CHECK(run(path) == MENDED, "%s: which counts when it is dead, too", tier_word());
	guard_start(GUARD_DENYLIST);
}

static unsigned pins_count(void)
{
	DIR *folder = opendir(tier_pins);
	unsigned n = 0;

	must(!folder);
	for (const struct dirent *e = readdir(folder); e; e = readdir(folder))
		n += e->d_name[0] != '.';
	(void)closedir(folder);
	return n;
}

void tier_pins_remove(void)
{
	DIR *folder = opendir(tier_pins);

	must(!folder);
	for (struct dirent *e = readdir(folder); e; e = readdir(folder))
		if (e->d_name[0] != '.')
			must(unlinkat(dirfd(folder), e->d_name, 0) != 0);
	(void)closedir(folder);
}

/* The kernel lets go of programs when nobody can still be inside. */
static int run_released(const char *path)
{
	int outcome = DENIED;

	for (int i = 0; i < 500 && outcome == DENIED; i++) {
		(void)usleep(10000);
		outcome = run(path);
	}
	return outcome;
}

/* Who guards without takes away what is left, but not from somebody who is there. */
static void test_dropped(void)
{
	const char *path = program("dropped", DEED_FORGED);

	guard_start(GUARD_DENYLIST);
	CHECK(run(path) == DENIED, "%s: forged", tier_word());
	tier_a_drop(tier_pins);
	CHECK(pins_count() > 0, "%s: a guard that is there keeps its programs", tier_word());
	(void)scene_stop(SIGTERM);
	CHECK(run(path) == DENIED, "%s: ended, it stays so", tier_word());
	tier_a_drop(tier_pins);
	CHECK(pins_count() == 0 && run_released(path) == DEED_FORGED,
	      "%s: ... until somebody guards without", tier_word());
}

/* Programs and maps go with the files that hold them. */
static void test_rescue(void)
{
	const char *path = program("rescued", DEED_FORGED);

	CHECK(run(path) == DENIED, "%s: forged", tier_word());
	(void)scene_stop(SIGKILL);
	CHECK(run(path) == DENIED, "%s: and stays so", tier_word());
	tier_pins_remove();
	CHECK(run_released(path) == DEED_FORGED, "%s: unpinned, nothing is refused any more",
	      tier_word());
}

static void test_place(const char *folder)
{
	guard_start(GUARD_DENYLIST);
	test_maps(folder);
	test_store(folder);
	test_learnt(folder);
	test_dead(folder);
	(void)scene_stop(SIGTERM);
}

/* A subvolume of its own, where there are some: it has a number that no table of mounts has. */
static void disk_enter(const char *folder)
{
	static const struct btrfs_ioctl_vol_args volume = { .name = "volume" };
	char from[128];
	struct statfs fs;
	struct stat st;
	uint64_t device = 0;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), proc = marks_proc_open();
	bool volumes;

	must(fd < 0 || fstatfs(fd, &fs) != 0);
	volumes = fs.f_type == BTRFS_SUPER_MAGIC;
	must(volumes && ioctl(fd, BTRFS_IOC_SUBVOL_CREATE, &volume) != 0 && errno != EEXIST);
	(void)close(fd);
	(void)snprintf(from, sizeof(from), "%s/%s", folder, volumes ? volume.name : "");
	must(mount(from, tier_place, NULL, MS_BIND, NULL) != 0);
	fd = open(tier_place, O_PATH | O_CLOEXEC);
	CHECK(fstat(fd, &st) == 0 && superblock_device(proc, fd, &device) &&
		      (st.st_dev != device) == volumes,
	      "%s: %s", folder, volumes ? "a subvolume with a number of its own" : "a disk");
	(void)close(proc);
	(void)close(fd);
	with_disk = true;
}

static void disk_leave(void)
{
	(void)umount2(tier_place, MNT_DETACH);
	with_disk = false;
}

static void test_tier(char *const *disks)
{
	test_place("");
	for (; *disks; disks++) {
		disk_enter(*disks);
		test_place("disk/");
		disk_leave();
	}
	guard_start(GUARD_DENYLIST);
	tier_loader(true);
	tier_loader(false);
	tier_library_mended();
	tier_protected();
	test_undecided();
	test_storm();
	(void)scene_stop(SIGTERM);
	guard_start(GUARD_ALLOWLIST);
	test_store_allowlist();
	test_storm();
	tier_libraries(0);
	tier_libraries(NOBODY);
	(void)scene_stop(SIGTERM);
	scene_libraries = true;
	guard_start(GUARD_ALLOWLIST);
	tier_libraries(0);
	(void)scene_stop(SIGTERM);
	scene_libraries = false;
	test_memory(GUARD_ALLOWLIST, TIER_A_MEMORY_DENY);
	test_memory(GUARD_DENYLIST, TIER_A_MEMORY_RECORD);
	test_level();
	tier_layers();
	if (scene_tier_a) {
		test_dropped();
		guard_start(GUARD_DENYLIST);
		test_rescue();
	}
}

/* What children of this test are asked: have they come as far as this? */
static int child_answer(const char *question, const char *path)
{
	char found[256];

	return strcmp(question, "--mapped") == 0 || tier_mapped_path(path, found, sizeof(found))
		       ? MAPPED
		       : EXIT_FAILURE;
}

/* False: this cannot be tested here, and the test has said so. */
static bool places_begin(void)
{
	if (!scene_begin())
		return false;
	(void)snprintf(tier_pins, sizeof(tier_pins), "%s/pins", scene_folder);
	(void)snprintf(tier_place, sizeof(tier_place), "%s/disk", scene_folder);
	must(mkdir(tier_pins, 0700) != 0 || mkdir(tier_place, 0755) != 0);
	must(mount("bpf", tier_pins, "bpf", 0, NULL) != 0);
	return true;
}

static int places_end(void)
{
	(void)umount2(tier_pins, MNT_DETACH);
	scene_end();
	return CHECK_DONE();
}

/* Is it on?  That is found out by trying. */
static bool tier_try(void)
{
	scene_tier_a = tier_pins;
	scene_start(GUARD_LEARN, NULL);
	(void)scene_stop(SIGTERM);
	return scene_shared->tier.on;
}

/* A kernel that was told to do without bpf among its modules: that shows when it is tried. */
static void test_none(void)
{
	CHECK(!tier_try() && scene_shared->tier.reason, "tier A is not believed: %s (%s)",
	      scene_shared->tier.reason ? scene_shared->tier.reason : "it is on",
	      strerror(scene_shared->tier.error));
	CHECK(pins_count() == 0, "nothing is left of it");
}

static void test_both(char *const *disks)
{
	if (tier_try()) {
		CHECK(!scene_shared->tier.lacks, "tier A has all hooks: %s",
		      scene_shared->tier.lacks ? scene_shared->tier.lacks : "yes");
		test_tier(disks);
	} else {
		CHECK(scene_shared->tier.reason, "tier A: %s (%s) # SKIP not on this kernel",
		      scene_shared->tier.reason, strerror(scene_shared->tier.error));
		CHECK(!*disks, "whoever boots a kernel for this wants it");
	}
	scene_tier_a = NULL;
	test_tier(disks);
}

int main(int argc, char **argv)
{
	char self[256];
	const char *what = argc > 1 ? argv[1] : "";

	/* A copy of this program must never begin with all this. */
	if (tier_mapped_path("/" TIER_COPY, self, sizeof(self)))
		return MAPPED;
	if (strcmp(what, "--mapped") == 0 || strcmp(what, "--has") == 0)
		return child_answer(what, argc > 2 ? argv[2] : "");
	if (!places_begin())
		return 0;
	if (strcmp(what, "--cost") == 0 && argc == 3) {
		disk_enter(argv[2]);
		tier_cost();
		disk_leave();
	} else if (strcmp(what, "--none") == 0) {
		test_none();
	} else {
		test_both(argc > 1 ? &argv[1] : &argv[argc]);
	}
	return places_end();
}
