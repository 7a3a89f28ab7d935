/* SPDX-License-Identifier: MIT */
/* The bytes of a file: its regions, and below them who answers for each byte. */
#include "evidence/stretch.h"
#include "evidence/svg.h"

#define CELLS        480
#define CELL         (SVG_WIDTH / CELLS)
#define MAX_REGIONS  64
#define MAX_ROWS     48
#define REGION_Y     2
#define REGION_LEN   24
#define BAR_Y        30
#define BAR_LEN      36
#define LEGEND_Y     78
#define HEIGHT       96
#define LABEL_INDENT 4

static enum svg_fill fill_of(enum stretch_kind kind)
{
	switch (kind) {
	case STRETCH_EMPTY: return SVG_NOTHING;
	case STRETCH_HOLE: return SVG_DOTS;
	case STRETCH_BARE: return SVG_LINES;
	case STRETCH_COVERED: return SVG_SOLID;
	case STRETCH_SIGNATURE: return SVG_SLASH;
	case STRETCH_TRAILING: return SVG_BACK;
	case STRETCH_STUFFING: return SVG_GRID;
	case STRETCH_CHANGED: return SVG_CROSS;
	}
	return SVG_NOTHING;
}

/* @v of @size, in units: never overflows, and never leaves the picture. */
static uint64_t scale(uint64_t v, uint64_t size)
{
	if (v >= size)
		return SVG_WIDTH;
	while (size > UINT64_MAX / SVG_WIDTH) {
		size /= 2;
		v /= 2;
	}
	return v * SVG_WIDTH / size;
}

static void regions_draw(struct buffer *out, const struct report *r)
{
	for (size_t i = 0; i < r->n_regions && i < MAX_REGIONS; i++) {
		struct range where = r->regions[i].where;
		uint64_t from = scale(where.off, r->size), to;

		if (where.off >= r->size)
			continue;
		to = where.len > r->size - where.off ? SVG_WIDTH
						     : scale(where.off + where.len, r->size);
		if (to == from)
			to++;
		svg_rect(out, SVG_NOTHING, (struct range){ from, to - from },
			 (struct range){ REGION_Y, REGION_LEN });
		svg_label(out, from + LABEL_INDENT, REGION_Y + REGION_LEN - 8,
			  to - from > LABEL_INDENT ? to - from - LABEL_INDENT : 0,
			  r->regions[i].name);
	}
}

/* Of each cell the kind that must not be overlooked. */
static void cells_fill(const struct stretch_walk *start, enum stretch_kind *cells)
{
	struct stretch_walk w = *start;
	struct stretch s;

	while (stretch_next(&w, &s)) {
		uint64_t from = scale(s.off, w.r->size) / CELL;
		uint64_t end = (scale(s.end, w.r->size) + CELL - 1) / CELL;

		for (uint64_t i = from; i < CELLS && (i < end || i == from); i++)
			if (s.kind > cells[i])
				cells[i] = s.kind;
	}
}

static void bar_draw(struct buffer *out, const enum stretch_kind *cells)
{
	for (size_t i = 0, n; i < CELLS; i += n) {
		for (n = 1; i + n < CELLS && cells[i + n] == cells[i]; n++)
			;
		if (cells[i] != STRETCH_EMPTY)
			svg_rect(out, fill_of(cells[i]), (struct range){ i * CELL, n * CELL },
				 (struct range){ BAR_Y, BAR_LEN });
	}
}

static void legend_draw(struct buffer *out, const enum stretch_kind *cells)
{
	bool seen[STRETCH_KINDS] = { false };
	unsigned x = 0;

	for (size_t i = 0; i < CELLS; i++)
		seen[cells[i]] = true;
	for (size_t kind = STRETCH_HOLE; kind < STRETCH_KINDS; kind++)
		if (seen[kind])
			x = svg_key(out, x, LEGEND_Y, fill_of((enum stretch_kind)kind),
				    stretch_word((enum stretch_kind)kind));
}

/* The same in numbers, for whoever cannot see the picture, or wants to copy from it. */
static void rows_write(struct buffer *out, const struct stretch_walk *start)
{
	struct stretch_walk w = *start;
	struct stretch row;

	html_fold_begin(out, "These bytes in numbers", 0);
	buffer_text(out, "<table><tr><th>offset</th><th>length</th><th>kind</th>"
			 "<th>region</th></tr>\n");
	for (size_t n = 0; n < MAX_ROWS && stretch_next_row(&w, &row); n++) {
		buffer_text(out, "<tr><td>");
		text_hex(out, row.off);
		buffer_text(out, "</td><td>");
		buffer_u64(out, row.end - row.off);
		buffer_text(out, "</td><td>");
		buffer_text(out, stretch_word(row.kind));
		buffer_text(out, "</td><td><bdi>");
		html_value(out, row.name);
		buffer_text(out, "</bdi></td></tr>\n");
	}
	buffer_text(out, "</table>\n");
	if (w.at < w.r->size)
		buffer_text(out, "<p>... and more</p>\n");
	html_fold_end(out);
}

void svg_map(struct buffer *out, const struct report *r, int signature)
{
	enum stretch_kind cells[CELLS] = { STRETCH_EMPTY };
	struct stretch_walk w = stretch_begin(r, signature);

	if (r->size == 0 || !r->format)
		return;
	cells_fill(&w, cells);
	svg_begin(out, HEIGHT, "The bytes of the file",
		  signature < 0 ? "Its regions from first to last byte; no signature covers "
				  "them. The same in numbers stands below."
				: "Its regions from first to last byte, and below them which "
				  "bytes the signature covers. The same in numbers stands "
				  "below.");
	regions_draw(out, r);
	bar_draw(out, cells);
	legend_draw(out, cells);
	svg_end(out);
	rows_write(out, &w);
}
