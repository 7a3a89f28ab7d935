/* SPDX-License-Identifier: MIT */
/* Pages that a scheme tells: remembered of donors, and compared with them. */
#include "formats/macho/macho.h"
#include "mimicry/mimicry.h"
#include "tests/check.h"

#define ARENA_BYTES ((size_t)8 << 20)
#define MAX_PAGES   200

static const struct row {
	const char *name;
	size_t n_donor, n_host, n_same; /* pages of code */
	bool sketched;
	enum relation_kind kind;
	const char *rule; /* NULL: none */
} rows[] = {
	{"all are the donor's",       20,  20,  20,  true,  RELATION_TAMPERED,
         "verdict.tampered-donor"								       },
	{ "most are",                 20,  20,  15,  true,  RELATION_TAMPERED,  "verdict.tampered-donor"},
	{ "more than a sketch holds", 150, 150, 140, true,  RELATION_TAMPERED,
         "verdict.tampered-donor"								       },
	{ "none is",                  20,  20,  0,   true,  RELATION_GRAFTED,   "verdict.grafted-donor" },
	{ "a few are",                20,  20,  3,   true,  RELATION_UNDECIDED, NULL                    },
	{ "too few to tell",          3,   3,   0,   true,  RELATION_UNDECIDED, NULL                    },
	{ "no pages remembered",      20,  20,  20,  false, RELATION_UNDECIDED, NULL                    },
};

struct index {
	struct donor *donor;
	struct span key;
	bool by_block; /* whatever its bytes are */
};

static enum status find(void *context, enum donor_key key, struct span value, struct arena *a,
			struct donor **out)
{
	struct index *index = (struct index *)context;

	(void)a;
	*out = NULL;
	if ((key == DONOR_BY_DIGEST && span_equal(value, index->key)) ||
	    (key == DONOR_BY_BLOCK && index->by_block))
		*out = index->donor;
	return STATUS_OK;
}

static void pages_fill(uint64_t *pages, size_t n, uint64_t seed)
{
	for (size_t i = 0; i < n; i++)
		pages[i] = (seed + i) * UINT64_C(0x9e3779b97f4a7c15);
}

static const struct claim claim = { .scheme = "code-directory", .signature = SPAN_INIT("x") };
static const struct macho_file file = { .n_slices = 1 };
static const struct container box = { .format = &format_macho, .macho = &file };

static void fact_make(struct fact *f, const uint64_t *pages, size_t n)
{
	*f = (struct fact){
		.claim = &claim,
		.signature = ASSAY_SIGNATURE_GOOD,
		.binding = ASSAY_BINDING_INTACT,
		.trust = ASSAY_TRUST_ANCHORED,
		.signed_digest = {.algorithm = DIGEST_SHA256, .bytes = { 1, 2, 3 }},
		.own_pages = { .code = pages,             .n_code = n         },
	};
	f->computed_digest = f->signed_digest;
}

/* What is learnt of a valid program with these pages. */
static struct donor *learn(struct arena *a, const struct row *row, const uint64_t *pages)
{
	struct mimicry_settings settings = { .learn = row->sketched };
	struct findings findings = FINDINGS_INIT(a);
	struct fact *fact = ARENA_NEW(a, struct fact, 1);
	struct mimicry_case c = { .settings = &settings, .box = &box, .findings = &findings };
	struct donor *donor = NULL;
	struct relation *bare;

	if (!fact)
		return NULL;
	fact_make(fact, pages, row->n_donor);
	CHECK(mimicry_begin(a, &c) == STATUS_OK, "%s: begin", row->name);
	c.facts = fact;
	CHECK(mimicry_ask(a, &c) == STATUS_OK && mimicry_judge(a, &c, &bare) == STATUS_OK &&
		      mimicry_remember(a, &c, &donor) == STATUS_OK,
	      "%s: remembered", row->name);
	CHECK(donor && donor->kind == DONOR_VALID && donor->sketched == row->sketched,
	      "%s: a donor", row->name);
	return donor;
}

static void row_check(const struct row *row)
{
	CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
	uint64_t donor_pages[MAX_PAGES], host_pages[MAX_PAGES];
	struct index index = { .key = SPAN_NONE };
	struct donor_index donors = { .context = &index, .find = find };
	struct mimicry_settings settings = { .donors = &donors };
	struct findings findings = FINDINGS_INIT(&a);
	struct mimicry_case c = { .settings = &settings, .box = &box, .findings = &findings };
	struct fact fact;
	struct relation *bare;

	pages_fill(donor_pages, row->n_donor, 1);
	pages_fill(host_pages, row->n_host, 100000);
	pages_fill(host_pages, row->n_same, 1);
	index.donor = learn(&a, row, donor_pages);
	fact_make(&fact, host_pages, row->n_host);
	fact.binding = ASSAY_BINDING_MODIFIED;
	fact.computed_digest.bytes[0] = 9;
	index.key = digest_span(&fact.signed_digest);
	CHECK(mimicry_begin(&a, &c) == STATUS_OK, "%s: begin", row->name);
	c.facts = &fact;
	CHECK(mimicry_ask(&a, &c) == STATUS_OK && mimicry_judge(&a, &c, &bare) == STATUS_OK &&
		      fact.relation,
	      "%s: judged", row->name);
	if (!fact.relation)
		return;
	CHECK(fact.relation->donor == index.donor, "%s: donor named", row->name);
	CHECK(fact.relation->kind == row->kind, "%s: %d", row->name, (int)fact.relation->kind);
	CHECK(row->rule ? fact.relation->rule && strcmp(fact.relation->rule, row->rule) == 0
			: !fact.relation->rule,
	      "%s: rule", row->name);
}

/* A signature whose mathematics fail: is it one that holds for another file? */
static const struct bare_row {
	const char *name;
	bool known;       /* the index has a valid file with these very bytes as signature */
	bool same_bytes;  /* and that is this one: something else is wrong */
	bool says_digest; /* of what it was made for: then the digest is asked for */
	bool hashed;      /* the file could be hashed as the signature wants it */
	bool suspected;
} bare_rows[] = {
	{"never seen",                     false, false, false, true,  false},
	{ "seen on another file",          true,  false, false, true,  true },
	{ "seen on this very file",        true,  true,  false, true,  false},
	{ "which says what it signed",     true,  false, true,  true,  false},
	{ "over what could not be hashed", true,  false, false, false, false},
};

static void bare_check(const struct bare_row *row)
{
	CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
	struct index index = { .key = SPAN_NONE, .by_block = row->known };
	struct donor_index donors = { .context = &index, .find = find };
	struct mimicry_settings settings = { .donors = &donors };
	struct findings findings = FINDINGS_INIT(&a);
	struct mimicry_case c = { .settings = &settings, .box = &box, .findings = &findings };
	uint64_t pages[20];
	struct fact fact;
	struct relation *bare;

	pages_fill(pages, COUNT_OF(pages), 1);
	index.donor = learn(&a, &(struct row){ .name = row->name, .n_donor = 20 }, pages);
	fact_make(&fact, pages, COUNT_OF(pages));
	fact.signature = ASSAY_SIGNATURE_BAD;
	if (!row->same_bytes)
		fact.computed_digest.bytes[0] = 9;
	if (!row->hashed)
		fact.computed_digest.algorithm = DIGEST_NONE;
	if (!row->says_digest)
		fact.signed_digest.algorithm = DIGEST_NONE;
	CHECK(mimicry_begin(&a, &c) == STATUS_OK, "%s: begin", row->name);
	c.facts = &fact;
	CHECK(mimicry_ask(&a, &c) == STATUS_OK && mimicry_judge(&a, &c, &bare) == STATUS_OK &&
		      !!fact.relation == row->suspected,
	      "bad, %s: %s", row->name, fact.relation ? "known" : "not known");
	CHECK(!fact.relation || (fact.relation->donor == index.donor &&
				 fact.relation->known_by == KNOWN_BY_BLOCK),
	      "bad, %s: whose it is", row->name);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(&rows[i]);
	for (size_t i = 0; i < COUNT_OF(bare_rows); i++)
		bare_check(&bare_rows[i]);
	return CHECK_DONE();
}
