/* SPDX-License-Identifier: MIT */
/*
 * PE: one reading, step by step.
 *
 * Follows "PE Format" (Microsoft).  Whatever begins with "MZ" is read here;
 * DOS, NE and LE programs are recognised and left alone.
 */
#include "formats/pe/reading.h"

#define CHARACTERISTIC_DLL 0x2000

static bool pe_sniff(struct span head)
{
	return span_starts(head, "MZ", 2);
}

void pe_break(struct pe_reading *r, const char *rule, struct range where, const char *expected,
	      const char *observed)
{
	r->out->broken = true;
	finding_add(r->findings, rule, where, expected, observed);
}

/* "Windows Subsystem", as far as it changes what a file is. */
static const char *kind_by_subsystem(uint16_t subsystem)
{
	switch (subsystem) {
	case 1: return "driver";
	case 10: return "EFI application";
	case 11: return "EFI boot service driver";
	case 12: return "EFI runtime driver";
	case 13: return "EFI ROM image";
	case 16: return "boot application";
	default: return NULL;
	}
}

static const char *variant_say(struct pe_reading *r)
{
	const struct pe_image *pe = r->image;
	const char *kind = kind_by_subsystem(pe->subsystem);

	if (!kind)
		kind = pe->characteristics & CHARACTERISTIC_DLL ? "library" : "program";
	return arena_printf(r->findings->arena, "%s %s%s",
			    pe->optional_magic == PE_MAGIC_PE32 ? "PE32" : "PE32+",
			    pe->is_dotnet ? ".NET " : "", kind);
}

static enum status pe_read(struct view *view, struct findings *findings, struct container *out)
{
	struct pe_reading r = { .view = view, .findings = findings, .out = out };

	TRY(pe_headers_read(&r));
	if (r.image) {
		TRY(pe_table_read(&r));
		TRY(pe_orphans_find(&r));
		out->pe = r.image;
		out->variant = variant_say(&r);
		if (!out->variant)
			return STATUS_NO_MEMORY;
	}
	TRY(pe_regions_make(&r));
	out->format = &format_pe;
	return STATUS_OK;
}

const struct format format_pe = {
	.name = "pe",
	.title = "Portable Executable (Windows or EFI program)",
	.vague = true,
	.sniff = pe_sniff,
	.read = pe_read,
};
