/* SPDX-License-Identifier: MIT */
/*
 * Tampered or grafted, on programs of the forge: what proves, what only counts
 * against, and the traps.
 */
#include "base/memory.h"
#include "mimicry/compare.h"
#include "mimicry/test_stage.h"
#include "tests/check.h"

#define PAGE ((size_t)0x1000)

/* Code of eight pages and data of as many. */
static const struct forge_program of_8 = { .section_size = 8 * PAGE, .n_sections = 2 };
/* One page of each. */
static const struct forge_program of_1 = { .n_sections = 2 };
static const struct forge_program of_200 = { .section_size = 200 * PAGE, .n_sections = 1 };

static size_t section_raw(const struct buffer *file, unsigned i)
{
	return (size_t)forge_get(file, forge_places_of(file).sections + (size_t)40 * i + 20, 4);
}

static void section_flags(struct buffer *file, unsigned i, uint32_t flags)
{
	forge_put(file, forge_places_of(file).sections + (size_t)40 * i + 36, 4, flags);
}

/* @n bytes of one file over those of another. */
static void overwrite(struct buffer *to, size_t at, const struct buffer *from, size_t from_at,
		      size_t n)
{
	for (size_t i = 0; i < n; i++)
		forge_put(to, at + i, 1, forge_get(from, from_at + i, 1));
}

/* What happens to the files of a row. */
struct scene {
	struct buffer donor; /* signed */
	struct buffer host;  /* unsigned */
	struct buffer file;  /* what is judged */
};

typedef void act_fn(struct scene *s);

static void graft(struct scene *s)
{
	forge_copy(&s->file, &s->host);
	forge_graft(&s->file, &s->donor);
}

static void alter_byte(struct scene *s)
{
	size_t at = section_raw(&s->donor, 0) + 0x123;

	forge_copy(&s->file, &s->donor);
	forge_put(&s->file, at, 1, forge_get(&s->file, at, 1) ^ 1);
}

static void alter_header(struct scene *s)
{
	forge_copy(&s->file, &s->donor);
	forge_put(&s->file, forge_places_of(&s->file).optional + 44, 2, 77);
}

/* Every page of code is another one. */
static void alter_all_code(struct scene *s)
{
	forge_copy(&s->file, &s->donor);
	overwrite(&s->file, section_raw(&s->donor, 0), &s->host, section_raw(&s->host, 0),
		  8 * PAGE);
}

static void alter_half(struct scene *s)
{
	forge_copy(&s->file, &s->donor);
	overwrite(&s->file, section_raw(&s->donor, 0), &s->host, section_raw(&s->host, 0),
		  4 * PAGE);
}

/* One page in eight of the donor's code is in the host. */
static void lend_page(struct scene *s)
{
	overwrite(&s->host, section_raw(&s->host, 0) + PAGE, &s->donor,
		  section_raw(&s->donor, 0) + PAGE, PAGE);
	graft(s);
}

/* Half a page before the sections: everything moves, and the section table says so. */
static void move_sections(struct scene *s)
{
	CLEANUP(buffer_free) struct buffer moved = BUFFER_INIT;
	struct forge_places p = forge_places_of(&s->donor);
	size_t first = section_raw(&s->donor, 0);

	buffer_add(&moved, span_clip(buffer_span(&s->donor), 0, first));
	forge_zeros(&moved, 0x800);
	buffer_add(&moved, span_clip(buffer_span(&s->donor), first, p.table - first));
	for (unsigned i = 0; i < p.n_sections; i++)
		forge_put(&moved, p.sections + (size_t)40 * i + 20, 4,
			  section_raw(&s->donor, i) + 0x800);
	forge_directory(&moved, 0, 0);
	forge_copy(&s->file, &moved);
	forge_graft(&s->file, &s->donor);
}

/* The section table is another one: one section that begins in the middle of a page. */
static void recut_sections(struct scene *s)
{
	struct forge_places p = forge_places_of(&s->donor);

	forge_copy(&s->file, &s->donor);
	forge_put(&s->file, p.sections + 16, 4, 8 * PAGE + 0x200);
	forge_put(&s->file, p.sections + 20, 4, section_raw(&s->donor, 0) - 0x200);
}

/* The donor as a whole behind the host, where nothing runs. */
static void passenger_behind(struct scene *s)
{
	forge_copy(&s->file, &s->host);
	buffer_add(&s->file, buffer_span(&s->donor));
	forge_graft(&s->file, &s->donor);
}

/* The donor's code as data. */
static void passenger_data(struct scene *s)
{
	overwrite(&s->host, section_raw(&s->host, 1), &s->donor, section_raw(&s->donor, 0),
		  8 * PAGE);
	graft(s);
}

/* The donor's code where it can run, but the host's runs first. */
static void passenger_code(struct scene *s)
{
	section_flags(&s->host, 1, 0x60000020);
	passenger_data(s);
}

/* Both are full of equal constant pages. */
static void constant_pages(struct scene *s)
{
	CLEANUP(buffer_free) struct buffer zeros = BUFFER_INIT;

	forge_zeros(&zeros, 6 * PAGE);
	overwrite(&s->host, section_raw(&s->host, 0) + 2 * PAGE, &zeros, 0, 6 * PAGE);
	graft(s);
}

/* The donor's data, which may be all that an infection left, and some of its layout. */
static void borrow_data(struct scene *s)
{
	overwrite(&s->host, section_raw(&s->host, 1), &s->donor, section_raw(&s->donor, 1),
		  8 * PAGE);
	graft(s);
}

enum learnt { NOTHING, RECORD, SKETCH };

static const struct row {
	const char *name;
	const struct forge_program *program; /* of donor and host */
	const char *page_hashes;
	act_fn *act;
	enum learnt learnt;
	enum relation_kind expect;
	const char *rule;
	enum known_by known_by;
	const char *sign; /* that must be among the evidence; NULL: any */
} rows[] = {
  /* clang-format off */
	{ "a graft, nothing known", &of_8, NULL, graft, NOTHING, RELATION_UNDECIDED, NULL,
	  KNOWN_NOT, NULL },
	{ "a graft, donor indexed without pages", &of_8, NULL, graft, RECORD, RELATION_UNDECIDED,
	  NULL, KNOWN_BY_DIGEST, NULL },
	{ "a graft, donor indexed", &of_8, NULL, graft, SKETCH, RELATION_GRAFTED,
	  "verdict.grafted-donor", KNOWN_BY_DIGEST, "sign.donor-pages-absent" },
	{ "a graft, pages listed", &of_8, "SHA256", graft, NOTHING, RELATION_GRAFTED,
	  "verdict.grafted-pages", KNOWN_BY_PAGES, "sign.signed-pages-absent" },
	{ "a graft, pages listed by SHA-1", &of_8, "SHA1", graft, NOTHING, RELATION_GRAFTED,
	  "verdict.grafted-pages", KNOWN_BY_PAGES, "sign.signed-pages-absent" },
	{ "a graft, both", &of_8, "SHA256", graft, SKETCH, RELATION_GRAFTED,
	  "verdict.grafted-pages", KNOWN_BY_DIGEST, NULL },
	{ "a graft of a large one", &of_200, NULL, graft, SKETCH, RELATION_GRAFTED,
	  "verdict.grafted-donor", KNOWN_BY_DIGEST, NULL },
	{ "a byte, nothing known", &of_8, NULL, alter_byte, NOTHING, RELATION_UNDECIDED, NULL,
	  KNOWN_NOT, NULL },
	{ "a byte, donor indexed without pages", &of_8, NULL, alter_byte, RECORD,
	  RELATION_UNDECIDED, NULL, KNOWN_BY_DIGEST, NULL },
	{ "a byte, donor indexed", &of_8, NULL, alter_byte, SKETCH, RELATION_TAMPERED,
	  "verdict.tampered-donor", KNOWN_BY_DIGEST, "sign.donor-pages-here" },
	{ "a byte, pages listed", &of_8, "SHA256", alter_byte, NOTHING, RELATION_TAMPERED,
	  "verdict.tampered-pages", KNOWN_BY_PAGES, "sign.signed-pages-here" },
	{ "a byte, pages listed by SHA-1", &of_8, "SHA1", alter_byte, NOTHING, RELATION_TAMPERED,
	  "verdict.tampered-pages", KNOWN_BY_PAGES, "sign.signed-pages-here" },
	{ "a byte of a large one", &of_200, NULL, alter_byte, SKETCH, RELATION_TAMPERED,
	  "verdict.tampered-donor", KNOWN_BY_DIGEST, NULL },
	{ "half of the code", &of_8, "SHA256", alter_half, NOTHING, RELATION_TAMPERED,
	  "verdict.tampered-pages", KNOWN_BY_PAGES, "sign.foreign-entry" },
	{ "all of the code", &of_8, NULL, alter_all_code, SKETCH, RELATION_UNDECIDED,
	  NULL, KNOWN_BY_DIGEST, NULL },
	{ "all of the code, pages listed", &of_8, "SHA256", alter_all_code, NOTHING,
	  RELATION_UNDECIDED, NULL, KNOWN_BY_PAGES, NULL },
	{ "one page lent, pages listed", &of_8, "SHA256", lend_page, NOTHING, RELATION_UNDECIDED,
	  NULL, KNOWN_BY_PAGES, NULL },
	{ "one page lent, donor indexed", &of_8, NULL, lend_page, SKETCH, RELATION_UNDECIDED,
	  NULL, KNOWN_BY_DIGEST, NULL },
	{ "moved by half a page", &of_8, NULL, move_sections, SKETCH, RELATION_TAMPERED,
	  "verdict.tampered-donor", KNOWN_BY_DIGEST, NULL },
	{ "moved by half a page, pages listed", &of_8, "SHA256", move_sections, NOTHING,
	  RELATION_TAMPERED, "verdict.tampered-pages", KNOWN_BY_PAGES, NULL },
	{ "sections cut elsewhere, pages listed", &of_8, "SHA256", recut_sections, NOTHING,
	  RELATION_TAMPERED, "verdict.tampered-pages", KNOWN_BY_PAGES, NULL },
	{ "donor behind the host", &of_8, "SHA256", passenger_behind, SKETCH, RELATION_GRAFTED,
	  "verdict.grafted-pages", KNOWN_BY_DIGEST, NULL },
	{ "donor behind the host, indexed", &of_8, NULL, passenger_behind, SKETCH,
	  RELATION_GRAFTED, "verdict.grafted-donor", KNOWN_BY_DIGEST, NULL },
	{ "donor's code as data", &of_8, "SHA256", passenger_data, NOTHING, RELATION_GRAFTED,
	  "verdict.grafted-pages", KNOWN_BY_PAGES, NULL },
	{ "donor's code as data, indexed", &of_8, NULL, passenger_data, SKETCH, RELATION_GRAFTED,
	  "verdict.grafted-donor", KNOWN_BY_DIGEST, NULL },
	{ "donor's code behind a foreign entry", &of_8, "SHA256", passenger_code, NOTHING,
	  RELATION_TAMPERED, "verdict.tampered-pages", KNOWN_BY_PAGES, "sign.foreign-entry" },
	{ "donor's code behind a foreign entry, indexed", &of_8, NULL, passenger_code, SKETCH,
	  RELATION_TAMPERED, "verdict.tampered-donor", KNOWN_BY_DIGEST, "sign.foreign-entry" },
	{ "equal constant pages", &of_8, "SHA256", constant_pages, SKETCH, RELATION_GRAFTED,
	  "verdict.grafted-pages", KNOWN_BY_DIGEST, NULL },
	{ "donor's data in its place", &of_8, "SHA256", borrow_data, NOTHING, RELATION_UNDECIDED,
	  NULL, KNOWN_BY_PAGES, NULL },
	{ "donor's data in its place, indexed", &of_8, NULL, borrow_data, SKETCH, RELATION_UNDECIDED,
	  NULL, KNOWN_BY_DIGEST, NULL },
	{ "few pages: a header, donor indexed", &of_1, NULL, alter_header, SKETCH,
	  RELATION_TAMPERED, "verdict.tampered-donor", KNOWN_BY_DIGEST,
	  "sign.donor-pages-here" },
	{ "few pages: a graft, donor indexed", &of_1, NULL, graft, SKETCH, RELATION_UNDECIDED,
	  NULL, KNOWN_BY_DIGEST, NULL },
	{ "few pages: a graft, pages listed", &of_1, "SHA256", graft, NOTHING,
	  RELATION_UNDECIDED, NULL, KNOWN_BY_PAGES, NULL },
  /* clang-format on */
};

static void row_check(struct stage *stage, const struct row *row)
{
	struct scene s = { 0 };
	struct forge_signature sign = { .page_hashes = row->page_hashes };
	struct forge_program program = *row->program;
	const struct relation *r;

	program.seed = 1;
	forge_program_make(&program, &s.donor);
	forge_sign(stage->forge, &sign, &s.donor);
	program.seed = 2;
	forge_program_make(&program, &s.host);
	stage_forget(stage);
	if (row->learnt != NOTHING)
		CHECK(stage_learn(stage, buffer_span(&s.donor), row->learnt == SKETCH) == 1,
		      "%s: the donor is learnt", row->name);
	row->act(&s);
	r = stage_relation(stage, buffer_span(&s.file));
	CHECK(r && r->kind == row->expect, "%s: relation %d", row->name, r ? (int)r->kind : -1);
	CHECK(r && (row->rule ? r->rule && strcmp(r->rule, row->rule) == 0 : !r->rule),
	      "%s: by %s", row->name, r && r->rule ? r->rule : "nothing");
	CHECK(r && r->known_by == row->known_by && !r->donor == (row->learnt == NOTHING),
	      "%s: the donor is known as it should", row->name);
	CHECK(!row->sign || stage_evidence(r, row->sign), "%s: %s", row->name,
	      row->sign ? row->sign : "-");
	CHECK(r && (r->kind == RELATION_UNDECIDED) == (r->confidence == CONFIDENCE_NONE) &&
		      r->confidence != CONFIDENCE_INFERRED,
	      "%s: proven or nothing", row->name);
	CHECK(stage_found(stage, "mimicry.sibling-build") ==
		      (row->expect == RELATION_UNDECIDED &&
		       (row->act == lend_page || row->act == borrow_data ||
			row->act == alter_all_code)),
	      "%s: a sibling or none", row->name);
	buffer_free(&s.donor);
	buffer_free(&s.host);
	buffer_free(&s.file);
}

/* The rule of the pages by itself. */
static const struct decide_row {
	uint64_t matched, host, donor;
	enum content expect;
} decide_rows[] = {
	{0,    0,     0,    CONTENT_UNKNOWN},
        { 0,   0,     50,   CONTENT_UNKNOWN},
	{ 0,   50,    0,    CONTENT_UNKNOWN},
        { 0,   50,    3,    CONTENT_UNKNOWN},
	{ 2,   50,    3,    CONTENT_UNKNOWN},
        { 3,   50,    3,    CONTENT_SAME   },
	{ 0,   1,     50,   CONTENT_OTHER  },
        { 0,   4,     4,    CONTENT_OTHER  },
	{ 1,   4,     4,    CONTENT_BETWEEN},
        { 2,   4,     4,    CONTENT_BETWEEN},
	{ 3,   4,     4,    CONTENT_SAME   },
        { 3,   12,    12,   CONTENT_SAME   },
	{ 3,   13,    13,   CONTENT_BETWEEN},
        { 1,   50,    50,   CONTENT_OTHER  },
	{ 1,   49,    49,   CONTENT_BETWEEN},
        { 20,  1000,  1000, CONTENT_OTHER  },
	{ 21,  1000,  1000, CONTENT_BETWEEN},
        { 249, 1000,  1000, CONTENT_BETWEEN},
	{ 250, 1000,  1000, CONTENT_SAME   },
        { 25,  99999, 100,  CONTENT_SAME   },
	{ 25,  100,   9999, CONTENT_SAME   },
        { 24,  100,   9999, CONTENT_BETWEEN},
	{ 2,   100,   9999, CONTENT_OTHER  },
};

/* The same thief on many donors: no wrong one of the two. */
static void many_check(struct stage *stage)
{
	size_t n_wrong = 0, n = 0;

	for (uint64_t seed = 10; seed < 60; seed++) {
		struct forge_program program = { .section_size = (uint32_t)(seed * 0x700),
						 .n_sections = 1 + (unsigned)seed % 3,
						 .pe32 = seed % 2,
						 .seed = seed };
		struct forge_signature sign = { .page_hashes = seed % 4 ? NULL : "SHA256" };
		struct scene s = { 0 };
		const struct relation *r;

		forge_program_make(&program, &s.donor);
		forge_sign(stage->forge, &sign, &s.donor);
		program.seed += 1000;
		forge_program_make(&program, &s.host);
		stage_forget(stage);
		(void)stage_learn(stage, buffer_span(&s.donor), true);
		graft(&s);
		r = stage_relation(stage, buffer_span(&s.file));
		n_wrong += !r || r->kind != RELATION_GRAFTED || !r->donor;
		alter_byte(&s);
		r = stage_relation(stage, buffer_span(&s.file));
		n_wrong += !r || r->kind != RELATION_TAMPERED || !r->donor;
		n += 2;
		buffer_free(&s.donor);
		buffer_free(&s.host);
		buffer_free(&s.file);
	}
	CHECK(n_wrong == 0, "%zu of %zu on the wrong side", n_wrong, n);
}

/* What a report shows of the pages. */
static void map_check(struct stage *stage)
{
	struct forge_program program = of_8;
	const struct forge_signature sign = { 0 };
	struct scene s = { 0 };
	const struct relation *r;
	size_t code;

	program.seed = 1;
	forge_program_make(&program, &s.donor);
	forge_sign(stage->forge, &sign, &s.donor);
	stage_forget(stage);
	(void)stage_learn(stage, buffer_span(&s.donor), true);
	alter_byte(&s);
	code = section_raw(&s.file, 0);
	overwrite(&s.file, code + 4 * PAGE, &(struct buffer){ 0 }, 0, PAGE);
	overwrite(&s.file, code + 5 * PAGE, &s.donor, section_raw(&s.donor, 1), PAGE);
	r = stage_relation(stage, buffer_span(&s.file));
	CHECK(r && r->pages.map.len == 16 &&
		      span_equal(r->pages.map, SPAN_LITERAL("x===.x==========")),
	      "the map: %.*s", r ? (int)r->pages.map.len : 0,
	      r ? (const char *)r->pages.map.ptr : "");
	CHECK(r && r->pages.n_host == 7 && r->pages.n_donor == 8 && r->pages.n_matched == 5 &&
		      !r->pages.sampled,
	      "5 of 7 pages");
	CHECK(r && r->pages.n_foreign == 2 && r->pages.foreign[0].off == code &&
		      r->pages.foreign[0].len == PAGE &&
		      r->pages.foreign[1].off == code + 5 * PAGE,
	      "two of them are foreign");
	CHECK(r && r->sections_hashed == 3 && r->sections_same == 2, "the data are untouched");
	buffer_free(&s.donor);
	buffer_free(&s.file);
}

/* Whichever allocation fails, the answer is the same or none. */
static void memory_check(struct stage *stage)
{
	struct forge_program program = of_8;
	const struct forge_signature sign = { .page_hashes = "SHA1" };
	struct scene s = { 0 };
	size_t n_wrong = 0;
	long n = 0;
	enum status status;

	program.seed = 1;
	forge_program_make(&program, &s.donor);
	forge_sign(stage->forge, &sign, &s.donor);
	stage_forget(stage);
	(void)stage_learn(stage, buffer_span(&s.donor), true);
	alter_byte(&s);
	do {
		struct donor *learnt = NULL;

		arena_free(&stage->arena);
		stage->arena.limit = (size_t)8 << 20;
		memory_fail_after(++n);
		status = stage_judge(stage, buffer_span(&s.file));
		if (status == STATUS_OK)
			status = mimicry_remember(&stage->arena, &stage->c, &learnt);
		memory_fail_after(-1);
		n_wrong += status != STATUS_NO_MEMORY &&
			   (status != STATUS_OK ||
			    stage->c.facts->relation->kind != RELATION_TAMPERED || !learnt);
	} while (n < 1000 && status != STATUS_OK);
	CHECK(n_wrong == 0 && n > 1 && n < 1000, "%ld allocations fail without harm", n - 1);
	buffer_free(&s.donor);
	buffer_free(&s.file);
}

int main(void)
{
	struct stage stage;

	stage_open(&stage);
	for (size_t i = 0; i < COUNT_OF(decide_rows); i++)
		CHECK(content_decide(decide_rows[i].matched, decide_rows[i].host,
				     decide_rows[i].donor) == decide_rows[i].expect,
		      "%llu of %llu and %llu", (unsigned long long)decide_rows[i].matched,
		      (unsigned long long)decide_rows[i].host,
		      (unsigned long long)decide_rows[i].donor);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(&stage, &rows[i]);
	many_check(&stage);
	map_check(&stage);
	memory_check(&stage);
	stage_close(&stage);
	return CHECK_DONE();
}
