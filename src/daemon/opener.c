/* SPDX-License-Identifier: MIT */
#include "daemon/opener.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The very file that was seen? */
static int checked(int fd, const struct tier_a_record *r)
{
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_ino == r->ino)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* The path is one without links, as its process sees it. */
static int path_open(const struct tier_a_record *r)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS };
	char link[32];
	int root, fd;

	(void)snprintf(link, sizeof(link), "/proc/%u/root", r->pid);
	root = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) /* it has ended: ours may do */
		root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = (int)syscall(SYS_openat2, root, r->path, &how, sizeof(how));
	if (root >= 0)
		(void)close(root);
	return checked(fd, r);
}

/* Is it the name of a mapping, "7f0c1000-7f0c2000", in which @address lies? */
static bool is_around(const char *name, uint64_t address)
{
	char *dash;
	uint64_t from = strtoull(name, &dash, 16);
	uint64_t to = -strtoull(dash, NULL, 16); /* which takes it for a minus */

	return *dash == '-' && from <= address && address < to;
}

/* What its process has mapped there, while it has: no path is known of it. */
static int mapped_open(const struct tier_a_record *r)
{
	char path[32];
	DIR *maps;
	int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%u/map_files", r->pid);
	maps = opendir(path);
	for (const struct dirent *e = maps ? readdir(maps) : NULL; e && fd < 0;
	     e = readdir(maps))
		if (is_around(e->d_name, r->address))
			fd = openat(dirfd(maps), e->d_name, O_PATH | O_CLOEXEC);
	if (maps)
		(void)closedir(maps);
	return checked(fd, r);
}

/* To be read; else -1. */
static int file_open(const struct tier_a_record *r)
{
	int place = r->address != 0 ? mapped_open(r) : path_open(r), fd;
	char link[32];

	if (place < 0)
		return -1;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
	(void)close(place);
	return fd;
}

/* Until whoever asks is gone. */
static void serve(int socket)
{
	const struct child asker = { .pid = getppid(), .orders = socket };
	struct tier_a_record r;

	/* Of all that the watcher has, nothing else is needed. */
	if (socket > 3)
		(void)close_range(3, (unsigned)socket - 1, 0);
	(void)close_range((unsigned)socket + 1, ~0U, 0);
	while (recv(socket, &r, sizeof(r), 0) == (ssize_t)sizeof(r)) {
		int fd;

		r.path[sizeof(r.path) - 1] = 0;
		fd = file_open(&r);
		if (fd < 0)
			continue;
		(void)child_tell(&asker, 0, fd);
		(void)close(fd);
	}
}

enum status opener_start(struct child *opener)
{
	int socket;

	TRY(child_fork(opener, &socket));
	if (socket < 0)
		return STATUS_OK;
	serve(socket);
	_exit(0);
}

bool opener_ask(const struct child *opener, const struct tier_a_record *r)
{
	return opener->pid != 0 && send(opener->orders, r, sizeof(*r),
					MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(*r);
}

int opener_next(struct child *opener)
{
	char order;
	int fd;

	if (opener->pid != 0 && !order_take(opener->orders, false, &order, &fd)) {
		child_end(opener);
		return -1;
	}
	return opener->pid != 0 ? fd : -1;
}
