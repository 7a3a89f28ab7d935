/* SPDX-License-Identifier: MIT */
/* Unpack: what each library packs comes out again; anything else is told apart. */
#include "structure/unpack.h"

#include "base/attrs.h"
#include "tests/check.h"
#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define ROOM ((size_t)1 << 20)

static uint8_t plain[4 * ROOM], packed[8 * ROOM];

static size_t pack_gzip(struct span in, uint8_t *to, size_t room)
{
	z_stream z = { 0 };
	size_t len;

	if (deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = (uint8_t *)(uintptr_t)in.ptr;
	z.avail_in = (unsigned)in.len;
	z.next_out = to;
	z.avail_out = (unsigned)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	len = z.total_out;
	(void)deflateEnd(&z);
	return len;
}

static size_t pack_xz(struct span in, uint8_t *to, size_t room)
{
	size_t len = 0;

	if (lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, in.ptr, in.len, to, &len,
				    room) != LZMA_OK)
		abort();
	return len;
}

static size_t pack_lzma(struct span in, uint8_t *to, size_t room)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	size_t len;

	if (lzma_lzma_preset(&options, 1) || lzma_alone_encoder(&z, &options) != LZMA_OK)
		abort();
	z.next_in = in.ptr;
	z.avail_in = in.len;
	z.next_out = to;
	z.avail_out = room;
	if (lzma_code(&z, LZMA_FINISH) != LZMA_STREAM_END)
		abort();
	len = z.total_out;
	lzma_end(&z);
	return len;
}

static size_t pack_zstd(struct span in, uint8_t *to, size_t room)
{
	size_t len = ZSTD_compress(to, room, in.ptr, in.len, 1);

	if (ZSTD_isError(len))
		abort();
	return len;
}

static size_t pack_bzip2(struct span in, uint8_t *to, size_t room)
{
	unsigned len = (unsigned)room;

	if (BZ2_bzBuffToBuffCompress((char *)to, &len, (char *)(uintptr_t)in.ptr,
				     (unsigned)in.len, 1, 0, 0) != BZ_OK)
		abort();
	return len;
}

static size_t pack_lz4(struct span in, uint8_t *to, size_t room)
{
	size_t len = LZ4F_compressFrame(to, room, in.ptr, in.len, NULL);

	if (LZ4F_isError(len))
		abort();
	return len;
}

static const struct {
	enum packing kind;
	size_t (*pack)(struct span in, uint8_t *to, size_t room);
} rows[] = {
	{PACKING_GZIP,   pack_gzip },
        { PACKING_XZ,    pack_xz   },
        { PACKING_LZMA,  pack_lzma },
	{ PACKING_ZSTD,  pack_zstd },
        { PACKING_BZIP2, pack_bzip2},
        { PACKING_LZ4,   pack_lz4  },
};

static struct span plain_make(size_t n)
{
	uint32_t state = 1;

	for (size_t i = 0; i < n; i++) {
		state = state * 1664525 + 1013904223;
		plain[i] = i > 40 && (state >> 30) ? plain[i - 1 - (state >> 16) % 40]
						   : (uint8_t)(state >> 24);
	}
	return (struct span){ plain, n };
}

/* @in handed over in parts of @step bytes: what came last, and whether it was @want. */
static enum unpacked run(enum packing kind, struct span in, size_t step, struct span want,
			 bool *right)
{
	enum unpacked what = UNPACKED_WANTS;
	struct unpacker *u;
	size_t got = 0;

	*right = true;
	if (unpacker_new(kind, ROOM, &u) != STATUS_OK)
		abort();
	while (what == UNPACKED_SOME || what == UNPACKED_WANTS) {
		struct span part, now = span_clip(in, 0, step);
		size_t taken;

		what = unpacker_run(u, now, &taken, &part);
		in = span_after(in, taken);
		*right &= span_equal(span_clip(want, got, part.len), part);
		got += part.len;
		if (what == UNPACKED_WANTS && in.len == 0)
			break;
	}
	*right &= got == want.len;
	unpacker_free(u);
	return what;
}

static void test_round(size_t row)
{
	static const size_t sizes[] = { 0, 1, 1000, 300000, ROOM };
	static const size_t steps[] = { 1, 700, 1 << 20 };
	const char *name = packing_name(rows[row].kind);

	for (size_t s = 0; s < COUNT_OF(sizes); s++) {
		struct span want = plain_make(sizes[s]);
		size_t len = rows[row].pack(want, packed, sizeof packed);
		struct span in = { packed, len };
		bool right;

		CHECK(packing_of(in) == rows[row].kind, "%s: known by its head", name);
		for (size_t t = 0; t < COUNT_OF(steps); t++) {
			if (sizes[s] > 1000 && steps[t] == 1)
				continue;
			CHECK(run(rows[row].kind, in, steps[t], want, &right) == UNPACKED_END &&
				      right,
			      "%s: %zu bytes, %zu at a time", name, sizes[s], steps[t]);
		}
		in = span_clip(in, 0, len - 1);
		CHECK(sizes[s] == 0 ||
			      run(rows[row].kind, in, 700, want, &right) != UNPACKED_END,
		      "%s: %zu bytes, cut", name, sizes[s]);
	}
}

static void test_whole(size_t row)
{
	const char *name = packing_name(rows[row].kind);
	struct span want = plain_make(5000);
	size_t len = rows[row].pack(want, packed, sizeof packed);
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	uint64_t used;

	packed[len] = 0x55;
	CHECK(unpack(rows[row].kind, (struct span){ packed, len + 1 }, 5000, &out, &used) ==
			      STATUS_OK &&
		      used == len && span_equal(buffer_span(&out), want),
	      "%s: whole, with a byte behind it", name);
	CHECK(unpack(rows[row].kind, (struct span){ packed, len }, 4999, &out, &used) ==
		      STATUS_LIMIT,
	      "%s: one byte more than the limit", name);
	CHECK(unpack(rows[row].kind, (struct span){ packed, len - 1 }, 5000, &out, &used) ==
		      STATUS_MALFORMED,
	      "%s: cut", name);
	CHECK(unpack(rows[row].kind, SPAN_NONE, 5000, &out, &used) == STATUS_MALFORMED,
	      "%s: nothing", name);
}

/* As kernels read modules. */
static void test_unchecked(void)
{
	static const size_t cuts[] = { 0, 1, 4, 8 };
	struct span want = plain_make(5000);
	size_t len = pack_gzip(want, packed, sizeof packed);

	packed[len - 7] ^= 1;
	for (size_t i = 0; i < COUNT_OF(cuts); i++) {
		CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

		CHECK(unpack_unchecked((struct span){ packed, len - cuts[i] }, 5000, &out) ==
				      STATUS_OK &&
			      span_equal(buffer_span(&out), want),
		      "gzip with a wrong checksum, cut by %zu", cuts[i]);
	}
	for (size_t n = 0; n < len - 8; n++) {
		CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

		if (unpack_unchecked((struct span){ packed, n }, 5000, &out) == STATUS_OK) {
			CHECK(false, "gzip of which %zu bytes are there", n);
			return;
		}
	}
	CHECK(true, "gzip that ends early is bad");
}

/* Any byte may be wrong: an answer, and never more than the limit. */
static void test_flipped(size_t row)
{
	struct span want = plain_make(3000);
	size_t len = rows[row].pack(want, packed, sizeof packed);
	bool bounded = true;

	for (size_t i = 0; i < len; i++) {
		CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
		uint64_t used;
		enum status status;

		packed[i] ^= 0x41;
		status =
			unpack(rows[row].kind, (struct span){ packed, len }, 4000, &out, &used);
		packed[i] ^= 0x41;
		bounded &= out.len <= 4000 &&
			   (status == STATUS_OK || status == STATUS_LIMIT ||
			    status == STATUS_MALFORMED || status == STATUS_NO_MEMORY);
	}
	CHECK(bounded, "%s: %zu bytes, each wrong once", packing_name(rows[row].kind), len);
}

static void test_bomb(void)
{
	struct span zeros = { plain, sizeof plain };
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	uint64_t used;
	size_t len;

	memset(plain, 0, sizeof plain);
	len = pack_zstd(zeros, packed, sizeof packed);
	CHECK(unpack(PACKING_ZSTD, (struct span){ packed, len }, UINT64_MAX, &out, &used) ==
		      STATUS_LIMIT,
	      "%zu bytes that become %zu are too good to be true", len, zeros.len);
	CHECK(packing_of(SPAN_TEXT("MZ")) == PACKING_NONE, "other bytes are not packed");
}

int main(void)
{
	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		test_round(row);
		test_whole(row);
		test_flipped(row);
	}
	test_unchecked();
	test_bomb();
	return CHECK_DONE();
}
