/* SPDX-License-Identifier: MIT */
/* Which object it is: opened without links, told apart from every other. */
#include "host/object.h"

#include "source/identity.h"
#include "source/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

static int open_without_links(const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

/* The same object for reading; to act on only, where that is all that is permitted. */
static int open_to_read(int fd)
{
	char link[40];
	int readable;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	readable = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (readable < 0)
		return fd;
	(void)close(fd);
	return readable;
}

enum status object_open(const char *path, int *fd)
{
	struct stat st;
	int error;

	/* What it is comes first: to open a device may do something. */
	*fd = open_without_links(path, O_PATH);
	if (*fd < 0)
		return STATUS_IO;
	error = fstat(*fd, &st) == 0 ? 0 : errno;
	if (error == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))) {
		*fd = open_to_read(*fd);
		return STATUS_OK;
	}
	(void)close(*fd);
	*fd = -1;
	if (error == 0 && !S_ISLNK(st.st_mode))
		return STATUS_USAGE;
	errno = error ? error : ELOOP;
	return STATUS_IO;
}

enum status object_find(struct arena *a, const char *path, const char **real, int *fd)
{
	*fd = -1;
	TRY(path_resolve(a, path, real));
	return object_open(*real, fd);
}

enum status object_identify(int fd, struct object_identity *out)
{
	struct statfs system;
	struct statx st;
	uint32_t generation;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_SYNC_AS_STAT,
		  STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, &st) != 0)
		return STATUS_IO;
	*out = (struct object_identity){
		.dev = makedev(st.stx_dev_major, st.stx_dev_minor),
		.ino = st.stx_ino,
		.btime = st.stx_mask & STATX_BTIME ? identity_nanoseconds(st.stx_btime) : 0,
		.kind = st.stx_mode & S_IFMT,
		.ctime = identity_nanoseconds(st.stx_ctime),
		.size = st.stx_size,
		.n_links = st.stx_nlink,
		.mount = st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : 0,
	};
	out->layered = fstatfs(fd, &system) == 0 && system.f_type == OVERLAYFS_SUPER_MAGIC;
	/* tmpfs, overlayfs and descriptors to act on only do not know it (ENOTTY, EBADF). */
	if (identity_generation(fd, &generation))
		out->generation = generation;
	return STATUS_OK;
}

bool object_same(const struct object_identity *a, const struct object_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->kind == b->kind &&
	       (a->btime == b->btime || !a->btime || !b->btime) &&
	       (a->generation == b->generation || !a->generation || !b->generation);
}

bool object_same_or_copied(const struct object_identity *now, const struct object_identity *was)
{
	return object_same(now, was) || (now->layered && was->layered && now->dev == was->dev &&
					 now->ino == was->ino && now->kind == was->kind);
}

void object_identity_write(struct buffer *out, const struct object_identity *id)
{
	buffer_u64le(out, id->dev);
	buffer_u64le(out, id->ino);
	buffer_u64le(out, (uint64_t)id->btime);
	buffer_u64le(out, id->generation);
	buffer_u32le(out, id->kind);
	buffer_u64le(out, (uint64_t)id->ctime);
	buffer_u64le(out, id->size);
	buffer_u64le(out, id->n_links);
	buffer_u64le(out, id->mount);
	buffer_u32le(out, id->layered ? 1 : 0);
}

void object_identity_read(struct cursor *c, struct object_identity *out)
{
	out->dev = cursor_u64le(c);
	out->ino = cursor_u64le(c);
	out->btime = (int64_t)cursor_u64le(c);
	out->generation = cursor_u64le(c);
	out->kind = cursor_u32le(c);
	out->ctime = (int64_t)cursor_u64le(c);
	out->size = cursor_u64le(c);
	out->n_links = cursor_u64le(c);
	out->mount = cursor_u64le(c);
	out->layered = cursor_u32le(c) == 1;
}
