/* SPDX-License-Identifier: MIT */
/*
 * Map: every byte of the file, and what answers for it.
 *
 * Regions, covered ranges and findings are laid over each other; between two
 * borders of any of them everything is the same, and that is one stretch.
 */
#include "evidence/parts.h"

#define MAP_MAX_STRETCHES 1024
#define MAP_MAX_ROWS      64
#define MAP_MIN_COLUMNS   40
#define MAP_MAX_COLUMNS   120

/* In order of what a reader must not overlook. */
enum stretch_kind {
	STRETCH_EMPTY = 0, /* a column of the bar behind the end */
	STRETCH_HOLE,      /* left out of the digest */
	STRETCH_BARE,      /* no digest at all */
	STRETCH_COVERED,
	STRETCH_SIGNATURE,
	STRETCH_TRAILING,
	STRETCH_STUFFING,
	STRETCH_CHANGED,
};
#define N_KINDS ((size_t)STRETCH_CHANGED + 1)

static const struct {
	const char *word, *mark, *colour;
} looks[N_KINDS] = {
	[STRETCH_EMPTY] = {"",           " ", ""          },
	[STRETCH_HOLE] = { "hole",      ".", "\x1b[2m"   },
	[STRETCH_BARE] = { "unsigned",  "-", ""          },
	[STRETCH_COVERED] = { "covered",   "#", "\x1b[32m"  },
	[STRETCH_SIGNATURE] = { "signature", "S", "\x1b[36m"  },
	[STRETCH_TRAILING] = { "trailing",  "t", "\x1b[33m"  },
	[STRETCH_STUFFING] = { "stuffing",  "!", "\x1b[1;31m"},
	[STRETCH_CHANGED] = { "changed",   "X", "\x1b[1;31m"},
};

struct stretch {
	uint64_t off, end;
	enum stretch_kind kind;
	const char *name;
};

struct walk {
	const struct report *r;
	const struct report_signature *s; /* NULL: the file bears none */
	uint64_t at;
	size_t region, steps;
};

static uint64_t range_end(struct range r)
{
	return r.len > UINT64_MAX - r.off ? UINT64_MAX : r.off + r.len;
}

/* Is @at inside?  *@until comes down to the next border of @r behind @at. */
static bool lies_in(struct range r, uint64_t at, uint64_t *until)
{
	uint64_t end = range_end(r);
	bool inside = at >= r.off && at < end;

	if (inside && end < *until)
		*until = end;
	if (r.off > at && r.off < *until)
		*until = r.off;
	return inside;
}

static bool lies_in_any(const struct range *ranges, size_t n, uint64_t at, uint64_t *until)
{
	bool inside = false;

	for (size_t i = 0; i < n; i++)
		inside |= lies_in(ranges[i], at, until);
	return inside;
}

/* What a finding says about bytes that no digest covers. */
static enum stretch_kind finding_kind(const struct report_finding *f)
{
	static const struct {
		const char *id;
		enum stretch_kind kind;
	} table[] = {
		{"stuffed.payload",  STRETCH_STUFFING },
		{ "stuffed.tag",     STRETCH_STUFFING },
		{ "pe.cert-dirsize", STRETCH_STUFFING },
		{ "pe.cert-padding", STRETCH_STUFFING },
		{ "pe.orphan-table", STRETCH_SIGNATURE},
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (strcmp(f->id, table[i].id) == 0)
			return table[i].kind;
	return STRETCH_EMPTY;
}

static enum stretch_kind kind_by_finding(const struct walk *w, uint64_t *until)
{
	enum stretch_kind kind = STRETCH_EMPTY;

	for (size_t i = 0; i < w->r->n_findings; i++) {
		enum stretch_kind k = finding_kind(&w->r->findings[i]);

		if (k != STRETCH_EMPTY && lies_in(w->r->findings[i].where, w->at, until) &&
		    k > kind)
			kind = k;
	}
	return kind;
}

/* The region at w->at; NULL: none. */
static const struct report_region *region_here(struct walk *w, uint64_t *until)
{
	const struct report *r = w->r;

	while (w->region < r->n_regions && range_end(r->regions[w->region].where) <= w->at)
		w->region++;
	if (w->region < r->n_regions && lies_in(r->regions[w->region].where, w->at, until))
		return &r->regions[w->region];
	return NULL;
}

static enum stretch_kind kind_here(struct walk *w, const struct report_region *region,
				   uint64_t *until)
{
	enum stretch_kind found = kind_by_finding(w, until);
	bool changed = false, covered = false;

	if (w->s) {
		changed = lies_in_any(w->s->bad_pages, w->s->n_bad_pages_kept, w->at, until);
		covered = lies_in_any(w->s->covered, w->s->n_covered, w->at, until);
	}
	if (covered)
		return changed ? STRETCH_CHANGED : STRETCH_COVERED;
	if (found != STRETCH_EMPTY)
		return found;
	if (region && strcmp(region->kind, "signature") == 0)
		return STRETCH_SIGNATURE;
	if (!w->s)
		return STRETCH_BARE;
	return region && strcmp(region->kind, "trailing") == 0 ? STRETCH_TRAILING
							       : STRETCH_HOLE;
}

/* False at the end of the file, or when there is more than anybody would read. */
static bool stretch_next(struct walk *w, struct stretch *out)
{
	const struct report_region *region;
	uint64_t until = w->r->size;

	if (w->at >= w->r->size || w->steps++ >= MAP_MAX_STRETCHES)
		return false;
	region = region_here(w, &until);
	out->kind = kind_here(w, region, &until);
	out->off = w->at;
	out->end = until;
	out->name = region ? region->name : "";
	w->at = until;
	return true;
}

static void mark_put(struct buffer *out, enum stretch_kind kind, bool colour)
{
	if (colour)
		buffer_text(out, looks[kind].colour);
	buffer_text(out, looks[kind].mark);
	if (colour && *looks[kind].colour)
		buffer_text(out, "\x1b[0m");
}

static void bar_write(struct buffer *out, const struct walk *start, unsigned columns,
		      const struct style *style)
{
	enum stretch_kind cells[MAP_MAX_COLUMNS] = { STRETCH_EMPTY };
	uint64_t size = start->r->size;
	uint64_t per_cell = size / columns + (size % columns != 0);
	struct walk w = *start;
	struct stretch s;

	while (stretch_next(&w, &s))
		for (uint64_t i = s.off / per_cell; i <= (s.end - 1) / per_cell; i++)
			if (s.kind > cells[i])
				cells[i] = s.kind;
	buffer_text(out, "  [");
	for (unsigned i = 0; i < columns; i++)
		mark_put(out, cells[i], style->colour);
	buffer_text(out, "]\n");
}

/* Says which kinds there are. */
static void legend_write(struct buffer *out, const struct walk *start,
			 const struct style *style)
{
	bool seen[N_KINDS] = { false };
	struct walk w = *start;
	struct stretch s;

	while (stretch_next(&w, &s))
		seen[s.kind] = true;
	buffer_text(out, " ");
	for (size_t kind = STRETCH_HOLE; kind < N_KINDS; kind++) {
		if (!seen[kind])
			continue;
		buffer_char(out, ' ');
		mark_put(out, (enum stretch_kind)kind, style->colour);
		buffer_char(out, ' ');
		buffer_text(out, looks[kind].word);
		buffer_char(out, ' ');
	}
	buffer_text(out, "\n");
}

static void row_write(struct buffer *out, const struct stretch *s)
{
	buffer_printf(out, "  0x%08llx %12llu  %-9s  ", (unsigned long long)s->off,
		      (unsigned long long)(s->end - s->off), looks[s->kind].word);
	text_value(out, s->name);
	buffer_char(out, '\n');
}

/* Neighbours of one kind in one region are one row. */
static void rows_write(struct buffer *out, const struct walk *start)
{
	struct stretch now, row = { 0 };
	struct walk w = *start;
	size_t n = 0;

	buffer_text(out, "  offset           length  kind       region\n");
	while (stretch_next(&w, &now)) {
		if (row.end == now.off && row.kind == now.kind && row.name == now.name) {
			row.end = now.end;
			continue;
		}
		if (row.end && n++ < MAP_MAX_ROWS)
			row_write(out, &row);
		row = now;
	}
	if (row.end && n++ < MAP_MAX_ROWS)
		row_write(out, &row);
	if (n > MAP_MAX_ROWS || w.at < w.r->size)
		buffer_text(out, "  ... and more\n");
}

void map_write(struct buffer *out, const struct report *r, int signature,
	       const struct style *style)
{
	struct walk w = { .r = r, .s = signature < 0 ? NULL : &r->signatures[signature] };
	unsigned columns = style->width ? style->width : TEXT_COLUMNS;

	if (r->size == 0)
		return;
	if (columns < MAP_MIN_COLUMNS)
		columns = MAP_MIN_COLUMNS;
	if (columns > MAP_MAX_COLUMNS)
		columns = MAP_MAX_COLUMNS;
	bar_write(out, &w, columns - 4, style);
	legend_write(out, &w, style);
	rows_write(out, &w);
}
