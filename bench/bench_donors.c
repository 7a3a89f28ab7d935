/* SPDX-License-Identifier: MIT */
/*
 * What a look-up in the donor index costs.
 *
 *	bench_donors FOLDER N
 *
 * Makes an index of N donors in FOLDER, once, and prints lines of
 * name TAB value TAB unit: opening it, and looking up what is there and what is not.
 */
#include "base/memory.h"
#include "store/donors.h"
#include "store/donors_files.h"
#include "store/donors_write.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define LOOKUPS 200000
#define OPENS   15

struct seed {
	struct digest digest;
	uint64_t number;
};

static _Noreturn void fail(const char *what)
{
	(void)fprintf(stderr, "bench_donors: %s\n", what);
	exit(EXIT_FAILURE);
}

static struct digest digest_of_number(uint64_t number, uint64_t salt)
{
	const uint64_t both[2] = { number, salt };
	struct span bytes = { (const uint8_t *)both, sizeof(both) };
	struct digest d;

	if (digest_of(DIGEST_SHA256, &bytes, 1, &d) != STATUS_OK)
		fail("no digest");
	return d;
}

static int seed_order(const void *a, const void *b)
{
	const struct seed *x = a, *y = b;

	return memcmp(x->digest.bytes, y->digest.bytes, 32);
}

/* As a scan without sketches remembers it. */
static void donor_make(const struct seed *s, char texts[4][64], struct donor *out)
{
	struct digest block = digest_of_number(s->number, 1);
	unsigned n = (unsigned)s->number;

	(void)snprintf(texts[0], 64, "program-%u.exe", n);
	(void)snprintf(texts[1], 64, "Product %u", n / 100);
	(void)snprintf(texts[2], 64, "%u.%u.0.0", n % 20, n % 7);
	(void)snprintf(texts[3], 64, "/usr/share/programs/%u/program-%u.exe", n / 100, n);
	*out = (struct donor){ .kind = DONOR_VALID,
			       .digest = s->digest,
			       .format = "pe",
			       .signer = "Example Software Corporation",
			       .name = texts[0],
			       .company = "Example Software Corporation",
			       .product = texts[1],
			       .version = texts[2],
			       .original_filename = texts[0],
			       .provenance = texts[3],
			       .signed_at = 1700000000 + n,
			       .machine = 0x8664,
			       .subsystem = 3,
			       .size = 4096 + n,
			       .size_of_headers = 1024,
			       .entry_rva = 0x1000,
			       .time_date_stamp = n };
	memcpy(out->block, block.bytes, 32);
	(void)donor_identity(out->company, out->product, out->original_filename, out->identity);
}

static void index_make(const char *path, uint64_t n)
{
	struct seed *seeds = memory_new(n, sizeof(*seeds));
	struct image_writer w;
	struct new_file f;
	char texts[4][64];
	struct donor d;

	if (!seeds || new_file_begin(path, &f) != STATUS_OK)
		fail("the index cannot be made");
	for (uint64_t i = 0; i < n; i++)
		seeds[i] = (struct seed){ digest_of_number(i, 0), i };
	qsort(seeds, n, sizeof(*seeds), seed_order);
	image_writer_begin(&w, &f);
	for (uint64_t i = 0; i < n; i++) {
		donor_make(&seeds[i], texts, &d);
		image_writer_add(&w, &d);
	}
	if (image_writer_finish(&w) != STATUS_OK || new_file_commit(&f) != STATUS_OK)
		fail("the index cannot be written");
	image_writer_end(&w);
	new_file_end(&f);
	memory_free(seeds);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int number_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double open_cost(struct arena *a, const char *folder)
{
	double costs[OPENS];
	const char *problem;

	for (int i = 0; i < OPENS; i++) {
		double begin = now();
		struct donors *d = donors_open(a, &folder, 1, &problem);

		if (!d)
			fail(problem);
		costs[i] = now() - begin;
		donors_close(d);
	}
	qsort(costs, OPENS, sizeof(costs[0]), number_order);
	return costs[OPENS / 2];
}

/* What is looked up, made before the clock runs. */
struct questions {
	struct digest digests[LOOKUPS];
	uint8_t blocks[LOOKUPS][32], identities[LOOKUPS][16];
};

static void questions_make(struct questions *q, uint64_t n, bool known)
{
	char texts[4][64];
	struct donor d;

	for (uint64_t i = 0; i < LOOKUPS; i++) {
		uint64_t number = (i * 7919 + 13) % n + (known ? 0 : n);
		struct seed s = { digest_of_number(number, 0), number };

		donor_make(&s, texts, &d);
		q->digests[i] = s.digest;
		memcpy(q->blocks[i], d.block, 32);
		memcpy(q->identities[i], d.identity, 16);
	}
}

static struct span question(const struct questions *q, enum donor_key key, size_t i)
{
	switch (key) {
	case DONOR_BY_DIGEST: return digest_span(&q->digests[i]);
	case DONOR_BY_BLOCK: return SPAN_OF(q->blocks[i]);
	case DONOR_BY_IDENTITY: return SPAN_OF(q->identities[i]);
	}
	return SPAN_NONE;
}

/* Seconds for each look-up; @first: those that find every page and sum new. */
static double look_up(const struct donor_index *index, const struct questions *q,
		      enum donor_key key, bool known)
{
	struct arena a = ARENA_INIT((size_t)1 << 20);
	struct donor *found;
	double begin = now();

	for (size_t i = 0; i < LOOKUPS; i++) {
		arena_reset(&a);
		if (index->find(index->context, key, question(q, key, i), &a, &found) !=
			    STATUS_OK ||
		    (found != NULL) != known)
			fail("an answer is wrong");
	}
	arena_free(&a);
	return (now() - begin) / LOOKUPS;
}

static void print(const char *what, double value, const char *unit)
{
	printf("%s\t%.4g\t%s\n", what, value, unit);
}

static void measure(struct arena *a, const char *folder, uint64_t n)
{
	static const char *const names[] = { "digest", "block", "identity" };
	struct questions *q = memory_new(1, sizeof(*q));
	const char *problem;
	struct donors *d = donors_open(a, &folder, 1, &problem);

	if (!q || !d)
		fail(q ? problem : "no memory");
	for (int known = 1; known >= 0; known--) {
		questions_make(q, n, known);
		for (enum donor_key k = DONOR_BY_DIGEST; k <= DONOR_BY_IDENTITY; k++) {
			char what[64];
			double first = look_up(donors_index(d), q, k, known);

			(void)snprintf(what, sizeof(what), "%s %s", known ? "hit" : "miss",
				       names[k]);
			print(what, look_up(donors_index(d), q, k, known) * 1e6, "us");
			(void)snprintf(what, sizeof(what), "first %s %s",
				       known ? "hit" : "miss", names[k]);
			print(what, first * 1e6, "us");
		}
	}
	donors_close(d);
	memory_free(q);
}

int main(int argc, char *argv[])
{
	struct arena a = ARENA_INIT((size_t)1 << 20);
	uint64_t n = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
	const char *path;
	struct stat st;

	if (n == 0)
		fail("usage: bench_donors FOLDER N");
	path = arena_printf(&a, "%s/00000001" DONORS_ENDING, argv[1]);
	if (!path || donors_prepare(argv[1], false) != STATUS_OK)
		fail("the folder cannot be made");
	if (stat(path, &st) != 0)
		index_make(path, n);
	if (stat(path, &st) != 0)
		fail("the index is not there");
	print("size", (double)st.st_size / (1 << 20), "MiB");
	print("open", open_cost(&a, argv[1]) * 1e3, "ms");
	measure(&a, argv[1], n);
	arena_free(&a);
	return EXIT_SUCCESS;
}
