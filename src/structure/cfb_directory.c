/* SPDX-License-Identifier: MIT */
/*
 * The directory ([MS-CFB] 2.6): entries, and the red-black trees that join them.
 *
 * Colours and the order of siblings matter to who looks a name up; here every
 * entry is visited, each once.
 */
#include "base/cursor.h"
#include "structure/cfb_reading.h"
#include <stdlib.h>

#define NAME_BYTES 64

/* Names are UTF-16LE; their length counts the NUL behind them. */
static void name_read(struct cfb_reading *r, struct cfb_entry *e, struct span field,
		      uint16_t len)
{
	struct span nul;

	if (len > NAME_BYTES || len % 2 != 0) {
		cfb_break(r, "cfb.name", e->record, "a length that is even and at most 64",
			  arena_printf(r->arena, "%u", len));
		e->name_malformed = true;
		return;
	}
	e->name = span_clip(field, 0, len);
	if (len >= 2 && span_part(field, len - 2, 2, &nul) && span_is_zero(nul))
		e->name.len = len - 2U;
	else
		e->name_malformed = true;
	for (size_t i = 0; i < e->name.len; i += 2)
		if (span_at(e->name, i) == 0 && span_at(e->name, i + 1) == 0)
			e->name_malformed = true;
	if (e->name_malformed)
		finding_add(r->findings, "cfb.name", e->record,
			    "a name that a NUL ends, and no other is in", "another");
}

static void entry_read(struct cfb_reading *r, struct cursor *c, uint32_t i)
{
	struct cfb_entry *e = &r->entries[i];
	struct span name = cursor_take(c, NAME_BYTES), size;
	uint16_t name_len = cursor_u16le(c);

	e->index = i;
	e->type = cursor_u8(c);
	cursor_skip(c, 1); /* colour */
	r->left[i] = cursor_u32le(c);
	r->right[i] = cursor_u32le(c);
	r->child[i] = cursor_u32le(c);
	e->clsid = cursor_take(c, 16);
	e->state = cursor_take(c, 4);
	e->times = cursor_take(c, 16);
	e->start = cursor_u32le(c);
	size = cursor_take(c, 8);
	e->size_low = span_clip(size, 0, 4);
	/* Version 3: writers left garbage in the high half ([MS-CFB] 2.6.3). */
	size = r->wide ? size : e->size_low;
	for (size_t k = size.len; k > 0; k--)
		e->size = e->size << 8 | span_at(size, k - 1);
	if (e->type != CFB_STREAM && e->type != CFB_ROOT)
		e->size = 0;
	if (e->type != CFB_UNALLOCATED)
		name_read(r, e, name, name_len);
}

static enum status entries_new(struct cfb_reading *r, size_t n)
{
	r->entries = ARENA_NEW(r->arena, struct cfb_entry, n);
	r->left = ARENA_NEW(r->arena, uint32_t, n);
	r->right = ARENA_NEW(r->arena, uint32_t, n);
	r->child = ARENA_NEW(r->arena, uint32_t, n);
	if (!r->entries || !r->left || !r->right || !r->child)
		return STATUS_NO_MEMORY;
	r->n_entries = n;
	return STATUS_OK;
}

/* @where: the directory's sectors; an entry lies in one of them. */
static void entries_read(struct cfb_reading *r, struct span bytes, const struct cfb_runs *where)
{
	struct cursor c = cursor_at(bytes, 0);
	uint32_t i = 0;

	for (size_t k = 0; k < where->n; k++) {
		struct range run = where->runs[k];

		for (uint64_t at = 0; at + CFB_ENTRY_BYTES <= run.len && i < r->n_entries;
		     at += CFB_ENTRY_BYTES) {
			r->entries[i].record = (struct range){ run.off + at, CFB_ENTRY_BYTES };
			entry_read(r, &c, i++);
		}
	}
}

enum status cfb_directory_read(struct cfb_reading *r)
{
	struct cfb_runs where = { 0 };
	struct range first = { 0, CFB_HEAD_BYTES };
	enum cfb_chain problem;
	struct span bytes;
	size_t n;

	TRY(cfb_chain_follow(r, r->first_directory, UINT64_MAX, &where, &problem));
	if (problem != CFB_CHAIN_OK)
		cfb_break(r, "cfb.chain", first, "the directory's sectors",
			  cfb_chain_say(problem));
	for (size_t i = 0; i < where.n; i++)
		TRY(cfb_runs_add(r, &r->tables, where.runs[i]));
	TRY(view_gather(r->view, r->arena, where.runs, where.n, &bytes));
	n = bytes.len / CFB_ENTRY_BYTES;
	if (n > CFB_MAX_ENTRIES) {
		finding_add(r->findings, "limit.cfb", first, "at most 65536 entries",
			    arena_printf(r->arena, "%zu", n));
		return STATUS_LIMIT;
	}
	TRY(entries_new(r, n));
	entries_read(r, bytes, &where);
	if (n > 0 && r->entries[0].type == CFB_ROOT)
		return STATUS_OK;
	cfb_break(r, "cfb.directory", n ? r->entries[0].record : first,
		  "a root storage in the first entry", n ? "another entry" : "no entry");
	r->n_entries = 0;
	return STATUS_OK;
}

/* Entries that are known of but were not looked at yet. */
struct walk {
	struct cfb_reading *r;
	uint32_t *waiting, *parents;
	uint16_t *depths;
	size_t n;
};

static const char *entry_problem(const struct cfb_reading *r, uint32_t i)
{
	if (i >= r->n_entries)
		return "one that is not there";
	if (r->entries[i].reached)
		return "one that something else has";
	if (r->entries[i].type != CFB_STORAGE && r->entries[i].type != CFB_STREAM)
		return "one that is neither storage nor stream";
	return NULL;
}

/* @i, which @from leads to, is a child of @parent. */
static void entry_reach(struct walk *w, uint32_t i, uint32_t parent,
			const struct cfb_entry *from)
{
	struct cfb_reading *r = w->r;
	const char *problem;

	if (i == CFB_NO_ENTRY)
		return;
	problem = entry_problem(r, i);
	if (problem) {
		cfb_break(r, "cfb.tree", from->record, "a tree of entries",
			  arena_printf(r->arena, "entry %u leads to entry %u, %s", from->index,
				       i, problem));
		return;
	}
	r->entries[i].reached = true;
	w->parents[i] = parent;
	w->depths[i] = (uint16_t)(w->depths[parent] + 1);
	w->waiting[w->n++] = i;
}

static enum status entry_enter(struct walk *w, uint32_t i)
{
	struct cfb_reading *r = w->r;
	const struct cfb_entry *e = &r->entries[i];

	if (w->depths[i] > CFB_MAX_DEPTH) {
		finding_add(r->findings, "limit.cfb", e->record, "storages at most 32 deep",
			    "deeper");
		return STATUS_LIMIT;
	}
	if (i != 0) {
		entry_reach(w, r->left[i], w->parents[i], e);
		entry_reach(w, r->right[i], w->parents[i], e);
	}
	if (e->type != CFB_STREAM)
		entry_reach(w, r->child[i], i, e);
	else if (r->child[i] != CFB_NO_ENTRY)
		cfb_break(r, "cfb.tree", e->record, "no children of a stream",
			  arena_printf(r->arena, "entry %u has", i));
	return STATUS_OK;
}

/* Order by the bytes of names: what every digest over a directory uses. */
static int by_name(const void *a, const void *b)
{
	const struct cfb_entry *const *x = (const struct cfb_entry *const *)a;
	const struct cfb_entry *const *y = (const struct cfb_entry *const *)b;
	int order = span_compare((*x)->name, (*y)->name);

	return order ? order : ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

static void names_compare(struct cfb_reading *r, const struct cfb_entry *storage)
{
	for (size_t i = 1; i < storage->n_children; i++)
		if (span_equal(storage->children[i - 1]->name, storage->children[i]->name))
			cfb_break(r, "cfb.duplicate-name", storage->children[i]->record,
				  "one entry of each name in a storage",
				  arena_printf(r->arena, "entries %u and %u",
					       storage->children[i - 1]->index,
					       storage->children[i]->index));
}

static enum status children_sort(struct walk *w)
{
	struct cfb_reading *r = w->r;
	const struct cfb_entry **all =
		ARENA_NEW(r->arena, const struct cfb_entry *, r->n_entries);
	uint32_t *counts = ARENA_NEW(r->arena, uint32_t, r->n_entries + 1);
	uint32_t sum = 0;

	if (!all || !counts)
		return STATUS_NO_MEMORY;
	for (size_t i = 1; i < r->n_entries; i++)
		if (r->entries[i].reached)
			r->entries[w->parents[i]].n_children++;
	for (size_t i = 0; i < r->n_entries; i++) {
		counts[i] = sum;
		sum += (uint32_t)r->entries[i].n_children;
		if (r->entries[i].n_children > 0)
			r->entries[i].children = &all[counts[i]];
	}
	for (size_t i = 1; i < r->n_entries; i++)
		if (r->entries[i].reached)
			all[counts[w->parents[i]]++] = &r->entries[i];
	for (size_t i = 0; i < r->n_entries; i++) {
		struct cfb_entry *e = &r->entries[i];

		if (e->n_children == 0)
			continue;
		qsort(&all[counts[i] - e->n_children], e->n_children,
		      sizeof(struct cfb_entry *), by_name);
		names_compare(r, e);
	}
	return STATUS_OK;
}

enum status cfb_tree_read(struct cfb_reading *r)
{
	struct walk w = { .r = r,
			  .waiting = ARENA_NEW(r->arena, uint32_t, r->n_entries),
			  .parents = ARENA_NEW(r->arena, uint32_t, r->n_entries),
			  .depths = ARENA_NEW(r->arena, uint16_t, r->n_entries) };
	size_t n_orphans = 0;

	if (!w.waiting || !w.parents || !w.depths)
		return STATUS_NO_MEMORY;
	r->entries[0].reached = true;
	w.n = 1; /* entry 0, the root */
	while (w.n > 0)
		TRY(entry_enter(&w, w.waiting[--w.n]));
	for (size_t i = 0; i < r->n_entries; i++)
		n_orphans += !r->entries[i].reached && r->entries[i].type != CFB_UNALLOCATED;
	if (n_orphans > 0)
		finding_add(r->findings, "cfb.orphan", (struct range){ 0, 0 },
			    "entries that the tree leads to",
			    arena_printf(r->arena, "%zu others", n_orphans));
	return children_sort(&w);
}
