/* SPDX-License-Identifier: MIT */
/*
 * Look: walks the scopes of a baseline and meets its records on the way, for both
 * are in one order.  What an inode says decides whether the content is read again;
 * what reads it is the pool, which judges it too.  A file that moves under our hands is
 * tried again, and in the end told as unread: never as changed.
 */
#include "base/limits.h"
#include "base/memory.h"
#include "cmd/complain.h"
#include "cmd/fim_plain.h"
#include "cmd/signals.h"
#include "countermeasures/file_integrity_monitoring/starts.h"
#include "crypto/lanes.h"
#include "source/identity.h"
#include "source/paths.h"
#include "source/reach.h"
#include "source/walk.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ITEMS        64             /* files in work */
#define FIRST_PAUSE  (2 * 1000000L) /* nanoseconds; four times as long each time */
#define STATX_WANTED (IDENTITY_STATX_MASK)

/* A file that the pool has. */
struct item {
	bool used;
	int fd; /* ours; the pool has another one */
	unsigned tries;
	struct buffer path;
	struct statx x;   /* before it was given to the pool */
	int64_t asked_ns; /* ... and when that was: whatever was read was read later */
	bool accompanied; /* something may stand beside it */
	bool has_before;
	struct baseline_record before; /* borrows from the baseline */
};

struct look {
	struct fim_look *to;
	struct item items[ITEMS];
	const struct fim_place *place;
	struct fim_known_place at;   /* behind .next */
	struct baseline_record next; /* of this place */
	bool has_next;
	struct arena scratch; /* of one answer */
	struct lanes *lanes;
	int folder; /* the last one that was reached by its path; -1: none */
	struct buffer folder_path;
	const struct baseline_about *was; /* of what is known */
	struct fim_plain *plain;          /* NULL: files are judged, too */
	int64_t asked_ns;                 /* before anything was asked of the entry in work */
};

static void fail(struct look *l, enum status status)
{
	if (l->to->status == STATUS_OK)
		l->to->status = status;
}

static bool stopped(const struct look *l)
{
	return signals_stop() || l->to->status != STATUS_OK;
}

/* Something is being done to it: who cannot wait looks again later. */
static bool is_moving(const struct look *l, enum status status)
{
	static const int errors[] = { ELOOP, ENOTDIR, ENXIO, ESTALE };
	bool moves = status == STATUS_CHANGED;

	for (size_t i = 0; status == STATUS_IO && i < COUNT_OF(errors); i++)
		moves |= errno == errors[i];
	return moves && l->to->hasty;
}

static void unread(struct look *l, const char *path, const char *why)
{
	l->to->total.n_unread++;
	if (l->to->unread)
		l->to->unread(l->to->context, path);
	complain("%s: %s", path, why);
}

static void unread_why(struct look *l, const char *path, enum status status)
{
	if (is_moving(l, status)) {
		l->to->unread(l->to->context, path);
		return;
	}
	unread(l, path,
	       status == STATUS_CHANGED ? "it never stood still while it was read"
	       : status == STATUS_IO    ? strerrordesc_np(errno)
					: status_text(status));
}

/* ---- what came of a file ---- */

static void found(struct look *l, const struct baseline_record *before,
		  const struct baseline_record *now)
{
	struct fim_look *to = l->to;

	if (now->flags & BASELINE_OUTSIDE)
		to->total.n_outside++;
	else
		to->total.n_files++;
	to->total.n_valid += now->verdict == ASSAY_VERDICT_VALID;
	if (to->seen)
		fail(l, to->seen(to->context, now, false));
	fail(l, to->writer ? baseline_writer_add(to->writer, now)
			   : fim_change_add(to, before, now));
}

/* The folder of @path, to which no link may lead; many follow each other in one.  -1: errno. */
static int folder_of(struct look *l, const char *path)
{
	struct span text = SPAN_TEXT(path), folder;

	folder = span_clip(text, 0, text.len - SPAN_TEXT(path_name(path)).len);
	if (l->folder >= 0 && span_equal(folder, buffer_span(&l->folder_path)))
		return l->folder;
	if (l->folder >= 0)
		(void)close(l->folder);
	buffer_clear(&l->folder_path);
	buffer_add(&l->folder_path, folder);
	if (folder_reach(path, &l->folder) != STATUS_OK)
		l->folder = -1;
	return l->folder;
}

/* statx(2) of @path itself. */
static int path_ask(struct look *l, const char *path, struct statx *x)
{
	int folder = folder_of(l, path);

	return folder < 0 ? -1
			  : statx(folder, path_name(path),
				  AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_WANTED, x);
}

/* There is no file of that name any more; @now: but a folder. */
static void gone(struct look *l, const struct baseline_record *before,
		 const struct baseline_record *now)
{
	struct fim_look *to = l->to;

	if (to->seen)
		fail(l, to->seen(to->context, before, true));
	fail(l, fim_change_add(to, before, now));
}

/* A record that the walk did not meet: is its file gone? */
static void missing(struct look *l, const struct baseline_record *before)
{
	const char *path = arena_string(&l->scratch, before->path);
	struct baseline_record now;
	struct statx x;

	if (!path) {
		fail(l, STATUS_NO_MEMORY);
		return;
	}
	if (path_ask(l, path, &x) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			gone(l, before, NULL);
		else
			unread_why(l, path, STATUS_IO);
	} else if (S_ISDIR(x.stx_mode) && !S_ISDIR(before->mode)) {
		now = fim_record_of(&x, before->path, fim_clock());
		gone(l, before, &now);
	} else {
		if (l->to->hasty)
			unread_why(l, path, STATUS_CHANGED);
		else
			unread(l, path, "it could not be reached where it stands");
	}
	arena_reset(&l->scratch);
}

static void next_take(struct look *l)
{
	enum status status = STATUS_NOT_MINE;

	if (l->to->known)
		status = fim_known_next(l->to->known, &l->at, &l->next);
	if (status != STATUS_NOT_MINE)
		fail(l, status);
	l->has_next = status == STATUS_OK && fim_place_has(l->place, l->next.path);
}

/* Its file system may have another number now. */
static void record_place(struct look *l, struct baseline_record *before)
{
	before->dev = fim_volumes_now(&l->to->volumes, l->was, before->dev);
}

/* The record of @path, if there is one; those before it are missing. */
static bool before_take(struct look *l, struct span path, struct baseline_record *out)
{
	while (l->has_next && !stopped(l)) {
		int order = baseline_path_order(l->next.path, path);

		if (order > 0)
			return false;
		*out = l->next;
		record_place(l, out);
		if (order < 0)
			missing(l, out);
		next_take(l);
		if (order == 0)
			return true;
	}
	return false;
}

/* ---- what is known of content ---- */

static bool still_same(const struct item *item)
{
	struct source_identity before = identity_from_statx(&item->x), now;

	return source_identify(item->fd, &now) == STATUS_OK && identity_equal(&before, &now);
}

/* Gives the file to the pool.  False: there is no room. */
static bool item_submit(struct look *l, struct item *item, uint64_t ticket)
{
	struct engine_file file = { .fd = -1 };
	const char *path = buffer_string(&item->path, 0);

	file.fd = fcntl(item->fd, F_DUPFD_CLOEXEC, 3);
	if (file.fd < 0)
		return false;
	if (item->accompanied)
		companions_open(AT_FDCWD, path, &file.beside);
	file.has_place = l->to->session->engine.settings.packages &&
			 package_path_digest(SPAN_TEXT(path), file.place) == STATUS_OK;
	if (pool_submit(l->to->session->pool, &file, ticket) == STATUS_OK)
		return true;
	(void)close(file.fd);
	companions_close(&file.beside);
	return false;
}

static void item_end(struct item *item)
{
	(void)close(item->fd);
	buffer_clear(&item->path);
	item->used = false;
}

static bool item_again(struct look *l, struct item *item, uint64_t ticket)
{
	struct timespec pause = { .tv_nsec = FIRST_PAUSE << (2 * item->tries) };

	if (++item->tries > FIM_RETRY_MAX || l->to->hasty)
		return false;
	(void)nanosleep(&pause, NULL);
	item->asked_ns = fim_clock();
	return statx(item->fd, "", AT_EMPTY_PATH, STATX_WANTED, &item->x) == 0 &&
	       item->x.stx_nlink > 0 && item_submit(l, item, ticket);
}

static void answer_take(struct look *l, const struct pool_answer *answer)
{
	struct item *item = &l->items[answer->ticket % ITEMS];
	const char *path = buffer_string(&item->path, 0);
	struct baseline_record now = fim_record_of(&item->x, SPAN_TEXT(path), item->asked_ns);
	enum status status = fim_answer_take(&l->scratch, &l->lanes, item->fd, answer, &now);

	if (status == STATUS_OK)
		status = fim_xattrs_read(&l->scratch, item->fd, &now);
	if (identity_generation(item->fd, &now.generation))
		now.flags |= BASELINE_HAS_GENERATION;
	if (status == STATUS_OK && !still_same(item))
		status = STATUS_CHANGED;
	if (status == STATUS_CHANGED && item_again(l, item, answer->ticket)) {
		arena_reset(&l->scratch);
		return;
	}
	if (!fim_is_wanted(l->to->about, &now))
		now.flags |= BASELINE_OUTSIDE;
	if (status == STATUS_OK) {
		l->to->total.n_read++;
		found(l, item->has_before ? &item->before : NULL, &now);
	} else {
		unread_why(l, path, status);
	}
	item_end(item);
	arena_reset(&l->scratch);
}

static void answer_await(struct look *l)
{
	struct pool_answer answer;

	if (pool_next(l->to->session->pool, -1, &answer) && !answer.inside)
		answer_take(l, &answer);
}

/* ---- the walk ---- */

static struct item *item_free(struct look *l, uint64_t *ticket)
{
	for (;;) {
		for (size_t i = 0; i < ITEMS; i++)
			if (!l->items[i].used) {
				*ticket = i;
				return &l->items[i];
			}
		if (stopped(l))
			return NULL;
		answer_await(l);
	}
}

/* -1: it is said why, or it is gone. */
static int file_reach(struct look *l, const struct walk_entry *e,
		      const struct baseline_record *before)
{
	int fd = fim_file_open(e->dirfd, e->name);

	if (fd < 0 && errno != ENOENT)
		unread_why(l, e->path, STATUS_IO);
	else if (fd < 0 && before)
		missing(l, before);
	return fd;
}

/* Takes what came of a file of which only the digest is wanted.  False: none is in work. */
static bool plain_take(struct look *l)
{
	struct fim_plain_answer answer;

	if (!fim_plain_next(l->plain, &answer))
		return false;
	l->to->total.n_read += answer.status == STATUS_OK;
	if (answer.status == STATUS_OK)
		found(l, answer.before, &answer.now);
	else
		unread_why(l, answer.path, answer.status);
	return true;
}

static void plain_submit(struct look *l, const struct walk_entry *e, const struct statx *x,
			 const struct baseline_record *before)
{
	struct fim_plain_file file = {
		.path = e->path, .state = x, .asked_ns = l->asked_ns, .before = before
	};

	while (!fim_plain_has_room(l->plain) && plain_take(l))
		;
	file.fd = stopped(l) ? -1 : file_reach(l, e, before);
	if (file.fd >= 0)
		fail(l, fim_plain_put(l->plain, &file));
}

static void file_submit(struct look *l, const struct walk_entry *e, const struct statx *x,
			const struct baseline_record *before)
{
	uint64_t ticket;
	struct item *item = item_free(l, &ticket);

	if (!item)
		return;
	item->fd = file_reach(l, e, before);
	if (item->fd < 0)
		return;
	item->tries = 0;
	item->accompanied = e->accompanied;
	item->has_before = before != NULL;
	if (before)
		item->before = *before;
	buffer_text(&item->path, e->path);
	buffer_char(&item->path, '\0');
	item->x = *x;
	item->asked_ns = l->asked_ns;
	item->used = buffer_status(&item->path) == STATUS_OK && item_submit(l, item, ticket);
	if (item->used)
		return;
	unread(l, e->path, "there is no room for it");
	item_end(item);
}

/* It says nothing that is not known. */
static bool is_known(const struct look *l, const struct baseline_record *before,
		     const struct baseline_record *now, const struct statx *x)
{
	return !l->to->full && l->place->tree && !fim_candidate(before, now) &&
	       fim_volumes_times_tell(&l->to->volumes, x);
}

static void folder_look(struct look *l, const struct walk_entry *e, const struct statx *x,
			const struct baseline_record *before)
{
	struct baseline_record now = fim_record_of(x, SPAN_TEXT(e->path), l->asked_ns);
	enum status status;

	if (!before && !fim_folder_is_wanted(&now, l->to->writer != NULL))
		return;
	if (before && !S_ISDIR(before->mode) && !fim_folder_starts_programs(now.path)) {
		gone(l, before, &now);
		return;
	}
	if (before && is_known(l, before, &now, x)) {
		l->to->total.n_files++;
		return;
	}
	status = fim_folder_read(&l->scratch, e, l->plain != NULL, &now);
	if (status == STATUS_OK)
		found(l, before, &now);
	else
		unread_why(l, e->path, status);
	arena_reset(&l->scratch);
}

static void entry_look(struct look *l, const struct walk_entry *e)
{
	struct baseline_record before, now;
	struct statx x;
	char target[PATH_MAX];
	bool has_before;
	ssize_t n;

	if (e->state) {
		x = *e->state;
	} else if (statx(e->dirfd, e->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_WANTED,
			 &x) != 0) {
		if (errno != ENOENT)
			unread_why(l, e->path, STATUS_IO);
		return;
	}
	now = fim_record_of(&x, SPAN_TEXT(e->path), l->asked_ns);
	fail(l, fim_volumes_meet(&l->to->volumes, e, now.dev));
	has_before = before_take(l, now.path, &before);
	if (stopped(l))
		return;
	if (S_ISDIR(x.stx_mode)) {
		folder_look(l, e, &x, has_before ? &before : NULL);
		return;
	}
	if (S_ISLNK(x.stx_mode)) {
		n = readlinkat(e->dirfd, e->name, target, sizeof(target));
		if (n < 0) {
			unread_why(l, e->path, STATUS_IO);
			return;
		}
		now.link = (struct span){ (const uint8_t *)target, (size_t)n };
	}
	if (!S_ISREG(x.stx_mode)) {
		found(l, has_before ? &before : NULL, &now);
	} else if (has_before && is_known(l, &before, &now, &x)) {
		if (before.flags & BASELINE_OUTSIDE)
			l->to->total.n_outside++;
		else
			l->to->total.n_files++;
	} else if (l->plain) {
		plain_submit(l, e, &x, has_before ? &before : NULL);
	} else {
		file_submit(l, e, &x, has_before ? &before : NULL);
	}
}

static void entry_take(struct look *l, const struct walk_entry *e)
{
	switch (e->kind) {
	case WALK_FILE:
	case WALK_SPECIAL:
	case WALK_LINK:
	case WALK_FOLDER: entry_look(l, e); break;
	case WALK_ERROR:
		/* Of a place that is only asked about, it may well be gone. */
		if (e->error != ENOENT || (e->dirfd == AT_FDCWD && !l->to->places))
			unread(l, e->path, strerrordesc_np(e->error));
		break;
	case WALK_MOUNT: break;
	}
}

static void tree_look(struct look *l, const char *top)
{
	const struct baseline_about *about = l->to->about;
	const struct walk_options options = { about->one_file_system, about->exclude, true };
	struct walk *walk = walk_new(top, &options);
	struct walk_entry e;

	if (!walk) {
		fail(l, STATUS_NO_MEMORY);
		return;
	}
	while (!stopped(l)) {
		l->asked_ns = fim_clock();
		if (!walk_next(walk, &e))
			break;
		entry_take(l, &e);
	}
	walk_free(walk);
}

/* One name; that there is no such file is seen later. */
static void name_look(struct look *l, const char *path)
{
	struct walk_entry e = { .path = path, .name = path_name(path), .accompanied = true };

	e.dirfd = folder_of(l, path);
	if (e.dirfd < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			unread_why(l, path, STATUS_IO);
		return;
	}
	l->asked_ns = fim_clock();
	entry_look(l, &e);
}

static void place_look(struct look *l, const struct fim_place *place)
{
	struct statx x;

	l->place = place;
	l->at = (struct fim_known_place){ 0 };
	if (l->to->known)
		fail(l, fim_known_seek(l->to->known, SPAN_TEXT(place->path), &l->at));
	next_take(l);
	/* What was a folder may have become a link, which is not followed. */
	if (place->tree && (path_ask(l, place->path, &x) != 0 || S_ISDIR(x.stx_mode)))
		tree_look(l, place->path);
	else
		name_look(l, place->path);
	while (l->has_next && !stopped(l)) {
		struct baseline_record before = l->next;

		record_place(l, &before);
		missing(l, &before);
		next_take(l);
	}
}

static void scopes_look(struct look *l)
{
	const struct baseline_about *about = l->to->about;
	const char *last = NULL;

	for (size_t i = 0; i < about->n_scopes && !stopped(l); i++) {
		/* A file that was named beside its folder is met there. */
		if (last && path_lies_in(SPAN_TEXT(about->scopes[i]), SPAN_TEXT(last)))
			continue;
		last = about->scopes[i];
		place_look(l, &(struct fim_place){ .path = last, .tree = true });
	}
}

static void look_end(struct look *l)
{
	for (size_t i = 0; i < ITEMS; i++) {
		if (l->items[i].used)
			item_end(&l->items[i]);
		buffer_free(&l->items[i].path);
	}
	if (l->folder >= 0)
		(void)close(l->folder);
	buffer_free(&l->folder_path);
	fim_plain_free(l->plain);
	lanes_free(l->lanes);
	arena_free(&l->scratch);
	memory_free(l);
}

enum status fim_look(struct fim_look *look)
{
	struct look *l = (struct look *)memory_new(1, sizeof(*l));

	look->arena.limit = FIM_LOOK_BYTES;
	if (!l)
		return STATUS_NO_MEMORY;
	l->to = look;
	l->folder = -1;
	l->scratch.limit = FILE_ARENA_BYTES;
	l->was = look->known && look->known->baseline ? baseline_about(look->known->baseline)
						      : look->about;
	if (look->about->plain)
		fail(l, fim_plain_new(look->session->settings->jobs, look->hasty, &l->plain));
	for (size_t i = 0; i < look->n_places && !stopped(l); i++)
		place_look(l, &look->places[i]);
	if (!look->places)
		scopes_look(l);
	while (l->plain && !stopped(l) && plain_take(l))
		;
	while (!stopped(l) && pool_outstanding(look->session->pool) > 0)
		answer_await(l);
	look_end(l);
	TRY(look->status);
	return fim_changes_end(look);
}
