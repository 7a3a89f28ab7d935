/* SPDX-License-Identifier: MIT */
#include "formats/elf_regions.h"

#include "base/buffer.h"
#include <stdlib.h>

#define NAME_SHOWN 48

/* A stretch that wants a name, before they are put in order. */
struct stretch {
	struct range where;
	enum region_kind kind;
	size_t section; /* whose name it has, or one of the others */
};

enum { NAME_HEADER = ELF_MAX_SECTIONS + 1, NAME_SEGMENTS, NAME_SECTIONS, NAME_SIGNATURE };

struct map {
	struct arena *arena;
	const struct elf *elf;
	struct region *regions;
	size_t n;
	uint64_t pos, size; /* everything before pos has its name */
};

const char *elf_section_text(struct arena *a, const struct elf_section *section)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	if (section->name.len == 0)
		return "section";
	for (size_t i = 0; i < section->name.len && i < NAME_SHOWN; i++) {
		uint8_t octet = span_at(section->name, i);

		buffer_char(&text, (char)(octet >= ' ' && octet <= '~' ? octet : '?'));
	}
	return buffer_status(&text) == STATUS_OK ? arena_string(a, buffer_span(&text)) : NULL;
}

static const char *stretch_name(struct map *m, const struct stretch *s)
{
	switch (s->section) {
	case NAME_HEADER: return "header";
	case NAME_SEGMENTS: return "program header";
	case NAME_SECTIONS: return "section table";
	case NAME_SIGNATURE: return "signature";
	default: return elf_section_text(m->arena, &m->elf->sections[s->section]);
	}
}

static enum status put(struct map *m, enum region_kind kind, const char *name, uint64_t to)
{
	if (!name)
		return STATUS_NO_MEMORY;
	if (to > m->size)
		to = m->size;
	if (to <= m->pos)
		return STATUS_OK;
	m->regions[m->n++] = (struct region){
		.name = name, .kind = kind, .where = {m->pos, to - m->pos}
	};
	m->pos = to;
	return STATUS_OK;
}

/* By offset; what is longer first, so that it is not hidden by what it holds. */
static int by_offset(const void *a, const void *b)
{
	const struct stretch *x = a, *y = b;

	if (x->where.off != y->where.off)
		return x->where.off < y->where.off ? -1 : 1;
	if (x->where.len != y->where.len)
		return x->where.len > y->where.len ? -1 : 1;
	return x->section < y->section ? -1 : x->section > y->section;
}

static size_t stretches_list(const struct elf *e, struct range signature, struct stretch *list)
{
	size_t n = 0;

	list[n++] = (struct stretch){
		{0, e->header_len},
                REGION_HEADER, NAME_HEADER
	};
	if (e->n_segments > 0)
		list[n++] = (struct stretch){ e->segment_table, REGION_HEADER, NAME_SEGMENTS };
	if (e->n_sections > 0)
		list[n++] = (struct stretch){ e->section_table, REGION_HEADER, NAME_SECTIONS };
	if (signature.len > 0)
		list[n++] = (struct stretch){ signature, REGION_SIGNATURE, NAME_SIGNATURE };
	for (size_t i = 0; i < e->n_sections; i++)
		if (e->sections[i].where.len > 0)
			list[n++] = (struct stretch){ e->sections[i].where, REGION_SECTION, i };
	return n;
}

enum status elf_regions(struct arena *a, const struct elf *elf, uint64_t size,
			struct range signature, struct container *out)
{
	struct stretch *list = ARENA_NEW(a, struct stretch, elf->n_sections + 4);
	struct map m = { .arena = a, .elf = elf, .size = size };
	size_t n;

	m.regions = ARENA_NEW(a, struct region, 2 * (elf->n_sections + 4) + 1);
	if (!list || !m.regions)
		return STATUS_NO_MEMORY;
	n = stretches_list(elf, signature, list);
	qsort(list, n, sizeof(*list), by_offset);
	for (size_t i = 0; i < n; i++) {
		uint64_t off = list[i].where.off, end = off + list[i].where.len;

		if (off >= size || end < off)
			continue;
		TRY(put(&m, off > elf->end ? REGION_OVERLAY : REGION_GAP,
			off > elf->end ? "overlay" : "gap", off));
		TRY(put(&m, list[i].kind, stretch_name(&m, &list[i]), end));
	}
	TRY(put(&m, REGION_OVERLAY, "overlay", size));
	out->regions = m.regions;
	out->n_regions = m.n;
	return STATUS_OK;
}
