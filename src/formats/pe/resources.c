/* SPDX-License-Identifier: MIT */
/*
 * The resource tree: type, name, language, and a leaf.
 *
 * Follows "PE Format" (Microsoft), "The .rsrc Section".  The depth is fixed, a
 * table is read once, and all tables and leaves stand in the first PE_MAX_TREE
 * bytes: whoever writes resources puts the tree before the data.
 */
#include "base/cursor.h"
#include "formats/pe/looking.h"

#define DEPTH        3
#define SUBDIRECTORY 0x80000000U
#define TABLE_BYTES  16
#define ENTRY_BYTES  8
#define CELL         8 /* no two tables begin in one */
#define CELLS        (PE_MAX_TREE / CELL)

struct walk {
	struct pe_looking *l;
	struct span tree;
	uint64_t off; /* of the tree in the file */
	bool cut;     /* the tree may go on behind what is looked at */
	uint32_t keys[DEPTH];
	uint64_t seen[CELLS / 64]; /* tables that were read: a bit for each cell */
	size_t n_nodes;
	struct pe_resource **last;
	struct pe_resource_tree *out;
};

static void complain(struct walk *w, uint64_t at, const char *expected, const char *observed)
{
	if (w->out->expected)
		return;
	w->out->expected = expected;
	w->out->observed = observed;
	w->out->where = (struct range){ w->off + (at < w->tree.len ? at : 0), 0 };
}

/* Something at @at cannot be read. */
static void missing(struct walk *w, uint64_t at, const char *observed)
{
	w->out->complete = false;
	if (w->cut)
		w->l->gave_up = true;
	else
		complain(w, at, "tables and leaves inside the section", observed);
}

static bool seen_before(struct walk *w, uint64_t off)
{
	uint64_t cell = off / CELL, bit = UINT64_C(1) << (cell % 64);
	bool before;

	if (cell >= CELLS)
		return false;
	before = (w->seen[cell / 64] & bit) != 0;
	w->seen[cell / 64] |= bit;
	return before;
}

static enum status leaf_read(struct walk *w, int depth, uint64_t off)
{
	struct cursor c = cursor_at(w->tree, off);
	struct pe_resource leaf = {
		.type = w->keys[0],
		.name = depth > 0 ? w->keys[1] : 0,
		.language = depth > 1 ? w->keys[2] : 0,
		.rva = cursor_u32le(&c),
		.size = cursor_u32le(&c),
	};
	struct pe_resource *kept;

	if (!cursor_ok(&c)) {
		missing(w, off, "a leaf outside");
		return STATUS_OK;
	}
	if (depth + 1 < DEPTH)
		complain(w, off, "a leaf below type, name and language", "a leaf above");
	if (leaf.size > 0 && !pe_rva_inside(w->l->pe, leaf.rva))
		complain(w, off, "data inside the image", "data outside");
	kept = ARENA_NEW(w->l->arena, struct pe_resource, 1);
	if (!kept)
		return STATUS_NO_MEMORY;
	*kept = leaf;
	*w->last = kept;
	w->last = &kept->next;
	w->out->n++;
	w->out->bytes += leaf.size;
	return STATUS_OK;
}

static enum status table_read(struct walk *w, int depth, uint64_t off);

static enum status entry_read(struct walk *w, int depth, uint32_t to)
{
	uint64_t off = to & ~SUBDIRECTORY;

	if ((to & SUBDIRECTORY) == 0)
		return leaf_read(w, depth, off);
	if (depth + 1 == DEPTH) {
		complain(w, off, "a leaf below type, name and language", "one more table");
		return STATUS_OK;
	}
	return table_read(w, depth + 1, off);
}

/* The table at @off up to its entries, and how many they are.  False: it is none, said so. */
static bool table_open(struct walk *w, uint64_t off, struct cursor *c, uint32_t *n)
{
	*c = cursor_at(w->tree, off);
	cursor_skip(c, TABLE_BYTES - 4);
	*n = cursor_u16le(c);
	*n += cursor_u16le(c);
	if (!cursor_ok(c)) {
		missing(w, off, "a table outside");
		return false;
	}
	if (seen_before(w, off)) {
		complain(w, off, "every table in one place of the tree", "in two places");
		return false;
	}
	return true;
}

/* The next entry.  False: there is none, or there were too many. */
static bool entry_next(struct walk *w, struct cursor *c, uint32_t *key, uint32_t *to)
{
	*key = cursor_u32le(c);
	*to = cursor_u32le(c);
	if (!cursor_ok(c)) {
		missing(w, c->pos, "a table that ends outside");
		return false;
	}
	if (w->n_nodes == PE_MAX_RESOURCE_NODES) {
		w->l->gave_up = true;
		w->out->complete = false;
		return false;
	}
	w->n_nodes++;
	return true;
}

static enum status table_read(struct walk *w, int depth, uint64_t off)
{
	struct cursor c;
	uint32_t n, to;

	if (!table_open(w, off, &c, &n))
		return STATUS_OK;
	for (uint32_t i = 0; i < n && entry_next(w, &c, &w->keys[depth], &to); i++)
		TRY(entry_read(w, depth, to));
	return STATUS_OK;
}

static bool is_identity(uint32_t type)
{
	return type == PE_RT_ICON || type == PE_RT_GROUP_ICON || type == PE_RT_VERSION ||
	       type == PE_RT_MANIFEST;
}

/*
 * The types, first those that say what the program is: however many others
 * there are, they cannot hide these.
 */
static enum status root_read(struct walk *w)
{
	struct cursor entries;
	uint32_t n, to;

	if (!table_open(w, 0, &entries, &n))
		return STATUS_OK;
	for (int pass = 0; pass < 2; pass++) {
		struct cursor c = entries;

		w->n_nodes = 0;
		for (uint32_t i = 0; i < n && entry_next(w, &c, &w->keys[0], &to); i++) {
			w->out->n_types += pass == 0;
			if (is_identity(w->keys[0]) == (pass == 0))
				TRY(entry_read(w, 0, to));
		}
	}
	return STATUS_OK;
}

enum status pe_resources_read(struct pe_looking *l, struct pe_resource_tree *out)
{
	const struct pe_directory *d = &l->pe->directories[PE_RESOURCES];
	struct walk w = { .l = l, .out = out };
	struct range where;
	struct pe_resource *first = NULL;
	uint64_t len;

	*out = (struct pe_resource_tree){ .complete = true };
	if (d->rva == 0 || d->size == 0)
		return STATUS_OK;
	w.last = &first;
	if (!pe_rva_map(l->pe, d->rva, &where)) {
		if (!pe_rva_inside(l->pe, d->rva))
			complain(&w, 0, "a directory inside the image", "outside");
		out->complete = false;
		return STATUS_OK;
	}
	/* A small section comes as a whole, its data with the tree. */
	len = where.len > PE_SMALL_FILE ? PE_MAX_TREE : where.len;
	TRY(pe_look_at(l, where.off, len, &w.tree));
	w.cut = w.tree.len < where.len || where.len > PE_MAX_TREE;
	w.tree = span_clip(w.tree, 0, PE_MAX_TREE);
	w.off = where.off;
	TRY(root_read(&w));
	out->first = first;
	return STATUS_OK;
}

const struct pe_resource *pe_resource_of(const struct pe_resource *from, uint32_t type)
{
	while (from && from->type != type)
		from = from->next;
	return from;
}

enum status pe_resource_load(struct pe_looking *l, const struct pe_resource *r, uint64_t max,
			     struct span *out, struct range *where)
{
	uint64_t len = r->size < max ? r->size : max;

	*where = (struct range){ 0 };
	*out = SPAN_NONE;
	if (!pe_rva_map(l->pe, r->rva, where))
		return STATUS_OK;
	if (where->len > len)
		where->len = len;
	return pe_look_at(l, where->off, where->len, out);
}
