/* SPDX-License-Identifier: MIT */
/*
 * Clearsigned text: what stands between the lines is signed, and nothing else.
 *
 * What is hashed is not what stands there (ends of lines, escaped dashes), so
 * the claim covers a literal; regions say where it was read.
 */
#include "formats/openpgp/clearsigned.h"

#include "structure/openpgp/openpgp.h"

#define LINE    "-----BEGIN PGP SIGNED MESSAGE-----"
#define REGIONS 5

static bool openpgp_sniff(struct span head)
{
	uint64_t at;

	return openpgp_clearsigned(head) || span_find(head, SPAN_LITERAL("\n" LINE), 0, &at);
}

static enum status claim_make(struct arena *a, struct span file,
			      const struct openpgp_cleartext *text, struct container *out)
{
	struct claim *claim = ARENA_NEW(a, struct claim, 1);
	struct coverage *covered = ARENA_NEW(a, struct coverage, 1);
	struct piece *piece = ARENA_NEW(a, struct piece, 1);

	if (!claim || !covered || !piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){ .kind = PIECE_LITERAL, .literal = text->canonical };
	*covered = (struct coverage){ piece, 1 };
	*claim = (struct claim){ .scheme = "openpgp",
				 .presence = ASSAY_PRESENCE_APPENDED,
				 .where = text->armor.where,
				 .signature_off = text->armor.where.off,
				 .signature = span_clip(file, text->armor.where.off,
							text->armor.where.len),
				 .covered = covered };
	/* Somebody else's text around it is what an attacker would add. */
	claim->uncovered = text->before.len > 0 ? text->before : text->after;
	out->claims = claim;
	return STATUS_OK;
}

/* Before, head line and headers, text, signature, behind. */
static enum status regions_make(struct arena *a, const struct openpgp_cleartext *text,
				uint64_t size, struct container *out)
{
	const struct region all[REGIONS] = {
		{"before the text",  REGION_GAP,       text->before     },
		{ "head",            REGION_HEADER,    { 0, 0 }         },
		{ "text",            REGION_SECTION,   text->text       },
		{ "signature",       REGION_SIGNATURE, text->armor.where},
		{ "behind the text", REGION_TRAILING,  { 0, 0 }         },
	};
	struct region *regions = ARENA_NEW(a, struct region, REGIONS);
	const uint64_t ends[REGIONS] = { text->before.len, text->text.off,
					 text->text.off + text->text.len,
					 text->armor.where.off + text->armor.where.len, size };
	uint64_t at = 0;

	if (!regions)
		return STATUS_NO_MEMORY;
	out->regions = regions;
	for (size_t i = 0; i < REGIONS; i++) {
		if (ends[i] <= at)
			continue;
		regions[out->n_regions] = all[i];
		regions[out->n_regions++].where = (struct range){ at, ends[i] - at };
		at = ends[i];
	}
	return STATUS_OK;
}

static enum status whole_region(struct arena *a, uint64_t size, struct container *out)
{
	struct region *region = ARENA_NEW(a, struct region, 1);

	if (!region)
		return STATUS_NO_MEMORY;
	*region = (struct region){
		"text", REGION_SECTION, {0, size}
	};
	out->regions = region;
	out->n_regions = 1;
	return STATUS_OK;
}

static enum status openpgp_read(struct view *view, struct findings *findings,
				struct container *out)
{
	struct openpgp_cleartext text;
	enum status status;
	struct span file;

	if (view->size > PGP_MAX_CLEARTEXT) {
		finding_add(findings, "limit.openpgp", (struct range){ 0, view->size }, NULL,
			    NULL);
		return STATUS_LIMIT;
	}
	TRY(view_part(view, 0, view->size, &file));
	status = openpgp_cleartext_read(findings->arena, file, &text);
	/* A text that only shows such a thing, say a manual, is none. */
	if (status == STATUS_NOT_MINE ||
	    (status == STATUS_MALFORMED && !openpgp_clearsigned(file)))
		return STATUS_NOT_MINE;
	out->variant = "OpenPGP signed text";
	if (status == STATUS_MALFORMED) {
		out->broken = true;
		finding_add(findings, "openpgp.text-malformed", (struct range){ 0, view->size },
			    NULL, text.problem);
		return whole_region(findings->arena, view->size, out);
	}
	TRY(status);
	if (text.before.len > 0)
		finding_add(findings, "openpgp.text-outside", text.before, NULL, NULL);
	if (text.after.len > 0)
		finding_add(findings, "openpgp.text-outside", text.after, NULL, NULL);
	TRY(claim_make(findings->arena, file, &text, out));
	return regions_make(findings->arena, &text, view->size, out);
}

const struct format format_openpgp = {
	.name = "openpgp",
	.title = "Text with an OpenPGP signature",
	.sniff = openpgp_sniff,
	.read = openpgp_read,
};
