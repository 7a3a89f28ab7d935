/* SPDX-License-Identifier: MIT */
/*
 * Writes an index of catalogs: blobs as they come, rows in memory until the
 * end, then sorted.  The file takes the place of the old one at once or never.
 */
#include "base/memory.h"
#include "crypto/cms.h"
#include "formats/cat/cat.h"
#include "store/catalogs_rows.h"
#include <stdlib.h>

#define ROWS_FIRST 1024

struct catalogs_writer {
	struct sealed_writer out;
	struct catalogs_row *rows;
	size_t n_rows, room;
	struct buffer places, digests; /* {place, length}; SHA-256 of each catalog */
	size_t n_catalogs;
	bool has_sha1;
};

enum status catalogs_writer_new(const char *path, struct catalogs_writer **out)
{
	struct catalogs_writer *w = memory_new(1, sizeof(*w));
	enum status status;

	*out = NULL;
	if (!w)
		return STATUS_NO_MEMORY;
	status = sealed_writer_begin(&w->out, path, CATALOGS_MAGIC, CATALOGS_VERSION);
	if (status != STATUS_OK) {
		memory_free(w);
		return status;
	}
	*out = w;
	return STATUS_OK;
}

void catalogs_writer_free(struct catalogs_writer *w)
{
	if (!w)
		return;
	sealed_writer_end(&w->out);
	buffer_free(&w->places);
	buffer_free(&w->digests);
	memory_free(w->rows);
	memory_free(w);
}

bool catalogs_writer_has(const struct catalogs_writer *w, const uint8_t sha256[32])
{
	struct span all = buffer_span(&w->digests), want = { sha256, 32 };

	for (size_t i = 0; i < w->n_catalogs; i++)
		if (span_same(span_clip(all, i * 32, 32), want))
			return true;
	return false;
}

static enum status rows_grow(struct catalogs_writer *w)
{
	size_t room = w->room ? 2 * w->room : ROWS_FIRST;
	struct catalogs_row *more;

	if (w->n_rows >= CATALOGS_MAX_ROWS)
		return STATUS_LIMIT;
	more = memory_new(room, sizeof(*more));
	if (!more)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; w->rows && i < w->n_rows; i++)
		more[i] = w->rows[i];
	memory_free(w->rows);
	w->rows = more;
	w->room = room;
	return STATUS_OK;
}

static enum status row_add(struct catalogs_writer *w, const struct catalogs_row *row)
{
	if (!w->rows || w->n_rows == w->room)
		TRY(rows_grow(w));
	w->rows[w->n_rows++] = *row;
	w->has_sha1 = w->has_sha1 || row->algorithm == DIGEST_SHA1;
	return STATUS_OK;
}

/* The catalog's record; the rows that are added next are its own. */
static enum status entry_add(struct catalogs_writer *w, const struct catalog_entry *e)
{
	CLEANUP(buffer_free) struct buffer record = BUFFER_INIT;

	if (w->n_catalogs == CATALOGS_MAX_FILES)
		return STATUS_LIMIT;
	catalogs_entry_write(&record, e);
	TRY(buffer_status(&record));
	buffer_u64le(&w->places, sealed_writer_at(&w->out));
	buffer_u64le(&w->places, record.len);
	buffer_add(&w->digests, SPAN_OF(e->sha256));
	TRY(buffer_status(&w->places));
	TRY(buffer_status(&w->digests));
	sealed_writer_add(&w->out, buffer_span(&record));
	w->n_catalogs++;
	return w->out.status;
}

/* Where the name was written; 0: there is none. */
static uint64_t name_add(struct catalogs_writer *w, const char *name)
{
	CLEANUP(buffer_free) struct buffer record = BUFFER_INIT;
	struct span text = name ? span_clip(SPAN_TEXT(name), 0, CATALOGS_MAX_NAME) : SPAN_NONE;
	uint64_t at = sealed_writer_at(&w->out);

	if (text.len == 0)
		return 0;
	buffer_u16le(&record, (uint16_t)text.len);
	buffer_add(&record, text);
	sealed_writer_add(&w->out, buffer_span(&record));
	return at;
}

static uint8_t kind_of(enum cat_kind kind)
{
	switch (kind) {
	case CAT_KIND_IMAGE: return CATALOG_IMAGE;
	case CAT_KIND_FLAT: return CATALOG_FLAT;
	case CAT_KIND_ANY: return CATALOG_ANY;
	}
	return CATALOG_ANY;
}

/* Only what a look-up asks for: SHA-256 and SHA-1. */
static enum digest_algorithm algorithm_of(const struct cat_member *m)
{
	enum digest_algorithm named =
		m->algorithm.len > 0 ? digest_by_oid(m->algorithm) : DIGEST_NONE;

	for (enum digest_algorithm a = DIGEST_SHA1; a <= DIGEST_SHA256; a++)
		if (m->digest_len == digest_size(a) && (named == a || m->algorithm.len == 0))
			return a;
	return DIGEST_NONE;
}

static enum status members_add(struct catalogs_writer *w, struct arena *a,
			       const struct cat_file *cat)
{
	struct cursor c = cursor_at(cat->list.subjects, 0);
	struct cat_member m;

	while (cursor_left(&c) > 0) {
		CLEANUP(arena_free) struct arena names = ARENA_INIT(1 << 16);
		struct catalogs_row row = { .catalog = (uint32_t)(w->n_catalogs - 1) };

		if (!cat_member_next(&c, &m))
			return STATUS_MALFORMED;
		row.algorithm = (uint8_t)algorithm_of(&m);
		row.kind = kind_of(m.kind);
		if (row.algorithm == DIGEST_NONE)
			continue;
		(void)span_copy(row.digest, ROW_DIGEST,
				(struct span){ m.digest, m.digest_len });
		row.member = name_add(w, cat_member_name(&names, &m));
		TRY(row_add(w, &row));
	}
	(void)a;
	return w->out.status;
}

static enum status catalog_read(struct arena *a, struct span file, struct container *box,
				struct cms *cms)
{
	struct findings silent = FINDINGS_INIT(a);
	struct view v = view_whole(file);
	struct span rest;

	*box = (struct container){ .format = &format_cat };
	TRY(format_cat.read(&v, &silent, box));
	if (!box->cat || box->broken)
		return STATUS_MALFORMED;
	TRY(cms_read(a, file, 0, &silent, cms, &rest));
	return cms->n_signers > 0 ? STATUS_OK : STATUS_MALFORMED;
}

enum status catalogs_writer_take(struct catalogs_writer *w, struct arena *a, const char *name,
				 struct span file)
{
	CLEANUP(buffer_free) struct buffer message = BUFFER_INIT;
	struct catalog_entry e = { .name = name };
	struct container box;
	struct digest sha256;
	struct span list;
	struct cms cms;

	TRY(catalog_read(a, file, &box, &cms));
	TRY(digest_of(DIGEST_SHA256, &file, 1, &sha256));
	(void)span_copy(e.sha256, sizeof(e.sha256), digest_span(&sha256));
	if (catalogs_writer_has(w, e.sha256))
		return STATUS_OK;
	list = cms.content.value;
	TRY(digest_of(cms.signers[0].digest, &list, 1, &e.content));
	TRY(catalog_message(file, &message));
	e.message = buffer_span(&message);
	e.package = box.cat->package;
	e.system = box.cat->system;
	e.this_update = box.cat->list.this_update;
	TRY(entry_add(w, &e));
	return members_add(w, a, box.cat);
}

/* The rows of catalogs that stay, under their new numbers. */
static enum status rows_keep(struct catalogs_writer *w, const struct catalogs_layer *l,
			     const uint32_t *numbers)
{
	for (uint64_t i = 0; i < l->file.numbers[NUMBER_ROWS]; i++) {
		CLEANUP(arena_free) struct arena names = ARENA_INIT(1 << 16);
		struct catalogs_row row;
		enum status status;
		const char *name;

		if (!catalogs_row_read(l, i, &row) ||
		    row.catalog >= l->file.numbers[NUMBER_CATALOGS])
			return STATUS_MALFORMED;
		if (numbers[row.catalog] == UINT32_MAX)
			continue;
		name = catalogs_member_read(l, row.member, &names, &status);
		TRY(status);
		row.catalog = numbers[row.catalog];
		row.member = name_add(w, name);
		TRY(row_add(w, &row));
	}
	return w->out.status;
}

enum status catalogs_writer_keep(struct catalogs_writer *w, const struct catalogs *old,
				 size_t layer,
				 bool (*keep)(const struct catalog_entry *e, void *context),
				 void *context)
{
	const struct catalogs_layer *l = &old->layers[layer];
	uint64_t n = l->file.numbers[NUMBER_CATALOGS];
	uint32_t *numbers = memory_new((size_t)n + 1, sizeof(*numbers));
	enum status status = numbers ? STATUS_OK : STATUS_NO_MEMORY;

	for (uint64_t i = 0; i < n && status == STATUS_OK; i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct catalog_entry e;

		status = catalogs_entry_read(l, i, &a, &e);
		numbers[i] = UINT32_MAX;
		if (status != STATUS_OK || (keep && !keep(&e, context)) ||
		    catalogs_writer_has(w, e.sha256))
			continue;
		numbers[i] = (uint32_t)w->n_catalogs;
		status = entry_add(w, &e);
	}
	if (status == STATUS_OK)
		status = rows_keep(w, l, numbers);
	memory_free(numbers);
	return status;
}

static int row_order(const void *a, const void *b)
{
	const struct catalogs_row *x = (const struct catalogs_row *)a;
	const struct catalogs_row *y = (const struct catalogs_row *)b;
	int order = memcmp(x->digest, y->digest, ROW_DIGEST);

	if (order)
		return order;
	if (x->algorithm != y->algorithm)
		return x->algorithm < y->algorithm ? -1 : 1;
	if (x->catalog != y->catalog)
		return x->catalog < y->catalog ? -1 : 1;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

/* A file that a catalog lists twice is listed once. */
static bool row_same(const struct catalogs_row *x, const struct catalogs_row *y)
{
	return row_order(x, y) == 0;
}

static uint64_t rows_write(struct catalogs_writer *w)
{
	uint64_t n = 0;

	if (w->n_rows > 0)
		qsort(w->rows, w->n_rows, sizeof(*w->rows), row_order);
	for (size_t i = 0; i < w->n_rows; i++) {
		CLEANUP(buffer_free) struct buffer row = BUFFER_INIT;

		if (i > 0 && row_same(&w->rows[i - 1], &w->rows[i]))
			continue;
		buffer_add(&row, SPAN_OF(w->rows[i].digest));
		buffer_char(&row, (char)w->rows[i].algorithm);
		buffer_char(&row, (char)w->rows[i].kind);
		buffer_u16le(&row, 0);
		buffer_u32le(&row, w->rows[i].catalog);
		buffer_u64le(&row, w->rows[i].member);
		sealed_writer_add(&w->out, buffer_span(&row));
		n++;
	}
	return n;
}

enum status catalogs_writer_commit(struct catalogs_writer *w, struct catalogs_written *out)
{
	uint64_t numbers[SEALED_NUMBERS] = {
		[NUMBER_CATALOGS] = w->n_catalogs, [NUMBER_SHA1] = w->has_sha1
	};

	numbers[NUMBER_ROWS_AT] = sealed_writer_at(&w->out);
	numbers[NUMBER_ROWS] = rows_write(w);
	numbers[NUMBER_TABLE_AT] = sealed_writer_at(&w->out);
	sealed_writer_add(&w->out, buffer_span(&w->places));
	*out = (struct catalogs_written){ w->n_catalogs, numbers[NUMBER_ROWS] };
	TRY(sealed_writer_finish(&w->out, numbers));
	return sealed_writer_commit(&w->out);
}
