/* SPDX-License-Identifier: MIT */
/*
 * What comes to rest is looked at, a batch at a time, and compared with what was told
 * last.  Everything is looked at once at the beginning (and compared with the baseline
 * alone), where changes were lost, where something was mounted, and now and then, for not
 * everything is told: a store through a mapping is told when that is unmapped, and what the
 * disk's owner writes never.
 */
#include "cmd/fim_watching.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "cmd/complain.h"
#include "cmd/fim_dpkg.h"
#include "cmd/fim_upgrades.h"
#include "cmd/signals.h"
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* After an upgrade: how long nothing more of it comes, and how often that is waited for. */
#define REST_MS      200
#define REST_BATCHES 16

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void fim_watch_fail(struct watch *w, const char *what, enum status status)
{
	complain("fim watch: %s: %s", what,
		 status == STATUS_MALFORMED ? "the baseline is damaged"
		 : status == STATUS_IO      ? strerrordesc_np(errno)
					    : status_text(status));
	w->failed = true;
}

static void notice(struct watch *w, const struct fim_notice *n)
{
	fim_notice_print(&w->with->paper, n);
	fim_events_notice(&w->with->events, n);
}

/* ---- what was seen is remembered, once it was told ---- */

static enum status seen(void *context, const struct baseline_record *r, bool gone)
{
	struct watch *w = (struct watch *)context;
	CLEANUP(buffer_free) struct buffer bytes = { .limit = BASELINE_MAX_RECORD * 4 };
	const struct baseline_record only = { .path = r->path };

	baseline_record_encode(&bytes, gone ? &only : r);
	TRY(buffer_status(&bytes));
	buffer_char(&w->seen, gone ? 1 : 0);
	buffer_u32le(&w->seen, (uint32_t)bytes.len);
	buffer_add(&w->seen, buffer_span(&bytes));
	return buffer_status(&w->seen);
}

/* Whatever else it is called changes with it. */
static void links_follow(struct watch *w, const struct baseline_record *r)
{
	CLEANUP(buffer_free) struct buffer path = BUFFER_INIT;

	if (r->nlink < 2 || S_ISDIR(r->mode))
		return;
	buffer_add(&path, r->path);
	buffer_char(&path, '\0');
	if (buffer_status(&path) == STATUS_OK &&
	    !fim_listener_link(&w->with->listener, buffer_string(&path, 0)))
		w->lost = true;
}

static enum status seen_keep(struct watch *w)
{
	struct cursor c = cursor_at(buffer_span(&w->seen), 0);

	while (cursor_left(&c) > 0) {
		bool gone = cursor_u8(&c) != 0;
		uint32_t len = cursor_u32le(&c);
		struct baseline_record r;

		TRY(baseline_record_decode(cursor_take(&c, len), BASELINE_VERSION, &r));
		TRY(fim_state_set(&w->with->state, w->with->call->arena, &r, gone));
		if (!gone)
			links_follow(w, &r);
	}
	buffer_clear(&w->seen);
	return STATUS_OK;
}

/* It is tried again: never as a folder that is expected, so that it may be anything. */
static void unread(void *context, const char *path)
{
	struct watch *w = (struct watch *)context;
	const struct fim_place *place;

	if (w->again_pause_s == FIM_AGAIN_PAUSE_MAX_S)
		complain("%s: it has not stood still for a while; it is tried again", path);
	if (w->n_again == FIM_AGAIN_MAX) {
		w->full_s = earlier(w->full_s, clock_steady_ms() / 1000 + FIM_GAP_PAUSE_MAX_S);
		return;
	}
	w->n_again++;
	place = fim_watch_place(w, SPAN_TEXT(path));
	fim_heard_put(&w->again, FIM_HEARD_TREE,
		      place ? (struct fim_by){ place->actor, place->several }
			    : (struct fim_by){ 0 },
		      SPAN_TEXT(path));
}

static bool told(struct watch *w)
{
	struct output *out = &w->with->session->output;

	output_flush(out);
	w->failed |= out->error != 0;
	return out->error == 0;
}

static void totals_add(struct fim_total *to, const struct fim_total *t)
{
	to->n_read += t->n_read;
	to->n_valid += t->n_valid;
	for (int i = 0; i <= FIM_SEVERITY_CRITICAL; i++)
		to->by_severity[i] += t->by_severity[i];
}

/* What file_replace() adds to a name until the file is whole. */
static bool is_mark(struct span text)
{
	bool fits = text.len == 10 && span_at(text, 0) == '.' && span_at(text, 9) == '~';

	for (uint64_t i = 1; fits && i < 9; i++)
		fits = isxdigit(span_at(text, i)) != 0;
	return fits;
}

/* What is written here for a moment, while it is told; nothing else. */
static bool is_own(const struct watch *w, const struct fim_change *c)
{
	struct span path = fim_path_of(c), own = SPAN_TEXT(w->with->state.path);

	return span_equal(span_clip(path, 0, own.len), own) &&
	       (path.len == own.len || is_mark(span_after(path, own.len)));
}

static void own_drop(const struct watch *w, struct fim_look *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n_changes; i++)
		if (!is_own(w, &l->changes[i]))
			l->changes[kept++] = l->changes[i];
	l->n_changes = kept;
}

/* Tells all changes, those that upgrades explain by package. */
static void changes_tell(struct watch *w, struct fim_look *l, bool everything)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	const struct settings *settings = &w->with->call->settings;
	struct fim_upgrades upgrades = { 0 };
	struct fim_who who;

	/* What nobody can explain is told. */
	if ((everything || fim_dpkg_worked(settings)) &&
	    fim_upgrades_find(&a, settings, l->about, l, &upgrades) != STATUS_OK)
		complain("fim watch: %s: it does not say which packages there are",
			 fim_dpkg_folder(settings));
	own_drop(w, l);
	for (size_t i = 0; i < l->n_changes; i++) {
		if (l->changes[i].upgrade != 0)
			continue;
		who = fim_watch_who(w, &l->changes[i]);
		fim_change_print(&w->with->paper, &l->changes[i], &who);
		output_pace(&w->with->session->output);
	}
	for (size_t i = 0; i < upgrades.n; i++) {
		fim_upgrade_print(&w->with->paper, &upgrades.each[i]);
		fim_events_upgrade(&w->with->events, &upgrades.each[i]);
	}
	fim_events_changes(&w->with->events, l, fim_watch_who, w);
}

/* Looks at @places, or at everything. */
static void look(struct watch *w, const struct fim_place *places, size_t n)
{
	struct fim_look l = { .session = w->with->session,
			      .about = baseline_about(w->with->baseline),
			      .known = &w->with->state.known,
			      .places = places,
			      .n_places = n,
			      .full = w->full,
			      .hasty = true,
			      .seen = seen,
			      .unread = unread,
			      .context = w };
	enum status status = fim_look(&l);

	w->with->paper.now = &l.volumes;
	if (status == STATUS_OK)
		changes_tell(w, &l, !places);
	w->with->paper.now = NULL;
	if (status == STATUS_OK && told(w))
		status = seen_keep(w);
	if (status != STATUS_OK)
		fim_watch_fail(w, "files could not be looked at", status);
	totals_add(&w->total, &l.total);
	if (!places) {
		w->total.n_files = l.total.n_files;
		w->total.n_outside = l.total.n_outside;
	}
	fim_look_free(&l);
}

/* After a look at what could not be read before. */
static void again_plan(struct watch *w, bool tried)
{
	if (tried)
		w->again_pause_s =
			w->n_again == 0 ? 1
					: earlier(w->again_pause_s * 2, FIM_AGAIN_PAUSE_MAX_S);
	if (w->n_again > 0 && w->again_s <= clock_steady_ms() / 1000)
		w->again_s = clock_steady_ms() / 1000 + w->again_pause_s;
}

/* ---- everything ---- */

/* Certificates expire while we watch. */
static bool clock_set(struct watch *w)
{
	struct session *s = w->with->session;

	if (s->settings->has_at)
		return true;
	s->now = clock_wall_s();
	s->engine.settings.trust.now = s->now;
	if (pool_renew(s->pool) == STATUS_OK)
		return true;
	complain("fim watch: the confined worker cannot be started again");
	w->failed = true;
	return false;
}

static void everything_look(struct watch *w)
{
	int64_t began = clock_wall_s();
	unsigned every = w->with->call->settings.recheck_s;

	w->full_s = INT64_MAX;
	buffer_clear(&w->again);
	w->n_again = 0;
	look(w, NULL, 0);
	again_plan(w, false);
	if (signals_stop() || w->failed)
		return;
	w->lost = w->full = false;
	w->whole_since = began;
	w->recheck_s = clock_steady_ms() / 1000 + (every != 0 ? every : FIM_RECHECK_S);
}

static void gap(struct watch *w, const char *why)
{
	notice(w, &(struct fim_notice){ .id = "watch-gap",
					.severity = FIM_SEVERITY_MEDIUM,
					.message = why,
					.since = w->whole_since,
					.until = clock_wall_s() });
	if (clock_steady_ms() / 1000 - w->gap_s > INT64_C(2) * FIM_GAP_PAUSE_MAX_S)
		w->gap_pause_s = 0;
	w->n_gaps++;
	w->total.by_severity[FIM_SEVERITY_MEDIUM]++;
	if (!w->lost)
		w->full_s = clock_steady_ms() / 1000 + w->gap_pause_s;
	w->lost = true;
	w->gap_pause_s =
		earlier(w->gap_pause_s == 0 ? 1 : w->gap_pause_s * 2, FIM_GAP_PAUSE_MAX_S);
	w->gap_s = clock_steady_ms() / 1000;
}

static void blind(struct watch *w, struct span bytes)
{
	struct span path = bytes, why = SPAN_NONE;
	uint64_t end;

	if (span_find_byte(bytes, 0, 0, &end)) {
		path = span_clip(bytes, 0, end);
		why = span_after(bytes, end + 1);
	}
	notice(w, &(struct fim_notice){ .id = "not-watched",
					.severity = FIM_SEVERITY_LOW,
					.path = path,
					.message = span_string(why) });
}

/* ---- some places ---- */

/* What is no place is taken here. */
static void heard_take(struct watch *w)
{
	enum fim_heard kind;
	struct span bytes;
	size_t at = 0;
	struct actor actor;
	struct fim_by by;
	const char *text;

	while (fim_heard_next(&w->batch, &at, &kind, &bytes))
		switch (kind) {
		case FIM_HEARD_INODE:
			if (fim_heard_place(bytes, &by, &text))
				fim_watch_inode(w, by, text);
			break;
		case FIM_HEARD_ACTOR:
			if (fim_heard_actor(bytes, &actor))
				actors_learn(&w->actors, &actor);
			break;
		case FIM_HEARD_GAP: gap(w, span_string(bytes)); break;
		case FIM_HEARD_BLIND: blind(w, bytes); break;
		case FIM_HEARD_NAME:
		case FIM_HEARD_TREE:
		case FIM_HEARD_END:
		case FIM_HEARD_NONE: break;
		}
}

/* What was heard, and what waits to be tried again. */
static void places_look(struct watch *w)
{
	CLEANUP(buffer_free) struct buffer again = BUFFER_INIT;
	const struct buffer *const from[] = { &w->batch, &w->more, &again };
	bool retry = w->n_again > 0 && clock_steady_ms() / 1000 >= w->again_s;
	enum status status;

	heard_take(w);
	if (retry) {
		again = w->again;
		w->again = (struct buffer)BUFFER_INIT;
		w->n_again = 0;
	}
	status = fim_watch_places(w, from, COUNT_OF(from));
	if (status != STATUS_OK) {
		fim_watch_fail(w, "files could not be looked at", status);
		return;
	}
	w->n_looked += w->n_places;
	if (w->n_places > 0 && !w->failed)
		look(w, w->places, w->n_places);
	memory_free(w->places);
	w->places = NULL;
	w->n_places = 0;
	buffer_clear(&w->more);
	again_plan(w, retry);
}

/* ---- until it is asked to stop ---- */

/* Waits for what is heard; true: there is something. */
static bool listener_wait(struct watch *w)
{
	struct pollfd from[] = {
		{.fd = w->with->listener.fd,             .events = POLLIN},
		{ .fd = fim_events_fd(&w->with->events), .events = POLLIN}
	};
	int64_t at = earlier(w->full_s, w->recheck_s), now = clock_steady_ms() / 1000;
	int wait, step = fim_events_wait(&w->with->events);

	if (w->n_again > 0)
		at = earlier(at, w->again_s);
	wait = at > now ? (int)earlier(at - now, 1000000) * 1000 : 0;
	(void)poll(from, COUNT_OF(from), step >= 0 && step < wait ? step : wait);
	return from[0].revents != 0;
}

static bool batch_hear(struct watch *w)
{
	bool ended = false;

	while (!ended)
		if (!fim_listener_hear(&w->with->listener, &w->batch, &ended)) {
			complain("fim watch: the process that listens died");
			w->failed = true;
			return false;
		}
	return true;
}

/* What dpkg says of its files is known when it is done; the listener goes on to hear. */
static bool packages_wait(const struct watch *w)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000000L };
	const int64_t end = clock_steady_ms() / 1000 + FIM_DPKG_WAIT_S;
	bool waited = false;

	while (fim_dpkg_works(&w->with->call->settings) && !signals_stop() &&
	       clock_steady_ms() / 1000 < end) {
		waited = true;
		(void)nanosleep(&pause, NULL);
	}
	return waited;
}

/* What came to rest meanwhile is of the same upgrade.  False: the listener is gone. */
static bool rest_hear(struct watch *w, bool *asked)
{
	struct pollfd from = { .fd = w->with->listener.fd, .events = POLLIN };

	for (size_t i = 0; i < REST_BATCHES; i++) {
		*asked = fim_listener_ask(&w->with->listener);
		if (*asked && poll(&from, 1, REST_MS) != 1)
			return true;
		if (!batch_hear(w))
			return false;
		*asked = false;
	}
	return true;
}

static void watch_loop(struct watch *w)
{
	bool asked = false;

	while (!signals_stop() && !w->failed) {
		bool heard;

		if (!asked && !fim_listener_ask(&w->with->listener))
			w->failed = true;
		asked = true;
		heard = listener_wait(w);
		buffer_clear(&w->batch);
		if (heard && !batch_hear(w))
			break;
		if (heard)
			asked = false;
		if (heard && packages_wait(w) && !rest_hear(w, &asked))
			break;
		if (heard || w->n_again > 0)
			places_look(w);
		if (clock_steady_ms() / 1000 >= w->recheck_s && clock_set(w))
			w->full_s = 0;
		if (clock_steady_ms() / 1000 >= w->full_s && !w->failed)
			everything_look(w);
		(void)told(w);
		fim_events_step(&w->with->events);
	}
}

static void ready_tell(struct watch *w)
{
	notice(w, &(struct fim_notice){ .id = "watching",
					.severity = FIM_SEVERITY_INFO,
					.message = "what becomes of files is told from now on",
					.since = w->whole_since });
	(void)told(w);
}

/* Files of several names that nothing was told of yet. */
static enum status links_begin(struct watch *w)
{
	struct fim_known_place place = { 0 };
	struct baseline_record r;
	enum status status;

	while ((status = fim_known_next(&w->with->state.known, &place, &r)) == STATUS_OK)
		links_follow(w, &r);
	return status == STATUS_NOT_MINE ? STATUS_OK : status;
}

int fim_watch(struct fim_watch *with)
{
	struct watch w = { .with = with,
			   .seen = { .limit = FIM_SEEN_BYTES },
			   .batch = { .limit = FIM_BATCH_BYTES },
			   .scratch = ARENA_INIT(FILE_ARENA_BYTES),
			   .full_s = INT64_MAX,
			   .recheck_s = INT64_MAX,
			   .again_pause_s = 1,
			   .whole_since = baseline_about(with->state.known.baseline)->ended,
			   .full = clock_wall_s() <
				   baseline_about(with->state.known.baseline)->ended };
	enum status status = actors_begin(&w.actors, 0);

	if (status == STATUS_OK)
		status = links_begin(&w);

	fim_events_begin(&with->events, with->listener.fd);
	if (status != STATUS_OK)
		fim_watch_fail(&w, "what is known could not be read", status);
	else
		everything_look(&w);
	if (!w.failed && !signals_stop()) {
		ready_tell(&w);
		watch_loop(&w);
	}
	with->paper.watched =
		&(struct fim_watched){ with->listener.n_events, w.n_looked, w.n_gaps,
				       fim_events_settle(&with->events) };
	w.total.n_unread = w.n_again;
	fim_total_print(&with->paper, "watch", &w.total, !w.failed && !w.lost);
	buffer_free(&w.batch);
	buffer_free(&w.more);
	buffer_free(&w.seen);
	buffer_free(&w.again);
	arena_free(&w.scratch);
	actors_end(&w.actors);
	fim_state_end(&with->state);
	fim_events_end(&with->events);
	(void)close(with->listener.fd);
	return session_close(with->session) && !w.failed ? EXIT_PASS : EXIT_INCOMPLETE;
}
