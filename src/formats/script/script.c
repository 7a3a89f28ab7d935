/* SPDX-License-Identifier: MIT */
/* One reading of a script, step by step. */
#include "formats/script/reading.h"

#define MAX_REGIONS     4
#define MAX_ENDS_BEHIND 4 /* line ends behind the block that every signer leaves alone */

struct script_reading {
	struct view *view;
	struct findings *findings;
	struct container *out;
	struct script_image *image;
	struct script_text text;
	struct script_block blocks[SCRIPT_MAX_BLOCKS];
	size_t n_blocks;
	struct region *regions;
	size_t n_regions;
};

/* Does a signature block begin here already?  Most text lacks the word that all have. */
static bool has_block(struct arena *a, const struct script_text *text)
{
	struct script_block blocks[SCRIPT_MAX_BLOCKS];
	uint64_t at;
	size_t n = 0;

	return span_find(text->units, SPAN_LITERAL("ignature"), 0, &at) &&
	       script_blocks_find(a, text->units, blocks, &n) == STATUS_OK && n > 0;
}

/* A head in any encoding. */
static bool script_sniff(struct span head)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(64 << 10);
	struct script_text text;

	return script_text_read(&a, head, &text) == STATUS_OK &&
	       (script_recognise(&text) != SCRIPT_FAMILY_NONE || has_block(&a, &text));
}

static struct range units_range(const struct script_reading *r, uint64_t from, uint64_t to)
{
	const struct script_text *t = &r->text;

	return (struct range){ t->start + from * t->width, (to - from) * t->width };
}

static void region_add(struct script_reading *r, const char *name, enum region_kind kind,
		       uint64_t end)
{
	uint64_t off = 0;

	if (r->n_regions > 0) {
		const struct region *last = &r->regions[r->n_regions - 1];

		off = last->where.off + last->where.len;
	}
	if (end > off)
		r->regions[r->n_regions++] = (struct region){
			name, kind, {off, end - off}
		};
}

static uint64_t file_offset(const struct script_reading *r, uint64_t unit)
{
	return r->text.start + unit * r->text.width;
}

/* Where what nobody signed begins: behind the block, unless the rest of the text is signed. */
static uint64_t signed_end(const struct script_reading *r, const struct script_block *b)
{
	uint64_t at = b->end, n_ends = 0;

	if (b->syntax->signs_rest)
		return file_offset(r, r->text.units.len);
	while (span_at(r->text.units, at) == '\r' || span_at(r->text.units, at) == '\n') {
		at++;
		n_ends++;
	}
	if (at == r->text.units.len && n_ends <= MAX_ENDS_BEHIND && !r->text.odd)
		return r->view->size;
	return file_offset(r, b->end);
}

static void behind_judge(struct script_reading *r, const struct script_block *b)
{
	uint64_t end = signed_end(r, b);

	if (end == r->view->size)
		return;
	r->image->behind = (struct range){ end, r->view->size - end };
	finding_add(r->findings, "script.after-block", r->image->behind,
		    "the end of the file behind the signature block",
		    arena_printf(r->findings->arena, "%llu bytes",
				 (unsigned long long)r->image->behind.len));
}

static void block_judge(struct script_reading *r, const struct script_block *b)
{
	struct range where = units_range(r, b->begin, b->end);

	if (b->unended)
		finding_add(r->findings, "script.block-unended", where, b->syntax->end,
			    "nothing");
	if (b->foreign_len)
		finding_add(r->findings, "script.inside-block",
			    units_range(r, b->foreign, b->foreign + b->foreign_len),
			    "base64 in comments", "something else");
	if (b->der.len == 0)
		finding_add(r->findings, "script.block-malformed", where, "base64",
			    "something else");
	if (b->unended || b->foreign_len || b->der.len == 0)
		r->out->broken = true;
}

static enum status claim_make(struct script_reading *r, const struct script_block *b)
{
	struct claim *claim = ARENA_NEW(r->findings->arena, struct claim, 1);

	if (!claim)
		return STATUS_NO_MEMORY;
	claim->scheme = "authenticode";
	claim->presence = ASSAY_PRESENCE_EMBEDDED;
	claim->where = units_range(r, b->text_end, b->end);
	claim->signature = b->der;
	claim->signature_off = claim->where.off;
	claim->packed = true;
	claim->uncovered = r->image->behind;
	claim->covered = &r->image->candidates[0].covered;
	r->out->claims = claim;
	return STATUS_OK;
}

/* Text may hold other things than text; who reads it may stop there. */
static void text_judge(struct script_reading *r)
{
	uint64_t at;

	if (span_find(r->text.units, SPAN_LITERAL("\0"), 0, &at))
		finding_add(r->findings, "script.nul", units_range(r, at, at + 1), "text",
			    "a NUL");
	if (r->text.odd)
		finding_add(r->findings, "script.encoding",
			    (struct range){ r->view->size - 1, 1 }, "UTF-16",
			    "half a character");
}

static enum status signed_read(struct script_reading *r)
{
	const struct script_block *b = &r->blocks[0];
	enum status status;

	if (r->n_blocks > 1) {
		finding_add(r->findings, "script.two-blocks",
			    units_range(r, r->blocks[1].begin, r->blocks[1].end), "one block",
			    arena_printf(r->findings->arena, "%zu%s", r->n_blocks,
					 r->n_blocks == SCRIPT_MAX_BLOCKS ? " or more" : ""));
		r->out->broken = true;
		b = &r->blocks[r->n_blocks - 1];
	}
	for (size_t i = 0; i < r->n_blocks; i++)
		block_judge(r, &r->blocks[i]);
	r->image->family = b->syntax->family;
	r->image->sip = b->syntax->sip;
	r->out->variant = b->syntax->title;
	behind_judge(r, b);
	text_judge(r);
	status = script_candidates_make(r->findings->arena, &r->text, b, r->image);
	if (status == STATUS_LIMIT)
		finding_add(r->findings, "limit.script", r->image->text, NULL, NULL);
	TRY(status);
	region_add(r, "text", REGION_SECTION, file_offset(r, b->text_end));
	region_add(r, "signature block", REGION_SIGNATURE, file_offset(r, b->end));
	return claim_make(r, b);
}

static const char *title_of(enum script_family family)
{
	for (size_t i = 0; i < n_script_syntaxes; i++)
		if (script_syntaxes[i].family == family)
			return script_syntaxes[i].title;
	return "script for an interpreter";
}

static enum status unsigned_read(struct script_reading *r)
{
	struct script_line line;

	r->image->family = script_recognise(&r->text);
	if (r->image->family == SCRIPT_FAMILY_NONE)
		return STATUS_NOT_MINE;
	r->out->variant = title_of(r->image->family);
	if (script_lookalike_find(r->text.units, &line))
		finding_add(r->findings, "script.lookalike-block",
			    units_range(r, line.off, line.end), "a signature block, or none",
			    "a line that only looks like the first of one");
	return STATUS_OK;
}

/* What is left of the file, and the list. */
static void regions_end(struct script_reading *r)
{
	region_add(r, "text", REGION_SECTION, r->view->size - r->image->behind.len);
	region_add(r, "behind the block", REGION_TRAILING, r->view->size);
	r->out->regions = r->regions;
	r->out->n_regions = r->n_regions;
}

static enum status script_read(struct view *view, struct findings *findings,
			       struct container *out)
{
	struct script_reading r = { .view = view, .findings = findings, .out = out };
	enum status status;
	struct span file;

	if (view->size > SCRIPT_MAX) {
		finding_add(findings, "limit.script", (struct range){ 0, 0 }, NULL, NULL);
		return STATUS_LIMIT;
	}
	TRY(view_part(view, 0, view->size, &file));
	r.image = ARENA_NEW(findings->arena, struct script_image, 1);
	r.regions = ARENA_NEW(findings->arena, struct region, MAX_REGIONS);
	if (!r.image || !r.regions)
		return STATUS_NO_MEMORY;
	TRY(script_text_read(findings->arena, file, &r.text));
	status = script_blocks_find(findings->arena, r.text.units, r.blocks, &r.n_blocks);
	if (status == STATUS_LIMIT)
		finding_add(findings, "limit.script", (struct range){ 0, 0 }, NULL, NULL);
	TRY(status);
	if (r.n_blocks > 0)
		TRY(signed_read(&r));
	if (r.n_blocks == 0)
		TRY(unsigned_read(&r));
	r.image->encoding = r.text.encoding;
	r.image->has_mark = r.text.start > 0;
	out->script = r.image;
	out->format = &format_script;
	regions_end(&r);
	return STATUS_OK;
}

const struct format format_script = {
	.name = "script",
	.title =
		"Script (PowerShell, MOF, or for an interpreter; beta: JScript, VBScript, WSF)",
	.sniff = script_sniff,
	.sniff_tail = script_tail_recognise,
	.read = script_read,
};
