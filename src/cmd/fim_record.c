/* SPDX-License-Identifier: MIT */
/* What statx(2) and xattr(7) say of a file, as a baseline remembers it. */
#include "base/clock.h"
#include "base/slot.h"
#include "cmd/fim.h"
#include "crypto/digest.h"
#include "source/identity.h"
#include "source/walk.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define NAMES_MAX 1024 /* attributes of one file */

int fim_file_open(int dirfd, const char *name)
{
	const int how = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(dirfd, name, how | O_NOATIME);

	/* Only its owner may leave no trace. */
	if (fd < 0 && errno == EPERM)
		fd = openat(dirfd, name, how);
	return fd;
}

int64_t fim_clock(void)
{
	return clock_wall_ns();
}

struct baseline_record fim_record_of(const struct statx *x, struct span path, int64_t asked_ns)
{
	struct source_identity id = identity_from_statx(x);
	unsigned flags = 0;

	if (x->stx_attributes & STATX_ATTR_IMMUTABLE)
		flags |= BASELINE_IMMUTABLE;
	if (x->stx_attributes & STATX_ATTR_APPEND)
		flags |= BASELINE_APPEND_ONLY;
	return (struct baseline_record){
		.path = path,
		.flags = flags,
		.dev = id.dev,
		.ino = id.ino,
		.size = id.size,
		.rdev = makedev(x->stx_rdev_major, x->stx_rdev_minor),
		.mtime_ns = id.mtime_ns,
		.ctime_ns = id.ctime_ns,
		.btime_ns = id.btime_ns,
		.read_at_ns = asked_ns,
		.mode = x->stx_mode,
		.uid = x->stx_uid,
		.gid = x->stx_gid,
		.nlink = x->stx_nlink,
	};
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * The list of names (@name NULL) or a value: in @room, or in @a if that is too small.
 * STATUS_CHANGED: there is none any more.
 */
static enum status attribute_read(struct arena *a, int fd, const char *name, struct slot room,
				  struct span *out)
{
	ssize_t n = name ? fgetxattr(fd, name, room.ptr, room.len)
			 : flistxattr(fd, (char *)room.ptr, room.len);

	if (n < 0 && errno == ERANGE && room.len < FIM_XATTRS_MAX) {
		room = (struct slot){ ARENA_NEW(a, uint8_t, FIM_XATTRS_MAX), FIM_XATTRS_MAX };
		return room.ptr ? attribute_read(a, fd, name, room, out) : STATUS_NO_MEMORY;
	}
	*out = n < 0 ? SPAN_NONE : (struct span){ room.ptr, (size_t)n };
	if (n >= 0 || (!name && errno == EOPNOTSUPP))
		return STATUS_OK;
	return errno == ENODATA ? STATUS_CHANGED : STATUS_IO;
}

static enum status value_add(struct arena *a, int fd, const char *name, struct buffer *all,
			     struct baseline_record *r)
{
	const struct {
		const char *name;
		struct span *to;
	} kept[] = {
		{"security.capability",      &r->capability},
		{ "system.posix_acl_access", &r->acl       },
		{ "security.ima",            &r->ima       },
		{ "security.selinux",        &r->label     },
	};
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(2 * FIM_XATTRS_MAX);
	uint8_t room[FIM_XATTR_USUAL];
	struct span bytes;

	TRY(attribute_read(&scratch, fd, name, (struct slot){ room, sizeof(room) }, &bytes));
	buffer_text(all, name);
	buffer_char(all, '\0');
	buffer_u64le(all, bytes.len);
	buffer_add(all, bytes);
	if (bytes.len > FIM_ACL_MAX)
		return STATUS_OK;
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (strcmp(name, kept[i].name) == 0)
			*kept[i].to = arena_copy(a, bytes);
	return STATUS_OK;
}

/* The names in @list, sorted. */
static enum status names_sort(struct arena *a, struct span list, const char ***names, size_t *n)
{
	uint64_t end;

	*n = 0;
	for (uint64_t at = 0; span_find_byte(list, 0, at, &end); at = end + 1)
		++*n;
	if (*n > NAMES_MAX)
		return STATUS_LIMIT;
	*names = ARENA_NEW(a, const char *, *n + 1);
	if (!*names)
		return STATUS_NO_MEMORY;
	*n = 0;
	for (; span_find_byte(list, 0, 0, &end); list = span_after(list, end + 1))
		(*names)[(*n)++] = span_string(span_clip(list, 0, end + 1));
	qsort(*names, *n, sizeof(**names), name_order);
	return STATUS_OK;
}

enum status fim_xattrs_read(struct arena *a, int fd, struct baseline_record *r)
{
	CLEANUP(buffer_free) struct buffer all = BUFFER_INIT;
	CLEANUP(arena_free)
	struct arena scratch = ARENA_INIT(2 * FIM_XATTRS_MAX + NAMES_MAX * sizeof(char *));
	uint8_t room[FIM_XATTR_USUAL];
	const char **names = NULL;
	struct digest digest;
	struct span list, whole;
	size_t n = 0;

	TRY(attribute_read(&scratch, fd, NULL, (struct slot){ room, sizeof(room) }, &list));
	if (list.len > 0)
		TRY(names_sort(&scratch, list, &names, &n));
	for (size_t i = 0; i < n; i++)
		TRY(value_add(a, fd, names[i], &all, r));
	TRY(buffer_status(&all));
	whole = buffer_span(&all);
	TRY(digest_of(DIGEST_SHA256, &whole, 1, &digest));
	(void)span_copy(r->xattrs, sizeof(r->xattrs), digest_span(&digest));
	r->flags |= BASELINE_HAS_XATTRS;
	return STATUS_OK;
}

/* Attributes may come and go between two questions. */
static enum status folder_ask(struct arena *a, int fd, struct baseline_record *r)
{
	const struct baseline_record bare = *r;
	enum status status = STATUS_CHANGED;
	struct source_identity id;

	TRY(source_identify(fd, &id));
	if (id.dev != r->dev || id.ino != r->ino)
		return STATUS_CHANGED;
	for (int i = 0; status == STATUS_CHANGED && i <= FIM_RETRY_MAX; i++) {
		*r = bare;
		status = fim_xattrs_read(a, fd, r);
	}
	if (identity_generation(fd, &r->generation))
		r->flags |= BASELINE_HAS_GENERATION;
	return status;
}

enum status fim_folder_read(struct arena *a, const struct walk_entry *e, bool plain,
			    struct baseline_record *r)
{
	enum status status;
	int fd;

	if (plain)
		return STATUS_OK;
	if (e->kind == WALK_FOLDER)
		return folder_ask(a, e->dirfd, r);
	fd = openat(e->dirfd, e->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return STATUS_IO;
	status = folder_ask(a, fd, r);
	(void)close(fd);
	return status;
}
