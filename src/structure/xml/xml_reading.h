/* SPDX-License-Identifier: MIT */
/* What the parts of the reader share.  Private to src/structure/xml. */
#pragma once
#include "structure/xml/xml.h"

/* The character at @at of UTF-8 text, if XML allows it; 0: not, or the end. */
uint32_t xml_char_at(struct span text, uint64_t at, uint8_t *len);

/* How long the name at @at is, with or without colons; 0: none. */
uint64_t xml_name_length(struct span text, uint64_t at, bool colons);

/* Does every "&" begin a reference to something? */
MUST_CHECK bool xml_references_valid(struct span raw);

/* Prefix and local part; false: colons stand where they must not. */
bool xml_name_split(struct span whole, struct xml_name *out);

static inline bool xml_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Enters the declarations of the tag and gives its names their namespaces. */
MUST_CHECK enum status xml_bind(struct xml_reader *r, struct xml_name *element);

/* Notes what is wrong; gives STATUS_MALFORMED. */
enum status xml_wrong(struct xml_reader *r, const char *problem);
