/* SPDX-License-Identifier: MIT */
#include "structure/elf.h"

#define MAGIC                                                                                  \
	"\x7f"                                                                                 \
	"ELF"
#define IDENT_BYTES   16
#define HEADER_32     52
#define HEADER_64     64
#define SECTION_32    40
#define SECTION_64    64
#define SEGMENT_32    32
#define SEGMENT_64    56
#define CLASS_64      2
#define BIG_ENDIAN_ID 2
#define NUMBER_ABOVE  0xffff /* SHN_XINDEX, PN_XNUM: section 0 knows */

/* One reading: numbers are of the file's byte order and class. */
struct elf_reading {
	struct view *view;
	struct arena *arena;
	struct elf *out;
	uint64_t n_sections, n_segments, names_index;
	uint16_t section_bytes, segment_bytes;
};

static uint64_t number(const struct elf *e, struct cursor *c, size_t width)
{
	return e->is_big ? cursor_be(c, width) : cursor_le(c, width);
}

static uint16_t half(const struct elf *e, struct cursor *c)
{
	return (uint16_t)number(e, c, 2);
}

static uint32_t word(const struct elf *e, struct cursor *c)
{
	return (uint32_t)number(e, c, 4);
}

/* An address, offset or size: four octets or eight. */
static uint64_t wide(const struct elf *e, struct cursor *c)
{
	return number(e, c, e->is_64 ? 8 : 4);
}

/* False: no ELF. */
static bool ident_read(struct cursor *c, struct elf *out)
{
	struct span ident = cursor_take(c, IDENT_BYTES);
	uint8_t class = span_at(ident, 4), order = span_at(ident, 5);

	if (!span_starts(ident, MAGIC, 4) || class < 1 || class > CLASS_64 || order < 1 ||
	    order > BIG_ENDIAN_ID)
		return false;
	out->is_64 = class == CLASS_64;
	out->is_big = order == BIG_ENDIAN_ID;
	out->abi = span_at(ident, 7);
	return true;
}

bool elf_sniff(struct span head, uint16_t *type)
{
	struct cursor c = cursor_at(head, 0);
	struct elf e;

	if (!ident_read(&c, &e))
		return false;
	*type = half(&e, &c);
	return cursor_ok(&c);
}

static enum status header_read(struct elf_reading *r)
{
	struct elf *e = r->out;
	struct span head;
	struct cursor c;

	TRY(view_clip(r->view, 0, HEADER_64, &head));
	c = cursor_at(head, 0);
	if (!ident_read(&c, e))
		return STATUS_NOT_MINE;
	e->header_len = e->is_64 ? HEADER_64 : HEADER_32;
	e->type = half(e, &c);
	e->machine = half(e, &c);
	(void)word(e, &c);
	e->entry = wide(e, &c);
	e->segment_table.off = wide(e, &c);
	e->section_table.off = wide(e, &c);
	(void)word(e, &c);
	(void)half(e, &c);
	r->segment_bytes = half(e, &c);
	r->n_segments = half(e, &c);
	r->section_bytes = half(e, &c);
	r->n_sections = half(e, &c);
	r->names_index = half(e, &c);
	return cursor_ok(&c) ? STATUS_OK : STATUS_NOT_MINE;
}

static void section_row(const struct elf *e, struct span row, struct elf_section *out,
			uint32_t *name, uint32_t *link)
{
	struct cursor c = cursor_at(row, 0);

	*name = word(e, &c);
	out->type = word(e, &c);
	out->flags = wide(e, &c);
	out->address = wide(e, &c);
	out->where.off = wide(e, &c);
	out->where.len = wide(e, &c);
	*link = word(e, &c);
}

/* What section 0 says when the header has no room for it. */
static enum status large_numbers_read(struct elf_reading *r)
{
	uint64_t size = r->out->is_64 ? SECTION_64 : SECTION_32;
	struct elf_section first = { 0 };
	struct span row;
	uint32_t name, link;
	enum status status;

	if (r->out->section_table.off == 0 ||
	    (r->n_sections != 0 && r->names_index != NUMBER_ABOVE))
		return STATUS_OK;
	status = view_part(r->view, r->out->section_table.off, size, &row);
	if (status == STATUS_MALFORMED)
		return STATUS_OK;
	TRY(status);
	section_row(r->out, row, &first, &name, &link);
	if (r->n_sections == 0)
		r->n_sections = first.where.len;
	if (r->names_index == NUMBER_ABOVE)
		r->names_index = link;
	return STATUS_OK;
}

static void end_reach(struct elf *e, uint64_t size, struct range where)
{
	uint64_t end =
		where.off > size || where.len > size - where.off ? size : where.off + where.len;

	if (where.len > 0 && end > e->end)
		e->end = end;
}

/* Gives each section its name; those that lie outside have none. */
static enum status names_read(struct elf_reading *r, const uint32_t *names)
{
	struct elf *e = r->out;
	struct span all, name;
	uint64_t end;
	enum status status;

	if (r->names_index >= e->n_sections ||
	    e->sections[r->names_index].where.len > ELF_MAX_NAMES)
		return STATUS_OK;
	status = view_part(r->view, e->sections[r->names_index].where.off,
			   e->sections[r->names_index].where.len, &all);
	if (status == STATUS_MALFORMED) {
		e->problem = "the names of its sections lie outside the file";
		return STATUS_OK;
	}
	TRY(status);
	for (size_t i = 0; i < e->n_sections; i++) {
		name = span_clip(all, names[i], ELF_MAX_NAME);
		if (span_find(name, SPAN_LITERAL("\0"), 0, &end))
			e->sections[i].name = span_clip(name, 0, end);
	}
	return STATUS_OK;
}

static enum status sections_read(struct elf_reading *r)
{
	struct elf *e = r->out;
	struct span table, row;
	enum status status;
	uint32_t *names, link;

	TRY(large_numbers_read(r));
	if (e->section_table.off == 0 || r->n_sections == 0)
		return STATUS_OK;
	if (r->n_sections > ELF_MAX_SECTIONS)
		return STATUS_LIMIT;
	e->section_table.len = r->n_sections * r->section_bytes;
	if (r->section_bytes < (e->is_64 ? SECTION_64 : SECTION_32)) {
		e->problem = "the rows of its section table are too short";
		return STATUS_OK;
	}
	status = view_part(r->view, e->section_table.off, e->section_table.len, &table);
	if (status == STATUS_MALFORMED) {
		e->problem = "its section table lies outside the file";
		return STATUS_OK;
	}
	TRY(status);
	end_reach(e, r->view->size, e->section_table);
	e->sections = ARENA_NEW(r->arena, struct elf_section, r->n_sections);
	names = ARENA_NEW(r->arena, uint32_t, r->n_sections);
	if (!e->sections || !names)
		return STATUS_NO_MEMORY;
	e->n_sections = (size_t)r->n_sections;
	for (size_t i = 0; i < e->n_sections; i++) {
		struct elf_section *s = &e->sections[i];

		row = span_clip(table, i * r->section_bytes, r->section_bytes);
		section_row(e, row, s, &names[i], &link);
		if (s->type == ELF_SECTION_NOBITS || s->type == 0)
			s->where.len = 0;
		end_reach(e, r->view->size, s->where);
	}
	return names_read(r, names);
}

static enum status segments_read(struct elf_reading *r)
{
	struct elf *e = r->out;
	struct span table;
	enum status status;

	if (e->segment_table.off == 0 || r->n_segments == 0)
		return STATUS_OK;
	if (r->n_segments > ELF_MAX_SEGMENTS)
		return STATUS_LIMIT;
	e->segment_table.len = r->n_segments * r->segment_bytes;
	if (r->segment_bytes < (e->is_64 ? SEGMENT_64 : SEGMENT_32)) {
		e->problem = "the rows of its program header are too short";
		return STATUS_OK;
	}
	status = view_part(r->view, e->segment_table.off, e->segment_table.len, &table);
	if (status == STATUS_MALFORMED) {
		e->problem = "its program header lies outside the file";
		return STATUS_OK;
	}
	TRY(status);
	end_reach(e, r->view->size, e->segment_table);
	e->segments = ARENA_NEW(r->arena, struct elf_segment, r->n_segments);
	if (!e->segments)
		return STATUS_NO_MEMORY;
	e->n_segments = (size_t)r->n_segments;
	for (size_t i = 0; i < e->n_segments; i++) {
		struct elf_segment *s = &e->segments[i];
		struct cursor c = cursor_at(table, i * r->segment_bytes);

		s->type = word(e, &c);
		if (e->is_64)
			s->flags = word(e, &c);
		s->where.off = wide(e, &c);
		s->address = wide(e, &c);
		(void)wide(e, &c);
		s->where.len = wide(e, &c);
		if (!e->is_64) {
			(void)word(e, &c);
			s->flags = word(e, &c);
		}
		end_reach(e, r->view->size, s->where);
	}
	return STATUS_OK;
}

enum status elf_read(struct view *view, struct arena *a, struct elf *out)
{
	struct elf_reading r = { .view = view, .arena = a, .out = out };

	*out = (struct elf){ 0 };
	TRY(header_read(&r));
	end_reach(out, view->size, (struct range){ 0, out->header_len });
	TRY(segments_read(&r));
	return sections_read(&r);
}

const struct elf_section *elf_section_find(const struct elf *elf, const char *name)
{
	for (size_t i = 0; i < elf->n_sections; i++)
		if (span_equal(elf->sections[i].name, SPAN_TEXT(name)))
			return &elf->sections[i];
	return NULL;
}

static const struct {
	uint16_t machine;
	const char *name;
} machines[] = {
	{2,       "SPARC"    },
        { 3,      "x86"      },
        { 4,      "m68k"     },
        { 8,      "MIPS"     },
	{ 15,     "PA-RISC"  },
        { 18,     "SPARC"    },
        { 20,     "PowerPC"  },
        { 21,     "PowerPC"  },
	{ 22,     "s390"     },
        { 40,     "Arm"      },
        { 42,     "SuperH"   },
        { 43,     "SPARC"    },
	{ 50,     "Itanium"  },
        { 62,     "x86-64"   },
        { 183,    "AArch64"  },
        { 243,    "RISC-V"   },
	{ 247,    "BPF"      },
        { 258,    "LoongArch"},
        { 0x9026, "Alpha"    },
};

const char *elf_kind(struct arena *a, const struct elf *elf)
{
	for (size_t i = 0; i < COUNT_OF(machines); i++)
		if (machines[i].machine == elf->machine)
			return arena_printf(a, "ELF%d %s", elf->is_64 ? 64 : 32,
					    machines[i].name);
	return arena_printf(a, "ELF%d machine %u", elf->is_64 ? 64 : 32, elf->machine);
}
