/* SPDX-License-Identifier: MIT */
#include "store/baseline_signature.h"

#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define NAME "baseline"

static enum status manifest_put(const struct baseline_writer *w,
				const struct baseline_about *about,
				const struct ed25519_key *key, const uint8_t root[32],
				const char *path)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
	struct bundle b = { .content_kind = BUNDLE_BASELINE,
			    .kind = BUNDLE_SNAPSHOT,
			    .name = SPAN_LITERAL(NAME),
			    .sequence = about->counter,
			    .created = about->ended,
			    .n_entries = baseline_writer_count(w) };

	(void)span_copy(b.previous, sizeof(b.previous), SPAN_OF(about->previous));
	(void)span_copy(b.root, sizeof(b.root), (struct span){ root, 32 });
	TRY(bundle_write(&bytes, &b, key, key ? 1 : 0));
	return file_replace(path, buffer_span(&bytes));
}

static bool speaks_of(const struct bundle *s, const struct baseline *b)
{
	return span_equal(SPAN_OF(s->root), baseline_root(b)) &&
	       s->sequence == baseline_about(b)->counter;
}

/* Who wrote the baseline that is there was killed before its signature had its place. */
static enum status next_keep(struct arena *a, const char *path, const char *signature,
			     const char *next)
{
	struct bundle bundle = { 0 };
	const char *problem = NULL;
	struct baseline *b;
	bool fits;

	if (baseline_signature_read(a, next, &bundle, &problem) != STATUS_OK ||
	    baseline_open(a, path, &b, &problem) != STATUS_OK)
		return STATUS_OK;
	fits = speaks_of(&bundle, b);
	baseline_close(b);
	return !fits || rename(next, signature) == 0 ? STATUS_OK : STATUS_IO;
}

enum status baseline_commit(struct arena *a, struct baseline_writer *w,
			    const struct baseline_about *about, const char *path,
			    const struct ed25519_key *key, uint8_t root[32])
{
	const char *signature = arena_printf(a, "%s.sig", path),
		   *next = arena_printf(a, "%s.sig.next", path);

	if (!signature || !next)
		return STATUS_NO_MEMORY;
	TRY(baseline_writer_finish(w, about, root));
	TRY(next_keep(a, path, signature, next));
	TRY(manifest_put(w, about, key, root, next));
	TRY(baseline_writer_commit(w));
	/* From here on the new one is there, and is found to be signed. */
	return rename(next, signature) == 0 ? STATUS_OK : STATUS_IO;
}

enum status baseline_signature_read(struct arena *a, const char *path, struct bundle *out,
				    const char **problem)
{
	enum status status;
	struct span bytes;
	int fd;

	*problem = "cannot be read";
	TRY(file_open(AT_FDCWD, path, &fd));
	status = file_read(fd, BASELINE_SIGNATURE_MAX, a, &bytes);
	(void)close(fd);
	if (status == STATUS_OK)
		status = bundle_read(bytes, out, problem);
	if (status == STATUS_OK && out->content_kind != BUNDLE_BASELINE) {
		*problem = "is no signature of a baseline";
		return STATUS_MALFORMED;
	}
	return status;
}

/* The one of both files that speaks of @b; STATUS_NOT_MINE: there is none at all. */
static enum status signature_find(struct arena *a, const char *path, const struct baseline *b,
				  struct bundle *out, const char **problem)
{
	const char *places[] = { arena_printf(a, "%s.sig", path),
				 arena_printf(a, "%s.sig.next", path) };
	const char *why = NULL;
	bool any = false;

	*problem = "is not signed";
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		enum status status = STATUS_NO_MEMORY;

		if (places[i])
			status = baseline_signature_read(a, places[i], out, &why);
		if (status == STATUS_NO_MEMORY || (status == STATUS_IO && errno != ENOENT))
			return status;
		if (status == STATUS_OK && speaks_of(out, b))
			return STATUS_OK;
		any |= status != STATUS_IO;
	}
	if (any)
		*problem = "is not the one that was signed";
	return any ? STATUS_USAGE : STATUS_NOT_MINE;
}

/* Did one of the keys sign it, though what it made does not hold? */
static bool altered(const struct bundle *s, const struct bundle_trust *trust)
{
	struct cursor c = cursor_at(s->signatures, 0);

	while (cursor_left(&c) > 0) {
		struct span id = cursor_take(&c, 32);

		(void)cursor_take(&c, ED25519_SIGNATURE_BYTES);
		for (size_t i = 0; i < trust->n; i++)
			if (span_equal(id, SPAN_OF(trust->keys[i].id)))
				return true;
	}
	return false;
}

enum status baseline_signature_check(struct arena *a, const char *path,
				     const struct baseline *b, const struct bundle_trust *trust,
				     const struct ed25519_key **by, const char **problem)
{
	struct bundle signature = { 0 };
	enum status status;

	*by = NULL;
	TRY(signature_find(a, path, b, &signature, problem));
	status = bundle_verify(&signature, trust, by, problem);
	if (status == STATUS_USAGE && !altered(&signature, trust))
		return STATUS_NOT_MINE;
	return status;
}

enum status baseline_signature_add(const char *path, const struct bundle *b,
				   const struct ed25519_key *key)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;

	TRY(bundle_sign(&bytes, b, key));
	return file_replace(path, buffer_span(&bytes));
}
