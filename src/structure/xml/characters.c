/* SPDX-License-Identifier: MIT */
/* Characters, names and references: XML 1.0, 2.2, 2.3, 2.11, 3.3.3, 4.1. */
#include "base/utf8.h"
#include "structure/xml/xml_reading.h"

struct code_range {
	uint32_t first, last;
};

/* NameStartChar without ":", then what else NameChar has. */
static const struct code_range starts[] = {
	{'A',      'Z'    },
        { '_',     '_'    },
        { 'a',     'z'    },
        { 0xc0,    0xd6   },
	{ 0xd8,    0xf6   },
        { 0xf8,    0x2ff  },
        { 0x370,   0x37d  },
        { 0x37f,   0x1fff },
	{ 0x200c,  0x200d },
        { 0x2070,  0x218f },
        { 0x2c00,  0x2fef },
        { 0x3001,  0xd7ff },
	{ 0xf900,  0xfdcf },
        { 0xfdf0,  0xfffd },
        { 0x10000, 0xeffff},
};
static const struct code_range further[] = {
	{'-',     '.'   },
        { '0',    '9'   },
        { 0xb7,   0xb7  },
        { 0x300,  0x36f },
        { 0x203f, 0x2040},
};

static bool in_ranges(const struct code_range *ranges, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

static bool is_char(uint32_t code)
{
	return code == '\t' || code == '\n' || code == '\r' ||
	       (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd) ||
	       (code >= 0x10000 && code <= 0x10ffff);
}

uint32_t xml_char_at(struct span text, uint64_t at, uint8_t *len)
{
	struct utf8_char c = utf8_at(text, at);

	*len = c.len;
	return c.valid && is_char(c.code) ? c.code : 0;
}

static bool is_name_char(uint32_t code, bool first, bool colons)
{
	return (code == ':' && colons) || in_ranges(starts, COUNT_OF(starts), code) ||
	       (!first && in_ranges(further, COUNT_OF(further), code));
}

uint64_t xml_name_length(struct span text, uint64_t at, bool colons)
{
	uint64_t n = 0;
	uint8_t len;

	for (;;) {
		uint32_t code = xml_char_at(text, at + n, &len);

		if (code == 0 || !is_name_char(code, n == 0, colons))
			return n;
		n += len;
	}
}

bool xml_name_split(struct span whole, struct xml_name *out)
{
	uint64_t colon;

	*out = (struct xml_name){ .whole = whole, .local = whole };
	if (!span_find(whole, SPAN_LITERAL(":"), 0, &colon))
		return whole.len > 0;
	out->prefix = span_clip(whole, 0, colon);
	out->local = span_after(whole, colon + 1);
	return out->prefix.len > 0 && out->local.len > 0 &&
	       xml_name_length(out->local, 0, false) == out->local.len;
}

static const struct {
	const char *name;
	char stands_for;
} entities[] = {
	{"amp",   '&' },
        { "lt",   '<' },
        { "gt",   '>' },
        { "quot", '"' },
        { "apos", '\''},
};

/* "#65", "#x41": no other digits, and a character that XML allows. */
static bool number_read(struct span name, uint32_t *code)
{
	bool hex = span_at(name, 1) == 'x';
	uint64_t from = hex ? 2 : 1;

	*code = 0;
	for (uint64_t i = from; i < name.len; i++) {
		uint8_t c = span_at(name, i), digit;

		if (c >= '0' && c <= '9')
			digit = (uint8_t)(c - '0');
		else if (hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint8_t)((c | 0x20) - 'a' + 10);
		else
			return false;
		*code = *code * (hex ? 16 : 10) + digit;
		if (*code > 0x10ffff)
			return false;
	}
	return name.len > from && is_char(*code);
}

#define LONGEST_REFERENCE 64 /* leading zeros count */

/* The reference at @at; how long it is, 0: none that there is. */
static uint64_t reference_read(struct span raw, uint64_t at, struct buffer *out)
{
	struct span look = span_clip(raw, at + 1, LONGEST_REFERENCE);
	uint64_t end;
	uint32_t code;

	if (!span_find(look, SPAN_LITERAL(";"), 0, &end))
		return 0;
	look = span_clip(look, 0, end);
	for (size_t i = 0; i < COUNT_OF(entities); i++)
		if (span_equal(look, SPAN_TEXT(entities[i].name))) {
			buffer_char(out, entities[i].stands_for);
			return end + 2;
		}
	if (span_at(look, 0) != '#' || !number_read(look, &code))
		return 0;
	utf8_add(out, code);
	return end + 2;
}

bool xml_references_valid(struct span raw)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	uint64_t at, from = 0;

	while (span_find(raw, SPAN_LITERAL("&"), from, &at)) {
		buffer_clear(&text);
		if (reference_read(raw, at, &text) == 0)
			return false;
		from = at + 1;
	}
	return true;
}

static bool stands_for_itself(struct span raw, enum xml_use use)
{
	for (uint64_t i = 0; i < raw.len; i++) {
		uint8_t c = span_at(raw, i);

		if (c == '\r' || (c == '&' && use != XML_AS_LINES) ||
		    (use == XML_AS_ATTRIBUTE && (c == '\t' || c == '\n')))
			return false;
	}
	return true;
}

/* One character of @raw, or what stands for one; how long it is, 0: no reference. */
static uint64_t character_add(struct buffer *out, struct span raw, uint64_t at,
			      enum xml_use use)
{
	uint8_t c = span_at(raw, at);

	if (c == '&' && use != XML_AS_LINES)
		return reference_read(raw, at, out);
	if (c == '\r' && span_at(raw, at + 1) == '\n')
		return 1; /* the line end follows */
	if (c == '\r')
		c = '\n';
	if (use == XML_AS_ATTRIBUTE && xml_blank(c))
		c = ' ';
	buffer_char(out, (char)c);
	return 1;
}

enum status xml_text(struct arena *a, struct span raw, enum xml_use use, struct span *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	*out = raw;
	if (stands_for_itself(raw, use))
		return STATUS_OK;
	for (uint64_t i = 0; i < raw.len;) {
		uint64_t n = character_add(&text, raw, i, use);

		if (n == 0)
			return STATUS_MALFORMED;
		i += n;
	}
	TRY(buffer_status(&text));
	*out = arena_copy(a, buffer_span(&text));
	return out->ptr || out->len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

bool xml_is_blank(struct span text)
{
	for (uint64_t i = 0; i < text.len; i++)
		if (!xml_blank(span_at(text, i)))
			return false;
	return true;
}
