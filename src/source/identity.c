/* SPDX-License-Identifier: MIT */
#include "source/identity.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
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

bool identity_generation(int fd, uint32_t *out)
{
	long generation = 0; /* an int is written, whatever the number of the call says */

	if (ioctl(fd, FS_IOC_GETVERSION, &generation) != 0)
		return false;
	*out = (uint32_t)generation;
	return true;
}

enum identity_telling identity_telling_of(int fd)
{
	static const struct {
		long magic;
		enum identity_telling telling;
	} rows[] = {
		{EXT4_SUPER_MAGIC,      TELLS_OF_ALL  }, /* ext2 and ext3, too */
		{ SQUASHFS_MAGIC,       TELLS_OF_ALL  },
                { EROFS_SUPER_MAGIC_V1, TELLS_OF_ALL  },
		{ ISOFS_SUPER_MAGIC,    TELLS_OF_ALL  },
                { XFS_SUPER_MAGIC,      TELLS_OF_ROOTS},
		{ BTRFS_SUPER_MAGIC,    TELLS_OF_ROOTS},
                { F2FS_SUPER_MAGIC,     TELLS_OF_ROOTS},
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return TELLS_OF_NONE;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (fs.f_type == rows[i].magic)
			return rows[i].telling;
	return TELLS_OF_NONE;
}

bool identity_times_tell(enum identity_telling telling, const struct source_identity *file)
{
	switch (telling) {
	case TELLS_OF_NONE: return false;
	case TELLS_OF_ROOTS: return identity_is_roots(file);
	case TELLS_OF_ALL: return true;
	}
	return false;
}
