/* SPDX-License-Identifier: MIT */
/* What must hold for the reading of any script.  Tests and the fuzz target ask the same. */
#pragma once
#include "base/base64.h"
#include "formats/script/script.h"

#define HOLD(what)                                                                             \
	do {                                                                                   \
		if (!(what))                                                                   \
			return #what;                                                          \
	} while (0)

#define HOLD_ARENA ((size_t)64 << 20)

static inline const char *hold_regions(const struct container *box, uint64_t size)
{
	uint64_t pos = 0;

	for (size_t i = 0; i < box->n_regions; i++) {
		HOLD(box->regions[i].where.off == pos && box->regions[i].where.len > 0);
		pos += box->regions[i].where.len;
	}
	HOLD(pos == size);
	return NULL;
}

/* Every digit of base64 in the file's block stands for the signature, and nothing else does. */
static inline const char *hold_candidates(const struct script_image *image, struct span file)
{
	HOLD(image->n_candidates > 0 && image->n_candidates <= SCRIPT_MAX_CANDIDATES);
	for (size_t i = 0; i < image->n_candidates; i++) {
		const struct script_candidate *c = &image->candidates[i];
		const struct piece *p = c->covered.pieces;
		struct span raw;

		HOLD(c->name && c->covered.n == 1);
		HOLD(span_part(file, p->range.off, p->range.len, &raw));
		HOLD(p->kind == PIECE_RANGE || p->literal.len <= 4 * file.len + 6);
		HOLD(!(c->usual && c->ends));
		for (size_t k = 0; k < i; k++)
			HOLD(p->kind == PIECE_RANGE ||
			     !span_same(p->literal,
					image->candidates[k].covered.pieces->literal));
	}
	return NULL;
}

static inline const char *hold_claim(const struct container *box,
				     const struct script_image *image, struct span file)
{
	const struct claim *c = box->claims;
	CLEANUP(buffer_free) struct buffer digits = BUFFER_INIT;
	struct span raw;

	HOLD(!c->next && strcmp(c->scheme, "authenticode") == 0);
	HOLD(span_part(file, c->where.off, c->where.len, &raw));
	HOLD(image->text.off == 0 && image->text.len == c->where.off);
	HOLD(image->behind.len == 0 || image->behind.off >= c->where.off + c->where.len);
	HOLD(image->behind.len == 0 || image->behind.off + image->behind.len == file.len);
	HOLD(c->signature.len > 0 || box->broken);
	HOLD(c->signature.len <= raw.len);
	base64_encode(&digits, c->signature);
	HOLD(digits.len <= raw.len);
	return hold_candidates(image, file);
}

static inline const char *script_hold(struct span file)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(HOLD_ARENA);
	struct findings findings = FINDINGS_INIT(&a);
	struct view view = view_whole(file);
	struct container box = { 0 };
	enum status status = format_script.read(&view, &findings, &box);
	const char *bad;

	HOLD(status == STATUS_OK || status == STATUS_NOT_MINE || status == STATUS_LIMIT);
	for (const struct finding *f = findings.first; f; f = f->next)
		HOLD(f->where.off <= file.len && f->where.len <= file.len - f->where.off);
	HOLD(status != STATUS_LIMIT || finding_has(&findings, "limit.script", -1));
	if (status != STATUS_OK)
		return NULL;
	HOLD(box.variant && box.script && box.script->family != SCRIPT_FAMILY_NONE);
	HOLD(box.claims || !box.broken);
	HOLD(box.claims || findings.n == 0 ||
	     finding_has(&findings, "script.lookalike-block", -1));
	bad = hold_regions(&box, file.len);
	return bad || !box.claims ? bad : hold_claim(&box, box.script, file);
}
