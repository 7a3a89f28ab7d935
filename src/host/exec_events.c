/* SPDX-License-Identifier: MIT */
#include "host/exec_events.h"

#include "base/buffer.h"
#include "base/span_search.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define GROUP_FLAGS                                                                            \
	(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE |                \
	 FAN_UNLIMITED_MARKS)
/*
 * The kernel opens the file for us while we read, and we wait for nobody: neither for the
 * other end of a pipe, nor for who has a lease for writing.
 */
#define FILE_FLAGS (O_RDONLY | O_CLOEXEC | O_LARGEFILE | O_NOATIME | O_NONBLOCK)

#define MARKS_MAX_BYTES ((size_t)1 << 20)

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
	n = read(e->group, e->room,
		 e->single ? sizeof(struct fanotify_event_metadata) : sizeof(e->room));
	e->error = n < 0 && errno != EAGAIN && errno != EINTR ? errno : 0;
	e->at = 0;
	e->len = n > 0 ? (size_t)n : 0;
}

/*
 * The kernel takes a number for the file before it opens it.  With none left it fails there,
 * and who asked is denied.
 */
size_t exec_events_refuse(const struct exec_events *e, size_t most)
{
	struct rlimit before, none;
	uint8_t room[sizeof(struct fanotify_event_metadata)];
	size_t n = 0;

	if (getrlimit(RLIMIT_NOFILE, &before) != 0)
		return 0;
	none = before;
	none.rlim_cur = 0;
	if (setrlimit(RLIMIT_NOFILE, &none) != 0)
		return 0;
	while (n < most && read(e->group, room, sizeof(room)) < 0 && errno == EMFILE)
		n++;
	(void)setrlimit(RLIMIT_NOFILE, &before);
	return n;
}

/* Hexadecimal, up to the first other octet. */
static uint64_t number_read(struct span text)
{
	uint64_t number = 0;

	for (uint64_t i = 0; i < text.len && i < 16; i++) {
		uint8_t c = span_at(text, i);

		if (c >= '0' && c <= '9')
			number = number << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			number = number << 4 | (uint64_t)(c - 'a' + 10);
		else
			break;
	}
	return number;
}

/* "fanotify sdev:2e mflags:0 mask:40000 ignored_mask:0", a line each. */
static enum status marks_parse(struct span text, struct arena *a, struct exec_marks *out)
{
	static const char word[] = "fanotify sdev:";
	size_t room = 0;
	uint64_t at = 0;

	while (span_find(text, SPAN_LITERAL(word), at, &at)) {
		room++;
		at++;
	}
	*out = (struct exec_marks){ .each = ARENA_NEW(a, uint64_t, room + 1) };
	if (!out->each)
		return STATUS_NO_MEMORY;
	for (at = 0; out->n < room && span_find(text, SPAN_LITERAL(word), at, &at); at++) {
		uint64_t dev = number_read(span_after(text, at + sizeof(word) - 1));

		/* As the kernel has it, not as programs do. */
		out->each[out->n++] = makedev((unsigned)(dev >> 20), (unsigned)dev & 0xfffff);
	}
	return STATUS_OK;
}

enum status exec_events_marks(const struct exec_events *e, int proc, struct arena *a,
			      struct exec_marks *out)
{
	CLEANUP(buffer_free) struct buffer text = { .limit = MARKS_MAX_BYTES };
	uint8_t chunk[4096];
	char path[48];
	ssize_t n = -1;
	int fd;

	*out = (struct exec_marks){ 0 };
	(void)snprintf(path, sizeof(path), "self/fdinfo/%d", e->group);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return STATUS_IO;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buffer_add(&text, span_clip(SPAN_OF(chunk), 0, (uint64_t)n));
	(void)close(fd);
	if (n < 0 || buffer_status(&text) != STATUS_OK)
		return STATUS_IO;
	return marks_parse(buffer_span(&text), a, out);
}

bool exec_marks_have(const struct exec_marks *m, uint64_t dev)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->each[i] == dev)
			return true;
	return false;
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
