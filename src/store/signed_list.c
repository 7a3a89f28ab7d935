/* SPDX-License-Identifier: MIT */
/* What a host follows: read at each start, and taken over from bundles. */
#include "store/signed_list.h"

#include "store/signed_file.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- keys ---- */

static const char *key_distrust(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return strerrordesc_np(errno);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "a key must belong to root";
	return (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "others may write to this key" : NULL;
}

enum status signed_keys_read(struct arena *a, const char *const *paths, size_t n,
			     struct ed25519_key *out, const char **problem)
{
	enum status status;

	*problem = n > BUNDLE_MAX_KEYS ? "[lists] key: 16 keys are the most" : NULL;
	if (*problem)
		return STATUS_USAGE;
	for (size_t i = 0; i < n; i++) {
		const char *why = key_distrust(paths[i]);

		if (why) {
			*problem = arena_printf(a, "%s: %s", paths[i], why);
			return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
		}
		errno = 0;
		status = bundle_key_read(a, paths[i], false, &out[i], problem);
		if (status == STATUS_USAGE && errno == EACCES && *problem) {
			*problem = arena_printf(a,
						"%s; a guard that runs reads new keys below "
						"/etc/assay only: start it again",
						*problem);
			return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
		}
		TRY(status);
	}
	return STATUS_OK;
}

/* ---- what is followed ---- */

static bool is_followed(const char *name, enum bundle_content what)
{
	struct span text = SPAN_TEXT(name), suffix = SPAN_LITERAL(SIGNED_FOLLOWED);
	struct span word = SPAN_TEXT(signed_list_word(what));

	return text.len > word.len + 1 + suffix.len &&
	       span_equal(span_after(text, text.len - suffix.len), suffix) &&
	       span_equal(span_clip(text, 0, word.len), word) && span_at(text, word.len) == '-';
}

/* Which of the kinds is it a file of?  BUNDLE_NOTHING: of none that is wanted. */
static enum bundle_content kind_of(const char *name, enum bundle_content wanted)
{
	for (int i = BUNDLE_DENY; i <= BUNDLE_POLICY; i++) {
		enum bundle_content what = (enum bundle_content)i;

		if (is_followed(name, what) && (wanted == BUNDLE_NOTHING || wanted == what))
			return what;
	}
	return BUNDLE_NOTHING;
}

/*
 * It was signed when it was taken over.  What it refuses stays refused, for nobody shall be
 * rid of a list by taking away a key; what it lets pass, nobody answers for any more.
 */
static enum status unvouched_say(struct arena *a, struct signed_list *list, const char *why)
{
	const char *word = signed_list_word(list->what);
	const char *effect = list->what == BUNDLE_DENY    ? "it goes on to deny"
			     : list->what == BUNDLE_ALLOW ? "it lets nothing pass"
							  : "it is not in force";

	list->unvouched =
		arena_printf(a,
			     "signed %s list %s %s (list.unsigned): %s; name the key "
			     "in assay.conf again ([lists] key), or: assay %s forget %s",
			     word, list->name, why, effect, word, list->name);
	return list->unvouched ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status followed_read(struct arena *a, const struct signed_from *from,
				 const char *file, struct signed_list *out,
				 const char **problem)
{
	const char *path = arena_printf(a, "%s/%s", from->folder, file), *why = NULL, *own;
	const struct ed25519_key *key;
	struct signed_stored stored;
	enum status status;

	if (!path)
		return STATUS_NO_MEMORY;
	status = signed_stored_read(a, path, &stored, problem);
	if (status == STATUS_IO)
		return signed_refuse(a, SIGNED_UNREADABLE, path, strerrordesc_np(errno),
				     problem);
	TRY(status);
	/* A file under another list's name would be a list without its number. */
	own = signed_path(a, from->folder, stored.bundle.content_kind, stored.bundle.name,
			  SIGNED_FOLLOWED);
	if (!own)
		return STATUS_NO_MEMORY;
	if (strcmp(own, path) != 0)
		return signed_refuse(a, SIGNED_DAMAGED, path, "is the file of another list",
				     problem);
	status = bundle_verify(&stored.bundle, &from->trust, &key, &why);
	if (status == STATUS_USAGE && bundle_altered(&stored.bundle, &from->trust))
		return signed_refuse(a, SIGNED_UNSIGNED, path, why, problem);
	if (status != STATUS_USAGE)
		TRY(status);
	TRY(signed_describe(a, &stored.bundle, key, from->now, out));
	out->set = stored.set;
	out->content = stored.bundle.content;
	return status == STATUS_OK ? STATUS_OK : unvouched_say(a, out, why);
}

enum status signed_lists_read(struct arena *a, const struct signed_from *from,
			      enum bundle_content what, struct signed_lists *out,
			      const char **problem)
{
	int fd = open(from->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char **names = NULL;
	enum status status;
	size_t n = 0;

	*problem = NULL;
	*out = (struct signed_lists){ 0 };
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return STATUS_OK;
	if (fd < 0)
		return signed_refuse(a, SIGNED_UNREADABLE, from->folder, strerrordesc_np(errno),
				     problem);
	out->lists = ARENA_NEW(a, struct signed_list, SIGNED_LISTS_MAX);
	status = folder_read(fd, (size_t)4 * SIGNED_LISTS_MAX, a, &names, &n);
	if (status == STATUS_OK && !out->lists)
		status = STATUS_NO_MEMORY;
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK)
		return signed_refuse(a, SIGNED_UNREADABLE, from->folder, status_text(status),
				     problem);
	for (size_t i = 0; i < n; i++) {
		if (kind_of(names[i], what) == BUNDLE_NOTHING)
			continue;
		if (out->n == SIGNED_LISTS_MAX)
			return signed_refuse(a, SIGNED_LIMIT, from->folder, "too many lists",
					     problem);
		TRY(followed_read(a, from, names[i], &out->lists[out->n], problem));
		out->n++;
	}
	return STATUS_OK;
}

enum status signed_list_forget(struct arena *a, const char *folder, enum bundle_content what,
			       const char *name, const char **problem)
{
	const char *path = NULL;

	if (bundle_name_good(SPAN_TEXT(name)))
		path = signed_path(a, folder, what, SPAN_TEXT(name), SIGNED_FOLLOWED);
	else
		errno = ENOENT;
	if (path && unlink(path) == 0)
		return STATUS_OK;
	*problem = arena_printf(a, "no signed list %s is followed in %s: %s", name, folder,
				strerrordesc_np(errno));
	return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}

/* ---- import ---- */

struct intake {
	struct arena *arena;
	const struct signed_from *from;
	const struct signed_import *import;
	struct bundle bundle;
	struct span bytes;
	const struct ed25519_key *key;
	const char *path; /* of the file that is replaced */
	struct signed_stored before;
	bool follows;           /* there is one before */
	struct digest_list set; /* that comes of it */
	struct buffer set_bytes;
	struct signed_taken *out;
	const char **problem;
};

static enum status refuse(struct intake *i, enum signed_rule rule, const char *why)
{
	return signed_refuse(i->arena, rule, i->import->path, why, i->problem);
}

static enum status bytes_read(struct intake *i)
{
	enum status status;
	int fd;

	status = file_open(AT_FDCWD, i->import->path, &fd);
	if (status == STATUS_OK) {
		status = file_read(fd, SIGNED_LISTS_MAX_BUNDLE, i->arena, &i->bytes);
		(void)close(fd);
	}
	if (status == STATUS_LIMIT)
		return refuse(i, SIGNED_LIMIT, NULL);
	if (status == STATUS_OK || status == STATUS_NO_MEMORY)
		return status;
	return refuse(i, SIGNED_UNREADABLE,
		      status == STATUS_IO      ? strerrordesc_np(errno)
		      : status == STATUS_USAGE ? "is no regular file"
					       : status_text(status));
}

/* Is it the list that is asked for? */
static enum status list_check(struct intake *i)
{
	const struct bundle *b = &i->bundle;
	const char *why = NULL;

	if (b->content_kind != i->import->what)
		why = arena_printf(i->arena, "is a list of kind %s, not %s",
				   signed_list_word(b->content_kind),
				   signed_list_word(i->import->what));
	else if (i->import->name && !span_equal(b->name, SPAN_TEXT(i->import->name)))
		why = arena_printf(i->arena, "is not list %s", i->import->name);
	else
		return STATUS_OK;
	return why ? refuse(i, SIGNED_WRONG_LIST, why) : STATUS_NO_MEMORY;
}

/* Signature first: nothing else in the file is believed before it. */
static enum status bundle_check(struct intake *i)
{
	const char *why = NULL;
	enum status status;
	bool good = false;

	if (i->from->trust.n == 0)
		return refuse(i, SIGNED_NO_KEY, NULL);
	status = bundle_read(i->bytes, &i->bundle, &why);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED)
		return refuse(i, SIGNED_TRUNCATED, why);
	TRY(status);
	status = bundle_verify(&i->bundle, &i->from->trust, &i->key, &why);
	if (status == STATUS_USAGE)
		return refuse(i, SIGNED_UNSIGNED, why);
	TRY(status);
	TRY(list_check(i));
	if (i->bundle.expires != 0 && i->bundle.expires < i->from->now)
		return refuse(i, SIGNED_EXPIRED, NULL);
	TRY(signed_content_check(&i->bundle, &good));
	return good ? STATUS_OK : refuse(i, SIGNED_ALTERED, NULL);
}

/* Does it come behind what is followed?  A list never goes back. */
static enum status number_check(struct intake *i)
{
	const struct bundle *b = &i->bundle, *was = &i->before.bundle;
	uint64_t last = i->follows ? was->sequence : 0;
	const char *why;

	i->out->before = last;
	i->out->known = i->follows && b->sequence == last &&
			span_equal(SPAN_OF(b->digest), SPAN_OF(was->digest));
	if (i->out->known)
		return STATUS_OK;
	if (b->sequence < last) {
		why = arena_printf(i->arena,
				   "is number %llu, older than %llu, which is followed",
				   (unsigned long long)b->sequence, (unsigned long long)last);
		return why ? refuse(i, SIGNED_ROLLED_BACK, why) : STATUS_NO_MEMORY;
	}
	if (b->sequence == last)
		return refuse(i, SIGNED_FORKED, NULL);
	if (b->sequence == last + 1)
		return last == 0 || span_equal(SPAN_OF(b->previous), SPAN_OF(was->digest))
			       ? STATUS_OK
			       : refuse(i, SIGNED_FORKED, NULL);
	if (b->kind == BUNDLE_SNAPSHOT)
		return STATUS_OK;
	why = arena_printf(i->arena, "is number %llu, and number %llu comes next",
			   (unsigned long long)b->sequence, (unsigned long long)last + 1);
	return why ? refuse(i, SIGNED_SKIPPED, why) : STATUS_NO_MEMORY;
}

static enum signed_rule rule_of(enum list_fault fault)
{
	switch (fault) {
	case LIST_NO_FAULT:
	case LIST_CUT: return SIGNED_TRUNCATED;
	case LIST_UNSORTED: return SIGNED_UNSORTED;
	case LIST_NONSENSE: return SIGNED_NONSENSE;
	case LIST_MISFIT: return SIGNED_SET_DIFFERS;
	case LIST_LONG: return SIGNED_LIMIT;
	}
	return SIGNED_NONSENSE;
}

/* What vouches for a file covers all of it. */
static bool types_fit(const struct intake *i)
{
	for (size_t k = 0; k < i->set.n; k++)
		if (i->import->what == BUNDLE_ALLOW &&
		    i->set.entries[k].type != DIGEST_ENTRY_FILE)
			return false;
	return true;
}

static enum status set_make(struct intake *i)
{
	const struct bundle *b = &i->bundle;
	const struct digest_list *before =
		b->kind == BUNDLE_DELTA && i->follows ? &i->before.set : NULL;
	enum list_fault fault = LIST_NO_FAULT;
	enum status status;
	bool good = false;

	status = list_entries_apply(i->arena, signed_entries(b), b->n_entries, before, &i->set,
				    &fault);
	if (status == STATUS_MALFORMED || status == STATUS_LIMIT)
		return refuse(i, rule_of(fault), NULL);
	TRY(status);
	if (!types_fit(i))
		return refuse(i, SIGNED_NONSENSE,
			      "lets pass by a digest that does not cover the whole file");
	i->set_bytes.limit = SIGNED_LISTS_MAX_SET;
	list_entries_write(&i->set_bytes, &i->set);
	if (buffer_status(&i->set_bytes) != STATUS_OK)
		return refuse(i, SIGNED_LIMIT, NULL);
	TRY(signed_set_check(b, buffer_span(&i->set_bytes), &good));
	return good ? STATUS_OK : refuse(i, SIGNED_SET_DIFFERS, NULL);
}

static void changes_count(struct intake *i)
{
	for (size_t k = 0; k < i->set.n; k++)
		i->out->added +=
			!digest_list_has(&i->before.set, SPAN_OF(i->set.entries[k].digest));
	for (size_t k = 0; k < i->before.set.n; k++)
		i->out->removed +=
			!digest_list_has(&i->set, SPAN_OF(i->before.set.entries[k].digest));
}

static enum status content_make(struct intake *i)
{
	const char *why;

	if (i->import->what != BUNDLE_POLICY) {
		TRY(set_make(i));
		changes_count(i);
		return STATUS_OK;
	}
	why = i->import->check ? i->import->check(i->import->context, i->bundle.content) : NULL;
	return why ? refuse(i, SIGNED_NONSENSE, why) : STATUS_OK;
}

static enum status intake_take(struct intake *i)
{
	enum status status;

	i->path = signed_path(i->arena, i->from->folder, i->bundle.content_kind, i->bundle.name,
			      SIGNED_FOLLOWED);
	if (!i->path)
		return STATUS_NO_MEMORY;
	status = signed_stored_read(i->arena, i->path, &i->before, i->problem);
	i->follows = status == STATUS_OK;
	if (status == STATUS_IO && errno != ENOENT && errno != ENOTDIR)
		return signed_refuse(i->arena, SIGNED_UNREADABLE, i->path,
				     strerrordesc_np(errno), i->problem);
	if (status != STATUS_OK && status != STATUS_IO)
		return status;
	TRY(number_check(i));
	if (i->out->known)
		return STATUS_OK;
	TRY(content_make(i));
	i->out->list.set = i->set;
	i->out->list.content = i->bundle.content;
	if (i->import->dry_run)
		return STATUS_OK;
	if (signed_stored_write(i->path, i->bytes, buffer_span(&i->set_bytes)) == STATUS_OK)
		return STATUS_OK;
	*i->problem = arena_printf(i->arena, "%s: %s", i->path, strerrordesc_np(errno));
	return *i->problem ? STATUS_IO : STATUS_NO_MEMORY;
}

static enum status intake_locked(struct intake *i)
{
	const char *inside = arena_printf(i->arena, "%s/lock", i->from->folder);
	enum status status;
	int lock = -1;

	if (!inside)
		return STATUS_NO_MEMORY;
	if (!i->import->dry_run && file_lock_folder(inside, &lock) != STATUS_OK) {
		*i->problem = arena_printf(i->arena, "%s: %s", i->from->folder,
					   strerrordesc_np(errno));
		return *i->problem ? STATUS_IO : STATUS_NO_MEMORY;
	}
	status = intake_take(i);
	if (lock >= 0)
		(void)close(lock);
	return status;
}

enum status signed_list_import(struct arena *a, const struct signed_from *from,
			       const struct signed_import *import, struct signed_taken *out,
			       const char **problem)
{
	struct intake i = { .arena = a,
			    .from = from,
			    .import = import,
			    .set_bytes = BUFFER_INIT,
			    .out = out,
			    .problem = problem };
	enum status status;

	*problem = NULL;
	*out = (struct signed_taken){ 0 };
	TRY(bytes_read(&i));
	TRY(bundle_check(&i));
	TRY(signed_describe(a, &i.bundle, i.key, from->now, &out->list));
	status = intake_locked(&i);
	buffer_free(&i.set_bytes);
	return status;
}
