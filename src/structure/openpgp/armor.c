/* SPDX-License-Identifier: MIT */
/* Armor and clearsigned text: RFC 9580 6 and 7. */
#include "base/base64.h"
#include "structure/openpgp/openpgp.h"

#define BEGIN     "-----BEGIN PGP "
#define END       "-----END PGP "
#define DASHES    "-----"
#define CLEARTEXT BEGIN "SIGNED MESSAGE" DASHES
#define CHECKSUM  5 /* "=" and four digits */

static const struct {
	const char *name;
	enum openpgp_armor_kind kind;
} kinds[] = {
	{"SIGNATURE",         OPENPGP_ARMOR_SIGNATURE },
	{ "PUBLIC KEY BLOCK", OPENPGP_ARMOR_PUBLIC_KEY},
};

static bool is_blank(uint8_t c)
{
	return c == '\n' || c == '\r' || c == '\t' || c == ' ';
}

/* How long @line is without blanks at its end. */
static size_t length_trimmed(struct span line)
{
	size_t len = line.len;

	while (len > 0 && is_blank(span_at(line, len - 1)))
		len--;
	return len;
}

/* The next line without its end and without blanks at its end; *@whole: with them. */
static struct span line_next(struct cursor *c, struct span *whole)
{
	struct span rest = span_after(c->in, c->pos);
	uint64_t end = rest.len;

	*whole = SPAN_NONE;
	if (!rest.ptr)
		return SPAN_NONE;
	if (span_find(rest, SPAN_LITERAL("\n"), 0, &end))
		end++;
	*whole = cursor_take(c, end);
	return span_clip(*whole, 0, length_trimmed(*whole));
}

static bool line_starts(struct span line, const char *text)
{
	return span_starts(line, text, strlen(text));
}

/* "-----BEGIN PGP X-----": X. */
static bool line_names(struct span line, const char *start, struct span *name)
{
	size_t around = strlen(start) + strlen(DASHES);

	if (!line_starts(line, start) || line.len < around ||
	    !span_equal(span_after(line, line.len - strlen(DASHES)), SPAN_TEXT(DASHES)))
		return false;
	*name = span_clip(line, strlen(start), line.len - around);
	return true;
}

bool openpgp_armored(struct span text)
{
	return line_starts(text, BEGIN);
}

bool openpgp_clearsigned(struct span text)
{
	return line_starts(text, CLEARTEXT);
}

static enum openpgp_armor_kind kind_of(struct span name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (span_equal(name, SPAN_TEXT(kinds[i].name)))
			return kinds[i].kind;
	return OPENPGP_ARMOR_OTHER;
}

/* Headers end with an empty line; an armor without any may lack that too (RFC 9580 6.2). */
static void headers_skip(struct cursor *c)
{
	struct span whole;

	for (struct cursor ahead = *c; cursor_left(&ahead) > 0;) {
		struct span line = line_next(&ahead, &whole);
		uint64_t at;

		if (line.len > 0 && !span_find(line, SPAN_LITERAL(": "), 0, &at) &&
		    span_at(line, line.len - 1) != ':')
			return;
		*c = ahead;
		if (line.len == 0)
			return;
	}
}

/* The lines of base64 up to the end of the armor. */
static enum status body_find(struct cursor *c, struct span name, struct span *body)
{
	struct span whole, end;
	size_t from = c->pos, stop = 0;

	while (cursor_left(c) > 0) {
		size_t at = c->pos;
		struct span line = line_next(c, &whole);

		if (line_names(line, END, &end)) {
			*body = span_clip(c->in, from, (stop ? stop : at) - from);
			return span_equal(end, name) ? STATUS_OK : STATUS_MALFORMED;
		}
		if (stop && line.len > 0)
			return STATUS_MALFORMED;
		if (line.len == CHECKSUM && span_at(line, 0) == '=')
			stop = at;
	}
	return STATUS_MALFORMED;
}

enum status openpgp_armor_read(struct arena *a, struct span text, uint64_t from,
			       struct openpgp_armor *out)
{
	struct cursor c = cursor_at(text, from);
	struct span whole, name, body;

	*out = (struct openpgp_armor){ 0 };
	if (!line_names(line_next(&c, &whole), BEGIN, &name))
		return STATUS_NOT_MINE;
	out->kind = kind_of(name);
	headers_skip(&c);
	TRY(body_find(&c, name, &body));
	out->where = (struct range){ from, c.pos - from };
	return base64_decode_span(a, body, &out->bytes);
}

/* Adds @line to the canonical text: what RFC 9580 7.1 leaves of it, after the end of the one
 * before. */
static bool line_add(struct openpgp_cleartext *out, struct buffer *b, struct span line,
		     bool first)
{
	if (span_at(line, 0) == '-' && line.len > 0) {
		if (span_at(line, 1) != ' ' && line.len > 1) {
			out->problem = "a line in it begins with a dash that is not escaped";
			return false;
		}
		line = span_after(line, 2);
	}
	if (!first)
		buffer_text(b, "\r\n");
	buffer_add(b, line);
	return true;
}

/* Only the header that RFC 9580 7 permits: others could look like text that is signed. */
static bool cleartext_headers(struct cursor *c, struct openpgp_cleartext *out)
{
	struct span whole;

	while (cursor_left(c) > 0) {
		struct span line = line_next(c, &whole);

		if (line.len == 0)
			return true;
		if (!line_starts(line, "Hash: "))
			break;
	}
	out->problem = "a line stands before the text that is no header of it";
	return false;
}

static enum status cleartext_lines(struct cursor *c, struct openpgp_cleartext *out,
				   struct buffer *b)
{
	size_t from = c->pos;
	struct span whole;

	for (bool first = true; cursor_left(c) > 0; first = false) {
		size_t at = c->pos;
		struct span line = line_next(c, &whole);

		if (span_equal(line, SPAN_LITERAL(BEGIN "SIGNATURE" DASHES))) {
			c->pos = at;
			out->text = (struct range){ from, at - from };
			return buffer_status(b);
		}
		if (!line_add(out, b, line, first))
			return STATUS_MALFORMED;
	}
	out->problem = "no signature stands behind the text";
	return STATUS_MALFORMED;
}

static enum status cleartext_read(struct arena *a, struct cursor *c,
				  struct openpgp_cleartext *out, struct buffer *b)
{
	struct span whole;
	enum status status;

	(void)line_next(c, &whole);
	if (!cleartext_headers(c, out))
		return STATUS_MALFORMED;
	TRY(cleartext_lines(c, out, b));
	out->canonical = arena_copy(a, buffer_span(b));
	if (!out->canonical.ptr && b->len > 0)
		return STATUS_NO_MEMORY;
	status = openpgp_armor_read(a, c->in, c->pos, &out->armor);
	if (status == STATUS_MALFORMED)
		out->problem = "the signature behind the text is no armor";
	if (status != STATUS_OK)
		return status;
	cursor_skip(c, out->armor.where.len);
	out->after = (struct range){ c->pos, cursor_left(c) };
	return STATUS_OK;
}

enum status openpgp_cleartext_read(struct arena *a, struct span text,
				   struct openpgp_cleartext *out)
{
	CLEANUP(buffer_free) struct buffer b = { .limit = 2 * PGP_MAX_CLEARTEXT };
	struct cursor c;
	uint64_t at = 0;

	*out = (struct openpgp_cleartext){ 0 };
	if (!openpgp_clearsigned(text)) {
		if (!span_find(text, SPAN_LITERAL("\n" CLEARTEXT), 0, &at))
			return STATUS_NOT_MINE;
		at++;
	}
	if (text.len > PGP_MAX_CLEARTEXT)
		return STATUS_LIMIT;
	out->before = (struct range){ 0, at };
	c = cursor_at(text, at);
	return cleartext_read(a, &c, out, &b);
}

enum status openpgp_text_canonical(struct arena *a, struct span text, struct span *out)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct cursor c = cursor_at(text, 0);

	while (cursor_left(&c) > 0) {
		struct span rest = span_after(text, c.pos), line;
		uint64_t end;

		if (!span_find(rest, SPAN_LITERAL("\n"), 0, &end)) {
			buffer_add(&b, cursor_rest(&c));
			break;
		}
		line = cursor_take(&c, end);
		cursor_skip(&c, 1);
		while (line.len > 0 && span_at(line, line.len - 1) == '\r')
			line = span_clip(line, 0, line.len - 1);
		buffer_add(&b, line);
		buffer_text(&b, "\r\n");
	}
	TRY(buffer_status(&b));
	*out = arena_copy(a, buffer_span(&b));
	return out->ptr || b.len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}
