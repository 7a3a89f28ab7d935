/* SPDX-License-Identifier: MIT */
/* How a PE is built: the features that only a full look needs. */
#include "formats/pe/looking.h"

#define ANATOMY_PLACES 12
#define ENTRY_BYTES    16
#define LAST_OF        3 /* sections: with fewer, the last is no sign of anything */
#define EXECUTABLE     0x20000000U
#define WRITABLE       0x80000000U
#define LANGUAGES      65536

static enum status section_name(struct pe_looking *l, const struct pe_section *s,
				const char **out)
{
	TRY(pe_text(l->arena, s->name, out));
	if (!*out)
		*out = "(unnamed)";
	return STATUS_OK;
}

static struct range section_raw(const struct pe_looking *l, const struct pe_section *s)
{
	struct range raw = { s->pointer_to_raw_data, s->size_of_raw_data };

	if (raw.off > l->pe->file_size)
		return (struct range){ 0 };
	if (raw.len > l->pe->file_size - raw.off)
		raw.len = l->pe->file_size - raw.off;
	return raw;
}

/* One finding, for the first of them. */
static enum status sections_judge(struct pe_looking *l)
{
	const struct pe_section *first = NULL;
	const char *observed;
	size_t n = 0;

	for (size_t i = 0; i < l->pe->n_sections; i++) {
		const struct pe_section *s = &l->pe->sections[i];

		if ((s->characteristics & EXECUTABLE) == 0 ||
		    (s->characteristics & WRITABLE) == 0)
			continue;
		if (n++ == 0)
			first = s;
	}
	if (!first)
		return STATUS_OK;
	TRY(section_name(l, first, &observed));
	if (n > 1)
		observed = arena_printf(l->arena, "%s and %zu more", observed, n - 1);
	finding_add(l->findings, "pe.section-wx", section_raw(l, first), "code or data",
		    observed);
	return STATUS_OK;
}

static const struct pe_section *entry_section(const struct pe_image *pe)
{
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];
		uint64_t len = s->virtual_size > s->size_of_raw_data ? s->virtual_size
								     : s->size_of_raw_data;

		if (pe->entry_point_rva >= s->virtual_address &&
		    pe->entry_point_rva - s->virtual_address < len)
			return s;
	}
	return NULL;
}

static void entry_judge(struct pe_looking *l, const struct pe_section *s, uint64_t off)
{
	const struct pe_image *pe = l->pe;
	struct range where = { off, 0 };
	const char *observed = NULL;

	if (!s)
		observed = "in no section";
	else if (s->characteristics & WRITABLE)
		observed = "in a section that can be written to";
	else if (pe->n_sections >= LAST_OF && s == &pe->sections[pe->n_sections - 1])
		observed = "in the last section";
	if (observed)
		finding_add(l->findings, "pe.entry-outside-code", where,
			    "an entry point among the code", observed);
}

/* Libraries need not have one. */
static enum status entry_read(struct pe_looking *l, struct pe_anatomy *out)
{
	uint64_t rva = l->pe->entry_point_rva;
	const struct pe_section *s = entry_section(l->pe);
	struct range where;

	if (rva == 0)
		return STATUS_OK;
	if (pe_rva_map(l->pe, rva, &where)) {
		out->entry_off = where.off;
		TRY(pe_look_at_rva(l, rva, ENTRY_BYTES, &out->entry_bytes));
	}
	if (s)
		TRY(section_name(l, s, &out->entry_section));
	entry_judge(l, s, out->entry_off);
	return STATUS_OK;
}

static enum status resources_count(struct pe_looking *l, struct pe_anatomy *out)
{
	uint64_t seen[LANGUAGES / 64] = { 0 };
	struct pe_resource_tree tree;

	TRY(pe_resources_read(l, &tree));
	out->n_resources = tree.n;
	out->resource_bytes = tree.bytes;
	out->n_resource_types = tree.n_types;
	out->resources_complete = tree.complete;
	for (const struct pe_resource *r = tree.first; r; r = r->next) {
		uint64_t bit = UINT64_C(1) << r->language % 64;
		uint64_t *word = &seen[r->language % LANGUAGES / 64];

		out->n_resource_languages += (*word & bit) == 0;
		*word |= bit;
	}
	return STATUS_OK;
}

enum status pe_anatomy_read(struct view *view, const struct pe_image *pe,
			    struct findings *findings, struct pe_anatomy *out)
{
	struct pe_looking l = {
		.view = view,
		.pe = pe,
		.findings = findings,
		.arena = findings->arena,
		.max_places = ANATOMY_PLACES,
	};

	*out = (struct pe_anatomy){ .linker_major = pe->linker_major,
				    .linker_minor = pe->linker_minor };
	TRY(entry_read(&l, out));
	TRY(resources_count(&l, out));
	TRY(pe_imports_read(&l, out));
	TRY(pe_exports_read(&l, out));
	TRY(pe_loading_read(&l, out));
	TRY(pe_clr_read(&l, out));
	TRY(sections_judge(&l));
	if (l.gave_up && !finding_has(findings, "limit.pe-features", -1))
		finding_add(findings, "limit.pe-features", (struct range){ 0, 0 },
			    "few and small directories", "more than is looked at");
	return STATUS_OK;
}
