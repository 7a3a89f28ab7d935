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
#include "cmd/fim.h"
#include "cmd/signals.h"
#include "crypto/lanes.h"
#include "evidence/wire.h"
#include "source/identity.h"
#include "source/walk.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ITEMS        64 /* files in work */
#define OPEN_FILE    (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define FIRST_PAUSE  (2 * 1000000L) /* nanoseconds; four times as long each time */
#define STATX_WANTED (IDENTITY_STATX_MASK)

/* A file that the pool has. */
struct item {
	bool used;
	int fd; /* ours; the pool has another one */
	unsigned tries;
	struct buffer path;
	struct statx x;   /* when it was given to the pool */
	bool accompanied; /* something may stand beside it */
	bool has_before;
	struct baseline_record before; /* borrows from the baseline */
};

struct look {
	struct fim_look *to;
	struct item items[ITEMS];
	uint64_t at; /* the next record of the baseline */
	struct baseline_record next;
	bool has_next;
	struct arena scratch; /* of one answer */
	struct lanes *lanes;
	uint64_t device; /* of which .tells is known */
	bool asked, tells, no_atime;
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

static void unread(struct look *l, const char *path, const char *why)
{
	l->to->total.n_unread++;
	complain("%s: %s", path, why);
}

/* ---- what came of a file ---- */

/* A copy of @r that lives as long as the look. */
static enum status record_keep(struct arena *a, const struct baseline_record *r,
			       struct baseline_record *out)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
	struct span copy;

	*out = (struct baseline_record){ 0 };
	if (r->path.len == 0)
		return STATUS_OK;
	baseline_record_encode(&bytes, r);
	TRY(buffer_status(&bytes));
	copy = arena_copy(a, buffer_span(&bytes));
	return copy.ptr ? baseline_record_decode(copy, out) : STATUS_NO_MEMORY;
}

static enum status changes_grow(struct fim_look *to)
{
	size_t room = to->room ? to->room * 2 : 64;
	struct fim_change *changes;

	if (to->n_changes < to->room)
		return STATUS_OK;
	if (room > FIM_CHANGES_MAX)
		return STATUS_LIMIT;
	changes = (struct fim_change *)memory_new(room, sizeof(*changes));
	if (!changes)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < to->n_changes; i++)
		changes[i] = to->changes[i];
	memory_free(to->changes);
	to->changes = changes;
	to->room = room;
	return STATUS_OK;
}

static enum status change_take(struct fim_look *to, const struct baseline_record *before,
			       const struct baseline_record *after)
{
	struct fim_change c = { 0 }, *kept;

	if (before)
		c.before = *before;
	if (after)
		c.after = *after;
	fim_compare(&c);
	if (c.rules == 0)
		return STATUS_OK;
	TRY(changes_grow(to));
	kept = &to->changes[to->n_changes];
	kept->rules = c.rules;
	TRY(record_keep(&to->arena, &c.before, &kept->before));
	TRY(record_keep(&to->arena, &c.after, &kept->after));
	to->n_changes++;
	return STATUS_OK;
}

static void found(struct look *l, const struct baseline_record *before,
		  const struct baseline_record *now)
{
	struct fim_look *to = l->to;

	if (now->flags & BASELINE_OUTSIDE)
		to->total.n_outside++;
	else
		to->total.n_files++;
	to->total.n_valid += now->verdict == ASSAY_VERDICT_VALID;
	fail(l,
	     to->writer ? baseline_writer_add(to->writer, now) : change_take(to, before, now));
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
	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_WANTED, &x) !=
	    0) {
		if (errno == ENOENT || errno == ENOTDIR)
			fail(l, change_take(l->to, before, NULL));
		else
			unread(l, path, strerrordesc_np(errno));
	} else if (S_ISDIR(x.stx_mode)) {
		now = fim_record_of(&x, before->path);
		fail(l, change_take(l->to, before, &now));
	} else {
		unread(l, path, "it could not be reached where it stands");
	}
	arena_reset(&l->scratch);
}

static void next_take(struct look *l)
{
	const struct baseline *known = l->to->known;
	enum status status;

	l->has_next = known && l->at < baseline_count(known);
	if (!l->has_next)
		return;
	status = baseline_record_at(known, l->at++, &l->next);
	fail(l, status);
	l->has_next = status == STATUS_OK;
}

/* The record of @path, if there is one; those before it are missing. */
static bool before_take(struct look *l, struct span path, struct baseline_record *out)
{
	while (l->has_next && !stopped(l)) {
		int order = baseline_path_order(l->next.path, path);

		if (order > 0)
			return false;
		*out = l->next;
		if (order < 0)
			missing(l, out);
		next_take(l);
		if (order == 0)
			return true;
	}
	return false;
}

/* ---- what is known of content ---- */

static enum status content_hash(struct look *l, int fd, uint8_t out[32])
{
	struct source source;
	struct view view = { 0 };
	struct piece whole = { .kind = PIECE_RANGE };
	struct digest_job job = {
		.algorithm = DIGEST_SHA256, .covered = {&whole, 1}
	};
	struct hash_task task = { .source = &source, .view = &view, .jobs = &job, .n_jobs = 1 };

	TRY(source_begin(&source, fd));
	view.size = whole.range.len = source.before.size;
	lanes_run(l->lanes, &task, 1);
	TRY(source_end(&source));
	TRY(task.status);
	(void)span_copy(out, 32, digest_span(&job.result));
	return STATUS_OK;
}

static struct span text_of(const char *text)
{
	return text ? SPAN_TEXT(text) : SPAN_NONE;
}

static void signature_take(struct arena *a, const struct report_signature *s,
			   struct baseline_record *r)
{
	CLEANUP(buffer_free) struct buffer covered = BUFFER_INIT;

	r->presence = s->presence;
	r->binding = s->binding;
	r->signature = s->signature;
	r->trust = s->trust;
	r->reason = text_of(s->trust_reason);
	r->signer = text_of(s->signer);
	r->signer_spki = s->signer_spki;
	r->anchor_spki = s->anchor_spki;
	if (s->has_signed_at)
		r->flags |= BASELINE_HAS_SIGNED_AT;
	r->signed_at = s->signed_at;
	if (!s->digest_algorithm || s->digest_computed.len == 0)
		return;
	buffer_printf(&covered, "%s:", s->digest_algorithm);
	buffer_hex(&covered, s->digest_computed);
	if (buffer_status(&covered) == STATUS_OK)
		r->covered = arena_copy(a, buffer_span(&covered));
}

/* STATUS_CHANGED: it moves. */
static enum status report_take(struct look *l, const struct item *item,
			       const struct pool_answer *answer, struct baseline_record *r)
{
	struct report report;

	if (answer->died || answer->timed_out ||
	    wire_decode(&l->scratch, answer->report, &report) != STATUS_OK)
		report = (struct report){ .verdict = ASSAY_VERDICT_ERROR,
					  .rule = "error.worker",
					  .decisive = -1 };
	if (strcmp(report.rule, "error.changed") == 0)
		return STATUS_CHANGED;
	/* Of no known format: no verdict, and not one that could not be had. */
	if (report.format || report.verdict != ASSAY_VERDICT_UNSUPPORTED)
		r->verdict = report.verdict;
	r->rule = text_of(report.rule);
	r->format = text_of(report.format);
	if (report.decisive >= 0 && (size_t)report.decisive < report.n_signatures)
		signature_take(&l->scratch, &report.signatures[report.decisive], r);
	r->flags |= BASELINE_HAS_SHA256;
	if (!report.has_sha256) /* whatever ails the reader of its format, its bytes count */
		return content_hash(l, item->fd, r->sha256);
	(void)span_copy(r->sha256, sizeof(r->sha256), SPAN_OF(report.sha256));
	return STATUS_OK;
}

static bool still_same(const struct item *item)
{
	struct source_identity before = identity_from_statx(&item->x), now;

	return source_identify(item->fd, &now) == STATUS_OK && identity_equal(&before, &now);
}

/* Gives the file to the pool (again).  False: it cannot be read. */
static bool item_submit(struct look *l, struct item *item, uint64_t ticket)
{
	struct engine_file file = { .fd = -1 };
	const char *path = buffer_string(&item->path, 0);
	const uint64_t ino = item->x.stx_ino;

	if (statx(item->fd, "", AT_EMPTY_PATH, STATX_WANTED, &item->x) != 0 ||
	    item->x.stx_ino != ino || !S_ISREG(item->x.stx_mode))
		return false;
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

	if (++item->tries > FIM_RETRY_MAX)
		return false;
	(void)nanosleep(&pause, NULL);
	return item_submit(l, item, ticket);
}

static void answer_take(struct look *l, const struct pool_answer *answer)
{
	struct item *item = &l->items[answer->ticket % ITEMS];
	const char *path = buffer_string(&item->path, 0);
	struct baseline_record now = fim_record_of(&item->x, SPAN_TEXT(path));
	enum status status = report_take(l, item, answer, &now);

	if (status == STATUS_OK)
		status = fim_xattrs_read(&l->scratch, item->fd, &now);
	if (status == STATUS_OK && !still_same(item))
		status = STATUS_CHANGED;
	if (status == STATUS_CHANGED && item_again(l, item, answer->ticket)) {
		arena_reset(&l->scratch);
		return;
	}
	if (!l->to->about->all_files && now.format.len == 0 && (now.mode & 0111) == 0)
		now.flags |= BASELINE_OUTSIDE;
	if (status == STATUS_OK) {
		l->to->total.n_read++;
		found(l, item->has_before ? &item->before : NULL, &now);
	} else if (status == STATUS_CHANGED) {
		unread(l, path, "it never stood still while it was read");
	} else {
		unread(l, path,
		       status == STATUS_IO ? strerrordesc_np(errno) : status_text(status));
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

static int file_reach(struct look *l, const struct walk_entry *e)
{
	int fd = l->no_atime ? -1 : openat(e->dirfd, e->name, OPEN_FILE | O_NOATIME);

	if (fd < 0)
		fd = openat(e->dirfd, e->name, OPEN_FILE);
	return fd;
}

static void file_submit(struct look *l, const struct walk_entry *e, const struct statx *x,
			const struct baseline_record *before)
{
	uint64_t ticket;
	struct item *item = item_free(l, &ticket);

	if (!item)
		return;
	item->fd = file_reach(l, e);
	if (item->fd < 0 && errno == ENOENT) {
		if (before)
			missing(l, before);
		return;
	}
	if (item->fd < 0) {
		unread(l, e->path, strerrordesc_np(errno));
		return;
	}
	item->tries = 0;
	item->accompanied = e->accompanied;
	item->has_before = before != NULL;
	if (before)
		item->before = *before;
	buffer_text(&item->path, e->path);
	buffer_char(&item->path, '\0');
	item->x = *x;
	item->used = buffer_status(&item->path) == STATUS_OK && item_submit(l, item, ticket);
	if (item->used)
		return;
	unread(l, e->path, "it was another file a moment ago");
	item_end(item);
}

/* Does the file system of @e keep times when a mapped file is written? */
static bool times_tell(struct look *l, const struct walk_entry *e, uint64_t device)
{
	int fd = e->dirfd;

	if (l->asked && l->device == device)
		return l->tells;
	if (fd == AT_FDCWD)
		fd = openat(e->dirfd, e->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	l->tells = identity_times_tell(fd);
	if (e->dirfd == AT_FDCWD) {
		(void)close(fd);
		return l->tells;
	}
	/* A file may be mounted over another one: then its folder says nothing. */
	l->device = device;
	l->asked = true;
	return l->tells;
}

static void entry_look(struct look *l, const struct walk_entry *e)
{
	struct baseline_record before, now;
	struct statx x;
	char target[PATH_MAX];
	bool has_before;
	ssize_t n;

	if (statx(e->dirfd, e->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_WANTED, &x) !=
	    0) {
		if (errno != ENOENT)
			unread(l, e->path, strerrordesc_np(errno));
		return;
	}
	now = fim_record_of(&x, SPAN_TEXT(e->path));
	has_before = before_take(l, now.path, &before);
	if (stopped(l) || S_ISDIR(x.stx_mode))
		return;
	if (S_ISLNK(x.stx_mode)) {
		n = readlinkat(e->dirfd, e->name, target, sizeof(target));
		if (n < 0) {
			unread(l, e->path, strerrordesc_np(errno));
			return;
		}
		now.link = (struct span){ (const uint8_t *)target, (size_t)n };
	}
	if (!S_ISREG(x.stx_mode)) {
		found(l, has_before ? &before : NULL, &now);
	} else if (has_before && !l->to->full && !fim_candidate(&before, &now) &&
		   times_tell(l, e, now.dev)) {
		if (before.flags & BASELINE_OUTSIDE)
			l->to->total.n_outside++;
		else
			l->to->total.n_files++;
	} else {
		file_submit(l, e, &x, has_before ? &before : NULL);
	}
}

static void entry_take(struct look *l, const struct walk_entry *e)
{
	switch (e->kind) {
	case WALK_FILE:
	case WALK_SPECIAL:
	case WALK_LINK: entry_look(l, e); break;
	case WALK_ERROR:
		if (e->error != ENOENT || e->dirfd == AT_FDCWD)
			unread(l, e->path, strerrordesc_np(e->error));
		break;
	case WALK_MOUNT: break;
	}
}

static void scope_look(struct look *l, const char *scope)
{
	const struct baseline_about *about = l->to->about;
	const struct walk_options options = { about->one_file_system, about->exclude };
	struct walk *walk = walk_new(scope, &options);
	struct walk_entry e;

	if (!walk) {
		fail(l, STATUS_NO_MEMORY);
		return;
	}
	while (!stopped(l) && walk_next(walk, &e))
		entry_take(l, &e);
	walk_free(walk);
}

static void look_end(struct look *l)
{
	for (size_t i = 0; i < ITEMS; i++) {
		if (l->items[i].used)
			item_end(&l->items[i]);
		buffer_free(&l->items[i].path);
	}
	lanes_free(l->lanes);
	arena_free(&l->scratch);
	memory_free(l);
}

static void totals_count(struct fim_look *look)
{
	for (size_t i = 0; i < look->n_changes; i++)
		look->total.by_severity[fim_severity_of(&look->changes[i])]++;
}

enum status fim_look(struct fim_look *look)
{
	struct look *l = (struct look *)memory_new(1, sizeof(*l));

	look->arena.limit = FIM_LOOK_BYTES;
	if (!l)
		return STATUS_NO_MEMORY;
	l->to = look;
	l->scratch.limit = FILE_ARENA_BYTES;
	l->lanes = lanes_new(true);
	if (!l->lanes)
		fail(l, STATUS_NO_MEMORY);
	next_take(l);
	for (size_t i = 0; i < look->about->n_scopes && !stopped(l); i++)
		scope_look(l, look->about->scopes[i]);
	while (!stopped(l) && pool_outstanding(look->session->pool) > 0)
		answer_await(l);
	while (l->has_next && !stopped(l)) {
		struct baseline_record before = l->next;

		missing(l, &before);
		next_take(l);
	}
	look_end(l);
	TRY(look->status);
	TRY(fim_moves_find(look->changes, &look->n_changes));
	totals_count(look);
	return STATUS_OK;
}

void fim_look_free(struct fim_look *look)
{
	memory_free(look->changes);
	arena_free(&look->arena);
}
