/* SPDX-License-Identifier: MIT */
/* Kernel images: where the kernel lies in them. */
#include "structure/linux_image.h"

#include "base/attrs.h"
#include "tests/check.h"

#define GZIP "\x1f\x8b\x08stream"

struct image {
	uint8_t bytes[8192];
};

static void put(struct image *i, size_t at, struct span what)
{
	(void)span_copy(&i->bytes[at], sizeof(i->bytes) - at, what);
}

static void put_number(struct image *i, size_t at, uint32_t value, size_t width)
{
	for (size_t k = 0; k < width; k++)
		i->bytes[at + k] = (uint8_t)(value >> (8 * k));
}

/* x86: two sectors of setup, so the protected part begins at 1536. */
static void bzimage_make(struct image *i)
{
	*i = (struct image){ { 0 } };
	put_number(i, 0x1f1, 2, 1);
	put(i, 0x202, SPAN_TEXT("HdrS"));
	put_number(i, 0x206, 0x20f, 2);
	put_number(i, 0x20e, 0x300, 2);
	put(i, 0x500, SPAN_LITERAL("6.1.0-test (builder)\0"));
	put_number(i, 0x248, 100, 4);
	put_number(i, 0x24c, 9, 4);
	put(i, 1636, SPAN_LITERAL(GZIP));
}

static void rows_judge(void)
{
	static const struct {
		const char *name;
		size_t at;
		uint32_t value;
		size_t width;
		bool is;
		const char *release;
	} rows[] = {
		{"as it should be",        0,     0,          1, true,  "6.1.0-test"},
		{ "no magic",              0x202, 0,          4, false, NULL        },
		{ "old protocol",          0x206, 0x207,      2, false, NULL        },
		{ "payload outside",       0x248, 0xfffffff0, 4, false, NULL        },
		{ "longer than the file",  0x24c, 8192,       4, false, NULL        },
		{ "nothing packed there",  0x248, 200,        4, false, NULL        },
		{ "four sectors, not two", 0x1f1, 0,          1, false, NULL        },
		{ "no release",            0x20e, 0,          2, true,  ""          },
		{ "release outside",       0x20e, 0xffff,     2, true,  ""          },
	};

	for (size_t n = 0; n < COUNT_OF(rows); n++) {
		struct linux_image out;
		struct image i;
		bool is;

		bzimage_make(&i);
		put_number(&i, rows[n].at ? rows[n].at : 0x1000, rows[n].value, rows[n].width);
		is = linux_image_read(SPAN_OF(i.bytes), &out);
		CHECK(is == rows[n].is &&
			      (!is || (out.packing == PACKING_GZIP && out.payload.len == 9 &&
				       span_equal(out.release, SPAN_TEXT(rows[n].release)))),
		      "%s", rows[n].name);
	}
}

static void others(void)
{
	struct image i = { { 0 } };
	struct linux_image out;

	put(&i, 4, SPAN_TEXT("zimg"));
	put_number(&i, 8, 512, 4);
	put_number(&i, 12, 9, 4);
	put(&i, 512, SPAN_LITERAL(GZIP));
	CHECK(linux_image_read(SPAN_OF(i.bytes), &out) && out.packing == PACKING_GZIP &&
		      out.payload.len == 9,
	      "zboot");
	i = (struct image){ { 0 } };
	put(&i, 56, SPAN_LITERAL("ARM\x64"));
	CHECK(linux_image_read(SPAN_OF(i.bytes), &out) && out.packing == PACKING_NONE &&
		      out.payload.len == sizeof(i.bytes),
	      "a plain image");
	put(&i, 56, SPAN_TEXT("arm"));
	CHECK(!linux_image_read(SPAN_OF(i.bytes), &out), "something else");
	for (size_t len = 0; len < 600; len++) {
		bzimage_make(&i);
		if (linux_image_read(span_clip(SPAN_OF(i.bytes), 0, len), &out)) {
			CHECK(false, "a prefix of %zu is none", len);
			return;
		}
	}
	CHECK(true, "no prefix without payload is one");
}

int main(void)
{
	rows_judge();
	others();
	return CHECK_DONE();
}
