/* SPDX-License-Identifier: MIT */
#include "store/donors_exchange.h"

#include "store/donors_keeper.h"
#include "store/donors_stack.h"
#include "store/donors_write.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define COPY_BYTES 65536

static enum status refuse(struct arena *a, enum status status, const char *path,
			  const char *why, const char **problem)
{
	if (!*problem)
		*problem =
			arena_printf(a, "%s: %s", path,
				     why                          ? why
				     : status == STATUS_IO        ? strerrordesc_np(errno)
				     : status == STATUS_NO_MEMORY ? "there is no memory for it"
								  : status_text(status));
	return status;
}

static const char *key_text(struct arena *a, const struct ed25519_key *key)
{
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;

	buffer_hex(&hex, span_clip(SPAN_OF(key->id), 0, DONORS_KEY_DIGITS / 2));
	return arena_string(a, buffer_span(&hex));
}

/* --- export ---------------------------------------------------------------------------- */

/* Everything behind the place for @head. */
/* Sightings are of files that somebody suspects: nobody else's business. */
static bool is_signed(const void *context, const struct donor *donor)
{
	(void)context;
	return donor->kind == DONOR_VALID;
}

static enum status content_write(const struct donors *d, struct new_file *f,
				 struct buffer *head, struct bundle *b)
{
	CLEANUP(image_writer_end) struct image_writer w = { 0 };
	struct donor_selection all = { .keep = is_signed, .provenance = "" };
	enum status status;

	donors_stack(d, &all.stack, &all.n);
	TRY(new_file_write(f, buffer_span(head)));
	image_writer_begin(&w, f);
	status = donor_selection_write(&all, &w, &b->n_entries);
	b->n_bytes = w.n_bytes;
	(void)span_copy(b->root, sizeof(b->root), SPAN_OF(w.root));
	return status;
}

/* The next number, which is never used again whatever comes. */
static enum status number_take(struct donor_keeper *k, const struct donors_export *e,
			       struct bundle *b)
{
	struct list_state state = { .exported = true,
				    .name = e->name,
				    .key = SPAN_OF(e->key->id) };

	TRY(list_get(&k->database, &state));
	b->sequence = state.sequence + 1;
	(void)span_copy(b->previous, sizeof(b->previous), SPAN_OF(state.root));
	return STATUS_OK;
}

static enum status number_keep(struct donor_keeper *k, const struct donors_export *e,
			       const struct bundle *b)
{
	struct list_state state = { .exported = true,
				    .name = e->name,
				    .key = SPAN_OF(e->key->id),
				    .sequence = b->sequence };

	(void)span_copy(state.root, sizeof(state.root), SPAN_OF(b->digest));
	TRY(list_put(&k->database, &state));
	return donor_database_commit(&k->database);
}

static enum status bundle_file_write(struct donor_keeper *k, const struct donors *d,
				     const struct donors_export *e, struct bundle *b)
{
	CLEANUP(new_file_end) struct new_file f = { .fd = -1 };
	CLEANUP(buffer_free) struct buffer head = BUFFER_INIT;

	/* A first one only takes up the room. */
	TRY(bundle_write(&head, b, e->key, 1));
	TRY(new_file_begin(e->path, &f));
	TRY(content_write(d, &f, &head, b));
	buffer_clear(&head);
	TRY(bundle_write(&head, b, e->key, 1));
	TRY(new_file_fill(&f, 0, buffer_span(&head)));
	TRY(number_keep(k, e, b));
	return new_file_commit(&f);
}

enum status donors_export(struct arena *a, const struct donors *d,
			  const struct donors_export *e, struct donors_exchanged *out,
			  const char **problem)
{
	CLEANUP(donor_keeper_end) struct donor_keeper k = { .lock = -1 };
	struct bundle b = { .content_kind = BUNDLE_DONORS,
			    .kind = BUNDLE_SNAPSHOT,
			    .name = SPAN_TEXT(e->name),
			    .created = e->now };
	enum status status;

	*problem = NULL;
	if (!bundle_name_good(b.name))
		return refuse(a, STATUS_USAGE, e->path,
			      "the name of a list is letters, digits, \".\", \"-\" and \"_\"",
			      problem);
	/* Nobody signs what is damaged. */
	status = donors_verify(d);
	if (status != STATUS_OK)
		return refuse(a, status, e->path,
			      status == STATUS_MALFORMED ? "the donor index is damaged" : NULL,
			      problem);
	TRY(donor_keeper_begin(&k, a, e->folder, problem));
	status = donor_keeper_outcome(&k, number_take(&k, e, &b));
	if (status == STATUS_OK)
		status = bundle_file_write(&k, d, e, &b);
	if (status != STATUS_OK)
		return refuse(a, status, e->path, k.database.problem, problem);
	*out = (struct donors_exchanged){ .name = e->name,
					  .key = key_text(a, e->key),
					  .sequence = b.sequence,
					  .n = b.n_entries };
	return out->key ? STATUS_OK : STATUS_NO_MEMORY;
}

/* --- import ---------------------------------------------------------------------------- */

/* A copy that nobody can change while we look at it. */
struct copy {
	FILE *file;
	struct span bytes;
};

static void copy_end(struct copy *c)
{
	if (c->bytes.len)
		(void)munmap((void *)(uintptr_t)c->bytes.ptr, c->bytes.len);
	if (c->file)
		(void)fclose(c->file);
}

static enum status bytes_copy(int from, FILE *to, uint64_t *size)
{
	uint8_t chunk[COPY_BYTES];

	*size = 0;
	for (;;) {
		ssize_t n = read(from, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? STATUS_OK : STATUS_IO;
		*size += (uint64_t)n;
		if (*size > DONORS_MAX_LIST_BYTES)
			return STATUS_LIMIT;
		if (fwrite(chunk, 1, (size_t)n, to) != (size_t)n)
			return STATUS_IO;
	}
}

static enum status copy_make(const char *path, struct copy *out)
{
	uint64_t size = 0;
	enum status status;
	void *bytes;
	int fd;

	TRY(file_open(AT_FDCWD, path, &fd));
	out->file = tmpfile();
	status = out->file ? bytes_copy(fd, out->file, &size) : STATUS_IO;
	(void)close(fd);
	if (status != STATUS_OK)
		return status;
	if (fflush(out->file) != 0)
		return STATUS_IO;
	if (size == 0)
		return STATUS_OK;
	bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fileno(out->file), 0);
	if (bytes == MAP_FAILED)
		return STATUS_IO;
	out->bytes = (struct span){ bytes, (size_t)size };
	return STATUS_OK;
}

/* What is being taken over. */
struct intake {
	const struct donors_import *import;
	struct arena *arena;
	struct bundle bundle;
	const struct ed25519_key *key;
	struct image image;
	struct donors_exchanged *out;
	const char **problem;
};

static enum status intake_refuse(struct intake *i, enum status status, const char *why)
{
	return refuse(i->arena, status, i->import->path, why, i->problem);
}

/* Signature first: nothing else in the file is believed before it. */
static enum status intake_read(struct intake *i, struct span bytes)
{
	const char *why = NULL;
	const struct bundle_trust trust = { i->import->keys, i->import->n_keys, 1 };
	enum status status = bundle_read(bytes, &i->bundle, &why);

	if (status == STATUS_OK && i->bundle.content_kind != BUNDLE_DONORS) {
		why = "is a signed list of something else than donors";
		status = STATUS_USAGE;
	}
	if (status == STATUS_OK)
		status = bundle_verify(&i->bundle, &trust, &i->key, &why);
	if (status == STATUS_OK && i->bundle.expires != 0 &&
	    i->bundle.expires < i->import->now) {
		why = "has expired";
		status = STATUS_USAGE;
	}
	if (status == STATUS_OK)
		status = image_open(i->bundle.content, &i->image, &why);
	if (status != STATUS_OK)
		return intake_refuse(i, status, why);
	if (!span_equal(SPAN_OF(i->image.root), SPAN_OF(i->bundle.root)) ||
	    image_count(&i->image) != i->bundle.n_entries)
		return intake_refuse(i, STATUS_MALFORMED, "does not hold what was signed");
	status = image_verify(&i->image);
	if (status == STATUS_OK)
		return STATUS_OK;
	return intake_refuse(
		i, status, status == STATUS_MALFORMED ? "does not hold what was signed" : NULL);
}

/* Is it newer than what there is?  A list never goes back. */
static enum status intake_number(struct intake *i, const struct list_state *state)
{
	const struct bundle *b = &i->bundle;

	i->out->before = state->sequence;
	if (b->sequence > state->sequence ||
	    (b->sequence == state->sequence &&
	     span_equal(SPAN_OF(state->root), SPAN_OF(b->digest))))
		return STATUS_OK;
	if (b->sequence == state->sequence)
		*i->problem = arena_printf(i->arena,
					   "%s: another list %s with number %llu was imported "
					   "before",
					   i->import->path, i->out->name,
					   (unsigned long long)b->sequence);
	else
		*i->problem = arena_printf(i->arena,
					   "%s: number %llu of list %s is older than number "
					   "%llu, which was imported",
					   i->import->path, (unsigned long long)b->sequence,
					   i->out->name, (unsigned long long)state->sequence);
	return *i->problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}

/* One file for a list: its name and key, in a form that any of them has. */
static const char *list_path(struct intake *i)
{
	struct span parts[] = { i->bundle.name, SPAN_OF(i->key->id) };
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;
	struct digest digest;

	if (digest_of(DIGEST_SHA256, parts, COUNT_OF(parts), &digest) != STATUS_OK)
		return NULL;
	buffer_hex(&hex, span_clip(digest_span(&digest), 0, DONORS_KEY_DIGITS / 2));
	return arena_printf(i->arena, "%s/list-%s" DONORS_ENDING, i->import->folder,
			    buffer_string(&hex, 0));
}

static enum status intake_take(struct intake *i, struct donor_keeper *k)
{
	struct image_layer layer = { &i->image };
	struct donor_selection all = { .stack = &layer, .n = 1 };
	struct list_state state = { .name = i->out->name, .key = SPAN_OF(i->key->id) };
	const char *path = list_path(i);

	all.provenance =
		arena_printf(i->arena, DONORS_LIST "%s by %s", i->out->name, i->out->key);
	if (!path || !all.provenance)
		return STATUS_NO_MEMORY;
	TRY(list_get(&k->database, &state));
	TRY(intake_number(i, &state));
	/* The number first: what was seen once is never followed by something older. */
	state.sequence = i->bundle.sequence;
	(void)span_copy(state.root, sizeof(state.root), SPAN_OF(i->bundle.digest));
	TRY(list_put(&k->database, &state));
	TRY(donor_database_commit(&k->database));
	return donor_file_write(path, &all, &i->out->n);
}

/* Only what would be refused is found out, and nothing made. */
static enum status intake_try(struct intake *i)
{
	CLEANUP(donor_keeper_end) struct donor_keeper k = { .lock = -1 };
	struct list_state state = { .name = i->out->name, .key = SPAN_OF(i->key->id) };

	const char *database = arena_printf(i->arena, "%s/" DONORS_DATABASE, i->import->folder);

	if (!database)
		return STATUS_NO_MEMORY;
	if (access(database, F_OK) != 0)
		return STATUS_OK;
	TRY(donor_keeper_begin(&k, i->arena, i->import->folder, i->problem));
	TRY(donor_keeper_outcome(&k, list_get(&k.database, &state)));
	return intake_number(i, &state);
}

static enum status intake_run(struct intake *i, struct span bytes)
{
	CLEANUP(donor_keeper_end) struct donor_keeper k = { .lock = -1 };

	TRY(intake_read(i, bytes));
	*i->out = (struct donors_exchanged){ .name = arena_string(i->arena, i->bundle.name),
					     .key = key_text(i->arena, i->key),
					     .sequence = i->bundle.sequence,
					     .n = image_count(&i->image) };
	if (!i->out->name || !i->out->key)
		return STATUS_NO_MEMORY;
	if (i->import->dry_run)
		return intake_try(i);
	TRY(donor_keeper_begin(&k, i->arena, i->import->folder, i->problem));
	return donor_keeper_outcome(&k, intake_take(i, &k));
}

enum status donors_import(struct arena *a, const struct donors_import *import,
			  struct donors_exchanged *out, const char **problem)
{
	CLEANUP(copy_end) struct copy copy = { 0 };
	struct intake i = { .import = import, .arena = a, .out = out, .problem = problem };
	enum status status;

	*problem = NULL;
	*out = (struct donors_exchanged){ 0 };
	status = copy_make(import->path, &copy);
	if (status != STATUS_OK)
		return refuse(a, status, import->path,
			      status == STATUS_USAGE ? "is no regular file" : NULL, problem);
	status = intake_run(&i, copy.bytes);
	image_close(&i.image);
	return status;
}
