/* SPDX-License-Identifier: MIT */
/* assay trust: see and change whom to trust, and what is revoked. */
#include "cmd/anchors.h"
#include "cmd/complain.h"
#include "cmd/page.h"
#include "cmd/trust_catalogs.h"
#include "cmd/trust_packages.h"
#include "cmd/trust_page.h"
#include "engine/places.h"
#include <stdlib.h>

/* One call, with the databases in force. */
struct trust_call {
	struct invocation *call;
	const char *databases[PLACES_MAX_DATABASES];
	size_t n_databases;
	struct buffer out;
};

static int exit_of(enum status status)
{
	return status == STATUS_USAGE || status == STATUS_MALFORMED ? EXIT_USAGE
								    : EXIT_INCOMPLETE;
}

static int refused(enum status status, const char *problem)
{
	complain("trust: %s", problem ? problem : status_text(status));
	return exit_of(status);
}

/* In order of sets, then name, then digest. */
static int entry_order(const void *a, const void *b)
{
	const struct trust_entry *x = a, *y = b;
	int order = strcmp(x->stored.name, y->stored.name);

	if (x->stored.sets != y->stored.sets)
		return x->stored.sets < y->stored.sets ? -1 : 1;
	return order ? order : memcmp(x->stored.sha256, y->stored.sha256, 32);
}

static int entries_print(struct trust_call *t, const struct trust_store *store)
{
	const struct settings *s = &t->call->settings;
	size_t n = 0, room = trust_count(store, TRUST_ALL_SETS);
	struct trust_place at = { 0 };
	struct trust_entry *entries, e;

	while (s->all && trust_next(store, &at, &e))
		n++;
	room = s->all ? n : room;
	entries = ARENA_NEW(t->call->arena, struct trust_entry, room + 1);
	if (!entries)
		return refused(STATUS_NO_MEMORY, NULL);
	at = (struct trust_place){ 0 };
	for (n = 0; n < room && trust_next(store, &at, &e);)
		if (s->all || e.stored.sets)
			entries[n++] = e;
	qsort(entries, n, sizeof(*entries), entry_order);
	trust_lists(&t->out, store, s->format);
	for (size_t i = 0; i < n; i++) {
		if (s->format == EXPORT_JSON)
			trust_json(&t->out, &entries[i]);
		else
			trust_line(&t->out, &entries[i]);
	}
	if (n == 0 && s->format == EXPORT_TEXT)
		complain("trust: nobody is trusted; see: assay trust add, assay trust import");
	return EXIT_PASS;
}

static int store_print(struct trust_call *t, const struct trust_store *store)
{
	const char *problem = NULL;
	struct trust_entry e;

	if (t->call->n_operands == 1)
		return entries_print(t, store);
	for (size_t i = 1; i < t->call->n_operands; i++) {
		enum status status =
			trust_find(t->call->arena, store, t->call->operands[i], &e, &problem);

		if (status != STATUS_OK)
			return refused(status, problem);
		if (t->call->settings.format == EXPORT_JSON)
			trust_json(&t->out, &e);
		else
			trust_page(&t->out, &e);
	}
	return EXIT_PASS;
}

static int trust_print(struct trust_call *t)
{
	struct trust_store *store = NULL;
	const char *problem = NULL;
	enum status status =
		trust_open(t->call->arena,
			   &(struct trust_sources){ .databases = t->databases,
						    .n_databases = t->n_databases },
			   &store, &problem);
	int code;

	if (status != STATUS_OK)
		return refused(status, problem);
	code = store_print(t, store);
	trust_close(store);
	return code;
}

/* "db=PATH", "dbx=PATH" and "mok=PATH" are for the import itself. */
static enum status source_parse(struct arena *a, const char *text, bool lists,
				struct trust_source *out, const char **problem)
{
	if (lists && (span_starts(SPAN_TEXT(text), "db=", 3) ||
		      span_starts(SPAN_TEXT(text), "dbx=", 4) ||
		      span_starts(SPAN_TEXT(text), "mok=", 4))) {
		*out = (struct trust_source){ .path = text };
		return STATUS_OK;
	}
	return anchors_parse(a, text, out, problem);
}

static void changed_print(struct trust_call *t, const struct trust_change *change,
			  const struct trust_target *target)
{
	if (t->call->settings.format == EXPORT_JSON)
		trust_changed_json(&t->out, change, target);
	else
		trust_changed(&t->out, change, target);
}

static int trust_change(struct trust_call *t, const struct trust_target *target)
{
	size_t n = t->call->n_operands - 1;
	struct trust_source *sources = ARENA_NEW(t->call->arena, struct trust_source, n + 1);
	enum status status = sources ? STATUS_OK : STATUS_NO_MEMORY;
	const char *problem = NULL;
	struct trust_change change;

	for (size_t i = 0; status == STATUS_OK && i < n; i++)
		status = source_parse(t->call->arena, t->call->operands[i + 1], target->lists,
				      &sources[i], &problem);
	if (status == STATUS_OK)
		status = trust_take(t->call->arena, target, sources, n, &change, &problem);
	if (status != STATUS_OK)
		return refused(status, problem);
	changed_print(t, &change, target);
	return EXIT_PASS;
}

static int trust_remove(struct trust_call *t, const struct trust_target *target)
{
	struct trust_change change;
	const char *problem = NULL;

	for (size_t i = 1; i < t->call->n_operands; i++) {
		enum status status = trust_drop(t->call->arena, target, t->call->operands[i],
						&change, &problem);

		if (status != STATUS_OK)
			return refused(status, problem);
		changed_print(t, &change, target);
	}
	return EXIT_PASS;
}

static int database_change(struct trust_call *t, const char *word)
{
	const struct settings *s = &t->call->settings;
	struct trust_source root = { .path = s->list_root };
	struct trust_target target = {
		.path = places_own_database(t->call->arena, s->system),
		.databases = t->databases,
		.n_databases = t->n_databases,
		.list_roots = &root,
		.n_list_roots = s->list_root ? 1 : 0,
		.lists = strcmp(word, "import") == 0,
		.dry_run = s->dry_run,
	};

	if (!target.path) {
		complain("trust: you have no home folder for a database of your own; with "
			 "--system the system's is changed");
		return EXIT_USAGE;
	}
	/* What lies above the system's database is the user's own affair. */
	if (s->system)
		while (target.n_databases &&
		       strcmp(t->databases[target.n_databases - 1], target.path) != 0)
			target.n_databases--;
	if (strcmp(word, "remove") == 0)
		return trust_remove(t, &target);
	return trust_change(t, &target);
}

static const struct {
	const char *word;
	size_t min, max; /* operands behind it */
	bool changes;
} words[] = {
	{"list",    0, 0,            false},
	{ "show",   1, SIZE_MAX - 1, false},
	{ "add",    1, SIZE_MAX - 1, true },
	{ "remove", 1, SIZE_MAX - 1, true },
	{ "import", 1, SIZE_MAX - 1, true },
};

static int word_run(struct trust_call *t)
{
	const char *word = t->call->operands[0];

	if (t->call->settings.packages)
		return trust_packages(t->call, &t->out);

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		int code;

		if (strcmp(words[i].word, word) != 0)
			continue;
		code = page_operands(t->call, words[i].min + 1, words[i].max + 1);
		if (code != EXIT_PASS)
			return code;
		if (t->call->settings.catalogs)
			return trust_catalogs(t->call, &t->out);
		return words[i].changes ? database_change(t, word) : trust_print(t);
	}
	complain("trust: there is no \"%s\"; there are list, show, add, remove and import",
		 word);
	return EXIT_USAGE;
}

int cmd_trust(struct invocation *call)
{
	struct trust_call t = { .call = call, .out = BUFFER_INIT };
	int code = page_operands(call, 1, SIZE_MAX), printed;

	if (code != EXIT_PASS)
		return code;
	t.n_databases = places_databases(call->arena, true, t.databases);
	code = word_run(&t);
	/* What was done before something was refused is told too. */
	printed = page_print(&t.out);
	buffer_free(&t.out);
	return code != EXIT_PASS ? code : printed;
}
