/* SPDX-License-Identifier: MIT */
/*
 * Records go to the file as they come; only their paths and places stay in memory
 * until their order is known.
 */
#include "base/memory.h"
#include "store/baseline_rows.h"
#include <stdlib.h>

#define FIRST_ROWS  ((size_t)1 << 12)
#define PATHS_BYTES ((size_t)4 << 30)

struct row {
	struct span path;
	uint64_t place;
};

struct baseline_writer {
	struct sealed_writer out;
	struct arena paths;
	struct row *rows;
	size_t n, size;
};

enum status baseline_writer_new(const char *path, struct baseline_writer **out)
{
	struct baseline_writer *w = (struct baseline_writer *)memory_new(1, sizeof(*w));
	enum status status;

	*out = NULL;
	if (!w)
		return STATUS_NO_MEMORY;
	status = sealed_writer_begin(&w->out, path, BASELINE_MAGIC, BASELINE_VERSION);
	if (status != STATUS_OK) {
		memory_free(w);
		return status;
	}
	w->paths.limit = PATHS_BYTES;
	*out = w;
	return STATUS_OK;
}

void baseline_writer_free(struct baseline_writer *w)
{
	if (!w)
		return;
	sealed_writer_end(&w->out);
	arena_free(&w->paths);
	memory_free(w->rows);
	memory_free(w);
}

static enum status rows_grow(struct baseline_writer *w)
{
	size_t size = w->size ? w->size * 2 : FIRST_ROWS;
	struct row *rows;

	if (w->n < w->size)
		return STATUS_OK;
	if (size > BASELINE_MAX_RECORDS)
		return STATUS_LIMIT;
	rows = (struct row *)memory_new(size, sizeof(*rows));
	if (!rows)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < w->n; i++)
		rows[i] = w->rows[i];
	memory_free(w->rows);
	w->rows = rows;
	w->size = size;
	return STATUS_OK;
}

/* Adds what @b holds, behind its length. */
static enum status blob_put(struct baseline_writer *w, const struct buffer *b)
{
	CLEANUP(buffer_free) struct buffer head = BUFFER_INIT;

	TRY(buffer_status(b));
	buffer_u32le(&head, (uint32_t)b->len);
	TRY(buffer_status(&head));
	sealed_writer_add(&w->out, buffer_span(&head));
	sealed_writer_add(&w->out, buffer_span(b));
	return w->out.status;
}

enum status baseline_writer_add(struct baseline_writer *w, const struct baseline_record *r)
{
	CLEANUP(buffer_free) struct buffer bytes = { .limit = BASELINE_MAX_RECORD * 4 };
	struct row *row;

	TRY(rows_grow(w));
	baseline_record_encode(&bytes, r);
	TRY(buffer_status(&bytes));
	if (bytes.len > BASELINE_MAX_RECORD)
		return STATUS_LIMIT;
	row = &w->rows[w->n];
	row->path = arena_copy(&w->paths, r->path);
	row->place = sealed_writer_at(&w->out);
	if (!row->path.ptr)
		return STATUS_NO_MEMORY;
	TRY(blob_put(w, &bytes));
	w->n++;
	return STATUS_OK;
}

static int row_order(const void *a, const void *b)
{
	return baseline_path_order(((const struct row *)a)->path,
				   ((const struct row *)b)->path);
}

static enum status order_put(struct baseline_writer *w)
{
	CLEANUP(buffer_free) struct buffer place = BUFFER_INIT;

	if (w->n > 0)
		qsort(w->rows, w->n, sizeof(*w->rows), row_order);
	for (size_t i = 0; i < w->n; i++) {
		if (i > 0 && row_order(&w->rows[i - 1], &w->rows[i]) == 0)
			return STATUS_USAGE;
		buffer_clear(&place);
		buffer_u64le(&place, w->rows[i].place);
		TRY(buffer_status(&place));
		sealed_writer_add(&w->out, buffer_span(&place));
	}
	return w->out.status;
}

enum status baseline_writer_finish(struct baseline_writer *w,
				   const struct baseline_about *about, uint8_t root[32])
{
	CLEANUP(buffer_free) struct buffer bytes = { .limit = BASELINE_MAX_ABOUT };
	uint64_t numbers[SEALED_NUMBERS] = { [BASELINE_RECORDS] = w->n };

	baseline_about_encode(&bytes, about);
	numbers[BASELINE_ABOUT_AT] = sealed_writer_at(&w->out);
	TRY(blob_put(w, &bytes));
	numbers[BASELINE_ORDER_AT] = sealed_writer_at(&w->out);
	TRY(order_put(w));
	TRY(sealed_writer_finish(&w->out, numbers));
	(void)span_copy(root, 32, SPAN_OF(w->out.root));
	return STATUS_OK;
}

enum status baseline_writer_commit(struct baseline_writer *w)
{
	return sealed_writer_commit(&w->out);
}

uint64_t baseline_writer_count(const struct baseline_writer *w)
{
	return w->n;
}
