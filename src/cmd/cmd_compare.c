/* SPDX-License-Identifier: MIT */
/* assay compare A B: where two files' signatures come from, and what was copied. */
#include "base/limits.h"
#include "cmd/complain.h"
#include "cmd/page.h"
#include "cmd/session.h"
#include "cmd/signals.h"
#include "cmd/target.h"
#include "countermeasures/file_analysis/compare.h"
#include "evidence/evidence.h"
#include "source/source.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20) /* of both files, compared at once */

/* Both files, and where what is learnt of them lies. */
struct comparing {
	struct session session;
	struct target targets[2];
	int kept[2]; /* descriptors of both for the bytes themselves; -1 */
	struct report reports[2];
	struct arena *arena;
};

/* Standard input may be one of them, and must be read before the process confines itself. */
static bool standard_input_read(struct comparing *c, const struct invocation *call)
{
	for (size_t i = 0; i < 2; i++)
		if (strcmp(call->operands[i], "-") == 0)
			c->targets[i] = target_standard_input(call->settings.max_size);
	return !signals_stop();
}

static bool targets_open(struct comparing *c, const struct invocation *call)
{
	bool good = true;

	for (size_t i = 0; i < 2; i++) {
		if (strcmp(call->operands[i], "-") != 0)
			c->targets[i] = target_open(call->operands[i]);
		if (c->targets[i].fd >= 0)
			continue;
		complain("%s: %s", call->operands[i], c->targets[i].why);
		good = false;
	}
	return good;
}

/* Takes one answer.  False: it has complained. */
static bool answer_take(struct comparing *c, const char *const *paths)
{
	struct pool_answer answer;
	struct span wire;
	size_t i;

	while (!pool_next(c->session.pool, -1, &answer))
		if (signals_stop())
			return false;
	i = answer.ticket != 0;
	wire = arena_copy(c->arena,
			  answer.report); /* the next answer comes to the same place */
	if (answer.timed_out)
		complain("%s: this file took too long", paths[i]);
	else if (answer.died)
		complain("%s: the process that judged this file died", paths[i]);
	else if (wire_decode(c->arena, wire, &c->reports[i]) != STATUS_OK)
		complain("%s: the worker's answer makes no sense", paths[i]);
	else
		return true;
	return false;
}

/* One after the other. */
static bool judge(struct comparing *c, const char *const *paths)
{
	for (size_t i = 0; i < 2; i++) {
		c->kept[i] = fcntl(c->targets[i].fd, F_DUPFD_CLOEXEC, 0);
		if (pool_submit(c->session.pool,
				&(struct engine_file){ .fd = c->targets[i].fd },
				i) != STATUS_OK)
			return false;
		c->targets[i].fd = -1;
		if (!answer_take(c, paths))
			return false;
	}
	return true;
}

static void comparing_close(struct comparing *c)
{
	for (size_t i = 0; i < 2; i++) {
		if (c->targets[i].fd >= 0)
			(void)close(c->targets[i].fd);
		if (c->kept[i] >= 0)
			(void)close(c->kept[i]);
	}
}

/* Are the first @size bytes of both the same?  STATUS_MALFORMED: no. */
static enum status beginnings_compare(struct arena *a, const int *fds, uint64_t size)
{
	struct source sources[2];
	uint8_t *pieces[2];

	for (size_t i = 0; i < 2; i++) {
		pieces[i] = ARENA_NEW(a, uint8_t, PIECE);
		if (!pieces[i])
			return STATUS_NO_MEMORY;
		TRY(source_begin(&sources[i], fds[i]));
	}
	for (uint64_t at = 0; at < size && !signals_stop(); at += PIECE) {
		size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;

		for (size_t i = 0; i < 2; i++)
			TRY(source_read(&sources[i], NULL, at, pieces[i], n));
		if (!span_equal((struct span){ pieces[0], n }, (struct span){ pieces[1], n }))
			return STATUS_MALFORMED;
	}
	TRY(source_end(&sources[0]));
	return source_end(&sources[1]);
}

/* Looks whether the smaller file is the beginning of the other.  False: interrupted. */
static bool beginnings_look(const struct comparing *c, struct comparison_files *files)
{
	uint64_t a = c->reports[0].size, b = c->reports[1].size;

	if (a != b && c->kept[0] >= 0 && c->kept[1] >= 0)
		files->begins =
			beginnings_compare(c->arena, c->kept, a < b ? a : b) == STATUS_OK;
	return !signals_stop();
}

static void comparison_print(struct session *s, const struct comparison *c,
			     const struct comparison_files *files)
{
	const struct settings *set = s->settings;
	bool colour = set->color == WHEN_ALWAYS ||
		      (set->color == WHEN_AUTO && s->output.immediate && !getenv("NO_COLOR"));

	if (set->format == EXPORT_JSON) {
		comparison_json(&s->output.text, c, files);
		buffer_char(&s->output.text, '\n');
	} else {
		comparison_text(&s->output.text, c, files, colour, set->verbose);
	}
}

static int exit_code_of(enum comparison_kind kind)
{
	switch (comparison_origin(kind)) {
	case ORIGIN_UNKNOWN: return EXIT_INCOMPLETE;
	case ORIGIN_SAME: return EXIT_PASS;
	case ORIGIN_DIFFERENT: return EXIT_VIOLATION;
	}
	return EXIT_INCOMPLETE;
}

static int compare(struct comparing *c, struct invocation *call)
{
	struct comparison_files files = {
		.reports = {&c->reports[0],     &c->reports[1]   },
		.paths = { call->operands[0], call->operands[1]},
	};
	struct comparison result;

	if (!targets_open(c, call) || !judge(c, call->operands) ||
	    !beginnings_look(c, &files) ||
	    comparison_make(c->arena, &files, &result) != STATUS_OK) {
		session_abandon(&c->session);
		return EXIT_INCOMPLETE;
	}
	comparison_print(&c->session, &result, &files);
	return session_close(&c->session) ? exit_code_of(result.kind) : EXIT_INCOMPLETE;
}

int cmd_compare(struct invocation *call)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(3 * (size_t)FILE_ARENA_BYTES);
	struct session_plan plan = {
		.policy = EXIT_POLICY_STRICT,
		.with_sha256 = true,
		.compares = true,
		.max_threads = 1,
		.targets = call->operands,
		.n_targets = 2,
	};
	struct comparing c = {
		.targets = {{ .fd = -1 }, { .fd = -1 }},
                  .kept = { -1,          -1          },
                  .arena = &arena
	};
	int code = page_operands(call, 2, 2);

	if (code != EXIT_PASS)
		return code;
	if (strcmp(call->operands[0], "-") == 0 && strcmp(call->operands[1], "-") == 0) {
		complain("compare: standard input can be only one of the two");
		return EXIT_USAGE;
	}
	signals_watch();
	code = EXIT_INCOMPLETE;
	if (standard_input_read(&c, call))
		code = (int)session_open(&c.session, call, &plan);
	if (code == EXIT_PASS)
		code = compare(&c, call);
	comparing_close(&c);
	return code;
}
