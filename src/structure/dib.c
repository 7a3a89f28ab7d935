/* SPDX-License-Identifier: MIT */
/* Device-independent bitmaps, as icons have them (BITMAPINFOHEADER, wingdi.h). */
#include "base/cursor.h"
#include "structure/picture.h"

#define HEADER_BYTES 40
#define COLOUR_BYTES 4
#define OPAQUE       255

struct dib {
	uint32_t width, height;
	unsigned bits; /* of a pixel */
	struct span colours, pixels, mask;
	uint64_t row, mask_row; /* bytes of one line */
	bool has_alpha;
};

/* Lines are filled up to four bytes. */
static uint64_t row_bytes(uint64_t width, uint64_t bits)
{
	return (width * bits + 31) / 32 * 4;
}

static enum status header_read(struct span in, struct dib *d)
{
	struct cursor c = cursor_at(in, 0);
	uint64_t header = cursor_u32le(&c);
	uint32_t compression, n_colours, height;

	d->width = cursor_u32le(&c);
	height = cursor_u32le(&c); /* of pixels and mask */
	cursor_skip(&c, 2);
	d->bits = cursor_u16le(&c);
	compression = cursor_u32le(&c);
	cursor_skip(&c, 12);
	n_colours = cursor_u32le(&c);
	d->height = height / 2;
	if (!cursor_ok(&c) || header < HEADER_BYTES || d->width > PICTURE_MAX_SIDE ||
	    d->height > PICTURE_MAX_SIDE)
		return STATUS_MALFORMED;
	if (compression != 0)
		return STATUS_UNSUPPORTED;
	c = cursor_at(in, header);
	switch (d->bits) {
	case 1:
	case 4:
	case 8:
		if (n_colours == 0 || n_colours > 1U << d->bits)
			n_colours = 1U << d->bits;
		d->colours = cursor_take(&c, (uint64_t)n_colours * COLOUR_BYTES);
		break;
	case 24:
	case 32: cursor_skip(&c, (uint64_t)n_colours * COLOUR_BYTES); break;
	default: return STATUS_UNSUPPORTED;
	}
	d->row = row_bytes(d->width, d->bits);
	d->mask_row = row_bytes(d->width, 1);
	d->pixels = cursor_take(&c, d->row * d->height);
	if (!cursor_ok(&c))
		return STATUS_MALFORMED;
	/* Some that have an alpha channel leave out the mask. */
	d->mask = span_clip(in, c.pos, d->mask_row * d->height);
	return STATUS_OK;
}

static bool mask_at(const struct dib *d, uint32_t x, uint32_t line)
{
	return (span_at(d->mask, line * d->mask_row + x / 8) >> (7 - x % 8) & 1) != 0;
}

static struct colour colour_at(struct span bytes, uint64_t off)
{
	return (struct colour){ .blue = span_at(bytes, off),
				.green = span_at(bytes, off + 1),
				.red = span_at(bytes, off + 2),
				.alpha = OPAQUE };
}

static struct colour pixel_at(const struct dib *d, uint32_t x, uint32_t line)
{
	uint64_t bit = (uint64_t)x * d->bits, at = line * d->row + bit / 8;
	struct colour c;
	unsigned index;

	if (d->bits >= 24) {
		c = colour_at(d->pixels, at);
	} else {
		index = (unsigned)span_at(d->pixels, at) >> (8 - d->bits - bit % 8);
		c = colour_at(d->colours,
			      (uint64_t)(index & ((1U << d->bits) - 1)) * COLOUR_BYTES);
	}
	if (d->has_alpha)
		c.alpha = span_at(d->pixels, at + 3);
	else if (mask_at(d, x, line))
		c.alpha = 0;
	return c;
}

/* 32 bits without any alpha are 24 bits and a mask. */
static bool alpha_used(const struct dib *d)
{
	for (uint64_t at = 3; d->bits == 32 && at < d->pixels.len; at += 4)
		if (span_at(d->pixels, at) != 0)
			return true;
	return false;
}

enum status picture_read_dib(struct arena *a, struct span in, struct picture *out)
{
	struct dib d = { 0 };

	*out = (struct picture){ 0 };
	TRY(header_read(in, &d));
	TRY(picture_new(a, d.width, d.height, out));
	d.has_alpha = alpha_used(&d);
	for (uint32_t line = 0; line < d.height; line++)
		for (uint32_t x = 0; x < d.width; x++)
			picture_set(out, x, d.height - 1 - line, pixel_at(&d, x, line));
	return STATUS_OK;
}
