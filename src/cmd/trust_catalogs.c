/* SPDX-License-Identifier: MIT */
/*
 * Only catalogs that are valid now are taken in; whether they still are is
 * asked again each time a file is found in one.
 */
#include "cmd/trust_catalogs.h"

#include "base/escape.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/time.h"
#include "cmd/complain.h"
#include "cmd/importing.h"
#include "engine/engine.h"
#include "engine/places.h"
#include "formats/cat/cat.h"
#include "source/paths.h"
#include "source/walk.h"
#include "store/catalogs.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PREFIX_LEAST 8 /* digits of a digest that name a catalog */
#define DATE_CHARS   10
#define DIGEST_SHOWN 8

/* One import. */
struct taking {
	struct invocation *call;
	struct buffer *out;
	struct importing by;
	struct catalogs_writer *writer;
	size_t n_taken, n_refused, n_others;
	int code;
};

static bool begins_as_catalog(int fd)
{
	uint8_t head[SOURCE_GLANCE];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	return n > 0 && format_cat.sniff((struct span){ head, (size_t)n });
}

/* The whole file, if it begins as a catalog does. */
static enum status catalog_load(struct arena *a, const struct walk_entry *e, struct span *out)
{
	enum status status;
	int fd = openat(e->dirfd, e->name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return STATUS_IO;
	if (!begins_as_catalog(fd))
		status = STATUS_NOT_MINE;
	else
		status = file_read(fd, CAT_MAX_BYTES, a, out);
	(void)close(fd);
	return status;
}

static enum status valid_take(struct taking *t, struct arena *a, const char *path,
			      struct span file)
{
	CLEANUP(arena_free) struct arena judging = ARENA_INIT(FILE_ARENA_BYTES);
	const char *name = escape_string(a, SPAN_TEXT(path), CATALOGS_MAX_NAME);
	struct report report = { 0 };

	engine_examine_bytes(&t->by.engine, t->by.lanes, file, &judging, &report);
	if (report.verdict != ASSAY_VERDICT_VALID || !report.format ||
	    strcmp(report.format, format_cat.name) != 0) {
		t->n_refused++;
		complain("trust: %s: not taken in: it is %s (%s)", name ? name : "a catalog",
			 assay_verdict_word(report.verdict), report.rule ? report.rule : "-");
		return STATUS_OK;
	}
	if (!name)
		return STATUS_NO_MEMORY;
	TRY(catalogs_writer_take(t->writer, a, name, file));
	t->n_taken++;
	return STATUS_OK;
}

static enum status file_take(struct taking *t, const struct walk_entry *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES + CAT_MAX_BYTES);
	struct span file = SPAN_NONE;
	enum status status = catalog_load(&a, e, &file);

	if (status == STATUS_OK)
		status = valid_take(t, &a, e->path, file);
	if (status == STATUS_NOT_MINE) {
		t->n_others++;
		status = STATUS_OK;
	}
	if (status == STATUS_IO || status == STATUS_LIMIT) {
		t->code = importing_failed(status, e->path);
		status = STATUS_OK;
	}
	return status;
}

static enum status folder_take(struct taking *t, const char *path)
{
	struct walk_options options = { 0 };
	struct walk *walk = walk_new(path, &options);
	enum status status = walk ? STATUS_OK : STATUS_NO_MEMORY;
	struct walk_entry e;

	while (status == STATUS_OK && walk_next(walk, &e)) {
		if (e.kind == WALK_FILE)
			status = file_take(t, &e);
		if (e.kind == WALK_ERROR) {
			errno = e.error;
			t->code = importing_failed(STATUS_IO, e.path);
		}
	}
	walk_free(walk);
	return status;
}

/* What the index held already stays, unless it is forgotten. */
static enum status old_keep(struct arena *a, struct catalogs_writer *writer, const char *path,
			    bool (*keep)(const struct catalog_entry *, void *), void *context,
			    const char **problem)
{
	struct catalogs *old = catalogs_open(a, &path, 1, problem);
	enum status status = STATUS_OK;

	if (!old)
		return STATUS_MALFORMED;
	if (catalogs_layers(old) > 0)
		status = catalogs_writer_keep(writer, old, 0, keep, context);
	catalogs_close(old);
	return status;
}

static void taken_json(const struct taking *t, const char *path,
		       const struct catalogs_written *written)
{
	bool dry_run = t->call->settings.dry_run;
	struct json j = json_begin(t->out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.catalogs-imported/1");
	json_text(&j, "index", path);
	json_bool(&j, "dry_run", dry_run);
	json_u64(&j, "taken", t->n_taken);
	json_u64(&j, "refused", t->n_refused);
	json_u64(&j, "others", t->n_others);
	if (!dry_run) {
		json_u64(&j, "catalogs", written->n_catalogs);
		json_u64(&j, "files", written->n_rows);
	}
	json_end(&j);
	buffer_char(t->out, '\n');
}

static void taken_text(const struct taking *t, const char *path,
		       const struct catalogs_written *written)
{
	buffer_printf(t->out, "%zu catalog%s taken in, %zu refused, %zu other file%s\n",
		      t->n_taken, t->n_taken == 1 ? "" : "s", t->n_refused, t->n_others,
		      t->n_others == 1 ? "" : "s");
	if (!t->call->settings.dry_run)
		buffer_printf(t->out, "%s: %llu catalog%s, %llu file%s\n", path,
			      (unsigned long long)written->n_catalogs,
			      written->n_catalogs == 1 ? "" : "s",
			      (unsigned long long)written->n_rows,
			      written->n_rows == 1 ? "" : "s");
}

static int import_finish(struct taking *t, const char *path)
{
	struct catalogs_written written = { 0 };
	const char *problem = NULL;
	enum status status = old_keep(t->call->arena, t->writer, path, NULL, NULL, &problem);

	if (status == STATUS_OK && !t->call->settings.dry_run)
		status = catalogs_writer_commit(t->writer, &written);
	if (status != STATUS_OK && problem) {
		complain("trust: %s", problem);
		return EXIT_INCOMPLETE;
	}
	if (status != STATUS_OK)
		return importing_failed(status, path);
	if (t->call->settings.format == EXPORT_JSON)
		taken_json(t, path, &written);
	else
		taken_text(t, path, &written);
	if (t->code != EXIT_PASS)
		return t->code;
	return t->n_refused > 0 ? EXIT_VIOLATION : EXIT_PASS;
}

static int import_run(struct taking *t, const char *path)
{
	const char *problem = NULL;
	enum status status = importing_begin(&t->by, t->call, false, &problem);
	int lock = -1, code;

	if (status != STATUS_OK) {
		complain("trust: %s", problem ? problem : status_text(status));
		return EXIT_USAGE;
	}
	status = file_lock_folder(path, &lock);
	if (status == STATUS_OK)
		status = catalogs_writer_new(path, &t->writer);
	for (size_t i = 1; status == STATUS_OK && i < t->call->n_operands; i++)
		status = folder_take(t, t->call->operands[i]);
	code = status == STATUS_OK ? import_finish(t, path) : importing_failed(status, path);
	catalogs_writer_free(t->writer);
	if (lock >= 0)
		(void)close(lock);
	return code;
}

static int import(struct invocation *call, struct buffer *out, const char *path)
{
	struct taking t = { .call = call, .out = out, .code = EXIT_PASS };
	int code = import_run(&t, path);

	importing_end(&t.by);
	return code;
}

static void entry_print(struct buffer *out, const struct catalog_entry *e,
			enum export_id format)
{
	struct json j = json_begin(out);
	struct time_text text;

	if (format == EXPORT_JSON) {
		json_object(&j, NULL);
		json_text(&j, "schema", "assay.catalog/1");
		json_text(&j, "catalog", e->name);
		json_hex(&j, "sha256", SPAN_OF(e->sha256));
		json_time(&j, "this_update", e->this_update);
		json_text(&j, "package", e->package);
		json_text(&j, "system", e->system);
		json_end(&j);
		buffer_char(out, '\n');
		return;
	}
	buffer_printf(out, "%.*s  ", DATE_CHARS,
		      time_format(e->this_update, &text) ? text.text : "-         ");
	buffer_hex(out, span_clip(SPAN_OF(e->sha256), 0, DIGEST_SHOWN));
	buffer_printf(out, "  %s%s%s\n", e->name, e->package ? "  " : "",
		      e->package ? e->package : "");
}

static int list(struct invocation *call, struct buffer *out)
{
	const char *paths[PLACES_MAX_CATALOGS], *problem = NULL;
	size_t n = places_catalogs(call->arena, paths);
	struct catalogs *all = catalogs_open(call->arena, paths, n, &problem);
	enum status status = STATUS_OK;

	if (!all) {
		complain("trust: %s", problem);
		return EXIT_INCOMPLETE;
	}
	for (size_t l = 0; l < catalogs_layers(all) && status == STATUS_OK; l++)
		for (uint64_t i = 0; i < catalogs_count(all, l) && status == STATUS_OK; i++) {
			CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
			struct catalog_entry e;

			status = catalogs_entry(all, l, i, &a, &e);
			if (status == STATUS_OK)
				entry_print(out, &e, call->settings.format);
		}
	catalogs_close(all);
	return status == STATUS_OK ? EXIT_PASS
				   : importing_failed(status, "the index of catalogs");
}

/* Which catalogs are to be forgotten, and how many were. */
struct forgetting {
	const struct invocation *call;
	size_t n;
};

static bool is_named(const struct catalog_entry *e, const char *operand)
{
	CLEANUP(buffer_free) struct buffer digits = BUFFER_INIT;
	struct span text = SPAN_TEXT(operand);

	if (strcmp(e->name, operand) == 0)
		return true;
	buffer_hex(&digits, SPAN_OF(e->sha256));
	return text.len >= PREFIX_LEAST &&
	       span_equal(text, span_clip(buffer_span(&digits), 0, text.len));
}

static bool stays(const struct catalog_entry *e, void *context)
{
	struct forgetting *f = (struct forgetting *)context;

	for (size_t i = 1; i < f->call->n_operands; i++)
		if (is_named(e, f->call->operands[i])) {
			f->n++;
			return false;
		}
	return true;
}

static void dropped_print(const struct forgetting *f, struct buffer *out, const char *path)
{
	bool dry_run = f->call->settings.dry_run;
	struct json j = json_begin(out);

	if (f->call->settings.format != EXPORT_JSON) {
		buffer_printf(out, "%s%zu catalog%s%s\n", dry_run ? "would forget " : "", f->n,
			      f->n == 1 ? "" : "s", dry_run ? "" : " forgotten");
		return;
	}
	json_object(&j, NULL);
	json_text(&j, "schema", "assay.catalogs-forgotten/1");
	json_text(&j, "index", path);
	json_bool(&j, "dry_run", dry_run);
	json_u64(&j, "catalogs", f->n);
	json_end(&j);
	buffer_char(out, '\n');
}

static int drop(struct invocation *call, struct buffer *out, const char *path)
{
	struct forgetting f = { .call = call };
	struct catalogs_writer *writer = NULL;
	struct catalogs_written written;
	const char *problem = NULL;
	int lock = -1;
	enum status status = file_lock_folder(path, &lock);

	if (status == STATUS_OK)
		status = catalogs_writer_new(path, &writer);
	if (status == STATUS_OK)
		status = old_keep(call->arena, writer, path, stays, &f, &problem);
	if (status == STATUS_OK && f.n > 0 && !call->settings.dry_run)
		status = catalogs_writer_commit(writer, &written);
	catalogs_writer_free(writer);
	if (lock >= 0)
		(void)close(lock);
	if (status != STATUS_OK && problem) {
		complain("trust: %s", problem);
		return EXIT_INCOMPLETE;
	}
	if (status != STATUS_OK)
		return importing_failed(status, path);
	dropped_print(&f, out, path);
	if (f.n > 0)
		return EXIT_PASS;
	complain("trust: no catalog of that name or digest is known");
	return EXIT_USAGE;
}

int trust_catalogs(struct invocation *call, struct buffer *out)
{
	const char *word = call->operands[0];
	const char *path = places_own_catalogs(call->arena, call->settings.system);

	if (strcmp(word, "list") == 0)
		return list(call, out);
	if (!path) {
		complain("trust: you have no home folder for an index of your own; with "
			 "--system the system's is changed");
		return EXIT_USAGE;
	}
	if (strcmp(word, "import") == 0)
		return import(call, out, path);
	if (strcmp(word, "remove") == 0)
		return drop(call, out, path);
	complain("trust: --catalogs goes with import, list and remove");
	return EXIT_USAGE;
}
