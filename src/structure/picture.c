/* SPDX-License-Identifier: MIT */
#include "structure/picture.h"

#define HASH_WIDTH  9
#define HASH_HEIGHT 8
#define OPAQUE      255U
#define SCALE       4U /* 1000 * 255 / 4 fits into 16 bits */

enum status picture_new(struct arena *a, uint64_t width, uint64_t height, struct picture *out)
{
	*out = (struct picture){ 0 };
	if (width == 0 || height == 0 || width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE)
		return STATUS_MALFORMED;
	out->grey = ARENA_NEW(a, uint16_t, (size_t)(width * height));
	if (!out->grey)
		return STATUS_NO_MEMORY;
	out->width = (uint32_t)width;
	out->height = (uint32_t)height;
	return STATUS_OK;
}

void picture_set(struct picture *p, uint32_t x, uint32_t y, struct colour c)
{
	/* ITU-R BT.601, in thousandths */
	uint32_t grey = 299U * c.red + 587U * c.green + 114U * c.blue;

	if (x >= p->width || y >= p->height)
		return;
	grey = (grey * c.alpha + 1000U * OPAQUE * (OPAQUE - c.alpha)) / OPAQUE;
	p->grey[y * p->width + x] = (uint16_t)(grey / SCALE);
}

/* Where the @i-th of @n parts of @len begins. */
static uint32_t part_begin(uint32_t i, uint32_t n, uint32_t len)
{
	return i * len / n;
}

/* At least one pixel, so that pictures smaller than the hash have a mean too. */
static uint32_t part_end(uint32_t i, uint32_t n, uint32_t len)
{
	uint32_t begin = part_begin(i, n, len), end = part_begin(i + 1, n, len);

	return end > begin ? end : begin + 1;
}

static uint32_t mean_of(const struct picture *p, uint32_t column, uint32_t row)
{
	uint32_t x0 = part_begin(column, HASH_WIDTH, p->width);
	uint32_t x1 = part_end(column, HASH_WIDTH, p->width);
	uint32_t y0 = part_begin(row, HASH_HEIGHT, p->height);
	uint32_t y1 = part_end(row, HASH_HEIGHT, p->height);
	uint64_t sum = 0;

	for (uint32_t y = y0; y < y1; y++)
		for (uint32_t x = x0; x < x1; x++)
			sum += p->grey[y * p->width + x];
	return (uint32_t)(sum / ((uint64_t)(x1 - x0) * (y1 - y0)));
}

bool picture_dhash(const struct picture *p, uint64_t *hash)
{
	bool contrast = false;
	uint32_t first = mean_of(p, 0, 0);

	*hash = 0;
	for (uint32_t row = 0; row < HASH_HEIGHT; row++) {
		uint32_t left = mean_of(p, 0, row);

		contrast = contrast || left != first;
		for (uint32_t column = 1; column < HASH_WIDTH; column++) {
			uint32_t right = mean_of(p, column, row);

			contrast = contrast || right != first;
			*hash = *hash << 1 | (left > right);
			left = right;
		}
	}
	return contrast;
}
