/* SPDX-License-Identifier: MIT */
/* What must hold for any bytes read as XML.  Tests and the fuzz target ask the same. */
#pragma once
#include "structure/xml/xml_tree.h"

#define HOLD(what)                                                                             \
	do {                                                                                   \
		if (!(what))                                                                   \
			return #what;                                                          \
	} while (0)

/* One reading, and its canonical form. */
struct hold_form {
	struct arena arena;
	struct xml_node *document;
	struct buffer text;
	enum status status;
};

static inline void hold_write(struct hold_form *f, struct span in, bool exclusive)
{
	const char *problem;

	f->status = xml_tree_read(&f->arena, in, &f->document, &problem);
	if (f->status == STATUS_OK)
		f->status = xml_canonical_write(&f->text,
						&(struct xml_canonical){ .apex = f->document,
									 .exclusive = exclusive,
									 .comments = true });
}

static inline void hold_free(struct hold_form *f)
{
	arena_free(&f->arena);
	buffer_free(&f->text);
}

#define HOLD_FORM                                                                              \
	{                                                                                      \
		.arena = ARENA_INIT((size_t)64 << 20)                                          \
	}

/* What is canonical stays as it is, and the exclusive form does not depend on how it was
 * written. */
static inline const char *hold_canonical(struct span in, bool exclusive)
{
	CLEANUP(hold_free)
	struct hold_form first = HOLD_FORM, second = HOLD_FORM, third = HOLD_FORM;

	hold_write(&first, in, exclusive);
	HOLD(first.status == STATUS_OK || first.status == STATUS_LIMIT ||
	     first.status == STATUS_MALFORMED);
	if (first.status != STATUS_OK)
		return NULL;
	hold_write(&second, buffer_span(&first.text), exclusive);
	if (second.status == STATUS_LIMIT)
		return NULL;
	HOLD(second.status == STATUS_OK);
	HOLD(span_same(buffer_span(&first.text), buffer_span(&second.text)));
	hold_write(&third, buffer_span(&first.text), true);
	HOLD(third.status == STATUS_OK || third.status == STATUS_LIMIT);
	HOLD(!exclusive || span_same(buffer_span(&first.text), buffer_span(&third.text)));
	return NULL;
}

/* Depth first, every node is where its parent says. */
static inline const char *hold_tree(const struct xml_node *document)
{
	const struct xml_node *root = xml_root(document);
	size_t n = 0;

	HOLD(root && root->parent == document);
	for (const struct xml_node *e = root; e; e = xml_element_next(root, e)) {
		HOLD(++n <= XML_TREE_MAX_NODES && e->kind == XML_START);
		HOLD(e->name.local.len > 0);
		HOLD(e->name.prefix.len == 0 || e->name.uri.len > 0);
		HOLD(span_equal(xml_scope(e, e->name.prefix), e->name.uri) ||
		     span_equal(e->name.prefix, SPAN_LITERAL("xml")));
		for (const struct xml_node *c = e->first; c; c = c->next)
			HOLD(c->parent == e && (c->next || e->last == c));
	}
	return NULL;
}

static inline const char *xml_hold(struct span in)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	struct xml_node *document;
	const char *problem, *bad;
	enum status status = xml_tree_read(&a, in, &document, &problem);

	HOLD(status == STATUS_OK || status == STATUS_MALFORMED || status == STATUS_LIMIT ||
	     status == STATUS_UNSUPPORTED || (status == STATUS_NO_MEMORY && in.len > 4096));
	HOLD(status != STATUS_OK || !problem);
	if (status != STATUS_OK)
		return NULL;
	bad = hold_tree(document);
	if (!bad)
		bad = hold_canonical(in, false);
	return bad ? bad : hold_canonical(in, true);
}
