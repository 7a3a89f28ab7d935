/* SPDX-License-Identifier: MIT */
/* assay permit: plans, list, undo; D3FEND: Local File Permissions (D3-LFP). */
#include "base/clock.h"
#include "cmd/complain.h"
#include "cmd/page.h"
#include "cmd/permit.h"
#include "cmd/permit_page.h"
#include "cmd/signals.h"
#include "engine/places.h"
#include <errno.h>

const char *permit_journal(const struct invocation *call)
{
	const char *folder = call->settings.permit_journal;

	if (!folder)
		folder = places_journal(call->arena);
	if (!folder)
		complain("permit: you have no home folder for a journal of your own");
	return folder;
}

/* The values were tried when they were read. */
static bool statements_add(const struct invocation *call, const struct text_list *list,
			   enum permit_statement_kind kind, struct permit_statement *all,
			   size_t *n)
{
	const char *why = NULL;

	for (size_t i = 0; i < list->n; i++)
		if (permit_statement_parse(call->arena, kind, list->items[i], &all[(*n)++],
					   &why) != STATUS_OK)
			return false;
	return true;
}

struct permit_statement *permit_statements(const struct invocation *call, size_t *n)
{
	const struct settings *set = &call->settings;
	size_t room = set->permit_protect.n + set->permit_mounts.n + set->permit_denied.n;
	struct permit_statement *all =
		ARENA_NEW(call->arena, struct permit_statement, room + 1);

	*n = 0;
	if (all &&
	    statements_add(call, &set->permit_protect, PERMIT_STATEMENT_PROTECT, all, n) &&
	    statements_add(call, &set->permit_mounts, PERMIT_STATEMENT_MOUNT, all, n) &&
	    statements_add(call, &set->permit_denied, PERMIT_STATEMENT_DENY, all, n))
		return all;
	complain("permit: out of memory");
	return NULL;
}

static int refused(enum status status, const char *problem)
{
	complain("permit: %s", problem ? problem : status_text(status));
	return status == STATUS_USAGE ? EXIT_USAGE : EXIT_INCOMPLETE;
}

static int list_print(struct invocation *call, struct buffer *out)
{
	const char *folder = permit_journal(call), *problem = NULL;
	struct permit_ledger ledger;
	enum status status;

	if (!folder)
		return EXIT_USAGE;
	status = permit_ledger_read(call->arena, folder, &ledger, &problem);
	if (status != STATUS_OK)
		return refused(status, problem);
	for (size_t i = 0; i < ledger.n; i++) {
		if (!call->settings.all && !permit_active(&ledger.operations[i]))
			continue;
		if (call->settings.format == EXPORT_JSON)
			permit_operation_json(out, call->arena, &ledger.operations[i]);
		else
			permit_operation_text(out, call->arena, &ledger.operations[i]);
	}
	if (!ledger.health.damaged && !ledger.health.cut)
		return EXIT_PASS;
	complain("permit: the journal in %s is damaged: some operations may be missing",
		 folder);
	return EXIT_INCOMPLETE;
}

/* One id; the exit code. */
static int undo_one(struct invocation *call, struct permit_actor *actor, const char *digits,
		    struct buffer *out)
{
	const struct settings *set = &call->settings;
	const struct permit_undo_wish wish = { set->force, set->with_setuid, set->dry_run };
	const char *problem = NULL;
	const struct permit_operation *found =
		permit_ledger_find(&actor->ledger, digits, &problem);
	struct permit_outcome outcome;
	struct permit_operation op;
	enum status status;

	if (!found) {
		complain("permit: %s: %s", digits, problem);
		return EXIT_USAGE;
	}
	op = *found; /* the ledger may move */
	errno = 0;
	status = permit_undo(actor, found, &wish, &outcome);
	if (status != STATUS_OK && !outcome.why)
		outcome.why =
			status == STATUS_IO ? strerrordesc_np(errno) : status_text(status);
	if (set->format == EXPORT_JSON)
		permit_undo_json(out, call->arena, &op, &outcome, set->dry_run);
	else
		permit_undo_text(out, call->arena, &op, &outcome, set->dry_run);
	if (status != STATUS_OK)
		return EXIT_INCOMPLETE;
	return outcome.result == PERMIT_TAKEN_BACK ? EXIT_PASS : EXIT_VIOLATION;
}

static int undo(struct invocation *call, struct buffer *out)
{
	const char *folder = permit_journal(call), *problem = NULL;
	struct permit_actor actor;
	enum status status;
	int code = EXIT_PASS;

	if (!folder)
		return EXIT_USAGE;
	/* To begin settles what a crash left open, which is a change. */
	actor = (struct permit_actor){ .arena = call->arena };
	status = call->settings.dry_run
			 ? permit_ledger_read(call->arena, folder, &actor.ledger, &problem)
			 : permit_begin(call->arena, folder, clock_wall_s(), &actor, &problem);
	if (status != STATUS_OK) {
		permit_end(&actor);
		return refused(status, problem);
	}
	for (size_t i = 1; i < call->n_operands; i++) {
		/* What was not done any more was not done. */
		int one = signals_stop() ? EXIT_INCOMPLETE
					 : undo_one(call, &actor, call->operands[i], out);

		if (code == EXIT_PASS || (code == EXIT_INCOMPLETE && one == EXIT_VIOLATION))
			code = one;
	}
	permit_end(&actor);
	return code;
}

static const struct {
	const char *word;
	size_t min, max; /* operands behind it */
	int (*run)(struct invocation *call, struct buffer *out);
} words[] = {
	{"check", 0, SIZE_MAX - 1, permit_check},
	{ "list", 0, 0,            list_print  },
	{ "undo", 1, SIZE_MAX - 1, undo        },
};

/* Options that belong to one word only; what would do nothing is refused. */
static const char *option_foreign(const struct settings *s, const char *word)
{
	bool undoing = word && strcmp(word, "undo") == 0,
	     checking = word && strcmp(word, "check") == 0;

	if (!undoing && (s->force || s->with_setuid))
		return "--force and --with-setuid are for undo";
	if (!checking && (s->exclude.n || s->one_file_system))
		return "--exclude and --one-file-system are for check";
	if (s->all && !(word && strcmp(word, "list") == 0))
		return "--all is for list";
	if (word && (s->means || s->even || s->all_links || s->yes || s->plan || s->user))
		return "--means, --user, --even, --all-links, --yes and --plan are for files; "
		       "a "
		       "file of this name: ./FILE";
	if (s->dry_run && word && !undoing)
		return "--dry-run is for files and undo";
	if (s->dry_run && s->yes)
		return "--dry-run and --yes contradict each other";
	if (s->plan && !s->yes)
		return "--plan is for --yes";
	return NULL;
}

/* What is found may go to those who read it with other events; all else is text or JSON. */
static int operands(const struct invocation *call, size_t min, size_t max)
{
	if (call->settings.format == EXPORT_ECS && call->n_operands > 0 &&
	    strcmp(call->operands[0], "check") == 0)
		return page_operands_only(call, min, max);
	return page_operands(call, min, max);
}

static int word_run(struct invocation *call, struct buffer *out)
{
	const char *word = call->operands[0], *foreign;

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		int code;

		if (strcmp(words[i].word, word) != 0)
			continue;
		code = operands(call, words[i].min + 1, words[i].max + 1);
		foreign = option_foreign(&call->settings, word);
		if (code == EXIT_PASS && foreign) {
			complain("permit %s: %s", word, foreign);
			return EXIT_USAGE;
		}
		return code == EXIT_PASS ? words[i].run(call, out) : code;
	}
	foreign = option_foreign(&call->settings, NULL);
	if (!foreign)
		return permit_files(call, out);
	complain("permit: %s", foreign);
	return EXIT_USAGE;
}

int cmd_permit(struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	int code = operands(call, 1, SIZE_MAX), printed;

	if (code != EXIT_PASS)
		return code;
	signals_watch();
	code = word_run(call, &out);
	/* What was done before something was refused is told too. */
	printed = page_print(&out);
	return code != EXIT_PASS ? code : printed;
}
