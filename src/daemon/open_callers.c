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

enum opens { OPENS_NOTHING, OPENS_TO_WRITE, OPENS_ELSE };

static enum opens opens_of(const unsigned long *call, size_t n)
{
	unsigned long flags;

	if (n < 4)
		return OPENS_NOTHING;
	if (call[0] == SYS_openat)
		flags = call[3];
#ifdef SYS_open
	else if (call[0] == SYS_open)
		flags = call[2];
#endif
#ifdef SYS_creat
	else if (call[0] == SYS_creat)
		flags = O_WRONLY;
#endif
	else /* the flags of openat2() lie in memory, where they can change */
		return call[0] == SYS_openat2 ? OPENS_ELSE : OPENS_NOTHING;
	return (flags & O_ACCMODE) == O_RDONLY ? OPENS_ELSE : OPENS_TO_WRITE;
}

bool caller_writes(pid_t pid)
{
	unsigned long call[OPENED_MAX];
	unsigned n_write = 0, n_else = 0, n = 0;
	const struct dirent *entry;
	char path[32];
	DIR *tasks;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && n_else == 0 && (entry = readdir(tasks)) != NULL) {
		enum opens opens;

		if (entry->d_name[0] == '.')
			continue;
		opens = opens_of(call, call_read(dirfd(tasks), entry->d_name, call));
		n_write += opens == OPENS_TO_WRITE;
		n_else += opens == OPENS_ELSE || ++n > THREADS_MAX;
	}
	if (tasks)
		(void)closedir(tasks);
	return n_write > 0 && n_else == 0;
}
