/* SPDX-License-Identifier: MIT */
/*
 * Classes that are below themselves.  Nothing here minds them: each walk sees a
 * class once.  But no release has meant it so, and its maker wants to know where.
 */
#include "base/memory.h"
#include "graph/index.h"

/* Zero of memory_new(): not yet. */
enum met { NEW, ON_THE_WAY, DONE };

/* A way up, by depth, without recursion. */
struct search {
	const struct index_link *
		*way;  /* by depth: the superclass link that is being followed */
	enum met *met; /* by number */
	size_t depth;
};

static const struct index_link *super(const struct index_link *link)
{
	return link && link->kind == LINK_SUPER ? link : NULL;
}

/* The links from where the way met @closing's superclass: the last of them by line. */
static const struct index_link *ring_last(const struct search *s,
					  const struct index_link *closing)
{
	const struct index_link *last = closing;

	for (size_t i = s->depth; i > 0 && s->way[i - 1]->to != closing->to; i--)
		if (s->way[i - 1]->line > last->line)
			last = s->way[i - 1];
	return last;
}

/* All that stands above @from. */
static const struct index_link *ring_above(struct search *s, const struct index_class *from)
{
	const struct index_link *next = super(from->links);

	s->met[from->number] = ON_THE_WAY;
	for (;;) {
		if (next && s->met[next->to->number] == ON_THE_WAY)
			return ring_last(s, next);
		if (next && s->met[next->to->number] == DONE) {
			next = super(next->next);
		} else if (next) {
			s->met[next->to->number] = ON_THE_WAY;
			s->way[s->depth++] = next;
			next = super(next->to->links);
		} else if (s->depth > 0) {
			const struct index_link *back = s->way[--s->depth];

			s->met[back->to->number] = DONE;
			next = super(back->next);
		} else {
			s->met[from->number] = DONE;
			return NULL;
		}
	}
}

enum status index_ring(const struct index *x, const struct index_link **out)
{
	struct search s = { .way = memory_new(x->n + 1, sizeof(struct index_link *)),
			    .met = memory_new(x->n + 1, sizeof(enum met)) };

	*out = NULL;
	if (s.way && s.met)
		for (const struct index_class *c = x->first; c && !*out; c = c->next)
			if (s.met[c->number] == NEW)
				*out = ring_above(&s, c);
	memory_free((void *)s.way);
	memory_free(s.met);
	return s.way && s.met ? STATUS_OK : STATUS_NO_MEMORY;
}
