/* SPDX-License-Identifier: MIT */
/*
 * The checksum of a PE is the ones' complement sum of its 16-bit words plus
 * its length ("PE Format", Optional Header, CheckSum; as ImageHlp computes it).
 *
 * Whatever is computed here is a function of the file alone, not of the parts
 * in which its bytes arrive.
 */
#include "crypto/bulk.h"

#include "base/span_search.h"
#include "base/tally.h"

#define CHECKSUM_BYTES 4
#define SAMPLE_EVERY   ((uint64_t)512)
#define SAMPLE_BYTES   ((uint64_t)64)
#define PART_MAX       ((size_t)1 << 20) /* so that no tally runs over */

void bulk_begin(struct bulk *b, uint64_t size)
{
	b->pe_checksum = 0;
	b->sampled = b->histogram == BULK_HISTOGRAM_SAMPLED && size >= BULK_FULL_BELOW;
	b->next = 0;
	b->sum = 0;
	b->size = size;
	b->region = 0;
	b->run_here = 0;
	b->run_of = -1;
	for (size_t i = 0; i < b->n_regions; i++)
		b->regions[i] = (struct bulk_region){ .where = b->regions[i].where };
}

/* --- checksum ---------------------------------------------------------------------------- */

static uint64_t fold(uint64_t sum, unsigned bits)
{
	while (sum >> bits)
		sum = (sum & ((UINT64_C(1) << bits) - 1)) + (sum >> bits);
	return sum;
}

static void sum_words(struct bulk *b, uint64_t off, struct span bytes)
{
	if (off % 2 == 1 && bytes.len > 0) {
		b->sum += (uint64_t)span_at(bytes, 0) << 8;
		bytes = span_after(bytes, 1);
	}
	b->sum = fold(b->sum + span_sum_u16le(bytes), 32);
}

/* All bytes but those of the field. */
static void checksum_take(struct bulk *b, uint64_t off, struct span bytes)
{
	uint64_t field = b->checksum_off, behind = field + CHECKSUM_BYTES;

	if (off < field)
		sum_words(b, off, span_clip(bytes, 0, field - off));
	if (off < behind)
		bytes = span_after(bytes, behind - off);
	sum_words(b, off < behind ? behind : off, bytes);
}

/* --- histogram --------------------------------------------------------------------------- */

/* The first bytes of each 512 of the file, wherever the region begins. */
static uint64_t sample(struct tally *t, uint64_t off, struct span bytes)
{
	uint64_t from = off % SAMPLE_EVERY, at = 0, n = 0;

	while (at < bytes.len) {
		struct span part = SPAN_NONE;

		if (from < SAMPLE_BYTES)
			part = span_clip(bytes, at, SAMPLE_BYTES - from);
		tally_add(t, part);
		n += part.len;
		at += SAMPLE_EVERY - from;
		from = 0;
	}
	return n;
}

static void histogram_take(struct bulk *b, struct bulk_region *r, uint64_t off,
			   struct span bytes)
{
	struct tally tally = { 0 };

	if (b->histogram == BULK_HISTOGRAM_OFF)
		return;
	if (b->sampled) {
		r->n_counted += sample(&tally, off, bytes);
	} else {
		tally_add(&tally, bytes);
		r->n_counted += bytes.len;
	}
	tally_move(&tally, r->counts);
}

/* --- runs -------------------------------------------------------------------------------- */

/* The run that reaches @end ends there. */
static void run_end(struct bulk *b, struct bulk_region *r, uint64_t end)
{
	if (b->run_of >= 0 && b->run_here >= BULK_RUN_MIN && b->run_here > r->run_len) {
		r->run_len = b->run_here;
		r->run_off = end - b->run_here;
		r->run_byte = (uint8_t)b->run_of;
	}
	b->run_of = -1;
	b->run_here = 0;
}

static bool is_constant(struct span s)
{
	return span_same(span_clip(s, 0, s.len - 1), span_after(s, 1));
}

/* How many bytes at the begin of @s are @byte. */
static uint64_t run_at_begin(struct span s, int byte)
{
	uint64_t n = 0;

	while (n < s.len && span_at(s, n) == byte)
		n++;
	return n;
}

static uint64_t run_at_end(struct span s)
{
	uint64_t n = 1;

	while (n < s.len && span_at(s, s.len - n - 1) == span_at(s, s.len - 1))
		n++;
	return n;
}

/* At most BULK_RUN_MIN bytes: a run that is long enough begins or ends outside, or is all. */
static void run_take(struct bulk *b, struct bulk_region *r, uint64_t off, struct span bytes)
{
	uint8_t first = span_at(bytes, 0), last = span_at(bytes, bytes.len - 1);
	bool constant = first == last && is_constant(bytes);
	uint64_t n;

	if (b->run_of != first || !constant) {
		n = run_at_begin(bytes, b->run_of);
		b->run_here += n;
		run_end(b, r, off + n);
	}
	b->run_of = last;
	b->run_here += constant ? bytes.len : run_at_end(bytes);
}

static void runs_take(struct bulk *b, struct bulk_region *r, uint64_t off, struct span bytes)
{
	for (uint64_t at = 0; at < bytes.len; at += BULK_RUN_MIN)
		run_take(b, r, off + at, span_clip(bytes, at, BULK_RUN_MIN));
}

/* --- the pass ---------------------------------------------------------------------------- */

static uint64_t region_end(const struct bulk_region *r)
{
	return r->where.off + r->where.len;
}

/* What of @bytes, which begin at b->next, lies in the current region. */
static void region_take(struct bulk *b, struct bulk_region *r, struct span bytes)
{
	histogram_take(b, r, b->next, bytes);
	runs_take(b, r, b->next, bytes);
	if (b->next + bytes.len == region_end(r))
		run_end(b, r, region_end(r));
}

static void part_take(struct bulk *b, struct span bytes)
{
	if (b->checksum)
		checksum_take(b, b->next, bytes);
	while (bytes.len > 0) {
		struct bulk_region *r =
			b->region < b->n_regions ? &b->regions[b->region] : NULL;
		uint64_t len = bytes.len;

		if (r && b->next >= region_end(r)) {
			b->region++;
			continue;
		}
		if (r && b->next < r->where.off) {
			len = r->where.off - b->next;
		} else if (r) {
			len = region_end(r) - b->next;
			region_take(b, r, span_clip(bytes, 0, len));
		}
		len = span_clip(bytes, 0, len).len;
		b->next += len;
		bytes = span_after(bytes, len);
	}
}

void bulk_take(struct bulk *b, uint64_t off, struct span bytes)
{
	if (off > b->next)
		return;
	bytes = span_after(bytes, b->next - off);
	for (uint64_t at = 0; at < bytes.len; at += PART_MAX)
		part_take(b, span_clip(bytes, at, PART_MAX));
}

void bulk_end(struct bulk *b)
{
	if (b->checksum)
		b->pe_checksum = (uint32_t)fold(b->sum, 16) + (uint32_t)b->size;
}

/* --- what it says ------------------------------------------------------------------------ */

#define FRACTION 24 /* bits behind the point; the result is the same on every machine */

/* The binary logarithm of @n > 0, below 2^32. */
static uint64_t log2_of(uint64_t n)
{
	unsigned whole = 63 - (unsigned)__builtin_clzll(n);
	uint64_t mantissa = n << (31 - whole), out = whole;

	/* Squaring the mantissa, 1 to 2, doubles its logarithm: that gives a bit at a time. */
	for (unsigned i = 0; i < FRACTION; i++) {
		mantissa = mantissa * mantissa >> 31;
		out = out << 1 | mantissa >> 32;
		mantissa >>= mantissa >> 32;
	}
	return out;
}

uint64_t bulk_entropy(const struct bulk_region *r)
{
	uint64_t n = r->n_counted, sum = 0;
	unsigned shift = 0;

	while (n >> shift >= UINT64_C(1) << 32)
		shift++;
	n = 0;
	for (size_t i = 0; i < 256; i++)
		n += r->counts[i] >> shift;
	if (n == 0)
		return 0;
	/* H = log n - (sum of c log c) / n */
	for (size_t i = 0; i < 256; i++)
		if (r->counts[i] >> shift)
			sum += (r->counts[i] >> shift) * log2_of(r->counts[i] >> shift);
	return ((log2_of(n) - sum / n) * 1000 + (UINT64_C(1) << (FRACTION - 1))) >> FRACTION;
}

uint64_t bulk_printable(const struct bulk_region *r)
{
	uint64_t n = 0;

	if (r->n_counted == 0)
		return 0;
	for (size_t i = ' '; i <= '~'; i++)
		n += r->counts[i];
	for (size_t i = '\t'; i <= '\r'; i++)
		n += r->counts[i];
	return n * 1000 / r->n_counted;
}
