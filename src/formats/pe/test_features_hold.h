/* SPDX-License-Identifier: MIT */
/*
 * What must hold for the features of any file at all, good or hostile.  Tests
 * and the fuzz target ask the same questions.
 */
#pragma once
#include "base/escape.h"
#include "base/feature.h"
#include "base/utf8.h"
#include "formats/pe/features.h"
#include "formats/pe/test_hold.h"

#define FEATURES_ARENA ((size_t)64 << 20)
#define FEATURES_LOADS 32
#define VERSION_TEXTS  8
#define FEATURES_BIG   (((size_t)1 << 20) + 1) /* behind a file, to make it a big one */

/* One reading of a file: what it gave, as text. */
struct features_read {
	struct arena arena;
	struct findings findings;
	struct container box;
	struct pe_identity identity;
	struct pe_anatomy anatomy;
	enum status headers, status;
};

static inline void features_read(struct view *v, struct features_read *r)
{
	struct findings of_headers = FINDINGS_INIT(&r->arena);

	r->findings = (struct findings)FINDINGS_INIT(&r->arena);
	r->box = (struct container){ 0 };
	r->headers = format_pe.read(v, &of_headers, &r->box);
	if (r->headers != STATUS_OK || !r->box.pe)
		return;
	r->status = pe_identity_read(v, r->box.pe, &r->findings, &r->identity);
	if (r->status == STATUS_OK)
		r->status = pe_anatomy_read(v, r->box.pe, &r->findings, &r->anatomy);
}

static inline const char *hold_text(const char *text)
{
	HOLD(!text || (text[0] != '\0' && strlen(text) <= FEATURE_MAX_TEXT));
	for (size_t at = 0; text && text[at] != '\0';) {
		struct utf8_char c = utf8_at(SPAN_TEXT(text), at);

		HOLD(c.valid && !escape_hides(c.code));
		at += c.len;
	}
	return NULL;
}

static inline void describe_text(struct buffer *b, const char *name, const char *text)
{
	buffer_printf(b, "%s %s\n", name, text ? text : "-");
}

static inline void describe_version(struct buffer *b, const struct pe_version *v)
{
	hold_range(b, v->present ? "version" : "no version", v->where);
	for (size_t i = 0; i < COUNT_OF(v->file); i++)
		buffer_printf(b, "%u %u ", v->file[i], v->product[i]);
	describe_text(b, "company", v->company_name);
	describe_text(b, "product", v->product_name);
	describe_text(b, "description", v->file_description);
	describe_text(b, "original", v->original_filename);
	describe_text(b, "internal", v->internal_name);
	describe_text(b, "file", v->file_version);
	describe_text(b, "product", v->product_version);
	describe_text(b, "copyright", v->legal_copyright);
}

static inline void describe_identity(struct buffer *b, const struct pe_identity *i)
{
	describe_version(b, &i->version);
	buffer_printf(b, "stamp %d codeview %d %u ", (int)i->stamp, i->codeview.present,
		      i->codeview.age);
	buffer_hex(b, SPAN_OF(i->codeview.guid));
	describe_text(b, "pdb", i->codeview.path);
	buffer_printf(b, "rich %d %d ", i->has_rich, i->rich_key_ok);
	buffer_hex(b, i->rich);
	buffer_printf(b, " icon %d %llx manifest %d\n", i->icon.present,
		      (unsigned long long)i->icon.dhash, i->manifest.present);
	describe_text(b, "identity", i->manifest.identity);
	describe_text(b, "level", i->manifest.level);
}

static inline void describe_anatomy(struct buffer *b, const struct pe_anatomy *a)
{
	const uint64_t numbers[] = { a->n_import_libraries,
				     a->n_imports,
				     a->n_delay_libraries,
				     a->n_exports,
				     a->imports_complete,
				     a->n_tls_callbacks,
				     a->n_relocation_blocks,
				     a->n_exception_entries,
				     a->has_load_config,
				     a->has_cfg,
				     a->has_cet,
				     a->has_safeseh,
				     a->has_bound_imports,
				     a->n_safeseh_handlers,
				     a->has_clr,
				     a->clr_flags,
				     a->strong_name_len,
				     a->linker_major,
				     a->linker_minor,
				     a->entry_off,
				     a->n_resources,
				     a->resource_bytes,
				     a->n_resource_types,
				     a->n_resource_languages,
				     a->resources_complete };

	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		buffer_printf(b, "%llu ", (unsigned long long)numbers[i]);
	buffer_add(b, a->import_text);
	for (size_t i = 0; i < a->n_libraries_kept; i++)
		describe_text(b, "library", a->libraries[i]);
	describe_text(b, "exports", a->export_name);
	describe_text(b, "CLR", a->clr_version);
	describe_text(b, "entry", a->entry_section);
	buffer_hex(b, a->entry_bytes);
}

static inline void features_describe(struct buffer *b, const struct features_read *r)
{
	buffer_printf(b, "%s %s\n", status_text(r->headers), status_text(r->status));
	if (r->headers != STATUS_OK || !r->box.pe || r->status != STATUS_OK)
		return;
	describe_identity(b, &r->identity);
	describe_anatomy(b, &r->anatomy);
	for (const struct finding *f = r->findings.first; f; f = f->next) {
		hold_range(b, f->rule, f->where);
		buffer_printf(b, "%s, %s\n", f->expected ? f->expected : "-",
			      f->observed ? f->observed : "-");
	}
}

/* Reads with nothing loaded but what is asked for, each piece in memory of its size. */
static inline const char *features_read_pieces(struct span file, struct buffer *text)
{
	struct features_read r = { .arena = { .limit = FEATURES_ARENA } };
	struct view v = {
		.size = file.len, .want = {0, file.len < 64 ? file.len : 64}
	};
	uint8_t *kept[FEATURES_LOADS];
	const char *bad = NULL;
	size_t n = 0;

	r.headers = STATUS_WANT;
	while (!bad && (r.headers == STATUS_WANT || r.status == STATUS_WANT)) {
		struct span part;

		if (!span_part(file, v.want.off, v.want.len, &part))
			bad = "what is wanted lies in the file";
		else if (n == FEATURES_LOADS)
			bad = "few pieces are wanted";
		if (bad)
			break;
		kept[n] = malloc(part.len ? part.len : 1);
		if (!kept[n])
			break;
		(void)span_copy(kept[n], part.len, part);
		part.ptr = kept[n++];
		if (!view_add(&v, v.want.off, part))
			bad = "the view has room";
		r.status = STATUS_OK;
		features_read(&v, &r);
	}
	if (!bad)
		features_describe(text, &r);
	while (n > 0)
		free(kept[--n]);
	arena_free(&r.arena);
	return bad;
}

static inline const char *hold_identity(const struct pe_identity *i, uint64_t size)
{
	const struct pe_version *v = &i->version;
	const char *const texts[] = { v->company_name,     v->product_name,
				      v->file_description, v->original_filename,
				      v->internal_name,    v->file_version,
				      v->product_version,  v->legal_copyright,
				      i->codeview.path };

	for (size_t t = 0; t < COUNT_OF(texts); t++) {
		const char *bad = hold_text(texts[t]);

		if (bad)
			return bad;
		HOLD(v->present || t >= VERSION_TEXTS || !texts[t]);
	}
	HOLD(range_inside(v->where, size) && v->where.len <= PE_MAX_VERSION_BYTES);
	HOLD(v->present || !v->has_fixed);
	HOLD(i->codeview.present || !i->codeview.path);
	HOLD(i->manifest.present || (!i->manifest.identity && !i->manifest.level));
	HOLD(i->icon.present || i->icon.dhash == 0);
	HOLD(i->has_rich || (!i->rich_key_ok && i->rich.len == 0));
	HOLD(i->rich.len % 8 == 0 && i->rich.len / 8 <= PE_MAX_RICH_ENTRIES);
	return NULL;
}

static inline const char *hold_anatomy(const struct pe_anatomy *a, struct span file)
{
	const char *bad = hold_text(a->export_name);
	struct span entry = span_clip(file, a->entry_off, a->entry_bytes.len);

	for (size_t i = 0; !bad && i < a->n_libraries_kept; i++)
		bad = a->libraries[i] ? hold_text(a->libraries[i]) : "a library has a name";
	if (!bad)
		bad = hold_text(a->clr_version);
	if (!bad)
		bad = hold_text(a->entry_section);
	if (bad)
		return bad;
	HOLD(a->n_imports <= PE_MAX_IMPORTS && a->n_import_libraries <= a->n_imports);
	HOLD(a->n_libraries_kept <= a->n_import_libraries);
	HOLD((a->import_text.len == 0) == (a->n_imports == 0));
	HOLD(a->import_text.len <= (size_t)1 << 20 && utf8_valid(a->import_text));
	HOLD(a->entry_bytes.len <= 16 && span_same(entry, a->entry_bytes));
	HOLD(a->n_exports <= 65536 && a->n_tls_callbacks <= 256);
	HOLD(a->n_resources / 2 <= PE_MAX_RESOURCE_NODES);
	HOLD(a->n_resource_languages <= a->n_resources);
	HOLD(a->n_resource_types <= PE_MAX_RESOURCE_NODES);
	HOLD(a->has_clr || (!a->clr_version && a->clr_flags == 0 && a->strong_name_len == 0));
	HOLD(a->has_load_config || (!a->has_cfg && !a->has_safeseh));
	HOLD(a->has_safeseh || a->n_safeseh_handlers == 0);
	return NULL;
}

static inline const char *hold_feature_findings(const struct findings *findings, uint64_t size)
{
	for (const struct finding *f = findings->first; f; f = f->next) {
		HOLD(range_inside(f->where, size));
		HOLD(strncmp(f->rule, "pe.", 3) == 0 ||
		     strcmp(f->rule, "limit.pe-features") == 0);
	}
	HOLD(findings->n <= 16 && findings->dropped == 0);
	return NULL;
}

static inline const char *hold_reading(struct span file)
{
	CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT, again = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer pieces = BUFFER_INIT;
	struct features_read r = { .arena = { .limit = FEATURES_ARENA } };
	struct view v = view_whole(file);
	const char *bad = NULL;

	features_read(&v, &r);
	features_describe(&whole, &r);
	if (r.headers == STATUS_OK && r.box.pe) {
		if (r.status != STATUS_OK)
			bad = "features can be read of everything";
		if (!bad)
			bad = hold_identity(&r.identity, file.len);
		if (!bad)
			bad = hold_anatomy(&r.anatomy, file);
		if (!bad)
			bad = hold_feature_findings(&r.findings, file.len);
	}
	features_read(&v, &r);
	features_describe(&again, &r);
	arena_free(&r.arena);
	if (!bad)
		bad = features_read_pieces(file, &pieces);
	if (!bad && !span_same(buffer_span(&whole), buffer_span(&again)))
		bad = "a second reading gives the same";
	if (!bad && !span_same(buffer_span(&whole), buffer_span(&pieces)))
		bad = "reading in pieces gives the same";
	return bad;
}

/* NULL when everything holds for @file, alone and with much behind it; else what does not. */
static inline const char *pe_features_hold(struct span file)
{
	const char *bad = hold_reading(file);
	uint8_t *big;

	if (bad || file.len < 64)
		return bad;
	big = calloc(1, file.len + FEATURES_BIG);
	if (!big)
		return NULL;
	(void)span_copy(big, file.len, file);
	bad = hold_reading((struct span){ big, file.len + FEATURES_BIG });
	free(big);
	return bad;
}
