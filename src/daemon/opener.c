/* SPDX-License-Identifier: MIT */
#include "daemon/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The path is one without links, as its process sees it. */
static int path_open(int root, const struct tier_a_record *r)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS };
	struct stat st;
	int fd = (int)syscall(SYS_openat2, root, r->path, &how, sizeof(how));

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_ino == r->ino)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* To be read, and the very file that was seen; else -1. */
static int file_open(const struct tier_a_record *r)
{
	char link[32];
	int root, place, fd;

	(void)snprintf(link, sizeof(link), "/proc/%u/root", r->pid);
	root = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) /* it has ended: ours may do */
		root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	place = path_open(root, r);
	if (root >= 0)
		(void)close(root);
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
