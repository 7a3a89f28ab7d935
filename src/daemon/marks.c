/* SPDX-License-Identifier: MIT */
#include "daemon/marks.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

int marks_proc_open(void)
{
	return open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool marks_wants(enum mount_kind kind)
{
	return kind == MOUNT_DISK || kind == MOUNT_MEMORY || kind == MOUNT_UNKNOWN ||
	       (kind == MOUNT_LAYERED && mounts_layers_hide());
}

/* Does its point lead there?  Another one may lie upon it. */
static bool is_there(int fd, const struct mount *m)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	/* Each subvolume of a btrfs has a number of its own. */
	return st.st_dev == m->dev || (strcmp(m->type, "btrfs") == 0 && fstatfs(fd, &fs) == 0 &&
				       fs.f_type == BTRFS_SUPER_MAGIC);
}

static bool point_mark(const struct marks *k, const struct mount *m)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, m->point, &how, sizeof(how));
	bool devices = strcmp(m->type, "devtmpfs") == 0;
	bool done = fd >= 0 && is_there(fd, m) && k->mark(k->context, fd, devices);

	/* Of a layered one the kernel cannot tell who writes below. */
	if (done && k->tier && m->kind != MOUNT_LAYERED)
		tier_a_place(k->tier, m->dev);
	if (fd >= 0)
		(void)close(fd);
	return done;
}

/* What is marked already stays so: a number may be that of another one by now. */
void marks_table(struct marks *k, const struct mounts *m)
{
	size_t next;

	if (m->cut)
		k->n_unmarked++;
	for (size_t i = 0; i < m->n; i = next) {
		bool done = false, wanted = false;

		for (next = i; next < m->n && m->each[next].dev == m->each[i].dev; next++) {
			const struct mount *point = &m->each[next];

			if (done || !marks_wants(point->kind) ||
			    (k->may && !k->may(point->source)))
				continue;
			wanted = true;
			if (k->alive)
				k->alive(k->context);
			done = mounts_lead_to(m, point->point) && point_mark(k, point);
		}
		k->n_remote += m->each[i].kind == MOUNT_REMOTE;
		k->n_marked += done;
		k->n_unmarked += wanted && !done;
		if (wanted && !done && k->missed)
			k->missed(k->context, m->each[i].dev);
	}
}
