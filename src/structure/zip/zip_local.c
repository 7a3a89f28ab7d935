/* SPDX-License-Identifier: MIT */
/*
 * Local headers and data descriptors (APPNOTE 4.3.7 and 4.3.9).
 *
 * Some readers believe the local header, others the central directory.  So
 * whatever says something about name, size or contents must be equal in both.
 */
#include "structure/zip/zip_reading.h"

#include "base/memory.h"
#include <stdlib.h>

#define EXTRA_GLANCE   24 /* of the extra fields behind a local name: enough for ZIP64 */
#define DESCRIPTOR_MAX 24
/* Bits of the flags that change what is read. */
#define FLAGS_THAT_COUNT (FLAGS_ENCRYPTED | FLAG_DESCRIPTOR | FLAG_UTF8)

struct local_header {
	struct span name;
	uint64_t size, packed;
	uint64_t extra_off;
	struct span extra; /* as much of it as was read */
	uint32_t crc;
	uint16_t method, flags, name_len, extra_len;
	bool wide; /* it has a ZIP64 field */
};

static int range_compare(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->off > y->off) - (x->off < y->off);
}

/* Sorts wishes and joins those that meet, as view_want() wants them. */
static size_t wishes_join(struct range *wishes, size_t n)
{
	size_t kept = 0;

	qsort(wishes, n, sizeof(*wishes), range_compare);
	for (size_t i = 0; i < n; i++) {
		struct range *last = kept ? &wishes[kept - 1] : NULL;
		uint64_t end = wishes[i].off + wishes[i].len;

		if (!last || wishes[i].off > last->off + last->len) {
			wishes[kept++] = wishes[i];
			continue;
		}
		if (end > last->off + last->len)
			last->len = end - last->off;
	}
	return kept;
}

/* Adds @r, as far as the archive goes, unless the view holds it. */
static void wish_add(struct zip_reading *r, struct range place, struct range *wishes, size_t *n)
{
	struct span bytes;

	if (place.off >= r->limit)
		return;
	if (place.len > r->limit - place.off)
		place.len = r->limit - place.off;
	if (view_part(r->view, place.off, place.len, &bytes) == STATUS_WANT)
		wishes[(*n)++] = place;
}

/* How much of the local header at @off is surely needed. */
static uint64_t header_glance(const struct zip_reading *r, uint64_t off, size_t name_len)
{
	uint64_t len = LOCAL_BYTES + name_len + EXTRA_GLANCE;

	return off < r->limit && len > r->limit - off ? r->limit - off : len;
}

/* Where the data begins, once the header is there. */
static bool data_place(struct zip_reading *r, uint64_t off, uint64_t *data)
{
	struct span fixed;
	struct cursor c;

	if (view_part(r->view, off, LOCAL_BYTES, &fixed) != STATUS_OK)
		return false;
	c = cursor_at(fixed, 26);
	*data = off + LOCAL_BYTES + cursor_u16le(&c);
	*data += cursor_u16le(&c);
	return cursor_ok(&c);
}

enum status zip_places_want(struct view *v, struct arena *a, struct range *places, size_t n)
{
	struct range *kept;

	if (n == 0)
		return STATUS_OK;
	n = wishes_join(places, n);
	kept = ARENA_NEW(a, struct range, n);
	if (!kept)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		kept[i] = places[i];
	return view_want(v, kept, n);
}

/* One round: the headers, or, when @descriptors, what stands behind the data. */
static enum status want_round(struct zip_reading *r, struct range *wishes, bool descriptors)
{
	struct cursor c = cursor_at(r->central, 0);
	struct central_record record;
	size_t n = 0;

	for (uint64_t i = 0; i < r->n_records && zip_record_next(&c, &record); i++) {
		uint64_t off = record.offset + r->out->delta, data;

		if (record.offset > r->view->size || record.packed > r->view->size)
			continue;
		if (!descriptors)
			wish_add(r,
				 (struct range){ off, header_glance(r, off, record.name.len) },
				 wishes, &n);
		if (descriptors && (record.flags & FLAG_DESCRIPTOR) &&
		    data_place(r, off, &data))
			wish_add(r, (struct range){ data + record.packed, DESCRIPTOR_MAX },
				 wishes, &n);
	}
	return zip_places_want(r->view, r->findings->arena, wishes, n);
}

/* Of a file that is in memory, or of a small archive, nothing has to be asked for. */
enum status zip_local_want(struct zip_reading *r)
{
	struct range *wishes;
	struct span all;
	enum status status;

	if (view_part(r->view, 0, r->limit, &all) == STATUS_OK)
		return STATUS_OK;
	wishes = memory_new((size_t)r->n_records + 1, sizeof(*wishes));
	if (!wishes)
		return STATUS_NO_MEMORY;
	status = want_round(r, wishes, false);
	if (status == STATUS_OK)
		status = want_round(r, wishes, true);
	memory_free(wishes);
	return status;
}

/* The ZIP64 field of a local header has both sizes or is not there (4.5.3). */
static bool local_widen(struct local_header *h, struct span extra)
{
	struct span field;
	struct cursor c;

	h->wide = zip_extra_find(extra, EXTRA_ZIP64, &field);
	if (!h->wide)
		return h->size != SATURATED_32 || h->packed != SATURATED_32;
	c = cursor_at(field, 0);
	if (h->size == SATURATED_32)
		h->size = cursor_u64le(&c);
	if (h->packed == SATURATED_32)
		h->packed = cursor_u64le(&c);
	return cursor_ok(&c);
}

/* STATUS_MALFORMED: it is not there. */
static enum status header_read(struct zip_reading *r, const struct zip_entry *e,
			       struct local_header *h)
{
	uint64_t len = header_glance(r, e->header.off, e->name.len);
	struct span bytes, extra;
	struct cursor c;

	if (e->header.off >= r->limit)
		return STATUS_MALFORMED;
	TRY(view_part(r->view, e->header.off, len, &bytes));
	c = cursor_at(bytes, 0);
	if (!span_starts(cursor_take(&c, 4), "PK\3\4", 4))
		return STATUS_MALFORMED;
	cursor_skip(&c, 2);
	h->flags = cursor_u16le(&c);
	h->method = cursor_u16le(&c);
	cursor_skip(&c, 4);
	h->crc = cursor_u32le(&c);
	h->packed = cursor_u32le(&c);
	h->size = cursor_u32le(&c);
	h->name_len = cursor_u16le(&c);
	h->extra_len = cursor_u16le(&c);
	if (!cursor_ok(&c))
		return STATUS_MALFORMED;
	h->name = span_clip(bytes, LOCAL_BYTES, h->name_len);
	h->extra_off = e->header.off + LOCAL_BYTES + h->name_len;
	if (h->name_len != e->name.len)
		return STATUS_OK; /* contradicts, whatever follows */
	extra = span_clip(bytes, LOCAL_BYTES + (uint64_t)h->name_len, h->extra_len);
	/* What does not lie in the glance is asked for alone: it is seldom needed. */
	if (extra.len < h->extra_len &&
	    (h->size == SATURATED_32 || h->packed == SATURATED_32)) {
		enum status status = view_part(r->view, h->extra_off, h->extra_len, &extra);

		if (status != STATUS_OK)
			return status;
	}
	h->extra = extra;
	return local_widen(h, extra) ? STATUS_OK : STATUS_MALFORMED;
}

struct descriptor_form {
	size_t magic, width;
};

static bool descriptor_is(struct span bytes, struct descriptor_form form,
			  const struct zip_entry *e)
{
	struct cursor c = cursor_at(bytes, 0);

	if (form.magic && !span_starts(cursor_take(&c, 4), "PK\7\10", 4))
		return false;
	return cursor_u32le(&c) == e->crc && cursor_le(&c, form.width) == e->packed &&
	       cursor_le(&c, form.width) == e->size && cursor_ok(&c);
}

/* The descriptor in that of its four forms which agrees with the directory. */
static enum status descriptor_read(struct zip_reading *r, struct zip_entry *e, bool wide)
{
	static const struct descriptor_form narrow_first[] = {
		{4,  4},
                { 4, 8},
                { 0, 4},
                { 0, 8}
	};
	static const struct descriptor_form wide_first[] = {
		{4,  8},
                { 4, 4},
                { 0, 8},
                { 0, 4}
	};
	uint64_t off = e->data.off + e->data.len;
	uint64_t len = off < r->limit ? r->limit - off : 0;
	struct span bytes;

	TRY(view_part(r->view, off, len < DESCRIPTOR_MAX ? len : DESCRIPTOR_MAX, &bytes));
	for (size_t i = 0; i < COUNT_OF(narrow_first); i++) {
		struct descriptor_form form = wide ? wide_first[i] : narrow_first[i];

		if (descriptor_is(bytes, form, e)) {
			e->descriptor = (struct range){ off, form.magic + 4 + 2 * form.width };
			return STATUS_OK;
		}
	}
	e->odd = true;
	zip_note(r, ZIP_LOCAL_BAD, "zip.descriptor-differs", (struct range){ off, bytes.len },
		 "CRC and sizes of the central directory", zip_shown(r, e->name));
	return STATUS_OK;
}

/* With a descriptor the header has zeros, or already what is true. */
static bool numbers_agree(const struct local_header *h, const struct zip_entry *e)
{
	bool later = (e->flags & FLAG_DESCRIPTOR) != 0;

	return (h->crc == e->crc || (later && h->crc == 0)) &&
	       (h->packed == e->packed || (later && h->packed == 0)) &&
	       (h->size == e->size || (later && h->size == 0));
}

static void header_compare(struct zip_reading *r, const struct local_header *h,
			   struct zip_entry *e)
{
	bool same_name = span_same(h->name, e->name);

	if (!same_name || !numbers_agree(h, e) ||
	    ((h->flags ^ e->flags) & FLAGS_THAT_COUNT) != 0) {
		e->odd = true;
		zip_note(r, ZIP_LOCAL_BAD, "zip.local-differs", e->header,
			 zip_shown(r, e->name), same_name ? NULL : zip_shown(r, h->name));
	}
	if (h->method != e->method)
		zip_note(r, ZIP_LOCAL_METHOD, "zip.local-method", e->header,
			 arena_printf(r->findings->arena, "%u", e->method),
			 arena_printf(r->findings->arena, "%u", h->method));
}

enum status zip_local_read(struct zip_reading *r, struct zip_entry *e)
{
	struct local_header h = { 0 };
	enum status status = header_read(r, e, &h);

	if (status == STATUS_MALFORMED) {
		e->odd = true;
		zip_note(r, ZIP_LOCAL_BAD, "zip.local-missing",
			 (struct range){ e->central, CENTRAL_BYTES }, "a local header",
			 zip_shown(r, e->name));
		/* Whoever points at it must point into the file. */
		if (e->header.off > r->limit)
			e->header.off = r->limit;
		e->data.off = e->header.off;
		return STATUS_OK;
	}
	TRY(status);
	e->header.len = LOCAL_BYTES + (uint64_t)h.name_len + h.extra_len;
	e->data = (struct range){ e->header.off + e->header.len, e->packed };
	header_compare(r, &h, e);
	zip_paths_check(r, h.extra, e->name, e->flags, e->header);
	if (e->header.len > r->limit - e->header.off || e->data.len > r->limit - e->data.off) {
		e->odd = true;
		e->data.len = 0;
		zip_note(r, ZIP_LOCAL_BAD, "zip.local-missing", e->header,
			 "data before the central directory", zip_shown(r, e->name));
		e->header.len = e->header.len > r->limit - e->header.off ? 0 : e->header.len;
		e->data.off = e->header.off + e->header.len;
		return STATUS_OK;
	}
	return e->flags & FLAG_DESCRIPTOR ? descriptor_read(r, e, h.wide) : STATUS_OK;
}
