/* SPDX-License-Identifier: MIT */
/*
 * Universal files: a table of slices, each a whole file for one processor.
 *
 * Follows mach-o/fat.h, and Universal (macho++.cpp, Apple, Security framework)
 * for what its verifier looks at.  The magic cafebabe also begins Java classes:
 * what tells them apart is that a slice begins with a magic of its own.
 */
#include "formats/macho/reading.h"

#define FAT_HEADER    8
#define FAT_ARCH      20
#define FAT_ARCH_64   32
#define FAT_PEEKS     8 /* slices whose magic is looked at to tell the file from a class */
#define FAT_MAX_ALIGN 30
#define SLICE_PEEK    8

/* The slices in file order, for what lies between them. */
struct places {
	size_t in_order[FAT_MAX_SLICES], n; /* indices of slices */
};

bool fat_magic(struct span head, bool *wide)
{
	*wide = span_starts(head, "\xca\xfe\xba\xbf", 4);
	return *wide || span_starts(head, "\xca\xfe\xba\xbe", 4);
}

static void entry_read(struct macho_reading *r, struct cursor *c, struct macho_slice *s,
		       uint32_t *align)
{
	size_t width = r->file->fat64 ? 8 : 4;

	s->listed_type = (uint32_t)cursor_be(c, 4);
	s->listed_subtype = (uint32_t)cursor_be(c, 4);
	s->where.off = cursor_be(c, width);
	s->where.len = cursor_be(c, width);
	*align = (uint32_t)cursor_be(c, 4);
	if (r->file->fat64)
		cursor_skip(c, 4);
}

/* Does one of the first slices begin like a program or a library? */
static enum status peek(struct macho_reading *r, struct span table, uint64_t n, bool *mine)
{
	struct cursor c = cursor_at(table, 0);

	*mine = false;
	for (uint64_t i = 0; i < n && i < FAT_PEEKS && !*mine; i++) {
		struct macho_slice s = { 0 };
		struct span head;
		uint32_t align;

		entry_read(r, &c, &s, &align);
		if (!cursor_ok(&c))
			return STATUS_OK;
		TRY(view_clip(r->view, s.where.off, SLICE_PEEK, &head));
		*mine = macho_kind_of(head) != MACHO_UNKNOWN;
	}
	return STATUS_OK;
}

static bool range_inside(struct range r, uint64_t size)
{
	return r.off <= size && r.len <= size - r.off;
}

static void file_break(struct macho_reading *r, const char *rule, struct range where,
		       const char *expected, const char *observed)
{
	r->file->broken = true;
	finding_add(r->findings, rule, where, expected, observed);
}

static void hole_note(struct macho_reading *r, const char *rule, struct range where,
		      const char *expected)
{
	r->file->holes = true;
	finding_add(r->findings, rule, where, expected,
		    arena_printf(r->arena, "%llu bytes", (unsigned long long)where.len));
}

/* Bytes that belong to no slice: Apple wants fewer than the alignment, and zeros. */
static enum status gap_judge(struct macho_reading *r, uint64_t from, uint64_t to)
{
	struct range where = { from, to - from };
	struct span bytes;

	if (from >= to)
		return STATUS_OK;
	if (where.len > FAT_MAX_GAP) {
		hole_note(r, "macho.fat-gap", where, "slices one behind the other");
		return STATUS_OK;
	}
	TRY(view_part(r->view, from, where.len, &bytes));
	if (!span_is_zero(bytes))
		hole_note(r, "macho.fat-nonzero-gap", where, "zeros between slices");
	return STATUS_OK;
}

/* A gap as large as the alignment could hold a slice. */
static void alignment_judge(struct macho_reading *r, const struct macho_slice *s, uint64_t from,
			    uint32_t align)
{
	uint64_t gap = s->where.off > from ? s->where.off - from : 0;

	if (align > FAT_MAX_ALIGN || (gap <= FAT_MAX_GAP && gap >= UINT64_C(1) << align))
		hole_note(r, "macho.fat-gap", (struct range){ from, gap },
			  "gaps smaller than the alignment");
}

static void places_sort(struct macho_reading *r, struct places *p)
{
	const struct macho_slice *s = r->file->slices;

	p->n = 0;
	for (size_t i = 0; i < r->file->n_slices; i++) {
		size_t at = p->n;

		if (s[i].where.len == 0)
			continue;
		for (; at > 0 && s[p->in_order[at - 1]].where.off > s[i].where.off; at--)
			p->in_order[at] = p->in_order[at - 1];
		p->in_order[at] = i;
		p->n++;
	}
}

/* What lies between the slices, and behind the last. */
static enum status between_judge(struct macho_reading *r, const uint32_t *aligns,
				 uint64_t table_end)
{
	uint64_t pos = table_end, size = r->view->size;
	struct places p;

	places_sort(r, &p);
	for (size_t i = 0; i < p.n; i++) {
		const struct macho_slice *s = &r->file->slices[p.in_order[i]];
		uint64_t end = s->where.off + s->where.len;

		if (s->where.off < pos) {
			file_break(r, "macho.fat-overlap", s->where, "slices apart",
				   arena_printf(r->arena, "%s begins at %llu", s->name,
						(unsigned long long)s->where.off));
		} else {
			alignment_judge(r, s, pos, aligns[p.in_order[i]]);
			TRY(gap_judge(r, pos, s->where.off));
		}
		if (end > pos)
			pos = end;
	}
	if (pos < size)
		hole_note(r, "macho.fat-trailing", (struct range){ pos, size - pos },
			  "the end of the file behind the last slice");
	return STATUS_OK;
}

/* What slices have to agree about, and what they must not. */
static void slices_compare(struct macho_reading *r)
{
	const struct macho_slice *s = r->file->slices;

	for (size_t i = 0; i < r->file->n_slices; i++)
		for (size_t k = 0; k < i; k++) {
			if (s[i].kind == MACHO_PROGRAM && s[k].kind == MACHO_PROGRAM &&
			    s[i].file_type != s[k].file_type)
				file_break(r, "macho.fat-type", s[i].where,
					   macho_type_name(s[k].file_type),
					   macho_type_name(s[i].file_type));
			if (s[i].listed_type == s[k].listed_type &&
			    ((s[i].listed_subtype ^ s[k].listed_subtype) &
			     MACHO_SUBTYPE_MASK) == 0)
				finding_add(r->findings, "macho.fat-twice", s[i].where,
					    "each processor once", s[i].name);
		}
}

/* Is what the table says about a slice true? */
static void entry_judge(struct macho_reading *r, struct macho_slice *s)
{
	if (s->hidden) {
		r->file->hidden = true;
		finding_add(r->findings, "macho.fat-hidden-arch", s->where,
			    "no slice behind the end of the table", s->name);
	}
	if (s->kind != MACHO_PROGRAM || s->cpu_type == s->listed_type)
		return;
	s->lies = true;
	r->file->lies = true;
	finding_add(r->findings, "macho.fat-cputype-mismatch", s->where,
		    macho_cpu_name(r->arena, s->cpu_type, s->cpu_subtype),
		    arena_printf(r->arena, "listed as %s", s->name));
}

static enum status slices_read(struct macho_reading *r, struct span table, uint64_t n_listed)
{
	uint32_t aligns[FAT_MAX_SLICES];
	struct cursor c = cursor_at(table, 0);

	for (size_t i = 0; i < r->file->n_slices; i++) {
		struct macho_slice *s = &r->file->slices[i];

		entry_read(r, &c, s, &aligns[i]);
		s->hidden = i >= n_listed;
		s->name = macho_cpu_name(r->arena, s->listed_type, s->listed_subtype);
		if (!s->name)
			return STATUS_NO_MEMORY;
		if (!range_inside(s->where, r->view->size)) {
			slice_break(r, s, "macho.fat-slice-outside",
				    (struct range){ 0, FAT_HEADER }, "slices inside the file",
				    arena_printf(r->arena, "%s: %llu bytes at %llu", s->name,
						 (unsigned long long)s->where.len,
						 (unsigned long long)s->where.off));
			s->where = (struct range){ r->view->size, 0 };
			continue;
		}
		TRY(slice_read(r, s));
		entry_judge(r, s);
	}
	slices_compare(r);
	return between_judge(r, aligns, FAT_HEADER + table.len);
}

/* Apple's verifier also takes the entry behind the table, when it says arm64. */
static bool hidden_follows(struct span behind)
{
	struct cursor c = cursor_at(behind, 0);

	return cursor_be(&c, 4) == MACHO_CPU_ARM64 && cursor_ok(&c) && behind.len == FAT_ARCH;
}

enum status fat_read(struct macho_reading *r)
{
	uint64_t entry = r->file->fat64 ? FAT_ARCH_64 : FAT_ARCH, n, n_all;
	struct span head, table, behind = SPAN_NONE;
	struct cursor c;
	bool mine;

	TRY(view_clip(r->view, 0, FAT_HEADER, &head));
	c = cursor_at(head, 4);
	n = cursor_be(&c, 4);
	if (!cursor_ok(&c) || n == 0 || n > FAT_MAX_ARCH)
		return STATUS_NOT_MINE;
	TRY(view_clip(r->view, FAT_HEADER, n * entry, &table));
	TRY(peek(r, table, n, &mine));
	if (!mine)
		return STATUS_NOT_MINE;
	if (!r->file->fat64)
		TRY(view_clip(r->view, FAT_HEADER + table.len, FAT_ARCH, &behind));
	n_all = n + (hidden_follows(behind) ? 1 : 0);
	if (n_all > FAT_MAX_SLICES) {
		finding_add(r->findings, "limit.macho", (struct range){ 0, FAT_HEADER },
			    "at most 20 slices",
			    arena_printf(r->arena, "%llu", (unsigned long long)n_all));
		return STATUS_LIMIT;
	}
	TRY(view_clip(r->view, FAT_HEADER, n_all * entry, &table));
	r->file->slices = ARENA_NEW(r->arena, struct macho_slice, (size_t)n_all);
	if (!r->file->slices)
		return STATUS_NO_MEMORY;
	r->file->n_slices = (size_t)n_all;
	if (r->file->fat64)
		finding_add(r->findings, "macho.fat-wide", (struct range){ 0, 4 },
			    "the table that Apple's verifier knows", "64-bit offsets");
	if (table.len != n_all * entry) {
		file_break(r, "macho.fat-slice-outside", (struct range){ 0, FAT_HEADER },
			   "the table inside the file", NULL);
		r->file->n_slices = table.len / entry;
	}
	return slices_read(r, table, n);
}
