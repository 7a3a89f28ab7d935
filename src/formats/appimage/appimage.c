/* SPDX-License-Identifier: MIT */
/*
 * AppImage: "AI" and the type in the padding of the ELF header.
 *
 * A signature lies in .sha256_sig, the key that made it in .sig_key: armored
 * OpenPGP over the SHA-256 of the file, in hex, with both sections zeroed.  A key
 * that travels with a file proves nothing, so it is only shown.
 */
#include "formats/appimage/appimage.h"

#include "formats/elf_regions.h"

#define TYPE_OFFSET 8
#define PIECES      5

/* Whether it is one, its sections may say too: who runs it does not ask for the mark. */
static bool appimage_sniff(struct span head)
{
	uint16_t type;

	return elf_sniff(head, &type) && (type == ELF_EXECUTABLE || type == ELF_SHARED);
}

/* NULL: it has no mark. */
static const char *variant_of(struct span head)
{
	struct span mark = span_clip(head, TYPE_OFFSET, 3);

	if (!span_starts(mark, "AI", 2))
		return NULL;
	switch (span_at(mark, 2)) {
	case 1: return "AppImage, type 1";
	case 2: return "AppImage, type 2";
	default: return NULL;
	}
}

static struct range section_of(const struct elf *elf, const char *name)
{
	const struct elf_section *s = elf_section_find(elf, name);

	return s && !(s->flags & ELF_FLAG_ALLOC) ? s->where : (struct range){ 0, 0 };
}

/* Everything, with zeros for the two sections. */
static enum status coverage_make(struct arena *a, const struct appimage *image, uint64_t size,
				 struct coverage **out)
{
	struct range first = image->signature, second = image->key;
	struct piece *pieces = ARENA_NEW(a, struct piece, PIECES);
	uint64_t at = 0;
	size_t n = 0;

	*out = ARENA_NEW(a, struct coverage, 1);
	if (!pieces || !*out)
		return STATUS_NO_MEMORY;
	if (second.len > 0 && second.off < first.off) {
		first = image->key;
		second = image->signature;
	}
	for (int i = 0; i < 2; i++) {
		struct range zeroed = i == 0 ? first : second;

		if (zeroed.len == 0 || zeroed.off < at)
			continue;
		pieces[n++] = (struct piece){
			.kind = PIECE_RANGE, .range = {at, zeroed.off - at}
		};
		pieces[n++] = (struct piece){
			.kind = PIECE_ZEROS, .range = {0, zeroed.len}
		};
		at = zeroed.off + zeroed.len;
	}
	pieces[n++] = (struct piece){
		.kind = PIECE_RANGE, .range = {at, size - at}
	};
	**out = (struct coverage){ pieces, n };
	return STATUS_OK;
}

/* A text, up to the zeros behind it; empty: the room is there and nobody signed. */
static struct span text_of(struct span bytes)
{
	size_t len = 0;

	while (len < bytes.len && span_at(bytes, len) != 0)
		len++;
	return span_clip(bytes, 0, len);
}

static enum status claim_make(struct view *view, struct arena *a, const struct appimage *image,
			      struct container *out)
{
	struct coverage *covered;
	struct claim *claim;
	struct span bytes;

	if (image->signature.len == 0)
		return STATUS_OK;
	TRY(view_clip(view, image->signature.off, image->signature.len, &bytes));
	if (span_is_zero(bytes))
		return STATUS_OK;
	TRY(coverage_make(a, image, view->size, &covered));
	claim = ARENA_NEW(a, struct claim, 1);
	if (!claim)
		return STATUS_NO_MEMORY;
	*claim = (struct claim){ .scheme = "openpgp",
				 .presence = ASSAY_PRESENCE_EMBEDDED,
				 .where = image->signature,
				 .signature_off = image->signature.off,
				 .signature = text_of(bytes),
				 .covered = covered };
	out->claims = claim;
	return STATUS_OK;
}

static enum status appimage_read(struct view *view, struct findings *findings,
				 struct container *out)
{
	struct arena *a = findings->arena;
	struct appimage *image = ARENA_NEW(a, struct appimage, 1);
	enum status status;
	struct span head;

	if (!image)
		return STATUS_NO_MEMORY;
	TRY(view_clip(view, 0, TYPE_OFFSET + 3, &head));
	status = elf_read(view, a, &image->elf);
	if (status == STATUS_LIMIT)
		finding_add(findings, "limit.elf", (struct range){ 0, 0 }, NULL, NULL);
	TRY(status);
	if (image->elf.problem)
		finding_add(findings, "elf.tables", (struct range){ 0, image->elf.header_len },
			    "tables inside the file", image->elf.problem);
	image->signature = section_of(&image->elf, ".sha256_sig");
	image->key = section_of(&image->elf, ".sig_key");
	if (image->elf.end < view->size)
		image->payload = (struct range){ image->elf.end, view->size - image->elf.end };
	TRY(claim_make(view, a, image, out));
	out->variant = variant_of(head);
	if (!out->variant && !out->claims)
		return STATUS_NOT_MINE;
	if (!out->variant)
		out->variant = "AppImage without its mark";
	out->appimage = image;
	out->elf = &image->elf;
	return elf_regions(a, &image->elf, view->size, image->signature, out);
}

const struct format format_appimage = {
	.name = "appimage",
	.title = "AppImage",
	.sniff = appimage_sniff,
	.read = appimage_read,
};
