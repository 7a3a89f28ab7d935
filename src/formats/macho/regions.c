/* SPDX-License-Identifier: MIT */
/*
 * The byte map: every byte of the file under one name.
 *
 * Where structures overlap, headers come first, then the signature, then
 * segments in the order of their offsets.
 */
#include "formats/macho/reading.h"

#include <stdlib.h>

struct map {
	struct arena *arena;
	struct region *regions;
	size_t n, room;
	uint64_t pos, end; /* everything before pos has its name */
	struct range signature;
	const char *prefix; /* "" or "arm64 " */
	bool failed;
};

static void put(struct map *m, enum region_kind kind, const char *name, uint64_t to)
{
	const char *whole;

	if (to > m->end)
		to = m->end;
	if (to <= m->pos || m->failed)
		return;
	whole = arena_printf(m->arena, "%s%s", m->prefix, name);
	if (!whole || m->n == m->room) {
		m->failed = true;
		return;
	}
	m->regions[m->n++] = (struct region){
		.name = whole, .kind = kind, .where = {m->pos, to - m->pos}
	};
	m->pos = to;
}

/* Everything up to @to that has no name yet; the signature keeps its own. */
static void add(struct map *m, enum region_kind kind, const char *name, uint64_t to)
{
	struct range s = m->signature;

	if (s.len > 0 && s.off < to) {
		m->signature.len = 0;
		put(m, kind, name, s.off);
		put(m, REGION_SIGNATURE, "signature", s.off + s.len);
	}
	put(m, kind, name, to);
}

/* A segment in the order of the map. */
struct placed {
	const struct macho_segment *segment;
	size_t index; /* of equal offsets the first command comes first */
};

static int by_offset(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	uint64_t here = x->segment->where.off, there = y->segment->where.off;

	if (here != there)
		return here < there ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The segment's name in printable ASCII. */
static const char *segment_name(struct map *m, const struct macho_segment *s)
{
	char text[17] = "";

	for (size_t i = 0; i < s->name.len && i < sizeof(text) - 1; i++) {
		uint8_t b = span_at(s->name, i);

		text[i] = '?';
		if (b >= ' ' && b <= '~')
			text[i] = (char)b;
	}
	return text[0] ? arena_printf(m->arena, "%s", text) : "(unnamed)";
}

static void segments_add(struct map *m, const struct macho_slice *s)
{
	struct placed *order = ARENA_NEW(m->arena, struct placed, s->n_segments + 1);

	if (!order) {
		m->failed = true;
		return;
	}
	for (size_t i = 0; i < s->n_segments; i++)
		order[i] = (struct placed){ &s->segments[i], i };
	qsort(order, s->n_segments, sizeof(*order), by_offset);
	for (size_t i = 0; i < s->n_segments && !m->failed; i++) {
		const struct macho_segment *g = order[i].segment;
		const char *name = segment_name(m, g);

		if (!name)
			m->failed = true;
		if (m->failed || g->where.len == 0)
			continue;
		add(m, REGION_GAP, "gap", g->where.off);
		add(m, REGION_SECTION, name, g->where.off + g->where.len);
	}
}

static void slice_add(struct map *m, const struct macho_slice *s, uint64_t end)
{
	const char *other = s->kind == MACHO_ARCHIVE ? "library" : "unknown";

	m->end = end;
	if (s->kind != MACHO_PROGRAM) {
		put(m, REGION_OVERLAY, other, end);
		return;
	}
	m->signature = s->signature;
	put(m, REGION_HEADER, "headers", s->headers_end);
	segments_add(m, s);
	if (m->signature.len > 0)
		add(m, REGION_OVERLAY, "overlay", m->signature.off + m->signature.len);
	put(m, s->signature.len > 0 ? REGION_TRAILING : REGION_OVERLAY,
	    s->signature.len > 0 ? "trailing" : "overlay", end);
}

static const struct macho_slice *slice_after(const struct macho_file *file, uint64_t pos)
{
	const struct macho_slice *best = NULL;

	for (size_t i = 0; i < file->n_slices; i++) {
		const struct macho_slice *s = &file->slices[i];

		if (s->where.len > 0 && s->where.off >= pos &&
		    (!best || s->where.off < best->where.off))
			best = s;
	}
	return best;
}

static void slices_add(struct map *m, const struct macho_file *file, uint64_t size)
{
	const struct macho_slice *s;

	m->end = size;
	m->prefix = "";
	put(m, REGION_HEADER, "universal header",
	    8 + file->n_slices * (file->fat64 ? UINT64_C(32) : UINT64_C(20)));
	while (!m->failed && (s = slice_after(file, m->pos))) {
		m->prefix = "";
		m->end = size;
		put(m, REGION_GAP, "gap", s->where.off);
		m->prefix = arena_printf(m->arena, "%s ", s->name);
		if (!m->prefix)
			m->failed = true;
		else
			slice_add(m, s, s->where.off + s->where.len);
	}
	m->prefix = "";
	m->end = size;
	put(m, REGION_TRAILING, "trailing", size);
}

enum status macho_regions(struct arena *a, const struct macho_file *file, uint64_t size,
			  const struct region **out, size_t *n)
{
	struct map m = { .arena = a, .room = 4, .prefix = "" };

	for (size_t i = 0; i < file->n_slices; i++)
		m.room += 2 * file->slices[i].n_segments + 7;
	m.regions = ARENA_NEW(a, struct region, m.room);
	if (!m.regions)
		return STATUS_NO_MEMORY;
	if (file->fat)
		slices_add(&m, file, size);
	else
		slice_add(&m, &file->slices[0], size);
	*out = m.regions;
	*n = m.n;
	return m.failed ? STATUS_NO_MEMORY : STATUS_OK;
}
