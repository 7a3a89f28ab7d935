/* SPDX-License-Identifier: MIT */
/* JSON by RFC 8259: one pass, no recursion. */
#include "structure/json_read.h"

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/utf8.h"

struct reader {
	struct arena *arena;
	struct cursor c;
	struct json_value *open[JSON_READ_MAX_DEPTH], *last[JSON_READ_MAX_DEPTH];
	size_t n_members[JSON_READ_MAX_DEPTH];
	unsigned depth;
	bool opened; /* the value that was read last is an open array or object */
	size_t n_values;
	struct json_value *top;
};

static uint8_t peek(const struct reader *r)
{
	return cursor_left(&r->c) > 0 ? span_at(r->c.in, r->c.pos) : 0;
}

static void blanks_skip(struct reader *r)
{
	for (uint8_t b = peek(r); b == ' ' || b == '\t' || b == '\n' || b == '\r'; b = peek(r))
		cursor_skip(&r->c, 1);
}

/* Is this the next byte?  Then it is taken. */
static bool take(struct reader *r, char wanted)
{
	if (cursor_left(&r->c) == 0 || peek(r) != (uint8_t)wanted)
		return false;
	cursor_skip(&r->c, 1);
	return true;
}

/* Four digits of \uXXXX. */
static bool hex_unit(struct cursor *c, uint32_t *out)
{
	struct span digits = cursor_take(c, 4);

	*out = 0;
	for (size_t i = 0; i < 4; i++) {
		uint8_t d = span_at(digits, i), lower = d | 0x20;

		if (d >= '0' && d <= '9')
			*out = *out << 4 | (uint32_t)(d - '0');
		else if (lower >= 'a' && lower <= 'f')
			*out = *out << 4 | (uint32_t)(lower - 'a' + 10);
		else
			return false;
	}
	return cursor_ok(c);
}

static bool unicode_escape(struct cursor *c, struct buffer *out)
{
	uint32_t unit, low;

	if (!hex_unit(c, &unit) || unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return false;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		if (!span_equal(cursor_take(c, 2), SPAN_LITERAL("\\u")) || !hex_unit(c, &low) ||
		    low < 0xdc00 || low > 0xdfff)
			return false;
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
	}
	utf8_add(out, unit);
	return true;
}

static bool escape_read(struct cursor *c, struct buffer *out)
{
	static const char marks[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	uint8_t mark = cursor_u8(c);

	if (mark == 'u')
		return unicode_escape(c, out);
	for (size_t i = 0; i < sizeof(marks) - 1; i++)
		if (mark == (uint8_t)marks[i]) {
			buffer_char(out, meant[i]);
			return true;
		}
	return false;
}

/* What the inside of a string stands for, where it has escapes. */
static enum status text_decode(struct arena *a, struct span inside, struct span *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct cursor c = cursor_at(inside, 0);

	while (cursor_left(&c) > 0) {
		uint8_t b = cursor_u8(&c);

		if (b != '\\')
			buffer_char(&text, (char)b);
		else if (!escape_read(&c, &text))
			return STATUS_MALFORMED;
	}
	TRY(buffer_status(&text));
	*out = arena_copy(a, buffer_span(&text));
	return out->ptr || text.len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status string_read(struct reader *r, struct span *out)
{
	size_t begin;
	bool escapes = false;
	struct span inside;

	if (!take(r, '"'))
		return STATUS_MALFORMED;
	begin = r->c.pos;
	while (cursor_left(&r->c) > 0 && peek(r) != '"') {
		uint8_t b = cursor_u8(&r->c);

		if (b < 0x20)
			return STATUS_MALFORMED;
		escapes |= b == '\\';
		if (b == '\\')
			cursor_skip(&r->c, 1);
	}
	if (!cursor_ok(&r->c) || cursor_left(&r->c) == 0)
		return STATUS_MALFORMED;
	inside = span_clip(r->c.in, begin, r->c.pos - begin);
	cursor_skip(&r->c, 1);
	if (!utf8_valid(inside))
		return STATUS_MALFORMED;
	*out = inside;
	return escapes ? text_decode(r->arena, inside, out) : STATUS_OK;
}

static bool digits_take(struct reader *r)
{
	size_t begin = r->c.pos;

	while (peek(r) >= '0' && peek(r) <= '9')
		cursor_skip(&r->c, 1);
	return r->c.pos > begin;
}

static enum status number_read(struct reader *r, struct span *out)
{
	size_t begin = r->c.pos;

	(void)take(r, '-');
	if (!take(r, '0') && !digits_take(r))
		return STATUS_MALFORMED;
	if (take(r, '.') && !digits_take(r))
		return STATUS_MALFORMED;
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			(void)take(r, '-');
		if (!digits_take(r))
			return STATUS_MALFORMED;
	}
	*out = span_clip(r->c.in, begin, r->c.pos - begin);
	return STATUS_OK;
}

static enum status word_read(struct reader *r, struct json_value *v)
{
	static const struct {
		const char *word;
		enum json_kind kind;
	} words[] = {
		{"null",   JSON_KIND_NULL },
		{ "false", JSON_KIND_FALSE},
		{ "true",  JSON_KIND_TRUE },
	};
	struct span rest = span_after(r->c.in, r->c.pos);

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (span_starts(rest, words[i].word, strlen(words[i].word))) {
			v->kind = words[i].kind;
			cursor_skip(&r->c, strlen(words[i].word));
			return STATUS_OK;
		}
	return STATUS_MALFORMED;
}

/* Into the array or object that is open; the first one is the whole. */
static void value_attach(struct reader *r, struct json_value *v)
{
	if (r->depth == 0)
		r->top = v;
	else if (r->last[r->depth - 1])
		r->last[r->depth - 1]->next = v;
	else
		r->open[r->depth - 1]->first = v;
	if (r->depth > 0)
		r->last[r->depth - 1] = v;
}

static enum status container_open(struct reader *r, struct json_value *v)
{
	v->kind = take(r, '{') ? JSON_KIND_OBJECT : JSON_KIND_ARRAY;
	if (v->kind == JSON_KIND_ARRAY)
		(void)take(r, '[');
	if (r->depth == JSON_READ_MAX_DEPTH)
		return STATUS_LIMIT;
	r->open[r->depth] = v;
	r->last[r->depth] = NULL;
	r->n_members[r->depth++] = 0;
	r->opened = true;
	return STATUS_OK;
}

/* The name of a member and its colon, if an object is open. */
static enum status name_read(struct reader *r, struct span *name)
{
	const struct json_value *object = r->depth ? r->open[r->depth - 1] : NULL;

	if (!object || object->kind != JSON_KIND_OBJECT)
		return STATUS_OK;
	if (r->n_members[r->depth - 1]++ == JSON_READ_MAX_MEMBERS)
		return STATUS_LIMIT;
	blanks_skip(r);
	TRY(string_read(r, name));
	for (const struct json_value *v = object->first; v; v = v->next)
		if (span_equal(v->name, *name))
			return STATUS_MALFORMED;
	blanks_skip(r);
	return take(r, ':') ? STATUS_OK : STATUS_MALFORMED;
}

static enum status value_read(struct reader *r)
{
	struct json_value *v = ARENA_NEW(r->arena, struct json_value, 1);
	uint8_t b;

	if (r->n_values++ == JSON_READ_MAX_VALUES)
		return STATUS_LIMIT;
	if (!v)
		return STATUS_NO_MEMORY;
	TRY(name_read(r, &v->name));
	blanks_skip(r);
	value_attach(r, v);
	r->opened = false;
	b = peek(r);
	if (b == '{' || b == '[')
		return container_open(r, v);
	if (b == '"') {
		v->kind = JSON_KIND_STRING;
		return string_read(r, &v->text);
	}
	if (b == '-' || (b >= '0' && b <= '9')) {
		v->kind = JSON_KIND_NUMBER;
		return number_read(r, &v->text);
	}
	return word_read(r, v);
}

/* Closes what ends here.  *@more: another value comes. */
static enum status values_end(struct reader *r, bool *more)
{
	*more = true;
	for (;;) {
		blanks_skip(r);
		if (r->depth == 0)
			break;
		if (take(r, r->open[r->depth - 1]->kind == JSON_KIND_OBJECT ? '}' : ']')) {
			r->depth--;
			r->opened = false;
			continue;
		}
		return r->opened || take(r, ',') ? STATUS_OK : STATUS_MALFORMED;
	}
	*more = false;
	return cursor_left(&r->c) == 0 ? STATUS_OK : STATUS_MALFORMED;
}

enum status json_read(struct arena *a, struct span text, const struct json_value **out)
{
	struct reader r = { .arena = a, .c = cursor_at(text, 0) };
	bool more;

	do {
		TRY(value_read(&r));
		TRY(values_end(&r, &more));
	} while (more);
	*out = r.top;
	return STATUS_OK;
}

const struct json_value *json_member(const struct json_value *v, const char *name)
{
	if (!v || v->kind != JSON_KIND_OBJECT)
		return NULL;
	for (v = v->first; v; v = v->next)
		if (span_equal(v->name, SPAN_TEXT(name)))
			return v->kind == JSON_KIND_NULL ? NULL : v;
	return NULL;
}

const struct json_value *json_member_of(const struct json_value *v, const char *name,
					enum json_kind kind)
{
	v = json_member(v, name);
	return v && v->kind == kind ? v : NULL;
}

struct span json_member_text(const struct json_value *v, const char *name)
{
	v = json_member_of(v, name, JSON_KIND_STRING);
	return v ? v->text : SPAN_NONE;
}

size_t json_count(const struct json_value *v)
{
	size_t n = 0;

	for (v = v ? v->first : NULL; v; v = v->next)
		n++;
	return n;
}

bool json_whole(const struct json_value *v, uint64_t *out)
{
	*out = 0;
	if (!v || (v->kind != JSON_KIND_NUMBER && v->kind != JSON_KIND_STRING) ||
	    v->text.len == 0 || (v->text.len > 1 && span_at(v->text, 0) == '0'))
		return false;
	for (size_t i = 0; i < v->text.len; i++) {
		uint8_t digit = (uint8_t)(span_at(v->text, i) - '0');

		if (digit > 9 || *out > (UINT64_MAX - digit) / 10)
			return false;
		*out = *out * 10 + digit;
	}
	return true;
}
