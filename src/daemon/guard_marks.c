/* SPDX-License-Identifier: MIT */
/* The supervisor's marks: what this name space has, what was named, what the scout finds. */
#include "daemon/guarding.h"
#include "daemon/marks.h"
#include "daemon/scout.h"
#include "host/superblock.h"
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SCOUT_ROUND_MS 10
#define SCOUT_FIRST_MS 2000 /* to see everything once */

#define SERVED_AGAIN_MS 1000 /* until a table that cannot be read is tried again */
#define SERVED_FIRST_MS 2000 /* to mark what others serve, at the start */
#define SERVED_ROUND_US 2000

/* Are we asked about opens, too? */
static bool opens_asked(const struct guard *g)
{
	return g->plan->watcher.interpreters != NULL;
}

static bool is_marked(const struct guard *g, uint64_t dev)
{
	for (size_t i = 0; i < g->n_marked; i++)
		if (g->marked[i] == dev)
			return true;
	return false;
}

/* Of a layered one no program in the kernel can tell who writes below. */
static void tier_place(const struct guard *g, int fd)
{
	struct statfs fs;
	uint64_t device;

	if (g->tier && fstatfs(fd, &fs) == 0 && fs.f_type != OVERLAYFS_SUPER_MAGIC &&
	    superblock_device(g->proc, fd, &device))
		tier_a_place(g->tier, device);
}

static bool on_mark(void *context, int fd, enum mark_how how)
{
	const struct guard *g = (const struct guard *)context;

	return exec_events_mark(&g->events, g->proc, fd, opens_asked(g) && how == MARK_PLAIN) ==
	       STATUS_OK;
}

/*
 * Is it what was named?  The folder below what is mounted no more belongs to another file
 * system, which nobody named: to ask about that could hold the whole host.
 */
static bool is_named(struct guard *g, size_t place, int fd, struct stat *st)
{
	struct statx x;
	struct statfs fs;

	if (fstat(fd, st) != 0 || fstatfs(fd, &fs) != 0 ||
	    statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &x) != 0)
		return false;
	if (g->lay_on[place] == 0)
		g->lay_on[place] = st->st_dev;
	/* What is run through a layered one is asked about below it. */
	return (fs.f_type != OVERLAYFS_SUPER_MAGIC || mounts_layers_hide()) &&
	       (st->st_dev == g->lay_on[place] ||
		(x.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0);
}

/* A link can lead to it all the same. */
static bool is_served(const struct mounts *all, int fd)
{
	uint64_t dev;

	if (!marks_device(fd, &dev))
		return true;
	for (size_t i = 0; i < all->n; i++)
		if (all->each[i].dev == dev)
			return mount_is_others(all->each[i].kind);
	return false;
}

static bool place_mark(struct guard *g, const struct mounts *all, size_t place, int fd)
{
	struct stat st;

	if (is_served(all, fd) || !is_named(g, place, fd, &st))
		return false;
	if (is_marked(g, st.st_dev))
		return true;
	if (!on_mark(g, fd, false))
		return false;
	g->marked[g->n_marked++] = st.st_dev;
	tier_place(g, fd);
	return true;
}

/* Only those that somebody named, but for what others serve. */
static void places_mark(struct guard *g, const struct mounts *all)
{
	for (size_t i = 0; i < g->plan->n_places; i++) {
		int fd;

		if (mounts_served(all, g->plan->places[i]))
			continue;
		fd = open(g->plan->places[i], O_PATH | O_CLOEXEC);
		if (fd < 0 || !place_mark(g, all, i, fd))
			g->n_unmarked++;
		if (fd >= 0)
			(void)close(fd);
	}
}

static bool found_mark(struct guard *g, char order, int fd)
{
	if (order == GUARD_ORDER_MARK_SERVED || order == GUARD_ORDER_MARK_ANYBODYS)
		return served_find(g, fd, order == GUARD_ORDER_MARK_ANYBODYS);
	if (!on_mark(g, fd, order == GUARD_ORDER_MARK_DEVICES ? MARK_DEVICES : MARK_PLAIN))
		return false;
	tier_place(g, fd);
	return true;
}

void guard_scout_serve(struct guard *g)
{
	char order;
	int fd;

	while (g->scout.pid != 0 && order_take(g->scout.orders, false, &order, &fd) &&
	       order != GUARD_ORDER_NONE) {
		bool done = fd >= 0 && found_mark(g, order, fd);

		if (fd >= 0)
			(void)close(fd);
		(void)child_tell(&g->scout, done ? GUARD_ORDER_MARKED : GUARD_ORDER_UNMARKED,
				 -1);
	}
}

void guard_scout_await(struct guard *g)
{
	int64_t until = ledger_now() + SCOUT_FIRST_MS;

	while (!atomic_load(&g->ledger->scout_ready) && ledger_now() < until) {
		struct pollfd from = { .fd = g->scout.orders, .events = POLLIN };

		(void)poll(&from, 1, SCOUT_ROUND_MS);
		guard_scout_serve(g);
	}
}

static void all_mark(struct guard *g, const struct mounts *mounts)
{
	struct marks marks = {
		.mark = on_mark, .context = g, .tier = g->tier, .may = g->plan->may
	};

	marks_table(&marks, mounts);
	g->n_local = marks.n_marked;
	g->n_unmarked += marks.n_unmarked;
}

static void unmarked_tell(const struct guard *g)
{
	atomic_store(&g->ledger->counts[LEDGER_UNMARKED], g->n_unmarked + g->n_served_missing);
}

void guard_served_mark(struct guard *g)
{
	struct arena a = ARENA_INIT(MOUNTS_ARENA);
	struct mounts mounts;

	g->served_ms = ledger_now() + SERVED_AGAIN_MS;
	if (mounts_read(&a, g->mounts, &mounts) == STATUS_OK)
		served_scan(g, &mounts);
	arena_free(&a);
	unmarked_tell(g);
}

void guard_served_await(struct guard *g)
{
	int64_t until = ledger_now() + SERVED_FIRST_MS;

	while (served_marks_now(g) && ledger_now() < until) {
		(void)usleep(SERVED_ROUND_US);
		served_step(g);
		if (g->served_ms <= ledger_now())
			guard_served_mark(g);
	}
}

void guard_mounts_mark(struct guard *g)
{
	struct arena a = ARENA_INIT(MOUNTS_ARENA);
	struct mounts mounts;

	atomic_fetch_add(&g->ledger->mounts, 1);
	g->n_marked = g->n_local = g->n_unmarked = 0;
	if (mounts_read(&a, g->mounts, &mounts) != STATUS_OK) {
		mounts = (struct mounts){ 0 };
		g->n_unmarked++;
	}
	if (g->plan->all)
		all_mark(g, &mounts);
	places_mark(g, &mounts);
	served_scan(g, &mounts);
	arena_free(&a);
	atomic_store(&g->ledger->counts[LEDGER_MARKED], g->n_local + g->n_marked);
	unmarked_tell(g);
	if (g->tier) {
		tier_a_places_end(g->tier);
		/* What the scout had named has to be named again. */
		atomic_fetch_add(&g->ledger->looks, 1);
	}
}
