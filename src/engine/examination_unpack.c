/* SPDX-License-Identifier: MIT */
/*
 * Unpacking: kernels load modules that are packed, and what is signed is what
 * comes out.  So that is what is judged; the file itself is read once.
 *
 * Kernels unpack the first stream alone (kernel/module/decompress.c), kmod all of
 * them, and it takes nothing else behind them.  Where the two would load different
 * modules, the one of kmod is judged, which begins with the other; the file is broken.
 */
#include "engine/examination.h"

#include "base/cursor.h"
#include "base/slot.h"

#define PACKED_MAX   ((uint64_t)64 << 20)
#define STREAMS_MAX  64 /* behind the first */
#define UNPACKED_MAX ((uint64_t)256 << 20)
/* Modules pack to a fifth; a batch of bombs must not fill the memory. */
#define UNPACKED_FREE   ((uint64_t)8 << 20)
#define UNPACKED_RATIO  32
#define XZ_PADDING      4
#define ZSTD_SKIP_HEAD  8         /* magic, length */
#define ZSTD_SKIP_MAGIC 0x184d2a5 /* before four bits of choice (RFC 8878, 3.1.2) */
#define ZSTD_BLOCK_BYTES                                                                       \
	((uint64_t)132 << 10) /* the largest block, and what stands before it */

static const struct format *format_packed(struct span head)
{
	for (size_t i = 0; i < n_formats; i++)
		if (formats[i]->packed_too && formats[i]->sniff(head))
			return formats[i];
	return NULL;
}

/* What comes out of @head first, as far as it suffices. */
static enum status first_unpack(struct span head, enum packing packing, struct buffer *first)
{
	enum unpacked what = UNPACKED_SOME;
	struct unpacker *u;
	uint64_t used = 0;

	TRY(unpacker_new(packing, UNPACKED_MAX, &u));
	while (what == UNPACKED_SOME && first->len < SOURCE_GLANCE) {
		struct span part;
		size_t taken;

		what = unpacker_run(u, span_after(head, used), &taken, &part);
		used += taken;
		buffer_add(first, part);
	}
	unpacker_free(u);
	return buffer_status(first);
}

/* At most @max bytes from its begin. */
static enum status file_read(struct examination *x, uint64_t max, struct buffer *out)
{
	uint8_t chunk[4096];
	uint64_t size = x->source.before.size < max ? x->source.before.size : max;

	for (uint64_t off = 0; off < size; off += sizeof chunk) {
		uint64_t left = size - off;
		size_t len = left < sizeof chunk ? (size_t)left : sizeof chunk;

		TRY(source_read(&x->source, &x->view, off, chunk, len));
		buffer_add(out, (struct span){ chunk, len });
	}
	return buffer_status(out);
}

/* By what comes out first.  Of Zstandard nothing does before a block is whole. */
static enum status format_find(struct examination *x, struct span head, enum packing packing,
			       const struct format **format)
{
	CLEANUP(buffer_free) struct buffer first = BUFFER_INIT, more = BUFFER_INIT;

	TRY(first_unpack(head, packing, &first));
	if (first.len == 0 && packing == PACKING_ZSTD) {
		TRY(file_read(x, ZSTD_BLOCK_BYTES, &more));
		TRY(first_unpack(buffer_span(&more), packing, &first));
	}
	*format = format_packed(span_clip(buffer_span(&first), 0, SOURCE_GLANCE));
	return *format ? STATUS_OK : STATUS_NOT_MINE;
}

static enum status limit_note(struct examination *x)
{
	finding_add(&x->findings, "limit.unpacked", (struct range){ 0, 0 }, NULL, NULL);
	return STATUS_LIMIT;
}

static uint64_t unpacked_max(const struct examination *x)
{
	uint64_t max = UNPACKED_FREE + x->source.before.size * UNPACKED_RATIO;

	return max < UNPACKED_MAX ? max : UNPACKED_MAX;
}

/* Behind what may stand between streams: zeros by fours (xz), frames to skip (Zstandard). */
static struct span stream_find(enum packing packing, struct span rest)
{
	struct cursor c = cursor_at(rest, 0);
	uint64_t at = 0;

	while (packing == PACKING_XZ && cursor_left(&c) >= XZ_PADDING && cursor_u32le(&c) == 0)
		at += XZ_PADDING;
	while (packing == PACKING_ZSTD && cursor_left(&c) >= ZSTD_SKIP_HEAD &&
	       cursor_u32le(&c) >> 4 == ZSTD_SKIP_MAGIC) {
		cursor_skip(&c, cursor_u32le(&c));
		if (!cursor_ok(&c))
			break;
		at = c.pos;
	}
	return span_after(rest, at);
}

/* Further streams, as kmod joins them.  *@rest: behind the last of them. */
static enum status streams_join(struct examination *x, enum packing packing, struct span *rest,
				struct buffer *out)
{
	const size_t first = out->len;
	enum status status = STATUS_OK;

	*rest = stream_find(packing, *rest);
	for (size_t n = 0; status == STATUS_OK && packing_of(*rest) == packing; n++) {
		uint64_t max = unpacked_max(x), used;

		if (n == STREAMS_MAX)
			return STATUS_LIMIT;
		status =
			unpack(packing, *rest, max > out->len ? max - out->len : 0, out, &used);
		*rest = stream_find(packing, span_after(*rest, used));
	}
	if (status == STATUS_OK || status == STATUS_MALFORMED)
		x->packed_differs = out->len > first || status == STATUS_MALFORMED;
	return status == STATUS_MALFORMED ? STATUS_OK : status;
}

/* What loaders make of the bytes behind the first stream. */
static enum status rest_judge(struct examination *x, enum packing packing, struct span rest,
			      struct buffer *out)
{
	size_t len = rest.len;
	bool padding = packing == PACKING_XZ && span_is_zero(rest) && rest.len % 4 == 0;

	if (rest.len == 0 || padding)
		return STATUS_OK;
	TRY(streams_join(x, packing, &rest, out));
	x->packed_rule = x->packed_differs ? "kmod.packed-streams" : "kmod.packed-trailing";
	x->packed_rest = arena_printf(x->arena, "%zu bytes behind the first stream", len);
	return x->packed_rest ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status examination_unpack(struct examination *x, const struct engine *e,
			       const struct format **format)
{
	CLEANUP(buffer_free) struct buffer packed = BUFFER_INIT, out = BUFFER_INIT;
	struct span head, whole, plain;
	enum packing packing;
	enum status status;
	uint64_t used;

	*format = NULL;
	TRY(view_clip(&x->view, 0, SOURCE_GLANCE, &head));
	packing = packing_of(head);
	if (packing == PACKING_NONE)
		return STATUS_NOT_MINE;
	TRY(format_find(x, head, packing, format));
	if (x->source.before.size > PACKED_MAX)
		return limit_note(x);
	TRY(file_read(x, PACKED_MAX, &packed));
	whole = buffer_span(&packed);
	status = unpack(packing, whole, unpacked_max(x), &out, &used);
	if (status == STATUS_MALFORMED && packing == PACKING_GZIP) {
		buffer_clear(&out);
		status = unpack_unchecked(whole, unpacked_max(x), &out);
		x->packed_rule = "kmod.packed-checksum";
		used = whole.len;
	}
	if (status == STATUS_LIMIT)
		return limit_note(x);
	if (status == STATUS_MALFORMED) /* nothing can load it */
		return STATUS_NOT_MINE;
	TRY(status);
	status = rest_judge(x, packing, span_after(whole, used), &out);
	if (status == STATUS_LIMIT)
		return limit_note(x);
	TRY(status);
	plain = buffer_give(&out, x->arena);
	if (!plain.ptr)
		return STATUS_NO_MEMORY;
	if (e->settings.with_sha256)
		TRY(digest_of(DIGEST_SHA256, &whole, 1, &x->whole));
	x->packed_as = packing_name(packing);
	x->outer = x->source;
	source_of_memory(&x->source, plain);
	return source_glance(&x->source, x->arena, &x->view);
}
