/* SPDX-License-Identifier: MIT */
#include "formats/crx/crx.h"

#include "structure/protobuf.h"

#define FIELD_RSA           2
#define FIELD_ECDSA         3
#define FIELD_SIGNED_HEADER 10000
#define FIELD_KEY           1
#define FIELD_SIGNATURE     2
#define FIELD_ID            1
#define PREFIX_BYTES        12 /* magic, version, length of the header */

static bool crx_sniff(struct span head)
{
	return span_starts(head, "Cr24", 4) || span_starts(head, "CrOD", 4);
}

static void crx_break(struct findings *findings, struct container *out, struct range where,
		      const char *expected)
{
	out->broken = true;
	finding_add(findings, "crx.header-malformed", where, expected, NULL);
}

static bool proof_read(struct span in, struct crx_proof *out)
{
	struct cursor c = cursor_at(in, 0);
	struct protobuf_field f;

	while (protobuf_next(&c, &f)) {
		if (f.number == FIELD_KEY && f.kind == PROTOBUF_BYTES)
			out->key = f.bytes;
		if (f.number == FIELD_SIGNATURE && f.kind == PROTOBUF_BYTES)
			out->signature = f.bytes;
	}
	return cursor_ok(&c) && out->key.len > 0 && out->signature.len > 0;
}

static bool id_read(struct crx_file *crx)
{
	struct cursor c = cursor_at(crx->signed_header, 0);
	struct protobuf_field f;

	while (protobuf_next(&c, &f))
		if (f.number == FIELD_ID && f.kind == PROTOBUF_BYTES)
			crx->id = f.bytes;
	return cursor_ok(&c) && crx->id.len == CRX_ID_BYTES;
}

static enum status header_read(struct findings *findings, struct span header,
			       struct crx_file *crx, struct container *out)
{
	struct cursor c = cursor_at(header, 0);
	struct protobuf_field f;

	while (protobuf_next(&c, &f)) {
		bool proof = f.number == FIELD_RSA || f.number == FIELD_ECDSA;

		if (f.number == FIELD_SIGNED_HEADER && f.kind == PROTOBUF_BYTES)
			crx->signed_header = f.bytes;
		if (!proof || f.kind != PROTOBUF_BYTES)
			continue;
		if (crx->n_proofs == CRX_MAX_PROOFS) {
			finding_add(findings, "limit.signers", crx->header, NULL, NULL);
			return STATUS_LIMIT;
		}
		crx->proofs[crx->n_proofs].ecdsa = f.number == FIELD_ECDSA;
		if (!proof_read(f.bytes, &crx->proofs[crx->n_proofs++]))
			crx_break(findings, out, crx->header, "a key and a signature");
	}
	if (!cursor_ok(&c))
		crx_break(findings, out, crx->header, "a protocol buffer");
	if (!id_read(crx))
		crx_break(findings, out, crx->header, "an id of 16 bytes that is signed");
	return STATUS_OK;
}

/* An archive that begins in the header would be another one than what is signed. */
static void archive_in_header(struct findings *findings, struct span header,
			      const struct crx_file *crx, struct container *out)
{
	uint64_t at;

	if (!span_find(header, SPAN_LITERAL("PK\5\6"), 0, &at) &&
	    !span_find(header, SPAN_LITERAL("PK\6\7"), 0, &at))
		return;
	out->broken = true;
	finding_add(findings, "crx.archive-in-header",
		    (struct range){ crx->header.off + at, 4 },
		    "no end record of an archive in the header", NULL);
}

static enum status claims_make(struct findings *findings, struct span header,
			       const struct crx_file *crx, struct container *out)
{
	struct coverage *covered = ARENA_NEW(findings->arena, struct coverage, 1);
	struct piece *piece = ARENA_NEW(findings->arena, struct piece, 1);

	if (!covered || !piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){ .kind = PIECE_RANGE, .range = crx->archive };
	*covered = (struct coverage){ piece, 1 };
	for (size_t i = crx->n_proofs; i > 0; i--) {
		const struct crx_proof *proof = &crx->proofs[i - 1];
		struct claim *claim = ARENA_NEW(findings->arena, struct claim, 1);
		uint64_t off;

		if (!claim)
			return STATUS_NO_MEMORY;
		if (!span_offset(header, proof->signature, &off))
			off = 0;
		*claim = (struct claim){
			.scheme = "crx",
			.presence = ASSAY_PRESENCE_EMBEDDED,
			.where = {crx->header.off + off, proof->signature.len},
			.signature_off = crx->header.off + off,
			.signature = proof->signature,
			.covered = covered,
			.next = out->claims,
		};
		out->claims = claim;
	}
	return STATUS_OK;
}

static enum status regions_make(struct arena *a, const struct crx_file *crx,
				struct container *out)
{
	struct region *regions = ARENA_NEW(a, struct region, 3);

	if (!regions)
		return STATUS_NO_MEMORY;
	regions[0] = (struct region){
		"header", REGION_HEADER, {0, crx->header.off}
	};
	regions[1] = (struct region){ "proofs", REGION_SIGNATURE, crx->header };
	regions[2] = (struct region){ "archive", REGION_SECTION, crx->archive };
	out->regions = regions;
	out->n_regions = crx->archive.len > 0 ? 3 : crx->header.len > 0 ? 2 : 1;
	return STATUS_OK;
}

static enum status crx_read(struct view *view, struct findings *findings, struct container *out)
{
	struct crx_file *crx = ARENA_NEW(findings->arena, struct crx_file, 1);
	uint32_t version, len;
	struct span head, header;
	struct cursor c;

	if (!crx)
		return STATUS_NO_MEMORY;
	out->format = &format_crx;
	out->variant = "Chromium extension";
	TRY(view_clip(view, 0, PREFIX_BYTES, &head));
	c = cursor_at(head, 4);
	version = cursor_u32le(&c);
	len = cursor_u32le(&c);
	crx->header = (struct range){ head.len, 0 };
	if (!cursor_ok(&c) || span_starts(head, "CrOD", 4) || version != 3) {
		out->unsupported = true;
		crx->archive = (struct range){ head.len, view->size - head.len };
		return regions_make(findings->arena, crx, out);
	}
	if (len > CRX_HEADER_MAX) {
		finding_add(findings, "limit.crx", (struct range){ 8, 4 }, NULL, NULL);
		return STATUS_LIMIT;
	}
	TRY(view_clip(view, PREFIX_BYTES, len, &header));
	crx->header.len = header.len;
	crx->archive = (struct range){ PREFIX_BYTES + header.len,
				       view->size - PREFIX_BYTES - header.len };
	if (header.len < len)
		crx_break(findings, out, crx->header, "a header inside the file");
	TRY(header_read(findings, header, crx, out));
	archive_in_header(findings, header, crx, out);
	TRY(claims_make(findings, header, crx, out));
	out->crx = crx;
	return regions_make(findings->arena, crx, out);
}

const struct format format_crx = {
	.name = "crx",
	.title = "Chromium extension (CRX)",
	.sniff = crx_sniff,
	.read = crx_read,
};
