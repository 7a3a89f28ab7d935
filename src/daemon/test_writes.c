/* SPDX-License-Identifier: MIT */
/*
 * What others than root can write to is remembered, and forgotten when somebody has had it
 * open to write: a user alters a program of his own as its file system lets him, with all of
 * its times kept, and it is judged anew.
 */
#include "base/memory.h"
#include "daemon/known.h"
#include "daemon/test_scene.h"
#include "daemon/writes.h"
#include "source/identity.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER 1000
#define FAR  (64 << 10) /* where the last byte of a big program stands */

/* A program of a user's; its last byte stands in a block of its own. */
static const char *users(const char *name, enum deed deed)
{
	const char *path = program(name, DEED_GOOD);
	uint8_t byte = (uint8_t)deed;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd < 0 || pwrite(fd, &byte, 1, FAR) != 1 || fsync(fd) != 0 ||
	     fchown(fd, USER, USER) != 0);
	(void)close(fd);
	return path;
}

static bool is_remembered(const char *path)
{
	uint64_t hits = scene_counted(LEDGER_HITS);

	return run(path) == DEED_GOOD && scene_counted(LEDGER_HITS) == hits + 1;
}

/* As it was when it was judged, and whoever looks at its times sees nothing else. */
static struct source_identity identity_of(const char *path)
{
	struct source_identity id = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd < 0 || source_identify(fd, &id) != STATUS_OK);
	(void)close(fd);
	return id;
}

struct move_extent {
	uint32_t unused;
	int donor;
	uint64_t from, to, n_blocks, moved;
};
#define EXT4_MOVE _IOWR('f', 15, struct move_extent)

/* Ext4 leaves zeros where it took blocks from. */
static bool alter_moved(const char *path, const char *other)
{
	struct move_extent how = { .n_blocks = 1 };
	int from = open(other, O_RDWR | O_CLOEXEC), to = open(path, O_RDWR | O_CLOEXEC);
	int bytes = 1;
	bool done;

	must(from < 0 || to < 0 || ioctl(to, FIGETBSZ, &bytes) != 0);
	how.donor = to;
	how.from = how.to = (uint64_t)(FAR / bytes);
	done = ioctl(from, EXT4_MOVE, &how) == 0 && how.moved == 1 && fsync(to) == 0 &&
	       posix_fadvise(to, 0, 0, POSIX_FADV_DONTNEED) == 0;
	(void)close(from);
	(void)close(to);
	return done;
}

/* What xfs_fs.h calls xfs_swapext: all of a file for all of another, by their states. */
struct xfs_time {
	int64_t s;
	int32_t ns, unused;
};
struct xfs_exchange {
	int64_t version, target, other, offset, length;
	char unused[16];
	uint64_t ino;
	uint8_t before[24];
	int64_t size;
	struct xfs_time atime, mtime, ctime;
	uint8_t behind[48];
};
#define XFS_EXCHANGE _IOWR('X', 109, struct xfs_exchange)

static struct xfs_time xfs_time_of(struct timespec t)
{
	return (struct xfs_time){ .s = t.tv_sec, .ns = (int32_t)t.tv_nsec };
}

/* XFS exchanges two files and keeps their times. */
static bool alter_exchanged(const char *path, const char *other)
{
	struct xfs_exchange how = { 0 };
	int target = open(path, O_RDWR | O_CLOEXEC), from = open(other, O_RDWR | O_CLOEXEC);
	struct stat st;
	bool done;

	must(target < 0 || from < 0 || fstat(target, &st) != 0);
	how.target = target;
	how.other = from;
	how.length = how.size = st.st_size;
	how.ino = st.st_ino;
	how.mtime = xfs_time_of(st.st_mtim);
	how.ctime = xfs_time_of(st.st_ctim);
	done = ioctl(target, XFS_EXCHANGE, &how) == 0;
	(void)close(from);
	(void)close(target);
	return done;
}

/* The descriptor goes first, then the mapping. */
static bool alter_mapped(const char *path, const char *other)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t *bytes =
		(uint8_t *)mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)FAR);

	(void)other;
	must(fd < 0 || bytes == MAP_FAILED);
	(void)close(fd);
	bytes[0] = DEED_FORGED;
	(void)munmap(bytes, 1);
	return true;
}

/* Is it as if nobody had touched it? */
static void test_alter(const char *type)
{
	static const struct {
		const char *type, *name;
		bool (*alter)(const char *path, const char *other);
		bool silent; /* its times are kept */
	} rows[] = {
		{"ext4",   "moved blocks", alter_moved,     true },
		{ "xfs",   "exchanged",    alter_exchanged, true },
		{ "ext4",  "stored to",    alter_mapped,    false},
		{ "xfs",   "stored to",    alter_mapped,    false},
		{ "btrfs", "stored to",    alter_mapped,    false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *path, *other;
		struct source_identity before, after;

		if (strcmp(rows[i].type, type) != 0)
			continue;
		path = users("disk/mine", DEED_GOOD);
		other = users("disk/other", DEED_FORGED);
		(void)usleep(30000);
		CHECK(run(path) == DEED_GOOD && is_remembered(path),
		      "%s: a user's own is remembered", type);
		before = identity_of(path);
		if (!rows[i].alter(path, other)) {
			printf("# %s, %s: cannot be done here: %s\n", type, rows[i].name,
			       strerror(errno));
			continue;
		}
		after = identity_of(path);
		CHECK(!rows[i].silent || identity_equal(&before, &after),
		      "%s, %s: its times are what they were", type, rows[i].name);
		CHECK(run(path) == DENIED, "%s, %s: judged anew", type, rows[i].name);
	}
}

/* Somebody could have written, and did not: it is judged once more, and remembered again. */
static void test_opened(const char *type)
{
	const char *path = users("disk/opened", DEED_GOOD);
	uint64_t judged;

	(void)usleep(30000);
	CHECK(run(path) == DEED_GOOD && is_remembered(path), "%s: remembered", type);
	(void)close(open(path, O_RDONLY | O_CLOEXEC));
	CHECK(is_remembered(path), "%s: and when it was read", type);
	(void)close(open(path, O_WRONLY | O_CLOEXEC));
	judged = scene_counted(LEDGER_JUDGED);
	CHECK(run(path) == DEED_GOOD && scene_counted(LEDGER_JUDGED) == judged + 1,
	      "%s: not when it was open to write", type);
	CHECK(is_remembered(path), "%s: remembered again", type);
}

/* In @folder; numbers, owner and all are those of the same file of another folder. */
static void twin_make(const char *folder, unsigned n, enum deed deed)
{
	char name[64], to[300];
	const char *path;

	(void)snprintf(name, sizeof(name), "disk/%s/%u", folder, n);
	path = program(name, deed);
	must(chown(path, USER, USER) != 0);
	(void)snprintf(to, sizeof(to), "%s", path);
}

static void volume_do(const char *place, unsigned long what, const char *name, const char *of)
{
	struct btrfs_ioctl_vol_args how = { .fd = -1 };
	int fd = open(place, O_RDONLY | O_CLOEXEC);
	char path[300];

	(void)snprintf(how.name, sizeof(how.name), "%s", name);
	if (of) {
		(void)snprintf(path, sizeof(path), "%s/%s", place, of);
		how.fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	must(fd < 0 || ioctl(fd, what, &how) != 0);
	if (of)
		(void)close((int)how.fd);
	(void)close(fd);
}

/* A good program and a forged one that only the numbers of their subvolumes tell apart. */
#define TWINS 32
static bool twins_find(const char *place, unsigned *n, struct source_identity *out)
{
	char path[300];

	for (*n = 0; *n < TWINS; (*n)++) {
		struct source_identity other;

		(void)snprintf(path, sizeof(path), "%s/one/%u", place, *n);
		*out = identity_of(path);
		(void)snprintf(path, sizeof(path), "%s/two/%u", place, *n);
		other = identity_of(path);
		other.dev = out->dev;
		if (identity_equal(&other, out))
			return true;
	}
	return false;
}

/* A copy of another subvolume takes the number of one that was removed. */
static void test_volumes(const char *place)
{
	char good[300], forged[300];
	struct source_identity before, after;
	unsigned n;

	volume_do(place, BTRFS_IOC_SUBVOL_CREATE, "one", NULL);
	volume_do(place, BTRFS_IOC_SUBVOL_CREATE, "two", NULL);
	for (unsigned i = 0; i < TWINS; i++) {
		twin_make("one", i, DEED_GOOD);
		twin_make("two", i, DEED_FORGED);
	}
	if (!twins_find(place, &n, &before)) {
		printf("# btrfs: no two files have the same times\n");
		return;
	}
	(void)usleep(30000);
	(void)snprintf(good, sizeof(good), "%s/one/%u", place, n);
	(void)snprintf(forged, sizeof(forged), "%s/three/%u", place, n);
	CHECK(run(good) == DEED_GOOD && is_remembered(good), "btrfs: remembered");
	volume_do(place, BTRFS_IOC_SNAP_DESTROY, "one", NULL);
	volume_do(place, BTRFS_IOC_SNAP_CREATE, "three", "two");
	after = identity_of(forged);
	if (!identity_equal(&before, &after))
		printf("# btrfs: a removed subvolume's number does not return here\n");
	CHECK(run(forged) == DENIED, "btrfs: another subvolume's file of the same numbers");
}

/* The outcome for who runs it, and is answered after 0.6 s. */
static int run_slowly(const char *path, bool writer)
{
	int state = -1;
	pid_t pid;

	(void)usleep(30000);
	atomic_store(&scene_shared->pause_us, 600000);
	pid = fork();
	if (pid == 0)
		_exit(run(path));
	(void)usleep(100000);
	if (writer)
		(void)close(open(path, O_WRONLY | O_CLOEXEC)); /* waits for the lease */
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	atomic_store(&scene_shared->pause_us, 0);
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* Who waits to write is let after lease-break-time, if the guard is told that it is a second.
 */
static void test_overtaken(void)
{
	int outcome = run_slowly(users("disk/slow", DEED_GOOD), false);

	CHECK(outcome == DEED_GOOD, "judged slowly: good (%d)", outcome);
	outcome = run_slowly(users("disk/slow", DEED_GOOD), true);
	CHECK(outcome == DENIED, "and somebody waits to write: he may have (%d)", outcome);
}

static void test_guarded(const char *type, const char *place)
{
	scene_start(GUARD_DENYLIST, place);
	if (strcmp(type, "ext4") == 0)
		test_overtaken();
	test_alter(type);
	test_opened(type);
	if (strcmp(type, "btrfs") == 0)
		test_volumes(place);
	(void)scene_counted(LEDGER_HITS); /* nothing is held any more */
	CHECK(umount2(place, 0) == 0, "%s: what is remembered keeps nothing mounted", type);
	(void)scene_stop(SIGTERM);
}

/* A memory in its own right. */
struct memory {
	struct known *known;
	char path[300];
	int fd;
	struct source_identity file;
};

static bool is_known(struct memory *m)
{
	return known_find(m->known, m->fd, &m->file, 1) != NULL;
}

static void memory_add(struct memory *m)
{
	static const struct decision d = { .epoch = 1, .keep = true, .allow = true };

	must(source_identify(m->fd, &m->file) != STATUS_OK);
	known_add(m->known, m->fd, &m->file, &d);
}

static void memory_begin(struct memory *m, const char *name)
{
	(void)snprintf(m->path, sizeof(m->path), "%s", users(name, DEED_GOOD));
	m->fd = open(m->path, O_RDONLY | O_CLOEXEC);
	must(m->fd < 0);
	memory_add(m);
}

/* The group that it is told by; -1. */
static int inotify_find(void)
{
	char path[64], name[64] = "";

	for (int fd = 3; fd < 64; fd++) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, name, sizeof(name) - 1) > 0 && strstr(name, "inotify"))
			return fd;
		(void)memset(name, 0, sizeof(name));
	}
	return -1;
}

/* How many files are watched now. */
static unsigned watches_count(void)
{
	char path[64], line[256];
	unsigned n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", inotify_find());
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		n += strncmp(line, "inotify wd", 10) == 0;
	if (f)
		(void)fclose(f);
	return n;
}

/* Else a subvolume that was removed would take up its room as long as we remember. */
static void test_aged(void)
{
	struct memory m = { .known = known_new() };

	must(!m.known);
	memory_begin(&m, "disk/aged");
	known_age(m.known, WRITES_AGE_MS);
	CHECK(is_known(&m), "btrfs: known");
	known_age(m.known, 2 * WRITES_AGE_MS - 1);
	known_age(m.known, 2 * WRITES_AGE_MS);
	CHECK(is_known(&m), "btrfs: as long as somebody asks");
	known_age(m.known, 3 * WRITES_AGE_MS);
	CHECK(watches_count() == 1, "btrfs: its inode is kept a while");
	known_age(m.known, 4 * WRITES_AGE_MS);
	CHECK(watches_count() == 0 && !is_known(&m), "btrfs: not for ever");
	(void)close(m.fd);
	known_free(m.known);
}

/* A folder whose files are encrypted; the key goes to @key.  False: that cannot be had here. */
static bool folder_encrypt(const char *path, int disk, struct fscrypt_key_specifier *key)
{
	struct fscrypt_add_key_arg *add = (struct fscrypt_add_key_arg *)memory_new(
		1, sizeof(*add) + FSCRYPT_MAX_KEY_SIZE); /* a key of zeros is one */
	struct fscrypt_policy_v2 policy = { .version = FSCRYPT_POLICY_V2,
					    .contents_encryption_mode =
						    FSCRYPT_MODE_AES_256_XTS,
					    .filenames_encryption_mode =
						    FSCRYPT_MODE_AES_256_CTS };
	int fd;
	bool done;

	must(!add || mkdir(path, 0755) != 0);
	add->key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER;
	add->raw_size = FSCRYPT_MAX_KEY_SIZE;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	done = ioctl(disk, FS_IOC_ADD_ENCRYPTION_KEY, add) == 0;
	*key = add->key_spec;
	memory_free(add);
	(void)memcpy(policy.master_key_identifier, key->u.identifier,
		     sizeof(policy.master_key_identifier));
	done = done && ioctl(fd, FS_IOC_SET_ENCRYPTION_POLICY, &policy) == 0;
	(void)close(fd);
	return done;
}

/* Whoever takes the key of his files away, has it taken. */
static void test_encrypted(const char *place)
{
	struct fscrypt_remove_key_arg gone = { 0 };
	struct memory m = { .known = known_new() };
	char image[160], folder[160];
	const char *const change[] = { "tune2fs", "-O", "encrypt", image, NULL };
	const char *const mount_it[] = { "mount", "-o", "loop", image, place, NULL };
	int disk;

	(void)snprintf(image, sizeof(image), "%s.image", place);
	(void)snprintf(folder, sizeof(folder), "%s/locked", place);
	if (scene_words_run(change) != 0 || scene_words_run(mount_it) != 0) {
		CHECK(1, "encrypted # SKIP ext4 cannot do it here");
		return;
	}
	disk = open(place, O_RDONLY | O_CLOEXEC);
	must(!m.known || disk < 0);
	if (folder_encrypt(folder, disk, &gone.key_spec)) {
		memory_begin(&m, "disk/locked/mine");
		CHECK(!is_known(&m), "encrypted: not remembered");
		(void)close(m.fd);
		CHECK(ioctl(disk, FS_IOC_REMOVE_ENCRYPTION_KEY, &gone) == 0 &&
			      (gone.removal_status_flags &
			       FSCRYPT_KEY_REMOVAL_STATUS_FLAG_FILES_BUSY) == 0,
		      "encrypted: and no inode is kept from being locked");
	} else {
		CHECK(1, "encrypted # SKIP this kernel does not: %s", strerror(errno));
	}
	known_free(m.known);
	(void)close(disk);
	(void)umount2(place, MNT_DETACH);
}

static unsigned long queue_room(void)
{
	unsigned long most = 0;
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");

	if (f && fscanf(f, "%lu", &most) != 1)
		most = 0;
	if (f)
		(void)fclose(f);
	return most;
}

/* More is told than there is room for, and of the file nothing. */
static void test_flood(struct memory *m)
{
	unsigned long n = queue_room();
	const char *other = users("disk/flood", DEED_GOOD);
	char moved[320];
	int number;

	if (n == 0 || n > 65536) {
		printf("# the queue of the kernel is too long to be filled\n");
		return;
	}
	(void)snprintf(moved, sizeof(moved), "%s/disk", scene_folder);
	memory_add(m);
	CHECK(is_known(m), "known");
	number = inotify_add_watch(inotify_find(), moved, IN_MOVED_FROM | IN_MOVED_TO);
	(void)snprintf(moved, sizeof(moved), "%s-2", other);
	for (unsigned long i = 0; i <= n / 4; i++)
		must(rename(other, moved) != 0 || rename(moved, other) != 0);
	(void)close(open(m->path, O_WRONLY | O_CLOEXEC));
	(void)inotify_rm_watch(inotify_find(), number);
	CHECK(!is_known(m), "more was told than there was room for");
	memory_add(m);
	CHECK(is_known(m), "and known again");
}

/* Of so many that a user makes known, each makes room for another. */
static void test_full(struct memory *m, struct memory *other)
{
	memory_add(m);
	for (size_t i = 1; i < WRITES_MAX; i++) {
		(void)close(open(other->path, O_WRONLY | O_CLOEXEC));
		memory_add(other);
	}
	CHECK(is_known(other), "the newest");
	(void)close(open(other->path, O_WRONLY | O_CLOEXEC));
	memory_add(other);
	(void)close(open(other->path, O_WRONLY | O_CLOEXEC));
	memory_add(other);
	CHECK(!is_known(m) && is_known(other), "the oldest made room");
}

static void test_memory(void)
{
	struct memory one = { .known = known_new() }, two = { .known = one.known };
	struct memory nameless = { .known = one.known };
	int fd;

	must(!one.known);
	memory_begin(&one, "disk/one");
	memory_begin(&two, "disk/two");
	CHECK(is_known(&one) && is_known(&two), "two files are known");
	fd = open(one.path, O_WRONLY | O_CLOEXEC);
	CHECK(is_known(&one), "who has it open still is kept away by no memory, but a lease");
	(void)close(fd);
	CHECK(!is_known(&one) && is_known(&two), "one was open to write");
	memory_add(&one);
	CHECK(is_known(&one), "known again");
	known_forget(one.known, &one.file);
	CHECK(!is_known(&one), "forgotten");
	memory_add(&two);
	memory_add(&two);
	(void)close(open(two.path, O_WRONLY | O_CLOEXEC));
	CHECK(!is_known(&two), "made known three times, and open to write");
	memory_begin(&nameless, "disk/nameless");
	must(unlink(nameless.path) != 0);
	memory_add(&nameless);
	CHECK(!is_known(&nameless), "nothing without a name is known");
	test_flood(&one);
	test_full(&one, &two);
	(void)close(nameless.fd);
	(void)close(two.fd);
	(void)close(one.fd);
	known_free(one.known);
}

int main(void)
{
	static const char *const types[] = { "ext4", "xfs", "btrfs" };
	char place[128];

	if (!scene_begin())
		return 0;
	(void)snprintf(place, sizeof(place), "%s/disk", scene_folder);
	must(mkdir(place, 0755) != 0 ||
	     mount(scene_text("second", "1", 0600), "/proc/sys/fs/lease-break-time", NULL,
		   MS_BIND, NULL) != 0);
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		bool ours = i == 0;

		if (!(ours ? scene_disk_mount(place, "256")
			   : scene_other_mount(place, types[i]))) {
			CHECK(1, "on %s # SKIP it cannot be made or mounted here", types[i]);
			continue;
		}
		if (ours)
			test_memory();
		if (strcmp(types[i], "btrfs") == 0)
			test_aged();
		test_guarded(types[i], place);
		if (ours)
			test_encrypted(place);
	}
	scene_end();
	return CHECK_DONE();
}
