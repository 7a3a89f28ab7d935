/* SPDX-License-Identifier: MIT */
/* assay status, assay reload: the guard that runs. */
#include "cmd/guard_status.h"

#include "base/json.h"
#include "cmd/complain.h"
#include "cmd/guard_policy.h"
#include "cmd/page.h"
#include "structure/json_read.h"
#include <errno.h>
#include <string.h>

#define NAMES        15 /* columns */
#define NUMBERS      8
#define STATUS_ARENA ((size_t)4 << 20)

/* What each mode does, in words. */
static const char *const modes[] = {
	[GUARD_NO_MODE] = "",
	[GUARD_LEARN] = "everything runs; what the mode allowlist would deny is recorded",
	[GUARD_DENYLIST] = "what a line denies does not run",
	[GUARD_ALLOWLIST] = "only what a line allows runs",
};

/* What is counted, in words, and from which number on that is worth knowing. */
static const struct {
	const char *name, *text;
	unsigned from;
} counts[] = {
  /* clang-format off */
	{ "asked", "runs and opens that the kernel asked about", 0 },
	{ "answered_from_memory", "of them, about files that have not changed since", 1 },
	{ "opens_passed", "opens that nobody runs, passed at once", 1 },
	{ "judged", "of them, for which the file was read", 1 },
	{ "denied", "of them, not let run", 0 },
	{ "would_deny", "of them, let run only because of the mode", 0 },
	{ "failed", "decided without knowing: too late, not readable, being written to", 1 },
	{ "raceable", "run from where nobody can be kept from writing meanwhile", 1 },
	{ "rescued", "answered by the supervisor, for a watcher that was dead or stuck", 1 },
	{ "lost_by_kernel", "questions that the kernel could not keep, and allowed", 1 },
	{ "untold", "events that could not be kept", 1 },
	{ "unlogged", "events that a log of the host did not take", 1 },
	{ "watchers_started", "watchers started: those before died, or got stuck", 2 },
	{ "deciders_started", "deciders started: those before died, or got stuck", 2 },
	{ "recorders_started", "recorders started: those before died, or got stuck", 2 },
	{ "scouts_started", "scouts started: those before died, or got stuck", 2 },
	{ "file_systems", "file systems guarded", 0 },
	{ "file_systems_unmarked", "file systems that should be guarded, and cannot", 1 },
	{ "file_systems_remote", "file systems of a network, which nobody named: not guarded", 1 },
	{ "file_systems_served", "file systems that others serve, by FUSE or a network: guarded", 1 },
	{ "file_systems_silent", "servers of them that do not answer: programs there wait, or are denied", 1 },
	{ "refused_unread", "denied, for nobody could open the file", 1 },
	{ "denied_in_kernel", "denied by the kernel itself", 1 },
	{ "unvetted_in_kernel", "seen by the kernel, and not vetted as they were", 1 },
	{ "left_behind", "processes that are killed, and wait for a server all the same", 1 },
	{ "scouts_lacking", "so many of them are scouts that nobody looks for file systems of others", 1 },
	{ "name_spaces", "name spaces of mounts that were looked into", 1 },
	{ "file_systems_elsewhere", "file systems guarded in them", 1 },
	{ "file_systems_elsewhere_unmarked", "file systems in them that cannot be guarded", 1 },
	{ "file_systems_nowhere", "file systems that only a running program showed", 1 },
	{ "found_running", "programs that ran before anybody was asked", 1 },
	{ "running_verified", "programs that ran already, and were judged", 1 },
	{ "running_would_deny", "of them, what would not have been let run", 1 },
  /* clang-format on */
};

enum status guard_ask(const struct invocation *call, enum control_word word,
		      struct guard_told *out)
{
	*out = (struct guard_told){ .answer = { .limit = CONTROL_MAX_ANSWER },
				    .arena = ARENA_INIT(STATUS_ARENA) };
	TRY(control_ask(guard_socket_path(&call->settings), word, &out->answer));
	return json_read(&out->arena, buffer_span(&out->answer), &out->status);
}

void guard_told_free(struct guard_told *told)
{
	buffer_free(&told->answer);
	arena_free(&told->arena);
}

static struct span text_of(const struct guard_told *told, const char *name)
{
	const struct json_value *v = told->status ? json_member(told->status, name) : NULL;

	return v && v->kind == JSON_KIND_STRING ? v->text : SPAN_NONE;
}

enum guard_mode guard_told_mode(const struct guard_told *told)
{
	struct span word = text_of(told, "mode");

	for (int i = GUARD_LEARN; i <= GUARD_ALLOWLIST; i++)
		if (span_equal(word, SPAN_TEXT(guard_mode_word((enum guard_mode)i))))
			return (enum guard_mode)i;
	return GUARD_NO_MODE;
}

/* It does not answer: why, and what helps. */
static int unanswered(const struct invocation *call, enum status status, int error)
{
	const char *socket = guard_socket_path(&call->settings);

	if (status != STATUS_IO)
		complain("the guard's answer makes no sense");
	else if (error == EACCES)
		complain("%s: %s; only root may ask the guard", socket, strerrordesc_np(error));
	else
		complain("no guard answers at %s (%s); it is started with: systemctl "
			 "start assayd, or, as root, assayd",
			 socket, strerrordesc_np(error));
	return EXIT_INCOMPLETE;
}

/* ---- the page ---- */

static void name_add(struct buffer *out, const char *name)
{
	buffer_printf(out, "%-*s ", NAMES, name);
}

static void text_line(struct buffer *out, const char *name, struct span text)
{
	if (text.len == 0)
		return;
	name_add(out, name);
	buffer_add(out, text);
	buffer_char(out, '\n');
}

static void mode_line(struct buffer *out, const struct guard_told *told)
{
	enum guard_mode mode = guard_told_mode(told);

	name_add(out, "mode");
	buffer_printf(out, "%s: %s\n", guard_mode_word(mode), modes[mode]);
}

/* Which tier, and why the kernel does not refuse by itself. */
static void tier_lines(struct buffer *out, const struct guard_told *told)
{
	const struct json_value *tier = json_member(told->status, "tier_a");
	const struct json_value *reason = json_member(tier, "reason");
	const struct json_value *kernel = json_member(tier, "kernel");
	uint64_t number = 0;

	name_add(out, "tier");
	buffer_add(out, text_of(told, "tier"));
	buffer_text(out, span_equal(text_of(told, "tier"), SPAN_LITERAL("A"))
				 ? ": the kernel itself refuses what is known"
				 : ": the kernel asks each time");
	if (kernel && kernel->kind == JSON_KIND_STRING) {
		buffer_text(out, "; Linux ");
		buffer_add(out, kernel->text);
	}
	buffer_char(out, '\n');
	if (!reason || reason->kind != JSON_KIND_STRING)
		return;
	name_add(out, "no tier A");
	buffer_add(out, reason->text);
	if (json_whole(json_member(tier, "errno"), &number) && number > 0)
		buffer_printf(out, " (%s)", strerrordesc_np((int)number));
	buffer_char(out, '\n');
}

static bool is_true(const struct json_value *v)
{
	return v && v->kind == JSON_KIND_TRUE;
}

/* "deny site number 3, signed by 0123456789abcdef, files: 5", one a line. */
static void lists_lines(struct buffer *out, const struct json_value *lists)
{
	for (const struct json_value *v = lists ? lists->first : NULL; v; v = v->next) {
		static const char *const parts[] = { "list", "name", "number", "signer",
						     "files" };
		static const char *const before[] = { "", " ", " number ", ", signed by ",
						      ", files: " };

		name_add(out, v == lists->first ? "signed lists" : "");
		for (size_t i = 0; i < COUNT_OF(parts); i++) {
			const struct json_value *part = json_member(v, parts[i]);

			buffer_text(out, before[i]);
			buffer_add(out, part ? part->text : SPAN_NONE);
		}
		buffer_text(out, is_true(json_member(v, "stale")) ? ", stale" : "");
		buffer_text(out, is_true(json_member(v, "vouched")) ? "\n" : ", unvouched\n");
	}
}

static void counts_lines(struct buffer *out, const struct json_value *all)
{
	for (size_t i = 0, n = 0; i < COUNT_OF(counts); i++) {
		uint64_t number = 0;

		if (!json_whole(json_member(all, counts[i].name), &number) ||
		    number < counts[i].from)
			continue;
		name_add(out, n++ == 0 ? "counts" : "");
		buffer_printf(out, "%*llu  %s: %s\n", NUMBERS, (unsigned long long)number,
			      counts[i].name, counts[i].text);
	}
}

static void status_page(struct buffer *out, const struct guard_told *told)
{
	const struct json_value *status = told->status;
	const struct json_value *gaps = json_member(status, "not_covered");
	const struct json_value *lines = json_member(status, "policy_lines");

	mode_line(out, told);
	tier_lines(out, told);
	text_line(out, "interpreters", text_of(told, "interpreters"));
	text_line(out, "policy lines", lines ? lines->text : SPAN_NONE);
	text_line(out, "problem", text_of(told, "problem"));
	lists_lines(out, json_member(status, "signed_lists"));
	text_line(out, "problem", text_of(told, "lists_problem"));
	text_line(out, "problem", text_of(told, "anchors_problem"));
	text_line(out, "problem", text_of(told, "packages_problem"));
	text_line(out, "problem", text_of(told, "events_problem"));
	counts_lines(out, json_member(status, "counts"));
	for (const struct json_value *v = gaps ? gaps->first : NULL; v; v = v->next)
		text_line(out, v == gaps->first ? "not covered" : "", v->text);
}

int guard_status(const struct invocation *call)
{
	static const char *const problems[] = { "problem", "lists_problem", "anchors_problem",
						"packages_problem", "events_problem" };
	CLEANUP(buffer_free) struct buffer page = BUFFER_INIT;
	CLEANUP(guard_told_free) struct guard_told told;
	enum status status = guard_ask(call, CONTROL_STATUS, &told);
	int code = EXIT_PASS;

	if (status != STATUS_OK)
		return unanswered(call, status, errno);
	if (call->settings.format == EXPORT_JSON)
		buffer_add(&page, buffer_span(&told.answer));
	else
		status_page(&page, &told);
	for (size_t i = 0; i < COUNT_OF(problems); i++)
		if (text_of(&told, problems[i]).len > 0)
			code = EXIT_VIOLATION;
	return page_print(&page) == EXIT_PASS ? code : EXIT_INCOMPLETE;
}

/* ---- what it goes by ---- */

/* One line of what is wrong with what it read; false: nothing is. */
static bool problem_tell(const struct guard_told *told)
{
	static const char *const others[] = { "lists_problem", "anchors_problem",
					      "packages_problem" };
	struct span problem = text_of(told, "problem");
	const struct json_value *lines = json_member(told->status, "policy_lines");

	for (size_t i = 0; i < COUNT_OF(others); i++) {
		struct span other = text_of(told, others[i]);

		if (other.len > 0)
			complain("%.*s", (int)other.len, (const char *)other.ptr);
	}
	if (problem.len == 0)
		return false;
	complain("%.*s; the guard goes on in the mode %s, with %.*s lines", (int)problem.len,
		 (const char *)problem.ptr, guard_mode_word(guard_told_mode(told)),
		 lines ? (int)lines->text.len : 0, lines ? (const char *)lines->text.ptr : "");
	return true;
}

/* Nearly all of the section guard is read when the guard starts; this much of that it tells. */
static void interpreters_tell(const struct invocation *call, const struct guard_told *told)
{
	bool strict = span_equal(text_of(told, "interpreters"), SPAN_TEXT("strict"));

	if (strict != call->settings.guard_strict)
		complain(
			"the guard was started with interpreters = %s, and goes on so until it "
			"is started again",
			strict ? "strict" : "off");
}

static int read_again(const struct invocation *call, const struct guard_told *told)
{
	CLEANUP(buffer_free) struct buffer page = BUFFER_INIT;
	bool wrong = problem_tell(told);

	interpreters_tell(call, told);
	if (call->settings.format == EXPORT_JSON)
		buffer_add(&page, buffer_span(&told->answer));
	else if (!wrong)
		mode_line(&page, told);
	if (page_print(&page) != EXIT_PASS)
		return EXIT_INCOMPLETE;
	/* What was asked for was not done, or not all of it. */
	return wrong || text_of(told, "anchors_problem").len > 0 ? EXIT_USAGE : EXIT_PASS;
}

/* Of the policy that it goes by; 0: unknown. */
static uint64_t epoch_of(const struct guard_told *told)
{
	uint64_t epoch = 0;

	if (!json_whole(json_member(told->status, "policy_epoch"), &epoch))
		epoch = 0;
	return epoch;
}

int guard_tell(const struct invocation *call, const char *what)
{
	CLEANUP(guard_told_free) struct guard_told before;
	CLEANUP(guard_told_free) struct guard_told told = { .answer = BUFFER_INIT };
	enum status status = guard_ask(call, CONTROL_STATUS, &before);

	if (status == STATUS_IO && (errno == ENOENT || errno == ECONNREFUSED))
		return EXIT_PASS;
	if (status == STATUS_OK)
		status = guard_ask(call, CONTROL_RELOAD, &told);
	if (status != STATUS_OK) {
		complain("%s changed, but the guard does not answer: %s", what,
			 status == STATUS_IO ? strerrordesc_np(errno) : status_text(status));
		return EXIT_INCOMPLETE;
	}
	if (!problem_tell(&told) || epoch_of(&told) != epoch_of(&before))
		return EXIT_PASS;
	complain("%s changed, but the guard does not go by that before this is mended", what);
	return EXIT_VIOLATION;
}

int guard_reload(const struct invocation *call)
{
	CLEANUP(guard_told_free) struct guard_told told;
	enum status status = guard_ask(call, CONTROL_RELOAD, &told);

	if (status != STATUS_OK)
		return unanswered(call, status, errno);
	return read_again(call, &told);
}

void guard_mode_json(struct buffer *out, enum guard_mode mode, const struct guard_told *told)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.mode/1");
	json_text(&j, "mode", guard_mode_word(mode));
	json_text(&j, "running", told ? guard_mode_word(guard_told_mode(told)) : NULL);
	json_end(&j);
	buffer_char(out, '\n');
}

/* It is set, and nobody has to go by it now. */
static int mode_waits(const struct invocation *call, enum guard_mode mode)
{
	CLEANUP(buffer_free) struct buffer page = BUFFER_INIT;

	if (call->settings.format == EXPORT_JSON)
		guard_mode_json(&page, mode, NULL);
	else
		buffer_printf(&page,
			      "%-*s %s: %s; no guard runs now: it has it when assayd starts\n",
			      NAMES, "mode", guard_mode_word(mode), modes[mode]);
	return page_print(&page);
}

static int mode_counts(const struct invocation *call, enum guard_mode mode,
		       const struct guard_told *told)
{
	CLEANUP(buffer_free) struct buffer page = BUFFER_INIT;

	if (call->settings.format != EXPORT_JSON)
		return read_again(call, told);
	guard_mode_json(&page, mode, told);
	if (page_print(&page) != EXIT_PASS)
		return EXIT_INCOMPLETE;
	return problem_tell(told) ? EXIT_USAGE : EXIT_PASS;
}

int guard_mode_tell(const struct invocation *call, enum guard_mode mode)
{
	CLEANUP(guard_told_free) struct guard_told told;
	enum status status = guard_ask(call, CONTROL_RELOAD, &told);
	int error = errno;

	if (status == STATUS_OK && text_of(&told, "problem").len == 0 &&
	    guard_told_mode(&told) != mode) {
		complain("guard: the mode %s is set, but the guard that runs goes on in the "
			 "mode "
			 "%s: the configuration that it was started with says so",
			 guard_mode_word(mode), guard_mode_word(guard_told_mode(&told)));
		if (call->settings.format == EXPORT_JSON &&
		    mode_counts(call, mode, &told) != EXIT_PASS)
			return EXIT_INCOMPLETE;
		return EXIT_VIOLATION;
	}
	if (status == STATUS_OK)
		return mode_counts(call, mode, &told);
	if (status != STATUS_IO || (error != ENOENT && error != ECONNREFUSED))
		return unanswered(call, status, error);
	return mode_waits(call, mode);
}

int cmd_status(struct invocation *call)
{
	int code = page_operands(call, 0, 0);

	return code == EXIT_PASS ? guard_status(call) : code;
}

int cmd_reload(struct invocation *call)
{
	int code = page_operands(call, 0, 0);

	return code == EXIT_PASS ? guard_reload(call) : code;
}
