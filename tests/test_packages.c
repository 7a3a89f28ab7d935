/* SPDX-License-Identifier: MIT */
/*
 * Installer packages, cabinets and catalogs through the whole house: signed
 * well, altered afterwards, and every way in which other verifiers are misled.
 */
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/package.h"

#define TEXT(s) SPAN_INIT(s)
#define NOTHING                                                                                \
	{                                                                                      \
		NULL, 0                                                                        \
	}

static uint8_t big[6000];

/* clang-format off */
static const struct cfb_item plain[] = {
	{ "a", -1, false, TEXT("first"), 0, 1 },
	{ "b", -1, false, { big, sizeof(big) }, 0, 1 },
	{ "dir", -1, true, NOTHING, 9, 1 },
	{ "in", 2, false, TEXT("inside"), 0, 1 },
};
static const struct cfb_item renamed[] = {
	{ "a", -1, false, TEXT("first"), 0, 1 },
	{ "c", -1, false, { big, sizeof(big) }, 0, 1 },
	{ "dir", -1, true, NOTHING, 9, 1 },
	{ "in", 2, false, TEXT("inside"), 0, 1 },
};
/* The last byte of one stream is the first of the next: the contents are the same. */
static const struct cfb_item moved[] = {
	{ "a", -1, false, TEXT("firs"), 0, 1 },
	{ "a2", -1, false, TEXT("t"), 0, 1 },
	{ "b", -1, false, { big, sizeof(big) }, 0, 1 },
	{ "dir", -1, true, NOTHING, 9, 1 },
	{ "in", 3, false, TEXT("inside"), 0, 1 },
};
static const struct cfb_item later[] = {
	{ "a", -1, false, TEXT("first"), 0, 2 },
	{ "b", -1, false, { big, sizeof(big) }, 0, 1 },
	{ "dir", -1, true, NOTHING, 9, 1 },
	{ "in", 2, false, TEXT("inside"), 0, 1 },
};
static const struct cfb_item changed[] = {
	{ "a", -1, false, TEXT("First"), 0, 1 },
	{ "b", -1, false, { big, sizeof(big) }, 0, 1 },
	{ "dir", -1, true, NOTHING, 9, 1 },
	{ "in", 2, false, TEXT("inside"), 0, 1 },
};
/* What verifiers do not hash that compare names in every storage, or only their beginning. */
static const struct cfb_item hidden[] = {
	{ "a", -1, false, TEXT("first"), 0, 1 },
	{ "b", -1, false, { big, sizeof(big) }, 0, 1 },
	{ "dir", -1, true, NOTHING, 9, 1 },
	{ "\5DigitalSignature", 2, false, TEXT("hidden"), 0, 1 },
	{ "in", 2, false, TEXT("inside"), 0, 1 },
};
static const struct cfb_item prefixed[] = {
	{ "\5D", -1, false, TEXT("hidden"), 0, 1 },
	{ "a", -1, false, TEXT("first"), 0, 1 },
	{ "b", -1, false, { big, sizeof(big) }, 0, 1 },
	{ "dir", -1, true, NOTHING, 9, 1 },
	{ "in", 3, false, TEXT("inside"), 0, 1 },
};

static const struct msi_row {
	const char *name;
	const struct cfb_item *after; /* NULL: what was signed */
	size_t n_after;
	bool extended, extended_wrong;
	enum cfb_build_order order;
	uint32_t spare;
	enum forge_kind kind;
	const char *append; /* behind the file */
	enum assay_verdict verdict;
	const char *rule, *finding;
} msi_rows[] = {
	{ "as signed", NULL, 0, false, false, CFB_BUILD_ORDERED, 0, FORGE_KIND_MSI, NULL,
	  ASSAY_VERDICT_VALID, "verdict.valid", "msi.names-uncovered" },
	{ "as signed, scattered", NULL, 0, false, false, CFB_BUILD_WOVEN, 0, FORGE_KIND_MSI, NULL,
	  ASSAY_VERDICT_VALID, "verdict.valid", "msi.names-uncovered" },
	{ "with an extended digest", NULL, 0, true, false, CFB_BUILD_ORDERED, 0, FORGE_KIND_MSI, NULL,
	  ASSAY_VERDICT_VALID, "verdict.valid", NULL },
	{ "with a wrong extended digest, soundly signed", NULL, 0, true, true, CFB_BUILD_ORDERED, 0,
	  FORGE_KIND_MSI, NULL, ASSAY_VERDICT_TAMPERED, "verdict.tampered-names", "msi.dse-mismatch" },
	{ "a stream renamed under an extended digest", renamed, 4, true, false, CFB_BUILD_ORDERED, 0,
	  FORGE_KIND_MSI, NULL, ASSAY_VERDICT_TAMPERED, "verdict.tampered-names", "msi.dse-mismatch" },
	{ "a byte moved under an extended digest", moved, 5, true, false, CFB_BUILD_ORDERED, 0,
	  FORGE_KIND_MSI, NULL, ASSAY_VERDICT_TAMPERED, "verdict.tampered-names", "msi.dse-mismatch" },
	{ "a time changed under an extended digest", later, 4, true, false, CFB_BUILD_ORDERED, 0,
	  FORGE_KIND_MSI, NULL, ASSAY_VERDICT_TAMPERED, "verdict.tampered-names", "msi.dse-mismatch" },
	{ "a stream renamed where names are not covered", renamed, 4, false, false, CFB_BUILD_ORDERED, 0,
	  FORGE_KIND_MSI, NULL, ASSAY_VERDICT_VALID, "verdict.valid", "msi.names-uncovered" },
	{ "a stream changed", changed, 4, false, false, CFB_BUILD_ORDERED, 0, FORGE_KIND_MSI, NULL,
	  ASSAY_VERDICT_MISMATCHED, "verdict.mismatched", NULL },
	{ "a stream changed under an extended digest", changed, 4, true, false, CFB_BUILD_ORDERED, 0,
	  FORGE_KIND_MSI, NULL, ASSAY_VERDICT_MISMATCHED, "verdict.mismatched", NULL },
	{ "a stream of the signature's name in a storage", hidden, 5, false, false, CFB_BUILD_ORDERED, 0,
	  FORGE_KIND_MSI, NULL, ASSAY_VERDICT_MISMATCHED, "verdict.mismatched", "msi.signature-name" },
	{ "a stream whose name begins like it", prefixed, 5, false, false, CFB_BUILD_ORDERED, 0,
	  FORGE_KIND_MSI, NULL, ASSAY_VERDICT_MISMATCHED, "verdict.mismatched", "msi.signature-name" },
	{ "free sectors with contents", NULL, 0, false, false, CFB_BUILD_ORDERED, 3, FORGE_KIND_MSI, NULL,
	  ASSAY_VERDICT_VALID, "verdict.valid", "msi.free-sectors" },
	{ "a JAR behind it (GlueBall)", NULL, 0, true, false, CFB_BUILD_ORDERED, 0, FORGE_KIND_MSI,
	  "PK\3\4 a class PK\5\6", ASSAY_VERDICT_PARTIAL, "verdict.partial-trailing", "file.polyglot" },
	{ "spaces behind it", NULL, 0, false, false, CFB_BUILD_ORDERED, 0, FORGE_KIND_MSI, "        ",
	  ASSAY_VERDICT_PARTIAL, "verdict.partial-trailing", "msi.trailing" },
	{ "signed as a cabinet", NULL, 0, false, false, CFB_BUILD_ORDERED, 0, FORGE_KIND_CAB, NULL,
	  ASSAY_VERDICT_VALID, "verdict.valid", "spc.data-type" },
	{ "the signature of a program on other contents", changed, 4, false, false, CFB_BUILD_ORDERED, 0,
	  FORGE_KIND_PE, NULL, ASSAY_VERDICT_GRAFTED, "verdict.grafted-container", "spc.data-type" },
};
/* clang-format on */

static void row_report(const char *what, const char *name, const struct report *r,
		       enum assay_verdict verdict, const char *rule, const char *finding)
{
	CHECK(r->verdict == verdict && strcmp(r->rule, rule) == 0, "%s: %s: %s (%s)", what,
	      name, assay_verdict_word(r->verdict), r->rule);
	if (finding)
		CHECK(court_has(r, finding), "%s: %s: %s", what, name, finding);
}

static void test_msi(struct forge *f, struct court *court)
{
	const struct forge_signature wish = { 0 };

	for (size_t i = 0; i < COUNT_OF(msi_rows); i++) {
		const struct msi_row *row = &msi_rows[i];
		struct forge_msi m = { .items = plain,
				       .n = COUNT_OF(plain),
				       .order = row->order,
				       .spare = row->spare,
				       .extended = row->extended,
				       .extended_wrong = row->extended_wrong,
				       .kind = row->kind };
		struct forge_msi after = m;
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;

		after.items = row->after;
		after.n = row->n_after;
		forge_msi_make(f, &wish, &m, row->after ? &after : NULL, &file);
		if (row->append)
			buffer_text(&file, row->append);
		row_report("package", row->name, court_judge(court, buffer_span(&file)),
			   row->verdict, row->rule, row->finding);
	}
}

/* clang-format off */
static const struct cab_row {
	const char *name;
	struct forge_cab cab;
	size_t off;   /* of a byte that is changed afterwards; 0: none */
	const char *append;
	enum assay_verdict verdict;
	const char *rule, *finding;
} cab_rows[] = {
	{ "as signed", { 0 }, 0, NULL, ASSAY_VERDICT_VALID, "verdict.valid", NULL },
	{ "the third of its set", { .number = 2 }, 0, NULL, ASSAY_VERDICT_VALID, "verdict.valid", NULL },
	{ "the third of its set, signed in the other reading", { .number = 2, .other_reading = true }, 0,
	  NULL, ASSAY_VERDICT_VALID, "verdict.valid", "cab.layout" },
	{ "with filler, signed in the other reading", { .filler = 7, .other_reading = true }, 0, NULL,
	  ASSAY_VERDICT_VALID, "verdict.valid", "cab.layout" },
	{ "its checksum changed", { 0 }, 4, NULL, ASSAY_VERDICT_VALID, "verdict.valid", NULL },
	{ "its filler changed", { 0 }, 57, NULL, ASSAY_VERDICT_VALID, "verdict.valid", NULL },
	{ "its set changed", { 0 }, 32, NULL, ASSAY_VERDICT_MISMATCHED, "verdict.mismatched", NULL },
	{ "its number changed, as the other reading allows", { 0 }, 34, NULL, ASSAY_VERDICT_VALID,
	  "verdict.valid", "cab.layout" },
	{ "a file's time changed", { 0 }, 79, NULL, ASSAY_VERDICT_MISMATCHED, "verdict.mismatched", NULL },
	{ "bytes behind it", { 0 }, 0, "PK\3\4", ASSAY_VERDICT_PARTIAL, "verdict.partial-trailing",
	  "cab.trailing" },
	{ "signed as a package", { .kind = FORGE_KIND_MSI }, 0, NULL, ASSAY_VERDICT_VALID,
	  "verdict.valid", "spc.data-type" },
	{ "the signature of a package on another cabinet", { .kind = FORGE_KIND_MSI }, 32, NULL,
	  ASSAY_VERDICT_GRAFTED, "verdict.grafted-container", NULL },
};
/* clang-format on */

static void test_cab(struct forge *f, struct court *court)
{
	const struct forge_signature wish = { 0 };

	for (size_t i = 0; i < COUNT_OF(cab_rows); i++) {
		const struct cab_row *row = &cab_rows[i];
		struct forge_cab cab = row->cab;
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;

		forge_cab_make(f, &wish, &cab, &file);
		if (row->off)
			file.bytes[row->off] ^= 1;
		if (row->append)
			buffer_text(&file, row->append);
		row_report("cabinet", row->name, court_judge(court, buffer_span(&file)),
			   row->verdict, row->rule, row->finding);
	}
}

static void test_cat(struct forge *f, struct court *court)
{
	const struct forge_signature good = { 0 };
	const struct forge_signature expired = { .signer = "expired" };
	const struct forge_member member = { SPAN_LITERAL("01234567890123456789012345678901"),
					     false, false, "x" };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	uint64_t at;

	forge_catalog_make(f, &good, &member, 1, &file);
	row_report("catalog", "as signed", court_judge(court, buffer_span(&file)),
		   ASSAY_VERDICT_VALID, "verdict.valid", NULL);
	if (!span_find(buffer_span(&file), member.digest, 0, &at))
		abort();
	file.bytes[at] ^= 1;
	row_report("catalog", "a digest changed", court_judge(court, buffer_span(&file)),
		   ASSAY_VERDICT_BROKEN, "verdict.broken", "cat.tag-mismatch");
	file.bytes[at] ^= 1;
	buffer_text(&file, "something behind it");
	row_report("catalog", "bytes behind it", court_judge(court, buffer_span(&file)),
		   ASSAY_VERDICT_PARTIAL, "verdict.partial-trailing", "cat.trailing");
	buffer_clear(&file);
	forge_catalog_make(f, &expired, &member, 1, &file);
	row_report("catalog", "its signer's time is over",
		   court_judge(court, buffer_span(&file)), ASSAY_VERDICT_UNTRUSTED,
		   "verdict.expired", NULL);
}

/* An index of the one package that was met. */
static enum status remembered_find(void *context, enum donor_key key, struct span value,
				   struct arena *a, struct donor **out)
{
	struct donor *d = ARENA_NEW(a, struct donor, 1);
	struct span *record = (struct span *)context;

	*out = NULL;
	if (!d)
		return STATUS_NO_MEMORY;
	TRY(donor_decode(a, *record, d));
	if (key == DONOR_BY_DIGEST && span_equal(digest_span(&d->digest), value))
		*out = d;
	return STATUS_OK;
}

/* clang-format off */
static const struct cfb_item streams[] = {
	{ "s1", -1, false, { big, 100 }, 0, 1 }, { "s2", -1, false, { big, 200 }, 0, 1 },
	{ "s3", -1, false, { big, 300 }, 0, 1 }, { "s4", -1, false, { big, 400 }, 0, 1 },
	{ "s5", -1, false, { big, 5000 }, 0, 1 },
};
static const struct cfb_item one_changed[] = {
	{ "s1", -1, false, { big, 100 }, 0, 1 }, { "s2", -1, false, { big, 200 }, 0, 1 },
	{ "s3", -1, false, { big, 300 }, 0, 1 }, { "s4", -1, false, { big, 400 }, 0, 1 },
	{ "s5", -1, false, { big, 5001 }, 0, 1 },
};
static const struct cfb_item half_changed[] = {
	{ "s1", -1, false, { big, 100 }, 0, 1 }, { "s2", -1, false, { big, 200 }, 0, 1 },
	{ "s3", -1, false, { big, 301 }, 0, 1 }, { "s4", -1, false, { big, 401 }, 0, 1 },
	{ "s5", -1, false, { big, 5001 }, 0, 1 },
};
static const struct cfb_item all_changed[] = {
	{ "s1", -1, false, { big, 101 }, 0, 1 }, { "s2", -1, false, { big, 201 }, 0, 1 },
	{ "s3", -1, false, { big, 301 }, 0, 1 }, { "s4", -1, false, { big, 401 }, 0, 1 },
	{ "s5", -1, false, { big, 5001 }, 0, 1 },
};
static const struct {
	const char *name;
	const struct cfb_item *items;
	enum assay_verdict verdict;
	const char *rule;
} donor_rows[] = {
	{ "one stream of five changed", one_changed, ASSAY_VERDICT_TAMPERED, "verdict.tampered-donor" },
	{ "most streams are others, as toolkits make them", half_changed, ASSAY_VERDICT_MISMATCHED,
	  "verdict.mismatched" },
	{ "every stream is another", all_changed, ASSAY_VERDICT_GRAFTED, "verdict.grafted-donor" },
};
/* clang-format on */

/* With the record of the package that was signed at hand, its streams tell. */
static void test_donor(struct forge *f, struct court *court)
{
	const struct forge_signature wish = { 0 };
	struct forge_msi m = { .items = streams, .n = COUNT_OF(streams) }, after = m;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct donor_index index = { .find = remembered_find, .n = 1 };
	const struct report *r;
	struct span record;

	forge_msi_make(f, &wish, &m, NULL, &file);
	court->engine.settings.learn = true;
	r = court_judge(court, buffer_span(&file));
	CHECK(r->verdict == ASSAY_VERDICT_VALID && r->n_memories == 1, "donor: learnt");
	if (r->n_memories != 1)
		return;
	record = arena_copy(&a, r->memories[0]);
	index.context = &record;
	court->engine.settings.donors = &index;
	for (size_t i = 0; i < COUNT_OF(donor_rows); i++) {
		after.items = donor_rows[i].items;
		buffer_clear(&file);
		forge_msi_make(f, &wish, &m, &after, &file);
		row_report("donor", donor_rows[i].name, court_judge(court, buffer_span(&file)),
			   donor_rows[i].verdict, donor_rows[i].rule, NULL);
	}
	court->engine.settings.donors = NULL; /* it goes with us */
	court->engine.settings.learn = false;
}

/* sqlite3 has the magic in its code; the numbers behind it are larger than the file. */
static void test_no_archive(struct court *court)
{
	static const struct span script = SPAN_INIT("#!/bin/sh\n# PK\5\6\0\0\0\0\0\0\0\0"
						    "\x80\x84\x2e\x41\x40\0\0\0\2\0\n\n");

	row_report("archive", "a magic in a script", court_judge(court, script),
		   ASSAY_VERDICT_UNSIGNED, "verdict.unsigned", NULL);
}

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 31 + i / 256);
	court_open(&court, f);
	test_msi(f, &court);
	test_cab(f, &court);
	test_cat(f, &court);
	test_donor(f, &court);
	test_no_archive(&court);
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
