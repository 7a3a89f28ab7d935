/* SPDX-License-Identifier: MIT */
/* What is done once, when everything has been read. */
#include "base/memory.h"
#include "graph/index.h"
#include <stdlib.h>

static int compare_texts(const void *a, const void *b)
{
	return strcmp((*(struct index_text *const *)a)->text,
		      (*(struct index_text *const *)b)->text);
}

static int compare_links(const void *a, const void *b)
{
	const struct index_link *x = *(struct index_link *const *)a;
	const struct index_link *y = *(struct index_link *const *)b;
	int order;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	order = strcmp(x->property ? x->property : "", y->property ? y->property : "");
	if (order == 0)
		order = strcmp(x->to->name, y->to->name);
	if (order != 0)
		return order;
	return (x->to->number > y->to->number) - (x->to->number < y->to->number);
}

/* A blank superclass that is "(property some class)" becomes a restriction of @link's class;
 * false: it is something else (a union, a cardinality), which says nothing to us. */
static bool link_resolve(struct index_link *link)
{
	struct index_class *to = link->to;

	if (!to->blank)
		return true;
	if (link->kind != LINK_SUPER || !to->on_property || !to->some || to->some->blank)
		return false;
	link->kind = LINK_RESTRICTION;
	link->property = to->on_property;
	link->to = to->some;
	return true;
}

/* The same links in one order, whatever the order of the file, each once. */
static enum status links_finish(struct index_class *c)
{
	struct index_link **list, *last = NULL;
	size_t n = 0;

	for (struct index_link *l = c->links; l; l = l->next)
		n++;
	if (n == 0)
		return STATUS_OK;
	list = (struct index_link **)memory_new(n, sizeof(struct index_link *));
	if (!list)
		return STATUS_NO_MEMORY;
	n = 0;
	for (struct index_link *l = c->links; l; l = l->next)
		if (link_resolve(l))
			list[n++] = l;
	qsort(list, n, sizeof(struct index_link *), compare_links);
	c->links = NULL;
	for (size_t i = 0; i < n; i++) {
		if (last && compare_links(&last, &list[i]) == 0)
			continue;
		list[i]->next = NULL;
		if (last)
			last->next = list[i];
		else
			c->links = list[i];
		last = list[i];
	}
	memory_free(list);
	return STATUS_OK;
}

static enum status aliases_finish(struct index_class *c)
{
	struct index_text **list, *last = NULL;
	size_t n = 0;

	for (struct index_text *t = c->aliases; t; t = t->next)
		n++;
	if (n < 2)
		return STATUS_OK;
	list = (struct index_text **)memory_new(n, sizeof(struct index_text *));
	if (!list)
		return STATUS_NO_MEMORY;
	n = 0;
	for (struct index_text *t = c->aliases; t; t = t->next)
		list[n++] = t;
	qsort(list, n, sizeof(struct index_text *), compare_texts);
	for (size_t i = 0; i < n; i++) {
		if (last && strcmp(last->text, list[i]->text) == 0)
			continue;
		list[i]->next = NULL;
		if (last)
			last->next = list[i];
		else
			c->aliases = list[i];
		last = list[i];
	}
	memory_free(list);
	return STATUS_OK;
}

/* Marks what stands below @head, each class once. */
static void branch_mark(const struct index *x, struct index_class **stack, const char *head,
			enum index_branch branch)
{
	struct index_class *c = index_get(x, SPAN_TEXT(head), true, false);
	size_t n = 0;

	if (!c)
		return;
	c->head |= (unsigned)branch;
	c->branches |= (unsigned)branch;
	stack[n++] = c;
	while (n > 0) {
		c = stack[--n];
		for (struct index_link *l = c->linked; l; l = l->next_to) {
			if (l->kind != LINK_SUPER || (l->from->branches & (unsigned)branch))
				continue;
			l->from->branches |= (unsigned)branch;
			stack[n++] = l->from;
		}
	}
}

enum status index_finish(struct index *x)
{
	static const struct {
		const char *head;
		enum index_branch branch;
	} branches[] = {
		{"DefensiveTechnique",  BRANCH_DEFENSIVE},
		{ "OffensiveTechnique", BRANCH_OFFENSIVE},
		{ "Artifact",           BRANCH_ARTIFACT },
		{ "DefensiveTactic",    BRANCH_TACTIC   },
		{ "ExternalThing",      BRANCH_ATTACK   },
		{ "OffensiveTactic",    BRANCH_PURPOSE  },
	};
	struct index_class **stack =
		(struct index_class **)memory_new(x->n + 1, sizeof(struct index_class *));

	if (!stack)
		return STATUS_NO_MEMORY;
	for (struct index_class *c = x->first; c; c = c->next) {
		enum status status = links_finish(c);

		if (status == STATUS_OK)
			status = aliases_finish(c);
		if (status != STATUS_OK) {
			memory_free(stack);
			return status;
		}
	}
	for (struct index_class *c = x->first; c; c = c->next) {
		for (struct index_link *l = c->links; l; l = l->next) {
			l->next_to = l->to->linked;
			l->to->linked = l;
		}
	}
	for (size_t i = 0; i < COUNT_OF(branches); i++)
		branch_mark(x, stack, branches[i].head, branches[i].branch);
	memory_free(stack);
	return STATUS_OK;
}

enum status index_walk_begin(struct index_walk *w, struct arena *a, const struct index *x)
{
	*w = (struct index_walk){ .index = x };
	w->seen = ARENA_NEW(a, uint32_t, x->n + 1);
	w->list = ARENA_NEW(a, const struct index_class *, INDEX_MAX_ANCESTORS);
	w->distance = ARENA_NEW(a, unsigned, INDEX_MAX_ANCESTORS);
	return w->seen && w->list && w->distance ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status walk_meet(struct index_walk *w, const struct index_class *c,
			     unsigned distance)
{
	if (w->seen[c->number] == w->now)
		return STATUS_OK;
	if (w->n == INDEX_MAX_ANCESTORS || distance > GRAPH_MAX_CHAIN)
		return STATUS_LIMIT;
	w->seen[c->number] = w->now;
	w->list[w->n] = c;
	w->distance[w->n++] = distance;
	return STATUS_OK;
}

enum status index_walk_up(struct index_walk *w, const struct index_class *from)
{
	w->now++;
	w->n = 0;
	TRY(walk_meet(w, from, 0));
	for (size_t i = 0; i < w->n; i++) {
		/* superclasses come first */
		const struct index_link *l = w->list[i]->links;

		for (; l && l->kind == LINK_SUPER; l = l->next) {
			if (++w->steps > INDEX_MAX_STEPS)
				return STATUS_LIMIT;
			TRY(walk_meet(w, l->to, w->distance[i] + 1));
		}
	}
	return STATUS_OK;
}

bool index_walk_met(const struct index_walk *w, const struct index_class *c)
{
	return w->seen[c->number] == w->now;
}
