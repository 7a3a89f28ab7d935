/* SPDX-License-Identifier: MIT */
#include "cmd/memories.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "source/paths.h"
#include <stdlib.h>

#define FIRST_KEYS    256
#define BATCH_RECORDS 8192
#define SCRATCH_BYTES ((size_t)1 << 20)

/* ---- keys ---- */

static struct memory_key key_of(struct span value)
{
	struct memory_key key = { { 0 } };

	(void)span_copy(key.bytes, sizeof(key.bytes), span_clip(value, 0, sizeof(key.bytes)));
	return key;
}

static bool is_zero(struct memory_key key)
{
	static const struct memory_key zero;

	return memcmp(&key, &zero, sizeof(key)) == 0;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct memory_key));
}

/* A signature's bytes, and an image that they stood on. */
struct memory_pair {
	struct memory_key block, image;
};

static int compare_pairs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct memory_pair));
}

static void keys_add(struct memory_keys *k, struct memory_key key)
{
	size_t size = k->size ? k->size * 2 : FIRST_KEYS;
	struct memory_key *more;

	if (is_zero(key))
		return;
	if (k->n == k->size) {
		more = (struct memory_key *)memory_new(size, sizeof(*more));
		if (!more) {
			k->failed = true;
			return;
		}
		for (size_t i = 0; i < k->n; i++)
			more[i] = k->keys[i];
		memory_free(k->keys);
		k->keys = more;
		k->size = size;
	}
	k->keys[k->n++] = key;
}

static void keys_sort(struct memory_keys *k)
{
	if (k->n)
		qsort(k->keys, k->n, sizeof(*k->keys), compare);
}

static bool keys_have(const struct memory_keys *k, struct memory_key key)
{
	return k->n && !is_zero(key) &&
	       bsearch(&key, k->keys, k->n, sizeof(*k->keys), compare) != NULL;
}

/* ---- what a report asks for ---- */

static bool is_modified(const struct report_signature *s)
{
	return s->signature == ASSAY_SIGNATURE_GOOD && s->binding == ASSAY_BINDING_MODIFIED;
}

/* Proven by what lies under the signature or by a record: no further one adds to it. */
static bool is_settled(const struct report_signature *s)
{
	return s->relation && s->relation->donor.indexed && s->relation->confidence &&
	       strcmp(s->relation->confidence, "proven") == 0;
}

/* Calls @each with the keys by which an index could know what carries @record. */
static bool record_walk(struct span record, bool (*each)(void *context, struct memory_key key),
			void *context)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(SCRATCH_BYTES);
	struct donor d;

	if (donor_decode(&scratch, record, &d) != STATUS_OK)
		return false;
	if (d.kind == DONOR_SEEN)
		return each(context, key_of(SPAN_OF(d.block)));
	return d.kind == DONOR_NONE && (each(context, key_of(digest_span(&d.digest))) ||
					each(context, key_of(SPAN_OF(d.block))) ||
					each(context, key_of(SPAN_OF(d.identity))));
}

/* Calls @each with every key by which another index could know this file. */
static bool keys_walk(const struct report *r,
		      bool (*each)(void *context, struct memory_key key), void *context)
{
	for (size_t i = 0; i < r->n_signatures; i++) {
		const struct report_signature *s = &r->signatures[i];

		if (is_modified(s) && !is_settled(s) && each(context, key_of(s->digest_signed)))
			return true;
	}
	for (size_t i = 0; i < r->n_memories; i++)
		if (donor_kind_of(r->memories[i]) != DONOR_VALID &&
		    record_walk(r->memories[i], each, context))
			return true;
	return false;
}

static bool key_exists(void *context, struct memory_key key)
{
	(void)context;
	return !is_zero(key);
}

bool memories_undecided(const struct report *r)
{
	return keys_walk(r, key_exists, NULL);
}

static bool key_ask(void *context, struct memory_key key)
{
	struct memories *m = (struct memories *)context;

	keys_add(&m->asked, key);
	return false;
}

/* Where a record stands. */
struct memory_place {
	struct span path, record;
};

static void record_add(struct buffer *out, const struct memory_place *p)
{
	buffer_u32le(out, (uint32_t)p->path.len);
	buffer_add(out, p->path);
	buffer_u32le(out, (uint32_t)p->record.len);
	buffer_add(out, p->record);
}

void memories_take(struct memories *m, const struct report *r, const char *path)
{
	size_t before = m->records.len, n = 0;

	if (r->n_memories == 0)
		return;
	(void)keys_walk(r, key_ask, m);
	if (m->full || m->asked.failed)
		return;
	m->records.limit = MEMORIES_MAX_BYTES;
	for (size_t i = 0; i < r->n_memories; i++)
		if (donor_kind_of(r->memories[i]) != DONOR_NONE) { /* that only asks */
			record_add(&m->records,
				   &(struct memory_place){ SPAN_TEXT(path), r->memories[i] });
			n++;
		}
	if (buffer_status(&m->records) == STATUS_OK) {
		m->n_records += n;
		return;
	}
	/* Half a record is none. */
	m->records.failed = false;
	buffer_cut(&m->records, before);
	m->full = true;
}

static int compare_places(const void *a, const void *b)
{
	const struct memory_place *x = (const struct memory_place *)a;
	const struct memory_place *y = (const struct memory_place *)b;
	int order = span_compare(x->path, y->path);

	return order ? order : span_compare(x->record, y->record);
}

enum status memories_sort(struct memories *m)
{
	struct memory_place *places =
		(struct memory_place *)memory_new(m->n_records + 1, sizeof(*places));
	CLEANUP(buffer_free) struct buffer sorted = { .limit = MEMORIES_MAX_BYTES };
	struct cursor c = cursor_at(buffer_span(&m->records), 0);
	struct buffer before = m->records;
	size_t n = 0;

	if (!places)
		return STATUS_NO_MEMORY;
	for (; n < m->n_records && cursor_left(&c) > 0; n++) {
		places[n].path = cursor_take(&c, cursor_u32le(&c));
		places[n].record = cursor_take(&c, cursor_u32le(&c));
	}
	qsort(places, n, sizeof(*places), compare_places);
	for (size_t i = 0; i < n; i++)
		record_add(&sorted, &places[i]);
	memory_free(places);
	TRY(buffer_status(&sorted));
	m->records = sorted;
	sorted = before; /* to be freed */
	return STATUS_OK;
}

/* ---- what was remembered ---- */

/* The next record that can be read; false at the end. */
static bool record_next(struct cursor *c, struct arena *a, struct donor *out)
{
	while (cursor_left(c) > 0) {
		struct span path = cursor_take(c, cursor_u32le(c));
		struct span record = cursor_take(c, cursor_u32le(c));

		if (!cursor_ok(c))
			return false;
		if (donor_decode(a, record, out) != STATUS_OK)
			continue;
		out->provenance = arena_string(a, path);
		if (!out->provenance)
			return false;
		out->name = path_name(out->provenance);
		return true;
	}
	return false;
}

/* Sorted, each once. */
static size_t pairs_settle(struct memory_pair *pairs, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(pairs, n, sizeof(*pairs), compare_pairs);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || compare_pairs(&pairs[i], &pairs[kept - 1]) != 0)
			pairs[kept++] = pairs[i];
	return kept;
}

/* Signatures that were seen on more than one image: copied, or their program altered. */
static enum status blocks_reused(const struct memories *m, struct memory_keys *out)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(SCRATCH_BYTES);
	struct cursor c = cursor_at(buffer_span(&m->records), 0);
	struct memory_pair *pairs =
		(struct memory_pair *)memory_new(m->n_records + 1, sizeof(*pairs));
	struct donor d;
	size_t n = 0;

	if (!pairs)
		return STATUS_NO_MEMORY;
	for (; n < m->n_records && record_next(&c, &scratch, &d); arena_reset(&scratch))
		if (d.kind != DONOR_NONE)
			pairs[n++] = (struct memory_pair){ key_of(SPAN_OF(d.block)),
							   key_of(digest_span(&d.digest)) };
	n = pairs_settle(pairs, n);
	for (size_t i = 1; i < n; i++)
		if (compare(&pairs[i].block, &pairs[i - 1].block) == 0)
			keys_add(out, pairs[i].block);
	memory_free(pairs);
	keys_sort(out);
	return out->failed ? STATUS_NO_MEMORY : STATUS_OK;
}

static bool is_asked(const struct memories *m, const struct memory_keys *reused,
		     const struct donor *d)
{
	struct memory_key block = key_of(SPAN_OF(d->block));

	if (d->kind == DONOR_SEEN)
		return keys_have(reused, block) && keys_have(&m->asked, block);
	return d->kind == DONOR_VALID &&
	       (keys_have(&m->asked, block) ||
		keys_have(&m->asked, key_of(digest_span(&d->digest))) ||
		keys_have(&m->asked, key_of(SPAN_OF(d->identity))));
}

static void known_add(struct memories *m, const struct donor *d)
{
	keys_add(&m->known, key_of(SPAN_OF(d->block)));
	if (d->kind != DONOR_VALID)
		return;
	keys_add(&m->known, key_of(digest_span(&d->digest)));
	keys_add(&m->known, key_of(SPAN_OF(d->identity)));
}

/* Appends those that are asked for to the list that ends at @end. */
static enum status records_match(struct memories *m, const struct memory_keys *reused,
				 struct arena *a, struct donor **end)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(SCRATCH_BYTES);
	struct cursor c = cursor_at(buffer_span(&m->records), 0), here;
	struct donor d;

	for (here = c; record_next(&c, &scratch, &d); here = c, arena_reset(&scratch)) {
		struct donor *made;

		if (!is_asked(m, reused, &d))
			continue;
		made = ARENA_NEW(a, struct donor, 1);
		if (!made || !record_next(&here, a, made))
			return STATUS_NO_MEMORY;
		known_add(m, made);
		*end = made;
		end = &made->next;
	}
	keys_sort(&m->known);
	return m->known.failed ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status memories_match(struct memories *m, struct arena *a, struct donor **out)
{
	struct memory_keys reused = { 0 };
	enum status status = m->asked.failed ? STATUS_NO_MEMORY : STATUS_OK;

	*out = NULL;
	keys_sort(&m->asked);
	if (status == STATUS_OK)
		status = blocks_reused(m, &reused);
	if (status == STATUS_OK)
		status = records_match(m, &reused, a, out);
	memory_free(reused.keys);
	return status;
}

static bool key_answer(void *context, struct memory_key key)
{
	return keys_have((const struct memory_keys *)context, key);
}

bool memories_answer(struct memories *m, const struct report *r)
{
	return m->known.n && keys_walk(r, key_answer, &m->known);
}

enum status memories_batch(const struct memories *m, size_t *position, struct arena *a,
			   bool (*wanted)(void *context, const struct donor *d), void *context,
			   struct donor **out)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(SCRATCH_BYTES);
	struct cursor c = cursor_at(buffer_span(&m->records), *position), here;
	struct donor d, **end = out;
	bool more = true;

	*out = NULL;
	for (size_t n = 0; n < BATCH_RECORDS; n++, arena_reset(&scratch)) {
		struct donor *made;

		here = c;
		more = record_next(&c, &scratch, &d);
		if (!more)
			break;
		if (!wanted(context, &d))
			continue;
		made = ARENA_NEW(a, struct donor, 1);
		if (!made || !record_next(&here, a, made))
			return STATUS_NO_MEMORY;
		*end = made;
		end = &made->next;
	}
	*position = more ? c.pos : m->records.len;
	return STATUS_OK;
}

void memories_free(struct memories *m)
{
	buffer_free(&m->records);
	memory_free(m->asked.keys);
	memory_free(m->known.keys);
	*m = (struct memories){ 0 };
}
