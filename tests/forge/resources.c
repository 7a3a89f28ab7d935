/* SPDX-License-Identifier: MIT */
/* The resource section: its tree, and its place in a program. */
#include "tests/forge/resources.h"

#include <stdlib.h>

#define COFF_BYTES          24U /* with the signature */
#define SECTION_BYTES       40U
#define BEFORE_CERTIFICATES 16U /* the resource directory's entry */
#define TABLE_BYTES         16U /* Resource Directory Table */
#define ENTRY_BYTES         8U
#define LEAF_BYTES          16U /* Resource Data Entry */
#define SUBDIRECTORY        0x80000000U
#define RSRC_FLAGS          0x40000040U /* initialized data, readable */

static uint32_t round_up(uint64_t n, uint32_t to)
{
	return (uint32_t)((n + to - 1) / to * to);
}

static int resource_compare(const void *one, const void *other)
{
	const struct forge_resource *a = one, *b = other;
	const uint16_t keys[][2] = {
		{a->type,      b->type    },
                { a->name,     b->name    },
                { a->language, b->language}
	};

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

/* How many keys of the first @depth levels @a and @b share. */
static bool same_branch(const struct forge_resource *a, const struct forge_resource *b,
			int depth)
{
	return (depth < 1 || a->type == b->type) && (depth < 2 || a->name == b->name);
}

static uint16_t key_at(const struct forge_resource *r, int depth)
{
	return depth == 0 ? r->type : depth == 1 ? r->name : r->language;
}

/* The end of the run that shares @list[@i]'s branch of @depth + 1 levels. */
static size_t run_end(const struct forge_resource *list, size_t n, size_t i, int depth)
{
	size_t end = i + 1;

	while (end < n && depth < 2 && same_branch(&list[i], &list[end], depth + 1))
		end++;
	return end;
}

/* Tables and leaves are written breadth first; data follows. */
struct tree {
	struct buffer *out;
	size_t base;
	uint32_t rva;
	size_t tables[3][FORGE_MAX_RESOURCES]; /* where entries stand whose child comes next */
	size_t n_tables[3];
};

static void table_header(struct buffer *out, size_t n)
{
	buffer_u64le(out, 0); /* Characteristics, TimeDateStamp */
	buffer_u32le(out, 0);
	buffer_u16le(out, 0); /* no names, */
	buffer_u16le(out, (uint16_t)n);
}

/* The table of @list[@from..@to), which share all keys before @depth. */
static void table_write(struct tree *t, const struct forge_resource *list, size_t from,
			size_t to, int depth)
{
	size_t n = 0;

	for (size_t i = from; i < to; i = run_end(list, to, i, depth))
		n++;
	table_header(t->out, n);
	for (size_t i = from; i < to; i = run_end(list, to, i, depth)) {
		buffer_u32le(t->out, key_at(&list[i], depth));
		t->tables[depth][t->n_tables[depth]++] = t->out->len;
		buffer_u32le(t->out, 0);
	}
}

/* Leads the next entry of @depth to what is written next. */
static void entry_lead(struct tree *t, int depth, size_t *next, uint32_t flag)
{
	forge_put(t->out, t->tables[depth][(*next)++], 4,
		  (uint32_t)(t->out->len - t->base) | flag);
}

static void level_write(struct tree *t, const struct forge_resource *list, size_t n, int depth)
{
	size_t next = 0;

	for (size_t i = 0; i < n;) {
		size_t end = i + 1;

		while (end < n && same_branch(&list[i], &list[end], depth))
			end++;
		entry_lead(t, depth - 1, &next, SUBDIRECTORY);
		table_write(t, list, i, end, depth);
		i = end;
	}
}

void forge_resource_tree(struct buffer *out, uint32_t rva, struct forge_resource *list,
			 size_t n)
{
	struct tree t = { .out = out, .base = out->len, .rva = rva };
	size_t leaves, data, next = 0;

	if (n > FORGE_MAX_RESOURCES)
		abort();
	qsort(list, n, sizeof(*list), resource_compare);
	table_write(&t, list, 0, n, 0);
	level_write(&t, list, n, 1);
	level_write(&t, list, n, 2);
	leaves = out->len - t.base;
	data = round_up(leaves + n * LEAF_BYTES, 8);
	for (size_t i = 0; i < n; i++) {
		entry_lead(&t, 2, &next, 0);
		buffer_u32le(out, rva + (uint32_t)data);
		buffer_u32le(out, (uint32_t)list[i].bytes.len);
		buffer_u64le(out, 0);
		data = round_up(data + list[i].bytes.len, 8);
	}
	for (size_t i = 0; i < n; i++) {
		forge_zeros(out, round_up(out->len - t.base, 8) - (out->len - t.base));
		buffer_add(out, list[i].bytes);
	}
}

/* Zeros behind the headers, as many as the first section can be moved by. */
static void headers_widen(struct buffer *file, const struct forge_places *p, uint32_t alignment)
{
	CLEANUP(buffer_free) struct buffer old = BUFFER_INIT;
	uint64_t first = file->len, headers = forge_get(file, p->optional + 60, 4);

	for (unsigned i = 0; i < p->n_sections; i++) {
		size_t at = p->sections + i * SECTION_BYTES + 20;
		uint64_t raw = forge_get(file, at, 4);

		if (raw != 0 && raw < first)
			first = raw;
		if (raw != 0)
			forge_put(file, at, 4, raw + alignment);
	}
	if (headers < first + alignment)
		forge_put(file, p->optional + 60, 4, first + alignment);
	forge_copy(&old, file);
	buffer_cut(file, first);
	forge_zeros(file, alignment);
	buffer_add(file, span_after(buffer_span(&old), first));
}

/* Is there room for one more section header? */
static bool headers_have_room(const struct buffer *file, const struct forge_places *p)
{
	size_t end = p->sections + p->n_sections * SECTION_BYTES;

	for (unsigned i = 0; i < p->n_sections; i++) {
		uint64_t raw = forge_get(file, p->sections + i * SECTION_BYTES + 20, 4);

		if (raw != 0 && raw < end + SECTION_BYTES)
			return false;
	}
	return span_is_zero(span_clip(buffer_span(file), end, SECTION_BYTES));
}

/* Where the next section would be loaded. */
static uint32_t next_rva(const struct buffer *file, const struct forge_places *p)
{
	uint32_t alignment = (uint32_t)forge_get(file, p->optional + 32, 4);
	uint64_t end = forge_get(file, p->optional + 60, 4);

	for (unsigned i = 0; i < p->n_sections; i++) {
		size_t at = p->sections + i * SECTION_BYTES;
		uint64_t size = forge_get(file, at + 8, 4), raw = forge_get(file, at + 16, 4);
		uint64_t last = forge_get(file, at + 12, 4) + (size > raw ? size : raw);

		if (last > end)
			end = last;
	}
	return round_up(end, alignment ? alignment : 1);
}

/* The section header and what the optional header says of it. */
static void section_announce(struct buffer *file, const struct forge_places *p, uint32_t rva,
			     size_t len)
{
	uint32_t file_alignment = (uint32_t)forge_get(file, p->optional + 36, 4);
	uint32_t alignment = (uint32_t)forge_get(file, p->optional + 32, 4);
	size_t at = p->sections + p->n_sections * SECTION_BYTES;
	size_t directory = p->directory - BEFORE_CERTIFICATES;

	forge_put(file, at, 8, UINT64_C(0x637273722e)); /* ".rsrc" */
	forge_put(file, at + 8, 4, len);
	forge_put(file, at + 12, 4, rva);
	forge_put(file, at + 16, 4, round_up(len, file_alignment));
	forge_put(file, at + 20, 4, file->len);
	forge_put(file, at + 36, 4, RSRC_FLAGS);
	forge_put(file, p->optional - COFF_BYTES + 6, 2, p->n_sections + 1U);
	forge_put(file, p->optional + 56, 4, round_up(rva + len, alignment));
	forge_put(file, directory, 4, rva);
	forge_put(file, directory + 4, 4, len);
}

/* What the wish asks for, written to @bodies; the list points into it. */
static size_t wish_list(struct buffer bodies[4], const struct forge_resources *wish,
			struct forge_resource list[FORGE_MAX_RESOURCES])
{
	struct span picture = wish->icon_image;
	size_t n = 0;

	if (wish->n_texts > 0) {
		forge_version(&bodies[0], wish);
		list[n++] = (struct forge_resource){ FORGE_RT_VERSION, 1, 0x409,
						     buffer_span(&bodies[0]) };
	}
	if (wish->icon != 0 && picture.len == 0) {
		forge_icon(&bodies[1], 32, wish->icon);
		picture = buffer_span(&bodies[1]);
	}
	if (picture.len > 0) {
		forge_icon_group(&bodies[2], 32, picture.len, 1);
		list[n++] = (struct forge_resource){ FORGE_RT_ICON, 1, 0x409, picture };
		list[n++] = (struct forge_resource){ FORGE_RT_GROUP_ICON, 1, 0x409,
						     buffer_span(&bodies[2]) };
	}
	if (wish->identity || wish->level) {
		forge_manifest(&bodies[3], wish->identity, wish->level);
		list[n++] = (struct forge_resource){ FORGE_RT_MANIFEST, 1, 0x409,
						     buffer_span(&bodies[3]) };
	}
	for (size_t i = 0; i < wish->n_others && n < FORGE_MAX_RESOURCES; i++)
		list[n++] = wish->others[i];
	return n;
}

void forge_resources_add(struct buffer *file, const struct forge_resources *wish)
{
	CLEANUP(buffer_free) struct buffer section = BUFFER_INIT;
	struct buffer bodies[4] = { BUFFER_INIT, BUFFER_INIT, BUFFER_INIT, BUFFER_INIT };
	struct forge_resource list[FORGE_MAX_RESOURCES];
	struct forge_places p = forge_places_of(file);
	uint32_t alignment = (uint32_t)forge_get(file, p.optional + 36, 4);
	uint32_t rva = next_rva(file, &p);

	forge_resource_tree(&section, rva, list, wish_list(bodies, wish, list));
	if (!headers_have_room(file, &p))
		headers_widen(file, &p, alignment);
	forge_zeros(file, round_up(file->len, alignment) - file->len);
	section_announce(file, &p, rva, section.len);
	buffer_add(file, buffer_span(&section));
	forge_zeros(file, round_up(file->len, alignment) - file->len);
	forge_checksum(file);
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		buffer_free(&bodies[i]);
}
