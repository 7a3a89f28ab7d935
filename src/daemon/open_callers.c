/* SPDX-License-Identifier: MIT */
/* Who opens a file, by what /proc says of a process that waits. */
#include "daemon/opens.h"
#include "daemon/watching.h"

#include "base/memory.h"
#include "source/identity.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROWS        1024
#define THREADS_MAX 256 /* of one process, that are looked at */
#define OPENED_MAX  8   /* numbers of a call */

/* A program in the state in which it was looked at: an inode that is used again has other
 * times. */
struct caller_row {
	struct source_identity program; /* .ino 0: free */
	const struct interpreter *is;
};

struct callers {
	const struct interpreters *known;
	struct caller_row rows[ROWS];
};

struct callers *callers_new(const struct interpreters *known)
{
	struct callers *c = (struct callers *)memory_new(1, sizeof(*c));

	if (c)
		c->known = known;
	return c;
}

void callers_free(struct callers *c)
{
	memory_free(c);
}

static const struct interpreter *interpreter_of(const struct callers *c, const char *link,
						const struct source_identity *program)
{
	const struct interpreter *i =
		interpreter_by_inode(c->known, program->dev, program->ino);
	char path[DECISION_MAX_PATH];
	ssize_t n = i ? 0 : readlink(link, path, sizeof(path));

	if (n > 0)
		i = interpreter_by_path(c->known, (struct span){ (uint8_t *)path, (size_t)n });
	return i;
}

const struct interpreter *caller_interpreter(struct callers *c, pid_t pid,
					     const struct interpreter *anyone)
{
	struct source_identity program;
	struct caller_row *row;
	struct statx x;
	char link[32];

	if (pid <= 0) /* of a name space of processes that we do not see */
		return anyone;
	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	if (statx(AT_FDCWD, link, AT_STATX_DONT_SYNC, IDENTITY_STATX_MASK, &x) != 0)
		return watch_has_threads(pid) ? anyone : NULL;
	program = identity_from_statx(&x);
	row = &c->rows[(program.ino ^ program.dev) % ROWS];
	if (!identity_equal(&row->program, &program))
		*row = (struct caller_row){ program, interpreter_of(c, link, &program) };
	return row->is;
}

/* What a thread is doing, as numbers: the call, and what it was given; 0: nothing of that kind.
 */
static size_t call_read(int tasks, const char *thread, unsigned long *numbers)
{
	char path[32], text[256];
	char *at = text;
	size_t n = 0;
	ssize_t got;
	int fd;

	(void)snprintf(path, sizeof(path), "%.16s/syscall", thread);
	fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	got = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	text[got > 0 ? got : 0] = 0;
	while (n < OPENED_MAX) {
		char *end;

		numbers[n] = strtoul(at, &end, 0);
		if (end == at)
			break;
		at = end;
		n++;
	}
	return n;
}

/* What a call wants of a file. */
enum opens { OPENS_NOTHING, OPENS_TO_WRITE, OPENS_TO_CHANGE, OPENS_ELSE };

static enum opens opens_by(unsigned long flags)
{
	if ((flags & O_ACCMODE) == O_RDONLY)
		return OPENS_ELSE;
	/* What is cut off first, or made, is not there to be read. */
	return (flags & O_ACCMODE) == O_RDWR && (flags & (O_TRUNC | O_EXCL)) == 0
		       ? OPENS_TO_CHANGE
		       : OPENS_TO_WRITE;
}

static enum opens opens_of(const unsigned long *call, size_t n)
{
	if (n < 4)
		return OPENS_NOTHING;
	switch (call[0]) {
	case SYS_openat: return opens_by(call[3]);
#ifdef SYS_open
	case SYS_open: return opens_by(call[2]);
#endif
#ifdef SYS_creat
	case SYS_creat: return OPENS_TO_WRITE;
#endif
	/* Their flags lie in memory, where they can change, or in a queue. */
	case SYS_openat2:
	case SYS_open_by_handle_at:
	case SYS_io_uring_enter: return OPENS_ELSE;
	default: return OPENS_NOTHING;
	}
}

enum caller_opens caller_opens(pid_t pid)
{
	unsigned n[OPENS_ELSE + 1] = { 0 }, looked = 0;
	unsigned long call[OPENED_MAX];
	const struct dirent *entry;
	char path[32];
	DIR *tasks;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && n[OPENS_ELSE] == 0 && (entry = readdir(tasks)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		n[opens_of(call, call_read(dirfd(tasks), entry->d_name, call))]++;
		n[OPENS_ELSE] += ++looked > THREADS_MAX;
	}
	if (tasks)
		(void)closedir(tasks);
	if (n[OPENS_ELSE] > 0 || n[OPENS_TO_CHANGE] + n[OPENS_TO_WRITE] == 0)
		return CALLER_READS;
	return n[OPENS_TO_CHANGE] > 0 ? CALLER_CHANGES : CALLER_WRITES;
}
