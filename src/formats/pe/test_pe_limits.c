/* SPDX-License-Identifier: MIT */
/* Reading PE files: maps, prefixes, limits, and the want of memory. */
#include "base/memory.h"
#include "formats/pe/test_hold.h"
#include "formats/pe/test_sample.h"
#include "tests/check.h"

/* clang-format off */
#define SIGNED   { .e_lfanew = 0x80, .plus = true, .n_entries = 1 }
#define UNSIGNED { .e_lfanew = 0x80, .plus = true }
#define TWO      { .e_lfanew = 0x80, .plus = true, .n_entries = 2 }
#define OVERLAY  { .e_lfanew = 0x80, .plus = true, .n_entries = 1, .overlay = 0x100 }
/* clang-format on */

static const struct {
	struct sample_shape shape;
	const char *variant;
} variants[] = {
	{{ .e_lfanew = 0x80 },					    "PE32 program"            },
	{ { .e_lfanew = 0x80, .plus = true, .characteristics = 0x2022 },  "PE32+ library"           },
	{ { .e_lfanew = 0x80, .clr = 0x2008 },                            "PE32 .NET program"       },
	{ { .e_lfanew = 0x80, .clr = 0x2008, .characteristics = 0x2022 }, "PE32 .NET library"       },
	{ { .e_lfanew = 0x80, .plus = true, .subsystem = 1 },             "PE32+ driver"            },
	{ { .e_lfanew = 0x80, .plus = true, .subsystem = 10 },            "PE32+ EFI application"   },
	{ { .e_lfanew = 0x80, .plus = true, .subsystem = 11 },
         "PE32+ EFI boot service driver"							    },
	{ { .e_lfanew = 0x80, .plus = true, .subsystem = 12 },            "PE32+ EFI runtime driver"},
	{ { .e_lfanew = 0x80, .plus = true, .subsystem = 13 },            "PE32+ EFI ROM image"     },
	{ { .e_lfanew = 0x80, .plus = true, .subsystem = 16 },            "PE32+ boot application"  },
};

static void test_variants(struct sample *f)
{
	for (size_t i = 0; i < COUNT_OF(variants); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		uint16_t subsystem = variants[i].shape.subsystem;
		struct container box = { 0 };
		struct view v;

		sample_make(f, &variants[i].shape);
		v = view_whole(sample_span(f));
		CHECK(format_pe.read(&v, &findings, &box) == STATUS_OK && box.variant &&
			      strcmp(box.variant, variants[i].variant) == 0 &&
			      box.pe->is_efi == (subsystem >= 10 && subsystem <= 13) &&
			      box.pe->is_dotnet == (variants[i].shape.clr != 0),
		      "%s", variants[i].variant);
	}
}

static const struct {
	const char *what;
	uint64_t off, len;
	enum region_kind kind;
	const char *name;
} map[] = {
	{"headers",            0,     0x400,        REGION_HEADER,    "headers"          },
	{ "hostile name",      0x400, 0x200,        REGION_SECTION,   "a\\x1b\\x5c\\xff" },
	{ "gap",               0x600, 0x40,         REGION_GAP,       "gap"              },
	{ "nameless section",  0x640, 0x1c0,        REGION_SECTION,   "(unnamed)"        },
	{ "overlay",           0x800, 0x100,        REGION_OVERLAY,   "overlay"          },
	{ "certificate table", 0x900, SAMPLE_ENTRY, REGION_SIGNATURE, "certificate table"},
	{ "trailing",          0x960, 0x20,         REGION_TRAILING,  "trailing"         },
};

static void test_map(struct sample *f)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	static const struct sample_shape shape = OVERLAY;
	static const struct sample_patch patches[] = {
		{AT_SECTIONS,  0,       8, 0xff5c1b61             },
		{ AT_SECTIONS, 40,      8, 0                      },
		{ AT_SECTIONS, 40 + 16, 8, UINT64_C(0x640000001c0)},
	};
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	struct view v;

	sample_make(f, &shape);
	sample_apply(f, patches, COUNT_OF(patches));
	f->len += 0x20;
	v = view_whole(sample_span(f));
	CHECK(format_pe.read(&v, &findings, &box) == STATUS_OK &&
		      box.n_regions == COUNT_OF(map),
	      "the map has %zu regions", box.n_regions);
	for (size_t i = 0; i < COUNT_OF(map) && i < box.n_regions; i++)
		CHECK(box.regions[i].where.off == map[i].off &&
			      box.regions[i].where.len == map[i].len &&
			      box.regions[i].kind == map[i].kind &&
			      strcmp(box.regions[i].name, map[i].name) == 0,
		      "map: %s is \"%s\"", map[i].what, box.regions[i].name);
}

/* No prefix passes for the whole; ASan watches that none is read past its end. */
static void test_prefixes(struct sample *f)
{
	static const struct sample_shape shape = TWO;
	size_t good = 0, unsigned_ = 0, bad = 0, whole;

	sample_make(f, &shape);
	whole = f->len;
	for (size_t n = 2; n < whole; n++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		uint8_t *exact = malloc(n);
		struct view v = view_whole((struct span){ exact, n });

		if (!exact)
			exit(EXIT_FAILURE);
		memcpy(exact, f->bytes, n);
		if (format_pe.read(&v, &findings, &box) == STATUS_OK) {
			good += box.claims != NULL;
			unsigned_ += !box.broken && !box.unsupported;
		}
		bad += pe_hold((struct span){ exact, n }) != NULL;
		free(exact);
	}
	CHECK(good == 0 && unsigned_ == 0 && bad == 0,
	      "no prefix claims a signature (%zu), is unsigned (%zu) or breaks a promise (%zu)",
	      good, unsigned_, bad);
}

/* Every allocation fails once: nothing else may happen than "out of memory". */
static void test_memory(struct sample *f)
{
	static const struct sample_shape shape = TWO;
	enum status s = STATUS_NO_MEMORY;
	size_t wrong = 0;

	sample_make(f, &shape);
	for (long n = 0; n < 64 && s != STATUS_OK; n++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		struct view v = view_whole(sample_span(f));

		memory_fail_after(n);
		s = format_pe.read(&v, &findings, &box);
		memory_fail_after(-1);
		wrong += s != STATUS_OK && s != STATUS_NO_MEMORY;
	}
	CHECK(s == STATUS_OK && wrong == 0, "without memory it says so");
	s = STATUS_NO_MEMORY;
	for (size_t limit = 0; limit < 32768 && s != STATUS_OK; limit += 16) {
		CLEANUP(arena_free) struct arena a = { .limit = limit };
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		struct view v = view_whole(sample_span(f));

		s = format_pe.read(&v, &findings, &box);
		wrong += s != STATUS_OK && s != STATUS_NO_MEMORY;
	}
	CHECK(s == STATUS_OK && wrong == 0, "with a small arena it says so");
}

/* Tables too large, in files of which only the head exists. */
static void test_limits(struct sample *f)
{
	static const struct sample_shape shape = SIGNED;
	static const struct {
		const char *name;
		uint64_t size;
		struct sample_patch patch;
		enum status status;
		uint64_t want; /* with STATUS_WANT, at most */
	} rows[] = {
		{"a table of more than 16 MiB",
                 UINT64_C(1) << 32,
                 { AT_DIRECTORY, 4, 4, PE_MAX_TABLE + 8 },
                 STATUS_LIMIT, 0				      },
		{ "a table of 16 MiB",
                 UINT64_C(1) << 32,
                 { AT_DIRECTORY, 4, 4, PE_MAX_TABLE },
                 STATUS_WANT,  PE_MAX_TABLE + 2 * PE_MAX_ORPHAN_BESIDE},
		{ "an overlay of 4 GiB",
                 UINT64_C(1) << 32,
                 { AT_DIRECTORY, 0, 8, 0 },
                 STATUS_WANT,  PE_MAX_ORPHAN                          },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		struct view v = { .size = rows[i].size };

		sample_make(f, &shape);
		sample_apply(f, &rows[i].patch, 1);
		f->len = SAMPLE_MAX;
		CHECK(view_add(&v, 0, sample_span(f)) &&
			      format_pe.read(&v, &findings, &box) == rows[i].status &&
			      (rows[i].status != STATUS_WANT ||
			       (v.want.len > 0 && v.want.len <= rows[i].want)),
		      "%s: %s", rows[i].name, status_text(rows[i].status));
	}
}

/* 10^5 entries of eight bytes are a limit, and found quickly. */
static void test_many_entries(struct sample *f)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	static const struct sample_shape shape = UNSIGNED;
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	size_t n = 100000, len = 0x800 + n * 8;
	uint8_t *file = calloc(1, len);
	struct view v = view_whole((struct span){ file, len });

	if (!file)
		exit(EXIT_FAILURE);
	sample_make(f, &shape);
	sample_put(f, f->parts[AT_DIRECTORY], 4, 0x800);
	sample_put(f, f->parts[AT_DIRECTORY] + 4, 4, n * 8);
	memcpy(file, f->bytes, 0x800);
	for (size_t i = 0; i < n; i++)
		file[0x800 + i * 8] = 8;
	CHECK(format_pe.read(&v, &findings, &box) == STATUS_LIMIT &&
		      finding_has(&findings, "limit.table", -2),
	      "100000 entries are too many");
	free(file);
}

int main(void)
{
	static struct sample f;

	test_variants(&f);
	test_map(&f);
	test_prefixes(&f);
	test_memory(&f);
	test_limits(&f);
	test_many_entries(&f);
	return CHECK_DONE();
}
