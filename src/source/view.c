/* SPDX-License-Identifier: MIT */
#include "source/view.h"

#include "base/search.h"
#include "base/slot.h"

struct view view_whole(struct span file)
{
	return (struct view){ .size = file.len, .pieces = { { 0, file } }, .n = 1 };
}

struct part_search {
	const struct view_gathered *gathered;
	uint64_t off;
};

static bool part_ends_by(const void *context, uint64_t part)
{
	const struct part_search *s = context;

	return s->gathered->parts[part].off + s->gathered->parts[part].len <= s->off;
}

size_t view_gathered_place(const struct view_gathered *g, uint64_t off)
{
	const struct part_search search = { g, off };

	return search_first(g->n, part_ends_by, &search);
}

static bool gathered_part(const struct view_gathered *g, uint64_t off, uint64_t len,
			  struct span *out)
{
	size_t i = g->ordered ? view_gathered_place(g, off) : g->n;

	return i < g->n && off >= g->parts[i].off &&
	       span_part(span_clip(g->bytes, g->at[i], g->parts[i].len), off - g->parts[i].off,
			 len, out);
}

enum status view_part(struct view *v, uint64_t off, uint64_t len, struct span *out)
{
	*out = SPAN_NONE;
	if (off > v->size || len > v->size - off)
		return STATUS_MALFORMED;
	if (len == 0)
		return STATUS_OK;
	for (size_t i = 0; i < v->n; i++) {
		const struct view_piece *p = &v->pieces[i];

		if (off >= p->off && span_part(p->bytes, off - p->off, len, out))
			return STATUS_OK;
	}
	for (const struct view_gathered *g = v->gathered; g; g = g->next)
		if (gathered_part(g, off, len, out))
			return STATUS_OK;
	v->want = (struct range){ off, len };
	v->n_want_parts = 0;
	return STATUS_WANT;
}

enum status view_clip(struct view *v, uint64_t off, uint64_t len, struct span *out)
{
	if (off > v->size)
		off = v->size;
	if (len > v->size - off)
		len = v->size - off;
	return view_part(v, off, len, out);
}

static bool parts_equal(const struct view_gathered *g, const struct range *parts, size_t n)
{
	if (g->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (g->parts[i].off != parts[i].off || g->parts[i].len != parts[i].len)
			return false;
	return true;
}

/* Copies what pieces hold.  False: they do not hold all. */
static bool parts_copy(struct view *v, const struct range *parts, size_t n, struct slot to)
{
	struct span part;
	uint64_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (view_part(v, parts[i].off, parts[i].len, &part) != STATUS_OK ||
		    !slot_put(to, at, part))
			return false;
		at += part.len;
	}
	return true;
}

/* Is all of it there, in pieces? */
static bool parts_loaded(struct view *v, const struct range *parts, size_t n)
{
	struct span part;

	for (size_t i = 0; i < n; i++)
		if (view_part(v, parts[i].off, parts[i].len, &part) != STATUS_OK)
			return false;
	return true;
}

/* How long all parts are together.  False: one lies outside, or they cannot be in memory. */
static bool parts_measure(const struct view *v, const struct range *parts, size_t n,
			  size_t *len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (parts[i].off > v->size || parts[i].len > v->size - parts[i].off ||
		    parts[i].len > SIZE_MAX - sum)
			return false;
		sum += parts[i].len;
	}
	*len = (size_t)sum;
	return true;
}

enum status view_want(struct view *v, const struct range *parts, size_t n)
{
	v->want = (struct range){ 0 };
	v->want_parts = parts;
	v->n_want_parts = n;
	return STATUS_WANT;
}

enum status view_add_parts(struct view *v, struct arena *a, struct span bytes)
{
	struct view_gathered *g = ARENA_NEW(a, struct view_gathered, 1);
	uint64_t *at = ARENA_NEW(a, uint64_t, v->n_want_parts);
	uint64_t sum = 0, end = 0;

	if (!g || !at)
		return STATUS_NO_MEMORY;
	*g = (struct view_gathered){ v->want_parts, v->n_want_parts, bytes, at,
				     true,          v->gathered };
	for (size_t i = 0; i < g->n; i++) {
		g->ordered = g->ordered && g->parts[i].off >= end;
		end = g->parts[i].off + g->parts[i].len;
		at[i] = sum;
		sum += g->parts[i].len;
	}
	v->gathered = g;
	v->n_want_parts = 0;
	return STATUS_OK;
}

enum status view_gather(struct view *v, struct arena *a, const struct range *parts, size_t n,
			struct span *out)
{
	struct slot to;

	*out = SPAN_NONE;
	if (!parts_measure(v, parts, n, &to.len))
		return STATUS_MALFORMED;
	if (to.len == 0)
		return STATUS_OK;
	for (const struct view_gathered *g = v->gathered; g; g = g->next)
		if (parts_equal(g, parts, n)) {
			*out = g->bytes;
			return STATUS_OK;
		}
	if (!parts_loaded(v, parts, n))
		return view_want(v, parts, n);
	if (n == 1)
		return view_part(v, parts[0].off, parts[0].len, out);
	to.ptr = ARENA_NEW(a, uint8_t, to.len);
	if (!to.ptr || !parts_copy(v, parts, n, to))
		return STATUS_NO_MEMORY;
	*out = slot_span(to);
	return STATUS_OK;
}

bool view_add(struct view *v, uint64_t off, struct span bytes)
{
	if (v->n == VIEW_MAX_PIECES)
		return false;
	v->pieces[v->n++] = (struct view_piece){ off, bytes };
	return true;
}
