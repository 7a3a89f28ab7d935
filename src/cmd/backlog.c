/* SPDX-License-Identifier: MIT */
/*
 * A record: length of the rest, named, cached, identity, length of the path, path,
 * report.  Nobody else can open the file, so that what is read is what was
 * written; it is checked all the same, for a disk may fail.
 */
#include "cmd/backlog.h"

#include "base/cursor.h"
#include "base/slot.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WRITE_BYTES      ((size_t)256 << 10)
#define LENGTH_BYTES     4
#define RECORD_MAX_BYTES ((size_t)16 << 20)

void backlog_open(struct backlog *b)
{
	const char *folder = secure_getenv("TMPDIR");

	*b = (struct backlog){ 0 };
	b->fd = open(folder ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (b->fd < 0) /* then memory must do */
		b->fd = memfd_create("assay-backlog", MFD_CLOEXEC);
	b->full = b->fd < 0;
}

void backlog_close(struct backlog *b)
{
	if (b->fd >= 0)
		(void)close(b->fd);
	b->fd = -1;
	buffer_free(&b->writing);
}

/* What the disk does not take stays in memory, and nothing more is added. */
static void flush(struct backlog *b)
{
	while (b->writing.len > 0 && !b->full) {
		struct span left = buffer_span(&b->writing);
		ssize_t n = pwrite(b->fd, left.ptr, left.len, (off_t)b->size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			b->full = true;
			return;
		}
		b->size += (uint64_t)n;
		buffer_drop(&b->writing, (size_t)n);
	}
}

static void identity_write(struct buffer *out, const struct source_identity *id)
{
	buffer_u64le(out, id->dev);
	buffer_u64le(out, id->ino);
	buffer_u64le(out, id->size);
	buffer_u64le(out, (uint64_t)id->mtime_ns);
	buffer_u64le(out, (uint64_t)id->ctime_ns);
	buffer_u64le(out, (uint64_t)id->btime_ns);
	buffer_u32le(out, id->mode);
	buffer_u32le(out, id->uid);
}

static struct source_identity identity_read(struct cursor *c)
{
	struct source_identity id = { .dev = cursor_u64le(c) };

	id.ino = cursor_u64le(c);
	id.size = cursor_u64le(c);
	id.mtime_ns = (int64_t)cursor_u64le(c);
	id.ctime_ns = (int64_t)cursor_u64le(c);
	id.btime_ns = (int64_t)cursor_u64le(c);
	id.mode = cursor_u32le(c);
	id.uid = cursor_u32le(c);
	return id;
}

bool backlog_add(struct backlog *b, const struct run_file *f, struct span report)
{
	CLEANUP(buffer_free) struct buffer record = BUFFER_INIT;
	size_t before = b->writing.len;

	if (b->full)
		return false;
	buffer_char(&record, f->named ? 1 : 0);
	buffer_char(&record, f->cached ? 1 : 0);
	identity_write(&record, &f->identity);
	buffer_u32le(&record, (uint32_t)strlen(f->path));
	buffer_text(&record, f->path);
	buffer_u32le(&record, (uint32_t)report.len);
	buffer_add(&record, report);
	buffer_u32le(&b->writing, (uint32_t)record.len);
	buffer_add(&b->writing, buffer_span(&record));
	if (buffer_status(&record) != STATUS_OK || buffer_status(&b->writing) != STATUS_OK ||
	    record.len > RECORD_MAX_BYTES) {
		b->writing.failed = false;
		buffer_cut(&b->writing, before);
		b->full = true;
		return false;
	}
	b->n++;
	if (b->writing.len >= WRITE_BYTES)
		flush(b);
	return true;
}

/* Some bytes at the reading place, from the file or what is not in it; 0: none. */
static size_t take_some(struct backlog *b, struct slot to)
{
	ssize_t n;

	if (b->read >= b->size) {
		struct span rest = span_after(buffer_span(&b->writing), b->read - b->size);

		return span_copy(to.ptr, to.len, span_clip(rest, 0, to.len));
	}
	if (to.len > b->size - b->read)
		to.len = (size_t)(b->size - b->read);
	do
		n = pread(b->fd, to.ptr, to.len, (off_t)b->read);
	while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

/* Exactly @len bytes, in @a; SPAN_NONE: there are not so many. */
static struct span take(struct backlog *b, struct arena *a, size_t len)
{
	uint8_t *to = ARENA_NEW(a, uint8_t, len + 1);
	struct slot left = { to, len };

	while (to && left.len > 0) {
		size_t n = take_some(b, left);

		if (n == 0)
			return SPAN_NONE;
		b->read += n;
		left = slot_after(left, n);
	}
	return to ? (struct span){ to, len } : SPAN_NONE;
}

bool backlog_next(struct backlog *b, struct arena *a, struct run_file *f, struct span *report)
{
	struct cursor c = cursor_at(take(b, a, LENGTH_BYTES), 0);
	uint32_t len = cursor_u32le(&c);

	if (!cursor_ok(&c) || len > RECORD_MAX_BYTES)
		return false;
	c = cursor_at(take(b, a, len), 0);
	*f = (struct run_file){ .named = cursor_u8(&c) == 1 };
	f->cached = cursor_u8(&c) == 1;
	f->identity = identity_read(&c);
	f->path = arena_string(a, cursor_take(&c, cursor_u32le(&c)));
	*report = cursor_take(&c, cursor_u32le(&c));
	if (!cursor_ok(&c) || !f->path)
		return false;
	b->n--;
	return true;
}
