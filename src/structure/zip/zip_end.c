/* SPDX-License-Identifier: MIT */
/*
 * The end record, and where the central directory is (APPNOTE 4.3.14 to 4.3.16).
 *
 * Readers differ in which end record they take when there are several, and in
 * whether they believe its offset or count back from it.  Where that leads to
 * two archives, it is a trouble.
 */
#include "structure/zip/zip_reading.h"

#include "base/search.h"

#define END_MAGIC     "PK\5\6"
#define END64_MAGIC   "PK\6\6"
#define LOCATOR_MAGIC "PK\6\7"
#define CENTRAL_MAGIC "PK\1\2"

struct end_record {
	uint64_t off;
	uint64_t disk, central_disk, n_here, n, central_size, central_off;
	uint16_t comment_len;
};

static bool end_record_at(struct span tail, uint64_t base, uint64_t at, struct end_record *out)
{
	struct cursor c = cursor_at(tail, at);

	*out = (struct end_record){ .off = base + at };
	if (!span_starts(cursor_take(&c, 4), END_MAGIC, 4))
		return false;
	out->disk = cursor_u16le(&c);
	out->central_disk = cursor_u16le(&c);
	out->n_here = cursor_u16le(&c);
	out->n = cursor_u16le(&c);
	out->central_size = cursor_u32le(&c);
	out->central_off = cursor_u32le(&c);
	out->comment_len = cursor_u16le(&c);
	return cursor_ok(&c);
}

static bool is_saturated(const struct end_record *e)
{
	return e->n == SATURATED_16 || e->n_here == SATURATED_16 ||
	       e->central_size == SATURATED_32 || e->central_off == SATURATED_32 ||
	       e->disk == SATURATED_16 || e->central_disk == SATURATED_16;
}

/* Could some reader take it for the end of an archive? */
static bool is_plausible(const struct end_record *e)
{
	if (is_saturated(e))
		return true;
	return e->disk == 0 && e->central_disk == 0 && e->n == e->n_here &&
	       e->central_size >= e->n * CENTRAL_BYTES && e->central_size <= e->off &&
	       e->central_off <= e->off - e->central_size;
}

static bool is_exact(const struct end_record *e, uint64_t size)
{
	return e->comment_len == size - e->off - ZIP_END_BYTES;
}

bool zip_ends(struct span tail)
{
	struct end_record e;

	for (uint64_t at = 0; span_find(tail, SPAN_LITERAL(END_MAGIC), at, &at); at++)
		if (end_record_at(tail, 0, at, &e) && is_exact(&e, tail.len))
			return true;
	return false;
}

/*
 * The end record: the last one whose comment ends with the file, else the last
 * plausible one.
 */
static bool end_record_choose(struct zip_reading *r, struct span tail, uint64_t base,
			      struct end_record *out)
{
	uint64_t at = 0, size = r->view->size;
	struct end_record e;
	bool found = false, exact = false, usable = false;

	*out = (struct end_record){ 0 };
	for (; span_find(tail, SPAN_LITERAL(END_MAGIC), at, &at); at++) {
		if (!end_record_at(tail, base, at, &e) ||
		    e.comment_len > size - e.off - ZIP_END_BYTES)
			continue;
		/* One that nobody could use is taken only when there is no other. */
		if (!is_plausible(&e)) {
			*out = usable ? *out : e;
			found = true;
			continue;
		}
		usable = true;
		if (exact && !is_exact(&e, size))
			continue;
		*out = e;
		found = true;
		exact = is_exact(&e, size);
	}
	return found;
}

static bool end_is_likely(struct span tail, uint64_t size, uint64_t at)
{
	struct end_record e;
	bool wide = at >= LOCATOR_BYTES &&
		    span_starts(span_after(tail, at - LOCATOR_BYTES), LOCATOR_MAGIC, 4);

	return end_record_at(tail, size - tail.len, at, &e) &&
	       e.comment_len <= size - e.off - ZIP_END_BYTES && e.n > 0 && is_plausible(&e) &&
	       (wide || !is_saturated(&e));
}

/* The last byte of the magic is the one that is rarest elsewhere. */
bool zip_ends_likely(struct span tail, uint64_t size)
{
	for (uint64_t at = 3; span_find_byte(tail, 6, at, &at); at++)
		if (end_is_likely(tail, size, at - 3))
			return true;
	return false;
}

static uint64_t tail_base(uint64_t size)
{
	return size > ZIP_TAIL_BYTES ? size - ZIP_TAIL_BYTES : 0;
}

struct offset_search {
	const struct zip *zip;
	uint64_t off;
};

static bool entry_begins_by(const void *context, uint64_t at)
{
	const struct offset_search *s = context;

	return s->zip->entries[s->zip->by_offset[at]].header.off <= s->off;
}

/* Does it stand in what an entry holds?  There it is an archive of its own. */
static bool is_in_entry(const struct zip *z, uint64_t off)
{
	const struct offset_search search = { z, off };
	uint64_t behind = search_first(z->n_entries, entry_begins_by, &search);
	struct range data;

	if (behind == 0)
		return false;
	data = z->entries[z->by_offset[behind - 1]].data;
	return off >= data.off && off - data.off + ZIP_END_BYTES <= data.len;
}

enum status zip_ends_count(struct zip_reading *r)
{
	uint64_t at = 0, size = r->view->size, base = tail_base(size);
	struct end_record e;
	struct span tail;
	unsigned n = 1;

	TRY(view_part(r->view, base, size - base, &tail));
	for (; span_find(tail, SPAN_LITERAL(END_MAGIC), at, &at); at++) {
		if (!end_record_at(tail, base, at, &e) || e.off == r->out->end_record ||
		    e.comment_len > size - e.off - ZIP_END_BYTES || !is_plausible(&e))
			continue;
		n += is_exact(&e, size) || !is_in_entry(r->out, e.off);
	}
	if (n > 1)
		zip_note(r, ZIP_MANY_ENDS, "zip.multiple-eocd",
			 (struct range){ r->out->end_record, ZIP_END_BYTES }, "one end record",
			 arena_printf(r->findings->arena, "%u", n));
	return STATUS_OK;
}

/* One field of both records: the small one is saturated, or they are equal. */
static bool agree(uint64_t small, uint64_t saturated, uint64_t large)
{
	return small == saturated || small == large;
}

static bool end64_agrees(const struct end_record *e, const struct end_record *e64)
{
	return is_saturated(e) && agree(e->n, SATURATED_16, e64->n) &&
	       agree(e->n_here, SATURATED_16, e64->n_here) &&
	       agree(e->central_size, SATURATED_32, e64->central_size) &&
	       agree(e->central_off, SATURATED_32, e64->central_off) &&
	       agree(e->disk, SATURATED_16, e64->disk) &&
	       agree(e->central_disk, SATURATED_16, e64->central_disk);
}

static enum status end64_at(struct view *v, uint64_t off, struct end_record *out, bool *found)
{
	struct span bytes;
	struct cursor c;
	enum status status = view_part(v, off, END64_BYTES, &bytes);
	uint64_t size;

	*found = false;
	if (status == STATUS_MALFORMED)
		return STATUS_OK;
	TRY(status);
	c = cursor_at(bytes, 0);
	*out = (struct end_record){ .off = off };
	if (!span_starts(cursor_take(&c, 4), END64_MAGIC, 4))
		return STATUS_OK;
	size = cursor_u64le(&c);
	cursor_skip(&c, 4);
	out->disk = cursor_u32le(&c);
	out->central_disk = cursor_u32le(&c);
	out->n_here = cursor_u64le(&c);
	out->n = cursor_u64le(&c);
	out->central_size = cursor_u64le(&c);
	out->central_off = cursor_u64le(&c);
	/* The extensible data sector (version 2) is for encrypted directories only. */
	*found = cursor_ok(&c) && size == END64_BYTES - 12;
	return STATUS_OK;
}

/*
 * The ZIP64 records before @e, if there are any.  They count only when a field
 * of @e is saturated; otherwise some readers use them and others do not.
 */
static enum status end64_read(struct zip_reading *r, struct end_record *e, uint64_t *end)
{
	struct end_record e64;
	struct span bytes;
	struct cursor c;
	uint64_t off;
	bool found;
	enum status status =
		e->off < LOCATOR_BYTES + END64_BYTES
			? STATUS_MALFORMED
			: view_part(r->view, e->off - LOCATOR_BYTES, LOCATOR_BYTES, &bytes);

	*end = e->off;
	if (status == STATUS_MALFORMED)
		return STATUS_OK;
	TRY(status);
	if (!span_starts(bytes, LOCATOR_MAGIC, 4))
		return STATUS_OK;
	c = cursor_at(bytes, 8);
	off = cursor_u64le(&c);
	/* The record itself says the truth about where it is: right before its locator. */
	TRY(end64_at(r->view, e->off - LOCATOR_BYTES - END64_BYTES, &e64, &found));
	if (!found || off > e64.off || !end64_agrees(e, &e64)) {
		zip_note(
			r, ZIP_CENTRAL_BAD, "zip.zip64-contradicts",
			(struct range){ e->off - LOCATOR_BYTES, LOCATOR_BYTES + ZIP_END_BYTES },
			"ZIP64 records only where they are needed, and equal ones", NULL);
		return STATUS_OK;
	}
	*end = e64.off;
	r->out->delta = e64.off - off; /* must be what the directory gives */
	e64.off = e->off;
	e64.comment_len = e->comment_len;
	*e = e64;
	return STATUS_OK;
}

static enum status is_central(struct view *v, uint64_t off, bool *out)
{
	struct span magic;
	enum status status = view_part(v, off, 4, &magic);

	*out = status == STATUS_OK && span_starts(magic, CENTRAL_MAGIC, 4);
	return status == STATUS_MALFORMED ? STATUS_OK : status;
}

/*
 * Where the directory begins: where the end record says, or, after somebody put
 * bytes before the archive, so that it ends where the end record begins.
 */
static enum status central_place(struct zip_reading *r, const struct end_record *e,
				 uint64_t end)
{
	uint64_t counted, delta64 = r->out->delta;
	bool said = false, before = false;

	r->out->delta = 0;
	r->central_off = e->central_off;
	if (e->central_size > end || e->central_off > end - e->central_size) {
		zip_note(r, ZIP_CENTRAL_BAD, "zip.central-malformed",
			 (struct range){ e->off, ZIP_END_BYTES },
			 "a directory before its end record", NULL);
		return STATUS_MALFORMED;
	}
	counted = end - e->central_size;
	if (counted == e->central_off)
		return STATUS_OK;
	TRY(is_central(r->view, e->central_off, &said));
	TRY(is_central(r->view, counted, &before));
	if (said && before && e->n > 0)
		zip_note(r, ZIP_CENTRAL_BAD, "zip.two-directories",
			 (struct range){ counted, e->central_size }, "one central directory",
			 "another one where the end record points");
	if (before || e->n == 0) {
		r->central_off = counted;
		r->out->delta = counted - e->central_off;
	}
	if (delta64 != 0 && delta64 != r->out->delta)
		zip_note(r, ZIP_CENTRAL_BAD, "zip.zip64-contradicts",
			 (struct range){ end, END64_BYTES }, NULL, NULL);
	return STATUS_OK;
}

static enum status directory_read(struct zip_reading *r, const struct end_record *e,
				  uint64_t end)
{
	struct range record = { e->off, ZIP_END_BYTES };

	if (e->disk != 0 || e->central_disk != 0 || e->n != e->n_here) {
		zip_note(r, ZIP_CENTRAL_BAD, "zip.central-malformed", record,
			 "an archive on one disk", NULL);
		return STATUS_MALFORMED;
	}
	if (e->n > ZIP_MAX_ENTRIES || e->central_size > ZIP_MAX_CENTRAL) {
		finding_add(r->findings, "limit.zip", record, NULL, NULL);
		return STATUS_LIMIT;
	}
	TRY(central_place(r, e, end));
	if (e->n > e->central_size / CENTRAL_BYTES) {
		zip_note(r, ZIP_CENTRAL_BAD, "zip.central-malformed", record,
			 "room for as many records as are counted", NULL);
		return STATUS_MALFORMED;
	}
	r->n_records = e->n;
	r->limit = r->central_off;
	r->out->central = (struct range){ r->central_off, e->central_size };
	return view_part(r->view, r->central_off, e->central_size, &r->central);
}

enum status zip_end_read(struct zip_reading *r)
{
	uint64_t size = r->view->size, base = tail_base(size), end;
	struct end_record e = { 0 };
	struct span tail;

	TRY(view_part(r->view, base, size - base, &tail));
	if (!end_record_choose(r, tail, base, &e))
		return STATUS_NOT_MINE;
	TRY(end64_read(r, &e, &end));
	r->out->end_record = e.off;
	r->out->end = (struct range){ end, e.off - end + ZIP_END_BYTES + e.comment_len };
	TRY(view_part(r->view, e.off + ZIP_END_BYTES, e.comment_len, &r->out->comment));
	return directory_read(r, &e, end);
}
