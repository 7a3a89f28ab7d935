/* SPDX-License-Identifier: MIT */
/* The central directory (APPNOTE 4.3.12), and extra fields (4.5). */
#include "structure/zip/zip_reading.h"

bool zip_extra_find(struct span extra, uint16_t id, struct span *out)
{
	struct cursor c = cursor_at(extra, 0);

	while (cursor_left(&c) >= 4) {
		uint16_t this_id = cursor_u16le(&c);
		uint16_t len = cursor_u16le(&c);

		*out = cursor_take(&c, len);
		if (cursor_ok(&c) && this_id == id)
			return true;
	}
	*out = SPAN_NONE;
	return false;
}

/* Takes @value out of the ZIP64 field when the record says that it is there. */
static void take_saturated(struct cursor *c, uint64_t *value, bool *used)
{
	if (*value != SATURATED_32)
		return;
	*value = cursor_u64le(c);
	*used = true;
}

/* 4.5.3: only the saturated fields are there, in this order. */
static void record_widen(struct central_record *e)
{
	bool used = false, found;
	struct span field;
	struct cursor c;

	found = zip_extra_find(e->extra, EXTRA_ZIP64, &field);
	c = cursor_at(field, 0);
	take_saturated(&c, &e->size, &used);
	take_saturated(&c, &e->packed, &used);
	take_saturated(&c, &e->offset, &used);
	if (used && e->disk == SATURATED_16)
		e->disk = (uint32_t)cursor_le(&c, 4);
	/* A value may really be 2^32 - 1 when nobody says otherwise. */
	if (used && !found)
		e->malformed = e->size != SATURATED_32 || e->packed != SATURATED_32 ||
			       e->offset != SATURATED_32;
	if (found && !cursor_ok(&c))
		e->malformed = true;
}

bool zip_record_next(struct cursor *c, struct central_record *out)
{
	uint16_t name_len, extra_len;

	*out = (struct central_record){ 0 };
	if (!span_starts(cursor_take(c, 4), "PK\1\2", 4))
		return false;
	cursor_skip(c, 1);
	out->made_by = cursor_u8(c);
	cursor_skip(c, 2);
	out->flags = cursor_u16le(c);
	out->method = cursor_u16le(c);
	cursor_skip(c, 4);
	out->crc = cursor_u32le(c);
	out->packed = cursor_u32le(c);
	out->size = cursor_u32le(c);
	name_len = cursor_u16le(c);
	extra_len = cursor_u16le(c);
	out->comment_len = cursor_u16le(c);
	out->disk = cursor_u16le(c);
	cursor_skip(c, 2);
	out->attributes = cursor_u32le(c);
	out->offset = cursor_u32le(c);
	out->name = cursor_take(c, name_len);
	out->extra = cursor_take(c, extra_len);
	cursor_skip(c, out->comment_len);
	if (!cursor_ok(c))
		return false;
	record_widen(out);
	return true;
}

static void entry_check(struct zip_reading *r, const struct central_record *record,
			struct range where)
{
	if (record->malformed || record->disk != 0)
		zip_note(r, ZIP_CENTRAL_BAD, "zip.central-malformed", where,
			 "a record on this disk, ZIP64 where it is needed",
			 zip_shown(r, record->name));
	if (record->method != ZIP_STORED && record->method != ZIP_DEFLATED)
		zip_note(r, ZIP_ODD_METHOD, "zip.odd-method", where, "0 or 8",
			 arena_printf(r->findings->arena, "%u", record->method));
	if (record->flags & FLAGS_ENCRYPTED)
		zip_note(r, ZIP_ENCRYPTED, "zip.encrypted", where, NULL,
			 zip_shown(r, record->name));
	zip_paths_check(r, record->extra, record->name, record->flags, where);
	zip_charset_check(r, record->extra, record->name, record->flags, where);
}

static struct zip_entry entry_of(const struct central_record *record, uint64_t central,
				 uint64_t delta)
{
	return (struct zip_entry){
		.name = record->name,
		.size = record->size,
		.packed = record->packed,
		.header = {record->offset + delta, 0},
		.central = central,
		.crc = record->crc,
		.attributes = record->attributes,
		.method = record->method,
		.flags = record->flags,
		.made_by = record->made_by,
	};
}

enum status zip_central_read(struct zip_reading *r, struct zip_entry **out)
{
	struct cursor c = cursor_at(r->central, 0);
	struct zip_entry *entries =
		ARENA_NEW(r->findings->arena, struct zip_entry, (size_t)r->n_records + 1);

	if (!entries)
		return STATUS_NO_MEMORY;
	*out = entries;
	for (uint64_t i = 0; i < r->n_records; i++) {
		uint64_t begin = c.pos;
		struct central_record record;
		struct range where;

		if (!zip_record_next(&c, &record)) {
			zip_note(r, ZIP_CENTRAL_BAD, "zip.central-malformed",
				 (struct range){ r->central_off + begin, 4 },
				 "another central record", NULL);
			return STATUS_MALFORMED;
		}
		where = (struct range){ r->central_off + begin, c.pos - begin };
		entry_check(r, &record, where);
		if (record.name.len > ZIP_MAX_NAME) {
			finding_add(r->findings, "limit.zip", where, NULL, NULL);
			return STATUS_LIMIT;
		}
		if (record.offset > r->view->size || record.packed > r->view->size) {
			zip_note(r, ZIP_CENTRAL_BAD, "zip.local-missing", where,
				 "an entry inside the file", zip_shown(r, record.name));
			return STATUS_MALFORMED;
		}
		entries[r->out->n_entries] = entry_of(&record, where.off, r->out->delta);
		entries[r->out->n_entries].index = r->out->n_entries;
		r->out->n_entries++;
	}
	r->out->central.len = c.pos;
	if (cursor_left(&c) > 0)
		zip_note(r, ZIP_CENTRAL_SLACK, "zip.cd-slack",
			 (struct range){ r->central_off + c.pos, cursor_left(&c) },
			 "a directory that ends with its last record", NULL);
	return STATUS_OK;
}
