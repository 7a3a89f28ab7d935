/* SPDX-License-Identifier: MIT */
/* Sectors and chains of them ([MS-CFB] 2.1 to 2.4): each sector belongs to one chain. */
#include "base/cursor.h"
#include "structure/cfb_reading.h"

enum status cfb_set_new(struct arena *a, uint64_t n, struct cfb_set *out)
{
	out->bits = ARENA_NEW(a, uint64_t, (size_t)(n / 64 + 1));
	out->n = n;
	return out->bits ? STATUS_OK : STATUS_NO_MEMORY;
}

bool cfb_set_add(struct cfb_set *s, uint64_t i)
{
	uint64_t bit = UINT64_C(1) << i % 64;

	if (i >= s->n || (s->bits[i / 64] & bit))
		return false;
	s->bits[i / 64] |= bit;
	return true;
}

bool cfb_set_has(const struct cfb_set *s, uint64_t i)
{
	return i < s->n && (s->bits[i / 64] >> i % 64 & 1) != 0;
}

struct range cfb_sector(const struct cfb_reading *r, uint64_t i)
{
	uint64_t off = (i + 1) * r->sector_bytes, left = r->view->size - off;

	return (struct range){ off, left < r->sector_bytes ? left : r->sector_bytes };
}

uint32_t cfb_next(struct span table, uint64_t i)
{
	struct cursor c = cursor_at(table, i * 4);
	uint32_t next = cursor_u32le(&c);

	return cursor_ok(&c) ? next : CFB_FREE_SECTOR;
}

static enum status runs_grow(struct cfb_reading *r, struct cfb_runs *l)
{
	size_t room = l->room ? 2 * l->room : 8;
	struct range *more;

	if (room > 2 * CFB_MAX_RUNS) {
		finding_add(r->findings, "limit.cfb", (struct range){ 0, 0 }, NULL,
			    "pieces of one stream");
		return STATUS_LIMIT;
	}
	more = ARENA_NEW(r->arena, struct range, room);
	if (!more)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; l->runs && i < l->n; i++)
		more[i] = l->runs[i];
	l->runs = more;
	l->room = room;
	return STATUS_OK;
}

enum status cfb_runs_add(struct cfb_reading *r, struct cfb_runs *l, struct range more)
{
	struct range *last = l->runs && l->n ? &l->runs[l->n - 1] : NULL;

	if (more.len == 0)
		return STATUS_OK;
	if (last && last->off + last->len == more.off) {
		last->len += more.len;
		return STATUS_OK;
	}
	if (!l->runs || l->n == l->room)
		TRY(runs_grow(r, l));
	l->runs[l->n++] = more;
	return STATUS_OK;
}

const char *cfb_chain_say(enum cfb_chain problem)
{
	switch (problem) {
	case CFB_CHAIN_OK: return "whole";
	case CFB_CHAIN_OUTSIDE: return "it leads out of the file";
	case CFB_CHAIN_SHARED: return "it leads to a sector that belongs to something else";
	case CFB_CHAIN_SHORT: return "it ends before its size";
	}
	return NULL;
}

enum status cfb_chain_follow(struct cfb_reading *r, uint32_t start, uint64_t bytes,
			     struct cfb_runs *out, enum cfb_chain *problem)
{
	bool to_its_end = bytes == UINT64_MAX;
	uint32_t sector = start;

	*problem = CFB_CHAIN_OK;
	while (bytes > 0) {
		struct range here;

		if (sector >= CFB_MAX_SECTOR) {
			if (!to_its_end || sector != CFB_END_OF_CHAIN)
				*problem = CFB_CHAIN_SHORT;
			return STATUS_OK;
		}
		if (sector >= r->n_sectors)
			*problem = CFB_CHAIN_OUTSIDE;
		else if (!cfb_set_add(&r->used, sector))
			*problem = CFB_CHAIN_SHARED;
		if (*problem != CFB_CHAIN_OK)
			return STATUS_OK;
		here = cfb_sector(r, sector);
		/* The last sector of the file may be cut, but not what is in it. */
		if (here.len < bytes && here.len < r->sector_bytes && !to_its_end) {
			*problem = CFB_CHAIN_OUTSIDE;
			return STATUS_OK;
		}
		if (here.len > bytes)
			here.len = bytes;
		TRY(cfb_runs_add(r, out, here));
		if (!to_its_end)
			bytes -= here.len;
		sector = cfb_next(r->fat, sector);
	}
	return STATUS_OK;
}
