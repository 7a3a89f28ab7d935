/* SPDX-License-Identifier: MIT */
/* What must hold for the reading of any file by any format: tests and fuzz targets ask it. */
#pragma once
#include "base/buffer.h"
#include "formats/format.h"

#define BOX_HOLD(what)                                                                         \
	do {                                                                                   \
		if (!(what))                                                                   \
			return #what;                                                          \
	} while (0)
#define BOX_HOLD_ARENA ((size_t)64 << 20)
#define BOX_HOLD_LOADS 64

static inline bool box_range_in(struct range r, uint64_t size)
{
	return r.off <= size && r.len <= size - r.off;
}

static inline void box_describe_range(struct buffer *b, const char *name, struct range r)
{
	buffer_printf(b, "%s %llu+%llu\n", name, (unsigned long long)r.off,
		      (unsigned long long)r.len);
}

/* Everything that was read, as text: two readings are equal when their texts are. */
static inline void box_describe(struct buffer *b, enum status s, const struct container *box,
				const struct findings *findings)
{
	buffer_printf(b, "%s %s %d%d%d\n", status_text(s), box->variant ? box->variant : "-",
		      box->broken, box->stripped, box->unsupported);
	for (const struct finding *f = findings->first; f; f = f->next) {
		box_describe_range(b, f->rule, f->where);
		buffer_printf(b, "%s, %s\n", f->expected ? f->expected : "-",
			      f->observed ? f->observed : "-");
	}
	if (s != STATUS_OK)
		return;
	for (const struct claim *c = box->claims; c; c = c->next) {
		box_describe_range(b, "claim", c->where);
		box_describe_range(b, "uncovered", c->uncovered);
		buffer_hex(b, c->signature);
		for (size_t i = 0; i < c->covered->n; i++) {
			box_describe_range(b, " covers", c->covered->pieces[i].range);
			buffer_hex(b, c->covered->pieces[i].literal);
		}
	}
	for (size_t i = 0; i < box->n_regions; i++)
		box_describe_range(b, box->regions[i].name, box->regions[i].where);
}

/* Gives the reader exactly what it wants, and nothing more. */
static inline enum status box_read_pieces(const struct format *format, struct span file,
					  struct arena *a, struct buffer *text)
{
	struct view v = { .size = file.len };

	for (size_t n = 0; n < BOX_HOLD_LOADS; n++) {
		CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
		struct findings findings = FINDINGS_INIT(a);
		struct container box = { .format = format };
		enum status s = format->read(&v, &findings, &box);

		if (s != STATUS_WANT) {
			box_describe(text, s, &box, &findings);
			return s;
		}
		if (v.n_want_parts == 0) {
			if (!view_add(&v, v.want.off,
				      arena_copy(a, span_clip(file, v.want.off, v.want.len))))
				return STATUS_LIMIT;
			continue;
		}
		for (size_t i = 0; i < v.n_want_parts; i++)
			buffer_add(&bytes,
				   span_clip(file, v.want_parts[i].off, v.want_parts[i].len));
		if (view_add_parts(&v, a, arena_copy(a, buffer_span(&bytes))) != STATUS_OK)
			return STATUS_LIMIT;
	}
	return STATUS_LIMIT;
}

static inline const char *box_hold_regions(const struct container *box, uint64_t size)
{
	uint64_t pos = 0;

	for (size_t i = 0; i < box->n_regions; i++) {
		const struct region *r = &box->regions[i];

		BOX_HOLD(r->where.off == pos && r->where.len > 0);
		BOX_HOLD(r->name && r->name[0] != '\0');
		for (const char *c = r->name; *c; c++)
			BOX_HOLD(*c >= ' ' && *c <= '~');
		pos += r->where.len;
	}
	BOX_HOLD(pos == size);
	return NULL;
}

/* No byte of the file is covered twice. */
static inline const char *box_hold_claims(const struct container *box, struct span file)
{
	for (const struct claim *c = box->claims; c; c = c->next) {
		uint64_t sum = 0;

		BOX_HOLD(c->scheme && c->covered);
		BOX_HOLD(box_range_in(c->where, file.len));
		BOX_HOLD(box_range_in(c->uncovered, file.len));
		for (size_t i = 0; i < c->covered->n; i++) {
			const struct piece *p = &c->covered->pieces[i];

			BOX_HOLD(p->kind != PIECE_RANGE || box_range_in(p->range, file.len));
			BOX_HOLD(p->kind != PIECE_RANGE || p->range.len > 0);
			sum += p->kind == PIECE_RANGE ? p->range.len : 0;
		}
		BOX_HOLD(sum <= file.len);
	}
	return NULL;
}

/* Does the format know the head, or the tail? */
static inline bool box_sniffed(const struct format *format, struct span file)
{
	uint64_t tail = file.len > 4096 ? file.len - 4096 : 0;

	return (format->sniff && format->sniff(span_clip(file, 0, 4096))) ||
	       (format->sniff_tail && format->sniff_tail(span_after(file, tail)));
}

/* NULL when everything holds for @file as @format reads it, else what does not. */
static inline const char *container_hold(const struct format *format, struct span file)
{
	CLEANUP(arena_free) struct arena a = { .limit = BOX_HOLD_ARENA };
	CLEANUP(arena_free) struct arena again = { .limit = BOX_HOLD_ARENA };
	CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT, pieces = BUFFER_INIT;
	struct findings findings = FINDINGS_INIT(&a);
	struct view v = view_whole(file);
	struct container box = { .format = format };
	enum status s = format->read(&v, &findings, &box);
	const char *bad = NULL;

	BOX_HOLD(s == STATUS_OK || s == STATUS_LIMIT || s == STATUS_NOT_MINE);
	BOX_HOLD(s == STATUS_NOT_MINE || box_sniffed(format, file));
	for (const struct finding *f = findings.first; f; f = f->next)
		BOX_HOLD(box_range_in(f->where, file.len));
	if (s == STATUS_OK) {
		BOX_HOLD(box.format == format && box.variant);
		bad = box_hold_regions(&box, file.len);
		bad = bad ? bad : box_hold_claims(&box, file);
	}
	if (bad)
		return bad;
	box_describe(&whole, s, &box, &findings);
	BOX_HOLD(box_read_pieces(format, file, &again, &pieces) == s);
	BOX_HOLD(span_equal(buffer_span(&whole), buffer_span(&pieces)));
	return NULL;
}
