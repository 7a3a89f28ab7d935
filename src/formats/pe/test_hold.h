/* SPDX-License-Identifier: MIT */
/*
 * What must hold for the reading of any file at all, good or hostile.  Tests
 * and the fuzz target ask the same questions.
 */
#pragma once
#include "base/buffer.h"
#include "base/cursor.h"
#include "formats/pe/pe.h"
#include <stdlib.h>

#define HOLD(what)                                                                             \
	do {                                                                                   \
		if (!(what))                                                                   \
			return #what;                                                          \
	} while (0)

#define HOLD_ARENA ((size_t)64 << 20)
#define HOLD_LOADS 8

struct hold_pieces {
	uint8_t *bytes[HOLD_LOADS];
	size_t n;
};

static inline bool range_inside(struct range r, uint64_t size)
{
	return r.off <= size && r.len <= size - r.off;
}

static inline void hold_range(struct buffer *b, const char *name, struct range r)
{
	buffer_printf(b, "%s %llu+%llu\n", name, (unsigned long long)r.off,
		      (unsigned long long)r.len);
}

/* Everything that was read, as text: two readings are equal when their texts are. */
static inline void hold_describe(struct buffer *b, enum status s, const struct container *box,
				 const struct findings *findings)
{
	buffer_printf(b, "%s %s %d%d%d\n", status_text(s), box->variant ? box->variant : "-",
		      box->broken, box->stripped, box->unsupported);
	for (const struct finding *f = findings->first; f; f = f->next) {
		hold_range(b, f->rule, f->where);
		buffer_printf(b, "%s, %s\n", f->expected ? f->expected : "-",
			      f->observed ? f->observed : "-");
	}
	if (s != STATUS_OK)
		return;
	for (const struct claim *c = box->claims; c; c = c->next) {
		hold_range(b, "claim", c->where);
		buffer_printf(b, "%u %u %d ", c->revision, c->type, c->unsupported);
		buffer_hex(b, c->signature);
		for (size_t i = 0; i < c->covered->n; i++)
			hold_range(b, " covers", c->covered->pieces[i].range);
	}
	for (size_t i = 0; i < box->n_regions; i++)
		hold_range(b, box->regions[i].name, box->regions[i].where);
	hold_range(b, "orphan", box->orphan_where);
	buffer_hex(b, box->orphan);
	for (size_t i = 0; box->pe && i < box->pe->n_sections; i++) {
		const struct pe_section *p = &box->pe->sections[i];

		buffer_hex(b, p->name);
		buffer_printf(b, " %llu %llu %llu %llu %u\n",
			      (unsigned long long)p->virtual_size,
			      (unsigned long long)p->virtual_address,
			      (unsigned long long)p->pointer_to_raw_data,
			      (unsigned long long)p->size_of_raw_data, p->characteristics);
	}
}

/*
 * Reads @file from a view that begins with its first @head bytes, giving
 * exactly the bytes that are wanted, each time in memory of exactly their size.
 */
static inline enum status hold_read_pieces(struct span file, size_t head, struct arena *a,
					   struct buffer *text)
{
	struct view v = { .size = file.len };
	struct hold_pieces kept = { 0 };
	enum status s = STATUS_WANT;

	v.want = (struct range){ 0, head < file.len ? head : file.len };
	while (s == STATUS_WANT && kept.n < HOLD_LOADS) {
		struct findings findings = FINDINGS_INIT(a);
		struct container box = { 0 };
		struct span part;

		if (!span_part(file, v.want.off, v.want.len, &part))
			break;
		kept.bytes[kept.n] = malloc(part.len ? part.len : 1);
		if (!kept.bytes[kept.n])
			break;
		(void)span_copy(kept.bytes[kept.n], part.len, part);
		part.ptr = kept.bytes[kept.n++];
		if (!view_add(&v, v.want.off, part))
			break;
		s = format_pe.read(&v, &findings, &box);
		if (s != STATUS_WANT)
			hold_describe(text, s, &box, &findings);
	}
	while (kept.n > 0)
		free(kept.bytes[--kept.n]);
	return s;
}

/* Do the pieces lie inside the file?  Then *@bytes of it and *@zeros are covered. */
static inline bool hold_sum(const struct coverage *c, uint64_t size, uint64_t *bytes,
			    uint64_t *zeros)
{
	*bytes = *zeros = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct piece *p = &c->pieces[i];

		if (p->range.len == 0 || p->kind == PIECE_LITERAL ||
		    (p->kind == PIECE_RANGE && !range_inside(p->range, size)))
			return false;
		*(p->kind == PIECE_RANGE ? bytes : zeros) += p->range.len;
	}
	return true;
}

static inline bool hold_ascends(const struct coverage *c)
{
	uint64_t end = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (c->pieces[i].range.off < end)
			return false;
		end = c->pieces[i].range.off + c->pieces[i].range.len;
	}
	return true;
}

static inline const char *hold_regions(const struct container *box, uint64_t size)
{
	uint64_t pos = 0;

	for (size_t i = 0; i < box->n_regions; i++) {
		const struct region *r = &box->regions[i];

		HOLD(r->where.off == pos && r->where.len > 0);
		HOLD(r->name && r->name[0] != '\0');
		for (const char *c = r->name; *c; c++)
			HOLD(*c >= ' ' && *c <= '~');
		pos += r->where.len;
	}
	HOLD(pos == size);
	return NULL;
}

static inline const char *hold_claims(const struct container *box, struct span file)
{
	uint64_t pos = box->pe ? box->pe->table.off : 0;
	size_t n = 0;

	for (const struct claim *c = box->claims; c; c = c->next) {
		uint64_t end = box->pe->table.off + box->pe->table.len;
		struct span bytes;

		HOLD(++n <= PE_MAX_WINCERT);
		HOLD(strcmp(c->scheme, "authenticode") == 0 &&
		     c->presence == ASSAY_PRESENCE_EMBEDDED);
		HOLD(c->where.off >= pos && c->where.len >= 8);
		HOLD(c->signature_off == c->where.off + 8);
		HOLD(c->signature.len == c->where.len - 8);
		HOLD(c->unsupported == (c->type != 2));
		HOLD(span_part(file, c->signature_off, c->signature.len, &bytes));
		HOLD(span_equal(bytes, c->signature));
		pos = c->where.off + c->where.len;
		HOLD(pos <= end);
	}
	return NULL;
}

/* Covered bytes and the holes are the file; the other digests stay inside it. */
static inline const char *hold_coverage(struct arena *a, const struct pe_image *pe)
{
	uint64_t size = pe->file_size, bytes, zeros;
	uint64_t holes = 4 + (pe->has_directory ? 8U : 0U) + pe->table.len;
	struct coverage flat, by_section;
	struct pe_page *pages;
	uint64_t all = 0;
	enum status s;
	size_t n;

	HOLD(pe_cover_flat(a, pe, &flat) == STATUS_OK);
	HOLD(hold_sum(&flat, size, &bytes, &zeros) && hold_ascends(&flat));
	HOLD(bytes + holes == size && zeros == 0);
	s = pe_cover_by_section(a, pe, &by_section);
	HOLD(s == STATUS_OK || s == STATUS_UNSUPPORTED);
	if (s == STATUS_OK) {
		HOLD(hold_sum(&by_section, size, &bytes, &zeros));
		HOLD(bytes <= 4 * size && zeros == 0);
	}
	s = pe_pages(a, pe, PE_PAGE, &pages, &n);
	HOLD(s == STATUS_OK || s == STATUS_UNSUPPORTED || s == STATUS_LIMIT);
	for (size_t i = 0; s == STATUS_OK && i < n; i++) {
		HOLD(hold_sum(&pages[i].covered, size, &bytes, &zeros));
		HOLD((bytes + zeros + (i == 0 ? 12 : 0)) % PE_PAGE == 0 && zeros < PE_PAGE);
		all += bytes;
	}
	HOLD(s != STATUS_OK || all <= 2 * size + 2);
	return NULL;
}

/* Nobody may take a file for unsigned whose directory entry is filled in. */
static inline const char *hold_never_unsigned(const struct container *box, struct span file)
{
	struct cursor c = cursor_at(file, box->pe->directory_off);
	uint64_t entry = cursor_u64le(&c);

	HOLD(!box->pe->has_directory || !cursor_ok(&c) || entry == 0 || box->claims ||
	     box->broken);
	return NULL;
}

static inline const char *hold_box(struct arena *a, const struct container *box,
				   struct span file)
{
	const char *bad = hold_regions(box, file.len);

	HOLD(box->format == &format_pe);
	HOLD(!(box->unsupported && (box->broken || box->pe || box->claims)));
	HOLD(!box->claims || box->pe);
	HOLD(box->pe || box->unsupported || box->broken);
	HOLD(!box->stripped || (!box->claims && !box->broken && box->orphan.len > 0));
	HOLD(range_inside(box->orphan_where, file.len));
	HOLD(box->orphan.len == 0 || box->orphan.len + 8 == box->orphan_where.len);
	if (!bad)
		bad = hold_claims(box, file);
	if (!bad && box->pe)
		bad = hold_never_unsigned(box, file);
	if (!bad && box->pe)
		bad = hold_coverage(a, box->pe);
	return bad;
}

static inline const char *hold_findings(const struct findings *findings, uint64_t size)
{
	for (const struct finding *f = findings->first; f; f = f->next) {
		HOLD(range_inside(f->where, size));
		HOLD(strncmp(f->rule, "pe.", 3) == 0 || strcmp(f->rule, "limit.table") == 0);
	}
	return NULL;
}

/* NULL when everything holds for @file, else what does not. */
static inline const char *pe_hold(struct span file)
{
	static const size_t heads[] = { 64, 4096 };
	CLEANUP(arena_free) struct arena a = { .limit = HOLD_ARENA };
	CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT;
	struct findings findings = FINDINGS_INIT(&a);
	struct view v = view_whole(file);
	struct container box = { 0 };
	enum status s = format_pe.read(&v, &findings, &box);
	const char *bad = hold_findings(&findings, file.len);

	HOLD((s == STATUS_NOT_MINE) != format_pe.sniff(file));
	HOLD(s == STATUS_OK || s == STATUS_LIMIT || s == STATUS_NOT_MINE);
	if (!bad && s == STATUS_OK)
		bad = hold_box(&a, &box, file);
	hold_describe(&whole, s, &box, &findings);
	for (size_t i = 0; !bad && i < COUNT_OF(heads); i++) {
		CLEANUP(arena_free) struct arena again = { .limit = HOLD_ARENA };
		CLEANUP(buffer_free) struct buffer pieces = BUFFER_INIT;

		HOLD(hold_read_pieces(file, heads[i], &again, &pieces) == s);
		HOLD(span_equal(buffer_span(&whole), buffer_span(&pieces)));
	}
	return bad;
}
