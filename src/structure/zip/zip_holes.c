/* SPDX-License-Identifier: MIT */
/*
 * Order in the file, overlaps, and holes: what no entry and no record owns.
 *
 * The schemes that sign entries say nothing about holes, and a hole may be a
 * whole program: DEX before a JAR (CVE-2017-13156), a JAR behind a program.
 */
#include "structure/zip/zip_reading.h"

#include <stdlib.h>

#define HOLE_GLANCE 64   /* bytes of a hole that are looked at */
#define HOLES_SEEN  4096 /* so many are looked at; all are counted */

static const struct {
	const char *like;
	struct span magic;
} likenesses[] = {
	{"Dalvik program",               SPAN_INIT("dex\n")           },
	{ "Windows program",             SPAN_INIT("MZ")              },
	{ "ELF program",                 SPAN_INIT("\x7f"
				   "ELF")     },
	{ "Mach-O program",              SPAN_INIT("\xfe\xed\xfa\xce")},
	{ "Mach-O program",              SPAN_INIT("\xfe\xed\xfa\xcf")},
	{ "Mach-O program",              SPAN_INIT("\xce\xfa\xed\xfe")},
	{ "Mach-O program",              SPAN_INIT("\xcf\xfa\xed\xfe")},
	{ "Java class or Mach-O",        SPAN_INIT("\xca\xfe\xba\xbe")},
	{ "script",		      SPAN_INIT("#!")              },
	{ "ZIP archive",                 SPAN_INIT("PK\3\4")          },
	{ "compound file (MSI, Office)", SPAN_INIT("\xd0\xcf\x11\xe0")},
};

const char *zip_likeness(struct span head)
{
	for (size_t i = 0; i < COUNT_OF(likenesses); i++)
		if (span_starts(head, (const char *)likenesses[i].magic.ptr,
				likenesses[i].magic.len))
			return likenesses[i].like;
	return NULL;
}

static int offset_compare(const void *a, const void *b, void *zip)
{
	const struct zip_entry *entries = ((const struct zip *)zip)->entries;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;

	if (entries[i].header.off != entries[j].header.off)
		return entries[i].header.off < entries[j].header.off ? -1 : 1;
	return (i > j) - (i < j);
}

static uint64_t entry_end(const struct zip_entry *e)
{
	return e->data.off + e->data.len + e->descriptor.len;
}

struct hole_list {
	struct zip_hole *holes;
	size_t n;
};

static void hole_add(struct hole_list *list, enum zip_hole_kind kind, uint64_t from,
		     uint64_t end)
{
	if (end > from)
		list->holes[list->n++] = (struct zip_hole){
			.kind = kind, .where = {from, end - from}
		};
}

/* Walks the entries in file order; gives the end of the last. */
static uint64_t sweep_entries(struct zip_reading *r, struct hole_list *list)
{
	const struct zip *z = r->out;
	uint64_t end = 0;
	bool any = false;

	for (size_t i = 0; i < z->n_entries; i++) {
		const struct zip_entry *e = &z->entries[z->by_offset[i]];

		if (e->header.len == 0)
			continue; /* has no local header, owns nothing */
		if (any && e->header.off < end)
			zip_note(r, ZIP_OVERLAP, "zip.overlap", e->header,
				 "entries that share no bytes", zip_shown(r, e->name));
		hole_add(list, any ? ZIP_HOLE_GAP : ZIP_HOLE_PREFIX, end, e->header.off);
		if (entry_end(e) > end)
			end = entry_end(e);
		any = true;
	}
	hole_add(list, any ? ZIP_HOLE_BLOCK : ZIP_HOLE_PREFIX, end, r->central_off);
	return end;
}

static void sweep(struct zip_reading *r, struct hole_list *list)
{
	const struct zip *z = r->out;
	uint64_t records = z->central.off + z->central.len;
	uint64_t slack = z->central.off + r->central.len;

	(void)sweep_entries(r, list);
	hole_add(list, ZIP_HOLE_CENTRAL_SLACK, records, slack);
	hole_add(list, ZIP_HOLE_CENTRAL_GAP, slack, z->end.off);
	hole_add(list, ZIP_HOLE_TRAILING, z->end.off + z->end.len, r->view->size);
}

/* Before holes are looked at, their first bytes are wanted, all together. */
static enum status holes_want(struct zip_reading *r, const struct hole_list *list)
{
	struct range *wishes = ARENA_NEW(r->findings->arena, struct range, list->n + 1);
	size_t n = 0;

	if (!wishes)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < list->n && i < HOLES_SEEN; i++) {
		struct range place = list->holes[i].where;
		struct span bytes;

		place.len = place.len < HOLE_GLANCE ? place.len : HOLE_GLANCE;
		if (view_part(r->view, place.off, place.len, &bytes) == STATUS_WANT)
			wishes[n++] = place;
	}
	return n ? view_want(r->view, wishes, n) : STATUS_OK;
}

/* Padding with zeros before a program does not hide it. */
static struct span without_zeros(struct span s)
{
	uint64_t n = 0;

	while (n < s.len && span_at(s, n) == 0)
		n++;
	return span_after(s, n);
}

static enum status hole_look(struct zip_reading *r, struct zip_hole *hole)
{
	struct span head;

	TRY(view_clip(r->view, hole->where.off,
		      hole->where.len < HOLE_GLANCE ? hole->where.len : HOLE_GLANCE, &head));
	hole->like = zip_likeness(without_zeros(head));
	if (hole->like)
		zip_note(r, ZIP_POLYGLOT, "zip.polyglot", hole->where,
			 "bytes that are nothing of their own", hole->like);
	return STATUS_OK;
}

/* Java's modules for building (JMOD) have four bytes of their own before the archive. */
static bool is_module(struct zip_reading *r, struct range prefix)
{
	struct span head;

	return prefix.off == 0 && view_clip(r->view, 0, prefix.len, &head) == STATUS_OK &&
	       span_equal(head, SPAN_LITERAL("JM\1\0"));
}

static void hole_note(struct zip_reading *r, const struct zip_hole *hole)
{
	switch (hole->kind) {
	case ZIP_HOLE_PREFIX:
		if (r->out->delta && is_module(r, hole->where))
			zip_note(r, ZIP_PREFIX | ZIP_PREFIX_RAW, "zip.module", hole->where,
				 NULL, NULL);
		else if (r->out->delta)
			zip_note(r, ZIP_PREFIX | ZIP_PREFIX_RAW, "zip.prefix-raw", hole->where,
				 "offsets that count from the beginning of the file", NULL);
		if (!r->out->delta)
			zip_note(r, ZIP_PREFIX, "zip.prefix", hole->where,
				 "an archive from the first byte on", NULL);
		return;
	case ZIP_HOLE_GAP:
		zip_note(r, ZIP_GAP, "zip.gap", hole->where, "entries without gaps", NULL);
		return;
	case ZIP_HOLE_CENTRAL_GAP:
		zip_note(r, ZIP_CENTRAL_GAP, "zip.central-gap", hole->where,
			 "the end record right behind the central directory", NULL);
		return;
	case ZIP_HOLE_TRAILING:
		zip_note(r, ZIP_TRAILING, "zip.trailing", hole->where,
			 "the end of the file behind the comment", NULL);
		return;
	case ZIP_HOLE_BLOCK: /* a signature, perhaps: formats know */
	case ZIP_HOLE_CENTRAL_SLACK: /* told when it was read */ return;
	}
}

enum status zip_holes_read(struct zip_reading *r)
{
	size_t n = r->out->n_entries;
	uint32_t *order = ARENA_NEW(r->findings->arena, uint32_t, n + 1);
	struct hole_list list = { ARENA_NEW(r->findings->arena, struct zip_hole, n + 5), 0 };

	if (!order || !list.holes)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, n, sizeof(*order), offset_compare, r->out);
	r->out->by_offset = order;
	sweep(r, &list);
	TRY(holes_want(r, &list));
	for (size_t i = 0; i < list.n; i++) {
		hole_note(r, &list.holes[i]);
		if (i < HOLES_SEEN)
			TRY(hole_look(r, &list.holes[i]));
	}
	r->out->holes = list.holes;
	r->out->n_holes = list.n;
	return STATUS_OK;
}
