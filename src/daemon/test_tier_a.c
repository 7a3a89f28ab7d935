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
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

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
	int outcome = DEED_FORGED;

	(void)snprintf(name, sizeof(name), "%sstored", folder);
	path = program(name, DEED_GOOD);
	CHECK(run(path) == DEED_GOOD && run(path) == DEED_GOOD, "%s: good, and known", tier());
	store(path, DEED_FORGED);
	for (int i = 0; i < 100 && outcome == DEED_FORGED; i++) {
		outcome = run(path);
		(void)usleep(10000);
	}
	CHECK(outcome == DENIED, "%s: a store in a mapping is seen (%d)", tier(), outcome);
	CHECK(run(path) == DENIED, "%s: and stays so", tier());
	append(path, DEED_FORGED);
	CHECK(run(path) == DENIED, "%s: longer, it is vetted anew", tier());
	append(path, DEED_GOOD);
	CHECK(run(path) == MENDED, "%s: mended, it runs", tier());
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
	if (scene_tier_a)
		test_rescue();
	else
		(void)scene_stop(SIGKILL);
}

int main(int argc, char **argv)
{
	if (!scene_begin())
		return 0;
	(void)snprintf(pins, sizeof(pins), "%s/pins", scene_folder);
	(void)snprintf(place, sizeof(place), "%s/disk", scene_folder);
	must(mkdir(pins, 0700) != 0 || mkdir(place, 0755) != 0);
	must(mount("bpf", pins, "bpf", 0, NULL) != 0);
	with_disk = argc == 2;
	must(with_disk && mount(argv[1], place, NULL, MS_BIND, NULL) != 0);
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
