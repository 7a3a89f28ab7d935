/* SPDX-License-Identifier: MIT */
/* Pages of a file, a cell each or for several: which are the signed program's. */
#include "evidence/svg.h"

#define PAGE     4096
#define LEGEND   24
#define FEW      480 /* cells that are drawn large */
#define LARGE    20  /* units */
#define SMALL    10
#define MAX_CELL REPORT_MAX_MAP

/* In the order of the legend. */
static const struct {
	char cell;
	enum svg_fill fill;
	const char *donor, *table;
} looks[] = {
	{'=',  SVG_SOLID, "the donor's",     "as signed" },
	{ 'x', SVG_CROSS, "not the donor's", "different" },
	{ '.', SVG_DOTS,  "all of one byte", ""          },
	{ '?', SVG_GRID,  "not compared",    "not hashed"},
};

static void run_draw(struct buffer *out, struct range x, struct range y)
{
	unsigned long long left = x.off, top = y.off, width = x.len, height = y.len;

	buffer_printf(out, "M%llu %lluh%lluv%lluh-%lluz", left, top, width, height, width);
}

/* All cells of one look as one path: a square for each run of them. */
static bool cells_draw(struct buffer *out, struct span cells, size_t look)
{
	uint64_t cell = cells.len <= FEW ? LARGE : SMALL, columns = SVG_WIDTH / cell;
	uint8_t c = (uint8_t)looks[look].cell;
	bool any = false;

	for (uint64_t i = 0, n; i < cells.len; i += n) {
		uint64_t end = (i / columns + 1) * columns; /* of the row */

		for (n = 1; i + n < end && span_at(cells, i + n) == span_at(cells, i); n++)
			;
		if (span_at(cells, i) != c)
			continue;
		if (!any) {
			svg_path_begin(out, looks[look].fill);
			any = true;
		}
		run_draw(out, (struct range){ i % columns * cell, n * cell },
			 (struct range){ i / columns * cell, cell });
	}
	if (any)
		svg_path_end(out);
	return any;
}

static void grid_draw(struct buffer *out, struct span cells, const char *title, bool donor)
{
	unsigned cell = cells.len <= FEW ? LARGE : SMALL, columns = SVG_WIDTH / cell, x = 0;
	unsigned rows = ((unsigned)cells.len + columns - 1) / columns;
	const char *desc = "A cell for each page or several, from first to last, row by row; "
			   "what the fillings mean stands below them.";

	svg_begin(out, rows * cell + LEGEND, title, desc);
	for (size_t i = 0; i < COUNT_OF(looks); i++)
		if (cells_draw(out, cells, i))
			x = svg_key(out, x, rows * cell + LEGEND - 18, looks[i].fill,
				    donor ? looks[i].donor : looks[i].table);
	svg_end(out);
}

void svg_pages(struct buffer *out, const struct report_relation *relation)
{
	struct span cells = relation->page_map
				    ? span_clip(SPAN_TEXT(relation->page_map), 0, MAX_CELL)
				    : SPAN_NONE;

	if (cells.len)
		grid_draw(out, cells, "The pages of the file beside those of the donor", true);
}

/* Behind the last byte that the image digest covers. */
static uint64_t covered_end(const struct report *r, const struct report_signature *s)
{
	uint64_t end = 0;

	for (size_t i = 0; i < s->n_covered; i++) {
		struct range c = s->covered[i];

		if (c.off >= r->size)
			continue;
		if (c.len > r->size - c.off)
			c.len = r->size - c.off;
		if (c.off + c.len > end)
			end = c.off + c.len;
	}
	return end;
}

void svg_bad_pages(struct buffer *out, const struct report *r, const struct report_signature *s)
{
	uint64_t pages = r->size / PAGE + (r->size % PAGE != 0);
	uint64_t pages_per_cell = pages / MAX_CELL + (pages % MAX_CELL != 0);
	uint64_t per_cell = pages_per_cell * PAGE, n, signed_end;
	uint8_t cells[MAX_CELL];

	if (s->n_pages == 0 || r->size == 0 || r->size > UINT64_MAX - PAGE)
		return;
	n = r->size / per_cell + (r->size % per_cell != 0);
	signed_end = covered_end(r, s);
	for (uint64_t i = 0; i < n; i++)
		cells[i] = i * per_cell < signed_end ? '=' : '?';
	for (size_t i = 0; i < s->n_bad_pages_kept; i++) {
		struct range bad = s->bad_pages[i];

		if (bad.len == 0 || bad.off >= r->size)
			continue;
		if (bad.len > r->size - bad.off)
			bad.len = r->size - bad.off;
		for (uint64_t at = bad.off / per_cell; at <= (bad.off + bad.len - 1) / per_cell;
		     at++)
			cells[at] = 'x';
	}
	grid_draw(out, (struct span){ cells, (size_t)n },
		  "The pages that the signature has digests of", false);
}
