/* SPDX-License-Identifier: MIT */
/*
 * Who runs a file that others than root can change: is he past the point from which on the
 * kernel itself keeps writers away (proc_pid_stat(5))?
 *
 * His program, /proc/PID/exe, does not tell: it may have been the same before, and whoever is
 * root of a name space of users sets it as he likes (PR_SET_MM_MAP).  A thread that waits in
 * exec(2) touches no memory of its own before the file is denied to writers, and must do so
 * afterwards: its page faults are counted by the kernel, for each thread, and nobody else can
 * make it have one.  Nor does it sleep before that so that a signal would wake it, or run
 * outside of the kernel.
 *
 * Nothing of this is asked before the answer: most programs have ended by the first look, and
 * entries of /proc cost more than all else that we do.  Until he is past he stands still, so
 * what is seen later is as good.  Which thread asked is not told: if there are several, each
 * has to have moved.
 */
#include "daemon/watching.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "base/slot.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 512
#define USER_TICKS  2 /* one may be a matter of rounding */
#define LISTED_ROOM ((size_t)THREADS_MAX * 32)

/* A number of /proc/PID/stat, by its place there; the first after the state is the fourth. */
#define FIELD_FIRST    4
#define FIELD_FAULTS   10
#define FIELD_READS    12 /* faults that had to read a disk */
#define FIELD_USER     14 /* ticks that it ran in its own program, not in the kernel */
#define FIELD_THREADS  20
#define FIELD_START    22
#define FIELD_OF(n, f) ((n)[(f)-FIELD_FIRST])
#define FIELDS         (FIELD_START - FIELD_FIRST + 1)

/* A process, or a thread, as it is now. */
struct look {
	char state;
	struct runner_traces traces;
	uint64_t start;
	size_t n_threads;
	uid_t uid;
};

enum seen { LOOK_SEEN, LOOK_GONE, LOOK_FAILED };

static bool fields_read(const char *at, uint64_t *numbers)
{
	for (size_t i = 0; i < FIELDS; i++) {
		char *end;

		numbers[i] = strtoull(at, &end, 10);
		if (end == at)
			return false;
		at = end;
	}
	return true;
}

/* "42 (any ) name) S 1 42 ...": names may hold anything. */
static bool look_parse(const char *text, struct look *out)
{
	const char *at = strrchr(text, ')');
	uint64_t numbers[FIELDS];

	at = at ? strpbrk(at, "RSDTtZXxIPW") : NULL;
	if (!at)
		return false;
	out->state = *at;
	at = strchr(at, ' ');
	if (!at || !fields_read(at, numbers))
		return false;
	out->traces.faults = FIELD_OF(numbers, FIELD_FAULTS) + FIELD_OF(numbers, FIELD_READS);
	out->traces.user = FIELD_OF(numbers, FIELD_USER);
	out->n_threads = (size_t)FIELD_OF(numbers, FIELD_THREADS);
	out->start = FIELD_OF(numbers, FIELD_START);
	return true;
}

/* @thread: of process @pid; 0: all of it. */
static enum seen look_at(pid_t pid, pid_t thread, struct look *out)
{
	char path[48], text[512];
	struct stat st = { 0 };
	ssize_t n;
	int fd;

	if (thread != 0)
		(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid,
			       (int)thread);
	else
		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? LOOK_GONE : LOOK_FAILED;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0 && errno == ESRCH)
		n = 0;
	(void)fstat(fd, &st);
	(void)close(fd);
	if (n <= 0)
		return n == 0 ? LOOK_GONE : LOOK_FAILED;
	text[n] = 0;
	out->uid = st.st_uid;
	return look_parse(text, out) ? LOOK_SEEN : LOOK_FAILED;
}

/* Can somebody who has waited in exec(2) since @before not be like that? */
static bool is_moved(const struct look *t, const struct runner_traces *before)
{
	return t->traces.faults != before->faults ||
	       t->traces.user >= before->user + USER_TICKS ||
	       strchr("STtZXx", t->state) != NULL;
}

/* A name of a folder of threads; 0: of none. */
static pid_t thread_number(struct span name)
{
	uint64_t number = 0;

	for (uint64_t i = 0; i < name.len && i < 10; i++) {
		uint8_t c = span_at(name, i);

		if (c < '0' || c > '9')
			return i == 0 ? 0 : (pid_t)number;
		number = number * 10 + (uint64_t)(c - '0');
	}
	return (pid_t)number;
}

/* Has it ended, or moved? */
static bool thread_is_past(pid_t pid, const struct runner_thread *thread)
{
	struct look t;
	enum seen seen = look_at(pid, thread->thread, &t);

	return seen == LOOK_GONE || (seen == LOOK_SEEN && is_moved(&t, &thread->traces));
}

/* Those that may be the one that asks. */
static void thread_keep(pid_t pid, pid_t thread, struct runner *r)
{
	struct look t = { 0 };
	enum seen seen = look_at(pid, thread, &t);

	if (seen == LOOK_GONE || (seen == LOOK_SEEN && is_moved(&t, &t.traces)))
		return;
	r->threads[r->n_threads++] = (struct runner_thread){ thread, t.traces };
}

/*
 * The threads of @pid.  In one call: from one to the next, those that end would shift others
 * past us; in one, new ones stand at the end.  Whoever asked was there when they were
 * counted, so if he is passed over, fewer are listed than were counted.
 */
static bool threads_list(pid_t pid, size_t n_threads, struct runner *r)
{
	_Alignas(8) uint8_t room[LISTED_ROOM];
	struct cursor c;
	char path[32];
	size_t listed = 0;
	long n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = syscall(SYS_getdents64, fd, room, sizeof(room));
	(void)close(fd);
	c = cursor_at(span_clip(SPAN_OF(room), 0, n > 0 ? (uint64_t)n : 0), 0);
	while (listed < n_threads && cursor_left(&c) > 0) {
		struct span entry;
		uint16_t len = 0;
		pid_t number;

		cursor_skip(&c, 16); /* inode, and where to go on */
		(void)span_copy(&len, sizeof(len), cursor_take(&c, sizeof(len)));
		entry = cursor_take(&c, len > 18 ? len - 18U : 0);
		if (!cursor_ok(&c) || len <= 18)
			return false;
		number = thread_number(span_after(entry, 1)); /* behind its type */
		listed += number != 0;
		if (number != 0)
			thread_keep(pid, number, r);
	}
	return listed == n_threads;
}

void runner_free(struct runner *r)
{
	memory_free(r->threads);
	*r = (struct runner){ 0 };
}

/* When it was asked, in the clock of /proc/PID/stat. */
static uint64_t ticks_at(int64_t us)
{
	struct timespec t = { 0, 0 };
	int64_t ago = watch_now_us() - us;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)((int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 - ago) *
	       (uint64_t)sysconf(_SC_CLK_TCK) / 1000000;
}

/* False: not now. */
static bool threads_begin(pid_t pid, size_t n_threads, struct runner *r)
{
	if (n_threads > THREADS_MAX)
		return false;
	memory_free(r->threads);
	r->n_threads = 0;
	r->threads = (struct runner_thread *)memory_new(n_threads, sizeof(*r->threads));
	return r->threads && threads_list(pid, n_threads, r);
}

static bool threads_are_past(pid_t pid, struct runner *r)
{
	for (; r->n_threads > 0; r->n_threads--)
		if (!thread_is_past(pid, &r->threads[r->n_threads - 1]))
			return false;
	return true;
}

bool runner_is_past(pid_t pid, int64_t asked_us, struct runner *r)
{
	struct look t;
	enum seen seen = look_at(pid, 0, &t);

	if (seen != LOOK_SEEN)
		return seen == LOOK_GONE;
	if (r->start == 0) { /* the first look */
		/* Another process has his number. */
		if (t.start > ticks_at(asked_us))
			return true;
		*r = (struct runner){ .start = t.start,
				      .traces = t.traces,
				      .uid = t.uid,
				      .several = t.n_threads > 1 };
	}
	if (t.start != r->start)
		return true;
	if (!r->several) /* who waits makes no threads */
		return t.n_threads > 1 || is_moved(&t, &r->traces);
	if (!r->listed)
		r->listed = threads_begin(pid, t.n_threads, r);
	return r->listed && threads_are_past(pid, r);
}

bool runner_asks_again(pid_t pid, struct runner *r, bool same)
{
	struct look t;
	bool over;

	/* Of several, another one may ask: that says nothing. */
	if (look_at(pid, 0, &t) != LOOK_SEEN || t.n_threads > 1)
		return true;
	over = same ||
	       (r->start != 0 && (t.start != r->start || t.traces.faults == r->traces.faults));
	runner_free(r);
	r->start = t.start;
	r->traces = t.traces;
	r->uid = t.uid;
	return !over;
}

bool runner_kill(pid_t pid, const struct runner *r)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct look t;
	bool done;

	if (fd < 0)
		return false;
	/* Whoever has the number now has it as long as we hold this. */
	done = look_at(pid, 0, &t) == LOOK_SEEN && t.start == r->start &&
	       syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0;
	(void)close(fd);
	return done;
}
