/* SPDX-License-Identifier: MIT */
#include "host/changes.h"

#include "base/cursor.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#define GROUP_FLAGS (FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DFID_NAME)
/* Writes that do not end, too: truncate(2) has no end that is told. */
#define EVENTS                                                                                 \
	(FAN_MODIFY | FAN_CLOSE_WRITE | FAN_ATTRIB | FAN_CREATE | FAN_DELETE |                 \
	 FAN_DELETE_SELF | FAN_ONDIR)
#define INFO_HEAD  4
#define INFO_PIDFD 4 /* FAN_EVENT_INFO_TYPE_PIDFD */
#ifndef FAN_REPORT_PIDFD
#define FAN_REPORT_PIDFD 0x80
#endif
#define INFO_HANDLE 12
#define HANDLE_HEAD 8 /* handle_bytes, handle_type */

/* struct file_handle, with room for what no structure says. */
struct handle {
	unsigned bytes;
	int type;
	unsigned char room[CHANGE_MAX_HANDLE - HANDLE_HEAD];
};

enum status changes_open(struct changes *c, bool bounded)
{
	unsigned flags = GROUP_FLAGS | (bounded ? 0 : FAN_UNLIMITED_QUEUE);

	*c = (struct changes){ .renames = true, .process = -1 };
	/* Since Linux 5.17; processes since 5.15. */
	c->group = fanotify_init(flags | FAN_REPORT_DFID_NAME_TARGET | FAN_REPORT_PIDFD,
				 O_RDONLY | O_CLOEXEC);
	if (c->group < 0 && errno == EINVAL) {
		c->renames = false;
		c->group = fanotify_init(flags | FAN_REPORT_FID, O_RDONLY | O_CLOEXEC);
	}
	if (c->group >= 0)
		return STATUS_OK;
	return errno == ENOSYS || errno == EINVAL ? STATUS_UNSUPPORTED : STATUS_IO;
}

static void process_close(struct changes *c)
{
	if (c->process >= 0)
		(void)close(c->process);
	c->process = -1;
}

void changes_close(struct changes *c)
{
	process_close(c);
	if (c->group >= 0)
		(void)close(c->group);
	c->group = -1;
}

/* Not every file system can open what its handles name. */
static enum status handles_try(const char *path)
{
	struct change_handle handle;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = -1;
	enum status status = STATUS_IO;

	if (fd < 0)
		return STATUS_IO;
	if (change_handle_of(fd, "", &handle) == STATUS_OK &&
	    change_handle_open(fd, (struct span){ handle.bytes, handle.len }, &found) ==
		    STATUS_OK)
		status = STATUS_OK;
	if (status != STATUS_OK && (errno == EOPNOTSUPP || errno == EOVERFLOW))
		status = STATUS_UNSUPPORTED;
	if (found >= 0)
		(void)close(found);
	(void)close(fd);
	return status;
}

enum status changes_watch(const struct changes *c, const char *path)
{
	uint64_t mask = EVENTS | (c->renames ? FAN_RENAME : FAN_MOVED_FROM | FAN_MOVED_TO);

	TRY(handles_try(path));
	if (fanotify_mark(c->group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, mask, AT_FDCWD, path) ==
	    0)
		return STATUS_OK;
	return errno == EOPNOTSUPP || errno == ENODEV || errno == EXDEV || errno == EINVAL
		       ? STATUS_UNSUPPORTED
		       : STATUS_IO;
}

void changes_read(struct changes *c)
{
	ssize_t n;

	if (c->at < c->len)
		return;
	n = read(c->group, c->room, sizeof(c->room));
	c->at = 0;
	c->len = n > 0 ? (size_t)n : 0;
}

/* struct fanotify_event_info_fid: a head, the file system, a handle, and perhaps a name. */
static void handle_take(struct span bytes, struct change *out)
{
	struct cursor c = cursor_at(bytes, INFO_HEAD);
	uint64_t file_system = cursor_u64le(&c), end;
	uint32_t len = cursor_u32le(&c);
	struct span handle, name = span_after(bytes, (uint64_t)INFO_HANDLE + HANDLE_HEAD + len);

	if (len == 0 || !span_part(bytes, INFO_HANDLE, (uint64_t)HANDLE_HEAD + len, &handle))
		return;
	out->file_system = file_system;
	switch (span_at(bytes, 0)) {
	case FAN_EVENT_INFO_TYPE_FID: out->inode = handle; return;
	case FAN_EVENT_INFO_TYPE_DFID_NAME:
	case FAN_EVENT_INFO_TYPE_OLD_DFID_NAME:
	case FAN_EVENT_INFO_TYPE_NEW_DFID_NAME: break;
	default: return;
	}
	if (out->n_names == CHANGE_MAX_NAMES || !span_find_byte(name, 0, 0, &end))
		return;
	name = span_clip(name, 0, end + 1);
	/* "." is the folder itself: what it is called is told elsewhere. */
	if (span_equal(name, SPAN_LITERAL(".\0")))
		out->itself = handle;
	else
		out->names[out->n_names++] = (struct change_name){ handle, span_string(name) };
}

/* struct fanotify_event_info_pidfd: a head and a number; below 0: there is none. */
static void information_take(struct span bytes, struct change *out)
{
	struct cursor c = cursor_at(bytes, INFO_HEAD);
	int32_t process;

	if (span_at(bytes, 0) != INFO_PIDFD) {
		handle_take(bytes, out);
		return;
	}
	process = (int32_t)cursor_u32le(&c);
	if (cursor_ok(&c) && process >= 0)
		out->process = process;
}

static void event_take(const struct fanotify_event_metadata *event, struct span rest,
		       struct change *out)
{
	*out = (struct change){
		.lost = (event->mask & FAN_Q_OVERFLOW) != 0,
		.folder = (event->mask & FAN_ONDIR) != 0,
		.moved = (event->mask & (FAN_RENAME | FAN_MOVED_FROM | FAN_MOVED_TO)) != 0,
		.gone = (event->mask & FAN_DELETE_SELF) != 0,
		.ended = (event->mask & ~(uint64_t)(FAN_MODIFY | FAN_ONDIR)) != 0,
		.pid = event->pid,
		.process = -1,
	};
	while (rest.len >= 4) {
		uint64_t len = span_at(rest, 2) | (uint64_t)span_at(rest, 3) << 8;

		if (len < 4)
			return;
		information_take(span_clip(rest, 0, len), out);
		rest = span_after(rest, len);
	}
}

bool changes_next(struct changes *c, struct change *out)
{
	struct fanotify_event_metadata event;
	struct span room, whole;

	*out = (struct change){ .process = -1 };
	process_close(c);
	if (c->at == c->len)
		return false;
	room = span_clip(SPAN_OF(c->room), 0, c->len);
	/* The kernel writes whole events, one after the other. */
	if (span_copy(&event, sizeof(event), span_after(room, c->at)) != sizeof(event) ||
	    !span_part(room, c->at, event.event_len, &whole) ||
	    event.metadata_len > whole.len) {
		c->at = c->len;
		return false;
	}
	c->at += event.event_len;
	c->n++;
	event_take(&event, span_after(whole, event.metadata_len), out);
	c->process = out->process;
	return true;
}

enum status change_file_system(int fd, uint64_t *out)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return STATUS_IO;
	(void)span_copy(out, sizeof(*out), (struct span){ (const uint8_t *)&fs.f_fsid, 8 });
	return STATUS_OK;
}

enum status change_handle_of(int folder, const char *name, struct change_handle *out)
{
	struct handle handle = { .bytes = sizeof(handle.room) };
	int mount;

	if (name_to_handle_at(folder, name, (struct file_handle *)&handle, &mount,
			      AT_EMPTY_PATH) != 0)
		return STATUS_IO;
	out->len = span_copy(
		out->bytes, sizeof(out->bytes),
		(struct span){ (const uint8_t *)&handle, HANDLE_HEAD + handle.bytes });
	return STATUS_OK;
}

enum status change_handle_open(int mount, struct span handle, int *fd)
{
	struct handle copy = { 0 };

	(void)span_copy(&copy, sizeof(copy), handle);
	*fd = -1;
	errno = ESTALE;
	if (handle.len <= HANDLE_HEAD || copy.bytes != handle.len - HANDLE_HEAD)
		return STATUS_IO;
	*fd = open_by_handle_at(mount, (struct file_handle *)&copy, O_PATH | O_CLOEXEC);
	return *fd >= 0 ? STATUS_OK : STATUS_IO;
}
