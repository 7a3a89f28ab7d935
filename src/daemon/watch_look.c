/* SPDX-License-Identifier: MIT */
/* What the watcher sees of who asks, and of the file that is asked about, without waiting. */
#include "daemon/watching.h"

#include "source/identity.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where a link of /proc leads, in @room. */
static size_t link_read(const char *link, char *path, size_t room)
{
	ssize_t n = readlink(link, path, room);

	return n > 0 ? (size_t)n : 0;
}

struct source_identity watch_program(pid_t pid)
{
	char path[32];
	struct statx x;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	/* Whoever serves its file system may be slow, or hostile: nobody is asked. */
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_INO, &x) != 0)
		return (struct source_identity){ 0 };
	return identity_from_statx(&x);
}

/*
 * Does @path lead to @file here, too?  In a name space of mounts of his own anybody can
 * give any file any path.  Whoever is about to run it has just walked its true path: all of
 * that is in the kernel's memory, and what is not is not asked for, nor waited for.
 */
static bool is_path_of(const char *path, const struct source_identity *file)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_CACHED | RESOLVE_NO_SYMLINKS |
					   RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	struct source_identity there = { 0 };
	struct statx x;

	if (fd < 0)
		return false;
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &x) == 0)
		there = identity_from_statx(&x);
	(void)close(fd);
	return there.ino != 0 && same_file(&there, file);
}

/* The path in @link as it is here: for which file, says @file.  Its length; 0: there is none.
 */
static size_t path_look(const char *link, const struct source_identity *file, char *path,
			size_t room)
{
	char text[DECISION_MAX_PATH];
	bool here;
	int n;

	text[link_read(link, text, sizeof(text) - 1)] = 0;
	/* Of what lies in memory alone there is no other. */
	here = strncmp(text, "/memfd:", 7) == 0 || is_path_of(text, file);
	n = snprintf(path, room, "%s%s", here ? "" : WATCH_ELSEWHERE, text);
	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

void watch_caller(struct watch_case *c)
{
	struct source_identity program = watch_program(c->facts.pid);
	char path[DECISION_MAX_PATH], link[32];

	if (c->caller.len > 0 || program.ino == 0)
		return;
	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)c->facts.pid);
	buffer_add(&c->caller, (struct span){ (uint8_t *)path,
					      path_look(link, &program, path, sizeof(path)) });
}

size_t watch_path(const struct watch_case *c, char *path, size_t room)
{
	char link[32];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", c->fd);
	return path_look(link, &c->facts.file, path, room);
}
