/* SPDX-License-Identifier: MIT */
#include "structure/axml.h"

#include "base/charset.h"
#include "base/cursor.h"
#include "base/escape.h"

#define CHUNK_STRINGS   0x0001
#define CHUNK_XML       0x0003
#define CHUNK_START     0x0102
#define CHUNK_IDS       0x0180
#define POOL_UTF8       (1U << 8)
#define ATTRIBUTE_BYTES 20
#define TYPE_REFERENCE  0x01
#define TYPE_STRING     0x03
#define TYPE_FIRST_INT  0x10
#define TYPE_LAST_INT   0x1f
#define NO_STRING       UINT32_MAX
#define SHOWN_MAX       256

struct chunk {
	uint16_t type, header;
	struct span whole;
};

/* False: there is none, or it lies outside. */
static bool chunk_at(struct span in, uint64_t at, struct chunk *out)
{
	struct cursor c = cursor_at(in, at);
	uint32_t size;

	out->type = cursor_u16le(&c);
	out->header = cursor_u16le(&c);
	size = cursor_u32le(&c);
	return cursor_ok(&c) && size >= 8 && out->header >= 8 && out->header <= size &&
	       span_part(in, at, size, &out->whole);
}

static bool pool_open(struct axml *x, struct span chunk)
{
	struct cursor c = cursor_at(chunk, 8);
	uint32_t flags;

	x->strings = chunk;
	x->n_strings = cursor_u32le(&c);
	cursor_skip(&c, 4);
	flags = cursor_u32le(&c);
	x->strings_begin = cursor_u32le(&c);
	x->utf8 = (flags & POOL_UTF8) != 0;
	return cursor_ok(&c);
}

enum status axml_open(struct span bytes, struct axml *out)
{
	struct chunk chunk;

	*out = (struct axml){ 0 };
	if (bytes.len > AXML_MAX_BYTES)
		return STATUS_LIMIT;
	if (!chunk_at(bytes, 0, &chunk) || chunk.type != CHUNK_XML)
		return STATUS_MALFORMED;
	out->bytes = chunk.whole;
	out->at = chunk.header;
	if (!chunk_at(out->bytes, out->at, &chunk) || chunk.type != CHUNK_STRINGS ||
	    !pool_open(out, chunk.whole))
		return STATUS_MALFORMED;
	out->at += chunk.whole.len;
	return STATUS_OK;
}

/* A length of the pool: one or two units, the first bit says which. */
static uint32_t length_read(struct cursor *c, bool utf8)
{
	unsigned width = utf8 ? 1 : 2;
	uint32_t bit = utf8 ? 0x80 : 0x8000;
	uint32_t first = (uint32_t)cursor_le(c, width);

	if ((first & bit) == 0)
		return first;
	return (first & ~bit) << (8 * width) | (uint32_t)cursor_le(c, width);
}

static bool string_at(const struct axml *x, uint32_t index, struct span *out)
{
	struct cursor c = cursor_at(x->strings, 28 + 4 * (uint64_t)index);
	uint64_t at = (uint64_t)cursor_u32le(&c) + x->strings_begin;
	uint32_t len;

	*out = SPAN_NONE;
	if (index >= x->n_strings || !cursor_ok(&c))
		return false;
	c = cursor_at(x->strings, at);
	len = length_read(&c, x->utf8);
	if (x->utf8)
		len = length_read(&c, true); /* the first one counts characters */
	*out = cursor_take(&c, x->utf8 ? len : (uint64_t)len * 2);
	return cursor_ok(&c);
}

static uint32_t id_of(const struct axml *x, uint32_t string)
{
	struct cursor c = cursor_at(x->ids, 4 * (uint64_t)string);

	return cursor_left(&c) >= 4 ? cursor_u32le(&c) : 0;
}

static bool element_read(const struct axml *x, const struct chunk *chunk,
			 struct axml_element *out)
{
	struct cursor c = cursor_at(chunk->whole, chunk->header);
	uint16_t start, size;
	uint32_t name;

	cursor_skip(&c, 4); /* name space */
	name = cursor_u32le(&c);
	start = cursor_u16le(&c);
	size = cursor_u16le(&c);
	out->n_attributes = cursor_u16le(&c);
	out->attribute_size = size;
	out->utf8 = x->utf8;
	if (!cursor_ok(&c) || (size < ATTRIBUTE_BYTES && out->n_attributes > 0))
		return false;
	return string_at(x, name, &out->name) &&
	       span_part(chunk->whole, chunk->header + (uint64_t)start,
			 (uint64_t)size * out->n_attributes, &out->attributes);
}

bool axml_next(struct axml *x, struct axml_element *out, bool *broken)
{
	struct chunk chunk;

	*broken = false;
	while (x->at < x->bytes.len) {
		if (!chunk_at(x->bytes, x->at, &chunk)) {
			*broken = true;
			return false;
		}
		x->at += chunk.whole.len;
		if (chunk.type == CHUNK_IDS)
			x->ids = span_after(chunk.whole, chunk.header);
		if (chunk.type != CHUNK_START)
			continue;
		*broken = !element_read(x, &chunk, out);
		return !*broken;
	}
	return false;
}

bool axml_attribute(const struct axml *x, const struct axml_element *e, uint16_t i,
		    struct axml_attribute *out)
{
	struct cursor c = cursor_at(e->attributes, (uint64_t)i * e->attribute_size);
	uint32_t name;
	uint8_t type;

	*out = (struct axml_attribute){ .utf8 = x->utf8 };
	cursor_skip(&c, 4); /* name space */
	name = cursor_u32le(&c);
	cursor_skip(&c, 4 + 2 + 1); /* raw value, size, zero */
	type = cursor_u8(&c);
	out->integer = cursor_u32le(&c);
	if (i >= e->n_attributes || !cursor_ok(&c) || !string_at(x, name, &out->name))
		return false;
	out->id = id_of(x, name);
	if (type >= TYPE_FIRST_INT && type <= TYPE_LAST_INT)
		out->type = AXML_INTEGER;
	if (type == TYPE_REFERENCE)
		out->type = AXML_REFERENCE;
	if (type == TYPE_STRING && out->integer != NO_STRING) {
		out->type = AXML_STRING;
		return string_at(x, out->integer, &out->text);
	}
	return true;
}

bool axml_text_is(struct span text, bool utf8, const char *word)
{
	size_t step = utf8 ? 1 : 2;
	struct cursor c = cursor_at(text, 0);
	struct span wanted = SPAN_TEXT(word);

	if (text.len != wanted.len * step)
		return false;
	for (size_t i = 0; i < wanted.len; i++)
		if (cursor_le(&c, step) != span_at(wanted, i))
			return false;
	return true;
}

const char *axml_text(struct arena *a, struct span text, bool utf8)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	if (utf8)
		(void)charset_utf8(&b, span_clip(text, 0, (size_t)SHOWN_MAX * 4));
	else
		(void)charset_utf16le(&b, span_clip(text, 0, (size_t)SHOWN_MAX * 2));
	return escape_string(a, buffer_span(&b), SHOWN_MAX);
}
