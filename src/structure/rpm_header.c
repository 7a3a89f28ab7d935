/* SPDX-License-Identifier: MIT */
#include "structure/rpm_header.h"

#include "base/cursor.h"
#include "base/span_search.h"

static const struct span magic = SPAN_INIT("\x8e\xad\xe8\x01");

static enum status limits_check(uint64_t n_entries, uint64_t n_bytes)
{
	if (n_entries > RPM_MAX_INDEX || n_bytes > RPM_MAX_HEADER)
		return STATUS_LIMIT;
	return n_entries > 0 ? STATUS_OK : STATUS_MALFORMED;
}

enum status rpm_header_length(struct span intro, uint64_t *out)
{
	struct cursor c = cursor_at(intro, 0);
	struct span start = cursor_take(&c, magic.len), reserved = cursor_take(&c, 4);
	uint64_t n_entries = cursor_be(&c, 4), n_bytes = cursor_be(&c, 4);

	*out = 0;
	if (!cursor_ok(&c) || !span_equal(start, magic) || !span_is_zero(reserved))
		return STATUS_MALFORMED;
	TRY(limits_check(n_entries, n_bytes));
	*out = RPM_INTRO + n_entries * RPM_ENTRY + n_bytes;
	return STATUS_OK;
}

static struct rpm_entry entry_raw(const struct rpm_header *h, uint32_t i, uint32_t *offset)
{
	struct cursor c = cursor_at(h->index, (uint64_t)i * RPM_ENTRY);
	struct rpm_entry e = { .tag = (uint32_t)cursor_be(&c, 4),
			       .type = (uint32_t)cursor_be(&c, 4) };

	*offset = (uint32_t)cursor_be(&c, 4);
	e.count = (uint32_t)cursor_be(&c, 4);
	e.in_region = i < h->region_entries;
	return e;
}

/*
 * The first entry leads to a trailer at the end of the region: an entry of the same
 * tag whose offset, negative, says how many bytes of index the region has.
 */
static const char *region_read(struct rpm_header *h, uint32_t tag)
{
	uint32_t offset, back;
	struct rpm_entry first = entry_raw(h, 0, &offset);
	struct cursor c = cursor_at(h->data, offset);
	uint32_t trailer_tag = (uint32_t)cursor_be(&c, 4);
	uint32_t trailer_type = (uint32_t)cursor_be(&c, 4);
	uint32_t trailer_count;

	back = 0U - (uint32_t)cursor_be(&c, 4);
	trailer_count = (uint32_t)cursor_be(&c, 4);
	if (first.tag != tag || first.type != RPM_BIN || first.count != RPM_ENTRY)
		return "it does not begin with its region";
	if (!cursor_ok(&c) || trailer_type != RPM_BIN || trailer_count != RPM_ENTRY ||
	    (trailer_tag != tag &&
	     !(tag == RPM_REGION_SIGNATURES && trailer_tag == RPM_REGION_IMMUTABLE)))
		return "the region has no trailer";
	if (back % RPM_ENTRY != 0 || back / RPM_ENTRY == 0 || back / RPM_ENTRY > h->n_entries)
		return "the region has another number of entries than its trailer says";
	h->region_entries = back / RPM_ENTRY;
	h->region_bytes = offset + RPM_ENTRY;
	return NULL;
}

static void header_set(struct rpm_header *h, struct cursor *c, uint32_t n_entries,
		       uint32_t n_bytes)
{
	h->n_entries = n_entries;
	h->index = cursor_take(c, (uint64_t)n_entries * RPM_ENTRY);
	h->data = cursor_take(c, n_bytes);
}

enum status rpm_header_read(struct span whole, uint32_t region, struct rpm_header *out)
{
	struct cursor c = cursor_at(whole, 8);
	uint32_t n_entries = (uint32_t)cursor_be(&c, 4), n_bytes = (uint32_t)cursor_be(&c, 4);
	uint64_t len;

	*out = (struct rpm_header){ 0 };
	TRY(rpm_header_length(whole, &len));
	if (len != whole.len)
		return STATUS_MALFORMED;
	header_set(out, &c, n_entries, n_bytes);
	out->problem = region_read(out, region);
	return STATUS_OK;
}

enum status rpm_blob_read(struct span blob, struct rpm_header *out)
{
	struct cursor c = cursor_at(blob, 0);
	uint32_t n_entries = (uint32_t)cursor_be(&c, 4), n_bytes = (uint32_t)cursor_be(&c, 4);

	*out = (struct rpm_header){ 0 };
	if (!cursor_ok(&c))
		return STATUS_MALFORMED;
	TRY(limits_check(n_entries, n_bytes));
	header_set(out, &c, n_entries, n_bytes);
	if (!cursor_ok(&c) || cursor_left(&c) != 0)
		return STATUS_MALFORMED;
	out->problem = region_read(out, RPM_REGION_IMMUTABLE);
	return STATUS_OK;
}

/* As long as @count strings, each with its NUL. */
static bool strings_take(struct cursor *c, uint32_t count, struct span *out)
{
	struct span rest = span_after(c->in, c->pos);
	uint64_t at = 0, end = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (!span_find(rest, SPAN_LITERAL("\0"), end, &at))
			return false;
		end = at + 1;
	}
	*out = cursor_take(c, end);
	return true;
}

bool rpm_header_entry(const struct rpm_header *h, uint32_t i, struct rpm_entry *out)
{
	static const uint8_t widths[] = {
		[RPM_NULL] = 0,  [RPM_CHAR] = 1,  [RPM_INT8] = 1, [RPM_INT16] = 2,
		[RPM_INT32] = 4, [RPM_INT64] = 8, [RPM_BIN] = 1
	};
	uint32_t offset;
	struct cursor c;

	*out = entry_raw(h, i, &offset);
	c = cursor_at(h->data, offset);
	if (i >= h->n_entries || out->count == 0 || !cursor_ok(&c))
		return false;
	switch (out->type) {
	case RPM_STRING: return out->count == 1 && strings_take(&c, 1, &out->data);
	case RPM_STRING_ARRAY:
	case RPM_I18N_STRING: return strings_take(&c, out->count, &out->data);
	default:
		if (out->type >= COUNT_OF(widths) || widths[out->type] == 0)
			return false;
		out->data = cursor_take(&c, (uint64_t)out->count * widths[out->type]);
		return cursor_ok(&c);
	}
}

bool rpm_header_find(const struct rpm_header *h, uint32_t tag, bool in_region,
		     struct rpm_entry *out)
{
	for (uint32_t i = 0; i < h->n_entries; i++) {
		uint32_t offset;
		struct rpm_entry e = entry_raw(h, i, &offset);

		if (e.tag == tag && (e.in_region || !in_region))
			return rpm_header_entry(h, i, out);
	}
	*out = (struct rpm_entry){ 0 };
	return false;
}

bool rpm_string_next(struct cursor *c, struct span *out)
{
	*out = SPAN_NONE;
	if (!strings_take(c, 1, out))
		return false;
	*out = span_clip(*out, 0, out->len - 1);
	return true;
}

bool rpm_entry_string(const struct rpm_entry *e, uint32_t i, struct span *out)
{
	struct cursor c = cursor_at(e->data, 0);

	*out = SPAN_NONE;
	if (e->type != RPM_STRING && e->type != RPM_STRING_ARRAY && e->type != RPM_I18N_STRING)
		return false;
	if (i >= e->count)
		return false;
	for (uint32_t n = 0; n <= i; n++)
		if (!strings_take(&c, 1, out))
			return false;
	*out = span_clip(*out, 0, out->len - 1);
	return true;
}

bool rpm_entry_number(const struct rpm_entry *e, uint32_t i, uint64_t *out)
{
	size_t width = e->type == RPM_INT16 ? 2 : e->type == RPM_INT32 ? 4 : 8;
	struct cursor c = cursor_at(e->data, (uint64_t)i * width);

	*out = 0;
	if (e->type != RPM_INT16 && e->type != RPM_INT32 && e->type != RPM_INT64)
		return false;
	*out = cursor_be(&c, width);
	return i < e->count && cursor_ok(&c);
}

void rpm_region_intro(const struct rpm_header *h, uint8_t out[RPM_INTRO])
{
	uint32_t n = h->region_entries, bytes = h->region_bytes;
	const uint8_t intro[RPM_INTRO] = { 0x8e,
					   0xad,
					   0xe8,
					   0x01,
					   0,
					   0,
					   0,
					   0,
					   (uint8_t)(n >> 24),
					   (uint8_t)(n >> 16),
					   (uint8_t)(n >> 8),
					   (uint8_t)n,
					   (uint8_t)(bytes >> 24),
					   (uint8_t)(bytes >> 16),
					   (uint8_t)(bytes >> 8),
					   (uint8_t)bytes };

	memcpy(out, intro, sizeof(intro));
}
