/* SPDX-License-Identifier: MIT */
/* Pictures: one picture, written in every way that a PNG and a DIB know, must look the same. */
#include "base/buffer.h"
#include "structure/picture.h"
#include "tests/check.h"

#define WIDTH  13
#define HEIGHT 11
#define ARENA  ((size_t)4 << 20)
#define WHITE  63750 /* as picture_set() scales it */

/* Black and white, which every kind has, with no symmetry. */
static bool is_white(uint32_t x, uint32_t y)
{
	return (x * x + 3 * y + x * y) % 5 < 2;
}

static bool looks_right(const struct picture *p)
{
	if (p->width != WIDTH || p->height != HEIGHT)
		return false;
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			if (p->grey[y * WIDTH + x] != (is_white(x, y) ? WHITE : 0))
				return false;
	return true;
}

static void be32(struct buffer *b, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buffer_char(b, (char)(v >> shift));
}

static void chunk(struct buffer *b, const char *kind, struct span body)
{
	be32(b, (uint32_t)body.len);
	buffer_text(b, kind);
	buffer_add(b, body);
	be32(b, 0); /* CRC, which nobody looks at */
}

struct kind {
	const char *name;
	unsigned colour, depth, samples;
	bool interlaced;
};

/* One line of a pass, not yet filtered: index or grey 1 is white. */
static size_t line_make(const struct kind *k, uint32_t y, uint32_t x0, uint32_t dx,
			uint8_t line[256])
{
	size_t bits = 0;

	memset(line, 0, 256);
	for (uint32_t x = x0; x < WIDTH; x += dx)
		for (unsigned s = 0; s < k->samples; s++) {
			bool alpha = (k->colour & 4) != 0 && s + 1 == k->samples;
			unsigned ones = (1U << k->depth) - 1;
			unsigned value = alpha || is_white(x, y) ? ones : 0;

			if (k->colour == 3)
				value = is_white(x, y) ? 1 : 0;
			if (k->depth == 16) {
				line[bits / 8] = (uint8_t)(value >> 8);
				line[bits / 8 + 1] = (uint8_t)value;
			} else {
				line[bits / 8] |= (uint8_t)(value << (8 - k->depth - bits % 8));
			}
			bits += k->depth;
		}
	return (bits + 7) / 8;
}

static uint8_t predict(unsigned filter, int left, int up, int corner)
{
	int p = left + up - corner, a = abs(p - left), b = abs(p - up), c = abs(p - corner);

	switch (filter) {
	case 1: return (uint8_t)left;
	case 2: return (uint8_t)up;
	case 3: return (uint8_t)((left + up) / 2);
	case 4: return (uint8_t)(a <= b && a <= c ? left : b <= c ? up : corner);
	default: return 0;
	}
}

/* Each line with another filter. */
static void pass_add(struct buffer *raw, const struct kind *k, const uint32_t at[4])
{
	uint8_t above[256] = { 0 }, line[256];
	size_t step = (k->samples * k->depth + 7) / 8;
	unsigned filter = 4;

	for (uint32_t y = at[1]; y < HEIGHT && at[0] < WIDTH; y += at[3]) {
		size_t len = line_make(k, y, at[0], at[2], line);

		buffer_char(raw, (char)(filter %= 5));
		for (size_t i = 0; i < len; i++)
			buffer_char(raw,
				    (char)(line[i] -
					   predict(filter, i < step ? 0 : line[i - step],
						   above[i], i < step ? 0 : above[i - step])));
		memcpy(above, line, sizeof(above));
		filter++;
	}
}

/* Stored, not compressed (RFC 1951, 3.2.4). */
static void zlib_add(struct buffer *out, struct span raw)
{
	buffer_text(out, "\x78\x01\x01");
	buffer_u16le(out, (uint16_t)raw.len);
	buffer_u16le(out, (uint16_t)~raw.len);
	buffer_add(out, raw);
}

static void png_make(const struct kind *k, struct buffer *out)
{
	static const uint32_t adam7[][4] = {
		{0,  0, 8, 8},
                { 4, 0, 8, 8},
                { 0, 4, 4, 8},
                { 2, 0, 4, 4},
		{ 0, 2, 2, 4},
                { 1, 0, 2, 2},
                { 0, 1, 1, 2},
                { 0, 0, 1, 1},
	};
	CLEANUP(buffer_free) struct buffer raw = BUFFER_INIT, head = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer data = BUFFER_INIT;

	be32(&head, WIDTH);
	be32(&head, HEIGHT);
	buffer_char(&head, (char)k->depth);
	buffer_char(&head, (char)k->colour);
	buffer_u16le(&head, 0);
	buffer_char(&head, k->interlaced ? 1 : 0);
	for (size_t i = k->interlaced ? 0 : 7; i < (k->interlaced ? 7 : COUNT_OF(adam7)); i++)
		pass_add(&raw, k, adam7[i]);
	zlib_add(&data, buffer_span(&raw));
	buffer_add(out, SPAN_LITERAL("\x89PNG\r\n\x1a\n"));
	chunk(out, "IHDR", buffer_span(&head));
	if (k->colour == 3)
		chunk(out, "PLTE", SPAN_LITERAL("\0\0\0\xff\xff\xff"));
	chunk(out, "IDAT", span_clip(buffer_span(&data), 0, 9));
	chunk(out, "tEXt", SPAN_LITERAL("ignored"));
	chunk(out, "IDAT", span_after(buffer_span(&data), 9));
	chunk(out, "IEND", SPAN_NONE);
}

static const struct kind kinds[] = {
	{"grey, 1 bit",          0, 1,  1, false},
        { "grey, 2 bits",        0, 2,  1, false},
	{ "grey, 4 bits",        0, 4,  1, true },
        { "grey, 8 bits",        0, 8,  1, false},
	{ "grey, 16 bits",       0, 16, 1, true },
        { "colours, 8 bits",     2, 8,  3, false},
	{ "colours, 16 bits",    2, 16, 3, true },
        { "palette, 1 bit",      3, 1,  1, true },
	{ "palette, 2 bits",     3, 2,  1, false},
        { "palette, 4 bits",     3, 4,  1, false},
	{ "palette, 8 bits",     3, 8,  1, true },
        { "grey, alpha",         4, 8,  2, false},
	{ "grey, alpha, 16",     4, 16, 2, true },
        { "colours, alpha",      6, 8,  4, true },
	{ "colours, alpha, 16",  6, 16, 4, false},
        { "grey, 1 bit, passes", 0, 1,  1, true },
};

/* The good one, and every prefix of it. */
static void check_png(void)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA);
		CLEANUP(buffer_free) struct buffer png = BUFFER_INIT;
		struct picture p;
		size_t n_good = 0;

		png_make(&kinds[i], &png);
		CHECK(picture_is_png(buffer_span(&png)) &&
			      picture_read_png(&a, buffer_span(&png), &p) == STATUS_OK &&
			      looks_right(&p),
		      "PNG: %s", kinds[i].name);
		/* IEND and the CRC before it are all that may be missing. */
		for (size_t len = 0; len + 12 < png.len; len++) {
			arena_reset(&a);
			n_good += picture_read_png(&a, span_clip(buffer_span(&png), 0, len),
						   &p) == STATUS_OK;
		}
		CHECK(n_good == 0, "PNG, cut: %s", kinds[i].name);
	}
}

static const struct {
	const char *name;
	size_t off;
	uint8_t value;
} bad_pngs[] = {
	{"65549 wide",            17, 1  },
	{ "65547 high",           21, 1  },
	{ "0 wide",               19, 0  },
	{ "depth 3",              24, 3  },
	{ "depth 32",             24, 32 },
	{ "colour type 5",        25, 5  },
	{ "a palette of 16 bits", 25, 3  },
	{ "no header first",      12, 'X'},
	{ "no zlib",              41, 0  },
};

static void check_bad_pngs(void)
{
	static const struct kind kind = { "grey, 16 bits", 0, 16, 1, false };

	for (size_t i = 0; i < COUNT_OF(bad_pngs); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA);
		CLEANUP(buffer_free) struct buffer png = BUFFER_INIT;
		struct picture p;

		png_make(&kind, &png);
		png.bytes[bad_pngs[i].off] = (char)bad_pngs[i].value;
		CHECK(picture_read_png(&a, buffer_span(&png), &p) == STATUS_MALFORMED,
		      "PNG: %s", bad_pngs[i].name);
	}
}

struct dib {
	const char *name;
	unsigned bits;
	bool by_mask; /* white is what is transparent, of any colour */
};

static void dib_make(const struct dib *d, struct buffer *out)
{
	size_t bits = d->bits, row = (WIDTH * bits + 31) / 32 * 4, mask = 4;

	buffer_u32le(out, 40);
	buffer_u32le(out, WIDTH);
	buffer_u32le(out, 2 * HEIGHT);
	buffer_u16le(out, 1);
	buffer_u16le(out, (uint16_t)d->bits);
	for (int i = 0; i < 6; i++)
		buffer_u32le(out, i == 4 && d->bits == 8 ? 2 : 0); /* biClrUsed */
	for (unsigned i = 0; d->bits < 24 && i < (d->bits == 8 ? 2 : 1U << d->bits); i++)
		buffer_u32le(out, i == 1 ? 0xffffff : 0);
	for (uint32_t y = HEIGHT; y-- > 0;) {
		uint8_t line[256] = { 0 };

		for (uint32_t x = 0; x < WIDTH; x++) {
			size_t bit = (size_t)x * d->bits;

			if (!is_white(x, y) || d->by_mask)
				continue;
			if (d->bits < 24)
				line[bit / 8] |= (uint8_t)(1 << (8 - d->bits - bit % 8));
			else
				memset(&line[bit / 8], 0xff, 3);
		}
		buffer_add(out, (struct span){ line, row });
	}
	for (uint32_t y = HEIGHT; y-- > 0;) {
		uint8_t line[4] = { 0 };

		for (uint32_t x = 0; x < WIDTH && d->by_mask; x++)
			line[x / 8] |= (uint8_t)(is_white(x, y) << (7 - x % 8));
		buffer_add(out, (struct span){ line, mask });
	}
}

static const struct dib dibs[] = {
	{"1 bit",            1,  false},
        { "4 bits",          4,  false},
	{ "8 bits",          8,  false},
        { "24 bits",         24, false},
	{ "32 bits",         32, false},
        { "1 bit, masked",   1,  true },
	{ "8 bits, masked",  8,  true },
        { "32 bits, masked", 32, true },
};

static void check_dib(void)
{
	for (size_t i = 0; i < COUNT_OF(dibs); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA);
		CLEANUP(buffer_free) struct buffer dib = BUFFER_INIT;
		struct picture p;
		size_t n_good = 0, mask = 4UL * HEIGHT;

		dib_make(&dibs[i], &dib);
		CHECK(picture_read_dib(&a, buffer_span(&dib), &p) == STATUS_OK &&
			      looks_right(&p),
		      "DIB: %s", dibs[i].name);
		for (size_t len = 0; len + mask < dib.len; len++) {
			arena_reset(&a);
			n_good += picture_read_dib(&a, span_clip(buffer_span(&dib), 0, len),
						   &p) == STATUS_OK;
		}
		CHECK(n_good == 0, "DIB, cut: %s", dibs[i].name);
	}
}

static const struct {
	const char *name;
	size_t off;
	uint8_t value;
	enum status status;
} bad_dibs[] = {
	{"a short header",             0,  12,  STATUS_MALFORMED  },
	{ "a long header",             2,  1,   STATUS_MALFORMED  },
	{ "65549 wide",                6,  1,   STATUS_MALFORMED  },
	{ "32768 high",                10, 1,   STATUS_MALFORMED  },
	{ "higher than below the top", 11, 255, STATUS_MALFORMED  },
	{ "16 bits",                   14, 16,  STATUS_UNSUPPORTED},
	{ "0 bits",		    14, 0,   STATUS_UNSUPPORTED},
	{ "compressed",                16, 1,   STATUS_UNSUPPORTED},
	{ "colours without end",       35, 255, STATUS_MALFORMED  },
};

static void check_bad_dibs(void)
{
	for (size_t i = 0; i < COUNT_OF(bad_dibs); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA);
		CLEANUP(buffer_free) struct buffer dib = BUFFER_INIT;
		struct picture p;

		dib_make(&dibs[3], &dib);
		dib.bytes[bad_dibs[i].off] = (char)bad_dibs[i].value;
		CHECK(picture_read_dib(&a, buffer_span(&dib), &p) == bad_dibs[i].status,
		      "DIB: %s", bad_dibs[i].name);
	}
}

static const struct {
	const char *name;
	uint32_t width, height;
	int slope_x, slope_y; /* of the grey, from 128 in the middle */
	bool contrast;
	uint64_t hash;
} hashes[] = {
	{"one colour",             32,  32,  0,  0,  false, 0                 },
	{ "darker to the right",   32,  32,  -4, 0,  true,  UINT64_MAX        },
	{ "brighter to the right", 32,  32,  4,  0,  true,  0                 },
	{ "darker below",          32,  32,  0,  -4, true,  0                 },
	{ "one pixel",             1,   1,   4,  4,  false, 0                 },
	{ "two pixels",            2,   1,   -9, 0,  true,  0x0808080808080808},
	{ "a large one",           256, 256, -1, 0,  true,  UINT64_MAX        },
};

static void check_hashes(void)
{
	for (size_t i = 0; i < COUNT_OF(hashes); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA);
		struct picture p;
		uint64_t hash;

		CHECK(picture_new(&a, hashes[i].width, hashes[i].height, &p) == STATUS_OK,
		      "new: %s", hashes[i].name);
		for (uint32_t y = 0; y < p.height; y++)
			for (uint32_t x = 0; x < p.width; x++) {
				int dx = (int)x - (int)p.width / 2;
				int dy = (int)y - (int)p.height / 2;
				uint8_t g = (uint8_t)(128 + dx * hashes[i].slope_x +
						      dy * hashes[i].slope_y);

				picture_set(&p, x, y, (struct colour){ g, g, g, 255 });
			}
		picture_set(&p, p.width, 0, (struct colour){ 0, 0, 0, 255 });
		picture_set(&p, 0, p.height, (struct colour){ 0, 0, 0, 255 });
		CHECK(picture_dhash(&p, &hash) == hashes[i].contrast && hash == hashes[i].hash,
		      "dHash: %s (%llx)", hashes[i].name, (unsigned long long)hash);
	}
}

static void check_alpha(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA);
	struct picture p;

	CHECK(picture_new(&a, 3, 1, &p) == STATUS_OK, "three pixels");
	picture_set(&p, 0, 0, (struct colour){ 10, 20, 30, 0 });
	picture_set(&p, 1, 0, (struct colour){ 0, 0, 0, 51 });
	picture_set(&p, 2, 0, (struct colour){ 255, 255, 255, 255 });
	CHECK(p.grey[0] == WHITE && p.grey[1] == WHITE / 5 * 4 && p.grey[2] == WHITE,
	      "what is transparent is white");
	CHECK(picture_new(&a, 257, 1, &p) == STATUS_MALFORMED &&
		      picture_new(&a, 1, UINT64_MAX, &p) == STATUS_MALFORMED &&
		      picture_new(&a, 0, 1, &p) == STATUS_MALFORMED,
	      "none, and too large");
}

int main(void)
{
	check_png();
	check_bad_pngs();
	check_dib();
	check_bad_dibs();
	check_hashes();
	check_alpha();
	return CHECK_DONE();
}
