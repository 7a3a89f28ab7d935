/* SPDX-License-Identifier: MIT */
/* assay allow, assay deny: the lists of files that may run or may not, by their digests. */
#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/time.h"
#include "cmd/complain.h"
#include "cmd/guard_status.h"
#include "cmd/page.h"
#include "cmd/signed.h"
#include "crypto/digest.h"
#include "evidence/evidence.h"
#include "store/digest_list.h"
#include "trust/file.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORD_COLUMNS  8
#define LIST_ARENA    ((size_t)512 << 20)
#define FILE_MAX_SIZE ((size_t)64 << 30)

struct change {
	const struct invocation *call;
	struct arena arena;
	enum bundle_content what;
	const char *path;
	struct digest_list list;
	struct buffer out;
	size_t n;
};

static int refused(const struct change *c, const char *problem)
{
	complain("%s: %s", c->call->command->name, problem);
	return EXIT_USAGE;
}

/* The digest that @what is, or that the file @what has. */
static enum status entry_of_operand(const char *what, struct digest_entry *out)
{
	struct digest digest;
	struct span mapping;
	enum status status;

	if (digest_entry_parse(SPAN_TEXT(what), out))
		return STATUS_OK;
	*out = (struct digest_entry){ .type = DIGEST_ENTRY_FILE, .author = "" };
	TRY(file_map(what, FILE_MAX_SIZE, &mapping));
	status = digest_of(DIGEST_SHA256, &mapping, 1, &digest);
	file_unmap(mapping);
	(void)span_copy(out->digest, sizeof(out->digest), digest_span(&digest));
	return status;
}

/* Why @what, of which errno and @status tell, is nothing that a list can have. */
static const char *operand_problem(const char *what, enum status status)
{
	int error = errno;
	struct stat st;

	if (status != STATUS_USAGE || stat(what, &st) != 0)
		return error ? strerrordesc_np(error) : status_text(status);
	if (S_ISDIR(st.st_mode))
		return "it is a folder";
	if (!S_ISREG(st.st_mode))
		return "it is no regular file";
	return st.st_size == 0 ? "it is empty" : "it is too large";
}

static const char *const types[] = { NULL, "file", "image", "certificate" };

/* What became of it, or would. */
static const char *changed_word(const struct change *c, bool adds, bool changed)
{
	if (!changed)
		return adds ? "is there" : "is not there";
	if (c->call->settings.dry_run)
		return adds ? "would add" : "would remove";
	return adds ? "added" : "removed";
}

static void changed_json(struct change *c, const char *what, const struct digest_entry *e,
			 const char *word)
{
	struct json j = json_begin(&c->out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.list-change/1");
	json_text(&j, "list", c->call->command->name);
	json_text(&j, "done", word);
	json_text(&j, "what", what);
	json_hex(&j, "sha256", SPAN_OF(e->digest));
	json_text(&j, "type", types[e->type]);
	json_text(&j, "reason", e->reason);
	if (e->until != 0)
		json_time(&j, "until", e->until);
	json_end(&j);
	buffer_char(&c->out, '\n');
}

static void changed_tell(struct change *c, const char *what, const struct digest_entry *e,
			 bool adds, bool changed)
{
	const char *word = changed_word(c, adds, changed);

	if (c->call->settings.format == EXPORT_JSON) {
		changed_json(c, what, e, word);
		return;
	}
	buffer_printf(&c->out, "%-*s ", WORD_COLUMNS, word);
	buffer_text(&c->out, digest_entry_prefix(e->type));
	buffer_hex(&c->out, SPAN_OF(e->digest));
	buffer_char(&c->out, ' ');
	text_path(&c->out, what);
	buffer_char(&c->out, '\n');
}

/* Where the file lies, for who reads the list later; a digest is what it is. */
static const char *place_of(struct change *c, const char *what)
{
	char *real = realpath(what, NULL);
	const char *place = real ? arena_printf(&c->arena, "%s", real) : NULL;

	free(real);
	return place ? place : what;
}

/* What the host's own list says is not all: one that it follows may have it, too. */
static void followed_tell(struct change *c, enum bundle_content of, const char *what,
			  const struct digest_entry *e)
{
	struct ed25519_key keys[BUNDLE_MAX_KEYS];
	const char *problem = NULL;
	struct signed_lists followed;
	struct signed_from from;
	const char *list = of == BUNDLE_DENY ? "deny" : "allow";

	if (guard_lists_from(&c->arena, &c->call->settings, keys, &from, &problem) !=
		    STATUS_OK ||
	    signed_lists_read(&c->arena, &from, of, &followed, &problem) != STATUS_OK)
		return;
	for (size_t i = 0; i < followed.n; i++)
		if (digest_list_has(&followed.lists[i].set, SPAN_OF(e->digest)))
			complain("%s: %s is on the list of %s that is followed as %s, which "
				 "holds: "
				 "its next bundle may take it off, or assay %s forget %s",
				 c->call->command->name, what, list, followed.lists[i].name,
				 list, followed.lists[i].name);
}

/* Let pass, and denied by the other list, which comes first. */
static void denied_tell(struct change *c, const char *what, const struct digest_entry *e)
{
	struct digest_list denied = { 0 };
	const char *problem = NULL;

	if (digest_list_read(&c->arena, DIGEST_LIST_DENY, &denied, &problem) == STATUS_OK &&
	    digest_list_has(&denied, SPAN_OF(e->digest)))
		complain("allow: %s is on the list of deny, too, and stays denied", what);
	followed_tell(c, BUNDLE_DENY, what, e);
}

static int change_one(struct change *c, const char *what, bool adds)
{
	const char *reason = c->call->settings.reason;
	const struct digest_entry *there;
	struct digest_entry entry;
	bool changed = false;
	enum status status;

	errno = 0;
	status = entry_of_operand(what, &entry);
	if (status != STATUS_OK) {
		complain("%s: %s: %s; name a file, or 64 hexadecimal digits: a SHA-256, "
			 "image:SHA-256 or certificate:SHA-256",
			 c->call->command->name, what, operand_problem(what, status));
		return EXIT_USAGE;
	}
	if (adds && c->what == BUNDLE_ALLOW && entry.type != DIGEST_ENTRY_FILE)
		return refused(c, "only the digest of a whole file lets it pass");
	there = digest_list_find(&c->list, SPAN_OF(entry.digest));
	entry.reason = reason ? reason : there ? there->reason : place_of(c, what);
	entry.until = c->call->settings.until;
	if (adds)
		status = digest_list_add(&c->arena, &c->list, &entry, &changed);
	else
		changed = digest_list_remove(&c->list, SPAN_OF(entry.digest));
	if (status != STATUS_OK)
		return refused(c, status_text(status));
	c->n += changed;
	changed_tell(c, what, &entry, adds, changed);
	if (adds && c->what == BUNDLE_ALLOW)
		denied_tell(c, what, &entry);
	if (!adds)
		followed_tell(c, c->what, what, &entry);
	return EXIT_PASS;
}

/* @list: from which it comes; NULL: the administrator's own. */
static void entry_json(const struct change *c, struct buffer *out, const struct digest_entry *e,
		       const struct signed_list *list)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.listed/1");
	json_text(&j, "list", c->call->command->name);
	json_hex(&j, "sha256", SPAN_OF(e->digest));
	json_text(&j, "type", types[e->type]);
	json_text(&j, "reason", e->reason);
	if (e->until != 0)
		json_time(&j, "until", e->until);
	json_text(&j, "origin", list ? "signed" : "own");
	if (list) {
		json_text(&j, "author", e->author);
		json_text(&j, "name", list->name);
		json_u64(&j, "number", list->sequence);
		json_text(&j, "signer", list->key);
		json_bool(&j, "stale", list->stale);
		json_bool(&j, "vouched", !list->unvouched);
	}
	json_end(&j);
	buffer_char(out, '\n');
}

static void entry_text(struct buffer *out, const struct digest_entry *e,
		       const struct signed_list *list)
{
	struct time_text until;

	buffer_text(out, digest_entry_prefix(e->type));
	buffer_hex(out, SPAN_OF(e->digest));
	buffer_text(out, "  ");
	if (e->until != 0 && time_format(e->until, &until))
		buffer_printf(out, "until=%s ", until.text);
	escape_text(out, SPAN_TEXT(e->reason));
	if (list) {
		buffer_printf(out, "  (list %s number ", list->name);
		buffer_u64(out, list->sequence);
		buffer_printf(out, ", signed by %s%s)", list->key,
			      list->unvouched ? ", whom nobody trusts any more"
			      : list->stale   ? ", stale"
					      : "");
	}
	buffer_char(out, '\n');
}

static void entries_print(struct change *c, const struct digest_list *entries,
			  const struct signed_list *list)
{
	for (size_t i = 0; i < entries->n; i++)
		if (c->call->settings.format == EXPORT_JSON)
			entry_json(c, &c->out, &entries->entries[i], list);
		else
			entry_text(&c->out, &entries->entries[i], list);
}

static int lists_print(struct change *c)
{
	struct ed25519_key keys[BUNDLE_MAX_KEYS];
	const char *problem = NULL;
	struct signed_lists followed;
	struct signed_from from;
	enum status status = digest_list_read(&c->arena, c->path, &c->list, &problem);

	if (status == STATUS_OK)
		status = guard_lists_from(&c->arena, &c->call->settings, keys, &from, &problem);
	if (status == STATUS_OK)
		status = signed_lists_read(&c->arena, &from, c->what, &followed, &problem);
	if (status != STATUS_OK)
		return refused(c, problem ? problem : status_text(status));
	entries_print(c, &c->list, NULL);
	for (size_t i = 0; i < followed.n; i++) {
		entries_print(c, &followed.lists[i].set, &followed.lists[i]);
		if (followed.lists[i].unvouched)
			complain("%s: %s", c->call->command->name, followed.lists[i].unvouched);
		else if (followed.lists[i].stale)
			complain("%s: list %s has expired: whoever carries it may hold back a "
				 "newer one%s",
				 c->call->command->name, followed.lists[i].name,
				 c->what == BUNDLE_ALLOW ? ", and it lets nothing pass" : "");
	}
	return page_print(&c->out);
}

static int change(struct change *c, bool adds)
{
	const struct invocation *call = c->call;
	int code = EXIT_PASS;

	for (size_t i = 1; i < call->n_operands && code == EXIT_PASS; i++)
		code = change_one(c, call->operands[i], adds);
	if (code != EXIT_PASS)
		return code;
	if (c->n > 0 && !call->settings.dry_run &&
	    digest_list_write(c->path, &c->list) != STATUS_OK) {
		complain("%s: %s", c->path, strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	code = page_print(&c->out);
	return code == EXIT_PASS && c->n > 0 && !call->settings.dry_run
		       ? guard_tell(call, "the list")
		       : code;
}

/* One change at a time: the folder is locked while the list is read and written. */
static int change_locked(struct change *c, bool adds)
{
	const char *problem = NULL;
	int lock = -1, code;

	if (!c->call->settings.dry_run && file_lock_folder(c->path, &lock) != STATUS_OK) {
		complain("%s: %s", c->path, strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	if (digest_list_read(&c->arena, c->path, &c->list, &problem) != STATUS_OK)
		code = refused(c, problem ? problem : status_text(STATUS_NO_MEMORY));
	else
		code = change(c, adds);
	if (lock >= 0)
		(void)close(lock);
	return code;
}

static int list_sign(struct change *c)
{
	struct signed_export e = { .path = c->call->operands[1],
				   .what = c->what,
				   .set = &c->list };
	const char *problem = NULL;

	if (digest_list_read(&c->arena, c->path, &c->list, &problem) != STATUS_OK)
		return refused(c, problem ? problem : status_text(STATUS_NO_MEMORY));
	return signed_sign(c->call, &c->arena, &e);
}

static int list_add(struct change *c)
{
	return change_locked(c, true);
}

static int list_remove(struct change *c)
{
	return change_locked(c, false);
}

static int list_import(struct change *c)
{
	return signed_take(c->call, &c->arena, c->what, NULL, NULL);
}

static int list_forget(struct change *c)
{
	return signed_forget(c->call, &c->arena, c->what);
}

#define SIGNS   1U
#define ADDS    2U
#define IMPORTS 4U
#define CHANGES 8U

static const struct {
	const char *word;
	size_t min, max;  /* operands behind it */
	unsigned options; /* whose it takes */
	int (*run)(struct change *c);
} words[] = {
	{"add",     1, SETTINGS_MAX_LIST, ADDS | CHANGES,    list_add   },
	{ "remove", 1, SETTINGS_MAX_LIST, CHANGES,           list_remove},
	{ "list",   0, 0,                 0,                 lists_print},
	{ "sign",   1, 1,                 SIGNS,             list_sign  },
	{ "import", 1, SETTINGS_MAX_LIST, IMPORTS | CHANGES, list_import},
	{ "forget", 1, 1,                 CHANGES,           list_forget},
};

/* Options that belong to other words; what would do nothing is refused. */
static const char *option_foreign(const struct settings *s, unsigned options)
{
	if (!(options & SIGNS) &&
	    (s->keys.n || s->expires_s || s->never_expires || s->snapshot || s->author))
		return "--key, --expires, --snapshot and --author are for sign; whom to "
		       "believe stands in assay.conf: [lists] key";
	if (!(options & (SIGNS | IMPORTS)) && s->name)
		return "--name is for sign and import";
	if (!(options & ADDS) && (s->until || s->reason))
		return "--until and --reason are for add";
	return !(options & CHANGES) && s->dry_run
		       ? "--dry-run is for add, remove, import and forget"
		       : NULL;
}

int cmd_list(struct invocation *call)
{
	struct change c = { .call = call, .arena = ARENA_INIT(LIST_ARENA) };
	const char *what = call->n_operands > 0 ? call->operands[0] : "", *foreign;
	bool allows = call->command->id == COMMAND_ALLOW;
	int code = EXIT_USAGE;
	size_t i = 0;

	c.what = allows ? BUNDLE_ALLOW : BUNDLE_DENY;
	c.path = allows ? DIGEST_LIST_ALLOW : DIGEST_LIST_DENY;
	while (i < COUNT_OF(words) && strcmp(words[i].word, what) != 0)
		i++;
	if (i == COUNT_OF(words))
		return refused(&c, "add, remove, list, sign, import or forget");
	foreign = option_foreign(&call->settings, words[i].options);
	if (!foreign && call->settings.until != 0 && call->settings.until <= clock_wall_s())
		foreign = "--until is over already: nothing would be in force";
	if (foreign)
		return refused(&c, foreign);
	code = page_operands(call, words[i].min + 1, words[i].max + 1);
	if (code == EXIT_PASS)
		code = words[i].run(&c);
	buffer_free(&c.out);
	arena_free(&c.arena);
	return code;
}
