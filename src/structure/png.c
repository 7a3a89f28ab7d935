/* SPDX-License-Identifier: MIT */
/*
 * PNG ("Portable Network Graphics", W3C): chunks, one compressed stream, lines
 * that are differences to what stands left and above, in one pass or seven.
 */
#include "base/buffer.h"
#include "base/cursor.h"
#include "structure/inflate.h"
#include "structure/picture.h"
#include <stdlib.h>

#define SIGNATURE_BYTES 8
#define MAX_SAMPLES     4 /* red, green, blue, alpha */
#define MAX_LINE        ((size_t)PICTURE_MAX_SIDE * MAX_SAMPLES * 2)
#define OPAQUE          255
#define COLOUR_BYTES    3

enum png_kind {
	KIND_GREY = 0,
	KIND_RGB = 2,
	KIND_INDEX = 3,
	KIND_GREY_ALPHA = 4,
	KIND_RGBA = 6
};

struct png {
	uint32_t width, height;
	unsigned depth, n_samples;
	enum png_kind kind;
	bool interlaced;
	struct span palette, transparency;
	struct buffer data; /* IDAT after IDAT */
};

struct line {
	uint8_t bytes[MAX_LINE];
};

/* "Interlacing and pass extraction": Adam7; the last row is the picture as a whole. */
static const struct pass {
	uint32_t x0, y0, dx, dy;
} passes[] = {
	{0,  0, 8, 8},
        { 4, 0, 8, 8},
        { 0, 4, 4, 8},
        { 2, 0, 4, 4},
	{ 0, 2, 2, 4},
        { 1, 0, 2, 2},
        { 0, 1, 1, 2},
        { 0, 0, 1, 1},
};
#define PASS_WHOLE (COUNT_OF(passes) - 1)

bool picture_is_png(struct span in)
{
	return span_starts(in, "\x89PNG\r\n\x1a\n", SIGNATURE_BYTES);
}

static uint32_t be32(struct cursor *c)
{
	return (uint32_t)cursor_be(c, 4);
}

/* "IHDR Image header" and which depths each colour type has. */
static bool header_read(struct span body, struct png *p)
{
	static const struct {
		enum png_kind kind;
		unsigned n_samples, depths; /* a bit for each depth */
	} kinds[] = {
		{KIND_GREY,        1, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16},
		{ KIND_RGB,        3, 1 << 8 | 1 << 16                           },
		{ KIND_INDEX,      1, 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8          },
		{ KIND_GREY_ALPHA, 2, 1 << 8 | 1 << 16                           },
		{ KIND_RGBA,       4, 1 << 8 | 1 << 16                           },
	};
	struct cursor c = cursor_at(body, 0);
	unsigned kind;

	p->width = be32(&c);
	p->height = be32(&c);
	p->depth = cursor_u8(&c);
	kind = cursor_u8(&c);
	cursor_skip(&c, 2);
	p->interlaced = cursor_u8(&c) != 0;
	if (!cursor_ok(&c) || p->depth > 16)
		return false;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (kinds[i].kind != kind || (kinds[i].depths >> p->depth & 1) == 0)
			continue;
		p->kind = kinds[i].kind;
		p->n_samples = kinds[i].n_samples;
		return true;
	}
	return false;
}

static enum status chunks_read(struct span in, struct png *p)
{
	struct cursor c = cursor_at(in, SIGNATURE_BYTES);
	bool has_header = false;

	while (cursor_left(&c) > 0) {
		uint32_t len = be32(&c);
		struct span kind = cursor_take(&c, 4), body = cursor_take(&c, len);

		cursor_skip(&c, 4); /* CRC */
		if (!cursor_ok(&c) || span_starts(kind, "IEND", 4))
			break;
		if (span_starts(kind, "IHDR", 4))
			has_header = header_read(body, p);
		if (!has_header)
			return STATUS_MALFORMED;
		if (span_starts(kind, "PLTE", 4))
			p->palette = body;
		if (span_starts(kind, "tRNS", 4))
			p->transparency = body;
		if (span_starts(kind, "IDAT", 4))
			buffer_add(&p->data, body);
	}
	return has_header ? buffer_status(&p->data) : STATUS_MALFORMED;
}

static size_t line_bytes(const struct png *p, uint32_t pixels)
{
	return ((size_t)pixels * p->n_samples * p->depth + 7) / 8;
}

static uint32_t pass_size(uint32_t size, uint32_t first, uint32_t step)
{
	return size > first ? (size - first + step - 1) / step : 0;
}

static uint8_t paeth(int left, int above, int corner)
{
	int estimate = left + above - corner;
	int a = abs(estimate - left), b = abs(estimate - above), c = abs(estimate - corner);

	if (a <= b && a <= c)
		return (uint8_t)left;
	return (uint8_t)(b <= c ? above : corner);
}

/* "Filtering": @line becomes what it stands for; @above is the line before. */
static void line_restore(struct line *line, const struct line *above, size_t len, size_t step,
			 uint8_t filter)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t left = i < step ? 0 : line->bytes[i - step];
		uint8_t up = above->bytes[i];
		uint8_t corner = i < step ? 0 : above->bytes[i - step];
		unsigned more = 0;

		switch (filter) {
		case 1: more = left; break;
		case 2: more = up; break;
		case 3: more = (left + up) / 2U; break;
		case 4: more = paeth(left, up, corner); break;
		default: break;
		}
		line->bytes[i] = (uint8_t)(line->bytes[i] + more);
	}
}

static unsigned sample_at(const struct png *p, const struct line *line, size_t i)
{
	size_t bit = i * p->depth;

	if (p->depth == 16)
		return (unsigned)line->bytes[2 * i] << 8 | line->bytes[2 * i + 1];
	return line->bytes[bit / 8] >> (8 - p->depth - bit % 8) & ((1U << p->depth) - 1);
}

static uint8_t to_byte(const struct png *p, unsigned sample)
{
	return (uint8_t)(sample * OPAQUE / ((1U << p->depth) - 1));
}

/* Is this the one colour that tRNS calls transparent? */
static bool is_key(const struct png *p, const unsigned *samples, size_t n)
{
	struct cursor c = cursor_at(p->transparency, 0);

	for (size_t i = 0; i < n; i++)
		if (cursor_be(&c, 2) != samples[i])
			return false;
	return cursor_ok(&c);
}

static struct colour colour_of(const struct png *p, const struct line *line, uint32_t x)
{
	unsigned samples[MAX_SAMPLES] = { 0 };
	uint8_t b[MAX_SAMPLES] = { 0 };

	for (size_t i = 0; i < p->n_samples; i++) {
		samples[i] = sample_at(p, line, (size_t)x * p->n_samples + i);
		b[i] = to_byte(p, samples[i]);
	}
	switch (p->kind) {
	case KIND_GREY:
		return (struct colour){ b[0], b[0], b[0], is_key(p, samples, 1) ? 0 : OPAQUE };
	case KIND_GREY_ALPHA: return (struct colour){ b[0], b[0], b[0], b[1] };
	case KIND_RGB:
		return (struct colour){ b[0], b[1], b[2], is_key(p, samples, 3) ? 0 : OPAQUE };
	case KIND_RGBA: return (struct colour){ b[0], b[1], b[2], b[3] };
	case KIND_INDEX:
		return (struct colour){
			span_at(p->palette, (uint64_t)samples[0] * COLOUR_BYTES),
			span_at(p->palette, (uint64_t)samples[0] * COLOUR_BYTES + 1),
			span_at(p->palette, (uint64_t)samples[0] * COLOUR_BYTES + 2),
			samples[0] < p->transparency.len ? span_at(p->transparency, samples[0])
							 : OPAQUE,
		};
	}
	return (struct colour){ 0 };
}

/* One pass: lines of a filter byte and pixels, which stand @dx and @dy apart. */
static void pass_read(const struct png *p, const struct pass *pass, struct cursor *c,
		      struct picture *out)
{
	uint32_t width = pass_size(p->width, pass->x0, pass->dx);
	uint32_t height = pass_size(p->height, pass->y0, pass->dy);
	size_t len = line_bytes(p, width), step = line_bytes(p, 1);
	struct line lines[2] = { 0 };

	for (uint32_t y = 0; width > 0 && y < height; y++) {
		struct line *line = &lines[y % 2];
		uint8_t filter = cursor_u8(c);

		(void)span_copy(line->bytes, sizeof(line->bytes), cursor_take(c, len));
		line_restore(line, &lines[1 - y % 2], len, step, filter);
		for (uint32_t x = 0; x < width; x++)
			picture_set(out, pass->x0 + x * pass->dx, pass->y0 + y * pass->dy,
				    colour_of(p, line, x));
	}
}

static size_t passes_bytes(const struct png *p, size_t from, size_t to)
{
	size_t sum = 0;

	for (size_t i = from; i < to; i++) {
		uint32_t width = pass_size(p->width, passes[i].x0, passes[i].dx);

		if (width > 0)
			sum += (line_bytes(p, width) + 1) *
			       pass_size(p->height, passes[i].y0, passes[i].dy);
	}
	return sum;
}

static enum status pixels_read(struct arena *a, const struct png *p, struct picture *out)
{
	size_t from = p->interlaced ? 0 : PASS_WHOLE;
	size_t to = p->interlaced ? PASS_WHOLE : COUNT_OF(passes);
	struct span raw;
	struct cursor c;

	TRY(picture_new(a, p->width, p->height, out));
	TRY(inflate_zlib(a, buffer_span(&p->data), passes_bytes(p, from, to), &raw));
	c = cursor_at(raw, 0);
	for (size_t i = from; i < to; i++)
		pass_read(p, &passes[i], &c, out);
	return cursor_ok(&c) ? STATUS_OK : STATUS_MALFORMED;
}

enum status picture_read_png(struct arena *a, struct span in, struct picture *out)
{
	struct png p = { .data = BUFFER_INIT };
	enum status status;

	*out = (struct picture){ 0 };
	if (!picture_is_png(in))
		return STATUS_MALFORMED;
	status = chunks_read(in, &p);
	if (status == STATUS_OK)
		status = pixels_read(a, &p, out);
	buffer_free(&p.data);
	return status;
}
