/* SPDX-License-Identifier: MIT */
/* How programs are built: each row is one file and what must be read of it. */
#include "base/memory.h"
#include "formats/pe/test_program.h"
#include "tests/check.h"

#define RAW          0x200U /* of the first section of a small program */
#define RVA          0x1000U
#define RVA_OF(off)  ((off)-RAW + RVA)
#define DIRECTORY(i) ((size_t)(i)*8)

static void put_text(struct buffer *file, size_t off, const char *text)
{
	for (size_t i = 0; i <= strlen(text); i++)
		forge_put(file, off + i, 1, (uint8_t)text[i]);
}

static void put_directory(struct buffer *file, unsigned index, uint32_t rva, uint32_t size)
{
	size_t at = forge_places_of(file).directory - DIRECTORY(4) + DIRECTORY(index);

	forge_put(file, at, 4, rva);
	forge_put(file, at + 4, 4, size);
}

#define IMPORTS   0x300U /* descriptors; everything in the first section */
#define LOOKUP(i) (0x400U + 0x40U * (i))
#define NAMES(i)  (0x500U + 0x20U * (i))

struct import {
	const char *library;
	const char *names[3]; /* "#7": by number; "@": by an address that leads nowhere */
};

/* clang-format off */
static const struct {
	const char *name;
	const char *text;
	size_t n_libraries, n_imports;
	struct import imports[4];
} import_cases[] = {
	{ "one", "kernel32.exitprocess", 1, 1, { { "KERNEL32.dll", { "ExitProcess" } } } },
	{ "none", "", 0, 0, { { NULL, { NULL } } } },
	{ "two libraries", "a.f,a.g,b.h", 2, 3,
	  { { "a.dll", { "f", "g" } }, { "b.ocx", { "h" } } } },
	{ "endings that stay", "a.exe.f,b.f,c.f", 3, 3,
	  { { "a.exe", { "f" } }, { "b", { "f" } }, { "C.SYS", { "f" } } } },
	{ "by number", "x.ord7", 1, 1, { { "x.dll", { "#7" } } } },
	{ "by number 0", "", 0, 0, { { "x.dll", { "#0" } } } },
	{ "by number, of sockets", "ws2_32.wsastartup,ws2_32.ord600", 1, 2,
	  { { "WS2_32.dll", { "#115", "#600" } } } },
	{ "by number, of automation", "oleaut32.sysallocstring", 1, 1,
	  { { "oleaut32.dll", { "#2" } } } },
	{ "letters that no compiler writes", "x.g", 1, 1, { { "x.dll", { "f\x01", "g" } } } },
	{ "a library of such letters", "*invalid*.f", 1, 1, { { "x\xff.dll", { "f" } } } },
	{ "a name that lies nowhere", "y.g", 1, 1,
	  { { "x.dll", { "f", "@" } }, { "y.dll", { "g" } } } },
	{ "an empty name", "x.f", 1, 1, { { "x.dll", { "f", "" } } } },
	{ "a library without imports", "y.g", 1, 1, { { "x.dll", { NULL } }, { "y.dll", { "g" } } } },
};
/* clang-format on */

static uint64_t thunk_of(const char *name, uint32_t at, unsigned width)
{
	if (name[0] == '#')
		return UINT64_C(1) << (8 * width - 1) | strtoul(name + 1, NULL, 10);
	return name[0] == '@' ? 0x7ffffff0 : RVA_OF(at);
}

static void imports_write(struct buffer *file, const struct import *list, bool pe32)
{
	unsigned width = pe32 ? 4 : 8;
	uint32_t names = 0;

	for (size_t at = IMPORTS; at < 0x800; at++)
		forge_put(file, at, 1, 0);
	put_directory(file, 1, RVA_OF(IMPORTS), 100);
	for (uint32_t i = 0; i < 4 && list[i].library; i++) {
		size_t at = IMPORTS + 20UL * i;

		forge_put(file, at, 4, RVA_OF(LOOKUP(i)));
		forge_put(file, at + 12, 4, RVA_OF(NAMES(names)));
		put_text(file, NAMES(names++), list[i].library);
		for (uint32_t k = 0; k < 3 && list[i].names[k]; k++) {
			const char *name = list[i].names[k];

			forge_put(file, LOOKUP(i) + (size_t)k * width, width,
				  thunk_of(name, NAMES(names), width));
			put_text(file, NAMES(names++) + 2, name);
		}
	}
}

static void check_imports(void)
{
	for (size_t i = 0; i < 2 * COUNT_OF(import_cases); i++) {
		size_t row = i / 2;
		struct forge_program program = { .section_size = 0x800, .pe32 = i % 2 };
		const struct pe_anatomy *a;
		const char *bad;
		struct world w;

		world_make(&w, &program, NULL);
		imports_write(&w.file, import_cases[row].imports, program.pe32);
		world_read(&w);
		a = &w.r.anatomy;
		CHECK(w.r.status == STATUS_OK && a->imports_complete &&
			      span_equal(a->import_text, SPAN_TEXT(import_cases[row].text)) &&
			      a->n_import_libraries == import_cases[row].n_libraries &&
			      a->n_imports == import_cases[row].n_imports,
		      "imports, %s: %s", program.pe32 ? "PE32" : "PE32+",
		      import_cases[row].name);
		bad = pe_features_hold(buffer_span(&w.file));
		CHECK(!bad, "imports, what must hold: %s: %s", import_cases[row].name,
		      bad ? bad : "yes");
		world_end(&w);
	}
}

/* Tables that lead to themselves, or never end. */
static void check_hostile_imports(void)
{
	static const struct {
		const char *name;
		uint32_t size;         /* of the section */
		uint32_t lookup, step; /* thunk i is lookup + i * step */
		bool many, complete;
	} cases[] = {
		{"thunks that are their own names", 0x800,   RVA_OF(LOOKUP(0)), 8, false, true },
		{ "20000 functions",                0x40000, RVA_OF(0x280),     0, false, false},
		{ "2000 libraries",                 0x40000, RVA_OF(0x280),     0, true,  false},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct forge_program program = { .section_size = cases[i].size };
		size_t descriptors = cases[i].many ? 2000 : 1;
		const char *bad;
		struct world w;

		world_make(&w, &program, NULL);
		put_text(&w.file, 0x280, "xxf");
		put_directory(&w.file, 1, RVA_OF(0x30000 % cases[i].size + 0x300), 100);
		for (size_t d = 0; d <= descriptors; d++) {
			size_t at = 0x30000 % cases[i].size + 0x300 + 20 * d;

			for (size_t k = 0; k < 20; k += 4)
				forge_put(&w.file, at + k, 4, 0);
			if (d == descriptors)
				break;
			forge_put(&w.file, at, 4, RVA_OF(cases[i].many ? 0x400 : LOOKUP(0)));
			forge_put(&w.file, at + 12, 4, RVA_OF(0x280));
		}
		for (size_t k = 0; LOOKUP(0) + 8 * k + 8 < cases[i].size && k < 20000; k++)
			forge_put(&w.file, LOOKUP(0) + 8 * k, 8,
				  cases[i].many && k > 0 ? 0
							 : cases[i].lookup + k * cases[i].step);
		world_read(&w);
		CHECK(w.r.status == STATUS_OK &&
			      w.r.anatomy.imports_complete == cases[i].complete &&
			      finding_has(&w.r.findings, "limit.pe-features", -1) !=
				      cases[i].complete,
		      "imports: %s", cases[i].name);
		bad = pe_features_hold(buffer_span(&w.file));
		CHECK(!bad, "imports, what must hold: %s: %s", cases[i].name,
		      bad ? bad : "yes");
		world_end(&w);
	}
}

/* clang-format off */
static const struct {
	const char *name;
	const char *rule; /* the one finding; NULL: none */
	const char *section;
	unsigned n_sections;
	uint32_t entry, flags; /* of the section that is changed; 0: none */
	unsigned changed;
	bool has_bytes;
} entry_cases[] = {
#define OUTSIDE "pe.entry-outside-code"
	{ "in the code", NULL, ".text", 3, 0x1000, 0, 0, true },
	{ "none", NULL, NULL, 3, 0, 0, 0, false },
	{ "in the last of two", NULL, ".data1", 2, 0x2000, 0, 0, true },
	{ "in the last of three", OUTSIDE, ".data2", 3, 0x3000, 0, 0, true },
	{ "in the headers", OUTSIDE, NULL, 3, 0x10, 0, 0, true },
	{ "nowhere", OUTSIDE, NULL, 3, 0x7fffffff, 0, 0, false },
	{ "in what can be written to", OUTSIDE, ".text", 3, 0x1000, 0xc0000020, 0, true },
	{ "code that can be written to", "pe.section-wx", ".text", 3, 0x1000, 0xe0000020, 1, true },
};
/* clang-format on */

static void check_entries(void)
{
	for (size_t i = 0; i < COUNT_OF(entry_cases); i++) {
		struct forge_program program = { .n_sections = entry_cases[i].n_sections };
		struct forge_places p;
		const char *bad;
		struct world w;

		world_make(&w, &program, NULL);
		p = forge_places_of(&w.file);
		forge_put(&w.file, p.optional + 16, 4, entry_cases[i].entry);
		if (entry_cases[i].flags != 0)
			forge_put(&w.file, p.sections + 40UL * entry_cases[i].changed + 36, 4,
				  entry_cases[i].flags);
		world_read(&w);
		CHECK(text_equal(w.r.anatomy.entry_section, entry_cases[i].section) &&
			      (w.r.anatomy.entry_bytes.len == 16) == entry_cases[i].has_bytes &&
			      finding_only(&w.r.findings, entry_cases[i].rule),
		      "entry point: %s", entry_cases[i].name);
		bad = pe_features_hold(buffer_span(&w.file));
		CHECK(!bad, "entry point, what must hold: %s: %s", entry_cases[i].name,
		      bad ? bad : "yes");
		world_end(&w);
	}
}

/* A program with one of everything; @n of each that is counted. */
static void everything_write(struct buffer *file, bool pe32, uint32_t n)
{
	uint64_t base = pe32 ? 0x400000 : UINT64_C(0x140000000);
	unsigned width = pe32 ? 4 : 8;
	size_t at;

	for (at = 0x240; at < 0xa00; at++)
		forge_put(file, at, 1, 0);
	put_directory(file, 0, RVA_OF(0x240), 40);
	forge_put(file, 0x240 + 12, 4, RVA_OF(0x270));
	forge_put(file, 0x240 + 20, 4, n + 1);
	forge_put(file, 0x240 + 28, 4, RVA_OF(0x280));
	put_text(file, 0x270, "own.dll");
	for (size_t i = 1; i <= n && i < 8; i++)
		forge_put(file, 0x280 + 4 * i, 4, 1);
	put_directory(file, 3, RVA, 12 * n);
	put_directory(file, 5, RVA_OF(0x300), 12 * n);
	for (size_t i = 0; i < n && i < 8; i++)
		forge_put(file, 0x300 + 12 * i + 4, 4, 12);
	put_directory(file, 9, RVA_OF(0x380), 40);
	forge_put(file, 0x380 + 3UL * width, width, base + RVA_OF(0x3c0));
	for (size_t i = 0; i < n && i < 8; i++)
		forge_put(file, 0x3c0 + i * width, width, base);
	put_directory(file, 10, RVA_OF(0x440), 160);
	forge_put(file, 0x440, 4, 160);
	forge_put(file, 0x440 + (pe32 ? 64U : 96U), width, base);
	forge_put(file, 0x440 + (pe32 ? 68U : 104U), width, n);
	forge_put(file, 0x440 + (pe32 ? 88U : 144U), 4, 0x100);
	forge_put(file, forge_places_of(file).optional + 70, 2, 0x4000);
	put_directory(file, 6, RVA_OF(0x500), 28);
	forge_put(file, 0x500 + 12, 4, 20);
	forge_put(file, 0x500 + 24, 4, 0x520);
	forge_put(file, 0x520, 4, 1);
	put_directory(file, 11, 0x100, 8);
	put_directory(file, 13, RVA_OF(0x540), 64);
	for (size_t i = 0; i < n && i < 3; i++)
		forge_put(file, 0x540 + 32 * i, 4, 1);
	put_directory(file, 14, RVA_OF(0x600), 72);
	forge_put(file, 0x600 + 8, 4, RVA_OF(0x680));
	forge_put(file, 0x600 + 16, 4, 9);
	forge_put(file, 0x600 + 36, 4, n);
	put_text(file, 0x680, "BSJB");
	forge_put(file, 0x680 + 12, 4, 12);
	put_text(file, 0x690, "v4.0.30319");
}

static void check_everything(void)
{
	for (unsigned pe32 = 0; pe32 < 2; pe32++) {
		struct forge_program program = { .section_size = 0x800, .pe32 = pe32 };
		const struct pe_anatomy *a;
		const char *bad = NULL;
		struct world w;
		size_t len;

		world_make(&w, &program, NULL);
		everything_write(&w.file, pe32, 3);
		world_read(&w);
		a = &w.r.anatomy;
		CHECK(a->n_exports == 3 && text_equal(a->export_name, "own.dll"), "exports");
		CHECK(a->n_relocation_blocks == 3 && a->n_tls_callbacks == 3 &&
			      a->n_exception_entries == (pe32 ? 0 : 3),
		      "what is done before the program begins");
		CHECK(a->has_load_config && a->has_cfg && a->has_cet, "protection");
		CHECK(a->has_safeseh == (pe32 == 1) && a->n_safeseh_handlers == (pe32 ? 3 : 0),
		      "SafeSEH");
		CHECK(a->has_bound_imports && a->n_delay_libraries == 3, "other imports");
		CHECK(a->has_clr && a->clr_flags == 9 && a->strong_name_len == 3 &&
			      text_equal(a->clr_version, "v4.0.30319"),
		      "CLR");
		CHECK(a->linker_major == 14 && a->linker_minor == 0, "linker");
		for (len = 0; !bad && len <= w.file.len; len += len < 0x700 ? 1 : 16)
			bad = hold_reading(span_clip(buffer_span(&w.file), 0, len));
		CHECK(!bad, "every prefix: %s at %zu", bad ? bad : "holds", len);
		everything_write(&w.file, pe32, UINT32_MAX / 64);
		bad = pe_features_hold(buffer_span(&w.file));
		CHECK(!bad, "many of everything: %s", bad ? bad : "holds");
		world_end(&w);
	}
}

static void check_resources(void)
{
	static const struct forge_program program = { 0 };
	static const struct forge_resource others[] = {
		{5,   1, 0x407, SPAN_INIT("one") },
		{ 5,  1, 0x409, SPAN_INIT("two") },
		{ 24, 1, 0x409, SPAN_INIT("<a/>")},
	};
	static const struct forge_resources wish = { .others = others,
						     .n_others = COUNT_OF(others) };
	const struct pe_anatomy *a;
	struct world w;

	world_make(&w, &program, &wish);
	world_read(&w);
	a = &w.r.anatomy;
	CHECK(a->n_resources == 3 && a->resource_bytes == 10 && a->n_resource_types == 2 &&
		      a->n_resource_languages == 2 && a->resources_complete,
	      "resources, counted");
	world_end(&w);
}

/* Whatever memory there is: everything is read, or the status says that it was too little. */
static void check_memory(void)
{
	static const struct forge_version_text text = { "CompanyName", "Example" };
	static const struct forge_resources wish = { .texts = &text,
						     .n_texts = 1,
						     .icon = 1,
						     .identity = "Example",
						     .level = "asInvoker" };
	static const struct forge_program program = { .section_size = 0x800 };
	size_t n_good = 0, n_short = 0, n_else = 0;
	struct world w;

	world_make(&w, &program, &wish);
	imports_write(&w.file, import_cases[2].imports, false);
	for (long n = 0; n < 400 && n_good == 0; n++) {
		struct features_read r = { .arena = { .limit = FEATURES_ARENA } };
		struct view v = view_whole(buffer_span(&w.file));

		memory_fail_after(n);
		features_read(&v, &r);
		memory_fail_after(-1);
		n_good += r.headers == STATUS_OK && r.status == STATUS_OK;
		n_short += r.headers == STATUS_NO_MEMORY || r.status == STATUS_NO_MEMORY;
		n_else += r.headers != STATUS_OK && r.headers != STATUS_NO_MEMORY;
		arena_free(&r.arena);
	}
	CHECK(n_good == 1 && n_short > 2 && n_else == 0, "each allocation fails once (%zu)",
	      n_short);
	n_good = n_else = 0;
	for (size_t limit = 0; limit < 0x20000; limit += 512) {
		struct features_read r = { .arena = { .limit = limit } };
		struct view v = view_whole(buffer_span(&w.file));

		features_read(&v, &r);
		n_good += r.headers == STATUS_OK && r.status == STATUS_OK;
		n_else += r.status != STATUS_OK && r.status != STATUS_NO_MEMORY;
		arena_free(&r.arena);
	}
	CHECK(n_good > 0 && n_else == 0, "small arenas (%zu are enough)", n_good);
	world_end(&w);
}

int main(void)
{
	check_memory();
	check_imports();
	check_hostile_imports();
	check_entries();
	check_everything();
	check_resources();
	return CHECK_DONE();
}
