/* SPDX-License-Identifier: MIT */
/* Sections and headers of real images ("PE Format", Microsoft). */
#include "tests/forge/image.h"

#define SECTION_BYTES 40U
#define DEBUG_BYTES   28U
#define DIRECTORY_MIN 5U /* up to the Certificate Table */

static uint32_t get(const struct buffer *file, size_t off)
{
	return (uint32_t)forge_get(file, off, 4);
}

static uint32_t round_up(uint64_t n, uint32_t to)
{
	return (uint32_t)((n + to - 1) / to * to);
}

/* Fields of the optional header that PE32 and PE32+ have at the same place. */
static size_t optional_field(const struct buffer *file, size_t off)
{
	return forge_places_of(file).optional + off;
}

static uint32_t section_alignment(const struct buffer *file)
{
	return get(file, optional_field(file, 32));
}

static uint32_t file_alignment(const struct buffer *file)
{
	return get(file, optional_field(file, 36));
}

static size_t size_of_headers_at(const struct buffer *file)
{
	return optional_field(file, 60);
}

struct image_section image_section(const struct buffer *file, unsigned i)
{
	size_t at = forge_places_of(file).sections + (size_t)SECTION_BYTES * i;

	return (struct image_section){
		.header = at,
		.virtual_size = get(file, at + 8),
		.rva = get(file, at + 12),
		.raw_size = get(file, at + 16),
		.raw = get(file, at + 20),
		.flags = get(file, at + 36),
	};
}

size_t image_end(const struct buffer *file)
{
	unsigned n = forge_places_of(file).n_sections;
	size_t end = get(file, size_of_headers_at(file));

	for (unsigned i = 0; i < n; i++) {
		struct image_section s = image_section(file, i);

		if (s.raw && s.raw_size && (size_t)s.raw + s.raw_size > end)
			end = (size_t)s.raw + s.raw_size;
	}
	return end;
}

bool image_section_of(const struct buffer *file, uint32_t rva, struct image_section *out)
{
	unsigned n = forge_places_of(file).n_sections;

	for (unsigned i = 0; i < n; i++) {
		*out = image_section(file, i);
		if (out->raw && rva >= out->rva && rva - out->rva < out->raw_size)
			return true;
	}
	return false;
}

size_t image_offset(const struct buffer *file, uint32_t rva)
{
	struct image_section s;

	return image_section_of(file, rva, &s) ? (size_t)s.raw + (rva - s.rva) : 0;
}

size_t image_directory(const struct buffer *file, unsigned number)
{
	struct forge_places p = forge_places_of(file);
	size_t first = p.directory - (size_t)4 * 8;

	return number < get(file, first - 4) ? first + (size_t)number * 8 : 0;
}

bool image_code(const struct buffer *file, struct image_section *out)
{
	unsigned n = forge_places_of(file).n_sections;

	*out = (struct image_section){ 0 };
	for (unsigned i = 0; i < n; i++) {
		struct image_section s = image_section(file, i);

		if (s.flags & 0x20000000U && s.raw && s.raw_size > out->raw_size)
			*out = s;
	}
	return out->raw_size > 0;
}

const char *image_unfit(const struct buffer *file)
{
	struct forge_places p = forge_places_of(file);
	size_t limit = p.table ? p.table : file->len;
	uint32_t alignment = file_alignment(file);
	struct image_section code;

	if (forge_get(file, 0, 2) != 0x5a4d || get(file, p.optional - 24) != 0x4550)
		return "no PE";
	if (alignment < 0x200 || alignment > 0x10000 || section_alignment(file) < alignment)
		return "alignments of its own";
	if (!image_directory(file, DIRECTORY_MIN - 1))
		return "too few directories";
	if (image_end(file) > limit)
		return "sections outside the file";
	for (unsigned i = 0; i < p.n_sections; i++)
		if (image_section(file, i).raw % 4)
			return "sections at odd offsets";
	return image_code(file, &code) ? NULL : "no code";
}

static void move(struct buffer *file, size_t field, size_t at, size_t by)
{
	uint32_t value = get(file, field);

	if (value && value >= at)
		forge_put(file, field, 4, value + by);
}

/* The debug directory in the file, and how many entries it has. */
static size_t debug_entries(const struct buffer *file, size_t *n)
{
	size_t entry = image_directory(file, IMAGE_DIRECTORY_DEBUG);
	size_t at = entry && get(file, entry) ? image_offset(file, get(file, entry)) : 0;

	*n = at ? get(file, entry + 4) / DEBUG_BYTES : 0;
	return at;
}

/* Offsets at or behind @at grow by @by. */
static void offsets_move(struct buffer *file, size_t at, size_t by)
{
	struct forge_places p = forge_places_of(file);
	size_t n_debug, debug = debug_entries(file, &n_debug);

	for (size_t i = 0; i < n_debug; i++)
		move(file, debug + i * DEBUG_BYTES + 24, at, by);
	for (unsigned i = 0; i < p.n_sections; i++)
		move(file, p.sections + (size_t)SECTION_BYTES * i + 20, at, by);
	move(file, p.optional - 12, at, by); /* PointerToSymbolTable */
	move(file, p.directory, at, by);
}

static void bytes_insert(struct buffer *file, size_t at, struct span more)
{
	CLEANUP(buffer_free) struct buffer tail = BUFFER_INIT;

	buffer_add(&tail, span_after(buffer_span(file), at));
	buffer_cut(file, at);
	buffer_add(file, more);
	buffer_add(file, buffer_span(&tail));
}

void image_insert(struct buffer *file, size_t at, struct span more)
{
	offsets_move(file, at, more.len);
	bytes_insert(file, at, more);
}

void image_overlay_drop(struct buffer *file)
{
	struct forge_places p = forge_places_of(file);
	size_t end = image_end(file);

	if (file->len <= end)
		return;
	buffer_cut(file, end);
	forge_directory(file, 0, 0);
	if (get(file, p.optional - 12) >= end) { /* symbols go with it */
		forge_put(file, p.optional - 12, 4, 0);
		forge_put(file, p.optional - 8, 4, 0);
	}
}

/* Room for one more entry behind the section table. */
static bool header_room(struct buffer *file)
{
	CLEANUP(buffer_free) struct buffer zeros = BUFFER_INIT;
	struct forge_places p = forge_places_of(file);
	size_t end = p.sections + (size_t)SECTION_BYTES * p.n_sections;
	uint32_t headers = get(file, size_of_headers_at(file)), more = file_alignment(file);
	size_t bound = image_directory(file, 11); /* bound imports stand behind the table */

	if (bound)
		forge_put(file, bound, 8, 0);
	if (end + SECTION_BYTES <= headers)
		return true;
	if (headers + more > image_section(file, 0).rva)
		return false;
	forge_zeros(&zeros, more);
	image_insert(file, headers, buffer_span(&zeros));
	forge_put(file, size_of_headers_at(file), 4, headers + more);
	return true;
}

static void section_header(struct buffer *file, const struct image_section *s, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < SECTION_BYTES; i += 4)
		forge_put(file, s->header + i, 4, 0);
	for (size_t i = 0; i < 8 && i < len; i++)
		forge_put(file, s->header + i, 1, span_at(SPAN_TEXT(name), i));
	forge_put(file, s->header + 8, 4, s->virtual_size);
	forge_put(file, s->header + 12, 4, s->rva);
	forge_put(file, s->header + 16, 4, s->raw_size);
	forge_put(file, s->header + 20, 4, s->raw);
	forge_put(file, s->header + 36, 4, s->flags);
}

bool image_section_add(struct buffer *file, const char *name, struct span content,
		       uint32_t flags, uint32_t *rva)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
	struct forge_places p;
	struct image_section added = { .virtual_size = (uint32_t)content.len, .flags = flags };
	uint32_t end_rva = 0;
	size_t end;

	if (!header_room(file))
		return false;
	p = forge_places_of(file);
	for (unsigned i = 0; i < p.n_sections; i++) {
		struct image_section s = image_section(file, i);
		uint32_t size = s.virtual_size > s.raw_size ? s.virtual_size : s.raw_size;

		if (round_up((uint64_t)s.rva + size, section_alignment(file)) > end_rva)
			end_rva = round_up((uint64_t)s.rva + size, section_alignment(file));
	}
	end = image_end(file);
	added.header = p.sections + (size_t)SECTION_BYTES * p.n_sections;
	added.rva = end_rva;
	added.raw = round_up(end, file_alignment(file));
	added.raw_size = round_up(content.len, file_alignment(file));
	forge_zeros(&bytes, added.raw - end);
	buffer_add(&bytes, content);
	forge_zeros(&bytes, added.raw_size - content.len);
	image_insert(file, end, buffer_span(&bytes));
	section_header(file, &added, name);
	forge_put(file, p.optional - 18, 2, p.n_sections + 1);
	forge_put(file, optional_field(file, 56), 4,
		  round_up((uint64_t)end_rva + content.len, section_alignment(file)));
	if (rva)
		*rva = end_rva;
	return true;
}

void image_stamp(struct buffer *file, uint32_t when)
{
	size_t n, debug = debug_entries(file, &n);
	size_t exports = image_directory(file, 0);
	size_t table = get(file, exports) ? image_offset(file, get(file, exports)) : 0;

	forge_put(file, forge_places_of(file).optional - 16, 4, when);
	for (size_t i = 0; i < n; i++)
		forge_put(file, debug + i * DEBUG_BYTES + 4, 4, when);
	if (table)
		forge_put(file, table + 4, 4, when);
}

void image_debug_drop(struct buffer *file, uint32_t type)
{
	size_t n, kept = 0, debug = debug_entries(file, &n);
	size_t entry = image_directory(file, IMAGE_DIRECTORY_DEBUG);

	for (size_t i = 0; i < n; i++) {
		if (get(file, debug + i * DEBUG_BYTES + 12) == type)
			continue;
		for (size_t k = 0; k < DEBUG_BYTES; k += 4)
			forge_put(file, debug + kept * DEBUG_BYTES + k, 4,
				  get(file, debug + i * DEBUG_BYTES + k));
		kept++;
	}
	for (size_t k = kept * DEBUG_BYTES; k < n * DEBUG_BYTES; k += 4)
		forge_put(file, debug + k, 4, 0);
	if (n == kept)
		return;
	forge_put(file, entry + 4, 4, kept * DEBUG_BYTES);
	if (kept == 0)
		forge_put(file, entry, 4, 0);
}
