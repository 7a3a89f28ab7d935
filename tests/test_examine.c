/* SPDX-License-Identifier: MIT */
/*
 * What must hold for any file: a cut or changed one is never valid, the answer
 * depends on nothing but the file, and running out of memory gives no word.
 */
#include "base/limits.h"
#include "base/memory.h"
#include "evidence/evidence.h"
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/resources.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define DURING "2022-06-01T12:00:00Z" /* "expired" was valid then */

/* Small seeds, all of which are valid. */
static const struct forge_signature nested = { .image_digest = "SHA1" };
static const struct seed {
	const char *name;
	struct forge_program program;
	struct forge_signature sign;
} seeds[] = {
	{"plain",    { 0 },              { 0 }					     },
	{ "stamped",
         { .pe32 = true },
         { .signer = "expired", .stamps = { { .kind = STAMP_RFC3161, .time = DURING } } }  },
	{ "nested",  { .overlay = 100 }, { .nested = { &nested } }                         },
	{ "pages",
         { .n_sections = 2 },
         { .page_hashes = "SHA256", .stamps = { { .kind = STAMP_PKCS9, .time = DURING } } }},
};

static void seed_make(struct forge *f, const struct seed *seed, struct buffer *out)
{
	buffer_clear(out);
	forge_program_make(&seed->program, out);
	forge_sign(f, &seed->sign, out);
}

static bool is_error(const struct report *r)
{
	return r->verdict == ASSAY_VERDICT_ERROR;
}

/* A file whose directory entry is there claims a signature, and must not pass for unsigned. */
static bool prefix_is_right(const struct report *r, size_t len, const struct forge_places *p)
{
	if (len < p->directory + 8)
		return r->verdict == ASSAY_VERDICT_UNSUPPORTED ||
		       r->verdict == ASSAY_VERDICT_BROKEN;
	return r->verdict == ASSAY_VERDICT_BROKEN;
}

static void prefixes(struct court *c, struct forge *f, const struct seed *seed)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct forge_places p;
	size_t wrong = 0, len;

	seed_make(f, seed, &file);
	p = forge_places_of(&file);
	for (len = 0; len < file.len; len++) {
		const struct report *r = court_judge(c, span_clip(buffer_span(&file), 0, len));

		if (!prefix_is_right(r, len, &p) && wrong++ < 10)
			printf("# the first %zu bytes are %s\n", len,
			       assay_verdict_word(r->verdict));
	}
	CHECK(wrong == 0, "none of %zu prefixes of %s passes", len, seed->name);
	CHECK(court_judge(c, buffer_span(&file))->verdict == ASSAY_VERDICT_VALID,
	      "%s as a whole is valid", seed->name);
}

static bool in_range(struct range r, size_t at)
{
	return at >= r.off && at - r.off < r.len;
}

/*
 * The holes: CheckSum, and what the SignedData of the table does not authenticate
 * (versions, the set of digest algorithms, unsigned attributes, padding).
 * Beside another good signature a chain may fail, too: the best one counts.
 */
struct holes {
	struct forge_places places;
	struct range authenticated[REPORT_MAX_CHAIN * 2 + 8];
	size_t n;
};

static void authenticated_add(struct holes *h, struct range r)
{
	if (r.len > 0)
		h->authenticated[h->n++] = r;
}

static void holes_find(struct holes *h, const struct buffer *file, const struct report *r)
{
	*h = (struct holes){ .places = forge_places_of(file) };
	for (size_t i = 0; i < r->n_signatures && i < 2; i++) {
		const struct report_signature *s = &r->signatures[i];

		authenticated_add(h, s->content);
		authenticated_add(h, s->signed_attrs);
		authenticated_add(h, s->signature_value);
		if (r->n_signatures > 1)
			continue;
		authenticated_add(h, s->certificate);
		for (size_t k = 0; k < s->n_chain; k++)
			authenticated_add(h, s->chain[k].where);
	}
}

static bool may_stay_valid(const struct holes *h, size_t at)
{
	if (at >= h->places.checksum && at < h->places.checksum + 4)
		return true;
	if (at < h->places.table)
		return false;
	for (size_t i = 0; i < h->n; i++)
		if (in_range(h->authenticated[i], at))
			return false;
	return true;
}

static void flips(struct court *c, struct forge *f, const struct seed *seed)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };
	size_t wrong = 0, valid = 0;
	struct holes holes;

	seed_make(f, seed, &file);
	holes_find(&holes, &file, court_judge(c, buffer_span(&file)));
	for (size_t at = 0; at < file.len; at++) {
		uint8_t mask = masks[at % COUNT_OF(masks)];
		const struct report *r;

		forge_put(&file, at, 1, forge_get(&file, at, 1) ^ mask);
		r = court_judge(c, buffer_span(&file));
		forge_put(&file, at, 1, forge_get(&file, at, 1) ^ mask);
		if (r->verdict != ASSAY_VERDICT_VALID)
			continue;
		valid++;
		if (!may_stay_valid(&holes, at) && wrong++ < 10)
			printf("# byte 0x%zx ^ 0x%02x: still valid\n", at, mask);
	}
	CHECK(wrong == 0 && valid > 0, "%zu bytes of %s, each changed: %zu in holes stay valid",
	      file.len, seed->name, valid);
}

/* All traps whose files are small, in memory. */
struct corpus {
	struct buffer bytes[512];
	const struct forge_trap *traps[512];
	int fds[512];
	size_t n;
};

static void corpus_make(struct forge *f, struct corpus *all)
{
	for (size_t i = 0; i < n_forge_trap_tables; i++)
		for (size_t k = 0; k < forge_trap_tables[i]->n; k++) {
			const struct forge_trap *t = &forge_trap_tables[i]->traps[k];
			struct buffer *b = &all->bytes[all->n];

			*b = (struct buffer)BUFFER_INIT;
			forge_trap_make(f, t, b);
			if (b->len > 64U << 10) {
				buffer_free(b);
				continue;
			}
			all->fds[all->n] = court_file(t->name, buffer_span(b));
			all->traps[all->n++] = t;
		}
}

static void corpus_free(struct corpus *all)
{
	for (size_t i = 0; i < all->n; i++) {
		buffer_free(&all->bytes[i]);
		(void)close(all->fds[i]);
	}
}

/* Report number order[i] goes to @out[order[i]], in batches of @batch. */
static void corpus_judge(struct court *c, const struct corpus *all, const size_t *order,
			 size_t batch, struct buffer *out)
{
	struct arena arenas[ENGINE_BATCH];
	struct report reports[ENGINE_BATCH];
	struct engine_file files[ENGINE_BATCH];

	for (size_t i = 0; i < batch; i++)
		arenas[i] = (struct arena)ARENA_INIT(FILE_ARENA_BYTES);
	for (size_t at = 0, n; at < all->n; at += n) {
		n = all->n - at < batch ? all->n - at : batch;
		for (size_t i = 0; i < n; i++)
			files[i] = (struct engine_file){ .fd = all->fds[order[at + i]] };
		n = engine_examine(&c->engine, c->lanes, files, n, arenas, reports);
		for (size_t i = 0; i < n; i++) {
			wire_encode(&out[order[at + i]], &reports[i]);
			arena_reset(&arenas[i]);
		}
	}
	for (size_t i = 0; i < batch; i++)
		arena_free(&arenas[i]);
}

static void order_of(size_t *order, size_t n, size_t step)
{
	for (size_t i = 0; i < n; i++)
		order[i] = i * step % n;
}

/* The same files in another order, in other company, through other lanes. */
static void orders(struct court *c, struct forge *f)
{
	static struct corpus all;
	static struct buffer first[512], other[512];
	static size_t order[512];
	static const size_t steps[] = { 1, 7, 11, 13 };
	size_t differ = 0;

	corpus_make(f, &all);
	order_of(order, all.n, 1);
	corpus_judge(c, &all, order, 1, first);
	for (size_t k = 0; k < COUNT_OF(steps); k++) {
		if (all.n % steps[k] == 0 && steps[k] != 1)
			continue;
		order_of(order, all.n, steps[k]);
		corpus_judge(c, &all, order, ENGINE_BATCH - k, other);
		for (size_t i = 0; i < all.n; i++) {
			if (!span_equal(buffer_span(&first[i]), buffer_span(&other[i])) &&
			    differ++ < 10)
				printf("# %s differs\n", all.traps[i]->name);
			buffer_clear(&other[i]);
		}
	}
	CHECK(differ == 0, "%zu files: the same reports in every order and batch", all.n);
	for (size_t i = 0; i < all.n; i++) {
		buffer_free(&first[i]);
		buffer_free(&other[i]);
	}
	corpus_free(&all);
}

/* Text that is read as a whole: of two long ones each is judged alone. */
static void long_ones(struct court *c)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct arena arenas[] = { ARENA_INIT(FILE_ARENA_BYTES), ARENA_INIT(FILE_ARENA_BYTES) };
	const struct engine_file files[] = { { .fd = c->fd }, { .fd = c->fd } };
	struct report reports[2] = { 0 };
	size_t first;

	buffer_text(&text, "#!/bin/sh\n");
	for (size_t i = 0; i < ENGINE_HOLDS; i++)
		buffer_char(&text, '#');
	court_write(c, buffer_span(&text));
	first = engine_examine(&c->engine, c->lanes, files, 2, arenas, reports);
	CHECK(first == 1 && reports[0].verdict == ASSAY_VERDICT_UNSIGNED &&
		      reports[1].verdict == ASSAY_VERDICT_UNKNOWN,
	      "two files that hold much: one at a time");
	court_write(c, SPAN_TEXT("#!/bin/sh\n"));
	arena_reset(&arenas[0]);
	first = engine_examine(&c->engine, c->lanes, files, 2, arenas, reports);
	CHECK(first == 2 && reports[1].verdict == ASSAY_VERDICT_UNSIGNED,
	      "two that hold little: both");
	arena_free(&arenas[0]);
	arena_free(&arenas[1]);
}

/* Fails the n-th allocation, for every n, until the whole answer comes. */
static void allocations(struct court *c, struct forge *f, const struct seed *seed)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	size_t wrong = 0, failures = 0;
	const struct report *r = NULL;

	seed_make(f, seed, &file);
	court_write(c, buffer_span(&file));
	for (long n = 0; n < 10000; n++) {
		arena_free(&c->arena);
		c->arena = (struct arena)ARENA_INIT(FILE_ARENA_BYTES);
		memory_fail_after(n);
		engine_examine(&c->engine, c->lanes, &(struct engine_file){ .fd = c->fd }, 1,
			       &c->arena, &c->report);
		memory_fail_after(-1);
		r = &c->report;
		if (!is_error(r))
			break;
		failures++;
		wrong += r->complete || strcmp(r->rule, "error.memory") != 0;
	}
	CHECK(wrong == 0 && failures > 0 && r && r->verdict == ASSAY_VERDICT_VALID,
	      "%s: %zu failing allocations, each an error, then valid", seed->name, failures);
}

/* The same with a limit on the arena, where smaller wishes may still be granted. */
static void limits(struct court *c, struct forge *f, const struct seed *seed)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	size_t wrong = 0, errors = 0, words = 0, enough = 0;

	seed_make(f, seed, &file);
	court_write(c, buffer_span(&file));
	for (size_t limit = 0; words < 50 && limit < 16U << 20; limit += 96) {
		const struct report *r = &c->report;

		arena_free(&c->arena);
		c->arena = (struct arena)ARENA_INIT(limit);
		engine_examine(&c->engine, c->lanes, &(struct engine_file){ .fd = c->fd }, 1,
			       &c->arena, &c->report);
		if (is_error(r)) {
			errors++;
			wrong += words > 0;
			continue;
		}
		wrong += r->verdict != ASSAY_VERDICT_VALID;
		enough = words++ ? enough : limit;
	}
	arena_free(&c->arena);
	c->arena = (struct arena)ARENA_INIT(FILE_ARENA_BYTES);
	CHECK(wrong == 0 && errors > 0 && words > 0,
	      "%s: an error with less than %zu bytes of memory, valid with more", seed->name,
	      enough);
}

struct writer {
	int fd;
	size_t at;
	atomic_bool stop;
};

static void *write_on(void *argument)
{
	struct writer *w = argument;

	while (!atomic_load(&w->stop))
		if (pwrite(w->fd, "x", 1, (off_t)w->at) != 1)
			break;
	return NULL;
}

/* Somebody writes while we read. */
static void changing(struct court *c, struct forge *f)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const struct forge_program program = { .section_size = 48U << 20 };
	const struct forge_signature sign = { 0 };
	struct writer w = { .fd = c->fd, .at = 24U << 20 };
	pthread_t thread;

	forge_program_make(&program, &file);
	forge_sign(f, &sign, &file);
	court_write(c, buffer_span(&file));
	if (pthread_create(&thread, NULL, write_on, &w) != 0)
		return;
	arena_reset(&c->arena);
	engine_examine(&c->engine, c->lanes, &(struct engine_file){ .fd = c->fd }, 1, &c->arena,
		       &c->report);
	atomic_store(&w.stop, true);
	(void)pthread_join(thread, NULL);
	CHECK(is_error(&c->report) && strcmp(c->report.rule, "error.changed") == 0,
	      "a file that changes while it is read: %s", c->report.rule);
}

/* No anchors at all: nothing is trusted, everything else is as it was. */
static void without_anchors(struct forge *f)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const struct report *r;
	struct court c;

	court_open(&c, NULL);
	seed_make(f, &seeds[0], &file);
	r = court_judge(&c, buffer_span(&file));
	CHECK(r->verdict == ASSAY_VERDICT_UNTRUSTED &&
		      strcmp(r->rule, "trust.unevaluated") == 0 &&
		      r->signatures[0].trust == ASSAY_TRUST_UNEVALUATED &&
		      r->signatures[0].binding == ASSAY_BINDING_INTACT &&
		      r->signatures[0].signature == ASSAY_SIGNATURE_GOOD,
	      "without anchors: %s, %s", assay_verdict_word(r->verdict), r->rule);
	CHECK(!r->signatures[0].signer && r->signatures[0].claimed_signer,
	      "without anchors the name is a claim");
	CHECK(r->signatures[0].statement &&
		      strcmp(r->signatures[0].statement, "individual") == 0,
	      "and so is what it was signed for");
	court_close(&c);
}

/* What is no file to judge. */
static void not_files(struct court *c)
{
	int fds[2];

	if (pipe(fds) != 0)
		return;
	arena_reset(&c->arena);
	engine_examine(&c->engine, c->lanes, &(struct engine_file){ .fd = fds[0] }, 1,
		       &c->arena, &c->report);
	CHECK(is_error(&c->report) && strcmp(c->report.rule, "error.not-regular") == 0,
	      "a pipe: %s", c->report.rule);
	(void)close(fds[0]);
	(void)close(fds[1]);
	arena_reset(&c->arena);
	engine_examine(&c->engine, c->lanes, &(struct engine_file){ .fd = fds[0] }, 1,
		       &c->arena, &c->report);
	CHECK(is_error(&c->report) && strcmp(c->report.rule, "error.io") == 0,
	      "a closed descriptor: %s", c->report.rule);
}

/* Which version a program says it is: two of one signer can be told by it. */
static void versions(struct court *c, struct forge *f)
{
	static const struct {
		uint16_t version[4];
		const char *told;
	} rows[] = {
		{{ 1, 2, 3, 4 },           "1.2.3.4"         },
		{ { 10, 0, 19041, 65535 }, "10.0.19041.65535"},
		{ { 0, 0, 0, 0 },          NULL              },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		const struct forge_version_text texts[] = {
			{"CompanyName", "Nobody"}
		};
		struct forge_resources clothes = { .texts = texts, .n_texts = 1 };
		const struct report *r;

		for (size_t k = 0; k < COUNT_OF(clothes.file_version); k++)
			clothes.file_version[k] = rows[i].version[k];
		forge_program_make(&seeds[0].program, &file);
		forge_resources_add(&file, &clothes);
		forge_sign(f, &seeds[0].sign, &file);
		r = court_judge(c, buffer_span(&file));
		CHECK(r->verdict == ASSAY_VERDICT_VALID &&
			      (rows[i].told
				       ? r->version && strcmp(r->version, rows[i].told) == 0
				       : !r->version),
		      "version %s", rows[i].told ? rows[i].told : "of zeros is none");
	}
}

int main(void)
{
	struct forge *f = forge_new();
	struct court c;

	court_open(&c, f);
	for (size_t i = 0; i < COUNT_OF(seeds); i++) {
		prefixes(&c, f, &seeds[i]);
		flips(&c, f, &seeds[i]);
		allocations(&c, f, &seeds[i]);
		limits(&c, f, &seeds[i]);
	}
	orders(&c, f);
	changing(&c, f);
	without_anchors(f);
	not_files(&c);
	long_ones(&c);
	versions(&c, f);
	court_close(&c);
	forge_free(f);
	return CHECK_DONE();
}
