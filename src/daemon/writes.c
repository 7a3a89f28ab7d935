/* SPDX-License-Identifier: MIT */
#include "daemon/writes.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "base/span_search.h"
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Others of root's share what the host allows. */
#define SHARE     4
#define ALLOWANCE "/proc/sys/fs/inotify/max_user_watches"

#define WATCHED_FOR (IN_CLOSE_WRITE | IN_DELETE_SELF | IN_ONESHOT)
#define NO_ROW      UINT32_MAX

/* Who can change a file unseen, by its file system? */
enum seen {
	SEEN_NOT,      /* anybody, for all that we know */
	SEEN,          /* nobody */
	SEEN_BY_INODE, /* nobody, but another file may have its numbers */
};

struct place {
	int number; /* 0: free */
	uint32_t row;
	bool by_inode;
	bool used; /* since it was aged last */
};

struct writes {
	int fd;
	int64_t aged_ms;
	size_t n_places;
	/* Numbers count up: the one that stands in the place of a new one is the oldest. */
	struct place places[WRITES_MAX];
	uint8_t room[4096];
};

static enum seen seen_on(int fd)
{
	static const struct {
		long magic;
		enum seen seen;
	} rows[] = {
		{EXT4_SUPER_MAGIC,      SEEN         }, /* ext2 and ext3, too */
		{ XFS_SUPER_MAGIC,      SEEN         },
		{ BTRFS_SUPER_MAGIC,    SEEN_BY_INODE}, /* that of a subvolume returns */
		{ SQUASHFS_MAGIC,       SEEN         }, /* nobody writes there */
		{ EROFS_SUPER_MAGIC_V1, SEEN         },
		{ ISOFS_SUPER_MAGIC,    SEEN         },
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return SEEN_NOT;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (fs.f_type == rows[i].magic)
			return rows[i].seen;
	return SEEN_NOT;
}

bool writes_numbers_return(int fd)
{
	return seen_on(fd) == SEEN_BY_INODE;
}

static size_t allowed(void)
{
	int fd = open(ALLOWANCE, O_RDONLY | O_CLOEXEC);
	char text[16];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	unsigned long most;

	if (fd >= 0)
		(void)close(fd);
	text[n > 0 ? n : 0] = 0;
	most = strtoul(text, NULL, 10) / SHARE;
	return most < WRITES_MAX ? most : WRITES_MAX;
}

struct writes *writes_new(void)
{
	struct writes *w = (struct writes *)memory_new(1, sizeof(*w));

	if (!w)
		return NULL;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	w->n_places = allowed();
	if (w->fd < 0 || w->n_places == 0) {
		writes_free(w);
		return NULL;
	}
	return w;
}

void writes_free(struct writes *w)
{
	if (w && w->fd >= 0)
		(void)close(w->fd);
	memory_free(w);
}

static struct place *place_of(struct writes *w, int number)
{
	return &w->places[(size_t)number % w->n_places];
}

/* Whoever is watched already keeps the number that he has. */
static int number_of(struct writes *w, int fd)
{
	char link[32];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return inotify_add_watch(w->fd, link, WATCHED_FOR);
}

/*
 * May its inode be kept?  We are told when its last name goes, and then its watch ends: that of
 * one without a name may be ending already.  Of what is encrypted the owner takes the key
 * away, which the kernel does only when nobody keeps the inode.
 */
static bool is_keepable(int fd)
{
	struct statx x;

	return statx(fd, "", AT_EMPTY_PATH, STATX_NLINK, &x) == 0 && x.stx_nlink > 0 &&
	       (x.stx_attributes & STATX_ATTR_ENCRYPTED) == 0;
}

void writes_unwatch(struct writes *w, int number)
{
	struct place *place = place_of(w, number);

	(void)inotify_rm_watch(w->fd, number);
	if (place->number == number)
		*place = (struct place){ 0 };
}

int writes_watch(struct writes *w, int fd, uint32_t row)
{
	enum seen seen = seen_on(fd);
	struct place *place;
	int number;

	if (seen == SEEN_NOT)
		return 0;
	number = number_of(w, fd);
	if (number <= 0)
		return 0;
	/* Only now: who takes its last name away later, is told of. */
	if (!is_keepable(fd)) {
		writes_unwatch(w, number);
		return 0;
	}
	place = place_of(w, number);
	if (place->number != 0 && place->number != number)
		(void)inotify_rm_watch(w->fd, place->number);
	*place = (struct place){ number, row, seen == SEEN_BY_INODE, true };
	return number;
}

/* Is that the very inode? */
static bool is_watched_by(struct writes *w, int fd, int number)
{
	int other = number_of(w, fd);

	if (other > 0 && place_of(w, other)->number != other)
		(void)inotify_rm_watch(w->fd, other);
	return other == number;
}

static void event_take(struct writes *w, const struct inotify_event *event)
{
	struct place *place;

	/* Of whom else it should have told, nobody knows. */
	if ((event->mask & IN_Q_OVERFLOW) != 0) {
		for (size_t i = 0; i < w->n_places; i++)
			w->places[i].row = NO_ROW;
		return;
	}
	place = event->wd > 0 ? place_of(w, event->wd) : NULL;
	if (place && place->number == event->wd)
		*place = (struct place){ 0 };
}

/* Whatever has been told until now. */
static void events_take(struct writes *w)
{
	struct inotify_event event;
	struct cursor at;
	ssize_t n;

	while ((n = read(w->fd, w->room, sizeof(w->room))) > 0) {
		at = cursor_at(span_clip(SPAN_OF(w->room), 0, (uint64_t)n), 0);
		while (span_copy(&event, sizeof(event), cursor_take(&at, sizeof(event))) ==
		       sizeof(event)) {
			cursor_skip(&at, event.len);
			event_take(w, &event);
		}
	}
}

bool writes_none(struct writes *w, int fd, int number, uint32_t row)
{
	struct place *place = place_of(w, number);

	events_take(w);
	if (place->number != number || place->row != row)
		return false;
	place->used = true;
	return !place->by_inode || is_watched_by(w, fd, number);
}

void writes_age(struct writes *w, int64_t now_ms)
{
	if (now_ms < w->aged_ms + WRITES_AGE_MS)
		return;
	w->aged_ms = now_ms;
	for (size_t i = 0; i < w->n_places; i++) {
		struct place *place = &w->places[i];

		if (place->number != 0 && place->by_inode && !place->used)
			writes_unwatch(w, place->number);
		place->used = false;
	}
}
