/* SPDX-License-Identifier: MIT */
#include "cmd/run.h"

#include "base/cursor.h"
#include "base/limits.h"
#include "base/memory.h"
#include "cmd/complain.h"
#include "cmd/page.h"
#include "cmd/signals.h"
#include "engine/report_make.h"
#include "evidence/standing.h"
#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 100 /* between two looks at signals and the clock */

struct run_item {
	struct buffer path, report; /* keep their memory for the next file */
	struct buffer inside;       /* answers of programs inside: length (u32le), wire form */
	struct run_file file;       /* .path is not used */
	bool done, printed;
};

static struct run_item *item_of(const struct run *r, uint64_t ticket)
{
	return &r->items[ticket % RUN_MAX_WAITING];
}

static void style_choose(struct style *style, const struct session *s)
{
	const struct settings *set = s->settings;
	bool terminal = s->output.path == NULL && isatty(STDOUT_FILENO) == 1;
	struct winsize size = { 0 };

	style->verbose = set->verbose;
	style->colour = set->color == WHEN_ALWAYS ||
			(set->color == WHEN_AUTO && terminal && !getenv("NO_COLOR"));
	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		style->width = size.ws_col;
}

static void export_start(struct run *r)
{
	const struct session *s = r->session;

	r->exporting = (struct exporting){
		.format = &exports[s->settings->format],
		.style = &r->style,
		.now = s->now,
		.engine = ASSAY_VERSION,
		.claimed_names = s->settings->claimed_names,
	};
	if (r->exporting.format->begin && s->settings->quiet < 2 && !s->learns)
		r->exporting.format->begin(&r->exporting, &r->session->output.text);
}

enum status run_begin(struct run *r, struct session *session)
{
	*r = (struct run){ .session = session,
			   .arena = ARENA_INIT(FILE_ARENA_BYTES),
			   .phase = session->gathers ? RUN_GATHERS : RUN_PRINTS,
			   .backlog = session->backlog };
	r->items = memory_new(RUN_MAX_WAITING, sizeof(*r->items));
	style_choose(&r->style, session);
	progress_begin(&r->progress, session->settings);
	export_start(r);
	return r->items ? STATUS_OK : STATUS_NO_MEMORY;
}

bool run_stopped(const struct run *r)
{
	return signals_stop() || r->session->output.error != 0;
}

static void count(struct run *r, const struct report *report, enum outcome outcome)
{
	struct summary *s = &r->summary;

	s->n_files++;
	s->by_verdict[report->verdict]++;
	s->n_bytes += report->size;
	s->n_errors += report->verdict == ASSAY_VERDICT_ERROR;
	s->n_unevaluated += report_unevaluated(report);
	s->n_violations += outcome == OUTCOME_VIOLATION;
	if (outcome == OUTCOME_INCOMPLETE || outcome == OUTCOME_UNKNOWN)
		r->incomplete = true;
}

/* With -q, what the exit code comes from: also that something could not be judged. */
static bool is_shown(const struct settings *set, enum outcome outcome)
{
	if (set->quiet == 0)
		return true;
	return set->quiet == 1 && outcome != OUTCOME_PASS && outcome != OUTCOME_SKIPPED;
}

/* Where nothing else is told, what could not be judged is. */
static void failure_tell(const struct report *report, const struct run_file *f)
{
	CLEANUP(buffer_free) struct buffer path = BUFFER_INIT;

	if (report->verdict != ASSAY_VERDICT_ERROR)
		return;
	text_path(&path, f->path);
	complain("%s: %s", buffer_string(&path, 0),
		 report->n_errors ? report->errors[0] : "cannot be judged");
}

void run_print(struct run *r, const struct report *judged, const struct run_file *f)
{
	const struct settings *set = r->session->settings;
	struct output *out = &r->session->output;
	enum outcome outcome = session_outcome(r->session, judged, f->path, f->named);
	struct report looked_at = *judged;
	const struct report *report = &looked_at;
	CLEANUP(arena_free) struct arena matches = ARENA_INIT(FILE_ARENA_BYTES);

	r->summary.n_cached += f->cached;
	if (outcome == OUTCOME_SKIPPED && !set->all) {
		r->summary.n_skipped++;
		return;
	}
	count(r, report, outcome);
	if (r->session->learns) {
		failure_tell(judged, f);
		return;
	}
	if (r->session->yara && report->verdict != ASSAY_VERDICT_ERROR &&
	    judged->inside.len == 0 && !run_is_bundle(report))
		run_match(r, &matches, f, &looked_at);
	if (!is_shown(set, outcome) && looked_at.n_matches == 0)
		return;
	progress_hide(&r->progress);
	r->exporting.format->report(&r->exporting, &out->text, report, f->path);
	if (set->format == EXPORT_TEXT && r->session->has_rules)
		policy_reason_write(&out->text, &r->session->rules, judged, f->path, outcome,
				    r->session->now);
	output_pace(out);
}

/* An answer of our own, for what no worker could answer. */
static void failure_make(struct run *r, const char *rule, const char *why, struct report *out)
{
	const char **errors = ARENA_NEW(&r->arena, const char *, 1);

	report_error(&r->arena, &r->session->engine, STATUS_IO, 0, NULL, out);
	out->rule = rule;
	out->n_errors = 0;
	if (!errors)
		return;
	errors[0] = why;
	out->errors = errors;
	out->n_errors = 1;
}

/* What is true of these bytes tomorrow may be kept. */
static void report_keep(struct run *r, const struct report *report, const struct run_file *f,
			struct span wire)
{
	struct cache_row row = {
		.identity = f->identity,
		.read_at = f->read_at,
		.holds_from = report->holds_from,
		.holds_until = report->holds_until,
		.report = wire,
	};

	row.depends = memories_undecided(report);
	if (r->session->cache && report->verdict != ASSAY_VERDICT_ERROR && report->complete)
		cache_put(r->session->cache, &row);
}

void run_answer(struct run *r, const struct report *report, struct span wire,
		const struct run_file *f)
{
	bool waits;

	if (r->phase == RUN_LOOKS) {
		memories_take(&r->memories, report, f->path);
		return;
	}
	if (r->phase == RUN_GATHERS || r->phase == RUN_LEARNS)
		memories_take(&r->memories, report, f->path);
	if (r->phase == RUN_GATHERS) {
		waits = memories_undecided(report) ||
			(r->backlog.n > 0 && !r->session->settings->unordered);
		if (waits && backlog_add(&r->backlog, f, wire))
			return;
		if (waits)
			run_crowd(r);
	}
	run_print(r, report, f);
}

/* The programs inside come out behind their container. */
static void inside_print(struct run *r, struct run_item *item)
{
	struct cursor c = cursor_at(buffer_span(&item->inside), 0);

	while (c.pos < item->inside.len) {
		CLEANUP(buffer_free) struct buffer path = BUFFER_INIT;
		struct span wire = cursor_take(&c, cursor_u32le(&c));
		struct run_file f = { .read_at = item->file.read_at };
		struct report report;

		arena_reset(&r->arena);
		if (!cursor_ok(&c) || wire_decode(&r->arena, wire, &report) != STATUS_OK) {
			r->incomplete = true;
			return;
		}
		buffer_text(&path, buffer_string(&item->path, 0));
		buffer_char(&path, '!');
		buffer_add(&path, report.inside);
		f.path = buffer_string(&path, 0);
		run_answer(r, &report, wire, &f);
	}
}

static void item_print(struct run *r, struct run_item *item)
{
	struct report report;

	item->file.path = buffer_string(&item->path, 0);
	arena_reset(&r->arena);
	if (wire_decode(&r->arena, buffer_span(&item->report), &report) != STATUS_OK)
		failure_make(r, "error.worker", "the worker's answer makes no sense", &report);
	else if (item->file.keep && !item->file.cached)
		report_keep(r, &report, &item->file, buffer_span(&item->report));
	run_answer(r, &report, buffer_span(&item->report), &item->file);
	inside_print(r, item);
	r->held -= item->report.len + item->inside.len;
	buffer_clear(&item->report);
	buffer_free(&item->inside); /* it may be large, and the next file's is not */
	item->printed = true;
}

/* Prints what is next in order. */
static void items_print(struct run *r)
{
	while (r->first < r->next) {
		struct run_item *item = item_of(r, r->first);

		if (!item->done)
			break;
		if (!item->printed)
			item_print(r, item);
		r->first++;
	}
}

static void item_finish(struct run *r, uint64_t ticket)
{
	struct run_item *item = item_of(r, ticket);

	r->held += item->report.len;
	item->done = true;
	if (r->session->settings->unordered)
		item_print(r, item);
	items_print(r);
}

/* Of a program inside; the file's own answer follows. */
static void inside_take(struct run *r, struct run_item *item, const struct pool_answer *answer)
{
	size_t before = item->inside.len;

	if (answer->index == 0) {
		r->held -= before;
		buffer_clear(&item->inside);
		before = 0;
	}
	if (r->held < RUN_MAX_INSIDE) {
		buffer_u32le(&item->inside, (uint32_t)answer->report.len);
		buffer_add(&item->inside, answer->report);
		if (buffer_status(&item->inside) == STATUS_OK) {
			r->held += item->inside.len - before;
			return;
		}
		buffer_cut(&item->inside, before);
	}
	if (!r->incomplete)
		complain("%s: there is no room for the answers of what is inside",
			 buffer_string(&item->path, 0));
	r->incomplete = true;
}

/* Takes one answer of the worker; waits at most @wait_ms for it. */
static bool answer_take(struct run *r, int wait_ms)
{
	struct pool_answer answer;
	struct run_item *item;
	struct report report;

	if (!pool_next(r->session->pool, wait_ms, &answer))
		return false;
	item = item_of(r, answer.ticket);
	if (answer.inside) {
		inside_take(r, item, &answer);
		return true;
	}
	if (answer.died || answer.timed_out) {
		arena_reset(&r->arena);
		failure_make(r, answer.died ? "error.worker" : "error.timeout",
			     answer.died ? "the process that judged this file died"
					 : "this file took too long",
			     &report);
		wire_encode(&item->report, &report);
	} else {
		buffer_add(&item->report, answer.report);
	}
	item_finish(r, answer.ticket);
	return true;
}

/* Waits for one answer, and shows meanwhile what there is. */
static void answer_await(struct run *r)
{
	if (answer_take(r, 0))
		return;
	output_flush(&r->session->output);
	while (!run_stopped(r) && !answer_take(r, WAIT_MS))
		progress_tick(&r->progress, &r->summary,
			      buffer_string(&item_of(r, r->first)->path, 0));
}

/* A place for one more file; NULL: there is nothing to wait for any more. */
static struct run_item *item_new(struct run *r, const struct run_file *f, uint64_t *ticket)
{
	struct run_item *item;

	while (!run_stopped(r) && pool_outstanding(r->session->pool) > 0 &&
	       (r->next - r->first >= RUN_MAX_WAITING || r->held > RUN_MAX_HELD ||
		!pool_has_room(r->session->pool)))
		answer_await(r);
	if (run_stopped(r))
		return NULL;
	*ticket = r->next++;
	item = item_of(r, *ticket);
	item->file = *f;
	item->done = item->printed = false;
	buffer_clear(&item->path);
	buffer_clear(&item->report);
	buffer_clear(&item->inside);
	buffer_text(&item->path, f->path);
	return item;
}

bool run_relieve(struct run *r)
{
	size_t before = pool_outstanding(r->session->pool);

	if (before == 0 || run_stopped(r))
		return false;
	answer_await(r);
	return pool_outstanding(r->session->pool) < before;
}

/* Where it lies, for packages that have a file there. */
static void place_set(const struct session *s, const char *path, struct engine_file *file)
{
	CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT;
	bool absolute = span_at(SPAN_TEXT(path), 0) == '/';

	if (!s->engine.settings.packages || (!absolute && !s->folder))
		return;
	buffer_printf(&whole, "%s%s%s", absolute ? "" : s->folder, absolute ? "" : "/", path);
	file->has_place = buffer_status(&whole) == STATUS_OK &&
			  package_path_digest(buffer_span(&whole), file->place) == STATUS_OK;
}

void run_judge(struct run *r, const struct run_file *f, struct engine_file *file)
{
	uint64_t ticket;

	progress_step(&r->progress, &r->summary, f->path);
	session_signature_add(r->session, file);
	place_set(r->session, f->path, file);
	if (item_new(r, f, &ticket) && pool_submit(r->session->pool, file, ticket) == STATUS_OK)
		return;
	(void)close(file->fd);
	companions_close(&file->beside);
}

bool run_known(struct run *r, const struct run_file *f, struct span wire)
{
	CLEANUP(buffer_free) struct buffer copy = BUFFER_INIT;
	struct run_item *item;
	struct report report;
	uint64_t ticket;

	arena_reset(&r->arena);
	if (wire_decode(&r->arena, wire, &report) != STATUS_OK)
		return false;
	progress_step(&r->progress, &r->summary, f->path);
	if (r->first == r->next || r->session->settings->unordered) {
		run_answer(r, &report, wire, f);
		return true;
	}
	/* Making room may print others, and with them the cache forgets what it lent us. */
	buffer_add(&copy, wire);
	if (buffer_status(&copy) != STATUS_OK)
		return false;
	item = item_new(r, f, &ticket);
	if (!item)
		return true;
	buffer_add(&item->report, buffer_span(&copy));
	item_finish(r, ticket);
	return true;
}

void run_failed(struct run *r, const struct run_file *f, const char *rule, const char *why)
{
	struct run_item *item;
	struct report report;
	uint64_t ticket;

	progress_step(&r->progress, &r->summary, f->path);
	item = item_new(r, f, &ticket);
	if (!item)
		return;
	item->file.keep = false;
	arena_reset(&r->arena);
	failure_make(r, rule, why, &report);
	wire_encode(&item->report, &report);
	item_finish(r, ticket);
}

void run_skipped(struct run *r, const char *path)
{
	progress_step(&r->progress, &r->summary, path);
	r->summary.n_skipped++;
}

/* After an interruption: what is known is printed, what is missing is not waited for. */
static void items_abandon(struct run *r)
{
	for (; r->first < r->next; r->first++) {
		struct run_item *item = item_of(r, r->first);

		if (item->done && !item->printed)
			item_print(r, item);
	}
}

static enum exit_code exit_code_of(const struct run *r)
{
	if (r->summary.n_violations > 0 && !r->session->learns)
		return EXIT_VIOLATION;
	return r->incomplete ? EXIT_INCOMPLETE : EXIT_PASS;
}

static void run_free(struct run *r)
{
	for (size_t i = 0; i < RUN_MAX_WAITING; i++) {
		buffer_free(&r->items[i].path);
		buffer_free(&r->items[i].report);
		buffer_free(&r->items[i].inside);
	}
	memory_free(r->items);
	exporting_free(&r->exporting);
	memories_free(&r->memories);
	backlog_close(&r->backlog);
	arena_free(&r->arena);
}

void run_abandon(struct run *r)
{
	run_free(r);
	session_abandon(r->session);
}

/* The last word, for those who do not read the answers. */
static void exit_explain(const struct run *r, enum exit_code code)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	text_summary(&text, &r->summary, (int)code);
	complain("%.*s", text.len ? (int)text.len - 1 : 0, buffer_string(&text, 0));
}

void run_drain(struct run *r)
{
	while (!run_stopped(r) && pool_outstanding(r->session->pool) > 0)
		answer_await(r);
}

/* `donors learn`: what came of it. */
static void learnt_print(struct run *r)
{
	const struct summary *s = &r->summary;
	struct buffer *out = &r->session->output.text;
	struct json j = json_begin(out);

	if (r->session->settings->format != EXPORT_JSON) {
		page_count(out, r->n_learnt, "new record");
		buffer_printf(out, " of signed programs; %" PRIu64 " of ",
			      s->by_verdict[ASSAY_VERDICT_VALID]);
		page_count(out, s->n_files, "program");
		buffer_text(out,
			    s->n_files == 1 ? " is validly signed\n" : " are validly signed\n");
		return;
	}
	json_object(&j, NULL);
	json_text(&j, "schema", "assay.donors-learnt/1");
	json_u64(&j, "new", r->n_learnt);
	json_u64(&j, "valid", s->by_verdict[ASSAY_VERDICT_VALID]);
	json_u64(&j, "files", s->n_files);
	json_bool(&j, "complete", s->complete);
	json_end(&j);
	buffer_char(out, '\n');
}

/* The last lines of a run. */
static void summary_print(struct run *r, bool with_summary, enum exit_code code)
{
	struct session *s = r->session;

	r->exporting.interrupted = run_stopped(r);
	r->exporting.with_summary = s->settings->quiet == 0 && with_summary;
	if (s->settings->quiet >= 2)
		return;
	if (s->learns)
		learnt_print(r);
	else if (r->exporting.format->end)
		r->exporting.format->end(&r->exporting, &s->output.text, &r->summary,
					 (int)code);
}

enum exit_code run_end(struct run *r, bool with_summary)
{
	struct session *s = r->session;
	enum exit_code code;

	run_drain(r);
	if (r->phase != RUN_PRINTS && !run_stopped(r))
		run_again(r);
	if (run_stopped(r))
		r->incomplete = true;
	items_abandon(r);
	run_release(r);
	progress_hide(&r->progress);
	code = signals_stop() ? EXIT_INCOMPLETE : exit_code_of(r);
	r->summary.complete = !r->incomplete;
	summary_print(r, with_summary, code);
	code = session_close(s) ? code : EXIT_INCOMPLETE;
	if (s->settings->exit_report)
		exit_explain(r, code);
	run_free(r);
	return code;
}
