/* SPDX-License-Identifier: MIT */
/* Pages of images that are made up: where they are cut, and what a sketch finds again. */
#include "mimicry/sketch.h"

#include "base/cursor.h"
#include "mimicry/constant_pages.h"
#include "tests/check.h"

#define CODE 0x60000020U
#define DATA 0x40000040U
#define MAX  ((size_t)1 << 20)

static uint8_t file_bytes[MAX];

/* Every page of @r is different from all others of other @seeds. */
static void fill(uint64_t off, uint64_t len, uint64_t seed)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15U + 1;

	for (uint64_t i = 0; i < len && off + i < MAX; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		file_bytes[off + i] = (uint8_t)x;
	}
}

static struct pe_section section(uint64_t off, uint64_t len, uint32_t flags)
{
	return (struct pe_section){ .pointer_to_raw_data = off,
				    .size_of_raw_data = len,
				    .characteristics = flags };
}

static enum status collect(struct arena *a, const struct pe_image *pe,
			   enum digest_algorithm algorithm, struct pages *p)
{
	struct view view = view_whole((struct span){ file_bytes, pe->file_size });
	struct hash_task task = { .view = &view };
	struct lanes *lanes;

	TRY(pages_plan(a, pe, algorithm, p));
	task.jobs = p->jobs;
	task.n_jobs = pages_jobs(p);
	lanes = lanes_new(true);
	lanes_run(lanes, &task, 1);
	lanes_free(lanes);
	TRY(task.status);
	pages_collect(p, p->jobs);
	return STATUS_OK;
}

static void constants_check(void)
{
	const enum digest_algorithm algorithms[] = { DIGEST_SHA256, DIGEST_SHA1 };
	static uint8_t page[SKETCH_PAGE];

	for (size_t k = 0; k < COUNT_OF(algorithms); k++) {
		unsigned found = 0;

		for (unsigned byte = 0; byte < 256; byte++) {
			struct span whole = SPAN_OF(page);
			struct digest d;
			struct cursor c;

			memset(page, (int)byte, sizeof(page));
			if (digest_of(algorithms[k], &whole, 1, &d) != STATUS_OK)
				continue;
			c = cursor_at(digest_span(&d), 0);
			found += constant_page(algorithms[k], cursor_be(&c, 8));
		}
		CHECK(found == 256, "all constant pages by %s", digest_name(algorithms[k]));
		CHECK(!constant_page(algorithms[k], 0) &&
			      !constant_page(algorithms[k], UINT64_MAX),
		      "others are not constant by %s", digest_name(algorithms[k]));
	}
	CHECK(!constant_page(DIGEST_SHA512, 0x0123456789abcdef), "no table, no constant page");
}

/* Sections: 2.5 pages of code, a page of zeros in it, one page of data; a second copy of it. */
static void pages_check(enum digest_algorithm algorithm)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)4 << 20);
	const struct pe_section sections[] = {
		section(0x6400, 0x1000, DATA),
		section(0x400, 0x3800, CODE),
		section(0x7400, 0x1000, DATA),
		section(0, 0, CODE),
	};
	const struct pe_image pe = { .file_size = 0x8400,
				     .sections = sections,
				     .n_sections = COUNT_OF(sections) };
	struct sketch code, data;
	struct pages p;

	memset(file_bytes, 0, sizeof(file_bytes));
	fill(0x400, 0x2000, 1);
	fill(0x3400, 0x800, 2);
	fill(0x6400, 0x1000, 3);
	fill(0x7400, 0x1000, 3);
	CHECK(collect(&a, &pe, algorithm, &p) == STATUS_OK && p.n == 6, "%s: six pages",
	      digest_name(algorithm));
	CHECK(p.pages[0].where.off == 0x400 && p.pages[3].where.off == 0x3400 &&
		      p.pages[3].where.len == 0x800 && p.pages[4].where.off == 0x6400,
	      "%s: in file order, from each section's start", digest_name(algorithm));
	CHECK(p.pages[2].constant && p.n_executable == 3 && p.n_rest == 1,
	      "%s: constant pages are dropped, equal ones count once", digest_name(algorithm));
	CHECK(p.sections[0].hash == p.sections[2].hash && p.sections[0].hash != 0 &&
		      p.sections[3].hash == 0 && p.sections[1].hash != p.sections[0].hash,
	      "%s: sections have digests too", digest_name(algorithm));
	sketch_make(&p, true, &code);
	sketch_make(&p, false, &data);
	CHECK(code.n == 3 && code.n_pages == 3 && data.n == 1 &&
		      sketch_found(&code, &p, true) == 3 &&
		      sketch_found(&code, &p, false) == 0 &&
		      sketch_found(&data, &p, false) == 1,
	      "%s: a program has all of its own sketch", digest_name(algorithm));
	CHECK(sketch_has(&code, p.executable_hashes[1]) && !sketch_has(&data, code.hashes[0]),
	      "%s: hashes are found in a sketch", digest_name(algorithm));
}

/* Bytes before a section move it as a whole; the sketch finds it all the same. */
static void moved_check(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)4 << 20);
	struct pe_section s = section(0x400, (uint64_t)200 * SKETCH_PAGE, CODE);
	struct pe_image pe = { .file_size = MAX, .sections = &s, .n_sections = 1 };
	struct sketch sketch;
	struct pages p;
	size_t found;

	fill(0x400, s.size_of_raw_data, 4);
	CHECK(collect(&a, &pe, DIGEST_SHA256, &p) == STATUS_OK && p.n_executable == 200, "200");
	sketch_make(&p, true, &sketch);
	CHECK(sketch.n == DONOR_SKETCH && sketch.n_pages == 200, "64 of them are kept");
	fill(0x1234, s.size_of_raw_data, 4);
	memmove(file_bytes + 0x1400, file_bytes + 0x1234, s.size_of_raw_data);
	s.pointer_to_raw_data = 0x1400;
	CHECK(collect(&a, &pe, DIGEST_SHA256, &p) == STATUS_OK &&
		      sketch_found(&sketch, &p, true) == DONOR_SKETCH,
	      "moved: all are found");
	fill(0x65400, 0x64000, 5);
	CHECK(collect(&a, &pe, DIGEST_SHA256, &p) == STATUS_OK, "half of it replaced");
	found = sketch_found(&sketch, &p, true);
	CHECK(found > 20 && found < 44, "half is found: %zu of 64", found);
	for (uint32_t i = 1; i < sketch.n; i++)
		sketch.hashes[i] = sketch.hashes[0] = p.executable_hashes[0];
	CHECK(sketch_found(&sketch, &p, true) == 1, "no record counts a page many times");
}

/* What a hostile section table can ask for. */
static const struct hostile {
	const char *name;
	uint64_t off, len;
	size_t n;
	enum status expect;
	size_t n_pages;
} hostiles[] = {
	{"inside",		     0x400,      0x2000,     1,  STATUS_OK,    2  },
	{ "behind the end",            MAX + 1,    0x2000,     1,  STATUS_OK,    0  },
	{ "reaching behind the end",   MAX - 0x10, 0x2000,     1,  STATUS_OK,    1  },
	{ "of four gigabytes",         0,          UINT32_MAX, 1,  STATUS_OK,    256},
	{ "two copies of everything",  0,          MAX,        2,  STATUS_OK,    512},
	{ "the whole file many times", 0,          MAX,        96, STATUS_LIMIT, 0  },
	{ "nothing many times",        0x400,      0,          96, STATUS_OK,    0  },
};

static void hostile_check(const struct hostile *row)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)4 << 20);
	struct pe_section sections[PE_MAX_SECTIONS];
	const struct pe_image pe = { .file_size = MAX,
				     .sections = sections,
				     .n_sections = row->n };
	struct pages p;

	for (size_t i = 0; i < row->n; i++)
		sections[i] = section(row->off, row->len, CODE);
	CHECK(collect(&a, &pe, DIGEST_SHA256, &p) == row->expect &&
		      (row->expect != STATUS_OK || p.n == row->n_pages),
	      "%s", row->name);
}

static void memory_check(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 10);
	const struct pe_section s = section(0, MAX, CODE);
	const struct pe_image pe = { .file_size = MAX, .sections = &s, .n_sections = 1 };
	struct pages p;

	CHECK(pages_plan(&a, &pe, DIGEST_SHA256, &p) == STATUS_LIMIT,
	      "more than a quarter of the memory that is left is not taken");
}

int main(void)
{
	constants_check();
	pages_check(DIGEST_SHA256);
	pages_check(DIGEST_SHA1);
	moved_check();
	for (size_t i = 0; i < COUNT_OF(hostiles); i++)
		hostile_check(&hostiles[i]);
	memory_check();
	return CHECK_DONE();
}
