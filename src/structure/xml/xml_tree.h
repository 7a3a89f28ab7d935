/* SPDX-License-Identifier: MIT */
/*
 * A whole document in memory, and its canonical forms.
 *
 * Follows Canonical XML 1.0 (W3C 2001) and Exclusive XML Canonicalization 1.0
 * (W3C 2002), of documents and of elements with all that is in them.
 */
#pragma once
#include "structure/xml/xml.h"

#define XML_TREE_MAX_NODES ((size_t)1 << 16)
#define XML_MAX_PREFIXES   1024               /* bytes of a PrefixList */
#define XML_MAX_CANONICAL  ((size_t)64 << 20) /* bytes that one canonical form may have */

struct xml_value {
	struct xml_name name;
	struct span value; /* what it stands for */
};

struct xml_node {
	enum xml_kind kind; /* XML_START: an element; XML_NOTHING: the document itself */
	struct xml_name name;
	struct span text;             /* of everything else: what it stands for */
	struct xml_value *attributes; /* without declarations */
	size_t n_attributes;
	struct xml_binding *declared; /* in this very tag; an empty prefix: the default */
	size_t n_declared;
	struct xml_node *parent, *first, *last, *next;
	struct span whole; /* its first tag, or all of it, as it stands */
};

/*
 * *@out is the document; its nodes lie in @a.  STATUS_MALFORMED: *@problem
 * says why; STATUS_UNSUPPORTED, STATUS_LIMIT as of the reader.
 */
MUST_CHECK enum status xml_tree_read(struct arena *a, struct span document,
				     struct xml_node **out, const char **problem);

/* The document element. */
struct xml_node *xml_root(const struct xml_node *document);

/* The first child element of that name, or, after @before, the next; NULL: none. */
struct xml_node *xml_child(const struct xml_node *parent, const char *uri, const char *local,
			   const struct xml_node *before);

/* The element after @node in the order of the document, inside @top; NULL: none. */
struct xml_node *xml_element_next(const struct xml_node *top, const struct xml_node *node);

/* The attribute without a prefix; SPAN_NONE (.ptr NULL): none. */
struct span xml_attribute_value(const struct xml_node *node, const char *name);

/* All text directly in @node, joined; a copy in @a only if it is in pieces. */
MUST_CHECK enum status xml_content(struct arena *a, const struct xml_node *node,
				   struct span *out);

/* The namespace of @prefix at @node; empty: none. */
struct span xml_scope(const struct xml_node *node, struct span prefix);

struct xml_canonical {
	const struct xml_node *apex;    /* an element, or the document */
	const struct xml_node *without; /* an element in it that is left out; NULL: none */
	bool exclusive, comments;
	struct span prefixes; /* exclusive: InclusiveNamespaces PrefixList */
};

/*
 * Adds the canonical form.  STATUS_MALFORMED: it has none, because a namespace
 * is a relative URI; STATUS_LIMIT: more than XML_MAX_CANONICAL.
 */
MUST_CHECK enum status xml_canonical_write(struct buffer *out,
					   const struct xml_canonical *what);
