/* SPDX-License-Identifier: MIT */
#include "host/exec_events.h"

#include "base/span_search.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <unistd.h>

#define GROUP_FLAGS                                                                            \
	(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE |                \
	 FAN_UNLIMITED_MARKS)
/*
 * The kernel opens the file for us while we read, and we wait for nobody: neither for the
 * other end of a pipe, nor for who has a lease for writing.
 */
#define FILE_FLAGS (O_RDONLY | O_CLOEXEC | O_LARGEFILE | O_NOATIME | O_NONBLOCK)

enum status exec_events_open(struct exec_events *e)
{
	int group = fanotify_init(GROUP_FLAGS, FILE_FLAGS);

	if (group < 0)
		return errno == ENOSYS || errno == EINVAL ? STATUS_UNSUPPORTED : STATUS_IO;
	exec_events_adopt(e, group);
	return STATUS_OK;
}

void exec_events_adopt(struct exec_events *e, int group)
{
	e->group = group;
	e->len = e->at = 0;
}

void exec_events_close(struct exec_events *e)
{
	if (e->group >= 0)
		(void)close(e->group);
	e->group = -1;
}

enum status exec_events_mark(const struct exec_events *e, int proc, int fd, bool opens)
{
	uint64_t mask = FAN_OPEN_EXEC_PERM | (opens ? FAN_OPEN_PERM : 0);
	char path[32];

	(void)snprintf(path, sizeof(path), "self/fd/%d", fd);
	return fanotify_mark(e->group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, mask, proc, path) ==
			       0
		       ? STATUS_OK
		       : STATUS_IO;
}

void exec_events_ignore(const struct exec_events *e, int fd)
{
	/* Where it cannot be had, we are asked again. */
	(void)fanotify_mark(e->group, FAN_MARK_ADD | FAN_MARK_IGNORE | FAN_MARK_EVICTABLE,
			    FAN_OPEN_EXEC_PERM, fd, NULL);
}

void exec_events_ignore_none(const struct exec_events *e)
{
	/* Marks of inodes only: whole file systems stay watched. */
	(void)fanotify_mark(e->group, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL);
}

void exec_events_unmark(const struct exec_events *e)
{
	(void)fanotify_mark(e->group, FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM, 0, AT_FDCWD, NULL);
	exec_events_ignore_none(e);
}

void exec_events_read(struct exec_events *e)
{
	ssize_t n;

	if (e->at < e->len)
		return;
	n = read(e->group, e->room, sizeof(e->room));
	e->at = 0;
	e->len = n > 0 ? (size_t)n : 0;
}

bool exec_events_next(struct exec_events *e, struct exec_event *out)
{
	struct fanotify_event_metadata event;
	struct span room, part;

	*out = (struct exec_event){ .fd = -1 };
	if (e->at == e->len)
		return false;
	room = span_clip(SPAN_OF(e->room), 0, e->len);
	/* The kernel writes whole events, one after the other. */
	if (span_copy(&event, sizeof(event), span_after(room, e->at)) != sizeof(event) ||
	    !span_part(room, e->at, event.event_len, &part)) {
		e->at = e->len;
		return false;
	}
	e->at += event.event_len;
	out->kind = (event.mask & FAN_Q_OVERFLOW)       ? EXEC_EVENT_LOST
		    : (event.mask & FAN_OPEN_EXEC_PERM) ? EXEC_EVENT_EXEC
							: EXEC_EVENT_OPEN;
	out->fd = event.fd;
	out->pid = event.pid;
	return true;
}

bool exec_events_answer(int group, int fd, bool allow)
{
	struct fanotify_response answer = { .fd = fd,
					    .response = allow ? FAN_ALLOW : FAN_DENY };

	return write(group, &answer, sizeof(answer)) == (ssize_t)sizeof(answer);
}
