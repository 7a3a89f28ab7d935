/* SPDX-License-Identifier: MIT */
/*
 * The byte map of an installer package: which stream has which bytes.
 *
 * What is left of a sector behind the end of a stream goes with the stream;
 * small streams, which lie in mini sectors, are one region.
 */
#include "formats/msi/reading.h"

#include <stdlib.h>

struct region_list {
	struct region *regions;
	size_t n, room;
	uint64_t pos;
};

static int by_offset(const void *a, const void *b)
{
	const struct region *x = (const struct region *)a, *y = (const struct region *)b;

	return (x->where.off > y->where.off) - (x->where.off < y->where.off);
}

static void region_put(struct region_list *l, struct region r)
{
	struct region *last = l->n > 0 ? &l->regions[l->n - 1] : NULL;

	if (r.where.len == 0)
		return;
	l->pos = r.where.off + r.where.len;
	if (last && (l->n == MSI_MAX_REGIONS || strcmp(last->name, r.name) == 0)) {
		last->where.len = l->pos - last->where.off;
		return;
	}
	l->regions[l->n++] = r;
}

static enum status stream_regions(struct msi_reading *r, const struct cfb_entry *e,
				  struct region *all, size_t *n)
{
	struct region region = { .name = "small streams", .kind = REGION_SECTION };

	if (e == r->signature || e == r->extended)
		region = (struct region){ .name = "signature", .kind = REGION_SIGNATURE };
	else if (e->size >= 4096)
		TRY(msi_name_read(r->arena, e->name, &region.name));
	for (size_t i = 0; i < e->n_runs; i++) {
		region.where = e->runs[i];
		all[(*n)++] = region;
	}
	return STATUS_OK;
}

/* Everything that has an owner, in file order. */
static enum status owned_list(struct msi_reading *r, struct region **out, size_t *n)
{
	const struct cfb *cfb = &r->file->cfb;
	struct region *all;
	size_t room = cfb->n_tables + 1;

	for (size_t i = 0; i < cfb->n_entries; i++)
		room += cfb->entries[i].n_runs;
	all = ARENA_NEW(r->arena, struct region, room);
	if (!all)
		return STATUS_NO_MEMORY;
	*n = 0;
	for (size_t i = 0; i < cfb->n_tables; i++)
		all[(*n)++] = (struct region){ "tables", REGION_HEADER, cfb->tables[i] };
	for (size_t i = 0; i < cfb->n_entries; i++)
		TRY(stream_regions(r, &cfb->entries[i], all, n));
	qsort(all, *n, sizeof(*all), by_offset);
	*out = all;
	return STATUS_OK;
}

enum status msi_regions_make(struct msi_reading *r)
{
	const struct cfb *cfb = &r->file->cfb;
	struct region_list l = { 0 };
	uint64_t size = r->view->size;
	uint64_t trailing = cfb->trailing.len > 0 ? cfb->trailing.off : size;
	struct region *all = NULL;
	size_t n = 0;

	l.regions = ARENA_NEW(r->arena, struct region, MSI_MAX_REGIONS + 1);
	if (!l.regions)
		return STATUS_NO_MEMORY;
	TRY(owned_list(r, &all, &n));
	for (size_t i = 0; i < n; i++) {
		uint64_t gap = all[i].where.off - l.pos;

		if (gap >= cfb->sector_bytes || l.n == 0)
			region_put(&l, (struct region){
					       "free", REGION_GAP, {l.pos, gap}
                        });
		else
			l.regions[l.n - 1].where.len += gap;
		region_put(&l, all[i]);
	}
	if (l.n > 0 && trailing - l.pos < cfb->sector_bytes) {
		l.regions[l.n - 1].where.len += trailing - l.pos;
		l.pos = trailing;
	}
	region_put(&l, (struct region){
			       "free", REGION_GAP, {l.pos, trailing - l.pos}
        });
	region_put(&l, (struct region){
			       "trailing", REGION_TRAILING, {trailing, size - trailing}
        });
	r->out->regions = l.regions;
	r->out->n_regions = l.n;
	return STATUS_OK;
}
