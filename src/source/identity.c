/* SPDX-License-Identifier: MIT */
#include "source/identity.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define TICK_NS   (INT64_C(20) * 1000000) /* longer than a jiffy of any kernel */
#define SECOND_NS INT64_C(1000000000)

int64_t identity_nanoseconds(struct statx_timestamp t)
{
	int64_t ns;

	/* A file system may hold any number of seconds: a wrapped time still compares. */
	if (__builtin_mul_overflow(t.tv_sec, (int64_t)1000000000, &ns))
		ns = t.tv_sec;
	return (int64_t)((uint64_t)ns + t.tv_nsec);
}

struct source_identity identity_from_statx(const struct statx *x)
{
	return (struct source_identity){
		.dev = makedev(x->stx_dev_major, x->stx_dev_minor),
		.ino = x->stx_ino,
		.size = x->stx_size,
		.mtime_ns = identity_nanoseconds(x->stx_mtime),
		.ctime_ns = identity_nanoseconds(x->stx_ctime),
		.btime_ns =
			(x->stx_mask & STATX_BTIME) ? identity_nanoseconds(x->stx_btime) : 0,
		.mode = x->stx_mode,
		.uid = x->stx_uid,
		.gid = x->stx_gid,
	};
}

bool identity_equal(const struct source_identity *a, const struct source_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
	       a->btime_ns == b->btime_ns && a->mode == b->mode && a->uid == b->uid &&
	       a->gid == b->gid;
}

enum status source_identify(int fd, struct source_identity *out)
{
	struct statx x;

	if (statx(fd, "", AT_EMPTY_PATH, IDENTITY_STATX_MASK, &x) != 0)
		return STATUS_IO;
	*out = identity_from_statx(&x);
	return STATUS_OK;
}

bool identity_is_settled(const struct source_identity *file, int64_t now_ns)
{
	bool coarse = file->ctime_ns % SECOND_NS == 0 && file->mtime_ns % SECOND_NS == 0;

	return file->ctime_ns < now_ns - (coarse ? IDENTITY_COARSEST_TICK_NS : TICK_NS);
}

bool identity_times_tell(int fd)
{
	static const long telling[] = {
		EXT4_SUPER_MAGIC, /* ext2 and ext3, too */
		XFS_SUPER_MAGIC,  BTRFS_SUPER_MAGIC,    F2FS_SUPER_MAGIC,
		SQUASHFS_MAGIC,   EROFS_SUPER_MAGIC_V1, ISOFS_SUPER_MAGIC,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(telling); i++)
		if (fs.f_type == telling[i])
			return true;
	return false;
}
