/* SPDX-License-Identifier: MIT */
/* Bulk against plain loops: the same numbers, whatever the parts in which bytes arrive. */
#include "base/tally.h"
#include "crypto/test_lanes_specimen.h"
#include "tests/check.h"
#include "tests/forge/program.h"

#include <math.h>
#include <unistd.h>

#define N_REGIONS 5
#define BIG       ((size_t)3000001)

static struct bulk_region regions[N_REGIONS];
static uint8_t big[BIG];
static struct source big_source;

/* Noise, text, and runs of one byte that begin and end at awkward places. */
static const struct {
	size_t off, len;
	uint8_t byte;
} runs[] = {
	{0,            5000,   0   },
        { 8191,        4096,   'a' },
        { 16384,       4095,   'b' },
	{ 40001,       70000,  'c' },
        { 200000,      300000, 0   },
        { 600000,      4096,   'd' },
	{ 604096,      4096,   'e' },
        { 1000003,     4096,   0xff},
        { BIG - 12000, 12000,  'z' },
};

static void big_make(void)
{
	for (size_t i = 0; i < BIG; i++)
		big[i] = i % 100000 < 50000 ? (uint8_t)random_below(256)
					    : (uint8_t)(' ' + random_below(90));
	for (size_t i = 0; i < COUNT_OF(runs); i++)
		memset(&big[runs[i].off], runs[i].byte, runs[i].len);
	(void)specimen_file(big, BIG, &big_source);
}

/* --- the oracle -------------------------------------------------------------------------- */

static uint32_t plain_checksum(struct span file, uint64_t field)
{
	uint32_t sum = 0;

	for (uint64_t i = 0; i < file.len; i += 2) {
		for (uint64_t k = i; k < i + 2; k++)
			if (k < field || k >= field + 4)
				sum += (uint32_t)span_at(file, k) << (k % 2 * 8);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return sum + (uint32_t)file.len;
}

static bool counts_are_right(const struct bulk_region *r, struct span file, bool sampled)
{
	uint64_t counts[256] = { 0 }, n = 0;

	for (uint64_t i = r->where.off; i < r->where.off + r->where.len; i++)
		if (!sampled || i % 512 < 64) {
			counts[span_at(file, i)]++;
			n++;
		}
	return n == r->n_counted && memcmp(counts, r->counts, sizeof counts) == 0;
}

static bool run_is_right(const struct bulk_region *r, struct span file)
{
	uint64_t best = 0, best_off = 0, here = 0;

	for (uint64_t i = r->where.off; i < r->where.off + r->where.len; i++) {
		here = i > r->where.off && span_at(file, i) == span_at(file, i - 1) ? here + 1
										    : 1;
		if (here >= BULK_RUN_MIN && here > best) {
			best = here;
			best_off = i + 1 - here;
		}
	}
	return best == r->run_len && (best == 0 || (r->run_off == best_off &&
						    r->run_byte == span_at(file, best_off)));
}

static bool bulk_is_right(const struct bulk *b, struct span file)
{
	bool sampled = b->histogram == BULK_HISTOGRAM_SAMPLED && file.len >= BULK_FULL_BELOW;
	bool good = b->sampled == sampled;

	if (b->checksum)
		good &= b->pe_checksum == plain_checksum(file, b->checksum_off);
	for (size_t i = 0; i < b->n_regions; i++) {
		good &= run_is_right(&b->regions[i], file);
		good &= b->histogram == BULK_HISTOGRAM_OFF
				? b->regions[i].n_counted == 0
				: counts_are_right(&b->regions[i], file, sampled);
	}
	return good;
}

/* --- what is asked ----------------------------------------------------------------------- */

static void regions_cut(uint64_t size, const uint64_t cuts[N_REGIONS - 1])
{
	uint64_t at = 0;

	for (size_t i = 0; i < N_REGIONS; i++) {
		uint64_t end = i < N_REGIONS - 1 && cuts[i] < size ? cuts[i] : size;

		regions[i].where = (struct range){ at, end - at };
		at = end;
	}
}

static const struct row {
	const char *name;
	enum bulk_histogram histogram;
	uint64_t field, cuts[N_REGIONS - 1];
} rows[] = {
	{"full",		      BULK_HISTOGRAM_FULL,    216,     { 400, 40000, 40000, 250001 }  },
	{ "sampled",                  BULK_HISTOGRAM_SAMPLED, 216,     { 400, 40000, 40000, 250001 }  },
	{ "neither",                  BULK_HISTOGRAM_OFF,     216,     { 400, 40000, 40000, 250001 }  },
	{ "field at an odd place",    BULK_HISTOGRAM_SAMPLED, 65535,   { 1, 2, 3, 4 }                 },
	{ "field across two windows", BULK_HISTOGRAM_FULL,    65534,   { 511, 512, 513, 65537 }       },
	{ "field at the end",         BULK_HISTOGRAM_OFF,     BIG - 4, { BIG, BIG, BIG, BIG }         },
	{ "a run across regions",     BULK_HISTOGRAM_FULL,    0,       { 2500, 45000, 210000, 602000 }},
};

static const size_t chunks[] = { 100, 4096, 7001, LANES_CHUNK, BIG };

static void test_chunks(void)
{
	struct span file = SPAN_OF(big);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool good = true;

		for (size_t k = 0; k < COUNT_OF(chunks); k++) {
			struct lanes *l = lanes_new_chunk(true, chunks[k]);
			struct view view = { .size = BIG };
			struct bulk bulk = { .checksum = true,
					     .checksum_off = rows[i].field,
					     .histogram = rows[i].histogram,
					     .regions = regions,
					     .n_regions = N_REGIONS };
			struct hash_task task = {
				&big_source, &view, NULL, 0, STATUS_IO, &bulk
			};

			regions_cut(BIG, rows[i].cuts);
			if (!l || !view_add(&view, 3, span_clip(file, 3, 1000)))
				abort();
			lanes_run(l, &task, 1);
			good &= task.status == STATUS_OK && bulk_is_right(&bulk, file);
			lanes_free(l);
		}
		CHECK(good, "%s: as a plain loop, with %zu sizes of windows", rows[i].name,
		      COUNT_OF(chunks));
	}
}

/* All sizes of files, two at a time, and jobs that step back. */
static void test_with_jobs(void)
{
	struct lanes *l = lanes_new_chunk(true, 4096);
	bool good = true;

	if (!l)
		abort();
	for (size_t i = 0; i < N_SPECIMENS; i++) {
		struct span file = specimen_span(i);
		struct view view = { .size = file.len };
		struct piece pieces[] = {
			{.kind = PIECE_RANGE,
                         .range = { file.len / 2, file.len - file.len / 2 }},
			{ .kind = PIECE_RANGE, .range = { 0, file.len / 2 }}
		};
		struct digest_job job = {
			.algorithm = DIGEST_SHA256, .covered = {pieces, 2}
		};
		struct bulk bulk = { .checksum = true,
				     .histogram = BULK_HISTOGRAM_FULL,
				     .regions = regions,
				     .n_regions = N_REGIONS };
		struct hash_task task = {
			&specimens[i].source, &view, &job, 1, STATUS_IO, &bulk
		};
		const uint64_t cuts[] = { 10, 70, 5000, 5001 };

		regions_cut(file.len, cuts);
		lanes_run(l, &task, 1);
		good &= task.status == STATUS_OK && bulk_is_right(&bulk, file) &&
			job_is_right(&job, file);
	}
	CHECK(good, "files of all sizes, beside a digest that steps back");
	lanes_free(l);
}

static void test_reads_once(void)
{
	struct piece whole = {
		.kind = PIECE_RANGE, .range = {0, BIG}
	};
	struct piece most = {
		.kind = PIECE_RANGE, .range = {500, BIG - 1000}
	};
	struct digest_job jobs[] = {
		{.algorithm = DIGEST_SHA256, .covered = { &whole, 1 }},
		{ .algorithm = DIGEST_SHA1,  .covered = { &most, 1 } }
	};
	struct view view = { .size = BIG };
	struct bulk bulk = { .checksum = true };
	struct hash_task task = { &big_source, &view, jobs, 2, STATUS_IO, &bulk };
	struct lanes *l = lanes_new(true);
	unsigned long long before = bytes_read(), after;

	if (!l)
		abort();
	lanes_run(l, &task, 1);
	after = bytes_read();
	CHECK(task.status == STATUS_OK && job_is_right(&jobs[0], SPAN_OF(big)) &&
		      job_is_right(&jobs[1], SPAN_OF(big)) &&
		      bulk_is_right(&bulk, SPAN_OF(big)),
	      "two digests and a bulk are right");
	CHECK(before == 0 || after - before < BIG + 1000, "and the file is read once");
	lanes_free(l);
}

static void test_failing(void)
{
	struct view view = { .size = BIG + 1 };
	struct bulk bulk = { .checksum = true };
	struct hash_task task = { &big_source, &view, NULL, 0, STATUS_OK, &bulk };
	struct lanes *l = lanes_new(true);

	if (!l)
		abort();
	lanes_run(l, &task, 1);
	CHECK(task.status != STATUS_OK && bulk.pe_checksum == 0,
	      "a file that is shorter than it was: no result");
	lanes_free(l);
}

/* The forge computes the field in its own way. */
static void test_checksum_of_programs(void)
{
	static const struct forge_program wishes[] = {
		{.pe32 = true, .seed = 1},
		{               .section_size = 70000,   .seed = 2        },
		{ .n_sections = 3,   .overlay = 1001,           .seed = 3 },
	};

	for (size_t i = 0; i < COUNT_OF(wishes); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		struct bulk bulk = { .checksum = true };
		struct span rest;

		forge_program_make(&wishes[i], &file);
		forge_checksum(&file);
		bulk.checksum_off = forge_places_of(&file).checksum;
		bulk_begin(&bulk, file.len);
		rest = buffer_span(&file);
		for (uint64_t at = 0; at < rest.len; at += 333)
			bulk_take(&bulk, at, span_clip(rest, at, 400)); /* some bytes twice */
		bulk_end(&bulk);
		CHECK(bulk.pe_checksum == forge_get(&file, bulk.checksum_off, 4),
		      "checksum of program %zu, %zu bytes", i, file.len);
	}
}

static void test_numbers(void)
{
	static const struct {
		const char *name;
		uint64_t of_a, of_b, of_each, entropy, printable;
	} numbers[] = {
		{"nothing",         0,                 0,                 0,                 0,    0   },
		{ "one byte",       1,                 0,                 0,                 0,    1000},
		{ "all the same",   1000000,           0,                 0,                 0,    1000},
		{ "two",            500,               500,               0,                 1000, 1000},
		{ "three to one",   750,               250,               0,                 811,  1000},
		{ "all bytes",      0,                 0,                 4096,              8000, 390 },
		{ "more than fits", UINT64_C(1) << 40, UINT64_C(1) << 40, 0,                 1000, 1000},
		{ "much of all",    0,                 0,                 UINT64_C(1) << 40, 8000, 390 },
	};

	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		struct bulk_region r = { 0 };

		for (size_t k = 0; k < 256; k++)
			r.counts[k] = numbers[i].of_each;
		r.counts['A'] += numbers[i].of_a;
		r.counts['\n'] += numbers[i].of_b;
		for (size_t k = 0; k < 256; k++)
			r.n_counted += r.counts[k];
		CHECK(bulk_entropy(&r) == numbers[i].entropy &&
			      bulk_printable(&r) == numbers[i].printable,
		      "%s: entropy %llu, printable %llu", numbers[i].name,
		      (unsigned long long)bulk_entropy(&r),
		      (unsigned long long)bulk_printable(&r));
	}
}

static void test_entropy(void)
{
	unsigned n_off = 0;

	for (size_t i = 0; i < 2000; i++) {
		struct bulk_region r = { 0 };
		double sum = 0;

		for (size_t k = 0; k < 256; k++) {
			r.counts[k] = random_below(3) ? random_len(1000000) : 0;
			r.n_counted += r.counts[k];
		}
		for (size_t k = 0; k < 256; k++)
			if (r.counts[k])
				sum -= (double)r.counts[k] *
				       log2((double)r.counts[k] / (double)r.n_counted);
		sum = 1000 * sum / (double)r.n_counted;
		n_off += fabs(sum - (double)bulk_entropy(&r)) > 0.501;
	}
	CHECK(n_off == 0, "2000 random entropies are as libm says");
}

static void test_tally(void)
{
	uint8_t bytes[100];
	bool good = true;

	for (size_t len = 0; len <= sizeof bytes; len++) {
		uint64_t sum = 0, counts[256] = { 0 }, want[256] = { 0 };
		struct tally tally = { 0 };

		for (size_t i = 0; i < len; i++) {
			bytes[i] = (uint8_t)(random_below(2) ? 0xff : random_below(256));
			sum += (uint64_t)bytes[i] << (i % 2 * 8);
			want[bytes[i]]++;
		}
		tally_add(&tally, (struct span){ bytes, len });
		tally_move(&tally, counts);
		good &= memcmp(counts, want, sizeof counts) == 0;
		good &= span_sum_u16le((struct span){ bytes, len }) % 65535 == sum % 65535;
		tally_move(&tally, counts);
		good &= memcmp(counts, want, sizeof counts) == 0;
	}
	CHECK(good, "sums and tallies of 0 to 100 bytes");
}

int main(void)
{
	specimens_make();
	big_make();
	test_tally();
	test_chunks();
	test_with_jobs();
	test_reads_once();
	test_failing();
	test_checksum_of_programs();
	test_numbers();
	test_entropy();
	specimens_free();
	(void)close(big_source.fd);
	return CHECK_DONE();
}
