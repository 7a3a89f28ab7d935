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

/* Is it the same mount, seen for the same place? */
static bool view_same(const struct view *a, const struct view *b)
{
	return a->mount == b->mount && a->file_system == b->file_system &&
	       (!a->shown || !b->shown ? a->shown == b->shown
				       : strcmp(a->shown, b->shown) == 0);
}

/* Is @v known, and reached by the path by which it is known?  It may have been moved. */
static bool view_known(struct watched *w, const struct view *v)
{
	for (size_t i = 0; i < w->n_views; i++) {
		struct view now = { .shown = w->views[i].shown };

		if (view_same(&w->views[i], v) &&
		    view_ask(w->views[i].path, &now) == STATUS_OK &&
		    view_same(&w->views[i], &now)) {
			w->views[i].found = true;
			return true;
		}
	}
	return false;
}

static void view_end(struct view *v)
{
	memory_free(v->path);
	memory_free(v->shown);
}

/* Watches the file system at @path, @shown or NULL.  STATUS_NOT_MINE: it is known. */
static enum status view_add(struct watched *w, const struct changes *c, const char *path,
			    const char *shown)
{
	struct view v = { .found = true, .path = watched_text(SPAN_TEXT(path)) };
	enum status status = v.path ? view_ask(path, &v) : STATUS_NO_MEMORY;

	if (shown)
		v.shown = watched_text(SPAN_TEXT(shown));
	if (status == STATUS_OK && shown && !v.shown)
		status = STATUS_NO_MEMORY;
	/* Also what is known: unmounted and mounted again it is watched no more. */
	if (status == STATUS_OK)
		status = changes_watch(c, path);
	if (status == STATUS_OK && view_known(w, &v))
		status = STATUS_NOT_MINE;
	if (status == STATUS_OK && w->n_views == WATCHED_MAX_VIEWS)
		status = STATUS_LIMIT;
	if (status == STATUS_OK)
		w->views[w->n_views++] = v;
	else
		view_end(&v);
	return status;
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

/* Why nothing is heard of the file system at @path. */
static const char *untelling(const struct watched *w, struct span path)
{
	for (size_t i = 0; i < w->n_views; i++)
		if (w->views[i].shown && path_lies_in(path, SPAN_TEXT(w->views[i].shown)))
			return "this file system does not tell of changes; its upper layer "
			       "does, and what is done below that is seen later";
	return "this file system does not tell of changes";
}

static enum status place_add(struct watched *w, const struct changes *c,
			     const struct watched_reading *r, const char *path)
{
	enum status status = view_add(w, c, path, NULL);

	if (status == STATUS_OK)
		return watched_touch(w, SPAN_TEXT(path), r->out, r->now_ms);
	if (status == STATUS_NOT_MINE)
		return STATUS_OK;
	if (status == STATUS_NO_MEMORY)
		return status;
	r->refused(r->context, path,
		   status == STATUS_UNSUPPORTED ? untelling(w, SPAN_TEXT(path))
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

/* Is the upper layer of this one watched, if it can be reached? */
static bool wants_upper(const struct watched_about *about, const struct mounts *all,
			const struct mount *m)
{
	struct span point = SPAN_TEXT(m->point);

	for (size_t i = 0; m->upper && i < about->n_scopes; i++) {
		struct span scope = SPAN_TEXT(about->scopes[i]);

		if (path_lies_in(point, scope) || path_lies_in(scope, point))
			return mounts_lead_to(all, m->upper);
	}
	return false;
}

enum status watched_uppers(const struct watched_about *about, int table, struct arena *a,
			   const char *out[WATCHED_MAX_UPPERS], size_t *n)
{
	struct mounts mounts;

	*n = 0;
	TRY(mounts_read(a, table, &mounts));
	for (size_t i = 0; i < mounts.n && *n < WATCHED_MAX_UPPERS; i++)
		if (wants_upper(about, &mounts, &mounts.each[i]) &&
		    access(mounts.each[i].upper, R_OK | X_OK) == 0)
			out[(*n)++] = mounts.each[i].upper;
	return STATUS_OK;
}

static bool holds_scope(const struct watched *w, const struct mount *m)
{
	for (size_t i = 0; i < w->about->n_scopes; i++)
		if (path_lies_in(watched_scope(w, i), SPAN_TEXT(m->point)))
			return true;
	return false;
}

/*
 * Besides what a layered file system tells itself: most have no handles, and nobody is told by
 * them of what is done below.  One that cannot be watched so is looked at now and then.
 */
static enum status upper_add(struct watched *w, const struct changes *c,
			     const struct watched_reading *r, const struct mounts *all,
			     const struct mount *m)
{
	enum status status;

	/* Below a scope it may be one that is not entered. */
	if (!wants_upper(w->about, all, m) || (!holds_scope(w, m) && !mount_counts(w, m)))
		return STATUS_OK;
	status = view_add(w, c, m->upper, m->point);
	if (status == STATUS_OK)
		return watched_touch(w, SPAN_TEXT(m->point), r->out, r->now_ms);
	return status == STATUS_NO_MEMORY ? status : STATUS_OK;
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
			status = watched_touch(w, SPAN_TEXT(view_point(v)), r->out, r->now_ms);
		view_end(v);
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
	for (size_t i = 0; i < mounts.n; i++)
		TRY(upper_add(w, c, r, &mounts, &mounts.each[i]));
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
