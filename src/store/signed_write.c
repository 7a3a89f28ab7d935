/* SPDX-License-Identifier: MIT */
/* Signing: the next bundle of a list, where its keys are. */
#include "base/utf8.h"
#include "store/signed_file.h"
#include "trust/file.h"
#include <errno.h>
#include <unistd.h>

struct signing {
	struct arena *arena;
	const struct signed_export *e;
	const char *path; /* of what was signed before */
	struct signed_stored before;
	bool follows;
	struct digest_list set;
	struct buffer set_bytes, content, bundle_bytes;
	struct bundle bundle;
	struct signed_taken *out;
	const char **problem;
};

static void signing_end(struct signing *s)
{
	buffer_free(&s->set_bytes);
	buffer_free(&s->content);
	buffer_free(&s->bundle_bytes);
}

static enum status refuse(struct signing *s, enum status status, const char *path,
			  const char *why)
{
	*s->problem = arena_printf(s->arena, "%s: %s", path, why);
	return *s->problem ? status : STATUS_NO_MEMORY;
}

/* Reasons may be the names of files; a signed list is text. */
static const char *text_of(struct arena *a, const char *reason)
{
	CLEANUP(buffer_free) struct buffer clean = BUFFER_INIT;
	struct span in = SPAN_TEXT(reason);

	if (utf8_valid(in))
		return reason;
	for (uint64_t i = 0; i < in.len; i++)
		if (span_at(in, i) < 0x7f)
			buffer_add(&clean, span_clip(in, i, 1));
		else
			buffer_char(&clean, '?');
	return buffer_status(&clean) == STATUS_OK ? arena_string(a, buffer_span(&clean)) : NULL;
}

/* The set as it is signed: who wrote what was there already stays. */
static enum status set_make(struct signing *s)
{
	const struct digest_list *in = s->e->set;

	s->set.entries = ARENA_NEW(s->arena, struct digest_entry, in->n + 1);
	if (!s->set.entries)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < in->n; i++) {
		struct digest_entry *e = &s->set.entries[s->set.n++];
		const struct digest_entry *was;

		*e = in->entries[i];
		e->reason = text_of(s->arena, e->reason);
		if (!e->reason)
			return STATUS_NO_MEMORY;
		was = digest_list_find(&s->before.set, SPAN_OF(e->digest));
		e->author = was && was->until == e->until && was->type == e->type &&
					    strcmp(was->reason, e->reason) == 0
				    ? was->author
				    : s->e->author;
		if (s->e->what == BUNDLE_ALLOW && e->type != DIGEST_ENTRY_FILE)
			return refuse(
				s, STATUS_USAGE, s->e->path,
				"a list that lets pass holds digests of whole files only");
	}
	return STATUS_OK;
}

static enum status content_make(struct signing *s)
{
	bool all = !s->follows || s->e->snapshot;
	struct digest digest;
	struct span whole;

	s->bundle.kind = BUNDLE_SNAPSHOT;
	if (s->e->what == BUNDLE_POLICY) {
		s->bundle.n_entries = 1;
		buffer_add(&s->content, s->e->content);
	} else {
		TRY(set_make(s));
		s->set_bytes.limit = SIGNED_LISTS_MAX_SET;
		list_entries_write(&s->set_bytes, &s->set);
		s->bundle.n_entries = s->set.n;
		if (all) {
			buffer_add(&s->content, buffer_span(&s->set_bytes));
		} else {
			s->bundle.kind = BUNDLE_DELTA;
			list_entries_write_change(&s->content, &s->before.set, &s->set,
						  &s->bundle.n_entries);
		}
		TRY(buffer_status(&s->set_bytes));
		whole = buffer_span(&s->set_bytes);
		TRY(digest_of(DIGEST_SHA256, &whole, 1, &digest));
		buffer_add(&s->content, digest_span(&digest));
	}
	TRY(buffer_status(&s->content));
	whole = buffer_span(&s->content);
	TRY(digest_of(DIGEST_SHA256, &whole, 1, &digest));
	(void)span_copy(s->bundle.root, sizeof(s->bundle.root), digest_span(&digest));
	s->bundle.n_bytes = s->content.len;
	return STATUS_OK;
}

static enum status bundle_make(struct signing *s)
{
	const struct signed_export *e = s->e;

	s->bundle.content_kind = e->what;
	s->bundle.name = SPAN_TEXT(e->name);
	s->bundle.sequence = s->follows ? s->before.bundle.sequence + 1 : 1;
	s->bundle.created = e->now;
	s->bundle.expires = e->expires;
	if (s->follows)
		(void)span_copy(s->bundle.previous, sizeof(s->bundle.previous),
				SPAN_OF(s->before.bundle.digest));
	s->content.limit = SIGNED_LISTS_MAX_BUNDLE;
	s->bundle_bytes.limit = SIGNED_LISTS_MAX_BUNDLE;
	TRY(content_make(s));
	TRY(bundle_write(&s->bundle_bytes, &s->bundle, e->keys, e->n_keys));
	buffer_add(&s->bundle_bytes, buffer_span(&s->content));
	return buffer_status(&s->bundle_bytes);
}

/* The number first: what was signed once is never followed by something else of its number. */
static enum status bundle_keep(struct signing *s)
{
	if (signed_stored_write(s->path, buffer_span(&s->bundle_bytes),
				buffer_span(&s->set_bytes)) != STATUS_OK)
		return refuse(s, STATUS_IO, s->path, strerrordesc_np(errno));
	if (file_replace(s->e->path, buffer_span(&s->bundle_bytes)) == STATUS_OK)
		return STATUS_OK;
	*s->problem = arena_printf(
		s->arena, "%s: %s; number %llu is lost: sign a --snapshot next", s->e->path,
		strerrordesc_np(errno), (unsigned long long)s->bundle.sequence);
	return *s->problem ? STATUS_IO : STATUS_NO_MEMORY;
}

static enum status sign_locked(struct signing *s)
{
	enum status status = signed_stored_read(s->arena, s->path, &s->before, s->problem);

	if (status == STATUS_IO && errno != ENOENT && errno != ENOTDIR)
		return refuse(s, STATUS_IO, s->path, strerrordesc_np(errno));
	if (status != STATUS_OK && status != STATUS_IO)
		return status;
	s->follows = status == STATUS_OK;
	if (s->follows && s->before.bundle.sequence >= INT64_MAX)
		return refuse(s, STATUS_USAGE, s->path, "there are no more numbers");
	TRY(bundle_make(s));
	TRY(signed_describe(s->arena, &s->bundle, &s->e->keys[0], s->e->now, &s->out->list));
	s->out->before = s->follows ? s->before.bundle.sequence : 0;
	s->out->list.set = s->set;
	for (size_t i = 0; i < s->set.n; i++)
		s->out->added +=
			!digest_list_has(&s->before.set, SPAN_OF(s->set.entries[i].digest));
	s->out->removed = s->before.set.n + s->out->added - s->set.n;
	return bundle_keep(s);
}

enum status signed_list_sign(struct arena *a, const struct signed_export *e,
			     struct signed_taken *out, const char **problem)
{
	CLEANUP(signing_end)
	struct signing s = { .arena = a,
			     .e = e,
			     .set_bytes = BUFFER_INIT,
			     .content = BUFFER_INIT,
			     .bundle_bytes = BUFFER_INIT,
			     .out = out,
			     .problem = problem };
	enum status status;
	int lock;

	*problem = NULL;
	*out = (struct signed_taken){ 0 };
	if (!bundle_name_good(SPAN_TEXT(e->name)))
		return refuse(&s, STATUS_USAGE, e->path,
			      "the name of a list is letters, digits, \".\", \"-\" and \"_\"");
	s.path = signed_path(a, e->folder, e->what, SPAN_TEXT(e->name), SIGNED_SIGNED);
	if (!s.path)
		return STATUS_NO_MEMORY;
	if (file_lock_folder(s.path, &lock) != STATUS_OK)
		return refuse(&s, STATUS_IO, e->folder, strerrordesc_np(errno));
	status = sign_locked(&s);
	(void)close(lock);
	if (status == STATUS_NO_MEMORY && !*problem)
		*problem = "the list is larger than a list may be, or there is no memory";
	return status;
}
