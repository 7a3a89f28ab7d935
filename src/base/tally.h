/* SPDX-License-Identifier: MIT */
/*
 * Tally: how often each byte occurs, and sums of 16-bit words; over many bytes,
 * so that speed counts.  Tested against plain loops, not proved.
 */
#pragma once
#include "base/span.h"

/* One byte after the other waits for memory when both are equal; eight tables do not. */
#define TALLY_WAYS 8

struct tally {
	uint32_t of[TALLY_WAYS][256];
};

/* Adds the bytes of @s.  Between tally_move()s at most 2^32 - 1 of them. */
static inline void tally_add(struct tally *t, struct span s)
{
	size_t i = 0;

	for (; i + TALLY_WAYS <= s.len; i += TALLY_WAYS) {
		uint64_t word;

		memcpy(&word, s.ptr + i, sizeof word);
#pragma GCC unroll 8
		for (size_t way = 0; way < TALLY_WAYS; way++)
			t->of[way][word >> (8 * way) & 0xff]++;
	}
	for (; i < s.len; i++)
		t->of[0][s.ptr[i]]++;
}

/* Moves the counts over to @counts. */
static inline void tally_move(struct tally *t, uint64_t counts[256])
{
	for (size_t way = 0; way < TALLY_WAYS; way++)
		for (size_t i = 0; i < 256; i++)
			counts[i] += t->of[way][i];
	memset(t, 0, sizeof *t);
}

/*
 * A number that is congruent, modulo 65535, to the sum of the 16-bit words of
 * @s, lowest byte first; an odd last byte is a word of its own.  Zero only when
 * all bytes are, and less than 2^48 for each GiB.
 */
static inline uint64_t span_sum_u16le(struct span s)
{
	/* 2^32 is 1 modulo 65535, so that halves of wide words may be added as they are. */
	typedef uint64_t wide __attribute__((vector_size(32)));
	wide sum = { 0 }, low = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX };
	uint64_t total = 0;
	size_t i = 0;

	for (; i + sizeof(wide) <= s.len; i += sizeof(wide)) {
		wide words;

		memcpy(&words, s.ptr + i, sizeof words);
		sum += (words & low) + (words >> 32);
	}
	for (size_t k = 0; k < 4; k++)
		total += sum[k];
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	/* Each word came with its bytes swapped: so is the sum (RFC 1071, 2). */
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	total = (total << 8 | total >> 8) & 0xffff;
#endif
	for (; i < s.len; i++)
		total += (uint64_t)s.ptr[i] << (i % 2 * 8);
	return total;
}
