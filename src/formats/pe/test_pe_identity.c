/* SPDX-License-Identifier: MIT */
/* What programs say they are: each row is one file and what must be read of it. */
#include "formats/pe/test_program.h"
#include "tests/check.h"

#define PATCHES 4
#define NO_PATCH                                                                               \
	{                                                                                      \
		0                                                                              \
	}

static const struct forge_version_text texts[] = {
	{"CompanyName",       "Example \xc3\x84G"},
	{ "ProductName",      "Product"          },
	{ "FileDescription",  "Does nothing"     },
	{ "FileVersion",      "1.2.3.4 (build)"  },
	{ "InternalName",     "internal"         },
	{ "LegalCopyright",   "\xc2\xa9 nobody"  },
	{ "OriginalFilename", "example.exe"      },
	{ "ProductVersion",   "1.2"              },
	{ "Unknown",          "ignored"          },
};

/* The tree that forge_resource_tree() writes for one resource, and what follows it. */
enum tree_part {
	ROOT_COUNT = 14,
	ROOT_NAME = 16,
	ROOT_TO = 20,
	NAME_TO = 44,
	LANGUAGE_TO = 68,
	LEAF_RVA = 72,
	LEAF_SIZE = 76,
	VERSION = 88, /* the resource itself */
	FIXED = VERSION + 40,
	STRINGS = FIXED + 52,
	TABLE = STRINGS + 36,
	FIRST = TABLE + 24, /* CompanyName */
	SECOND = FIRST + 6 + 24 + 2 + 22 + 2,
};

struct patch {
	uint32_t off; /* in the resource section */
	uint8_t width;
	uint64_t value;
};

/* clang-format off */
static const struct {
	const char *name;
	struct patch patches[PATCHES];
	const char *rule;    /* the one finding; NULL: none */
	const char *company; /* what is read of it */
	const char *version;
	bool absent;
} version_cases[] = {
#define GOOD "Example \xc3\x84G", "1.2.3.4 (build)"
#define MALFORMED "pe.versioninfo-malformed"
#define TREE "pe.resource-malformed"
	{ "as it should be", { NO_PATCH }, NULL, GOOD, false },
	{ "wLength 0", { { VERSION, 2, 0 } }, MALFORMED, NULL, NULL, true },
	{ "wLength 5", { { VERSION, 2, 5 } }, MALFORMED, NULL, NULL, true },
	{ "wLength beyond the resource", { { VERSION, 2, 0xffff } }, MALFORMED, NULL, NULL, true },
	{ "another name", { { VERSION + 6, 2, 'W' } }, MALFORMED, NULL, NULL, true },
	{ "a name in lower case", { { VERSION + 6, 2, 'v' } }, NULL, GOOD, false },
	{ "StringFileInfo 0 long", { { STRINGS, 2, 0 } }, MALFORMED, NULL, NULL, false },
	{ "StringFileInfo beyond", { { STRINGS, 2, 0xffff } }, MALFORMED, NULL, NULL, false },
	{ "StringTable 0 long", { { TABLE, 2, 0 } }, MALFORMED, NULL, NULL, false },
	{ "StringTable beyond", { { TABLE, 2, 0xffff } }, MALFORMED, NULL, NULL, false },
	{ "first String 0 long", { { FIRST, 2, 0 } }, MALFORMED, NULL, NULL, false },
	{ "second String 0 long", { { SECOND, 2, 0 } }, MALFORMED, "Example \xc3\x84G", NULL, false },
	{ "second String beyond its table", { { SECOND, 2, 0x7fff } }, MALFORMED,
	  "Example \xc3\x84G", NULL, false },
	{ "a name without end", { { FIRST + 28, 4, 0x20002000 } }, NULL, NULL,
	  "1.2.3.4 (build)", false },
	{ "no fixed part", { { FIXED, 4, 0 } }, NULL, GOOD, false },
	{ "numbers that differ", { { FIXED + 8, 2, 9 } }, "pe.versioninfo-split", GOOD, false },
	{ "numbers that were never set", { { FIXED + 8, 8, 0 } }, NULL, GOOD, false },
	{ "half a surrogate", { { FIRST + 32, 2, 0xd800 } }, NULL,
	  "\xef\xbf\xbdxample \xc3\x84G", "1.2.3.4 (build)", false },
	{ "a character that turns text around", { { FIRST + 32, 2, 0x202e } }, NULL,
	  "\\u{202e}xample \xc3\x84G", "1.2.3.4 (build)", false },
	{ "an empty text", { { FIRST + 32, 2, 0 } }, NULL, NULL, "1.2.3.4 (build)", false },

	{ "a table that leads to itself", { { ROOT_TO, 4, 0x80000000 } }, TREE, NULL, NULL, true },
	{ "a table that leads to the root", { { NAME_TO, 4, 0x80000000 } }, TREE, NULL, NULL, true },
	{ "a fourth level", { { LANGUAGE_TO, 4, 0x80000018 } }, TREE, NULL, NULL, true },
	{ "a leaf on the first level", { { ROOT_TO, 4, 72 } }, TREE, GOOD, false },
	{ "131070 types", { { ROOT_COUNT - 2, 4, 0xffffffff } }, TREE, GOOD, false },
	{ "a table outside", { { ROOT_TO, 4, 0xffffffff } }, TREE, NULL, NULL, true },
	{ "a leaf outside", { { LANGUAGE_TO, 4, 0x7fffffff } }, TREE, NULL, NULL, true },
	{ "data outside", { { LEAF_RVA, 4, 0x7fffffff } }, TREE, NULL, NULL, true },
	{ "data of 4 GiB", { { LEAF_SIZE, 4, 0xffffffff } }, NULL, GOOD, false },
	{ "data of no bytes", { { LEAF_SIZE, 4, 0 } }, NULL, NULL, NULL, true },
	{ "data cut", { { LEAF_SIZE, 4, 100 } }, MALFORMED, NULL, NULL, true },
	{ "another type", { { ROOT_NAME, 4, 17 } }, NULL, NULL, NULL, true },
	{ "a type by name", { { ROOT_NAME, 4, 0x80000010 } }, NULL, NULL, NULL, true },
};
/* clang-format on */

static void check_versions(void)
{
	static const struct forge_program program = { 0 };
	static const struct forge_resources wish = {
		.texts = texts,
		.n_texts = COUNT_OF(texts),
		.file_version = {1,  2, 3, 4},
		.product_version = { 1, 2, 0, 0},
	};

	for (size_t i = 0; i < COUNT_OF(version_cases); i++) {
		const struct pe_version *v;
		const char *bad;
		struct world w;

		world_make(&w, &program, &wish);
		for (size_t p = 0; p < PATCHES; p++)
			forge_put(&w.file, w.rsrc + version_cases[i].patches[p].off,
				  version_cases[i].patches[p].width,
				  version_cases[i].patches[p].value);
		world_read(&w);
		v = &w.r.identity.version;
		CHECK(w.r.status == STATUS_OK && v->present != version_cases[i].absent &&
			      finding_only(&w.r.findings, version_cases[i].rule) &&
			      text_equal(v->company_name, version_cases[i].company) &&
			      text_equal(v->file_version, version_cases[i].version),
		      "VERSIONINFO: %s", version_cases[i].name);
		bad = pe_features_hold(buffer_span(&w.file));
		CHECK(!bad, "VERSIONINFO, what must hold: %s: %s", version_cases[i].name,
		      bad ? bad : "yes");
		world_end(&w);
	}
}

/* Every field of a good one. */
static void check_fields(void)
{
	static const struct forge_program program = { .pe32 = true, .n_sections = 2 };
	static const struct forge_resources wish = {
		.texts = texts,
		.n_texts = COUNT_OF(texts),
		.file_version = {1,  2, 3,     4},
		.product_version = { 1, 2, 65535, 0},
	};
	const struct pe_version *v;
	struct world w;

	world_make(&w, &program, &wish);
	world_read(&w);
	v = &w.r.identity.version;
	CHECK(v->has_fixed && memcmp(v->file, wish.file_version, sizeof(v->file)) == 0 &&
		      memcmp(v->product, wish.product_version, sizeof(v->product)) == 0,
	      "both fixed versions");
	CHECK(text_equal(v->product_name, "Product") &&
		      text_equal(v->file_description, "Does nothing") &&
		      text_equal(v->internal_name, "internal") &&
		      text_equal(v->legal_copyright, "\xc2\xa9 nobody") &&
		      text_equal(v->original_filename, "example.exe") &&
		      text_equal(v->product_version, "1.2"),
	      "all texts");
	CHECK(w.r.identity.stamp == PE_STAMP_TIME && !w.r.identity.codeview.present &&
		      !w.r.identity.has_rich && w.r.findings.n == 0,
	      "nothing else");
	world_end(&w);
}

static const struct {
	const char *name, *key, *value, *rule;
} text_cases[] = {
	{"a path",                "OriginalFilename", "C:\\Windows\\a.exe", "pe.versioninfo-path" },
	{ "a path of Unix",       "OriginalFilename", "bin/a",              "pe.versioninfo-path" },
	{ "fewer numbers",        "FileVersion",      "1.2",                NULL                  },
	{ "more numbers",         "FileVersion",      "1.2.3.4.5",          NULL                  },
	{ "commas",               "FileVersion",      "1, 2, 3, 4",         NULL                  },
	{ "other numbers",        "FileVersion",      "1.2.3.5",            "pe.versioninfo-split"},
	{ "numbers too large",    "FileVersion",      "1.2.99999999999",    NULL                  },
	{ "no numbers",           "FileVersion",      "v7",                 NULL                  },
	{ "the same again",       "CompanyName",      "Example",            NULL                  },
	{ "the other name again", "CompanyName",      "Else",               "pe.versioninfo-split"},
};

static void check_texts(void)
{
	static const struct forge_program program = { 0 };

	for (size_t i = 0; i < COUNT_OF(text_cases); i++) {
		const struct forge_version_text two[] = {
			{"CompanyName",      "Example"          },
			{ text_cases[i].key, text_cases[i].value},
		};
		const struct forge_resources wish = {
			.texts = two, .n_texts = COUNT_OF(two), .file_version = {1, 2, 3, 4}
		};
		struct world w;

		world_make(&w, &program, &wish);
		world_read(&w);
		CHECK(w.r.identity.version.present &&
			      finding_only(&w.r.findings, text_cases[i].rule),
		      "text: %s", text_cases[i].name);
		world_end(&w);
	}
}

static void check_long_text(void)
{
	static const struct forge_program program = { 0 };
	char value[3000];
	const struct forge_version_text one = { "CompanyName", value };
	const struct forge_resources wish = { .texts = &one, .n_texts = 1 };
	const char *company, *bad;
	struct world w;

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	world_make(&w, &program, &wish);
	world_read(&w);
	company = w.r.identity.version.company_name;
	CHECK(company && strlen(company) == FEATURE_MAX_TEXT &&
		      strcmp(company + FEATURE_MAX_TEXT - 3, "...") == 0,
	      "a long text is cut, and one sees it");
	bad = pe_features_hold(buffer_span(&w.file));
	CHECK(!bad, "a long text, what must hold: %s", bad ? bad : "yes");
	world_end(&w);
}

/* More entries than are looked at. */
static void check_many_nodes(void)
{
	static const struct forge_program program = { .section_size = 0x10000 };
	const char *bad;
	struct world w;
	size_t at;

	world_make(&w, &program, NULL);
	at = 0x200;
	forge_put(&w.file, forge_places_of(&w.file).directory - 16, 8,
		  UINT64_C(0x1000000001000));
	forge_put(&w.file, at + 12, 4, 5000);
	for (size_t i = 0; i < 5000; i++)
		forge_put(&w.file, at + 16 + 8 * i, 8, UINT64_C(40100) << 32 | i);
	forge_put(&w.file, at + 40100, 8, 0);
	world_read(&w);
	CHECK(w.r.status == STATUS_OK && finding_has(&w.r.findings, "limit.pe-features", -1),
	      "5000 resources: a limit");
	bad = pe_features_hold(buffer_span(&w.file));
	CHECK(!bad, "5000 resources, what must hold: %s", bad ? bad : "yes");
	world_end(&w);
}

#define RSDS_AT     0x280U /* in the file; the first section begins at 0x200 */
#define RVA_OF(off) ((off)-0x200U + 0x1000U)

static void debug_entry(struct buffer *file, size_t i, uint32_t type, uint32_t off)
{
	size_t at = 0x210 + 28 * i;

	forge_put(file, at, 8, 0);
	forge_put(file, at + 8, 4, 0);
	forge_put(file, at + 12, 4, type);
	forge_put(file, at + 16, 4, 60);
	forge_put(file, at + 20, 4, RVA_OF(RSDS_AT));
	forge_put(file, at + 24, 4, off);
}

/* clang-format off */
static const struct {
	const char *name, *magic, *path, *rule;
	uint32_t types[2], off, n, stamp;
	enum pe_stamp kind;
} debug_cases[] = {
#define PDB "a\\\\x5cu.pdb"
#define LIMIT "limit.pe-features"
	{ "CodeView", "RSDS", PDB, NULL, { 2, 1 }, RSDS_AT, 2, 1, PE_STAMP_TIME },
	{ "CodeView by its address", "RSDS", PDB, NULL, { 2, 1 }, 0, 2, 1, PE_STAMP_TIME },
	{ "CodeView outside", "RSDS", NULL, NULL, { 2, 1 }, 0x7fffffff, 2, 1, PE_STAMP_TIME },
	{ "older CodeView", "NB10", NULL, NULL, { 2, 1 }, RSDS_AT, 2, 1, PE_STAMP_TIME },
	{ "a reproducible build", "RSDS", PDB, NULL, { 2, 16 }, RSDS_AT, 2, 1, PE_STAMP_REPRO },
	{ "a reproducible build without a stamp", "RSDS", NULL, NULL, { 16, 1 }, 0, 2, 0,
	  PE_STAMP_ZERO },
	{ "one entry", "RSDS", NULL, NULL, { 1, 16 }, 0, 1, 1, PE_STAMP_TIME },
	{ "2^27 entries", "RSDS", PDB, LIMIT, { 2, 16 }, RSDS_AT, 0x8000000, 1, PE_STAMP_REPRO },
};
/* clang-format on */

static void check_debug(void)
{
	static const struct forge_program program = { 0 };

	for (size_t i = 0; i < COUNT_OF(debug_cases); i++) {
		const struct pe_identity *d;
		const char *bad;
		struct world w;
		size_t directory;

		world_make(&w, &program, NULL);
		directory = forge_places_of(&w.file).directory + 16;
		forge_put(&w.file, directory, 4, RVA_OF(0x210));
		forge_put(&w.file, directory + 4, 4, debug_cases[i].n * UINT64_C(28));
		forge_put(&w.file, 0x88, 4, debug_cases[i].stamp);
		for (size_t e = 0; e < 2; e++)
			debug_entry(&w.file, e, debug_cases[i].types[e], debug_cases[i].off);
		for (size_t b = 0; b < 60; b++)
			forge_put(&w.file, RSDS_AT + b, 1, b);
		for (size_t b = 0; b < 4; b++)
			forge_put(&w.file, RSDS_AT + b, 1, (uint64_t)debug_cases[i].magic[b]);
		forge_put(&w.file, RSDS_AT + 24, 8, UINT64_C(0x2e755c5c61)); /* a\\u. */
		forge_put(&w.file, RSDS_AT + 29, 4, 0x626470);
		world_read(&w);
		d = &w.r.identity;
		CHECK(w.r.status == STATUS_OK && d->stamp == debug_cases[i].kind &&
			      text_equal(d->codeview.path, debug_cases[i].path) &&
			      d->codeview.present == (debug_cases[i].path != NULL) &&
			      finding_only(&w.r.findings, debug_cases[i].rule),
		      "debug directory: %s", debug_cases[i].name);
		CHECK(!d->codeview.present ||
			      (d->codeview.guid[0] == 4 && d->codeview.guid[15] == 19 &&
			       d->codeview.age == 0x17161514),
		      "GUID and age: %s", debug_cases[i].name);
		bad = pe_features_hold(buffer_span(&w.file));
		CHECK(!bad, "debug directory, what must hold: %s: %s", debug_cases[i].name,
		      bad ? bad : "yes");
		world_end(&w);
	}
}

#define RICH_AT 0x48U

/* Two products; @off as the linker that placed it would count. */
static void rich_write(struct buffer *file, uint32_t wrong)
{
	static const uint32_t words[] = { 0x536e6144, 0, 0, 0, 0x01055e97, 7, 0x00ff6000, 35 };
	uint32_t key = RICH_AT;

	for (uint32_t i = 0; i < RICH_AT; i++) {
		uint64_t byte = forge_get(file, i, 1);

		if (i < 0x3c || i > 0x3f)
			key += (uint32_t)(byte << i % 32 | byte << i % 32 >> 32);
	}
	key += 0x01055e97U << 7 | 0x01055e97U >> 25;
	key += 0x00ff6000U << 3 | 0x00ff6000U >> 29;
	key ^= wrong;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		forge_put(file, RICH_AT + 4 * i, 4, words[i] ^ key);
	forge_put(file, RICH_AT + sizeof(words), 4, 0x68636952);
	forge_put(file, RICH_AT + sizeof(words) + 4, 4, key);
}

/* clang-format off */
static const struct {
	const char *name, *rule;
	size_t off, width;
	uint64_t value;
	uint32_t wrong;
	bool present, ok;
} rich_cases[] = {
#define FORGED "pe.rich-forged"
	{ "as the linker writes it", NULL, 0, 0, 0, 0, true, true },
	{ "another key", FORGED, 0, 0, 0, 4, true, false },
	{ "a product that was changed", FORGED, RICH_AT + 16, 1, 0x99, 0, true, false },
	{ "a DOS header changed", FORGED, 2, 1, 0x99, 0, true, false },
	{ "no beginning", NULL, RICH_AT, 1, 0x99, 0, false, false },
	{ "no zeros", NULL, RICH_AT + 5, 1, 0x99, 0, false, false },
	{ "no end", NULL, RICH_AT + 32, 1, 0x99, 0, false, false },
	{ "no key", NULL, RICH_AT + 36, 4, 0x99999999, 0, false, false },
};
/* clang-format on */

static void check_rich(void)
{
	static const struct forge_program program = { 0 };

	for (size_t i = 0; i < COUNT_OF(rich_cases); i++) {
		const struct pe_identity *d;
		struct cursor c;
		const char *bad;
		struct world w;

		world_make(&w, &program, NULL);
		rich_write(&w.file, rich_cases[i].wrong);
		forge_put(&w.file, rich_cases[i].off, rich_cases[i].width, rich_cases[i].value);
		world_read(&w);
		d = &w.r.identity;
		CHECK(d->has_rich == rich_cases[i].present &&
			      d->rich_key_ok == rich_cases[i].ok &&
			      finding_only(&w.r.findings, rich_cases[i].rule),
		      "Rich header: %s", rich_cases[i].name);
		c = cursor_at(d->rich, 0);
		CHECK(!d->rich_key_ok ||
			      (d->rich.len == 16 && cursor_u32le(&c) == 0x01055e97 &&
			       cursor_u32le(&c) == 7 && cursor_u32le(&c) == 0x00ff6000),
		      "its products: %s", rich_cases[i].name);
		bad = pe_features_hold(buffer_span(&w.file));
		CHECK(!bad, "Rich header, what must hold: %s: %s", rich_cases[i].name,
		      bad ? bad : "yes");
		world_end(&w);
	}
}

/* Everything at once, cut everywhere. */
static void check_prefixes(void)
{
	static const struct forge_program program = { .n_sections = 2 };
	static const struct forge_resources wish = {
		.texts = texts,
		.n_texts = COUNT_OF(texts),
		.file_version = {1, 2, 3, 4},
		.icon = 5,
		.identity = "Example.Program",
		.level = "asInvoker",
	};
	const char *bad = NULL;
	struct world w;
	size_t len;

	world_make(&w, &program, &wish);
	rich_write(&w.file, 0);
	for (len = 0; !bad && len <= w.file.len; len++)
		bad = hold_reading(span_clip(buffer_span(&w.file), 0, len));
	CHECK(!bad, "every prefix of a good file: %s at %zu", bad ? bad : "holds", len);
	world_end(&w);
}

int main(void)
{
	check_versions();
	check_fields();
	check_texts();
	check_long_text();
	check_many_nodes();
	check_debug();
	check_rich();
	check_prefixes();
	return CHECK_DONE();
}
