/* SPDX-License-Identifier: MIT */
/*
 * Where the bytes of streams lie ([MS-CFB] 2.3, 2.4), and what belongs to none.
 *
 * Streams below 4096 bytes lie in mini sectors of 64 bytes, in a stream that
 * belongs to the root.
 */
#include "structure/cfb_reading.h"

/* Counts pieces, so that many small streams cannot make us remember more than a large one. */
static enum status runs_count(struct cfb_reading *r, const struct cfb_entry *e)
{
	r->n_runs += e->n_runs;
	if (r->n_runs <= CFB_MAX_RUNS)
		return STATUS_OK;
	finding_add(r->findings, "limit.cfb", e->record, "at most 262144 pieces of streams",
		    "more");
	return STATUS_LIMIT;
}

/* The mini FAT, and the root's stream, which holds mini sectors. */
static enum status container_read(struct cfb_reading *r)
{
	const struct cfb_entry *root = &r->entries[0];
	struct cfb_runs minifat = { 0 };
	enum cfb_chain problem;
	uint64_t at = 0;

	if (r->first_minifat < CFB_MAX_SECTOR) {
		TRY(cfb_chain_follow(r, r->first_minifat, UINT64_MAX, &minifat, &problem));
		if (problem != CFB_CHAIN_OK)
			cfb_break(r, "cfb.chain", (struct range){ 0, CFB_HEAD_BYTES },
				  "the sectors of the mini FAT", cfb_chain_say(problem));
	}
	for (size_t i = 0; i < minifat.n; i++)
		TRY(cfb_runs_add(r, &r->tables, minifat.runs[i]));
	TRY(view_gather(r->view, r->arena, minifat.runs, minifat.n, &r->minifat));
	TRY(cfb_chain_follow(r, root->start, root->size, &r->container, &problem));
	if (problem != CFB_CHAIN_OK)
		cfb_break(r, "cfb.chain", root->record, "the sectors of the mini stream",
			  cfb_chain_say(problem));
	r->container_at = ARENA_NEW(r->arena, uint64_t, r->container.n + 1);
	if (!r->container_at)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < r->container.n; i++) {
		r->container_at[i] = at;
		at += r->container.runs[i].len;
	}
	r->container_at[r->container.n] = at;
	return cfb_set_new(r->arena, at / CFB_MINI_BYTES, &r->mini_used);
}

/* Where mini sector @i lies, which the container has. */
static struct range mini_sector(const struct cfb_reading *r, uint64_t i)
{
	uint64_t at = i * CFB_MINI_BYTES;
	size_t low = 0, high = r->container.n;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (r->container_at[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	return (struct range){ r->container.runs[low].off + at - r->container_at[low],
			       CFB_MINI_BYTES };
}

static enum status mini_chain_follow(struct cfb_reading *r, uint32_t start, uint64_t bytes,
				     struct cfb_runs *out, enum cfb_chain *problem)
{
	uint32_t sector = start;

	*problem = CFB_CHAIN_OK;
	while (bytes > 0) {
		struct range here;

		if (sector >= CFB_MAX_SECTOR)
			*problem = CFB_CHAIN_SHORT;
		else if (sector >= r->mini_used.n)
			*problem = CFB_CHAIN_OUTSIDE;
		else if (!cfb_set_add(&r->mini_used, sector))
			*problem = CFB_CHAIN_SHARED;
		if (*problem != CFB_CHAIN_OK)
			return STATUS_OK;
		here = mini_sector(r, sector);
		if (here.len > bytes)
			here.len = bytes;
		TRY(cfb_runs_add(r, out, here));
		bytes -= here.len;
		sector = cfb_next(r->minifat, sector);
	}
	return STATUS_OK;
}

static enum status stream_read(struct cfb_reading *r, struct cfb_entry *e)
{
	struct cfb_runs runs = { 0 };
	enum cfb_chain problem;

	if (e->size >= CFB_MINI_CUTOFF)
		TRY(cfb_chain_follow(r, e->start, e->size, &runs, &problem));
	else
		TRY(mini_chain_follow(r, e->start, e->size, &runs, &problem));
	if (problem != CFB_CHAIN_OK) {
		cfb_break(r, "cfb.chain", e->record,
			  arena_printf(r->arena, "%llu bytes in a chain of sectors",
				       (unsigned long long)e->size),
			  cfb_chain_say(problem));
		return STATUS_OK;
	}
	e->runs = runs.runs;
	e->n_runs = runs.n;
	return runs_count(r, e);
}

enum status cfb_streams_read(struct cfb_reading *r)
{
	TRY(container_read(r));
	for (size_t i = 1; i < r->n_entries; i++)
		if (r->entries[i].reached && r->entries[i].type == CFB_STREAM)
			TRY(stream_read(r, &r->entries[i]));
	return STATUS_OK;
}

/* Takes sectors of the container out of what is used, in which no mini sector is. */
static void container_release(struct cfb_reading *r)
{
	uint64_t each = r->sector_bytes / CFB_MINI_BYTES, i = 0;

	for (size_t run = 0; run < r->container.n; run++) {
		struct range where = r->container.runs[run];

		for (uint64_t off = 0; off < where.len; off += r->sector_bytes) {
			uint64_t sector = (where.off + off) / r->sector_bytes - 1;
			bool is_used = false;

			for (uint64_t k = 0; k < each; k++)
				is_used = is_used || cfb_set_has(&r->mini_used, i + k);
			if (!is_used)
				r->used.bits[sector / 64] &= ~(UINT64_C(1) << sector % 64);
			i += each;
		}
	}
}

/* The end of the last byte in sector @last that holds anything. */
static uint64_t used_end(const struct cfb_reading *r, uint64_t last)
{
	struct range sector = cfb_sector(r, last);
	uint64_t end = sector.off;

	for (size_t i = 1; i < r->n_entries; i++) {
		const struct cfb_entry *e = &r->entries[i];

		for (size_t k = 0; k < e->n_runs; k++) {
			uint64_t stop = e->runs[k].off + e->runs[k].len;

			if (e->runs[k].off < sector.off + sector.len && stop > end)
				end = stop;
		}
	}
	for (size_t i = 0; i < r->tables.n; i++)
		if (r->tables.runs[i].off + r->tables.runs[i].len > end)
			end = r->tables.runs[i].off + r->tables.runs[i].len;
	return end;
}

static enum status hole_add(struct cfb_reading *r, struct cfb_runs *holes, struct range sector)
{
	struct range *last = holes->n ? &holes->runs[holes->n - 1] : NULL;

	if (holes->n < CFB_MAX_HOLES || !last)
		return cfb_runs_add(r, holes, sector);
	last->len = sector.off + sector.len - last->off;
	return STATUS_OK;
}

enum status cfb_holes_find(struct cfb_reading *r)
{
	struct cfb_runs holes = { 0 };
	uint64_t end = r->sector_bytes, last = r->n_sectors;

	container_release(r);
	while (last > 0 && !cfb_set_has(&r->used, last - 1))
		last--;
	for (uint64_t i = 0; i < last; i++)
		if (!cfb_set_has(&r->used, i))
			TRY(hole_add(r, &holes, cfb_sector(r, i)));
	r->out->holes = holes.runs;
	r->out->n_holes = holes.n;
	if (last > 0) {
		struct range sector = cfb_sector(r, last - 1);
		uint64_t full = used_end(r, last - 1);

		end = sector.off + sector.len;
		if (full < end)
			r->out->slack = (struct range){ full, end - full };
	}
	if (end < r->view->size)
		r->out->trailing = (struct range){ end, r->view->size - end };
	return STATUS_OK;
}
