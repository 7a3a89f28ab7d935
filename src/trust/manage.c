/* SPDX-License-Identifier: MIT */
#include "trust/manage.h"

#include "trust/file.h"
#include "trust/import.h"
#include "trust/store_layers.h"
#include <errno.h>
#include <unistd.h>

#define UPDATE_ARENA_BYTES ((size_t)192 << 20)

static enum status complain(struct arena *a, const char **problem, enum status status,
			    const char *name, const char *text)
{
	*problem = arena_printf(a, "%s: %s", name, text);
	if (*problem)
		return status;
	*problem = "out of memory";
	return STATUS_NO_MEMORY;
}

/* One change of one database, from lock to rename. */
struct update {
	struct arena *a; /* of the caller: for texts that he gets */
	const struct trust_target *target;
	struct arena kept;
	struct draft draft;
	struct database before;    /* the one to change, as it was */
	struct trust_store *store; /* everything that is in force now */
	int lock;
	const char **problem;
};

static void update_end(struct update *u)
{
	trust_close(u->store);
	arena_free(&u->kept);
	if (u->lock >= 0)
		(void)close(u->lock);
}

static enum status old_load(struct update *u)
{
	const char *why = NULL;
	struct span bytes, copy;
	enum status status = file_map(u->target->path, DATABASE_MAX_BYTES, &bytes);

	if (status == STATUS_IO && errno == ENOENT)
		return STATUS_OK;
	if (status != STATUS_OK)
		return complain(u->a, u->problem, status, u->target->path,
				status == STATUS_IO ? strerror(errno) : "is no trust database");
	copy = arena_copy(&u->kept, bytes);
	file_unmap(bytes);
	if (!copy.ptr)
		return STATUS_NO_MEMORY;
	status = database_open(copy, &u->before, &why);
	if (status != STATUS_OK)
		return why ? complain(u->a, u->problem, status, u->target->path, why) : status;
	return draft_load(&u->draft, &u->before);
}

static enum status update_begin(struct update *u, struct arena *a,
				const struct trust_target *target, const char **problem)
{
	*u = (struct update){ .a = a,
			      .target = target,
			      .kept = ARENA_INIT(UPDATE_ARENA_BYTES),
			      .lock = -1,
			      .problem = problem };
	*problem = "out of memory";
	u->draft.arena = &u->kept;
	if (!target->dry_run && file_lock_folder(target->path, &u->lock) != STATUS_OK)
		return complain(a, problem, STATUS_IO, target->path, strerror(errno));
	TRY(trust_open(a,
		       &(struct trust_sources){ .databases = target->databases,
						.n_databases = target->n_databases },
		       &u->store, problem));
	*problem = "out of memory";
	return old_load(u);
}

/* Writes the draft, after a look at it with the eyes of a reader. */
static enum status update_commit(struct update *u)
{
	struct buffer file CLEANUP(buffer_free) = BUFFER_INIT;
	const char *why = "out of memory";
	struct database check;
	enum status status = draft_encode(&u->draft, &file);

	if (status == STATUS_OK)
		status = database_open(buffer_span(&file), &check, &why);
	if (status != STATUS_OK)
		return complain(u->a, u->problem, status, u->target->path,
				status == STATUS_LIMIT ? "would have too many rows" : why);
	if (!u->target->dry_run &&
	    file_replace(u->target->path, buffer_span(&file)) != STATUS_OK)
		return complain(u->a, u->problem, STATUS_IO, u->target->path, strerror(errno));
	*u->problem = NULL;
	return STATUS_OK;
}

/* "db=PATH", "dbx=PATH", "mok=PATH". */
static enum siglist_role role_parse(const char *path, const char **rest)
{
	static const struct {
		const char *prefix;
		enum siglist_role role;
	} prefixes[] = {
		{"db=",   SIGLIST_DB },
                { "dbx=", SIGLIST_DBX},
                { "mok=", SIGLIST_MOK}
	};

	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		size_t len = strlen(prefixes[i].prefix);

		if (span_starts(SPAN_TEXT(path), prefixes[i].prefix, len)) {
			*rest = text_after(path, len);
			return prefixes[i].role;
		}
	}
	*rest = path;
	return SIGLIST_UNKNOWN;
}

/* The certificates that may sign lists instead of the pinned root. */
static enum status list_roots_read(struct update *u, struct import *im)
{
	struct draft roots = { .arena = &u->kept };
	struct intake in = {
		.arena = &u->kept, .draft = &roots, .read = intake_bytes, .origin = "list root"
	};

	for (size_t i = 0; i < u->target->n_list_roots; i++) {
		enum status status = intake_path(&in, u->target->list_roots[i].path);

		if (status != STATUS_OK) {
			im->in.problem = in.problem;
			return status;
		}
	}
	im->roots = ARENA_NEW(&u->kept, struct certificate, roots.n_records + 1);
	if (!im->roots)
		return STATUS_NO_MEMORY;
	for (const struct draft_record *at = roots.records; at; at = at->next)
		TRY(certificate_read(at->record.stored.der, &im->roots[im->n_roots++], NULL));
	return STATUS_OK;
}

static enum status sources_take(struct update *u, struct import *im,
				const struct trust_source *sources, size_t n)
{
	TRY(list_roots_read(u, im));
	for (size_t i = 0; i < n; i++) {
		const char *path = sources[i].path;

		if (im->lists)
			im->role = role_parse(path, &path);
		im->in.sets = sources[i].sets;
		TRY(intake_path(&im->in, path));
	}
	return import_finish(im);
}

static void change_sum(const struct import *im, struct trust_change *out)
{
	const struct siglist_count *c = &im->counts;

	out->n_anchors += im->in.n_certs - im->loose.n_records;
	out->n_anchors -= im->in.n_held_certs;
	out->n_keys = im->in.n_keys - im->in.n_held_keys;
	out->n_held = im->in.n_held_certs + im->in.n_held_keys;
	out->n_crls = im->in.n_crls;
	out->n_ocsps = im->in.n_ocsps;
	out->n_uefi = c->n_certs;
	out->n_images = c->n_images;
	out->n_distrusted = c->n_distrusted;
	out->empty_dbx = c->n_placeholders && !c->n_images && !c->n_distrusted;
}

static enum status update_take(struct update *u, const struct trust_source *sources, size_t n,
			       struct trust_change *out)
{
	struct import *im = ARENA_NEW(&u->kept, struct import, 1);
	enum status status;

	if (!im)
		return STATUS_NO_MEMORY;
	im->in = (struct intake){ .arena = &u->kept,
				  .draft = &u->draft,
				  .loose = &im->loose,
				  .keys = true,
				  .before = &u->before,
				  .read = import_bytes,
				  .context = im,
				  .origin = "added by hand" };
	im->loose.arena = &u->kept;
	im->store = u->store;
	im->lists = u->target->lists;
	im->change = out;
	status = sources_take(u, im, sources, n);
	if (status != STATUS_OK) {
		const char *text = im->in.problem ? im->in.problem : status_text(status);

		*u->problem = arena_printf(u->a, "%s", text);
		return *u->problem ? status : STATUS_NO_MEMORY;
	}
	change_sum(im, out);
	return update_commit(u);
}

enum status trust_take(struct arena *a, const struct trust_target *target,
		       const struct trust_source *sources, size_t n, struct trust_change *out,
		       const char **problem)
{
	struct update u;
	enum status status = update_begin(&u, a, target, problem);

	*out = (struct trust_change){ 0 };
	if (status == STATUS_OK)
		status = update_take(&u, sources, n, out);
	update_end(&u);
	if (status != STATUS_OK && !*problem)
		*problem = status_text(status);
	return status;
}

/* Does another database in use hold the certificate? */
static bool held_elsewhere(const struct update *u, const uint8_t sha256[32])
{
	for (size_t i = 0; i < u->store->n; i++) {
		const struct layer *layer = &u->store->layers[i];
		size_t row;

		if (strcmp(layer->path, u->target->path) != 0 &&
		    database_find(&layer->database, TABLE_RECORDS, (struct span){ sha256, 32 },
				  &row))
			return true;
	}
	return false;
}

/* What the administrator added goes; over what somebody else says, his word is laid. */
static enum status update_drop(struct update *u, const struct trust_entry *entry)
{
	const uint8_t *sha256 = entry->stored.sha256;
	struct record r = { .source = RECORD_ADDED };

	draft_forget(&u->draft, RECORD_ADDED, sha256);
	if (!held_elsewhere(u, sha256) && !draft_anchors(&u->draft, sha256))
		return STATUS_OK;
	(void)span_copy(r.stored.sha256, 32, (struct span){ sha256, 32 });
	r.stored.public_root = entry->stored.public_root;
	r.stored.name = entry->stored.name;
	r.stored.origin = "removed by hand";
	return draft_record_add(&u->draft, &r);
}

enum status trust_drop(struct arena *a, const struct trust_target *target, const char *prefix,
		       struct trust_change *out, const char **problem)
{
	struct trust_entry entry;
	struct update u;
	enum status status = update_begin(&u, a, target, problem);

	*out = (struct trust_change){ 0 };
	if (status == STATUS_OK)
		status = trust_find(a, u.store, prefix, &entry, problem);
	if (status == STATUS_OK) {
		out->removed = arena_printf(a, "%s", entry.stored.name);
		(void)span_copy(out->removed_sha256, 32, SPAN_OF(entry.stored.sha256));
		status = out->removed ? update_drop(&u, &entry) : STATUS_NO_MEMORY;
	}
	if (status == STATUS_OK)
		status = update_commit(&u);
	update_end(&u);
	if (status != STATUS_OK && !*problem)
		*problem = status_text(status);
	return status;
}
