/* SPDX-License-Identifier: MIT */
/*
 * File systems that others serve: what is run from there is judged, by a reader of their
 * own; and whoever never answers keeps nobody waiting but those who run something from there.
 */
#include "daemon/test_scene.h"
#include "daemon/watching.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER      1 /* nodes; behind it the files */
#define USER        65534
#define RUNS        1000
#define AT_ONCE_MS  1000 /* that a run may take where nobody waits for anybody */
#define WITHHELD    64
#define FILE_ROOM   512
#define SOON_MS     100
#define GUARD_TAKES (WATCHER_DEADLINE_MS * 2)

static const struct file {
	const char *name;
	enum deed deed;
} files[] = {
	{"good",    DEED_GOOD  },
	{ "forged", DEED_FORGED},
};

/* What the server does not answer, unless it comes from who runs a program. */
enum silence { SILENT_NEVER, SILENT_OPEN, SILENT_READ, SILENT_ALWAYS };

static struct server {
	_Atomic int silence;
	_Atomic int runner; /* process that is always answered; 0: nobody is */
	_Atomic unsigned n_withheld;
	char where[256];
	pid_t pid;
} * servers;

static uint8_t bytes[COUNT_OF(files)][FILE_ROOM];
static size_t lens[COUNT_OF(files)];

/* ---- the server ---- */

static struct fuse_attr attributes(uint64_t node)
{
	bool is_file = node > FOLDER && node - FOLDER <= COUNT_OF(lens);

	return (struct fuse_attr){ .ino = node,
				   .mode = is_file ? S_IFREG | 0755 : S_IFDIR | 0755,
				   .nlink = 1,
				   .size = is_file ? lens[node - FOLDER - 1] : 0 };
}

/* Whoever asked may be dead by now. */
static void reply(int fuse, uint64_t unique, int error, const void *body, size_t len)
{
	struct fuse_out_header header = { .len = (uint32_t)(sizeof(header) + len),
					  .error = -error,
					  .unique = unique };
	struct iovec parts[] = {
		{&header,                  sizeof(header)},
                { (void *)(uintptr_t)body, len           }
	};

	must(writev(fuse, parts, 2) < 0 && errno != ENOENT);
}

static bool is_withheld(const struct server *s, const struct fuse_in_header *in)
{
	int silence = atomic_load(&s->silence);

	if (silence == SILENT_NEVER || (int)in->pid == atomic_load(&s->runner))
		return false;
	return silence == SILENT_ALWAYS ||
	       in->opcode == (silence == SILENT_OPEN ? FUSE_OPEN : FUSE_READ);
}

static void file_read(int fuse, const struct fuse_in_header *in,
		      const struct fuse_read_in *what)
{
	size_t file = (size_t)in->nodeid - FOLDER - 1, len = lens[file];
	size_t from = what->offset < len ? (size_t)what->offset : len;

	len = len - from < what->size ? len - from : what->size;
	reply(fuse, in->unique, 0, &bytes[file][from], len);
}

/* A name by which the guard knows what is ours, where no folder shows it. */
static bool is_ours(const char *name)
{
	return strcmp(name, strrchr(scene_folder, '/') + 1) == 0;
}

static void file_find(int fuse, const struct fuse_in_header *in, const char *name)
{
	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (strcmp(name, files[i].name) == 0 || (i == 0 && is_ours(name))) {
			struct fuse_entry_out entry = { .nodeid = FOLDER + 1 + i,
							.attr = attributes(FOLDER + 1 + i) };

			reply(fuse, in->unique, 0, &entry, sizeof(entry));
			return;
		}
	reply(fuse, in->unique, ENOENT, NULL, 0);
}

static void serve(int fuse, const struct fuse_in_header *in, const void *what)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
				      .minor = FUSE_KERNEL_MINOR_VERSION,
				      .max_write = 4096 };
	struct fuse_statfs_out statfs = { .st = { .namelen = 255 } };
	struct fuse_open_out opened = { .fh = 1 };
	struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };

	switch (in->opcode) {
	case FUSE_INIT: reply(fuse, in->unique, 0, &init, sizeof(init)); return;
	case FUSE_GETATTR: reply(fuse, in->unique, 0, &attr, sizeof(attr)); return;
	case FUSE_LOOKUP: file_find(fuse, in, (const char *)what); return;
	case FUSE_STATFS: reply(fuse, in->unique, 0, &statfs, sizeof(statfs)); return;
	case FUSE_OPEN: reply(fuse, in->unique, 0, &opened, sizeof(opened)); return;
	case FUSE_READ: file_read(fuse, in, (const struct fuse_read_in *)what); return;
	case FUSE_FLUSH:
	case FUSE_RELEASE: reply(fuse, in->unique, 0, NULL, 0); return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: return;
	default: reply(fuse, in->unique, ENOSYS, NULL, 0);
	}
}

struct request {
	struct fuse_in_header in;
	uint8_t what[4096];
};

/* Answers, or keeps it until it may. */
_Noreturn static void server_run(struct server *s, int fuse)
{
	static uint8_t room[1 << 16];
	static struct request withheld[WITHHELD];
	size_t n_withheld = 0;

	for (;;) {
		struct pollfd from = { .fd = fuse, .events = POLLIN };
		struct request r = { 0 };
		ssize_t n;

		while (n_withheld > 0 && atomic_load(&s->silence) == SILENT_NEVER) {
			n_withheld--;
			serve(fuse, &withheld[n_withheld].in, withheld[n_withheld].what);
		}
		if (poll(&from, 1, 10) != 1)
			continue;
		n = read(fuse, room, sizeof(room));
		if (n < (ssize_t)sizeof(r.in))
			_exit(0);
		memcpy(&r, room, (size_t)n < sizeof(r) ? (size_t)n : sizeof(r));
		if (is_withheld(s, &r.in)) {
			atomic_fetch_add(&s->n_withheld, 1);
			if (n_withheld < WITHHELD)
				withheld[n_withheld++] = r;
		} else {
			serve(fuse, &r.in, r.what);
		}
	}
}

/* ---- what is run ---- */

static void bytes_take(size_t file)
{
	int fd = open(program("bytes", files[file].deed), O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes[file], FILE_ROOM);

	must(fd < 0 || n <= 0);
	lens[file] = (size_t)n;
	(void)close(fd);
}

/* False: it cannot be had here. */
static bool server_begin(struct server *s, const char *name, int user, const char *more)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];
	pid_t pid;

	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=%d,group_id=%d%s", fuse, user, user, more);
	(void)snprintf(s->where, sizeof(s->where), "%s/%s", scene_folder, name);
	(void)mkdir(s->where, 0755);
	atomic_store(&s->silence, SILENT_NEVER);
	atomic_store(&s->runner, 0);
	atomic_store(&s->n_withheld, 0);
	/* Only what has our name is asked about by itself. */
	if (fuse < 0 || mount(scene_folder, s->where, "fuse", MS_NOSUID, options) != 0)
		return false;
	pid = fork();
	if (pid == 0)
		server_run(s, fuse);
	must(pid < 0);
	s->pid = pid;
	(void)close(fuse); /* with the server's it comes to its end */
	return true;
}

static void server_end(struct server *s)
{
	scene_end_child(s->pid);
	(void)umount2(s->where, MNT_DETACH);
}

/* Runs its file @name, as @user; who runs is always answered by the server. */
static pid_t start(struct server *s, const char *name, int user)
{
	char path[300];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)snprintf(path, sizeof(path), "%s/%s", s->where, name);
	atomic_store(&s->runner, getpid());
	if (setresgid((gid_t)user, (gid_t)user, (gid_t)user) != 0 ||
	    setresuid((uid_t)user, (uid_t)user, (uid_t)user) != 0)
		_exit(255);
	(void)execl(path, path, (char *)NULL);
	_exit(errno);
}

/* Its number within @ms, else -1. */
static int end_of(pid_t pid, int64_t ms)
{
	int state = -1;

	for (int64_t began = ledger_now(); ledger_now() < began + ms; (void)usleep(500))
		if (waitpid(pid, &state, WNOHANG) == pid)
			return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
	return -1;
}

static int run_there(struct server *s, const char *name, int user)
{
	return end_of(start(s, name, user), GUARD_TAKES);
}

static bool counted(enum ledger_count what, uint64_t at_least)
{
	for (int64_t began = ledger_now(); ledger_now() < began + GUARD_TAKES;
	     (void)usleep(5000))
		if (scene_shared->counts[what] >= at_least)
			return true;
	return false;
}

/* The longest of many runs elsewhere. */
static int64_t longest_ms(int runs)
{
	const char *good = program("elsewhere", DEED_GOOD);
	int64_t longest = 0;

	for (int i = 0; i < runs; i++) {
		int outcome;
		int64_t ms = run_ms(good, &outcome);

		longest = outcome != DEED_GOOD ? INT64_MAX : ms > longest ? ms : longest;
		if (longest == INT64_MAX)
			break;
	}
	return longest;
}

/* ---- tests ---- */

static const struct {
	const char *name;
	enum guard_mode mode;
	const char *more; /* options */
	int user;         /* who serves it, and runs it */
	bool named;
	int good, forged;
} rows[] = {
	{"of root, named",             GUARD_ALLOWLIST, ",allow_other", 0,    true,  DEED_GOOD, DENIED     },
	{ "of root",                   GUARD_DENYLIST,  "",             0,    false, DEED_GOOD, DENIED     },
	{ "of root",                   GUARD_ALLOWLIST, "",             0,    false, DEED_GOOD, DENIED     },
 /* He may give other bytes to who runs them than to who reads them. */
	{ "of a user, for all",        GUARD_DENYLIST,  ",allow_other", USER, false, DEED_GOOD,
         DENIED											    },
	{ "of a user, for all",        GUARD_ALLOWLIST, ",allow_other", USER, false, DENIED,    DENIED     },
	{ "of a user, for all, named", GUARD_ALLOWLIST, ",allow_other", USER, true,  DEED_GOOD,
         DENIED											    },
 /* Nobody but he can look at it, root neither. */
	{ "of a user, for him",        GUARD_DENYLIST,  "",             USER, false, DEED_GOOD, DEED_FORGED},
	{ "of a user, for him",        GUARD_ALLOWLIST, "",             USER, false, DENIED,    DENIED     },
};

static void test_row(size_t i)
{
	struct server *s = &servers[0];
	int good, forged;

	must(!server_begin(s, "served", rows[i].user, rows[i].more));
	scene_start_all(rows[i].mode, rows[i].named ? s->where : NULL);
	good = run_there(s, "good", rows[i].user);
	forged = run_there(s, "forged", rows[i].user);
	CHECK(good == rows[i].good && forged == rows[i].forged,
	      "%s, %s: %d and %d, not %d and %d", rows[i].name, guard_mode_word(rows[i].mode),
	      rows[i].good, rows[i].forged, good, forged);
	(void)scene_stop(SIGTERM);
	server_end(s);
}

/* Who runs what root cannot look at is there all the same: leases are held for him. */
static void test_unseen(void)
{
	struct server *s = &servers[0];
	int state = 0;
	pid_t pid;

	must(!server_begin(s, "unseen", USER, ""));
	pid = fork();
	if (pid == 0) {
		char path[300];

		(void)snprintf(path, sizeof(path), "%s/good", s->where);
		if (setresgid(USER, USER, USER) == 0 && setresuid(USER, USER, USER) == 0 &&
		    ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
			(void)execl(path, path, (char *)NULL);
		_exit(errno);
	}
	(void)waitpid(pid, &state, 0);
	CHECK(WIFSTOPPED(state) && watch_program(pid).ino == UINT64_MAX &&
		      watch_program(pid).dev != 0 && !watch_is_dead(pid),
	      "who runs what nobody can look at is not taken for dead");
	scene_end_child(pid);
	server_end(s);
}

/* Of a file system that was mounted just now. */
static int64_t asked_after_ms(struct server *s)
{
	int64_t began = ledger_now();

	must(!server_begin(s, "new", 0, ""));
	while (run_there(s, "forged", 0) != DENIED && ledger_now() < began + GUARD_TAKES)
		(void)usleep(1000);
	return ledger_now() - began;
}

/* Mounted while the guard is there.  The best of some: others may keep it from its processor.
 */
static void test_newcomer(void)
{
	struct server *s = &servers[0];
	int64_t first, next = INT64_MAX;

	scene_start_all(GUARD_DENYLIST, NULL);
	first = asked_after_ms(s);
	for (int i = 0; i < 3 && next >= SOON_MS; i++) {
		int64_t ms;

		server_end(s);
		ms = asked_after_ms(s);
		next = ms < next ? ms : next;
	}
	CHECK(first < GUARD_TAKES && next < SOON_MS,
	      "what is mounted later is asked about after %d ms, another one in its place "
	      "after %d ms",
	      (int)first, (int)next);
	(void)scene_stop(SIGTERM);
	server_end(s);
}

static void test_elsewhere(const char *when, int runs)
{
	int64_t ms = longest_ms(runs);
	int outcome;

	CHECK(ms < AT_ONCE_MS, "%s, %d runs elsewhere wait for nothing (%d ms)", when, runs,
	      (int)ms);
	ms = run_ms(program("elsewhere", DEED_FORGED), &outcome);
	CHECK(outcome == DENIED && ms < AT_ONCE_MS, "and what is forged is denied (%d)",
	      outcome);
}

static void withheld_await(const struct server *s)
{
	for (int i = 0; i < 4000 && atomic_load(&s->n_withheld) == 0; i++)
		(void)usleep(1000);
	must(atomic_load(&s->n_withheld) == 0);
}

/*
 * One that never opens a file, and one that opens it and then gives no bytes, to whoever judges
 * what somebody runs.
 */
static void test_silent(enum guard_mode mode)
{
	bool allowlist = mode == GUARD_ALLOWLIST;
	struct server *closed = &servers[0], *mute = &servers[1];
	pid_t first, next, reads, others;
	int64_t began;
	int outcome;

	must(!server_begin(closed, "closed", 0, ",allow_other") ||
	     !server_begin(mute, "mute", 0, ",allow_other"));
	scene_start_all(mode, NULL);
	atomic_store(&closed->silence, SILENT_OPEN);
	atomic_store(&mute->silence, SILENT_READ);
	began = ledger_now();
	first = start(closed, "good", 0);
	reads = start(mute, "good", 0);
	withheld_await(closed);
	withheld_await(mute);
	others = fork();
	if (others == 0)
		_exit(longest_ms(RUNS) < AT_ONCE_MS ? 0 : 1);
	outcome = counted(LEDGER_FAILED, 1) ? (int)(ledger_now() - began) : INT32_MAX;
	CHECK(outcome < WATCHER_DEADLINE_MS + 1000,
	      "what cannot be read is answered in time, by the mode (%d ms)", outcome);
	CHECK(counted(LEDGER_SILENT, 1), "the status tells of who does not answer");
	outcome = end_of(others, 10 * GUARD_TAKES);
	CHECK(outcome == 0, "while nobody answers, %d runs elsewhere wait for nothing", RUNS);
	outcome = end_of(reads, allowlist ? GUARD_TAKES : 1);
	/* Where it may run, the kernel itself waits for its bytes. */
	CHECK(outcome == (allowlist ? DENIED : -1), "%s (%d)",
	      allowlist ? "it is denied" : "and waits like anybody who reads it", outcome);
	test_elsewhere("afterwards", RUNS / 10);
	next = start(closed, "good", 0);
	outcome = end_of(next, allowlist ? GUARD_TAKES : 300);
	CHECK(outcome == (allowlist ? DENIED : -1) && counted(LEDGER_REFUSED, allowlist),
	      "%s (%d)",
	      allowlist ? "the next one is denied unread" : "the next one waits, too", outcome);
	CHECK(scene_shared->counts[LEDGER_WATCHERS] == 1, "nobody else was replaced");
	atomic_store(&closed->silence, SILENT_NEVER);
	atomic_store(&mute->silence, SILENT_NEVER);
	outcome = end_of(first, GUARD_TAKES);
	CHECK(outcome == (allowlist ? DENIED : DEED_GOOD),
	      "who waited has the answer of the mode (%d)", outcome);
	if (!allowlist) {
		outcome = end_of(next, GUARD_TAKES);
		CHECK(outcome == DEED_GOOD, "and the next his own (%d)", outcome);
		outcome = end_of(reads, GUARD_TAKES);
		CHECK(outcome == DEED_GOOD, "and who waited for its bytes has them (%d)",
		      outcome);
	}
	outcome = run_there(closed, "good", 0);
	CHECK(outcome == DEED_GOOD && run_there(mute, "good", 0) == DEED_GOOD &&
		      run_there(closed, "forged", 0) == DENIED,
	      "and everything is as before (%d)", outcome);
	(void)scene_stop(SIGTERM);
	server_end(closed);
	server_end(mute);
}

/* Runs it, and stops before its first instruction. */
static pid_t start_stopped(const struct server *s)
{
	char path[300];
	int state;
	pid_t pid = fork();

	if (pid == 0) {
		(void)snprintf(path, sizeof(path), "%s/%s", s->where,
			       strrchr(scene_folder, '/') + 1);
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
			(void)execl(path, path, (char *)NULL);
		_exit(errno);
	}
	must(waitpid(pid, &state, 0) != pid || !WIFSTOPPED(state));
	return pid;
}

/* It is mounted nowhere any more, and programs run from it still: that costs one scout. */
static void test_nowhere(void)
{
	struct server *s = &servers[0];
	pid_t pids[2];

	must(!server_begin(s, "nowhere", 0, ",allow_other"));
	for (size_t i = 0; i < COUNT_OF(pids); i++)
		pids[i] = start_stopped(s);
	must(umount2(s->where, MNT_DETACH) != 0);
	atomic_store(&s->silence, SILENT_ALWAYS);
	scene_start_all(GUARD_DENYLIST, NULL);
	CHECK(counted(LEDGER_LEFT, 1) && counted(LEDGER_SCOUTS, 2),
	      "who looks there is left behind, and that is told");
	(void)usleep(2500000);
	CHECK(scene_shared->counts[LEDGER_SCOUTS] == 2 &&
		      scene_shared->counts[LEDGER_BLIND] == 0,
	      "and nobody goes there again (%d)", (int)scene_shared->counts[LEDGER_SCOUTS]);
	(void)scene_stop(SIGTERM);
	scene_end_child(s->pid);
	for (size_t i = 0; i < COUNT_OF(pids); i++)
		scene_end_child(pids[i]);
}

/* One that is silent when the guard comes, and when it goes. */
static void test_dead(void)
{
	struct server *s = &servers[0];
	int64_t ms = ledger_now();
	char path[300];
	int outcome;

	must(!server_begin(s, "dead", USER, ",allow_other,default_permissions"));
	/* It has to say that it is there before it can be silent. */
	(void)snprintf(path, sizeof(path), "%s/good", s->where);
	(void)access(path, F_OK);
	atomic_store(&s->silence, SILENT_ALWAYS);
	scene_start_all(GUARD_DENYLIST, s->where);
	CHECK(ledger_now() - ms < GUARD_TAKES, "a guard begins beside one that never answers");
	test_elsewhere("with that", RUNS / 10);
	CHECK(counted(LEDGER_SILENT, 1) && counted(LEDGER_UNMARKED, 1), "the status says so");
	ms = ledger_now();
	CHECK(scene_stop(SIGTERM) == 0 && ledger_now() - ms < WATCHER_DEADLINE_MS,
	      "and it ends when it is told to");
	ms = run_ms(program("after", DEED_FORGED), &outcome);
	CHECK(outcome == DEED_FORGED && ms < AT_ONCE_MS, "and leaves nobody waiting (%d)",
	      outcome);
	server_end(s);
}

int main(void)
{
	if (!scene_begin())
		return 0;
	servers = (struct server *)mmap(NULL, 2 * sizeof(*servers), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(servers == MAP_FAILED);
	for (size_t i = 0; i < COUNT_OF(files); i++)
		bytes_take(i);
	if (!server_begin(&servers[0], "served", 0, "")) {
		CHECK(1, "a file system of FUSE # SKIP cannot be had here: %s",
		      strerror(errno));
		scene_end();
		return CHECK_DONE();
	}
	server_end(&servers[0]);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		test_row(i);
	test_unseen();
	test_newcomer();
	test_silent(GUARD_ALLOWLIST);
	test_silent(GUARD_DENYLIST);
	test_nowhere();
	test_dead();
	scene_end();
	return CHECK_DONE();
}
