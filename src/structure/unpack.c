/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include "structure/unpack.h"

#include "base/memory.h"
#include <bzlib.h>
#include <limits.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define UNPACK_PART  ((size_t)64 << 10) /* given out at a time */
#define GZIP_TRAILER 8                  /* RFC 1952, 2.3.1: checksum and length */

struct unpacker {
	enum packing kind;
	uint64_t limit, n_in, n_out;
	bool begun; /* a stream is under way */
	union {
		z_stream gzip;
		lzma_stream lzma;
		bz_stream bzip2;
		ZSTD_DStream *zstd;
		LZ4F_dctx *lz4;
	};
	uint8_t part[UNPACK_PART];
};

/* What one step took and gave. */
struct step {
	size_t taken, given;
	enum unpacked what;
};

static enum unpacked gzip_begin(struct unpacker *u)
{
	return inflateReset(&u->gzip) == Z_OK ? UNPACKED_SOME : UNPACKED_BAD;
}

static enum status gzip_new(struct unpacker *u)
{
	return inflateInit2(&u->gzip, MAX_WBITS + 16) == Z_OK ? STATUS_OK : STATUS_NO_MEMORY;
}

static struct step gzip_step(struct unpacker *u, struct span in)
{
	struct step s;
	int result;

	in = span_clip(in, 0, UINT_MAX);
	u->gzip.next_in = in.ptr;
	u->gzip.avail_in = (unsigned)in.len;
	u->gzip.next_out = u->part;
	u->gzip.avail_out = UNPACK_PART;
	result = inflate(&u->gzip, Z_NO_FLUSH);
	s = (struct step){ in.len - u->gzip.avail_in, UNPACK_PART - u->gzip.avail_out,
			   UNPACKED_SOME };
	if (result == Z_STREAM_END)
		s.what = UNPACKED_END;
	else if (result == Z_MEM_ERROR)
		s.what = UNPACKED_NO_MEMORY;
	else if (result != Z_OK && result != Z_BUF_ERROR)
		s.what = UNPACKED_BAD;
	return s;
}

static void gzip_free(struct unpacker *u)
{
	(void)inflateEnd(&u->gzip);
}

static enum status lzma_new(struct unpacker *u)
{
	u->lzma = (lzma_stream)LZMA_STREAM_INIT;
	return STATUS_OK;
}

static enum unpacked lzma_begin(struct unpacker *u)
{
	lzma_ret result = u->kind == PACKING_XZ
				  ? lzma_stream_decoder(&u->lzma, UNPACK_MAX_MEMORY, 0)
				  : lzma_alone_decoder(&u->lzma, UNPACK_MAX_MEMORY);

	return result == LZMA_OK ? UNPACKED_SOME : UNPACKED_NO_MEMORY;
}

static struct step lzma_step(struct unpacker *u, struct span in)
{
	struct step s;
	lzma_ret result;

	u->lzma.next_in = in.ptr;
	u->lzma.avail_in = in.len;
	u->lzma.next_out = u->part;
	u->lzma.avail_out = UNPACK_PART;
	result = lzma_code(&u->lzma, LZMA_RUN);
	s = (struct step){ in.len - u->lzma.avail_in, UNPACK_PART - u->lzma.avail_out,
			   UNPACKED_SOME };
	if (result == LZMA_STREAM_END)
		s.what = UNPACKED_END;
	else if (result == LZMA_MEM_ERROR)
		s.what = UNPACKED_NO_MEMORY;
	else if (result == LZMA_MEMLIMIT_ERROR)
		s.what = UNPACKED_LIMIT;
	else if (result != LZMA_OK && result != LZMA_BUF_ERROR)
		s.what = UNPACKED_BAD;
	return s;
}

static void lzma_free(struct unpacker *u)
{
	lzma_end(&u->lzma);
}

static enum status zstd_new(struct unpacker *u)
{
	u->zstd = ZSTD_createDStream();
	if (!u->zstd)
		return STATUS_NO_MEMORY;
	/* Windows of up to 128 MiB: what `zstd --long` needs. */
	(void)ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, 27);
	return STATUS_OK;
}

static enum unpacked zstd_begin(struct unpacker *u)
{
	return ZSTD_isError(ZSTD_initDStream(u->zstd)) ? UNPACKED_BAD : UNPACKED_SOME;
}

static struct step zstd_step(struct unpacker *u, struct span in)
{
	ZSTD_inBuffer from = { in.ptr, in.len, 0 };
	ZSTD_outBuffer to = { u->part, UNPACK_PART, 0 };
	size_t result = ZSTD_decompressStream(u->zstd, &to, &from);
	struct step s = { from.pos, to.pos, UNPACKED_SOME };

	if (ZSTD_isError(result))
		s.what = UNPACKED_BAD;
	else if (result == 0)
		s.what = UNPACKED_END;
	return s;
}

static void zstd_free(struct unpacker *u)
{
	(void)ZSTD_freeDStream(u->zstd);
}

static enum status bzip2_new(struct unpacker *u)
{
	u->bzip2 = (bz_stream){ 0 };
	return STATUS_OK;
}

static void bzip2_free(struct unpacker *u)
{
	(void)BZ2_bzDecompressEnd(&u->bzip2);
}

static enum unpacked bzip2_begin(struct unpacker *u)
{
	bzip2_free(u);
	u->bzip2 = (bz_stream){ 0 };
	return BZ2_bzDecompressInit(&u->bzip2, 0, 0) == BZ_OK ? UNPACKED_SOME
							      : UNPACKED_NO_MEMORY;
}

static struct step bzip2_step(struct unpacker *u, struct span in)
{
	struct step s;
	int result;

	in = span_clip(in, 0, UINT_MAX);
	/* The library takes no pointer to const, and does not write there. */
	u->bzip2.next_in = (char *)(uintptr_t)in.ptr;
	u->bzip2.avail_in = (unsigned)in.len;
	u->bzip2.next_out = (char *)u->part;
	u->bzip2.avail_out = UNPACK_PART;
	result = BZ2_bzDecompress(&u->bzip2);
	s = (struct step){ in.len - u->bzip2.avail_in, UNPACK_PART - u->bzip2.avail_out,
			   UNPACKED_SOME };
	if (result == BZ_STREAM_END)
		s.what = UNPACKED_END;
	else if (result == BZ_MEM_ERROR)
		s.what = UNPACKED_NO_MEMORY;
	else if (result != BZ_OK)
		s.what = UNPACKED_BAD;
	return s;
}

static enum status lz4_new(struct unpacker *u)
{
	return LZ4F_isError(LZ4F_createDecompressionContext(&u->lz4, LZ4F_VERSION))
		       ? STATUS_NO_MEMORY
		       : STATUS_OK;
}

static enum unpacked lz4_begin(struct unpacker *u)
{
	LZ4F_resetDecompressionContext(u->lz4);
	return UNPACKED_SOME;
}

static struct step lz4_step(struct unpacker *u, struct span in)
{
	size_t given = UNPACK_PART, taken = in.len;
	size_t result = LZ4F_decompress(u->lz4, u->part, &given, in.ptr, &taken, NULL);
	struct step s = { taken, given, UNPACKED_SOME };

	if (LZ4F_isError(result))
		s = (struct step){ 0, 0, UNPACKED_BAD };
	else if (result == 0)
		s.what = UNPACKED_END;
	return s;
}

static void lz4_free(struct unpacker *u)
{
	(void)LZ4F_freeDecompressionContext(u->lz4);
}

static const struct packer {
	const char *name;
	struct span magic;
	enum status (*make)(struct unpacker *u);
	enum unpacked (*begin)(struct unpacker *u); /* a stream; UNPACKED_SOME: ready */
	struct step (*step)(struct unpacker *u, struct span in);
	void (*end)(struct unpacker *u);
} packers[N_PACKINGS] = {
	[PACKING_NONE] = {.name = "none"},
	[PACKING_GZIP] = { "gzip",  SPAN_INIT("\x1f\x8b\x08"),     gzip_new,  gzip_begin,  gzip_step,
                          gzip_free },
	[PACKING_XZ] = {     "xz",
			  SPAN_INIT("\xfd"
				   "7zXZ\0"),
			  lzma_new,							    lzma_begin,  lzma_step, lzma_free },
	[PACKING_LZMA] = {    "lzma",  SPAN_INIT("\x5d\0\0"),         lzma_new,  lzma_begin,  lzma_step,
                          lzma_free },
	[PACKING_ZSTD] = {     "zstd",  SPAN_INIT("\x28\xb5\x2f\xfd"), zstd_new,  zstd_begin,
                          zstd_step, zstd_free },
	[PACKING_BZIP2] = {    "bzip2", SPAN_INIT("BZh"),              bzip2_new, bzip2_begin, bzip2_step,
                          bzip2_free },
	[PACKING_LZ4] = {    "lz4",   SPAN_INIT("\x04\x22\x4d\x18"), lz4_new,   lz4_begin,   lz4_step,
			  lz4_free },
};

enum packing packing_of(struct span head)
{
	for (size_t i = PACKING_NONE + 1; i < N_PACKINGS; i++)
		if (span_starts(head, (const char *)packers[i].magic.ptr, packers[i].magic.len))
			return (enum packing)i;
	return PACKING_NONE;
}

const char *packing_name(enum packing kind)
{
	return packers[kind].name;
}

enum status unpacker_new(enum packing kind, uint64_t limit, struct unpacker **out)
{
	struct unpacker *u;

	*out = NULL;
	if (kind == PACKING_NONE)
		return STATUS_UNSUPPORTED;
	u = (struct unpacker *)memory_new(1, sizeof *u);
	if (!u)
		return STATUS_NO_MEMORY;
	u->kind = kind;
	u->limit = limit;
	if (packers[kind].make(u) != STATUS_OK) {
		memory_free(u);
		return STATUS_NO_MEMORY;
	}
	*out = u;
	return STATUS_OK;
}

void unpacker_free(struct unpacker *u)
{
	if (u)
		packers[u->kind].end(u);
	memory_free(u);
}

/* @waiting: bytes that are at hand and not used yet; kernels begin with much of nothing. */
static bool too_much(const struct unpacker *u, size_t waiting)
{
	return u->n_out > u->limit ||
	       (u->n_out > UNPACK_FREE &&
		(u->n_out - UNPACK_FREE) / UNPACK_MAX_RATIO > u->n_in + waiting);
}

enum unpacked unpacker_run(struct unpacker *u, struct span in, size_t *taken, struct span *out)
{
	const struct packer *p = &packers[u->kind];
	struct step s;

	*taken = 0;
	*out = SPAN_NONE;
	if (!u->begun) {
		enum unpacked ready = p->begin(u);

		if (ready != UNPACKED_SOME)
			return ready;
		u->begun = true;
	}
	s = p->step(u, in);
	*taken = s.taken;
	u->n_in += s.taken;
	u->n_out += s.given;
	if (s.what != UNPACKED_SOME && s.what != UNPACKED_END)
		return s.what;
	if (too_much(u, in.len - s.taken))
		return UNPACKED_LIMIT;
	*out = (struct span){ u->part, s.given };
	u->begun = s.what != UNPACKED_END;
	if (s.what == UNPACKED_END)
		return UNPACKED_END;
	if (s.given > 0)
		return UNPACKED_SOME;
	return s.taken == in.len ? UNPACKED_WANTS : UNPACKED_BAD;
}

/* One stream after another goes nowhere without input. */
static enum status status_of(enum unpacked what)
{
	switch (what) {
	case UNPACKED_SOME:
	case UNPACKED_END: return STATUS_OK;
	case UNPACKED_WANTS:
	case UNPACKED_BAD: return STATUS_MALFORMED;
	case UNPACKED_LIMIT: return STATUS_LIMIT;
	case UNPACKED_NO_MEMORY: return STATUS_NO_MEMORY;
	}
	return STATUS_MALFORMED;
}

/* Gives @u all of @in, as far as it takes it. */
static enum unpacked stream_take(struct unpacker *u, struct span in, struct buffer *out,
				 uint64_t *used)
{
	enum unpacked what = UNPACKED_SOME;
	struct span part;
	size_t taken;

	*used = 0;
	while (what == UNPACKED_SOME) {
		what = unpacker_run(u, span_after(in, *used), &taken, &part);
		*used += taken;
		buffer_add(out, part);
	}
	return what;
}

enum status unpack(enum packing kind, struct span in, uint64_t limit, struct buffer *out,
		   uint64_t *used)
{
	struct unpacker *u;
	enum unpacked what;

	*used = 0;
	TRY(unpacker_new(kind, limit, &u));
	what = stream_take(u, in, out, used);
	unpacker_free(u);
	TRY(status_of(what));
	return buffer_status(out);
}

enum status unpack_unchecked(struct span in, uint64_t limit, struct buffer *out)
{
	const uint8_t trailer[GZIP_TRAILER] = { 0 };
	struct unpacker *u;
	enum unpacked what;
	uint64_t used;

	TRY(unpacker_new(PACKING_GZIP, limit, &u));
	(void)inflateValidate(&u->gzip, 0);
	what = stream_take(u, in, out, &used);
	if (what == UNPACKED_WANTS)
		what = stream_take(u, SPAN_OF(trailer), out, &used);
	unpacker_free(u);
	TRY(status_of(what));
	return buffer_status(out);
}
