/* SPDX-License-Identifier: MIT */
/* Puts databases together, in the format of database.h. */
#include "trust/database.h"

#include "base/memory.h"
#include "trust/database_format.h"
#include <stdlib.h>

struct draft_distrust {
	struct distrust entry;
	struct draft_distrust *next;
};

struct draft_revocation {
	struct revocation revocation;
	struct draft_revocation *next;
};

enum status draft_record_add(struct draft *d, const struct record *r)
{
	struct draft_record *node = ARENA_NEW(d->arena, struct draft_record, 1);

	if (!node)
		return STATUS_NO_MEMORY;
	if (d->n_records == DATABASE_MAX_ROWS)
		return STATUS_LIMIT;
	*node = (struct draft_record){ *r, d->records };
	d->records = node;
	d->n_records++;
	return STATUS_OK;
}

enum status draft_distrust_add(struct draft *d, const struct distrust *entry)
{
	struct draft_distrust *node = ARENA_NEW(d->arena, struct draft_distrust, 1);

	if (!node)
		return STATUS_NO_MEMORY;
	if (d->n_distrusts == DATABASE_MAX_ROWS)
		return STATUS_LIMIT;
	*node = (struct draft_distrust){ *entry, d->distrusts };
	d->distrusts = node;
	d->n_distrusts++;
	return STATUS_OK;
}

static enum status revocation_add(struct draft *d, struct draft_revocation **list, size_t *n,
				  const struct revocation *r)
{
	struct draft_revocation *node = ARENA_NEW(d->arena, struct draft_revocation, 1);

	if (!node)
		return STATUS_NO_MEMORY;
	if (*n == DATABASE_MAX_ROWS)
		return STATUS_LIMIT;
	*node = (struct draft_revocation){ *r, *list };
	*list = node;
	++*n;
	return STATUS_OK;
}

enum status draft_crl_add(struct draft *d, const struct revocation *r)
{
	return revocation_add(d, &d->crls, &d->n_crls, r);
}

enum status draft_ocsp_add(struct draft *d, const struct revocation *r)
{
	return revocation_add(d, &d->ocsps, &d->n_ocsps, r);
}

enum status draft_load(struct draft *d, const struct database *from)
{
	struct record record;
	struct distrust entry;
	struct revocation r;
	struct list_info list;

	for (size_t i = 0; database_record(from, i, &record); i++)
		TRY(draft_record_add(d, &record));
	for (size_t i = 0; database_distrust(from, i, &entry); i++)
		TRY(draft_distrust_add(d, &entry));
	for (size_t i = 0; database_revocation(from, TABLE_CRLS, i, &r); i++)
		TRY(draft_crl_add(d, &r));
	for (size_t i = 0; database_revocation(from, TABLE_OCSPS, i, &r); i++)
		TRY(draft_ocsp_add(d, &r));
	for (size_t i = 0; database_list(from, i, &list); i++)
		d->lists[list.kind] = list;
	return STATUS_OK;
}

void draft_forget(struct draft *d, enum record_source source, const uint8_t *sha256)
{
	struct draft_record **at = &d->records;

	while (*at) {
		const struct record *r = &(*at)->record;
		bool theirs = source == RECORD_UNKNOWN || r->source == source;

		if (theirs && (!sha256 || memcmp(r->stored.sha256, sha256, 32) == 0)) {
			*at = (*at)->next;
			d->n_records--;
		} else {
			at = &(*at)->next;
		}
	}
}

bool draft_anchors(const struct draft *d, const uint8_t sha256[32])
{
	for (const struct draft_record *at = d->records; at; at = at->next)
		if (at->record.stored.sets && memcmp(at->record.stored.sha256, sha256, 32) == 0)
			return true;
	return false;
}

void draft_forget_distrusts(struct draft *d, enum distrust_kind kind, enum record_source source)
{
	struct draft_distrust **at = &d->distrusts;

	while (*at) {
		if ((*at)->entry.kind == kind && (*at)->entry.source == source) {
			*at = (*at)->next;
			d->n_distrusts--;
		} else {
			at = &(*at)->next;
		}
	}
}

/* What is being written: one buffer for each table. */
struct encoder {
	struct buffer tables[TABLE_COUNT];
	size_t counts[TABLE_COUNT];
	const char *last_text; /* the same origin stands behind hundreds of records */
	uint32_t last_off, last_len;
};

/* A row of a table that must be sorted: its octets, and how they compare. */
struct row {
	uint8_t bytes[DISTRUST_BYTES];
};

_Static_assert(sizeof(struct row) >= INDEX_BYTES, "an index row fits");

static void slice_add(struct encoder *e, enum database_table t, struct span bytes)
{
	struct buffer *heap = &e->tables[TABLE_HEAP];

	buffer_u32le(&e->tables[t], (uint32_t)heap->len);
	buffer_u32le(&e->tables[t], (uint32_t)bytes.len);
	buffer_add(heap, bytes);
}

static void text_add(struct encoder *e, enum database_table t, const char *text)
{
	struct buffer *heap = &e->tables[TABLE_HEAP];

	if (!e->last_text || strcmp(e->last_text, text) != 0) {
		e->last_text = text;
		e->last_off = (uint32_t)heap->len;
		e->last_len = (uint32_t)strlen(text) + 1;
		buffer_text(heap, text);
		buffer_char(heap, '\0');
	}
	buffer_u32le(&e->tables[t], e->last_off);
	buffer_u32le(&e->tables[t], e->last_len);
}

static uint32_t record_flags(const struct stored *s)
{
	const struct anchor_limits *l = &s->limits;

	return (s->public_root ? FLAG_PUBLIC_ROOT : 0U) | (l->own_root ? FLAG_OWN_ROOT : 0U) |
	       (l->has_disallowed ? FLAG_DISALLOWED : 0U) |
	       (l->disallowed_empty ? FLAG_DISALLOWED_EMPTY : 0U) |
	       (l->has_not_before ? FLAG_NOT_BEFORE : 0U) |
	       (l->not_before_empty ? FLAG_NOT_BEFORE_EMPTY : 0U);
}

static void record_encode(struct encoder *e, const struct record *r)
{
	struct buffer *b = &e->tables[TABLE_RECORDS];
	const struct stored *s = &r->stored;

	buffer_add(b, SPAN_OF(s->sha256));
	buffer_add(b, SPAN_OF(r->key_sha256));
	buffer_u32le(b, s->sets);
	buffer_u32le(b, record_flags(s));
	buffer_u32le(b, (uint32_t)r->source);
	buffer_u32le(b, (uint32_t)s->item);
	buffer_u64le(b, (uint64_t)s->limits.disallowed);
	buffer_u64le(b, (uint64_t)s->limits.not_before);
	buffer_u64le(b, (uint64_t)r->valid_from);
	buffer_u64le(b, (uint64_t)r->valid_until);
	slice_add(e, TABLE_RECORDS, s->der);
	slice_add(e, TABLE_RECORDS, r->subject);
	slice_add(e, TABLE_RECORDS, r->key_id);
	text_add(e, TABLE_RECORDS, s->name ? s->name : "");
	text_add(e, TABLE_RECORDS, s->origin ? s->origin : "");
	slice_add(e, TABLE_RECORDS, s->limits.eku);
	slice_add(e, TABLE_RECORDS, s->limits.disallowed_eku);
	slice_add(e, TABLE_RECORDS, s->limits.not_before_eku);
	e->counts[TABLE_RECORDS]++;
}

/* By certificate, then highest source first. */
static int record_order(const struct record *r, const struct record *s)
{
	int order = memcmp(r->stored.sha256, s->stored.sha256, 32);

	if (order != 0)
		return order;
	return (r->source < s->source) - (r->source > s->source);
}

/* What was added twice is in the sets of both times. */
static void record_merge(struct record *winner, const struct record *other)
{
	if (winner->source == RECORD_ADDED && other->source == RECORD_ADDED)
		winner->stored.sets |= other->stored.sets;
	record_complete(winner, other);
}

/* qsort of glibc is not always stable: the place in the list breaks ties. */
struct record_place {
	const struct draft_record *record;
	size_t place;
};

static int place_order(const void *a, const void *b)
{
	const struct record_place *x = a, *y = b;
	int order = record_order(&x->record->record, &y->record->record);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static enum status records_encode(const struct draft *d, struct encoder *e,
				  struct record *merged, size_t *n_merged)
{
	struct record_place *places = memory_new(d->n_records + 1, sizeof(*places));
	size_t n = 0, kept = 0;

	if (!places)
		return STATUS_NO_MEMORY;
	for (const struct draft_record *r = d->records; r; r = r->next) {
		places[n] = (struct record_place){ r, n };
		n++;
	}
	qsort(places, n, sizeof(*places), place_order);
	for (size_t i = 0; i < n; i++) {
		const struct record *r = &places[i].record->record;

		if (kept && memcmp(merged[kept - 1].stored.sha256, r->stored.sha256, 32) == 0)
			record_merge(&merged[kept - 1], r);
		else
			merged[kept++] = *r;
	}
	memory_free(places);
	for (size_t i = 0; i < kept; i++)
		record_encode(e, &merged[i]);
	*n_merged = kept;
	return STATUS_OK;
}

static int row_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct row));
}

static void rows_encode(struct encoder *e, enum database_table t, struct row *rows, size_t n)
{
	size_t width = database_row_format(t).bytes;

	qsort(rows, n, sizeof(*rows), row_order);
	for (size_t i = 0; i < n; i++)
		buffer_add(&e->tables[t], span_clip(SPAN_OF(rows[i].bytes), 0, width));
	e->counts[t] = n;
}

static void index_row(struct row *row, const uint8_t key[32], size_t record)
{
	(void)span_copy(row->bytes, 32, (struct span){ key, 32 });
	for (size_t i = 0; i < 4; i++)
		row->bytes[32 + i] = (uint8_t)(record >> (8 * i));
}

/* The key of @r in index @t; *@has false: it is not in there. */
static enum status index_key(const struct record *r, enum database_table t, uint8_t key[32],
			     bool *has)
{
	*has = false;
	if (t == TABLE_BY_KEY) {
		*has = !span_is_zero(SPAN_OF(r->key_sha256));
		(void)span_copy(key, 32, SPAN_OF(r->key_sha256));
		return STATUS_OK;
	}
	if (t == TABLE_BY_SUBJECT && r->subject.len) {
		*has = true;
		return name_key(r->subject, key);
	}
	if (t == TABLE_BY_KEY_ID && r->key_id.len) {
		*has = true;
		return key_of(r->key_id, key);
	}
	return STATUS_OK;
}

static enum status index_encode(struct encoder *e, enum database_table t,
				const struct record *records, size_t n)
{
	struct row *rows = memory_new(n + 1, sizeof(*rows));
	enum status status = rows ? STATUS_OK : STATUS_NO_MEMORY;
	size_t n_rows = 0;

	for (size_t i = 0; status == STATUS_OK && i < n; i++) {
		uint8_t key[32];
		bool has;

		status = index_key(&records[i], t, key, &has);
		if (status == STATUS_OK && has)
			index_row(&rows[n_rows++], key, i);
	}
	if (status == STATUS_OK)
		rows_encode(e, t, rows, n_rows);
	memory_free(rows);
	return status;
}

static enum status distrusts_encode(const struct draft *d, struct encoder *e)
{
	struct row *rows = memory_new(d->n_distrusts + 1, sizeof(*rows));
	size_t n = 0;

	if (!rows)
		return STATUS_NO_MEMORY;
	for (const struct draft_distrust *at = d->distrusts; at; at = at->next) {
		struct row *row = &rows[n++];

		row->bytes[0] = (uint8_t)at->entry.kind;
		(void)span_copy(&row->bytes[1], DATABASE_DIGEST_MAX, at->entry.digest);
		row->bytes[DISTRUST_KEY_BYTES] = (uint8_t)at->entry.source;
	}
	rows_encode(e, TABLE_DISTRUST, rows, n);
	memory_free(rows);
	return STATUS_OK;
}

struct revocation_place {
	const struct revocation *revocation;
};

/* By key, then newest first. */
static int revocation_order(const void *a, const void *b)
{
	const struct revocation_place *x = a, *y = b;
	const struct revocation *r = x->revocation, *s = y->revocation;
	int order = memcmp(r->key, s->key, sizeof(r->key));

	if (order == 0)
		order = (r->this_update < s->this_update) - (r->this_update > s->this_update);
	return order ? order : span_compare(r->der, s->der);
}

static enum status revocations_encode(struct encoder *e, enum database_table t,
				      const struct draft_revocation *list, size_t n)
{
	struct revocation_place *sorted = memory_new(n + 1, sizeof(*sorted));
	const struct revocation *last = NULL;
	size_t i = 0;

	if (!sorted)
		return STATUS_NO_MEMORY;
	for (; list; list = list->next)
		sorted[i++].revocation = &list->revocation;
	qsort(sorted, i, sizeof(*sorted), revocation_order);
	for (i = 0; i < n; i++) {
		const struct revocation *r = sorted[i].revocation;

		if (last && memcmp(last->key, r->key, 32) == 0 && span_equal(last->der, r->der))
			continue;
		last = r;
		buffer_add(&e->tables[t], SPAN_OF(r->key));
		buffer_u64le(&e->tables[t], (uint64_t)r->this_update);
		slice_add(e, t, r->der);
		e->counts[t]++;
	}
	memory_free(sorted);
	return STATUS_OK;
}

static void lists_encode(const struct draft *d, struct encoder *e)
{
	struct buffer *b = &e->tables[TABLE_LISTS];

	for (size_t i = 0; i < LIST_KINDS; i++) {
		const struct list_info *list = &d->lists[i];

		if (list->kind == LIST_NONE)
			continue;
		buffer_u32le(b, (uint32_t)list->kind);
		buffer_u32le(b, 0);
		buffer_u64le(b, (uint64_t)list->this_update);
		buffer_add(b, SPAN_OF(list->sha256));
		buffer_add(b, SPAN_OF(list->sequence));
		text_add(e, TABLE_LISTS, list->name ? list->name : "");
		e->counts[TABLE_LISTS]++;
	}
}

/* Header, then the tables; the checksum is over both. */
static enum status encoder_join(struct encoder *e, struct buffer *out)
{
	struct buffer head = BUFFER_INIT;
	uint64_t off = HEADER_BYTES;
	struct span parts[2 + TABLE_COUNT];
	struct digest digest;
	enum status status;

	e->counts[TABLE_HEAP] = e->tables[TABLE_HEAP].len;
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		buffer_u64le(&head, off);
		buffer_u64le(&head, e->counts[t]);
		off += e->tables[t].len;
		parts[2 + t] = buffer_span(&e->tables[t]);
	}
	buffer_text(out, DATABASE_MAGIC);
	buffer_u32le(out, DATABASE_VERSION);
	buffer_u32le(out, TABLE_COUNT);
	buffer_u64le(out, off);
	parts[0] = buffer_span(out);
	parts[1] = buffer_span(&head);
	status = digest_of(DIGEST_SHA256, parts, COUNT_OF(parts), &digest);
	if (status == STATUS_OK) {
		buffer_add(out, digest_span(&digest));
		for (size_t i = 1; i < COUNT_OF(parts); i++)
			buffer_add(out, parts[i]);
		status = head.failed ? STATUS_NO_MEMORY : buffer_status(out);
	}
	buffer_free(&head);
	return status;
}

static enum status tables_encode(const struct draft *d, struct encoder *e,
				 struct record *merged)
{
	size_t n = 0;

	TRY(records_encode(d, e, merged, &n));
	for (enum database_table t = TABLE_BY_SUBJECT; t <= TABLE_BY_KEY; t++)
		TRY(index_encode(e, t, merged, n));
	TRY(distrusts_encode(d, e));
	TRY(revocations_encode(e, TABLE_CRLS, d->crls, d->n_crls));
	TRY(revocations_encode(e, TABLE_OCSPS, d->ocsps, d->n_ocsps));
	lists_encode(d, e);
	for (size_t t = 0; t < TABLE_COUNT; t++)
		TRY(buffer_status(&e->tables[t]));
	return STATUS_OK;
}

enum status draft_encode(const struct draft *d, struct buffer *out)
{
	struct encoder *e = memory_new(1, sizeof(*e));
	struct record *merged = memory_new(d->n_records + 1, sizeof(*merged));
	enum status status = STATUS_NO_MEMORY;

	if (e && merged)
		status = tables_encode(d, e, merged);
	if (status == STATUS_OK)
		status = encoder_join(e, out);
	for (size_t t = 0; e && t < TABLE_COUNT; t++)
		buffer_free(&e->tables[t]);
	memory_free(merged);
	memory_free(e);
	return status;
}
