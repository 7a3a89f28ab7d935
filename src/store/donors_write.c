/* SPDX-License-Identifier: MIT */
#include "store/donors_write.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "store/donors.h"
#include <stdlib.h>

#define FIRST_ROWS    256
#define SUMMED_AT     ((size_t)64 * IMAGE_BLOCK)
#define MEMORY_MOST   ((size_t)4 << 30)
#define DIGEST_STRONG DIGEST_SHA256

struct image_row {
	uint8_t key[IMAGE_KEY_BYTES];
	uint64_t place;
	bool valid_sha1, strong; /* of a row by block: what its donor is known by */
};

void image_writer_begin(struct image_writer *w, struct new_file *file)
{
	*w = (struct image_writer){ .file = file, .waiting.limit = MEMORY_MOST };
	buffer_text(&w->waiting, IMAGE_MAGIC);
	buffer_u32le(&w->waiting, IMAGE_VERSION);
	buffer_u32le(&w->waiting, 0);
}

static void note(struct image_writer *w, enum status status)
{
	if (w->status == STATUS_OK)
		w->status = status;
}

/* Whole blocks leave; with @all what is left, too. */
static void blocks_sum(struct image_writer *w, bool all)
{
	uint64_t from = w->file ? 0 : w->written, at = from;
	struct digest digest;

	while (w->status == STATUS_OK && at < w->waiting.len &&
	       (all || w->waiting.len - at >= IMAGE_BLOCK)) {
		struct span block = span_clip(buffer_span(&w->waiting), at, IMAGE_BLOCK);

		note(w, digest_of(DIGEST_SHA256, &block, 1, &digest));
		buffer_add(&w->sums, digest_span(&digest));
		at += block.len;
	}
	w->written += at - from;
	if (!w->file || w->status != STATUS_OK)
		return;
	note(w, new_file_write(w->file, span_clip(buffer_span(&w->waiting), 0, at)));
	buffer_drop(&w->waiting, (size_t)at);
}

static uint64_t body_bytes(const struct image_writer *w)
{
	return w->file ? w->written + w->waiting.len : w->waiting.len;
}

static void body_add(struct image_writer *w, struct span bytes)
{
	buffer_add(&w->waiting, bytes);
	if (w->file && w->waiting.len >= SUMMED_AT)
		blocks_sum(w, false);
}

static struct image_row *row_new(struct image_writer *w, enum donor_key key)
{
	uint64_t n = w->n_rows[key], size = w->size_rows[key];
	struct image_row *more;

	if (n < size)
		return &w->rows[key][w->n_rows[key]++];
	if (n >= DONORS_MAX_RECORDS) {
		note(w, STATUS_LIMIT);
		return NULL;
	}
	size = size ? size * 2 : FIRST_ROWS;
	more = memory_new(size, sizeof(*more));
	if (!more) {
		note(w, STATUS_NO_MEMORY);
		return NULL;
	}
	for (uint64_t i = 0; i < n; i++)
		more[i] = w->rows[key][i];
	memory_free(w->rows[key]);
	w->rows[key] = more;
	w->size_rows[key] = size;
	return &w->rows[key][w->n_rows[key]++];
}

static void rows_add(struct image_writer *w, const struct donor *d, uint64_t place)
{
	for (enum donor_key k = DONOR_BY_DIGEST; k < IMAGE_TABLES; k++) {
		struct image_key key;
		struct image_row *row;

		if (!image_key_of(d, k, &key)) {
			w->has_sha1 |= k == DONOR_BY_BLOCK && d->kind == DONOR_VALID &&
				       d->digest.algorithm == DIGEST_SHA1;
			continue;
		}
		row = row_new(w, k);
		if (!row)
			return;
		(void)span_copy(row->key, sizeof(row->key), SPAN_OF(key.bytes));
		row->place = place;
		row->valid_sha1 = d->kind == DONOR_VALID && d->digest.algorithm == DIGEST_SHA1;
		row->strong = d->digest.algorithm >= DIGEST_STRONG;
	}
}

/* Not longer than there is room for, and no half character at its end. */
static struct span origin_cut(const char *text)
{
	struct span whole = text ? SPAN_TEXT(text) : SPAN_NONE;
	uint64_t at = 0;

	if (whole.len <= IMAGE_MAX_ORIGIN)
		return whole;
	for (;;) {
		struct utf8_char c = utf8_at(whole, at);

		if (c.len == 0 || at + c.len > IMAGE_MAX_ORIGIN)
			return span_clip(whole, 0, at);
		at += c.len;
	}
}

void image_writer_add(struct image_writer *w, const struct donor *d)
{
	struct span origin = origin_cut(d->provenance), record;
	CLEANUP(buffer_free) struct buffer length = BUFFER_INIT;
	struct donor_order order;
	uint64_t place = body_bytes(w);

	donor_order_of(d, &order);
	if (d->kind == DONOR_NONE || d->digest.algorithm == DIGEST_NONE ||
	    donor_order_compare(&w->last, &order) >= 0)
		note(w, STATUS_USAGE);
	buffer_clear(&w->record);
	buffer_u16le(&w->record, (uint16_t)origin.len);
	buffer_add(&w->record, origin);
	donor_encode(&w->record, d);
	note(w, buffer_status(&w->record));
	if (w->status != STATUS_OK)
		return;
	record = buffer_span(&w->record);
	buffer_u16le(&length, (uint16_t)record.len);
	body_add(w, buffer_span(&length));
	body_add(w, record);
	rows_add(w, d, place | (d->kind == DONOR_SEEN ? IMAGE_SEEN : 0));
	w->last = order;
}

static int row_order(const void *a, const void *b)
{
	const struct image_row *x = a, *y = b;
	int order = memcmp(x->key, y->key, sizeof(x->key));

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static void table_write(struct image_writer *w, enum donor_key key)
{
	CLEANUP(buffer_free) struct buffer row = BUFFER_INIT;

	if (key != DONOR_BY_DIGEST && w->n_rows[key] > 1)
		qsort(w->rows[key], w->n_rows[key], sizeof(*w->rows[key]), row_order);
	for (uint64_t i = 0; i < w->n_rows[key] && w->status == STATUS_OK; i++) {
		const struct image_row *r = &w->rows[key][i];

		buffer_clear(&row);
		buffer_add(&row, span_clip(SPAN_OF(r->key), 0, image_key_bytes(key)));
		buffer_u64le(&row, r->place);
		note(w, buffer_status(&row));
		body_add(w, buffer_span(&row));
	}
}

/* Is some program known by SHA-1 only?  The rows by block are sorted. */
static bool sha1_only(const struct image_row *rows, uint64_t n)
{
	for (uint64_t i = 0, next; i < n; i = next) {
		bool weak = false, strong = false;

		for (next = i;
		     next < n && memcmp(rows[i].key, rows[next].key, sizeof(rows[i].key)) == 0;
		     next++) {
			weak |= rows[next].valid_sha1;
			strong |= rows[next].strong;
		}
		if (weak && !strong)
			return true;
	}
	return false;
}

static enum status foot_write(struct image_writer *w, uint64_t body, uint64_t records_end)
{
	CLEANUP(buffer_free) struct buffer foot = BUFFER_INIT;
	bool weak =
		w->has_sha1 || sha1_only(w->rows[DONOR_BY_BLOCK], w->n_rows[DONOR_BY_BLOCK]);
	struct span parts[2];
	struct digest root;

	buffer_u64le(&foot, body);
	buffer_u64le(&foot, records_end);
	buffer_u64le(&foot, weak ? IMAGE_HAS_SHA1 : 0);
	for (enum donor_key k = DONOR_BY_DIGEST; k < IMAGE_TABLES; k++)
		buffer_u64le(&foot, w->n_rows[k]);
	parts[0] = buffer_span(&w->sums);
	parts[1] = buffer_span(&foot);
	TRY(digest_of(DIGEST_SHA256, parts, 2, &root));
	buffer_add(&foot, digest_span(&root));
	buffer_text(&foot, IMAGE_MAGIC);
	TRY(buffer_status(&foot));
	TRY(buffer_status(&w->sums));
	w->n_bytes = body + w->sums.len + foot.len;
	(void)span_copy(w->root, sizeof(w->root), digest_span(&root));
	if (w->file) {
		TRY(new_file_write(w->file, buffer_span(&w->sums)));
		return new_file_write(w->file, buffer_span(&foot));
	}
	buffer_add(&w->waiting, buffer_span(&w->sums));
	buffer_add(&w->waiting, buffer_span(&foot));
	return buffer_status(&w->waiting);
}

enum status image_writer_finish(struct image_writer *w)
{
	uint64_t records_end = body_bytes(w);

	for (enum donor_key k = DONOR_BY_DIGEST; k < IMAGE_TABLES; k++)
		table_write(w, k);
	note(w, buffer_status(&w->waiting));
	blocks_sum(w, true);
	if (w->status == STATUS_OK)
		note(w, foot_write(w, w->written, records_end));
	return w->status;
}

void image_writer_end(struct image_writer *w)
{
	for (enum donor_key k = DONOR_BY_DIGEST; k < IMAGE_TABLES; k++)
		memory_free(w->rows[k]);
	buffer_free(&w->waiting);
	buffer_free(&w->sums);
	buffer_free(&w->record);
	*w = (struct image_writer){ 0 };
}
