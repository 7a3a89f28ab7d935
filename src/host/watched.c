/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "host/watched_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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

void watched_forget(struct watched *w)
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
	watched_forget(w);
	while ((row = table_take(&w->linked)) != NULL) {
		memory_free(((struct linked *)row)->memory);
		memory_free(row);
	}
	for (size_t i = 0; i < w->n_views; i++) {
		memory_free(w->views[i].path);
		memory_free(w->views[i].shown);
	}
	table_end(&w->folders);
	table_end(&w->linked);
	buffer_free(&w->key);
	buffer_free(&w->path);
	memory_free(w);
}

char *watched_text(struct span text)
{
	char *copy = (char *)memory_new(text.len + 1, 1);

	if (copy)
		(void)span_copy(copy, text.len, text);
	return copy;
}

/* ---- folders ---- */

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

/* What @path is called where it is seen; empty: it is not. */
static struct span shown_as(const struct view *v, struct span path, struct buffer *room)
{
	if (!v->shown)
		return path;
	if (!path_lies_in(path, SPAN_TEXT(v->path)))
		return SPAN_NONE;
	buffer_text(room, strcmp(v->shown, "/") == 0 ? "" : v->shown);
	buffer_add(room, span_after(path, strlen(v->path)));
	if (room->len == 0)
		buffer_char(room, '/');
	return buffer_span(room);
}

/* STATUS_NOT_MINE: nobody can say now. */
static enum status folder_find(struct watched *w, size_t view, struct span handle,
			       struct folder *f)
{
	CLEANUP(buffer_free) struct buffer shown = BUFFER_INIT;
	char path[PATH_MAX] = { 0 };
	struct span text = SPAN_NONE;
	int fd;
	enum status status = watched_reach(&w->views[view], handle, &fd);

	if (status != STATUS_OK)
		return status == STATUS_IO ? STATUS_OK : status;
	if (path_of(fd, path))
		text = shown_as(&w->views[view], SPAN_TEXT(path), &shown);
	(void)close(fd);
	TRY(buffer_status(&shown));
	f->relation = text.len > 0 ? watched_relation_of(w, text) : RELATION_NONE;
	if (f->relation == RELATION_NONE)
		return STATUS_OK;
	f->path = watched_text(text.len == 1 ? SPAN_NONE : text);
	return f->path ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status folder_new(struct watched *w, size_t view, struct span handle,
			      struct folder **out)
{
	struct folder *f;
	enum status status;

	if (w->folders.n == WATCHED_MAX_FOLDERS)
		watched_forget(w);
	f = (struct folder *)memory_new(1, sizeof(*f));
	if (!f)
		return STATUS_NO_MEMORY;
	status = folder_find(w, view, handle, f);
	if (status == STATUS_OK)
		f->memory = watched_text(buffer_span(&w->key));
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
	buffer_text(&w->key, w->views[view].shown ? w->views[view].shown : "");
	buffer_char(&w->key, '\0');
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
		struct span scope = watched_scope(w, i);

		if (span_equal(scope, path) || (c->folder && path_lies_in(scope, path)))
			TRY(unsettled_touch(out, scope,
					    c->folder ? UNSETTLED_TREE : UNSETTLED_NAME,
					    c->ended, now_ms, c->actor));
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
	/* What was named by itself is never left out. */
	if (f->relation == RELATION_INSIDE && w->about->exclude[0] &&
	    watched_glob_matches(w, name, buffer_string(&w->path, 0)))
		return STATUS_OK;
	buffer_cut(&w->path, w->path.len - 1);
	if (f->relation == RELATION_AROUND)
		return around_take(w, c, out, now_ms);
	return unsettled_touch(out, buffer_span(&w->path),
			       c->folder ? UNSETTLED_TREE : UNSETTLED_NAME, c->ended, now_ms,
			       c->actor);
}

static enum status link_touch(const struct linked *l, const struct change *c,
			      struct unsettled *out, int64_t now_ms)
{
	char key[48];

	(void)snprintf(key, sizeof(key), "%llu %llu", (unsigned long long)l->dev,
		       (unsigned long long)l->ino);
	return unsettled_touch(out, SPAN_TEXT(key), UNSETTLED_INODE, c->ended, now_ms,
			       c->actor);
}

static enum status linked_key(struct watched *w, uint64_t file_system, struct span handle)
{
	buffer_clear(&w->key);
	buffer_u64le(&w->key, file_system);
	buffer_add(&w->key, handle);
	return buffer_status(&w->key);
}

/* Keeps what w->key is; *@out NULL: there is no more room. */
static enum status linked_add(struct watched *w, const struct stat *st, struct linked **out)
{
	struct linked *l;

	*out = (struct linked *)table_find(&w->linked, buffer_span(&w->key));
	if (*out)
		return STATUS_OK;
	if (w->linked.n == WATCHED_MAX_LINKED) {
		w->crowded = true;
		return STATUS_OK;
	}
	l = (struct linked *)memory_new(1, sizeof(*l));
	if (!l)
		return STATUS_NO_MEMORY;
	*l = (struct linked){ .memory = watched_text(buffer_span(&w->key)),
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

/* How many names has it?  0: it is none that is followed. */
static nlink_t names_count(const struct watched *w, const struct change *c, struct stat *st)
{
	int fd = -1, failed;

	for (size_t i = 0; i < w->n_views && fd < 0; i++)
		if (w->views[i].file_system == c->file_system &&
		    watched_reach(&w->views[i], c->inode, &fd) != STATUS_OK)
			fd = -1;
	if (fd < 0)
		return 0;
	failed = fstat(fd, st);
	(void)close(fd);
	return failed != 0 || S_ISDIR(st->st_mode) ? 0 : st->st_nlink;
}

/* No name was told: an inode got or lost one. */
static enum status inode_take(struct watched *w, const struct change *c, struct unsettled *out,
			      int64_t now_ms)
{
	struct linked *l = NULL;
	struct stat st;
	nlink_t n = names_count(w, c, &st);

	TRY(linked_key(w, c->file_system, c->inode));
	if (n > 1)
		TRY(linked_add(w, &st, &l));
	else if (n == 1) /* the last of them is the one that changed */
		l = (struct linked *)table_find(&w->linked, buffer_span(&w->key));
	return l ? link_touch(l, c, out, now_ms) : STATUS_OK;
}

/* It had several names, and has none. */
static enum status inode_forget(struct watched *w, const struct change *c)
{
	struct linked *l;

	TRY(linked_key(w, c->file_system, c->inode));
	l = (struct linked *)table_find(&w->linked, buffer_span(&w->key));
	if (!l)
		return STATUS_OK;
	table_remove(&w->linked, &l->row);
	memory_free(l->memory);
	memory_free(l);
	return STATUS_OK;
}

/* What is said of the folder itself is another: not what is in it. */
static enum status itself_take(struct watched *w, const struct change *c, size_t view,
			       struct unsettled *out, int64_t now_ms)
{
	struct folder *f;
	enum status status = folder_of(w, view, c->itself, &f);

	if (status == STATUS_NOT_MINE)
		return STATUS_OK;
	TRY(status);
	if (f->relation != RELATION_INSIDE || strcmp(f->path, "") == 0)
		return STATUS_OK;
	return unsettled_touch(out, SPAN_TEXT(f->path), UNSETTLED_NAME, c->ended, now_ms,
			       c->actor);
}

static enum status names_take(struct watched *w, const struct change *c, size_t view,
			      struct unsettled *out, int64_t now_ms)
{
	for (size_t k = 0; k < c->n_names; k++) {
		struct folder *f;
		enum status status = folder_of(w, view, c->names[k].folder, &f);

		/* Nobody can say: at the moment there is no scope there, or no mount. */
		if (status == STATUS_NOT_MINE)
			return watched_touch(w, SPAN_TEXT(view_point(&w->views[view])), out,
					     now_ms);
		TRY(status);
		if (f->relation != RELATION_NONE)
			TRY(name_take(w, f, c->names[k].name, c, out, now_ms));
	}
	return STATUS_OK;
}

enum status watched_take(struct watched *w, const struct change *c, struct unsettled *out,
			 int64_t now_ms)
{
	if (c->folder && c->moved) /* paths below it are others now */
		watched_forget(w);
	for (size_t i = 0; i < w->n_views; i++)
		if (w->views[i].file_system == c->file_system) {
			TRY(names_take(w, c, i, out, now_ms));
			/* One that is gone is told where it was. */
			if (c->itself.len > 0 && !c->gone)
				TRY(itself_take(w, c, i, out, now_ms));
		}
	if (c->folder || c->inode.len == 0)
		return STATUS_OK;
	if (c->n_names == 0)
		return c->gone ? inode_forget(w, c) : inode_take(w, c, out, now_ms);
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

	if (lstat(path, &st) != 0 || S_ISDIR(st.st_mode) || st.st_nlink < 2)
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
	return linked_add(w, &st, &l);
}

bool watched_crowded(const struct watched *w)
{
	return w->crowded;
}
