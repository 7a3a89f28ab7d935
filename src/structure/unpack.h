/* SPDX-License-Identifier: MIT */
/*
 * Unpack: streams of the packers that packages, modules and kernels use.
 *
 * Each comes from the library that keeps its format.  What comes out is
 * bounded by the caller and by what went in: nobody pays for a bomb.
 */
#pragma once
#include "base/buffer.h"
#include "base/span.h"
#include "base/status.h"

#define UNPACK_MAX_RATIO  1000                /* bytes out for one byte in */
#define UNPACK_FREE       ((uint64_t)1 << 20) /* ... beyond this many */
#define UNPACK_MAX_MEMORY ((size_t)160 << 20) /* that a stream may want: xz -9 takes 65 MiB */

enum packing {
	PACKING_NONE,
	PACKING_GZIP,  /* RFC 1952 */
	PACKING_XZ,    /* tukaani.org/xz/xz-file-format.txt */
	PACKING_LZMA,  /* the older .lzma */
	PACKING_ZSTD,  /* RFC 8878 */
	PACKING_BZIP2, /* bzip2 1.0 */
	PACKING_LZ4,   /* LZ4 frame format 1.6 */
};
#define N_PACKINGS (PACKING_LZ4 + 1)

/* By the magic number at the start of @head. */
enum packing packing_of(struct span head);
const char *packing_name(enum packing kind); /* "xz"; "none" */

struct unpacker;

/* At most @limit bytes come out, of all its streams together. */
MUST_CHECK enum status unpacker_new(enum packing kind, uint64_t limit, struct unpacker **out);
void unpacker_free(struct unpacker *u);

enum unpacked {
	UNPACKED_SOME,  /* *@out holds bytes, good until the next call */
	UNPACKED_WANTS, /* all of @in was taken; more is wanted */
	UNPACKED_END,   /* the same, or none, and the stream ended: another may follow */
	UNPACKED_BAD,   /* no stream of this kind */
	UNPACKED_LIMIT, /* more than the limit, or the ratio, or the memory */
	UNPACKED_NO_MEMORY,
};

/* Goes on with @in, of which *@taken bytes were used.  After UNPACKED_END, with a new stream.
 */
enum unpacked unpacker_run(struct unpacker *u, struct span in, size_t *taken, struct span *out);

/*
 * Everything that the one stream at the start of @in gives, appended to @out.
 * STATUS_MALFORMED: it is bad or ends early; STATUS_LIMIT; *@used: how long it was.
 */
MUST_CHECK enum status unpack(enum packing kind, struct span in, uint64_t limit,
			      struct buffer *out, uint64_t *used);

/*
 * The same of gzip, as kernels do it when they load a module: the checksum behind
 * the stream may be wrong, or missing.
 */
MUST_CHECK enum status unpack_unchecked(struct span in, uint64_t limit, struct buffer *out);
