/* SPDX-License-Identifier: MIT */
#include "host/watched.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "host/mounts.h"
#include "source/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A mount through which files of the scopes are seen.  Nothing is kept open: who
 * unmounts it shall not have to wait for us. */
struct view {
	char *path; /* of a folder on it */
	uint64_t mount, file_system;
	bool found; /* while the table is read */
};

/* What a folder has to do with the scopes. */
enum relation {
	RELATION_NONE,
	RELATION_AROUND, /* a scope lies in it */
	RELATION_INSIDE,
};

struct folder {
	struct table_row row; /* first; its key: a view and a handle */
	void *memory;         /* of the key */
	char *path;           /* with a slash at its end; NULL: it is none of ours */
	enum relation relation;
};

/* A file with several names. */
struct linked {
	struct table_row row; /* first; its key: file system and handle */
	void *memory;
	uint64_t dev, ino;
};

struct watched {
	const struct watched_about *about;
	struct view views[WATCHED_MAX_VIEWS];
	size_t n_views;
	struct table folders, linked;
	struct buffer key, path; /* scratch */
	bool crowded;
};

enum status watched_new(const struct watched_about *about, struct watched **out)
{
	struct watched *w = (struct watched *)memory_new(1, sizeof(*w));
	enum status status;

	*out = w;
	if (!w)
		return STATUS_NO_MEMORY;
	w->about = about;
	status = table_begin(&w->folders);
	if (status == STATUS_OK)
		status = table_begin(&w->linked);
	return status;
}

static void folders_forget(struct watched *w)
{
	struct table_row *row;

	while ((row = table_take(&w->folders)) != NULL) {
		struct folder *f = (struct folder *)row;

		memory_free(f->memory);
		memory_free(f->path);
		memory_free(f);
	}
}

void watched_free(struct watched *w)
{
	struct table_row *row;

	if (!w)
		return;
	folders_forget(w);
	while ((row = table_take(&w->linked)) != NULL) {
		memory_free(((struct linked *)row)->memory);
		memory_free(row);
	}
	for (size_t i = 0; i < w->n_views; i++)
		memory_free(w->views[i].path);
	table_end(&w->folders);
	table_end(&w->linked);
	buffer_free(&w->key);
	buffer_free(&w->path);
	memory_free(w);
}

/* A string of its own. */
static char *text_keep(struct span text)
{
	char *copy = (char *)memory_new(text.len + 1, 1);

	if (copy)
		(void)span_copy(copy, text.len, text);
	return copy;
}

/* ---- scopes ---- */

static struct span scope_at(const struct watched *w, size_t i)
{
	return SPAN_TEXT(w->about->scopes[i]);
}

static bool glob_matches(const struct watched *w, const char *name, const char *path)
{
	const char *const *globs = w->about->exclude;

	for (size_t i = 0; globs[i]; i++)
		if (fnmatch(globs[i], name, 0) == 0 || fnmatch(globs[i], path, 0) == 0)
			return true;
	return false;
}

/* Is anything on the way from @scope to @path left out?  The walk comes by the same names. */
static bool is_excluded(const struct watched *w, struct span path, struct span scope)
{
	char whole[PATH_MAX + NAME_MAX] = { 0 }, name[NAME_MAX + 1];
	uint64_t from = scope.len == 1 ? 1 : scope.len + 1, end;

	if (!w->about->exclude[0] || path.len >= sizeof(whole))
		return false;
	for (; from < path.len; from = end + 1) {
		if (!span_find_byte(path, '/', from, &end))
			end = path.len;
		memset(whole, 0, sizeof(whole));
		memset(name, 0, sizeof(name));
		(void)span_copy(whole, sizeof(whole) - 1, span_clip(path, 0, end));
		(void)span_copy(name, sizeof(name) - 1, span_clip(path, from, end - from));
		if (glob_matches(w, name, whole))
			return true;
	}
	return false;
}

/* Of a folder whose path has no slash at its end, but "/". */
static enum relation relation_of(const struct watched *w, struct span path)
{
	bool around = false;

	for (size_t i = 0; i < w->about->n_scopes; i++) {
		if (path_lies_in(path, scope_at(w, i)))
			return is_excluded(w, path, scope_at(w, i)) ? RELATION_NONE
								    : RELATION_INSIDE;
		around |= path_lies_in(scope_at(w, i), path);
	}
	return around ? RELATION_AROUND : RELATION_NONE;
}

/* ---- mounts ---- */

/* Watches the file system at @path.  STATUS_NOT_MINE: it is known. */
static enum status view_add(struct watched *w, const struct changes *c, const char *path)
{
	struct view v = { .found = true };
	enum status status;
	struct statx x;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return STATUS_IO;
	status = statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) == 0
			 ? change_file_system(fd, &v.file_system)
			 : STATUS_IO;
	(void)close(fd);
	TRY(status);
	v.mount = x.stx_mnt_id;
	for (size_t i = 0; i < w->n_views; i++)
		if (w->views[i].mount == v.mount) {
			w->views[i].found = true;
			return STATUS_NOT_MINE;
		}
	if (w->n_views == WATCHED_MAX_VIEWS)
		return STATUS_LIMIT;
	TRY(changes_watch(c, path));
	v.path = text_keep(SPAN_TEXT(path));
	if (!v.path)
		return STATUS_NO_MEMORY;
	w->views[w->n_views++] = v;
	return STATUS_OK;
}

static enum status place_add(struct watched *w, const struct changes *c,
			     const struct watched_reading *r, const char *path)
{
	enum status status = view_add(w, c, path);

	if (status == STATUS_OK)
		return unsettled_touch(r->out, SPAN_TEXT(path), UNSETTLED_TREE, true,
				       r->now_ms);
	if (status == STATUS_NOT_MINE)
		return STATUS_OK;
	if (status == STATUS_NO_MEMORY)
		return status;
	r->refused(r->context, path,
		   status == STATUS_UNSUPPORTED ? "this file system does not tell of changes"
		   : status == STATUS_IO        ? strerrordesc_np(errno)
						: status_text(status));
	return STATUS_OK;
}

/* A scope may be a file: then what becomes of it is told of its folder. */
static enum status scope_add(struct watched *w, const struct changes *c,
			     const struct watched_reading *r, size_t i)
{
	struct span scope = scope_at(w, i), folder = scope;
	struct stat st;
	char *path;
	enum status status;

	if (lstat(w->about->scopes[i], &st) != 0 || !S_ISDIR(st.st_mode))
		while (folder.len > 1 && span_at(folder, folder.len) != '/')
			folder = span_clip(folder, 0, folder.len - 1);
	path = text_keep(folder);
	if (!path)
		return STATUS_NO_MEMORY;
	status = place_add(w, c, r, path);
	memory_free(path);
	return status;
}

static uint64_t device_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_dev : 0;
}

static bool mount_counts(const struct watched *w, const struct mount *m)
{
	struct span point = SPAN_TEXT(m->point);

	for (size_t i = 0; m->kind != MOUNT_SYSTEM && i < w->about->n_scopes; i++)
		if (path_lies_in(point, scope_at(w, i)))
			return !is_excluded(w, point, scope_at(w, i)) &&
			       (!w->about->one_file_system ||
				device_of(w->about->scopes[i]) == m->dev);
	return false;
}

static enum status mount_add(struct watched *w, const struct changes *c,
			     const struct watched_reading *r, const struct mounts *all,
			     size_t i)
{
	const char *point = all->each[i].point;

	if (!mount_counts(w, &all->each[i]))
		return STATUS_OK;
	if (mounts_lead_to(all, point))
		return place_add(w, c, r, point);
	r->refused(r->context, point, "others serve it, and change it unseen from here");
	return STATUS_OK;
}

/* What is not mounted any more. */
static enum status views_drop(struct watched *w, const struct watched_reading *r)
{
	enum status status = STATUS_OK;
	size_t kept = 0;

	for (size_t i = 0; i < w->n_views; i++) {
		struct view *v = &w->views[i];

		if (v->found) {
			w->views[kept++] = *v;
			continue;
		}
		if (status == STATUS_OK)
			status = unsettled_touch(r->out, SPAN_TEXT(v->path), UNSETTLED_TREE,
						 true, r->now_ms);
		memory_free(v->path);
	}
	w->n_views = kept;
	return status;
}

enum status watched_mounts(struct watched *w, int table, const struct changes *c,
			   const struct watched_reading *r)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(MOUNTS_ARENA);
	struct mounts mounts;

	TRY(mounts_read(&a, table, &mounts));
	folders_forget(w);
	for (size_t i = 0; i < w->n_views; i++)
		w->views[i].found = false;
	for (size_t i = 0; i < w->about->n_scopes; i++)
		TRY(scope_add(w, c, r, i));
	for (size_t i = 0; i < mounts.n; i++)
		TRY(mount_add(w, c, r, &mounts, i));
	return views_drop(w, r);
}

/* ---- folders ---- */

/* Opens what @handle is, as it is seen through @v. */
static int handle_reach(const struct view *v, struct span handle)
{
	int mount = open(v->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), fd = -1;
	uint64_t file_system;

	if (mount < 0)
		return -1;
	/* Another one may stand there now. */
	if (change_file_system(mount, &file_system) != STATUS_OK ||
	    file_system != v->file_system ||
	    change_handle_open(mount, handle, &fd) != STATUS_OK)
		fd = -1;
	(void)close(mount);
	return fd;
}

/* Its path, if that leads back to it.  False: no.  @path: of zeros. */
static bool path_of(int fd, char path[PATH_MAX])
{
	char link[32];
	struct stat there, here;
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	if (n <= 0)
		return false;
	return fstat(fd, &here) == 0 && lstat(path, &there) == 0 &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

static enum status folder_find(struct watched *w, size_t view, struct span handle,
			       struct folder *f)
{
	int fd = handle_reach(&w->views[view], handle);
	char path[PATH_MAX] = { 0 };
	struct span text;

	if (fd < 0)
		return STATUS_OK;
	f->relation = path_of(fd, path) ? relation_of(w, SPAN_TEXT(path)) : RELATION_NONE;
	(void)close(fd);
	if (f->relation == RELATION_NONE)
		return STATUS_OK;
	text = SPAN_TEXT(path);
	f->path = text_keep(text.len == 1 ? SPAN_NONE : text);
	return f->path ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status folder_new(struct watched *w, size_t view, struct span handle,
			      struct folder **out)
{
	struct folder *f;
	enum status status;

	if (w->folders.n == WATCHED_MAX_FOLDERS)
		folders_forget(w);
	f = (struct folder *)memory_new(1, sizeof(*f));
	if (!f)
		return STATUS_NO_MEMORY;
	status = folder_find(w, view, handle, f);
	f->memory = text_keep(buffer_span(&w->key));
	if (status == STATUS_OK && !f->memory)
		status = STATUS_NO_MEMORY;
	f->row.key = (struct span){ (const uint8_t *)f->memory, w->key.len };
	if (status == STATUS_OK)
		status = table_add(&w->folders, &f->row);
	if (status == STATUS_OK) {
		*out = f;
		return STATUS_OK;
	}
	memory_free(f->memory);
	memory_free(f->path);
	memory_free(f);
	return status;
}

static enum status folder_of(struct watched *w, size_t view, struct span handle,
			     struct folder **out)
{
	buffer_clear(&w->key);
	buffer_u64le(&w->key, w->views[view].mount);
	buffer_add(&w->key, handle);
	TRY(buffer_status(&w->key));
	*out = (struct folder *)table_find(&w->folders, buffer_span(&w->key));
	return *out ? STATUS_OK : folder_new(w, view, handle, out);
}

/* ---- changes ---- */

/* Something happened to a folder in which scopes lie, or to a scope. */
static enum status around_take(struct watched *w, const struct change *c, struct unsettled *out,
			       int64_t now_ms)
{
	struct span path = buffer_span(&w->path);

	for (size_t i = 0; i < w->about->n_scopes; i++) {
		struct span scope = scope_at(w, i);

		if (span_equal(scope, path) || (c->folder && path_lies_in(scope, path)))
			TRY(unsettled_touch(out, scope,
					    c->folder ? UNSETTLED_TREE : UNSETTLED_NAME,
					    c->ended, now_ms));
	}
	return STATUS_OK;
}

static enum status name_take(struct watched *w, const struct folder *f, const char *name,
			     const struct change *c, struct unsettled *out, int64_t now_ms)
{
	buffer_clear(&w->path);
	buffer_text(&w->path, f->path);
	buffer_char(&w->path, '/');
	buffer_text(&w->path, name);
	buffer_char(&w->path, '\0');
	TRY(buffer_status(&w->path));
	if (w->about->exclude[0] && glob_matches(w, name, buffer_string(&w->path, 0)))
		return STATUS_OK;
	buffer_cut(&w->path, w->path.len - 1);
	if (f->relation == RELATION_AROUND)
		return around_take(w, c, out, now_ms);
	return unsettled_touch(out, buffer_span(&w->path),
			       c->folder ? UNSETTLED_TREE : UNSETTLED_NAME, c->ended, now_ms);
}

static enum status link_touch(const struct linked *l, const struct change *c,
			      struct unsettled *out, int64_t now_ms)
{
	char key[48];

	(void)snprintf(key, sizeof(key), "%llu %llu", (unsigned long long)l->dev,
		       (unsigned long long)l->ino);
	return unsettled_touch(out, SPAN_TEXT(key), UNSETTLED_INODE, c->ended, now_ms);
}

static enum status linked_key(struct watched *w, uint64_t file_system, struct span handle)
{
	buffer_clear(&w->key);
	buffer_u64le(&w->key, file_system);
	buffer_add(&w->key, handle);
	return buffer_status(&w->key);
}

/* Keeps what w->key is. */
static enum status linked_add(struct watched *w, const struct stat *st, struct linked **out)
{
	struct linked *l;

	*out = (struct linked *)table_find(&w->linked, buffer_span(&w->key));
	if (*out)
		return STATUS_OK;
	if (w->linked.n == WATCHED_MAX_LINKED) {
		w->crowded = true;
		return STATUS_NOT_MINE;
	}
	l = (struct linked *)memory_new(1, sizeof(*l));
	if (!l)
		return STATUS_NO_MEMORY;
	*l = (struct linked){ .memory = text_keep(buffer_span(&w->key)),
			      .dev = st->st_dev,
			      .ino = st->st_ino };
	l->row.key = (struct span){ (const uint8_t *)l->memory, w->key.len };
	if (l->memory && table_add(&w->linked, &l->row) == STATUS_OK) {
		*out = l;
		return STATUS_OK;
	}
	memory_free(l->memory);
	memory_free(l);
	return STATUS_NO_MEMORY;
}

/* No name was told: an inode got or lost one. */
static enum status inode_take(struct watched *w, const struct change *c, struct unsettled *out,
			      int64_t now_ms)
{
	struct linked *l;
	struct stat st = { 0 };
	enum status status;
	int fd = -1;

	for (size_t i = 0; i < w->n_views && fd < 0; i++)
		if (w->views[i].file_system == c->file_system)
			fd = handle_reach(&w->views[i], c->inode);
	if (fd < 0)
		return STATUS_OK;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink < 2)
		st.st_nlink = 0;
	(void)close(fd);
	if (st.st_nlink == 0)
		return STATUS_OK;
	TRY(linked_key(w, c->file_system, c->inode));
	status = linked_add(w, &st, &l);
	if (status != STATUS_OK)
		return status == STATUS_NOT_MINE ? STATUS_OK : status;
	return link_touch(l, c, out, now_ms);
}

static enum status names_take(struct watched *w, const struct change *c, size_t view,
			      struct unsettled *out, int64_t now_ms)
{
	for (size_t k = 0; k < c->n_names; k++) {
		struct folder *f;

		TRY(folder_of(w, view, c->names[k].folder, &f));
		if (f->relation != RELATION_NONE)
			TRY(name_take(w, f, c->names[k].name, c, out, now_ms));
	}
	return STATUS_OK;
}

enum status watched_take(struct watched *w, const struct change *c, struct unsettled *out,
			 int64_t now_ms)
{
	if (c->folder && c->moved) /* paths below it are others now */
		folders_forget(w);
	for (size_t i = 0; i < w->n_views; i++)
		if (w->views[i].file_system == c->file_system)
			TRY(names_take(w, c, i, out, now_ms));
	if (c->folder || c->inode.len == 0)
		return STATUS_OK;
	if (c->n_names == 0)
		return inode_take(w, c, out, now_ms);
	if (w->linked.n > 0) {
		const struct linked *l;

		TRY(linked_key(w, c->file_system, c->inode));
		l = (const struct linked *)table_find(&w->linked, buffer_span(&w->key));
		if (l)
			return link_touch(l, c, out, now_ms);
	}
	return STATUS_OK;
}

enum status watched_link(struct watched *w, const char *path)
{
	struct change_handle handle;
	uint64_t file_system;
	enum status status;
	struct linked *l;
	struct stat st;
	int fd;

	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink < 2)
		return STATUS_OK;
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return STATUS_OK;
	status = change_file_system(fd, &file_system);
	if (status == STATUS_OK)
		status = change_handle_of(fd, "", &handle);
	(void)close(fd);
	if (status != STATUS_OK)
		return STATUS_OK;
	TRY(linked_key(w, file_system, (struct span){ handle.bytes, handle.len }));
	status = linked_add(w, &st, &l);
	return status == STATUS_NOT_MINE ? STATUS_OK : status;
}

bool watched_crowded(const struct watched *w)
{
	return w->crowded;
}
