/* SPDX-License-Identifier: MIT */
#include "evidence/stretch.h"

const char *stretch_word(enum stretch_kind kind)
{
	switch (kind) {
	case STRETCH_EMPTY: return "";
	case STRETCH_HOLE: return "hole";
	case STRETCH_BARE: return "unsigned";
	case STRETCH_COVERED: return "covered";
	case STRETCH_SIGNATURE: return "signature";
	case STRETCH_TRAILING: return "trailing";
	case STRETCH_STUFFING: return "stuffing";
	case STRETCH_CHANGED: return "changed";
	}
	return "";
}

static uint64_t range_end(struct range r)
{
	return r.len > UINT64_MAX - r.off ? UINT64_MAX : r.off + r.len;
}

/* Is @at inside?  *@until comes down to the next border of @r behind @at. */
static bool lies_in(struct range r, uint64_t at, uint64_t *until)
{
	uint64_t end = range_end(r);
	bool inside = at >= r.off && at < end;

	if (inside && end < *until)
		*until = end;
	if (r.off > at && r.off < *until)
		*until = r.off;
	return inside;
}

static bool lies_in_any(const struct range *ranges, size_t n, uint64_t at, uint64_t *until)
{
	bool inside = false;

	for (size_t i = 0; i < n; i++)
		inside |= lies_in(ranges[i], at, until);
	return inside;
}

/* What a finding says about bytes that no digest covers. */
static enum stretch_kind finding_kind(const struct report_finding *f)
{
	static const struct {
		const char *id;
		enum stretch_kind kind;
	} table[] = {
		{"stuffed.payload",  STRETCH_STUFFING },
		{ "stuffed.tag",     STRETCH_STUFFING },
		{ "pe.cert-dirsize", STRETCH_STUFFING },
		{ "pe.cert-padding", STRETCH_STUFFING },
		{ "pe.orphan-table", STRETCH_SIGNATURE},
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (strcmp(f->id, table[i].id) == 0)
			return table[i].kind;
	return STRETCH_EMPTY;
}

static enum stretch_kind kind_by_finding(const struct stretch_walk *w, uint64_t *until)
{
	enum stretch_kind kind = STRETCH_EMPTY;

	for (size_t i = 0; i < w->r->n_findings; i++) {
		enum stretch_kind k = finding_kind(&w->r->findings[i]);

		if (k != STRETCH_EMPTY && lies_in(w->r->findings[i].where, w->at, until) &&
		    k > kind)
			kind = k;
	}
	return kind;
}

/* The region at w->at; NULL: none. */
static const struct report_region *region_here(struct stretch_walk *w, uint64_t *until)
{
	const struct report *r = w->r;

	while (w->region < r->n_regions && range_end(r->regions[w->region].where) <= w->at)
		w->region++;
	if (w->region < r->n_regions && lies_in(r->regions[w->region].where, w->at, until))
		return &r->regions[w->region];
	return NULL;
}

static enum stretch_kind kind_here(struct stretch_walk *w, const struct report_region *region,
				   uint64_t *until)
{
	enum stretch_kind found = kind_by_finding(w, until);
	bool changed = false, covered = false;

	if (w->s) {
		changed = lies_in_any(w->s->bad_pages, w->s->n_bad_pages_kept, w->at, until);
		covered = lies_in_any(w->s->covered, w->s->n_covered, w->at, until);
	}
	if (covered)
		return changed ? STRETCH_CHANGED : STRETCH_COVERED;
	if (found != STRETCH_EMPTY)
		return found;
	if (region && strcmp(region->kind, "signature") == 0)
		return STRETCH_SIGNATURE;
	if (!w->s)
		return STRETCH_BARE;
	return region && strcmp(region->kind, "trailing") == 0 ? STRETCH_TRAILING
							       : STRETCH_HOLE;
}

struct stretch_walk stretch_begin(const struct report *r, int signature)
{
	return (struct stretch_walk){ .r = r,
				      .s = signature < 0 ? NULL : &r->signatures[signature] };
}

bool stretch_next(struct stretch_walk *w, struct stretch *out)
{
	const struct report_region *region;
	uint64_t until = w->r->size;

	if (w->at >= w->r->size || w->steps++ >= STRETCHES_MAX)
		return false;
	region = region_here(w, &until);
	out->kind = kind_here(w, region, &until);
	out->off = w->at;
	out->end = until;
	out->name = region ? region->name : "";
	w->at = until;
	return true;
}

bool stretch_next_row(struct stretch_walk *w, struct stretch *out)
{
	struct stretch_walk ahead;
	struct stretch next;

	if (!stretch_next(w, out))
		return false;
	for (;;) {
		ahead = *w;
		if (!stretch_next(&ahead, &next) || next.kind != out->kind ||
		    next.name != out->name)
			return true;
		out->end = next.end;
		*w = ahead;
	}
}
