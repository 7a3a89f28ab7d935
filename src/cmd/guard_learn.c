/* SPDX-License-Identifier: MIT */
/* assay guard learn: proposes lines for what is denied, or would be. */
#include "base/limits.h"
#include "cmd/complain.h"
#include "cmd/fim_believe.h"
#include "cmd/guard_status.h"
#include "cmd/learn.h"
#include "cmd/page.h"
#include "cmd/signals.h"
#include "daemon/run_facts.h"
#include "engine/places.h"
#include "evidence/evidence.h"
#include "evidence/standing.h"
#include "store/baseline.h"
#include "store/events.h"
#include "trust/file.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS_ARENA ((size_t)256 << 20)
#define DROP_INS     "/etc/assay/policy.d"
#define ASK_ABOVE    10 /* lines: then their number must be typed */
#define MAX_DROP_INS 200

/* ---- what was asked about ---- */

struct asked {
	const char *path;
	int64_t id;
	struct span sha256;
};

struct gathering {
	struct arena *arena;
	struct asked *rows;
	size_t n;
	enum status status;
};

static bool event_take(void *context, const struct event *e)
{
	struct gathering *g = (struct gathering *)context;
	struct asked *row = &g->rows[g->n];

	if ((e->kind != EVENT_DENIED && e->kind != EVENT_WOULD_DENY) ||
	    span_at(e->path, 0) != '/')
		return true;
	*row = (struct asked){ .path = arena_string(g->arena, e->path), .id = e->id };
	if (e->sha256.len > 0)
		row->sha256 = arena_copy(g->arena, e->sha256);
	if (!row->path)
		g->status = STATUS_NO_MEMORY;
	g->n++;
	return g->status == STATUS_OK && g->n < EVENTS_MAX_ROWS;
}

/* By path, and the newest first. */
static int by_path(const void *a, const void *b)
{
	const struct asked *x = (const struct asked *)a, *y = (const struct asked *)b;
	int order = strcmp(x->path, y->path);

	return order ? order : (x->id < y->id) - (x->id > y->id);
}

static void file_add(struct learning *l, const struct asked *row, uint64_t n_events)
{
	l->files[l->n++] =
		(struct learnt){ .path = row->path, .n_events = n_events, .was = row->sha256 };
}

static void files_make(struct learning *l, struct gathering *g)
{
	if (g->n > 0)
		qsort(g->rows, g->n, sizeof(g->rows[0]), by_path);
	for (size_t i = 0, end; i < g->n; i = end) {
		for (end = i + 1;
		     end < g->n && strcmp(g->rows[end].path, g->rows[i].path) == 0;)
			end++;
		if (l->n < LEARN_MAX_FILES)
			file_add(l, &g->rows[i], end - i);
		else
			l->n_left_out++;
	}
}

static enum exit_code events_take(struct learning *l)
{
	const char *path = guard_events_path(&l->call->settings), *problem = NULL;
	const struct events_question q = { .last = l->call->settings.last };
	struct gathering g = { .arena = l->arena };
	struct events *events;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return EXIT_PASS; /* there have been none */
	if (guard_events_refused(path))
		return EXIT_INCOMPLETE;
	g.rows = ARENA_NEW(l->arena, struct asked, EVENTS_MAX_ROWS + 1);
	events = g.rows ? events_open(path, false, &problem) : NULL;
	if (!events) {
		complain("%s: %s", path, problem ? problem : "out of memory");
		return EXIT_INCOMPLETE;
	}
	if (g.status == STATUS_OK)
		g.status = events_each(events, &q, event_take, &g);
	events_close(events);
	if (g.status != STATUS_OK) {
		complain("%s: %s", path, status_text(g.status));
		return EXIT_INCOMPLETE;
	}
	files_make(l, &g);
	return EXIT_PASS;
}

static bool is_there(const struct learning *l, const char *path)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->files[i].path, path) == 0)
			return true;
	return false;
}

/* Files that a person names are learnt without having been asked about. */
static enum exit_code operands_take(struct learning *l)
{
	for (size_t i = 1; i < l->call->n_operands; i++) {
		char *real = realpath(l->call->operands[i], NULL);
		struct asked row = { .path = NULL };

		if (real)
			row.path = arena_string(l->arena, SPAN_TEXT(real));
		free(real);
		if (!row.path) {
			complain("%s: %s", l->call->operands[i], strerrordesc_np(errno));
			return EXIT_USAGE;
		}
		if (is_there(l, row.path))
			continue;
		if (l->n < LEARN_MAX_FILES)
			file_add(l, &row, 0);
		else
			l->n_left_out++;
	}
	return EXIT_PASS;
}

/* ---- what was known before ---- */

static enum exit_code owners_take(struct learning *l)
{
	const char **paths = ARENA_NEW(l->arena, const char *, l->n + 1);
	struct permit_owner *owners = ARENA_NEW(l->arena, struct permit_owner, l->n + 1);

	for (size_t i = 0; paths && i < l->n; i++)
		paths[i] = l->files[i].path;
	if (!paths || !owners ||
	    permit_owners_read(l->arena, PERMIT_PACKAGES, paths, l->n, owners) != STATUS_OK) {
		complain("guard: what packages have cannot be read");
		return EXIT_INCOMPLETE;
	}
	for (size_t i = 0; i < l->n; i++)
		l->files[i].owner = owners[i];
	return EXIT_PASS;
}

/* Nobody vouches by a baseline that is not signed, or not the newest. */
static enum exit_code baseline_believe(const struct learning *l, const char *path,
				       const struct baseline *b)
{
	CLEANUP(fim_belief_end) struct fim_belief belief = { .problem = NULL };
	enum exit_code code = fim_serial_find(l->call, path, &belief);

	return code == EXIT_PASS ? fim_believe(l->call, path, b, false, &belief) : code;
}

static enum status baseline_look(struct learning *l, const struct baseline *b)
{
	for (size_t i = 0; i < l->n; i++) {
		struct baseline_record r;
		enum status found = baseline_find(b, SPAN_TEXT(l->files[i].path), &r);

		if (found == STATUS_OK && (r.flags & BASELINE_HAS_SHA256))
			l->files[i].in_baseline = arena_copy(l->arena, SPAN_OF(r.sha256));
		else if (found != STATUS_OK && found != STATUS_NOT_MINE)
			return found;
	}
	return STATUS_OK;
}

/* One that is not there says nothing. */
static enum exit_code baseline_take(struct learning *l)
{
	enum exit_code code = EXIT_PASS;
	const char *path = l->call->settings.baseline, *problem = NULL;
	struct baseline *baseline = NULL;
	enum status status = STATUS_OK;

	if (!path)
		path = places_baseline(l->arena);
	if (path)
		status = baseline_open(l->arena, path, &baseline, &problem);
	if (!path || (status == STATUS_IO && errno == ENOENT && !l->call->settings.baseline))
		return EXIT_PASS;
	if (status == STATUS_OK)
		code = baseline_believe(l, path, baseline);
	if (status == STATUS_OK && code == EXIT_PASS)
		status = baseline_look(l, baseline);
	baseline_close(baseline);
	if (status == STATUS_OK)
		return code;
	complain("%s: %s", path,
		 problem               ? problem
		 : status == STATUS_IO ? strerrordesc_np(errno)
				       : status_text(status));
	return EXIT_INCOMPLETE;
}

/* ---- what is proposed ---- */

/* Does @policy let it run when nothing runs that no line allows? */
static bool is_run(const struct learning *l, const struct policy *policy,
		   const struct learnt *f, const struct report *report,
		   struct policy_decision *by)
{
	const struct run run = { .report = report,
				 .file = f->file,
				 .path = SPAN_TEXT(f->path),
				 .event = POLICY_EVENT_EXEC };
	struct policy_subject subject = run_subject(&l->policy, &run);

	policy_subject_set(&subject, POLICY_USER, policy_number(getuid()));
	return run_decide(policy, GUARD_ALLOWLIST, &subject, by).allow;
}

/* What honest programs do not look like; nobody vouches for it by mistake. */
static bool looks_forged(enum assay_verdict v)
{
	return v == ASSAY_VERDICT_GRAFTED || v == ASSAY_VERDICT_COUNTERFEIT ||
	       v == ASSAY_VERDICT_TAMPERED || v == ASSAY_VERDICT_MISMATCHED ||
	       v == ASSAY_VERDICT_BROKEN || v == ASSAY_VERDICT_STRIPPED ||
	       v == ASSAY_VERDICT_COSTUME || v == ASSAY_VERDICT_PARTIAL;
}

static void grounds_find(struct learnt *f)
{
	if (f->vouched) {
		f->by = LEARN_BY_PACKAGE;
		f->why = "it is its package's, which is installed and has a signed archive";
	} else if (f->archived) {
		f->by = LEARN_BY_PACKAGE;
		f->why = "a signed archive has it, in a package that is not installed";
	} else if (f->verdict == ASSAY_VERDICT_VALID && f->signer_key.len > 0) {
		f->by = LEARN_BY_SIGNER;
		f->why = "it is validly signed";
	} else if (f->package) {
		f->by = LEARN_BY_PACKAGE;
		f->why = "it is as its package has it (by MD5, which no forger fears)";
	} else if (f->in_baseline.len > 0 && span_equal(f->in_baseline, f->sha256)) {
		f->by = LEARN_BY_BASELINE;
		f->why = "it is as it was in the baseline";
	}
	if (f->as_packaged && f->in_baseline.len > 0 && f->by == LEARN_BY_PACKAGE &&
	    !f->vouched && !f->archived)
		f->why = span_equal(f->in_baseline, f->sha256)
				 ? "it is as its package has it, and as in the baseline"
				 : f->why;
}

static void refuse(struct learnt *f, const char *why)
{
	f->outcome = LEARN_REFUSED;
	f->by = LEARN_BY_NOTHING;
	f->why = why;
}

/* Whose it is: by its bytes, by the archive that signed it, or by a digest that is no proof. */
static enum status package_take(struct learning *l, struct learnt *f,
				const struct report_signature *s)
{
	struct policy_value v = installed_package(l->policy.installed, f->sha256);

	f->vouched = v.state == POLICY_KNOWN;
	f->archived = !f->vouched && f->verdict == ASSAY_VERDICT_VALID && s && s->scheme &&
		      strcmp(s->scheme, "package") == 0 && s->program_name;
	if (f->vouched)
		f->package = arena_string(l->arena, v.bytes);
	else if (f->archived)
		f->package = arena_string(l->arena, SPAN_TEXT(s->program_name));
	else
		f->package = f->as_packaged ? f->owner.package : NULL;
	return (f->vouched || f->archived) && !f->package ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status facts_take(struct learning *l, struct learnt *f, const struct report *report)
{
	const struct report_signature *s = report_deciding(report);
	const char *name;

	f->verdict = report->verdict;
	if (report->has_sha256)
		f->sha256 = arena_copy(l->arena, SPAN_OF(report->sha256));
	TRY(package_take(l, f, s));
	if (!s)
		return STATUS_OK;
	f->signer_key = arena_copy(l->arena, report_signer_key(report, s));
	name = report_signer(report, s);
	if (name)
		f->signer = arena_string(l->arena, SPAN_TEXT(name));
	return STATUS_OK;
}

static void decide(struct learning *l, struct learnt *f, const struct report *report)
{
	struct policy_decision by = { .line = NULL };

	f->outcome = LEARN_PROPOSED;
	if (is_run(l, &l->policy.policy, f, report, &by)) {
		f->outcome = LEARN_RUNS;
		f->why = "it is let run by now";
		return;
	}
	grounds_find(f);
	if (looks_forged(f->verdict))
		refuse(f, "it looks forged; assay explain FILE says why");
	else if (f->was.len > 0 && !span_equal(f->was, f->sha256))
		refuse(f, "it has changed since it was asked about");
	else if (f->sha256.len == 0)
		f->outcome = LEARN_UNJUDGED;
	else if (by.line && !by.line->is_default && by.action == POLICY_DENY)
		refuse(f, "a line or a list denies it");
	else if (f->by == LEARN_BY_NOTHING)
		refuse(f, "nobody vouches for it: no signer, no package, no baseline; assay "
			  "allow add, if you do");
}

/* Calls @each with each file that was judged and its report. */
static enum status reports_each(struct learning *l,
				enum status (*each)(struct learning *l, struct learnt *f,
						    const struct report *report))
{
	for (size_t i = 0; i < l->n; i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
		struct learnt *f = &l->files[i];
		struct report report;
		enum status status;

		f->why = f->report.len == 0 ? "it cannot be read" : f->why;
		if (f->report.len == 0)
			continue;
		status = wire_decode(&a, f->report, &report);
		if (status == STATUS_NO_MEMORY)
			return status;
		if (status == STATUS_OK && report.verdict != ASSAY_VERDICT_ERROR)
			TRY(each(l, f, &report));
		else
			f->why = "it could not be judged";
	}
	return STATUS_OK;
}

static enum status file_decide(struct learning *l, struct learnt *f,
			       const struct report *report)
{
	TRY(facts_take(l, f, report));
	decide(l, f, report);
	return STATUS_OK;
}

/* ---- the proposal against what was asked ---- */

static enum status file_try(struct learning *l, struct learnt *f, const struct report *report)
{
	struct policy_decision by;

	f->would_run = is_run(l, &l->proposed, f, report, &by);
	return STATUS_OK;
}

/* The first drop-in of ours that is not there yet. */
static bool file_name(struct learning *l)
{
	for (int i = 1; i <= MAX_DROP_INS; i++) {
		struct stat st;

		l->file = arena_printf(l->arena, DROP_INS "/50-learnt-%03d" POLICY_SUFFIX, i);
		if (!l->file)
			return false;
		if (lstat(l->file, &st) != 0)
			return errno == ENOENT || errno == ENOTDIR;
	}
	return false;
}

static enum exit_code proposal_try(struct learning *l)
{
	struct policy_from from = policy_from_system(POLICY_KIND_GUARD);
	struct policy_problems problems = { 0 };
	const char *problem = NULL;
	enum status status;

	from.guard = &l->call->settings.guard_built_in;
	from.look_at_places = true;
	from.more_name = l->file;
	from.more_text = buffer_span(&l->text);
	status = guard_policy_signed(l->arena, &l->policy.signed_lists, &from, &problem);
	if (status == STATUS_OK)
		status = policy_load(l->arena, &from, &problems, &l->proposed, &problem);
	if (status == STATUS_USAGE && !problem && problems.n > 0)
		problem = guard_policy_problem(l->arena, &problems);
	if (status == STATUS_OK)
		status = reports_each(l, file_try);
	if (status == STATUS_OK)
		return EXIT_PASS;
	complain("guard: %s", problem ? problem : status_text(status));
	return EXIT_INCOMPLETE;
}

/* A person has seen it. */
static int promote(struct learning *l)
{
	const struct settings *s = &l->call->settings;

	if (s->yes_count ? s->yes_count != l->n_lines : l->n_lines > ASK_ABOVE) {
		complain("guard: %zu lines; to put all of them in force: --yes=%zu", l->n_lines,
			 l->n_lines);
		return EXIT_USAGE;
	}
	if (!folders_make(DROP_INS, 0755) ||
	    file_replace(l->file, buffer_span(&l->text)) != STATUS_OK) {
		complain("guard: %s: %s", l->file, strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	l->promoted = true;
	return EXIT_PASS;
}

/* Why packaged programs get lines of digests, which hold until the next upgrade. */
static void packages_complain(const struct learning *l)
{
	const char *problem = installed_problem(l->policy.installed);

	for (size_t i = 0; problem && i < l->n; i++)
		if (l->files[i].outcome == LEARN_PROPOSED &&
		    l->files[i].by == LEARN_BY_PACKAGE && !l->files[i].vouched) {
			complain("guard: by digest, not by package: %s", problem);
			return;
		}
}

static int learn_run(struct learning *l)
{
	const struct settings *s = &l->call->settings;
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	int code = EXIT_PASS, printed;

	if (reports_each(l, file_decide) != STATUS_OK || learn_write(l) != STATUS_OK ||
	    !file_name(l)) {
		complain("guard: %s",
			 l->file ? "no more proposals fit into " DROP_INS : "out of memory");
		return EXIT_INCOMPLETE;
	}
	if (l->n_lines > 0)
		code = (int)proposal_try(l);
	if (code == EXIT_PASS && s->yes && l->n_lines > 0)
		code = promote(l);
	learn_print(l, &out);
	packages_complain(l);
	printed = page_print(&out);
	if (l->promoted && printed == EXIT_PASS)
		printed = guard_tell(l->call, "the policy");
	if (l->n_left_out > 0)
		complain("guard: %zu file%s left out; promote these, and learn again",
			 l->n_left_out, l->n_left_out == 1 ? " was" : "s were");
	return code == EXIT_PASS ? printed : code;
}

int guard_learn(struct invocation *call)
{
	struct guard_policy_from from = { .settings = &call->settings, .packages = true };
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(EVENTS_ARENA);
	struct learning l = { .call = call,
			      .arena = &arena,
			      .policy = { .arena = ARENA_INIT(GUARD_POLICY_ARENA) },
			      .text = { .limit = LEARN_MAX_TEXT } };
	const char *problem = NULL;
	int code = EXIT_PASS;

	signals_watch();
	l.files = ARENA_NEW(&arena, struct learnt, LEARN_MAX_FILES);
	if (!l.files || guard_policy_load(&from, &l.policy, &problem) != STATUS_OK) {
		complain("guard: %s", problem ? problem : "out of memory");
		code = EXIT_USAGE;
	}
	if (code == EXIT_PASS)
		code = (int)events_take(&l);
	if (code == EXIT_PASS)
		code = (int)operands_take(&l);
	if (code == EXIT_PASS)
		code = (int)owners_take(&l);
	if (code == EXIT_PASS)
		code = (int)baseline_take(&l);
	if (code == EXIT_PASS && l.n > 0)
		code = (int)learn_judge(&l);
	if (code == EXIT_PASS)
		code = learn_run(&l);
	buffer_free(&l.text);
	decider_policy_end(&l.policy);
	return code;
}
