/* SPDX-License-Identifier: MIT */
/*
 * Who runs a file that others than root can change: is he past the point from which on the
 * kernel itself keeps writers away (proc_pid_stat(5))?
 *
 * His program, /proc/PID/exe, does not tell: it may have been the same before, and whoever is
 * root of a name space of users sets it as he likes (PR_SET_MM_MAP).  A thread that waits in
 * exec(2) touches no memory of its own before the file is denied to writers, and must do so
 * afterwards: its page faults are counted by the kernel, for each thread, and nobody else can
 * make it have one.  Nor does it sleep before that so that a signal would wake it.
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
#include <unistd.h>

#define THREADS_MAX 512
#define LISTED_ROOM ((size_t)THREADS_MAX * 32)

/* A number of /proc/PID/stat, by its place there; the first after the state is the fourth. */
#define FIELD_FIRST    4
#define FIELD_FAULTS   10
#define FIELD_READS    12 /* faults that had to read a disk */
#define FIELD_THREADS  20
#define FIELD_START    22
#define FIELD_OF(n, f) ((n)[(f)-FIELD_FIRST])
#define FIELDS         (FIELD_START - FIELD_FIRST + 1)

/* The first thread of a process as it is now. */
struct first_thread {
	char state;
	uint64_t faults, start;
	size_t n_threads;
	uid_t uid;
};

enum look { LOOK_SEEN, LOOK_GONE, LOOK_FAILED };

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
static bool thread_parse(const char *text, struct first_thread *out)
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
	out->faults = FIELD_OF(numbers, FIELD_FAULTS) + FIELD_OF(numbers, FIELD_READS);
	out->n_threads = (size_t)FIELD_OF(numbers, FIELD_THREADS);
	out->start = FIELD_OF(numbers, FIELD_START);
	return true;
}

static enum look thread_look(pid_t pid, struct first_thread *out)
{
	char path[48], text[512];
	struct stat st = { 0 };
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)pid);
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
	return thread_parse(text, out) ? LOOK_SEEN : LOOK_FAILED;
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

/*
 * The threads of @pid beside its first.  In one call: from one to the next, those that end
 * would shift others past us; in one, new ones stand at the end.  Whoever asks was there when
 * they were counted, so if he is passed over, fewer are listed than were counted.
 */
static bool others_list(pid_t pid, size_t n_threads, struct runner *r)
{
	_Alignas(8) uint8_t room[LISTED_ROOM];
	struct cursor c;
	char path[32];
	size_t listed = 0;
	long n;
	int fd;

	if (n_threads > THREADS_MAX)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = syscall(SYS_getdents64, fd, room, sizeof(room));
	(void)close(fd);
	r->others = (pid_t *)memory_new(n_threads, sizeof(*r->others));
	if (n <= 0 || !r->others)
		return false;
	c = cursor_at(span_clip(SPAN_OF(room), 0, (uint64_t)n), 0);
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
		if (number != 0 && number != pid)
			r->others[r->n_others++] = number;
	}
	return listed == n_threads;
}

void runner_look(pid_t pid, struct runner *r)
{
	struct first_thread t;

	runner_free(r);
	if (thread_look(pid, &t) != LOOK_SEEN)
		return;
	r->start = t.start;
	r->faults = t.faults;
	r->uid = t.uid;
	r->unlisted = t.n_threads > 1 && !others_list(pid, t.n_threads, r);
}

void runner_free(struct runner *r)
{
	memory_free(r->others);
	*r = (struct runner){ 0 };
}

/* A thread that has ended does not come back. */
static bool others_are_gone(pid_t pid, struct runner *r)
{
	char path[48];

	for (; r->n_others > 0; r->n_others--) {
		(void)snprintf(path, sizeof(path), "/proc/%d/task/%d", (int)pid,
			       (int)r->others[r->n_others - 1]);
		if (access(path, F_OK) == 0 || (errno != ENOENT && errno != ESRCH))
			return false;
	}
	return true;
}

bool runner_is_past(pid_t pid, struct runner *r)
{
	struct first_thread t;
	enum look look = thread_look(pid, &t);

	if (look != LOOK_SEEN || r->start == 0)
		return look == LOOK_GONE;
	if (t.start != r->start) /* another process with his number */
		return true;
	/* It may be the first that asked ... */
	if (t.faults == r->faults && !strchr("STtZXx", t.state))
		return false;
	/* ... or any that was there then; who runs another program ends all others. */
	return r->unlisted ? t.n_threads == 1 : others_are_gone(pid, r);
}

bool runner_asks_again(pid_t pid, struct runner *r, bool same)
{
	struct first_thread t;
	bool moved;

	/* Of several, another one may ask: that says nothing. */
	if (r->start == 0 || r->unlisted || r->n_others > 0 ||
	    thread_look(pid, &t) != LOOK_SEEN)
		return true;
	moved = t.start == r->start && t.faults != r->faults;
	r->faults = t.faults;
	return moved && !same;
}

bool runner_kill(pid_t pid, const struct runner *r)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct first_thread t;
	bool done;

	if (fd < 0)
		return false;
	/* Whoever has the number now has it as long as we hold this. */
	done = thread_look(pid, &t) == LOOK_SEEN && t.start == r->start &&
	       syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0;
	(void)close(fd);
	return done;
}
