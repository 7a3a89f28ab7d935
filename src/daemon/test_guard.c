/* SPDX-License-Identifier: MIT */
/*
 * The guard, for real: as root, in a name space of mounts of its own, on file
 * systems of its own.  A stand-in judges a program by the last byte of its file,
 * which the loader does not read.
 */
#include "daemon/guard.h"

#include "daemon/decision.h"
#include "engine/report_make.h"
#include "evidence/evidence.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum deed {
	DEED_GOOD = 'g',
	DEED_FORGED = 'f',
	DEED_CRASH = 'c', /* kills whoever reads it */
	DEED_HANG = 'h',
};

static char folder[] = "/tmp/assay-guard-XXXXXX";
static struct shared {
	_Atomic unsigned n_questions; /* to the decider */
	_Atomic bool ready;
} * shared;
static pid_t guard;
static bool failures_allowed;

static void must(int failed)
{
	if (failed) {
		perror("# cannot go on");
		abort();
	}
}

static void examine(const struct engine *e, struct lanes *lanes,
		    const struct engine_file *files, size_t n, struct arena *arenas,
		    struct report *reports)
{
	(void)e;
	(void)lanes;
	(void)arenas;
	for (size_t i = 0; i < n; i++) {
		off_t end = lseek(files[i].fd, 0, SEEK_END);
		char deed = 0;

		if (pread(files[i].fd, &deed, 1, end - 1) != 1)
			deed = 0;
		if (deed == DEED_CRASH)
			abort();
		while (deed == DEED_HANG)
			(void)nanosleep(&(struct timespec){ 1, 0 }, NULL);
		reports[i] = (struct report){ .verdict = deed == DEED_GOOD
								 ? ASSAY_VERDICT_VALID
								 : ASSAY_VERDICT_TAMPERED };
	}
}

static void question_answer(int socket, struct span packet)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct decision d = { .epoch = 1, .keep = true };
	struct report report;
	struct question q;

	if (span_copy(&q, sizeof(q), packet) != sizeof(q) || q.kind != PACKET_QUESTION)
		return;
	atomic_fetch_add(&shared->n_questions, 1);
	d.ticket = q.ticket;
	d.allow = q.failure != FAILURE_NONE
			  ? failures_allowed
			  : wire_decode(&a, span_after(packet, sizeof(q) + q.path_len),
					&report) == STATUS_OK &&
				    report.verdict == ASSAY_VERDICT_VALID;
	(void)send(socket, &d, sizeof(d), MSG_NOSIGNAL);
}

static int order_socket(int orders)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char order;
	struct iovec bytes = { &order, 1 };
	struct msghdr message = { .msg_iov = &bytes,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(orders, &message, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	if (CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static int decide(void *context, struct ledger *ledger, int orders)
{
	static uint8_t packet[DECISION_MAX_BYTES * 2];
	int socket = order_socket(orders);

	(void)context;
	atomic_store(&ledger->epoch, 1);
	while (socket >= 0) {
		struct pollfd from[] = {
			{socket,  POLLIN, 0},
                        { orders, POLLIN, 0}
		};
		ssize_t n;

		atomic_store(&ledger->decider_beat, ledger_now());
		(void)poll(from, 2, 50);
		if (from[1].revents) {
			(void)close(socket);
			socket = order_socket(orders);
			continue;
		}
		n = from[0].revents & POLLIN ? recv(socket, packet, sizeof(packet), 0) : 0;
		if (n > 0)
			question_answer(socket, span_clip(SPAN_OF(packet), 0, (uint64_t)n));
	}
	return 0;
}

/* A copy of a program that does nothing, with @deed behind it. */
static const char *program(const char *name, enum deed deed)
{
	static char paths[8][256];
	static unsigned n;
	char *path = paths[n++ % 8];
	char last = (char)deed;
	struct stat st;
	int from = open("/bin/true", O_RDONLY), to;

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	(void)unlink(path);
	to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
	must(from < 0 || to < 0 || fstat(from, &st) != 0);
	must(sendfile(to, from, NULL, (size_t)st.st_size) != st.st_size ||
	     write(to, &last, 1) != 1);
	(void)close(from);
	(void)close(to);
	return path;
}

/* 0, or the errno with which it was not run. */
static int run(const char *path)
{
	int state;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execl(path, path, (char *)NULL);
		_exit(errno);
	}
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static int64_t run_ms(const char *path, int *outcome)
{
	int64_t began = ledger_now();

	*outcome = run(path);
	return ledger_now() - began;
}

static void on_ready(void *context)
{
	(void)context;
	atomic_store(&shared->ready, true);
}

static void guard_start(enum guard_mode mode)
{
	struct engine engine = { 0 };
	const char *places[] = { folder }, *problem = NULL;
	struct guard_plan plan = {
		.watcher = {.engine = &engine,
                            .pool = { .n_threads = 1, .examine = examine },
                            .mode = mode},
		.places = places,
		.n_places = 1,
		.decide = decide,
		.ready = on_ready,
	};

	atomic_store(&shared->ready, false);
	failures_allowed = mode == GUARD_MODE_DENYLIST;
	guard = fork();
	must(guard < 0);
	if (guard == 0) {
		enum status status = guard_run(&plan, &problem);

		if (problem)
			printf("# %s\n", problem);
		_exit(status == STATUS_OK ? 0 : 1);
	}
	for (int i = 0; i < 1000 && !atomic_load(&shared->ready); i++)
		(void)usleep(10000);
	must(!atomic_load(&shared->ready));
}

static int guard_stop(int signal_number)
{
	int state = -1;

	(void)kill(guard, signal_number);
	(void)waitpid(guard, &state, 0);
	return state;
}

/* The guard's children, oldest first: decider, watcher, spare. */
static size_t children(pid_t *out, size_t room)
{
	char path[64];
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)guard, (int)guard);
	f = fopen(path, "re");
	must(!f);
	while (n < room && fscanf(f, "%d", &out[n]) == 1)
		n++;
	(void)fclose(f);
	return n;
}

static void test_answers(const char *where)
{
	unsigned before;
	const char *path = program("good", DEED_GOOD);

	CHECK(run(path) == 0, "%s: what is valid runs", where);
	before = atomic_load(&shared->n_questions);
	CHECK(run(path) == 0, "%s: again", where);
	printf("# %s: %u questions the second time\n", where,
	       atomic_load(&shared->n_questions) - before);
	path = program("forged", DEED_FORGED);
	CHECK(run(path) == EPERM, "%s: what is forged does not", where);
	CHECK(run(path) == EPERM, "%s: again", where);
	path = program("good", DEED_GOOD);
	CHECK(run(path) == 0, "%s: it runs before it is changed", where);
	path = program("good", DEED_FORGED);
	CHECK(run(path) == EPERM, "%s: and not after", where);
	path = program("good", DEED_GOOD);
	CHECK(run(path) == 0, "%s: and runs when it is mended", where);
}

static void test_failures(bool allows)
{
	int outcome, want = allows ? 0 : EPERM;
	int64_t ms = run_ms(program("crash", DEED_CRASH), &outcome);

	CHECK(outcome == want && ms < WATCHER_DEADLINE_MS + 600,
	      "a worker that dies costs one answer, in time (%d, %d ms)", outcome, (int)ms);
	ms = run_ms(program("hang", DEED_HANG), &outcome);
	CHECK(outcome == want && ms < WATCHER_DEADLINE_MS + 600,
	      "a worker that hangs is not waited for (%d, %d ms)", outcome, (int)ms);
}

static void test_deaths(void)
{
	static const char *const who[] = { "decider", "watcher", "spare" };
	const char *good = program("g", DEED_GOOD);
	pid_t pids[8];
	int outcome;

	for (size_t i = 0; i < COUNT_OF(who); i++) {
		size_t n = children(pids, COUNT_OF(pids));
		int64_t ms;

		CHECK(n == COUNT_OF(who), "all three live");
		(void)kill(pids[i], SIGKILL);
		ms = run_ms(good, &outcome);
		CHECK(outcome == 0 && ms < WATCHER_DEADLINE_MS + 600,
		      "%s dead: what is valid runs (%d ms)", who[i], (int)ms);
		CHECK(run(program("b", DEED_FORGED)) == EPERM,
		      "%s dead: what is forged does not", who[i]);
		(void)usleep(300000);
	}
	CHECK(children(pids, COUNT_OF(pids)) == COUNT_OF(who), "all three live again");
}

static void test_stopped(void)
{
	pid_t pids[8];
	int outcome;
	int64_t ms;

	for (size_t i = 0; i < 3; i++) {
		must(children(pids, COUNT_OF(pids)) != 3);
		(void)kill(pids[i], SIGSTOP);
		ms = run_ms(program("s", DEED_GOOD), &outcome);
		CHECK(outcome == 0 && ms < WATCHER_DEADLINE_MS + 1000,
		      "a stopped process holds nobody for ever (%d, %d ms)", outcome, (int)ms);
		(void)usleep(1500000);
		CHECK(run(program("t", DEED_FORGED)) == EPERM, "and is replaced");
	}
}

static void test_supervisor_dead(void)
{
	int outcome, state = guard_stop(SIGKILL);
	int64_t ms = run_ms(program("k", DEED_FORGED), &outcome);

	CHECK(WIFSIGNALED(state) && outcome == 0 && ms < 1000,
	      "the supervisor dead: the kernel allows (%d, %d ms)", outcome, (int)ms);
}

static void memory_mount(void)
{
	must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0);
	must(mount("assay-test", folder, "tmpfs", 0, "size=64m") != 0);
}

int main(void)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0) {
		printf("1..0 # SKIP asks for root: the kernel asks nobody else about "
		       "programs\n");
		return 0;
	}
	must(mkdtemp(folder) == NULL);
	shared = (struct shared *)mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(shared == MAP_FAILED);
	memory_mount();
	guard_start(GUARD_MODE_DENYLIST);
	test_answers("tmpfs");
	test_failures(true);
	test_deaths();
	test_stopped();
	test_answers("tmpfs, after all that");
	CHECK(guard_stop(SIGTERM) == 0, "it ends when it is told to");
	CHECK(run(program("f", DEED_FORGED)) == 0, "and then nobody is asked");
	guard_start(GUARD_MODE_ALLOWLIST);
	test_failures(false);
	test_supervisor_dead();
	(void)umount(folder);
	(void)rmdir(folder);
	return CHECK_DONE();
}
