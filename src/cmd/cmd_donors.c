/* SPDX-License-Identifier: MIT */
/* assay donors: see, share and forget the signed programs that are remembered. */
#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "cmd/complain.h"
#include "cmd/donors_page.h"
#include "cmd/output.h"
#include "cmd/page.h"
#include "cmd/scan.h"
#include "cmd/signals.h"
#include "engine/places.h"
#include "store/donors_exchange.h"
#include <errno.h>

static int refused(enum status status, const char *problem)
{
	complain("donors: %s", problem ? problem : status_text(status));
	return status == STATUS_USAGE ? EXIT_USAGE : EXIT_INCOMPLETE;
}

/* All that are in force; with --system, without the user's own. */
static struct donors *all_open(const struct invocation *call)
{
	const char *places[PLACES_MAX_DONORS], *problem = NULL;
	size_t n = places_donors(call->arena, places);
	struct donors *d;

	/* The user's own come last. */
	if (call->settings.system && n == PLACES_MAX_DONORS)
		n--;
	d = donors_open(call->arena, places, n, &problem);
	if (!d)
		complain("donors: %s", problem);
	return d;
}

/* The folder that is changed; NULL: it has complained. */
static const char *own_place(const struct invocation *call)
{
	const char *place = places_own_donors(call->arena, call->settings.system);

	if (!place)
		complain("donors: you have no home folder for donors of your own; with "
			 "--system the system's are changed");
	return place;
}

/* The same, made when it is missing. */
static const char *own_place_make(const struct invocation *call)
{
	const char *place = own_place(call);

	if (!place || donors_prepare(place, call->settings.system) == STATUS_OK)
		return place;
	complain("donors: %s: %s", place, strerrordesc_np(errno));
	return NULL;
}

/* What is printed, and of what. */
struct listing {
	const struct invocation *call;
	const struct donor_pattern *pattern; /* NULL: a line for each */
	struct output out;
	uint64_t n;
};

static bool donor_print(void *context, const struct donor *d)
{
	struct listing *l = context;

	if (l->pattern ? !donor_matches(l->pattern, d)
		       : d->kind != DONOR_VALID && !l->call->settings.all)
		return true;
	l->n++;
	if (l->call->settings.format == EXPORT_JSON)
		donor_json(&l->out.text, d);
	else if (l->pattern)
		donor_page(&l->out.text, d);
	else
		donor_line(&l->out.text, d);
	output_pace(&l->out);
	return l->out.error == 0 && !signals_stop();
}

static int listing_print(struct listing *l, const struct donors *d)
{
	enum status status = donors_each(d, donor_print, l);

	if (status == STATUS_MALFORMED)
		return refused(status, "a donor index is damaged");
	if (status != STATUS_OK)
		return refused(status, NULL);
	return signals_stop() ? EXIT_INCOMPLETE : EXIT_PASS;
}

/* What came before a failure is told too. */
static int listing_end(struct listing *l, int code)
{
	if (output_close(&l->out))
		return code;
	if (l->out.error != EPIPE)
		complain("standard output: %s", strerrordesc_np(l->out.error));
	return EXIT_INCOMPLETE;
}

/* Prints what @fill finds among all donors. */
static int donors_print(struct invocation *call,
			int (*fill)(struct listing *l, const struct donors *d))
{
	struct listing l = { .call = call };
	struct donors *d = all_open(call);
	int code;

	if (!d)
		return EXIT_INCOMPLETE;
	signals_watch();
	if (output_open(&l.out, call->arena, NULL) != STATUS_OK)
		code = refused(STATUS_NO_MEMORY, NULL);
	else
		code = listing_end(&l, fill(&l, d));
	donors_close(d);
	return code;
}

static int donors_list(struct invocation *call)
{
	return donors_print(call, listing_print);
}

static int show_each(struct listing *l, const struct donors *d)
{
	const struct invocation *call = l->call;

	for (size_t i = 1; i < call->n_operands; i++) {
		struct donor_pattern pattern;
		uint64_t before = l->n;
		int code;

		if (donor_pattern_make(call->arena, call->operands[i], &pattern) != STATUS_OK)
			return refused(STATUS_NO_MEMORY, NULL);
		l->pattern = &pattern;
		code = listing_print(l, d);
		l->pattern = NULL;
		if (code != EXIT_PASS)
			return code;
		if (l->n == before) {
			complain("donors: %s: no donor with such a digest (16 or more digits), "
				 "signature block or origin",
				 call->operands[i]);
			return EXIT_USAGE;
		}
	}
	return EXIT_PASS;
}

static int donors_show(struct invocation *call)
{
	return donors_print(call, show_each);
}

/* "acme" of "lists/acme.donors". */
static const char *list_name(struct arena *a, const char *path)
{
	struct span name = SPAN_TEXT(path);
	uint64_t at;

	while (span_find(name, SPAN_TEXT("/"), 0, &at))
		name = span_after(name, at + 1);
	for (at = name.len; at > 1; at--)
		if (span_at(name, at - 1) == '.') {
			name = span_clip(name, 0, at - 1);
			break;
		}
	return arena_string(a, name);
}

static void exchange_json(struct buffer *out, const char *word, const char *path,
			  const struct donors_exchanged *x)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.donors-exchange/1");
	json_text(&j, "done", word);
	page_path_json(&j, SPAN_TEXT(path));
	json_u64(&j, "donors", x->n);
	json_text(&j, "name", x->name);
	json_text(&j, "signer", x->key);
	json_u64(&j, "number", x->sequence);
	json_u64(&j, "before", x->before);
	json_end(&j);
	buffer_char(out, '\n');
}

static int exchange_print(const struct invocation *call, const char *word, const char *path,
			  const struct donors_exchanged *x)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	if (call->settings.format == EXPORT_JSON) {
		exchange_json(&out, word, path, x);
		return page_print(&out);
	}
	buffer_printf(&out, "%s ", word);
	buffer_u64(&out, x->n);
	buffer_printf(&out, " donor%s: list %s by %s, number ", x->n == 1 ? "" : "s", x->name,
		      x->key);
	buffer_u64(&out, x->sequence);
	if (x->before) {
		buffer_text(&out, " (before: ");
		buffer_u64(&out, x->before);
		buffer_char(&out, ')');
	}
	buffer_text(&out, ", ");
	escape_text(&out, SPAN_TEXT(path));
	buffer_char(&out, '\n');
	return page_print(&out);
}

static int key_missing(const char *word, const char *what)
{
	complain("donors: %s needs --key FILE, %s", word, what);
	return EXIT_USAGE;
}

static int export_run(struct invocation *call, const struct ed25519_key *key)
{
	struct donors_export e = { .path = call->operands[1],
				   .name = list_name(call->arena, call->operands[1]),
				   .folder = own_place_make(call),
				   .key = key,
				   .now = clock_wall_s() };
	struct donors_exchanged out;
	const char *problem = NULL;
	enum status status;
	struct donors *d;

	if (!e.folder)
		return EXIT_USAGE;
	if (!e.name)
		return refused(STATUS_NO_MEMORY, NULL);
	d = all_open(call);
	if (!d)
		return EXIT_INCOMPLETE;
	status = donors_export(call->arena, d, &e, &out, &problem);
	donors_close(d);
	return status == STATUS_OK ? exchange_print(call, "exported", e.path, &out)
				   : refused(status, problem);
}

static int donors_export_list(struct invocation *call)
{
	CLEANUP(ed25519_key_forget) struct ed25519_key key = { 0 };
	const struct text_list *keys = &call->settings.keys;
	const char *problem = NULL;
	enum status status;

	if (keys->n != 1)
		return key_missing("export", "one private key to sign with");
	status = bundle_key_read(call->arena, keys->items[0], true, &key, &problem);
	if (status != STATUS_OK)
		return refused(status, problem);
	return export_run(call, &key);
}

static int donors_import_list(struct invocation *call)
{
	const struct settings *s = &call->settings;
	struct ed25519_key keys[BUNDLE_MAX_KEYS];
	struct donors_import i = { .path = call->operands[1],
				   .keys = keys,
				   .now = clock_wall_s(),
				   .dry_run = s->dry_run };
	struct donors_exchanged out;
	const char *problem = NULL;
	enum status status = STATUS_OK;

	if (s->keys.n == 0 || s->keys.n > BUNDLE_MAX_KEYS)
		return key_missing("import", "the public key of who signed it; 16 at most");
	for (; i.n_keys < s->keys.n && status == STATUS_OK; i.n_keys++)
		status = bundle_key_read(call->arena, s->keys.items[i.n_keys], false,
					 &keys[i.n_keys], &problem);
	if (status != STATUS_OK)
		return refused(status, problem);
	i.folder = s->dry_run ? own_place(call) : own_place_make(call);
	if (!i.folder)
		return EXIT_USAGE;
	status = donors_import(call->arena, &i, &out, &problem);
	if (status != STATUS_OK)
		return refused(status, problem);
	return exchange_print(call, s->dry_run ? "would import" : "imported", i.path, &out);
}

/* How many would be forgotten. */
struct matching {
	struct donor_pattern pattern;
	uint64_t n;
};

static bool match_count(void *context, const struct donor *d)
{
	struct matching *m = context;

	m->n += donor_matches(&m->pattern, d);
	return true;
}

static enum status forget_try(const struct invocation *call, const char *place,
			      const char *what, uint64_t *n, const char **problem)
{
	struct donors *d = donors_open(call->arena, &place, 1, problem);
	struct matching m = { .n = 0 };
	enum status status;

	if (!d)
		return STATUS_IO;
	status = donor_pattern_make(call->arena, what, &m.pattern);
	if (status == STATUS_OK)
		status = donors_each(d, match_count, &m);
	donors_close(d);
	*n = m.n;
	return status;
}

static void forgotten_print(const struct invocation *call, struct buffer *out, const char *what,
			    uint64_t n)
{
	bool dry = call->settings.dry_run;
	struct json j = json_begin(out);

	if (call->settings.format == EXPORT_JSON) {
		json_object(&j, NULL);
		json_text(&j, "schema", "assay.donors-forgotten/1");
		json_text(&j, "what", what);
		json_bool(&j, "dry_run", dry);
		json_u64(&j, "donors", n);
		json_end(&j);
		buffer_char(out, '\n');
		return;
	}
	buffer_text(out, dry ? "would forget " : "forgot ");
	buffer_u64(out, n);
	buffer_printf(out, " donor%s: ", n == 1 ? "" : "s");
	escape_text(out, SPAN_TEXT(what));
	buffer_char(out, '\n');
}

static int forget_one(const struct invocation *call, const char *place, const char *what,
		      struct buffer *out)
{
	bool dry = call->settings.dry_run;
	const char *problem = NULL;
	uint64_t n = 0;
	enum status status = dry ? forget_try(call, place, what, &n, &problem)
				 : donors_forget(call->arena, place, what, &n, &problem);

	if (status != STATUS_OK)
		return refused(status, problem);
	if (n == 0) {
		complain("donors: %s: no donor with such a digest (16 or more digits), "
			 "signature block or origin in %s",
			 what, place);
		return EXIT_USAGE;
	}
	forgotten_print(call, out, what, n);
	return EXIT_PASS;
}

static int donors_forget_all(struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	const char *place = own_place(call);
	int code = place ? EXIT_PASS : EXIT_USAGE, printed;

	for (size_t i = 1; i < call->n_operands && code == EXIT_PASS; i++)
		code = forget_one(call, place, call->operands[i], &out);
	/* What was done before something was refused is told too. */
	printed = page_print(&out);
	return code != EXIT_PASS ? code : printed;
}

/* Judges what is named, and remembers what is valid, with its pages. */
static int donors_learn(struct invocation *call)
{
	/* The word itself is no place to look at. */
	struct session_plan plan = {
		.policy = EXIT_POLICY_FORGERY,
		.gathers = true,
		.remembers = true,
		.learns = true,
		.targets = &call->operands[1],
		.n_targets = call->n_operands - 1,
	};

	if (call->settings.dry_run) {
		complain("donors: learn cannot say what it would learn; assay scan says what "
			 "is valid");
		return EXIT_USAGE;
	}
	return scan_paths(call, &plan);
}

static const struct {
	const char *word;
	size_t min, max; /* operands behind it */
	int (*run)(struct invocation *call);
} words[] = {
	{"learn",   1, SIZE_MAX - 1, donors_learn      },
	{ "list",   0, 0,            donors_list       },
	{ "show",   1, SIZE_MAX - 1, donors_show       },
	{ "export", 1, 1,            donors_export_list},
	{ "import", 1, 1,            donors_import_list},
	{ "forget", 1, SIZE_MAX - 1, donors_forget_all },
};

int cmd_donors(struct invocation *call)
{
	int code = page_operands(call, 1, SIZE_MAX);

	if (code != EXIT_PASS)
		return code;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (strcmp(words[i].word, call->operands[0]) != 0)
			continue;
		code = page_operands(call, words[i].min + 1, words[i].max + 1);
		return code == EXIT_PASS ? words[i].run(call) : code;
	}
	complain("donors: there is no \"%s\"; there are learn, list, show, export, import and "
		 "forget",
		 call->operands[0]);
	return EXIT_USAGE;
}
