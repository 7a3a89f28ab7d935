/* SPDX-License-Identifier: MIT */
/* The list of features: headers and sections of a PE.  Names as in "PE Format" (Microsoft). */
#include "base/escape.h"
#include "countermeasures/file_analysis/parts.h"
#include "structure/der.h"

static void describe_stamp(struct features *f, const struct analysis_parts *p)
{
	static const char *const kinds[] = {
		[PE_STAMP_ZERO] = "zero", [PE_STAMP_TIME] = "time", [PE_STAMP_REPRO] = "repro"
	};

	describe_of_pe(f, "stamp.value", FEATURE_OF_NUMBER(p->box->pe->time_date_stamp));
	describe_of_pe(f, "stamp.kind",
		       p->identity ? feature_of_text(kinds[p->identity->stamp])
				   : feature_skipped("off"));
}

static void describe_checksum(struct features *f, const struct analysis_parts *p)
{
	static const char *const states[] = {
		[CHECKSUM_OK] = "ok", [CHECKSUM_ZERO] = "zero", [CHECKSUM_WRONG] = "wrong"
	};
	enum analysis_checksum state = analysis_checksum_state(p);

	describe_of_pe(f, "checksum.field", FEATURE_OF_NUMBER(p->box->pe->checksum_field));
	if (state == CHECKSUM_UNKNOWN) {
		describe_of_pe(f, "checksum.computed", feature_skipped("off"));
		describe_of_pe(f, "checksum.state", feature_skipped("off"));
		return;
	}
	describe_of_pe(f, "checksum.computed", FEATURE_OF_NUMBER(p->bulk->pe_checksum));
	describe_of_pe(f, "checksum.state", feature_of_text(states[state]));
}

/* Where the first section's raw data begins. */
static struct feature first_section(const struct pe_image *pe)
{
	struct feature out = feature_absent();

	for (size_t i = 0; i < pe->n_sections; i++) {
		uint64_t off = pe->sections[i].pointer_to_raw_data;

		if (off && pe->sections[i].size_of_raw_data &&
		    (out.kind == FEATURE_ABSENT || off < out.number))
			out = FEATURE_OF_NUMBER(off);
	}
	return out;
}

static void describe_headers(struct features *f, const struct analysis_parts *p)
{
	const struct pe_image *pe = p->box->pe;
	const struct pe_anatomy *anatomy = p->anatomy;

	describe_of_pe(f, "machine", FEATURE_OF_NUMBER(pe->machine));
	describe_of_pe(f, "magic", FEATURE_OF_NUMBER(pe->optional_magic));
	describe_of_pe(f, "characteristics", FEATURE_OF_NUMBER(pe->characteristics));
	describe_of_pe(f, "subsystem", FEATURE_OF_NUMBER(pe->subsystem));
	describe_of_pe(f, "dll_characteristics", FEATURE_OF_NUMBER(pe->dll_characteristics));
	describe_of_pe(
		f, "linker",
		anatomy ? feature_of_text(arena_printf(f->arena, "%u.%u", anatomy->linker_major,
						       anatomy->linker_minor))
			: feature_skipped("off"));
	describe_stamp(f, p);
	describe_checksum(f, p);
	describe_of_pe(f, "headers.size", FEATURE_OF_NUMBER(pe->size_of_headers));
	describe_of_pe(f, "headers.first_section", first_section(pe));
	describe_of_pe(f, "alignment.file", FEATURE_OF_NUMBER(pe->file_alignment));
	describe_of_pe(f, "alignment.section", FEATURE_OF_NUMBER(pe->section_alignment));
}

static void describe_entry(struct features *f, const struct analysis_parts *p)
{
	const struct pe_anatomy *anatomy = p->anatomy;

	describe_of_pe(f, "entry.rva", FEATURE_OF_NUMBER(p->box->pe->entry_point_rva));
	if (!anatomy) {
		describe_of_pe(f, "entry.section", feature_skipped("off"));
		describe_of_pe(f, "entry.offset", feature_skipped("off"));
		describe_of_pe(f, "entry.bytes", feature_skipped("off"));
		return;
	}
	describe_of_pe(f, "entry.section", feature_of_text(anatomy->entry_section));
	describe_of_pe(f, "entry.offset",
		       anatomy->entry_off ? FEATURE_OF_NUMBER(anatomy->entry_off)
					  : feature_absent());
	describe_of_pe(f, "entry.bytes",
		       anatomy->entry_bytes.len ? FEATURE_OF_BYTES(anatomy->entry_bytes)
						: feature_absent());
}

/* --- sections ---------------------------------------------------------------------------- */

/* The region that is this section's; n_regions: none. */
static size_t region_of(const struct analysis_parts *p, size_t section)
{
	size_t i;

	for (i = 0; i < p->box->n_regions; i++) {
		size_t owner;

		if (analysis_section_of(p->box->pe, &p->box->regions[i], &owner) &&
		    owner == section)
			break;
	}
	return i;
}

static struct feature section_digest(const struct features *f, const struct analysis_parts *p,
				     size_t i)
{
	if (p->box->pe->sections[i].size_of_raw_data == 0)
		return feature_absent();
	if (i >= p->n_sections || p->sections[i].result.algorithm != DIGEST_SHA256)
		return feature_skipped("off");
	return feature_of_digest(f, &p->sections[i].result);
}

/* Without the zeros that fill it up. */
static struct span name_of(struct span name)
{
	while (name.len > 0 && span_at(name, name.len - 1) == 0)
		name.len--;
	return name;
}

static void describe_section(struct features *f, const struct analysis_parts *p, size_t i)
{
	const struct pe_section *s = &p->box->pe->sections[i];
	size_t region = region_of(p, i);
	bool found = region < p->box->n_regions;
	struct feature name = feature_of_text(
		found ? p->box->regions[region].name
		      : escape_string(f->arena, name_of(s->name), FEATURE_MAX_TEXT));
	uint32_t both = SECTION_EXECUTE | SECTION_WRITE;

	name.where = (struct range){ s->pointer_to_raw_data, s->size_of_raw_data };
	feature_add_at(f, name, "pe.sections.%zu.name", i);
	feature_add_at(f, FEATURE_OF_NUMBER(s->pointer_to_raw_data),
		       "pe.sections.%zu.raw_offset", i);
	feature_add_at(f, FEATURE_OF_NUMBER(s->size_of_raw_data), "pe.sections.%zu.raw_size",
		       i);
	feature_add_at(f, FEATURE_OF_NUMBER(s->virtual_address),
		       "pe.sections.%zu.virtual_address", i);
	feature_add_at(f, FEATURE_OF_NUMBER(s->virtual_size), "pe.sections.%zu.virtual_size",
		       i);
	feature_add_at(f, FEATURE_OF_NUMBER(s->characteristics),
		       "pe.sections.%zu.characteristics", i);
	feature_add_at(f, FEATURE_OF_FLAG((s->characteristics & both) == both),
		       "pe.sections.%zu.writable_code", i);
	feature_add_at(f, found ? analysis_entropy(p, region) : feature_absent(),
		       "pe.sections.%zu.entropy", i);
	feature_add_at(f, section_digest(f, p, i), "pe.sections.%zu.sha256", i);
}

static void describe_sections(struct features *f, const struct analysis_parts *p)
{
	const struct container *box = p->box;
	uint64_t gaps = 0;

	describe_of_pe(f, "number_of_sections", FEATURE_OF_NUMBER(box->pe->number_of_sections));
	for (size_t i = 0; i < box->pe->n_sections; i++)
		describe_section(f, p, i);
	if (box->pe->n_sections == 0)
		describe_of_pe(f, "sections", feature_absent());
	for (size_t i = 0; i < box->n_regions; i++)
		if (box->regions[i].kind == REGION_GAP)
			gaps += box->regions[i].where.len;
	describe_of_pe(f, "gap_bytes", FEATURE_OF_NUMBER(gaps));
}

/* --- certificate table ------------------------------------------------------------------- */

static void describe_certificate(struct features *f, const struct claim *c, size_t i)
{
	struct cursor in = cursor_at(c->signature, 0);
	struct der der;

	feature_add_at(f, FEATURE_OF_NUMBER(c->where.off),
		       "pe.certificate_table.entries.%zu.offset", i);
	feature_add_at(f, FEATURE_OF_NUMBER(c->where.len),
		       "pe.certificate_table.entries.%zu.length", i);
	feature_add_at(f, FEATURE_OF_NUMBER(c->revision),
		       "pe.certificate_table.entries.%zu.revision", i);
	feature_add_at(f, FEATURE_OF_NUMBER(c->type), "pe.certificate_table.entries.%zu.type",
		       i);
	feature_add_at(f,
		       !c->unsupported && der_next(&in, &der)
			       ? FEATURE_OF_NUMBER(cursor_left(&in))
			       : feature_absent(),
		       "pe.certificate_table.entries.%zu.slack", i);
}

static void describe_table(struct features *f, const struct analysis_parts *p)
{
	struct range table = p->box->pe->table;
	size_t n = 0;

	if (table.len == 0) {
		describe_of_pe(f, "certificate_table", feature_absent());
		return;
	}
	describe_of_pe(f, "certificate_table.offset", FEATURE_OF_NUMBER(table.off));
	describe_of_pe(f, "certificate_table.length", FEATURE_OF_NUMBER(table.len));
	describe_of_pe(f, "certificate_table.misaligned", FEATURE_OF_NUMBER(table.off % 8));
	describe_of_pe(f, "certificate_table.bytes_behind",
		       FEATURE_OF_NUMBER(p->size - (table.off + table.len)));
	for (const struct claim *c = p->box->claims; c; c = c->next)
		describe_certificate(f, c, n++);
	if (n == 0)
		describe_of_pe(f, "certificate_table.entries", feature_absent());
}

enum status describe_pe(struct features *f, const struct analysis_parts *p)
{
	if (!p->box->pe) {
		describe(f, "pe", feature_skipped("format"));
		return STATUS_OK;
	}
	describe_headers(f, p);
	describe_entry(f, p);
	describe_sections(f, p);
	TRY(describe_identity(f, p->identity));
	TRY(describe_anatomy(f, p->anatomy));
	describe_table(f, p);
	return STATUS_OK;
}
