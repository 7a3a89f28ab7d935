/* SPDX-License-Identifier: MIT */
#include "daemon/marks.h"

#include "host/reach.h"
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

int marks_proc_open(void)
{
	return open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool marks_device(int fd, uint64_t *dev)
{
	struct statx x;

	/* Nothing is asked of who serves it, and nothing that he could refuse. */
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &x) != 0)
		return false;
	*dev = makedev(x.stx_dev_major, x.stx_dev_minor);
	return true;
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
	uint64_t dev;

	if (!marks_device(fd, &dev))
		return false;
	/* Each subvolume of a btrfs has a number of its own. */
	return dev == m->dev || (strcmp(m->type, "btrfs") == 0 && fstatfs(fd, &fs) == 0 &&
				 fs.f_type == BTRFS_SUPER_MAGIC);
}

/*
 * The way to any point is in the kernel's memory, and what is not is not asked for: since the
 * table was read somebody may have mounted over it what he serves himself, and never answer.
 */
int marks_point_open(const struct mount *m)
{
	int fd = reach_open(m->point);

	if (fd < 0 || is_there(fd, m))
		return fd;
	(void)close(fd);
	return -1;
}

/* What others serve may be walked up to, not into. */
static bool leads_to(const struct mounts *m, const struct mount *point)
{
	return mount_is_others(point->kind) ? mounts_reach(m, point->point)
					    : mounts_lead_to(m, point->point);
}

static enum mark_how how_of(const struct mount *m)
{
	if (mount_is_others(m->kind))
		return m->user == 0 ? MARK_SERVED : MARK_ANYBODYS;
	return strcmp(m->type, "devtmpfs") == 0 ? MARK_DEVICES : MARK_PLAIN;
}

static bool is_wanted(const struct marks *k, const struct mount *m)
{
	return (marks_wants(m->kind) || (k->served && m->kind == MOUNT_SERVED)) &&
	       (!k->may || k->may(m->source));
}

static bool point_mark(const struct marks *k, const struct mount *m)
{
	int fd = marks_point_open(m);
	bool done = fd >= 0 && k->mark(k->context, fd, how_of(m));

	/* Of a layered one the kernel cannot tell who writes below. */
	if (done && k->tier && m->kind != MOUNT_LAYERED && !mount_is_others(m->kind))
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

			if (done || !is_wanted(k, point))
				continue;
			wanted = true;
			if (k->alive)
				k->alive(k->context);
			done = leads_to(m, point) && point_mark(k, point);
		}
		k->n_marked += done;
		k->n_unmarked += wanted && !done;
		if (wanted && !done && k->missed)
			k->missed(k->context, m->each[i].dev);
	}
}
