/* SPDX-License-Identifier: MIT */
/*
 * The APK Signing Block: u64 size, pairs, u64 size, "APK Sig Block 42".
 *
 * Of two pairs with one id the first counts.  Pairs of other ids are signed by
 * nobody: anybody may put bytes there (stores do, to tell where a file came
 * from), and no signature changes.
 */
#include "formats/apk/reading.h"

#include "base/cursor.h"

#define MAGIC       "APK Sig Block 42"
#define FRAME_BYTES 24 /* size and magic at the end */

static void block_break(struct findings *findings, struct apk_file *out, struct range where,
			const char *expected)
{
	out->block_damaged = true;
	finding_add(findings, "apk.block-malformed", where, expected, NULL);
}

/* Where it is; zero long: there is none. */
static enum status frame_read(struct view *v, struct findings *findings, uint64_t end,
			      struct apk_file *out)
{
	struct range where = { end - FRAME_BYTES, FRAME_BYTES };
	struct span frame, first;
	struct cursor c;
	uint64_t size;

	TRY(view_part(v, where.off, where.len, &frame));
	if (!span_equal(span_after(frame, 8), SPAN_LITERAL(MAGIC)))
		return STATUS_OK;
	c = cursor_at(frame, 0);
	size = cursor_u64le(&c);
	if (size < FRAME_BYTES || size > end - 8) {
		block_break(findings, out, where, "a block inside the file");
		return STATUS_OK;
	}
	if (size > APK_BLOCK_MAX) {
		finding_add(findings, "limit.apk-block", where, NULL, NULL);
		return STATUS_LIMIT;
	}
	TRY(view_part(v, end - size - 8, 8, &first));
	c = cursor_at(first, 0);
	if (cursor_u64le(&c) != size) {
		block_break(findings, out, where, "the same size at both ends");
		return STATUS_OK;
	}
	out->block = (struct range){ end - size - 8, size + 8 };
	return STATUS_OK;
}

static bool is_known(uint32_t id)
{
	static const uint32_t known[] = { APK_V2,      APK_V3,       APK_V31,
					  APK_PADDING, APK_STAMP_V1, APK_STAMP_V2 };

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (known[i] == id)
			return true;
	return false;
}

static void pair_note(struct findings *findings, const struct apk_file *apk,
		      const struct apk_pair *pair)
{
	const char *shown = arena_printf(findings->arena, "id 0x%08x, %llu bytes", pair->id,
					 (unsigned long long)pair->where.len);

	if (apk_pair_find(apk, pair->id) && pair->id != APK_PADDING)
		finding_add(findings, "apk.block-twice", pair->where, "each id once", shown);
	if (!is_known(pair->id) || (pair->id == APK_PADDING && !span_is_zero(pair->value)))
		finding_add(findings, "apk.block-foreign", pair->where, NULL, shown);
}

static enum status pairs_read(struct findings *findings, struct span block,
			      struct apk_file *out)
{
	struct cursor c = cursor_at(span_clip(block, 0, block.len - FRAME_BYTES), 8);

	while (cursor_left(&c) > 0) {
		uint64_t len = cursor_u64le(&c), at = out->block.off + c.pos;
		struct apk_pair pair = { .id = cursor_u32le(&c) };

		if (len < 4 || !cursor_ok(&c)) {
			block_break(findings, out, (struct range){ at, 0 }, "another pair");
			return STATUS_OK;
		}
		pair.value = cursor_take(&c, len - 4);
		pair.where = (struct range){ at + 4, len - 4 };
		if (!cursor_ok(&c)) {
			block_break(findings, out, (struct range){ at, 4 },
				    "a pair inside the block");
			return STATUS_OK;
		}
		if (out->n_pairs == APK_MAX_PAIRS) {
			finding_add(findings, "limit.apk-block", pair.where, NULL, NULL);
			return STATUS_LIMIT;
		}
		pair_note(findings, out, &pair);
		out->pairs[out->n_pairs++] = pair;
	}
	return STATUS_OK;
}

enum status apk_block_read(struct view *v, struct findings *findings, const struct zip *z,
			   struct apk_file *out)
{
	uint64_t behind = z->central.off + z->central.len;
	struct span block;

	for (size_t i = 0; i < z->n_holes; i++)
		if (z->holes[i].kind == ZIP_HOLE_CENTRAL_SLACK)
			behind += z->holes[i].where.len;
	out->central = (struct range){ z->central.off, behind - z->central.off };
	out->end_record = z->end_record - behind;
	TRY(view_part(v, out->central.off, out->central.len, &out->central_bytes));
	TRY(view_part(v, behind, v->size - behind, &out->end));
	if (z->central.off < FRAME_BYTES + 8)
		return STATUS_OK;
	TRY(frame_read(v, findings, z->central.off, out));
	if (out->block.len == 0)
		return STATUS_OK;
	TRY(view_part(v, out->block.off, out->block.len, &block));
	return pairs_read(findings, block, out);
}
