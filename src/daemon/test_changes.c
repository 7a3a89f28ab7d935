/* SPDX-License-Identifier: MIT */
/*
 * What was let run is changed, in every way that there is: it is judged anew, on a file
 * system whose times tell nothing, on one where it is known, and where the kernel need not
 * even ask.  What the last does not see is said aloud.
 *
 *	test_changes [FOLDER...]     by tier A, on the disk of each folder
 */
#include "daemon/gaps.h"
#include "daemon/test_scene.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define BLOCK 4096

/* Another program, on the same file system. */
static const char *beside(const char *path)
{
	return program(strstr(path, "/disk/") ? "disk/other" : "other", DEED_FORGED);
}

static bool write_plain(const char *path)
{
	scene_spoil(path, DEED_FORGED);
	return true;
}

static bool write_renamed(const char *path)
{
	char to[256];

	(void)snprintf(to, sizeof(to), "%s", path);
	must(rename(beside(path), to) != 0);
	return true;
}

static bool write_copied(const char *path)
{
	const char *other = beside(path);
	int from = open(other, O_RDONLY | O_CLOEXEC), to = open(path, O_WRONLY | O_CLOEXEC);

	loff_t start = 0;

	must(from < 0 || to < 0 ||
	     copy_file_range(from, &start, to, NULL, (size_t)scene_last_of(from) + 1, 0) <= 0);
	(void)close(from);
	(void)close(to);
	return true;
}

static bool write_grown(const char *path)
{
	uint8_t byte = DEED_FORGED;
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	must(fd < 0 || write(fd, &byte, 1) != 1);
	(void)close(fd);
	return true;
}

static bool write_cut(const char *path)
{
	must(truncate(path, 100) != 0);
	return true;
}

static bool write_cut_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && ftruncate(fd, 100) == 0;

	(void)close(fd);
	return done;
}

static bool write_zeroed(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && fallocate(fd, FALLOC_FL_ZERO_RANGE, scene_last_of(fd), 1) == 0;

	(void)close(fd);
	return done;
}

static bool write_punched(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					 scene_last_of(fd), 1) == 0;

	(void)close(fd);
	return done;
}

/* Past the cache of pages; a whole block, whose last byte is forged. */
static bool write_direct(const char *path)
{
	static _Alignas(BLOCK) uint8_t block[BLOCK];
	int fd = open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
	bool done;

	block[BLOCK - 1] = DEED_FORGED;
	done = fd >= 0 && pwrite(fd, block, BLOCK, 0) == BLOCK;
	if (fd >= 0)
		(void)close(fd);
	return done;
}

static bool write_mapped(const char *path)
{
	scene_store(path, DEED_FORGED);
	return true;
}

/* By another name of the same inode. */
static bool write_linked(const char *path)
{
	char name[300];

	(void)snprintf(name, sizeof(name), "%s-link", path);
	must(link(path, name) != 0);
	scene_spoil(name, DEED_FORGED);
	must(unlink(name) != 0);
	return true;
}

static bool write_exchanged(const char *path)
{
	const char *other = beside(path);

	return syscall(SYS_renameat2, AT_FDCWD, other, AT_FDCWD, path, RENAME_EXCHANGE) == 0;
}

/* A file that had no name gets this one. */
static bool write_nameless(const char *path)
{
	char folder[256], name[64], bytes[512];
	int from = open(beside(path), O_RDONLY | O_CLOEXEC), to;
	ssize_t n = read(from, bytes, sizeof(bytes));

	(void)snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = 0;
	to = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0755);
	if (to < 0)
		return false;
	must(n <= 0 || write(to, bytes, (size_t)n) != n || unlink(path) != 0);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", to);
	must(linkat(AT_FDCWD, name, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0);
	(void)close(to);
	(void)close(from);
	return true;
}

/* Blocks of another file become its own; btrfs and the like. */
static bool write_cloned(const char *path)
{
	int from = open(beside(path), O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CLOEXEC);
	bool done;

	must(from < 0 || to < 0);
	done = ioctl(to, FICLONE, from) == 0;
	(void)close(from);
	(void)close(to);
	return done;
}

/* What a thread writes, and where to; what it writes it is kept waiting for. */
struct transfer {
	struct iovec from, to;
	bool done;
};

static void *transfer_go(void *argument)
{
	struct transfer *t = (struct transfer *)argument;

	t->done = process_vm_writev(getpid(), &t->from, 1, &t->to, 1, 0) == 1;
	return NULL;
}

/* Memory of which each touch waits until it is given; *@fd: by whom.  NULL: not here. */
static void *memory_awaited(int *fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	void *memory =
		mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register what = {
		.range = {(uintptr_t)memory, BLOCK},
                  .mode = UFFDIO_REGISTER_MODE_MISSING
	};

	*fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	must(memory == MAP_FAILED);
	if (*fd >= 0 && ioctl(*fd, UFFDIO_API, &api) == 0 &&
	    ioctl(*fd, UFFDIO_REGISTER, &what) == 0)
		return memory;
	(void)munmap(memory, BLOCK);
	return NULL;
}

/* The kernel goes on to write into a page of which nobody has a mapping any more. */
static bool write_pinned(const char *path)
{
	static _Alignas(BLOCK) uint8_t page[BLOCK] = { DEED_FORGED };
	int fd = open(path, O_RDWR | O_CLOEXEC), given_by;
	void *awaited = memory_awaited(&given_by);
	struct uffdio_copy given = { .src = (uintptr_t)page, .len = BLOCK };
	off_t last = scene_last_of(fd);
	uint8_t *bytes =
		(uint8_t *)mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct transfer t = {
		{awaited,       1},
                { bytes + last, 1},
                false
	};
	pthread_t thread;

	must(fd < 0 || bytes == MAP_FAILED || close(fd) != 0);
	if (awaited) {
		bytes[last] = DEED_GOOD; /* later ones find the page dirty: no other time */
		must(pthread_create(&thread, NULL, transfer_go, &t) != 0);
		(void)usleep(50000);
	}
	must(munmap(bytes, BLOCK) != 0);
	if (!awaited)
		return false;
	CHECK(run(path) == DEED_GOOD, "while a transfer waits: good");
	given.dst = (uintptr_t)awaited;
	must(ioctl(given_by, UFFDIO_COPY, &given) != 0 || pthread_join(thread, NULL) != 0 ||
	     close(given_by) != 0 || munmap(awaited, BLOCK) != 0);
	return t.done;
}

/* Past the file system, into the block of the disk in which the file is. */
static bool write_below(const char *path)
{
	char disk[128];
	uint8_t byte = DEED_FORGED;
	int fd = open(path, O_RDONLY | O_CLOEXEC), to, block = 0, bytes = 0;
	struct stat st;
	bool done;

	must(fd < 0 || fsync(fd) != 0 || fstat(fd, &st) != 0);
	(void)snprintf(disk, sizeof(disk), "%s/raw", scene_folder);
	if (ioctl(fd, FIBMAP, &block) != 0 || block == 0 || ioctl(fd, FIGETBSZ, &bytes) != 0 ||
	    mknod(disk, S_IFBLK | 0600, st.st_dev) != 0) {
		(void)close(fd);
		return false;
	}
	to = open(disk, O_WRONLY | O_CLOEXEC);
	done = to >= 0 && pwrite(to, &byte, 1, (off_t)block * bytes + scene_last_of(fd)) == 1 &&
	       fsync(to) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0;
	(void)close(to);
	(void)close(fd);
	(void)unlink(disk);
	return done;
}

/* Is there a gap with these words? */
static bool is_told(const char *words)
{
	unsigned host = scene_tier_a ? GAP_TIER_A : GAP_TIER_B;
	const char *gap;
	size_t at = 0;

	if (scene_fast)
		host |= GAP_FAST;
	while ((gap = gap_next(host, &at)) != NULL)
		if (strstr(gap, words))
			return true;
	return false;
}

static void test_writes(const char *where)
{
	static const struct {
		const char *name;
		bool (*change)(const char *path);
		const char *gap; /* by which it may go unseen */
	} rows[] = {
		{"write",            write_plain,     NULL                  },
		{ "rename",          write_renamed,   NULL                  },
		{ "copy_file_range", write_copied,    NULL                  },
		{ "append",          write_grown,     NULL                  },
		{ "truncate",        write_cut,       NULL                  },
		{ "ftruncate",       write_cut_open,  NULL                  },
		{ "zero range",      write_zeroed,    NULL                  },
		{ "punch hole",      write_punched,   NULL                  },
		{ "O_DIRECT",        write_direct,    NULL                  },
		{ "another link",    write_linked,    NULL                  },
		{ "exchange",        write_exchanged, NULL                  },
		{ "O_TMPFILE",       write_nameless,  NULL                  },
		{ "clone",           write_cloned,    NULL                  },
		{ "mapping",         write_mapped,    "through a mapping"   },
		{ "transfer",        write_pinned,    "by a transfer that"  },
		{ "disk",            write_below,     "past the file system"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* Else nothing of it would be remembered, and nothing could be stale. */
		const char *path =
			program_settled(*where ? "disk/written" : "written", DEED_GOOD);
		int outcome;

		CHECK(run(path) == DEED_GOOD && run(path) == DEED_GOOD, "%s%s: known and good",
		      where, rows[i].name);
		if (!rows[i].change(path)) {
			printf("# %s%s cannot be done here: %s\n", where, rows[i].name,
			       strerror(errno));
			continue;
		}
		outcome = run_settled(path);
		if (rows[i].gap && is_told(rows[i].gap) && outcome == DEED_FORGED)
			CHECK(1, "%s%s: not seen, and status says so", where, rows[i].name);
		else
			CHECK(outcome == DENIED, "%s%s: judged anew (%d)", where, rows[i].name,
			      outcome);
	}
}

/* A byte of @path; of a file that is there. */
static void byte_write(const char *path, off_t at, enum deed deed)
{
	uint8_t byte = (uint8_t)deed;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd < 0 || pwrite(fd, &byte, 1, at) != 1);
	(void)close(fd);
}

/* Where no 32 bits reach, and what they would take for it. */
static void test_far(const char *name)
{
	const off_t near = 12345, far = near + ((off_t)4 << 30);
	const char *path = program_settled(name, DEED_GOOD);
	int64_t ms;
	int outcome;

	byte_write(path, near, DEED_FORGED);
	byte_write(path, far, DEED_GOOD);
	ms = run_ms(path, &outcome);
	CHECK(outcome == DEED_GOOD && ms < 1500,
	      "%s: good by its last byte, beyond 4 GiB (%d, %d ms)", name, outcome, (int)ms);
	CHECK(run(path) == DEED_GOOD, "%s: and again", name);
	byte_write(path, near, DEED_GOOD);
	byte_write(path, far, DEED_FORGED);
	CHECK(run(path) == DENIED, "%s: that is changed", name);
	byte_write(path, far, DEED_GOOD);
	CHECK(run(path) == DEED_GOOD, "%s: and mended", name);
	scene_store(path, DEED_FORGED);
	CHECK(run(path) == DENIED, "%s: and changed by a mapping", name);
	must(truncate(path, far) != 0);
	CHECK(run(path) == DENIED, "%s: it ends in nothing", name);
	(void)unlink(path);
}

static void test_links(void)
{
	const char *path = program("linked", DEED_FORGED);
	char link_path[256];

	(void)snprintf(link_path, sizeof(link_path), "%s/link", scene_folder);
	CHECK(link(path, link_path) == 0 && run(link_path) == DENIED, "a hard link");
	(void)unlink(link_path);
	CHECK(symlink(path, link_path) == 0 && run(link_path) == DENIED, "a symbolic link");
	(void)unlink(link_path);
}

/* A denied file to which a byte is added is judged again, and not let through. */
static void test_denied_grows(void)
{
	const char *path = program("grown", DEED_FORGED);

	CHECK(run(path) == DENIED, "forged");
	must(!write_grown(path));
	CHECK(run(path) == DENIED, "and longer: forged still");
}

/* The same inode by another name is the same file, and so it is when it was forgotten. */
static void test_forgotten(void)
{
	const char *path = program_settled("disk/kept", DEED_GOOD);
	const char *bad = program_settled("disk/bad", DEED_FORGED);
	char other[256];
	int caches;

	(void)snprintf(other, sizeof(other), "%s/disk/link", scene_folder);
	(void)unlink(other);
	CHECK(run(path) == DEED_GOOD && link(path, other) == 0 && run(other) == DEED_GOOD &&
		      run(path) == DEED_GOOD,
	      "another link of what is known");
	CHECK(run(bad) == DENIED, "what is forged");
	sync();
	caches = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	if (caches < 0 || write(caches, "2", 1) != 1)
		printf("# inodes cannot be dropped here\n");
	(void)close(caches);
	CHECK(run(path) == DEED_GOOD && run(bad) == DENIED, "the same when it was forgotten");
}

/* The guard's own group, borrowed; -1. */
static int group_borrow(void)
{
	int pid = (int)syscall(SYS_pidfd_open, scene_guard, 0), group = -1;
	char path[64], name[64];

	for (int fd = 0; fd < 64 && group < 0; fd++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)scene_guard, fd);
		(void)memset(name, 0, sizeof(name));
		if (readlink(path, name, sizeof(name) - 1) > 0 && strstr(name, "[fanotify]"))
			group = (int)syscall(SYS_pidfd_getfd, pid, fd, 0);
	}
	(void)close(pid);
	return group;
}

/* A mark of another kind on the inode keeps the kernel from being told not to ask. */
static void test_marks(void)
{
	const char *path = program_settled("disk/marked", DEED_GOOD);
	uint64_t before;
	int group;

	for (int i = 0; i < 3; i++)
		(void)run(path);
	before = scene_counted(LEDGER_ASKED);
	CHECK(run(path) == DEED_GOOD && scene_counted(LEDGER_ASKED) == before,
	      "the kernel need not ask");
	path = program("disk/other-mark", DEED_GOOD);
	group = group_borrow();
	must(group < 0 || fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN,
					AT_FDCWD, path) != 0);
	(void)close(group);
	for (int i = 0; i < 3; i++)
		(void)run(path);
	before = scene_counted(LEDGER_ASKED);
	CHECK(run(path) == DEED_GOOD && scene_counted(LEDGER_ASKED) > before,
	      "where it cannot be told so, it asks on");
	scene_spoil(path, DEED_FORGED);
	CHECK(run(path) == DENIED, "and what is changed is seen");
}

/* Another policy, again and again: from its beginning on nothing is decided by the old one. */
static void test_swaps(void)
{
	enum { RUNNERS = 3, SWAPS = 60 };
	const char *path = program("disk/swapped", DEED_GOOD);
	unsigned wrong = 0;
	pid_t runners[RUNNERS];

	for (size_t i = 0; i < RUNNERS; i++) {
		runners[i] = fork();
		while (runners[i] == 0)
			(void)run(path);
	}
	for (unsigned i = 2; i < SWAPS + 2; i++) {
		scene_policy(i);
		for (unsigned k = 0; k < 3; k++)
			wrong += run(path) != (i % 2 == 1 ? DEED_GOOD : DENIED);
	}
	for (size_t i = 0; i < RUNNERS; i++)
		scene_end_child(runners[i]);
	CHECK(wrong == 0, "%d policies under load: %u decisions by an older one", SWAPS, wrong);
}

static void test_disk(const char *place)
{
	if (!scene_disk_mount(place, "256")) {
		CHECK(1, "on a disk # SKIP mkfs.ext4 and loop devices are wanted");
		return;
	}
	scene_start(GUARD_DENYLIST, place);
	test_writes("disk, ");
	test_far("disk/far");
	test_forgotten();
	test_swaps();
	(void)scene_stop(SIGTERM);
	scene_fast = true;
	scene_start(GUARD_DENYLIST, place);
	test_writes("fast, ");
	test_forgotten();
	test_marks();
	test_swaps();
	(void)scene_stop(SIGTERM);
	(void)umount2(place, MNT_DETACH);
}

/* Others than ext4 set their times themselves. */
static void test_others(const char *place)
{
	static const char *const types[] = { "xfs", "btrfs" };

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		char where[16];

		(void)snprintf(where, sizeof(where), "%s, ", types[i]);
		if (!scene_other_mount(place, types[i])) {
			CHECK(1, "on %s # SKIP it cannot be made or mounted here", types[i]);
			continue;
		}
		scene_start(GUARD_DENYLIST, place);
		test_writes(where);
		test_far("disk/far");
		(void)scene_stop(SIGTERM);
		(void)umount2(place, MNT_DETACH);
	}
}

/* By the kernel's own programs, which are wanted if @disks are named. */
static void test_tier_a(const char *place, char *const *disks)
{
	char pins[128];

	(void)snprintf(pins, sizeof(pins), "%s/pins", scene_folder);
	must(mkdir(pins, 0700) != 0 || mount("bpf", pins, "bpf", 0, NULL) != 0);
	scene_tier_a = pins;
	for (; *disks; disks++) {
		must(mount(*disks, place, NULL, MS_BIND, NULL) != 0);
		scene_start(GUARD_DENYLIST, place);
		CHECK(scene_shared->tier.on, "tier A: %s", *disks);
		test_writes("");
		test_writes("disk, ");
		(void)scene_stop(SIGTERM);
		(void)umount2(place, MNT_DETACH);
	}
	(void)umount2(pins, MNT_DETACH);
}

int main(int argc, char **argv)
{
	char place[128];

	if (!scene_begin())
		return 0;
	(void)snprintf(place, sizeof(place), "%s/disk", scene_folder);
	must(mkdir(place, 0755) != 0);
	if (argc > 1) {
		test_tier_a(place, &argv[1]);
	} else {
		scene_start(GUARD_DENYLIST, NULL);
		test_writes("");
		test_far("far");
		test_links();
		test_denied_grows();
		(void)scene_stop(SIGTERM);
		test_disk(place);
		scene_fast = false;
		test_others(place);
	}
	scene_end();
	return CHECK_DONE();
}
