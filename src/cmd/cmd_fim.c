/* SPDX-License-Identifier: MIT */
/* assay fim: init, check, accept, watch, list; D3FEND: File Integrity Monitoring (D3-FIM). */
#include "base/clock.h"
#include "base/memory.h"
#include "cmd/complain.h"
#include "cmd/fim_believe.h"
#include "cmd/fim_upgrades.h"
#include "cmd/fim_watch.h"
#include "cmd/fim_write.h"
#include "cmd/page.h"
#include "cmd/signals.h"
#include "engine/places.h"
#include "source/paths.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One call. */
struct fim {
	struct invocation *call;
	const char *path, *folder; /* of the baseline */
	struct baseline *known;    /* NULL: there is none */
	struct fim_known is_known; /* the same, for who looks */
	int lock;                  /* -1: nothing is written */
	const char *keeps;         /* the folder of events; NULL: there are none */
	struct fim_belief belief;
	struct session session;
	struct fim_look look;
	struct fim_paper paper;
};

static bool place_find(struct fim *f)
{
	const char *path = f->call->settings.baseline;

	f->path = path ? path : places_baseline(f->call->arena);
	f->folder = f->path ? path_folder(f->call->arena, f->path) : NULL;
	if (!f->folder)
		complain("fim: you have no home folder for a baseline of your own; name one "
			 "with --baseline");
	return f->folder != NULL;
}

/* The baseline that is open: is it to be believed? */
static enum exit_code known_believe(struct fim *f)
{
	bool writes = f->lock >= 0;
	enum exit_code code = fim_serial_find(f->call, f->path, &f->belief);

	if (code == EXIT_PASS)
		code = fim_believe(f->call, f->path, f->known, writes, &f->belief);
	fim_serial_follow(&f->belief, f->known);
	if (code == EXIT_PASS && writes)
		code = fim_signer_find(f->call, f->path, &f->belief);
	return code;
}

/* EXIT_PASS; @must: that there is none is a mistake, and so is one that nobody believes. */
static enum exit_code known_open(struct fim *f, bool must)
{
	const char *problem = NULL;
	enum status status = baseline_open(f->call->arena, f->path, &f->known, &problem);

	if (!must && (status == STATUS_OK || (status == STATUS_IO && errno == ENOENT)))
		return EXIT_PASS;
	if (status == STATUS_OK)
		return known_believe(f);
	if (status == STATUS_IO && errno == ENOENT)
		return fim_absent(f->call, f->path, &f->belief);
	complain("%s: %s%s", f->path,
		 problem               ? problem
		 : status == STATUS_IO ? strerrordesc_np(errno)
				       : status_text(status),
		 status == STATUS_MALFORMED
			 ? "; bring a copy back, or look at all files and say "
			   "assay fim init"
			 : "");
	return EXIT_INCOMPLETE;
}

/* Of the baseline, and of its signature before and after. */
static void leftovers_remove(const struct fim *f)
{
	static const char *const parts[] = { "", ".sig", ".sig.next" };

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		const char *name =
			arena_printf(f->call->arena, "%s%s", path_name(f->path), parts[i]);

		if (name)
			file_leftovers_remove(f->lock, name);
	}
}

static enum exit_code lock_take(struct fim *f)
{
	if (file_lock_folder(f->path, &f->lock) == STATUS_OK) {
		leftovers_remove(f);
		return EXIT_PASS;
	}
	complain("%s: %s", f->folder, strerrordesc_np(errno));
	return EXIT_INCOMPLETE;
}

/* @targets NULL: the scopes. */
static enum exit_code session_begin(struct fim *f, const struct baseline_about *about,
				    const char *const *targets)
{
	const struct session_plan plan = {
		.policy = EXIT_POLICY_FORGERY,
		.with_sha256 = true,
		.targets = targets ? targets : about->scopes,
		.n_targets = about->n_scopes,
		.writes = f->lock >= 0 ? f->folder : NULL,
		.reads = fim_dpkg_folder(&f->call->settings),
		.keeps = f->keeps,
	};
	enum exit_code code = session_open(&f->session, f->call, &plan);

	if (code != EXIT_PASS)
		return code;
	f->look.session = &f->session;
	f->look.about = about;
	f->is_known.baseline = f->known;
	f->look.known = f->look.writer ? NULL : &f->is_known;
	/* A clock that went back says nothing about what happened meanwhile. */
	f->look.full = f->call->settings.full ||
		       (f->known && clock_wall_s() < baseline_about(f->known)->ended);
	f->paper = (struct fim_paper){ .out = &f->session.output.text,
				       .json = f->call->settings.format == EXPORT_JSON,
				       .baseline = f->path,
				       .belief = &f->belief,
				       .was = f->known ? baseline_about(f->known) : NULL,
				       .now = &f->look.volumes };
	return EXIT_PASS;
}

/* Is everything known that was to be known?  Else it is said why. */
static bool look_whole(const struct fim *f, enum status status)
{
	if (status != STATUS_OK) {
		complain("fim: %s", status == STATUS_MALFORMED ? "the baseline is damaged"
				    : status == STATUS_IO      ? strerrordesc_np(errno)
							       : status_text(status));
		return false;
	}
	if (signals_stop()) {
		complain("fim: interrupted");
		return false;
	}
	return f->look.total.n_unread == 0;
}

static void write_complain(const struct fim *f, enum status status)
{
	complain("%s: %s", f->path,
		 f->belief.problem     ? f->belief.problem
		 : status == STATUS_IO ? strerrordesc_np(errno)
				       : status_text(status));
}

/* ---- init ---- */

static int text_order(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return baseline_path_order(SPAN_TEXT(*x), SPAN_TEXT(*y));
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Absolute, in order, no folder inside another one; a file that was named counts as such. */
static bool scopes_make(struct invocation *call, struct baseline_about *about)
{
	size_t n = call->n_operands - 1;
	const char *outer = NULL;

	about->scopes = ARENA_NEW(call->arena, const char *, n + 1);
	for (size_t i = 0; about->scopes && i < n; i++) {
		char target[PATH_MAX];

		if (!realpath(call->operands[i + 1], target)) {
			complain("%s: %s", call->operands[i + 1], strerrordesc_np(errno));
			return false;
		}
		about->scopes[i] = arena_string(call->arena, SPAN_TEXT(target));
		if (!about->scopes[i])
			return false;
	}
	if (!about->scopes)
		return false;
	qsort(about->scopes, n, sizeof(*about->scopes), text_order);
	for (size_t i = 0; i < n; i++)
		if (!outer || !path_lies_in(SPAN_TEXT(about->scopes[i]), SPAN_TEXT(outer)))
			about->scopes[about->n_scopes++] = outer = about->scopes[i];
		else if (strcmp(about->scopes[i], about->scopes[about->n_scopes - 1]) != 0 &&
			 !is_folder(about->scopes[i]))
			about->scopes[about->n_scopes++] = about->scopes[i];
	about->scopes[about->n_scopes] = NULL;
	return true;
}

static int init_look(struct fim *f, struct baseline_about *about)
{
	enum status status = fim_look(&f->look);
	bool whole = look_whole(f, status);

	if (status != STATUS_OK || signals_stop()) {
		session_abandon(&f->session);
		return EXIT_INCOMPLETE;
	}
	status = fim_volumes_write(f->call->arena, &f->look.volumes, NULL, about);
	if (status == STATUS_OK)
		status = fim_about_end(f->call->arena, about, &f->session, &f->belief.last);
	if (status == STATUS_OK)
		status = fim_commit(f->call->arena, f->path, f->look.writer, about, &f->belief);
	if (status != STATUS_OK) {
		write_complain(f, status);
		session_abandon(&f->session);
		return EXIT_INCOMPLETE;
	}
	fim_total_print(&f->paper, "init", &f->look.total, whole);
	return session_close(&f->session) && whole ? EXIT_PASS : EXIT_INCOMPLETE;
}

static int init(struct fim *f)
{
	const struct settings *set = &f->call->settings;
	struct baseline_about about = { .began = clock_wall_s(),
					.all_files = set->all_files,
					.plain = set->plain,
					.one_file_system = set->one_file_system,
					.exclude = set->exclude.items,
					.n_exclude = set->exclude.n,
					.reason = "init" };
	const char *none[] = { NULL };
	enum exit_code code;
	enum status status;

	if (!about.exclude)
		about.exclude = none;
	if (f->call->n_operands - 1 > BASELINE_MAX_SCOPES || !scopes_make(f->call, &about))
		return EXIT_USAGE;
	code = lock_take(f);
	if (code == EXIT_PASS)
		code = fim_serial_find(f->call, f->path, &f->belief);
	/* Damage of the old one is no reason against a new one. */
	if (code == EXIT_PASS && known_open(f, false) == EXIT_PASS && f->known)
		fim_serial_follow(&f->belief, f->known);
	baseline_close(f->known);
	f->known = NULL;
	if (code == EXIT_PASS)
		code = fim_signer_find(f->call, f->path, &f->belief);
	if (code != EXIT_PASS)
		return (int)code;
	status = fim_packages_read(f->call->arena, set, &about);
	if (status == STATUS_OK)
		status = baseline_writer_new(f->path, &f->look.writer);
	if (status != STATUS_OK) {
		write_complain(f, status);
		return EXIT_INCOMPLETE;
	}
	code = session_begin(f, &about, NULL);
	return code == EXIT_PASS ? init_look(f, &about) : (int)code;
}

/* ---- check, accept, list ---- */

/* Tells all changes, those that upgrades explain by package.  True: not all are fine. */
static bool changes_print(struct fim *f, const struct baseline_about *was, bool *whole)
{
	const struct invocation *call = f->call;
	struct fim_upgrades upgrades;
	enum status status =
		fim_upgrades_find(call->arena, &call->settings, was, &f->look, &upgrades);
	bool violated = false;

	/* What nobody can explain is told. */
	if (status != STATUS_OK) {
		complain("fim: %s: %s", fim_dpkg_folder(&call->settings),
			 status == STATUS_IO ? strerrordesc_np(errno) : status_text(status));
		*whole = false;
	}
	for (size_t i = 0; i < f->look.n_changes; i++) {
		const struct fim_change *c = &f->look.changes[i];

		if (c->upgrade != 0)
			continue;
		fim_change_print(&f->paper, c, NULL);
		violated |= fim_severity_of(c) > FIM_SEVERITY_INFO;
	}
	for (size_t i = 0; i < upgrades.n; i++)
		fim_upgrade_print(&f->paper, &upgrades.each[i]);
	return violated;
}

static int check(struct fim *f)
{
	enum exit_code code = known_open(f, true);
	bool whole, violated = false;
	enum status status;

	if (code == EXIT_PASS)
		code = session_begin(f, baseline_about(f->known), NULL);
	if (code != EXIT_PASS)
		return (int)code;
	status = fim_look(&f->look);
	whole = look_whole(f, status);
	violated = changes_print(f, baseline_about(f->known), &whole);
	fim_total_print(&f->paper, "check", &f->look.total, whole);
	if (!session_close(&f->session))
		return EXIT_INCOMPLETE;
	if (violated)
		return EXIT_VIOLATION;
	return whole ? EXIT_PASS : EXIT_INCOMPLETE;
}

static int accept_look(struct fim *f)
{
	const struct invocation *call = f->call;
	const struct fim_acceptance wish = { .path = f->path,
					     .belief = &f->belief,
					     .reason = call->settings.reason,
					     .all = call->settings.all,
					     .paths = &call->operands[1],
					     .n_paths = call->n_operands - 1 };
	const char *unknown = NULL;
	enum status status = fim_look(&f->look);
	bool whole = look_whole(f, status);
	size_t n = f->look.n_changes;

	if (status != STATUS_OK || signals_stop()) {
		session_abandon(&f->session);
		return EXIT_INCOMPLETE;
	}
	status = fim_accept(f->call->arena, &f->session, f->known, &f->look, &wish, &unknown);
	if (status != STATUS_OK) {
		if (unknown)
			complain("%s: nothing became of it%s", unknown,
				 is_folder(unknown) ? "; name the files in it, or use --all"
						    : "");
		else
			write_complain(f, status);
		session_abandon(&f->session);
		return unknown ? EXIT_USAGE : EXIT_INCOMPLETE;
	}
	(void)changes_print(f, baseline_about(f->known), &whole);
	f->paper.accepted = &(struct fim_accepted){ f->look.n_changes, n - f->look.n_changes,
						    f->belief.last.counter + 1 };
	fim_total_print(&f->paper, "accept", &f->look.total, whole);
	return session_close(&f->session) && whole ? EXIT_PASS : EXIT_INCOMPLETE;
}

static int accept_changes(struct fim *f)
{
	const struct invocation *call = f->call;
	enum exit_code code;

	if (call->settings.all == (call->n_operands > 1)) {
		complain("fim accept: name what is accepted, or --all");
		return EXIT_USAGE;
	}
	if (!call->settings.reason) {
		complain("fim accept: say why, with --reason");
		return EXIT_USAGE;
	}
	code = lock_take(f);
	if (code == EXIT_PASS)
		code = known_open(f, true);
	if (code == EXIT_PASS)
		code = session_begin(f, baseline_about(f->known), NULL);
	return code == EXIT_PASS ? accept_look(f) : (int)code;
}

/*
 * Two of them would tell everything twice.  The lock is this process's alone, and goes with it,
 * whatever becomes of its children.
 */
static enum exit_code watch_lock(struct fim *f)
{
	const struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	f->lock = open(f->path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (f->lock >= 0 && fcntl(f->lock, F_SETLK, &whole) == 0)
		return EXIT_PASS;
	complain("%s: %s", f->path,
		 errno == EAGAIN || errno == EACCES ? "somebody watches already"
						    : strerrordesc_np(errno));
	return EXIT_INCOMPLETE;
}

/* The folders of the scopes: another one may come to stand in the place of a scope. */
static enum exit_code around_read(struct fim *f, const char ***out)
{
	const struct baseline_about *about = baseline_about(f->known);

	*out = ARENA_NEW(f->call->arena, const char *, about->n_scopes + 1);
	for (size_t i = 0; *out && i < about->n_scopes; i++) {
		(*out)[i] = path_folder(f->call->arena, about->scopes[i]);
		if (!(*out)[i])
			return EXIT_INCOMPLETE;
	}
	return *out ? EXIT_PASS : EXIT_INCOMPLETE;
}

/* What it remembers, and where events go. */
static enum exit_code watch_begin(struct fim *f, struct fim_watch *w)
{
	enum status status = fim_state_begin(&w->state, f->call->arena, f->known, f->path);
	const char *path = w->state.path ? w->state.path : f->path;

	if (status == STATUS_OK)
		status = fim_events_prepare(&w->events, &f->call->settings);
	if (status == STATUS_OK) {
		path = w->events.path;
		f->keeps = path_folder(f->call->arena, path);
		status = f->keeps ? STATUS_OK : STATUS_NO_MEMORY;
	}
	if (status == STATUS_OK)
		return EXIT_PASS;
	complain("fim watch: %s: %s", path,
		 status == STATUS_IO ? strerrordesc_np(errno) : status_text(status));
	return EXIT_INCOMPLETE;
}

static int watch(struct fim *f)
{
	struct fim_watch w = { .call = f->call, .session = &f->session };
	const char **around = NULL;
	enum exit_code code = known_open(f, true);

	if (code == EXIT_PASS)
		code = watch_lock(f);
	if (code == EXIT_PASS)
		code = around_read(f, &around);
	if (code == EXIT_PASS)
		code = fim_listen(baseline_about(f->known), around,
				  f->call->settings.bounded_queue, &w.listener);
	if (code == EXIT_PASS)
		code = watch_begin(f, &w);
	if (code == EXIT_PASS)
		code = session_begin(f, baseline_about(f->known), around);
	if (code != EXIT_PASS) {
		fim_state_end(&w.state);
		fim_events_end(&w.events);
		return (int)code;
	}
	w.baseline = f->known;
	w.paper = f->paper;
	return fim_watch(&w);
}

static int list(struct fim *f)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	enum exit_code code = known_open(f, true);
	struct baseline_record r;
	int printed;

	if (code != EXIT_PASS)
		return (int)code;
	f->paper = (struct fim_paper){ .out = &out,
				       .json = f->call->settings.format == EXPORT_JSON,
				       .baseline = f->path,
				       .was = baseline_about(f->known) };
	for (uint64_t i = 0; i < baseline_count(f->known) && code == EXIT_PASS; i++) {
		if (baseline_record_at(f->known, i, &r) != STATUS_OK) {
			complain("%s: this baseline is damaged", f->path);
			code = EXIT_INCOMPLETE;
		} else if (!(r.flags & BASELINE_OUTSIDE) || f->call->settings.all) {
			fim_record_print(&f->paper, &r);
		}
	}
	printed = page_print(&out);
	return code != EXIT_PASS ? (int)code : printed;
}

static int sign(struct fim *f)
{
	return fim_sign(f->call);
}

static const struct {
	const char *word;
	size_t min, max; /* operands behind it */
	int (*run)(struct fim *f);
} words[] = {
	{"init",    1, SIZE_MAX - 1, init          },
	{ "check",  0, 0,            check         },
	{ "accept", 0, SIZE_MAX - 1, accept_changes},
	{ "list",   0, 0,            list          },
	{ "watch",  0, 0,            watch         },
	{ "sign",   1, 1,            sign          },
};

/* Options that belong to one word only; what would do nothing is refused. */
static const char *option_foreign(const struct settings *s, const char *word)
{
	bool first = strcmp(word, "init") == 0, accepting = strcmp(word, "accept") == 0,
	     checking = strcmp(word, "check") == 0, listing = strcmp(word, "list") == 0,
	     watching = strcmp(word, "watch") == 0;

	if (!first && (s->all_files || s->plain || s->exclude.n || s->one_file_system))
		return "--all-files, --plain, --exclude and --one-file-system are for init, "
		       "and "
		       "hold from then on";
	if (s->plain && !s->all_files)
		return "--plain reads no formats, so it knows no programs: say --all-files, "
		       "too";
	if (!accepting && s->reason)
		return "--reason is for accept";
	if (!accepting && !listing && s->all)
		return "--all is for accept and list";
	if (!accepting && !checking && s->full)
		return "--full is for check and accept";
	if (!watching && (s->recheck_s || s->bounded_queue))
		return "--recheck and --bounded-queue are for watch";
	if (watching && s->output)
		return "--output appears when it is whole, which a watch never is";
	return NULL;
}

static int word_run(struct fim *f, size_t i)
{
	const char *foreign = option_foreign(&f->call->settings, words[i].word);
	int code = page_operands(f->call, words[i].min + 1, words[i].max + 1);

	if (code == EXIT_PASS && foreign) {
		complain("fim %s: %s", words[i].word, foreign);
		return EXIT_USAGE;
	}
	if (code == EXIT_PASS && !place_find(f))
		return EXIT_USAGE;
	return code == EXIT_PASS ? words[i].run(f) : code;
}

int cmd_fim(struct invocation *call)
{
	struct fim f = { .call = call, .lock = -1 };
	int code = page_operands(call, 1, SIZE_MAX);

	if (code != EXIT_PASS)
		return code;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (strcmp(words[i].word, call->operands[0]) != 0)
			continue;
		code = word_run(&f, i);
		fim_look_free(&f.look);
		baseline_writer_free(f.look.writer);
		baseline_close(f.known);
		fim_belief_end(&f.belief);
		if (f.lock >= 0)
			(void)close(f.lock);
		return code;
	}
	complain("fim: there is no \"%s\"; there are init, check, accept, watch, list and sign",
		 call->operands[0]);
	return EXIT_USAGE;
}
