/* SPDX-License-Identifier: MIT */
#include "daemon/children.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum status child_fork(struct child *c, int *orders)
{
	pid_t parent = getpid();
	int ends[2];

	*orders = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return STATUS_IO;
	c->pid = fork();
	if (c->pid == 0) {
		(void)close(ends[0]);
		*orders = ends[1];
		c->orders = -1;
		/* Its parent may have died before it asked. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
			_exit(EXIT_FAILURE);
		return STATUS_OK;
	}
	(void)close(ends[1]);
	c->orders = ends[0];
	if (c->pid > 0)
		return STATUS_OK;
	(void)close(ends[0]);
	*c = (struct child){ .orders = -1 };
	return STATUS_IO;
}

bool message_tell(int to, struct span what, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec bytes = { (void *)(uintptr_t)what.ptr, what.len };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };
	struct cmsghdr *header;

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	return sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)what.len;
}

bool child_tell(const struct child *c, char order, int fd)
{
	return c->pid != 0 &&
	       message_tell(c->orders, (struct span){ (const uint8_t *)&order, 1 }, fd);
}

static void child_forget(struct child *c)
{
	if (c->orders >= 0)
		(void)close(c->orders);
	*c = (struct child){ .orders = -1 };
}

void child_end(struct child *c)
{
	pid_t pid;

	if (c->pid == 0)
		return;
	(void)kill(c->pid, SIGKILL);
	do
		pid = waitpid(c->pid, NULL, 0);
	while (pid < 0 && errno == EINTR);
	child_forget(c);
}

bool child_end_within(struct child *c, int ms)
{
	if (c->pid == 0)
		return true;
	(void)kill(c->pid, SIGKILL);
	for (int i = 0; i < ms && !child_ended(c); i++)
		(void)usleep(1000);
	return c->pid == 0;
}

pid_t child_abandon(struct child *c)
{
	pid_t pid = c->pid;

	(void)kill(pid, SIGKILL);
	child_forget(c);
	return pid;
}

bool child_ended(struct child *c)
{
	if (c->pid == 0 || waitpid(c->pid, NULL, WNOHANG) != c->pid)
		return false;
	child_forget(c);
	return true;
}

ssize_t message_take(int from, void *room, size_t len, bool waits, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec bytes = { room, len };
	struct msghdr message = { .msg_iov = &bytes,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(from, &message, MSG_CMSG_CLOEXEC | (waits ? 0 : MSG_DONTWAIT));
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;

	*fd = -1;
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(c), sizeof(int));
	return n;
}

bool order_take(int orders, bool waits, char *order, int *fd)
{
	ssize_t n = message_take(orders, order, 1, waits, fd);

	if (n <= 0)
		*order = 0;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}
