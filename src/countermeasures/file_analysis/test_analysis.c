/* SPDX-License-Identifier: MIT */
/* Features and findings of forged programs; what is not computed says so. */
#include "countermeasures/file_analysis/test_scene.h"
#include "tests/check.h"

#define WANTS_MAX 3

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
	{ "zeros", { { .section_size = 8192, .seed = 1 }, change_fill_with_zeros }, BULK_HISTOGRAM_FULL,
	  { { "pe.sections.0.entropy", "0.000" }, { "regions.1.run.length", "8192" },
	    { "regions.1.run.byte", "0" } } },
	{ "text", { { .section_size = 8192, .seed = 1 }, change_fill_with_text }, BULK_HISTOGRAM_FULL,
	  { { "regions.1.printable", "1.000" }, { "regions.1.run.byte", "48" },
	    { "regions.0.run", "none" } } },
	{ "not asked for", { { .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL,
	  { { "sha256", "not computed (off)" }, { "pe.version", "not computed (off)" },
	    { "pe.imports", "not computed (off)" } } },
	{ "checksum zero", { { .seed = 1 }, change_zero_checksum }, BULK_HISTOGRAM_FULL,
	  { { "pe.checksum.state", "zero" }, { "pe.checksum.field", "0" } } },
	{ "checksum wrong", { { .seed = 1 }, change_wrong_checksum }, BULK_HISTOGRAM_FULL,
	  { { "pe.checksum.state", "wrong" }, { "pe.checksum.field", "7" } } },
	{ "signed", { { .seed = 1 }, change_sign }, BULK_HISTOGRAM_FULL,
	  { { "pe.certificate_table.misaligned", "0" },
	    { "pe.certificate_table.entries.0.slack", "3" },
	    { "pe.certificate_table.entries.0.revision", "512" } } },
	{ "jar appended", { { .seed = 1 }, change_append_jar }, BULK_HISTOGRAM_FULL,
	  { { "overlay.magic", "zip" }, { "formats.1.name", "zip" },
	    { "formats.2.name", "jar" } } },
	{ "jar in the table", { { .seed = 1 }, change_sign_with_jar }, BULK_HISTOGRAM_FULL,
	  { { "formats.1.place", "certificate table" }, { "formats.2.name", "jar" },
	    { "overlay", "none" } } },
	{ "overlay", { { .seed = 1 }, change_append_elf }, BULK_HISTOGRAM_FULL,
	  { { "overlay.first", "7f454c4620616e64206d6f7265" }, { "overlay.magic", "elf" },
	    { "overlay.length", "13" } } },
	{ "symbols", { { .seed = 1 }, change_symbols }, BULK_HISTOGRAM_FULL,
	  { { "overlay.length", "45" }, { "overlay.symbols", "45" } } },
	{ "writable code", { { .seed = 1 }, change_make_writable_code }, BULK_HISTOGRAM_FULL,
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
	{ "signed", { { .seed = 1 }, change_sign }, BULK_HISTOGRAM_FULL, "" },
	{ "three bytes before the table", { { .seed = 1 }, change_sign_unaligned_overlay }, BULK_HISTOGRAM_FULL, "pe.overlay " },
	{ "checksum zero", { { .seed = 1 }, change_zero_checksum }, BULK_HISTOGRAM_FULL, "" },
	{ "checksum wrong", { { .seed = 1 }, change_wrong_checksum }, BULK_HISTOGRAM_FULL, "pe.checksum-wrong " },
	{ "overlay", { { .overlay = 5000, .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL, "pe.overlay " },
	{ "program in the overlay", { { .seed = 1 }, change_append_program }, BULK_HISTOGRAM_FULL,
	  "pe.overlay pe.checksum-wrong " },
	{ "ELF in the overlay", { { .seed = 1 }, change_append_elf }, BULK_HISTOGRAM_FULL,
	  "file.polyglot pe.overlay pe.checksum-wrong " },
	{ "symbols", { { .seed = 1 }, change_symbols }, BULK_HISTOGRAM_FULL, "" },
	{ "symbols and a table", { { .seed = 1 }, change_symbols_signed }, BULK_HISTOGRAM_FULL, "" },
	{ "symbols and more", { { .seed = 1 }, change_symbols_and_more }, BULK_HISTOGRAM_FULL, "pe.overlay " },
	{ "more symbols than there are", { { .seed = 1 }, change_symbols_claimed }, BULK_HISTOGRAM_FULL, "pe.overlay " },
	{ "ZIP appended", { { .seed = 1 }, change_append_zip }, BULK_HISTOGRAM_FULL,
	  "file.polyglot pe.overlay " },
	{ "JAR appended", { { .seed = 1 }, change_append_jar }, BULK_HISTOGRAM_FULL,
	  "file.polyglot pe.overlay " },
	{ "JAR in the table", { { .seed = 1 }, change_sign_with_jar }, BULK_HISTOGRAM_FULL, "file.polyglot " },
	{ "ELF in the table", { { .seed = 1 }, change_sign_with_elf }, BULK_HISTOGRAM_FULL, "file.polyglot " },
	{ "packed code", { { .section_size = 32768, .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL,
	  "pe.entropy-high " },
	{ "little of it", { { .section_size = 8192, .seed = 1 }, NULL }, BULK_HISTOGRAM_FULL, "" },
	{ "packed data", { { .section_size = 32768, .seed = 1 }, change_make_data }, BULK_HISTOGRAM_FULL, "" },
	{ "packed code, sampled", { { .section_size = 2 << 20, .seed = 1 }, NULL }, BULK_HISTOGRAM_SAMPLED, "" },
	{ "padded with text", { { .section_size = 65536, .seed = 1 }, change_fill_with_text }, BULK_HISTOGRAM_FULL,
	  "pe.const-section " },
	{ "padded with little text", { { .section_size = 65024, .seed = 1 }, change_fill_with_text }, BULK_HISTOGRAM_FULL, "" },
	{ "padded with zeros", { { .section_size = 65536, .seed = 1 }, change_fill_with_zeros }, BULK_HISTOGRAM_FULL, "" },
};
/* clang-format on */

static void test_features(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scene s;
		bool good;

		scene_make(&s, &rows[i].shape);
		good = scene_read(&s, buffer_span(&s.file), rows[i].histogram);
		for (size_t k = 0; k < WANTS_MAX && rows[i].wants[k].key; k++)
			good &= scene_tells(&s, rows[i].wants[k].key, rows[i].wants[k].text);
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

int main(void)
{
	test_features();
	test_findings();
	return CHECK_DONE();
}
