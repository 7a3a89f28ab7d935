/* SPDX-License-Identifier: MIT */
#include "cmd/signed.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/time.h"
#include "cmd/complain.h"
#include "cmd/guard_status.h"
#include "cmd/page.h"
#include "evidence/evidence.h"
#include "store/list_entries.h"
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIST_NAME    "site"
#define EXPIRES_DAYS 7
#define DAY_S        INT64_C(86400)

static int refused(const struct invocation *call, enum status status, const char *problem)
{
	complain("%s: %s", call->command->name, problem ? problem : status_text(status));
	return status == STATUS_USAGE ? EXIT_USAGE : EXIT_INCOMPLETE;
}

static void taken_json(struct buffer *out, const char *word, const char *path,
		       const struct signed_taken *t)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.signed/1");
	json_text(&j, "done", word);
	page_path_json(&j, SPAN_TEXT(path));
	json_text(&j, "list", signed_list_word(t->list.what));
	json_text(&j, "name", t->list.name);
	json_u64(&j, "number", t->list.sequence);
	json_u64(&j, "before", t->before);
	json_text(&j, "signer", t->list.key);
	json_u64(&j, "added", t->added);
	json_u64(&j, "removed", t->removed);
	if (t->list.expires != 0)
		json_time(&j, "expires", t->list.expires);
	else
		json_null(&j, "expires");
	json_end(&j);
	buffer_char(out, '\n');
}

static void taken_text(struct buffer *out, const char *word, const char *path,
		       const struct signed_taken *t)
{
	struct time_text expires;

	buffer_printf(out, "%s %s list %s number ", word, signed_list_word(t->list.what),
		      t->list.name);
	buffer_u64(out, t->list.sequence);
	buffer_printf(out, " by %s: ", t->list.key);
	if (t->list.what != BUNDLE_POLICY) {
		page_count(out, t->added, "file");
		buffer_text(out, " more, ");
		buffer_u64(out, t->removed);
		buffer_text(out, " less, ");
	}
	if (t->list.expires != 0 && time_format(t->list.expires, &expires))
		buffer_printf(out, "expires %s, ", expires.text);
	else
		buffer_text(out, "never expires, ");
	text_path(out, path);
	buffer_char(out, '\n');
}

static void taken_page(const struct invocation *call, struct buffer *out, const char *word,
		       const char *path, const struct signed_taken *t)
{
	if (call->settings.format == EXPORT_JSON)
		taken_json(out, word, path, t);
	else
		taken_text(out, word, path, t);
}

/* ---- sign ---- */

/* Who is it that signs?  A name in a list is no proof of anything. */
static const char *author_of(const struct invocation *call)
{
	const struct passwd *user = getpwuid(getuid());

	if (call->settings.author)
		return call->settings.author;
	return user ? user->pw_name : "";
}

static enum status keys_take(const struct invocation *call, struct arena *a,
			     struct ed25519_key *keys, const char **problem)
{
	const struct text_list *named = &call->settings.keys;

	*problem = named->n == 0 ? "sign needs --key FILE, a private key to sign with (openssl "
				   "genpkey -algorithm ed25519 makes one)"
		   : named->n > BUNDLE_MAX_KEYS ? "16 keys are the most"
						: NULL;
	if (*problem)
		return STATUS_USAGE;
	for (size_t i = 0; i < named->n; i++)
		TRY(bundle_key_read(a, named->items[i], true, &keys[i], problem));
	return STATUS_OK;
}

static int sign_by(const struct invocation *call, struct arena *a, struct signed_export *e)
{
	const struct settings *s = &call->settings;
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	const char *problem = NULL;
	struct signed_taken taken;
	enum status status;

	e->now = clock_wall_s();
	e->expires = s->never_expires ? 0
		     : s->expires_s   ? e->now + (int64_t)s->expires_s
				      : e->now + EXPIRES_DAYS * DAY_S;
	e->name = s->name ? s->name : LIST_NAME;
	e->folder = guard_lists_folder(a, s);
	e->snapshot = s->snapshot;
	e->author = author_of(call);
	if (!e->folder)
		return refused(call, STATUS_NO_MEMORY, NULL);
	if (SPAN_TEXT(e->author).len > LIST_ENTRIES_MAX_AUTHOR ||
	    escape_needed(SPAN_TEXT(e->author)))
		return refused(call, STATUS_USAGE, "--author is a name of at most 100 octets");
	status = signed_list_sign(a, e, &taken, &problem);
	if (status != STATUS_OK)
		return refused(call, status, problem);
	taken_page(call, &out, "signed", e->path, &taken);
	return page_print(&out);
}

int signed_sign(const struct invocation *call, struct arena *a, struct signed_export *e)
{
	struct ed25519_key keys[BUNDLE_MAX_KEYS] = { 0 };
	const char *problem = NULL;
	enum status status = keys_take(call, a, keys, &problem);
	int code;

	e->keys = keys;
	e->n_keys = call->settings.keys.n;
	code = status == STATUS_OK ? sign_by(call, a, e) : refused(call, status, problem);
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		ed25519_key_forget(&keys[i]);
	return code;
}

/* ---- take over ---- */

static int take_one(const struct invocation *call, struct arena *a,
		    const struct signed_from *from, struct signed_import *import,
		    struct buffer *out)
{
	const char *problem = NULL;
	struct signed_taken taken;
	enum status status = signed_list_import(a, from, import, &taken, &problem);

	if (status != STATUS_OK)
		return refused(call, status, problem);
	taken_page(call, out,
		   taken.known       ? "has"
		   : import->dry_run ? "would take over"
				     : "took over",
		   import->path, &taken);
	return EXIT_PASS;
}

int signed_take(const struct invocation *call, struct arena *a, enum bundle_content what,
		const char *(*check)(void *context, struct span content), void *context)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	struct ed25519_key keys[BUNDLE_MAX_KEYS];
	struct signed_import import = { .what = what,
					.name = call->settings.name,
					.dry_run = call->settings.dry_run,
					.check = check,
					.context = context };
	const char *problem = NULL;
	struct signed_from from;
	enum status status = guard_lists_from(a, &call->settings, keys, &from, &problem);
	int code = status == STATUS_OK ? EXIT_PASS : refused(call, status, problem), printed;
	size_t n = 0;

	for (size_t i = 1; i < call->n_operands && code == EXIT_PASS; i++) {
		import.path = call->operands[i];
		code = take_one(call, a, &from, &import, &out);
		n += code == EXIT_PASS;
	}
	/* What was taken over before one was refused holds. */
	printed = page_print(&out);
	if (n > 0 && !import.dry_run && printed == EXIT_PASS)
		printed = guard_tell(call, "what is followed");
	return code != EXIT_PASS ? code : printed;
}

static void forgotten_print(const struct invocation *call, struct buffer *out,
			    enum bundle_content what, const char *name)
{
	struct json j = json_begin(out);

	if (call->settings.format != EXPORT_JSON) {
		buffer_printf(out, "%s %s list ",
			      call->settings.dry_run ? "would forget" : "forgot",
			      signed_list_word(what));
		escape_text(out, SPAN_TEXT(name));
		buffer_char(out, '\n');
		return;
	}
	json_object(&j, NULL);
	json_text(&j, "schema", "assay.signed-forgotten/1");
	json_text(&j, "list", signed_list_word(what));
	json_text(&j, "name", name);
	json_bool(&j, "dry_run", call->settings.dry_run);
	json_end(&j);
	buffer_char(out, '\n');
}

int signed_forget(const struct invocation *call, struct arena *a, enum bundle_content what)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	const char *problem = NULL, *name = call->operands[1];
	const char *folder = guard_lists_folder(a, &call->settings);
	enum status status = folder ? STATUS_OK : STATUS_NO_MEMORY;
	int code;

	if (folder && !call->settings.dry_run)
		status = signed_list_forget(a, folder, what, name, &problem);
	if (status != STATUS_OK)
		return refused(call, status, problem);
	forgotten_print(call, &out, what, name);
	code = page_print(&out);
	return code == EXIT_PASS && !call->settings.dry_run
		       ? guard_tell(call, "what is followed")
		       : code;
}
