/* SPDX-License-Identifier: MIT */
/* assay explain FILE|RULE|SIGN: the whole story of one file, or what a rule or sign means. */
#include "base/limits.h"
#include "cmd/complain.h"
#include "cmd/explain_other.h"
#include "cmd/page.h"
#include "cmd/session.h"
#include "cmd/signals.h"
#include "cmd/target.h"
#include "engine/bundle_folder.h"
#include "evidence/evidence.h"
#include "mimicry/mimicry.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* False: there is no such row. */
static bool explain_a_row(struct buffer *out, const char *id)
{
	const struct rule *rule = rule_find(id);
	const struct weight *weight = weight_find(id);

	if (rule)
		explain_rule(out, rule);
	else if (weight)
		explain_sign(out, weight);
	return rule || weight || explain_other(out, id);
}

static void story(struct session *s, const struct report *r, const char *path)
{
	const struct settings *set = s->settings;
	struct style style = { .verbose = true };

	style.colour = set->color == WHEN_ALWAYS ||
		       (set->color == WHEN_AUTO && s->output.immediate && !getenv("NO_COLOR"));
	if (set->reproduce)
		reproduce_report(&s->output.text, r, path);
	else
		explain_report(&s->output.text, r, path, &style);
}

/* What came of a bundle; an answer is kept, a failure is told at once. */
struct bundle_story {
	struct arena *arena;
	struct report *report;
	const char *path;
	bool told;
};

static bool bundle_stopped(void *context)
{
	(void)context;
	return signals_stop();
}

static void bundle_answer(void *context, struct span inner, struct span report)
{
	struct bundle_story *b = (struct bundle_story *)context;

	(void)inner; /* empty: only the folder itself is asked for */
	b->told = wire_decode(b->arena, report, b->report) == STATUS_OK;
	if (!b->told)
		complain("the process that judged this bundle died");
}

static void bundle_failed(void *context, struct span inner, const char *rule, const char *why)
{
	const struct bundle_story *b = (const struct bundle_story *)context;

	(void)rule;
	complain("%s%s%.*s: %s", b->path, inner.len > 0 ? "/" : "", (int)inner.len, inner.ptr,
		 why);
}

static bool bundle_judge(struct session *s, const char *path, struct arena *a,
			 struct report *report)
{
	struct bundle_story b = { .arena = a, .report = report, .path = path };
	const struct bundle_visit visit = {
		.pool = s->pool,
		.context = &b,
		.stopped = bundle_stopped,
		.answer = bundle_answer,
		.failed = bundle_failed,
	};

	bundle_folder_judge(path, false, &visit);
	return b.told;
}

/* Judges what @target is, or why it is nothing. */
static bool file_judge(struct session *s, const char *path, const struct target *target,
		       bool piped, struct arena *a, struct report *report)
{
	struct engine_file file = { .fd = target->fd };

	if (target->fd < 0) {
		complain("%s: %s%s", path, target->why,
			 piped || access(path, F_OK) == 0
				 ? ""
				 : "; nor is it a rule or sign: assay rules");
		return false;
	}
	if (!piped)
		companions_open(AT_FDCWD, path, &file.beside);
	return session_judge(s, &file, a, report);
}

static int explain_a_file(struct invocation *call, const char *path)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(FILE_ARENA_BYTES);
	struct session_plan plan = {
		.policy = EXIT_POLICY_STRICT,
		.with_sha256 = true,
		.names_files = true,
		.max_threads = 1,
		.targets = call->operands,
		.n_targets = 1,
	};
	bool piped = strcmp(path, "-") == 0;
	bool bundle = !piped && bundle_folder_is(path);
	struct session session;
	struct target target = { .fd = -1 };
	struct report report;
	bool judged;
	int code;

	if ((piped || bundle) && call->settings.reproduce) {
		complain("explain: a script needs a file that has a name; %s",
			 piped ? "standard input has none"
			       : "a bundle is a folder: name its executable");
		return EXIT_USAGE;
	}
	/* Before the process confines itself: a pipe has to be put somewhere. */
	signals_watch();
	if (piped)
		target = target_standard_input(call->settings.max_size);
	if (signals_stop())
		return EXIT_INCOMPLETE;
	code = (int)session_open(&session, call, &plan);
	if (code != EXIT_PASS)
		return code;
	if (!piped && !bundle)
		target = target_open(path);
	judged = bundle ? bundle_judge(&session, path, &arena, &report)
			: file_judge(&session, path, &target, piped, &arena, &report);
	if (!judged) {
		session_abandon(&session);
		return EXIT_INCOMPLETE;
	}
	story(&session, &report, path);
	if (!session_close(&session) || report.verdict == ASSAY_VERDICT_ERROR)
		return EXIT_INCOMPLETE;
	return EXIT_PASS;
}

int cmd_explain(struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer row = BUFFER_INIT;
	int code = page_operands(call, 1, 1);

	if (code != EXIT_PASS)
		return code;
	if (explain_a_row(&row, call->operands[0]))
		return page_print(&row);
	return explain_a_file(call, call->operands[0]);
}
