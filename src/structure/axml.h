/* SPDX-License-Identifier: MIT */
/*
 * Binary XML of Android: which attributes the elements of a document have.
 *
 * As AOSP's ResourceTypes.h lays it out: chunks with a string pool, a map from
 * strings to resource identifiers, and elements.  An attribute of Android is
 * known by its identifier; its name can say anything.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define AXML_MAX_BYTES ((size_t)16 << 20)

enum axml_type { AXML_OTHER, AXML_INTEGER, AXML_STRING, AXML_REFERENCE };

struct axml_attribute {
	uint32_t id;      /* 0: it has none */
	struct span name; /* as the string pool has it: see axml_text_is() */
	enum axml_type type;
	uint32_t integer;
	struct span text; /* AXML_STRING */
	bool utf8;        /* how .name and .text are encoded */
};

struct axml {
	struct span bytes;
	struct span strings; /* the whole chunk of the pool */
	struct span ids;     /* of the first strings, 4 bytes each */
	bool utf8;
	uint32_t n_strings, strings_begin;
	uint64_t at; /* the next chunk */
};

struct axml_element {
	struct span name;
	bool utf8;
	struct span attributes; /* 20 bytes each, or more */
	uint16_t n_attributes, attribute_size;
};

/* STATUS_MALFORMED: no such document; STATUS_LIMIT: longer than is read. */
MUST_CHECK enum status axml_open(struct span bytes, struct axml *out);

/* The next start of an element; false: no more, or *@broken. */
MUST_CHECK bool axml_next(struct axml *x, struct axml_element *out, bool *broken);

/* The attribute @i of @e; false: it is not there, or broken. */
MUST_CHECK bool axml_attribute(const struct axml *x, const struct axml_element *e, uint16_t i,
			       struct axml_attribute *out);

/* Is @text (of an element or an attribute) this ASCII @word? */
bool axml_text_is(struct span text, bool utf8, const char *word);

/* @text as UTF-8, escaped for people; NULL: no memory. */
const char *axml_text(struct arena *a, struct span text, bool utf8);
