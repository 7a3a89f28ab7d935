/* SPDX-License-Identifier: MIT */
/*
 * From addresses to bytes: sections as the loader maps them, and few large
 * places of a big file instead of many small ones.
 *
 * Follows "PE Format" (Microsoft), "Section Table (Section Headers)".
 */
#include "formats/pe/looking.h"
#include "base/charset.h"
#include "base/feature.h"

#define RAW_ALIGN  UINT64_C(0x200) /* the loader rounds PointerToRawData down to this */
#define PAGE_BYTES UINT64_C(0x1000)

/* What escape_string() may add behind what it cut. */
#define TEXT_BYTES (FEATURE_MAX_TEXT - 3)
#define UNITS_MAX  UINT64_C(1025) /* of UTF-16: more than fit, so that one sees the cut */

/* How much of the section's raw data the loader takes. */
static uint64_t section_loaded(const struct pe_section *s)
{
	uint64_t pages = (s->virtual_size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;

	return pages != 0 && pages < s->size_of_raw_data ? pages : s->size_of_raw_data;
}

static uint64_t section_off(const struct pe_image *pe, const struct pe_section *s)
{
	if (pe->file_alignment < RAW_ALIGN)
		return s->pointer_to_raw_data;
	return s->pointer_to_raw_data / RAW_ALIGN * RAW_ALIGN;
}

static bool range_from(const struct pe_image *pe, uint64_t off, uint64_t len, uint64_t skip,
		       struct range *out)
{
	if (skip >= len || off > pe->file_size || skip >= pe->file_size - off)
		return false;
	out->off = off + skip;
	out->len = len - skip;
	if (out->len > pe->file_size - out->off)
		out->len = pe->file_size - out->off;
	return true;
}

static const struct pe_section *section_of(const struct pe_image *pe, uint64_t rva)
{
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];
		uint64_t len = section_loaded(s);

		if (s->virtual_size > len)
			len = s->virtual_size;
		if (rva >= s->virtual_address && rva - s->virtual_address < len)
			return s;
	}
	return NULL;
}

bool pe_rva_map(const struct pe_image *pe, uint64_t rva, struct range *out)
{
	const struct pe_section *s = section_of(pe, rva);

	*out = (struct range){ 0 };
	if (s)
		return range_from(pe, section_off(pe, s), section_loaded(s),
				  rva - s->virtual_address, out);
	return range_from(pe, 0, pe->size_of_headers, rva, out);
}

bool pe_rva_inside(const struct pe_image *pe, uint64_t rva)
{
	return rva < pe->size_of_headers || section_of(pe, rva);
}

static bool range_holds(struct range outer, uint64_t off, uint64_t len)
{
	return off >= outer.off && off - outer.off <= outer.len &&
	       len <= outer.len - (off - outer.off);
}

static bool place_known(const struct pe_looking *l, uint64_t off, uint64_t len)
{
	for (size_t i = 0; i < l->n_places; i++)
		if (range_holds(l->places[i], off, len))
			return true;
	return false;
}

/* The place to ask for, so that what stands behind [@off, @off + @len) comes with it. */
static struct range place_for(uint64_t size, uint64_t off, uint64_t len)
{
	if (size <= PE_SMALL_FILE)
		return (struct range){ 0, size };
	if (len < PE_PLACE_BYTES)
		len = PE_PLACE_BYTES;
	return (struct range){ off, len < size - off ? len : size - off };
}

enum status pe_look_at(struct pe_looking *l, uint64_t off, uint64_t len, struct span *out)
{
	uint64_t size = l->view->size;
	struct range place;

	*out = SPAN_NONE;
	if (off >= size)
		return STATUS_OK;
	if (len > size - off)
		len = size - off;
	if (!place_known(l, off, len)) {
		enum status status;

		if (l->n_places == l->max_places) {
			l->gave_up = true;
			return STATUS_OK;
		}
		place = place_for(size, off, len);
		l->places[l->n_places++] = place;
		status = view_part(l->view, place.off, place.len, out);
		if (status == STATUS_WANT && l->view->n == VIEW_MAX_PIECES) {
			l->gave_up = true;
			l->n_places--;
			return STATUS_OK;
		}
		TRY(status);
	}
	return view_part(l->view, off, len, out);
}

enum status pe_look_at_rva(struct pe_looking *l, uint64_t rva, uint64_t len, struct span *out)
{
	struct range where;

	*out = SPAN_NONE;
	if (!pe_rva_map(l->pe, rva, &where))
		return STATUS_OK;
	return pe_look_at(l, where.off, len < where.len ? len : where.len, out);
}

static enum status text_keep(struct arena *a, struct span text, const char **out)
{
	*out = NULL;
	if (text.len == 0)
		return STATUS_OK;
	*out = escape_string(a, text, TEXT_BYTES);
	return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status pe_text(struct arena *a, struct span utf8, const char **out)
{
	uint64_t end;

	if (span_find(utf8, SPAN_LITERAL("\0"), 0, &end))
		utf8 = span_clip(utf8, 0, end);
	return text_keep(a, utf8, out);
}

enum status pe_text_utf16(struct arena *a, struct span utf16le, const char **out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	uint64_t end = 0;

	utf16le = span_clip(utf16le, 0, UNITS_MAX * 2);
	while (end + 1 < utf16le.len &&
	       (span_at(utf16le, end) != 0 || span_at(utf16le, end + 1) != 0))
		end += 2;
	charset_utf16le(&text, span_clip(utf16le, 0, end));
	TRY(buffer_status(&text));
	return text_keep(a, buffer_span(&text), out);
}
