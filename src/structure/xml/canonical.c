/* SPDX-License-Identifier: MIT */
/*
 * Canonical forms: the one way to write what a document means.
 *
 * What is written of namespaces depends on what has been written further out:
 * that is kept, with a mark for each element that is open.
 */
#include "structure/xml/xml_tree.h"

struct writing {
	struct buffer *out;
	const struct xml_canonical *what;
	size_t from; /* where this form begins in .out */
	struct xml_binding written[XML_MAX_BINDINGS];
	size_t n_written;
	size_t marks[XML_MAX_DEPTH + 1];
	size_t depth;
	bool behind;                               /* the document element has ended */
	struct xml_binding here[XML_MAX_BINDINGS]; /* to be written with this element */
	size_t n_here;
};

struct escape {
	char c;
	bool in_text, in_value;
	const char *instead;
};

static const struct escape escapes[] = {
	{'&',   true,  true,  "&amp;" },
        { '<',  true,  true,  "&lt;"  },
	{ '>',  true,  false, "&gt;"  },
        { '"',  false, true,  "&quot;"},
	{ '\t', false, true,  "&#x9;" },
        { '\n', false, true,  "&#xA;" },
	{ '\r', true,  true,  "&#xD;" },
};

static void escaped_add(struct buffer *out, struct span text, bool value)
{
	uint64_t from = 0;

	for (uint64_t i = 0; i < text.len; i++) {
		uint8_t c = span_at(text, i);

		for (size_t k = 0; k < COUNT_OF(escapes); k++) {
			const struct escape *e = &escapes[k];

			if ((uint8_t)e->c != c || !(value ? e->in_value : e->in_text))
				continue;
			buffer_add(out, span_clip(text, from, i - from));
			buffer_text(out, e->instead);
			from = i + 1;
		}
	}
	buffer_add(out, span_after(text, from));
}

static void value_add(struct buffer *out, struct span name, struct span value)
{
	buffer_char(out, ' ');
	buffer_add(out, name);
	buffer_text(out, "=\"");
	escaped_add(out, value, true);
	buffer_char(out, '"');
}

/* What @prefix stands for in what has been written so far; false: nothing yet. */
static bool written_find(const struct writing *w, struct span prefix, struct span *uri)
{
	for (size_t i = w->n_written; i > 0; i--)
		if (span_equal(w->written[i - 1].prefix, prefix)) {
			*uri = w->written[i - 1].uri;
			return true;
		}
	*uri = SPAN_NONE;
	return false;
}

/* "urn:", "http:": RFC 3986, 3.1. */
static bool uri_absolute(struct span uri)
{
	uint64_t i = 0;
	uint8_t c = span_at(uri, 0);

	if ((c | 0x20) < 'a' || (c | 0x20) > 'z')
		return false;
	while (((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
	       c == '-' || c == '.')
		c = span_at(uri, ++i);
	return c == ':';
}

/* Notes that @prefix must be declared here, unless a reader knows that already. */
static enum status declaration_note(struct writing *w, struct span prefix, struct span uri)
{
	struct span known;
	bool found = written_find(w, prefix, &known);

	if (span_equal(prefix, SPAN_LITERAL("xml")))
		return STATUS_OK;
	if (found ? span_equal(known, uri) : uri.len == 0)
		return STATUS_OK;
	for (size_t i = 0; i < w->n_here; i++)
		if (span_equal(w->here[i].prefix, prefix))
			return STATUS_OK;
	if (uri.len > 0 && !uri_absolute(uri))
		return STATUS_MALFORMED;
	if (w->n_here == XML_MAX_BINDINGS)
		return STATUS_LIMIT;
	w->here[w->n_here++] = (struct xml_binding){ prefix, uri };
	return STATUS_OK;
}

static bool is_apex(const struct writing *w, const struct xml_node *node)
{
	return node == w->what->apex;
}

/* Everything in scope; inside the apex that is what this very tag declares. */
static enum status inclusive_note(struct writing *w, const struct xml_node *node)
{
	for (const struct xml_node *n = node; n; n = is_apex(w, node) ? n->parent : NULL)
		for (size_t i = 0; i < n->n_declared; i++) {
			struct span prefix = n->declared[i].prefix;

			TRY(declaration_note(w, prefix, xml_scope(node, prefix)));
		}
	return STATUS_OK;
}

/* The prefixes that are named as to be treated as Canonical XML does. */
static enum status listed_note(struct writing *w, const struct xml_node *node)
{
	struct span list = w->what->prefixes;

	while (list.len > 0) {
		uint64_t n = 0;
		struct span prefix;

		while (n < list.len && !xml_is_blank(span_clip(list, n, 1)))
			n++;
		prefix = span_clip(list, 0, n);
		list = span_after(list, n + 1);
		if (n == 0)
			continue;
		if (span_equal(prefix, SPAN_LITERAL("#default")))
			prefix = SPAN_NONE;
		TRY(declaration_note(w, prefix, xml_scope(node, prefix)));
	}
	return STATUS_OK;
}

static enum status exclusive_note(struct writing *w, const struct xml_node *node)
{
	TRY(declaration_note(w, node->name.prefix, xml_scope(node, node->name.prefix)));
	for (size_t i = 0; i < node->n_attributes; i++) {
		struct span prefix = node->attributes[i].name.prefix;

		if (prefix.len > 0)
			TRY(declaration_note(w, prefix, xml_scope(node, prefix)));
	}
	return listed_note(w, node);
}

static enum status declarations_write(struct writing *w, const struct xml_node *node)
{
	w->n_here = 0;
	if (w->what->exclusive)
		TRY(exclusive_note(w, node));
	else
		TRY(inclusive_note(w, node));
	for (size_t i = 1; i < w->n_here; i++) {
		struct xml_binding one = w->here[i];
		size_t k = i;

		for (; k > 0 && span_compare(w->here[k - 1].prefix, one.prefix) > 0; k--)
			w->here[k] = w->here[k - 1];
		w->here[k] = one;
	}
	for (size_t i = 0; i < w->n_here; i++) {
		const struct xml_binding *b = &w->here[i];

		buffer_text(w->out, b->prefix.len ? " xmlns:" : " xmlns");
		buffer_add(w->out, b->prefix);
		buffer_text(w->out, "=\"");
		escaped_add(w->out, b->uri, true);
		buffer_char(w->out, '"');
		if (w->n_written == XML_MAX_BINDINGS)
			return STATUS_LIMIT;
		w->written[w->n_written++] = *b;
	}
	return STATUS_OK;
}

static bool attribute_before(const struct xml_value *a, const struct xml_value *b)
{
	int by_uri = span_compare(a->name.uri, b->name.uri);

	return by_uri < 0 || (by_uri == 0 && span_compare(a->name.local, b->name.local) < 0);
}

#define MOST_ATTRIBUTES ((size_t)2 * XML_MAX_ATTRIBUTES)

/* Sorted into the list; one of that name may be there already. */
static void attribute_put(const struct xml_value *list[MOST_ATTRIBUTES], size_t *n,
			  const struct xml_value *one)
{
	size_t k = *n;

	for (size_t i = 0; i < *n; i++)
		if (span_equal(list[i]->name.uri, one->name.uri) &&
		    span_equal(list[i]->name.local, one->name.local))
			return;
	if (*n == MOST_ATTRIBUTES)
		return;
	for (; k > 0 && attribute_before(one, list[k - 1]); k--)
		list[k] = list[k - 1];
	list[k] = one;
	++*n;
}

/* xml:lang and the like count for what is inside of them (Canonical XML 1.0, 2.4). */
static enum status attributes_write(struct writing *w, const struct xml_node *node)
{
	const struct xml_value *list[MOST_ATTRIBUTES];
	bool inherits = is_apex(w, node) && !w->what->exclusive;
	size_t n = 0;

	for (size_t i = 0; i < node->n_attributes; i++)
		attribute_put(list, &n, &node->attributes[i]);
	for (const struct xml_node *up = node->parent; up && inherits; up = up->parent)
		for (size_t i = 0; i < up->n_attributes; i++)
			if (span_equal(up->attributes[i].name.prefix, SPAN_LITERAL("xml"))) {
				if (n == MOST_ATTRIBUTES)
					return STATUS_LIMIT;
				attribute_put(list, &n, &up->attributes[i]);
			}
	for (size_t i = 0; i < n; i++)
		value_add(w->out, list[i]->name.whole, list[i]->value);
	return STATUS_OK;
}

static enum status element_begin(struct writing *w, const struct xml_node *node)
{
	if (w->depth == COUNT_OF(w->marks))
		return STATUS_LIMIT;
	w->marks[w->depth++] = w->n_written;
	buffer_char(w->out, '<');
	buffer_add(w->out, node->name.whole);
	TRY(declarations_write(w, node));
	TRY(attributes_write(w, node));
	buffer_char(w->out, '>');
	return STATUS_OK;
}

static void element_end(struct writing *w, const struct xml_node *node)
{
	w->n_written = w->marks[--w->depth];
	w->behind = w->depth == 0;
	buffer_text(w->out, "</");
	buffer_add(w->out, node->name.whole);
	buffer_char(w->out, '>');
}

/* Comments and instructions beside the document element stand on lines of their own. */
static void beside_write(struct writing *w, const struct xml_node *node)
{
	bool outside = node->parent && node->parent->kind == XML_NOTHING;

	if (outside && w->behind)
		buffer_char(w->out, '\n');
	buffer_text(w->out, node->kind == XML_COMMENT ? "<!--" : "<?");
	buffer_add(w->out, node->name.whole);
	if (node->kind == XML_INSTRUCTION && node->text.len > 0)
		buffer_char(w->out, ' ');
	buffer_add(w->out, node->text);
	buffer_text(w->out, node->kind == XML_COMMENT ? "-->" : "?>");
	if (outside && !w->behind)
		buffer_char(w->out, '\n');
}

static enum status node_begin(struct writing *w, const struct xml_node *node)
{
	switch (node->kind) {
	case XML_NOTHING:
	case XML_END: return STATUS_OK;
	case XML_START: return element_begin(w, node);
	case XML_TEXT:
	case XML_CDATA:
		if (node->parent && node->parent->kind != XML_NOTHING)
			escaped_add(w->out, node->text, false);
		return STATUS_OK;
	case XML_COMMENT:
		if (w->what->comments)
			beside_write(w, node);
		return STATUS_OK;
	case XML_INSTRUCTION: beside_write(w, node); return STATUS_OK;
	}
	return STATUS_OK;
}

/* Up from @node, ending elements, to where the next node stands; NULL: all is written. */
static const struct xml_node *node_leave(struct writing *w, const struct xml_node *node)
{
	while (node) {
		if (node->kind == XML_START && node != w->what->without)
			element_end(w, node);
		if (is_apex(w, node))
			return NULL;
		if (node->next)
			return node->next;
		node = node->parent;
	}
	return NULL;
}

enum status xml_canonical_write(struct buffer *out, const struct xml_canonical *what)
{
	struct writing w = { .out = out, .what = what, .from = out->len };
	const struct xml_node *node = what->apex;

	if (what->prefixes.len > XML_MAX_PREFIXES)
		return STATUS_LIMIT;
	while (node) {
		bool skip = node == what->without;

		if (!skip)
			TRY(node_begin(&w, node));
		if (out->len - w.from > XML_MAX_CANONICAL)
			return STATUS_LIMIT;
		node = node->first && !skip ? node->first : node_leave(&w, node);
	}
	return buffer_status(out);
}
