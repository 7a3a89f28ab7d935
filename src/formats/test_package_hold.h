/* SPDX-License-Identifier: MIT */
/*
 * What must hold for the reading of any package, good or hostile; tests and the
 * fuzz target ask the same questions.  A sentence says what does not; NULL: all does.
 */
#pragma once
#include "base/limits.h"
#include "formats/format.h"
#include <stdlib.h>

#define PACKAGE_LOADS 64

struct package_reading {
	struct arena arena;
	struct findings findings;
	struct container box;
	enum status status;
};

static inline void package_read(struct package_reading *r, const struct format *format,
				struct view *view)
{
	r->findings = (struct findings)FINDINGS_INIT(&r->arena);
	r->box = (struct container){ .format = format };
	r->status = format->read(view, &r->findings, &r->box);
}

static inline void package_take(struct package_reading *r, const struct format *format,
				struct span file)
{
	struct view view = view_whole(file);

	*r = (struct package_reading){ .arena = ARENA_INIT(FILE_ARENA_BYTES) };
	package_read(r, format, &view);
}

static inline void package_free(struct package_reading *r)
{
	arena_free(&r->arena);
}

/* The same, giving the reader no more than it asks for. */
static inline void package_take_pieces(struct package_reading *r, const struct format *format,
				       struct span file)
{
	struct view view = { .size = file.len };

	*r = (struct package_reading){ .arena = ARENA_INIT(FILE_ARENA_BYTES) };
	for (int i = 0; i < PACKAGE_LOADS; i++) {
		package_read(r, format, &view);
		if (r->status != STATUS_WANT ||
		    !view_add(&view, view.want.off,
			      span_clip(file, view.want.off, view.want.len)))
			return;
	}
}

static inline const char *package_claims_hold(const struct container *box, struct span file)
{
	for (const struct claim *c = box->claims; c; c = c->next) {
		uint64_t end = 0;

		if (c->where.off > file.len || c->where.len > file.len - c->where.off)
			return "a signature outside of the file";
		if (!c->covered)
			return "a signature over nothing";
		for (size_t i = 0; i < c->covered->n; i++) {
			const struct piece *p = &c->covered->pieces[i];

			if (p->kind != PIECE_RANGE)
				continue;
			if (p->range.off > file.len || p->range.len > file.len - p->range.off)
				return "a piece outside of the file";
			if (!box->broken && p->range.len > 0 && p->range.off < end)
				return "pieces that overlap";
			end = p->range.off + p->range.len;
		}
	}
	return NULL;
}

static inline const char *package_holds(const struct package_reading *r, struct span file)
{
	uint64_t end = 0;

	if (r->status == STATUS_WANT)
		return "it wants bytes of a whole file";
	if (r->status != STATUS_OK)
		return r->status == STATUS_LIMIT && r->findings.n == 0
			       ? "a limit without a name"
			       : NULL;
	if (r->box.broken && r->findings.n == 0)
		return "broken, and nobody knows why";
	for (size_t i = 0; i < r->box.n_regions; i++) {
		if (r->box.regions[i].where.off != end || r->box.regions[i].where.len == 0)
			return "regions that do not follow each other";
		end += r->box.regions[i].where.len;
	}
	if (end != file.len)
		return "regions that are not the file";
	return package_claims_hold(&r->box, file);
}
