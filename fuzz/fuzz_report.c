/* SPDX-License-Identifier: MIT */
/*
 * Reports as a worker that somebody took over sends them: two made-up ones, in wire form, with
 * any of their octets changed, texts and a record of their own: words u8 u8, number of changes
 * u8, then offset u16 and octet u8 of each, length u8 of a text, the text, and the record.
 *
 * What is printed of them is bounded, can be shown, and no text of theirs becomes anything but
 * text; and what relates two files does not depend on which of them comes first.
 */
#include "base/cursor.h"
#include "base/utf8.h"
#include "countermeasures/file_analysis/compare.h"
#include "evidence/exports.h"
#include "evidence/sample.h"
#include "fuzz/must.h"

#define WIRE_MAX 32768
#define PAGE_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What changes a report. */
struct change {
	struct span octets; /* offset u16, octet u8 ... */
	const char *text;
	struct span record;
};

static bool report_send(struct arena *a, unsigned word, const struct change *how,
			struct report *out)
{
	CLEANUP(buffer_free) struct buffer wire = BUFFER_INIT;
	struct cursor c = cursor_at(how->octets, 0);
	uint8_t octets[WIRE_MAX];
	struct sample s;
	struct feature features[] = {
		{.key = "pe.sections.0.name",               .kind = FEATURE_TEXT, .text = how->text},
		{ .key = "pe.version.strings.company_name",
                 .kind = FEATURE_TEXT,
                 .text = how->text								 },
		{ .key = how->text,                         .kind = FEATURE_TEXT, .text = how->text},
	};

	sample_make(&s, (enum assay_verdict)(word % (ASSAY_VERDICT_ERROR + 1)));
	sample_name(&s, how->text);
	s.report.features = features;
	s.report.n_features = COUNT_OF(features);
	s.report.memories = &how->record;
	s.report.n_memories = how->record.len ? 1 : 0;
	wire_encode(&wire, &s.report);
	MUST(buffer_status(&wire) == STATUS_OK && wire.len <= WIRE_MAX);
	(void)span_copy(octets, WIRE_MAX, buffer_span(&wire));
	while (cursor_left(&c) >= 3) {
		uint16_t at = cursor_u16le(&c);

		octets[at % wire.len] = cursor_u8(&c);
	}
	return wire_decode(a, arena_copy(a, (struct span){ octets, wire.len }), out) ==
	       STATUS_OK;
}

static void must_be_inert(const struct buffer *text, size_t most)
{
	struct span all = buffer_span(text);
	uint64_t at;

	MUST(buffer_status(text) == STATUS_OK && text->len <= most);
	MUST(utf8_valid(all));
	for (at = 0; at < all.len; at++)
		MUST((span_at(all, at) >= 0x20 && span_at(all, at) != 0x7f) ||
		     span_at(all, at) == '\n');
	MUST(!span_find(all, SPAN_LITERAL("\xe2\x80\xae"), 0, &at)); /* right to left */
}

static void page_print(const struct report *r)
{
	CLEANUP(buffer_free) struct buffer page = BUFFER_INIT;
	const struct style style = { .verbose = true };
	struct exporting e = { .format = &exports[EXPORT_HTML],
			       .style = &style,
			       .engine = "0.1.0" };
	const struct summary s = { .n_files = 1 };
	uint64_t at;

	e.format->begin(&e, &page);
	e.format->report(&e, &page, r, "a.exe");
	e.format->end(&e, &page, &s, 0);
	must_be_inert(&page, PAGE_MAX);
	MUST(!span_find(buffer_span(&page), SPAN_LITERAL("<script"), 0, &at));
	MUST(!span_find(buffer_span(&page), SPAN_LITERAL("<!-"), 0, &at));
}

static void compare_both(struct arena *a, const struct report *first,
			 const struct report *second)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT, json = BUFFER_INIT;
	const struct comparison_files files = {
		.reports = {first, second},
                  .paths = { "a",  "b"   },
                  .begins = true
	};
	const struct comparison_files turned = {
		.reports = {second, first},
                  .paths = { "b",   "a"  },
                  .begins = true
	};
	struct comparison c, d;

	MUST(comparison_make(a, &files, &c) == STATUS_OK);
	MUST(comparison_make(a, &turned, &d) == STATUS_OK);
	MUST(c.kind == d.kind);
	MUST(c.beginning < 0 ? d.beginning < 0 : c.beginning == 1 - d.beginning);
	MUST(c.pages.n_common == d.pages.n_common);
	MUST(c.pages.n_common <= c.pages.n[0] && c.pages.n_common <= c.pages.n[1]);
	MUST(c.n_rows == d.n_rows && c.n_features == d.n_features);
	comparison_text(&text, &c, &files, false, true);
	comparison_json(&json, &c, &files);
	must_be_inert(&text, PAGE_MAX);
	must_be_inert(&json, PAGE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)16 << 20);
	struct cursor c = cursor_at((struct span){ data, size }, 0);
	uint8_t first = cursor_u8(&c), second = cursor_u8(&c), n = cursor_u8(&c);
	struct change how = { .octets = cursor_take(&c, (uint64_t)n * 3) };
	struct change honest = { .text = "Example Corp" };
	struct report reports[2];
	bool sent;

	how.text = arena_string(&a, cursor_take(&c, cursor_u8(&c)));
	how.record = cursor_rest(&c);
	if (!cursor_ok(&c) || !how.text)
		return 0;
	sent = report_send(&a, first, &how, &reports[0]);
	if (sent)
		page_print(&reports[0]);
	honest.record = how.record;
	MUST(report_send(&a, second, &honest, &reports[1]));
	page_print(&reports[1]);
	if (sent)
		compare_both(&a, &reports[0], &reports[1]);
	return 0;
}
