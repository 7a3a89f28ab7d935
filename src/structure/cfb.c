/* SPDX-License-Identifier: MIT */
/*
 * A compound file, step by step; header and allocation tables.
 *
 * Follows [MS-CFB] 2.2 (header), 2.3 (FAT), 2.5 (DIFAT).
 */
#include "base/cursor.h"
#include "structure/cfb_reading.h"

#define MAGIC          "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#define MAGIC_BYTES    8
#define AT_VERSION     26
#define AT_DIFAT       76
#define DIFAT_IN_HEAD  109
#define BYTE_ORDER_LE  0xfffe
#define SECTOR_SHIFT_3 9
#define SECTOR_SHIFT_4 12
#define MINI_SHIFT     6

bool cfb_sniff(struct span head)
{
	return span_starts(head, MAGIC, MAGIC_BYTES);
}

void cfb_break(struct cfb_reading *r, const char *rule, struct range where,
	       const char *expected, const char *observed)
{
	r->out->broken = true;
	finding_add(r->findings, rule, where, expected, observed);
}

/* False: what stands in it cannot be followed; said why. */
static bool header_read(struct cfb_reading *r, struct span head)
{
	struct cursor c = cursor_at(head, AT_VERSION);
	uint16_t version = cursor_u16le(&c), order = cursor_u16le(&c);
	uint16_t shift = cursor_u16le(&c), mini_shift = cursor_u16le(&c);
	uint32_t cutoff;

	cursor_skip(&c,
		    10); /* reserved; number of directory sectors, which version 3 has not */
	r->n_fat = cursor_u32le(&c);
	r->first_directory = cursor_u32le(&c);
	cursor_skip(&c, 4); /* transaction */
	cutoff = cursor_u32le(&c);
	r->first_minifat = cursor_u32le(&c);
	cursor_skip(&c, 4); /* number of mini FAT sectors: the chain says it */
	r->first_difat = cursor_u32le(&c);
	r->n_difat = cursor_u32le(&c);
	r->difat_head = cursor_rest(&c);
	if (!cursor_ok(&c) || head.len < CFB_HEAD_BYTES) {
		cfb_break(r, "cfb.header", (struct range){ 0, head.len },
			  "a header of 512 bytes", "the file ends before its end");
		return false;
	}
	if (!(version == 3 && shift == SECTOR_SHIFT_3) &&
	    !(version == 4 && shift == SECTOR_SHIFT_4)) {
		cfb_break(r, "cfb.header", (struct range){ AT_VERSION, 8 },
			  "version 3 with sectors of 512 bytes, or 4 with 4096",
			  arena_printf(r->arena, "version %u, 2^%u bytes", version, shift));
		return false;
	}
	if (order != BYTE_ORDER_LE || mini_shift != MINI_SHIFT || cutoff != CFB_MINI_CUTOFF) {
		cfb_break(r, "cfb.header", (struct range){ AT_VERSION, AT_DIFAT - AT_VERSION },
			  "mini sectors of 64 bytes below 4096",
			  arena_printf(r->arena, "2^%u bytes below %u", mini_shift, cutoff));
		return false;
	}
	r->wide = version == 4;
	r->sector_bytes = UINT64_C(1) << shift;
	return true;
}

/* Takes @sector for a table.  False: it cannot be one; said why. */
static bool table_sector_take(struct cfb_reading *r, uint32_t sector, const char *what)
{
	if (cfb_set_add(&r->used, sector) && cfb_sector(r, sector).len == r->sector_bytes)
		return true;
	cfb_break(r, "cfb.table", (struct range){ 0, CFB_HEAD_BYTES },
		  arena_printf(r->arena,
			       "a sector for %s that is inside the file and its alone", what),
		  arena_printf(r->arena, "sector %u", sector));
	return false;
}

/* The FAT sectors that @list names; at most what is still missing of them. */
static enum status fat_sectors_add(struct cfb_reading *r, struct span list,
				   struct cfb_runs *parts, uint32_t *n)
{
	struct cursor c = cursor_at(list, 0);

	while (*n < r->n_fat && cursor_left(&c) >= 4) {
		uint32_t sector = cursor_u32le(&c);

		if (!table_sector_take(r, sector, "the FAT")) {
			r->n_fat = *n;
			return STATUS_OK;
		}
		TRY(cfb_runs_add(r, parts, cfb_sector(r, sector)));
		++*n;
	}
	return STATUS_OK;
}

/* The chain of DIFAT sectors: each lists FAT sectors, and last the next of its kind. */
static enum status difat_follow(struct cfb_reading *r, struct cfb_runs *parts, uint32_t *n)
{
	uint32_t sector = r->first_difat;
	size_t i = 0;

	for (; *n < r->n_fat && sector < CFB_MAX_SECTOR; i++) {
		struct range *where = ARENA_NEW(r->arena, struct range, 1);
		struct span list;

		if (!where)
			return STATUS_NO_MEMORY;
		if (i == CFB_MAX_DIFAT) {
			finding_add(r->findings, "limit.cfb", (struct range){ 0, 0 }, NULL,
				    "DIFAT sectors");
			return STATUS_LIMIT;
		}
		if (!table_sector_take(r, sector, "the DIFAT"))
			return STATUS_OK;
		*where = cfb_sector(r, sector);
		TRY(view_gather(r->view, r->arena, where, 1, &list));
		TRY(cfb_runs_add(r, &r->tables, *where));
		TRY(fat_sectors_add(r, span_clip(list, 0, r->sector_bytes - 4), parts, n));
		sector = cfb_next(list, r->sector_bytes / 4 - 1);
	}
	return STATUS_OK;
}

static enum status fat_read(struct cfb_reading *r)
{
	struct cfb_runs parts = { 0 };
	uint32_t n = 0, wanted = r->n_fat;

	TRY(fat_sectors_add(r, span_clip(r->difat_head, 0, DIFAT_IN_HEAD * UINT64_C(4)), &parts,
			    &n));
	TRY(difat_follow(r, &parts, &n));
	if (n < wanted)
		cfb_break(r, "cfb.table", (struct range){ 0, CFB_HEAD_BYTES },
			  arena_printf(r->arena, "%u sectors of the FAT", wanted),
			  arena_printf(r->arena, "%u", n));
	for (size_t i = 0; i < parts.n; i++)
		TRY(cfb_runs_add(r, &r->tables, parts.runs[i]));
	return view_gather(r->view, r->arena, parts.runs, parts.n, &r->fat);
}

enum status cfb_tables_read(struct cfb_reading *r)
{
	struct span head;

	TRY(view_clip(r->view, 0, CFB_HEAD_BYTES, &head));
	if (!cfb_sniff(head))
		return STATUS_NOT_MINE;
	if (!header_read(r, head))
		return STATUS_OK;
	r->n_sectors = (r->view->size + r->sector_bytes - 1) / r->sector_bytes;
	r->n_sectors -= r->n_sectors > 0; /* the header's own */
	r->out->sector_bytes = r->sector_bytes;
	TRY(cfb_set_new(r->arena, r->n_sectors, &r->used));
	TRY(cfb_runs_add(r, &r->tables,
			 (struct range){ 0, r->sector_bytes < r->view->size ? r->sector_bytes
									    : r->view->size }));
	return fat_read(r);
}

enum status cfb_read(struct view *view, struct findings *findings, struct cfb *out)
{
	struct cfb_reading r = {
		.view = view, .findings = findings, .arena = findings->arena, .out = out
	};

	*out = (struct cfb){ 0 };
	TRY(cfb_tables_read(&r));
	if (r.sector_bytes == 0)
		return STATUS_OK;
	TRY(cfb_directory_read(&r));
	if (r.n_entries == 0)
		return STATUS_OK;
	TRY(cfb_tree_read(&r));
	TRY(cfb_streams_read(&r));
	TRY(cfb_holes_find(&r));
	out->entries = r.entries;
	out->n_entries = r.n_entries;
	out->tables = r.tables.runs;
	out->n_tables = r.tables.n;
	return STATUS_OK;
}

const struct cfb_entry *cfb_child(const struct cfb_entry *storage, struct span name)
{
	for (size_t i = 0; i < storage->n_children; i++)
		if (!storage->children[i]->name_malformed &&
		    span_equal(storage->children[i]->name, name))
			return storage->children[i];
	return NULL;
}

enum status cfb_load(struct view *view, struct arena *a, const struct cfb_entry *e,
		     uint64_t max, struct span *out)
{
	*out = SPAN_NONE;
	if (e->size > max)
		return STATUS_LIMIT;
	return view_gather(view, a, e->runs, e->n_runs, out);
}
