/* SPDX-License-Identifier: MIT */
/*
 * The signature of a cabinet: where it lies, what it says it covers.
 *
 * The reserve of the header holds two structures, {u16 length of the first,
 * u16 length of the second, first, second}.  The second is {u32 offset, u32
 * size, 8 bytes} of a PKCS #7 blob behind the cabinet, or the blob itself.
 *
 * What is covered, in both readings: the signature "MSCF"; everything behind
 * the checksum up to the set's number; names, folders, files and data.  Between
 * them, Windows' code and jsign take the cabinet's number, the first length and
 * the first structure; osslsigncode and relic take the last 4 bytes of the
 * second structure.  Ordinarily all of these are zeros.
 */
#include "base/cursor.h"
#include "formats/cab/reading.h"

#define AT_RESERVE    40
#define LENGTHS       4
#define POINTER_BYTES 16
#define PIECES_MAX    5

struct reserve {
	uint16_t first_len, second_len;
	struct span second;
	uint64_t second_off;
};

/* False: no reserve of a signature, but something else that a program keeps there. */
static bool reserve_parse(const struct cab_reading *r, struct reserve *out)
{
	struct cursor c = cursor_at(r->reserve, 0);

	out->first_len = cursor_u16le(&c);
	out->second_len = cursor_u16le(&c);
	cursor_skip(&c, out->first_len);
	out->second_off = AT_RESERVE + c.pos;
	out->second = cursor_take(&c, out->second_len);
	return cursor_ok(&c) && out->second_len > 0;
}

/* A blob begins as every SignedData does. */
static bool is_blob(struct span s)
{
	return span_starts(s, "\x30", 1) && s.len > 16;
}

/* Where the signature lies.  False: nowhere. */
static bool signature_find(struct cab_reading *r, const struct reserve *reserve)
{
	struct cursor c = cursor_at(reserve->second, 0);

	if (reserve->second_len != POINTER_BYTES) {
		r->signature = (struct range){ reserve->second_off, reserve->second_len };
		return is_blob(reserve->second);
	}
	r->signature.off = cursor_u32le(&c);
	r->signature.len = cursor_u32le(&c);
	return r->signature.len > 0;
}

static void piece_add(struct coverage *c, struct piece *pieces, uint64_t from, uint64_t to)
{
	struct piece *last = c->n ? &pieces[c->n - 1] : NULL;

	if (to <= from)
		return;
	if (last && last->range.off + last->range.len == from) {
		last->range.len += to - from;
		return;
	}
	pieces[c->n++] = (struct piece){
		.kind = PIECE_RANGE, .range = {from, to - from}
	};
}

/* With the number of the cabinet and the first structure. */
static enum status cover(struct cab_reading *r, const struct reserve *reserve,
			 struct coverage *out)
{
	struct piece *pieces = ARENA_NEW(r->arena, struct piece, PIECES_MAX);
	uint64_t first = AT_RESERVE + LENGTHS;

	if (!pieces)
		return STATUS_NO_MEMORY;
	out->pieces = pieces;
	out->n = 0;
	piece_add(out, pieces, 0, 4);
	piece_add(out, pieces, 8, 36);
	piece_add(out, pieces, AT_RESERVE, AT_RESERVE + 2);
	piece_add(out, pieces, first, first + reserve->first_len);
	piece_add(out, pieces, r->header_end, r->file->size);
	return STATUS_OK;
}

/* With the end of the second structure, up to the signature. */
static enum status cover_other(struct cab_reading *r, const struct reserve *reserve)
{
	struct piece *pieces = ARENA_NEW(r->arena, struct piece, PIECES_MAX);
	struct coverage *out = &r->file->other;
	struct span number;

	/* Its readers know the header without first structure only. */
	if (reserve->first_len != 0 || r->header_end != AT_RESERVE + LENGTHS + POINTER_BYTES)
		return STATUS_OK;
	TRY(view_part(r->view, 34, 2, &number));
	if (span_is_zero(number) && span_is_zero(span_after(reserve->second, 12)) &&
	    r->signature.off == r->file->size)
		return STATUS_OK;
	if (!pieces)
		return STATUS_NO_MEMORY;
	out->pieces = pieces;
	piece_add(out, pieces, 0, 4);
	piece_add(out, pieces, 8, 34);
	piece_add(out, pieces, 56, r->signature.off);
	return STATUS_OK;
}

/* Bytes between cabinet and signature, or behind it, that nothing covers. */
static enum status uncovered_find(struct cab_reading *r, struct claim *claim)
{
	uint64_t size = r->file->size, end = r->signature.off + r->signature.len;
	struct range gap = { size, r->signature.off - size }, behind = { end, 0 };

	if (r->signature.off < size) { /* in the reserve */
		gap.len = 0;
		behind.off = end = size;
	}
	behind.len = r->view->size - end;
	if (gap.len > 0)
		finding_add(r->findings, "cab.trailing", gap,
			    "the signature right behind the cabinet",
			    arena_printf(r->arena, "%llu bytes between them",
					 (unsigned long long)gap.len));
	if (behind.len > 0)
		finding_add(r->findings, "cab.trailing", behind,
			    "the signature at the end of the file",
			    arena_printf(r->arena, "%llu bytes behind it",
					 (unsigned long long)behind.len));
	claim->uncovered = gap.len > 0 ? gap : behind;
	return STATUS_OK;
}

static enum status claim_make(struct cab_reading *r, const struct reserve *reserve)
{
	struct claim *claim = ARENA_NEW(r->arena, struct claim, 1);
	struct coverage *covered = ARENA_NEW(r->arena, struct coverage, 1);

	if (!claim || !covered)
		return STATUS_NO_MEMORY;
	claim->scheme = "authenticode";
	claim->presence = ASSAY_PRESENCE_EMBEDDED;
	claim->where = r->signature;
	claim->signature_off = r->signature.off;
	TRY(view_part(r->view, r->signature.off, r->signature.len, &claim->signature));
	TRY(cover(r, reserve, covered));
	TRY(cover_other(r, reserve));
	TRY(uncovered_find(r, claim));
	claim->covered = covered;
	r->out->claims = claim;
	return STATUS_OK;
}

enum status cab_signature_read(struct cab_reading *r)
{
	struct range s, field = { AT_RESERVE, r->reserve.len };
	struct reserve reserve = { 0 };
	uint64_t size = r->view->size;

	if (!reserve_parse(r, &reserve) || !signature_find(r, &reserve)) {
		r->signature.len = 0;
		if (!span_is_zero(r->reserve))
			finding_add(r->findings, "cab.reserve", field,
				    "nothing, or a signature", "something else");
		return STATUS_OK;
	}
	s = r->signature;
	if (s.off > size || s.len > size - s.off ||
	    (s.off < r->file->size && reserve.second_len == POINTER_BYTES)) {
		r->signature.len = 0;
		cab_break(r, "cab.signature-outside", field,
			  "a signature behind the cabinet, inside the file",
			  arena_printf(r->arena, "%llu bytes at 0x%llx",
				       (unsigned long long)s.len, (unsigned long long)s.off));
		return STATUS_OK;
	}
	if (s.len > CAB_MAX_SIGNATURE) {
		finding_add(r->findings, "limit.table", s, NULL, NULL);
		return STATUS_LIMIT;
	}
	return claim_make(r, &reserve);
}
