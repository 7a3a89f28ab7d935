/* SPDX-License-Identifier: MIT */
/*
 * Walk: openat(2), getdents(2) and one statx(2) a file, on a stack of our own.
 *
 * A folder's names are read at once and sorted, so its descriptor is needed
 * only to reach what is in it.  Of a deep tree only the outermost and the
 * innermost folders stay open; one in between is opened again when the walk
 * comes back to it, and has to be the same inode.
 */
#include "source/walk.h"

#include "base/memory.h"
#include "source/companions.h"
#include "source/identity.h"
#include "source/names.h"
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define OPEN_OUTER  (WALK_MAX_OPEN / 2)
#define OPEN_INNER  (WALK_MAX_OPEN - OPEN_OUTER)

struct level {
	DIR *dir; /* NULL: closed for now */
	struct source_identity identity;
	struct names names;
	size_t next;     /* the name to visit */
	size_t path_len; /* of the folder itself, in walk.path */
	int error;       /* to be told before anything else */
	bool around;     /* companions of its files stand at places, not by their names */
};

struct walk {
	const struct walk_options *options;
	struct buffer path;
	struct buffer target; /* what a named link leads to */
	struct statx state;   /* of the entry */
	struct level *levels;
	size_t depth, size; /* levels that we are in, room for */
	bool started;
};

struct walk *walk_new(const char *path, const struct walk_options *options)
{
	struct walk *w = memory_new(1, sizeof(*w));

	if (!w)
		return NULL;
	w->options = options;
	buffer_text(&w->path, path);
	if (buffer_status(&w->path) != STATUS_OK) {
		walk_free(w);
		return NULL;
	}
	return w;
}

void walk_free(struct walk *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->size; i++) {
		if (w->levels[i].dir)
			(void)closedir(w->levels[i].dir);
		names_free(&w->levels[i].names);
	}
	memory_free(w->levels);
	buffer_free(&w->path);
	buffer_free(&w->target);
	memory_free(w);
}

static struct level *top(const struct walk *w)
{
	return &w->levels[w->depth - 1];
}

static bool entry_error(struct walk_entry *out, int error)
{
	out->kind = WALK_ERROR;
	out->error = error;
	return true;
}

/* Room for one more level; NULL: no memory.  The levels may move. */
static struct level *level_new(struct walk *w)
{
	size_t size = w->size ? w->size * 2 : 16;
	struct level *levels;

	if (w->depth < w->size)
		return &w->levels[w->depth];
	levels = memory_new(size, sizeof(*levels));
	if (!levels)
		return NULL;
	for (size_t i = 0; i < w->size; i++)
		levels[i] = w->levels[i];
	memory_free(w->levels);
	w->levels = levels;
	w->size = size;
	return &w->levels[w->depth];
}

/* The folder at w->path, open as @fd, becomes the innermost.  0 or errno; @fd is taken. */
static int level_enter(struct walk *w, int fd, const struct source_identity *identity)
{
	struct level *level = level_new(w);
	DIR *dir = level ? fdopendir(fd) : NULL;

	if (!dir) {
		int error = level ? errno : ENOMEM;

		(void)close(fd);
		return error;
	}
	level->dir = dir;
	level->identity = *identity;
	level->next = 0;
	level->path_len = w->path.len;
	level->error = names_read(&level->names, dir);
	level->around = companions_around(fd, &level->names);
	w->depth++;
	/* Level OPEN_OUTER is the first that may be closed. */
	if (w->depth > OPEN_OUTER + OPEN_INNER) {
		struct level *far = &w->levels[w->depth - OPEN_INNER - 1];

		if (far->dir)
			(void)closedir(far->dir);
		far->dir = NULL;
	}
	return 0;
}

static bool same_inode(const struct source_identity *a, const struct source_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->btime_ns == b->btime_ns;
}

/* Opens @level as @name seen from @fd; NULL: that is another folder, or none. */
static DIR *level_open(const struct level *level, int fd, const char *name)
{
	struct source_identity now;
	int again = openat(fd, name, OPEN_FOLDER);
	DIR *dir = NULL;

	if (again < 0)
		return NULL;
	if (source_identify(again, &now) == STATUS_OK && same_inode(&now, &level->identity))
		dir = fdopendir(again);
	if (!dir)
		(void)close(again);
	return dir;
}

/* Comes down from the nearest folder that is open, by the names that led here. */
static DIR *level_reach(const struct walk *w, size_t depth)
{
	size_t from = depth;
	DIR *dir = NULL;

	while (from > 0 && !w->levels[from - 1].dir)
		from--;
	for (size_t i = from; i > 0 && i <= depth; i++) {
		const struct level *parent = &w->levels[i - 1];
		DIR *next = level_open(&w->levels[i], dirfd(dir ? dir : parent->dir),
				       names_at(&parent->names, parent->next - 1));

		if (dir)
			(void)closedir(dir);
		dir = next;
		if (!dir)
			break;
	}
	return dir;
}

/* Leaves the innermost folder; the one around it is open again, or gives up. */
static void level_leave(struct walk *w)
{
	struct level *level = top(w), *outer;
	DIR *dir = level->dir;

	names_clear(&level->names);
	level->dir = NULL;
	w->depth--;
	outer = w->depth > 0 ? top(w) : NULL;
	if (outer && !outer->dir && dir)
		outer->dir = level_open(outer, dirfd(dir), "..");
	if (outer && !outer->dir)
		outer->dir = level_reach(w, w->depth - 1);
	if (outer && !outer->dir) {
		outer->error = ESTALE;
		outer->next = outer->names.n;
	}
	if (dir)
		(void)closedir(dir);
}

static bool is_excluded(const struct walk *w, const char *name)
{
	const char *const *glob = w->options ? w->options->exclude : NULL;

	for (size_t i = 0; glob && glob[i]; i++)
		if (fnmatch(glob[i], name, 0) == 0 || fnmatch(glob[i], w->path.bytes, 0) == 0)
			return true;
	return false;
}

static bool entry_of_mode(struct walk_entry *out, uint32_t mode)
{
	if (S_ISREG(mode))
		out->kind = WALK_FILE;
	else
		out->kind = S_ISLNK(mode) ? WALK_LINK : WALK_SPECIAL;
	return true;
}

/* True: @out is an entry about it; false: we are inside, and there is nothing to say. */
static bool visit_folder(struct walk *w, struct walk_entry *out)
{
	int error, fd;

	if (w->depth >= WALK_MAX_DEPTH)
		return entry_error(out, ENAMETOOLONG);
	fd = openat(out->dirfd, out->name, OPEN_FOLDER);
	if (fd < 0)
		return entry_error(out, errno);
	if (statx(fd, "", AT_EMPTY_PATH, IDENTITY_STATX_MASK, &w->state) != 0) {
		error = errno;
		(void)close(fd);
		return entry_error(out, error);
	}
	out->identity = identity_from_statx(&w->state);
	if (w->depth > 0 && w->options && w->options->one_file_system &&
	    out->identity.dev != w->levels[0].identity.dev) {
		(void)close(fd);
		out->kind = WALK_MOUNT;
		return true;
	}
	error = level_enter(w, fd, &out->identity);
	if (error != 0)
		return entry_error(out, error);
	out->kind = WALK_FOLDER;
	out->state = &w->state;
	out->dirfd = dirfd(top(w)->dir);
	return w->options && w->options->folders;
}

static bool visit_by_statx(struct walk *w, struct walk_entry *out)
{
	if (statx(out->dirfd, out->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  IDENTITY_STATX_MASK, &w->state) != 0)
		return entry_error(out, errno);
	out->identity = identity_from_statx(&w->state);
	out->state = &w->state;
	if (S_ISDIR(w->state.stx_mode))
		return visit_folder(w, out);
	return entry_of_mode(out, w->state.stx_mode);
}

/* The next name of the innermost folder.  False: nothing to say about it. */
static bool visit_name(struct walk *w, struct level *level, struct walk_entry *out)
{
	const char *name = names_at(&level->names, level->next);
	unsigned char type = level->names.places[level->next].type;

	level->next++;
	if (span_at(buffer_span(&w->path), w->path.len - 1) != '/')
		buffer_char(&w->path, '/');
	buffer_text(&w->path, name);
	if (buffer_status(&w->path) != STATUS_OK) {
		w->path.failed = false;
		*out = (struct walk_entry){ .path = w->path.bytes, .dirfd = -1, .name = name };
		return entry_error(out, ENOMEM);
	}
	if (is_excluded(w, name))
		return false;
	*out = (struct walk_entry){
		.path = w->path.bytes,
		.dirfd = dirfd(level->dir),
		.name = name,
		.accompanied = level->around || companions_named(&level->names, level->next - 1)
	};
	switch (type) {
	case DT_LNK: return entry_of_mode(out, S_IFLNK);
	case DT_DIR: return visit_folder(w, out);
	case DT_FIFO:
	case DT_SOCK:
	case DT_CHR:
	case DT_BLK: return entry_of_mode(out, S_IFIFO);
	default: return visit_by_statx(w, out);
	}
}

/* A named link: what it leads to, so that who opens it can still refuse links. */
static int resolve_link(struct walk *w, struct walk_entry *out)
{
	char target[PATH_MAX];

	if (!realpath(out->name, target))
		return errno;
	buffer_text(&w->target, target);
	if (buffer_status(&w->target) != STATUS_OK)
		return ENOMEM;
	out->name = w->target.bytes;
	return 0;
}

/* What was named itself.  False: it is a folder that nobody asks about, and we are inside. */
static bool visit_root(struct walk *w, struct walk_entry *out)
{
	struct statx x;
	int error = 0;

	*out = (struct walk_entry){ .path = buffer_string(&w->path, 0),
				    .dirfd = AT_FDCWD,
				    .accompanied = true };
	out->name = out->path;
	if (statx(AT_FDCWD, out->name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x) != 0)
		return entry_error(out, errno);
	if (S_ISLNK(x.stx_mode))
		error = resolve_link(w, out);
	if (error != 0)
		return entry_error(out, error);
	return visit_by_statx(w, out);
}

bool walk_next(struct walk *w, struct walk_entry *out)
{
	if (!w->started) {
		w->started = true;
		if (visit_root(w, out))
			return true;
	}
	while (w->depth > 0) {
		struct level *level = top(w);

		buffer_cut(&w->path, level->path_len);
		if (level->error != 0) {
			*out = (struct walk_entry){ .path = w->path.bytes, .dirfd = -1 };
			out->name = w->path.bytes;
			(void)entry_error(out, level->error);
			level->error = 0;
			return true;
		}
		if (level->next == level->names.n)
			level_leave(w);
		else if (visit_name(w, level, out))
			return true;
	}
	return false;
}
