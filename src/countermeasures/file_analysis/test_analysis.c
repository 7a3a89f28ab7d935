/* SPDX-License-Identifier: MIT */
/* Features and findings of forged programs; what is not computed says so. */
#include "countermeasures/file_analysis/analysis.h"

#include "base/memory.h"
#include "evidence/features.h"
#include "tests/check.h"
#include "tests/forge/program.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define WANTS_MAX   3

/* A DER SEQUENCE of one INTEGER: enough for a certificate table. */
#define DER_SMALL SPAN_LITERAL("\x30\x03\x02\x01\x05")

/* A program, and what is done to it. */
struct shape {
	struct forge_program program;
	void (*change)(struct buffer *file);
};

/* One file on its way through the room. */
struct scene {
	struct arena arena;
	struct buffer file;
	struct findings findings;
	struct container box;
	struct view view;
	struct analysis_look look;
	struct bulk bulk;
	struct features features;
};

/* --- what is done to programs ------------------------------------------------------------ */

/* A ZIP of one stored entry, whose offsets count from its own begin (APPNOTE 4.3). */
static void add_zip(struct buffer *out, const char *name)
{
	size_t len = strlen(name), directory;

	buffer_text(out, "PK\x03\x04");
	forge_zeros(out, 22);
	buffer_u16le(out, (uint16_t)len);
	buffer_u16le(out, 0);
	buffer_text(out, name);
	directory = 30 + len;
	buffer_text(out, "PK\x01\x02");
	forge_zeros(out, 24);
	buffer_u16le(out, (uint16_t)len);
	forge_zeros(out, 16);
	buffer_text(out, name);
	buffer_text(out, "PK\x05\x06");
	forge_zeros(out, 4);
	buffer_u16le(out, 1);
	buffer_u16le(out, 1);
	buffer_u32le(out, (uint32_t)(46 + len));
	buffer_u32le(out, (uint32_t)directory);
	buffer_u16le(out, 0);
}

static void append_zip(struct buffer *file)
{
	add_zip(file, "readme.txt");
	forge_checksum(file);
}

static void append_jar(struct buffer *file)
{
	add_zip(file, "META-INF/MANIFEST.MF");
	forge_checksum(file);
}

static void attach(struct buffer *file, struct span behind)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT;

	forge_align(file);
	forge_entry(&table, DER_SMALL, behind, FORGE_USUAL);
	forge_attach(file, buffer_span(&table));
}

static void sign(struct buffer *file)
{
	attach(file, SPAN_NONE);
}

static void sign_with_jar(struct buffer *file)
{
	CLEANUP(buffer_free) struct buffer jar = BUFFER_INIT;

	forge_zeros(&jar, 3);
	add_zip(&jar, "META-INF/MANIFEST.MF");
	attach(file, buffer_span(&jar));
}

static void sign_with_elf(struct buffer *file)
{
	attach(file, SPAN_LITERAL("\0\0\x7f"
				  "ELF\2\1\1"));
}

static void sign_unaligned_overlay(struct buffer *file)
{
	buffer_text(file, "abc");
	sign(file);
}

/* Two symbols and a table of names, as GNU tools leave them; then @more bytes. */
static void append_symbols(struct buffer *file, size_t more)
{
	size_t coff = forge_places_of(file).optional - 24;

	forge_put(file, coff + 12, 4, file->len);
	forge_put(file, coff + 16, 4, 2);
	forge_zeros(file, 36);
	buffer_u32le(file, 9);
	buffer_text(file, "name");
	buffer_char(file, 0);
	forge_zeros(file, more);
	forge_checksum(file);
}

static void symbols(struct buffer *file)
{
	append_symbols(file, 0);
}

static void symbols_and_more(struct buffer *file)
{
	append_symbols(file, 1);
}

static void symbols_signed(struct buffer *file)
{
	append_symbols(file, 0);
	sign(file);
}

static void symbols_claimed(struct buffer *file)
{
	append_symbols(file, 0);
	forge_put(file, forge_places_of(file).optional - 24 + 16, 4, 0xffffffff);
	forge_checksum(file);
}

static void append_elf(struct buffer *file)
{
	buffer_text(file, "\x7f"
			  "ELF and more");
}

static void append_program(struct buffer *file)
{
	buffer_text(file, "MZ and more");
}

static void wrong_checksum(struct buffer *file)
{
	forge_checksum(file);
	forge_put(file, forge_places_of(file).checksum, 4, 7);
}

static void zero_checksum(struct buffer *file)
{
	forge_put(file, forge_places_of(file).checksum, 4, 0);
}

/* The first section's raw data. */
static struct range raw_data(const struct buffer *file)
{
	size_t at = forge_places_of(file).sections;

	return (struct range){ forge_get(file, at + 20, 4), forge_get(file, at + 16, 4) };
}

static void fill(struct buffer *file, uint8_t byte)
{
	struct range raw = raw_data(file);

	for (uint64_t i = 0; i < raw.len; i++)
		forge_put(file, (size_t)(raw.off + i), 1, byte);
	forge_checksum(file);
}

static void fill_with_zeros(struct buffer *file)
{
	fill(file, 0);
}

static void fill_with_text(struct buffer *file)
{
	fill(file, '0');
}

static void flags(struct buffer *file, uint32_t value)
{
	forge_put(file, forge_places_of(file).sections + 36, 4, value);
	forge_checksum(file);
}

static void make_data(struct buffer *file)
{
	flags(file, 0x40000040);
}

static void make_writable_code(struct buffer *file)
{
	flags(file, 0xe0000020);
}

/* --- a file's way ------------------------------------------------------------------------ */

static bool scene_read(struct scene *s, struct span bytes, enum bulk_histogram histogram)
{
	struct hash_task task = { .view = &s->view, .bulk = &s->bulk };
	struct lanes *lanes = lanes_new(true);
	struct analysis_parts parts = {
		.size = bytes.len, .box = &s->box, .bulk = &s->bulk, .look = &s->look
	};
	bool good;

	s->findings = (struct findings)FINDINGS_INIT(&s->arena);
	s->features = (struct features)FEATURES_INIT(&s->arena);
	s->view = view_whole(bytes);
	good = lanes && format_pe.read(&s->view, &s->findings, &s->box) == STATUS_OK &&
	       analysis_look(&s->view, &s->box, &s->look) == STATUS_OK &&
	       analysis_prepare(&s->arena, &s->box, bytes.len, histogram, &s->bulk) ==
		       STATUS_OK;
	s->findings = (struct findings)FINDINGS_INIT(&s->arena);
	if (good)
		lanes_run(lanes, &task, 1);
	lanes_free(lanes);
	good = good && task.status == STATUS_OK &&
	       analysis_describe(&s->features, &parts) == STATUS_OK;
	if (good)
		analysis_judge(&s->arena, &parts, &s->findings);
	return good && s->features.dropped == 0;
}

static void scene_make(struct scene *s, const struct shape *shape)
{
	*s = (struct scene){ .arena = ARENA_INIT(ARENA_BYTES) };
	forge_program_make(&shape->program, &s->file);
	forge_checksum(&s->file);
	if (shape->change)
		shape->change(&s->file);
}

static void scene_free(struct scene *s)
{
	arena_free(&s->arena);
	buffer_free(&s->file);
}

/* --- features ---------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *name;
	struct shape shape;
	enum bulk_histogram histogram;
	struct { const char *key, *text; } wants[WANTS_MAX];
} rows[] = {
	{ "plain", { { .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL,
	  { { "pe.checksum.state", "ok" }, { "overlay", "none" },
	    { "pe.certificate_table", "none" } } },
	{ "64 bit", { { .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL,
	  { { "pe.machine", "34404" }, { "pe.magic", "523" }, { "formats.0.name", "pe" } } },
	{ "32 bit", { { .pe32 = true, .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL,
	  { { "pe.machine", "332" }, { "pe.magic", "267" }, { "variant", "PE32 program" } } },
	{ "histogram", { { .seed = 1 }, NULL }, BULK_HISTOGRAM_SAMPLED,
	  { { "regions.0.histogram", "full" }, { "regions.0.kind", "header" },
	    { "regions.0.offset", "0" } } },
	{ "sampled", { { .section_size = 2 << 20, .seed = 1 }, NULL }, BULK_HISTOGRAM_SAMPLED,
	  { { "regions.1.histogram", "sampled" }, { "regions.1.name", ".text" },
	    { "pe.sections.0.raw_size", "2097152" } } },
	{ "no histogram", { { .seed = 1 }, NULL }, BULK_HISTOGRAM_OFF,
	  { { "regions.0.entropy", "not computed (off)" },
	    { "pe.sections.0.entropy", "not computed (off)" },
	    { "pe.checksum.state", "ok" } } },
	{ "zeros", { { .section_size = 8192, .seed = 1 }, fill_with_zeros }, BULK_HISTOGRAM_FULL,
	  { { "pe.sections.0.entropy", "0.000" }, { "regions.1.run.length", "8192" },
	    { "regions.1.run.byte", "0" } } },
	{ "text", { { .section_size = 8192, .seed = 1 }, fill_with_text }, BULK_HISTOGRAM_FULL,
	  { { "regions.1.printable", "1.000" }, { "regions.1.run.byte", "48" },
	    { "regions.0.run", "none" } } },
	{ "not asked for", { { .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL,
	  { { "sha256", "not computed (off)" }, { "pe.version", "not computed (off)" },
	    { "pe.imports", "not computed (off)" } } },
	{ "checksum zero", { { .seed = 1 }, zero_checksum }, BULK_HISTOGRAM_FULL,
	  { { "pe.checksum.state", "zero" }, { "pe.checksum.field", "0" } } },
	{ "checksum wrong", { { .seed = 1 }, wrong_checksum }, BULK_HISTOGRAM_FULL,
	  { { "pe.checksum.state", "wrong" }, { "pe.checksum.field", "7" } } },
	{ "signed", { { .seed = 1 }, sign }, BULK_HISTOGRAM_FULL,
	  { { "pe.certificate_table.misaligned", "0" },
	    { "pe.certificate_table.entries.0.slack", "3" },
	    { "pe.certificate_table.entries.0.revision", "512" } } },
	{ "jar appended", { { .seed = 1 }, append_jar }, BULK_HISTOGRAM_FULL,
	  { { "overlay.magic", "zip" }, { "formats.1.name", "zip" },
	    { "formats.2.name", "jar" } } },
	{ "jar in the table", { { .seed = 1 }, sign_with_jar }, BULK_HISTOGRAM_FULL,
	  { { "formats.1.place", "certificate table" }, { "formats.2.name", "jar" },
	    { "overlay", "none" } } },
	{ "overlay", { { .seed = 1 }, append_elf }, BULK_HISTOGRAM_FULL,
	  { { "overlay.first", "7f454c4620616e64206d6f7265" }, { "overlay.magic", "elf" },
	    { "overlay.length", "13" } } },
	{ "symbols", { { .seed = 1 }, symbols }, BULK_HISTOGRAM_FULL,
	  { { "overlay.length", "45" }, { "overlay.symbols", "45" } } },
	{ "writable code", { { .seed = 1 }, make_writable_code }, BULK_HISTOGRAM_FULL,
	  { { "pe.sections.0.writable_code", "yes" },
	    { "pe.sections.0.characteristics", "3758096416" } } },
};

static const struct {
	const char *name;
	struct shape shape;
	enum bulk_histogram histogram;
	const char *rules; /* all, in order */
} judged[] = {
	{ "plain", { { .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL, "" },
	{ "signed", { { .seed = 1 }, sign }, BULK_HISTOGRAM_FULL, "" },
	{ "three bytes before the table", { { .seed = 1 }, sign_unaligned_overlay }, BULK_HISTOGRAM_FULL, "pe.overlay " },
	{ "checksum zero", { { .seed = 1 }, zero_checksum }, BULK_HISTOGRAM_FULL, "" },
	{ "checksum wrong", { { .seed = 1 }, wrong_checksum }, BULK_HISTOGRAM_FULL, "pe.checksum-wrong " },
	{ "overlay", { { .overlay = 5000, .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL, "pe.overlay " },
	{ "program in the overlay", { { .seed = 1 }, append_program }, BULK_HISTOGRAM_FULL,
	  "pe.overlay pe.checksum-wrong " },
	{ "ELF in the overlay", { { .seed = 1 }, append_elf }, BULK_HISTOGRAM_FULL,
	  "file.polyglot pe.overlay pe.checksum-wrong " },
	{ "symbols", { { .seed = 1 }, symbols }, BULK_HISTOGRAM_FULL, "" },
	{ "symbols and a table", { { .seed = 1 }, symbols_signed }, BULK_HISTOGRAM_FULL, "" },
	{ "symbols and more", { { .seed = 1 }, symbols_and_more }, BULK_HISTOGRAM_FULL, "pe.overlay " },
	{ "more symbols than there are", { { .seed = 1 }, symbols_claimed }, BULK_HISTOGRAM_FULL, "pe.overlay " },
	{ "ZIP appended", { { .seed = 1 }, append_zip }, BULK_HISTOGRAM_FULL,
	  "file.polyglot pe.overlay " },
	{ "JAR appended", { { .seed = 1 }, append_jar }, BULK_HISTOGRAM_FULL,
	  "file.polyglot pe.overlay " },
	{ "JAR in the table", { { .seed = 1 }, sign_with_jar }, BULK_HISTOGRAM_FULL, "file.polyglot " },
	{ "ELF in the table", { { .seed = 1 }, sign_with_elf }, BULK_HISTOGRAM_FULL, "file.polyglot " },
	{ "packed code", { { .section_size = 32768, .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL,
	  "pe.entropy-high " },
	{ "little of it", { { .section_size = 8192, .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL, "" },
	{ "packed data", { { .section_size = 32768, .seed = 1 }, make_data }, BULK_HISTOGRAM_FULL, "" },
	{ "packed code, sampled", { { .section_size = 2 << 20, .seed = 1 }, NULL }, BULK_HISTOGRAM_SAMPLED, "" },
	{ "padded with text", { { .section_size = 65536, .seed = 1 }, fill_with_text }, BULK_HISTOGRAM_FULL,
	  "pe.const-section " },
	{ "padded with little text", { { .section_size = 65024, .seed = 1 }, fill_with_text }, BULK_HISTOGRAM_FULL, "" },
	{ "padded with zeros", { { .section_size = 65536, .seed = 1 }, fill_with_zeros }, BULK_HISTOGRAM_FULL, "" },
};
/* clang-format on */

static bool wanted(const struct scene *s, const char *key, const char *text)
{
	const struct feature *f = feature_find(s->features.list, s->features.n, key);
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	if (f)
		feature_text(&out, f);
	if (f && span_equal(buffer_span(&out), SPAN_TEXT(text)))
		return true;
	printf("# %s: %s, not %s\n", key, f ? buffer_string(&out, 0) : "not in the list", text);
	return false;
}

static void test_features(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		bool good;

		scene_make(&s, &rows[i].shape);
		good = scene_read(&s, buffer_span(&s.file), rows[i].histogram);
		for (size_t k = 0; k < WANTS_MAX && rows[i].wants[k].key; k++)
			good &= wanted(&s, rows[i].wants[k].key, rows[i].wants[k].text);
		CHECK(good, "%s", rows[i].name);
		scene_free(&s);
	}
}

static void test_findings(void)
{
	for (size_t i = 0; i < COUNT_OF(judged); i++) {
		CLEANUP(buffer_free) struct buffer got = BUFFER_INIT;
		struct scene s;
		bool good;

		scene_make(&s, &judged[i].shape);
		good = scene_read(&s, buffer_span(&s.file), judged[i].histogram);
		for (const struct finding *f = s.findings.first; f; f = f->next)
			buffer_printf(&got, "%s ", f->rule);
		good &= span_equal(buffer_span(&got), SPAN_TEXT(judged[i].rules));
		CHECK(good, "findings: %s: %s", judged[i].name, judged[i].rules);
		if (!good)
			printf("# %s\n", buffer_string(&got, 0));
		scene_free(&s);
	}
}

/* --- the rest ---------------------------------------------------------------------------- */

static const struct shape everything = {
	{.n_sections = 3, .overlay = 900, .seed = 9},
        sign_with_jar
};

static void scene_json(const struct scene *s, struct buffer *out)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	features_json(&j, s->features.list, s->features.n);
	json_end(&j);
}

static void test_same_twice(void)
{
	CLEANUP(buffer_free) struct buffer one = BUFFER_INIT, two = BUFFER_INIT;
	struct scene s;

	for (int i = 0; i < 2; i++) {
		scene_make(&s, &everything);
		if (scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_FULL))
			scene_json(&s, i ? &two : &one);
		scene_free(&s);
	}
	CHECK(one.len > 1000 && span_equal(buffer_span(&one), buffer_span(&two)),
	      "the same file gives the same %zu bytes of JSON", one.len);
}

/* Every key once, and those of one object together: else the JSON would be ambiguous. */
static void test_keys(void)
{
	bool good;
	struct scene s;

	scene_make(&s, &everything);
	good = scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_FULL);
	for (size_t i = 0; i < s.features.n; i++)
		good &= feature_find(s.features.list, s.features.n, s.features.list[i].key) ==
			&s.features.list[i];
	CHECK(good, "%zu features, every key once", s.features.n);
	scene_free(&s);
}

static void test_prefixes(void)
{
	struct scene whole;
	size_t n_bad = 0, n = 0;

	scene_make(&whole, &everything);
	for (uint64_t len = 64; len <= whole.file.len; len += len < 1024 ? 1 : 37) {
		struct scene s = { .arena = ARENA_INIT(ARENA_BYTES) };
		uint64_t at = 0;

		n++;
		n_bad += !scene_read(&s, span_clip(buffer_span(&whole.file), 0, len),
				     BULK_HISTOGRAM_FULL);
		for (size_t i = 0; i < s.box.n_regions; i++)
			at += s.bulk.regions[i].n_counted;
		n_bad += at != len;
		scene_free(&s);
	}
	CHECK(n_bad == 0, "%zu prefixes: described, and every byte counted once", n);
	scene_free(&whole);
}

static void test_many_regions(void)
{
	static const struct shape many = {
		{.n_sections = 80, .seed = 3},
                NULL
	};
	uint64_t n = 0;
	struct scene s;

	scene_make(&s, &many);
	CHECK(scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_FULL) &&
		      wanted(&s, "regions.62.histogram", "full") &&
		      wanted(&s, "regions.63.histogram", "not computed (limit)") &&
		      wanted(&s, "pe.sections.70.entropy", "not computed (limit)"),
	      "regions beyond the limit are not computed, and say so");
	for (size_t i = 0; i < s.bulk.n_regions; i++)
		n += s.bulk.regions[i].n_counted;
	CHECK(n == s.file.len && s.bulk.n_regions == BULK_MAX_REGIONS, "but counted");
	scene_free(&s);
}

/* A look asks for what is not loaded, and no more often than a reader may. */
static void test_wants(void)
{
	static const struct shape big = {
		{.section_size = 2 << 20, .seed = 3},
                append_jar
	};
	struct analysis_look look;
	struct view view;
	struct scene s;
	int n = 0;

	scene_make(&s, &big);
	(void)scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_OFF);
	view = (struct view){ .size = s.file.len };
	while (analysis_look(&view, &s.box, &look) == STATUS_WANT && n < 10) {
		if (!view_add(&view, view.want.off,
			      span_clip(buffer_span(&s.file), view.want.off, view.want.len)))
			break;
		n++;
	}
	CHECK(n == 3 && look.n_sights == 2 && strcmp(look.sights[1].format, "jar") == 0,
	      "a look wants %d places", n);
	scene_free(&s);
}

/* What lies where: the ZIP from its first entry to its end record. */
static void test_places(void)
{
	static const struct shape shape = { { .seed = 1 }, append_jar };
	struct range where;
	struct scene s;

	scene_make(&s, &shape);
	(void)scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_OFF);
	where = s.look.sights[1].where;
	CHECK(where.off == s.look.overlay.off && where.len == s.look.overlay.len,
	      "the whole ZIP is found");
	scene_free(&s);
}

/* What src/formats/pe reads, told as it is. */
static void test_content(void)
{
	static const char *const libraries[] = { "kernel32.dll", "user32.dll" };
	static const struct pe_identity identity = {
		.version = {.present = true,
                            .where = { 5, 6 },
                            .has_fixed = true,
                            .file = { 1, 2, 3, 4 },
                            .company_name = "Example" },
		.stamp = PE_STAMP_REPRO,
		.codeview = { .present = true, .guid = { 0xab },          .age = 2, .path = "a.pdb" },
		.icon = { .present = true,       .dhash = 0xff},
		.manifest = { .present = true,       .level = "asInvoker"               },
		.has_rich = true,
		.rich = SPAN_INIT("abcdefghijklmnop"),
	};
	static const struct pe_anatomy anatomy = {
		.import_text = SPAN_INIT("kernel32.exitprocess"),
		.n_import_libraries = 2,
		.imports_complete = true,
		.libraries = libraries,
		.n_libraries_kept = 2,
		.has_clr = true,
		.clr_version = "v4.0.30319",
		.linker_major = 14,
		.linker_minor = 29,
		.entry_off = 512,
		.entry_bytes = SPAN_INIT("\x31\xc0\xc3"),
	};
	static const struct {
		const char *key, *text;
	} wants[] = {
		{"pe.version.fixed.file",            "1.2.3.4"                         },
		{ "pe.version.fixed.product",        "0.0.0.0"                         },
		{ "pe.version.strings.company_name", "Example"                         },
		{ "pe.version.strings.product_name", "none"                            },
		{ "pe.stamp.kind",                   "repro"                           },
		{ "pe.debug.guid",                   "ab000000000000000000000000000000"},
		{ "pe.debug.path",                   "a.pdb"                           },
		{ "pe.icon.dhash",                   "00000000000000ff"                },
		{ "pe.manifest.identity",            "none"                            },
		{ "pe.manifest.level",               "asInvoker"                       },
		{ "pe.rich.entries",                 "2"                               },
		{ "pe.rich.key_ok",                  "no"                              },
		{ "pe.rich.sha256",
                 "f39dac6cbaba535e2c207cd0cd8f154974223c848f727f98b3564cea569b41cf"    },
		{ "pe.imports.imphash",              "f9ade0aa18f660a34a4fa23392e21838"},
		{ "pe.imports.names.1",              "user32.dll"                      },
		{ "pe.clr.version",                  "v4.0.30319"                      },
		{ "pe.load_config",                  "none"                            },
		{ "pe.linker",                       "14.29"                           },
		{ "pe.entry.section",                "none"                            },
		{ "pe.entry.bytes",                  "31c0c3"                          },
		{ "overlay.magic",                   "none"                            },
	};
	struct analysis_parts parts = { .identity = &identity, .anatomy = &anatomy };
	struct scene s;

	scene_make(&s, &everything);
	(void)scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_FULL);
	parts.box = &s.box;
	parts.bulk = &s.bulk;
	parts.look = &s.look;
	s.features = (struct features)FEATURES_INIT(&s.arena);
	CHECK(analysis_describe(&s.features, &parts) == STATUS_OK, "identity and anatomy");
	for (size_t i = 0; i < COUNT_OF(wants); i++)
		CHECK(wanted(&s, wants[i].key, wants[i].text), "%s", wants[i].key);
	scene_free(&s);
}

/* Every allocation fails once. */
static void test_memory(void)
{
	struct scene whole;
	bool done = false;
	long n;

	scene_make(&whole, &everything);
	for (n = 0; !done && n < 1000; n++) {
		struct scene s = { .arena = ARENA_INIT(ARENA_BYTES) };

		memory_fail_after(n);
		done = scene_read(&s, buffer_span(&whole.file), BULK_HISTOGRAM_FULL);
		memory_fail_after(-1);
		scene_free(&s);
	}
	CHECK(done && n > 3, "without memory: no list, or one that is shorter (%ld)", n);
	scene_free(&whole);
}

int main(void)
{
	test_features();
	test_findings();
	test_same_twice();
	test_keys();
	test_prefixes();
	test_many_regions();
	test_wants();
	test_places();
	test_content();
	test_memory();
	return CHECK_DONE();
}
