/* SPDX-License-Identifier: MIT */
/*
 * PE headers: DOS header, COFF header, optional header, section table.
 *
 * Follows "PE Format" (Microsoft), "MS-DOS Stub" to "Section Table".  e_lfanew
 * is followed wherever it points to, into the DOS header too: loaders do that.
 */
#include "base/cursor.h"
#include "formats/pe/reading.h"

#define DOS_HEADER_BYTES  UINT64_C(64)
#define DOS_LFARLC_OFFSET 0x18
#define DOS_LFANEW_OFFSET 0x3c
#define DOS_PAGE_BYTES    512
#define DOS_PARAGRAPH     16

#define COFF_BYTES          UINT64_C(24) /* with the signature before it */
#define SECTION_BYTES       UINT64_C(40)
#define DIRECTORY_BYTES     UINT64_C(8)
#define DIRECTORY_TABLE     4 /* Certificate Table */
#define DIRECTORY_CLR       14
#define CHECKSUM_OFFSET     64
#define SUBSYSTEM_EFI_FIRST 10
#define SUBSYSTEM_EFI_LAST  13

/* Enough for what linkers write; asked for at once, so that a big file is read once. */
#define HEADERS_GENEROUS UINT64_C(8192)

/* What stands in the headers and is of no use behind them. */
struct coff {
	uint64_t off; /* of the signature "PE\0\0" */
	uint16_t n_sections, optional_bytes;
	uint64_t optional_off;
	uint64_t directories_off;
	uint32_t n_directories;
};

static const struct {
	char magic[2];
	const char *name;
} old_programs[] = {
	{{ 'N', 'E' },  "NE program (16-bit Windows or OS/2)"},
	{ { 'L', 'E' }, "LE program (VxD or OS/2)"           },
	{ { 'L', 'X' }, "LX program (OS/2)"                  },
	{ { 'W', '3' }, "W3 collection (Windows 386)"        },
	{ { 'W', '4' }, "W4 collection (Windows 9x)"         },
};

/*
 * Would DOS load it?  Only then may e_lfanew be anything: older programs have
 * code or relocations there.
 */
static bool dos_coherent(struct span dos, uint64_t size)
{
	struct cursor c = cursor_at(dos, 2);
	uint64_t last = cursor_u16le(&c), pages = cursor_u16le(&c), image, header;

	cursor_skip(&c, 2);
	header = (uint64_t)cursor_u16le(&c) * DOS_PARAGRAPH;
	c = cursor_at(dos, DOS_LFARLC_OFFSET);
	if (cursor_u16le(&c) >= DOS_HEADER_BYTES || !cursor_ok(&c) || pages == 0)
		return false;
	image = pages * DOS_PAGE_BYTES;
	if (last != 0 && last <= DOS_PAGE_BYTES)
		image -= DOS_PAGE_BYTES - last;
	return header <= image && image <= size;
}

static void leave_alone(struct pe_reading *r, const char *what)
{
	r->out->unsupported = true;
	r->out->variant = what;
	finding_add(r->findings, "pe.not-pe", (struct range){ 0, 2 },
		    "a PE header where e_lfanew points to", what);
}

/* Where the PE header begins.  Zero, which no PE header can: said why. */
static enum status header_find(struct pe_reading *r, uint64_t *header)
{
	struct span dos, magic;
	struct cursor c;
	uint64_t off;

	*header = 0;
	TRY(view_clip(r->view, 0, DOS_HEADER_BYTES, &dos));
	if (!span_starts(dos, "MZ", 2))
		return STATUS_NOT_MINE;
	if (dos.len < DOS_HEADER_BYTES) {
		leave_alone(r, "DOS program");
		return STATUS_OK;
	}
	c = cursor_at(dos, DOS_LFANEW_OFFSET);
	off = cursor_u32le(&c);
	TRY(view_clip(r->view, off, 4, &magic));
	if (magic.len == 4 && span_starts(magic, "PE\0\0", 4)) {
		*header = off;
		return STATUS_OK;
	}
	for (size_t i = 0; i < COUNT_OF(old_programs); i++) {
		if (!span_starts(magic, old_programs[i].magic, 2))
			continue;
		leave_alone(r, old_programs[i].name);
		return STATUS_OK;
	}
	if (magic.len == 4 || dos_coherent(dos, r->view->size))
		leave_alone(r, "DOS program");
	else
		pe_break(r, "pe.header-outside", (struct range){ DOS_LFANEW_OFFSET, 4 },
			 "a header inside the file",
			 arena_printf(r->findings->arena, "e_lfanew 0x%llx",
				      (unsigned long long)off));
	return STATUS_OK;
}

static void coff_read(struct span headers, struct coff *coff, struct pe_image *pe)
{
	struct cursor c = cursor_at(headers, 4);

	pe->machine = cursor_u16le(&c);
	coff->n_sections = cursor_u16le(&c);
	pe->time_date_stamp = cursor_u32le(&c);
	cursor_skip(&c, 8);
	coff->optional_bytes = cursor_u16le(&c);
	pe->characteristics = cursor_u16le(&c);
	coff->optional_off = coff->off + COFF_BYTES;
}

/* "Optional Header Standard Fields", "Windows-Specific Fields".  False: cut short. */
static bool optional_read(struct span headers, struct coff *coff, struct pe_image *pe)
{
	struct cursor c = cursor_at(headers, COFF_BYTES);

	pe->optional_magic = cursor_u16le(&c);
	pe->linker_major = cursor_u8(&c);
	pe->linker_minor = cursor_u8(&c);
	cursor_skip(&c, 12);
	pe->entry_point_rva = cursor_u32le(&c);
	cursor_skip(&c, 4);
	if (pe->optional_magic == PE_MAGIC_PE32)
		cursor_skip(&c, 4);
	pe->image_base = cursor_le(&c, pe->optional_magic == PE_MAGIC_PE32 ? 4 : 8);
	pe->section_alignment = cursor_u32le(&c);
	pe->file_alignment = cursor_u32le(&c);
	cursor_skip(&c, 20);
	pe->size_of_headers = cursor_u32le(&c);
	pe->checksum_field = cursor_u32le(&c);
	pe->subsystem = cursor_u16le(&c);
	pe->dll_characteristics = cursor_u16le(&c);
	cursor_skip(&c, pe->optional_magic == PE_MAGIC_PE32_PLUS ? 36 : 20);
	coff->n_directories = cursor_u32le(&c);
	if (!cursor_ok(&c))
		return false;
	pe->checksum_off = coff->optional_off + CHECKSUM_OFFSET;
	coff->directories_off = coff->off + c.pos;
	pe->directory_off = coff->directories_off + DIRECTORY_TABLE * DIRECTORY_BYTES;
	pe->is_efi =
		pe->subsystem >= SUBSYSTEM_EFI_FIRST && pe->subsystem <= SUBSYSTEM_EFI_LAST;
	return true;
}

/*
 * The Certificate Table's directory entry.  Bytes of the section table are no
 * entry, unless NumberOfRvaAndSizes says that they are.
 */
static void directory_read(struct pe_reading *r, const struct coff *coff, struct span headers)
{
	struct pe_image *pe = r->image;
	uint64_t sections = coff->optional_off + coff->optional_bytes;
	uint64_t end = pe->directory_off + DIRECTORY_BYTES;
	struct range where = { pe->directory_off, DIRECTORY_BYTES };
	struct cursor c = cursor_at(headers, pe->directory_off - coff->off);
	uint64_t off = cursor_u32le(&c), size = cursor_u32le(&c);

	pe->has_directory = coff->n_directories > DIRECTORY_TABLE;
	if (!cursor_ok(&c)) {
		if (pe->has_directory)
			pe_break(r, "pe.header-cut", (struct range){ coff->off, 4 },
				 "the Certificate Table's directory entry inside the file",
				 "the file ends before it");
		pe->has_directory = false;
		return;
	}
	if (!pe->has_directory && end > sections &&
	    pe->directory_off < sections + coff->n_sections * SECTION_BYTES)
		return;
	if (off == 0 && size == 0)
		return;
	if (!pe->has_directory) {
		pe_break(r, "pe.directory-count", where, "NumberOfRvaAndSizes at least 5",
			 arena_printf(r->findings->arena, "%u, and an entry behind them",
				      coff->n_directories));
		return;
	}
	if (end > sections)
		pe_break(r, "pe.directory-cut", where,
			 "SizeOfOptionalHeader reaching behind the entry",
			 arena_printf(r->findings->arena, "%u", coff->optional_bytes));
	r->entry_off = off;
	r->entry_size = size;
}

/* "Optional Header Data Directories": those that NumberOfRvaAndSizes says are there. */
static void directories_read(const struct coff *coff, struct span headers, struct pe_image *pe)
{
	struct cursor c = cursor_at(headers, coff->directories_off - coff->off);

	for (size_t i = 0; i < PE_DIRECTORIES && i < coff->n_directories; i++) {
		struct pe_directory d = { .rva = cursor_u32le(&c), .size = cursor_u32le(&c) };

		if (cursor_ok(&c))
			pe->directories[i] = d;
	}
}

/* "Section Table (Section Headers)". */
static enum status sections_read(struct pe_reading *r, const struct coff *coff)
{
	struct pe_image *pe = r->image;
	uint64_t off = coff->optional_off + coff->optional_bytes;
	uint64_t bytes = coff->n_sections * SECTION_BYTES;
	struct pe_section *sections;
	struct span table;
	struct cursor c;

	pe->n_sections =
		coff->n_sections < PE_MAX_SECTIONS ? coff->n_sections : PE_MAX_SECTIONS;
	pe->number_of_sections = coff->n_sections;
	TRY(view_clip(r->view, off, pe->n_sections * SECTION_BYTES, &table));
	if (pe->n_sections < coff->n_sections)
		finding_add(r->findings, "pe.section-count", (struct range){ coff->off + 6, 2 },
			    arena_printf(r->findings->arena, "at most %u", PE_MAX_SECTIONS),
			    arena_printf(r->findings->arena, "%u", coff->n_sections));
	if (off > r->view->size || bytes > r->view->size - off) {
		pe_break(r, "pe.header-cut", (struct range){ coff->off, 4 },
			 arena_printf(r->findings->arena,
				      "the section headers (%u) inside the file",
				      coff->n_sections),
			 "the file ends before their end");
		pe->n_sections = table.len / SECTION_BYTES;
	}
	sections = ARENA_NEW(r->findings->arena, struct pe_section, pe->n_sections);
	if (!sections)
		return STATUS_NO_MEMORY;
	c = cursor_at(table, 0);
	for (size_t i = 0; i < pe->n_sections; i++) {
		struct pe_section *s = &sections[i];

		s->name = cursor_take(&c, 8);
		s->virtual_size = cursor_u32le(&c);
		s->virtual_address = cursor_u32le(&c);
		s->size_of_raw_data = cursor_u32le(&c);
		s->pointer_to_raw_data = cursor_u32le(&c);
		cursor_skip(&c, 12);
		s->characteristics = cursor_u32le(&c);
	}
	pe->sections = sections;
	r->headers_end = off + bytes;
	return STATUS_OK;
}

/* Where the file's described part ends: headers, then sections that have raw data. */
static void ends_find(struct pe_reading *r)
{
	const struct pe_image *pe = r->image;
	uint64_t directory_end = pe->directory_off + DIRECTORY_BYTES;

	if (pe->has_directory && r->headers_end < directory_end)
		r->headers_end = directory_end;
	if (r->headers_end < pe->size_of_headers)
		r->headers_end = pe->size_of_headers;
	r->sections_end = r->headers_end;
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];
		uint64_t end = s->pointer_to_raw_data + s->size_of_raw_data;

		if (s->pointer_to_raw_data && s->size_of_raw_data && end > r->sections_end)
			r->sections_end = end;
	}
}

enum status pe_headers_read(struct pe_reading *r)
{
	struct pe_image *pe = ARENA_NEW(r->findings->arena, struct pe_image, 1);
	struct coff coff = { 0 };
	struct span headers;
	bool complete;

	if (!pe)
		return STATUS_NO_MEMORY;
	TRY(header_find(r, &coff.off));
	if (coff.off == 0)
		return STATUS_OK;
	TRY(view_clip(r->view, coff.off, HEADERS_GENEROUS, &headers));
	pe->file_size = r->view->size;
	pe->header_off = coff.off;
	coff_read(headers, &coff, pe);
	complete = optional_read(headers, &coff, pe);
	if (headers.len > COFF_BYTES + 1 && pe->optional_magic != PE_MAGIC_PE32 &&
	    pe->optional_magic != PE_MAGIC_PE32_PLUS) {
		pe_break(r, "pe.optional-magic", (struct range){ coff.optional_off, 2 },
			 "0x10b or 0x20b",
			 arena_printf(r->findings->arena, "0x%x", pe->optional_magic));
		return STATUS_OK;
	}
	if (!complete) {
		pe_break(r, "pe.header-cut", (struct range){ coff.off, 4 },
			 "an optional header inside the file", "the file ends before its end");
		return STATUS_OK;
	}
	r->image = pe;
	directory_read(r, &coff, headers);
	directories_read(&coff, headers, pe);
	pe->is_dotnet = pe->directories[DIRECTORY_CLR].rva != 0;
	TRY(sections_read(r, &coff));
	ends_find(r);
	return STATUS_OK;
}
