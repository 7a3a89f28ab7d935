/* SPDX-License-Identifier: MIT */
#include "daemon/true_path.h"

#include "daemon/decision.h"
#include "host/reach.h"
#include "source/identity.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where a link of /proc leads, in @room. */
static size_t link_read(const char *link, char *path, size_t room)
{
	ssize_t n = readlink(link, path, room);

	return n > 0 ? (size_t)n : 0;
}

/*
 * Does @path lead to @file here, too?  In a name space of mounts of his own anybody can
 * give any file any path.  Whoever is about to run it has just walked its true path: all of
 * that is in the kernel's memory, and what is not is not asked for, nor waited for.
 */
static bool is_path_of(const char *path, const struct source_identity *file)
{
	int fd = reach_open(path);
	struct source_identity there = { 0 };
	struct statx x;

	if (fd < 0)
		return false;
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &x) == 0)
		there = identity_from_statx(&x);
	(void)close(fd);
	return there.ino != 0 && there.dev == file->dev && there.ino == file->ino;
}

const char *true_path_mark(const char *text, const struct source_identity *file)
{
	/* Of what lies in memory alone there is no other. */
	return strncmp(text, "/memfd:", 7) == 0 || is_path_of(text, file) ? ""
									  : TRUE_PATH_ELSEWHERE;
}

/* The name space of users behind @link; 0: not to be had. */
static uint64_t users_of(const char *link)
{
	struct statx x;

	/* The flag says nothing of a path, but a filter lets nothing through without it. */
	return statx(AT_FDCWD, link, AT_EMPTY_PATH, STATX_INO, &x) == 0 ? x.stx_ino : 0;
}

bool true_path_is_claimed(pid_t pid)
{
	uint64_t ours = users_of("/proc/self/ns/user");
	char link[32];

	(void)snprintf(link, sizeof(link), "/proc/%d/ns/user", (int)pid);
	return ours == 0 || users_of(link) != ours;
}

size_t true_path(const char *link, const struct source_identity *file, char *path, size_t room)
{
	char text[DECISION_MAX_PATH];
	int n;

	text[link_read(link, text, sizeof(text) - 1)] = 0;
	n = snprintf(path, room, "%s%s", true_path_mark(text, file), text);
	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}
