/* SPDX-License-Identifier: MIT */
#include "store/donors_image.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "base/slot.h"
#include "store/donors.h"
#include <stdatomic.h>

#define ROW_PLACE_BYTES 8

static const size_t key_bytes[IMAGE_TABLES] = {
	[DONOR_BY_DIGEST] = 32,
	[DONOR_BY_BLOCK] = 32,
	[DONOR_BY_IDENTITY] = 16,
};

size_t image_key_bytes(enum donor_key key)
{
	return key_bytes[key];
}

static size_t row_bytes(enum donor_key key)
{
	return key_bytes[key] + ROW_PLACE_BYTES;
}

/* As it stands in the table; false: no donor has such a key. */
static bool key_make(enum donor_key key, struct span value, struct image_key *out)
{
	*out = (struct image_key){ { 0 } };
	if (key == DONOR_BY_DIGEST ? value.len > DIGEST_MAX : value.len != key_bytes[key])
		return false;
	(void)span_copy(out->bytes, key_bytes[key], value);
	return value.len > 0 && !span_is_zero(value);
}

static struct span key_value(const struct donor *d, enum donor_key key)
{
	switch (key) {
	case DONOR_BY_DIGEST: return digest_span(&d->digest);
	case DONOR_BY_BLOCK: return SPAN_OF(d->block);
	case DONOR_BY_IDENTITY: return SPAN_OF(d->identity);
	}
	return SPAN_NONE;
}

bool image_key_of(const struct donor *d, enum donor_key key, struct image_key *out)
{
	return key_make(key, key_value(d, key), out);
}

void donor_order_of(const struct donor *d, struct donor_order *out)
{
	const uint8_t seen = d->kind != DONOR_VALID, algorithm = (uint8_t)d->digest.algorithm;
	const struct span parts[] = {
		{d->digest.bytes,  digest_size(d->digest.algorithm)},
		{ &seen,           1			       },
		{ d->digest.bytes, digest_size(d->digest.algorithm)},
		{ &algorithm,      1                               },
		{ d->block,        sizeof(d->block)                },
	};
	static const size_t sizes[] = { IMAGE_KEY_BYTES, 1, DIGEST_MAX, 1, 32 };
	struct slot to = { out->bytes, sizeof(out->bytes) };

	*out = (struct donor_order){ { 0 } };
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		(void)span_copy(to.ptr, sizes[i], parts[i]);
		to = slot_after(to, sizes[i]);
	}
}

int donor_order_compare(const struct donor_order *x, const struct donor_order *y)
{
	return memcmp(x->bytes, y->bytes, sizeof(x->bytes));
}

/* Is block @b what its sum says?  Asked once. */
static bool block_good(const struct image *i, uint64_t b)
{
	_Atomic uint64_t *word = &i->checked[b / 64];
	uint64_t bit = UINT64_C(1) << (b % 64);
	struct span bytes = span_clip(i->body, b * IMAGE_BLOCK, IMAGE_BLOCK), sum;
	struct digest digest;

	if (atomic_load_explicit(word, memory_order_relaxed) & bit)
		return true;
	if (!span_part(i->sums, b * IMAGE_SUM_BYTES, IMAGE_SUM_BYTES, &sum) ||
	    digest_of(DIGEST_SHA256, &bytes, 1, &digest) != STATUS_OK ||
	    !digest_equal(&digest, sum))
		return false;
	(void)atomic_fetch_or_explicit(word, bit, memory_order_relaxed);
	return true;
}

/* A part of the body, looked at for damage. */
static bool body_part(const struct image *i, uint64_t off, uint64_t len, struct span *out)
{
	if (len == 0 || !span_part(i->body, off, len, out))
		return false;
	for (uint64_t b = off / IMAGE_BLOCK; b <= (off + len - 1) / IMAGE_BLOCK; b++)
		if (!block_good(i, b))
			return false;
	return true;
}

static bool row_at(const struct image *i, enum donor_key key, uint64_t at, struct span *out)
{
	const struct image_table *t = &i->tables[key];
	uint64_t table;

	return span_offset(i->body, t->rows, &table) && at < t->n &&
	       body_part(i, table + at * row_bytes(key), row_bytes(key), out);
}

static uint64_t place_of(enum donor_key key, struct span row)
{
	struct cursor c = cursor_at(row, key_bytes[key]);

	return cursor_u64le(&c);
}

static enum status record_decode(struct arena *a, struct span record, struct donor *out)
{
	struct cursor c = cursor_at(record, 0);
	uint16_t len = cursor_u16le(&c);
	struct span origin = cursor_take(&c, len);
	uint64_t at;

	if (!cursor_ok(&c) || len > IMAGE_MAX_ORIGIN ||
	    span_find(origin, SPAN_LITERAL("\0"), 0, &at))
		return STATUS_MALFORMED;
	TRY(donor_decode(a, cursor_rest(&c), out));
	if (out->kind == DONOR_NONE || out->digest.algorithm == DIGEST_NONE)
		return STATUS_MALFORMED;
	out->provenance = len ? arena_string(a, origin) : NULL;
	return len && !out->provenance ? STATUS_NO_MEMORY : STATUS_OK;
}

/* The record at @off, and how long it is. */
static enum status record_read(const struct image *i, uint64_t off, struct arena *a,
			       struct donor *out, uint64_t *whole)
{
	struct span head, record;
	struct cursor c;
	uint16_t len;

	if (off < IMAGE_HEAD_BYTES || off >= i->records_end || !body_part(i, off, 2, &head))
		return STATUS_MALFORMED;
	c = cursor_at(head, 0);
	len = cursor_u16le(&c);
	if (len > IMAGE_MAX_RECORD || len > i->records_end - off ||
	    !body_part(i, off + 2, len, &record))
		return STATUS_MALFORMED;
	*whole = 2 + (uint64_t)len;
	return record_decode(a, record, out);
}

/* The record to which a row leads, which must have its key. */
static enum status row_donor(const struct image *i, enum donor_key key, struct span row,
			     struct arena *a, struct donor *out)
{
	uint64_t place = place_of(key, row), whole;
	struct image_key its;

	TRY(record_read(i, place & ~IMAGE_SEEN, a, out, &whole));
	if (!image_key_of(out, key, &its) ||
	    !span_equal(span_clip(SPAN_OF(its.bytes), 0, key_bytes[key]),
			span_clip(row, 0, key_bytes[key])) ||
	    (out->kind == DONOR_SEEN) != ((place & IMAGE_SEEN) != 0))
		return STATUS_MALFORMED;
	return STATUS_OK;
}

enum status image_donor(const struct image *i, uint64_t at, struct arena *a, struct donor *out)
{
	struct span row;

	if (!row_at(i, DONOR_BY_DIGEST, at, &row))
		return STATUS_MALFORMED;
	return row_donor(i, DONOR_BY_DIGEST, row, a, out);
}

/* The first row whose key is not below @key. */
static enum status bound_find(const struct image *i, enum donor_key key, struct span value,
			      uint64_t *out)
{
	uint64_t low = 0, high = i->tables[key].n;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		struct span row;

		if (!row_at(i, key, middle, &row))
			return STATUS_MALFORMED;
		if (memcmp(row.ptr, value.ptr, value.len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return STATUS_OK;
}

enum status image_find(const struct image *i, enum donor_key key, struct span value,
		       struct arena *a, struct donor ***last)
{
	struct image_key wanted;
	struct span want = span_clip(SPAN_OF(wanted.bytes), 0, key_bytes[key]), row;
	uint64_t at;

	if (!key_make(key, value, &wanted))
		return STATUS_OK;
	TRY(bound_find(i, key, want, &at));
	for (unsigned n = 0; n < IMAGE_MAX_HITS && at < i->tables[key].n; n++, at++) {
		struct donor *d;

		if (!row_at(i, key, at, &row))
			return STATUS_MALFORMED;
		if (!span_same(span_clip(row, 0, want.len), want))
			break;
		d = ARENA_NEW(a, struct donor, 1);
		if (!d)
			return STATUS_NO_MEMORY;
		TRY(row_donor(i, key, row, a, d));
		/* Of a long digest the row has only the beginning. */
		if (!span_equal(key_value(d, key), value))
			continue;
		**last = d;
		*last = &d->next;
	}
	return STATUS_OK;
}

static bool tables_lay(struct image *i, struct cursor *foot)
{
	uint64_t at = i->records_end;

	for (enum donor_key k = DONOR_BY_DIGEST; k < IMAGE_TABLES; k++) {
		struct image_table *t = &i->tables[k];

		t->n = cursor_u64le(foot);
		if (t->n > DONORS_MAX_RECORDS ||
		    !span_part(i->body, at, t->n * row_bytes(k), &t->rows))
			return false;
		at += t->rows.len;
	}
	return at == i->body.len;
}

/* Where everything lies.  NULL: as it should. */
static const char *foot_read(struct image *i)
{
	static const char cut[] = "this donor index is cut short";
	struct span foot, size_known = i->bytes;
	struct cursor c;
	uint64_t body, flags, n_blocks;

	if (size_known.len < IMAGE_HEAD_BYTES + IMAGE_FOOT_BYTES)
		return cut;
	foot = span_after(i->bytes, i->bytes.len - IMAGE_FOOT_BYTES);
	if (!span_starts(span_after(foot, IMAGE_FOOT_BYTES - IMAGE_MAGIC_BYTES), IMAGE_MAGIC,
			 IMAGE_MAGIC_BYTES))
		return cut;
	c = cursor_at(foot, 0);
	body = cursor_u64le(&c);
	i->records_end = cursor_u64le(&c);
	flags = cursor_u64le(&c);
	n_blocks = body / IMAGE_BLOCK + (body % IMAGE_BLOCK != 0);
	if (!span_part(i->bytes, 0, body, &i->body) || i->records_end < IMAGE_HEAD_BYTES ||
	    !span_part(i->bytes, body, n_blocks * IMAGE_SUM_BYTES, &i->sums) ||
	    body + i->sums.len + IMAGE_FOOT_BYTES != i->bytes.len || !tables_lay(i, &c) ||
	    (flags & ~(uint64_t)IMAGE_HAS_SHA1) != 0)
		return "a table of this donor index lies outside it";
	i->has_sha1 = (flags & IMAGE_HAS_SHA1) != 0;
	(void)span_copy(i->root, sizeof(i->root), cursor_take(&c, 32));
	return NULL;
}

static enum status root_check(const struct image *i, bool *good)
{
	struct span foot = span_after(i->bytes, i->bytes.len - IMAGE_FOOT_BYTES);
	struct span parts[] = { i->sums,
				span_clip(foot, 0, IMAGE_FOOT_BYTES - 32 - IMAGE_MAGIC_BYTES) };
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, parts, COUNT_OF(parts), &digest));
	*good = digest_equal(&digest, SPAN_OF(i->root));
	return STATUS_OK;
}

enum status image_open(struct span bytes, struct image *out, const char **problem)
{
	struct cursor c = cursor_at(bytes, IMAGE_MAGIC_BYTES);
	uint32_t version = cursor_u32le(&c);
	bool good = false;

	*out = (struct image){ .bytes = bytes };
	*problem = NULL;
	if (!span_starts(bytes, IMAGE_MAGIC, IMAGE_MAGIC_BYTES))
		*problem = "this is not a donor index";
	else if (cursor_ok(&c) && version > IMAGE_VERSION) {
		*problem = "this donor index was written by a newer version of assay";
		return STATUS_UNSUPPORTED;
	}
	if (!*problem)
		*problem = foot_read(out);
	if (*problem)
		return STATUS_MALFORMED;
	TRY(root_check(out, &good));
	if (!good || version != IMAGE_VERSION) {
		*problem = "this donor index is damaged (its checksum differs)";
		return STATUS_MALFORMED;
	}
	out->checked =
		memory_new(out->sums.len / IMAGE_SUM_BYTES / 64 + 1, sizeof(*out->checked));
	return out->checked ? STATUS_OK : STATUS_NO_MEMORY;
}

void image_close(struct image *i)
{
	memory_free((void *)(uintptr_t)i->checked);
	*i = (struct image){ 0 };
}

/* Are the rows in order, and does each lead to a donor with its key? */
static enum status table_verify(const struct image *i, enum donor_key key, struct arena *a)
{
	struct span row, before = SPAN_NONE;
	struct donor d;

	for (uint64_t at = 0; at < i->tables[key].n; at++) {
		arena_reset(a);
		if (!row_at(i, key, at, &row))
			return STATUS_MALFORMED;
		TRY(row_donor(i, key, row, a, &d));
		if (at > 0) {
			int order = memcmp(before.ptr, row.ptr, key_bytes[key]);

			if (order > 0 ||
			    (order == 0 && place_of(key, before) >= place_of(key, row)))
				return STATUS_MALFORMED;
		}
		before = row;
	}
	return STATUS_OK;
}

/* Are the records in order, each in all tables in which it has a key, and nothing else there?
 */
static enum status records_verify(const struct image *i, struct arena *a)
{
	uint64_t off = IMAGE_HEAD_BYTES, n[IMAGE_TABLES] = { 0 }, whole;
	struct donor_order before = { { 0 } }, order;
	struct image_key key;
	struct donor d;

	while (off < i->records_end) {
		arena_reset(a);
		TRY(record_read(i, off, a, &d, &whole));
		donor_order_of(&d, &order);
		if (donor_order_compare(&before, &order) >= 0)
			return STATUS_MALFORMED;
		for (enum donor_key k = DONOR_BY_DIGEST; k < IMAGE_TABLES; k++)
			n[k] += image_key_of(&d, k, &key);
		before = order;
		off += whole;
	}
	for (enum donor_key k = DONOR_BY_DIGEST; k < IMAGE_TABLES; k++)
		if (n[k] != i->tables[k].n)
			return STATUS_MALFORMED;
	return STATUS_OK;
}

enum status image_verify(const struct image *i)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)1 << 20);

	for (uint64_t b = 0; b < i->sums.len / IMAGE_SUM_BYTES; b++)
		if (!block_good(i, b))
			return STATUS_MALFORMED;
	for (enum donor_key k = DONOR_BY_DIGEST; k < IMAGE_TABLES; k++)
		TRY(table_verify(i, k, &a));
	return records_verify(i, &a);
}
