/* SPDX-License-Identifier: MIT */
/*
 * XML as signatures and manifests use it.
 *
 * Follows XML 1.0 (fifth edition) and Namespaces in XML 1.0, without what makes
 * documents dangerous: a document type declaration is refused, so there are no
 * entities but the five predefined ones and nothing is ever fetched.  Nothing
 * recurses; depth, attributes and namespaces have limits.
 *
 * The reader goes from tag to tag and keeps nothing; the tree (xml_tree.h)
 * keeps everything.
 */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"

#define XML_MAX_BYTES      ((size_t)32 << 20)
#define XML_MAX_DEPTH      64
#define XML_MAX_NODES      ((size_t)1 << 20) /* tags, texts, comments, instructions */
#define XML_MAX_ATTRIBUTES 64                /* of one element, declarations too */
#define XML_MAX_BINDINGS   128               /* namespaces in scope */

#define XML_NAMESPACE   "http://www.w3.org/XML/1998/namespace"
#define XMLNS_NAMESPACE "http://www.w3.org/2000/xmlns/"

/* A name as it stands, its parts, and the namespace that its prefix stands for. */
struct xml_name {
	struct span whole, prefix, local, uri;
};

struct xml_attribute {
	struct xml_name name;
	struct span raw;     /* between the quotes, as it stands */
	bool is_declaration; /* xmlns, xmlns:prefix */
};

struct xml_binding {
	struct span prefix, uri;
};

enum xml_kind {
	XML_NOTHING, /* the document has ended */
	XML_START,
	XML_END, /* of <a/> too */
	XML_TEXT,
	XML_CDATA,
	XML_COMMENT,
	XML_INSTRUCTION,
};

struct xml_event {
	enum xml_kind kind;
	struct span whole;    /* the tag, the text ... as it stands */
	struct xml_name name; /* of a tag; of an instruction: .whole alone */
	struct span text;     /* inside a text, comment, section or instruction, as it stands */
	const struct xml_attribute *attributes; /* of a start tag; until the next event */
	size_t n_attributes;
};

struct xml_reader {
	struct arena *a;
	struct span text; /* the document as UTF-8; spans of events lie in it */
	uint64_t pos;
	size_t depth, n_bindings, n_attributes, n_nodes;
	bool has_root, ends_now; /* <a/>: its end comes next */
	struct xml_name open[XML_MAX_DEPTH];
	size_t marks[XML_MAX_DEPTH]; /* bindings outside of it */
	struct xml_binding bindings[XML_MAX_BINDINGS];
	struct xml_attribute attributes[XML_MAX_ATTRIBUTES];
	struct span tag;
	const char *problem; /* with STATUS_MALFORMED: what is wrong at .pos */
};

/*
 * UTF-8, or UTF-16 with its mark, which is turned into UTF-8 in @a.
 * STATUS_UNSUPPORTED: another encoding or version, or a document type
 * declaration; STATUS_LIMIT: more than XML_MAX_BYTES.
 */
MUST_CHECK enum status xml_open(struct arena *a, struct span document, struct xml_reader **out);

/* STATUS_MALFORMED, STATUS_UNSUPPORTED, STATUS_LIMIT: reading is over. */
MUST_CHECK enum status xml_next(struct xml_reader *r, struct xml_event *out);

/* The namespace that @prefix stands for at this place; empty: none, or not bound. */
struct span xml_namespace(const struct xml_reader *r, struct span prefix);

/* How characters that do not stand for themselves are read (2.11, 3.3.3, 4.4). */
enum xml_use {
	XML_AS_LINES,     /* line ends become LF: in comments, sections, instructions */
	XML_AS_TEXT,      /* and references what they stand for */
	XML_AS_ATTRIBUTE, /* and white space blanks */
};

/* What @raw stands for; @raw itself when it stands for itself. */
MUST_CHECK enum status xml_text(struct arena *a, struct span raw, enum xml_use use,
				struct span *out);

/* The attribute without a prefix of that name; NULL: none. */
const struct xml_attribute *xml_attribute_find(const struct xml_attribute *list, size_t n,
					       const char *name);

bool xml_name_is(const struct xml_name *name, const char *uri, const char *local);
bool xml_is_blank(struct span text); /* white space and nothing else */
