/* SPDX-License-Identifier: MIT */
/* Compound files: laid out in every way, cut, scattered and forged ([MS-CFB]). */
#include "structure/cfb.h"

#include "structure/test_cfb_hold.h"
#include "tests/cfb_builder.h"
#include "tests/check.h"

#define ITEMS_MAX 400

static uint8_t noise[8 << 20];

static void noise_make(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(noise); i++) {
		x = x * 1664525 + 1013904223;
		noise[i] = (uint8_t)(x >> 24);
	}
}

struct shape {
	const char *name;
	size_t sizes[4]; /* of streams in the root */
	size_t n_streams, n_storages;
	uint32_t spare;
	bool large;
};

static const struct shape shapes[] = {
	{"nothing in it",              { 0 },                     0,   0,  0, false},
	{ "an empty stream",           { 0 },                     1,   0,  0, false},
	{ "one small stream",          { 5 },                     1,   0,  0, false},
	{ "the largest small stream",  { 4095 },                  1,   0,  0, false},
	{ "the smallest large stream", { 4096 },                  1,   0,  0, false},
	{ "small and large",           { 64, 10000, 65, 4097 },   4,   3,  0, false},
	{ "large sectors",             { 64, 10000, 65, 4097 },   4,   3,  0, true },
	{ "free sectors",              { 64, 10000 },             2,   0,  9, false},
	{ "many",		      { 100, 200, 4096, 0 },     200, 90, 0, false},
	{ "more FAT than a header",    { 7500000, 3, 5000, 700 }, 4,   1,  0, false},
};

/* Streams of the root, then a chain of storages with a stream in each. */
static size_t items_make(const struct shape *s, struct cfb_item *items, char names[][8])
{
	size_t n = 0;

	for (; n < s->n_streams; n++)
		items[n] = (struct cfb_item){
			.name = names[n], .parent = -1, .bytes = {noise + n, s->sizes[n % 4]}
		};
	for (size_t i = 0; i < s->n_storages; i++, n += 2) {
		int parent = i == 0 || i % 9 == 0 ? -1 : (int)n - 2;

		items[n] = (struct cfb_item){ .name = names[n],
					      .parent = parent,
					      .storage = true };
		items[n + 1] = (struct cfb_item){
			.name = names[n + 1], .parent = (int)n, .bytes = {noise + n, 77}
		};
	}
	for (size_t i = 0; i < n; i++)
		(void)snprintf(names[i], 8, "n%zu", i * 7919 % 1000);
	return n;
}

/* Is each item where the tree says, and its bytes where the runs say? */
static bool contents_agree(struct span file, const struct cfb *c, const struct cfb_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct cfb_entry *e = &c->entries[i + 1];
		CLEANUP(arena_free) struct arena a = ARENA_INIT(32 << 20);
		struct view v = view_whole(file);
		struct span bytes;

		if (!e->reached || e->size != plan->items[i].bytes.len ||
		    cfb_child(&c->entries[plan->items[i].parent + 1], e->name) != e)
			return false;
		if (plan->items[i].storage)
			continue;
		if (cfb_load(&v, &a, e, UINT64_MAX, &bytes) != STATUS_OK ||
		    !span_same(bytes, plan->items[i].bytes))
			return false;
	}
	return true;
}

static void test_shapes(void)
{
	static const char *const orders[] = { "in order", "backwards", "woven" };
	static char names[ITEMS_MAX][8];

	for (size_t i = 0; i < COUNT_OF(shapes) * COUNT_OF(orders); i++) {
		const struct shape *s = &shapes[i / COUNT_OF(orders)];
		struct cfb_item items[ITEMS_MAX] = { 0 };
		struct cfb_plan plan = { .items = items,
					 .n = items_make(s, items, names),
					 .large = s->large,
					 .order = (enum cfb_build_order)(i % COUNT_OF(orders)),
					 .spare = s->spare };
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(48 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct cfb_built built;
		struct view v;
		struct cfb c;
		const char *bad;

		CHECK(cfb_build(&file, &plan, &built), "built: %s", s->name);
		v = view_whole(buffer_span(&file));
		CHECK(cfb_read(&v, &findings, &c) == STATUS_OK && !c.broken &&
			      findings.n == 0 && c.n_entries > plan.n &&
			      contents_agree(buffer_span(&file), &c, &plan),
		      "read: %s, %s", s->name, orders[i % COUNT_OF(orders)]);
		CHECK((c.n_holes > 0 || c.trailing.len > 0) == (s->spare > 0), "free: %s, %s",
		      s->name, orders[i % COUNT_OF(orders)]);
		bad = cfb_hold(buffer_span(&file));
		CHECK(!bad, "holds: %s, %s: %s", s->name, orders[i % COUNT_OF(orders)],
		      bad ? bad : "yes");
	}
}

static const struct cfb_item small[] = {
	{"alpha", -1, false, { noise, 100 },  0, 0},
	{ "beta", -1, false, { noise, 5000 }, 0, 0},
	{ "dir",  -1, true,  { NULL, 0 },     7, 1},
	{ "in",   2,  false, { noise, 70 },   0, 1},
};
static const struct cfb_plan small_plan = { .items = small, .n = 4 };

static void test_prefixes(void)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct cfb_built built;
	size_t n_good = 0, n_bad = 0;

	if (!cfb_build(&file, &small_plan, &built))
		abort();
	for (size_t len = 0; len < file.len; len++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct span prefix = span_clip(buffer_span(&file), 0, len);
		struct findings findings = FINDINGS_INIT(&a);
		struct view v = view_whole(prefix);
		struct cfb c;
		enum status s = cfb_read(&v, &findings, &c);

		n_good += s == STATUS_OK && !c.broken;
		n_bad += cfb_hold(prefix) != NULL;
	}
	CHECK(n_good == 0, "no prefix passes: %zu do", n_good);
	CHECK(n_bad == 0, "every prefix holds together");
}

/* Where a change is made. */
enum place { AT_HEAD, AT_FAT, AT_MINIFAT, AT_ENTRY };

struct forgery {
	const char *name;
	enum place place;
	uint32_t index; /* of the table's or directory's entry */
	uint32_t off;   /* in it */
	uint8_t width;
	uint64_t value;
	const char *rule; /* what is found */
	bool broken;
	enum status status;
};

/*
 * The small file: sectors 0-9 beta, 10 mini stream, 11 mini FAT, 12-13 directory, 14 FAT.
 */
/* clang-format off */
static const struct forgery forgeries[] = {
	{ "version 5", AT_HEAD, 0, 26, 2, 5, "cfb.header", true, STATUS_OK },
	{ "sectors of 4096 in version 3", AT_HEAD, 0, 30, 2, 12, "cfb.header", true, STATUS_OK },
	{ "big-endian", AT_HEAD, 0, 28, 2, 0xfeff, "cfb.header", true, STATUS_OK },
	{ "mini sectors of 32", AT_HEAD, 0, 32, 2, 5, "cfb.header", true, STATUS_OK },
	{ "another cutoff", AT_HEAD, 0, 56, 4, 0, "cfb.header", true, STATUS_OK },
	{ "2^32 - 1 FAT sectors", AT_HEAD, 0, 44, 4, UINT32_MAX, "cfb.table", true, STATUS_OK },
	{ "no FAT", AT_HEAD, 0, 44, 4, 0, "cfb.chain", true, STATUS_OK },
	{ "FAT outside", AT_HEAD, 0, 76, 4, 9999, "cfb.table", true, STATUS_OK },
	{ "the FAT in the same sector twice", AT_HEAD, 0, 44, 8, 2 | UINT64_C(12) << 32, "cfb.table",
	  true, STATUS_OK },
	{ "directory outside", AT_HEAD, 0, 48, 4, 9999, "cfb.chain", true, STATUS_OK },
	{ "directory in the FAT", AT_HEAD, 0, 48, 4, 14, "cfb.chain", true, STATUS_OK },
	{ "directory elsewhere", AT_HEAD, 0, 48, 4, 3, "cfb.directory", true, STATUS_OK },
	{ "mini FAT outside", AT_HEAD, 0, 60, 4, 9999, "cfb.chain", true, STATUS_OK },
	{ "directory bites its tail", AT_FAT, 13, 0, 4, 12, "cfb.chain", true, STATUS_OK },
	{ "beta bites its tail", AT_FAT, 3, 0, 4, 1, "cfb.chain", true, STATUS_OK },
	{ "beta bites itself", AT_FAT, 3, 0, 4, 3, "cfb.chain", true, STATUS_OK },
	{ "beta leads out", AT_FAT, 3, 0, 4, 12345, "cfb.chain", true, STATUS_OK },
	{ "beta leads to the directory", AT_FAT, 3, 0, 4, 12, "cfb.chain", true, STATUS_OK },
	{ "beta ends early", AT_FAT, 3, 0, 4, 0xfffffffe, "cfb.chain", true, STATUS_OK },
	{ "beta is free in the middle", AT_FAT, 3, 0, 4, UINT32_MAX, "cfb.chain", true, STATUS_OK },
	{ "a chain longer than its stream", AT_MINIFAT, 1, 0, 4, 0, NULL, false, STATUS_OK },
	{ "alpha leads out", AT_MINIFAT, 0, 0, 4, 500, "cfb.chain", true, STATUS_OK },
	{ "alpha and in share", AT_MINIFAT, 0, 0, 4, 2, "cfb.chain", true, STATUS_OK },
	{ "beta larger than its chain", AT_ENTRY, 2, 120, 4, 6000, "cfb.chain", true, STATUS_OK },
	{ "beta larger than 32 bits, which version 3 ignores", AT_ENTRY, 2, 124, 4, 7, NULL, false,
	  STATUS_OK },
	{ "beta of 2^32 - 1", AT_ENTRY, 2, 120, 4, UINT32_MAX, "cfb.chain", true, STATUS_OK },
	{ "beta small, in mini sectors", AT_ENTRY, 2, 116, 8, 2 | UINT64_C(10) << 32, "cfb.chain",
	  true, STATUS_OK },
	{ "mini stream of 2^31", AT_ENTRY, 0, 120, 4, UINT32_C(1) << 31, "cfb.chain", true, STATUS_OK },
	{ "name too long", AT_ENTRY, 1, 64, 2, 66, "cfb.name", true, STATUS_OK },
	{ "name of odd length", AT_ENTRY, 1, 64, 2, 9, "cfb.name", true, STATUS_OK },
	{ "name without its NUL", AT_ENTRY, 1, 64, 2, 10, "cfb.name", false, STATUS_OK },
	{ "name with a NUL inside", AT_ENTRY, 1, 2, 2, 0, "cfb.name", false, STATUS_OK },
	{ "the same name twice", AT_ENTRY, 1, 0, 10, 0, "cfb.duplicate-name", true, STATUS_OK },
	{ "first entry no root", AT_ENTRY, 0, 66, 1, 1, "cfb.directory", true, STATUS_OK },
	{ "a second root", AT_ENTRY, 3, 66, 1, 5, "cfb.tree", true, STATUS_OK },
	{ "an unallocated entry in the tree", AT_ENTRY, 1, 66, 1, 0, "cfb.tree", true, STATUS_OK },
	{ "sibling not there", AT_ENTRY, 1, 68, 4, 77, "cfb.tree", true, STATUS_OK },
	{ "sibling of itself", AT_ENTRY, 1, 68, 4, 1, "cfb.tree", true, STATUS_OK },
	{ "child of itself", AT_ENTRY, 3, 76, 4, 3, "cfb.tree", true, STATUS_OK },
	{ "the root as a child", AT_ENTRY, 3, 76, 4, 0, "cfb.tree", true, STATUS_OK },
	{ "child of a stream", AT_ENTRY, 1, 76, 4, 4, "cfb.tree", true, STATUS_OK },
	{ "an orphan", AT_ENTRY, 3, 76, 4, UINT32_MAX, "cfb.orphan", false, STATUS_OK },
};
/* clang-format on */

static void forgery_apply(struct buffer *file, const struct cfb_built *b,
			  const struct forgery *f)
{
	const uint64_t places[] = { [AT_HEAD] = 0,
				    [AT_FAT] = b->fat_off + f->index * UINT64_C(4),
				    [AT_MINIFAT] = b->minifat_off + f->index * UINT64_C(4),
				    [AT_ENTRY] = cfb_built_entry(b, f->index) };
	uint8_t *bytes = (uint8_t *)file->bytes;
	uint64_t at = places[f->place] + f->off;

	if (f->width > 8) { /* the name of "beta" for "alpha" */
		memcpy(bytes + at, bytes + cfb_built_entry(b, 2), 66);
		return;
	}
	for (size_t i = 0; i < f->width; i++)
		bytes[at + i] = (uint8_t)(f->value >> 8 * i);
}

static void test_forgeries(void)
{
	for (size_t i = 0; i < COUNT_OF(forgeries); i++) {
		const struct forgery *f = &forgeries[i];
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct cfb_built built;
		struct view v;
		struct cfb c;
		const char *bad;
		enum status s;

		if (!cfb_build(&file, &small_plan, &built))
			abort();
		forgery_apply(&file, &built, f);
		v = view_whole(buffer_span(&file));
		s = cfb_read(&v, &findings, &c);
		CHECK(s == f->status && c.broken == f->broken &&
			      (f->rule ? finding_has(&findings, f->rule, -1) : findings.n == 0),
		      "forged: %s: %s, %s", f->name, c.broken ? "broken" : "not broken",
		      findings.first ? findings.first->rule : "-");
		bad = cfb_hold(buffer_span(&file));
		CHECK(!bad, "holds: %s: %s", f->name, bad ? bad : "yes");
	}
}

/* As @n storages, each in the one before. */
static void test_depth(void)
{
	static char names[CFB_MAX_DEPTH + 2][8];

	for (size_t n = CFB_MAX_DEPTH; n <= CFB_MAX_DEPTH + 1; n++) {
		struct cfb_item items[CFB_MAX_DEPTH + 2] = { 0 };
		struct cfb_plan plan = { .items = items, .n = n };
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct cfb_built built;
		struct view v;
		struct cfb c;

		for (size_t i = 0; i < n; i++) {
			(void)snprintf(names[i], 8, "d%zu", i);
			items[i] = (struct cfb_item){ .name = names[i],
						      .parent = (int)i - 1,
						      .storage = true };
		}
		if (!cfb_build(&file, &plan, &built))
			abort();
		v = view_whole(buffer_span(&file));
		CHECK(cfb_read(&v, &findings, &c) ==
			      (n > CFB_MAX_DEPTH ? STATUS_LIMIT : STATUS_OK),
		      "%zu storages deep", n);
		CHECK(finding_has(&findings, "limit.cfb", -1) == (n > CFB_MAX_DEPTH),
		      "%zu storages deep: the limit is named", n);
	}
}

static void test_trailing(void)
{
	static const size_t more[] = { 1, 400, 512, 5000 };

	for (size_t i = 0; i < COUNT_OF(more); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct cfb_built built;
		struct view v;
		struct cfb c;
		size_t end;

		if (!cfb_build(&file, &small_plan, &built))
			abort();
		end = file.len;
		buffer_add(&file, (struct span){ noise, more[i] });
		v = view_whole(buffer_span(&file));
		CHECK(cfb_read(&v, &findings, &c) == STATUS_OK && !c.broken &&
			      c.trailing.off == end && c.trailing.len == more[i],
		      "%zu bytes behind the last sector", more[i]);
	}
}

int main(void)
{
	noise_make();
	test_shapes();
	test_prefixes();
	test_forgeries();
	test_depth();
	test_trailing();
	return CHECK_DONE();
}
