/* SPDX-License-Identifier: MIT */
/* Mach-O as the house sees it: parts, claims, byte map, and a name for people. */
#include "formats/macho/reading.h"

/* What a signature says it covers: its slice up to where it begins. */
static enum status claim_add(struct arena *a, const struct macho_slice *s, unsigned part,
			     const struct claim ***next)
{
	struct claim *claim = ARENA_NEW(a, struct claim, 1);
	struct coverage *covered = ARENA_NEW(a, struct coverage, 1);
	struct piece *piece = ARENA_NEW(a, struct piece, 1);

	if (!claim || !covered || !piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){
		.kind = PIECE_RANGE, .range = {s->where.off, s->signature.off - s->where.off}
	};
	*covered = (struct coverage){ piece, 1 };
	*claim = (struct claim){
		.scheme = CODE_SIGNATURE_SCHEME,
		.part = part,
		.presence = ASSAY_PRESENCE_EMBEDDED,
		.where = s->signature,
		.signature_off = s->signature.off,
		.signature = s->code->whole,
		.covered = covered,
	};
	**next = claim;
	*next = &claim->next;
	return STATUS_OK;
}

static enum status parts_make(struct arena *a, const struct macho_file *file,
			      struct container *out)
{
	struct part *parts = ARENA_NEW(a, struct part, file->n_slices);

	if (!parts)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < file->n_slices; i++)
		parts[i] = (struct part){
			.name = file->slices[i].name,
			.where = file->slices[i].where,
			.broken = file->slices[i].broken,
		};
	out->parts = parts;
	out->n_parts = file->n_slices;
	return STATUS_OK;
}

static const char *variant_say(struct arena *a, const struct macho_file *file)
{
	const char *kind = macho_type_name(file->slices[0].file_type), *names = NULL;

	if (file->slices[0].kind != MACHO_PROGRAM)
		kind = "static library";
	if (!file->fat)
		return arena_printf(a, "Mach-O %s %s", file->slices[0].name, kind);
	for (size_t i = 0; i < file->n_slices; i++) {
		names = names ? arena_printf(a, "%s, %s", names, file->slices[i].name)
			      : file->slices[i].name;
		if (!names)
			return NULL;
	}
	return arena_printf(a, "universal Mach-O %s (%s)", kind, names);
}

static enum status box_fill(struct view *view, struct arena *a, const struct macho_file *file,
			    struct container *out)
{
	const struct claim **next = &out->claims;

	if (file->fat)
		TRY(parts_make(a, file, out));
	for (size_t i = 0; i < file->n_slices; i++) {
		const struct macho_slice *s = &file->slices[i];

		if (s->code && s->code->n_directories > 0)
			TRY(claim_add(a, s, (unsigned)i, &next));
	}
	out->macho = file;
	out->broken = file->broken || (!file->fat && file->slices[0].broken);
	out->variant = variant_say(a, file);
	if (!out->variant)
		return STATUS_NO_MEMORY;
	return macho_regions(a, file, view->size, &out->regions, &out->n_regions);
}

static enum status box_read(struct view *view, struct findings *findings, struct container *out)
{
	struct macho_file *file = ARENA_NEW(findings->arena, struct macho_file, 1);

	if (!file)
		return STATUS_NO_MEMORY;
	TRY(macho_file_read(view, findings, file));
	out->format = file->fat ? &format_fat : &format_macho;
	return box_fill(view, findings->arena, file, out);
}

static bool macho_sniff(struct span head)
{
	return head.len >= 4 && macho_kind_of(head) == MACHO_PROGRAM;
}

/* Java classes have the same magic; a closer look tells. */
static bool fat_sniff(struct span head)
{
	struct cursor c = cursor_at(head, 4);
	uint64_t n = cursor_be(&c, 4);
	bool wide;

	return cursor_ok(&c) && fat_magic(head, &wide) && n > 0 && n <= FAT_MAX_ARCH;
}

const struct format format_macho = {
	.name = "macho",
	.title = "Mach-O (macOS or iOS program)",
	.sniff = macho_sniff,
	.read = box_read,
};

const struct format format_fat = {
	.name = "fat",
	.title = "universal Mach-O (macOS program for several processors)",
	.sniff = fat_sniff,
	.read = box_read,
};
