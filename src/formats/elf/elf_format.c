/* SPDX-License-Identifier: MIT */
#include "formats/elf/elf_format.h"

#include "formats/elf_regions.h"

/* Sections in which tools put PKCS #7 or OpenPGP of a kind of their own. */
static const char *const foreign[] = {
	"signature",       /* bsign */
	".SUNW_signature", /* Solaris elfsign */
	".text_sig",       /* linux-elf-binary-signer */
	".sig",            /* signelf */
	".sha256_sig",     /* AppImage, type 2 */
};

static bool elf_format_sniff(struct span head)
{
	uint16_t type;

	return elf_sniff(head, &type);
}

static const char *type_text(const struct elf *e)
{
	switch (e->type) {
	case ELF_RELOCATABLE: return "object";
	case ELF_EXECUTABLE: return "executable";
	case ELF_SHARED: return "shared object";
	case ELF_CORE: return "core dump";
	default: return "file";
	}
}

/* An empty room for a signature is none: every AppImage has one. */
static enum status foreign_find(struct view *view, struct findings *findings,
				const struct elf *elf, struct container *out)
{
	for (size_t i = 0; i < COUNT_OF(foreign); i++) {
		const struct elf_section *s = elf_section_find(elf, foreign[i]);
		struct span bytes;

		if (!s || s->where.len == 0 || s->flags & ELF_FLAG_ALLOC)
			continue;
		TRY(view_clip(view, s->where.off, s->where.len, &bytes));
		if (span_is_zero(bytes))
			continue;
		out->unsupported = true;
		finding_add(findings, "elf.foreign-signature",
			    (struct range){ s->where.off, bytes.len }, NULL,
			    elf_section_text(findings->arena, s));
	}
	return STATUS_OK;
}

static enum status elf_format_read(struct view *view, struct findings *findings,
				   struct container *out)
{
	struct arena *a = findings->arena;
	struct elf *elf = ARENA_NEW(a, struct elf, 1);
	enum status status;
	const char *kind;

	if (!elf)
		return STATUS_NO_MEMORY;
	status = elf_read(view, a, elf);
	if (status == STATUS_LIMIT)
		finding_add(findings, "limit.elf", (struct range){ 0, 0 }, NULL, NULL);
	TRY(status);
	kind = elf_kind(a, elf);
	out->variant = kind ? arena_printf(a, "%s %s", kind, type_text(elf)) : NULL;
	if (!out->variant)
		return STATUS_NO_MEMORY;
	out->elf = elf;
	if (elf->problem)
		finding_add(findings, "elf.tables", (struct range){ 0, elf->header_len },
			    "tables inside the file", elf->problem);
	TRY(foreign_find(view, findings, elf, out));
	return elf_regions(a, elf, view->size, (struct range){ 0, 0 }, out);
}

const struct format format_elf = {
	.name = "elf",
	.title = "ELF program",
	.sniff = elf_format_sniff,
	.read = elf_format_read,
};
