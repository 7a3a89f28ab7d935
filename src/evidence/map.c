/* SPDX-License-Identifier: MIT */
/* Map: the bytes of a file on a terminal; see stretch.h. */
#include "evidence/parts.h"
#include "evidence/stretch.h"

#define MAP_MAX_ROWS    64
#define MAP_MIN_COLUMNS 40
#define MAP_MAX_COLUMNS 120

static const struct {
	const char *mark, *colour;
} looks[STRETCH_KINDS] = {
	[STRETCH_EMPTY] = {" ",  ""          },
	[STRETCH_HOLE] = { ".", "\x1b[2m"   },
	[STRETCH_BARE] = { "-", ""          },
	[STRETCH_COVERED] = { "#", "\x1b[32m"  },
	[STRETCH_SIGNATURE] = { "S", "\x1b[36m"  },
	[STRETCH_TRAILING] = { "t", "\x1b[33m"  },
	[STRETCH_STUFFING] = { "!", "\x1b[1;31m"},
	[STRETCH_CHANGED] = { "X", "\x1b[1;31m"},
};

static void mark_put(struct buffer *out, enum stretch_kind kind, bool colour)
{
	if (colour)
		buffer_text(out, looks[kind].colour);
	buffer_text(out, looks[kind].mark);
	if (colour && *looks[kind].colour)
		buffer_text(out, "\x1b[0m");
}

static void bar_write(struct buffer *out, const struct stretch_walk *start, unsigned columns,
		      const struct style *style)
{
	enum stretch_kind cells[MAP_MAX_COLUMNS] = { STRETCH_EMPTY };
	uint64_t size = start->r->size;
	uint64_t per_cell = size / columns + (size % columns != 0);
	struct stretch_walk w = *start;
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
static void legend_write(struct buffer *out, const struct stretch_walk *start,
			 const struct style *style)
{
	bool seen[STRETCH_KINDS] = { false };
	struct stretch_walk w = *start;
	struct stretch s;

	while (stretch_next(&w, &s))
		seen[s.kind] = true;
	buffer_text(out, " ");
	for (size_t kind = STRETCH_HOLE; kind < STRETCH_KINDS; kind++) {
		if (!seen[kind])
			continue;
		buffer_char(out, ' ');
		mark_put(out, (enum stretch_kind)kind, style->colour);
		buffer_char(out, ' ');
		buffer_text(out, stretch_word((enum stretch_kind)kind));
		buffer_char(out, ' ');
	}
	buffer_text(out, "\n");
}

static void row_write(struct buffer *out, const struct stretch *s)
{
	buffer_printf(out, "  0x%08llx %12llu  %-9s  ", (unsigned long long)s->off,
		      (unsigned long long)(s->end - s->off), stretch_word(s->kind));
	text_value(out, s->name);
	buffer_char(out, '\n');
}

static void rows_write(struct buffer *out, const struct stretch_walk *start)
{
	struct stretch_walk w = *start;
	struct stretch row;
	size_t n = 0;

	buffer_text(out, "  offset           length  kind       region\n");
	while (n < MAP_MAX_ROWS && stretch_next_row(&w, &row)) {
		row_write(out, &row);
		n++;
	}
	if (w.at < w.r->size)
		buffer_text(out, "  ... and more\n");
}

void map_write(struct buffer *out, const struct report *r, int signature,
	       const struct style *style)
{
	struct stretch_walk w = stretch_begin(r, signature);
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
