/* SPDX-License-Identifier: MIT */
#include "store/packages_rows.h"

#include "base/memory.h"
#include <stdlib.h>

#define FIRST_ROWS ((size_t)1 << 12)

struct packages_writer {
	struct sealed_writer out;
	struct packages_row *rows;
	size_t n, size;
	size_t n_whole; /* of .n: packages, not programs */
};

enum status packages_writer_new(const char *path, struct packages_writer **out)
{
	struct packages_writer *w = (struct packages_writer *)memory_new(1, sizeof(*w));
	enum status status;

	*out = NULL;
	if (!w)
		return STATUS_NO_MEMORY;
	status = sealed_writer_begin(&w->out, path, PACKAGES_MAGIC, PACKAGES_VERSION);
	if (status != STATUS_OK) {
		memory_free(w);
		return status;
	}
	*out = w;
	return STATUS_OK;
}

void packages_writer_free(struct packages_writer *w)
{
	if (!w)
		return;
	sealed_writer_end(&w->out);
	memory_free(w->rows);
	memory_free(w);
}

static void text_put(struct buffer *b, struct span text)
{
	text = span_clip(text, 0, PACKAGES_MAX_TEXT);
	buffer_u16le(b, (uint16_t)text.len);
	buffer_add(b, text);
}

/* Where it begins. */
static uint64_t put(struct packages_writer *w, const struct buffer *b)
{
	uint64_t at = sealed_writer_at(&w->out);

	sealed_writer_add(&w->out, buffer_span(b));
	return at;
}

uint64_t packages_writer_release(struct packages_writer *w, const struct packages_release *r)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	buffer_add(&b, SPAN_OF(r->key));
	buffer_add(&b, SPAN_OF(r->sha256));
	text_put(&b, SPAN_TEXT(r->owner));
	return put(w, &b);
}

uint64_t packages_writer_package(struct packages_writer *w, uint64_t release, const char *name)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	buffer_u64le(&b, release);
	text_put(&b, SPAN_TEXT(name));
	return put(w, &b);
}

static bool rows_grow(struct packages_writer *w)
{
	size_t size = w->size ? w->size * 2 : FIRST_ROWS;
	struct packages_row *rows;

	if (w->n < w->size)
		return true;
	if (size > PACKAGES_MAX_ROWS)
		return false;
	rows = (struct packages_row *)memory_new(size, sizeof(*rows));
	if (!rows)
		return false;
	for (size_t i = 0; i < w->n; i++)
		rows[i] = w->rows[i];
	memory_free(w->rows);
	w->rows = rows;
	w->size = size;
	return true;
}

enum status packages_writer_program(struct packages_writer *w, uint64_t package,
				    struct span path, const uint8_t sha256[32], bool here)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct packages_row *row;

	if (!rows_grow(w))
		return STATUS_NO_MEMORY;
	row = &w->rows[w->n];
	*row = (struct packages_row){ .package = package };
	memcpy(row->digest, sha256, sizeof(row->digest));
	if (here)
		TRY(package_path_digest(path, row->place));
	text_put(&b, path);
	row->path = put(w, &b);
	w->n++;
	return w->out.status;
}

enum status packages_writer_whole(struct packages_writer *w, uint64_t package, struct span name)
{
	uint8_t digest[32];

	TRY(packages_name_digest(span_clip(name, 0, PACKAGES_MAX_TEXT), digest));
	w->n_whole++;
	return packages_writer_program(w, package, SPAN_NONE, digest, false);
}

static int row_order(const void *a, const void *b)
{
	const struct packages_row *x = (const struct packages_row *)a;
	const struct packages_row *y = (const struct packages_row *)b;
	int order = memcmp(x->digest, y->digest, sizeof(x->digest));

	if (order == 0)
		order = memcmp(x->place, y->place, sizeof(x->place));
	if (order == 0)
		order = (x->package > y->package) - (x->package < y->package);
	return order;
}

static int place_order(const void *a, const void *b, void *context)
{
	const struct packages_writer *w = (const struct packages_writer *)context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = memcmp(w->rows[x].place, w->rows[y].place, sizeof(w->rows[x].place));

	return order ? order : (x > y) - (x < y);
}

static enum status order_write(struct packages_writer *w)
{
	CLEANUP(buffer_free) struct buffer b = { .limit = PACKAGES_MAX_BYTES };
	uint32_t *order = (uint32_t *)memory_new(w->n + 1, sizeof(*order));

	if (!order)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < w->n; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, w->n, sizeof(*order), place_order, w);
	for (size_t i = 0; i < w->n; i++)
		buffer_u32le(&b, order[i]);
	memory_free(order);
	TRY(buffer_status(&b));
	sealed_writer_add(&w->out, buffer_span(&b));
	return STATUS_OK;
}

enum status packages_writer_commit(struct packages_writer *w, uint64_t *n_programs)
{
	uint64_t numbers[SEALED_NUMBERS] = { [NUMBER_ROWS] = w->n };

	if (w->n > 0)
		qsort(w->rows, w->n, sizeof(*w->rows), row_order);
	numbers[NUMBER_ROWS_AT] = sealed_writer_at(&w->out);
	for (size_t i = 0; i < w->n; i++) {
		CLEANUP(buffer_free) struct buffer row = BUFFER_INIT;

		buffer_add(&row, SPAN_OF(w->rows[i].digest));
		buffer_add(&row, SPAN_OF(w->rows[i].place));
		buffer_u64le(&row, w->rows[i].package);
		buffer_u64le(&row, w->rows[i].path);
		sealed_writer_add(&w->out, buffer_span(&row));
	}
	numbers[NUMBER_ORDER_AT] = sealed_writer_at(&w->out);
	TRY(order_write(w));
	*n_programs = w->n - w->n_whole;
	TRY(sealed_writer_finish(&w->out, numbers));
	return sealed_writer_commit(&w->out);
}
