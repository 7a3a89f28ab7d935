/* SPDX-License-Identifier: MIT */
/* Names of vendors, names made to look like them, and names of honest people. */
#include "tests/check.h"
#include "trust/brand_names.h"
#include "trust/confusables.h"
#include "trust/lookalike.h"

#define SAME     LIKENESS_SAME
#define NONE     LIKENESS_NONE
#define FORM     LIKENESS_FORM
#define ADDED    LIKENESS_ADDED
#define SECOND   LIKENESS_FORM_ADDED
#define SPELLING LIKENESS_SPELLING
#define LETTERS  LIKENESS_LETTERS

/* As base/escape.h shows them: what is hidden stands there as \u{N}. */
static const struct row {
	const char *name;
	enum likeness expect;
	const char *brand; /* NULL: not asked */
} rows[] = {
  /* clang-format off */
	/* Vendors. */
	{ "Microsoft Corporation", SAME, NULL },
	{ "MICROSOFT CORPORATION", SAME, NULL },
	{ "Microsoft Windows", SAME, NULL },
	{ "Google LLC", SAME, NULL },
	{ "google inc", SAME, NULL },
	{ "Intel Corporation", SAME, NULL },
	{ "INTEL CORPORATION", SAME, NULL },
	{ "Oracle America, Inc.", SAME, NULL },
	{ "JetBrains s.r.o.", SAME, NULL },
	{ "Palo Alto Networks", SAME, NULL },
	{ "HP Inc.", SAME, NULL },
	{ "Valve", SAME, NULL },

	/* Other letters. */
	{ "Micr\xd0\xbesoft Corporation", LETTERS, "Microsoft" },
	{ "\xd0\x9ci\xd1\x81rosoft \xd0\xa1orporation", LETTERS, "Microsoft" },
	{ "Micros\xce\xbf" "ft Corporation", LETTERS, "Microsoft" },
	{ "Micr0soft Corporation", LETTERS, "Microsoft" },
	{ "M1crosoft Corporation", LETTERS, "Microsoft" },
	{ "Mlcrosoft Corporation", LETTERS, "Microsoft" },
	{ "Microsoft Corporatlon", LETTERS, "Microsoft" },
	{ "Micro\xc5\x9foft Corporation", LETTERS, "Microsoft" },
	{ "Micros\xc3\xb6" "ft Corporation", LETTERS, "Microsoft" },
	{ "Micr\xd0\xbesoft Corporation Ltd", LETTERS, "Microsoft" },
	{ "Micr0soft Inc.", LETTERS, "Microsoft" },
	{ "rnicrosoft Corporation", LETTERS, "Microsoft" },
	{ "\xef\xbc\xad\xef\xbd\x89\xef\xbd\x83\xef\xbd\x92\xef\xbd\x8f\xef\xbd\x93\xef\xbd\x8f\xef\xbd\x86\xef\xbd\x94 Corporation", LETTERS, "Microsoft" },
	{ "\xf0\x9d\x90\x8cicrosoft Corporation", LETTERS, "Microsoft" },
	{ "G\xd0\xbe\xd0\xbegle LLC", LETTERS, "Google" },
	{ "G00gle LLC", LETTERS, "Google" },
	{ "Goog1e LLC", LETTERS, "Google" },
	{ "GoogIe LLC", LETTERS, "Google" },
	{ "GoogIe GmbH", LETTERS, "Google" },
	{ "lntel Corporation", LETTERS, "Intel" },
	{ "\xd0\x86ntel Corporation", LETTERS, "Intel" },
	{ "Adobe lnc.", LETTERS, "Adobe" },
	{ "AdOBe \xd0\x86nc.", LETTERS, "Adobe" },
	{ "\xd0\x90pple Inc.", LETTERS, "Apple" },
	{ "AppIe Inc.", LETTERS, "Apple" },
	{ "VMvvare, Inc.", LETTERS, "VMware" },
	{ "VM\xcf\x89" "are, Inc.", LETTERS, "VMware" },
	{ "Mozi1la Corporation", LETTERS, "Mozilla" },
	{ "Mozllla Corporation", LETTERS, "Mozilla" },
	{ "C1sco Systems, Inc.", LETTERS, "Cisco" },
	{ "NVlDIA Corporation", LETTERS, "NVIDIA" },
	{ "Realtek Sernlconductor Corp.", LETTERS, "Realtek" },
	{ "TearnViewer Germany GmbH", LETTERS, "TeamViewer" },
	{ "Te\xd0\xb0mViewer", LETTERS, "TeamViewer" },
	{ "Kaspersky\xc2\xa0Lab", LETTERS, "Kaspersky" },
	{ "D\xc4\x9bll Inc.", LETTERS, "Dell" },
	{ "Sy\xd0\xbc" "antec Corporation", LETTERS, "Symantec" },

	/* Hidden characters, as they are shown. */
	{ "Micro\\u{200b}soft Corporation", LETTERS, "Microsoft" },
	{ "\\u{202e}Microsoft Corporation", LETTERS, "Microsoft" },
	{ "Microsoft Corporation\\x00", LETTERS, "Microsoft" },
	{ "Google\\u{2060} LLC", LETTERS, "Google" },
	{ "Google LLC\\u{feff}", LETTERS, "Google" },
	{ "Intel\\x09 Corporation", LETTERS, "Intel" },

	/* Spaces and dots. */
	{ "Microsoft Corporation ", SPELLING, "Microsoft" },
	{ " Google LLC", SPELLING, "Google" },
	{ "Google  LLC", SPELLING, "Google" },
	{ "Google L.L.C.", SPELLING, "Google" },
	{ "Adobe Inc", SPELLING, "Adobe" },
	{ "Cisco Systems Inc", SPELLING, "Cisco" },
	{ "Mozilla-Corporation", SPELLING, "Mozilla" },

	/* Further words. */
	{ "Microsoft Corporation Ltd", SECOND, "Microsoft" },
	{ "Microsoft Corporation Inc.", SECOND, "Microsoft" },
	{ "Google LLC Limited", SECOND, "Google" },
	{ "NVIDIA Corporation GmbH", SECOND, "NVIDIA" },
	{ "Google LLC Updates", ADDED, "Google" },
	{ "Microsoft Windows Update Service", ADDED, "Microsoft" },
	{ "Oracle Corporation UK Ltd", ADDED, "Oracle" },
	{ "Adobe Inc. Download Team", ADDED, "Adobe" },
	{ "Palo Alto Networks Tools", ADDED, "Palo Alto Networks" },

	/* Other legal forms. */
	{ "Google GmbH", FORM, "Google" },
	{ "Google", FORM, "Google" },
	{ "Microsoft Ltd.", FORM, "Microsoft" },
	{ "OOO Microsoft", FORM, "Microsoft" },
	{ "Mozilla AG", FORM, "Mozilla" },
	{ "VMware International", NONE, NULL },
	{ "Palo Alto Networks B.V.", FORM, "Palo Alto Networks" },
	{ "Siemens Limited", FORM, "Siemens" },
	{ "Dell GmbH", FORM, "Dell" },

	/* Honest people, some of whom are near. */
	{ "Google Ireland Limited", NONE, NULL },
	{ "Igor Pavlov", NONE, NULL },
	{ "Simon Tatham", NONE, NULL },
	{ "Deli Inc.", NONE, NULL },
	{ "DELI GMBH", NONE, NULL },
	{ "Appie B.V.", NONE, NULL },
	{ "Golgle Ltd", NONE, NULL },
	{ "Red Valve Company, Inc.", NONE, NULL },
	{ "Micro Focus Limited", NONE, NULL },
	{ "MicroStrategy Incorporated", NONE, NULL },
	{ "Macrosoft Ltd", NONE, NULL },
	{ "Intelligent Systems GmbH", NONE, NULL },
	{ "Adobe Creek Winery", NONE, NULL },
	{ "Disco Corporation", NONE, NULL },
	{ "Sapient Corporation", NONE, NULL },
	{ "Apple Valley Software LLC", NONE, NULL },
	{ "Mozilla Foundation", NONE, NULL },
	{ "Zoo Media Corporation", NONE, NULL },
	{ "Vale S.A.", NONE, NULL },
	{ "The Document Foundation", NONE, NULL },
	{ "Notepad++", NONE, NULL },
	{ "VideoLAN", NONE, NULL },
	{ "Assay Forge", NONE, NULL },
	{ "Open Source Developer, Jane Doe", NONE, NULL },
	{ "\xd0\x9e\xd0\x9e\xd0\x9e \xd0\x9d\xd0\xb5\xd0\xb9\xd1\x80\xd0\xbe\xd0\xbd", NONE, NULL },
	{ "\xe6\xa0\xaa\xe5\xbc\x8f\xe4\xbc\x9a\xe7\xa4\xbe", NONE, NULL },
	{ "Soci\xc3\xa9t\xc3\xa9 G\xc3\xa9n\xc3\xa9rale", NONE, NULL },
	{ "A", NONE, NULL },
	{ "", NONE, NULL },
	{ "   ", NONE, NULL },
	{ "Inc.", NONE, NULL },
	{ "\\u{", NONE, NULL },
	{ "\\x", NONE, NULL },
	{ "\\u{200b}", NONE, NULL },
  /* clang-format on */
};

static void row_check(const struct row *row)
{
	const struct brand *brand = NULL;
	const char *like = NULL;
	enum likeness got = name_likeness(row->name, &brand, &like);

	CHECK(got == row->expect &&
		      (!row->brand || (brand && strcmp(brand->name, row->brand) == 0)),
	      "'%s': %s%s%s", row->name, got == NONE ? "nobody" : likeness_say(got),
	      like ? ", like " : "", like ? like : "");
}

/* No vendor looks like another one, and each is found by its own names. */
static void vendors_check(void)
{
	const struct brand *brand;
	const char *like;

	for (size_t i = 0; i < n_brands; i++) {
		const char *found = brand_of_name(brands[i].name);
		size_t n_other = 0;

		for (size_t k = 0; brands[i].names[k]; k++)
			n_other += name_likeness(brands[i].names[k], &brand, &like) != SAME;
		CHECK(n_other == 0 && found && strcmp(found, brands[i].name) == 0, "%s",
		      brands[i].name);
	}
}

static const struct {
	uint32_t code;
	char ascii;
} characters[] = {
	{'a',       0		 },
	{ 0x7f,     0                 },
	{ 0xe9,     'e'               },
	{ 0x430,    'a'               },
	{ 0x3bf,    'o'               },
	{ 0xff21,   'A'               },
	{ 0xff5e,   '~'               },
	{ 0x1d41a,  'a'               },
	{ 0x1d7cf,  '1'               },
	{ 0x1d7ff,  '9'               },
	{ 0x24e9,   'z'               },
	{ 0x301,    CONFUSABLE_NOTHING},
	{ 0x200b,   CONFUSABLE_NOTHING},
	{ 0x202e,   CONFUSABLE_NOTHING},
	{ 0x3000,   ' '               },
	{ 0x2011,   '-'               },
	{ 0x4e2d,   0                 },
	{ 0x10ffff, 0                 },
};

/* A name as long as anybody likes costs no more than one as long as a vendor's. */
static void long_check(void)
{
	static char name[4096];
	const struct brand *brand;
	const char *like;

	memset(name, 'a', sizeof(name) - 1);
	CHECK(name_likeness(name, &brand, &like) == NONE, "a long word");
	memset(name, ' ', sizeof(name) - 1);
	memcpy(name, "Google LLC", 10);
	CHECK(name_likeness(name, &brand, &like) == SPELLING, "a name with many spaces");
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(&rows[i]);
	for (size_t i = 0; i < COUNT_OF(characters); i++)
		CHECK(confusable_ascii(characters[i].code) == characters[i].ascii, "U+%04x",
		      characters[i].code);
	vendors_check();
	long_check();
	return CHECK_DONE();
}
