/* SPDX-License-Identifier: MIT */
/* Files without signature: stripped, costumes, and the many that are neither. */
#include "mimicry/test_stage.h"
#include "tests/check.h"

#define PAGE 0x1000U
#define ICON UINT64_C(0x123456789abcdef0)

static const struct pe_identity clothes = {
	.version = {.present = true,
                    .company_name = "Google LLC",
                    .product_name = "Google Chrome",
                    .original_filename = "chrome.exe" },
	.icon = { .present = true, .dhash = ICON},
	.manifest = { .present = true,                    .identity = "chrome.exe"                    },
};

static void program_make(struct buffer *out, uint64_t seed)
{
	const struct forge_program program = { .section_size = 8 * PAGE,
					       .n_sections = 2,
					       .seed = seed };

	forge_program_make(&program, out);
}

/* A signed program in the index, known by what @identity says. */
static void donor_learn(struct stage *stage, const struct pe_identity *identity, bool sketch,
			struct buffer *out)
{
	const struct forge_signature sign = { 0 };

	program_make(out, 1);
	forge_sign(stage->forge, &sign, out);
	stage_forget(stage);
	stage->identity = identity;
	CHECK(stage_learn(stage, buffer_span(out), sketch) == 1, "a donor");
	stage->identity = NULL;
}

/* How the signature is taken away. */
static void cut_off(struct buffer *file)
{
	forge_strip(file);
}
static void cut_off_and_repair(struct buffer *file)
{
	forge_strip(file);
	forge_checksum(file);
}
static void cut_off_and_zero(struct buffer *file)
{
	forge_strip(file);
	forge_put(file, forge_places_of(file).checksum, 4, 0);
}
static void entry_zeroed(struct buffer *file)
{
	forge_directory(file, 0, 0);
}
static void cut_off_and_changed(struct buffer *file)
{
	forge_strip(file);
	forge_put(file, 0x28, 1, 1);
}

static const struct strip_row {
	const char *name;
	void (*strip)(struct buffer *file);
	const char *company; /* of both */
	enum relation_kind expect;
	bool original, donor, brand;
	const char *sign;
} strip_rows[] = {
  /* clang-format off */
	{ "cut off", cut_off, NULL, RELATION_STRIPPED, false, true, false,
	  "sign.checksum-of-signed" },
	{ "cut off, checksum repaired", cut_off_and_repair, NULL, RELATION_NONE, true, true, false,
	  NULL },
	{ "cut off, no checksum", cut_off_and_zero, NULL, RELATION_NONE, true, true, false, NULL },
	{ "cut off, of a vendor who always signs", cut_off_and_repair, "Google LLC",
	  RELATION_STRIPPED, false, true, false, "sign.always-signed" },
	{ "cut off, of a vendor who often signs", cut_off_and_repair, "Microsoft Corporation",
	  RELATION_NONE, true, true, false, NULL },
	{ "directory entry zeroed", entry_zeroed, NULL, RELATION_STRIPPED, false, true, false,
	  "sign.table-remains" },
	{ "cut off and changed", cut_off_and_changed, NULL, RELATION_NONE, false, false, false,
	  NULL },
	{ "cut off and changed, of a vendor", cut_off_and_changed, "Microsoft Corporation",
	  RELATION_NONE, false, false, true, NULL },
  /* clang-format on */
};

static void strip_check(struct stage *stage, const struct strip_row *row)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct pe_identity identity = clothes;
	const struct relation *r;

	identity.version.company_name = row->company;
	donor_learn(stage, &identity, false, &file);
	row->strip(&file);
	stage->identity = &identity;
	r = stage_relation(stage, buffer_span(&file));
	stage->identity = NULL;
	CHECK(r ? r->kind == row->expect : row->expect == RELATION_NONE, "%s: relation %d",
	      row->name, r ? (int)r->kind : 0);
	CHECK(row->donor ? r && r->donor && r->known_by == KNOWN_BY_DIGEST : !r, "%s: donor",
	      row->name);
	CHECK(stage_found(stage, "mimicry.unsigned-original") == row->original,
	      "%s: an original or not", row->name);
	CHECK(stage_found(stage, "mimicry.brand-claim") == row->brand, "%s: a brand or not",
	      row->name);
	CHECK(!row->sign || stage_evidence(r, row->sign), "%s: %s", row->name,
	      row->sign ? row->sign : "-");
	CHECK(!r || r->kind != RELATION_STRIPPED ||
		      (r->confidence == CONFIDENCE_PROVEN &&
		       strcmp(r->rule, "verdict.stripped-donor") == 0),
	      "%s: proven", row->name);
}

/* One condition after the other is taken away from a costume. */
static const struct costume_row {
	const char *name;
	const char *company, *product, *file; /* of the host */
	uint64_t icon_bits;                   /* that differ */
	const char *manifest;
	bool vouched, own_code, unsketched, no_icon;
	enum relation_kind expect;
} costume_rows[] = {
  /* clang-format off */
	{ "all five", "Google LLC", "Google Chrome", "chrome.exe", 0, "chrome.exe", false, false,
	  false, false, RELATION_COSTUME },
	{ "names in other case", "GOOGLE llc", "google chrome", "CHROME.EXE", 0, "chrome.exe",
	  false, false, false, false, RELATION_COSTUME },
	{ "icon alone", "Google LLC", "Google Chrome", "chrome.exe", 0x1003, NULL, false, false,
	  false, false, RELATION_COSTUME },
	{ "manifest alone", "Google LLC", "Google Chrome", "chrome.exe", 0, "chrome.exe", false,
	  false, false, true, RELATION_COSTUME },
	{ "1: another company", "Goggle LLC", "Google Chrome", "chrome.exe", 0, "chrome.exe", false,
	  false, false, false, RELATION_NONE },
	{ "1: another product", "Google LLC", "Google Chrom", "chrome.exe", 0, "chrome.exe", false,
	  false, false, false, RELATION_NONE },
	{ "1: another file name", "Google LLC", "Google Chrome", "chrome2.exe", 0, "chrome.exe",
	  false, false, false, false, RELATION_NONE },
	{ "1: no product", "Google LLC", NULL, "chrome.exe", 0, "chrome.exe", false, false, false,
	  false, RELATION_NONE },
	{ "2: icon of five other bits, no manifest", "Google LLC", "Google Chrome", "chrome.exe",
	  0x1f, NULL, false, false, false, false, RELATION_NONE },
	{ "2: neither icon nor manifest", "Google LLC", "Google Chrome", "chrome.exe", 0,
	  "other.exe", false, false, false, true, RELATION_NONE },
	{ "3: a vendor who often signs", "Microsoft Corporation", "Google Chrome", "chrome.exe", 0,
	  "chrome.exe", false, false, false, false, RELATION_NONE },
	{ "4: a package has it", "Google LLC", "Google Chrome", "chrome.exe", 0, "chrome.exe", true,
	  false, false, false, RELATION_NONE },
	{ "5: the code of the signed program", "Google LLC", "Google Chrome", "chrome.exe", 0,
	  "chrome.exe", false, true, false, false, RELATION_NONE },
	{ "5: no record of its code", "Google LLC", "Google Chrome", "chrome.exe", 0, "chrome.exe",
	  false, false, true, false, RELATION_NONE },
  /* clang-format on */
};

static void costume_check(struct stage *stage, const struct costume_row *row)
{
	CLEANUP(buffer_free) struct buffer donor = BUFFER_INIT, file = BUFFER_INIT;
	struct pe_identity identity = clothes;
	const struct relation *r;
	/* The third condition wants a donor of that vendor. */
	if (row->name[0] == '3')
		identity.version.company_name = row->company;
	donor_learn(stage, &identity, !row->unsketched, &donor);
	program_make(&file, row->own_code ? 1 : 2);
	forge_put(&file, 0x28, 1, 1); /* not the very same program */
	identity.version.company_name = row->company;
	identity.version.product_name = row->product;
	identity.version.original_filename = row->file;
	identity.icon.present = !row->no_icon;
	identity.icon.dhash = ICON ^ row->icon_bits;
	identity.manifest.identity = row->manifest;
	stage->identity = &identity;
	stage->vouched = row->vouched;
	r = stage_relation(stage, buffer_span(&file));
	stage->identity = NULL;
	stage->vouched = false;
	CHECK(r ? r->kind == row->expect : row->expect == RELATION_NONE, "%s: relation %d",
	      row->name, r ? (int)r->kind : 0);
	CHECK(stage_found(stage, "mimicry.brand-claim") ==
		      (row->expect == RELATION_NONE && strncmp(row->company, "Goggle", 6) != 0),
	      "%s: a costume, or a brand that is claimed", row->name);
	CHECK(!r || (r->donor && r->known_by == KNOWN_BY_METADATA &&
		     strcmp(r->rule, "verdict.costume-donor") == 0 &&
		     stage_evidence(r, "sign.same-names")),
	      "%s: whose it is", row->name);
}

/* Who is told apart by company alone. */
static const struct brand_row {
	const char *company;
	bool claim;
} brand_rows[] = {
	{"Microsoft Corporation",           true },
	{ "microsoft corporation",          true },
	{ "Microsoft",                      true },
	{ "Google Inc.",                    true },
	{ "Google Inc",                     true },
	{ "Mozilla Corporation",            true },
	{ "NVIDIA Corporation",             true },
	{ "Adobe Systems, Incorporated",    true },
	{ "TeamViewer Germany GmbH",        true },
	{ "Microsoft Corporation\xc2\xae",  true },
	{ "Micro Soft",                     false},
	{ "Microsoft Corporation Friends",  false},
	{ "The Wine Project",               false},
	{ "Igor Pavlov",                    false},
	{ "Free Software Foundation, Inc.", false},
	{ "",			       false},
	{ NULL,			     false},
};

static void brand_check(struct stage *stage, const struct brand_row *row)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct pe_identity identity = { .version = { .company_name = row->company } };

	stage_forget(stage);
	program_make(&file, 9);
	stage->identity = &identity;
	CHECK(!stage_relation(stage, buffer_span(&file)), "'%s': nothing to say of it",
	      row->company ? row->company : "-");
	stage->identity = NULL;
	CHECK(stage_found(stage, "mimicry.brand-claim") == row->claim, "'%s': %s",
	      row->company ? row->company : "-", row->claim ? "a brand" : "no brand");
}

/* What a bare file costs, and what is kept of it. */
static void bare_check(struct stage *stage)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct donor *list = NULL;

	stage_forget(stage);
	program_make(&file, 9);
	buffer_add(&file, SPAN_LITERAL("abc")); /* not of a multiple of eight */
	CHECK(stage_judge(stage, buffer_span(&file)) == STATUS_OK && stage->n_first_jobs == 1 &&
		      stage->n_second_jobs == 0,
	      "one digest");
	CHECK(mimicry_remember(&stage->arena, &stage->c, &list) == STATUS_OK && list &&
		      list->kind == DONOR_NONE && !list->next,
	      "its digest is kept, to ask again");
	stage->index.has_sha1 = true;
	CHECK(stage_judge(stage, buffer_span(&file)) == STATUS_OK && stage->n_first_jobs == 2,
	      "two, if donors are known by SHA-1");
	stage->index.has_sha1 = false;
	stage->settings.donors = NULL;
	CHECK(stage_judge(stage, buffer_span(&file)) == STATUS_OK && stage->n_first_jobs == 0,
	      "none without an index");
	stage->settings.donors = &stage->index;
}

/* SHA-1 alone, and a length that signing tools pad. */
static void sha1_check(struct stage *stage)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT, bare = BUFFER_INIT;
	const struct forge_signature sha1 = { .image_digest = "SHA1" };
	const struct relation *r;

	program_make(&bare, 1);
	buffer_add(&bare, SPAN_LITERAL("abc"));
	forge_copy(&file, &bare);
	forge_sign(stage->forge, &sha1, &file);
	stage_forget(stage);
	(void)stage_learn(stage, buffer_span(&file), false);
	CHECK(!stage_relation(stage, buffer_span(&bare)), "SHA-1 is not asked for nothing");
	stage->index.has_sha1 = true;
	r = stage_relation(stage, buffer_span(&bare));
	stage->index.has_sha1 = false;
	CHECK(r && r->donor && r->kind == RELATION_NONE &&
		      stage_found(stage, "mimicry.unsigned-original"),
	      "the original of a program that was padded and signed");
}

static const struct vendor_row {
	const char *company, *product;
	enum vendor_signs expect;
} vendor_rows[] = {
	{"Google LLC",			   "Google Chrome",                     VENDOR_ALWAYS },
	{ "google llc",			  "Google Chrome Installer",           VENDOR_ALWAYS },
	{ "Google LLC",			  "Go",				VENDOR_OFTEN  },
	{ "Google LLC",			  NULL,				VENDOR_OFTEN  },
	{ "Microsoft Corporation",               "Microsoft\xc2\xae Windows\xc2\xae", VENDOR_OFTEN  },
	{ "Microsoft Corporation",               "Microsoft Edge Update",             VENDOR_ALWAYS },
	{ "Sysinternals - www.sysinternals.com", "Sysinternals Process Explorer",
         VENDOR_ALWAYS									      },
	{ "Igor Pavlov",			 "7-Zip",                             VENDOR_NEVER  },
	{ "Mozilla Corporation",                 "Firefox",                           VENDOR_OFTEN  },
	{ "Nobody",			      "Nothing",                           VENDOR_UNKNOWN},
	{ NULL,				  "Google Chrome",                     VENDOR_UNKNOWN},
};

static void vendors_check(struct stage *stage)
{
	static const struct {
		const char *text, *problem;
	} bad[] = {
		{"a\tb\tc\talways",                  "line 1"},
		{ "a\tb\tc\talways\tx\ty",           "line 1"},
		{ "# fine\n\na\tb\tc\tsometimes\tx", "line 3"},
		{ "a\t*\tc\talways\tx",              "line 1"},
		{ "a\tb\t\talways\tx",               "line 1"},
		{ "a\t\xff\t*\talways\tx",           "line 1"},
	};
	struct vendors own;
	const char *problem;

	for (size_t i = 0; i < COUNT_OF(vendor_rows); i++) {
		const struct vendor *v = vendor_find(&stage->vendors, vendor_rows[i].company,
						     vendor_rows[i].product);

		CHECK((v ? v->signs : VENDOR_UNKNOWN) == vendor_rows[i].expect, "%s, %s",
		      vendor_rows[i].company ? vendor_rows[i].company : "-",
		      vendor_rows[i].product ? vendor_rows[i].product : "-");
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CHECK(vendors_read(&stage->kept, SPAN_TEXT(bad[i].text), NULL, &own,
				   &problem) == STATUS_MALFORMED &&
			      strncmp(problem, bad[i].problem, 6) == 0,
		      "refused: %s", problem ? problem : "-");
	CHECK(vendors_read(&stage->kept, SPAN_TEXT("Mine\tGoogle LLC\t*\tnever\tnot here\n"),
			   &stage->vendors, &own, &problem) == STATUS_OK &&
		      vendor_find(&own, "Google LLC", "Google Chrome")->signs == VENDOR_NEVER &&
		      vendor_find(&own, "Spotify AB", "Spotify")->signs == VENDOR_ALWAYS,
	      "the administrator's lines go before ours");
}

int main(void)
{
	struct stage stage;

	stage_open(&stage);
	for (size_t i = 0; i < COUNT_OF(strip_rows); i++)
		strip_check(&stage, &strip_rows[i]);
	for (size_t i = 0; i < COUNT_OF(costume_rows); i++)
		costume_check(&stage, &costume_rows[i]);
	for (size_t i = 0; i < COUNT_OF(brand_rows); i++)
		brand_check(&stage, &brand_rows[i]);
	bare_check(&stage);
	sha1_check(&stage);
	vendors_check(&stage);
	stage_close(&stage);
	return CHECK_DONE();
}
