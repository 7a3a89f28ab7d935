/* SPDX-License-Identifier: MIT */
/* Confine: what a confined process can still do, and what not; each in a child of its own. */
#include "host/confine.h"

#include "host/sanitized.h"
#include "source/source.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/assay-confine-XXXXXX";
static int file = -1, writable = -1, pair[2] = { -1, -1 };

static void must(int failed)
{
	if (failed)
		abort();
}

/* 0, or the errno of a call that gave @result. */
static int outcome(long result)
{
	return result < 0 ? errno : 0;
}

static int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	int error = outcome(fd);

	if (fd >= 0)
		(void)close(fd);
	return error;
}

static int read_below(void)
{
	return try_open("ro/file", O_RDONLY);
}

static int list_below(void)
{
	return try_open("ro", O_RDONLY | O_DIRECTORY);
}

static int read_file_rule(void)
{
	return try_open("single", O_RDONLY);
}

static int read_outside(void)
{
	return try_open("/etc/passwd", O_RDONLY);
}

static int write_below(void)
{
	return try_open("ro/file", O_WRONLY);
}

static int shorten_below(void)
{
	return try_open("ro/file", O_RDONLY | O_TRUNC);
}

static int truncate_below(void)
{
	return outcome(truncate("rw/old", 0));
}

static int create_below(void)
{
	return try_open("ro/new", O_WRONLY | O_CREAT);
}

static int unlink_below(void)
{
	return outcome(unlink("ro/file"));
}

static int write_where_allowed(void)
{
	int fd = open("rw/new", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 && ftruncate(fd, 0) == 0;

	ok = ok && close(fd) == 0 && rename("rw/new", "rw/newer") == 0 &&
	     mkdir("rw/folder", 0700) == 0 && rmdir("rw/folder") == 0;
	return ok && unlink("rw/newer") == 0 ? 0 : errno;
}

static int move_out(void)
{
	int error = outcome(rename("rw/old", "ro/old"));

	return error == EXDEV ? EACCES : error; /* Landlock's first version says so */
}

static int use_sqlite(void)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open("rw/db", &db);

	for (int i = 0; rc == SQLITE_OK && i < 2; i++)
		rc = sqlite3_exec(db,
				  "pragma journal_mode=wal; create table if not exists t(x);"
				  "insert into t values(1);",
				  NULL, NULL, NULL);
	if (sqlite3_close(db) != SQLITE_OK)
		rc = SQLITE_BUSY;
	return rc;
}

static int run_program(void)
{
	char name[] = "/bin/true";
	char *args[] = { name, NULL };

	return outcome(execv(name, args));
}

static int run_by_descriptor(void)
{
	char name[] = "true", nothing[] = "";
	char *args[] = { name, NULL };

	return outcome(syscall(SYS_execveat, file, nothing, args, args + 1, AT_EMPTY_PATH));
}

static int make_socket(void)
{
	return outcome(socket(AF_INET, SOCK_STREAM, 0));
}

static int make_unix_socket(void)
{
	return outcome(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int make_pair(void)
{
	int ends[2];

	return outcome(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
}

static int change_mode(void)
{
	return outcome(chmod("rw/old", 0777));
}

static int change_mode_2(void)
{
	return outcome(syscall(452, AT_FDCWD, "rw/old", 0777, 0)); /* fchmodat2 */
}

static int change_times(void)
{
	return outcome(utimensat(AT_FDCWD, "ro/file", NULL, 0));
}

static int trace_parent(void)
{
	return outcome(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int make_namespace(void)
{
	return outcome(unshare(CLONE_NEWUSER));
}

static int clone_namespace(void)
{
	return outcome(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}

static int use_clone3(void)
{
	return outcome(syscall(SYS_clone3, NULL, 0));
}

static int use_ring(void)
{
	return outcome(syscall(SYS_io_uring_setup, 1, NULL));
}

static int type_on_terminal(void)
{
	return outcome(ioctl(0, TIOCSTI, "x"));
}

static int executable_memory(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : outcome(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int look_at_self(void)
{
	struct rlimit core;

	must(getrlimit(RLIMIT_CORE, &core) != 0);
	return core.rlim_max == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
			       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == (SANITIZED ? 1 : 0)
		       ? 0
		       : -1;
}

static void *nothing(void *context)
{
	return context;
}

static int run_thread(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, nothing, NULL);

	return error ? error : pthread_join(thread, NULL);
}

static int fork_child(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		for (;;)
			(void)pause();
	if (child < 0 || kill(child, SIGKILL) != 0 || waitpid(child, &status, 0) != child)
		return errno;
	return WIFSIGNALED(status) ? 0 : -1;
}

static int fork_worker(void)
{
	struct confine_result result;
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		char c;

		if (confine_worker(&result) != STATUS_OK || pread(file, &c, 1, 0) != 1)
			_exit(1);
		_exit(c == 'h' ? 0 : 2);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

static int read_descriptor(void)
{
	char c;

	return pread(file, &c, 1, 0) == 1 && c == 'h' ? 0 : -1;
}

static int write_descriptor(void)
{
	return outcome(pwrite(writable, "x", 1, 0));
}

static int write_on(void)
{
	return outcome(write(writable, "x", 1));
}

static int use_source(void)
{
	struct arena a = ARENA_INIT(1 << 22);
	struct source s;
	struct view v;
	bool ok = source_begin(&s, file) == STATUS_OK &&
		  source_glance(&s, &a, &v) == STATUS_OK &&
		  source_widen(&s, &a, &v) == STATUS_OK && source_end(&s) == STATUS_OK;

	arena_free(&a);
	return ok ? 0 : -1;
}

/* Sends the descriptor of the file through the pair to ourselves. */
static int pass_descriptor(void)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	char c = 'x';
	struct iovec part = { &c, 1 };
	struct msghdr m = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&m);
	int fd;

	if (!head)
		return -1;
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &file, sizeof(int));
	if (sendmsg(pair[0], &m, 0) != 1 || recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC) != 1)
		return errno;
	head = CMSG_FIRSTHDR(&m);
	if (!head)
		return -1;
	memcpy(&fd, CMSG_DATA(head), sizeof(int));
	return pread(fd, &c, 1, 0) == 1 && c == 'h' ? outcome(close(fd)) : -1;
}

static int use_memory(void)
{
	struct timespec now;
	char *p = malloc(64 << 20), random[16];
	int error = p ? 0 : ENOMEM;

	if (p)
		p[12345678] = 1;
	free(p);
	if (clock_gettime(CLOCK_REALTIME, &now) != 0 || getrandom(random, 16, 0) != 16)
		error = errno;
	return error;
}

static int look_by_path(void)
{
	struct statx x;

	return outcome(statx(AT_FDCWD, "/etc/passwd", 0, STATX_SIZE, &x));
}

static int give_up(void)
{
	abort();
}

static int kill_parent(void)
{
	return outcome(kill(getppid(), 0));
}

static int kill_thread_of_parent(void)
{
	return outcome(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int signal_somebody(void)
{
	return outcome(fcntl(file, F_SETOWN, getppid()));
}

static int send_elsewhere(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/tmp/x" };

	return outcome(sendto(pair[0], "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)));
}

static int only_fork(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return outcome(child);
}

static int be_dumpable(void)
{
	return outcome(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int lift_limit(void)
{
	const struct rlimit much = { 1 << 20, 1 << 20 };

	return outcome(setrlimit(RLIMIT_FSIZE, &much));
}

enum part { FILTER, LANDLOCK };

/* What a step ends with: 0 done, an errno, or SIGNAL(n). */
#define SIGNAL(n) (1000 + (n))

struct row {
	const char *name;
	int (*step)(void);
	int expected;
	enum part part; /* what it needs of the kernel */
};

static const struct row supervisor_rows[] = {
	{"reads below a rule",                    read_below,          0,      FILTER  },
	{ "lists below a rule",                   list_below,          0,      FILTER  },
	{ "reads a file that is a rule",          read_file_rule,      0,      FILTER  },
	{ "does not read elsewhere",              read_outside,        EACCES, LANDLOCK},
	{ "does not write below it",              write_below,         EACCES, LANDLOCK},
	{ "does not shorten below it",            shorten_below,       EPERM,  FILTER  },
	{ "does not shorten by name",             truncate_below,      EPERM,  FILTER  },
	{ "does not create below it",             create_below,        EACCES, LANDLOCK},
	{ "does not unlink below it",             unlink_below,        EACCES, LANDLOCK},
	{ "writes where it may",                  write_where_allowed, 0,      FILTER  },
	{ "does not move files out of there",     move_out,            EACCES, LANDLOCK},
	{ "uses SQLite with a log",               use_sqlite,          0,      FILTER  },
	{ "runs no program",                      run_program,         EPERM,  FILTER  },
	{ "runs no descriptor",                   run_by_descriptor,   EPERM,  FILTER  },
	{ "makes no socket",                      make_socket,         EPERM,  FILTER  },
	{ "makes no local socket",                make_unix_socket,    EPERM,  FILTER  },
	{ "makes a pair of them",                 make_pair,           0,      FILTER  },
	{ "changes no permissions",               change_mode,         EPERM,  FILTER  },
	{ "nor by the younger call",              change_mode_2,       EPERM,  FILTER  },
	{ "changes no times",                     change_times,        EPERM,  FILTER  },
	{ "traces nobody",                        trace_parent,        EPERM,  FILTER  },
	{ "makes no name space",                  make_namespace,      EPERM,  FILTER  },
	{ "nor by clone",                         clone_namespace,     EPERM,  FILTER  },
	{ "has no clone3",                        use_clone3,          ENOSYS, FILTER  },
	{ "has no ring",			  use_ring,            EPERM,  FILTER  },
	{ "types on no terminal",                 type_on_terminal,    EPERM,  FILTER  },
	{ "maps no executable memory",            executable_memory,   EPERM,  FILTER  },
	{ "makes none executable",                make_executable,     EPERM,  FILTER  },
	{ "no core, no privileges, not dumpable", look_at_self,        0,      FILTER  },
	{ "runs threads",                         run_thread,          0,      FILTER  },
	{ "forks, kills, waits",                  fork_child,          0,      FILTER  },
	{ "forks a worker that confines itself",  fork_worker,         0,      FILTER  },
	{ "passes descriptors",                   pass_descriptor,     0,      FILTER  },
	{ "looks at files by path",               look_by_path,        0,      FILTER  },
};

static const struct row worker_rows[] = {
	{"reads a descriptor",                   read_descriptor,       0,                               FILTER},
	{ "reads it as a source, lease and all", use_source,            0,                               FILTER},
	{ "passes descriptors",                  pass_descriptor,       0,                               FILTER},
	{ "has memory, time, chance",            use_memory,            0,                               FILTER},
	{ "runs threads",                        run_thread,            0,                               FILTER},
	{ "can give up",			 give_up,               SIGNAL(SIGABRT),                 FILTER},
	{ "has no clone3",                       use_clone3,            ENOSYS,                          FILTER},
	{ "opens nothing",                       read_below,            SIGNAL(SIGSYS),                  FILTER},
	{ "writes to no file",                   write_on,              SANITIZED ? 0 : SIGNAL(SIGXFSZ), FILTER},
	{ "nor anywhere in it",                  write_descriptor,      SIGNAL(SIGSYS),                  FILTER},
	{ "removes nothing",                     unlink_below,          SIGNAL(SIGSYS),                  FILTER},
	{ "looks at nothing by path",            look_by_path,          SIGNAL(SIGSYS),                  FILTER},
	{ "makes no socket",                     make_socket,           SIGNAL(SIGSYS),                  FILTER},
	{ "makes no pair",                       make_pair,             SIGNAL(SIGSYS),                  FILTER},
	{ "sends to nobody else",                send_elsewhere,        SIGNAL(SIGSYS),                  FILTER},
	{ "runs no program",                     run_program,           SIGNAL(SIGSYS),                  FILTER},
	{ "runs no descriptor",                  run_by_descriptor,     SIGNAL(SIGSYS),                  FILTER},
	{ "makes no process",                    only_fork,             SIGNAL(SIGSYS),                  FILTER},
	{ "signals nobody",                      kill_parent,           SIGNAL(SIGSYS),                  FILTER},
	{ "nor a thread of another",             kill_thread_of_parent, SIGNAL(SIGSYS),                  FILTER},
	{ "nor by a descriptor",                 signal_somebody,       SIGNAL(SIGSYS),                  FILTER},
	{ "traces nobody",                       trace_parent,          SIGNAL(SIGSYS),                  FILTER},
	{ "changes no permissions",              change_mode,           SIGNAL(SIGSYS),                  FILTER},
	{ "maps no executable memory",           executable_memory,     SIGNAL(SIGSYS),                  FILTER},
	{ "makes none executable",               make_executable,       SIGNAL(SIGSYS),                  FILTER},
	{ "stays undumpable",                    be_dumpable,           SIGNAL(SIGSYS),                  FILTER},
	{ "lifts no limit",                      lift_limit,            SIGNAL(SIGSYS),                  FILTER},
};

static enum status confine_as_supervisor(struct confine_result *out)
{
	static const struct confine_rule rules[] = {
		{"ro",         false},
                { "rw",        true },
                { "single",    false},
                { "not-there", true }
	};

	return confine_supervisor(rules, COUNT_OF(rules), out);
}

/* Exit codes of a child that did not come to its step. */
enum { NO_LANDLOCK = 200, NO_FILTER, NOT_CONFINED };

static int run_row(enum status (*confine)(struct confine_result *), const struct row *row)
{
	int status = 0;
	pid_t child = fork();

	must(child < 0);
	if (child == 0) {
		struct confine_result result;
		const char *missing;

		if (confine(&result) != STATUS_OK)
			_exit(NOT_CONFINED);
		missing = result.missing ? result.missing : "";
		if (strstr(missing, "seccomp"))
			_exit(NO_FILTER);
		if (row->part == LANDLOCK && strstr(missing, "Landlock"))
			_exit(NO_LANDLOCK);
		_exit(row->step());
	}
	must(waitpid(child, &status, 0) != child);
	return WIFSIGNALED(status) ? SIGNAL(WTERMSIG(status)) : WEXITSTATUS(status);
}

static void run_rows(const char *who, enum status (*confine)(struct confine_result *),
		     const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int got = run_row(confine, &rows[i]);

		if (got == NO_LANDLOCK)
			printf("# skip: %s %s: this kernel has no Landlock\n", who,
			       rows[i].name);
		else if (got == NO_FILTER)
			printf("# skip: %s %s: this kernel has no seccomp\n", who,
			       rows[i].name);
		else
			CHECK(got == rows[i].expected, "%s %s (%d)", who, rows[i].name, got);
	}
}

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	must(fd < 0 || write(fd, "hello", 5) != 5 || close(fd) != 0);
}

int main(void)
{
	char command[64];

	must(!mkdtemp(root) || chdir(root) != 0 || mkdir("ro", 0755) || mkdir("rw", 0755));
	make_file("ro/file");
	make_file("rw/old");
	make_file("single");
	file = open("ro/file", O_RDONLY | O_CLOEXEC);
	writable = open("rw/old", O_WRONLY | O_CLOEXEC);
	must(writable < 0 || file < 0 ||
	     socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0);
	run_rows("supervisor", confine_as_supervisor, supervisor_rows,
		 COUNT_OF(supervisor_rows));
	run_rows("worker", confine_worker, worker_rows, COUNT_OF(worker_rows));
	(void)snprintf(command, sizeof(command), "rm -rf -- %s", root);
	must(chdir("/") != 0 || system(command) != 0);
	return CHECK_DONE();
}
