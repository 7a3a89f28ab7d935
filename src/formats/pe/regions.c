/* SPDX-License-Identifier: MIT */
/*
 * The byte map: every byte of the file under one name.
 *
 * Where structures overlap, the headers come first, then the Certificate
 * Table, then sections in the order of PointerToRawData.
 */
#include "formats/pe/reading.h"

#include <stdio.h>

#define DOS_HEADER_BYTES 64
#define NAME_BYTES       8
#define NAME_TEXT        (NAME_BYTES * 4 + 1) /* every byte as \xNN */

/* Sections and the gaps before them, and what else there can be. */
#define REGIONS_MAX (2 * PE_MAX_SECTIONS + 6)

struct region_list {
	struct region *regions;
	size_t n;
	uint64_t pos, size; /* everything before pos has its name */
	struct range table; /* zero long: none, or it has its name */
};

static void region_put(struct region_list *l, enum region_kind kind, const char *name,
		       uint64_t to)
{
	if (to > l->size)
		to = l->size;
	if (to <= l->pos || l->n == REGIONS_MAX)
		return;
	l->regions[l->n++] = (struct region){
		.name = name, .kind = kind, .where = {l->pos, to - l->pos}
	};
	l->pos = to;
}

/* Everything up to @to that has no name yet; the table keeps its own. */
static void region_add(struct region_list *l, enum region_kind kind, const char *name,
		       uint64_t to)
{
	struct range t = l->table;

	if (t.len > 0 && t.off < to) {
		l->table.len = 0;
		region_put(l, kind, name, t.off);
		region_put(l, REGION_SIGNATURE, "certificate table", t.off + t.len);
	}
	region_put(l, kind, name, to);
}

/* The section's name in printable ASCII. */
static const char *name_say(struct pe_reading *r, struct span name)
{
	char text[NAME_TEXT] = "";
	size_t len = 0;

	while (name.len > 0 && span_at(name, name.len - 1) == 0)
		name.len--;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t b = span_at(name, i);

		if (b >= ' ' && b <= '~' && b != '\\')
			len += (size_t)snprintf(&text[len], NAME_TEXT - len, "%c", b);
		else
			len += (size_t)snprintf(&text[len], NAME_TEXT - len, "\\x%02x", b);
	}
	return arena_printf(r->findings->arena, "%s", len ? text : "(unnamed)");
}

/* What both have; { 0, 0 } when they have nothing. */
static struct range range_common(struct range a, struct range b)
{
	uint64_t from = a.off > b.off ? a.off : b.off;
	uint64_t a_end = a.off + a.len, b_end = b.off + b.len;
	uint64_t to = a_end < b_end ? a_end : b_end;

	return to > from ? (struct range){ from, to - from } : (struct range){ 0 };
}

/* What is wrong with where a section lies, when all before it end at @taken. */
static void section_judge(struct pe_reading *r, const struct pe_section *s, const char *name,
			  uint64_t taken)
{
	struct range raw = { s->pointer_to_raw_data, s->size_of_raw_data };
	struct range inside = range_common(raw, (struct range){ 0, r->view->size });
	struct range twice = range_common(inside, (struct range){ 0, taken });
	struct range table = range_common(inside, r->image->table);

	if (inside.len < raw.len)
		finding_add(
			r->findings, "pe.section-outside", inside, "raw data inside the file",
			arena_printf(r->findings->arena, "%s: %llu bytes at 0x%llx", name,
				     (unsigned long long)raw.len, (unsigned long long)raw.off));
	if (twice.len > 0)
		finding_add(r->findings, "pe.section-overlap", twice, "bytes of one owner",
			    arena_printf(r->findings->arena, "%s begins at 0x%llx", name,
					 (unsigned long long)raw.off));
	if (table.len > 0)
		finding_add(r->findings, "pe.table-in-section", table,
			    "the Certificate Table outside all sections", name);
}

static enum status sections_add(struct pe_reading *r, struct region_list *l)
{
	const struct pe_image *pe = r->image;
	size_t order[PE_MAX_SECTIONS], n = pe_sections_sort(pe, order);
	uint64_t taken = l->pos;

	for (size_t i = 0; i < n; i++) {
		const struct pe_section *s = &pe->sections[order[i]];
		uint64_t end = s->pointer_to_raw_data + s->size_of_raw_data;
		const char *name = name_say(r, s->name);

		if (!name)
			return STATUS_NO_MEMORY;
		section_judge(r, s, name, taken);
		if (s->pointer_to_raw_data < l->size)
			region_add(l, REGION_GAP, "gap", s->pointer_to_raw_data);
		region_add(l, REGION_SECTION, name, end);
		if (end > taken)
			taken = end;
	}
	return STATUS_OK;
}

enum status pe_regions_make(struct pe_reading *r)
{
	struct region_list l = { .size = r->view->size };
	uint64_t headers = r->image ? r->headers_end : DOS_HEADER_BYTES;
	bool has_table = r->image && r->image->table.len > 0;

	l.regions = ARENA_NEW(r->findings->arena, struct region, REGIONS_MAX);
	if (!l.regions)
		return STATUS_NO_MEMORY;
	region_put(&l, REGION_HEADER, "headers", headers);
	if (r->image) {
		l.table = r->image->table;
		TRY(sections_add(r, &l));
	}
	if (l.table.len > 0)
		region_add(&l, REGION_OVERLAY, "overlay", l.table.off + l.table.len);
	if (has_table)
		region_add(&l, REGION_TRAILING, "trailing", l.size);
	else
		region_add(&l, REGION_OVERLAY, "overlay", l.size);
	r->out->regions = l.regions;
	r->out->n_regions = l.n;
	return STATUS_OK;
}
