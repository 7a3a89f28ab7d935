/* SPDX-License-Identifier: MIT */
/*
 * The sections of a file, and below them those of its donor, at one scale; bands
 * join what has the same name.
 */
#include "evidence/svg.h"

#define MAX_SECTIONS 32
#define TITLE_Y      12
#define FILE_Y       18
#define DONOR_Y      92
#define BAR_LEN      30
#define LEGEND_Y     150
#define HEIGHT       168
#define INDENT       4

/* Boxes in a row, each as wide as it is long. */
struct row {
	struct {
		const char *name;
		uint64_t len;
		enum svg_fill fill;
		struct range x;
	} boxes[MAX_SECTIONS];
	size_t n;
	uint64_t total;
};

static void row_add(struct row *row, const char *name, uint64_t len, enum svg_fill fill)
{
	if (row->n == MAX_SECTIONS || len == 0)
		return;
	row->boxes[row->n].name = name;
	row->boxes[row->n].len = len;
	row->boxes[row->n++].fill = fill;
	row->total = len > UINT64_MAX - row->total ? UINT64_MAX : row->total + len;
}

/* From left to right, @total bytes for the whole width; at least a unit each. */
static void row_place(struct row *row, uint64_t total)
{
	uint64_t per_unit = total / (SVG_WIDTH - MAX_SECTIONS) + 1, x = 0;

	for (size_t i = 0; i < row->n; i++) {
		uint64_t width = row->boxes[i].len / per_unit + 1;

		row->boxes[i].x = (struct range){ x, width };
		x += width;
	}
}

static void row_draw(struct buffer *out, const struct row *row, unsigned y)
{
	for (size_t i = 0; i < row->n; i++) {
		struct range x = row->boxes[i].x;

		svg_rect(out, row->boxes[i].fill, x, (struct range){ y, BAR_LEN });
		svg_label(out, x.off + INDENT, y + BAR_LEN + TITLE_Y,
			  x.len > INDENT ? x.len - INDENT : 0, row->boxes[i].name);
	}
}

/* From below one box to above another. */
static void band_draw(struct buffer *out, struct range a, struct range b)
{
	unsigned long long a_end = a.off + a.len, b_end = b.off + b.len;

	buffer_printf(out, "<path class=\"band\" d=\"M%llu %dH%lluL%llu %dH%lluz\"/>\n",
		      (unsigned long long)a.off, FILE_Y + BAR_LEN, a_end, b_end, DONOR_Y,
		      (unsigned long long)b.off);
}

static void bands_draw(struct buffer *out, const struct row *file, const struct row *donor)
{
	for (size_t i = 0; i < donor->n; i++)
		for (size_t k = 0; k < file->n; k++) {
			if (strcmp(file->boxes[k].name, donor->boxes[i].name) != 0)
				continue;
			band_draw(out, file->boxes[k].x, donor->boxes[i].x);
			break;
		}
}

static const char *text_of(const char *text)
{
	return text ? text : "";
}

void svg_donor(struct buffer *out, const struct report *r, const struct report_donor *donor)
{
	struct row file = { .n = 0 }, other = { .n = 0 };
	uint64_t total;
	unsigned x;

	for (size_t i = 0; i < r->n_regions; i++)
		if (strcmp(r->regions[i].kind, "section") == 0)
			row_add(&file, r->regions[i].name, r->regions[i].where.len,
				SVG_NOTHING);
	for (size_t i = 0; i < donor->n_sections; i++) {
		const struct report_donor_section *s = &donor->sections[i];

		row_add(&other, text_of(s->name), s->raw_size,
			!s->hashed ? SVG_GRID
			: s->same  ? SVG_SOLID
				   : SVG_CROSS);
	}
	if (other.n == 0)
		return;
	total = file.total > other.total ? file.total : other.total;
	row_place(&file, total);
	row_place(&other, total);
	svg_begin(out, HEIGHT, "The sections of the file and of the donor",
		  "Above the sections of the file, below those of the donor; a filling says "
		  "which of them has the same bytes in the file.");
	svg_label(out, 0, TITLE_Y, SVG_WIDTH, "this file");
	bands_draw(out, &file, &other);
	row_draw(out, &file, FILE_Y);
	svg_label(out, 0, DONOR_Y - 6, SVG_WIDTH, "the donor");
	row_draw(out, &other, DONOR_Y);
	x = svg_key(out, 0, LEGEND_Y, SVG_SOLID, "the same bytes");
	x = svg_key(out, x, LEGEND_Y, SVG_CROSS, "other bytes");
	(void)svg_key(out, x, LEGEND_Y, SVG_GRID, "not compared");
	svg_end(out);
}
