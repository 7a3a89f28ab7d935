/* SPDX-License-Identifier: MIT */
/*
 * Picture: small images in grey, as far as they are needed to tell whether two
 * of them look alike.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define PICTURE_MAX_SIDE 256

struct picture {
	uint32_t width, height; /* at most PICTURE_MAX_SIDE */
	uint16_t *grey;         /* row by row from the top, as it looks on white */
};

struct colour {
	uint8_t red, green, blue, alpha;
};

/* A black one.  STATUS_MALFORMED: no width or height, or too much. */
MUST_CHECK enum status picture_new(struct arena *a, uint64_t width, uint64_t height,
				   struct picture *out);
/* Places outside are left alone. */
void picture_set(struct picture *p, uint32_t x, uint32_t y, struct colour c);

/*
 * Difference hash: the picture as 9x8 means of grey, and a bit for each two
 * neighbours of a row, set where the left one is brighter; the first is the
 * highest.  False: all means are the same.
 */
MUST_CHECK bool picture_dhash(const struct picture *p, uint64_t *hash);

/*
 * PNG (W3C, "Portable Network Graphics", 3rd edition) of any kind.  Checksums are not
 * looked at.  STATUS_MALFORMED: not one, or not whole, or too large.
 */
MUST_CHECK bool picture_is_png(struct span in);
MUST_CHECK enum status picture_read_png(struct arena *a, struct span in, struct picture *out);

/*
 * What stands in an icon: BITMAPINFOHEADER, colours, pixels from below, and a
 * mask of what is transparent (wingdi.h).  STATUS_UNSUPPORTED: compressed, or 16 bits a pixel.
 */
MUST_CHECK enum status picture_read_dib(struct arena *a, struct span in, struct picture *out);
