/* SPDX-License-Identifier: MIT */
/*
 * What the digests of a signature cover.
 *
 * The archive in front of the signature as it stands; the central directory
 * and the end records as they were before the signature came.  Fields that
 * ZIP64 saturates stay as they are.
 */
#include "base/buffer.h"
#include "base/cursor.h"
#include "formats/appx/reading.h"

/* APPNOTE 6.3.10, 4.3.12, 4.3.14, 4.3.15, 4.3.16. */
#define CENTRAL_FIXED  46
#define CENTRAL_NAME   28
#define WIDE_COUNTS    24
#define WIDE_EXTRA     56
#define WIDE_LOCATOR   20
#define LOCATOR_OFFSET 8
#define LOCATOR_DISKS  16
#define END_FIXED      22
#define END_DISKS      4
#define END_COUNTS     8
#define END_COMMENT    20
#define MAX_PIECES     12

struct covering {
	struct appx_reading *r;
	struct piece *pieces;
	size_t n;
	uint64_t central, central_end; /* the signature's own record */
	uint64_t size, offset, count;  /* of the directory without it */
};

static void range_add(struct covering *c, uint64_t from, uint64_t to)
{
	if (to > from)
		c->pieces[c->n++] = (struct piece){
			.kind = PIECE_RANGE, .range = {from, to - from}
		};
}

static enum status literal_add(struct covering *c, uint64_t off, const struct buffer *b)
{
	struct span copy;

	TRY(buffer_status(b));
	copy = arena_copy(c->r->findings->arena, buffer_span(b));
	if (!copy.ptr)
		return STATUS_NO_MEMORY;
	c->pieces[c->n++] = (struct piece){
		.kind = PIECE_LITERAL, .range = {off, copy.len},
                     .literal = copy
	};
	return STATUS_OK;
}

static enum status wide_add(struct covering *c)
{
	CLEANUP(buffer_free) struct buffer numbers = BUFFER_INIT, place = BUFFER_INIT;
	uint64_t at = c->r->zip->end.off, locator = c->r->zip->end_record - WIDE_LOCATOR;

	if (at + WIDE_EXTRA > locator)
		return STATUS_MALFORMED;
	buffer_u64le(&numbers, c->count);
	buffer_u64le(&numbers, c->count);
	buffer_u64le(&numbers, c->size);
	buffer_u64le(&numbers, c->offset);
	buffer_u64le(&place, c->offset + c->size);
	range_add(c, at, at + WIDE_COUNTS);
	TRY(literal_add(c, at + WIDE_COUNTS, &numbers));
	range_add(c, at + WIDE_EXTRA, locator + LOCATOR_OFFSET);
	TRY(literal_add(c, locator + LOCATOR_OFFSET, &place));
	range_add(c, locator + LOCATOR_DISKS, locator + WIDE_LOCATOR);
	return STATUS_OK;
}

static uint16_t count_field(uint16_t old, uint64_t count)
{
	return old == UINT16_MAX ? old : (uint16_t)count;
}

static uint32_t wide_field(uint32_t old, uint64_t value)
{
	return old == UINT32_MAX ? old : (uint32_t)value;
}

static enum status end_add(struct covering *c)
{
	CLEANUP(buffer_free) struct buffer numbers = BUFFER_INIT;
	uint64_t at = c->r->zip->end_record;
	struct cursor in;
	struct span end;

	TRY(view_part(c->r->view, at, END_FIXED, &end));
	in = cursor_at(end, END_COUNTS);
	buffer_u32le(&numbers, 0);
	buffer_u16le(&numbers, count_field(cursor_u16le(&in), c->count));
	buffer_u16le(&numbers, count_field(cursor_u16le(&in), c->count));
	buffer_u32le(&numbers, wide_field(cursor_u32le(&in), c->size));
	buffer_u32le(&numbers, wide_field(cursor_u32le(&in), c->offset));
	range_add(c, at, at + END_DISKS);
	TRY(literal_add(c, at + END_DISKS, &numbers));
	range_add(c, at + END_COMMENT, c->r->view->size);
	return STATUS_OK;
}

static enum status directory_cover(struct covering *c, struct coverage *out)
{
	const struct zip *z = c->r->zip;
	uint64_t end = z->central.off + z->central.len;

	c->pieces = ARENA_NEW(c->r->findings->arena, struct piece, MAX_PIECES);
	if (!c->pieces)
		return STATUS_NO_MEMORY;
	range_add(c, z->central.off, c->central);
	range_add(c, c->central_end, end);
	if (z->end.off < z->end_record)
		TRY(wide_add(c));
	TRY(end_add(c));
	*out = (struct coverage){ c->pieces, c->n };
	return STATUS_OK;
}

static enum status entry_cover(struct appx_reading *r, const char *name, struct coverage *out)
{
	const struct zip_entry *e = zip_find(r->zip, SPAN_TEXT(name));
	struct piece *piece;

	if (!e || !zip_readable(e))
		return STATUS_OK;
	piece = ARENA_NEW(r->findings->arena, struct piece, 1);
	if (!piece)
		return STATUS_NO_MEMORY;
	*piece = appx_plain(e);
	*out = (struct coverage){ piece, 1 };
	return STATUS_OK;
}

static enum status contents_cover(struct appx_reading *r, struct coverage *out)
{
	struct piece *piece = ARENA_NEW(r->findings->arena, struct piece, 1);

	if (!piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){
		.kind = PIECE_RANGE, .range = {0, r->signature->header.off}
	};
	*out = (struct coverage){ piece, 1 };
	return STATUS_OK;
}

enum status appx_cover(struct appx_reading *r)
{
	struct coverage *parts = r->package->parts;
	const struct zip_entry *e = r->signature;
	struct covering c = { .r = r, .central = e->central };
	struct span fixed;
	struct cursor in;
	enum status status;

	TRY(view_part(r->view, e->central, CENTRAL_FIXED, &fixed));
	in = cursor_at(fixed, CENTRAL_NAME);
	c.central_end = c.central + CENTRAL_FIXED;
	for (int i = 0; i < 3; i++)
		c.central_end += cursor_u16le(&in);
	c.size = r->zip->central.len - (c.central_end - c.central);
	c.offset = e->header.off - r->zip->delta;
	c.count = r->zip->n_entries - 1;
	TRY(contents_cover(r, &parts[APPX_CONTENTS]));
	status = directory_cover(&c, &parts[APPX_DIRECTORY]);
	if (status == STATUS_MALFORMED)
		appx_break(r, "appx.end-record", r->zip->end, "ZIP64 records side by side",
			   "others");
	else
		TRY(status);
	TRY(entry_cover(r, APPX_TYPES, &parts[APPX_CONTENT_TYPES]));
	TRY(entry_cover(r, APPX_MAP, &parts[APPX_BLOCK_MAP]));
	return entry_cover(r, APPX_CATALOG, &parts[APPX_CODE_INTEGRITY]);
}
