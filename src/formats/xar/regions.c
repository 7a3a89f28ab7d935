/* SPDX-License-Identifier: MIT */
/* The byte map of an archive, what overlaps in it, and what belongs to nothing. */
#include "formats/xar/reading.h"

#include <stdlib.h>

#define FIXED (4 + XAR_STYLES + XAR_MAX_TRAILERS) /* parts that are no extents */

static int extent_compare(const void *a, const void *b)
{
	const struct xar_extent *x = (const struct xar_extent *)a;
	const struct xar_extent *y = (const struct xar_extent *)b;

	if (x->where.off != y->where.off)
		return x->where.off < y->where.off ? -1 : 1;
	return (x->where.len > y->where.len) - (x->where.len < y->where.len);
}

static int part_compare(const void *a, const void *b)
{
	const struct region *x = (const struct region *)a;
	const struct region *y = (const struct region *)b;

	if (x->where.off != y->where.off)
		return x->where.off < y->where.off ? -1 : 1;
	return (x->where.len > y->where.len) - (x->where.len < y->where.len);
}

/* Files with the same contents may share them. */
static bool shared(const struct xar_extent *a, const struct xar_extent *b)
{
	return a->where.off == b->where.off && a->where.len == b->where.len &&
	       a->kind == b->kind && span_equal(a->checksum, b->checksum);
}

static void extents_sort(struct xar_reading *r)
{
	struct xar_image *xar = r->xar;
	size_t n = 0;

	if (xar->n_extents > 0)
		qsort(r->extents, xar->n_extents, sizeof(*r->extents), extent_compare);
	for (size_t i = 0; i < xar->n_extents; i++)
		if (n == 0 || !shared(&r->extents[n - 1], &r->extents[i]))
			r->extents[n++] = r->extents[i];
	xar->n_extents = n;
	xar->extents = r->extents;
}

static void part_put(struct region *parts, size_t *n, const char *name, enum region_kind kind,
		     struct range where)
{
	if (where.len > 0)
		parts[(*n)++] = (struct region){ name, kind, where };
}

static size_t parts_list(const struct xar_reading *r, struct region *parts)
{
	const struct xar_image *xar = r->xar;
	uint64_t size = r->view->size;
	size_t n = 0;

	part_put(parts, &n, "header", REGION_HEADER, (struct range){ 0, XAR_HEADER });
	part_put(parts, &n, "table of contents", REGION_HEADER, xar->toc);
	part_put(parts, &n, "checksum", REGION_HEADER, xar->checksum_where);
	for (size_t i = 0; i < XAR_STYLES; i++)
		part_put(parts, &n, "signature", REGION_SIGNATURE, xar->signatures[i].where);
	for (size_t i = 0; i < xar->n_extents; i++)
		part_put(parts, &n, xar->extents[i].name, REGION_SECTION,
			 xar->extents[i].where);
	part_put(parts, &n, "notarization", REGION_TRAILING,
		 (struct range){ xar->tail, size - xar->tail });
	return n;
}

static void hole_note(struct xar_reading *r, struct range where)
{
	if (r->xar->n_holes++ < XAR_MAX_SHOWN && xar_is_signed(r->xar))
		finding_add(
			r->findings, "xar.uncovered", where, "nothing between the files",
			arena_printf(r->arena, "%llu bytes", (unsigned long long)where.len));
}

/* A region, and the gap before it; where parts overlap, the first has the bytes. */
static void region_put(struct xar_reading *r, struct container *out, struct region *to,
		       const struct region *p)
{
	const struct region *last = out->n_regions ? &to[out->n_regions - 1] : NULL;
	uint64_t pos = last ? last->where.off + last->where.len : 0;
	uint64_t end = p->where.off + p->where.len;

	if (p->where.off > pos) {
		struct range gap = { pos, p->where.off - pos };

		to[out->n_regions++] = (struct region){ "gap", REGION_GAP, gap };
		hole_note(r, gap);
		pos = p->where.off;
	}
	if (end > pos)
		to[out->n_regions++] = (struct region){
			p->name, p->kind, {pos, end - pos}
		};
}

static void overlaps_judge(struct xar_reading *r, const struct region *parts, size_t n)
{
	uint64_t pos = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t end = parts[i].where.off + parts[i].where.len;

		if (parts[i].where.off < pos) {
			xar_break(r, "xar.overlap", parts[i].where, "parts that lie apart",
				  parts[i].name);
			return;
		}
		pos = end;
	}
}

enum status xar_regions_make(struct xar_reading *r, struct container *out)
{
	struct region *regions, *parts;
	uint64_t end;
	size_t n;

	extents_sort(r);
	parts = ARENA_NEW(r->arena, struct region, r->xar->n_extents + FIXED);
	regions = ARENA_NEW(r->arena, struct region, 2 * (r->xar->n_extents + FIXED) + 1);
	if (!parts || !regions)
		return STATUS_NO_MEMORY;
	n = parts_list(r, parts);
	qsort(parts, n, sizeof(*parts), part_compare);
	overlaps_judge(r, parts, n);
	for (size_t i = 0; i < n; i++)
		region_put(r, out, regions, &parts[i]);
	out->regions = regions;
	end = regions[out->n_regions - 1].where.off + regions[out->n_regions - 1].where.len;
	if (end < r->view->size) {
		struct range rest = { end, r->view->size - end };

		regions[out->n_regions++] = (struct region){ "overlay", REGION_OVERLAY, rest };
		hole_note(r, rest);
	}
	return STATUS_OK;
}
