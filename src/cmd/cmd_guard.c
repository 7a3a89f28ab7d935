/* SPDX-License-Identifier: MIT */
/* assay guard: what the guard would say of a file, its mode, what it learns. */
#include "base/json.h"
#include "base/limits.h"
#include "cmd/complain.h"
#include "cmd/config.h"
#include "cmd/guard_policy.h"
#include "cmd/guard_status.h"
#include "cmd/learn.h"
#include "cmd/page.h"
#include "cmd/session.h"
#include "cmd/signals.h"
#include "cmd/target.h"
#include "daemon/control.h"
#include "daemon/run_facts.h"
#include "evidence/evidence.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE_FOLDER "/etc/assay/assay.conf.d"
#define MODE_NAME   "guard-mode.conf"
#define MODE_FILE   MODE_FOLDER "/" MODE_NAME

/* What the guard would say. */
struct checked {
	const char *path;
	const struct report *report;
	const struct decider_policy *policy;
	const char *package; /* NULL: not known */
	struct policy_decision by;
	struct guard_answer answer;
};

static void checked_text(struct buffer *out, const struct checked *c)
{
	struct guard_why why;

	text_path(out, c->path);
	buffer_printf(out, ": %s", c->answer.allow ? "runs" : "is denied");
	if (c->answer.would_deny)
		buffer_text(out, c->by.action == POLICY_DENY && !c->answer.by_fault
					 ? " (the modes denylist and allowlist would deny it)"
					 : " (the mode allowlist would deny it)");
	buffer_printf(out, "\n  mode     %s\n  verdict  ", guard_mode_word(c->policy->mode));
	buffer_printf(out, "%s: ", assay_verdict_word(c->report->verdict));
	text_sentence(out, c->report);
	buffer_text(out, "\n  line     ");
	if (c->by.line) {
		policy_line_place(out, &c->policy->policy, c->by.line);
		buffer_text(out, " ");
		json_quote(out, policy_text_at(&c->policy->policy, c->by.line->rule));
	} else {
		buffer_text(out, "none matched: the mode decides");
	}
	if (c->package)
		buffer_printf(out, "\n  package  %s", c->package);
	why = guard_why(&c->answer, &c->by);
	if (why.ground != GUARD_NO_GROUND)
		buffer_text(out, "\n  why      ");
	guard_why_write(out, &why);
	buffer_char(out, '\n');
}

static void checked_json(struct buffer *out, const struct checked *c)
{
	CLEANUP(buffer_free) struct buffer place = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct guard_why why = guard_why(&c->answer, &c->by);
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.guard/1");
	page_path_json(&j, SPAN_TEXT(c->path));
	json_bool(&j, "allow", c->answer.allow);
	json_bool(&j, "would_deny", c->answer.would_deny);
	json_text(&j, "mode", guard_mode_word(c->policy->mode));
	json_text(&j, "verdict", assay_verdict_word(c->report->verdict));
	json_bool(&j, "incomplete", c->by.incomplete);
	if (c->by.line) {
		policy_line_place(&place, &c->policy->policy, c->by.line);
		json_text(&j, "line", buffer_string(&place, 0));
		json_span(&j, "name", policy_text_at(&c->policy->policy, c->by.line->rule));
	}
	guard_why_write(&text, &why);
	json_text(&j, "package", c->package);
	json_text(&j, "why", text.len > 0 ? buffer_string(&text, 0) : NULL);
	json_end(&j);
	buffer_char(out, '\n');
}

/* The name of the package that it is of; NULL: none, or nobody knows. */
static const char *package_of(struct arena *a, const struct decider_policy *policy,
			      const struct report *report)
{
	struct policy_value v = { 0 };

	if (report->has_sha256)
		v = installed_package(policy->installed, SPAN_OF(report->sha256));
	return v.state == POLICY_KNOWN ? arena_string(a, v.bytes) : NULL;
}

static int check_report(struct session *s, struct arena *a, const char *path,
			const struct source_identity *file, const struct decider_policy *policy,
			const struct report *report)
{
	const struct run run = { .report = report,
				 .file = *file,
				 .path = SPAN_TEXT(path),
				 .event = POLICY_EVENT_EXEC };
	struct policy_subject subject = run_subject(policy, &run);
	struct checked c = { .path = path,
			     .report = report,
			     .policy = policy,
			     .package = package_of(a, policy, report) };

	policy_subject_set(&subject, POLICY_USER, policy_number(getuid()));
	c.answer = run_decide(&policy->policy, policy->mode, &subject, &c.by);
	if (s->settings->format == EXPORT_JSON)
		checked_json(&s->output.text, &c);
	else
		checked_text(&s->output.text, &c);
	if (!session_close(s) || report->verdict == ASSAY_VERDICT_ERROR)
		return EXIT_INCOMPLETE;
	return c.answer.allow && !c.answer.would_deny ? EXIT_PASS : EXIT_VIOLATION;
}

/* @path is what the kernel would call it: absolute, without links. */
static int check_file(struct invocation *call, const char *path,
		      const struct decider_policy *policy)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(FILE_ARENA_BYTES);
	struct session_plan plan = { .policy = EXIT_POLICY_STRICT,
				     .with_sha256 = true,
				     .names_files = true,
				     .max_threads = 1,
				     .targets = &path,
				     .n_targets = 1 };
	struct engine_file file = { .fd = -1 };
	struct session session;
	struct target target;
	struct source_identity id;
	struct report report;
	int code;

	signals_watch();
	code = (int)session_open(&session, call, &plan);
	if (code != EXIT_PASS)
		return code;
	target = target_open(path);
	file.fd = target.fd;
	if (target.fd < 0 || source_identify(target.fd, &id) != STATUS_OK) {
		complain("%s: %s", path, target.why);
		session_abandon(&session);
		return EXIT_INCOMPLETE;
	}
	if (!session_judge(&session, &file, &arena, &report)) {
		session_abandon(&session);
		return EXIT_INCOMPLETE;
	}
	return check_report(&session, &arena, path, &id, policy, &report);
}

/* Where a line asks for packages, what is not known of them counts. */
static int check_with(struct invocation *call, const char *path, struct decider_policy *policy)
{
	if (decider_asks_packages(&policy->policy) && installed_problem(policy->installed))
		complain("%s", installed_problem(policy->installed));
	return check_file(call, path, policy);
}

static int guard_check(struct invocation *call)
{
	struct guard_policy_from from = { .settings = &call->settings, .packages = true };
	struct decider_policy policy = { .arena = ARENA_INIT(GUARD_POLICY_ARENA) };
	const char *problem = NULL;
	enum status status = guard_policy_load(&from, &policy, &problem);
	char *path = realpath(call->operands[1], NULL);
	int error = errno, code = EXIT_USAGE;

	if (status != STATUS_OK)
		complain("%s", problem ? problem : status_text(status));
	else if (!path) {
		complain("%s: %s", call->operands[1], strerrordesc_np(error));
		code = EXIT_INCOMPLETE;
	} else
		code = check_with(call, path, &policy);
	decider_policy_end(&policy);
	free(path);
	return code;
}

/* The mode that is set; should one run that has another, that is said. */
static int mode_print(const struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	CLEANUP(guard_told_free) struct guard_told told;
	enum guard_mode mode = guard_mode_of(&call->settings);
	bool runs = guard_ask(call, CONTROL_STATUS, &told) == STATUS_OK;

	if (runs && guard_told_mode(&told) != mode)
		complain("guard: the one that runs goes on in the mode %s; assay reload says "
			 "why",
			 guard_mode_word(guard_told_mode(&told)));
	if (call->settings.format == EXPORT_JSON)
		guard_mode_json(&text, mode, runs ? &told : NULL);
	else
		buffer_printf(&text, "%s\n", guard_mode_word(mode));
	return page_print(&text);
}

/* No mode is set that could not begin: with a policy that makes no sense nothing would. */
static bool policy_makes_sense(const struct invocation *call)
{
	struct guard_policy_from from = { .settings = &call->settings };
	struct decider_policy policy = { .arena = ARENA_INIT(GUARD_POLICY_ARENA),
					 .first = true };
	const char *problem = NULL;
	enum status status = guard_policy_load(&from, &policy, &problem);

	if (status != STATUS_OK)
		complain("%s; the mode stays %s", problem ? problem : status_text(status),
			 guard_mode_word(guard_mode_of(&call->settings)));
	arena_free(&policy.arena);
	return status == STATUS_OK;
}

/* Is @file read after MODE_FILE, so that it counts more? */
static bool is_later(const char *file, const struct config_places *places)
{
	const char *name = strrchr(file, '/');

	if (places->named && strcmp(file, places->named) == 0)
		return true;
	return strstr(file, "/assay.conf.d/") && name && strcmp(name, "/" MODE_NAME) > 0;
}

/* Nothing is written that would do nothing: what counts more is told.  The exit code. */
static int mode_overridden(const struct invocation *call, enum guard_mode wanted)
{
	struct config_places places = config_places_system();
	const struct config_value *last = NULL;
	enum guard_mode mode;
	struct config config = { 0 };
	const char *problem = NULL;
	enum status status = config_load(call->arena, &places, &config, &problem);

	if (status != STATUS_OK) {
		complain("%s", problem ? problem : status_text(status));
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < config.n; i++)
		if (config.values[i].key->setting == SETTING_GUARD_MODE)
			last = &config.values[i];
	if (!last || !is_later(last->file, &places))
		return EXIT_PASS;
	/* An empty one clears it: what nobody sets is to learn. */
	if (!guard_mode_find(last->text, &mode))
		mode = GUARD_LEARN;
	if (mode == wanted)
		return EXIT_PASS;
	complain(
		"%s:%u: sets the mode %s, and counts more than %s: nothing was changed; change "
		"it there",
		last->file, last->line, guard_mode_word(mode), MODE_FILE);
	return EXIT_USAGE;
}

/* In a file of its own; then the guard that runs is told. */
static int mode_change(struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	enum guard_mode mode;

	if (!guard_mode_find(call->operands[1], &mode)) {
		complain("guard: a mode is learn, denylist or allowlist, not \"%s\"",
			 call->operands[1]);
		return EXIT_USAGE;
	}
	if (!policy_makes_sense(call) || mode_overridden(call, mode) != EXIT_PASS)
		return EXIT_USAGE;
	buffer_printf(&text, "# assay guard mode %s\n[guard]\nmode = %s\n",
		      guard_mode_word(mode), guard_mode_word(mode));
	if (!folders_make(MODE_FOLDER, 0755) ||
	    file_replace(MODE_FILE, buffer_span(&text)) != STATUS_OK) {
		complain("guard: %s: %s", MODE_FILE, strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	return guard_mode_tell(call, mode);
}

/* Options that belong to one word only; what would do nothing is refused. */
static const char *option_foreign(const struct settings *s, bool learns)
{
	return !learns && (s->yes || s->last || s->baseline)
		       ? "--yes, --last and --baseline are for learn"
		       : NULL;
}

int cmd_guard(struct invocation *call)
{
	const char *what = call->n_operands > 0 ? call->operands[0] : "status", *foreign;
	int code;

	foreign = option_foreign(&call->settings, strcmp(what, "learn") == 0);
	if (foreign) {
		complain("guard: %s", foreign);
		return EXIT_USAGE;
	}
	if (strcmp(what, "check") == 0) {
		code = page_operands(call, 2, 2);
		return code == EXIT_PASS ? guard_check(call) : code;
	}
	if (strcmp(what, "learn") == 0) {
		code = page_operands(call, 1, SETTINGS_MAX_LIST);
		return code == EXIT_PASS ? guard_learn(call) : code;
	}
	if (strcmp(what, "mode") == 0) {
		code = page_operands(call, 1, 2);
		if (code != EXIT_PASS)
			return code;
		return call->n_operands == 1 ? mode_print(call) : mode_change(call);
	}
	if (strcmp(what, "status") != 0) {
		complain("guard: status, check FILE, mode or learn, not \"%s\"", what);
		return EXIT_USAGE;
	}
	code = page_operands(call, 0, 1);
	return code == EXIT_PASS ? guard_status(call) : code;
}
