/* SPDX-License-Identifier: MIT */
/*
 * To ask about what somebody else serves.  The kernel lets only him look at it (unless he
 * lets others), so the marks are made as he; and it may have to wait for him: nobody waits
 * for us.
 */
#include "daemon/guarding.h"
#include "daemon/marks.h"
#include "daemon/served.h"
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* With all that root may, and no number of root's.  The C library would ask other threads. */
static bool user_become(uint32_t user, uint32_t group)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct may[2] = { { 0 }, { 0 } };

	if (user == 0 && group == 0)
		return true;
	if (prctl(PR_SET_KEEPCAPS, 1) != 0 ||
	    syscall(SYS_setresgid, group, group, group) != 0 ||
	    syscall(SYS_setresuid, user, user, user) != 0 ||
	    syscall(SYS_capget, &header, may) != 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(may); i++)
		may[i].effective = may[i].permitted;
	return syscall(SYS_capset, &header, may) == 0;
}

struct marking {
	const struct guard *g;
	const struct served *s;
	int proc; /* an open folder of /proc */
};

/* One user, who has mounted some as one group and some as another. */
static bool one_mark(const struct marking *k, int fd, const struct mount *m)
{
	bool opens = k->g->plan->watcher.interpreters != NULL;

	/* What the scout found stands in no table of ours: as root, or not at all. */
	return (!m || user_become(m->user, m->group)) &&
	       exec_events_mark(&k->s->events, k->proc, fd, opens) == STATUS_OK;
}

/* By the way that somebody named it, or as it stands in the table. */
static int root_open(const struct marking *k, const struct mounts *all, const struct mount *m)
{
	uint64_t dev;
	int fd;

	if (k->s->place < 0)
		return mounts_reach(all, m->point) ? marks_point_open(m) : -1;
	fd = open(k->g->plan->places[k->s->place], O_PATH | O_CLOEXEC);
	if (fd >= 0 && marks_device(fd, &dev) && dev == m->dev)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static bool table_mark(const struct marking *k, const struct mounts *m)
{
	uint64_t done = 0; /* of a file system at many points, one is enough */
	bool all = true;

	for (size_t i = 0; i < m->n; i++) {
		const struct mount *each = &m->each[i];
		int fd;

		if (each->dev == done || !served_is_of(k->g, k->s, m, each))
			continue;
		fd = root_open(k, m, each);
		if (fd >= 0 && one_mark(k, fd, each))
			done = each->dev;
		else
			all = false;
		if (fd >= 0)
			(void)close(fd);
	}
	return all;
}

int served_mark(const struct guard *g, const struct served *s)
{
	struct marking k = { .g = g, .s = s, .proc = marks_proc_open() };
	struct arena a = ARENA_INIT(MOUNTS_ARENA);
	int table = openat(k.proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct mounts m;
	bool done;

	if (s->found >= 0)
		return one_mark(&k, s->found, NULL) ? 0 : 1;
	done = table >= 0 && mounts_read(&a, table, &m) == STATUS_OK && table_mark(&k, &m);
	arena_free(&a);
	return done ? 0 : 1;
}
