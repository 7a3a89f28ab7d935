/* SPDX-License-Identifier: MIT */
/*
 * The Rich header: which tools made how many objects, between DOS stub and PE
 * header.
 *
 * Not documented by Microsoft, whose linker writes it: "DanS", three zeros, and
 * pairs of product and count, all XORed with a checksum of the DOS header (without
 * e_lfanew) and of the pairs; then "Rich" and that checksum.
 */
#include "base/buffer.h"
#include "base/cursor.h"
#include "formats/pe/looking.h"

#define DANS             0x536e6144U
#define WORD             UINT64_C(4)
#define HEAD_WORDS       4 /* DanS and three zeros */
#define PAIR_BYTES       8
#define DOS_LFANEW_FIRST 0x3cU
#define DOS_LFANEW_LAST  0x3fU

struct rich {
	uint64_t off, end; /* of DanS; behind the last pair */
	uint32_t key;
};

static uint32_t word_at(struct span s, uint64_t off)
{
	struct cursor c = cursor_at(s, off);

	return cursor_u32le(&c);
}

static uint32_t rotate(uint32_t value, uint32_t by)
{
	by %= 32;
	return by ? value << by | value >> (32 - by) : value;
}

/* Where it ends, and where that key makes a beginning of it. */
static bool rich_find(struct span stub, struct rich *out)
{
	uint64_t mark = 0, from = 0;
	bool found = false;

	while (span_find(stub, SPAN_LITERAL("Rich"), from, &from)) {
		if (from % WORD == 0 && stub.len - from >= PAIR_BYTES) {
			found = true;
			mark = from;
		}
		from++;
	}
	if (!found)
		return false;
	out->key = word_at(stub, mark + WORD);
	out->end = mark;
	for (uint64_t pairs = 0; pairs <= PE_MAX_RICH_ENTRIES; pairs++) {
		uint64_t back = HEAD_WORDS * WORD + pairs * PAIR_BYTES;

		if (back > mark)
			return false;
		out->off = mark - back;
		if ((word_at(stub, out->off) ^ out->key) != DANS)
			continue;
		for (uint64_t i = 1; i < HEAD_WORDS; i++)
			if (word_at(stub, out->off + i * WORD) != out->key)
				return false;
		return true;
	}
	return false;
}

/* What the key should be. */
static uint32_t checksum_of(struct span stub, uint64_t off, struct span pairs)
{
	uint32_t sum = (uint32_t)off;
	struct cursor c = cursor_at(pairs, 0);

	for (uint32_t i = 0; i < off; i++)
		if (i < DOS_LFANEW_FIRST || i > DOS_LFANEW_LAST)
			sum += rotate(span_at(stub, i), i);
	while (cursor_left(&c) >= PAIR_BYTES) {
		uint32_t product = cursor_u32le(&c), count = cursor_u32le(&c);

		sum += rotate(product, count);
	}
	return sum;
}

enum status pe_rich_read(struct pe_looking *l, struct pe_identity *out)
{
	CLEANUP(buffer_free) struct buffer pairs = BUFFER_INIT;
	uint64_t len = l->pe->header_off < PE_MAX_STUB ? l->pe->header_off : PE_MAX_STUB;
	struct rich rich = { 0 };
	struct span stub;
	uint32_t sum;

	TRY(pe_look_at(l, 0, len, &stub));
	if (!rich_find(stub, &rich))
		return STATUS_OK;
	for (uint64_t at = rich.off + HEAD_WORDS * WORD; at < rich.end; at += WORD)
		buffer_u32le(&pairs, word_at(stub, at) ^ rich.key);
	TRY(buffer_status(&pairs));
	out->rich = arena_copy(l->arena, buffer_span(&pairs));
	if (pairs.len > 0 && !out->rich.ptr)
		return STATUS_NO_MEMORY;
	sum = checksum_of(stub, rich.off, out->rich);
	out->has_rich = true;
	out->rich_key_ok = sum == rich.key;
	if (!out->rich_key_ok)
		finding_add(l->findings, "pe.rich-forged",
			    (struct range){ rich.off, rich.end + PAIR_BYTES - rich.off },
			    arena_printf(l->arena, "key 0x%08x", sum),
			    arena_printf(l->arena, "0x%08x", rich.key));
	return STATUS_OK;
}
