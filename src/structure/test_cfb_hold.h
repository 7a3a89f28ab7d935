/* SPDX-License-Identifier: MIT */
/* What must hold for the reading of any bytes as a compound file, good or hostile. */
#pragma once
#include "base/buffer.h"
#include "structure/cfb.h"
#include <stdlib.h>

#define CFB_HOLD(what)                                                                         \
	do {                                                                                   \
		if (!(what))                                                                   \
			return #what;                                                          \
	} while (0)
#define CFB_HOLD_ARENA ((size_t)64 << 20)
#define CFB_HOLD_LOADS 64

struct cfb_taken {
	struct range *ranges;
	size_t n;
};

static inline int cfb_range_order(const void *a, const void *b)
{
	const struct range *x = (const struct range *)a, *y = (const struct range *)b;

	return (x->off > y->off) - (x->off < y->off);
}

static inline bool cfb_range_in(struct range r, uint64_t size)
{
	return r.off <= size && r.len <= size - r.off;
}

/* Everything that was read, as text: two readings are equal when their texts are. */
static inline void cfb_describe(struct buffer *b, enum status s, const struct cfb *c,
				const struct findings *findings)
{
	buffer_printf(b, "%s %d %zu\n", status_text(s), c->broken, c->n_entries);
	for (const struct finding *f = findings->first; f; f = f->next)
		buffer_printf(b, "%s %llu+%llu %s, %s\n", f->rule,
			      (unsigned long long)f->where.off,
			      (unsigned long long)f->where.len, f->expected ? f->expected : "-",
			      f->observed ? f->observed : "-");
	for (size_t i = 0; s == STATUS_OK && i < c->n_entries; i++) {
		const struct cfb_entry *e = &c->entries[i];

		buffer_hex(b, e->name);
		buffer_printf(b, " %d %d %llu:", (int)e->type, e->reached,
			      (unsigned long long)e->size);
		for (size_t k = 0; k < e->n_runs; k++)
			buffer_printf(b, " %llu+%llu", (unsigned long long)e->runs[k].off,
				      (unsigned long long)e->runs[k].len);
		for (size_t k = 0; k < e->n_children; k++)
			buffer_printf(b, " >%u", e->children[k]->index);
		buffer_char(b, '\n');
	}
	buffer_printf(b, "%llu+%llu, %zu holes\n", (unsigned long long)c->trailing.off,
		      (unsigned long long)c->trailing.len, c->n_holes);
}

/* Gives the reader exactly what it wants, each time in memory of exactly that size. */
static inline enum status cfb_read_pieces(struct span file, struct arena *a,
					  struct buffer *text)
{
	struct view v = { .size = file.len };
	enum status s = STATUS_WANT;

	for (size_t n = 0; s == STATUS_WANT && n < CFB_HOLD_LOADS; n++) {
		struct findings findings = FINDINGS_INIT(a);
		CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
		struct cfb c;

		s = cfb_read(&v, &findings, &c);
		if (s != STATUS_WANT) {
			cfb_describe(text, s, &c, &findings);
			return s;
		}
		for (size_t i = 0; i < v.n_want_parts; i++)
			buffer_add(&bytes,
				   span_clip(file, v.want_parts[i].off, v.want_parts[i].len));
		if (v.n_want_parts == 0) {
			if (!view_add(&v, v.want.off,
				      arena_copy(a, span_clip(file, v.want.off, v.want.len))))
				return STATUS_LIMIT;
			continue;
		}
		if (view_add_parts(&v, a, arena_copy(a, buffer_span(&bytes))) != STATUS_OK)
			return STATUS_NO_MEMORY;
	}
	return s;
}

/* The bytes of streams, of tables and the holes are all there is, and nothing is there twice.
 */
static inline const char *cfb_hold_layout(const struct cfb *c, uint64_t size,
					  struct cfb_taken *t)
{
	uint64_t pos = 0;

	for (size_t i = 0; i < c->n_entries; i++)
		for (size_t k = 0; k < c->entries[i].n_runs; k++)
			t->ranges[t->n++] = c->entries[i].runs[k];
	for (size_t i = 0; i < c->n_tables; i++)
		t->ranges[t->n++] = c->tables[i];
	for (size_t i = 0; i < c->n_holes && c->n_holes < CFB_MAX_HOLES; i++)
		t->ranges[t->n++] = c->holes[i];
	t->ranges[t->n++] = c->slack;
	t->ranges[t->n++] = c->trailing;
	qsort(t->ranges, t->n, sizeof(*t->ranges), cfb_range_order);
	for (size_t i = 0; i < t->n; i++) {
		CFB_HOLD(cfb_range_in(t->ranges[i], size));
		CFB_HOLD(t->ranges[i].len == 0 || t->ranges[i].off >= pos);
		if (t->ranges[i].len > 0)
			pos = t->ranges[i].off + t->ranges[i].len;
	}
	CFB_HOLD(c->n_entries == 0 || pos == size);
	return NULL;
}

static inline const char *cfb_hold_entries(const struct cfb *c)
{
	size_t n_children = 0, n_reached = 0;

	for (size_t i = 0; i < c->n_entries; i++) {
		const struct cfb_entry *e = &c->entries[i];
		uint64_t sum = 0;

		for (size_t k = 0; k < e->n_runs; k++) {
			CFB_HOLD(e->runs[k].len > 0);
			sum += e->runs[k].len;
		}
		CFB_HOLD(e->n_runs == 0 || (e->reached && sum == e->size));
		CFB_HOLD(c->broken || e->type != CFB_STREAM || !e->reached || sum == e->size);
		for (size_t k = 0; k < e->n_children; k++) {
			CFB_HOLD(e->children[k]->reached);
			CFB_HOLD(k == 0 ||
				 span_compare(e->children[k - 1]->name, e->children[k]->name) <
					 0 ||
				 c->broken);
		}
		n_children += e->n_children;
		n_reached += e->reached;
	}
	CFB_HOLD(c->n_entries == 0 || n_children + 1 == n_reached);
	return NULL;
}

/* NULL when everything holds for @file, else what does not. */
static inline const char *cfb_hold(struct span file)
{
	CLEANUP(arena_free) struct arena a = { .limit = CFB_HOLD_ARENA };
	CLEANUP(arena_free) struct arena again = { .limit = CFB_HOLD_ARENA };
	CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT, pieces = BUFFER_INIT;
	struct findings findings = FINDINGS_INIT(&a);
	struct view v = view_whole(file);
	struct cfb_taken taken = { 0 };
	const char *bad = NULL;
	struct cfb c;
	enum status s = cfb_read(&v, &findings, &c);
	size_t room = c.n_tables + c.n_holes + 2;

	CFB_HOLD((s == STATUS_NOT_MINE) != cfb_sniff(file));
	CFB_HOLD(s == STATUS_OK || s == STATUS_LIMIT || s == STATUS_NOT_MINE);
	cfb_describe(&whole, s, &c, &findings);
	for (size_t i = 0; i < c.n_entries; i++)
		room += c.entries[i].n_runs;
	taken.ranges = calloc(room, sizeof(*taken.ranges));
	CFB_HOLD(taken.ranges);
	if (s == STATUS_OK)
		bad = cfb_hold_layout(&c, file.len, &taken);
	free(taken.ranges);
	if (!bad && s == STATUS_OK)
		bad = cfb_hold_entries(&c);
	CFB_HOLD(c.broken || s != STATUS_OK || c.n_entries > 0);
	if (bad)
		return bad;
	CFB_HOLD(cfb_read_pieces(file, &again, &pieces) == s);
	CFB_HOLD(span_equal(buffer_span(&whole), buffer_span(&pieces)));
	return NULL;
}
