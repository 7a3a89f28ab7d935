/* SPDX-License-Identifier: MIT */
/* The mounts through which files are seen. */
#include "base/memory.h"
#include "host/mounts.h"
#include "host/watched_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Since Linux 6.8 the number of a mount is never another one's again. */
#define MOUNT_NUMBER_UNIQUE 0x4000U /* STATX_MNT_ID_UNIQUE */

/* What mount @path leads to, and what file system that is. */
static enum status view_ask(const char *path, struct view *out)
{
	enum status status = STATUS_IO;
	struct statx x;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return STATUS_IO;
	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID | MOUNT_NUMBER_UNIQUE, &x) == 0)
		status = change_file_system(fd, &out->file_system);
	(void)close(fd);
	out->mount = status == STATUS_OK ? x.stx_mnt_id : 0;
	return status;
}

static bool view_same(const struct view *a, const struct view *b)
{
	return a->mount == b->mount && a->file_system == b->file_system;
}

/* Is @v known, and reached by the path by which it is known?  It may have been moved. */
static bool view_known(struct watched *w, const struct view *v)
{
	struct view now = { 0 };

	for (size_t i = 0; i < w->n_views; i++)
		if (view_same(&w->views[i], v) &&
		    view_ask(w->views[i].path, &now) == STATUS_OK &&
		    view_same(&w->views[i], &now)) {
			w->views[i].found = true;
			return true;
		}
	return false;
}

/* Watches the file system at @path.  STATUS_NOT_MINE: it is known. */
static enum status view_add(struct watched *w, const struct changes *c, const char *path)
{
	struct view v = { .found = true };

	TRY(view_ask(path, &v));
	/* Also what is known: unmounted and mounted again it is watched no more. */
	TRY(changes_watch(c, path));
	if (view_known(w, &v))
		return STATUS_NOT_MINE;
	if (w->n_views == WATCHED_MAX_VIEWS)
		return STATUS_LIMIT;
	v.path = watched_text(SPAN_TEXT(path));
	if (!v.path)
		return STATUS_NO_MEMORY;
	w->views[w->n_views++] = v;
	return STATUS_OK;
}

enum status watched_touch(const struct watched *w, struct span path, struct unsettled *out,
			  int64_t now_ms)
{
	if (watched_relation_of(w, path) == RELATION_INSIDE)
		return unsettled_touch(out, path, UNSETTLED_TREE, true, now_ms, 0);
	for (size_t i = 0; i < w->about->n_scopes; i++)
		if (path_lies_in(watched_scope(w, i), path))
			TRY(unsettled_touch(out, watched_scope(w, i), UNSETTLED_TREE, true,
					    now_ms, 0));
	return STATUS_OK;
}

static enum status place_add(struct watched *w, const struct changes *c,
			     const struct watched_reading *r, const char *path)
{
	enum status status = view_add(w, c, path);

	if (status == STATUS_OK)
		return watched_touch(w, SPAN_TEXT(path), r->out, r->now_ms);
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
			     const struct watched_reading *r, const struct mounts *all,
			     size_t i)
{
	struct span scope = watched_scope(w, i), folder = scope;
	struct stat st;
	char *path;
	enum status status = STATUS_OK;

	if (lstat(w->about->scopes[i], &st) != 0 || !S_ISDIR(st.st_mode))
		while (folder.len > 1 &&
		       (folder.len == scope.len || span_at(scope, folder.len) != '/'))
			folder = span_clip(folder, 0, folder.len - 1);
	path = watched_text(folder);
	if (!path)
		return STATUS_NO_MEMORY;
	if (mounts_lead_to(all, path))
		status = place_add(w, c, r, path);
	else
		r->refused(r->context, path, "others serve it, and change it unseen from here");
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
		if (path_lies_in(point, watched_scope(w, i)))
			return !watched_is_excluded(w, point, watched_scope(w, i)) &&
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
			status = watched_touch(w, SPAN_TEXT(v->path), r->out, r->now_ms);
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
	watched_forget(w);
	for (size_t i = 0; i < w->n_views; i++)
		w->views[i].found = false;
	for (size_t i = 0; i < w->about->n_scopes; i++)
		TRY(scope_add(w, c, r, &mounts, i));
	for (size_t i = 0; i < mounts.n; i++)
		TRY(mount_add(w, c, r, &mounts, i));
	return views_drop(w, r);
}

enum status watched_reach(const struct view *v, struct span handle, int *fd)
{
	int mount = open(v->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t file_system;
	enum status status = STATUS_NOT_MINE;

	*fd = -1;
	if (mount < 0)
		return STATUS_NOT_MINE;
	/* Another one may stand there now. */
	if (change_file_system(mount, &file_system) == STATUS_OK &&
	    file_system == v->file_system)
		status = change_handle_open(mount, handle, fd);
	(void)close(mount);
	return status;
}
