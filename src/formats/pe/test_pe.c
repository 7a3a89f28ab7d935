/* SPDX-License-Identifier: MIT */
/* Reading PE files: each row is one file and what it must be taken for. */
#include "formats/pe/test_hold.h"
#include "formats/pe/test_sample.h"
#include "tests/check.h"
#include "tests/corpus.h"

#define PATCHES 5

/* clang-format off */
#define SIGNED   { .e_lfanew = 0x80, .plus = true, .n_entries = 1 }
#define SIGNED32 { .e_lfanew = 0x80, .n_entries = 1 }
#define UNSIGNED { .e_lfanew = 0x80, .plus = true }
#define TWO      { .e_lfanew = 0x80, .plus = true, .n_entries = 2 }
#define OVERLAY  { .e_lfanew = 0x80, .plus = true, .n_entries = 1, .overlay = 0x100 }
#define EFI_TWO  { .e_lfanew = 0x80, .plus = true, .n_entries = 2, .subsystem = 10 }
#define TINY     { .e_lfanew = 4, .n_entries = 1 }
/* clang-format on */

/* Each row is a sentence, not a column. */
/* clang-format off */
static const struct {
	const char *name;
	struct sample_shape shape;
	struct sample_patch patches[PATCHES];
	int grow; /* bytes to append, zero, or to cut */
	enum status status;
	const char *flags; /* of "broken", "stripped", "unsupported" the first letters */
	size_t claims;
	const char *rule; /* the one finding; NULL: none */
} cases[] = {
	/* what is good */
	{ "signed PE32+", SIGNED, .claims = 1 },
	{ "signed PE32", SIGNED32, .claims = 1 },
	{ "unsigned", UNSIGNED, .claims = 0 },
	{ "signed behind an overlay", OVERLAY, .claims = 1 },
	{ "two signatures for EFI", EFI_TWO, .claims = 2 },
	{ "PE header inside the DOS header", TINY, .claims = 1 },
	{ "PE header far behind",
	  { .e_lfanew = 0x2000, .plus = true, .n_entries = 1, .headers_size = 0x2400 },
	  .claims = 1 },
	{ "last entry ends unaligned, its padding inside the table", SIGNED,
	  { { AT_TABLE, 0, 4, SAMPLE_ENTRY - 3 }, { AT_TABLE, SAMPLE_ENTRY - 3, 3, 0 } },
	  .claims = 1 },
	{ "last entry ends unaligned, its padding behind the table", SIGNED,
	  { { AT_TABLE, 0, 4, SAMPLE_ENTRY - 3 }, { AT_TABLE, SAMPLE_ENTRY - 3, 3, 0 },
	  { AT_DIRECTORY, 4, 4, SAMPLE_ENTRY - 3 } }, .claims = 1 },
	{ "seven zero bytes behind the entries", SIGNED,
	  { { AT_DIRECTORY, 4, 4, SAMPLE_ENTRY + 7 } }, 7, .claims = 1 },
	{ "an entry without content", SIGNED, { { AT_TABLE, 0, 4, 8 },
	  { AT_DIRECTORY, 4, 4, 8 } }, 8 - SAMPLE_ENTRY, .claims = 1 },
	{ "no data directories, no signature", UNSIGNED, { { AT_COUNT, 0, 4, 4 } },
	  .claims = 0 },

	/* who cannot be judged */
	{ "two bytes", UNSIGNED, .grow = 2 - 0x800, .flags = "u", .rule = "pe.not-pe" },
	{ "63 bytes", UNSIGNED, .grow = 63 - 0x800, .flags = "u", .rule = "pe.not-pe" },
	{ "NE", UNSIGNED, { { AT_PE, 0, 2, 0x454e } }, .flags = "u", .rule = "pe.not-pe" },
	{ "LE", UNSIGNED, { { AT_PE, 0, 2, 0x454c } }, .flags = "u", .rule = "pe.not-pe" },
	{ "LX", UNSIGNED, { { AT_PE, 0, 2, 0x584c } }, .flags = "u", .rule = "pe.not-pe" },
	{ "e_lfanew leads to nothing known", UNSIGNED, { { AT_FILE, 0x3c, 4, 0x200 } },
	  .flags = "u", .rule = "pe.not-pe" },
	{ "e_lfanew zero", UNSIGNED, { { AT_FILE, 0x3c, 4, 0 } }, .flags = "u",
	  .rule = "pe.not-pe" },
	{ "DOS program with code at e_lfanew", UNSIGNED, { { AT_FILE, 4, 2, 4 },
	  { AT_FILE, 8, 2, 2 }, { AT_FILE, 0x3c, 4, 0xb4cd2109 } }, .flags = "u",
	  .rule = "pe.not-pe" },

	/* headers that contradict themselves */
	{ "e_lfanew outside", SIGNED, { { AT_FILE, 0x3c, 4, 0xfffffff0 } }, .flags = "b",
	  .rule = "pe.header-outside" },
	{ "e_lfanew outside, relocations behind the header", UNSIGNED,
	  { { AT_FILE, 4, 2, 4 }, { AT_FILE, 8, 2, 4 }, { AT_FILE, 0x18, 2, 0x40 },
	  { AT_FILE, 0x3c, 4, 0x800 } }, .flags = "b", .rule = "pe.header-outside" },
	{ "PE32+ header in 97 bytes", { .e_lfanew = 4, .plus = true }, .grow = 97 - 0x800,
	  .flags = "b", .rule = "pe.header-cut" },
	{ "cut inside the COFF header", SIGNED, .grow = 0x90 - 0x860, .flags = "b",
	  .rule = "pe.header-cut" },
	{ "ROM image", UNSIGNED, { { AT_OPTIONAL, 0, 2, 0x107 } }, .flags = "b",
	  .rule = "pe.optional-magic" },
	{ "entry behind NumberOfRvaAndSizes", SIGNED, { { AT_COUNT, 0, 4, 4 } },
	  .flags = "b", .rule = "pe.directory-count" },
	{ "entry behind NumberOfRvaAndSizes, offset only", SIGNED,
	  { { AT_COUNT, 0, 4, 0 }, { AT_DIRECTORY, 4, 4, 0 } }, .flags = "b",
	  .rule = "pe.directory-count" },
	{ "entry behind SizeOfOptionalHeader", SIGNED32, { { AT_PE, 20, 2, 130 } },
	  .flags = "b", .claims = 1, .rule = "pe.directory-cut" },
	{ "no directories, sections where entry four would be", UNSIGNED,
	  { { AT_COUNT, 0, 4, 0 }, { AT_PE, 20, 2, 112 }, { AT_DIRECTORY, 0, 8, 1 } },
	  .claims = 0 },
	{ "65535 sections", UNSIGNED, { { AT_PE, 6, 2, 0xffff } }, .flags = "b",
	  .rule = "pe.section-count" },

	/* directory entries that lead nowhere */
	{ "table past the end", SIGNED, { { AT_DIRECTORY, 4, 4, SAMPLE_ENTRY + 1 } },
	  .flags = "b", .rule = "pe.table-outside" },
	{ "table begins past the end", SIGNED, { { AT_DIRECTORY, 0, 4, 0x900 } },
	  .flags = "b", .rule = "pe.table-outside" },
	{ "table of 2^32 - 8", SIGNED, { { AT_DIRECTORY, 4, 4, 0xfffffff8 } },
	  .flags = "b", .rule = "pe.table-outside" },
	{ "offset and size wrap", SIGNED, { { AT_DIRECTORY, 0, 4, 0xfffffff0 },
	  { AT_DIRECTORY, 4, 4, 0x20 } }, .flags = "b", .rule = "pe.table-outside" },
	{ "file cut in the DER", SIGNED, .grow = -0x10, .flags = "b", .rule = "pe.table-outside" },
	{ "seven bytes", SIGNED, { { AT_DIRECTORY, 4, 4, 7 } }, .flags = "b",
	  .rule = "pe.table-short" },
	{ "size without offset", SIGNED, { { AT_DIRECTORY, 0, 4, 0 } }, .flags = "b",
	  .rule = "pe.table-short" },
	{ "offset without size", SIGNED, { { AT_DIRECTORY, 4, 4, 0 } }, .flags = "b",
	  .rule = "pe.table-short" },
	{ "inside the headers", SIGNED, { { AT_DIRECTORY, 0, 4, 0x40 } }, .flags = "b",
	  .rule = "pe.hole-overlap" },
	{ "at the directory entry", SIGNED, { { AT_DIRECTORY, 0, 4, 0x80 + 24 + 144 },
	  { AT_DIRECTORY, 4, 4, 8 } }, .flags = "b", .rule = "pe.hole-overlap" },
	{ "just before SizeOfHeaders", SIGNED, { { AT_DIRECTORY, 0, 4, 0x3f8 } },
	  .flags = "b", .rule = "pe.hole-overlap" },

	/* entries */
	{ "dwLength 7", SIGNED, { { AT_TABLE, 0, 4, 7 } }, .flags = "b",
	  .rule = "pe.cert-length" },
	{ "dwLength 0", SIGNED, { { AT_TABLE, 0, 4, 0 } }, .flags = "b",
	  .rule = "pe.cert-length" },
	{ "dwLength 2^32 - 1", SIGNED, { { AT_TABLE, 0, 4, 0xffffffff } }, .flags = "b",
	  .rule = "pe.cert-length" },
	{ "dwLength one too many", SIGNED, { { AT_TABLE, 0, 4, SAMPLE_ENTRY + 1 } },
	  .flags = "b", .rule = "pe.cert-length" },
	{ "second entry impossible", EFI_TWO, { { AT_TABLE, SAMPLE_ENTRY, 4, 5 } },
	  .claims = 1, .rule = "pe.cert-length" },
	{ "eight zero bytes behind the entries", SIGNED,
	  { { AT_DIRECTORY, 4, 4, SAMPLE_ENTRY + 8 } }, 8, .claims = 1,
	  .rule = "pe.cert-dirsize" },
	{ "four bytes behind the entries", SIGNED,
	  { { AT_DIRECTORY, 4, 4, SAMPLE_ENTRY + 4 }, { AT_TABLE, SAMPLE_ENTRY, 1, 1 } }, 4,
	  .claims = 1, .rule = "pe.cert-dirsize" },
	{ "padding not zero", SIGNED, { { AT_TABLE, 0, 4, SAMPLE_ENTRY - 3 } },
	  .claims = 1, .rule = "pe.cert-padding" },
	{ "type X.509", SIGNED, { { AT_TABLE, 6, 2, 1 } }, .claims = 1,
	  .rule = "pe.cert-type" },
	{ "type 0x0ef0", SIGNED, { { AT_TABLE, 6, 2, 0xef0 } }, .claims = 1,
	  .rule = "pe.cert-type" },
	{ "type 0x0ef1", SIGNED, { { AT_TABLE, 6, 2, 0xef1 } }, .claims = 1,
	  .rule = "pe.cert-type" },
	{ "revision 1.0", SIGNED, { { AT_TABLE, 4, 2, 0x100 } }, .claims = 1,
	  .rule = "pe.cert-revision" },
	{ "two signatures", TWO, .claims = 2, .rule = "pe.extra-wincert" },
	{ "32 signatures for EFI",
	  { .e_lfanew = 0x80, .plus = true, .n_entries = 32, .subsystem = 10 }, .claims = 32
	  },
	{ "33 signatures for EFI",
	  { .e_lfanew = 0x80, .plus = true, .n_entries = 33, .subsystem = 10 },
	  .status = STATUS_LIMIT, .rule = "limit.table" },

	/* where the table lies */
	{ "unaligned", OVERLAY, { { AT_DIRECTORY, 0, 4, 0x900 - 4 },
	  { AT_FILE, 0x8fc, 4, SAMPLE_ENTRY }, { AT_TABLE, 0, 4, 0x00020200 } }, -4,
	  .claims = 1, .rule = "pe.table-unaligned" },
	{ "bytes behind the table", SIGNED, .grow = 0x100, .claims = 1, .rule = "pe.table-not-last" },
	{ "one byte behind the table", SIGNED, .grow = 1, .claims = 1, .rule = "pe.table-not-last" },
	{ "inside the last section", SIGNED,
	  { { AT_SECTIONS, 40 + 16, 4, 0x200 + SAMPLE_ENTRY } }, .claims = 1,
	  .rule = "pe.table-in-section" },

	/* traces */
	{ "directory zeroed", SIGNED, { { AT_DIRECTORY, 0, 8, 0 } }, .flags = "s",
	  .rule = "pe.orphan-table" },
	{ "directory zeroed, five bytes of padding", SIGNED,
	  { { AT_DIRECTORY, 0, 8, 0 } }, 5, .flags = "s", .rule = "pe.orphan-table" },
	{ "directory zeroed and left out", SIGNED, { { AT_DIRECTORY, 0, 8, 0 },
	  { AT_COUNT, 0, 4, 4 } }, .flags = "s", .rule = "pe.orphan-table" },
	{ "directory zeroed, entry not at the end", SIGNED, { { AT_DIRECTORY, 0, 8, 0 } },
	  8, .claims = 0 },
	{ "directory zeroed, no SignedData", SIGNED, { { AT_DIRECTORY, 0, 8, 0 },
	  { AT_TABLE, 20, 1, 3 } }, .claims = 0 },
	{ "directory zeroed, short length octets", SIGNED, { { AT_DIRECTORY, 0, 8, 0 },
	  { AT_TABLE, 9, 1, 0x40 } }, .claims = 0 },
	{ "former table before the table", TWO,
	  { { AT_DIRECTORY, 0, 4, 0x800 + SAMPLE_ENTRY },
	  { AT_DIRECTORY, 4, 4, SAMPLE_ENTRY } }, .claims = 1, .rule = "pe.orphan-table" },
	{ "another table behind the table", TWO, { { AT_DIRECTORY, 4, 4, SAMPLE_ENTRY } },
	  .claims = 1, .rule = "pe.orphan-table" },

	/* sections */
	{ "section past the end", UNSIGNED, { { AT_SECTIONS, 40 + 16, 4, 0x10000 } },
	  .rule = "pe.section-outside" },
	{ "sections overlap", UNSIGNED, { { AT_SECTIONS, 16, 4, 0x201 } },
	  .rule = "pe.section-overlap" },
	{ "headers reach into a section", UNSIGNED, { { AT_OPTIONAL, 60, 4, 0x410 } },
	  .rule = "pe.section-overlap" },
	{ "a section without raw data", UNSIGNED,
	  { { AT_SECTIONS, 40 + 16, 4, 0xffffffff }, { AT_SECTIONS, 40 + 20, 4, 0 } },
	  .claims = 0 },
};
/* clang-format on */

static void flags_say(const struct container *box, char out[4])
{
	size_t n = 0;

	if (box->broken)
		out[n++] = 'b';
	if (box->stripped)
		out[n++] = 's';
	if (box->unsupported)
		out[n++] = 'u';
	out[n] = '\0';
}

static size_t claims_count(const struct container *box)
{
	size_t n = 0;

	for (const struct claim *c = box->claims; c; c = c->next)
		n++;
	return n;
}

static void sample_of_case(struct sample *s, size_t i)
{
	sample_make(s, &cases[i].shape);
	sample_apply(s, cases[i].patches, PATCHES);
	s->len = (size_t)((long)s->len + cases[i].grow);
}

static void test_cases(struct sample *f)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		const char *want = cases[i].flags ? cases[i].flags : "", *bad;
		const char *rule = cases[i].rule;
		char flags[4];
		struct view v;
		enum status s;

		sample_of_case(f, i);
		v = view_whole(sample_span(f));
		s = format_pe.read(&v, &findings, &box);
		flags_say(&box, flags);
		bad = pe_hold(sample_span(f));
		CHECK(s == cases[i].status && strcmp(flags, want) == 0 &&
			      (s != STATUS_OK || claims_count(&box) == cases[i].claims) && !bad,
		      "%s%s%s", cases[i].name, bad ? ": " : "", bad ? bad : "");
		CHECK(rule ? finding_has(&findings, rule, -1) : !findings.first, "%s: %s",
		      cases[i].name, findings.first ? findings.first->rule : "-");
	}
}

static const struct {
	const char *path, *flags;
	size_t claims;
	const char *rule;
} real[] = {
	{"generated/pe/pe-sha256.exe",                            "",  1, NULL                },
	{ "generated/pe/anom-stripped-dir.exe",                   "s", 0, "pe.orphan-table"   },
	{ "generated/pe/anom-two-wincert.exe",                    "",  2, "pe.extra-wincert"  },
	{ "generated/pe/mal-dwlength7.exe",                       "b", 0, "pe.cert-length"    },
	{ "generated/pe/mal-dwlengthmax.exe",                     "b", 0, "pe.cert-length"    },
	{ "generated/pe/neg-append-after-table.exe",              "",  1, "pe.table-not-last" },
	{ "generated/pe/neg-certtype-x509.exe",                   "",  1, "pe.cert-type"      },
	{ "generated/pe/neg-unaligned-table.exe",                 "",  1, "pe.table-unaligned"},
	{ "generated/pe/overlay-signed.exe",                      "",  1, NULL                },
	{ "generated/efi/efi.efi",                                "",  1, NULL                },
	{ "VirusTotal+yara/tests/data/authenticode_short_digest", "b", 0,
         "pe.directory-count"								 },
	{ "generated/zip/prefix-mz-v1.apk",                       "u", 0, "pe.not-pe"         },
};

static void test_real(void)
{
	for (size_t i = 0; i < COUNT_OF(real); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		struct view v;
		const char *bad;
		uint8_t *bytes;
		size_t len;
		char flags[4];

		bytes = corpus_load(real[i].path, &len);
		if (!bytes)
			continue;
		v = view_whole((struct span){ bytes, len });
		CHECK(format_pe.read(&v, &findings, &box) == STATUS_OK, "%s is read",
		      real[i].path);
		flags_say(&box, flags);
		bad = pe_hold((struct span){ bytes, len });
		CHECK(strcmp(flags, real[i].flags) == 0 &&
			      claims_count(&box) == real[i].claims && !bad &&
			      (real[i].rule ? finding_has(&findings, real[i].rule, -2)
					    : findings.n == 0),
		      "%s: \"%s\" %zu %s", real[i].path, flags, claims_count(&box),
		      bad ? bad : "");
		free(bytes);
	}
}

int main(void)
{
	static struct sample f;

	CHECK(format_pe.sniff(SPAN_TEXT("MZ")), "MZ alone enters the room");
	CHECK(!format_pe.sniff(SPAN_TEXT("M")) && !format_pe.sniff(SPAN_TEXT("ZM")),
	      "nothing else does");
	test_cases(&f);
	test_real();
	return CHECK_DONE();
}
